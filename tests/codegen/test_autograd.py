"""What JAX and PyTorch make of the emitted code of every elementwise function when they differentiate it themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import matcalc
from matcalc.base.functions import functions

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    **{
        name: getattr(mpmath, name)
        for name in (
            "exp",
            "log",
            "sin",
            "cos",
            "tan",
            "sinh",
            "cosh",
            "tanh",
            "asin",
            "acos",
            "atan",
            "erf",
            "asinh",
            "acosh",
            "atanh",
            "erfc",
            "gamma",
        )
    },
    "sigmoid": lambda t: 1 / (1 + mpmath.exp(-t)),
    "softplus": lambda t: mpmath.log(1 + mpmath.exp(t)),
    "lgamma": lambda t: mpmath.loggamma(t),
    "digamma": lambda t: mpmath.digamma(t),
    "normcdf": lambda t: mpmath.ncdf(t),
    "normpdf": lambda t: mpmath.npdf(t),
    "cbrt": lambda t: mpmath.sign(t) * mpmath.cbrt(abs(t)),
    "gelu": lambda t: t * (1 + mpmath.erf(t / mpmath.sqrt(2))) / 2,
}
"""Functions that are smooth where they are defined; the others are below, with their slopes."""
KINKED: dict[str, Callable[[float], float]] = {
    "abs": np.sign,
    "sign": lambda t: 0.0,
    "relu": lambda t: float(t > 0),
    "step": lambda t: 0.0,
    "nonnegative": lambda t: 0.0,
    "heaviside": lambda t: 0.0,
}
POINTS = (0.0, 0.3, -0.3, 2.5, -2.5, 20.5, -20.5, 50.0, -50.0, 1000.0, -1000.0)
DOMAINS: dict[str, Callable[[float], bool]] = {
    "log": lambda t: t > 0,
    "asin": lambda t: abs(t) < 1,
    "acos": lambda t: abs(t) < 1,
    "atanh": lambda t: abs(t) < 1,
    "acosh": lambda t: t > 1,
    "cbrt": bool,
    "gamma": lambda t: 0 < t < 100,
    "lgamma": lambda t: t > 0,
    "digamma": lambda t: t > 0,
}
GROWING = {"exp", "sinh", "cosh"}


def slopes(target: str, name: str, where: list[float]) -> np.ndarray:
    value = matcalc.parse(f"sum({name}(x))", declare="x: n").function(target)
    if target == "jax":
        import jax

        return np.asarray(jax.grad(lambda x: value(x=x))(jax.numpy.asarray(where)))
    import torch

    x = torch.tensor(where, dtype=torch.float64, requires_grad=True)
    value(x=x).backward()
    return x.grad.numpy()


def right_slopes(name: str, where: list[float]) -> np.ndarray:
    if name in KINKED:
        return np.array([KINKED[name](t) for t in where])
    with mpmath.workdps(60):
        return np.array([float(mpmath.diff(FUNCTIONS[name], mpmath.mpf(t))) for t in where])


def test_every_elementwise_function_is_tried() -> None:
    assert {name for name, function in functions().items() if function.kind == "elementwise" and not function.partials} == {
        *FUNCTIONS,
        *KINKED,
    }


@pytest.mark.parametrize("target", ["jax", "torch"])
@pytest.mark.parametrize("name", [*FUNCTIONS, *KINKED])
def test_their_own_derivatives_are_right(name: str, target: str) -> None:
    where = [t for t in POINTS if DOMAINS.get(name, lambda _: True)(t) and (name not in GROWING or abs(t) < 100)]
    expected = right_slopes(name, where)
    assert np.allclose(slopes(target, name, where), expected, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("target", ["jax", "torch"])
def test_a_loss_can_be_trained_from_zero(target: str) -> None:
    value = matcalc.parse("sum(log(1 + exp(-y.*(X*w))))", declare="X: n×m; w: m; y: n").function(target)
    X, y = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([1.0, -1.0])
    expected = -X.T @ y / 2
    if target == "jax":
        import jax

        found = np.asarray(jax.grad(lambda w: value(X=X, y=y, w=w))(jax.numpy.zeros(2)))
    else:
        import torch

        w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
        value(X=torch.tensor(X), y=torch.tensor(y), w=w).backward()
        found = w.grad.numpy()
    assert np.allclose(found, expected, rtol=1e-14)


@pytest.mark.parametrize("target", ["jax", "torch"])
@pytest.mark.parametrize("scale", [1.0, -0.5])
def test_the_gradient_of_a_determinant_can_be_differentiated_where_singular_values_are_equal(scale: float, target: str) -> None:
    """At s I the second derivative by entries ij and kl is s (δij δkl - δil δjk) for three rows."""
    gradient = matcalc.derive("det(X)", "X", declare="X: n×n").function(target)
    if target == "jax":
        import jax

        found = np.asarray(jax.jacobian(lambda X: gradient(X=X))(scale * jax.numpy.eye(3)))
    else:
        import torch

        found = torch.autograd.functional.jacobian(lambda X: gradient(X=X), scale * torch.eye(3, dtype=torch.float64)).numpy()
    identity = np.eye(3)
    expected = scale * (np.einsum("ij,kl->ijkl", identity, identity) - np.einsum("il,jk->ijkl", identity, identity))
    assert np.allclose(found, expected, rtol=1e-12, atol=1e-12)
