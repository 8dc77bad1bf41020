"""Whether the conditions of a function in pieces leave values out: the comparisons of one quantity
with others, as parts of a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Literal, TypeAlias

Comparison: TypeAlias = Sequence[str]
"""What is compared, and the signs between: ``0 <= x < 1``."""
Condition: TypeAlias = Sequence[Comparison]
"""Comparisons that hold together."""
Left: TypeAlias = Literal["nothing", "points", "more"]

_MOST_PLACES = 12
RELATIONS = {
    **dict.fromkeys(("<", "lt"), "<"),
    **dict.fromkeys((">", "gt"), ">"),
    **dict.fromkeys(("≤", "le", "leq", "leqslant"), "≤"),
    **dict.fromkeys(("≥", "ge", "geq", "geqslant"), "≥"),
    **dict.fromkeys(("≠", "ne", "neq"), "≠"),
    "=": "=",
}
_TURNED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}
_BARS = frozenset("|∣")


def left_out(conditions: Sequence[Condition]) -> Left:
    """What no condition holds for; ``more`` where that is not seen.

    >>> left_out([[["x", ">", "0"]], [["x", "<", "-1"]]])
    'more'
    >>> left_out([[["|x|", "≤", "d"]], [["x", ">", "d"]], [["x", "<", "-d"]]])
    'nothing'
    """
    comparisons = [comparison for condition in conditions for comparison in condition]
    quantity = _quantity(comparisons)
    places = list(dict.fromkeys(place for one in comparisons for _, place in _bounds(one, quantity)))
    if quantity and len(places) <= _MOST_PLACES:
        ordered = sorted(places, key=lambda place: sum(_below(other, place, comparisons) for other in places))
        if all(_below(one, other, comparisons) for k, one in enumerate(ordered) for other in ordered[k + 1 :]):
            parts = set(range(2 * len(ordered) + 1))
            held = [_parts_of(condition, quantity, ordered, parts) for condition in conditions]
            rest = parts.difference(*held)
            return "more" if any(part % 2 == 0 for part in rest) else "points" if rest else "nothing"
    return "more"


def _quantity(comparisons: Iterable[Comparison]) -> str:
    """What is in all comparisons, by itself or between bars; empty where there is nothing."""
    shared = [{_bare(written) for written in comparison[::2]} for comparison in comparisons]
    common = set.intersection(*shared) if shared else set()
    return max(sorted(common), key=lambda written: _number(written) is None, default="")


def _bare(written: str) -> str:
    inside = written[1:-1]
    return inside if len(written) > 2 and {written[0], written[-1]} <= _BARS and _BARS.isdisjoint(inside) else written


def _bounds(comparison: Comparison, quantity: str) -> list[tuple[str, str]]:
    """The signs that stand between the quantity and places on the line, and these; a place on
    either side for the quantity between bars."""
    found: list[tuple[str, str]] = []
    for left, sign, right in zip(comparison[::2], comparison[1::2], comparison[2::2]):
        if _bare(left) != quantity:
            left, sign, right = right, _TURNED.get(sign, sign), left
        found.append((sign, right))
        if left != quantity:
            found.append((_TURNED.get(sign, sign), _negative(right)))
    return found


def _parts_of(condition: Condition, quantity: str, places: Sequence[str], parts: set[int]) -> set[int]:
    """The parts of the line where a condition holds: odd numbers are places, even ones lie between
    them."""
    found = set(parts)
    for comparison in condition:
        bounds = _bounds(comparison, quantity)
        either = len(bounds) > 1 and len(comparison) == 3 and bounds[0][0] in (">", "≥", "=")
        held = [{part for part in parts if _holds(part, sign, 2 * places.index(place) + 1)} for sign, place in bounds]
        found &= set[int]().union(*held) if either else parts.intersection(*held)
    return found


def _holds(part: int, sign: str, place: int) -> bool:
    match sign:
        case "=":
            return part == place
        case "≠":
            return part != place
        case _:
            return (part < place if sign in "<≤" else part > place) or (part == place and sign in "≤≥")


def _below(one: str, other: str, comparisons: Sequence[Comparison]) -> bool:
    """Whether a place lies below another: by their numbers, as the negative of what bounds an
    absolute value, or as it is written in a chain."""
    numbers = _number(one), _number(other)
    if numbers[0] is not None and numbers[1] is not None:
        return numbers[0] < numbers[1]
    if one == _negative(other):
        return one.startswith("-")
    ends = [(chain[0], chain[4]) for chain in comparisons if len(chain) == 5]
    signs = [{RELATIONS.get(sign, sign) for sign in chain[1::2]} for chain in comparisons if len(chain) == 5]
    up, down = {"<", "≤"}, {">", "≥"}
    pairs = zip(ends, signs, strict=True)
    return any((pair == (one, other) and said <= up) or (pair == (other, one) and said <= down) for pair, said in pairs)


def _negative(written: str) -> str:
    number = _number(written)
    if number is not None:
        return str(-number)
    return written[1:] if written.startswith("-") else f"-{written}"


def _number(written: str) -> Fraction | None:
    with suppress(ValueError, ZeroDivisionError):
        return Fraction(written)
    return None
