"""The user's own functions in exact arithmetic: polynomials, of which the derivatives are known."""

from __future__ import annotations

import zlib
from fractions import Fraction
from math import perm

from matcalc.evaluation.precise.number_systems import Arithmetic, Number

_DEGREE = 11


def user_function(ar: Arithmetic, name: str, value: Number) -> Number:
    """A polynomial for each name; ``f'`` is the derivative of that for ``f``. What holds for every smooth function holds for these."""
    stem = name.rstrip("'")
    order = len(name) - len(stem)
    result = ar.zero
    for power in range(_DEGREE, order - 1, -1):
        coefficient = zlib.crc32(f"{stem} {power}".encode()) * perm(power, order)
        result = ar.add(ar.multiply(result, value), ar.number(Fraction(coefficient)))
    return result
