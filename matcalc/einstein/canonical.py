"""Canonical labelling of contractions: chains of operands, and hypergraphs in general."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from matcalc.base.budgets import spend
from matcalc.base.sizes import Size

# ------------------------------------------------------------
# Canonical order of the operands of a contraction that is made of chains: every index joins at
# most two places.
#
# ``a'X...Xb``, ``X...X`` and ``tr(X...X)`` are read along the chain, so long products of one
# matrix need no search.

Edge = tuple[int, bool, tuple[int, ...]]
"""An operand's digest, whether its two axes may be swapped, and its labels."""
Element = tuple[int, int]
"""An operand's digest and its direction along the chain: 0 either way, 1 forwards, 2 backwards."""


Place = tuple[int, int | None]
"""An operand, and the label on which the chain comes to it."""


def chain_order(edges: Sequence[Edge], output: tuple[int, ...]) -> list[Place] | None:
    """The operands in order, chain after chain, or None when the contraction is not made of
    chains."""
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
    """Operands along the chain from ``start``, and the label on which each was entered (with the
    last label at the end)."""
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


# ------------------------------------------------------------
# Canonical labelling of a contraction: a small hypergraph whose edges are operands and whose
# vertices are index labels.
#
# Equal contractions get equal labels whatever the names of their indices and the order of their
# operands were. Operands that differ from each other fix the answer at once; repeated or symmetric
# operands need colour refinement and, for ties, a bounded search.

Indices: TypeAlias = tuple[int, ...]
Labelled: TypeAlias = tuple[tuple[int, ...], tuple[Indices, ...], Indices, tuple[int, ...]]
"""Order of the operands, labels of each, output labels, and for each new label the old one."""

_MOST_TRIALS = 24
"""How many tie breaks are tried; beyond, equal terms may stay apart, which costs brevity and never
correctness."""
_MOST_ROUNDS = 60


def canonical(edges: Sequence[Edge], output: Indices, sizes: dict[int, Size]) -> Labelled:
    """The canonical order of operands and labels."""
    distinct = len({digest for digest, _, _ in edges}) == len(edges)
    if distinct and not any(swaps and labels[0] != labels[1] for _, swaps, labels in edges):
        return _labelled(edges, sorted(range(len(edges)), key=lambda k: edges[k][0]), output)
    chains = chain_order(edges, output)
    if chains is not None:
        return _labelled(_along(edges, chains), [k for k, _ in chains], output)
    used = dict.fromkeys(output)
    for _, _, labels in edges:
        used.update(dict.fromkeys(labels))
    places: dict[int, list[int]] = {label: [] for label in used}
    for place, label in enumerate(output):
        places[label].append(place)
    start = _ranked({label: (tuple(places[label]), sizes[label]) for label in used})
    return _search(edges, output, start)


def _along(edges: Sequence[Edge], chains: Sequence[Place]) -> list[Edge]:
    """The edges with the labels of symmetric operands in the order in which the chain passes
    them."""
    turned = list(edges)
    for k, entered in chains:
        digest, swaps, labels = edges[k]
        if swaps and labels[-1] == entered:
            turned[k] = (digest, swaps, labels[::-1])
    return turned


def _search(edges: Sequence[Edge], output: Indices, start: dict[int, int]) -> Labelled:
    best: tuple[tuple[tuple[int, Indices], ...], Labelled] | None = None
    trials = 0
    stack = [start]
    while stack:
        colours = _refined(edges, stack.pop())
        tie = _smallest_tie(colours)
        if tie is None or trials >= _MOST_TRIALS:
            trials += 1
            candidate = _from_colours(edges, output, colours)
            encoding = tuple([(edges[k][0], labels) for k, labels in zip(candidate[0], candidate[1])])
            if best is None or encoding < best[0]:
                best = (encoding, candidate)
            if trials > _MOST_TRIALS:
                break
            continue
        members = tie if len(tie) <= _MOST_TRIALS else tie[:1]
        for label in members:
            stack.append({other: 2 * colour + (other != label and colour == colours[label]) for other, colour in colours.items()})
    assert best is not None
    return best[1]


def _from_colours(edges: Sequence[Edge], output: Indices, colours: dict[int, int]) -> Labelled:
    swapped = [
        (digest, swaps, tuple(sorted(labels, key=lambda label: colours[label])) if swaps else labels)
        for digest, swaps, labels in edges
    ]
    order = sorted(range(len(edges)), key=lambda k: (edges[k][0], [colours[label] for label in swapped[k][2]]))
    return _labelled(swapped, order, output)


def _labelled(edges: Sequence[Edge], order: Sequence[int], output: Indices) -> Labelled:
    """Numbers the labels by first appearance: in the output, then in the operands in ``order``."""
    new: dict[int, int] = {}
    result = tuple([new.setdefault(label, len(new)) for label in output])
    indices = []
    for k in order:
        labels = [new.setdefault(label, len(new)) for label in edges[k][2]]
        indices.append(tuple(sorted(labels)) if edges[k][1] else tuple(labels))
    return tuple(order), tuple(indices), result, tuple(new)


def _ranked(signatures: dict[int, object]) -> dict[int, int]:
    rank = {signature: k for k, signature in enumerate(sorted(set(signatures.values())))}  # type: ignore[type-var]
    return {label: rank[signature] for label, signature in signatures.items()}


def _refined(edges: Sequence[Edge], colours: dict[int, int]) -> dict[int, int]:
    count = len(set(colours.values()))
    for _ in range(_MOST_ROUNDS):
        if count == len(colours):
            break
        spend(1 + len(edges))
        seen: dict[int, list[tuple[int, tuple[int, ...], int]]] = {label: [] for label in colours}
        for digest, swaps, labels in edges:
            around = tuple([colours[label] for label in labels])
            if swaps:
                around = tuple(sorted(around))
            for position, label in enumerate(labels):
                seen[label].append((digest, around, 0 if swaps else position))
        colours = _ranked({label: (colours[label], tuple(sorted(seen[label]))) for label in colours})
        if len(set(colours.values())) == count:
            break
        count = len(set(colours.values()))
    return colours


def _smallest_tie(colours: dict[int, int]) -> list[int] | None:
    groups: dict[int, list[int]] = {}
    for label, colour in colours.items():
        groups.setdefault(colour, []).append(label)
    ties = [(len(group), colour) for colour, group in groups.items() if len(group) > 1]
    return groups[min(ties)[1]] if ties else None
