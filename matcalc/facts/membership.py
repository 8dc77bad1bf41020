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
from matcalc.base.shapes import is_square
from matcalc.facts.table import Tie, entries_of, facts, implied, may_vary, needs_square

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
    known = implied(names, square=is_square(shape))
    rows = _rows(nested, len(shape)) if shape else [[nested]]
    flat = [entry for row in rows for entry in row]
    shown = [row[k] for k, row in enumerate(rows) if k < len(row)] if "diagonal" in known and len(shape) == 2 else flat
    exact = all(isinstance(entry, Fraction | int) for entry in flat)
    rounding = 0.0 if exact else _ROUNDING * max([1.0, *(abs(float(entry)) for entry in flat)])
    if not all(entries_of(known).allows(entry, rounding) for entry in shown):
        return False
    if needs_square(known) and not is_square(shape):
        return False
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


def _symmetric(asked: Asked) -> bool:
    return asked.equal(asked.rows, asked.columns)


def _antisymmetric(asked: Asked) -> bool:
    return asked.equal(asked.rows, [[-entry for entry in column] for column in asked.columns])


def _keeps(tie: Tie) -> Callable[[Asked], bool]:
    """Whether the entries are zero that the tie says are."""

    def holds(asked: Asked) -> bool:
        entries = [(i, j, entry) for i, row in enumerate(asked.rows) for j, entry in enumerate(row)]
        return all(may_vary(tie, i, j) or asked.same(entry, 0) for i, j, entry in entries)

    return holds


def _orthonormal(asked: Asked) -> bool:
    if len(asked.shape) != 2 or asked.shape[0] < asked.shape[1]:
        return False
    gram = rational.whole_product(asked.columns, asked.rows)
    return all(asked.same(entry, asked.unit**2 if i == j else 0) for i, row in enumerate(gram) for j, entry in enumerate(row))


def _idempotent(asked: Asked) -> bool:
    squared = rational.whole_product(asked.rows, asked.rows)
    if asked.rounding:  # the products of entries round as their sizes
        largest = max(abs(entry) for row in asked.rows for entry in row)
        asked = replace(asked, rounding=asked.rounding * max(1.0, largest))
    return asked.equal(squared, [[asked.unit * entry for entry in row] for row in asked.rows])


def _invertible(asked: Asked) -> bool:
    if asked.rounding:
        return bool(np.linalg.matrix_rank(np.asarray(asked.rows, dtype=float)) == asked.shape[0])
    return rational.rank(asked.rows) == asked.shape[0]


def _form(*, definite: bool) -> Callable[[Asked], bool]:
    """Whether x'Ax is not negative, or positive, of what is seen to be symmetric besides."""

    def holds(asked: Asked) -> bool:
        if asked.rounding:
            values = np.linalg.eigvalsh(np.asarray(asked.rows, dtype=float))
            largest = float(np.max(np.abs(values), initial=0.0))
            return bool(values[0] > 1e-14 * largest if definite else values[0] >= -1e-9 * max(1.0, largest))
        pivots = rational.pivots(asked.rows)
        return pivots is not None and all(pivot > 0 or (pivot == 0 and not definite) for pivot in pivots)

    return holds


def _sums_to_one(asked: Asked) -> bool:
    """Whether the entries along the last axis sum to one."""
    return bool(asked.shape) and all(asked.same(sum(row), asked.unit) for row in asked.rows)


def _columns_sum_to_one(asked: Asked) -> bool:
    return all(asked.same(sum(column), asked.unit) for column in asked.columns)


def _unit(asked: Asked) -> bool:
    return len(asked.rows) == 1 and bool(asked.shape) and asked.same(sum(entry * entry for entry in asked.rows[0]), asked.unit**2)


_HOLDS: Mapping[str, Callable[[Asked], bool]] = {
    "symmetric": _symmetric,
    "antisymmetric": _antisymmetric,
    "lower_triangular": _keeps("lower"),
    "upper_triangular": _keeps("upper"),
    "diagonal": _keeps("diagonal"),
    "orthonormal": _orthonormal,
    "invertible": _invertible,
    "positive_definite": _form(definite=True),
    "positive_semidefinite": _form(definite=False),
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
