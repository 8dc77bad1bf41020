"""Exact rational numbers as text."""

from __future__ import annotations

from fractions import Fraction

_MOST_DECIMALS = 3


def decimal_text(value: Fraction) -> str | None:
    """The number as a finite decimal of at most three digits after the point, or None.

    >>> decimal_text(Fraction(3, 8)), decimal_text(Fraction(1, 3))
    ('0.375', None)
    """
    if value.denominator == 1:
        return str(value.numerator)
    for digits in range(1, _MOST_DECIMALS + 1):
        scaled = abs(value) * 10**digits
        if scaled.denominator == 1:
            whole, rest = divmod(scaled.numerator, 10**digits)
            return ("-" if value < 0 else "") + str(whole) + f".{rest:0{digits}d}"
    return None


def fraction_text(value: Fraction) -> str:
    """The number as ``3`` or ``3/2``."""
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"
