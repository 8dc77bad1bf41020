"""Decompositions: first and second derivatives against central differences of NumPy's own functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.evaluation.arrays import agrees

RNG = np.random.default_rng(3)
TALL, WIDE, G, B = RNG.normal(size=(4, 3)), RNG.normal(size=(2, 3)), RNG.normal(size=(3, 3)), RNG.normal(size=(2, 2))
DEFINITE = G @ G.T + np.eye(3)
POSITIVE = np.eye(3) + G / 10


def singular_values(X: np.ndarray) -> np.ndarray:
    return np.linalg.svd(X, compute_uv=False)


def triangle(X: np.ndarray) -> np.ndarray:
    return np.linalg.cholesky(X.T @ X).T


def polar(X: np.ndarray) -> np.ndarray:
    left, _, right = np.linalg.svd(X, full_matrices=False)
    return left @ right


def sylvester(A: np.ndarray, B: np.ndarray, C: np.ndarray) -> np.ndarray:
    solved = np.linalg.solve(np.kron(np.eye(len(B)), A) + np.kron(B.T, np.eye(len(A))), C.T.reshape(-1))
    return solved.reshape(C.shape[::-1]).T


def spectral(function: Callable[[Any], Any], X: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eig(X.astype(complex))
    return ((vectors * function(values)) @ np.linalg.inv(vectors)).real


def diagonals(c: Any, r: Any) -> np.ndarray:
    return np.array([[c[i - j] if i >= j else r[j - i] for j in range(3)] for i in range(3)])


def of_eigenvectors(S: np.ndarray) -> float:
    vectors = np.linalg.eigh(S)[1]
    return float(np.sum((vectors @ np.diag([1.0, 2.0, 4.0]) @ vectors.T)[0]))


Case = tuple[str, np.ndarray, str, Callable[[Any], float]]
CASES: list[Case] = [
    ("sum(log(1 + svd(X)))", TALL, "", lambda X: np.sum(np.log(1 + singular_values(X)))),
    ("schatten(X, 3)", WIDE, "", lambda X: np.sum(singular_values(X) ** 3) ** (1 / 3)),
    ("norm(X, nuclear)", WIDE, "X: k×p", lambda X: np.sum(singular_values(X))),
    ("svdvals(X)[1]*svdvals(X)[2]", TALL, "", lambda X: singular_values(X)[0] * singular_values(X)[1]),
    ("cond(X)", TALL, "", lambda X: singular_values(X)[0] / singular_values(X)[-1]),
    ("sum(polar(X).*[1 2 3; 4 5 7])", WIDE, "X: 2×3", lambda X: np.sum(polar(X) * [[1, 2, 3], [4, 5, 7]])),
    ("norm2(qr_r(X)*ones(n))^2", TALL, "X: m×n", lambda X: np.sum(np.sum(triangle(X), axis=1) ** 2)),
    ("sum(qr_q(X))", TALL, "", lambda X: np.sum(X @ np.linalg.inv(triangle(X)))),
    ("sum(exp(eig(X)))", DEFINITE, "X: n×n symmetric", lambda X: np.sum(np.exp(np.linalg.eigvalsh(X)))),
    ("eigmax(X) - eigmin(X)", DEFINITE, "X: n×n symmetric", lambda X: np.ptp(np.linalg.eigvalsh(X))),
    ("sum(eigvecs(X)*diag(c)*eigvecs(X)'*unit(1, 3))", DEFINITE, "X: 3×3 symmetric; c: 3", of_eigenvectors),
    ("log(sum(chol(X)))", DEFINITE, "X: n×n positive_definite", lambda X: np.log(np.sum(np.linalg.cholesky(X)))),
    ("norm2(lyap(X, eye(n)))^2", G, "X: n×n", lambda X: np.sum(sylvester(X, X.T, -np.eye(3)) ** 2)),
    ("norm2(sylvester(X, B, ones(n, m)))^2", G, "X: n×n; B: m×m", lambda X: np.sum(sylvester(X, B, np.ones((3, 2))) ** 2)),
    ("[1 2 4]*expm(X)*[3; 1; 2]", G, "X: 3×3", lambda X: [1, 2, 4] @ spectral(np.exp, X) @ [3, 1, 2]),
    ("norm2(sinm(X)*[3; 1; 2])^2", G, "X: 3×3", lambda X: np.sum((spectral(np.sin, X) @ [3, 1, 2]) ** 2)),
    ("log(sum(cosm(X*X'))^2)", G, "X: 3×3", lambda X: np.log(np.sum(spectral(np.cos, X @ X.T)) ** 2)),
    ("tr(logm(X)*X')", POSITIVE, "X: 3×3", lambda X: np.trace(spectral(np.log, X) @ X.T)),
    ("exp(sum(sqrtm(X)))", POSITIVE, "X: 3×3", lambda X: np.exp(np.sum(spectral(np.sqrt, X)))),
    ("sum(X^1.5)", POSITIVE, "X: 3×3", lambda X: np.sum(spectral(lambda t: t**1.5, X))),
    ("norm2(toeplitz(X, c)*[3; 1; 2])^2", G[0], "X: 3; c: 3", lambda X: np.sum((diagonals(X, [1, 2, 4]) @ [3, 1, 2]) ** 2)),
    ("sum(exp(toeplitz(c, X)))", G[1], "X: 3; c: 3", lambda X: np.sum(np.exp(diagonals([1, 2, 4], X)))),
    ("sum(exp(hankel(X, c)))", G[0], "X: 3; c: 3", lambda X: np.sum(np.exp(diagonals([X[2], 2, 4], X[::-1])))),
    ("norm2(circulant(X)*c)^2", G[1], "X: 3; c: 3", lambda X: np.sum((diagonals(X, X[[0, 2, 1]]) @ [1, 2, 4]) ** 2)),
    ("[1 2 4]*expm(X)*[3; 1; 2]", DEFINITE, "X: 3×3 symmetric", lambda X: [1, 2, 4] @ spectral(np.exp, X) @ [3, 1, 2]),
]


def differences(function: Callable[[Any], Any], X: np.ndarray, symmetric: bool) -> np.ndarray:
    """Central differences, the axes of X first; of a symmetric X along symmetric directions."""
    found = []
    for place in np.ndindex(X.shape):
        move = np.zeros(X.shape)
        move[place] = 1e-4
        move = (move + move.T) / 2 if symmetric else move
        found.append((np.asarray(function(X + move)) - np.asarray(function(X - move))) / 2e-4)
    return np.stack(found).reshape(X.shape + found[0].shape)


def is_right(case: Case, order: int, factor: float = 1.0) -> bool:
    text, X, declare, function = case
    symmetric = "symmetric" in declare or "definite" in declare
    result = matcalc.derive(text, "X", declare=declare or None, order=order)
    other = {"B": B, "c": np.array([1.0, 2.0, 4.0])}
    values = {name: value for name, value in other.items() if name in result.declarations}
    found = factor * result.function("numpy")(X=X, **values)
    expected = differences(function, X, symmetric)
    if order == 2:
        expected = differences(lambda Y: differences(function, Y, symmetric), X, symmetric)
        expected = expected.transpose(*((1, 0, 3, 2) if X.ndim == 2 else (0, 1))).reshape(found.shape)
    return agrees(found, expected, relative=3e-6)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_derivatives_are_those_of_central_differences(case: Case) -> None:
    assert is_right(case, 1)
    assert is_right(case, 2)
    assert not is_right(case, 1, factor=1.001)
    assert not is_right(case, 2, factor=1.001)


@pytest.mark.parametrize(
    ("text", "declare", "expected"),
    [
        ("sum(svdvals(X).^2)", "", "2*X"),
        ("\\|X\\|_{S_1}", "", "polar(X)"),
        ("sum(log(svdvals(X)))", "", "pinv(X)'"),
        ("sum(log(eig(X)))", "X: n×n symmetric", "inv(X)"),
        ("norm2(inv(chol(X))*a)^2", "X: n×n positive_definite", "-inv(X)*a*a'*inv(X)"),
        ("norm2(qr_q(X)*a)^2", "X: m×n", "zeros(m, n)"),
        ("norm2(svd_u(X)*a)^2", "X: m×n", "zeros(m, n)"),
    ],
)
def test_products_of_factors_are_recognised(text: str, declare: str, expected: str) -> None:
    assert matcalc.derive(text, "X", declare=declare or None).text("ascii") == expected


def test_second_derivatives_have_matrix_forms() -> None:
    assert matcalc.derive("sum(svdvals(X).^3)", "X", order=2).closed
    form = matcalc.derive("expm(S)", "S", declare="S: n×n symmetric").text("ascii")
    assert form.startswith("0.5*kron(eigvecs(S), eigvecs(S))*diag(vec(divdiff_exp(S)))*kron(eigvecs(S)', eigvecs(S)')")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sum(eigvals(S))", lambda s: np.linalg.eigvalsh(s).sum()),
        ("prod(eigvals(S))", lambda s: np.linalg.eigvalsh(s).prod()),
        ("sum(exp(eigvals(S)))", lambda s: np.exp(np.linalg.eigvalsh(s)).sum()),
        ("sum(svdvals(S).^2)", lambda s: (np.linalg.svd(s, compute_uv=False) ** 2).sum()),
        ("sum(svdvals(S))", lambda s: np.linalg.svd(s, compute_uv=False).sum()),
    ],
)
def test_eigenvalues_may_meet_where_a_derivative_is_continuous(text: str, value: Callable[..., Any]) -> None:
    found = matcalc.derive(text, "S", declare="S: n×n symmetric")
    assert not any("distinct" in condition for condition in found.conditions)
    point, change = 2 * np.eye(3), np.array([[1.0, 2, 0], [2, -1, 3], [0, 3, 0.5]])
    slope = (value(point + 1e-6 * change) - value(point - 1e-6 * change)) / 2e-6
    np.testing.assert_allclose(np.sum(found.function("numpy")(S=point) * change), slope, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("text", ["max(eigvals(S))", "eigvals(S)'*c", "sum(svdvals(S).^3)", "eigvals(S)[1]"])
def test_eigenvalues_that_must_be_distinct(text: str) -> None:
    found = matcalc.derive(text, "S", declare="S: n×n symmetric; c: n" if "c" in text else "S: n×n symmetric")
    assert any("distinct" in condition for condition in found.conditions)
