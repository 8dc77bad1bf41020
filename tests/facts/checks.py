"""What each fact means, written with NumPy: shares nothing with the package."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

LENGTH = 1e-9


def _square(a: Any) -> bool:
    return a.ndim == 2 and a.shape[0] == a.shape[1]


CHECKS: dict[str, Callable[[Any], Any]] = {
    "symmetric": lambda a: _square(a) and np.allclose(a, a.T),
    "antisymmetric": lambda a: _square(a) and np.allclose(a, -a.T),
    "diagonal": lambda a: _square(a) and np.allclose(a, np.diag(np.diag(a))),
    "lower_triangular": lambda a: _square(a) and np.allclose(a, np.tril(a)),
    "upper_triangular": lambda a: _square(a) and np.allclose(a, np.triu(a)),
    "invertible": lambda a: _square(a) and np.linalg.matrix_rank(a) == len(a),
    "positive_definite": lambda a: _square(a) and np.allclose(a, a.T) and np.linalg.eigvalsh(a)[0] > 0,
    "positive_semidefinite": lambda a: (
        _square(a) and np.allclose(a, a.T) and np.linalg.eigvalsh(a)[0] > -1e-9 * max(1, np.abs(a).max())
    ),
    "orthogonal": lambda a: _square(a) and np.allclose(a @ a.T, np.eye(len(a))),
    "orthonormal": lambda a: a.ndim == 2 and np.allclose(a.T @ a, np.eye(a.shape[1])),
    "unit": lambda a: a.ndim == 1 and np.isclose(np.linalg.norm(a), 1),
    "idempotent": lambda a: _square(a) and np.allclose(a @ a, a),
    "projection": lambda a: _square(a) and np.allclose(a @ a, a) and np.allclose(a, a.T),
    "simplex": lambda a: bool(np.all(a > -LENGTH)) and np.allclose(a.sum(axis=-1), 1),
    "doubly_stochastic": lambda a: _square(a) and np.all(a > -LENGTH) and np.allclose(a.sum(0), 1) and np.allclose(a.sum(1), 1),
    "constant": lambda a: True,
}
ENTRIES: dict[str, Callable[[Any], Any]] = {
    "nonnegative": lambda t: t >= -LENGTH,
    "positive": lambda t: t > 0,
    "integer": lambda t: np.isclose(t, np.round(t)),
    "mask": lambda t: np.isclose(t, 0) | np.isclose(t, 1),
    "sign": lambda t: np.isclose(np.abs(t), 1),
}
NAMES = (*CHECKS, *ENTRIES)


def broken(array: Any, names: Iterable[str]) -> list[str]:
    """The facts among ``names`` that an array does not have; what is said of entries is asked of the diagonal of a diagonal matrix."""
    a = np.asarray(array, dtype=float)
    wanted = list(names)
    is_diagonal = "diagonal" in wanted and a.ndim == 2
    entries = np.diag(a) if is_diagonal else a
    wrong = [name for name in wanted if name in CHECKS and not CHECKS[name](a)]
    return wrong + [name for name in wanted if name in ENTRIES and not np.all(ENTRIES[name](entries))]
