"""The functions of the language in JAX, each written apart from the texts in ``rules/``."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.fuzz.values import Library

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

_SPACING = 0.6
_NODES = np.exp(_SPACING * np.arange(-55, 56))
_SQUARINGS, _TERMS = 8, 12


def user_function(name: str, t: Any) -> Any:
    """The test function that ``matcalc.evaluation.function_family`` gives for a name without primes."""
    phase = 0.4 + zlib.crc32(name.encode()) % 997 / 997
    return jnp.sin(t + phase) + 2.0 * jnp.exp(-0.5 * phase * t)


def _gelu(t: Any) -> Any:
    return t * 0.5 * (1.0 + jax.lax.erf(t / np.sqrt(2.0)))


def _step(t: Any) -> Any:
    return (t > 0).astype(float)


def absolute(t: Any) -> Any:
    """With slope 0 at 0, where JAX's own has slope 1."""
    return t * jnp.sign(t)


def _normal(t: Any) -> Any:
    return 0.5 * (1.0 + jax.lax.erf(t / np.sqrt(2.0)))


def _relu(t: Any) -> Any:
    return t * _step(t)


def _softplus(t: Any) -> Any:
    return jnp.log1p(jnp.exp(t))


ELEMENTWISE: dict[str, Callable[[Any], Any]] = {
    "exp": jnp.exp,
    "log": jnp.log,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "tan": jnp.tan,
    "sinh": jnp.sinh,
    "cosh": jnp.cosh,
    "tanh": jnp.tanh,
    "asin": jnp.arcsin,
    "acos": jnp.arccos,
    "atan": jnp.arctan,
    "abs": absolute,
    "sign": jnp.sign,
    "relu": _relu,
    "step": _step,
    "sigmoid": jax.lax.logistic,
    "softplus": _softplus,
    "erf": jax.lax.erf,
    "gelu": _gelu,
    "sqrt": jnp.sqrt,
    "square": jnp.square,
    "reciprocal": jnp.reciprocal,
    "asinh": jnp.arcsinh,
    "acosh": lambda t: jnp.log(t + jnp.sqrt(t * t - 1.0)),
    "atanh": jnp.arctanh,
    "cbrt": lambda t: jnp.sign(t) * jnp.exp(jnp.log(absolute(t)) / 3.0),
    "nonnegative": lambda t: (t >= 0).astype(float),
    "heaviside": lambda t: 0.5 * (1.0 + jnp.sign(t)),
    "erfc": lambda t: 1.0 - jax.lax.erf(t),
    "normcdf": _normal,
    "normpdf": lambda t: jnp.exp(-0.5 * t * t) / np.sqrt(2.0 * np.pi),
}
NOT_IN_JAXPR: dict[str, Callable[[Any], Any]] = {
    "lgamma": jax.lax.lgamma,
    "gamma": lambda t: jnp.exp(jax.lax.lgamma(t)),
    "digamma": jax.lax.digamma,
}
"""What the evaluator of ``jaxpr.py`` has no operation for."""
SEVERAL: dict[str, Callable[..., Any]] = {
    "maximum": lambda s, t: 0.5 * (s + t + absolute(s - t)),
    "minimum": lambda s, t: 0.5 * (s + t - absolute(s - t)),
    "where": lambda c, s, t: jnp.where(c != 0, s, t),
    "atan2": jnp.arctan2,
    "polygamma": jax.scipy.special.polygamma,
}


def _softmax(x: Any, axis: Any) -> Any:
    powers = jnp.exp(x - jax.lax.stop_gradient(jnp.max(x, axis=axis, keepdims=True)))
    return powers / jnp.sum(powers, axis=axis, keepdims=True)


def _logsumexp(x: Any, axis: Any) -> Any:
    top = jax.lax.stop_gradient(jnp.max(x, axis=axis, keepdims=True))
    return top + jnp.log(jnp.sum(jnp.exp(x - top), axis=axis, keepdims=True))


def _mean(x: Any, axis: Any) -> Any:
    return jnp.mean(x, axis=axis, keepdims=True)


def _variance(x: Any, axis: Any) -> Any:
    return jnp.mean(jnp.square(x - _mean(x, axis)), axis=axis, keepdims=True)


VECTOR: dict[str, Callable[[Any, Any], Any]] = {
    "softmax": _softmax,
    "logsumexp": _logsumexp,
    "mean": _mean,
    "var": _variance,
    "max": lambda x, axis: jnp.max(x, axis=axis, keepdims=True),
    "prod": lambda x, axis: (
        jnp.exp(jnp.sum(jnp.log(absolute(x)), axis=axis, keepdims=True)) * jnp.prod(jnp.sign(x), axis=axis, keepdims=True)
    ),
}


@jax.jit
def matrix_exponential(matrix: Any) -> Any:
    """The Taylor series of X/256, squared eight times."""
    scaled = matrix / 2.0**_SQUARINGS
    result = jnp.eye(len(matrix))
    for k in range(_TERMS, 0, -1):
        result = jnp.eye(len(matrix)) + scaled @ result / k
    for _ in range(_SQUARINGS):
        result = result @ result
    return result


def matrix_logarithm(matrix: Any) -> Any:
    """The integral of (X - I) inv(X + u I) / (1 + u) over u from 0 to infinity; X need not be symmetric.

    The trapezoidal rule in log u, which is as good for large and small eigenvalues.
    """
    one = np.eye(len(matrix))
    inverses = jnp.linalg.inv(matrix + _NODES[:, None, None] * one)
    weights = (_SPACING * _NODES / (1.0 + _NODES))[:, None, None]
    return jnp.matmul(matrix - one, jnp.sum(weights * inverses, axis=0))


def _root(matrix: Any) -> Any:
    return matrix_exponential(0.5 * matrix_logarithm(matrix))


def _adjugate(matrix: Any) -> Any:
    return jnp.linalg.det(matrix) * jnp.linalg.inv(matrix)


def _pseudoinverse(matrix: Any) -> Any:
    """Of a matrix of full rank."""
    if matrix.shape[0] >= matrix.shape[1]:
        return jnp.matmul(jnp.linalg.inv(jnp.matmul(matrix.T, matrix)), matrix.T)
    return jnp.matmul(matrix.T, jnp.linalg.inv(jnp.matmul(matrix, matrix.T)))


MATRIX: dict[str, Callable[[Any], Any]] = {
    "det": jnp.linalg.det,
    "logdet": lambda matrix: jnp.linalg.slogdet(matrix)[1],
    "expm": matrix_exponential,
    "logm": matrix_logarithm,
    "sqrtm": _root,
    "adj": _adjugate,
    "tril": jnp.tril,
    "triu": jnp.triu,
    "pinv": _pseudoinverse,
    "eigmax": lambda matrix: jnp.linalg.eigh(matrix)[0][-1],
}

LIBRARY = Library(jnp, ELEMENTWISE | NOT_IN_JAXPR, VECTOR, MATRIX, absolute, user_function, SEVERAL)
