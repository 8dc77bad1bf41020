"""Syntax trees: what was written, with the place of every part, before names, kinds and sizes are
known; and walks over them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from fractions import Fraction
from typing import TypeAlias

from matcalc.base.errors import Span
from matcalc.base.functions import of_sizes
from matcalc.base.records import record
from matcalc.base.sizes import size_in
from matcalc.base.traversal import bottom_up, operands_of, with_operands


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
    """``operand[i, j]``; with axes that are taken whole, at ``whole`` among all of them, a part:
    ``X[i, :]``, ``X[:, k]``."""

    operand: Syntax
    positions: tuple[Syntax, ...]
    whole: tuple[int, ...] = ()


@record(eq=False)
class Applied(Syntax):
    """A function call. ``function`` is the name as written, with primes for a derivative of a
    user's function."""

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

    ``limits`` holds the last position of an index as it is written, a name or a number,
    ``("i", "n")``, or the first and the last one, ``("i", "2:n-1")``. ``relations`` say which
    indices the sum runs over, ``("i", "<", "j")``, ``("i", "=+1", "j")`` (i is j + 1) and
    ``("i", "|≤k", "j")`` (they are at most k apart), else over all.
    """

    indices: tuple[str, ...]
    body: Syntax
    limits: tuple[tuple[str, str], ...] = ()
    relations: tuple[tuple[str, str, str], ...] = ()
    function: str = ""
    """Of the array of all values, where that is no sum: ``prod`` of ``Π_i body``."""


@record(eq=False)
class DerivativeOf(Syntax):
    """``d(body)/dx``, ``grad(body, x)``, ``hessian(body, x)``...; ``wrt`` holds one name for each
    order.

    ``turned``: by a transpose, ``∂f/∂xᵀ``, which is numerator layout. ``point`` is where the
    derivative is taken, if not at the name itself (``∇f(x + h)``), ``along`` the directions of
    ``Df(x)[h]`` and ``D²f(x)[h, k]``.
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
    """``d(body)`` as a side of an equation, where the change of X is called ``dX``; ``order`` 2 is
    ``d²(body)``."""

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
    """Definitions ``f(x) = value`` and assignments ``name = value``, then one expression, equation
    or definition."""

    definitions: tuple[Definition, ...]
    assignments: tuple[tuple[Name, Syntax], ...]
    value: Syntax


SyntaxNode: TypeAlias = (
    NumberLiteral | Name | Word | Keyword | Listed | Group | Minus | Binary | Transposed | Raised | Entries | Applied | NormBars | Bars
    | Summation | DerivativeOf | DifferentialOf | Equation | Chain | Implication | Definition | Program
)  # fmt: skip
"""The closed union, for ``match`` with ``assert_never``."""


_SIZE_ARGUMENTS = {"eye": 0, "ones": 0, "zeros": 0, "commutation": 0, "vector": 1, "matrix": 1, "unit": 1, "reshape": 1}
"""Function -> position of its first argument that is a size."""


def size_names_in(nodes: list[Syntax]) -> set[str]:
    """Names that stand as sizes somewhere: ``n`` in ``eye(n)``. ``nodes`` are those of the tree."""
    found: set[str] = set()
    for node in nodes:
        if type(node) is Applied and (node.function in _SIZE_ARGUMENTS or node.function in of_sizes()):
            sizes = node.arguments[_SIZE_ARGUMENTS.get(node.function, 0) :]
            found.update(names_in(*[size for size in sizes if not isinstance(size, Applied)]))  # size(A, 1): a size of something
    sums = [node for node in nodes if isinstance(node, Summation)]
    firsts = [limit.rpartition(":")[0] for node in sums for _, limit in node.limits]
    names = _names_in_sizes(firsts + [distance_in(relation) for node in sums for _, relation, _ in node.relations])
    if names:
        found.update({*names}.difference(_letters_of_positions(nodes)))
    return found


_MOST_LETTERS = 4
"""Letters behind a name that may be indices."""


def _letters_of_positions(nodes: list[Syntax]) -> set[str]:
    """The letters that are indices: of sums and arrays, and of entries."""
    places = [name for node in nodes if isinstance(node, Entries) for name in names_among(node.positions)]
    bound = {*places, *[index for node in nodes for index in bound_by(node)]}
    return bound.union(*[entry_of(name, None, _MOST_LETTERS)[1] for name in names_among(nodes)])


def ungrouped(node: Syntax) -> Syntax:
    """The node without the brackets around it."""
    while isinstance(node, Group):
        node = node.operand
    return node


def number_in(node: Syntax) -> Fraction | None:
    """The number that is written, with its signs and brackets; None for anything else."""
    sign = 1
    while isinstance(node, Minus | Group):
        sign = -sign if isinstance(node, Minus) else sign
        node = node.operand
    return sign * node.value if isinstance(node, NumberLiteral) else None


def sum_indices(nodes: list[Syntax]) -> set[str]:
    """The indices of all sums, ``Σ_i`` and ``sum(i, ...)``."""
    return {index for node in nodes if not (isinstance(node, Applied) and node.function == "tensor") for index in bound_by(node)}


def limits_in(nodes: list[Syntax]) -> dict[str, bool]:
    """Names that are the last position of a sum, each with whether it has no other meaning as what
    stands before an index."""
    lasts = [limit.rpartition(":")[2] for node in nodes if isinstance(node, Summation) for _, limit in node.limits]
    names = _names_in_sizes(lasts)
    if not names:
        return {}
    bound = {index for node in nodes for index in bound_by(node)}
    indexed = {*names_among([node.operand for node in nodes if isinstance(node, Entries)])}
    indexed |= {name.rpartition("_")[0] for name in names_among(nodes)}
    return {name: name not in indexed for name in names if name not in bound}


def _names_in_sizes(written: Iterable[str]) -> list[str]:
    return [name for size in filter(None, written) for name in size_in(size).names]


def distance_in(relation: str) -> str:
    """The size in a relation between two indices, ``|≤k`` or ``=+1``; empty where there is
    none."""
    return "" if relation.startswith("∈") else relation.lstrip("|<>≤≥=≠")


def walk(*roots: Syntax) -> list[Syntax]:
    """Every node of trees, a node before its parts; no recursion."""
    order: list[Syntax] = []
    stack = list(reversed(roots))
    while stack:
        node = stack.pop()
        order.append(node)
        below = operands_of(node)
        if below:
            stack += below[::-1]
    return order


def mapped(root: Syntax, change: Callable[[Syntax], Syntax]) -> Syntax:
    """The tree with ``change`` of every node, a node after its parts; what does not change is
    shared. No recursion."""
    return bottom_up(reversed(walk(root)), lambda node, done: change(with_operands(node, done)))[root]


def parts(node: Syntax) -> tuple[Syntax, ...]:
    """The parts of a node, in reading order."""
    return operands_of(node)


def names_in(*roots: Syntax) -> dict[str, None]:
    """The names in trees, in reading order."""
    return dict.fromkeys([node.name for node in walk(*roots) if isinstance(node, Name)])


def name_of(node: Syntax) -> str:
    """What a name or a call names, without primes; empty for anything else."""
    if isinstance(node, Applied):
        return node.function.rstrip("'")
    return node.name if isinstance(node, Name) else ""


def entry_of(name: str, letters: Collection[str] | None = None, most: int | None = None) -> tuple[str, str]:
    """The array and the indices that a name is an entry of, where these are some of the letters (if
    any are given), and not more than ``most``; empty for another name.

    >>> entry_of("x_ij", "ijk"), entry_of("x_ab", "ijk"), entry_of("x_ij", "ijk", 1)
    (('x', 'ij'), ('', ''), ('', ''))
    """
    base, _, index = name.rpartition("_")
    if not base or not index:
        return "", ""
    some = letters is None or all(map(letters.__contains__, index))
    return (base, index) if some and (most is None or len(index) <= most) else ("", "")


def is_axis(name: str, node: Syntax) -> bool:
    """Whether a number is written that counts an axis of a matrix, as in ``sum(X, 1)``; capitals
    are no indices."""
    while isinstance(node, Minus):
        node = node.operand
    return isinstance(node, NumberLiteral) and (node.value in (0, 1, 2) or name[0].isupper())


def names_among(nodes: Iterable[Syntax]) -> tuple[str, ...]:
    """The names that some of the nodes are."""
    return tuple([node.name for node in nodes if isinstance(node, Name)])


def bound_by(node: Syntax) -> tuple[str, ...]:
    """The indices that a sum or an array runs over."""
    match node:
        case Summation(indices=indices):
            return indices
        case Applied(function="sum" | "tensor", arguments=(*indices, _)):
            return names_among(indices)
        case _:
            return ()


def differentiated_by(nodes: Iterable[Syntax]) -> list[str]:
    """The names that some of the nodes are derivatives by."""
    return [name for node in nodes if isinstance(node, DerivativeOf) for name in node.wrt]
