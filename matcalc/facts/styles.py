"""How entries that may vary freely are drawn: their sizes and signs, near or far, whole numbers, singular matrices."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from random import Random
from types import MappingProxyType

from matcalc.facts.table import EntryValues
from matcalc.records import record


@record
class Style:
    """Sizes of entries lie between ``low`` and ``high``, times a power of ten whose exponent is one of ``exponents``."""

    low: Fraction = Fraction(3, 10)
    high: Fraction = Fraction(3, 2)
    signs: bool = True
    """Both signs; else positive ones only."""
    exponents: tuple[int, ...] = (0,)
    whole: bool = False
    """Small whole numbers, zeros among them."""
    dominant: bool = False
    """A multiple of the identity is added to square matrices, where the facts leave that open."""
    singular: bool = False
    """Matrices of deficient rank, where the facts allow them."""
    large: bool = False
    """More of the large ones."""
    around: Fraction | None = None
    """Entries within some steps of this number: as multiples between ``low`` and ``high`` of it, or one of the nearest whole numbers."""


STYLES: Mapping[str, Style] = MappingProxyType(
    {
        "ordinary": Style(),
        "positive": Style(signs=False),
        "small": Style(Fraction(1, 20), Fraction(2, 5), signs=False),
        "definite": Style(signs=False, dominant=True),
        "far": Style(high=Fraction(3), large=True),
        "farther": Style(high=Fraction(10), large=True),
        "farthest": Style(high=Fraction(30), large=True),
        "near": Style(Fraction(1), Fraction(9), exponents=(-6, -5, -4, -3)),
        "huge": Style(Fraction(1), Fraction(9), exponents=(3, 4, 5)),
        "wide": Style(Fraction(1), Fraction(9), exponents=(-6, -4, -2, 0, 2, 5)),
        "whole": Style(whole=True),
        "counting": Style(signs=False, whole=True),
        "dominant": Style(whole=True, dominant=True),
        "singular": Style(singular=True),
        "whole_singular": Style(whole=True, singular=True),
    }
)
"""Named styles. ``"ordinary"``, ``"positive"``, ``"small"``, ``"definite"`` and ``"far"`` to ``"farthest"`` keep away from zero, where
absolute values and logarithms have their kinks and poles."""

_STEPS = 60
"""Entries are multiples of the 60th part of a range, so that products stay short."""


def draw_entry(rng: Random, style: Style, allowed: EntryValues, *, nonzero: bool = False) -> Fraction:
    """One entry that the facts allow; ``allowed`` must allow some."""
    if allowed.values is not None:
        values = [value for value in allowed.values if value or not nonzero] or list(allowed.values)
        return Fraction(rng.choice(values))
    positive = bool(allowed.lowest) or not style.signs
    if style.around is not None and allowed.whole:
        return Fraction(int(style.around) + rng.choice((-1, 0, 1)))
    if style.whole or allowed.whole:
        return _whole(rng, style, positive, nonzero or allowed.lowest == ">" or not style.whole or not style.signs)
    if allowed.lowest == ">=" and style.singular and not nonzero and rng.random() < 0.2:
        return Fraction(0)
    size = _size(rng, style)
    if style.around is not None:
        return size * (abs(style.around) if positive else style.around)
    return size if positive or rng.random() < 0.5 else -size


def _whole(rng: Random, style: Style, positive: bool, nonzero: bool) -> Fraction:
    low = 0 if positive else -2
    largest = max(3, int(style.high)) * 10 ** max(0, rng.choice(style.exponents))
    value = rng.randint(low if low == 0 or largest == 3 else -largest, largest)
    if not value:  # zeros tell little: half as many of them
        value = rng.randint(low, largest)
    if nonzero and not value:
        value = 1 if positive or rng.random() < 0.5 else -1
    return Fraction(value)


def _size(rng: Random, style: Style) -> Fraction:
    steps = _steps(style.low, style.high)
    place = rng.randrange(len(steps))
    if style.large:
        place = max(place, rng.randrange(len(steps)))
    if style.exponents == (0,):
        return steps[place]
    return steps[place] * Fraction(10) ** rng.choice(style.exponents)


@cache
def _steps(low: Fraction, high: Fraction) -> tuple[Fraction, ...]:
    return tuple([low + (high - low) * Fraction(k, _STEPS) for k in range(_STEPS + 1)])
