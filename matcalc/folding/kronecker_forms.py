"""Forms of reduced graphs with two row or two column vertices: Kronecker products, outer products of
vec's, and chains of Kronecker products, columnwise Kronecker products and diagonals.

A chain is found by a sweep from both ends. The vertices of the rows stand at one end, a slow and a
fast one, those of the columns at the other. They walk towards each other, and what they walk over is
a factor of the chain:

    both at the ends of edges A, B to one vertex   ->  the columnwise Kronecker product of A and B
    an edge W between the two                      ->  diag(vec(W))
    each at the end of an edge A, B, or staying    ->  kron(A, B), with an identity for one that stays
    nothing at one of them                         ->  kron(1, I), and one stands there alone

A vertex that is at both ends stays. The ends have met when the same vertices stand at both and no
edge is left; vertices that stand crosswise are exchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations

from matcalc.expr.nodes import Commutation, Expr, Identity, Kronecker, Ones, Vec
from matcalc.expr.rewriting import khatri_rao
from matcalc.folding.build import cost, diagonal_matrix, hadamard, product, transpose, transposed_chain
from matcalc.folding.graph import Edge, Graph
from matcalc.folding.matrix_terms import Chain
from matcalc.folding.pairings import Pair, between, kron_chain, pair_matrix, without_identities


def kronecker_chain(graph: Graph, *, weighing: bool = False) -> Chain | None:
    """The shortest chain for a reduced graph with two row or two column vertices; None when there
    is no matrix form.

    With ``weighing`` there are no columnwise Kronecker products but Kronecker products and
    diagonals, which terms may have in common.
    """
    found = None if graph.hubs() else _paired_or_outer(graph)
    return found or _Sweep(graph, weighing).chain()


def _paired_or_outer(graph: Graph) -> Chain | None:
    """One Kronecker product, scaled, or an outer product."""
    ways = [(rows, cols, False) for rows in _placed(graph.rows) for cols in _placed(graph.cols)]
    if len(graph.rows) == len(graph.cols):
        ways.append((graph.rows, graph.cols[::-1], True))
    return _cheapest([_outer(graph), *(_paired(graph, list(zip(rows, cols)), crossed) for rows, cols, crossed in ways)])


def _cheapest(chains: list[Chain | None]) -> Chain | None:
    return min([chain for chain in chains if chain is not None], key=lambda chain: cost(product(chain)), default=None)


def _placed(group: tuple[int, ...]) -> list[tuple[int | None, ...]]:
    """The ways to put up to two vertices on a slow and a fast place."""
    return list(permutations((*group, None))) if len(group) == 1 else [(*group, None, None)[:2]]


def _paired(graph: Graph, pairs: list[Pair], crossed: bool) -> Chain | None:
    """``diag(vec(R)) kron(A, B) [K] diag(vec(C))`` for one pairing; None when an edge or a delta
    joins the pairs otherwise."""
    slow, fast, rows, cols = [set(group) - {None} for group in (*pairs, graph.rows, graph.cols)]
    inside = [[edge for edge in graph.edges if {edge.start, edge.end} == group] for group in (slow, fast, rows, cols)]
    if rows == cols:
        inside[3] = []
    if slow & fast or sum(map(len, inside)) < len(graph.edges):
        return None
    factors = [pair_matrix(graph, pair, edges) for pair, edges in zip(pairs, inside)]
    chain = kron_chain(graph, factors, graph.cols if crossed else ())
    if inside[2]:
        chain = graph.forms.chain("scaled rows", {"u": _vec_of(graph, inside[2], graph.rows), "A": chain})
    if inside[3]:
        chain = graph.forms.chain("scaled columns", {"A": chain, "v": _vec_of(graph, inside[3], graph.cols)})
    return without_identities(chain)


def _vec_of(graph: Graph, edges: list[Edge], group: tuple[int, ...]) -> Chain:
    """The vec of the edges between the two axes of a group: rows of the matrix are the fast
    axis."""
    return graph.forms.chain("vec", {"X": (hadamard([product(edge.seen_from(group[1])) for edge in edges]),)})


def _outer(graph: Graph) -> Chain | None:
    """``vec(P) vec(Q)'`` when rows and columns are not joined."""
    rows, cols = set(graph.rows), set(graph.cols)
    if rows & cols or not all({edge.start, edge.end} <= rows or {edge.start, edge.end} <= cols for edge in graph.edges):
        return None
    left, right = _group_vector(graph, graph.rows), _group_vector(graph, graph.cols)
    return (*([] if left is None else [left]), *([] if right is None else [transpose(right)])) or None


def _group_vector(graph: Graph, group: tuple[int, ...]) -> Expr | None:
    if len(group) < 2:
        return pair_matrix(graph, (group[0], None), []) if group else None
    slow, fast = group
    matrix = pair_matrix(graph, (fast, slow), between(graph, slow, fast))
    return Ones((matrix.rows * matrix.cols,)) if isinstance(matrix, Ones) else Vec(matrix)


def _mixed(chain: Chain) -> Chain:
    """``kron(A, B) kron(C, D)`` in a chain as ``kron(A C, B D)``."""
    found: list[Expr] = []
    for factor in chain:
        last = found[-1] if found else None
        pairs = list(zip(last.factors, factor.factors)) if isinstance(last, Kronecker) and isinstance(factor, Kronecker) else []
        if len(pairs) == 2 and all(one.cols is other.rows for one, other in pairs):
            found[-1] = Kronecker(tuple([product(without_identities(pair)) for pair in pairs]))
        else:
            found.append(factor)
    return tuple(found)


# ---------------------------------------------------------------- the sweep


class _Sweep:
    """A sweep over one graph; it uses up the edges and the vectors that it walks over."""

    def __init__(self, graph: Graph, weighing: bool) -> None:
        self.graph, self.weighing = graph, weighing
        self.ends = [graph.rows, graph.cols]
        self.factors: tuple[list[Expr], list[Expr]] = ([], [])
        """What each end has walked over, the own vertices first."""

    def chain(self) -> Chain | None:
        while self.graph.edges or self._is_doubled() or self.ends[1] not in (self.ends[0], self.ends[0][::-1]):
            if not any(self._step(side) for side in (0, 1)):
                return None
        left, right = self.factors
        return without_identities(_mixed((*left, *self._middle(), *transposed_chain(right))))

    def _is_doubled(self) -> bool:
        """Whether one vertex stands on both places of an end: a diagonal, and no Kronecker product."""
        return any(len(set(own)) < len(own) for own in self.ends)

    def _step(self, side: int) -> bool:
        own = self.ends[side]
        if len(own) == 2 and (self._merged(side) or self._weighed(side)):
            return True
        targets = [self._target(vertex, side) for vertex in own]
        if len(own) == 2 and targets[0] == targets[1]:
            targets[self._heavier(own)] = None
        if any(target is not None for target in targets):
            self._walk(side, targets)
            return True
        return len(own) == 2 and self._left_alone(side)

    def _neighbours(self, vertex: int) -> set[int]:
        return {edge.other(vertex) for edge in self.graph.edges_at(vertex)}

    def _stays(self, vertex: int, side: int) -> bool:
        return vertex in self.ends[1 - side]

    def _target(self, vertex: int, side: int) -> int | None:
        """Where a vertex walks to: along its only edge."""
        around = self._neighbours(vertex)
        return around.pop() if len(around) == 1 and not self._stays(vertex, side) else None

    def _merged(self, side: int) -> bool:
        """Both walk to one vertex, where one of them may stand already."""
        own = self.ends[side]
        if own[0] == own[1]:
            self._go(side, khatri_rao(*[Identity(self.graph.sizes[own[0]])] * 2), own[:1])
            return True
        found = next((hub for hub in self._meeting_points(own) if self._may_merge(side, hub)), None)
        if found is None:
            return False
        parts = [self._along(vertex, found) for vertex in own]
        self._go(side, khatri_rao(*parts), (found,))
        return True

    def _meeting_points(self, own: tuple[int, ...]) -> list[int]:
        around = [self._neighbours(vertex) | {vertex} for vertex in own]
        return sorted(around[0] & around[1], key=lambda hub: (hub in own, hub))

    def _may_merge(self, side: int, hub: int) -> bool:
        others = [vertex for vertex in self.ends[side] if vertex != hub]
        return not self.weighing and all(not self._stays(one, side) and self._neighbours(one) == {hub} for one in others)

    def _weighed(self, side: int) -> bool:
        slow, fast = self.ends[side]
        edges = between(self.graph, slow, fast)
        if edges:
            (weights,) = self.graph.forms.chain("vec", {"X": (pair_matrix(self.graph, (fast, slow), edges),)})
            self._use(edges, slow, fast)
            self.factors[side].append(diagonal_matrix(weights))
        return bool(edges)

    def _heavier(self, own: tuple[int, ...]) -> int:
        """Which of two that could walk to one vertex stays: its edge becomes a weight."""
        costs = [cost(product(edge.chain)) for vertex in own for edge in self.graph.edges_at(vertex)[:1]]
        return int(len(costs) == 2 and costs[1] > costs[0])

    def _walk(self, side: int, targets: Sequence[int | None]) -> None:
        own = self.ends[side]
        parts = [Identity(self.graph.sizes[one]) if to is None else self._along(one, to) for one, to in zip(own, targets)]
        self._go(side, self._kronecker(parts), tuple([one if to is None else to for one, to in zip(own, targets)]))

    def _left_alone(self, side: int) -> bool:
        """One with nothing at it but vectors is summed."""
        own = self.ends[side]
        gone = next((place for place in (0, 1) if not self._stays(own[place], side) and not self._neighbours(own[place])), None)
        if gone is None:
            return False
        parts: list[Expr] = [Identity(self.graph.sizes[vertex]) for vertex in own]
        parts[gone] = pair_matrix(self.graph, (own[gone], None), [])
        self._use([], own[gone])
        self._go(side, self._kronecker(parts), (own[1 - gone],))
        return True

    def _kronecker(self, parts: list[Expr]) -> Expr:
        return parts[0] if len(parts) == 1 else product(kron_chain(self.graph, parts))

    def _along(self, vertex: int, target: int) -> Expr:
        """The matrix from a vertex to another, scaled by the vectors on the first; it is used
        up."""
        if vertex == target:
            return Identity(self.graph.sizes[vertex])
        edges = between(self.graph, vertex, target)
        kept = self.graph.vectors.pop(target, None)
        found = pair_matrix(self.graph, (vertex, target), edges)
        self._use(edges, vertex)
        if kept is not None:
            self.graph.vectors[target] = kept
        return found

    def _go(self, side: int, factor: Expr, vertices: tuple[int, ...]) -> None:
        self.factors[side].append(factor)
        self.ends[side] = vertices

    def _use(self, edges: list[Edge], *vertices: int) -> None:
        self.graph.edges = [edge for edge in self.graph.edges if not any(edge is gone for gone in edges)]
        for vertex in vertices:
            self.graph.vectors.pop(vertex, None)

    def _middle(self) -> Iterator[Expr]:
        """What stands where the ends have met."""
        met = self.ends[0]
        if any(vertex in self.graph.vectors for vertex in met):
            yield self._kronecker([pair_matrix(self.graph, (vertex, vertex), []) for vertex in met])
        if met != self.ends[1]:
            slow, fast = met
            yield Commutation(self.graph.sizes[slow], self.graph.sizes[fast])
