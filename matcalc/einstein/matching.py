"""What stands in a contraction: a product of matrices from one end to the other, or an instance of
a pattern."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TypeAlias

from matcalc.base.budgets import spend
from matcalc.base.records import record
from matcalc.einstein.linear import scale
from matcalc.einstein.nodes import Apply, Contraction, Map, Power, Sum, Tensor
from matcalc.facts import known as k
from matcalc.facts import ranges as r
from matcalc.facts.function_values import Letter

# ------------------------------------------------------------
# A contraction read as a product of matrices from one end to the other, for what its form says of
# its value.
#
# A vector on an inner label is a diagonal matrix there; where nothing joins the two ends, both
# parts end in a column or row.

_Weight: TypeAlias = tuple[Tensor, ...]


@record
class _Edge:
    """Matrices that join the same two labels, multiplied entry by entry; those that are marked have
    their rows at ``end``."""

    start: int
    end: int
    operands: tuple[tuple[Tensor, bool], ...]

    def along(self, label: int) -> Letter:
        """The factor of a product that comes from ``label``."""
        turned = (label != self.start) != self.operands[0][1]
        first = self.operands[0][1]
        relative = [(operand, flip != first) for operand, flip in self.operands]
        found = k.entrywise_product([k.transposed(operand.known) if flip else operand.known for operand, flip in relative])
        letter = relative[0][0] if len(relative) == 1 else tuple(relative)
        return Letter(letter, turned, k.transposed(found) if turned else found)


class _Graph:
    """The operands of a contraction by the labels that they are on."""

    def __init__(self, node: Contraction) -> None:
        self.scalars: list[Tensor] = []
        self.weights: dict[int, list[Tensor]] = {label: [] for label in range(len(node.sizes))}
        grouped: dict[tuple[int, int], list[tuple[Tensor, bool]]] = {}
        self.plain = True
        for operand, index in zip(node.operands, node.indices):
            if not index:
                self.scalars.append(operand)
            elif len(set(index)) == 1 and len(index) <= 2:
                self.weights[index[0]].append(operand)
            elif len(index) == 2:
                first, second = min(index), max(index)
                grouped.setdefault((first, second), []).append((operand, index[0] != first))
            else:
                self.plain = False
        self.edges = [
            _Edge(a, b, tuple(sorted(found, key=lambda pair: (pair[0].digest, pair[1])))) for (a, b), found in grouped.items()
        ]
        self.sizes = node.sizes

    def weight(self, label: int) -> _Weight:
        return tuple(sorted(self.weights[label], key=lambda operand: operand.digest))

    def at(self, label: int) -> list[_Edge]:
        return [edge for edge in self.edges if label in (edge.start, edge.end)]

    def diagonal(self, label: int) -> list[Letter]:
        """The vectors on a label as a diagonal matrix; none where there are no vectors."""
        weight = self.weight(label)
        if not weight:
            return []
        entries = r.product_of([operand.known.diagonal if operand.order == 2 else operand.known.entries for operand in weight])
        return [Letter(weight, False, k.known(r.union(entries, r.ZERO), ("diagonal",), diagonal=entries, square=True))]

    def column(self, label: int) -> Letter:
        """The vectors on a label as a column; without vectors it is all ones."""
        weight = self.weight(label)
        if len(weight) == 1 and weight[0].order == 1:
            return Letter(weight, False, weight[0].known)
        entries = r.product_of([operand.known.diagonal if operand.order == 2 else operand.known.entries for operand in weight])
        return Letter((weight, self.sizes[label]), False, k.known(entries, ("full_column_rank",) if entries.nonzero else ()))


def chain_of_factors(node: Contraction) -> tuple[list[Tensor], list[Letter]] | None:
    """The scalar factors of a contraction of order 0 or 2, and the others as a product from left to
    right; None for one of another form."""
    graph = _Graph(node)
    if not graph.plain:
        return None
    if not graph.edges and node.order == 0:
        return None
    start = node.output[0] if node.order else _end(graph)
    if start is None:
        return None
    left = _walked(graph, start, None if node.order == 0 else node.output[1], closed=node.order == 0)
    if left is None:
        return None
    chain, seen, arrived = left
    if node.order and not arrived:
        right = _walked(graph, node.output[1], None, closed=False)
        if right is None or right[1] & seen:
            return None
        chain = [*chain, *[_turned(factor) for factor in reversed(right[0])]]
        seen = seen | right[1]
    every = {label for label in range(len(graph.sizes)) if graph.weights[label] or graph.at(label)} | set(node.output)
    return (graph.scalars, chain) if every <= seen else None


def _end(graph: _Graph) -> int | None:
    """A label that one edge ends on."""
    ends = [label for label in range(len(graph.sizes)) if len(graph.at(label)) == 1]
    return min(ends) if len(ends) == 2 else None


def _walked(graph: _Graph, start: int, goal: int | None, *, closed: bool) -> tuple[list[Letter], set[int], bool] | None:
    """The factors on the way from ``start``, the labels passed, and whether ``goal`` was reached;
    None where the way parts or turns back.

    A ``closed`` way begins with a row; one that does not reach the goal ends with a column.
    """
    chain = [_turned(graph.column(start))] if closed else graph.diagonal(start)
    seen = {start}
    at = start
    before: _Edge | None = None
    while True:
        onward = [edge for edge in graph.at(at) if edge is not before]
        if len(onward) > 1 or (onward and at == goal):
            return None
        if not onward:
            break
        before = onward[0]
        chain.append(before.along(at))
        at = before.end if at == before.start else before.start
        if at in seen:
            return None
        seen.add(at)
        if graph.at(at) != [before] and at != goal:
            chain += graph.diagonal(at)
    if at == goal:
        return [*chain, *graph.diagonal(at)], seen, True
    if at == start and not closed:  # nothing but vectors
        return [graph.column(at)], seen, False
    return [*chain, graph.column(at)], seen, False


def _turned(factor: Letter) -> Letter:
    return Letter(factor.value, not factor.turned, k.transposed(factor.known))


# ------------------------------------------------------------
# Matching a tensor against a pattern: symbols of the pattern are wildcards, contractions match in
# any order of factors.

Binding = dict[Tensor, Tensor]


def matches(pattern: Tensor, node: Tensor, wildcards: frozenset[Tensor], bound: Binding) -> Iterator[Binding]:
    """Every way to give tensors to the wildcards that makes ``pattern`` equal to ``node``. Patterns
    are small, so is the depth."""
    spend()
    if pattern in wildcards:
        known = bound.get(pattern)
        if known is node:
            yield bound
        elif known is None and pattern.order == node.order:
            yield {**bound, pattern: node}
        return
    match pattern, node:
        case Sum(terms=((factor, inner),)), _ if inner.order == node.order:
            yield from matches(inner, scale(1 / factor, node), wildcards, bound)
        case Sum(), Sum() if len(pattern.terms) == len(node.terms) and pattern.order == node.order:
            yield from _sums(pattern.terms, list(node.terms), wildcards, bound)
        case Contraction(), Contraction() if len(pattern.operands) == len(node.operands) and pattern.order == node.order:
            if len(pattern.sizes) == len(node.sizes):
                start = _label_map(pattern.output, node.output, {})
                if start is not None:
                    for found, _, _ in _factors(pattern, node, wildcards, bound, start):
                        yield found
        case Power(), Power() if pattern.exponent == node.exponent:
            yield from matches(pattern.base, node.base, wildcards, bound)
        case Map(), Map() if pattern.function == node.function and len(pattern.arguments) == len(node.arguments):
            yield from _all(pattern.arguments, node.arguments, wildcards, bound)
        case Apply(), Apply() if pattern.function == node.function and len(pattern.arguments) == len(node.arguments):
            yield from _all(pattern.arguments, node.arguments, wildcards, bound)
        case _ if pattern is node:
            yield bound


def _all(patterns: tuple[Tensor, ...], nodes: tuple[Tensor, ...], wildcards: frozenset[Tensor], bound: Binding) -> list[Binding]:
    bindings = [bound]
    for pattern, node in zip(patterns, nodes):
        bindings = [result for binding in bindings for result in matches(pattern, node, wildcards, binding)]
    return bindings


def _sums(
    terms: tuple[tuple[Fraction, Tensor], ...], left: list[tuple[Fraction, Tensor]], wildcards: frozenset[Tensor], bound: Binding
) -> Iterator[Binding]:
    if not terms:
        yield bound
        return
    # terms with structure first, so that a bare wildcard takes what is left
    ordered = sorted(terms, key=lambda term: term[1] in wildcards)
    factor, pattern = ordered[0]
    for place, (coefficient, node) in enumerate(left):
        if coefficient != factor and pattern not in wildcards:
            continue
        target = node if coefficient == factor else scale(coefficient / factor, node)
        for found in matches(pattern, target, wildcards, bound):
            yield from _sums(tuple(ordered[1:]), left[:place] + left[place + 1 :], wildcards, found)


def factors_within(
    pattern: Contraction, node: Contraction, wildcards: frozenset[Tensor]
) -> Iterator[tuple[Binding, dict[int, int], tuple[int, ...]]]:
    """Every way to find the factors of ``pattern`` among those of ``node``: binding, label map,
    places of the factors used.

    Labels that the pattern sums must be bound in ``node`` too and meet no other factor.
    """
    for found, labels, places in _factors(pattern, node, wildcards, {}, {}):
        summed = {labels[label] for label in labels if label not in pattern.output}
        outside = {label for k, index in enumerate(node.indices) if k not in places for label in index} | set(node.output)
        if len(set(labels.values())) == len(labels) and not summed & outside:
            yield found, labels, places


def _factors(
    pattern: Contraction, node: Contraction, wildcards: frozenset[Tensor], bound: Binding, labels: Mapping[int, int]
) -> Iterator[tuple[Binding, dict[int, int], tuple[int, ...]]]:
    ordered = sorted(range(len(pattern.operands)), key=lambda k: pattern.operands[k] in wildcards)

    def search(
        place: int, bound: Binding, labels: Mapping[int, int], used: tuple[int, ...]
    ) -> Iterator[tuple[Binding, dict[int, int], tuple[int, ...]]]:
        if place == len(ordered):
            yield bound, dict(labels), used
            return
        wanted = pattern.operands[ordered[place]]
        index = pattern.indices[ordered[place]]
        for other, operand in enumerate(node.operands):
            if other in used or operand.order != wanted.order:
                continue
            extended = _label_map(index, node.indices[other], labels)
            if extended is not None:
                for found in matches(wanted, operand, wildcards, bound):
                    yield from search(place + 1, found, extended, (*used, other))

    yield from search(0, bound, labels, ())


def _label_map(pattern: tuple[int, ...], node: tuple[int, ...], known: Mapping[int, int]) -> dict[int, int] | None:
    labels = dict(known)
    for one, other in zip(pattern, node):
        if labels.setdefault(one, other) != other:
            return None
    return labels
