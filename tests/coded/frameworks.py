"""What is written with PyTorch and JAX: mistakes in rules for backward, weights of modules, broadcasting in a loss."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import matcalc

PYTORCH = """
import torch

class Quadratic(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, A):
        ctx.save_for_backward(x, A)
        return x @ A @ x

    @staticmethod
    def backward(ctx, g):
        x, A = ctx.saved_tensors
        return g * 2 * A @ x, g * torch.outer(x, x)

class Tanh(torch.autograd.Function):
    @staticmethod
    def forward(z):
        return torch.tanh(z)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, g):
        (h,) = ctx.saved_tensors
        return g * (1 - h)

class Layer(torch.nn.Module):
    def __init__(self, n, m):
        super().__init__()
        self.W = torch.nn.Parameter(torch.randn(m, n))

    def forward(self, x, u):
        return u @ Tanh.apply(self.W @ x)

class Linear(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 3)

    def forward(self, x, y):
        return ((self.linear(x) - y) ** 2).sum()

linear = Linear()

class Sized(torch.nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.linear = torch.nn.Linear(dim, dim)

    def forward(self, x, y):
        return (self.linear(x) - y).pow(2).sum()

def pairs(w, X, y):
    return (((X @ w)[:, None] - y) ** 2).sum()

def mean(w, X, y):
    return torch.mean((X @ w - y) ** 2)

def single(w, X, y):
    return 2 * X.float().T @ (X.float() @ w.float() - y.float())

def half(w, X, y):
    return (2 * X.T @ (X @ w - y)).half()

def scales(w, X, y):
    w.mul_(2.0)
    return X.T @ (X @ w - 2 * y)

def detached(w, X, y):
    return ((X @ w.detach() - y) ** 2).sum()

def both(w, X, y):
    return ((X @ w - y) ** 2).sum(), 2 * X.T @ (X @ w - y)
"""

JAX = """
import jax
import jax.numpy as jnp

@jax.custom_vjp
def quadratic(x, A):
    return x @ A @ x

quadratic.defvjp(
    lambda x, A: (quadratic(x, A), (x, A)),
    lambda kept, g: (g * 2 * kept[1] @ kept[0], g * jnp.outer(kept[0], kept[0])),
)

@jax.jit
def gradient(w, X, y):
    return 2 * X.T @ (X @ w - y)

def mean(w, X, y):
    return jnp.mean((X @ w - y) ** 2)
"""

LEAST, LINEAR = "||X*w - y||^2", "||W*x + b - y||^2"
NAMED = {"arguments": "linear.weight=W, linear.bias=b"}
BY_AUTOGRAD = {"autograd": True}

ASKED: dict[str, list[tuple[str, str, str, dict[str, Any], str, str]]] = {
    "torch": [
        ("Quadratic", "x'*A*x", "x", {}, "conditional", "A should be Aᵀ"),
        ("Quadratic", "x'*A*x", "A", {}, "confirmed", ""),
        ("Tanh", "tanh(z)", "z", {}, "refuted", "tanh(z) should be tanh(z).^2"),
        ("Layer", "u'*tanh(W*x)", "W", {}, "refuted", "should be"),
        ("Layer", "u'*tanh(W*x)", "u", {}, "confirmed", ""),
        ("linear", LINEAR, "W", NAMED, "confirmed", ""),
        ("linear", LINEAR, "b", NAMED, "confirmed", ""),
        ("Linear", "||W*x + b - y||^2/2", "b", NAMED, "refuted", "the result is 2 times too large"),
        ("linear", LINEAR, "W", {}, "error", "--arguments linear.weight=W"),
        ("Sized", LINEAR, "W", {}, "error", "dim=NUMBER with a number or one of the sizes"),
        ("Sized", LINEAR, "W", {"arguments": "dim=n"}, "error", "one of its parameters: linear.weight, linear.bias"),
        ("Sized", LINEAR, "W", {"arguments": "dim=4, linear.weight=W, linear.bias=b"}, "confirmed", ""),
        ("pairs", LEAST, "w", BY_AUTOGRAD, "refuted", "is broadcast to n×n"),
        ("mean", LEAST, "w", BY_AUTOGRAD, "refuted", "the result is divided by n"),
        ("mean", "mean((X*w - y).^2)", "w", {"autograd": True, "order": 2}, "confirmed", ""),
        ("single", LEAST, "w", {}, "confirmed", ""),
        ("scales", LEAST, "w", {}, "refuted", "changes its argument w in place"),
        ("detached", LEAST, "w", BY_AUTOGRAD, "error", "detached"),
        ("both", LEAST, "w", {"output": 2, "arrays": "torch"}, "confirmed", ""),
        ("both", LEAST, "w", {"arrays": "torch"}, "error", "--output 2"),
    ],
    "jax": [
        ("quadratic", "x'*A*x", "x", BY_AUTOGRAD, "conditional", "A should be Aᵀ"),
        ("quadratic", "x'*A*x", "A", BY_AUTOGRAD, "confirmed", ""),
        ("gradient", LEAST, "w", {}, "confirmed", ""),
        ("mean", LEAST, "w", BY_AUTOGRAD, "refuted", "the result is divided by n"),
    ],
}


def answers(library: str) -> Iterator[tuple[str, bool, str]]:
    """For each question what it is, whether it is answered as it should be, and the answer."""
    if find_spec(library) is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"written_with_{library}.py"
        file.write_text(PYTORCH if library == "torch" else JAX, encoding="utf-8")
        for name, formula, wrt, options, status, words in ASKED[library]:
            try:
                verdict = matcalc.check(f"{file}:{name}", formula, wrt, seconds=120, **options)
                found, said = verdict.status, verdict.reason
            except matcalc.MatcalcError as error:
                found, said = "error", str(error)
            yield f"{library}: {name} = {formula} by {wrt}", (found, words in said) == (status, True), f"{found}: {said}"
