"""Whether an array has facts: exactly for Fractions and whole numbers, to rounding for floats.

Shares nothing with how members are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from matcalc.exact import linear
from matcalc.facts.table import entries_of, facts, implied

Entries: TypeAlias = list[Any]

_ROUNDING = 1e-8


def belongs(array: Any, names: Iterable[str]) -> bool:
    """Whether an array has every one of these facts.

    ``array`` is a number, nested lists of numbers, or a NumPy array; a row vector may be given with one axis or two.
    Exact when every entry is a Fraction or an int; else up to rounding.

    >>> belongs([[Fraction(0), Fraction(1)], [Fraction(1), Fraction(0)]], ["symmetric", "orthogonal"])
    True
    >>> belongs([[1, 2], [2, 1]], ["positive_definite"])
    False
    """
    nested, shape = _nested(array)
    flat = _flat(nested, len(shape))
    exact = all(isinstance(entry, Fraction | int) for entry in flat)
    if exact:
        nested, flat = _lifted(nested, len(shape)), [Fraction(entry) for entry in flat]
    known = implied(names, square=len(shape) == 2 and shape[0] == shape[1])
    scale = 0.0 if exact else _ROUNDING * max([1.0, *(abs(float(entry)) for entry in flat)])
    return _entries_allowed(nested, flat, shape, known, scale) and all(
        _HOLDS[name](nested, shape, scale) for name in sorted(known) if name in _HOLDS
    )


def _nested(array: Any) -> tuple[Any, tuple[int, ...]]:
    """Nested lists and their shape."""
    nested = array.tolist() if hasattr(array, "tolist") else array
    shape: list[int] = []
    inner = nested
    while isinstance(inner, list | tuple):
        shape.append(len(inner))
        if not inner:
            break
        inner = inner[0]
    return nested, tuple(shape)


def _flat(nested: Any, order: int) -> Entries:
    found = [nested]
    for _ in range(order):
        found = [entry for inner in found for entry in inner]
    return found


def _lifted(nested: Any, order: int) -> Any:
    return Fraction(nested) if order == 0 else [_lifted(inner, order - 1) for inner in nested]


def _entries_allowed(nested: Any, flat: Entries, shape: tuple[int, ...], known: frozenset[str], scale: float) -> bool:
    """Whether the entries are as they may be: of a diagonal matrix those on the diagonal."""
    if "diagonal" in known and len(shape) == 2:
        flat = [row[k] for k, row in enumerate(nested) if k < len(row)]
    allowed = entries_of(known)
    if not scale:
        return all(allowed.allows(entry) for entry in flat)
    for entry in flat:
        near = round(entry)
        whole = abs(entry - near) <= scale
        if allowed.values is not None and not (whole and near in allowed.values):
            return False
        if allowed.whole and not whole:
            return False
        if (allowed.lowest == ">" and entry <= 0) or (allowed.lowest == ">=" and entry < -scale):
            return False
    return True


def _same(one: Any, other: Any, scale: float) -> bool:
    return bool(one == other) if not scale else bool(abs(one - other) <= scale)


def _equal(left: linear.Rows, right: linear.Rows, scale: float) -> bool:
    return all(_same(a, b, scale) for one, other in zip(left, right) for a, b in zip(one, other))


def _square(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 and shape[0] == shape[1]


def _symmetric(matrix: Any, shape: tuple[int, ...], scale: float) -> bool:
    return _square(shape) and _equal(matrix, linear.transpose(matrix), scale)


def _antisymmetric(matrix: Any, shape: tuple[int, ...], scale: float) -> bool:
    return _square(shape) and _equal(matrix, [[-entry for entry in row] for row in linear.transpose(matrix)], scale)


def _zero_where(test: Callable[[int, int], bool]) -> Callable[[Any, tuple[int, ...], float], bool]:
    def zero(matrix: Any, shape: tuple[int, ...], scale: float) -> bool:
        return _square(shape) and all(_same(entry, 0, scale) for i, row in enumerate(matrix) for j, entry in enumerate(row) if test(i, j))

    return zero


def _orthonormal(matrix: Any, shape: tuple[int, ...], scale: float) -> bool:
    if len(shape) != 2 or shape[0] < shape[1]:
        return False
    gram = linear.product(linear.transpose(matrix), matrix)
    return _equal(gram, linear.identity(shape[1], 1), scale)


def _idempotent(matrix: Any, shape: tuple[int, ...], scale: float) -> bool:
    return _square(shape) and _equal(linear.product(matrix, matrix), matrix, _squared(matrix, scale))


def _squared(matrix: Any, scale: float) -> float:
    """The rounding error of products of the entries."""
    return scale * max([1.0, *(abs(float(entry)) for row in matrix for entry in row)]) if scale else 0.0


def _invertible(matrix: Any, shape: tuple[int, ...], scale: float) -> bool:
    if not _square(shape):
        return False
    if scale:
        import numpy as np

        return bool(np.linalg.matrix_rank(np.asarray(matrix, dtype=float)) == shape[0])
    return linear.rank(matrix) == shape[0]


def _smallest_eigenvalue(matrix: Any) -> tuple[float, float]:
    """The smallest eigenvalue of a matrix of floats, and the largest absolute value."""
    import numpy as np

    values = np.linalg.eigvalsh(np.asarray(matrix, dtype=float))
    return float(values[0]), float(np.max(np.abs(values), initial=0.0))


def _definite(matrix: Any, shape: tuple[int, ...], scale: float) -> bool:
    if not _symmetric(matrix, shape, scale):
        return False
    if scale:
        lowest, largest = _smallest_eigenvalue(matrix)
        return lowest > 1e-14 * largest
    return all(pivot > 0 for pivot in _pivots(matrix) or [0])


def _semidefinite(matrix: Any, shape: tuple[int, ...], scale: float) -> bool:
    if not _symmetric(matrix, shape, scale):
        return False
    if scale:
        lowest, largest = _smallest_eigenvalue(matrix)
        return lowest >= -1e-9 * max(1.0, largest)
    pivots = _pivots(matrix)
    return pivots is not None and all(pivot >= 0 for pivot in pivots)


def _pivots(matrix: linear.Rows) -> list[Any] | None:
    """The pivots of a symmetric elimination; None where one is zero beside entries that are not: the matrix is indefinite then."""
    rows = [list(row) for row in matrix]
    found = []
    for k in range(len(rows)):
        pivot = rows[k][k]
        found.append(pivot)
        if not pivot:
            if any(rows[i][k] for i in range(k + 1, len(rows))):
                return None
            continue
        for i in range(k + 1, len(rows)):
            if rows[i][k]:
                factor = rows[i][k] / pivot
                for j in range(k, len(rows)):
                    rows[i][j] = rows[i][j] - factor * rows[k][j]
    return found


def _sums_to_one(array: Any, shape: tuple[int, ...], scale: float) -> bool:
    """Whether the entries along the last axis sum to one."""
    if not shape:
        return False
    rows = [array]
    for _ in shape[1:]:
        rows = [inner for outer in rows for inner in outer]
    return all(_same(sum(row), 1, scale) for row in rows)


def _columns_sum_to_one(matrix: Any, shape: tuple[int, ...], scale: float) -> bool:
    return _square(shape) and _sums_to_one(linear.transpose(matrix), shape, scale)


def _unit(vector: Any, shape: tuple[int, ...], scale: float) -> bool:
    entries = vector[0] if len(shape) == 2 and shape[0] == 1 else vector
    return (len(shape) == 1 or shape[:1] == (1,)) and _same(linear.dot(entries, entries), 1, scale)


_HOLDS: Mapping[str, Callable[[Any, tuple[int, ...], float], bool]] = {
    "symmetric": _symmetric,
    "antisymmetric": _antisymmetric,
    "lower_triangular": _zero_where(lambda i, j: i < j),
    "upper_triangular": _zero_where(lambda i, j: i > j),
    "diagonal": _zero_where(lambda i, j: i != j),
    "orthonormal": _orthonormal,
    "invertible": _invertible,
    "positive_definite": _definite,
    "positive_semidefinite": _semidefinite,
    "idempotent": _idempotent,
    "simplex": _sums_to_one,
    "doubly_stochastic": _columns_sum_to_one,
    "unit": _unit,
}
"""A test for every fact that says more than what its entries may be; the other facts are these together, or say something of entries."""


def untested() -> frozenset[str]:
    """Facts of the table that nothing here tests: none, but for those that hold of everything."""
    tested = {name for name, fact in facts().items() if fact.entries or name in _HOLDS or fact.refused}
    return frozenset(name for name, fact in facts().items() if not tested & implied([name]) and not fact.refused)
