"""Canonical labelling of a contraction: a small hypergraph whose edges are operands and whose vertices are index labels.

Equal contractions get equal labels whatever the names of their indices and the order of their operands were. Operands that differ from
each other fix the answer at once; repeated or symmetric operands need colour refinement and, for ties, a bounded search.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from matcalc.budgets import spend
from matcalc.einstein.chains import Place, chain_order
from matcalc.sizes import Size

Indices: TypeAlias = tuple[int, ...]
Edge: TypeAlias = tuple[int, bool, Indices]
"""An operand's digest, whether its two axes may be swapped, and its labels."""
Labelled: TypeAlias = tuple[tuple[int, ...], tuple[Indices, ...], Indices, tuple[int, ...]]
"""Order of the operands, labels of each, output labels, and for each new label the old one."""

_MOST_TRIALS = 24
"""How many tie breaks are tried; beyond, equal terms may stay apart, which costs brevity and never correctness."""
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
    """The edges with the labels of symmetric operands in the order in which the chain passes them."""
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
        (digest, swaps, tuple(sorted(labels, key=lambda label: colours[label])) if swaps else labels) for digest, swaps, labels in edges
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
