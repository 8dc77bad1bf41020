"""What the table of functions says of values holds at points of the whole real line."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from matcalc.base.functions import functions
from matcalc.base.sizes import Size
from matcalc.evaluation.interpreter import evaluate
from matcalc.expr import nodes as e
from matcalc.facts.function_values import of_entries, plain
from matcalc.facts.ranges import Range

X = e.Symbol("x", (Size.of("n"),))
POINTS = np.array([*(sign * 10.0**k for k in (-6, -2, -1, 0, 0.7) for sign in (-1, 1)), 0.3, -0.6])
DESCRIBED = [
    name for name, function in functions().items() if function.kind == "elementwise" and (function.range or function.sign)
]


def _violations(name: str, argument: Range, points: np.ndarray) -> list[float]:
    """Points at which the value is not where it is said to be."""
    image = of_entries(name, plain(argument)).entries
    with np.errstate(all="ignore"):
        values = evaluate(e.Elementwise(name, X), {"x": points})
    below = (values < float(image.low)) | ((values == float(image.low)) & image.above)
    over = (values > float(image.high)) | ((values == float(image.high)) & image.below)
    return list(points[np.isfinite(values) & (below | over | ((values == 0) & image.nonzero))])


@pytest.mark.parametrize("name", DESCRIBED)
@pytest.mark.parametrize("argument", ["t > 0", "t >= 0", "t < 0", "t <= 0", "t != 0", "-1 < t < 1", ""])
def test_values_are_where_the_table_says(name: str, argument: str) -> None:
    asked = Range.of(argument) if argument else Range()
    keep = [p for p in (*POINTS, 0.0) if asked.low <= p <= asked.high and not (p == asked.low and asked.above)]
    keep = [p for p in keep if not (p == asked.high and asked.below) and not (p == 0 and asked.nonzero)]
    assert _violations(name, asked, np.array(keep)) == []


def test_a_wrong_range_is_seen() -> None:
    assert len(DESCRIBED) > 12
    planted = Range.of("t > 0")
    assert _violations("tanh", planted, POINTS)
    assert not _violations("tanh", planted, POINTS[POINTS > 0])


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("0 < t <= 1", (Fraction(1, 2), Fraction(1)), (Fraction(0), Fraction(2))),
        ("t = -1 or t = 1", (Fraction(1), Fraction(-1)), (Fraction(0), Fraction(2))),
    ],
)
def test_a_range_is_read(text: str, inside: tuple[Fraction, ...], outside: tuple[Fraction, ...]) -> None:
    found = Range.of(text)
    assert all(found.low <= t <= found.high and not (t == found.low and found.above) for t in inside)
    assert all(t < found.low or t > found.high or (t == 0 and found.nonzero) or (t == found.low and found.above) for t in outside)


def test_a_text_that_is_no_range_is_refused() -> None:
    with pytest.raises(ValueError, match="is no range"):
        Range.of("t is large")
