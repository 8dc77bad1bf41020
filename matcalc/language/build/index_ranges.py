"""Sums over parts of axes: indices with limits and what stands at them, positions beside an index,
and indices in relation to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from matcalc.base.errors import ParseError, ShapeError, Span
from matcalc.base.lazy import later
from matcalc.base.records import grouped, replace
from matcalc.base.shapes import Shape
from matcalc.base.sizes import ONE, ZERO, Size, size_in
from matcalc.language.build import terms as t
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.trees import distance_in, names_in, walk
from matcalc.language.typing.dimensions import Dimension, SizeSystem, Unknown, resolved, unify
from matcalc.language.typing.kinds import MATRIX, ROW, SCALAR, Cell

if TYPE_CHECKING:
    from matcalc.language.build.operators import Operators
    from matcalc.language.typing import kind_relations
else:
    kind_relations = later("matcalc.language.typing.kind_relations")


def index_over(builder: Operators, name: str, limit: str, sign: s.Syntax, size: Callable[[str], Dimension]) -> t.BoundIndex:
    """The index of a sum with limits. Raises ParseError for limits that leave no position, and for
    positions counted from 0 beside others."""
    first, _, last = limit.rpartition(":")
    moved = any(_moves(node, name) for node in walk(sign))
    if first == "0" and moved:
        raise ParseError("positions are counted from 1", span=sign.span, suggestion=f"Σ_{{{name}=1}}^{{n-1}}")
    ends = size_in(first.lstrip("0") or "1"), size_in(last or "1")
    count = ends[1] - ends[0] + ONE
    if not last:
        raise ParseError("the sum needs an upper limit", span=sign.span, suggestion=f"Σ_{{{name}={first}}}^n")
    if not count.can_be_positive:
        raise ParseError("the sum has no positions", span=sign.span, suggestion=f"Σ_{{{name}=1}}^n")
    if first in ("", "0") and not moved:
        return t.BoundIndex(name, size(last))
    return t.BoundIndex(name, Unknown() if builder.scope.limits.keys() & count.names else count, ends)


def _moves(node: s.Syntax, name: str) -> bool:
    """Whether something stands at a position beside that of an index."""
    beside = [part for part in node.positions if not isinstance(part, s.Name)] if isinstance(node, s.Entries) else []
    return bool(beside) and name in names_in(*beside)


def is_apart(position: t.BoundIndex) -> bool:
    """Whether an index does not run over the whole of an axis, or stands for a position beside
    it."""
    return position.ends is not None or isinstance(position, t.Moved)


def beside(builder: Operators, operand: t.Term, positions: tuple[t.Position, ...], span: Span) -> t.Term:
    """``x[i+1]`` with i from 1 to n-1: entry i of ``x[2:n]``."""
    place, part = builder.place(span), operand
    builder.note_indices([position.index or position for position in positions if isinstance(position, t.Moved)])
    builder.note_indices([position for position in positions if isinstance(position, t.BoundIndex)])
    positions = tuple([_fixed(position, span) for position in positions])
    if not any(isinstance(position, t.BoundIndex) for position in positions):
        return builder.entry(operand, positions, span)
    plain = tuple([position.index or position if isinstance(position, t.Moved) else position for position in positions])
    for axis, position in enumerate(positions):
        if not isinstance(position, t.BoundIndex) or not is_apart(position):
            continue
        ends = _ends(position, span)
        if axis > 1:
            raise ParseError(
                "a part of a tensor is not read",
                span=span,
                suggestion="a symbol of its own for the part",
            )
        rows = rows_between(builder, ends, Unknown(), span, builder.scope.limits)
        if isinstance(position, t.Moved) and position.turned:
            rows = builder.product([_turned_round(builder, span), rows], span)
        part = builder.product([part, builder.transpose(rows, span)] if axis else [rows, part], span)
        builder.reached.append(t.Reached(operand.cell, axis, ends[1], place))
    cell = builder.member_cell(operand, plain, span)
    sizes = tuple([position.size if isinstance(position, t.BoundIndex) else None for position in plain])
    builder.relate(
        kind_relations.MemberOf(
            place,
            operand.cell,
            cell,
            tuple([None if size is None else Unknown() for size in sizes]),
        )
    )
    builder.relate(kind_relations.MemberOf(place, part.cell, cell, sizes))
    return t.EntryTerm(cell, place, (part,), plain)


def _turned_round(builder: Operators, span: Span) -> t.Term:
    """The matrix that turns the order of what is behind it round."""
    size = Unknown()
    last, zeros = builder.unit(size, span, size), builder.filled(Fraction(0), [size], span)
    ones = builder.filled(Fraction(1), [size, size], span)
    return t.CallTerm(ones.cell, builder.place(span), (last, zeros), "hankel", None)


def _fixed(position: t.Position, span: Span) -> t.Position:
    """The number of a position where an index has one value only."""
    if not isinstance(position, t.BoundIndex) or position.ends is None or position.size is not ONE:
        return position
    return _ends(position, span)[0].number or position


def declared_shape(builder: Operators, operand: t.Term) -> Shape:
    """The sizes of a symbol that are declared; none of anything else."""
    declaration = builder.scope.variables[operand.name].declaration if isinstance(operand, t.SymbolTerm) else None
    return () if declaration is None else declaration.shape or ()


def cut(builder: Operators, operand: t.Term, position: t.BoundIndex) -> t.BoundIndex:
    """An index with a number as its limit that is not the size of a declared vector: over the part
    up to that."""
    shape, size = declared_shape(builder, operand), position.size
    if is_apart(position) or len(shape) != 1 or not isinstance(size, Size) or size.names or size == shape[0]:
        return position
    return t.Moved(position.name, size, (ONE, size), position) if (shape[0] - size).can_be_positive else position


def _ends(position: t.BoundIndex, span: Span) -> tuple[Size, Size]:
    """The first and the last position. Raises ParseError where it is not said over which an index
    runs, and ShapeError for one before the first."""
    if position.ends is None:
        raise ParseError(
            f"over which positions {position.name} runs is not said",
            span=span,
            suggestion=f"sum({position.name}=1:n-1, ...) or \\sum_{{{position.name}=1}}^{{n-1}}",
        )
    first, last = position.ends
    if isinstance(position, t.Moved):
        first, last = (ZERO - last, ZERO - first) if position.turned else (first, last)
        first, last = first + position.shift, last + position.shift
    if first.number is not None and first.number < 1:
        turned = isinstance(position, t.Moved) and position.turned
        advice = f"a sum to {position.ends[1] - ONE + first}" if turned else f"a sum from {2 - first.number}"
        raise ShapeError(f"position {first}, where entries are counted from 1", span=span, suggestion=advice)
    return first, last


class Distances:
    """Relations between two indices of sums, as arrays of 0 and 1 at these: by how far the one on
    the right is behind the other."""

    def __init__(self, builder: Operators, left: t.BoundIndex, right: t.BoundIndex, span: Span) -> None:
        self._builder, self._left, self._right, self._span = builder, left, right, span
        first, other = [index.ends[0] if index.ends is not None else ONE for index in (left, right)]
        self._gap = first - other
        builder.note_indices((left, right))

    def related(self, relation: str) -> t.Term:
        """One where the indices are in relation, else zero."""
        sign = relation.lstrip("|")[0]
        size = size_in(distance_in(relation)) if len(relation) > 1 else ZERO
        if relation[0] != "|":
            return self._beside(sign, size)
        if sign == "=":
            there = self._kept("band", size)
            return there if size == ZERO else self._total(there, self._kept("band", ZERO - size))
        if sign == "≠":
            return self._not(self.related(f"|={size}"))
        most = size - ONE if sign in "<≥" else size
        near = self._near(most)
        return near if sign in "<≤" else self._not(near)

    def _near(self, most: Size) -> t.Term:
        if most == ZERO:
            return self._kept("band", ZERO)
        return self._builder.product([self._kept("triu_from", ZERO - most), self._kept("tril_from", most)], self._span)

    def _beside(self, sign: str, shift: Size) -> t.Term:
        """Where the left index is in relation to the right one and what is added to that."""
        if sign in "=≠":
            there = self._kept("band", ZERO - shift)
            return there if sign == "=" else self._not(there)
        strict = ONE if sign in "<>" else ZERO
        if sign in "<≤":
            return self._kept("triu_from", strict - shift)
        return self._kept("tril_from", ZERO - shift - strict)

    def _not(self, there: t.Term) -> t.Term:
        place = self._builder.place(self._span)
        one = t.NumberTerm(Cell(SCALAR, place, literal=True), place, Fraction(1))
        return self._builder.total([one, there], (False, True), self._span)

    def _total(self, *terms: t.Term) -> t.Term:
        return self._builder.total([*terms], (False,) * len(terms), self._span)

    def _kept(self, function: str, distance: Size) -> t.Term:
        """The entry of an array of ones of which the function leaves what is at some distances from
        the diagonal."""
        builder, span = self._builder, self._span
        ones = builder.filled(Fraction(1), [self._left.size, self._right.size], span)
        shift = _number(builder, distance + self._gap, span)
        kept = t.CallTerm(ones.cell, builder.place(span), (ones, shift), function, None)
        return builder.entry(
            kept,
            tuple([t.BoundIndex(index.name, index.size) for index in (self._left, self._right)]),
            span,
        )


def _number(builder: Operators, size: Size, span: Span) -> t.Term:
    """A size, or the difference of two, as a number, in which limits of sums stand by their
    names."""
    place, cell = builder.place(span), Cell(SCALAR, span, literal=True)
    if not size.names:
        return t.NumberTerm(cell, place, Fraction(size.number or 0))
    less = Size(tuple([(named, -count) for named, count in size.terms if count < 0]))
    if less is not ZERO:
        parts = [_number(builder, one, span) for one in (size + less, less) if one is not ZERO]
        return builder.total(parts, (False, True)[2 - len(parts) :], span)
    value = Unknown()
    builder.relate(Counted(place, cell, size, value, builder.scope.limits))
    return t.SizeTerm(cell, place, value)


class Counted(kind_relations.InRelation):
    """A number that is a size with limits of sums in it."""

    __slots__ = ("names", "size", "value")

    def __init__(self, span: Span, cell: Cell, size: Size, value: Dimension, names: Mapping[str, Dimension]) -> None:
        super().__init__(span, frozenset({(SCALAR,)}), "a limit", cell)
        self.size, self.value, self.names = size, value, names

    def join(self, sizes: SizeSystem) -> bool:
        unify(self.value, sizes.polynomial(self.size, self.names))
        return True


def from_outer(builder: Operators, node: s.Summation) -> s.Summation:
    """A sum from or to the index of one around it, ``Σ_{j=i+1}^n`` and ``Σ_{j=1}^i``, as one over
    the positions in relation to that.

    Raises ParseError for a limit that is no size, nor such an index.
    """
    limits, relations = [], [*node.relations]
    for name, limit in node.limits:
        first, _, last = limit.rpartition(":")
        lower, upper = _outer(builder, node, first), _outer(builder, node, last)
        if lower:
            shift = size_in(first) - Size.of(lower)
            plain = {ZERO: "≤", ONE: "<"}.get(shift)
            relations.append((name, f"≥{_signed(shift)}", lower) if plain is None else (lower, plain, name))
        if upper:
            shift = size_in(last) - Size.of(upper)
            plain = {ZERO: "≤", ZERO - ONE: "<"}.get(shift)
            relations.append((name, plain or f"≤{_signed(shift)}", upper))
            if not lower and first not in ("", "1"):
                raise ParseError(
                    "the lower limit of the sum is not read",
                    span=node.span,
                    suggestion=f"Σ_{{{name}=1}}^{last}",
                )
        elif last or not lower:
            limits.append((name, last if lower else limit))
    return replace(node, limits=tuple(limits), relations=tuple(relations))


def _outer(builder: Operators, node: s.Summation, limit: str) -> str:
    """The index of a sum around it that a limit is beside; empty for a size. Raises ParseError for
    what is neither."""
    names = size_in(limit or "1").names
    for name in names:
        if name in builder.scope.size_names:
            continue
        if builder.scope.bound_index(name) is not None:
            if name in (size_in(limit) - Size.of(name)).names:
                raise ParseError(
                    f"the limit {limit} of the sum is not read",
                    span=node.span,
                    suggestion=f"{name}, {name}+1",
                )
            return name
        if name not in builder.scope.limits:
            advice = f"a sum over {name} around it, or no declaration of {name} where it is a size"
            raise ParseError(f"the index {name} is not bound", span=node.span, suggestion=advice)
    return ""


def _signed(size: Size) -> str:
    return str(size) if str(size).startswith("-") else f"+{size}"


def settle(reached: Sequence[t.Reached], limits: Mapping[str, Dimension], sizes: SizeSystem) -> None:
    """Axes of which nothing else is known end where sums do. Raises ShapeError where these go
    beyond."""
    for (cell, axis), found in grouped([((one.cell, one.axis), one) for one in reached]).items():
        size = cell.cols if axis or cell.mask == ROW else cell.rows
        lasts = [one.last for one in found]
        for last in lasts:
            end = sizes.polynomial(last, limits)
            furthest = all(all(count > 0 for _, count in (last - other).terms) for other in lasts)
            if furthest and any(isinstance(resolved(one), Unknown) for one in (size, end)):
                unify(size, end)
                sizes.solve()
        for one in found:
            check_within(sizes.polynomial(one.last, limits), size, one.span)


def check_within(last: Dimension, size: Dimension, span: Span) -> None:
    """Raises ShapeError for a position that is outside of an axis, as far as both are known."""
    end, whole = resolved(last), resolved(size)
    over = end - whole if isinstance(end, Size) and isinstance(whole, Size) else ZERO
    if not (ONE - over).can_be_positive:
        raise ShapeError(f"position {end} is outside an axis of size {whole}", span=span)


def rows_between(
    builder: Operators,
    ends: tuple[Size, Size],
    size: Dimension,
    span: Span,
    names: Mapping[str, Dimension],
) -> t.Term:
    """The rows of an identity matrix of this size from one position to another."""
    ones = builder.filled(Fraction(1), [Unknown(), size], span)
    before, place = Unknown(), builder.place(span)
    builder.relate(Selected(place, ones.cell, ends, before, names))
    shift: t.Term = t.SizeTerm(builder.cell(SCALAR, span), place, before)
    if ends[0] == ONE:
        shift = t.NumberTerm(Cell(SCALAR, span, literal=True), place, Fraction(0))
    return t.CallTerm(ones.cell, place, (ones, shift), "selection", None)


class Selected(kind_relations.InRelation):
    """Rows of an identity matrix at a range of positions: how many there are, and how many stand
    before them."""

    __slots__ = ("before", "limits", "names")

    def __init__(
        self,
        span: Span,
        rows: Cell,
        limits: tuple[Size, Size],
        before: Dimension,
        names: Mapping[str, Dimension],
    ) -> None:
        super().__init__(span, frozenset({(MATRIX,)}), "a part of an array", rows)
        self.limits, self.before, self.names = limits, before, names

    def join(self, sizes: SizeSystem) -> bool:
        """Joins the sizes. Raises ShapeError for positions outside of the array."""
        (cell,), (first, last) = self.cells, self.limits
        names = {**self.names, "end": cell.cols}
        unify(cell.rows, sizes.polynomial(last - first + ONE, names))
        unify(self.before, sizes.polynomial(first - ONE, names))
        whole = resolved(cell.cols)
        if isinstance(whole, Size) and self.names.keys().isdisjoint(last.names):
            check_within(last.replaced({"end": whole}), whole, self.span)
        return True
