"""Taylor polynomials and derivatives along a direction, against functions written in NumPy: these are interpolated along the direction."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.polynomial import Chebyshev

from matcalc import MatcalcError, taylor
from matcalc.analysis import taylor_series
from matcalc.expr.nodes import Expr, Number, Symbol
from matcalc.folding.build import product

RNG = np.random.default_rng(3)
N = 4
X = RNG.normal(size=(N, N)) + 4 * np.eye(N)
S = X @ X.T
VALUES: dict[str, Any] = {
    "x": RNG.normal(size=N), "h": RNG.normal(size=N), "a": RNG.uniform(0.5, 1.5, size=N), "A": RNG.normal(size=(N, N)), "X": X,
    "H": RNG.normal(size=(N, N)), "S": S, "D": X + X.T, "t": 0.3, "B": RNG.normal(size=(N, N)), "K": np.triu(X, 1) - np.triu(X, 1).T,
}  # fmt: skip


def logsumexp(z: Any) -> Any:
    return np.log(np.sum(np.exp(z)))


def softmax(z: Any) -> Any:
    return np.exp(z) / np.sum(np.exp(z))


def root(matrix: Any) -> Any:
    values, vectors = np.linalg.eigh(matrix)
    return vectors * np.sqrt(values) @ vectors.T


def exponential(matrix: Any) -> Any:
    total, term = np.eye(len(matrix)), np.eye(len(matrix))
    for k in range(1, 40):
        term = term @ matrix / k
        total = total + term
    return total


ALONG: list[tuple[str, str, str, str, int, Callable[[Any], Any]]] = [
    ("x'*A*x", "x", "h", "", 3, lambda x: x @ VALUES["A"] @ x),
    ("sum(exp(x)./a)", "x", "h", "", 4, lambda x: np.sum(np.exp(x) / VALUES["a"])),
    ("logsumexp(A*x)", "x", "h", "", 3, lambda x: logsumexp(VALUES["A"] @ x)),
    ("norm2(x - a)", "x", "h", "", 3, lambda x: np.linalg.norm(x - VALUES["a"])),
    ("softmax(x)", "x", "h", "", 3, softmax),
    ("x/norm2(x)", "x", "h", "", 2, lambda x: x / np.linalg.norm(x)),
    ("inv(X)", "X", "H", "", 3, np.linalg.inv),
    ("det(X)", "X", "H", "", 4, np.linalg.det),
    ("logdet(X'*X)", "X", "H", "", 3, lambda X: np.log(np.linalg.det(X.T @ X))),
    ("X^3", "X", "H", "", 4, lambda X: X @ X @ X),
    ("X'*A*X", "X", "H", "", 2, lambda X: X.T @ VALUES["A"] @ X),
    ("sqrtm(S)", "S", "D", "S: n×n positive_definite; D: n×n symmetric", 2, root),
    ("eigmax(S)", "S", "D", "S: n×n symmetric; D: n×n symmetric", 3, lambda S: np.linalg.eigvalsh(S)[-1]),
]
SERIES: list[tuple[str, str, int, Callable[[float], Any]]] = [
    ("inv(eye(n) - t*A/9)", "", 4, lambda t: np.linalg.inv(np.eye(N) - t * VALUES["A"] / 9)),
    ("expm(t*A)*B*expm(-t*A)", "", 3, lambda t: exponential(t * VALUES["A"]) @ VALUES["B"] @ exponential(-t * VALUES["A"])),
    ("sqrt((x + t*h)'*S*(x + t*h))", "S: n×n positive_definite", 3, lambda t: np.sqrt((VALUES["x"] + t * VALUES["h"]) @ S @ (VALUES["x"] + t * VALUES["h"]))),
    ("det(eye(n) + t*A)", "", 3, lambda t: np.linalg.det(np.eye(N) + t * VALUES["A"])),
    ("log(1 + t)*x", "x: n", 5, lambda t: np.log(1 + t) * VALUES["x"]),
    ("x'*A*x", "x: n; t: scalar", 2, lambda t: VALUES["x"] @ VALUES["A"] @ VALUES["x"]),
]  # fmt: skip


def interpolated(function: Callable[[float], Any], order: int, radius: float = 0.2) -> Any:
    """The derivative of an array by a number, at 0."""
    at = radius * np.cos(np.pi * (np.arange(24) + 0.5) / 24)
    values = np.array([np.asarray(function(s)).reshape(-1) for s in at])
    shape = np.shape(function(0.0))
    fits = [Chebyshev.fit(at, column, 16, domain=[-radius, radius]) for column in values.T]
    return np.array([(fit.deriv(order) if order else fit)(0.0) for fit in fits]).reshape(shape)


def near(found: Any, wanted: Any) -> bool:
    return np.shape(found) == np.shape(wanted) and bool(np.max(np.abs(found - wanted), initial=0) <= 2e-5 * (1 + np.max(np.abs(wanted), initial=0)))  # fmt: skip


def evaluated(result: Any) -> Any:
    return result.function("numpy")(**VALUES, n=N)


@pytest.mark.parametrize(("text", "wrt", "direction", "declare", "order", "function"), ALONG)
def test_derivatives_along_a_direction(
    text: str, wrt: str, direction: str, declare: str, order: int, function: Callable[[Any], Any]
) -> None:
    found = taylor(text, wrt, order, direction, declare=declare)
    wanted = [interpolated(lambda s: function(VALUES[wrt] + s * VALUES[direction]), k) for k in range(order + 1)]
    assert len(found.derivatives) == order + 1 and found.derivative is found.derivatives[-1]
    assert [near(evaluated(one), two) for one, two in zip(found.derivatives, wanted, strict=True)] == [True] * (order + 1)
    total = sum(two / np.prod(np.arange(1, k + 1)) for k, two in enumerate(wanted))
    assert near(evaluated(found), total) and near(evaluated(found.polynomial), total)
    for step in found.steps:
        sizes = dict.fromkeys("nmkp", N)
        assert near(step.left.value(VALUES, sizes), step.right.value(VALUES, sizes)), step


@pytest.mark.parametrize(("text", "declare", "order", "function"), SERIES)
def test_series_in_a_scalar(text: str, declare: str, order: int, function: Callable[[float], Any]) -> None:
    found = taylor(text, "t", order, declare=declare)
    wanted = [interpolated(function, k) for k in range(order + 1)]
    assert [near(evaluated(one), two) for one, two in zip(found.derivatives, wanted, strict=True)] == [True] * (order + 1)
    assert near(evaluated(found), sum(two * VALUES["t"] ** k / np.prod(np.arange(1, k + 1)) for k, two in enumerate(wanted)))
    for step in found.steps:
        assert near(step.left.value(VALUES, {"n": N}), step.right.value(VALUES, {"n": N})), step


def test_a_wrong_derivative_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = taylor_series.differential_form

    def doubled(expression: Expr, moves: dict[Symbol, Symbol]) -> Expr | None:
        found = right(expression, moves)
        return None if found is None else product([Number(Fraction(2)), found])

    monkeypatch.setattr(taylor_series, "differential_form", doubled)
    with pytest.raises(MatcalcError, match="not what differences say"):
        taylor("x'*A*x", "x", 2, "h")


def test_a_wrong_value_at_zero_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taylor_series, "ORIGIN", Number(1 + 0 * taylor_series.ORIGIN.value))
    with pytest.raises(MatcalcError, match="no Taylor series"):
        taylor("exp(t*a'*x)", "t", 2)


@pytest.mark.parametrize("text", ["log(t)", "1/t", "sqrt(t)*x", "abs(t)", "norm2(t*x)", "logdet(t*X)"])
def test_no_series_where_there_is_no_derivative(text: str) -> None:
    with pytest.raises(MatcalcError, match="no Taylor series at t = 0") as error:
        taylor(text, "t", 2, declare="t: scalar; x: n; X: n×n")
    assert "direction" in str(error.value)


def test_names_of_directions() -> None:
    assert taylor("x'*x", "x").direction == "h" and taylor("tr(X'*X)", "X").direction == "H"
    assert taylor("h'*x*h'*x", "x").direction == "dx"
    assert taylor("x'*x", "x", declare="x: n; h: n").direction == "h"
    with pytest.raises(MatcalcError, match="already a name"):
        taylor("x'*a", "x", 2, "a")
    with pytest.raises(MatcalcError, match="h is declared as"):
        taylor("x'*x", "x", 2, "h", declare="x: n; h: n×n")
    with pytest.raises(MatcalcError, match="the order is 13"):
        taylor("x'*x", "x", 13)


def test_the_command() -> None:
    def told(*arguments: str) -> str:
        return subprocess.run([sys.executable, "-m", "matcalc", "taylor", *arguments], capture_output=True, text=True, encoding="utf-8").stdout.strip()  # fmt: skip

    assert told("logdet(X)", "--wrt", "X", "--order", "3", "--derivative", "--to", "ascii") == "2*tr(inv(X)*H*inv(X)*H*inv(X)*H)"
    assert told("inv(eye(n) - t*A)", "--wrt", "t", "--to", "ascii") == "eye + t*A + t^2*A^2"
    assert json.loads(told("x'*A*x", "--wrt", "x", "--to", "json"))["direction"] == "h"
    assert told("x'*A*x wrt x along v", "--to", "ascii") == "x'*A*x + x'*(A + A')*v + v'*A*v"
    assert "D² f[h, h] = hᵀ (A + Aᵀ) h" in told("x'*A*x", "--wrt", "x", "--steps", "--to", "unicode")
