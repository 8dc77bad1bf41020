"""The problems of the code benchmarks: expressions, random inputs, closed forms written by hand, and the same loss for JAX and PyTorch.

By hand means: as a careful person writes NumPy, with scaling by broadcasting, chains in the cheap order, Cholesky factors and nothing
computed twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Problem:
    """``by_hand`` gives the value and the gradients; ``loss(xp, arrays)`` the value with the module ``jax.numpy`` or ``torch``."""

    name: str
    expression: str
    declare: str
    gradient: tuple[str, ...]
    sample: Callable[[np.random.Generator, Mapping[str, int]], Arrays]
    by_hand: Callable[[Arrays], tuple[Any, ...]]
    loss: Callable[[Any, Mapping[str, Any]], Any]
    sizes: tuple[dict[str, int], ...]
    hessian: Callable[[Arrays], Any] | None = None
    hessian_by: str = ""
    hessian_sizes: tuple[dict[str, int], ...] = field(default=())


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
    lambda rng, s: {"X": rng.normal(size=(s["m"], s["n"])), "w": rng.normal(size=s["n"]) / 10, "y": rng.choice([-1.0, 1.0], s["m"])},
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
)


# ---------------------------------------------------------------- softmax cross entropy


def cross_entropy_by_hand(a: Arrays) -> tuple[Any, ...]:
    scores = a["X"] @ a["W"]
    largest = np.max(scores, axis=1)
    e = np.exp(scores - largest[:, None])
    total = np.sum(e, axis=1)
    return np.sum(largest + np.log(total)) - np.vdot(a["Y"], scores), a["X"].T @ (e / total[:, None] - a["Y"])


def cross_entropy_loss(xp: Any, a: Mapping[str, Any]) -> Any:
    scores = a["X"] @ a["W"]
    # The module tells the libraries apart: torch has logsumexp at its top.
    total = xp.logsumexp(scores, dim=1) if hasattr(xp, "logsumexp") else _jax_logsumexp(scores)
    return xp.sum(total) - xp.sum(a["Y"] * scores)


def _jax_logsumexp(scores: Any) -> Any:
    import jax

    return jax.nn.logsumexp(scores, axis=1)


CROSS_ENTROPY = Problem(
    "softmax cross entropy",
    "sum(logsumexp(X*W, rows)) - tr(Y'*X*W)",
    "X: m×n; W: n×c; Y: m×c",
    ("W",),
    lambda rng, s: {
        "X": rng.normal(size=(s["m"], s["n"])),
        "W": rng.normal(size=(s["n"], s["c"])) / 10,
        "Y": np.eye(s["c"])[rng.integers(0, s["c"], s["m"])],
    },
    cross_entropy_by_hand,
    cross_entropy_loss,
    ({"m": 256, "n": 100, "c": 10}, {"m": 2000, "n": 500, "c": 20}),
)


# ---------------------------------------------------------------- attention


def attention_by_hand(a: Arrays) -> tuple[Any, ...]:
    root = np.sqrt(a["Q"].shape[1])
    scores = (a["Q"] @ a["K"].T) / root
    e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    gv = a["G"] @ a["V"].T
    d = p * gv
    d -= np.sum(d, axis=1)[:, None] * p
    return np.vdot(p, gv), (d @ a["K"]) / root, (d.T @ a["Q"]) / root, p.T @ a["G"]


def attention_loss(xp: Any, a: Mapping[str, Any]) -> Any:
    scores = (a["Q"] @ a["K"].T) / a["Q"].shape[1] ** 0.5
    p = xp.softmax(scores, dim=1) if hasattr(xp, "softmax") else _jax_softmax(scores)
    return xp.sum(a["G"] * (p @ a["V"]))


def _jax_softmax(scores: Any) -> Any:
    import jax

    return jax.nn.softmax(scores, axis=1)


ATTENTION = Problem(
    "attention",
    "tr(G'*softmax(Q*K'/sqrt(d), rows)*V)",
    "Q: m×d; K: n×d; V: n×p; G: m×p",
    ("Q", "K", "V"),
    lambda rng, s: {
        "Q": rng.normal(size=(s["m"], s["d"])),
        "K": rng.normal(size=(s["n"], s["d"])),
        "V": rng.normal(size=(s["n"], s["p"])),
        "G": rng.normal(size=(s["m"], s["p"])),
    },
    attention_by_hand,
    attention_loss,
    ({"m": 64, "n": 64, "d": 32, "p": 32}, {"m": 512, "n": 512, "d": 64, "p": 64}),
)


# ---------------------------------------------------------------- a deep network


def network(layers: int) -> tuple[str, str]:
    """Expression and declarations of ``u'h`` after so many layers ``h = tanh(W h + b)``."""
    steps = [f"h{k} = tanh(W{k}*{f'h{k - 1}' if k > 1 else 'x'} + b{k})" for k in range(1, layers + 1)]
    declare = ["u: n", "x: n", *(f"W{k}: n×n; b{k}: n" for k in range(1, layers + 1))]
    return "; ".join([*steps, f"u'*h{layers}"]), "; ".join(declare)


LAYERS = 10


def network_sample(rng: np.random.Generator, s: Mapping[str, int]) -> Arrays:
    n = s["n"]
    arrays = {"u": rng.normal(size=n), "x": rng.normal(size=n)}
    for k in range(1, LAYERS + 1):
        arrays |= {f"W{k}": rng.normal(size=(n, n)) / np.sqrt(n), f"b{k}": rng.normal(size=n) / 10}
    return arrays


def network_by_hand(a: Arrays) -> tuple[Any, ...]:
    h = [a["x"]]
    for k in range(1, LAYERS + 1):
        h.append(np.tanh(a[f"W{k}"] @ h[-1] + a[f"b{k}"]))
    d = a["u"] * (1 - h[-1] * h[-1])
    for k in range(LAYERS, 1, -1):
        d = (d @ a[f"W{k}"]) * (1 - h[k - 1] * h[k - 1])
    return a["u"] @ h[-1], np.outer(d, a["x"])


def network_loss(xp: Any, a: Mapping[str, Any]) -> Any:
    h = a["x"]
    for k in range(1, LAYERS + 1):
        h = xp.tanh(a[f"W{k}"] @ h + a[f"b{k}"])
    return a["u"] @ h


NETWORK = Problem(
    f"{LAYERS}-layer network, by W1",
    *network(LAYERS),
    ("W1",),
    network_sample,
    network_by_hand,
    network_loss,
    ({"n": 64}, {"n": 500}),
    None,
    "W1",
    ({"n": 64},),
)


# ---------------------------------------------------------------- log-sum-exp


def log_sum_exp_by_hand(a: Arrays) -> tuple[Any, ...]:
    largest = np.max(a["x"])
    e = np.exp(a["x"] - largest)
    total = np.sum(e)
    return largest + np.log(total), e / total


def log_sum_exp_hessian(a: Arrays) -> Any:
    p = log_sum_exp_by_hand(a)[1]
    result = np.outer(-p, p)
    result.reshape(-1)[:: len(p) + 1] += p
    return result


def log_sum_exp_loss(xp: Any, a: Mapping[str, Any]) -> Any:
    if hasattr(xp, "logsumexp"):
        return xp.logsumexp(a["x"], dim=0)
    import jax

    return jax.nn.logsumexp(a["x"])


LOG_SUM_EXP = Problem(
    "log-sum-exp",
    "log(sum(exp(x)))",
    "x: n",
    ("x",),
    lambda rng, s: {"x": rng.normal(size=s["n"])},
    log_sum_exp_by_hand,
    log_sum_exp_loss,
    ({"n": 1000}, {"n": 100000}),
    log_sum_exp_hessian,
    "x",
    ({"n": 200}, {"n": 1000}),
)

PROBLEMS = (LOGISTIC, MATRIX_FACTORISATION, QUADRATIC, GAUSSIAN, CROSS_ENTROPY, ATTENTION, NETWORK, LOG_SUM_EXP)
