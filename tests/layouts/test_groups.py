"""Layouts as groups of axes: what entry (i, j) of a result is, for every kind of value and variable, told without this module."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from matcalc.base import layouts
from matcalc.base.errors import ShapeError
from matcalc.base.layouts import LAYOUTS, arranged, axis_groups


def vec(axes: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Every place in an array, the first index running fastest."""
    return [place[::-1] for place in itertools.product(*[range(length) for length in axes[::-1]])]


def expected(derivative: NDArray[np.int64], top: tuple[int, ...], below: list[tuple[int, ...]], layout: str) -> NDArray[np.int64]:
    """The array of a layout, entry by entry as the textbooks define it."""
    if layout == "tensor" or not below:
        return derivative
    if not top and len(below) == 1:  # the shape of the variable, or of its transpose
        return derivative.T if layout == "numerator" else derivative
    if not top:
        return np.array([[derivative[(*first, *second)] for second in vec(below[1])] for first in vec(below[0])])
    variables = vec(tuple(itertools.chain(*below)))
    rows = np.array([[derivative[(*value, *variable)] for variable in variables] for value in vec(top)])
    return rows if layout == "numerator" else rows.T


CASES = [
    (top, below) for top in [(), (2,), (2, 3)] for below in [[], [(3,)], [(3, 5)], [(2,), (3,)], [(2, 3), (5,)], [(2, 3, 2)]]
]


@pytest.mark.parametrize(("top", "below"), CASES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_entries_stand_where_textbooks_put_them(top: tuple[int, ...], below: list[tuple[int, ...]], layout: str) -> None:
    shape = (*top, *itertools.chain(*below))
    derivative = np.arange(int(np.prod(shape, dtype=int))).reshape(shape)
    found = arranged(derivative, axis_groups([1] * len(top), [len(axes) for axes in below], layout))
    assert np.array_equal(found, expected(derivative, top, below, layout))


def test_the_comparison_sees_a_vec_that_runs_the_wrong_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "_vec", lambda groups: tuple([axis for group in groups for axis in group]))
    with pytest.raises(AssertionError):
        test_entries_stand_where_textbooks_put_them((2, 3), [(3, 5)], "denominator")


def test_axes_of_a_kronecker_product_stay_in_their_order() -> None:
    """Rows of a Kronecker product are pairs of indices, of which the first is slow."""
    assert axis_groups([2, 2], [2], "numerator") == ((2, 3, 0, 1), (5, 4))


def test_other_axes_are_refused() -> None:
    with pytest.raises(ShapeError):
        arranged(np.zeros((2, 3)), axis_groups([1], [2], "denominator"))
