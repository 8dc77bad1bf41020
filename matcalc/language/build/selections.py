"""Parts of arrays, ``x[2:end]`` and ``X[1:k, :]``, and arrays of blocks, ``[A B; C D]``, as
products with the rows of an identity matrix that they select or put somewhere: ones on one
diagonal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from matcalc.base.errors import ParseError, ShapeError, Span
from matcalc.base.lazy import later
from matcalc.base.shapes import Shape
from matcalc.base.sizes import ONE, Size
from matcalc.language.build import terms as t
from matcalc.language.build.index_ranges import Counted, declared_shape, rows_between
from matcalc.language.decisions import Settled, SettledSize
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.array_arithmetic import rows_of
from matcalc.language.syntax.trees import name_of, names_in, number_in, ungrouped
from matcalc.language.typing.dimensions import Dimension, SizeSystem, Unknown, unify
from matcalc.language.typing.kinds import ANY, COLUMN, MATRIX, ROW, SCALAR, VECTOR_IN_GRID, Cell

if TYPE_CHECKING:
    from matcalc.language.build import commutators
    from matcalc.language.build.operators import Operators
    from matcalc.language.typing import kind_relations
else:
    commutators = later("matcalc.language.build.commutators")
    kind_relations = later("matcalc.language.typing.kind_relations")

Polynomial: TypeAlias = Callable[[s.Syntax], Size]


def selected(builder: Operators, node: s.Entries, operand: t.Term, polynomial: Polynomial) -> t.Term:
    """The part of a vector or a matrix at ranges of positions; ``polynomial`` reads what is written
    with names of sizes.

    Raises ParseError for other arrays, and ShapeError where a range lies outside.
    """
    axes = _axes(node)
    place = builder.place(node.span)
    if not any(axis is None or _is_range(axis) for axis in axes):
        return _entry(builder, node, operand, polynomial)
    _settle_ends(builder, operand, axes)
    if len(axes) == 1 and axes[0] is not None:
        if (only := _only_place(axes[0], polynomial, declared_shape(builder, operand))) is not None:
            return builder.noted_as_single(builder.entry(operand, (only,), node.span))
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
    row = axes[0] is not None and not _is_range(axes[0]) and (axes[1] is None or _is_range(axes[1]))
    if row and builder.written.arrays and len(factors) > 1:  # a vector there has one axis
        factors = [builder.transpose(factor, node.span) for factor in reversed(factors)]
    return builder.product(factors, node.span)


def _settle_ends(builder: Operators, operand: t.Term, axes: Sequence[s.Syntax | None]) -> None:
    """Raises Settled for ``x[2:n]`` or ``x[1:n-1]`` of an array whose size is declared as a number,
    where nothing else says what n is: that number."""
    if not isinstance(operand, t.SymbolTerm) or operand.name not in builder.scope.declared:
        return
    known = {"end", *builder.scope.size_names, *builder.scope.sizes, *builder.scope.declarations, *builder.scope.limits}
    for size, axis in zip(declared_shape(builder, operand), axes):
        name = _end_of(axis)
        if name and name not in known and not size.names:
            needed_by = f"the part of {operand.name}"
            raise Settled(SettledSize(name, size, needed_by), ShapeError("the sizes differ"), is_open=False)


def _only_place(axis: s.Syntax, polynomial: Polynomial, shape: Shape) -> int | None:
    """The position of a range that has one because its names of sizes are numbers."""
    if not isinstance(axis, s.Binary) or not _is_range(axis) or not names_in(axis):
        return None
    end = {"end": shape[0]} if len(shape) == 1 else {}
    first, last = [polynomial(part).replaced(end) for part in (axis.left, axis.right)]
    return int(first.number) if first == last and first.number is not None else None


def _end_of(axis: s.Syntax | None) -> str:
    """The name of the size in a range to the end, ``2:n``, or to a place before that, ``1:n-1``."""
    if not isinstance(axis, s.Binary) or axis.operator != ":":
        return ""
    last, first = ungrouped(axis.right), number_in(axis.left)
    if isinstance(last, s.Binary) and last.operator == "-" and first is not None:
        return name_of(ungrouped(last.left)) if number_in(last.right) is not None else ""
    return name_of(last) if isinstance(last, s.Name) and first is not None and first > 1 else ""


def _is_range(node: s.Syntax) -> bool:
    return isinstance(node, s.Binary) and node.operator == ":"


def is_part(builder: Operators, node: s.Entries) -> bool:
    """Whether positions are ranges, or counted from the end, so that they select a part."""
    if any(_is_range(position) or _from_the_end(builder, position) for position in node.positions):
        return True
    only = node.positions[0] if len(node.whole) > 0 and len(node.positions) == 1 else None
    return only is not None and (number_in(only) is not None or builder.counts_by_sizes(only))


def _from_the_end(builder: Operators, node: s.Syntax) -> bool:
    """Whether a position is counted from the last one, ``end-1``."""
    known = "end" in builder.scope.declarations or builder.scope.bound_index("end") is not None
    return not known and "end" in names_in(node)


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
    if node.span in builder.scope.pairs:
        commutators.doubt(builder.decide, builder.scope.pairs[node.span], cells, builder.scope.size_names)
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
        return VECTOR_IN_GRID if grid and kinds != {SCALAR} and (MATRIX not in kinds or self._flattens()) else 0.0

    def _flattens(self) -> bool:
        """Whether a number stands beside a matrix in a row or a column, which then has one line
        only."""
        placed = [(place, cell.mask) for place, cell in zip(self.places, self.cells)]
        numbers = [place for place, mask in placed if mask == SCALAR]
        return any(mask == MATRIX and (i == row or j == col) for (i, j), mask in placed for row, col in numbers)

    def join(self, sizes: SizeSystem) -> bool:
        *blocks, result = self.cells
        for (i, j), block in zip(self.places, blocks):
            unify(self.lines[i], block.rows)
            unify(self.columns[j], block.cols)
        if all(block.mask == SCALAR for block in blocks):
            for line in (*self.lines, *self.columns):
                unify(line, ONE)
        sizes.cut(result.rows, self.lines)
        sizes.cut(result.cols, self.columns)
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
        position = _position(builder, node, size, polynomial)
        if isinstance(position, t.BoundIndex):
            raise ParseError("an index beside a range is not read", span=node.span, suggestion="a number, such as X[1, 2:end]")
        unit = builder.unit(Size.of(position) if isinstance(position, int) else position, node.span, size)
        return unit if turned else builder.transpose(unit, node.span)
    rows = _rows(builder, node, size, polynomial)
    return builder.transpose(rows, node.span) if turned else rows


def _entry(builder: Operators, node: s.Entries, operand: t.Term, polynomial: Polynomial) -> t.Term:
    """The entry at positions some of which are counted from the end."""
    if len(node.positions) > 2:
        raise ParseError("this part of an array is not read", span=node.span, suggestion="x[end], X[1,end]")
    single, matrix = builder.single(operand), len(node.positions) > 1
    sizes: list[Dimension] = [ONE if single else Unknown() for _ in node.positions]
    if not single:
        extent = (sizes[0], sizes[1] if matrix else ONE)
        _relate(builder, operand, MATRIX if matrix else COLUMN, extent, builder.place(node.span))
    places = [_position(builder, position, size, polynomial) for position, size in zip(node.positions, sizes, strict=True)]
    return builder.entry(operand, tuple(places), node.span)


def _position(builder: Operators, node: s.Syntax, size: Dimension, polynomial: Polynomial) -> t.Position:
    """A position on an axis of this size, from the end of which it may be counted."""
    if not _from_the_end(builder, node):
        return builder.position(node)
    position = polynomial(node)
    if not (Size.of("end") - position + ONE).can_be_positive:
        raise ShapeError("this position is behind the end", span=node.span, suggestion="x[end]")
    if isinstance(size, Size):
        return position.replaced({"end": size})
    found, cell = Unknown(), Cell(SCALAR, node.span, literal=True)
    builder.relate(Counted(builder.place(node.span), cell, position, found, {**builder.scope.limits, "end": size}))
    return found


def _rows(builder: Operators, node: s.Binary, size: Dimension, polynomial: Polynomial) -> t.Term:
    first, last = [polynomial(part) for part in (node.left, node.right)]
    count = last - first + ONE
    if count == ONE:
        raise ParseError("a range of one position is an entry", span=node.span, suggestion="x[2], or X[2, :] for a row")
    if "end" not in count.names and not count.can_be_positive:
        raise ParseError("this range has no positions", span=node.span, suggestion="x[1:3], x[2:end]")
    if first.number is not None and last.number is not None and builder.written.dialect == "math" and not names_in(node):
        said = f"{first}:{last} is read as counted from 1, {last} included"
        builder.decide(said, "dialect", span=builder.place(node.span))
    return rows_between(builder, (first, last), size, node.span, {})


# ------------------------------------------------------------ sums over a part of the positions
