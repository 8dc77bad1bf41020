"""The cheapest order of multiplying a chain of factors, sizes being symbols."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, TypeAlias

from matcalc.base.sizes import Size
from matcalc.codegen.operations import Builder, Op

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


# ------------------------------------------------------------
# Orders among which the lengths choose that the arrays have when the code runs.

_MOST_CHOSEN = 4
"""Matrices in a chain of which all orders are compared: there are 5."""
_WORTH, _OF = 5, 4
"""An order is worth a choice when another one may cost 5/4 of it."""


_TRIED = (2, 30, 900)
"""Sizes at which an order may be the best of all."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order of multiplying matrices, and what it costs at any sizes."""

    tree: Tree
    cost: Size

    def beats(self, other: Order) -> bool:
        """Whether it is never worth a choice to take the other one; all lengths are 2 or more, as
        vectors and numbers cost next to nothing in any order."""
        gap = Size.of(_WORTH) * other.cost - Size.of(_OF) * self.cost
        from_two = gap.replaced({name: Size.of(name) + Size.of(2) for name in gap.names})
        return all(factor > 0 for _, factor in from_two.terms)


def decided_by_lengths(b: Builder, roots: Mapping[str, Op], kept: Collection[Op], given: Collection[str]) -> dict[str, Op]:
    """The same operations, with chains of matrices whose best order depends on sizes that are not
    ``given``; those that are ``kept`` stay, and so do products that something else uses."""
    order = reachable(list(roots.values()))
    uses = Counter(operand for op in order for operand in op.operands)
    uses.update(roots.values())
    free = {op for op in order if op.kind == "matmul" and op not in kept and all(part.order == 2 for part in op.operands)}
    inner = {part for op in free for part in op.operands if part in free and uses[part] == 1}
    done: dict[Op, Op] = {}
    for op in order:
        made = op
        if op in free and op not in inner and inner.intersection(op.operands):
            made = _chain(b, op, inner, done, given) or op
        if made is op and any(done[operand] is not operand for operand in op.operands):
            made = b.make(op.kind, [done[operand] for operand in op.operands], op.data, op.shape)
        if made is not op and b.is_symmetric(op):
            b.mark_symmetric(made)
        done[op] = made
    return {name: done[op] for name, op in roots.items()}


def reachable(roots: Sequence[Op], stop: Mapping[Op, object] | None = None) -> list[Op]:
    """Every operation that the roots need, operands first; those in ``stop`` without what they
    need."""
    seen: set[Op] = set()
    stack = list(roots)
    while stack:
        op = stack.pop()
        if op not in seen:
            seen.add(op)
            if not stop or op not in stop:
                stack.extend(op.operands)
    return sorted(seen, key=lambda op: op.serial)


def _chain(b: Builder, top: Op, inner: Collection[Op], done: Mapping[Op, Op], given: Collection[str]) -> Op | None:
    """The product as a chain with several orders, the one that it is written in first; None where
    that one is as good as any."""
    leaves: list[Op] = []
    tree = _unfolded(top, inner, leaves)
    lengths = [leaves[0].shape[0], *(leaf.shape[1] for leaf in leaves)]
    if len(leaves) > _MOST_CHOSEN or not all(size.is_product and not size.least for size in lengths):
        return None
    first = Order(tree, _cost(tree, lengths))
    contenders = [first]
    for one in [Order(other, _cost(other, lengths)) for other in _trees(0, len(leaves))]:
        if not any(known.beats(one) for known in contenders):
            contenders = [first, *[known for known in contenders[1:] if not one.beats(known)], one]
    contenders = _best_somewhere(contenders) if len(contenders) in (3, 4) else contenders
    open_names = {name for one in contenders[1:] for name in (one.cost - contenders[0].cost).names} - set(given)
    if not open_names:
        return None
    return b.make("chain", [done[leaf] for leaf in leaves], tuple(contenders), top.shape)


def _best_somewhere(orders: Sequence[Order]) -> list[Order]:
    """The first, and those of the others that cost least of all at some sizes: what lies between
    two others everywhere is no choice."""
    names = sorted({name for order in orders for name in order.cost.names})
    left = list(orders)
    for order in orders[1:]:
        others = [other.cost for other in left if other is not order]
        if not any(
            _WORTH * order.cost.value(point) < _OF * min([cost.value(point) for cost in others])
            for point in [dict(zip(names, numbers, strict=True)) for numbers in product(_TRIED, repeat=len(names))]
        ):
            left.remove(order)
    return left


def _unfolded(top: Op, inner: Collection[Op], leaves: list[Op]) -> Tree:
    """The order that a product is written in; its factors become ``leaves``. A chain has few
    matrices where it matters, but may be as long as the program."""
    places: list[Tree] = []
    stack: list[tuple[Op, bool]] = [(top, False)]
    while stack:
        op, ready = stack.pop()
        if ready:
            right = places.pop()
            places.append((places.pop(), right))
        elif op is top or op in inner:
            stack += [(op, True), (op.operands[1], False), (op.operands[0], False)]
        else:
            places.append(len(leaves))
            leaves.append(op)
    return places[0]


def _trees(start: int, stop: int) -> Iterator[Tree]:
    """All orders of a short run."""
    if stop == start + 1:
        yield start
    for middle in range(start + 1, stop):
        yield from product(_trees(start, middle), _trees(middle, stop))


def _cost(tree: Tree, lengths: Sequence[Size]) -> Size:
    """Multiplications, as a polynomial in the sizes."""
    total, spans = Size.of(0), list[tuple[int, int]]()
    stack: list[tuple[Tree, bool]] = [(tree, False)]
    while stack:
        part, ready = stack.pop()
        if isinstance(part, int):
            spans.append((part, part + 1))
        elif not ready:
            stack += [(part, True), (part[1], False), (part[0], False)]
        else:
            (middle, stop), (start, _) = spans.pop(), spans.pop()
            total += lengths[start] * lengths[middle] * lengths[stop]
            spans.append((start, stop))
    return total
