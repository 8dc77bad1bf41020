"""Where real entries lie: an interval, whether 0 is left out, whether they are whole numbers. What
operations do to it stands here once.

Every answer is sound: it holds for every entry wherever the operation has a value. It may be wider
than the truth.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cache, lru_cache, reduce
from math import inf
from typing import TypeAlias

from matcalc.base.lazy import pattern
from matcalc.base.records import record

Bound: TypeAlias = Fraction | float
"""An exact number, or an infinity."""
_End: TypeAlias = tuple[Bound, bool]
"""A bound, and whether it is left out."""


@record
class Range:
    """Numbers from ``low`` to ``high``; ``above`` and ``below`` say that the bound itself is left
    out.

    >>> Range.of("0 < t < 1").positive, Range.of("t = 0 or t = 1").nonnegative
    (True, True)
    """

    low: Bound = -inf
    high: Bound = inf
    above: bool = False
    below: bool = False
    nonzero: bool = False
    whole: bool = False

    @staticmethod
    def of(text: str) -> Range:
        """The range that a condition on one letter means. Raises ValueError for a text of another
        form."""
        return _read(text)

    @staticmethod
    def at(value: Fraction) -> Range:
        """The range of a number."""
        return _made(value, value, whole=value.denominator == 1)

    @property
    def positive(self) -> bool:
        return self.low > 0 or (self.low == 0 and self.above)

    @property
    def negative(self) -> bool:
        return self.high < 0 or (self.high == 0 and self.below)

    @property
    def nonnegative(self) -> bool:
        return self.low >= 0

    @property
    def bounded(self) -> bool:
        """Whether no entry is larger than one in absolute value."""
        return self.low >= -1 and self.high <= 1

    @property
    def bit(self) -> bool:
        """Whether every entry is 0 or 1."""
        return self.whole and self.nonnegative and self.bounded

    @property
    def signed(self) -> bool:
        """Whether every entry is 1 or -1."""
        return self.whole and self.nonzero and self.bounded

    @property
    def value(self) -> Fraction | None:
        """The number that every entry is, if that is known."""
        return self.low if self.low == self.high and isinstance(self.low, Fraction) else None


def _made(low: Bound, high: Bound, above: bool = False, below: bool = False, nonzero: bool = False, whole: bool = False) -> Range:
    """The range in its one form."""
    nonzero = nonzero or low > 0 or high < 0 or (low == 0 and above) or (high == 0 and below)
    if whole and nonzero and low == 0:
        low, above = _ONE, False
    if whole and nonzero and high == 0:
        high, below = -_ONE, False
    return Range(
        low, high, above or low == -inf or (nonzero and low == 0), below or high == inf or (nonzero and high == 0), nonzero, whole
    )


_ZERO, _ONE = Fraction(0), Fraction(1)
ANY = _made(-inf, inf)
NONZERO = _made(-inf, inf, nonzero=True)
ZERO = Range.at(_ZERO)
ONE = Range.at(_ONE)
POSITIVE = _made(_ZERO, inf, above=True)
NONNEGATIVE = _made(_ZERO, inf)
UNIT = _made(-_ONE, _ONE)
"""From -1 to 1."""
PROPORTION = _made(_ZERO, _ONE)
BIT = _made(_ZERO, _ONE, whole=True)
"""0 and 1."""
SIGN = _made(-_ONE, _ONE, nonzero=True, whole=True)
"""-1 and 1."""
SIZE = _made(_ONE, inf, whole=True)


# ---------------------------------------------------------------- reading


_ALTERNATIVE = pattern(
    r"^\s*(?:(?P<low>-?\d+)\s*(?P<lower><=?)\s*)?[A-Za-z]\s*(?:(?P<relation><=?|>=?|!=|=)\s*(?P<high>-?\d+))?\s*$"
)


@cache
def _read(text: str) -> Range:
    return reduce(union, [_alternative(part) for part in text.split(" or ")])


def _alternative(text: str) -> Range:
    if text.strip().endswith(" integer"):
        return _made(-inf, inf, whole=True)
    match = _ALTERNATIVE.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no range: write t > 0, 0 < t < 1, t = 0 or t = 1, t != 0, or t integer")
    found = ANY if match["low"] is None else _made(Fraction(match["low"]), inf, match["lower"] == "<")
    if match["relation"] is None:
        return found
    value = Fraction(match["high"])
    sides = {
        "<": _made(-inf, value, below=True),
        "<=": _made(-inf, value),
        ">": _made(value, inf, above=True),
        ">=": _made(value, inf),
        "=": Range.at(value),
        "!=": NONZERO if not value else ANY,
    }
    return both(found, sides[match["relation"]])


# ---------------------------------------------------------------- sets


@lru_cache(4096)
def both(one: Range, other: Range) -> Range:
    """What lies in both; the first where they have nothing in common."""
    low, above = max((one.low, one.above), (other.low, other.above))
    high, reached = min((one.high, not one.below), (other.high, not other.below))
    if low > high or (low == high and (above or not reached)):
        return one
    return _made(low, high, above, not reached, one.nonzero or other.nonzero, one.whole or other.whole)


def union(one: Range, other: Range) -> Range:
    """The smallest range that holds what lies in one of them."""
    low, above = min((one.low, one.above), (other.low, other.above))
    high, reached = max((one.high, not one.below), (other.high, not other.below))
    return _made(low, high, above, not reached, one.nonzero and other.nonzero, one.whole and other.whole)


def is_within(one: Range, text: str) -> bool:
    """Whether all entries fulfil a condition on one letter. False for a condition that is no range,
    such as ``cos(t) != 0``.

    >>> is_within(Range.of("t > 1"), "t != 0"), is_within(Range.of("t >= 0"), "t > 0")
    (True, False)
    """
    if "(" in text:
        return False
    image = _read(text)
    if (one.low, one.above) < (image.low, image.above) or (one.high, not one.below) > (image.high, not image.below):
        return False
    return (one.nonzero or not image.nonzero) and (one.whole or not image.whole)


# ---------------------------------------------------------------- arithmetic


def negative(one: Range) -> Range:
    return _made(-one.high, -one.low, one.below, one.above, one.nonzero, one.whole)


@lru_cache(4096)
def plus(one: Range, other: Range) -> Range:
    """Sums of an entry of each."""
    low = -inf if -inf in (one.low, other.low) else one.low + other.low
    high = inf if inf in (one.high, other.high) else one.high + other.high
    return _made(low, high, one.above or other.above, one.below or other.below, whole=one.whole and other.whole)


@lru_cache(4096)
def times(one: Range, other: Range) -> Range:
    """Products of an entry of each."""
    corners = [_corner(a, b) for a in _ends(one) for b in _ends(other)]
    low, above = min(corners)
    high, reached = max([(value, not left_out) for value, left_out in corners])
    return _made(low, high, above, not reached, one.nonzero and other.nonzero, one.whole and other.whole)


def _ends(one: Range) -> tuple[_End, _End]:
    return (one.low, one.above), (one.high, one.below)


def _corner(one: _End, other: _End) -> _End:
    (a, a_out), (b, b_out) = one, other
    if not a or not b:  # 0 is reached where an entry is 0, whatever the other one is
        return _ZERO, (a_out or bool(a)) and (b_out or bool(b))
    if inf in (abs(a), abs(b)):
        return (inf if (a > 0) == (b > 0) else -inf), True
    return a * b, a_out or b_out


def total(one: Range) -> Range:
    """Sums of one or more entries."""
    low = one.low if one.low >= 0 else -inf
    high = one.high if one.high <= 0 else inf
    return _made(low, high, one.above, one.below, whole=one.whole)


def reciprocal(one: Range) -> Range:
    """``1/t``, where t is not 0."""
    if one.nonnegative:
        low = 1 / one.high if one.high < inf and one.high else _ZERO
        high = 1 / one.low if one.low > 0 else inf
        return _made(low, high, one.below or not low, one.above, nonzero=True)
    if one.high <= 0:
        return negative(reciprocal(negative(one)))
    return NONZERO


def power(one: Range, exponent: Fraction) -> Range:
    """``t**exponent``, where it is a real number."""
    if exponent < 0:
        return reciprocal(power(one, -exponent))
    if exponent.denominator == 1:
        return _whole_power(one, exponent.numerator)
    if exponent.denominator % 2 and not one.nonnegative:
        return NONZERO if one.nonzero else ANY
    return _of_bounds(both(NONNEGATIVE, one))


def _whole_power(one: Range, exponent: int) -> Range:
    if exponent == 1:
        return one
    if exponent == 0:
        return ONE
    value = one.value
    if value is not None and abs(value) == 1:
        return Range.at(value**exponent)
    found = _of_bounds(one if exponent % 2 else absolute(one))
    return _made(found.low, found.high, found.above, found.below, one.nonzero, one.whole)


def absolute(one: Range) -> Range:
    """``abs(t)``."""
    if one.nonnegative:
        return one
    if one.high <= 0:
        return negative(one)
    high, reached = max((-one.low, not one.above), (one.high, not one.below))
    return _made(_ZERO, high, False, not reached, one.nonzero, one.whole)


def _of_bounds(one: Range) -> Range:
    """The range of an increasing function that leaves -1, 0 and 1 where they are, and other numbers
    in the gaps between."""
    below = [step for step in (-_ONE, _ZERO, _ONE) if step <= one.low]
    over = [step for step in (-_ONE, _ZERO, _ONE) if step >= one.high]
    low: Bound = below[-1] if below else -inf
    high: Bound = over[0] if over else inf
    return _made(low, high, one.above or low != one.low, one.below or high != one.high, one.nonzero)


def sign_kept(one: Range, image: Range, *, below_zero: bool = True) -> Range:
    """``f(t)`` for an ``f`` whose values have the sign of t and are in ``image``; with
    ``below_zero`` false only for t from 0 on."""
    if one.nonnegative:
        return both(image, POSITIVE if one.positive else NONNEGATIVE)
    if not below_zero:
        return image
    if one.high <= 0:
        return both(image, negative(POSITIVE if one.negative else NONNEGATIVE))
    return both(image, NONZERO) if one.nonzero else image


def sum_of(parts: Iterable[Range]) -> Range:
    return reduce(plus, parts, ZERO)


def product_of(parts: Iterable[Range]) -> Range:
    return reduce(times, parts, ONE)
