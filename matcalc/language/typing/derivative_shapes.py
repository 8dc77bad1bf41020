"""The shape of a derivative in each layout, on sizes that may still be unknown."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product

from matcalc.base.errors import Span
from matcalc.base.records import record
from matcalc.base.sizes import ONE, Shape, shape_of
from matcalc.language.build.construction import size_of
from matcalc.language.typing import costs
from matcalc.language.typing.dimensions import Dimension, SizeSystem, unify
from matcalc.language.typing.kind_relations import InRelation
from matcalc.language.typing.kinds import COLUMN, KINDS, MATRIX, ROW, SCALAR, TENSOR, VECTOR, Cell, Relation


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
        kind = {COLUMN: ROW, ROW: COLUMN}.get(self.kind, self.kind)
        return CellShape(kind, self.cols, self.rows)

    def shape(self) -> Shape:
        """The shape, when all sizes are known."""
        return shape_of(size_of(self.rows), size_of(self.cols))


def shape_by_all(value: CellShape, by: Sequence[CellShape], layout: str, sizes: SizeSystem) -> CellShape | None:
    """The shape of the derivative by one variable after the other; None as for ``derivative_shape``.

    A derivative by a scalar adds no axes: beside other variables it changes nothing.
    """
    shaped = [shape for shape in by if shape.kind != SCALAR] or by[:1]
    result: CellShape | None = value
    for shape in shaped:
        if result is None:
            return None
        result = derivative_shape(result, shape, layout, sizes)
    return result


def derivative_shape(value: CellShape, by: CellShape, layout: str, sizes: SizeSystem) -> CellShape | None:
    """The shape of the derivative of ``value`` by ``by``; None when it has more than two axes and the layout does not flatten them."""
    if (by.kind | value.kind) & TENSOR:
        return None
    if by.kind == SCALAR and value.kind in (SCALAR, MATRIX):
        return value
    if value.kind == SCALAR:
        return by.transposed() if layout == "numerator" else by
    if by.kind == SCALAR:
        column = CellShape(COLUMN, _count(value, sizes), ONE)
        return column.transposed() if layout == "denominator" else column
    if layout == "tensor" and not (value.kind & VECTOR and by.kind & VECTOR):
        return None
    below_first = CellShape(MATRIX, _count(by, sizes), _count(value, sizes))
    return below_first if layout == "denominator" else below_first.transposed()


@cache
def _kinds(layout: str, order: int) -> Relation:
    """The kinds of a value, of the variables that it is differentiated by, and of the derivative."""
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
        return costs.MATRIX_BY_VECTOR if value.mask == MATRIX and any(cell.mask & VECTOR for cell in by) else 0.0

    def join(self, sizes: SizeSystem) -> bool:
        value, *by, result = self.cells
        shape = shape_by_all(CellShape.of(value), [CellShape.of(cell) for cell in by], self.layout, sizes)
        assert shape is not None
        unify(result.rows, shape.rows)
        unify(result.cols, shape.cols)
        return True


def _count(shape: CellShape, sizes: SizeSystem) -> Dimension:
    """The number of entries, column after column."""
    match shape.kind:
        case int(kind) if kind == COLUMN:
            return shape.rows
        case int(kind) if kind == ROW:
            return shape.cols
        case _:
            return sizes.product(shape.cols, shape.rows)
