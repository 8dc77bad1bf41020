"""A deep network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.problems.problem import Arrays, Problem


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


def network_hessian(a: Arrays) -> Any:
    """x x' ⊗ H, with the Hessian H by the first layer's input collected from the curvature of every layer."""
    h = [a["x"]]
    for k in range(1, LAYERS + 1):
        h.append(np.tanh(a[f"W{k}"] @ h[-1] + a[f"b{k}"]))
    slopes = [1 - one * one for one in h]
    upstream = [a["u"]]
    for k in range(LAYERS, 1, -1):
        upstream.append((upstream[-1] * slopes[k]) @ a[f"W{k}"])
    upstream.reverse()
    curvature = [-2 * one * slope * by for one, slope, by in zip(h[1:], slopes[1:], upstream, strict=True)]
    n = len(a["x"])
    inner, jacobian = np.diag(curvature[0]), np.diag(slopes[1])
    for k in range(2, LAYERS + 1):
        step = a[f"W{k}"] * slopes[1] if k == 2 else a[f"W{k}"] @ jacobian
        inner = inner + (step.T * curvature[k - 1]) @ step
        jacobian = slopes[k][:, None] * step
    return (np.outer(a["x"], a["x"])[:, None, :, None] * inner[:, None, :]).reshape(n * n, n * n)


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
    network_hessian,
    "W1",
    ({"n": 16}, {"n": 64}),
)
