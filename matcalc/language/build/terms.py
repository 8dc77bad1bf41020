"""Terms: the expression with names resolved, before kinds and sizes are known. A closed set of
classes.

``cell`` holds what is known of a term's kind and size; terms of one shape may share a cell.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from operator import attrgetter
from typing import TYPE_CHECKING, TypeAlias

from matcalc.base.errors import Span
from matcalc.base.records import record
from matcalc.base.sizes import ZERO, Size
from matcalc.base.traversal import postordered

if TYPE_CHECKING:
    from matcalc.language.typing.dimensions import Dimension
    from matcalc.language.typing.kinds import Cell


@record(eq=False)
class Base:
    """Base class. ``span`` is the place in the text."""

    if not TYPE_CHECKING:
        operands = ()  # of a leaf
    cell: Cell
    span: Span


@record(eq=False)
class Unary(Base):
    """Base class of an operation on one operand."""

    operands: tuple[Term]


@record(eq=False)
class Paired(Base):
    """Base class of an operation on two operands."""

    operands: tuple[Term, Term]


@record(eq=False)
class Many(Base):
    """Base class of an operation on any number of operands."""

    operands: tuple[Term, ...]


# ---------------------------------------------------------------- leaves


@record(eq=False)
class SymbolTerm(Base):
    name: str


@record(eq=False)
class NumberTerm(Base):
    """A number; the literal 1 may turn out to be a vector of ones (``1*b'``)."""

    value: Fraction


@record(eq=False)
class ConstantTerm(Base):
    name: str


@record(eq=False)
class SizeTerm(Base):
    """A size used as a number."""

    size: Dimension


@record(eq=False)
class IdentityTerm(Base):
    """``eye``, ``I``."""


@record(eq=False)
class FilledTerm(Base):
    """A vector or matrix with all entries ``value``."""

    value: Fraction


@record(eq=False)
class UnitTerm(Base):
    position: Dimension


@record(eq=False)
class CommutationTerm(Base):
    m: Dimension
    n: Dimension


@record(eq=False)
class BoundTerm(Base):
    """The variable of a derivative that is taken at something else than a symbol."""

    name: str


# ---------------------------------------------------------------- operators


@record(eq=False)
class SumTerm(Many):
    """``negative[k]`` tells whether operand k is subtracted."""

    negative: tuple[bool, ...]


@record(eq=False)
class ProductTerm(Many):
    """``A*x``."""


@record(eq=False)
class ElementProductTerm(Many):
    """``x .* y``."""


@record(eq=False)
class QuotientTerm(Paired):
    elementwise: bool


@record(eq=False)
class PowerTerm(Paired):
    elementwise: bool


@record(eq=False)
class NegativeTerm(Unary):
    """``-x``."""


@record(eq=False)
class TransposeTerm(Unary):
    """``x'``."""


@record(eq=False)
class ElementwiseTerm(Unary):
    function: str


@record(eq=False)
class InverseTerm(Unary):
    """``inv(A)`` and ``A^-1``."""


@record(eq=False)
class InnerTerm(Paired):
    """``inner(x, y)``, of matrices too."""


@record(eq=False)
class TraceTerm(Unary):
    """``tr(A)``."""


@record(eq=False)
class TotalTerm(Unary):
    axis: str | None


@record(eq=False)
class DiagonalTerm(Unary):
    """``diag(x)`` and ``diag(A)``."""


@record(eq=False)
class VecTerm(Unary):
    """``vec(A)``."""


@record(eq=False)
class ReshapeTerm(Unary):
    m: Dimension
    n: Dimension


@record(eq=False)
class KroneckerTerm(Many):
    """``kron(A, B)``."""


@record(eq=False)
class BlockTerm(Many):
    """An array of blocks, of which those that are not 0 stand at ``places``; sizes of the rows and
    columns of blocks."""

    places: tuple[tuple[int, int], ...]
    rows: tuple[Dimension, ...]
    cols: tuple[Dimension, ...]


@record(eq=False)
class NormTerm(Many):
    """``operands`` are the operand and, for the p and A norms, the parameter."""

    kind: str


@record(eq=False)
class BarsTerm(Unary):
    """``|x|``: a determinant or an absolute value, by kind."""


@record(eq=False)
class EulerTerm(Unary):
    """``e^x``: the exponential function of a scalar, the matrix exponential of a matrix."""


@record(eq=False)
class ArrayProductTerm(Paired):
    """A product that asks for the kinds of its operands: ``x @ A`` as NumPy has it, where a vector
    has one axis and is a row on the left; ``x·y``, the inner product of two vectors; ``x*y`` beside
    ``**``, which goes entry by entry of two vectors.
    """

    sign: str


@record(eq=False)
class CallTerm(Many):
    function: str
    axis: str | None


@record(eq=False)
class EntryTerm(Unary):
    positions: tuple[Position, ...]


@record(eq=False)
class IndexSumTerm(Unary):
    index: BoundIndex


@record(eq=False)
class RestrictedTerm(Paired):
    """The second operand times the first one, which is 1 where the indices are as the sum says and
    else 0. ``same`` are the indices."""

    same: tuple[BoundIndex, BoundIndex]


@record(eq=False)
class ZeroTerm(Unary):
    """The zero of the shape of its operand, a multiple of a symbol."""


@record(eq=False)
class IndexArrayTerm(Unary):
    """The array of the values of a scalar for all values of the indices."""

    indices: tuple[BoundIndex, ...]


@record(eq=False)
class DerivativeTerm(Many):
    """A derivative within an expression. ``operands`` are what is differentiated, the points of
    bound variables, and ``directed`` directions, one for each order or none.

    ``wrt`` are symbols and bound variables, each as often as it is differentiated by. ``uses`` are
    the terms within the first operand that stand where the name of an intermediate result was
    written that is differentiated by. ``turned``: in numerator layout.
    """

    wrt: tuple[SymbolTerm | BoundTerm, ...]
    uses: tuple[Term, ...] = ()
    turned: bool = False
    directed: int = 0


@record(eq=False)
class BoundIndex:
    """An index of an explicit sum or of an array, with the size that it runs over."""

    name: str
    size: Dimension
    ends: tuple[Size, Size] | None = None
    """The first and the last position, if it does not run over all."""


@record(eq=False)
class Reached:
    """The last position of an axis that an array has at the index of a sum."""

    cell: Cell
    axis: int
    last: Size
    span: Span


@record(eq=False)
class Moved(BoundIndex):
    """A position beside the one of an index, ``i+1``: that many behind it; ``turned`` where it
    falls as the index rises, ``n-i``."""

    index: BoundIndex | None = None
    shift: Size = ZERO
    turned: bool = False


Position: TypeAlias = "int | Dimension | BoundIndex"
"""A position counted from 1: a number, one that is written with sizes, or the index of a sum."""


Leaf: TypeAlias = (
    SymbolTerm | NumberTerm | ConstantTerm | SizeTerm | IdentityTerm | FilledTerm | UnitTerm | CommutationTerm | BoundTerm
)
Operation: TypeAlias = (
    SumTerm | ProductTerm | ElementProductTerm | QuotientTerm | PowerTerm | NegativeTerm | TransposeTerm | ElementwiseTerm
    | InverseTerm | InnerTerm | TraceTerm | TotalTerm | DiagonalTerm | VecTerm | ReshapeTerm | KroneckerTerm | BlockTerm
    | NormTerm | BarsTerm
    | EulerTerm | ArrayProductTerm | CallTerm | EntryTerm | IndexSumTerm | RestrictedTerm | ZeroTerm | IndexArrayTerm
    | DerivativeTerm
)  # fmt: skip
Term: TypeAlias = Leaf | Operation
"""The closed union, for ``match`` with ``assert_never``."""


operands_of: Callable[[Term], tuple[Term, ...]] = attrgetter("operands")
"""The operands of a term, in reading order."""


def postorder(*roots: Term) -> list[Term]:
    """Every term below ``roots`` once, operands before their users; no recursion."""
    return postordered(roots, operands_of)


def value_of(term: Term) -> Fraction | None:
    """The number that a term is written as, with signs or as a quotient; None for another term."""
    factor = Fraction(1)
    while True:
        match term:
            case NegativeTerm(operands=(operand,)):
                factor, term = -factor, operand
            case QuotientTerm(operands=(operand, NumberTerm(value=value))) if value:
                factor, term = factor / value, operand
            case NumberTerm(value=value):
                return factor * value
            case _:
                return None
