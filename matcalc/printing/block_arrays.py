"""How parts of arrays and arrays of blocks are written: a product with rows of an identity matrix as
``X[1:k, :]``, a sum of blocks with zeros around them as ``[A, B; C, D]``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from matcalc.base.records import record
from matcalc.base.sizes import ONE, ZERO, Size
from matcalc.base.traversal import bottom_up, postordered, with_operands
from matcalc.expr import nodes as e

_ONE = e.Number(Fraction(1))


@record
class Selection:
    """Rows of the identity matrix of size ``whole``: ``size`` rows behind ``before`` others."""

    size: Size
    whole: Size
    before: Size

    @property
    def positions(self) -> str:
        """The positions as a range."""
        return f"{self.before + ONE}:{self.before + self.size}"


def selection(node: e.Expr) -> Selection | None:
    """The rows that ones on one diagonal select."""
    if not isinstance(node, e.Call) or node.function != "band":
        return None
    ones, start = node.arguments
    before = _size(start)
    if not isinstance(ones, e.Ones) or len(ones.sizes) == 1 or before is None or _negative(before):
        return None
    size, whole = ones.sizes
    return Selection(size, whole, before)


def _size(number: e.Expr) -> Size | None:
    if isinstance(number, e.SizeValue):
        return number.size
    if not isinstance(number, e.Number) or number.value.denominator != 1 or number.value < 0:
        return None
    return Size.of(int(number.value)) if number.value else ZERO


def _negative(size: Size) -> bool:
    return size is not ZERO and not size.can_be_positive


def _put(factors: Sequence[e.Expr]) -> Selection | None:
    """Where columns of an identity matrix put the rows of what stands behind them: the column that
    is a unit vector, that behind a size without a number as the first one moved down."""
    first, *others = factors
    if isinstance(first, e.UnitVector) and not others:
        return Selection(ONE, first.size, Size.of(first.position) - ONE)
    if not others:
        inner = first.factors if isinstance(first, e.Product) else ()
        return _put(inner) if len(inner) > 1 else selection(first.operand) if isinstance(first, e.Transpose) else None
    turned = isinstance(first, e.Transpose)
    moved, unit = first.operand if isinstance(first, e.Transpose) else first, others[0]
    if not isinstance(moved, e.Call) or moved.function != "band" or not isinstance(unit, e.UnitVector) or unit.position != 1:
        return None
    down = moved.arguments[1]
    before = _size(down) if turned else _size(down.operand) if isinstance(down, e.Negative) else None
    return None if before is None or others[1:] else Selection(ONE, unit.size, before)


def displayed(root: e.Expr, parts: bool) -> e.Expr:
    """The expression with arrays of blocks as calls of ``BLOCKS``, whose ``axis`` is the number of
    columns, and with ``parts`` those of arrays as calls of ``PART``, whose ``axis`` says which.

    These calls are for printing alone.
    """
    if not any(isinstance(node, e.Call) and node.function == "band" for node in e.postorder(root)):
        return root
    opened: dict[e.Expr, e.Expr] = {}

    def below(node: e.Expr) -> tuple[e.Expr, ...]:
        # A sum is tried before its terms, each of which is an array with zeros around one block.
        opened[node] = _as_blocks(node)
        return e.children(opened[node])

    def step(node: e.Expr, built: Mapping[e.Expr, e.Expr]) -> e.Expr:
        found = with_operands(opened[node], built)
        return _with_parts(found) if parts else found

    return bottom_up(postordered((root,), below), step)[root]


BLOCKS, PART = "blocks", "part"
"""Names that no text can call."""


def _as_blocks(node: e.Expr) -> e.Expr:
    if not node.shape or len(node.shape) > 2 or not isinstance(node, e.Sum | e.Product):
        return node
    rows = _stacked(node, turned=False)
    if rows is None:
        beside = _stacked(node, turned=True)
        return node if beside is None else _called([[block for _, block in beside]], node)
    lines = [_line(_as_blocks(block)) for _, block in rows]
    widths = [[block.cols for block in line] for line in lines if len(line) > 1]
    if widths and all(other == widths[0] for other in widths):
        filled = [_zeros_in(line, widths[0]) for line in lines]
        if all(line is not None for line in filled):
            return _called([line for line in filled if line is not None], node)
    return _called([[block] for _, block in rows], node)


def _line(block: e.Expr) -> list[e.Expr]:
    """The blocks beside each other that a block is."""
    if isinstance(block, e.Call) and block.function == BLOCKS and block.axis == str(len(block.arguments)):
        return list(block.arguments)
    return [block]


def _zeros_in(line: list[e.Expr], widths: list[Size]) -> list[e.Expr] | None:
    if len(line) > 1:
        return line
    return [e.Zeros((line[0].rows, width)) for width in widths] if isinstance(line[0], e.Zeros) else None


def _called(lines: list[list[e.Expr]], node: e.Expr) -> e.Expr:
    return e.Call(BLOCKS, tuple([block for line in lines for block in line]), str(len(lines[0])), node.shape)


def _with_parts(node: e.Expr) -> e.Expr:
    """Selections beside what they select from as parts of it."""
    alone = selection(node)
    if alone is not None:
        return e.Call(PART, (e.Identity(alone.whole),), f"{alone.positions},:", node.shape)
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
        axis = rows if factor.is_column else f"{rows},:"
        return e.Call(PART, (factor,), axis, (before.shape[0],) if factor.is_column else (before.shape[0], factor.cols))
    columns = _selected_rows(factor.operand) if isinstance(factor, e.Transpose) else None
    if columns is None or not before.is_matrix or isinstance(before, e.Transpose | e.Identity):
        return None
    if isinstance(before, e.Call) and before.function == PART and str(before.axis).endswith(",:"):
        return e.Call(PART, before.arguments, f"{str(before.axis)[:-1]}{columns}", (before.rows, factor.cols))
    return e.Call(PART, (before,), f":,{columns}", (before.rows, factor.cols))


def _selected_rows(node: e.Expr) -> str | None:
    if isinstance(node, e.Call) and node.function == PART and isinstance(node.arguments[0], e.Identity) and node.axis is not None:
        return node.axis.partition(",")[0]
    return None


def product_of(factors: Sequence[e.Expr]) -> e.Expr:
    return factors[0] if len(factors) == 1 else e.Product(tuple(factors))


Part = tuple[Size, e.Expr]


def _stacked(node: e.Expr, turned: bool) -> list[Part] | None:
    """The blocks one below the other, or beside each other, with how many rows or columns each
    has."""
    terms = node.terms if isinstance(node, e.Sum) else (node,)
    groups: dict[Selection, list[e.Expr]] = {}
    for term in terms:
        found = _taken_off(term, turned)
        if found is None:
            return None
        groups.setdefault(found[0], []).append(found[1])
    if len({one.whole for one in groups}) > 1 or (len(groups) == 1 and next(iter(groups)).size == ONE):
        return None
    return _filled_up(groups, node, turned)


def _filled_up(groups: dict[Selection, list[e.Expr]], node: e.Expr, turned: bool) -> list[Part] | None:
    """The blocks in order, with zeros where none stands."""
    ordered = sorted(groups, key=lambda one: (len(one.before.terms) > 0, one.before.degree, str(one.before)))
    found: list[Part] = []
    at = ZERO
    for one in [*ordered, None]:
        start = next(iter(groups)).whole if one is None else one.before
        gap = start - at
        if gap is not ZERO:
            if not gap.can_be_positive or (one is not None and not _surely_positive(gap)):
                return None
            across = node.shape[0] if turned or len(node.shape) == 1 else node.shape[1]
            shape = (gap,) if len(node.shape) == 1 else (across, gap) if turned else (gap, across)
            found.append((gap, e.Zeros(shape)))
        if one is not None:
            blocks = groups[one]
            found.append((one.size, blocks[0] if len(blocks) == 1 else e.Sum(tuple(blocks))))
            at = one.before + one.size
    return found


def _surely_positive(size: Size) -> bool:
    """Whether it is 1 or more whatever the sizes in it are."""
    return all(count > 0 for names, count in size.terms if names) and sum(count for _, count in size.terms) > 0


def _taken_off(term: e.Expr, turned: bool) -> tuple[Selection, e.Expr] | None:
    """Where a block is put, and the block."""
    if isinstance(term, e.Negative):
        inner = _taken_off(term.operand, turned)
        return None if inner is None else (inner[0], e.Negative(inner[1]))
    factors = term.factors if isinstance(term, e.Product) else (term,)
    if turned:
        for count in (1, 2):
            place = _put(_transposed(factors[-count:])) if len(factors) >= count else None
            if place is not None:
                return place, _rest(factors[:-count])
        return None
    scalars = [factor for factor in factors if factor.is_scalar]
    shaped = [factor for factor in factors if not factor.is_scalar]
    if [*scalars, *shaped] != list(factors):
        return None
    for count in (1, 2):
        place = _put(shaped[:count]) if len(shaped) >= count else None
        if place is not None:
            return place, _rest((*scalars, *shaped[count:]))
    return None


def _transposed(factors: Sequence[e.Expr]) -> list[e.Expr]:
    """The factors of the transpose of a product."""
    turned: list[e.Expr] = []
    for factor in reversed(factors):
        if isinstance(factor, e.Transpose):
            inner = factor.operand
            turned += inner.factors if isinstance(inner, e.Product) else (inner,)
        else:
            turned.append(e.Transpose(factor))
    return turned


def _rest(factors: Sequence[e.Expr]) -> e.Expr:
    return product_of(factors) if factors else _ONE
