"""Arrays with declared facts, and whether an array has them: written apart from the package, to judge what it says.

The words are those of declarations; what is declared of a matrix as ``simplex`` holds for each row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray
Check: TypeAlias = Callable[[Array, float], bool]

ALIASES = {"spd": "positive_definite", "pd": "positive_definite", "psd": "positive_semidefinite", "lower": "lower_triangular"}
ALIASES |= {"upper": "upper_triangular", "skew": "antisymmetric", "skew_symmetric": "antisymmetric"}


def _near(one: Array, other: Any, slack: float) -> bool:
    scale = max(1.0, float(np.max(np.abs(one), initial=0.0)), float(np.max(np.abs(other), initial=0.0)))
    return one.shape == np.shape(other) and bool(np.all(np.abs(one - other) <= slack * scale))


def _tall(matrix: Array) -> Array:
    return matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T


def _smallest_eigenvalue(matrix: Array) -> float:
    return float(np.linalg.eigvalsh((matrix + matrix.T) / 2)[0])


def _sums_to_one(array: Array, axis: int, slack: float) -> bool:
    return bool(np.all(array >= -slack)) and _near(array.sum(axis=axis), np.ones(np.delete(array.shape, axis)), slack)


CHECKS: dict[str, Check] = {
    "symmetric": lambda a, s: _near(a, a.T, s),
    "antisymmetric": lambda a, s: _near(a, -a.T, s),
    "diagonal": lambda a, s: _near(a, np.diag(np.diag(a)), s),
    "lower_triangular": lambda a, s: _near(a, np.tril(a), s),
    "upper_triangular": lambda a, s: _near(a, np.triu(a), s),
    "orthogonal": lambda a, s: _near(_tall(a).T @ _tall(a), np.eye(min(a.shape)), s),
    "orthonormal": lambda a, s: _near(a.T @ a, np.eye(a.shape[1]), s),
    "invertible": lambda a, s: bool(np.linalg.matrix_rank(a) == len(a)),
    "positive_definite": lambda a, s: _near(a, a.T, s) and _smallest_eigenvalue(a) > 0,
    "positive_semidefinite": lambda a, s: _near(a, a.T, s) and _smallest_eigenvalue(a) > -s * max(1.0, float(np.max(np.abs(a)))),
    "idempotent": lambda a, s: _near(a @ a, a, s),
    "projection": lambda a, s: _near(a @ a, a, s) and _near(a, a.T, s),
    "mask": lambda a, s: bool(np.all((a == 0) | (a == 1))),
    "sign": lambda a, s: bool(np.all(np.abs(a) == 1)),
    "integer": lambda a, s: bool(np.all(a == np.round(a))),
    "positive": lambda a, s: bool(np.all(a > 0)),
    "nonnegative": lambda a, s: bool(np.all(a >= 0)),
    "simplex": lambda a, s: _sums_to_one(a, -1, s),
    "stochastic": lambda a, s: _sums_to_one(a, -1, s),
    "doubly_stochastic": lambda a, s: _sums_to_one(a, 0, s) and _sums_to_one(a, 1, s),
    "unit": lambda a, s: _near(np.sum(a * a).reshape(1), np.ones(1), s),
    "constant": lambda a, s: True,
}
"""Whether an array has a fact, to a slack relative to its entries."""

_ON_THE_DIAGONAL = frozenset({"positive", "sign", "mask", "nonnegative", "integer"})


def lacking(array: Any, facts: Iterable[str], slack: float = 1e-9) -> list[str]:
    """The facts that an array does not have; of a diagonal matrix only entries on the diagonal are asked to be positive."""
    found = np.asarray(array, dtype=float)
    names = sorted({ALIASES.get(fact, fact) for fact in facts})
    entries = np.diag(found) if "diagonal" in names and found.ndim == 2 else found
    return [name for name in names if name in CHECKS and not CHECKS[name](entries if name in _ON_THE_DIAGONAL else found, slack)]


def drawn(shape: Sequence[int], facts: Iterable[str], rng: np.random.Generator, tries: int = 20) -> Array | None:
    """An array of this shape with these facts, entries of both signs where they may be; None when none was found."""
    names = {ALIASES.get(fact, fact) for fact in facts}
    for _ in range(tries):
        for recipe in _recipes(names, tuple(shape)):
            found = np.asarray(recipe(rng, tuple(shape)), dtype=float)
            if found.shape == tuple(shape) and not lacking(found, names):
                return found
    return None


Recipe: TypeAlias = Callable[[np.random.Generator, tuple[int, ...]], Array]


def _recipes(names: set[str], shape: tuple[int, ...]) -> list[Recipe]:
    """Ways to draw, the one that keeps most of these facts first; what they do not keep is found out by trying."""
    if len(shape) == 2:
        found = [recipe for kept, recipe in _MATRICES if names & kept]
    else:
        found = [recipe for kept, recipe in _VECTORS if names & kept]
    return found or [_entries]


def _entries(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.asarray(rng.choice([-1.0, 1.0], shape) * rng.uniform(0.3, 1.6, shape))


def _positive(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.asarray(rng.uniform(0.3, 1.6, shape))


def _signs(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.asarray(rng.choice([-1.0, 1.0], shape))


def _mask(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.asarray(rng.integers(0, 2, shape).astype(float))


def _rows_of_one(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    weights = rng.uniform(0.2, 1.0, shape)
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _unit(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    entries = _entries(rng, shape)
    return np.asarray(entries / np.linalg.norm(entries))


def _whole(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.asarray(rng.integers(-3, 4, shape).astype(float))


def _symmetric(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    matrix = _entries(rng, shape)
    return np.asarray(np.triu(matrix) + np.triu(matrix, 1).T)


def _antisymmetric(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    matrix = np.triu(_entries(rng, shape), 1)
    return np.asarray(matrix - matrix.T)


def _definite(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    matrix = _entries(rng, shape)
    return np.asarray(matrix @ matrix.T / len(matrix) + 0.5 * np.eye(len(matrix)))


def _semidefinite(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    matrix = _entries(rng, (shape[0], max(1, shape[0] - 1)))
    return np.asarray(matrix @ matrix.T)


def _orthonormal(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    matrix = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))[0] * _signs(rng, (min(shape),))
    return np.asarray(matrix if shape[0] >= shape[1] else matrix.T)


def _reflection(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    basis = _orthonormal(rng, shape)
    return np.asarray((basis * _signs(rng, shape[:1])) @ basis.T)


def _rotation(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    basis = _orthonormal(rng, shape)
    turn = np.kron(np.eye(shape[0] // 2), [[0.0, -1.0], [1.0, 0.0]])
    return np.asarray(basis @ turn @ basis.T if shape[0] % 2 == 0 else np.zeros(shape))


def _diagonal(entries: Recipe) -> Recipe:
    return lambda rng, shape: np.diag(entries(rng, shape[:1]))


def _idempotent(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    basis = _entries(rng, shape) + 2.0 * np.eye(shape[0])
    kept = np.arange(shape[0]) < rng.integers(0, shape[0] + 1)
    return np.asarray(basis @ np.diag(kept.astype(float)) @ np.linalg.inv(basis))


def _projection(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    basis = _orthonormal(rng, shape)[:, : rng.integers(0, shape[0] + 1)]
    return np.asarray(basis @ basis.T)


def _permutation(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.asarray(np.eye(shape[0])[rng.permutation(shape[0])])


def _doubly_stochastic(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    weights = _rows_of_one(rng, (4,))
    return np.asarray(sum(weight * _permutation(rng, shape) for weight in weights))


def _mirrored(recipe: Recipe) -> Recipe:
    def both(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        matrix = recipe(rng, shape)
        return np.asarray(np.triu(matrix) + np.triu(matrix, 1).T)

    return both


def _mean_with_transpose(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    matrix = _doubly_stochastic(rng, shape)
    return np.asarray((matrix + matrix.T) / 2)


def _identity(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.eye(shape[0])


def _triangle(keep: Callable[[Array], Array], entries: Recipe = _entries) -> Recipe:
    return lambda rng, shape: keep(entries(rng, shape))


_VECTORS: list[tuple[set[str], Recipe]] = [
    ({"simplex", "stochastic"}, _rows_of_one),
    ({"unit"}, _unit),
    ({"mask"}, _mask),
    ({"sign"}, _signs),
    ({"integer"}, _whole),
    ({"positive", "nonnegative"}, _positive),
]

_MATRICES: list[tuple[set[str], Recipe]] = [
    ({"diagonal"}, _diagonal(_entries)),
    ({"diagonal"}, _diagonal(_positive)),
    ({"diagonal"}, _diagonal(_signs)),
    ({"diagonal"}, _diagonal(_mask)),
    ({"doubly_stochastic"}, _doubly_stochastic),
    ({"doubly_stochastic"}, _mean_with_transpose),
    ({"simplex", "stochastic"}, _rows_of_one),
    ({"projection"}, _projection),
    ({"idempotent"}, _idempotent),
    ({"orthogonal", "orthonormal"}, _orthonormal),
    ({"orthogonal", "orthonormal"}, _reflection),
    ({"orthogonal", "orthonormal"}, _rotation),
    ({"orthogonal", "mask", "doubly_stochastic"}, _permutation),
    ({"positive_definite", "positive_semidefinite", "symmetric"}, _definite),
    ({"positive_semidefinite"}, _semidefinite),
    ({"lower_triangular"}, _triangle(np.tril)),
    ({"upper_triangular"}, _triangle(np.triu)),
    ({"symmetric"}, _symmetric),
    ({"symmetric"}, _mirrored(_positive)),
    ({"symmetric"}, _mirrored(_signs)),
    ({"symmetric"}, _mirrored(_mask)),
    ({"symmetric"}, _mirrored(_whole)),
    ({"antisymmetric"}, _antisymmetric),
    ({"mask"}, _mask),
    ({"sign"}, _signs),
    ({"integer"}, _whole),
    ({"positive", "nonnegative"}, _positive),
    ({"orthogonal", "positive_definite", "idempotent", "mask", "diagonal"}, _identity),
    ({"unit"}, _unit),
    ({"invertible"}, _entries),
]
