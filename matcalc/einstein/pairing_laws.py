"""Pairs of indices counted as one, and positions selected from an axis: what contractions with a
``Pairing``, or with rows of an identity matrix, come to."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from typing import TypeAlias

from matcalc.base.records import record
from matcalc.base.shapes import Selection
from matcalc.base.sizes import ONE, ZERO, Size
from matcalc.einstein.nodes import Apply, Contraction, Factor, Pairing, SizeValue, Sum, Tensor, Unit


def rearranged(tensor: Tensor) -> int | None:
    """The place of the operand whose entries, each once, are those of a contraction that only
    splits and joins axes; None for another one.

    Functions of single entries may be taken of that operand instead.
    """
    if not isinstance(tensor, Contraction) or len(set(tensor.output)) != len(tensor.output):
        return None
    others = [k for k, operand in enumerate(tensor.operands) if not isinstance(operand, Pairing)]
    if len(others) != 1 or len(others) == len(tensor.operands):
        return None
    seen = list(tensor.indices[others[0]])
    if len(set(seen)) != len(seen):
        return None
    left = [index for k, index in enumerate(tensor.indices) if k != others[0]]
    while left:
        for index in left:
            slow, fast, whole = index
            if slow != fast and seen.count(whole) == 1 and not {slow, fast} & {*seen, whole}:
                seen.remove(whole)
                seen += [slow, fast]
                break
            if slow in seen and fast in seen and slow != fast and whole not in seen:
                seen.remove(slow)
                seen.remove(fast)
                seen.append(whole)
                break
        else:
            return None
        left.remove(index)
    return others[0] if sorted(seen) == sorted(tensor.output) else None


def redundant_pairing(factors: Sequence[Factor], output: Sequence[int]) -> tuple[int, tuple[tuple[int, int], ...]] | None:
    """The place of a pairing that others make needless, and the labels that are to be joined when
    it goes; None when there is none.

    Two pairings of the same sizes that count to one index pair the same indices, and two of the
    same indices count to one index; the sum of all entries along the paired axes is one.
    """
    places = [k for k, (operand, _) in enumerate(factors) if isinstance(operand, Pairing)]
    for position, k in enumerate(places):
        pairing, (slow, fast, whole) = factors[k]
        for other in places[:position]:
            if factors[other][0] is not pairing:
                continue
            left, right, joint = factors[other][1]
            if joint == whole:
                return k, ((slow, left), (fast, right))
            if (left, right) == (slow, fast):
                return k, ((whole, joint),)
        used = {label for place, (_, index) in enumerate(factors) if place != k for label in index} | set(output)
        if slow != fast and not used & {slow, fast}:
            return k, ()
    return None


# ------------------------------------------------------------
# Positions selected: rows of an identity matrix, one of them among these.


@record
class Law:
    """What two factors on common labels come to: the places of factors that go, pairs of labels
    that become one, the factors that come instead, and a label the sum over which is done; or that
    all is 0."""

    gone: tuple[int, ...] = ()
    joined: tuple[tuple[int, int], ...] = ()
    put: tuple[tuple[Selection, tuple[int, ...]], ...] = ()
    summed: int | None = None
    vanishes: bool = False


_Placed: TypeAlias = tuple[int, Selection, tuple[int, ...]]
"""The place of a factor, what it selects, and the labels of its rows, if it has some, and of the
axis that it selects from."""


def selection_of(tensor: Tensor) -> Selection | None:
    """What a tensor selects: the rows of an identity matrix that it is."""
    if isinstance(tensor, Unit):
        return Selection(ONE, tensor.size, tensor.position - ONE)
    if not isinstance(tensor, Apply) or tensor.function != "selection" or tensor.order != 2:
        return None
    before = _size_of(tensor.arguments[1])
    size, whole = tensor.sizes
    return None if before is None else Selection(size, whole, before)


def _size_of(number: Tensor) -> Size | None:
    """The size, or 0, that a scalar is."""
    total = ZERO
    for coefficient, term in number.terms if isinstance(number, Sum) else ((Fraction(1), number),):
        size = Size.of(int(coefficient)) if coefficient else ZERO
        for factor in term.operands if isinstance(term, Contraction) else (term,):
            size = size * factor.size if isinstance(factor, SizeValue) else ZERO
        if coefficient.denominator != 1 or size is ZERO:
            return None
        total = total + size
    return total


def selected_together(factors: Sequence[Factor], output: Sequence[int]) -> Law | None:
    """The first law that two selections among the factors fulfil."""
    placed: list[_Placed] = []
    for place, (operand, index) in enumerate(factors):
        found = selection_of(operand)
        if found is not None and len(set(index)) == len(index):
            placed.append((place, found, index))
    for one, other in combinations(placed, 2):
        law = _from_one_axis(one, other)
        law = law or _of_a_selection(one, other, factors, output) or _of_a_selection(other, one, factors, output)
        if law is not None:
            return law
    return None


def _from_one_axis(one: _Placed, other: _Placed) -> Law | None:
    """Of two selections from one axis: what is apart is 0 together, the same is the same, and what
    lies within the other is selected from that."""
    if one[2][-1] != other[2][-1]:
        return None
    if one[1].is_apart(other[1]):
        return Law(vanishes=True)
    if one[1] == other[1]:
        keeps, goes = (one, other) if len(one[2]) >= len(other[2]) else (other, one)
        return Law((goes[0],), ((keeps[2][0], goes[2][0]),) if len(goes[2]) > 1 else ())
    for inner, outer in ((one, other), (other, one)):
        within = inner[1].within(outer[1]) if len(outer[2]) > 1 else None
        if within is not None:
            return Law((outer[0],), (), ((within, (*inner[2][:-1], outer[2][0])),))
    return None


def _of_a_selection(one: _Placed, other: _Placed, factors: Sequence[Factor], output: Sequence[int]) -> Law | None:
    """A selection from what another one selects is one from the axis of that."""
    label = one[2][-1]
    if len(other[2]) < 2 or other[2][0] != label:
        return None
    if label in output or sum([index.count(label) for _, index in factors]) != 2:
        return None
    whole = Selection(one[1].size, other[1].whole, one[1].before + other[1].before)
    return Law((one[0], other[0]), (), ((whole, (*one[2][:-1], other[2][1])),), label)
