"""Points on both sides of every kink, and near it, found by moving from one point to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from random import Random

from matcalc.budgets import SpentError
from matcalc.errors import MatcalcError
from matcalc.evaluation.precise import Array, Decimals, plan
from matcalc.evaluation.precise.points import ExactPoint, numbers
from matcalc.verification.claims import Claim
from matcalc.verification.witness.features import Features

_DIGITS = 40
_HALVINGS = 60
_CLIMBS = 120
_SMALLEST_SHARE = Fraction(1, 10**7)
_MOST_KINKS = 8
_NEAR = (Fraction(1, 10**3), Fraction(1, 10**7), Fraction(1, 10**12))


@dataclass(frozen=True)
class _Seen:
    point: ExactPoint
    arguments: tuple[Decimal, ...]


def kink_points(claim: Claim, known: Features, points: list[ExactPoint]) -> Iterator[ExactPoint]:
    """Points near the kinks between two of the given points, which have the same sizes, and beyond kinks that none of them crosses."""
    seen = [one for one in [_seen(claim, point) for point in points] if one is not None]
    if not seen:
        return
    count = len(seen[0].arguments)
    seen = [one for one in seen if len(one.arguments) == count]
    movable = _movable(known)
    if not movable:
        return
    free = tuple([symbol.name for symbol in known.symbols if not symbol.properties])
    for kink in range(min(count, _MOST_KINKS)):
        above = [one for one in seen if one.arguments[kink] > 0]
        below = [one for one in seen if one.arguments[kink] < 0]
        if not above or not below:
            found = _climbed(claim, free, above or below, kink, down=not below)
            if found is None:
                continue
            yield found.point
            (below if not below else above).append(found)
        yield from _near(claim, movable, above[0], below[0], kink)


def _seen(claim: Claim, point: ExactPoint) -> _Seen | None:
    """The arguments of all functions with kinks at a point, of both sides."""
    ar = Decimals(_DIGITS)
    try:
        with ar.computing():
            values = numbers(point, ar)
            for expression in claim.expressions:
                plan(expression).value(ar, values, point.sizes)
    except SpentError:
        raise
    except MatcalcError:
        return None
    return _Seen(point, tuple(ar.arguments))


def _movable(known: Features) -> frozenset[str]:
    """Symbols of which every value between two values is one, too."""
    convex = {"symmetric", "antisymmetric", "diagonal", "lower_triangular", "upper_triangular", "positive", "nonnegative", "constant"}
    convex |= {"positive_definite", "positive_semidefinite", "simplex"}
    return frozenset(symbol.name for symbol in known.symbols if symbol.properties <= convex)


def _between(movable: frozenset[str], one: ExactPoint, other: ExactPoint, part: Fraction) -> ExactPoint:
    """The point that far on the way from one to the other; what cannot move stays."""
    members: dict[str, Array] = dict(one.members)
    for name in movable:
        there = other.members[name].data
        members[name] = Array(members[name].dims, [a + part * (b - a) for a, b in zip(members[name].data, there, strict=True)])
    return replace(one, members=members)


def _near(claim: Claim, movable: frozenset[str], above: _Seen, below: _Seen, kink: int) -> Iterator[ExactPoint]:
    """Points at several distances on both sides of the kink on the way between two points."""
    start = _Seen(_between(movable, below.point, above.point, Fraction(1)), above.arguments)
    checked = _seen(claim, start.point)  # facts may have kept a symbol where it was
    if checked is None or len(checked.arguments) <= kink or checked.arguments[kink] <= 0:
        return
    low, high = Fraction(0), Fraction(1)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        here = _seen(claim, _between(movable, below.point, above.point, middle))
        if here is None or len(here.arguments) <= kink:
            return
        if here.arguments[kink] > 0:
            high = middle
        else:
            low = middle
    for distance in _NEAR:
        for part in (high + distance, low - distance):
            if 0 <= part <= 1:
                yield _between(movable, below.point, above.point, part)


def _climbed(claim: Claim, free: tuple[str, ...], starts: list[_Seen], kink: int, down: bool) -> _Seen | None:
    """A point where the argument of the kink has the other sign, found by small random moves that bring it nearer to zero."""
    if not starts:
        return None
    best = min(starts, key=lambda one: one.arguments[kink].copy_abs())
    rng, share = Random(f"climb {kink}"), Fraction(1)
    for _ in range(_CLIMBS):
        moved = _seen(claim, _shaken(free, best.point, rng, share))
        if moved is None or len(moved.arguments) <= kink:
            continue
        value = moved.arguments[kink]
        if (value < 0) if down else (value > 0):
            return moved
        if value.copy_abs() < best.arguments[kink].copy_abs():
            best, share = moved, min(share * 2, Fraction(4))
        else:
            share = max(share * Fraction(4, 5), _SMALLEST_SHARE).limit_denominator(10**9)
    return None


def _shaken(free: tuple[str, ...], point: ExactPoint, rng: Random, share: Fraction) -> ExactPoint:
    """Every free symbol scaled and moved a little."""
    members: dict[str, Array] = dict(point.members)
    for name in free:
        data = members[name].data
        members[name] = Array(members[name].dims, [_stirred(entry, rng, share) for entry in data])
    return replace(point, members=members)


def _stirred(entry: Fraction, rng: Random, share: Fraction) -> Fraction:
    """Scaled and moved, to a short number."""
    moved = entry * (1 + share * Fraction(rng.randint(-10, 10), 10)) + share * Fraction(rng.randint(-10, 10), 10)
    return Fraction(round(moved * 10**12), 10**12)
