"""Parts of arrays and arrays of blocks recognised, to be written or computed as such: a product
with rows of an identity matrix is ``X[1:k, :]``, a sum of blocks with zeros around them ``[A, B; C,
D]``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from operator import mul

from matcalc.base.budgets import LONGEST_WRITTEN_AXIS
from matcalc.base.records import grouped, record, replace
from matcalc.base.shapes import Selection, shape_of, surely
from matcalc.base.sizes import ONE, ZERO, Size
from matcalc.base.traversal import bottom_up, postordered, with_operands
from matcalc.expr import nodes as e
from matcalc.expr.rewriting import product_of, size_meant, sum_of

_ZERO, _ONE = e.Number(Fraction(0)), e.Number(Fraction(1))
_WHOLE = _ONE
"""Stands for all positions of an axis."""


def selection(node: e.Expr) -> Selection | None:
    """The rows that ones on one diagonal select."""
    if not isinstance(node, e.Call) or node.function != "selection":
        return None
    before = size_meant(node.arguments[1])
    size, whole = node.result_shape
    return None if before is None else Selection(size, whole, before)


def _put(node: e.Expr) -> Selection | None:
    """Where columns of an identity matrix put the rows of what stands behind them."""
    if isinstance(node, e.UnitVector):
        return Selection(ONE, node.size, node.position - ONE)
    return selection(node.operand) if isinstance(node, e.Transpose) else None


def displayed(root: e.Expr, keeps: Callable[[e.Expr], bool] = lambda _: False, named: bool = True) -> e.Expr:
    """The expression with arrays of blocks as calls of ``BLOCKS``, whose ``axis`` is the number of
    columns, and parts of arrays as calls of ``PART``, whose arguments are the array and what
    selects from each axis.

    These calls are for printing and for code. What an operation ``keeps`` is left as it is;
    differences of neighbours are ``named``, for printing alone.
    """
    if not any(map(_may_be_put, e.postorder(root))):
        return root
    opened: dict[e.Expr, e.Expr] = {}

    def below(node: e.Expr) -> tuple[e.Expr, ...]:
        # A sum is tried before its terms, each of which is an array with zeros around one block.
        opened[node] = node if keeps(node) else _as_blocks(_distributed(node) if named else node)
        return () if keeps(node) else e.children(opened[node])

    def step(node: e.Expr, built: Mapping[e.Expr, e.Expr]) -> e.Expr:
        if keeps(node):
            return node
        found = with_operands(opened[node], built)
        if isinstance(found, e.Negative) and isinstance(found.operand, e.Negative):
            return found.operand.operand
        return _with_parts(found)

    return bottom_up(postordered((root,), below), step)[root]


def _distributed(node: e.Expr) -> e.Expr:
    """A sum of selections times what they select from, one by one: ``x[2:n] - x[1:n-1]``, which is
    ``diff(x)``, and ``-diff([0; x; 0])`` of what is put so."""
    factors = node.factors if isinstance(node, e.Product) else ()
    shaped = [factor for factor in factors if not factor.is_scalar]
    first = shaped[0] if len(shaped) > 1 and [*factors[: len(factors) - len(shaped)], *shaped] == list(factors) else None
    if not isinstance(first, e.Sum):
        return node
    scalars, rest = factors[: len(factors) - len(shaped)], product_of(shaped[1:])
    sign, turned = _neighbours(first)
    if sign and rest.is_column:
        inner = _distributed(rest)
        if isinstance(inner, e.Negative):
            sign, rest = -sign, inner.operand
        operand = _called([[_ZERO], [rest], [_ZERO]], e.Zeros((rest.rows + ONE + ONE,))) if turned else rest
        value = product_of((*scalars, e.Call("diff", (operand,), None, node.shape)))
        return e.Negative(value) if sign < 0 else value
    shown = [
        part for part in e.postorder(rest) if not isinstance(part, e.Ones | e.Number | e.SizeValue) and selection(part) is None
    ]
    if all(map(_begins_with_place, first.terms)) and len(shown) <= _MOST_REPEATED:
        return product_of((*scalars, sum_of([_times(term, rest) for term in first.terms])))
    return node


_MOST_REPEATED = 8
"""Nodes of what is written once for each of several selections from it."""


def _neighbours(total: e.Sum) -> tuple[int, bool]:
    """The sign of the matrix that takes the differences of neighbours, or of its transpose, which a
    sum is; and whether it is that of the transpose. 0 for another sum."""
    found: dict[Size, int] = {}
    turned, size = False, ZERO
    for term in total.terms:
        sign, place = (-1, term.operand) if isinstance(term, e.Negative) else (1, term)
        turned = isinstance(place, e.Transpose)
        rows = selection(place.operand if isinstance(place, e.Transpose) else place)
        if rows is None or rows.size + ONE != rows.whole:
            return 0, False
        found[rows.before] = sign
        size = rows.whole
    if len(total.terms) != len(found) or found.keys() != {ZERO, ONE} or found[ZERO] == found[ONE] or size is ZERO:
        return 0, False
    return (-found[ONE] if turned else found[ONE]), turned


def _begins_with_place(term: e.Expr) -> bool:
    bare = term.operand if isinstance(term, e.Negative) else term
    shaped = [factor for factor in (bare.factors if isinstance(bare, e.Product) else (bare,)) if not factor.is_scalar]
    place = shaped[0].operand if shaped and isinstance(shaped[0], e.Transpose) else shaped[0] if shaped else bare
    return selection(place) is not None


def _times(term: e.Expr, rest: e.Expr) -> e.Expr:
    if isinstance(term, e.Negative):
        return e.Negative(_times(term.operand, rest))
    behind = rest.factors if isinstance(rest, e.Product) and not rest.is_scalar else (rest,)
    return product_of((*(term.factors if isinstance(term, e.Product) else (term,)), *behind))


def _may_be_put(node: e.Expr) -> bool:
    if isinstance(node, e.UnitVector):
        return _is_small(node.size) or bool(node.position.names)
    return isinstance(node, e.Call) and node.function == "selection"


def _is_small(size: Size) -> bool:
    """Whether an array of numbers is short enough to be written entry by entry."""
    return size.number is not None and size.number <= LONGEST_WRITTEN_AXIS


BLOCKS, PART = "blocks", "part"
"""Names that no text can call."""


def _as_blocks(node: e.Expr) -> e.Expr:
    if isinstance(node, e.Transpose):
        inner = _as_blocks(node.operand)
        return _turned(inner, node) if inner is not node.operand else node
    if not node.shape or len(node.shape) > 2 or not isinstance(node, e.Sum | e.Product):
        return node
    numbers = _numbers(node)
    if numbers is not None:
        return _called(numbers, node)
    if isinstance(node, e.Product) and isinstance(node.factors[0], e.Sum) and _numbers(node.factors[0]) is not None:
        return node
    along = [_stacked(node, turned) for turned in (False, True)]
    turned = along[0] is None
    stacked = along[turned]
    if stacked is None:
        return node
    if len(stacked) == 1:
        return stacked[0][1]
    lines = [_line(block, turned) for _, block in stacked]
    aligned = _aligned(lines, turned) if any(len(line) > 1 for line in lines) else lines
    grid = aligned or [[block] for _, block in stacked]
    return _called([list(column) for column in zip(*grid)] if turned else grid, node)


@record
class _Placed:
    """Something in an array of numbers: what it is multiplied with, and the place as far as it is
    known."""

    node: e.Expr
    scalars: tuple[e.Expr, ...] = ()
    negative: bool = False
    turned: bool = False
    row: int | None = None
    col: int | None = None


def _numbers(node: e.Expr) -> list[list[e.Expr]] | None:
    """The entries of an array of unit vectors times numbers; None for other arrays."""
    if not _is_small(node.rows) or not _is_small(node.cols) or (isinstance(node, e.Product) and node.factors[0].is_scalar):
        return None
    found: dict[tuple[int, int], list[e.Expr]] = {}
    waiting = [_Placed(node)]
    while waiting:
        one = waiting.pop()
        inner = _opened(one)
        if inner is None:
            return None
        waiting += reversed(inner)
        if isinstance(one.node, e.UnitVector):
            at = one.node.position.number or 0
            place = (one.row or 1, at) if one.turned else (at, one.col or 1)
            found.setdefault(place, []).append(_entry(one))
    if not found:
        return None
    rows, cols = [range(1, (size.number or 0) + 1) for size in (node.rows, node.cols)]
    return [[sum_of(found[i, j]) if (i, j) in found else _ZERO for j in cols] for i in rows]


def _entry(one: _Placed) -> e.Expr:
    """What is put at the place of a unit vector, its number in front."""
    numbers = [factor.value for factor in one.scalars if isinstance(factor, e.Number)]
    value = reduce(mul, numbers, Fraction(-1 if one.negative else 1))
    others = [factor for factor in one.scalars if not isinstance(factor, e.Number)]
    if not others:
        return e.Number(value)
    entry = product_of([*([e.Number(abs(value))] if abs(value) != 1 else []), *others])
    return e.Negative(entry) if value < 0 else entry


def _opened(one: _Placed) -> list[_Placed] | None:
    """What something is made of, nothing for a unit vector; None for what is no array of
    numbers."""
    node = one.node
    if isinstance(node, e.UnitVector | e.Zeros):
        return [] if isinstance(node, e.Zeros) or node.position.number is not None else None
    if isinstance(node, e.Negative):
        return [replace(one, node=node.operand, negative=not one.negative)]
    if isinstance(node, e.Transpose) and (node.operand.is_column or node.operand.is_row):
        return [replace(one, node=node.operand, turned=not one.turned)]
    if isinstance(node, e.Sum):
        return [replace(one, node=term) for term in node.terms]
    return _of_product(one, node.factors) if isinstance(node, e.Product) else None


def _of_product(one: _Placed, factors: Sequence[e.Expr]) -> list[_Placed] | None:
    scalars = (*one.scalars, *[factor for factor in factors if factor.is_scalar])
    shaped = [factor for factor in factors if not factor.is_scalar]
    if len(shaped) == 1:
        return [replace(one, node=shaped[0], scalars=scalars)]
    if len(shaped) != 2 or one.turned or not shaped[0].is_column or not shaped[1].is_row:
        return None
    column, row = shaped
    if isinstance(column, e.UnitVector):
        return (
            [replace(one, node=row, scalars=scalars, row=column.position.number)] if column.position.number is not None else None
        )
    unit = row.operand if isinstance(row, e.Transpose) else row
    at = unit.position.number if isinstance(unit, e.UnitVector) else None
    return None if at is None else [replace(one, node=column, scalars=scalars, col=at)]


def _turned(array: e.Expr, node: e.Transpose) -> e.Expr:
    """The transpose of a vector of numbers entry by entry, and of other arrays as it is."""
    if isinstance(array, e.Call) and all(block.is_scalar for block in array.arguments) and array.axis == "1":
        return _called([list(array.arguments)], node)
    return e.Transpose(array)


def _line(block: e.Expr, turned: bool) -> list[e.Expr]:
    """The blocks that a block of an array is: those beside each other, or below where the array is
    ``turned``."""
    negative = isinstance(block, e.Negative)
    inner = block.operand if isinstance(block, e.Negative) else block
    array = _as_blocks(e.Sum((inner,)) if _is_unit(inner) else inner)
    if isinstance(array, e.Transpose):
        array = _transposed_line(array.operand, turned) or array
    if not isinstance(array, e.Call) or array.function != BLOCKS or array.axis != ("1" if turned else str(len(array.arguments))):
        return [e.Negative(array) if negative else array]
    return [_negated(one) if negative else one for one in array.arguments]


def _transposed_line(array: e.Expr, turned: bool) -> e.Call | None:
    """The transpose of blocks below each other as blocks beside each other, or the other way; None
    for other arrays."""
    if not isinstance(array, e.Call) or array.function != BLOCKS or array.axis != (str(len(array.arguments)) if turned else "1"):
        return None
    blocks = [block.operand if isinstance(block, e.Transpose) else e.Transpose(block) for block in array.arguments]
    plain = [one if block.shape else block for one, block in zip(blocks, array.arguments)]
    return e.Call(BLOCKS, tuple(plain), "1" if turned else str(len(plain)), shape_of(array.cols, array.rows))


def _is_unit(node: e.Expr) -> bool:
    unit = node.operand if isinstance(node, e.Transpose) else node
    return isinstance(unit, e.UnitVector) and _is_small(unit.size)


def _negated(block: e.Expr) -> e.Expr:
    return block.operand if isinstance(block, e.Negative) else block if _is_zero(block) else e.Negative(block)


def _aligned(lines: Sequence[Sequence[e.Expr]], turned: bool) -> list[list[e.Expr]] | None:
    """The lines of an array cut at the same places, zeros only; None where they can't be."""
    left = [list(reversed(line)) for line in lines]
    found: list[list[e.Expr]] = [[] for _ in lines]
    while all(left):
        heads = [line.pop() for line in left]
        widths = {_width(head, turned) for head in heads}
        fixed = {_width(head, turned) for head in heads if not isinstance(head, e.Zeros)}
        if len(fixed or widths) > 1:
            return None
        (width,) = fixed or widths
        for line, head, row in zip(found, heads, left):
            rest = _width(head, turned) - width
            line.append(_cut(head, width, turned))
            if rest != ZERO and not surely(rest, 1):
                return None
            if rest != ZERO:
                row.append(_cut(head, rest, turned))
    return None if any(left) else found


def _width(block: e.Expr, turned: bool) -> Size:
    return block.rows if turned else block.cols


def _cut(block: e.Expr, width: Size, turned: bool) -> e.Expr:
    if not isinstance(block, e.Zeros):
        return block
    return _zeros(width, block.cols) if turned else _zeros(block.rows, width)


def _zeros(rows: Size, cols: Size) -> e.Expr:
    return e.Zeros(shape_of(rows, cols)) if rows != ONE or cols != ONE else _ZERO


def _called(lines: list[list[e.Expr]], node: e.Expr) -> e.Expr:
    blocks = [block for line in lines for block in line]
    if all(not all(map(_is_zero, line)) for line in (*lines, *zip(*lines))) and len(lines) > 1 < len(lines[0]):
        blocks = [_ZERO if _is_zero(block) else block for block in blocks]  # the others give their sizes
    elif not all(block.is_scalar for block in blocks):
        blocks = [e.Zeros((ONE,)) if block == _ZERO else block for block in blocks]
    return e.Call(BLOCKS, tuple(blocks), str(len(lines[0])), node.shape)


def _is_zero(block: e.Expr) -> bool:
    return isinstance(block, e.Zeros) or block == _ZERO


def part_positions(part: e.Call) -> tuple[Selection | None, ...]:
    """What a call of ``PART`` selects from each axis; None where that is all of it."""
    return tuple([selection(chosen) for chosen in part.arguments[1:]])


def _with_parts(node: e.Expr) -> e.Expr:
    """Selections beside what they select from as parts of it."""
    alone = selection(node)
    if alone is not None:
        return e.Call(PART, (e.Identity(alone.whole), node, _WHOLE), None, node.shape)
    if not isinstance(node, e.Product):
        return node
    factors: list[e.Expr] = []
    for factor in node.factors:
        before = factors[-1] if factors else None
        joined = None if before is None or not factor.shape or not before.shape else _joined(before, factor)
        if joined is None:
            factors.append(factor)
        else:
            factors[-1] = joined
    return node if len(factors) == len(node.factors) else product_of(factors)


def _joined(before: e.Expr, factor: e.Expr) -> e.Expr | None:
    """Rows of a factor behind what selects them, or columns of one before that."""
    rows = _selected_rows(before)
    if rows is not None and not isinstance(factor, e.Identity):
        if factor.is_column:
            return e.Call(PART, (factor, rows), None, (before.shape[0],))
        return e.Call(PART, (factor, rows, _WHOLE), None, (before.shape[0], factor.cols))
    columns = _selected_rows(factor.operand) if isinstance(factor, e.Transpose) else None
    if columns is None:
        return None
    if isinstance(before, e.Transpose) and before.operand.is_column:
        return e.Transpose(e.Call(PART, (before.operand, columns), None, (factor.cols,)))
    if not before.is_matrix or isinstance(before, e.Transpose | e.Identity):
        return None
    if isinstance(before, e.Call) and before.function == PART and before.arguments[-1] is _WHOLE:
        return e.Call(PART, (*before.arguments[:2], columns), None, (before.rows, factor.cols))
    return e.Call(PART, (before, _WHOLE, columns), None, (before.rows, factor.cols))


def _selected_rows(node: e.Expr) -> e.Expr | None:
    """The rows of an identity matrix that a part of it is."""
    if isinstance(node, e.Call) and node.function == PART and isinstance(node.arguments[0], e.Identity):
        return node.arguments[1] if node.arguments[-1] is _WHOLE else None
    return None


Part = tuple[Size, e.Expr]


def _stacked(node: e.Expr, turned: bool) -> list[Part] | None:
    """The blocks one below the other, or beside each other, with how many rows or columns each
    has."""
    terms = [part for term in (node.terms if isinstance(node, e.Sum) else (node,)) for part in _spread(term)]
    taken = [_taken_off(term, turned) for term in terms]
    groups = grouped([found for found in taken if found is not None])
    if None in taken or len({one.whole for one in groups}) > 1:
        return None
    if all(one.size == ONE for one in groups) and not _is_small(next(iter(groups)).whole):
        return None
    return _filled_up(groups, node, turned)


def _filled_up(groups: dict[Selection, list[e.Expr]], node: e.Expr, turned: bool) -> list[Part] | None:
    """The blocks in order, with zeros where none stands."""
    found: list[Part] = []
    left, at, whole = dict(groups), ZERO, next(iter(groups)).whole
    while left or at != whole:
        one = _first_from(at, left)
        gap = (whole if one is None else one.before) - at
        if (one is None and left) or (gap != ZERO and not gap.can_be_positive):
            return None
        if gap != ZERO:
            found.append((gap, _zeros(node.rows, gap) if turned else _zeros(gap, node.cols)))
            at = at + gap
        if one is not None:
            found.append((one.size, sum_of(left.pop(one))))
            at = at + one.size
    return found


def _first_from(at: Size, groups: Iterable[Selection]) -> Selection | None:
    """The selection that stands first behind a position, whatever the sizes are."""
    gaps = {one: one.before - at for one in groups}
    for one, gap in gaps.items():
        if gap == ZERO or (surely(gap, 1) and all(other is gap or surely(other - gap, 1) for other in gaps.values())):
            return one
    return None


def _spread(term: e.Expr) -> Sequence[e.Expr]:
    """The products of each term of a sum of places with what stands behind it."""
    first = term.factors[0] if isinstance(term, e.Product) else term
    if not isinstance(term, e.Product) or not isinstance(first, e.Sum):
        return (term,)
    return [product_of([*(one.factors if isinstance(one, e.Product) else (one,)), *term.factors[1:]]) for one in first.terms]


def _taken_off(term: e.Expr, turned: bool) -> tuple[Selection, e.Expr] | None:
    """Where a block is put, and the block."""
    if isinstance(term, e.Negative):
        inner = _taken_off(term.operand, turned)
        return None if inner is None else (inner[0], e.Negative(inner[1]))
    factors = term.factors if isinstance(term, e.Product) else (term,)
    if turned:
        last = factors[-1]
        place = _put(last.operand if isinstance(last, e.Transpose) else e.Transpose(last))
        return None if place is None else (place, _rest(factors[:-1], place))
    scalars = [factor for factor in factors if factor.is_scalar]
    shaped = [factor for factor in factors if not factor.is_scalar]
    place = _put(shaped[0]) if shaped else None
    return None if place is None else (place, _rest((*scalars, *shaped[1:]), place))


def _rest(factors: Sequence[e.Expr], place: Selection) -> e.Expr:
    """The block that is put: a multiple of the identity where nothing but numbers is left."""
    if place.size != ONE and all(factor.is_scalar for factor in factors):
        factors = (*factors, e.Identity(place.size))
    return product_of(factors) if factors else _ONE
