"""In which order the factors of a product are written: along the chains that their indices make, as a matrix product is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Labels = tuple[int, ...]
Direction = Literal["forward", "output"]
"""``"forward"``: the way round in which most matrices are read from row to column; ``"output"``: from the first free index on."""


_MOST_GROWN = 200


@dataclass(frozen=True, slots=True)
class Piece:
    """A factor: its index labels, and its place in the order of the user's input. A delta has no way round."""

    labels: Labels
    rank: tuple[int, ...]
    turns: bool = False


def arranged(factors: Sequence[Piece], output: Labels, direction: Direction) -> list[int]:
    """The order of the factors: scalars, then one chain after the other."""
    scalars = sorted((k for k, factor in enumerate(factors) if not factor.labels), key=lambda k: (factors[k].rank, k))
    chains = [_chain(factors, component, output, direction) for component in _components(factors)]
    place = {label: k for k, label in reversed(list(enumerate(output)))}

    def key(chain: list[int]) -> tuple[int, tuple[int, ...], int]:
        outer = min((place[label] for k in chain for label in factors[k].labels if label in place), default=len(output))
        return (outer, min(factors[k].rank for k in chain), chain[0])

    return scalars + [k for chain in sorted(chains, key=key) for k in chain]


def _components(factors: Sequence[Piece]) -> list[list[int]]:
    """Groups of factors connected by labels."""
    holders: dict[int, list[int]] = {}
    for k, factor in enumerate(factors):
        for label in factor.labels:
            holders.setdefault(label, []).append(k)
    found: list[list[int]] = []
    done: set[int] = set()
    for start, factor in enumerate(factors):
        if start in done or not factor.labels:
            continue
        done.add(start)
        group, stack = [], [start]
        while stack:
            k = stack.pop()
            group.append(k)
            for label in factors[k].labels:
                for other in holders[label]:
                    if other not in done:
                        done.add(other)
                        stack.append(other)
        found.append(sorted(group))
    return found


def _chain(factors: Sequence[Piece], group: list[int], output: Labels, direction: Direction) -> list[int]:
    at: dict[int, list[int]] = {}
    for k in group:
        for label in factors[k].labels:
            at.setdefault(label, []).append(k)
    rank: Callable[[int], tuple[tuple[int, ...], int]] = lambda k: (factors[k].rank, k)  # noqa: E731
    plain = all(len(holders) <= 2 for holders in at.values()) and all(
        len(factors[k].labels) <= 2 and len(set(factors[k].labels)) == len(factors[k].labels) for k in group
    )
    if not plain:
        return _grown(factors, group, output, at, rank)
    ends = [k for k in group if len(factors[k].labels) == 1 or any(len(at[label]) == 1 for label in factors[k].labels)]
    if not ends:  # a closed chain starts at the factor that stands first in the input, read forwards
        return _walked(factors, at, min(group, key=rank), None, closed=True)[0]
    walks = []
    for start in sorted(set(ends), key=rank):
        free = next((label for label in factors[start].labels if len(at[label]) == 1 and len(factors[start].labels) > 1), None)
        order, forward = _walked(factors, at, start, free)
        first = free if free is not None else -1
        outer = output.index(first) if first in output else len(output)
        walks.append(((outer, -forward) if direction == "output" else (-forward, outer), rank(start), order))
    return min(walks)[2]


def _walked(
    factors: Sequence[Piece], at: dict[int, list[int]], start: int, entered: int | None, *, closed: bool = False
) -> tuple[list[int], int]:
    """The factors along the chain from ``start``, and how many are read forwards less how many backwards."""
    order: list[int] = []
    forward = 0
    current: int | None = start
    if closed:
        entered = factors[start].labels[0]
    while current is not None:
        order.append(current)
        labels = factors[current].labels
        if len(labels) == 2 and factors[current].turns:
            forward += 1 if labels[1] != entered else -1
        onward = [label for label in labels if label != entered]
        if not onward:
            break
        entered = onward[0]
        following = [k for k in at[entered] if k != current]
        current = following[0] if following and following[0] not in (start, *order[-2:]) else None
    return order, forward


def _grown(
    factors: Sequence[Piece], group: list[int], output: Labels, at: dict[int, list[int]], rank: Callable[[int], tuple[tuple[int, ...], int]]
) -> list[int]:
    """Factor by factor, each next to one that shares an index with those before it; vectors before the matrices that lead on."""
    if len(group) > _MOST_GROWN:
        return sorted(group, key=rank)
    start = min(group, key=lambda k: (min((output.index(label) for label in factors[k].labels if label in output), default=99), rank(k)))
    order, left = [start], [k for k in sorted(group, key=rank) if k != start]
    met = set(factors[start].labels)
    while left:
        following = min((k for k in left if met & set(factors[k].labels)), key=lambda k: (not met.issuperset(factors[k].labels), rank(k)))
        left.remove(following)
        order.append(following)
        met |= set(factors[following].labels)
    return order
