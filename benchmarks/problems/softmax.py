"""Softmax cross entropy, attention and log-sum-exp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.problems.problem import Arrays, Problem

# ---------------------------------------------------------------- softmax cross entropy


def cross_entropy_by_hand(a: Arrays) -> tuple[Any, ...]:
    scores = a["X"] @ a["W"]
    largest = np.max(scores, axis=1)
    e = np.exp(scores - largest[:, None])
    total = np.sum(e, axis=1)
    return np.sum(largest + np.log(total)) - np.vdot(a["Y"], scores), a["X"].T @ (e / total[:, None] - a["Y"])


def cross_entropy_hessian(a: Arrays) -> Any:
    scores = a["X"] @ a["W"]
    p = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    p /= np.sum(p, axis=1, keepdims=True)
    (n, c), rows = a["W"].shape, len(a["X"])
    z = (p[:, :, None] * a["X"][:, None, :]).reshape(rows, c * n)
    result = (-z.T @ z).reshape(c, n, c, n)
    for k in range(c):
        s = np.sqrt(p[:, k, None]) * a["X"]
        result[k, :, k, :] += s.T @ s
    return result.reshape(c * n, c * n)


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
    cross_entropy_hessian,
    "W",
    ({"m": 100, "n": 20, "c": 5}, {"m": 256, "n": 60, "c": 10}),
)

MULTINOMIAL = Problem(
    "multinomial logistic regression",
    "-sum(Y.*log(softmax(X*W, rows))) + t*||W||^2",
    "X: m×n; W: n×c; Y: m×c simplex; t: scalar",
    ("W",),
    lambda rng, s: {**CROSS_ENTROPY.sample(rng, s), "t": 0.1},
    lambda a: ridged(a, *cross_entropy_by_hand(a)),
    lambda xp, a: cross_entropy_loss(xp, a) + a["t"] * xp.sum(a["W"] ** 2),
    ({"m": 200, "n": 50, "c": 5}, {"m": 1000, "n": 200, "c": 10}),
    lambda a: with_diagonal(cross_entropy_hessian(a), 2 * a["t"]),
    "W",
    ({"m": 100, "n": 20, "c": 5}, {"m": 256, "n": 60, "c": 10}),
)


def ridged(a: Arrays, value: Any, gradient: Any) -> tuple[Any, ...]:
    flat = a["W"].reshape(-1)
    return value + a["t"] * (flat @ flat), gradient + 2 * a["t"] * a["W"]


def with_diagonal(matrix: Any, entry: Any) -> Any:
    matrix.reshape(-1)[:: len(matrix) + 1] += entry
    return matrix


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


def attention_hessian(a: Arrays) -> Any:
    """By Q: one block for each query."""
    (m, d), k = a["Q"].shape, a["K"]
    scores = (a["Q"] @ k.T) / np.sqrt(d)
    p = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    p /= np.sum(p, axis=1, keepdims=True)
    g = p * (a["G"] @ a["V"].T)
    g -= np.sum(g, axis=1, keepdims=True) * p
    kg, kp = (g @ k) / d, p @ k
    cross = kg[:, :, None] * kp[:, None, :]
    result = np.zeros((d, m, d, m))
    places = np.arange(m)
    result[:, places, :, places] = (g[:, None, :] * (k.T / d)) @ k - cross - cross.transpose(0, 2, 1)
    return result.reshape(d * m, d * m)


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
    attention_hessian,
    "Q",
    ({"m": 16, "n": 16, "d": 8, "p": 8}, {"m": 64, "n": 64, "d": 16, "p": 16}),
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
