"""Vertices that count the pairs of two others, and results of order three and four: folded to
``reshape``, ``vec``, Kronecker and commutation forms.

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

The rows of a result of order three or four are a group (slow, fast), as in ``kron`` and ``vec``,
and so are its columns. Once no bound vertex is left, they are the forms ``kronecker`` and ``crossed
kronecker`` of ``rules/folds.rules``, scaled by the vec of what joins rows or columns; or an outer
product of vec's. A vertex that meets three or more of the groups is a Khatri-Rao product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from matcalc.base.budgets import spend
from matcalc.expr.nodes import Commutation, Expr, Identity, Kronecker, Ones, Reshape, Vec
from matcalc.folding.build import diagonal_matrix, hadamard, product, transpose, transposed_chain
from matcalc.folding.graph import Edge, Graph, Pairing
from matcalc.folding.matrix_terms import Chain

Pair = tuple[int | None, int | None]

_MOST_STEPS = 40


def unpaired(graph: Graph) -> None:
    """Takes the pairings of a reduced graph away as far as that goes; its rows and columns are
    single vertices afterwards."""
    graph.rows, graph.cols = _single(graph, graph.rows), _single(graph, graph.cols)
    for _ in range(_MOST_STEPS):
        if not graph.pairings or not any(step(graph, *place) for step, places in _STEPS for place in places(graph)):
            break
        graph.reduce()
    for edge in graph.edges:
        edge.chain = without_identities(edge.chain)


def _single(graph: Graph, group: tuple[int, ...]) -> tuple[int, ...]:
    """One vertex for a group: of four, as of the vec of a Kronecker product, it counts the pairs of
    the pairs."""
    if len(group) < 2:
        return group
    first = len(group) // 2
    (slow,), (fast,) = _single(graph, group[:first]), _single(graph, group[first:])
    return (graph.counted(slow, fast),)


# ---------------------------------------------------------------- places where a step may be taken


def _each(graph: Graph) -> Iterable[tuple[Pairing]]:
    return zip(graph.pairings)


def _each_way(graph: Graph) -> list[tuple[Pairing, int, int]]:
    """Every pairing with each of its vertices first."""
    return [(pairing, *ends) for pairing in graph.pairings for ends in (pairing[:2], pairing[1::-1])]


def _couples(graph: Graph) -> list[tuple[Pairing, Pairing]]:
    """Every two pairings, the later one first."""
    return [(one, other) for place, one in enumerate(graph.pairings) for other in graph.pairings[:place]]


def _couples_both_ways(graph: Graph) -> list[tuple[Pairing, Pairing]]:
    return [ordered for couple in _couples(graph) for ordered in (couple, couple[::-1])]


def _nested(graph: Graph) -> list[tuple[Pairing, Pairing]]:
    """Pairings of which the second counts to the fast vertex of the first."""
    return [(outer, inner) for outer in graph.pairings for inner in graph.pairings if inner[2] == outer[1]]


# ---------------------------------------------------------------- steps


def _same(graph: Graph, one: Pairing, other: Pairing) -> bool:
    """Two pairings of the same two vertices count to one, and two that count to one vertex pair the
    same, where the sizes agree."""
    (a, b, c), (d, e, f) = one, other
    alike = (a, b) == (d, e)
    if not alike and (c != f or (graph.sizes[a], graph.sizes[b]) != (graph.sizes[d], graph.sizes[e])):
        return False
    graph.pairings = [pairing for pairing in graph.pairings if pairing is not one]
    for first, second in ((c, f),) if alike else ((a, d), (b, e)):
        graph.identify(first, second)
    return True


def _alone(graph: Graph, pairing: Pairing) -> bool:
    """The sum over both vertices of a pairing is one."""
    a, b, _ = pairing
    if a == b or not _free(graph, pairing, a, b) or not _bare(graph, a, b):
        return False
    graph.drop(pairing, [], ())
    return True


def _to_vec(graph: Graph, pairing: Pairing) -> bool:
    a, b, c = pairing
    edges = graph.edges_at(a, b)
    if not _free(graph, pairing, a, b) or any({edge.start, edge.end} != {a, b} for edge in edges):
        return False
    inner = pair_matrix(graph, (a, a) if a == b else (b, a), edges)
    graph.drop(pairing, edges, (a, b))
    _put_vec(graph, inner, c)
    return True


def _put_vec(graph: Graph, inner: Expr, vertex: int) -> None:
    graph.vectors.setdefault(vertex, []).append(graph.forms.chain("vec", {"X": (inner,)}))


def _to_reshape(graph: Graph, pairing: Pairing) -> bool:
    a, b, c = pairing
    if not _free(graph, pairing, c) or graph.edges_at(c) or c not in graph.vectors:
        return False
    inner = product(graph.combined(graph.vectors[c]))
    graph.drop(pairing, [], (c,))
    graph.edges.append(Edge(b, a, (Reshape(inner, graph.sizes[b], graph.sizes[a]),)))
    return True


def _to_kron(graph: Graph, first: Pairing, second: Pairing) -> bool:
    for crossed in (False, True):
        if second[2] in graph.rows or first[2] in graph.cols:
            first, second = second, first
        (a, b, c), (d, e, f) = first, second
        pairs = ((a, e), (b, d)) if crossed else ((a, d), (b, e))
        if not _free(graph, first, a, b, besides=second) or not _free(graph, second, d, e, besides=first):
            continue
        if not _joined_apart(graph, *pairs):
            continue
        edges = graph.edges_at(a, b, d, e)
        chain = kron_chain(graph, [pair_matrix(graph, ends, graph.edges_at(*ends)) for ends in pairs], (d, e) if crossed else ())
        graph.drop(first, edges, (a, b))
        graph.drop(second, [], (d, e))
        graph.edges.append(Edge(c, f, chain))
        return True
    return False


def kron_chain(graph: Graph, factors: list[Expr], crossed: tuple[int, ...] = ()) -> Chain:
    """The Kronecker product of two factors; ``crossed`` are the column vertices of a crossed
    one."""
    name, sizes = ("crossed kronecker" if crossed else "kronecker"), [graph.sizes[vertex] for vertex in crossed]
    return graph.forms.chain(name, {"A": (factors[0],), "B": (factors[1],)}, dict(zip("jl", sizes)))


def _to_block_sum(graph: Graph, first: Pairing, second: Pairing) -> bool:
    """``(vec(A)' kron I) (I kron M) (vec(I) kron I)``, the blocks of M times the entries of A,
    summed; and the same within the blocks."""
    if set(first) & set(graph.cols) or set(second) & set(graph.rows):
        return False
    middle = _only_edge(graph, first[2], second[2])
    if middle is None or not _free(graph, first, first[2]) or not _free(graph, second, second[2]):
        return False
    return any(_summed_blocks(graph, first, second, middle, place) for place in (0, 1))


def _summed_blocks(graph: Graph, first: Pairing, second: Pairing, middle: Edge, place: int) -> bool:
    row, col = first[place], second[place]
    start, end = first[1 - place], second[1 - place]
    summed = _free(graph, first, row, besides=second) and _free(graph, second, col, besides=first)
    if not summed or not _joined(graph, row, col) or {row, col} & {start, end} or (row != col and _bare(graph, row, col)):
        return False
    edges = [] if row == col else graph.edges_at(row, col)
    weights = pair_matrix(graph, (row, col), edges)
    inner = product(middle.seen_from(first[2]))
    unit = Identity(graph.sizes[col])
    factors: list[tuple[Expr, Expr]] = [
        (transpose(Vec(weights if place == 0 else transpose(weights))), Identity(graph.sizes[start])),
        (unit, inner),
        (Vec(unit), Identity(graph.sizes[end])),
    ]
    graph.drop(first, [middle, *edges], (row, col))
    graph.drop(second, [], ())
    graph.edges.append(Edge(start, end, tuple([Kronecker(pair if place == 0 else pair[::-1]) for pair in factors])))
    return True


def _to_scaled(graph: Graph, pairing: Pairing, vertex: int, other: int) -> bool:
    first = vertex == pairing[0]
    if vertex == other or not _free(graph, pairing, vertex) or graph.edges_at(vertex) or vertex not in graph.vectors:
        return False
    vector = product(graph.combined(graph.vectors[vertex]))
    rest: Expr = Identity(graph.sizes[other])
    edges = graph.edges_at(other)
    graph.drop(pairing, [], (vertex,))
    if len(edges) == 1 and edges[0].start != edges[0].end and other not in graph.vectors and _free(graph, pairing, other):
        rest, other = product(edges[0].seen_from(other)), edges[0].other(other)  # (u kron I) M is u kron M
        graph.edges.remove(edges[0])
    graph.edges.append(Edge(pairing[2], other, kron_chain(graph, [vector, rest] if first else [rest, vector])))
    return True


def _to_traces(graph: Graph, pairing: Pairing, vertex: int, other: int) -> bool:
    a, _, c = pairing
    edge = _only_edge(graph, c, vertex) if vertex != other and _free(graph, pairing, c, vertex) else None
    if edge is None:
        return False
    graph.drop(pairing, [edge], (c, vertex))
    traces = _traces(graph, edge.seen_from(vertex), other, slowly=vertex == a)
    graph.vectors.setdefault(other, []).append(traces)
    return True


def _traces(graph: Graph, chain: Chain, other: int, *, slowly: bool) -> Chain:
    """The sum of ``chain[k, (k, j)]`` over k for each j, the number of ``other``, or of
    ``chain[k, (j, k)]`` if not ``slowly``."""
    size = graph.sizes[other]
    if slowly:
        return (Kronecker((transpose(Vec(Identity(product(chain).rows))), Identity(size))), Vec(transpose(product(chain))))
    *left, last = chain
    weights = product(transposed_chain(left)) if left else Identity(last.rows)
    return (transpose(Reshape(last, weights.rows * weights.cols, size)), Vec(weights))


def _beside(graph: Graph, pairing: Pairing) -> bool:
    a, b, c = pairing
    edges = between(graph, a, b) if a != b else []
    if edges:
        inner = hadamard([product(edge.seen_from(b)) for edge in edges])
        graph.edges = [edge for edge in graph.edges if edge not in edges]
        _put_vec(graph, inner, c)
    return bool(edges)


def _exchanged(graph: Graph, outer: Pairing, right: Pairing) -> bool:
    """Pairs ((a, b), (c, d)) as ((a, c), (b, d)), where a and c or b and d belong together, as in
    the vec of a Kronecker product; and (a, (c, d)) as ((a, c), d). Of c and d the one that belongs
    to a comes first."""
    slow, fast, whole = outer
    if not _only(graph, fast, outer, right):
        return False
    left = next((pairing for pairing in graph.pairings if pairing[2] == slow), None)
    found = _three(graph, slow, right) if left is None else _four(graph, outer, left, right)
    if found is None:
        return False
    first, second, factors = found
    graph.pairings = [pairing for pairing in graph.pairings if pairing not in (outer, left, right)]
    one = graph.counted(*first)
    other = graph.counted(*second) if len(second) == 2 else second[0]
    if factors:
        turned = graph.vertex(graph.sizes[whole])
        graph.edges.append(Edge(whole, turned, (Kronecker(factors),)))
        whole = turned
    graph.pairings.append((one, other, whole))
    return True


Exchange = tuple[tuple[int, int], tuple[int, ...], tuple[Expr, ...]]
"""What is paired first, what then, and the factors of the permutation between."""


def _three(graph: Graph, slow: int, right: Pairing) -> Exchange | None:
    c, d, _ = right
    swap = not _together(graph, slow, c)
    if swap and not _together(graph, slow, d):
        return None
    one, other = (d, c) if swap else (c, d)
    if other in graph.vectors and not graph.edges_at(other) and _free(graph, right, other):
        return None  # the vector scales the other side
    turn = (Identity(graph.sizes[slow]), Commutation(graph.sizes[c], graph.sizes[d]))
    return (slow, one), (other,), turn if swap else ()


def _four(graph: Graph, outer: Pairing, left: Pairing, right: Pairing) -> Exchange | None:
    (a, b, slow), (c, d, _) = left, right
    swap = not (_together(graph, a, c) or _together(graph, b, d))
    if not _only(graph, slow, outer, left) or (swap and not (_together(graph, a, d) or _together(graph, b, c))):
        return None
    m, n, p, q = [graph.sizes[vertex] for vertex in (a, b, c, d)]
    if swap:
        return (a, b), (d, c), (Identity(m * n), Commutation(p, q))
    return (a, c), (b, d), (Identity(m), Commutation(n, p), Identity(q))


def _summed(graph: Graph, pairing: Pairing, vertex: int, _: int) -> bool:
    """A vertex with nothing on it is summed: with ones on it, it scales what its pairing counts."""
    found = _free(graph, pairing, vertex) and _bare(graph, vertex)
    if found:
        graph.vectors[vertex] = [(Ones((graph.sizes[vertex],)),)]
    return found


_STEPS: tuple[tuple[Callable[..., bool], Callable[[Graph], Iterable[tuple[Any, ...]]]], ...] = (
    (_same, _couples), (_alone, _each), (_to_vec, _each), (_exchanged, _nested), (_to_reshape, _each), (_to_kron, _couples),
    (_to_block_sum, _couples_both_ways), (_to_scaled, _each_way), (_to_traces, _each_way), (_beside, _each), (_summed, _each_way),
)  # fmt: skip
"""Each step with the places where it may be taken, the first ones first."""


# ---------------------------------------------------------------- what is at a vertex


def _only(graph: Graph, vertex: int, *pairings: Pairing) -> bool:
    """Whether nothing but these pairings is at a vertex."""
    if not _bare(graph, vertex) or vertex in graph.output:
        return False
    return not any(vertex in pairing for pairing in graph.pairings if pairing not in pairings)


def _bare(graph: Graph, *vertices: int) -> bool:
    """Whether no edges and no vectors are at the vertices."""
    return not graph.edges_at(*vertices) and graph.vectors.keys().isdisjoint(vertices)


def between(graph: Graph, one: int, other: int) -> list[Edge]:
    return [edge for edge in graph.edges if {edge.start, edge.end} == {one, other}]


def _only_edge(graph: Graph, one: int, other: int) -> Edge | None:
    """The edge between two vertices where nothing else is at them."""
    edges = graph.edges_at(one, other)
    alone = len(edges) == 1 and graph.vectors.keys().isdisjoint((one, other))
    return edges[0] if alone and {edges[0].start, edges[0].end} == {one, other} else None


def _together(graph: Graph, one: int, other: int) -> bool:
    """Whether an edge or a pairing joins two vertices."""
    return bool(between(graph, one, other)) or any(pairing[:2] == (one, other) for pairing in graph.pairings)


def _free(graph: Graph, pairing: Pairing, *vertices: int, besides: Pairing | None = None) -> bool:
    """Whether the vertices are summed and in no other pairing."""
    spend(1 + len(graph.pairings) // 32)
    others = {vertex for other in graph.pairings if other not in (pairing, besides) for vertex in other}
    return others.isdisjoint(vertices) and set(graph.output).isdisjoint(vertices)


def _joined_apart(graph: Graph, one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether the vertices of either pair are joined, and to no others."""
    return not set(one) & set(other) and _joined(graph, *one) and _joined(graph, *other)


def _joined(graph: Graph, one: int, other: int) -> bool:
    """Whether two vertices are one, or every edge at one of them goes to the other."""
    if one == other:
        return not graph.edges_at(one)
    return all({edge.start, edge.end} == {one, other} for edge in graph.edges_at(one, other))


def without_identities(chain: Chain) -> Chain:
    return tuple([factor for factor in chain if not isinstance(factor, Identity)]) or chain[:1]


def pair_matrix(graph: Graph, pair: Pair, edges: list[Edge]) -> Expr:
    """The matrix between the vertices of a pair, a column or a row when there is one only."""
    row, col = pair
    if row is not None and col is not None and row != col:
        return product(graph.matrix(row, col, edges))
    vertex = row if row is not None else col
    assert vertex is not None
    vectors = graph.vectors.get(vertex)
    if row == col:
        return diagonal_matrix(product(graph.combined(vectors))) if vectors else Identity(graph.sizes[vertex])
    column = product(graph.combined(vectors)) if vectors else Ones((graph.sizes[vertex],))
    return column if row is not None else transpose(column)
