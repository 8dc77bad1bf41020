"""The factor by which the sides of a false equation differ, where that is a simple number, perhaps times a number or a size by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Any

from matcalc.documents.asking import Asked
from matcalc.documents.habits import sides_of
from matcalc.verification.verdict import Counterexample, Verdict

_LARGEST = 12
"""Numerator and denominator of the numbers that are thought of."""
_NEAR = 1e-9
_MOST = 8
"""Factors that are tried."""
_POWERS = (1, -1, 2, -2)


def multiples(verdict: Verdict, asked: Asked) -> Iterator[Asked]:
    """The equation with the factors of its right side that its counterexample may show."""
    sides = sides_of(asked.statement)
    if sides is None or asked.dialect is None or verdict.counterexample is None:
        return
    for factor in islice(_factors(verdict.counterexample, asked.statement), _MOST):
        yield replace(asked, statement=rf"{sides[0]}{sides[1]} = {factor} \left({sides[2]}\right)")


def _factors(found: Counterexample, statement: str) -> Iterator[str]:
    """What the left side is the right one times, at the point of a counterexample."""
    ratio = _ratio(found.left, found.right)
    if ratio is None:
        return
    if number := _simple(ratio):
        yield _written(number)
    scalars = {name: float(size) for name, size in found.sizes.items()} | dict(_numbers(found))
    for name, value in scalars.items():
        written = name if len(name) == 1 else rf"\{name}"
        for power in _POWERS if value and written in statement else ():
            if number := _simple(ratio / value**power):
                yield rf"{_written(number)} {written}^{{{power}}}"


def _numbers(found: Counterexample) -> Iterator[tuple[str, float]]:
    for name, value in found.values.items():
        if not callable(value) and not getattr(value, "shape", ()) and name.isalpha():
            yield name, float(value)


def _ratio(left: Any, right: Any) -> float | None:
    """The number that each entry of one array is the other's times."""
    import numpy as np

    one, other = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
    if one.shape != other.shape or not other.size or not np.all(np.isfinite(one)) or not np.any(other):
        return None
    at = np.unravel_index(np.argmax(np.abs(other)), other.shape)
    ratio = float(one[at] / other[at])
    return ratio if ratio and np.allclose(one, ratio * other, rtol=_NEAR, atol=_NEAR * float(np.max(np.abs(one)))) else None


def _simple(value: float) -> Fraction | None:
    """The fraction of small numbers that a value is."""
    found = Fraction(value).limit_denominator(_LARGEST)
    return found if found and abs(found.numerator) <= _LARGEST and abs(float(found) - value) <= _NEAR * abs(value) else None


def _written(number: Fraction) -> str:
    return (
        rf"\left({number.numerator}\right)"
        if number.denominator == 1
        else rf"\left(\frac{{{number.numerator}}}{{{number.denominator}}}\right)"
    )
