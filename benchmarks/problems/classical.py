"""Logistic regression, matrix factorisation, a quadratic form and the Gaussian log-likelihood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.problems.problem import Arrays, Problem


def softplus(t: np.ndarray) -> np.ndarray:
    return np.maximum(t, 0) + np.log1p(np.exp(-np.abs(t)))


def sigmoid(t: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * t))


# ---------------------------------------------------------------- logistic regression


def logistic_by_hand(a: Arrays) -> tuple[Any, ...]:
    t = -(a["y"] * (a["X"] @ a["w"]))
    return np.sum(softplus(t)), -((a["y"] * sigmoid(t)) @ a["X"])


def logistic_hessian(a: Arrays) -> Any:
    s = sigmoid(a["y"] * (a["X"] @ a["w"]))
    z = np.sqrt(s * (1 - s))[:, None] * a["X"]
    return z.T @ z


def logistic_loss(xp: Any, a: Mapping[str, Any]) -> Any:
    t = -(a["y"] * (a["X"] @ a["w"]))
    return xp.sum(xp.logaddexp(0 * t, t))


LOGISTIC = Problem(
    "logistic regression",
    "sum(log(1 + exp(-y.*(X*w))))",
    "X: m×n; w: n; y: m sign",
    ("w",),
    lambda rng, s: {
        "X": rng.normal(size=(s["m"], s["n"])),
        "w": rng.normal(size=s["n"]) / 10,
        "y": rng.choice([-1.0, 1.0], s["m"]),
    },
    logistic_by_hand,
    logistic_loss,
    ({"m": 200, "n": 100}, {"m": 2000, "n": 1000}),
    logistic_hessian,
    "w",
    ({"m": 400, "n": 200}, {"m": 2000, "n": 1000}),
)


# ---------------------------------------------------------------- matrix factorisation


def factorisation_by_hand(a: Arrays) -> tuple[Any, ...]:
    r = a["U"] @ a["V"] - a["X"]
    flat = r.reshape(-1)
    return flat @ flat, 2 * (r @ a["V"].T), 2 * (a["U"].T @ r)


def factorisation_hessian(a: Arrays) -> Any:
    n, k = a["U"].shape
    result = np.zeros((k, n, k, n))
    places = np.arange(n)
    result[:, places, :, places] = 2 * (a["V"] @ a["V"].T)
    return result.reshape(n * k, n * k)


MATRIX_FACTORISATION = Problem(
    "matrix factorisation",
    "||X - U*V||^2",
    "X: n×m; U: n×k; V: k×m",
    ("U", "V"),
    lambda rng, s: {
        "X": rng.normal(size=(s["n"], s["m"])),
        "U": rng.normal(size=(s["n"], s["k"])),
        "V": rng.normal(size=(s["k"], s["m"])),
    },
    factorisation_by_hand,
    lambda xp, a: xp.sum((a["X"] - a["U"] @ a["V"]) ** 2),
    ({"n": 100, "m": 100, "k": 5}, {"n": 1000, "m": 1000, "k": 10}),
    factorisation_hessian,
    "U",
    ({"n": 100, "m": 100, "k": 5},),
)


# ---------------------------------------------------------------- quadratic form


QUADRATIC = Problem(
    "x'Ax",
    "x'*A*x",
    "A: n×n; x: n",
    ("x",),
    lambda rng, s: {"A": rng.normal(size=(s["n"], s["n"])), "x": rng.normal(size=s["n"])},
    lambda a: ((ax := a["A"] @ a["x"]) @ a["x"], ax + a["x"] @ a["A"]),
    lambda xp, a: a["x"] @ (a["A"] @ a["x"]),
    ({"n": 100}, {"n": 1000}),
    lambda a: a["A"] + a["A"].T,
    "x",
    ({"n": 200}, {"n": 1000}),
)


# ---------------------------------------------------------------- Gaussian log-likelihood


def triangular_inverse(factor: np.ndarray, block: int = 64) -> np.ndarray:
    """NumPy has no triangular solver: the inverse of a Cholesky factor in blocks."""
    result = np.zeros_like(factor)
    for k in range(0, len(factor), block):
        here = slice(k, k + block)
        result[here, here] = np.linalg.inv(factor[here, here])
        result[here, :k] = -result[here, here] @ (factor[here, :k] @ result[:k, :k])
    return result


def gaussian_by_hand(a: Arrays) -> tuple[Any, ...]:
    factor = np.linalg.cholesky(a["S"])
    lower = triangular_inverse(factor)
    precision = lower.T @ lower
    r = a["x"] - a["u"]
    q = precision @ r
    return -np.sum(np.log(np.diagonal(factor))) - 0.5 * (r @ q), -0.5 * (precision - np.outer(q, q))


def gaussian_hessian(a: Arrays) -> Any:
    """Of a symmetric Σ: outer products of P and q q', and the same with two axes exchanged."""
    lower = triangular_inverse(np.linalg.cholesky(a["S"]))
    p = 0.5 * (lower.T @ lower)
    q = 2 * (p @ (a["x"] - a["u"]))
    qq = np.outer(q, q)
    t = p[:, :, None, None] * (p - 0.5 * qq)
    t -= (0.5 * qq)[:, :, None, None] * p
    n = len(q)
    return (t.transpose(2, 0, 3, 1) + t.transpose(2, 0, 1, 3)).reshape(n * n, n * n)


def gaussian_loss(xp: Any, a: Mapping[str, Any]) -> Any:
    r = a["x"] - a["u"]
    return -0.5 * xp.linalg.slogdet(a["S"])[1] - 0.5 * (r @ xp.linalg.solve(a["S"], r))


def covariance(rng: np.random.Generator, n: int) -> np.ndarray:
    root = rng.normal(size=(n, n))
    return root @ root.T / n + np.eye(n)


GAUSSIAN = Problem(
    "Gaussian log-likelihood, by Σ",
    "-0.5*logdet(S) - 0.5*(x - u)'*inv(S)*(x - u)",
    "S: n×n positive_definite; x: n; u: n",
    ("S",),
    lambda rng, s: {"S": covariance(rng, s["n"]), "x": rng.normal(size=s["n"]), "u": rng.normal(size=s["n"])},
    gaussian_by_hand,
    gaussian_loss,
    ({"n": 100}, {"n": 500}),
    gaussian_hessian,
    "S",
    ({"n": 10}, {"n": 30}),
    lambda xp, a: gaussian_loss(xp, {**a, "S": 0.5 * (a["S"] + a["S"].T)}),
)


# ---------------------------------------------------------------- factorisation of a matrix with gaps


def masked_by_hand(a: Arrays) -> tuple[Any, ...]:
    r = a["M"] * (a["U"] @ a["V"] - a["X"])
    flat = r.reshape(-1)
    return flat @ flat, 2 * (r @ a["V"].T), 2 * (a["U"].T @ r)


def masked_hessian(a: Arrays) -> Any:
    """For every row of U the Gram matrix of the columns of V that are there."""
    n, k = a["U"].shape
    result = np.zeros((k, n, k, n))
    places = np.arange(n)
    pairs = (a["V"][:, None] * (2 * a["V"])).reshape(k * k, -1)
    result[:, places, :, places] = (a["M"] @ pairs.T).reshape(n, k, k)
    return result.reshape(n * k, n * k)


MASKED_FACTORISATION = Problem(
    "masked factorisation",
    "||M.*(X - U*V)||^2",
    "M: n×m mask; X: n×m; U: n×k; V: k×m",
    ("U", "V"),
    lambda rng, s: {**MATRIX_FACTORISATION.sample(rng, s), "M": rng.integers(0, 2, size=(s["n"], s["m"])).astype(float)},
    masked_by_hand,
    lambda xp, a: xp.sum((a["M"] * (a["X"] - a["U"] @ a["V"])) ** 2),
    ({"n": 100, "m": 100, "k": 5}, {"n": 1000, "m": 1000, "k": 10}),
    masked_hessian,
    "U",
    ({"n": 100, "m": 100, "k": 5},),
)


# ---------------------------------------------------------------- Gaussian process


def process_by_hand(a: Arrays) -> tuple[Any, ...]:
    lower, b, q = _process(a)
    g = b.T @ q
    return q @ q + 2 * np.sum(np.log(np.diagonal(lower))), np.sum(b * b, axis=0) - g * g


def _process(a: Arrays) -> tuple[Any, Any, Any]:
    """The Cholesky factor of the covariance, and what it makes of X and y."""
    x = a["X"]
    covariance = (x * a["w"]) @ x.T
    covariance.reshape(-1)[:: len(x) + 1] += a["s"]
    lower = np.linalg.cholesky(covariance)
    inverse = triangular_inverse(lower)
    return lower, inverse @ x, inverse @ a["y"]


def process_hessian(a: Arrays) -> Any:
    _, b, q = _process(a)
    gram, g = b.T @ b, b.T @ q
    return (2 * np.outer(g, g) - gram) * gram


def process_loss(xp: Any, a: Mapping[str, Any]) -> Any:
    covariance = (a["X"] * a["w"]) @ a["X"].T + a["s"] * xp.eye(len(a["X"]), dtype=a["X"].dtype)
    return a["y"] @ xp.linalg.solve(covariance, a["y"]) + xp.linalg.slogdet(covariance)[1]


GAUSSIAN_PROCESS = Problem(
    "Gaussian process, by hyperparameters",
    "y'*inv(X*diag(w)*X' + s*eye)*y + logdet(X*diag(w)*X' + s*eye)",
    "X: n×p; w: p positive; s: scalar positive; y: n",
    ("w",),
    lambda rng, s: {
        "X": rng.normal(size=(s["n"], s["p"])),
        "w": rng.uniform(0.5, 1.5, s["p"]),
        "s": 0.5,
        "y": rng.normal(size=s["n"]),
    },
    process_by_hand,
    process_loss,
    ({"n": 100, "p": 20}, {"n": 500, "p": 50}),
    process_hessian,
    "w",
    ({"n": 100, "p": 20}, {"n": 400, "p": 50}),
)
