"""The Jacobian of a linear layer is never formed: not while deriving, and not by the function that comes out."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.derivation.pipeline import forget
from tests.counting import calls

LAYER = "X*W + 1*b'"
SIZES = (16, 512, 512)
"""One eighth to one quarter of N = 64, D = M = 4096; the Jacobian by W has N·M·D·M entries, 17 GB here."""


def arrays() -> dict[str, np.ndarray]:
    n, d, m = SIZES
    rng = np.random.default_rng(0)
    return {"X": rng.normal(size=(n, d)), "W": rng.normal(size=(d, m)), "b": rng.normal(size=m), "G": rng.normal(size=(n, m))}


def peak(call: Callable[[], Any]) -> tuple[Any, int]:
    tracemalloc.start()
    try:
        result = call()
        return result, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("wrt", ["W", "X", "b"])
def test_the_function_needs_the_memory_of_inputs_and_outputs(wrt: str) -> None:
    given = arrays()
    function = matcalc.vjp(LAYER, wrt).function("numpy")
    function(**given)
    result, most = peak(lambda: function(**given))
    assert most <= 1.5 * (sum(array.nbytes for array in given.values()) + result.nbytes)
    expected = {"W": given["X"].T @ given["G"], "X": given["G"] @ given["W"].T, "b": given["G"].sum(axis=0)}[wrt]
    np.testing.assert_allclose(result, expected)


def test_all_three_from_one_function() -> None:
    given = arrays()
    function = matcalc.vjp(LAYER, ["X", "W", "b"]).function("numpy")
    result, most = peak(lambda: function(**given))
    assert most <= 1.5 * (sum(array.nbytes for array in given.values()) + sum(array.nbytes for array in result.values()))
    np.testing.assert_allclose(result["W"], given["X"].T @ given["G"])


def test_a_formed_jacobian_would_be_seen() -> None:
    given = {name: array[:4, :4] if array.ndim == 2 else array[:4] for name, array in arrays().items()}
    jacobian = matcalc.derive(LAYER, "W").function("numpy")
    result, most = peak(lambda: jacobian(**given))
    assert most > 1.5 * sum(array.nbytes for array in given.values())
    assert result.size == 4**4


def test_deriving_at_the_full_sizes_is_no_more_work_than_at_small_ones() -> None:
    full, small = "X: 64×4096; W: 4096×4096; b: 4096", "X: 2×3; W: 3×3; b: 3"
    found = matcalc.vjp(LAYER, "W", declare=full)
    assert str(found) == "Xᵀ G"
    assert found.shape == (4096, 4096)
    works = []
    for declare in (small, full):
        forget()
        works.append(calls(lambda declare=declare: matcalc.vjp(LAYER, "W", declare=declare)))
    assert works[1] < 1.2 * works[0]
