"""Parts of arrays, ``x[2:end]`` and ``X[1:k, :]``, and arrays of blocks, ``[A B; C D]``, as products
with the rows of an identity matrix that they select or put somewhere: ones on one diagonal."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial, reduce
from itertools import product
from operator import add, sub
from typing import TYPE_CHECKING, TypeAlias

from matcalc.base.errors import ParseError, ShapeError, Span
from matcalc.base.lazy import later
from matcalc.base.sizes import ONE, ZERO, Size
from matcalc.language.build import terms as t
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.array_arithmetic import rows_of
from matcalc.language.syntax.trees import number_in
from matcalc.language.typing.dimensions import Dimension, SizeSystem, Unknown, resolved, unify
from matcalc.language.typing.kinds import ANY, COLUMN, MATRIX, ROW, SCALAR, VECTOR_IN_GRID, Cell

if TYPE_CHECKING:
    from matcalc.language.build.operators import Operators
    from matcalc.language.typing import kind_relations
else:
    kind_relations = later("matcalc.language.typing.kind_relations")

_END = Size.of("end")
Polynomial: TypeAlias = Callable[[s.Syntax], Size]


def selected(builder: Operators, node: s.Entries, operand: t.Term, polynomial: Polynomial) -> t.Term:
    """The part of a vector or a matrix at ranges of positions; ``polynomial`` reads what is written
    with names of sizes.

    Raises ParseError for other arrays, and ShapeError where a range lies outside.
    """
    axes = _axes(node)
    place = builder.place(node.span)
    if builder.written.dialect == "numpy":
        raise ParseError("slices are not read", span=node.span, suggestion="X[1:k, :] without signs of NumPy, counted from 1")
    if len(axes) == 1 and axes[0] is not None:
        size = Unknown()
        _relate(builder, operand, COLUMN, (size, ONE), place)
        return builder.product([_selection(builder, axes[0], size, polynomial), operand], node.span)
    if len(axes) != 2:
        raise ParseError("this part of an array is not read", span=node.span, suggestion="x[1:k], X[1:k, :] or X[:, 2:end]")
    rows, cols = Unknown(), Unknown()
    _relate(builder, operand, MATRIX, (rows, cols), place)
    factors: list[t.Term] = [] if isinstance(operand, t.IdentityTerm) else [operand]
    if axes[0] is not None:
        factors.insert(0, _selection(builder, axes[0], rows, polynomial))
    if axes[1] is not None:
        factors.append(_selection(builder, axes[1], cols, polynomial, turned=True))
    return builder.product(factors, node.span)


def entries_of(node: s.Applied) -> list[s.Syntax]:
    """The blocks that are not 0, row after row; all of them where all are 0."""
    return list(_filled(node).values())


def _filled(node: s.Applied) -> dict[tuple[int, int], s.Syntax]:
    written = {(i, j): entry for i, row in enumerate(rows_of(node)) for j, entry in enumerate(row)}
    return {place: entry for place, entry in written.items() if number_in(entry) != 0} or written


def blocks(builder: Operators, node: s.Applied, operands: list[t.Term]) -> t.Term:
    """``[A B; C D]``: an array of blocks."""
    written = rows_of(node)
    if len(written) * len(written[0]) > _MOST_BLOCKS:
        raise ParseError(f"an array of more than {_MOST_BLOCKS} blocks", span=node.span, suggestion="fewer blocks")
    rows = tuple([Unknown() for _ in written])
    cols = tuple([Unknown() for _ in written[0]])
    place = builder.place(node.span)
    result = builder.cell(ANY, node.span)
    cells = [operand.cell for operand in operands]
    places = tuple(_filled(node))
    builder.relate(Blocks(place, cells, result, places, rows, cols))
    builder.evidence = True
    return t.BlockTerm(result, place, tuple(operands), places, rows, cols)


_MOST_BLOCKS = 9
_STACKED = {COLUMN: (COLUMN, SCALAR), MATRIX: (MATRIX, ROW)}
_BESIDE = {ROW: (ROW, SCALAR), MATRIX: (MATRIX, COLUMN)}


class Blocks(kind_relations.InRelation):
    """The kinds and sizes of the blocks of an array: those of one row have as many rows, those of
    one column as many columns."""

    __slots__ = ("columns", "lines", "places")

    def __init__(
        self,
        span: Span,
        cells: list[Cell],
        result: Cell,
        places: tuple[tuple[int, int], ...],
        rows: tuple[Dimension, ...],
        cols: tuple[Dimension, ...],
    ) -> None:
        ways = _STACKED if len(cols) == 1 else _BESIDE if len(rows) == 1 else {MATRIX: (MATRIX, COLUMN, ROW, SCALAR)}
        kinds = frozenset([(*chosen, whole) for whole, parts in ways.items() for chosen in product(parts, repeat=len(cells))])
        super().__init__(span, kinds, "an array of blocks", *cells, result)
        self.places, self.lines, self.columns = places, rows, cols

    @property
    def strangeness(self) -> float:
        kinds = {cell.mask for cell in self.cells[:-1]}
        grid = len(self.lines) > 1 and len(self.columns) > 1
        return VECTOR_IN_GRID if grid and MATRIX not in kinds and kinds != {SCALAR} else 0.0

    def join(self, sizes: SizeSystem) -> bool:
        *blocks, result = self.cells
        for (i, j), block in zip(self.places, blocks):
            unify(self.lines[i], block.rows)
            unify(self.columns[j], block.cols)
        if all(block.mask == SCALAR for block in blocks):
            for line in (*self.lines, *self.columns):
                unify(line, ONE)
        unify(result.rows, reduce(partial(sizes.composed, add), self.lines))
        unify(result.cols, reduce(partial(sizes.composed, add), self.columns))
        return True


def _axes(node: s.Entries) -> list[s.Syntax | None]:
    """What stands at each axis; None for the whole of it."""
    given = iter(node.positions)
    return [None if place in node.whole else next(given) for place in range(len(node.positions) + len(node.whole))]


def _relate(builder: Operators, operand: t.Term, kind: int, sizes: tuple[Dimension, Dimension], place: Span) -> None:
    words = "a part of an array"
    builder.relate(kind_relations.Measured(place, frozenset({(kind,)}), words, (operand.cell,), (sizes,)))


def _selection(builder: Operators, node: s.Syntax, size: Dimension, polynomial: Polynomial, turned: bool = False) -> t.Term:
    """The rows of an identity matrix of this size at a range of positions, or the one at a
    position, as a row; the transpose where it is ``turned``."""
    if not isinstance(node, s.Binary) or node.operator != ":":
        position = builder.position(node)
        if not isinstance(position, int):
            raise ParseError("an index beside a range is not read", span=node.span, suggestion="a number, such as X[1, 2:end]")
        unit = builder.unit(position, node.span, size)
        return unit if turned else builder.transpose(unit, node.span)
    rows = _rows(builder, node, size, polynomial)
    return builder.transpose(rows, node.span) if turned else rows


def _rows(builder: Operators, node: s.Binary, size: Dimension, polynomial: Polynomial) -> t.Term:
    first, last = [polynomial(part) for part in (node.left, node.right)]
    count = last - first + ONE
    if count == ONE:
        raise ParseError("a range of one position is an entry", span=node.span, suggestion="x[2], or X[2, :] for a row")
    if "end" not in count.names and not count.can_be_positive:
        raise ParseError("this range has no positions", span=node.span, suggestion="x[1:3], x[2:end]")
    ones = builder.filled(Fraction(1), [Unknown(), size], node.span)
    before = Unknown()
    builder.relate(Selected(builder.place(node.span), ones.cell, (first, last), before))
    place = builder.place(node.span)
    shift: t.Term = t.SizeTerm(builder.cell(SCALAR, node.span), place, before)
    if first == ONE:
        shift = t.NumberTerm(Cell(SCALAR, node.span, literal=True), place, Fraction(0))
    return t.CallTerm(ones.cell, place, (ones, shift), "selection", None)


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
        if isinstance(whole, Size):
            end = last.replaced({"end": whole})
            over = end - whole
            if over.number is not None and over.number > 0:
                raise ShapeError(f"position {end} is outside an axis of size {whole}", span=self.span)
        return True


def _of(size: Size, end: Dimension, sizes: SizeSystem) -> Dimension:
    """A size in which ``end`` may stand for the size of an axis."""
    rest = size - _END
    if "end" not in size.names:
        return size
    if rest is ZERO:
        return end
    return sizes.composed(add, end, rest) if rest.can_be_positive else sizes.composed(sub, end, ZERO - rest)
