"""Parts of arrays, ``x[2:end]`` and ``X[1:k, :]``, as products with the rows of an identity matrix
that they select: the entries of ones on one diagonal."""

from __future__ import annotations

from fractions import Fraction
from operator import add, sub
from typing import TYPE_CHECKING

from matcalc.base.errors import ParseError, ShapeError, Span
from matcalc.base.lazy import later
from matcalc.base.sizes import ONE, ZERO, Size
from matcalc.language.build import terms as t
from matcalc.language.syntax import trees as s
from matcalc.language.typing.dimensions import Dimension, SizeSystem, Unknown, resolved, unify
from matcalc.language.typing.kinds import COLUMN, MATRIX, SCALAR, Cell

if TYPE_CHECKING:
    from matcalc.language.build.builder import Builder
    from matcalc.language.typing import kind_relations
else:
    kind_relations = later("matcalc.language.typing.kind_relations")

_END = Size.of("end")


def selected(builder: Builder, node: s.Entries, operand: t.Term) -> t.Term:
    """The part of a vector or a matrix at ranges of positions.

    Raises ParseError for other arrays, and ShapeError where a range lies outside.
    """
    axes = _axes(node)
    place = builder.place(node.span)
    if len(axes) == 1 and axes[0] is not None:
        size = Unknown()
        _relate(builder, operand, COLUMN, (size, ONE), place)
        return builder.product([_selection(builder, axes[0], size), operand], node.span)
    if len(axes) != 2:
        raise ParseError("this part of an array is not read", span=node.span, suggestion="x[1:k], X[1:k, :] or X[:, 2:end]")
    rows, cols = Unknown(), Unknown()
    _relate(builder, operand, MATRIX, (rows, cols), place)
    factors = [operand]
    if axes[0] is not None:
        factors.insert(0, _selection(builder, axes[0], rows))
    if axes[1] is not None:
        factors.append(_selection(builder, axes[1], cols, turned=True))
    return builder.product(factors, node.span)


def _axes(node: s.Entries) -> list[s.Syntax | None]:
    """What stands at each axis; None for the whole of it."""
    given = iter(node.positions)
    return [None if place in node.whole else next(given) for place in range(len(node.positions) + len(node.whole))]


def _relate(builder: Builder, operand: t.Term, kind: int, sizes: tuple[Dimension, Dimension], place: Span) -> None:
    words = "a part of an array"
    builder.relate(kind_relations.Measured(place, frozenset({(kind,)}), words, (operand.cell,), (sizes,)))


def _selection(builder: Builder, node: s.Syntax, size: Dimension, turned: bool = False) -> t.Term:
    """The rows of an identity matrix of this size at a range of positions, or the one at a
    position, as a row; the transpose where it is ``turned``."""
    if not isinstance(node, s.Binary) or node.operator != ":":
        position = builder.position(node)
        if not isinstance(position, int):
            raise ParseError("an index beside a range is not read", span=node.span, suggestion="a number, such as X[1, 2:end]")
        unit = builder.unit(position, node.span, size)
        return unit if turned else builder.transpose(unit, node.span)
    rows = _rows(builder, node, size)
    return builder.transpose(rows, node.span) if turned else rows


def _rows(builder: Builder, node: s.Binary, size: Dimension) -> t.Term:
    first, last = [builder.polynomial(part) for part in (node.left, node.right)]
    count = last - first + ONE
    if count == ONE:
        raise ParseError("a range of one position is an entry", span=node.span, suggestion="x[2], or X[2, :] for a row")
    if "end" not in count.names and not count.can_be_positive:
        raise ParseError("this range has no positions", span=node.span, suggestion="x[1:3], x[2:end]")
    ones = builder.filled(Fraction(1), [Unknown(), size], node.span)
    before = Unknown()
    builder.relate(Selected(builder.place(node.span), ones.cell, (first, last), before))
    if first == ONE:
        place = t.NumberTerm(Cell(SCALAR, node.span, literal=True), builder.place(node.span), Fraction(0))
        return t.CallTerm(ones.cell, builder.place(node.span), (ones, place), "band", None)
    shifted = t.SizeTerm(builder.cell(SCALAR, node.span), builder.place(node.span), before)
    return t.CallTerm(ones.cell, builder.place(node.span), (ones, shifted), "band", None)


class Selected(kind_relations.InRelation):
    """Rows of an identity matrix at a range of positions: how many there are, and how many stand
    before them."""

    __slots__ = ("before", "limits")

    def __init__(self, span: Span, rows: Cell, limits: tuple[Size, Size], before: Dimension) -> None:
        super().__init__(span, frozenset({(MATRIX,)}), "a part of an array", rows)
        self.limits, self.before = limits, before

    def join(self, sizes: SizeSystem) -> bool:
        """Joins the sizes. Raises ShapeError for positions outside of the array."""
        (cell,), (first, last) = self.cells, self.limits
        unify(cell.rows, _of(last - first + ONE, cell.cols, sizes))
        unify(self.before, _of(first - ONE, cell.cols, sizes))
        whole = resolved(cell.cols)
        if isinstance(whole, Size) and whole.number is not None and last.number is not None and last.number > whole.number:
            raise ShapeError(f"position {last.number} is outside an axis of size {whole.number}", span=self.span)
        return True


def _of(size: Size, end: Dimension, sizes: SizeSystem) -> Dimension:
    """A size in which ``end`` may stand for the size of an axis."""
    rest = size - _END
    if "end" not in size.names:
        return size
    if rest is ZERO:
        return end
    return sizes.composed(add, end, rest) if rest.can_be_positive else sizes.composed(sub, end, ZERO - rest)
