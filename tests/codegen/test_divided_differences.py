"""The functions that derivatives of functions of symmetric matrices bring in have code, right where eigenvalues are equal or close."""

from __future__ import annotations

import numpy as np
import pytest

import matcalc
from matcalc.base.functions import functions
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.interpreter import evaluate

FUNCTIONS = {
    "exp": (np.exp, np.exp),
    "log": (np.log, np.reciprocal),
    "sqrt": (np.sqrt, lambda t: 0.5 / np.sqrt(t)),
    "sin": (np.sin, np.cos),
    "cos": (np.cos, lambda t: -np.sin(t)),
}
SPECTRA = {"apart": [0.2, 1.0, 3.5], "equal": [2.0, 2.0, 2.0], "close": [1.0, 1.0 + 1e-9, 2.0], "wide": [1e-3, 1.0, 30.0]}


def matrix(values: list[float]) -> np.ndarray:
    vectors = np.linalg.qr(np.random.default_rng(0).standard_normal((len(values), len(values))))[0]
    made = vectors @ np.diag(values) @ vectors.T
    return 0.5 * (made + made.T)


@pytest.mark.parametrize("spectrum", SPECTRA)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values(name: str, spectrum: str) -> None:
    function, slope = FUNCTIONS[name]
    values = np.array(SPECTRA[spectrum])
    a, b = np.meshgrid(values, values, indexing="ij")
    near = np.abs(a - b) < 1e-6
    expected = np.where(near, slope((a + b) / 2), (function(a) - function(b)) / np.where(near, 1.0, a - b))
    found = matcalc.parse(f"divdiff_{name}(X)", declare="X: n×n symmetric").function("numpy")(X=matrix(SPECTRA[spectrum]))
    assert agrees(found, expected, relative=1e-7)


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
@pytest.mark.parametrize("name", ["expm", "logm", "sqrtm", "sinm", "cosm"])
def test_gradients(name: str, target: str) -> None:
    pytest.importorskip(target)
    result = matcalc.derive(f"tr(B*{name}(X))", "X", declare="X: n×n positive_definite; B: n×n")
    point = {"X": matrix([0.5, 1.0, 1.0]), "B": np.arange(9.0).reshape(3, 3)}
    arrays = point
    if target == "torch":
        torch = pytest.importorskip("torch")
        arrays = {key: torch.tensor(value) for key, value in point.items()}
    found = result.function(target)(**arrays)
    assert result.outcome.expression is not None
    expected = evaluate(result.outcome.expression, point, {"n": 3})
    assert agrees(found, expected, relative=1e-5 if target == "jax" else 1e-9)


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
def test_every_function_of_one_matrix_has_code(target: str) -> None:
    for name, function in functions().items():
        if function.kind == "matrix" and function.signature.startswith("X: n×n ->"):
            assert "def value(" in matcalc.parse(f"{name}(X)", declare=f"X: n×n {function.requires}").code(target)
