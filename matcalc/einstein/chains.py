"""Canonical order of the operands of a contraction that is made of chains: every index joins at most two places.

``a'X...Xb``, ``X...X`` and ``tr(X...X)`` are read along the chain, so long products of one matrix need no search.
"""

from __future__ import annotations

from collections.abc import Sequence

Edge = tuple[int, bool, tuple[int, ...]]
Element = tuple[int, int]
"""An operand's digest and its direction along the chain: 0 either way, 1 forwards, 2 backwards."""


Place = tuple[int, int | None]
"""An operand, and the label on which the chain comes to it."""


def chain_order(edges: Sequence[Edge], output: tuple[int, ...]) -> list[Place] | None:
    """The operands in order, chain after chain, or None when the contraction is not made of chains."""
    at: dict[int, list[int]] = {}
    for k, (_, _, labels) in enumerate(edges):
        if len(labels) > 2 or not labels or (len(labels) == 2 and labels[0] == labels[1]):
            return None
        for label in labels:
            at.setdefault(label, []).append(k)
    ends: dict[int, int] = {}
    for place, label in enumerate(output):
        if label in ends:
            return None
        ends[label] = place
    if any(len(places) + (label in ends) > 2 for label, places in at.items()):
        return None
    done: set[int] = set()
    found: list[tuple[tuple[object, ...], list[Place]]] = []
    for k, (_, _, labels) in enumerate(edges):
        if k not in done and (len(labels) == 1 or any(len(at[label]) == 1 for label in labels)):
            order, through = _walk(edges, at, k, _free_label(edges[k], at))
            done.update(order)
            found.append(_open_chain(edges, ends, order, through))
    for k in range(len(edges)):
        if k not in done:
            order, through = _walk(edges, at, k, edges[k][2][0])
            done.update(order)
            found.append(_cycle(edges, order, through))
    found.sort(key=lambda chain: chain[0])
    return [place for _, chain in found for place in chain]


def _free_label(edge: Edge, at: dict[int, list[int]]) -> int | None:
    """The label on which a chain starts; None when it starts with a vector."""
    labels = edge[2]
    if len(labels) == 1:
        return None
    return next(label for label in labels if len(at[label]) == 1)


def _walk(edges: Sequence[Edge], at: dict[int, list[int]], start: int, entered: int | None) -> tuple[list[int], list[int | None]]:
    """Operands along the chain from ``start``, and the label on which each was entered (with the last label at the end)."""
    order: list[int] = []
    through: list[int | None] = []
    current: int | None = start
    while current is not None:
        order.append(current)
        through.append(entered)
        labels = edges[current][2]
        onward = [label for label in labels if label != entered]
        if not onward:
            entered = None
            break
        entered = onward[0]
        following = [k for k in at[entered] if k != current]
        current = following[0] if following and following[0] != start else None
    through.append(entered)
    return order, through


def _elements(edges: Sequence[Edge], order: list[int], through: list[int | None]) -> list[Element]:
    elements = []
    for k, label in zip(order, through):
        digest, swaps, labels = edges[k]
        elements.append((digest, 0 if swaps or len(labels) == 1 else 1 if labels[0] == label else 2))
    return elements


def _backwards(elements: list[Element]) -> list[Element]:
    return [(digest, direction and 3 - direction) for digest, direction in reversed(elements)]


def _open_chain(
    edges: Sequence[Edge], ends: dict[int, int], order: list[int], through: list[int | None]
) -> tuple[tuple[object, ...], list[Place]]:
    elements = _elements(edges, order, through)
    first, last = (_end(label, ends) for label in (through[0], through[-1]))
    forwards, turned = (first, last, *elements), (last, first, *_backwards(elements))
    return (forwards, list(zip(order, through))) if forwards <= turned else (turned, list(zip(order, through[1:]))[::-1])


def _end(label: int | None, ends: dict[int, int]) -> Element:
    """A vector, a sum over the index, or a place in the output."""
    return (-2, 0) if label is None else (ends.get(label, -1), 0)


def _cycle(edges: Sequence[Edge], order: list[int], through: list[int | None]) -> tuple[tuple[object, ...], list[Place]]:
    elements = _elements(edges, order, through)
    best: tuple[tuple[object, ...], list[Place]] | None = None
    for sequence, places in ((elements, list(zip(order, through))), (_backwards(elements), list(zip(order, through[1:]))[::-1])):
        k = _least_rotation(sequence)
        key = ((-3, 0), (-3, 0), *sequence[k:], *sequence[:k])
        if best is None or key < best[0]:
            best = (key, places[k:] + places[:k])
    assert best is not None
    return best


def _least_rotation(sequence: list[Element]) -> int:
    """Where the lexicographically least rotation starts (Booth 1980, in the two-pointer form)."""
    count = len(sequence)
    one, other, length = 0, 1, 0
    while one < count and other < count and length < count:
        left, right = sequence[(one + length) % count], sequence[(other + length) % count]
        if left == right:
            length += 1
            continue
        if left > right:
            one += length + 1
        else:
            other += length + 1
        if one == other:
            other += 1
        length = 0
    return min(one, other)
