"""Vertices that count the pairs of two others: folded to ``reshape``, ``vec`` and Kronecker
products, one pairing after the other.

A pairing (a, b, c) says that the vertex c counts the pairs of a, slowly, and b, fast. Each step
takes a pairing away or moves edges to c:

    a, b bound, nothing on them                    ->  nothing
    a, b bound, edges between them only            ->  vec(X) on c
    c bound, vectors on it only                    ->  an edge reshape(v) from b to a
    pairings (a, b, c), (d, e, f), a-d and b-e     ->  an edge kron(A, B) from c to f; crossed: kron(A, B) K
    the same, edge M from c to f, a-d by A only    ->  an edge from b to e: the sum of the blocks of M, weighted by the entries of A
    vectors u on a, nothing else                   ->  an edge kron(u, I) from c to b; and so for b
    an edge M from c to b, nothing else at b       ->  on a the traces of the blocks of M
    edges X between a and b, beside others         ->  vec(X) on c
    nothing on a, b in use                         ->  ones on a
    ((a, b), (c, d)) counted by e                  ->  ((a, c), (b, d)) counted by f, and kron(I, K, I) from e to f
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.base.budgets import spend
from matcalc.base.lazy import later
from matcalc.expr.nodes import Commutation, Expr, Identity, Kronecker, Ones, Reshape, Vec
from matcalc.folding.build import hadamard, product, transpose, transposed_chain
from matcalc.folding.graph import Edge, Graph, Pairing
from matcalc.folding.matrix_terms import Chain

if TYPE_CHECKING:
    from matcalc.folding import kronecker
else:
    kronecker = later("matcalc.folding.kronecker")


_MOST_STEPS = 40


def unpaired(graph: Graph) -> None:
    """Takes the pairings of a reduced graph away as far as that goes; its rows and columns are
    single vertices afterwards."""
    graph.rows, graph.cols = _single(graph, graph.rows), _single(graph, graph.cols)
    for _ in range(_MOST_STEPS):
        if not graph.pairings or not any(step(graph) for step in _STEPS):
            break
        graph.reduce()
    for edge in graph.edges:
        edge.chain = tuple([factor for factor in edge.chain if not isinstance(factor, Identity)]) or edge.chain[:1]


def _single(graph: Graph, group: tuple[int, ...]) -> tuple[int, ...]:
    """One vertex for a group: of four, as of the vec of a Kronecker product, it counts the pairs of
    the pairs."""
    if len(group) < 2:
        return group
    first = len(group) // 2
    (slow,), (fast,) = _single(graph, group[:first]), _single(graph, group[first:])
    return (graph.counted(slow, fast),)


# ---------------------------------------------------------------- steps


def _same(graph: Graph) -> bool:
    """Two pairings of the same two vertices count to one, and two that count to one vertex pair the
    same, where the sizes agree."""
    for k, (a, b, c) in enumerate(graph.pairings):
        for d, e, f in graph.pairings[:k]:
            if (a, b) == (d, e):
                graph.pairings.pop(k)
                graph.identify(c, f)
                return True
            if c == f and (graph.sizes[a], graph.sizes[b]) == (graph.sizes[d], graph.sizes[e]):
                graph.pairings.pop(k)
                graph.identify(a, d)
                graph.identify(b, e)
                return True
    return False


def _alone(graph: Graph) -> bool:
    """The sum over both vertices of a pairing is one."""
    for pairing in graph.pairings:
        a, b, _ = pairing
        if a != b and _free(graph, pairing, a, b) and not graph.edges_at(a, b) and not {a, b} & set(graph.vectors):
            graph.drop(pairing, [], ())
            return True
    return False


def _to_vec(graph: Graph) -> bool:
    for pairing in graph.pairings:
        a, b, c = pairing
        edges = graph.edges_at(a, b)
        if not _free(graph, pairing, a, b) or any({edge.start, edge.end} != {a, b} for edge in edges):
            continue
        inner = kronecker.pair_matrix(graph, (a, a), []) if a == b else product(graph.matrix(b, a, edges))
        graph.drop(pairing, edges, (a, b))
        graph.vectors.setdefault(c, []).append((Vec(inner),))
        return True
    return False


def _to_reshape(graph: Graph) -> bool:
    for pairing in graph.pairings:
        a, b, c = pairing
        if not _free(graph, pairing, c) or graph.edges_at(c) or c not in graph.vectors:
            continue
        inner = product(graph.combined(graph.vectors[c]))
        graph.drop(pairing, [], (c,))
        graph.edges.append(Edge(b, a, (Reshape(inner, graph.sizes[b], graph.sizes[a]),)))
        return True
    return False


def _to_kron(graph: Graph) -> bool:
    for k, first in enumerate(graph.pairings):
        for second in graph.pairings[:k]:
            for crossed in (False, True):
                if second[2] in graph.rows or first[2] in graph.cols:
                    first, second = second, first
                a, b, c = first
                d, e, f = second
                left, right = ((a, e), (b, d)) if crossed else ((a, d), (b, e))
                if not _free(graph, first, a, b, besides=second) or not _free(graph, second, d, e, besides=first):
                    continue
                if set(left) & set(right) or not _joined(graph, *left) or not _joined(graph, *right):
                    continue
                edges = graph.edges_at(a, b, d, e)
                matrices = [kronecker.pair_matrix(graph, ends, graph.edges_at(*ends)) for ends in (left, right)]
                swap = (Commutation(graph.sizes[e], graph.sizes[d]),) if crossed else ()
                graph.drop(first, edges, (a, b))
                graph.drop(second, [], (d, e))
                graph.edges.append(Edge(c, f, (kronecker.kron(matrices), *swap)))
                return True
    return False


def _to_block_sum(graph: Graph) -> bool:
    """``(vec(A)' kron I) (I kron M) (vec(I) kron I)``, the blocks of M times the entries of A,
    summed; and the same within the blocks."""
    for k, one in enumerate(graph.pairings):
        for other in graph.pairings[:k]:
            for first, second in ((one, other), (other, one)):
                c, f = first[2], second[2]
                if set(first) & set(graph.cols) or set(second) & set(graph.rows):
                    continue
                middle = graph.edges_at(c, f)
                if len(middle) != 1 or {middle[0].start, middle[0].end} != {c, f} or c in graph.vectors or f in graph.vectors:
                    continue
                if not _free(graph, first, c) or not _free(graph, second, f):
                    continue
                for place in (0, 1):
                    if _summed_blocks(graph, first, second, middle[0], place):
                        return True
    return False


def _summed_blocks(graph: Graph, first: Pairing, second: Pairing, middle: Edge, place: int) -> bool:
    row, col = first[place], second[place]
    start, end = first[1 - place], second[1 - place]
    if (
        not _free(graph, first, row, besides=second)
        or not _free(graph, second, col, besides=first)
        or not _joined(graph, row, col)
    ):
        return False
    if {row, col} & {start, end}:
        return False
    edges = [] if row == col else graph.edges_at(row, col)
    if row != col and not edges and not {row, col} & set(graph.vectors):
        return False
    weights = kronecker.pair_matrix(graph, (row, col), edges)
    inner = product(middle.seen_from(first[2]))
    rows, cols = Identity(graph.sizes[start]), Identity(graph.sizes[end])
    unit = Identity(graph.sizes[col])
    if place == 0:
        chain = (
            Kronecker((transpose(Vec(weights)), rows)),
            Kronecker((unit, inner)),
            Kronecker((Vec(unit), cols)),
        )
    else:
        chain = (
            Kronecker((rows, transpose(Vec(transpose(weights))))),
            Kronecker((inner, unit)),
            Kronecker((cols, Vec(unit))),
        )
    graph.drop(first, [middle, *edges], (row, col))
    graph.drop(second, [], ())
    graph.edges.append(Edge(start, end, chain))
    return True


def _to_scaled(graph: Graph) -> bool:
    for pairing in graph.pairings:
        a, b, c = pairing
        for vertex, other in ((a, b), (b, a)):
            if a == b or not _free(graph, pairing, vertex) or graph.edges_at(vertex) or vertex not in graph.vectors:
                continue
            vector = product(graph.combined(graph.vectors[vertex]))
            rest: Expr = Identity(graph.sizes[other])
            edges = graph.edges_at(other)
            graph.drop(pairing, [], (vertex,))
            if len(edges) == 1 and edges[0].start != edges[0].end and other not in graph.vectors and _free(graph, pairing, other):
                rest, other = product(edges[0].seen_from(other)), edges[0].other(other)  # (u kron I) M is u kron M
                graph.edges.remove(edges[0])
            graph.edges.append(Edge(c, other, (kronecker.kron([vector, rest] if vertex == a else [rest, vector]),)))
            return True
    return False


def _to_traces(graph: Graph) -> bool:
    for pairing in graph.pairings:
        a, b, c = pairing
        for vertex, other in ((b, a), (a, b)):
            edges = graph.edges_at(vertex)
            if a == b or not _free(graph, pairing, c, vertex) or len(edges) != 1 or {edges[0].start, edges[0].end} != {c, vertex}:
                continue
            if graph.edges_at(c) != edges or c in graph.vectors or vertex in graph.vectors:
                continue
            graph.drop(pairing, edges, (c, vertex))
            graph.vectors.setdefault(other, []).append(_traces(graph, edges[0].seen_from(vertex), other, slowly=vertex == a))
            return True
    return False


def _traces(graph: Graph, chain: Chain, other: int, *, slowly: bool) -> Chain:
    """The sum of ``chain[k, (k, j)]`` over k for each j, the number of ``other``, or of
    ``chain[k, (j, k)]`` if not ``slowly``."""
    size = graph.sizes[other]
    if slowly:
        return (Kronecker((transpose(Vec(Identity(product(chain).rows))), Identity(size))), Vec(transpose(product(chain))))
    *left, last = chain
    weights = product(transposed_chain(left)) if left else Identity(last.rows)
    return (transpose(Reshape(last, weights.rows * weights.cols, size)), Vec(weights))


def _beside(graph: Graph) -> bool:
    for a, b, c in graph.pairings:
        edges = [edge for edge in graph.edges if a != b and {edge.start, edge.end} == {a, b}]
        if edges:
            inner = hadamard([product(edge.seen_from(b)) for edge in edges])
            graph.edges = [edge for edge in graph.edges if edge not in edges]
            graph.vectors.setdefault(c, []).append((Vec(inner),))
            return True
    return False


def _exchanged(graph: Graph) -> bool:
    """Pairs ((a, b), (c, d)) as ((a, c), (b, d)), where a and c or b and d belong together, as in
    the vec of a Kronecker product; and (a, (c, d)) as ((a, c), d). Of c and d the one that belongs
    to a comes first."""
    for outer in graph.pairings:
        for right in graph.pairings:
            slow, fast, whole = outer
            c, d, count = right
            first: tuple[int, int]
            second: tuple[int, ...]
            if count != fast or not _only(graph, fast, outer, right):
                continue
            left = next((pairing for pairing in graph.pairings if pairing[2] == slow), None)
            if left is None:
                if not (_together(graph, slow, c) or _together(graph, slow, d)):
                    continue
                swap = not _together(graph, slow, c)
                factors: list[Expr] = [Identity(graph.sizes[slow]), Commutation(graph.sizes[c], graph.sizes[d])]
                first, second = ((slow, d), (c,)) if swap else ((slow, c), (d,))
                if second[0] in graph.vectors and not graph.edges_at(*second) and _free(graph, right, *second):
                    continue  # the vector scales the other side
            else:
                a, b, _ = left
                swap = not (_together(graph, a, c) or _together(graph, b, d))
                if not _only(graph, slow, outer, left) or (swap and not (_together(graph, a, d) or _together(graph, b, c))):
                    continue
                sizes = [graph.sizes[vertex] for vertex in (a, b, c, d)]
                factors = [Identity(sizes[0] * sizes[1]), Commutation(sizes[2], sizes[3])]
                if not swap:
                    factors = [Identity(sizes[0]), Commutation(sizes[1], sizes[2]), Identity(sizes[3])]
                first, second = ((a, b), (d, c)) if swap else ((a, c), (b, d))
            graph.pairings = [pairing for pairing in graph.pairings if pairing not in (outer, left, right)]
            one = graph.counted(*first)
            other = graph.counted(*second) if len(second) == 2 else second[0]
            turned = whole
            if swap or left is not None:
                turned = graph.vertex(graph.sizes[whole])
                graph.edges.append(Edge(whole, turned, (Kronecker(tuple(factors)),)))
            graph.pairings.append((one, other, turned))
            return True
    return False


def _only(graph: Graph, vertex: int, *pairings: Pairing) -> bool:
    """Whether nothing but these pairings is at a vertex."""
    if graph.edges_at(vertex) or vertex in graph.vectors or vertex in graph.output:
        return False
    return not any(vertex in pairing for pairing in graph.pairings if pairing not in pairings)


def _together(graph: Graph, one: int, other: int) -> bool:
    """Whether an edge or a pairing joins two vertices."""
    if any({edge.start, edge.end} == {one, other} for edge in graph.edges):
        return True
    return any(pairing[:2] == (one, other) for pairing in graph.pairings)


def _summed(graph: Graph) -> bool:
    """A vertex with nothing on it is summed: with ones on it, it scales what its pairing counts."""
    for pairing in graph.pairings:
        for vertex in pairing[:2]:
            if _free(graph, pairing, vertex) and not graph.edges_at(vertex) and vertex not in graph.vectors:
                graph.vectors[vertex] = [(Ones((graph.sizes[vertex],)),)]
                return True
    return False


_STEPS = (
    _same, _alone, _to_vec, _exchanged, _to_reshape, _to_kron, _to_block_sum, _to_scaled, _to_traces, _beside, _summed,
)  # fmt: skip


# ---------------------------------------------------------------- shared


def _free(graph: Graph, pairing: Pairing, *vertices: int, besides: Pairing | None = None) -> bool:
    """Whether the vertices are summed and in no other pairing."""
    spend(1 + len(graph.pairings) // 32)
    others = {vertex for other in graph.pairings if other not in (pairing, besides) for vertex in other}
    return not any(vertex in graph.output or vertex in others for vertex in vertices)


def _joined(graph: Graph, one: int, other: int) -> bool:
    """Whether two vertices are one, or every edge at one of them goes to the other."""
    if one == other:
        return not graph.edges_at(one)
    return all({edge.start, edge.end} == {one, other} for edge in graph.edges_at(one, other))
