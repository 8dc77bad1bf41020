"""Typed matrix expressions: a closed set of immutable, interned node classes.

Structural equality is identity (``is``). Constructors check shapes but do not simplify:
``Transpose(Transpose(A))`` stays as it is. Every node has ``shape``: ``()`` scalar, ``(n,)`` column
vector, ``(ONE, n)`` row vector, ``(m, n)`` matrix. Positional arguments only; sequences are tuples.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from fractions import Fraction
from functools import reduce
from operator import mul
from typing import TYPE_CHECKING, TypeAlias

from matcalc.base.errors import ShapeError
from matcalc.base.own_functions import own_function
from matcalc.base.records import computed, interned
from matcalc.base.shapes import (
    Shape,
    axes_of,
    common_shape,
    product_shape,
    reduced_shape,
    require_arguments,
    require_flat,
    shape_of,
    shape_text,
    square_shape,
)  # fmt: skip
from matcalc.base.sizes import ONE, Size
from matcalc.base.traversal import operands_of

if TYPE_CHECKING:
    from matcalc.facts.known import Known

    def postorder(*roots: Expr, known: Container[Expr] = ()) -> Sequence[Node]:
        """Every node below ``roots`` once, operands before their users."""
else:
    from matcalc.base.traversal import postorder as postorder


@interned
class Expr:
    """Base class, not instantiated itself. The fields from ``cost`` on keep what is found later."""

    shape: Shape = computed()
    below: tuple[Expr, ...] = computed()
    cost: int = computed()
    digest: int = computed()
    known: Known = computed()

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", self._shape())
        object.__setattr__(self, "below", operands_of(self))

    def _shape(self) -> Shape:
        raise NotImplementedError

    @property
    def rows(self) -> Size:
        """Number of rows (``ONE`` for a scalar or a row vector)."""
        return self.shape[0] if self.shape else ONE

    @property
    def cols(self) -> Size:
        """Number of columns (``ONE`` for a scalar or a column vector)."""
        return self.shape[1] if len(self.shape) > 1 else ONE

    @property
    def is_scalar(self) -> bool:
        return not self.shape

    @property
    def is_column(self) -> bool:
        return len(self.shape) == 1

    @property
    def is_row(self) -> bool:
        return len(self.shape) == 2 and self.shape[0] == ONE

    @property
    def is_matrix(self) -> bool:
        return len(self.shape) == 2 and self.shape[0] != ONE


# ---------------------------------------------------------------- groups: what is said of a kind


@interned
class Leaf(Expr):
    """A node without operands: an array of its ``sizes``, or else a scalar."""

    def _shape(self) -> Shape:
        shape: Shape = getattr(self, "sizes", ())
        return shape


@interned
class Linear(Expr):
    """A linear operation on one operand: entries are moved, added up or have their sign changed."""

    operand: Expr


@interned
class Multilinear(Expr):
    """A product of two or more factors, linear in each."""

    factors: tuple[Expr, ...]


@interned
class Nonlinear(Expr):
    """An operation that is linear in none of its operands, or not in all."""


@interned
class Indexed(Expr):
    """An operation that names positions along an axis."""


# ---------------------------------------------------------------- leaves


@interned
class Symbol(Leaf):
    """A named variable. ``properties`` holds declared facts such as ``"symmetric"``."""

    name: str
    sizes: Shape
    properties: frozenset[str] = frozenset()


@interned
class Number(Leaf):
    """An exact rational number (decimals in the input are read exactly)."""

    value: Fraction


@interned
class Constant(Leaf):
    """A named constant: ``"pi"``, or the imaginary unit."""

    name: str


@interned
class SizeValue(Leaf):
    """A size used as a number, as ``n`` in ``sum(x)/n``."""

    size: Size


@interned
class Identity(Leaf):
    size: Size

    def _shape(self) -> Shape:
        return (self.size, self.size)


@interned
class Ones(Leaf):
    """All entries one; a column, a row or a matrix."""

    sizes: Shape


@interned
class Zeros(Leaf):
    """All entries zero, of any shape (the scalar zero is ``Number(Fraction(0))``)."""

    sizes: Shape


@interned
class UnitVector(Leaf):
    """The column ``e_i`` with a one at ``position`` (counted from 1)."""

    position: Size
    size: Size

    def _shape(self) -> Shape:
        return (self.size,)


@interned
class Commutation(Leaf):
    """K with ``K vec(X) = vec(X')`` for X with ``m`` rows and ``n`` columns."""

    m: Size
    n: Size

    def _shape(self) -> Shape:
        return (self.m * self.n, self.m * self.n)


# ---------------------------------------------------------------- linear and elementwise structure


@interned
class Sum(Expr):
    """Two or more terms of equal shape; a difference is a ``Negative`` term."""

    terms: tuple[Expr, ...]

    def _shape(self) -> Shape:
        return common_shape([one.shape for one in self.terms], "added")


@interned
class Negative(Linear):
    def _shape(self) -> Shape:
        return self.operand.shape


@interned
class Product(Multilinear):
    """Two or more factors, multiplied from the left; a scalar (or a scalar product so far)
    scales."""

    def _shape(self) -> Shape:
        shape = self.factors[0].shape
        for factor in self.factors[1:]:
            shape = product_shape(shape, factor.shape)
        return shape


@interned
class Hadamard(Multilinear):
    """Elementwise product of two or more factors of equal shape."""

    def _shape(self) -> Shape:
        return common_shape([one.shape for one in self.factors], "multiplied elementwise")


@interned
class Quotient(Nonlinear):
    """``numerator / denominator`` with a scalar denominator, or elementwise when the shapes are
    equal; a scalar numerator over a vector or matrix is elementwise too (``1 ./ x``)."""

    numerator: Expr
    denominator: Expr

    def _shape(self) -> Shape:
        if self.denominator.is_scalar:
            return self.numerator.shape
        if self.numerator.is_scalar:
            return self.denominator.shape
        return common_shape((self.numerator.shape, self.denominator.shape), "divided elementwise")


@interned
class Power(Nonlinear):
    """Scalar or elementwise power; the exponent is a scalar or has the shape of the base."""

    base: Expr
    exponent: Expr

    def _shape(self) -> Shape:
        if not self.exponent.is_scalar:
            return common_shape((self.base.shape, self.exponent.shape), "raised elementwise")
        return self.base.shape


@interned
class MatrixPower(Nonlinear):
    """Power of a square matrix with a scalar exponent (an integer, or symbolic)."""

    base: Expr
    exponent: Expr

    def _shape(self) -> Shape:
        return square_shape(self.base.shape, "a matrix power")


@interned
class Elementwise(Nonlinear):
    """A scalar function applied to every entry: a name from ``rules/functions.toml``, or the user's
    own (``f``, ``f'``)."""

    function: str
    argument: Expr

    def _shape(self) -> Shape:
        return self.argument.shape


# ---------------------------------------------------------------- matrix structure


@interned
class Transpose(Linear):
    def _shape(self) -> Shape:
        require_flat(self.operand.shape, "the transpose")
        return shape_of(self.operand.cols, self.operand.rows)


@interned
class Inverse(Nonlinear):
    operand: Expr

    def _shape(self) -> Shape:
        return square_shape(self.operand.shape, "the inverse")


@interned
class Trace(Linear):
    def _shape(self) -> Shape:
        square_shape(self.operand.shape, "the trace")
        return ()


@interned
class Total(Linear):
    """Sum of the entries: of all (``axis is None``), ``"rows"`` = one number a row, ``"cols"`` =
    one number a column, as a column."""

    axis: str | None = None

    def _shape(self) -> Shape:
        return reduced_shape(self.operand.shape, self.axis)


@interned
class Diagonal(Linear):
    """The diagonal of a square matrix, as a column vector."""

    def _shape(self) -> Shape:
        shape = square_shape(self.operand.shape, "the diagonal")
        if not shape:
            raise ShapeError(f"the diagonal needs a square matrix, not {shape_text(shape)}")
        return (shape[0],)


@interned
class DiagonalMatrix(Linear):
    """The diagonal matrix of a vector."""

    def _shape(self) -> Shape:
        if self.operand.is_matrix or self.operand.is_scalar:
            raise ShapeError("a diagonal matrix is made from a vector")
        size = self.operand.shape[-1]
        return (size, size)


@interned
class Vec(Linear):
    """The columns stacked into one column; of a tensor of order 3 or 4 all entries, the first index
    running fastest."""

    def _shape(self) -> Shape:
        if len(self.operand.shape) > 2:
            return (reduce(mul, self.operand.shape),)
        return shape_of(self.operand.rows * self.operand.cols, ONE)


@interned
class Reshape(Linear):
    """The array with ``m`` rows and ``n`` columns whose columns, stacked, are those of the operand:
    ``vec(reshape(x, m, n)) = vec(x)``."""

    m: Size
    n: Size

    def _shape(self) -> Shape:
        require_flat(self.operand.shape, "reshape")
        if self.operand.rows * self.operand.cols != self.m * self.n:
            raise ShapeError(f"{shape_text(self.operand.shape)} cannot become {self.m}×{self.n}: the numbers of entries differ")
        return shape_of(self.m, self.n)


@interned
class Kronecker(Multilinear):
    """Kronecker product of two or more factors."""

    def _shape(self) -> Shape:
        rows, cols = ONE, ONE
        for factor in self.factors:
            require_flat(factor.shape, "the Kronecker product")
            rows, cols = rows * factor.rows, cols * factor.cols
        return shape_of(rows, cols)


@interned
class Norm(Nonlinear):
    """A norm; ``kind`` is ``"2"`` (Euclidean, of a matrix Frobenius), ``"1"`` (sum of absolute
    values), ``"p"`` (with ``parameter`` the scalar p), ``"A"`` (``sqrt(x'Ax)`` with ``parameter``
    A), ``"nuclear"`` or ``"spectral"``."""

    operand: Expr
    kind: str
    parameter: Expr | None = None

    def _shape(self) -> Shape:
        return ()


@interned
class Call(Nonlinear):
    """Any other function of ``rules/functions.toml`` (``det``, ``logdet``, ``softmax``...), or of
    the user's own of arrays, with its result shape.

    ``axis`` is ``None``, ``"rows"`` or ``"cols"``: a vector function of each row or column.
    """

    function: str
    arguments: tuple[Expr, ...]
    axis: str | None
    result_shape: Shape

    def _shape(self) -> Shape:
        own = own_function(self.function)
        if own is not None:
            require_arguments(own.written, own.takes, [argument.shape for argument in self.arguments], self.result_shape)
        return self.result_shape


@interned
class Index(Leaf):
    """A named index ranging over ``1..size``; only inside ``Entry`` and bound by ``IndexSum`` or
    ``IndexArray``, or free in a rule."""

    name: str
    size: Size

    def _shape(self) -> Shape:
        return ()


@interned
class Entry(Indexed):
    """An entry ``X[i,j]``, ``x[3]``; each position is a ``Size`` counted from 1 or an ``Index``.

    With fewer positions than the operand has axes it is a member of a family, of the shape that is
    left: of X: n×d the vector ``X[i]`` with the entries of row i, of T: K×n×m the matrix ``T[k]``.
    One axis that is left is a column.
    """

    operand: Expr
    positions: tuple[Size | Index, ...]

    def _shape(self) -> Shape:
        axes = self.operand.shape if len(self.positions) > 1 else axes_of(self.operand.shape)
        left = axes[len(self.positions) :]
        return left if len(left) > 2 else shape_of(*(*left, ONE, ONE)[:2])

    @property
    def is_member(self) -> bool:
        """Whether it is a part of its operand that has axes of its own."""
        return len(self.positions) < len(axes_of(self.operand.shape))


@interned
class IndexSum(Indexed):
    """An explicit sum over one index, of scalars or of vectors or matrices of one shape."""

    index: Index
    body: Expr

    def _shape(self) -> Shape:
        return self.body.shape


@interned
class IndexArray(Indexed):
    """The array whose entry at ``indices`` is the scalar ``body``:
    ``tensor(i, k, sum(j, T[i,j,k]*x[j]))``.

    One to four different indices, one axis each (up to two make a column or a matrix). Along the
    axis of an index that the body does not have the entries are copied: so broadcasting to a tensor
    is written.
    """

    indices: tuple[Index, ...]
    body: Expr

    def _shape(self) -> Shape:
        if not self.body.is_scalar:
            raise ShapeError(f"the entries of a tensor are scalars, not {shape_text(self.body.shape)}")
        if not 0 < len(self.indices) <= 4 or len({index.name for index in self.indices}) < len(self.indices):
            raise ShapeError("a tensor has one to four different indices")
        sizes = tuple([index.size for index in self.indices])
        return sizes if len(sizes) > 2 else shape_of(sizes[0], sizes[1] if len(sizes) == 2 else ONE)


Node: TypeAlias = (
    Symbol | Number | Constant | SizeValue | Identity | Ones | Zeros | UnitVector | Commutation
    | Sum | Negative | Product | Hadamard | Quotient | Power | MatrixPower | Elementwise
    | Transpose | Inverse | Trace | Total | Diagonal | DiagonalMatrix | Vec | Reshape | Kronecker | Norm | Call
    | Index | Entry | IndexSum | IndexArray
)  # fmt: skip
"""The closed union, for ``match`` with ``assert_never``."""


def children(node: Expr) -> tuple[Expr, ...]:
    """The operands of a node, in reading order."""
    return node.below
