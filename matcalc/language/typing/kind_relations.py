"""Relations that are given by their kinds: those of functions, bars, sums, arrays and
derivatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product
from types import MappingProxyType

from matcalc.base.errors import ShapeError, Span
from matcalc.base.records import record
from matcalc.base.shapes import Shape, shape_of
from matcalc.base.sizes import ONE, Size
from matcalc.language.build.construction import size_of
from matcalc.language.typing.dimensions import Dimension, SizeSystem, resolved, unify
from matcalc.language.typing.kinds import (
    ALL_KINDS,
    ARRAY_FOR_NUMBER,
    COLUMN,
    EVERY_KIND,
    KINDS,
    MATRIX,
    MATRIX_BY_VECTOR,
    NUMBER_BETWEEN,
    NUMBER_TRACED,
    ORDERS,
    ROW,
    SCALAR,
    SQUARE,
    SUMMED_OVER,
    TENSOR,
    TENSOR3,
    TENSOR4,
    VECTOR,
    VECTOR_IN_BARS,
    VECTOR_TO_A_POWER,
    Cell,
    Constraint,
    Relation,
    Shapes,
    shaped,
)


class InRelation(Constraint):
    """A relation given by its kinds, or with its sizes; ``function`` is what it is of. Of kinds
    sizes are left alone unless ``square``."""

    __slots__ = ("function", "shapes")

    def __init__(self, span: Span, kinds: Relation | Shapes, function: str, *cells: Cell, square: bool = False) -> None:
        super().__init__(span, *cells)
        self.function = function
        self.shapes = kinds if isinstance(kinds, Shapes) else Shapes(kinds, dict.fromkeys(kinds, (SQUARE,)) if square else {})


class Barred(InRelation):
    """``|x|``: the determinant of a square matrix, the norm of a vector where a number is needed,
    else the shape of the operand."""

    def __init__(self, span: Span, operand: Cell, result: Cell) -> None:
        super().__init__(span, _BARRED, "the determinant |...|", operand, result)

    @property
    def is_norm(self) -> bool:
        """Whether the bars are those of a norm."""
        return self.cells[0].mask == COLUMN and self.cells[1].mask == SCALAR

    @property
    def strangeness(self) -> float:
        return VECTOR_IN_BARS if self.is_norm else 0.0


_BARRED = shaped("- -", "m m", "m' m'", "nn -", "ijk ijk", "ijkl ijkl", "m -")


class EulerOf(InRelation):
    """``e^x`` of a number or of a square matrix; in LaTeX of a vector, too, entry by entry."""

    def __init__(self, span: Span, exponent: Cell, entries: bool) -> None:
        super().__init__(span, _EULER_OF_ENTRIES if entries else _OF_SQUARE, "e^", exponent)

    @property
    def strangeness(self) -> float:
        return VECTOR_TO_A_POWER if self.cells[0].mask == COLUMN else 0.0


_OF_SQUARE, _EULER_OF_ENTRIES = shaped("-", "nn"), shaped("-", "nn", "m")


class Whole(InRelation):
    """What a number is made of, which hardly is a number itself: ``sum(x)``, ``||x||``; ``cost``
    says how hardly."""

    __slots__ = ("cost",)

    def __init__(self, span: Span, words: str, operand: Cell, cost: float, shapes: Shapes | None = None) -> None:
        super().__init__(span, shapes or _ANY_KIND, words, operand)
        self.cost = cost

    @property
    def strangeness(self) -> float:
        return self.cost if self.cells[0].mask == SCALAR and not self.cells[0].literal else 0.0


_ANY_KIND = shaped(*EVERY_KIND)


class OfNumbers(InRelation):
    """What a function takes that is declared to take numbers."""

    def __init__(self, span: Span, words: str, operand: Cell) -> None:
        super().__init__(span, _ANY_KIND, words, operand)

    @property
    def strangeness(self) -> float:
        return 0.0 if self.cells[0].mask == SCALAR else ARRAY_FOR_NUMBER


class TraceOf(Whole):
    """``tr(A)`` of a square matrix."""

    def __init__(self, span: Span, words: str, operand: Cell) -> None:
        super().__init__(span, words, operand, NUMBER_TRACED, _OF_SQUARE)


class Totalled(InRelation):
    """One number a row, or one number a column, as a column vector."""

    def __init__(self, span: Span, axis: str, words: str, operand: Cell, result: Cell) -> None:
        super().__init__(span, _BY_ROW if axis == "rows" else _BY_COLUMN, words, operand, result)


_BY_ROW, _BY_COLUMN = shaped("- -", "n' -", "m m", "mn m"), shaped("- -", "m -", "n' n", "mn n")


class ArrayTotalled(InRelation):
    """One number for each of what is left when an axis is gone, as NumPy counts axes: a vector has
    one."""

    def __init__(self, span: Span, axis: str, words: str, operand: Cell, result: Cell) -> None:
        super().__init__(span, _WITHOUT[axis], words, operand, result)


_WITHOUT = {"first": shaped("m -", "n' -", "mn n"), "second": shaped("mn m"), "last": shaped("m -", "n' -", "mn m")}


class Counted(InRelation):
    """A size of the operand: of its first axis, its second axis, or of all together."""

    __slots__ = ("axis", "size")

    def __init__(self, span: Span, axis: str, size: Dimension, operand: Cell) -> None:
        kinds = frozenset({(MATRIX,)}) if axis == "second" else frozenset({(COLUMN,), (MATRIX,)})
        super().__init__(span, kinds, "a size", operand)
        self.axis, self.size = axis, size

    def join(self, sizes: SizeSystem) -> bool:
        operand = self.cells[0]
        axis = {"first": operand.rows, "second": operand.cols}.get(self.axis)
        unify(self.size, sizes.product(operand.cols, operand.rows) if axis is None else axis)
        return True


class DiagonalOf(InRelation):
    """``diag``: the diagonal of a matrix, or the diagonal matrix of a vector."""

    def __init__(self, span: Span, operand: Cell, result: Cell) -> None:
        super().__init__(span, _DIAGONAL, "diag", operand, result)


_DIAGONAL = shaped("m mm", "n' nn", "nn n")


_STACKED: Relation = frozenset((kind, SCALAR if kind == SCALAR else COLUMN) for kind in ALL_KINDS)


class Stacked(InRelation):
    """``vec``."""

    def __init__(self, span: Span, operand: Cell, result: Cell) -> None:
        super().__init__(span, _STACKED, "vec", operand, result)

    def join(self, sizes: SizeSystem) -> bool:
        operand, result = self.cells
        axes = operand.axes if operand.mask & TENSOR else (operand.rows, operand.cols)
        total = axes[0]
        for axis in axes[1:]:
            total = sizes.product(axis, total)
        unify(result.rows, total)
        return True


class Reshaped(InRelation):
    """``reshape(x, m, n)``: as many entries as the operand has."""

    __slots__ = ("m", "n")

    def __init__(self, span: Span, m: Dimension, n: Dimension, operand: Cell, result: Cell) -> None:
        kind = MATRIX if m != ONE and n != ONE else COLUMN if m != ONE else ROW
        super().__init__(span, frozenset({(of, kind) for of in (COLUMN, ROW, MATRIX)}), "reshape", operand, result)
        self.m, self.n = m, n

    def join(self, sizes: SizeSystem) -> bool:
        operand, result = self.cells
        unify(result.rows, self.m)
        unify(result.cols, self.n)
        unify(sizes.product(operand.cols, operand.rows), sizes.product(self.n, self.m))
        return True


class KroneckerOf(InRelation):
    def __init__(self, span: Span, left: Cell, right: Cell, result: Cell) -> None:
        super().__init__(span, _KRONECKER, "kron", left, right, result)

    def join(self, sizes: SizeSystem) -> bool:
        left, right, result = self.cells
        unify(result.rows, sizes.product(left.rows, right.rows))
        unify(result.cols, sizes.product(left.cols, right.cols))
        return True


_KRONECKER: Relation = frozenset([(a, b, b if a in (SCALAR, b) else a if b == SCALAR else MATRIX) for a in KINDS for b in KINDS])


class Commuting(InRelation):
    """The commutation matrix of m by n; it also tells the sizes of a matrix whose ``vec`` it stands
    before."""

    __slots__ = ("m", "n")

    def __init__(self, span: Span, m: Dimension, n: Dimension, result: Cell) -> None:
        super().__init__(span, frozenset({(MATRIX,)}), "commutation", result)
        self.m, self.n = m, n

    def join(self, sizes: SizeSystem) -> bool:
        unify(self.cells[0].cols, sizes.product(self.n, self.m))
        unify(self.cells[0].cols, self.cells[0].rows)
        return True


_PARAMETERS: Relation = frozenset({*[(kind, SCALAR) for kind in ALL_KINDS], (COLUMN, MATRIX), (ROW, MATRIX)})


class NormParameter(InRelation):
    """The second argument of a norm: a scalar p, or the matrix of ``sqrt(x'Ax)``."""

    def __init__(self, span: Span, operand: Cell, parameter: Cell) -> None:
        super().__init__(span, _PARAMETERS, "norm", operand, parameter)

    def join(self, sizes: SizeSystem) -> bool:
        operand, parameter = self.cells
        if parameter.mask == MATRIX:
            size = operand.rows if operand.mask == COLUMN else operand.cols
            unify(parameter.rows, size)
            unify(parameter.cols, size)
        return True


class MemberOf(InRelation):
    """``x[i]``, ``X[i,j]``, ``x_i``: what the positions run over, and what is left of the axes of
    the operand.

    An array with as many axes as positions has entries; one with more is a family, of vectors or
    matrices: ``x_i`` is row i of a matrix.
    """

    __slots__ = ("dimensions",)

    def __init__(self, span: Span, operand: Cell, member: Cell, dimensions: tuple[Dimension | None, ...]) -> None:
        count = len(dimensions)
        most = 0 if all(dimension is None for dimension in dimensions) else 2  # at numbers entries alone
        kinds = {(kind, (SCALAR, COLUMN, MATRIX)[order - count]) for kind, order in ORDERS.items() if 0 <= order - count <= most}
        words = ("one position", "two positions", "three positions", "four positions")[count - 1]
        super().__init__(span, frozenset(kinds), words, operand, member)
        self.dimensions = dimensions

    def join(self, sizes: SizeSystem) -> bool:
        cell, member = self.cells
        axes = (cell.rows,) if cell.mask == COLUMN else (cell.cols,) if cell.mask == ROW else cell.axes
        for axis, dimension in zip(axes, self.dimensions):
            if dimension is not None:
                unify(axis, dimension)
        for axis, own in zip(axes[len(self.dimensions) :], (member.rows, member.cols)):
            unify(axis, own)
        return True


class SummedOver(InRelation):
    """``Σ_i body`` has the kind of the body."""

    def __init__(self, span: Span, body: Cell) -> None:
        super().__init__(span, _SUMMED_OVER, "the sum over an index", body)

    @property
    def strangeness(self) -> float:
        return SUMMED_OVER.get(self.cells[0].mask, 0.0)


_SUMMED_OVER = shaped("-", "m", "m'", "mn")


class Between(Constraint):
    """``x' (Σ_k a_k A_k) y``: a sum over an index between a row and a vector, where nobody writes a
    number."""

    shapes = Shapes(frozenset(product(ALL_KINDS, repeat=3)), {})
    words = "multiply"

    @property
    def strangeness(self) -> float:
        row, middle, column = (cell.mask for cell in self.cells)
        return NUMBER_BETWEEN if row == ROW and column == COLUMN and middle == SCALAR else 0.0


class ArrayOf(InRelation):
    """The result has an axis for each dimension; the operand, if there is one, is a scalar:
    ``tensor(i, k, ...)``, ``ones(n, m, p)``."""

    __slots__ = ("dimensions",)

    def __init__(self, span: Span, words: str, dimensions: tuple[Dimension, ...], *cells: Cell) -> None:
        kind = (COLUMN, MATRIX, TENSOR3, TENSOR4)[len(dimensions) - 1]
        super().__init__(span, frozenset({(*(SCALAR for _ in cells[1:]), kind)}), words, *cells)
        self.dimensions = dimensions

    def join(self, sizes: SizeSystem) -> bool:
        for axis, dimension in zip(self.cells[-1].axes, self.dimensions):
            unify(axis, dimension)
        return True


class Measured(InRelation):
    """Cells whose sizes are given by names shared between them, as in a signature
    ``X: m×n -> n×m``; where ``values`` are those of the names, as polynomials in these."""

    __slots__ = ("dimensions", "values")

    def __init__(
        self,
        span: Span,
        kinds: Relation,
        words: str,
        cells: tuple[Cell, ...],
        dimensions: tuple[tuple[Dimension, Dimension], ...],
        values: Mapping[str, Dimension] = MappingProxyType({}),
    ) -> None:
        super().__init__(span, kinds, words, *cells)
        self.dimensions, self.values = dimensions, values

    def join(self, sizes: SizeSystem) -> bool:
        for cell, extents in zip(self.cells, self.dimensions, strict=True):
            rows, cols = [self._found(sizes, one, cols_of_vector=extents[1] is ONE) for one in extents]
            if cell.mask == ROW and cols is ONE and rows is not ONE:
                rows, cols = ONE, rows
            if cell.mask != SCALAR:
                unify(cell.rows, rows)
                unify(cell.cols, cols)
        return True

    def _found(self, sizes: SizeSystem, size: Dimension, cols_of_vector: bool) -> Dimension:
        """What a size of the signature is. Raises ShapeError for one that is none."""
        if not isinstance(size, Size) or not self.values or not size.names:
            return size
        found = resolved(sizes.polynomial(size, self.values))
        if size.name is not None or not isinstance(found, Size):
            return found
        if not found.can_be_positive:
            known = {name: own for name in size.names if isinstance(own := resolved(self.values[name]), Size)}
            said = ", ".join([f"{name} = {known[name]}" for name in size.names if name in known])
            raise ShapeError(f"{self.function} gives a vector of size {size}, which is {found} for {said}", span=self.span)
        if found == ONE and cols_of_vector:
            raise ShapeError(
                f"{self.function} gives a vector of size {size}, which is a single number here",
                span=self.span,
                suggestion="the number itself, such as w'*a",
            )
        return found


@record
class CellShape:
    """A kind with its sizes."""

    kind: int
    rows: Dimension
    cols: Dimension

    @staticmethod
    def of(cell: Cell) -> CellShape:
        return CellShape(cell.mask, cell.rows, cell.cols)

    def transposed(self) -> CellShape:
        return CellShape({COLUMN: ROW, ROW: COLUMN}.get(self.kind, self.kind), self.cols, self.rows)

    def shape(self) -> Shape:
        """The shape, when all sizes are known."""
        return shape_of(size_of(self.rows), size_of(self.cols))


def shape_by_all(value: CellShape, by: Sequence[CellShape], layout: str, sizes: SizeSystem) -> CellShape | None:
    """The shape of the derivative by one variable after the other; None as for
    ``derivative_shape``.

    A derivative by a scalar adds no axes: beside other variables it changes nothing.
    """
    result: CellShape | None = value
    for shape in [shape for shape in by if shape.kind != SCALAR] or by[:1]:
        if result is None:
            return None
        result = derivative_shape(result, shape, layout, sizes)
    return result


def derivative_shape(value: CellShape, by: CellShape, layout: str, sizes: SizeSystem) -> CellShape | None:
    """The shape of the derivative of ``value`` by ``by``; None when it has more than two axes and
    the layout does not flatten them."""
    if (by.kind | value.kind) & TENSOR:
        return None
    if by.kind == SCALAR and value.kind in (SCALAR, MATRIX):
        return value
    if value.kind == SCALAR:
        return by.transposed() if layout == "numerator" else by
    if by.kind == SCALAR:
        column = CellShape(COLUMN, _count(value, sizes), ONE)
        return column.transposed() if layout == "denominator" else column
    if layout == "tensor" and MATRIX in (value.kind, by.kind):
        return None
    below_first = CellShape(MATRIX, _count(by, sizes), _count(value, sizes))
    return below_first if layout == "denominator" else below_first.transposed()


@cache
def _kinds(layout: str, order: int) -> Relation:
    """The kinds of a value, of the variables that it is differentiated by, and of the
    derivative."""
    found: set[tuple[int, ...]] = set()
    for kinds in product(KINDS, repeat=order + 1):
        value, *by = [CellShape(kind, ONE, ONE) for kind in kinds]
        result = shape_by_all(value, by, layout, SizeSystem())
        if result is not None and result.kind:
            found.add((*kinds, result.kind))
    return frozenset(found)


class DerivativeBy(InRelation):
    """The derivative of the first cell by those that follow, in a layout, is the last cell."""

    __slots__ = ("layout",)

    def __init__(self, span: Span, layout: str, value: Cell, by: Sequence[Cell], result: Cell) -> None:
        super().__init__(span, _kinds(layout, len(by)), "the derivative", value, *by, result)
        self.layout = layout

    @property
    def strangeness(self) -> float:
        value, *by, _ = self.cells
        return MATRIX_BY_VECTOR if value.mask == MATRIX and any(cell.mask & VECTOR for cell in by) else 0.0

    def join(self, sizes: SizeSystem) -> bool:
        value, *by, result = self.cells
        shape = shape_by_all(CellShape.of(value), [CellShape.of(cell) for cell in by], self.layout, sizes)
        assert shape is not None
        unify(result.rows, shape.rows)
        unify(result.cols, shape.cols)
        return True


def _count(shape: CellShape, sizes: SizeSystem) -> Dimension:
    """The number of entries, column after column."""
    if shape.kind in (COLUMN, ROW):
        return shape.rows if shape.kind == COLUMN else shape.cols
    return sizes.product(shape.cols, shape.rows)
