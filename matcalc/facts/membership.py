"""Whether an array has facts: exactly for Fractions and whole numbers, to rounding for floats.

Shares nothing with how members are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeAlias

from matcalc.base import rational
from matcalc.base.lazy import np
from matcalc.base.sizes import is_square
from matcalc.facts.table import entries_of, facts, implied

Entries: TypeAlias = list[Any]

_ROUNDING = 1e-8


def belongs(array: Any, names: Iterable[str]) -> bool:
    """Whether an array has every one of these facts.

    ``array`` is a number, nested lists of numbers, or a NumPy array; a row vector may be given with
    one axis or two. Exact when every entry is a Fraction or an int; else up to rounding.

    >>> belongs([[Fraction(0), Fraction(1)], [Fraction(1), Fraction(0)]], ["symmetric", "orthogonal"])
    True
    >>> belongs([[1, 2], [2, 1]], ["positive_definite"])
    False
    """
    nested, shape = _nested(array)
    flat = _flat(nested, len(shape))
    exact = all(isinstance(entry, Fraction | int) for entry in flat)
    known = implied(names, square=is_square(shape))
    rounding = 0.0 if exact else _ROUNDING * max([1.0, *(abs(float(entry)) for entry in flat)])
    if not _entries_allowed(nested, flat, shape, known, rounding):
        return False
    rows = [nested] if len(shape) == 1 else [[nested]] if not shape else _rows(nested, len(shape))
    scaled, unit = rational.whole(rows) if exact else (rows, 1)
    asked = Asked(scaled, unit, shape, rounding)
    return all(_HOLDS[name](asked) for name in sorted(known) if name in _HOLDS)


@dataclass(frozen=True, slots=True)
class Asked:
    """An array as rows of entries along its last axis, in multiples of 1/unit: whole numbers, or
    floats with their rounding error."""

    rows: list[list[Any]]
    unit: int
    shape: tuple[int, ...]
    rounding: float

    @property
    def square(self) -> bool:
        return is_square(self.shape)

    @property
    def columns(self) -> list[list[Any]]:
        return [list(column) for column in zip(*self.rows)]

    def same(self, one: Any, other: Any) -> bool:
        return bool(one == other) if not self.rounding else bool(abs(one - other) <= self.rounding)

    def equal(self, left: Sequence[Sequence[Any]], right: Sequence[Sequence[Any]]) -> bool:
        return all(self.same(a, b) for one, other in zip(left, right) for a, b in zip(one, other))


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


def _rows(nested: Any, order: int) -> list[Any]:
    """The innermost lists."""
    found = [nested]
    for _ in range(order - 1):
        found = [inner for outer in found for inner in outer]
    return found


def _flat(nested: Any, order: int) -> Entries:
    return [nested] if not order else [entry for row in _rows(nested, order) for entry in row]


def _entries_allowed(nested: Any, flat: Entries, shape: tuple[int, ...], known: frozenset[str], rounding: float) -> bool:
    """Whether the entries are as they may be: of a diagonal matrix those on the diagonal."""
    if "diagonal" in known and len(shape) == 2:
        flat = [row[k] for k, row in enumerate(nested) if k < len(row)]
    allowed = entries_of(known)
    if not rounding:
        return all(allowed.allows(entry) for entry in flat)
    for entry in flat:
        near = round(entry)
        is_whole = abs(entry - near) <= rounding
        if (allowed.values is not None or allowed.whole) and not is_whole:
            return False
        if allowed.values is not None and near not in allowed.values:
            return False
        if (allowed.lowest == ">" and entry <= 0) or (allowed.lowest == ">=" and entry < -rounding):
            return False
    return True


def _symmetric(asked: Asked) -> bool:
    return asked.square and asked.equal(asked.rows, asked.columns)


def _antisymmetric(asked: Asked) -> bool:
    return asked.square and asked.equal(asked.rows, [[-entry for entry in column] for column in asked.columns])


def _zero_where(test: Callable[[int, int], bool]) -> Callable[[Asked], bool]:
    def zero(asked: Asked) -> bool:
        return asked.square and all(
            asked.same(entry, 0) for i, row in enumerate(asked.rows) for j, entry in enumerate(row) if test(i, j)
        )

    return zero


def _orthonormal(asked: Asked) -> bool:
    if len(asked.shape) != 2 or asked.shape[0] < asked.shape[1]:
        return False
    gram = rational.whole_product(asked.columns, asked.rows)
    return all(asked.same(entry, asked.unit**2 if i == j else 0) for i, row in enumerate(gram) for j, entry in enumerate(row))


def _idempotent(asked: Asked) -> bool:
    if not asked.square:
        return False
    squared = rational.whole_product(asked.rows, asked.rows)
    if asked.rounding:  # the products of entries round as their sizes
        largest = max(abs(entry) for row in asked.rows for entry in row)
        asked = replace(asked, rounding=asked.rounding * max(1.0, largest))
    return asked.equal(squared, [[asked.unit * entry for entry in row] for row in asked.rows])


def _invertible(asked: Asked) -> bool:
    if not asked.square:
        return False
    if asked.rounding:
        return bool(np.linalg.matrix_rank(np.asarray(asked.rows, dtype=float)) == asked.shape[0])
    return rational.rank(asked.rows) == asked.shape[0]


def _eigenvalues(asked: Asked) -> tuple[float, float]:
    """The smallest eigenvalue of a symmetric matrix of floats, and the largest absolute value."""
    values = np.linalg.eigvalsh(np.asarray(asked.rows, dtype=float))
    return float(values[0]), float(np.max(np.abs(values), initial=0.0))


def _definite(asked: Asked) -> bool:
    if not _symmetric(asked):
        return False
    if asked.rounding:
        lowest, largest = _eigenvalues(asked)
        return lowest > 1e-14 * largest
    pivots = rational.pivots(asked.rows)
    return pivots is not None and all(pivot > 0 for pivot in pivots)


def _semidefinite(asked: Asked) -> bool:
    if not _symmetric(asked):
        return False
    if asked.rounding:
        lowest, largest = _eigenvalues(asked)
        return lowest >= -1e-9 * max(1.0, largest)
    pivots = rational.pivots(asked.rows)
    return pivots is not None and all(pivot >= 0 for pivot in pivots)


def _sums_to_one(asked: Asked) -> bool:
    """Whether the entries along the last axis sum to one."""
    return bool(asked.shape) and all(asked.same(sum(row), asked.unit) for row in asked.rows)


def _columns_sum_to_one(asked: Asked) -> bool:
    return asked.square and all(asked.same(sum(column), asked.unit) for column in asked.columns)


def _unit(asked: Asked) -> bool:
    return len(asked.rows) == 1 and bool(asked.shape) and asked.same(sum(entry * entry for entry in asked.rows[0]), asked.unit**2)


_HOLDS: Mapping[str, Callable[[Asked], bool]] = {
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
"""A test for every fact that says more than what its entries may be; the other facts are these
together, or say something of entries."""


def untested() -> frozenset[str]:
    """Facts of the table that nothing here tests: none, but for those that hold of everything."""
    tested = {name for name, fact in facts().items() if fact.entries or name in _HOLDS or fact.refused}
    return frozenset(name for name, fact in facts().items() if not tested & implied([name]) and not fact.refused)
