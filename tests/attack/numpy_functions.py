"""The functions of the language in NumPy, each written apart from the package and from the texts in ``rules/``."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from mpmath import fp

from tests.fuzz.values import Library

_erf: Callable[[Any], Any] = np.vectorize(math.erf, otypes=[float])
_erfc: Callable[[Any], Any] = np.vectorize(math.erfc, otypes=[float])


def _defined(function: Callable[[float], float]) -> Callable[[Any], Any]:
    """A function of a positive number, entry by entry; NaN elsewhere, infinite where it is too large for a float."""

    def value(t: float) -> float:
        try:
            return float(function(t)) if t > 0 else math.nan
        except OverflowError:
            return math.inf

    return np.vectorize(value, otypes=[float])


def _sigmoid(t: Any) -> Any:
    return 0.5 * (1.0 + np.tanh(0.5 * t))


ELEMENTWISE: dict[str, Callable[[Any], Any]] = {
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "abs": np.abs,
    "sign": np.sign,
    "relu": lambda t: np.maximum(t, 0.0),
    "step": lambda t: (t > 0).astype(float),
    "sigmoid": _sigmoid,
    "softplus": lambda t: np.logaddexp(0.0, t),
    "erf": _erf,
    "gelu": lambda t: 0.5 * t * (1.0 + _erf(t / math.sqrt(2.0))),
    "sqrt": np.sqrt,
    "square": np.square,
    "reciprocal": lambda t: 1.0 / t,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "cbrt": np.cbrt,
    "nonnegative": lambda t: (t >= 0).astype(float),
    "heaviside": lambda t: 0.5 * (1.0 + np.sign(t)),
    "erfc": _erfc,
    "normcdf": lambda t: 0.5 * _erfc(-t / math.sqrt(2.0)),
    "normpdf": lambda t: np.exp(-0.5 * t**2) / math.sqrt(2.0 * math.pi),
    "lgamma": _defined(math.lgamma),
    "gamma": _defined(math.gamma),
    "digamma": _defined(fp.digamma),
}
SEVERAL: dict[str, Callable[..., Any]] = {
    "maximum": np.maximum,
    "minimum": np.minimum,
    "where": lambda c, s, t: np.where(c != 0, s, t),
    "atan2": np.arctan2,
    "polygamma": lambda k, t: np.vectorize(lambda order, at: float(fp.psi(int(order), at)), otypes=[float])(k, t),
}


def user_function(name: str, t: Any) -> Any:
    """The test function that stands for a function of the user's, as the package chooses it by name."""
    phase = 0.4 + zlib.crc32(name.encode()) % 997 / 997
    return np.sin(t + phase) + 2.0 * np.exp(-0.5 * phase * t)


def _softmax(x: Any, axis: Any) -> Any:
    powers = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return powers / np.sum(powers, axis=axis, keepdims=True)


def _logsumexp(x: Any, axis: Any) -> Any:
    top = np.max(x, axis=axis, keepdims=True)
    return top + np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True))


VECTOR: dict[str, Callable[[Any, Any], Any]] = {
    "softmax": _softmax,
    "logsumexp": _logsumexp,
    "mean": lambda x, axis: np.mean(x, axis=axis, keepdims=True),
    "var": lambda x, axis: np.var(x, axis=axis, keepdims=True),
    "max": lambda x, axis: np.max(x, axis=axis, keepdims=True),
    "prod": lambda x, axis: np.prod(x, axis=axis, keepdims=True),
    "indmax": lambda x, axis: (x == np.max(x, axis=axis, keepdims=True)).astype(float),
}


def _by_eigenvalues(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A primary matrix function of a matrix that can be diagonalised; NaN where it cannot be, or where it would be complex."""

    def applied(matrix: Any) -> Any:
        values, vectors = np.linalg.eig(matrix)
        if np.linalg.cond(vectors) > 1e6:
            return np.full(matrix.shape, np.nan)
        found = vectors @ np.diag(function(values.astype(complex))) @ np.linalg.inv(vectors)
        return found.real if np.allclose(found.imag, 0.0, atol=1e-9) else np.full(matrix.shape, np.nan)

    return applied


def _logdet(matrix: Any) -> Any:
    sign, value = np.linalg.slogdet(matrix)
    return np.where(sign > 0, value, np.nan)


def _adjugate(matrix: Any) -> Any:
    size = len(matrix)
    minors = np.empty_like(matrix, dtype=float)
    for row in range(size):
        for column in range(size):
            rest = np.delete(np.delete(matrix, row, axis=0), column, axis=1)
            minors[row, column] = (-1.0) ** (row + column) * (np.linalg.det(rest) if size > 1 else 1.0)
    return minors.T


def _polar(matrix: Any) -> Any:
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    return left @ right


MATRIX: dict[str, Callable[..., Any]] = {
    "det": np.linalg.det,
    "logdet": _logdet,
    "expm": _by_eigenvalues(np.exp),
    "logm": _by_eigenvalues(np.log),
    "sqrtm": _by_eigenvalues(np.sqrt),
    "adj": _adjugate,
    "inv": np.linalg.inv,
    "tril": np.tril,
    "triu": np.triu,
    "pinv": np.linalg.pinv,
    "eigmax": lambda matrix: np.linalg.eigvalsh((matrix + matrix.T) / 2)[-1],
    "polar": _polar,
    "nuclear": lambda matrix: np.sum(np.linalg.svd(matrix, compute_uv=False)),
    "spectral": lambda matrix: np.linalg.svd(matrix, compute_uv=False)[0],
}

LIBRARY = Library(np, ELEMENTWISE, VECTOR, MATRIX, np.abs, user_function, SEVERAL)
