"""The cheapest order of multiplying a chain of factors, sizes being symbols."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from matcalc.base.sizes import Size

# ------------------------------------------------------------
# Numbers that stand for symbolic sizes when costs are compared.

# Ranks, classes and components are few in nearly every formula that uses these letters; samples are
# many.
_THIN = frozenset({"k", "r", "c", "q", "K", "R", "C", "Q", "d_k"})
_LONG = frozenset({"m", "N", "M"})


class Extents:
    """A number for every size: the one given, else a guess from how the letter is used in the
    literature.

    The guesses only decide which of two correct programs is written.
    """

    def __init__(self, sizes: Mapping[str, int] | None = None) -> None:
        self._given = dict(sizes or {})
        self._known: dict[Size, float] = {}

    def of(self, size: Size) -> float:
        known = self._known.get(size)
        if known is None:
            known = self._known[size] = float(size.value({name: self._name(name) for name in size.names}))
        return known

    def entries(self, shape: tuple[Size, ...]) -> float:
        return math.prod([self.of(size) for size in shape], start=1.0)

    def _name(self, name: str) -> int:
        return self._given.get(name, 10 if name in _THIN else 200 if name in _LONG else 100)


# ------------------------------------------------------------
# The cheapest order of multiplying a chain of factors.

LinkKind: TypeAlias = Literal["array", "ones", "unit", "diagonal", "inverse", "definite_inverse", "permutation", "kronecker"]

# Above this many factors the cubic search takes longer than it saves.
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Link:
    """One factor: how it is multiplied, its rows and columns. ``key`` names its value, so that
    products already made are found."""

    kind: LinkKind
    rows: Size
    cols: Size
    key: Hashable


Tree: TypeAlias = "int | tuple[Tree, Tree]"
Known: TypeAlias = Callable[[tuple[Hashable, ...]], bool]


def cheapest(links: Sequence[Link], extents: Extents, known: Known) -> Tree:
    """The order as nested pairs of positions. A product that is ``known`` (made before) costs
    nothing."""
    if len(links) > _LONGEST:
        return _from_thin_end(links, extents)
    costs, cuts = costs_of(links, extents, known)
    return tree_of(cuts, 0, len(links))


def costs_of(
    links: Sequence[Link], extents: Extents, known: Known
) -> tuple[dict[tuple[int, int], float], dict[tuple[int, int], int]]:
    """Cost and best cut of every run of links, by dynamic programming; runs are half-open
    intervals."""
    count = len(links)
    rows = [extents.of(link.rows) for link in links]
    cols = [extents.of(link.cols) for link in links]
    costs = {(k, k + 1): 0.0 for k in range(count)}
    cuts: dict[tuple[int, int], int] = {}
    for length in range(2, count + 1):
        for start in range(count - length + 1):
            stop = start + length
            best, cut = float("inf"), start + 1
            if known(tuple([link.key for link in links[start:stop]])):
                costs[start, stop], cuts[start, stop] = 0.0, cut
                continue
            for middle in range(start + 1, stop):
                left = links[start].kind if middle == start + 1 else "array"
                right = links[middle].kind if stop == middle + 1 else "array"
                step = _product_cost(left, right, rows[start], cols[middle - 1], cols[stop - 1])
                total = costs[start, middle] + costs[middle, stop] + step
                if total < best * (1 - 1e-9):
                    best, cut = total, middle
            costs[start, stop], cuts[start, stop] = best, cut
    return costs, cuts


def tree_of(cuts: dict[tuple[int, int], int], start: int, stop: int) -> Tree:
    """The order of one run; no recursion is deeper than the longest chain searched."""
    if stop == start + 1:
        return start
    middle = cuts[start, stop]
    return (tree_of(cuts, start, middle), tree_of(cuts, middle, stop))


_SOLVING = {"inverse": 0.67, "definite_inverse": 0.33}
"""What a decomposition costs, in cubes of the size."""


def _product_cost(left: LinkKind, right: LinkKind, rows: float, inner: float, cols: float) -> float:
    """Multiplications for a product of a ``rows × inner`` by an ``inner × cols`` array."""
    if left == right == "diagonal":
        return inner
    if left == right == "kronecker":
        return 2 * rows * math.sqrt(inner * cols)
    if "unit" in (left, right):
        return 1.0
    if "ones" in (left, right):
        return rows * inner * cols / max(1.0, min(rows, cols)) if inner > 1 else 0.0
    if {"diagonal", "permutation"} & {left, right}:
        return rows * cols
    for kind, beside in ((left, cols), (right, rows)):
        if kind in _SOLVING:
            return _SOLVING[kind] * inner**3 + 2 * inner * inner * beside
    if left == "kronecker":
        return 2 * math.pow(rows * inner, 0.75) * cols
    if right == "kronecker":
        return 2 * math.pow(inner * cols, 0.75) * rows
    return 2 * rows * inner * cols


def _from_thin_end(links: Sequence[Link], extents: Extents) -> Tree:
    """From the right when the chain ends in a vector, from the left else."""
    thin_right = extents.of(links[-1].cols) < extents.of(links[0].rows)
    first, *others = range(len(links))[:: -1 if thin_right else 1]
    tree: Tree = first
    for position in others:
        tree = (position, tree) if thin_right else (tree, position)
    return tree
