"""Reading takes time in proportion to the length of the text, whatever is repeated in it."""

from __future__ import annotations

from contextlib import suppress
from time import process_time

import pytest

from matcalc.base.errors import MatcalcError
from matcalc.language import elaborate

LENGTHS = (3_000, 12_000)
MOST = 9.0
"""Of texts four times as long; with the square of the length it were sixteen."""


def seconds(begin: str, unit: str, length: int) -> float:
    """How long a text of this length is read; ``#`` in the unit is its number."""
    text = begin + "".join([unit.replace("#", str(number)) for number in range(length // len(unit))])
    times = []
    for _ in range(2):
        start = process_time()
        with suppress(MatcalcError):
            elaborate(text)
        times.append(process_time() - start)
    return min(times)


@pytest.mark.parametrize(("begin", "unit"), [("x where ", "a and "), ("x = ", " and f_#(x) = ")])
def test_words_between_statements(begin: str, unit: str) -> None:
    short, long = [seconds(begin, unit, length) for length in LENGTHS]
    assert long < MOST * max(short, 0.02), (short, long)
