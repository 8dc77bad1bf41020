"""Syntax trees: what was written, with the place of every part, before names, kinds and sizes are known."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

from matcalc.base.errors import Span
from matcalc.base.records import record


@record(eq=False)
class Syntax:
    """Base class. ``span`` is the place in the text."""

    span: Span


@record(eq=False)
class NumberLiteral(Syntax):
    value: Fraction


@record(eq=False)
class Name(Syntax):
    """A name in its one spelling (``beta`` for ``β``, ``x_0`` for ``x₀``)."""

    name: str


@record(eq=False)
class Word(Syntax):
    """A keyword among the arguments of a call: ``rows``, ``nuclear``..."""

    word: str


@record(eq=False)
class Keyword(Syntax):
    """An argument with its name: ``axis=0``."""

    name: str
    value: Syntax


@record(eq=False)
class Listed(Syntax):
    """Several values in brackets, as an argument: ``np.ones((m, n))``."""

    values: tuple[Syntax, ...]


@record(eq=False)
class Group(Syntax):
    """Round brackets."""

    operand: Syntax


@record(eq=False)
class Minus(Syntax):
    operand: Syntax


@record(eq=False)
class Binary(Syntax):
    """``operator`` is one of ``+ - * @ · / \\ .* ./ ⊗``; juxtaposition is ``*``."""

    operator: str
    left: Syntax
    right: Syntax
    operator_span: Span


@record(eq=False)
class Transposed(Syntax):
    operand: Syntax


@record(eq=False)
class Raised(Syntax):
    """``base ^ exponent``, or ``base .^ exponent`` when ``elementwise``."""

    base: Syntax
    exponent: Syntax
    elementwise: bool


@record(eq=False)
class Entries(Syntax):
    """``operand[i, j]``; with axes that are taken whole, at ``whole`` among all of them, a part: ``X[i, :]``, ``X[:, k]``."""

    operand: Syntax
    positions: tuple[Syntax, ...]
    whole: tuple[int, ...] = ()


@record(eq=False)
class Applied(Syntax):
    """A function call. ``function`` is the name as written, with primes for a derivative of a user's function."""

    function: str
    arguments: tuple[Syntax, ...]
    function_span: Span


@record(eq=False)
class NormBars(Syntax):
    operand: Syntax
    subscript: Syntax | None


@record(eq=False)
class Bars(Syntax):
    """``|x|``: absolute value or determinant."""

    operand: Syntax


@record(eq=False)
class Summation(Syntax):
    """``Σ_i body``, for one or more indices.

    ``limits`` holds the last position of an index as it is written, a name or a number: ``("i", "n")``. ``relations`` say which indices
    the sum runs over, ``("i", "<", "j")``, else over all.
    """

    indices: tuple[str, ...]
    body: Syntax
    limits: tuple[tuple[str, str], ...] = ()
    relations: tuple[tuple[str, str, str], ...] = ()


@record(eq=False)
class DerivativeOf(Syntax):
    """``d(body)/dx``, ``grad(body, x)``, ``hessian(body, x)``...; ``wrt`` holds one name for each order.

    ``turned``: by a transpose, ``∂f/∂xᵀ``, which is numerator layout. ``point`` is where the derivative is taken, if not at the name itself
    (``∇f(x + h)``), ``along`` the directions of ``Df(x)[h]`` and ``D²f(x)[h, k]``.
    """

    body: Syntax
    wrt: tuple[str, ...]
    turned: bool = False
    point: Syntax | None = None
    along: tuple[Syntax, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether it is the derivative in the layout of the whole, as a function of its names."""
        return self.point is None and not self.along and not self.turned


@record(eq=False)
class DifferentialOf(Syntax):
    """``d(body)`` as a side of an equation, where the change of X is called ``dX``; ``order`` 2 is ``d²(body)``."""

    body: Syntax
    order: int = 1


@record(eq=False)
class Equation(Syntax):
    left: Syntax
    right: Syntax


@record(eq=False)
class Chain(Syntax):
    """``a = b = c``."""

    sides: tuple[Syntax, ...]


@record(eq=False)
class Implication(Syntax):
    """``df = tr(A dX) ⇒ ∇f = Aᵀ``: what a differential says of a derivative."""

    premise: Equation
    conclusion: Equation


@record(eq=False)
class Definition(Syntax):
    """``f(x, y) = body``."""

    function: str
    parameters: tuple[str, ...]
    body: Syntax


@record(eq=False)
class Program(Syntax):
    """Assignments ``name = value`` and definitions ``f(x) = value``, then one expression, equation or definition."""

    assignments: tuple[tuple[Name, Syntax], ...]
    value: Syntax
    definitions: tuple[Definition, ...] = ()


SyntaxNode: TypeAlias = (
    NumberLiteral | Name | Word | Keyword | Listed | Group | Minus | Binary | Transposed | Raised | Entries | Applied | NormBars | Bars
    | Summation | DerivativeOf | DifferentialOf | Equation | Chain | Implication | Definition | Program
)  # fmt: skip
"""The closed union, for ``match`` with ``assert_never``."""
