"""Values and derivatives where plain formulas overflow, lose all digits or divide by zero, for the evaluator and for every target.

The right values are worked out by hand; none is made by a rule of the package.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.evaluation.interpreter import evaluate
from tests.codegen.comparison import TARGETS, given

INF, NAN = np.inf, np.nan
SMALL, LARGE = 0.1 * np.eye(400), 3 * np.eye(400)
LOG_SMALL = 400 * np.log(0.1)
TWO_PI = np.log(2 * np.pi)
SINGULAR = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 0.0], [3.0, 1.0, 1.0]])
OTHER = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 1.0], [1.0, 1.0, 1.0]])


def adjugate(matrix: np.ndarray) -> np.ndarray:
    """The transposed matrix of cofactors, minor by minor."""
    found = np.zeros_like(matrix)
    for i, j in np.ndindex(matrix.shape):
        minor = np.delete(np.delete(matrix, j, 0), i, 1)
        found[i, j] = (-1) ** (i + j) * np.linalg.det(minor)
    return found


VALUES: list[tuple[str, str, dict[str, Any], Any]] = [
    # determinants out of range, and their signs
    ("log(det(X))", "X: n×n", {"X": [[0, 1], [1, 0]]}, NAN),
    ("log(det(X))", "X: n×n", {"X": [[1, 1], [1, 1]]}, -INF),
    ("log(det(X))", "X: n×n", {"X": SMALL}, LOG_SMALL),
    ("log(det(X))", "X: n×n positive_definite", {"X": SMALL}, LOG_SMALL),
    ("log(det(X)^2)", "X: n×n", {"X": SMALL}, 2 * LOG_SMALL),
    ("log(abs(det(X)))", "X: n×n", {"X": SMALL}, LOG_SMALL),
    ("log(1/det(X))", "X: n×n", {"X": SMALL}, -LOG_SMALL),
    ("log(sqrt(det(X)))", "X: n×n", {"X": SMALL}, LOG_SMALL / 2),
    ("1/2*log((2*pi)^n*det(S))", "S: n×n", {"S": SMALL}, 200 * TWO_PI + LOG_SMALL / 2),
    ("log(det(2*pi*S))/2", "S: n×n", {"S": SMALL}, 200 * TWO_PI + LOG_SMALL / 2),
    (
        "-log((2*pi)^(-n/2)*det(S)^(-1/2)*exp(-x'*inv(S)*x/2))",
        "S: n×n positive_definite; x: n",
        {"S": SMALL, "x": np.ones(400)},
        200 * TWO_PI + LOG_SMALL / 2 + 2000,
    ),
    # exponentials
    ("logsumexp(x)", "x: n", {"x": [-INF, -INF]}, -INF),
    ("logsumexp(x)", "x: n", {"x": [INF, 1]}, INF),
    ("logsumexp(x)", "x: n", {"x": [1000, 1000]}, 1000 + np.log(2)),
    ("log(sum(exp(x)))", "x: n", {"x": [-INF, -INF]}, -INF),
    ("logsumexp(X, rows)", "X: m×n", {"X": [[-INF, -INF], [1, 1]]}, [-INF, 1 + np.log(2)]),
    ("logsumexp(X, cols)", "X: m×n", {"X": [[-INF, -INF], [-INF, 1]]}, [-INF, 1]),
    ("softmax(x)", "x: n", {"x": [-INF, 3]}, [0, 1]),
    ("log(softmax(x))", "x: n", {"x": [0, 1000]}, [-1000, 0]),
    ("log(softmax(X, rows))", "X: m×n", {"X": [[0, 1000]]}, [[-1000, 0]]),
    ("log(softmax(X, cols))", "X: m×n", {"X": [[0], [1000]]}, [[-1000], [0]]),
    ("exp(X) ./ (sum(exp(X), rows)*ones(n)')", "X: m×n", {"X": [[0, 1000]]}, [[0, 1]]),
    ("diag(1 ./ sum(exp(X), rows))*exp(X)", "X: m×n", {"X": [[0, 1000]]}, [[0, 1]]),
    ("exp(x) ./ exp(y)", "x: n; y: n", {"x": [1000], "y": [999]}, [np.e]),
    ("exp(a)*exp(-b)", "a: scalar; b: scalar", {"a": 1000, "b": 999}, np.e),
    ("exp(x) ./ (exp(x) + exp(y))", "x: n; y: n", {"x": [1000, -1000], "y": [1, 1]}, [1, 0]),
    ("(exp(x) - exp(-x)) ./ (exp(x) + exp(-x))", "x: n", {"x": [1000, -1000]}, [1, -1]),
    ("sinh(x) ./ cosh(x)", "x: n", {"x": [1000, -1000]}, [1, -1]),
    ("log(exp(x) + exp(y))", "x: n; y: n", {"x": [1000, -1000], "y": [1, 1]}, [1000, 1]),
    ("log(cosh(x))", "x: n", {"x": [1000, -1000, 0]}, [1000 - np.log(2), 1000 - np.log(2), 0]),
    ("log(2*cosh(x))", "x: n", {"x": [1000, -1000]}, [1000, 1000]),
    ("log(exp(x) - 1)", "x: n", {"x": [1000, 1e-20]}, [1000, np.log(1e-20)]),
    ("log(1 - exp(-x))", "x: n", {"x": [1e-20]}, [np.log(1e-20)]),
    # probabilities near 0 and 1
    ("sigmoid(x)", "x: n", {"x": [-1000, -40, 1000]}, [0, 4.248354255291589e-18, 1]),
    ("1 - sigmoid(x)", "x: n", {"x": [-1000, 40, 1000]}, [1, 4.248354255291589e-18, 0]),
    ("log(sigmoid(x))", "x: n", {"x": [-1000, 1000]}, [-1000, 0]),
    ("log(1 - sigmoid(x))", "x: n", {"x": [-1000, 1000]}, [0, -1000]),
    ("y.*log(sigmoid(x)) + (1 - y).*log(1 - sigmoid(x))", "x: n; y: n", {"x": [-1000, 1000], "y": [1, 0]}, [-1000, -1000]),
    ("log(0.5*(1 + tanh(x/2))) + log(0.5*(1 - tanh(x/2)))", "x: n", {"x": [-1000, 1000]}, [-1000, -1000]),
    ("softplus(x)", "x: n", {"x": [-1000, 0, 1000]}, [0, np.log(2), 1000]),
    ("gelu(x)", "x: n", {"x": [-1000, 0, 1000]}, [0, 0, 1000]),
    # powers and norms
    ("log(x^2)", "x: scalar", {"x": -1e200}, 400 * np.log(10)),
    ("log(x.^3)", "x: n", {"x": [1e200]}, [600 * np.log(10)]),
    ("norm(x, 3)", "x: n", {"x": [3e200, 4e200]}, 91 ** (1 / 3) * 1e200),
    ("sqrt(t^2)", "t: scalar", {"t": -1e200}, 1e200),
    *[
        (text, declare, {name: np.array([[3 * scale], [4 * scale]]) if name == "X" else [3 * scale, 4 * scale]}, 5 * scale)
        for scale in (1e200, 1e-200, 1.0, 0.0)
        for text, name, declare in (
            ("norm2(x)", "x", "x: n"),
            ("sqrt(x'*x)", "x", "x: n"),
            ("sqrt(sum(x.^2))", "x", "x: n"),
            ("sqrt(tr(X'*X))", "X", "X: m×n"),
        )
    ],
    ("x'*y/(norm2(x)*norm2(y))", "x: n; y: n", {"x": [3e200, 4e200], "y": [1e-200, 0]}, 0.6),
    ("var(x)", "x: n", {"x": [1e9, 1e9 + 1, 1e9 + 2]}, 2 / 3),
    ("relu(x)", "x: n", {"x": [NAN, -INF, INF]}, [NAN, 0, INF]),
    ("step(x)", "x: n", {"x": [NAN, -INF, 0, INF]}, [NAN, 0, 0, 1]),
]

UNIT = np.array([0.6, 0.8])
SLOPE = adjugate(SINGULAR).T
DERIVATIVES: list[tuple[str, str, int, str, dict[str, Any], Any]] = [
    ("det(X)", "X", 1, "X: n×n", {"X": SINGULAR}, SLOPE),
    ("det(X)", "X", 1, "X: n×n", {"X": np.zeros((3, 3))}, np.zeros((3, 3))),
    ("det(X)", "X", 1, "X: n×n symmetric", {"X": [[1, 2], [2, 4]]}, [[4, -2], [-2, 1]]),
    ("det(X)^2", "X", 1, "X: n×n", {"X": SINGULAR}, np.zeros((3, 3))),
    ("det(A*X)", "X", 1, "X: n×n; A: n×n", {"X": SINGULAR, "A": OTHER}, np.linalg.det(OTHER) * SLOPE),
    ("a*det(X)*tr(B*X)", "X", 1, "X: n×n; B: n×n; a: scalar", {"X": SINGULAR, "B": OTHER, "a": 2}, 2 * np.trace(OTHER @ SINGULAR) * SLOPE),
    ("det(A + t*B)", "t", 1, "A: n×n; B: n×n; t: scalar", {"A": SINGULAR - OTHER, "B": OTHER, "t": 1.0}, np.trace(SLOPE.T @ OTHER)),
    *[
        (f"norm2({name})", name, order, declare, {name: scale * 5 * UNIT}, right)
        for scale in (1e200, 1e-200)
        for name, order, declare, right in (("x", 1, "x: n", UNIT), ("x", 2, "x: n", (np.eye(2) - np.outer(UNIT, UNIT)) / (5 * scale)))
    ],
    ("sum(relu(x))", "x", 1, "x: n", {"x": [NAN, 0, 1]}, [NAN, 0, 1]),
    ("sum(abs(x))", "x", 1, "x: n", {"x": [NAN, 0, -1]}, [NAN, 0, -1]),
    ("sqrt(var(x))", "x", 1, "x: n", {"x": [1e9, 1e9 + 1, 1e9 + 2]}, np.array([-1, 0, 1]) / 3 / np.sqrt(2 / 3)),
    *[
        (f"sum({text})", "x", order, "x: n", {"x": [at]}, [slope] if order == 1 else [[0.0]])
        for at in (1000.0, -1000.0)
        for order in (1, 2)
        for text, slope in (
            ("log(cosh(x))", np.sign(at)),
            ("sigmoid(x)", 0.0),
            ("softplus(x)", float(at > 0)),
            ("gelu(x)", float(at > 0)),
            ("log(sigmoid(x))", float(at < 0)),
            ("log(1 - sigmoid(x))", -float(at > 0)),
        )
    ],
]  # fmt: skip


def agree(found: Any, right: Any) -> None:
    assert np.shape(found) == np.shape(right)
    assert np.allclose(np.asarray(found, dtype=float), right, rtol=1e-11, atol=1e-300, equal_nan=True), (
        f"{found}\nis not\n{right}"
    )


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("text", "declare", "values", "right"), VALUES)
def test_values(text: str, declare: str, values: dict[str, Any], right: Any, target: str) -> None:
    parsed = matcalc.parse(text, declare=declare)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = parsed.function(target)(**{name: given(target, value) for name, value in values.items()})
    agree(found, right)
    if target == "numpy":
        agree(evaluate(parsed.node, values), right)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("text", "wrt", "order", "declare", "values", "right"), DERIVATIVES)
def test_derivatives(text: str, wrt: str, order: int, declare: str, values: dict[str, Any], right: Any, target: str) -> None:
    derivation = matcalc.derive(text, wrt, order=order, declare=declare)
    found = derivation.function(target)(**{name: given(target, value) for name, value in values.items()})
    assert np.allclose(np.asarray(found), right, rtol=1e-11, atol=1e-13 if "det" in text else 1e-300, equal_nan=True), (
        f"{found}\nis not\n{right}"
    )
    if target == "numpy" and derivation.expression is not None:
        assert np.allclose(
            evaluate(derivation.with_cost("familiar").expression.node, values), right, rtol=1e-11, atol=1e-13, equal_nan=True
        )
