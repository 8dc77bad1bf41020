"""Derivatives of extreme eigenvalues, singular values and their vectors, against closed forms of 2×2 matrices at fifty digits.

A pseudoinverse of λ I - X with a cut-off is wrong by 10¹⁵ at most such points: what is zero in it is rounding noise.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import mpmath
import numpy as np
import pytest

import matcalc
from matcalc.evaluation.interpreter import evaluate
from matcalc.objects.programs import tensor_function
from matcalc.stable.replacement import stable
from tests.codegen.comparison import TARGETS, given

MATRICES = [
    np.array([[100.0, 1], [1, 101]]),
    np.array([[3.0, 7], [2, 1000]]),
    np.array([[-5.0, 0.5], [0.5, -5]]),
    np.array([[1e-3, 2], [3, 9e5]]),
]
B = (1, 2)


def largest_eigenvalue(a: Any, b: Any, c: Any, d: Any) -> Any:
    """Of the symmetric part of [[a, b], [c, d]]."""
    return (a + d) / 2 + mpmath.sqrt(((a - d) / 2) ** 2 + ((b + c) / 2) ** 2)


def smallest_eigenvalue(a: Any, b: Any, c: Any, d: Any) -> Any:
    return a + d - largest_eigenvalue(a, b, c, d)


def squared_component(a: Any, b: Any, c: Any, d: Any) -> Any:
    """(v'(1, 2))² of the unit eigenvector v of that eigenvalue, from v ∝ (h, λ - a), h the mean of b and c."""
    h, rest = (b + c) / 2, largest_eigenvalue(a, b, c, d) - a
    return (B[0] * h + B[1] * rest) ** 2 / (h**2 + rest**2)


def largest_singular_value(*entries: Any) -> Any:
    a, b, c, d = entries
    return mpmath.sqrt(largest_eigenvalue(a * a + c * c, a * b + c * d, a * b + c * d, b * b + d * d))


def smallest_singular_value(*entries: Any) -> Any:
    a, b, c, d = entries
    return abs(a * d - b * c) / largest_singular_value(*entries)


def derivatives(function: Callable[..., Any], matrix: np.ndarray, order: int) -> np.ndarray:
    """All derivatives of this order by the entries, row by row."""
    with mpmath.workdps(60):
        point = tuple([mpmath.mpf(float(entry)) for entry in matrix.reshape(-1)])
        found = []
        for places in product(range(4), repeat=order):
            counts = tuple([places.count(k) for k in range(4)])
            found.append(float(mpmath.diff(function, point, counts)))
        return np.array(found).reshape((2, 2) * order)


QUESTIONS = [
    ("eigmax(X)", 2, largest_eigenvalue),
    ("(eigvecmax(X)'*b)^2", 1, squared_component),
    ("norm(X, spectral)", 2, largest_singular_value),
    ("eigmin(X)", 2, smallest_eigenvalue),
    ("sigma_min(X)", 2, smallest_singular_value),
]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("text", "order", "function"), QUESTIONS)
def test_derivatives_are_exact_to_rounding(text: str, order: int, function: Callable[..., Any], target: str) -> None:
    derivation = matcalc.derive(text, "X", order=order, layout="tensor")
    generated = derivation.function(target)
    for matrix in MATRICES:
        values = {"X": matrix, "b": np.array(B, dtype=float)}
        expected = derivatives(function, matrix, order)
        scale = np.abs(expected).max()
        oracle = tensor_function(derivation.outcome.tensor, derivation.source.node, derivation.wrt, "tensor")(**values)
        found = np.asarray(generated(**{name: given(target, value) for name, value in values.items()}))
        assert np.allclose(oracle, expected, rtol=0, atol=1e-9 * scale), f"{oracle}\nis not\n{expected}"
        assert np.allclose(found, expected, rtol=0, atol=1e-9 * scale), f"{found}\nis not\n{expected}"


@pytest.mark.parametrize("layout", ["denominator", "numerator"])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("text", "order", "function"), QUESTIONS)
def test_every_layout(text: str, order: int, function: Callable[..., Any], target: str, layout: str) -> None:
    derivation = matcalc.derive(text, "X", order=order, layout=layout)
    values = {"X": MATRICES[0], "b": np.array(B, dtype=float)}
    largest = np.abs(derivatives(function, MATRICES[0], order)).max()
    assert derivation.expression is not None
    for found in (
        evaluate(derivation.expression.node, values),
        derivation.function(target)(**{name: given(target, value) for name, value in values.items()}),
    ):
        assert np.isclose(np.abs(np.asarray(found)).max(), largest, rtol=1e-10, atol=0)


def test_a_matrix_with_fewer_rows_than_columns() -> None:
    for x in (np.array([[1.0, 2.0]]), np.array([[1.0], [2.0]])):
        flat = np.array([1.0, 2.0])
        expected = (np.eye(2) - np.outer(flat, flat) / 5) / np.sqrt(5)
        assert np.allclose(matcalc.derive("norm(X, spectral)", "X", order=2).function()(X=x), expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("text", "declare"),
    [
        ("pinv(eigmax(X)*eye - X)", "X: n×n symmetric"),
        ("pinv(eigmax(X)*eye - (X + X')/2)", "X: n×n"),
        ("pinv(2*X - 2*eigmax(X)*eye)", "X: n×n symmetric"),
        ("pinv(norm(X, spectral)^2*eye - X*X')", "X: m×n"),
        ("pinv(norm(X', spectral)^2*eye - X*X')", "X: m×n"),
        ("pinv(eigmax(X + t*Y)*eye - X - t*Y)", "X: n×n symmetric; Y: n×n symmetric; t: scalar"),
    ],
)
def test_resolvents_that_are_written_are_recognised(text: str, declare: str) -> None:
    (form,) = stable(matcalc.parse(text, declare=declare).node)
    assert "linalg.pinv" not in matcalc.parse(text, declare=declare).code()
    assert "resolvent" in repr(form)


def test_other_pseudoinverses_are_left_alone() -> None:
    for text in ("pinv(eigmax(X)*eye - 2*X)", "pinv(norm(X, spectral)*eye - X)", "pinv(X)", "pinv(eigmax(Y)*eye - X)"):
        node = matcalc.parse(text, declare="X: n×n symmetric; Y: n×n symmetric").node
        assert stable(node) == [node]


@pytest.mark.parametrize(("name", "slope"), [("expm", np.exp), ("logm", lambda t: 1 / t), ("sqrtm", lambda t: 0.5 / np.sqrt(t))])
@pytest.mark.parametrize("gap", [0.0, 1e-15, 1e-12, 1e-9, 1e-7, 1e-5])
def test_divided_differences_of_eigenvalues_near_each_other(name: str, slope: Callable[[float], float], gap: float) -> None:
    """Off the diagonal the derivative of f(X) at diag(2, 2 + g) is (f(2 + g) - f(2))/g: f' in the middle to second order."""
    derivation = matcalc.derive(f"{name}(X)", "X", declare="X: n×n symmetric", layout="tensor")
    found = evaluate_tensor_at(derivation, np.diag([2.0, 2.0 + gap]))
    assert np.isclose(found[0, 1, 0, 1] + found[0, 1, 1, 0], slope(2 + gap / 2), rtol=1e-10, atol=0)
    generated = derivation.function()(X=np.diag([2.0, 2.0 + gap]))
    assert np.allclose(generated, found, rtol=1e-12, atol=1e-15)


def evaluate_tensor_at(derivation: matcalc.Derivation, matrix: np.ndarray) -> np.ndarray:
    return tensor_function(derivation.outcome.tensor, derivation.source.node, derivation.wrt, "tensor")(X=matrix)


@pytest.mark.parametrize("target", TARGETS)
def test_divided_differences_of_eigenvalues_far_apart(target: str) -> None:
    matrix = np.diag([-2000.0, 0.0])
    exponential = matcalc.derive("expm(X)", "X", declare="X: n×n symmetric", layout="tensor").function(target)
    assert np.isclose(np.asarray(exponential(X=given(target, matrix)))[0, 1].sum(), 1 / 2000, rtol=1e-12)
    logarithm = matcalc.derive("logm(X)", "X", declare="X: n×n symmetric", layout="tensor").function(target)
    expected = (np.log(1e30) + np.log(1e30)) / 1e30
    assert np.isclose(np.asarray(logarithm(X=given(target, np.diag([1e-30, 1e30]))))[0, 1].sum(), expected, rtol=1e-9)
