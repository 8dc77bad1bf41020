"""Numbers for the names of sizes: distinct ones in both orders, equal ones, ones, and so many that a polynomial in them is decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from matcalc.verification.witness.features import Features

_MOST_CHOICES = 40
_FEW_NAMES = 3
_MOST_GRID = 4
_LONGEST = 12
_MANY = 4
"""A degree from which on the zeros of a polynomial in sums, traces and the like are more than small sizes have values of these."""


def size_choices(known: Features) -> list[dict[str, int]]:
    """The sizes to try, the most telling first. The first two have distinct numbers, in ascending and in descending order."""
    names = known.names
    if not names:
        return [{}]
    found: dict[tuple[int, ...], None] = dict.fromkeys(_plain(len(names)))
    if any(known.degrees):
        grid: list[Sequence[int]] = [range(1, degree + 3) if degree else (2,) for degree in known.degrees]
        for choice in _smallest_first(grid):
            found.setdefault(choice)
            if len(found) >= _MOST_CHOICES:
                break
    return [dict(zip(names, choice)) for choice in found]


def larger_sizes(known: Features) -> list[dict[str, int]]:
    """Sizes at which matrices of zeros and ones, and projections, are of many kinds: more than a polynomial of that degree has zeros."""
    names = known.names
    if len(names) > _FEW_NAMES:
        return size_choices(known)
    if known.order > _MANY and len(names) == 1:
        return [{names[0]: min(known.order + more, _LONGEST)} for more in (_MANY, 2, 3)]
    return [dict(zip(names, (low + (k + low) % 2 for k in range(len(names))))) for low in (4, 3, 5 if len(names) == 1 else 2)]


def _plain(count: int) -> Iterator[tuple[int, ...]]:
    if count == 1:
        yield from [(3,), (2,), (1,), (4,)]
        return
    low = 2 if count <= 5 else 1
    ascending = tuple([low + k % 4 for k in range(count)])
    yield ascending
    yield ascending[::-1]
    for number in (2, 3, 1):
        yield (number,) * count
    if count <= _FEW_NAMES:
        for place in range(count):
            yield tuple([1 if k == place else 3 for k in range(count)])
        yield (4,) * count
    yield tuple([2 + 2 * (k % 2) for k in range(count)])
    yield tuple([4 - 2 * (k % 2) for k in range(count)])


def _smallest_first(grid: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    if len(grid) > _MOST_GRID:
        return []
    return sorted(product(*[numbers[:_LONGEST] for numbers in grid]), key=lambda choice: (sum(choice), choice))
