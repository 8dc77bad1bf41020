"""Forms of reduced graphs with two row or two column vertices: Kronecker products, outer products of
vec's, columnwise Kronecker products, and products of Kronecker products with a diagonal between."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from matcalc.expr.nodes import Expr, Hadamard, Identity, Kronecker, Ones, Transpose, Vec
from matcalc.folding.build import cost, diagonal_matrix, hadamard, product, transpose
from matcalc.folding.graph import Edge, Graph
from matcalc.folding.matrix_terms import Chain
from matcalc.folding.pairings import Pair, between, kron_chain, pair_matrix, without_identities


def kronecker_chain(graph: Graph) -> Chain | None:
    """The shortest chain for a reduced graph with two row or two column vertices; None when there
    is no matrix form."""
    hubs = graph.hubs()
    if hubs:
        one = _khatri_rao(graph, hubs[0]) if len(hubs) == 1 else None
        ends = [hubs] if len(hubs) == 2 else [(*hubs, vertex) for vertex in graph.output] if len(hubs) == 1 else []
        return one or _cheapest([_weighted(graph, pair) for pair in ends])
    ways = [(rows, cols, False) for rows in _placed(graph.rows) for cols in _placed(graph.cols)]
    if len(graph.rows) == len(graph.cols):
        ways.append((graph.rows, graph.cols[::-1], True))
    found = _cheapest([_outer(graph), *(_paired(graph, list(zip(rows, cols)), crossed) for rows, cols, crossed in ways)])
    # An output vertex may join the others, as that of x in diag(x).
    return found or _cheapest([_khatri_rao(graph, hub) for hub in dict.fromkeys(graph.output)])


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


def _khatri_rao(graph: Graph, hub: int) -> Chain | None:
    """A vertex that joins several output vertices, itself perhaps among them: row factors, a
    diagonal, column factors."""
    others = [vertex for vertex in graph.output if vertex != hub]
    spokes = _spokes(graph, hub)
    if len(set(others)) != len(others) or not spokes.keys() >= set(graph.output):
        return None
    middle = [diagonal_matrix(product(graph.combined(graph.vectors[hub])))] if hub in graph.vectors else []
    for vertex in set(others) & graph.vectors.keys():
        spokes[vertex] = product((diagonal_matrix(product(graph.combined(graph.vectors[vertex]))), spokes[vertex]))
    left, right = [_columnwise([spokes[vertex] for vertex in group], hub, graph) for group in (graph.rows, graph.cols)]
    return without_identities((left, *middle, transpose(right)))


def _spokes(graph: Graph, hub: int) -> dict[int, Expr]:
    """The matrices from other vertices to the hub; none where an edge does not meet it."""
    found: dict[int, Expr] = {hub: Identity(graph.sizes[hub])} if hub in graph.output else {}
    for edge in graph.edges:
        if hub not in (edge.start, edge.end) or edge.start == edge.end:
            return {}
        other = edge.other(hub)
        form = product(edge.seen_from(other))
        found[other] = form if other not in found else hadamard([found[other], form])
    return found


def _columnwise(parts: list[Expr], hub: int, graph: Graph) -> Expr:
    """The matrix with a group's axes as rows and the hub as columns: for two axes, columnwise
    Kronecker products."""
    if len(parts) < 2:
        return parts[0] if parts else Transpose(Ones((graph.sizes[hub],)))
    slow, fast = parts
    return Hadamard((Kronecker((slow, Ones((fast.rows,)))), Kronecker((Ones((slow.rows,)), fast))))


def _weighted(graph: Graph, hubs: Sequence[int]) -> Chain | None:
    """``kron(A, B) diag(vec(W)) kron(C, D)`` for two vertices joined by W, each with one of the rows
    and one of the columns, as eigenvectors stand in derivatives of functions of eigenvalues; one of
    the two may be a row or a column itself."""
    hub_of = _own_hubs(graph, hubs)
    if hub_of is None:
        return None
    (slow, fast), (first, second) = graph.rows, graph.cols
    p, q = hub_of[slow], hub_of[fast]
    crossed = hub_of[first] == q
    if p == q or hub_of[first] == hub_of[second]:
        return None
    right = ((p, second), (q, first)) if crossed else ((p, first), (q, second))
    rows, cols = [[_spoke(graph, *pair) for pair in pairs] for pairs in (((slow, p), (fast, q)), right)]
    weights = graph.matrix(q, p, between(graph, p, q))
    middle = diagonal_matrix(product(graph.forms.chain("vec", {"X": weights})))
    chain = (*kron_chain(graph, rows), middle, *kron_chain(graph, cols, graph.cols if crossed else ()))
    return without_identities(chain)


def _spoke(graph: Graph, start: int, end: int) -> Expr:
    return Identity(graph.sizes[start]) if start == end else product(between(graph, start, end)[0].seen_from(start))


def _own_hubs(graph: Graph, hubs: Sequence[int]) -> dict[int, int] | None:
    """For each of four output vertices the one of two hubs that it is joined to, or is; None where
    edges go otherwise, or vectors stand on other vertices."""
    outside = set(graph.output) - set(hubs)
    found = {vertex: vertex for vertex in graph.output if vertex in hubs}
    if len(graph.rows) != 2 or len(set(graph.output)) != 4 or not outside.isdisjoint(graph.vectors):
        return None
    for edge in graph.edges:
        ends = {edge.start, edge.end}
        if ends == set(hubs):
            continue
        if len(ends & outside) != 1 or len(ends) != 2 or not ends & set(hubs):
            return None
        (vertex,), (hub,) = ends & outside, ends - outside
        if found.setdefault(vertex, hub) != hub:
            return None
    return found if len(found) == 4 else None
