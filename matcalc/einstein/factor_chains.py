"""A contraction read as a product of matrices from one end to the other, for what its form says of
its value.

A vector on an inner label is a diagonal matrix there; where nothing joins the two ends, both parts
end in a column or row.
"""

from __future__ import annotations

from typing import TypeAlias

from matcalc.base.records import record
from matcalc.einstein.nodes import Contraction, Tensor
from matcalc.facts import known as k, ranges as r
from matcalc.facts.function_values import Letter

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
