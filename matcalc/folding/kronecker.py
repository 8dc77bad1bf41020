"""Results of order three and four: rows and columns are pairs of axes, folded to Kronecker, vec and
commutation forms.

The row group is (slow, fast) and so is the column group, as in ``kron`` and in column-major
``vec``. Once no bound vertex is left, a term is a product of pieces on its output vertices, and
every such product is written

    diag(vec(R)) * kron(A, B) * diag(vec(C))          A, B on the pairs (slow row, slow column), (fast row, fast column)
    diag(vec(R)) * kron(A, B) * K * diag(vec(C))      on the crossed pairs, K the commutation matrix
    vec(P) * vec(Q)'                                  when no piece joins a row to a column

with the factors that are not there left out. A bound vertex that meets three or more of the groups
is a Khatri-Rao product.
"""

from __future__ import annotations

from matcalc.base.sizes import ONE, Size
from matcalc.expr.nodes import Commutation, DiagonalMatrix, Expr, Hadamard, Identity, Kronecker, Ones, Transpose, Vec
from matcalc.folding.build import cost, diagonal_matrix, hadamard, product, transpose
from matcalc.folding.graph import Edge, Graph
from matcalc.folding.matrix_terms import Chain

Pair = tuple[int | None, int | None]


def kronecker_chain(graph: Graph) -> Chain | None:
    """The shortest chain for a reduced graph with two row or two column vertices; None when there
    is no matrix form."""
    hubs = graph.hubs()
    if hubs:
        return _khatri_rao(graph, hubs[0]) if len(hubs) == 1 else None
    found: list[Chain] = []
    outer = _outer(graph)
    if outer is not None:
        found.append(outer)
    for pairs, crossed in _pairings(graph.rows, graph.cols):
        form = _paired(graph, pairs, crossed)
        if form is not None:
            found.append(form)
    if not found:  # an output vertex that joins the others, as that of x in diag(x)
        found = [chain for hub in dict.fromkeys(graph.output) if (chain := _khatri_rao(graph, hub)) is not None]
    return min(found, key=lambda chain: cost(product(chain))) if found else None


def _pairings(rows: tuple[int, ...], cols: tuple[int, ...]) -> list[tuple[list[Pair], bool]]:
    match len(rows), len(cols):
        case 2, 2:
            return [([(rows[0], cols[0]), (rows[1], cols[1])], False), ([(rows[0], cols[1]), (rows[1], cols[0])], True)]
        case 2, 1:
            return [([(rows[0], cols[0]), (rows[1], None)], False), ([(rows[0], None), (rows[1], cols[0])], False)]
        case 1, 2:
            return [([(rows[0], cols[0]), (None, cols[1])], False), ([(None, cols[0]), (rows[0], cols[1])], False)]
        case 2, 0:
            return [([(rows[0], None), (rows[1], None)], False)]
        case 0, 2:
            return [([(None, cols[0]), (None, cols[1])], False)]
        case _:
            return []


def _paired(graph: Graph, pairs: list[Pair], crossed: bool) -> Chain | None:
    """``diag(vec(R)) kron(A, B) [K] diag(vec(C))`` for one pairing; None when an edge or a delta
    joins the pairs otherwise."""
    members = [[vertex for vertex in pair if vertex is not None] for pair in pairs]
    if set(members[0]) & set(members[1]):
        return None
    inside: list[list[Edge]] = [[], []]
    around_rows: list[Edge] = []
    around_cols: list[Edge] = []
    for edge in graph.edges:
        ends = {edge.start, edge.end}
        home = next((k for k in (0, 1) if ends <= set(members[k])), None)
        if home is not None:
            inside[home].append(edge)
        elif len(graph.rows) == 2 and ends == set(graph.rows):
            around_rows.append(edge)
        elif len(graph.cols) == 2 and ends == set(graph.cols):
            around_cols.append(edge)
        else:
            return None
    factors = [pair_matrix(graph, pair, edges) for pair, edges in zip(pairs, inside)]
    middle = kron(factors)
    chain: list[Expr] = []
    if around_rows:
        chain.append(_diagonal_of_vec(graph, around_rows, graph.rows))
    if not isinstance(middle, Identity) or not (around_rows or around_cols or crossed):
        chain.append(middle)
    if crossed:
        chain.append(Commutation(graph.sizes[graph.cols[1]], graph.sizes[graph.cols[0]]))
    if around_cols:
        chain.append(_diagonal_of_vec(graph, around_cols, graph.cols))
    return tuple(chain)


def kron(factors: list[Expr]) -> Expr:
    """A Kronecker product; identities and ones of both factors become one, a column times a row an
    outer product."""
    left, right = factors
    if isinstance(left, Identity) and isinstance(right, Identity):
        return Identity(left.size * right.size)
    if all(isinstance(factor, Ones) and factor.is_column for factor in factors):
        return Ones((left.rows * right.rows,))
    return Kronecker(
        tuple([part for factor in factors for part in (factor.factors if isinstance(factor, Kronecker) else (factor,))])
    )


def pair_matrix(graph: Graph, pair: Pair, edges: list[Edge]) -> Expr:
    """The matrix between the vertices of a pair, a column or a row when there is one only."""
    row, col = pair
    if row is not None and col is not None:
        if row == col:
            vectors = graph.vectors.get(row)
            return diagonal_matrix(product(graph.combined(vectors))) if vectors else Identity(graph.sizes[row])
        return product(graph.matrix(row, col, edges))
    vertex = row if row is not None else col
    assert vertex is not None
    vectors = graph.vectors.get(vertex)
    column = product(graph.combined(vectors)) if vectors else Ones((graph.sizes[vertex],))
    return column if row is not None else transpose(column)


def _diagonal_of_vec(graph: Graph, edges: list[Edge], group: tuple[int, ...]) -> Expr:
    """The edges between the two axes of a group, as the diagonal matrix of a vec: rows of the
    matrix are the fast axis."""
    return DiagonalMatrix(Vec(hadamard([product(edge.seen_from(group[1])) for edge in edges])))


def _outer(graph: Graph) -> Chain | None:
    """``vec(P) vec(Q)'`` when rows and columns are not joined."""
    if set(graph.rows) & set(graph.cols):
        return None
    for edge in graph.edges:
        if not ({edge.start, edge.end} <= set(graph.rows) or {edge.start, edge.end} <= set(graph.cols)):
            return None
    left = _group_vector(graph, graph.rows)
    right = _group_vector(graph, graph.cols)
    if left is None:
        return (transpose(right),) if right is not None else None
    return (left,) if right is None else (left, transpose(right))


def _group_vector(graph: Graph, group: tuple[int, ...]) -> Expr | None:
    if not group:
        return None
    if len(group) == 1 or group[0] == group[1]:
        vectors = graph.vectors.get(group[0])
        column = product(graph.combined(vectors)) if vectors else None
        if len(group) == 1:
            return column if column is not None else Ones((graph.sizes[group[0]],))
        return Vec(diagonal_matrix(column) if column is not None else Identity(graph.sizes[group[0]]))
    slow, fast = group
    edges = [edge for edge in graph.edges if {edge.start, edge.end} == {slow, fast}]
    matrix = product(graph.matrix(fast, slow, edges))
    return Ones((matrix.rows * matrix.cols,)) if isinstance(matrix, Ones) else Vec(matrix)


# ---------------------------------------------------------------- Khatri-Rao


def _khatri_rao(graph: Graph, hub: int) -> Chain | None:
    """A vertex that joins several output vertices, itself perhaps among them: row factors, a
    diagonal, column factors."""
    size = graph.sizes[hub]
    spokes: dict[int, Expr] = {hub: Identity(size)} if hub in graph.output else {}
    for edge in graph.edges:
        if hub not in (edge.start, edge.end) or edge.start == edge.end:
            return None
        other = edge.other(hub)
        form = product(edge.seen_from(other))
        spokes[other] = form if other not in spokes else hadamard([spokes[other], form])
    others = [vertex for vertex in graph.output if vertex != hub]
    if len(set(others)) != len(others):
        return None
    middle = (diagonal_matrix(product(graph.combined(graph.vectors[hub]))),) if hub in graph.vectors else ()
    scaled = {vertex: chains for vertex, chains in graph.vectors.items() if vertex != hub}
    left = _column_products(graph, graph.rows, spokes, scaled, size)
    right = _column_products(graph, graph.cols, spokes, scaled, size)
    if left is None or right is None:
        return None
    chain = (left, *middle, transpose(right))
    return tuple([factor for factor in chain if not isinstance(factor, Identity)]) or chain[:1]


def _column_products(
    graph: Graph, group: tuple[int, ...], spokes: dict[int, Expr], vectors: dict[int, list[Chain]], size: Size
) -> Expr | None:
    """The matrix with the group's axes as rows and the hub as columns: for two axes, columnwise
    Kronecker products."""
    parts = []
    for vertex in group:
        part = spokes.get(vertex)
        if part is None:
            return None
        if vertex in vectors:
            part = product((diagonal_matrix(product(graph.combined(vectors[vertex]))), part))
        parts.append(part)
    if not parts:
        return Transpose(Ones((size,)))
    if len(parts) == 1:
        return parts[0]
    slow, fast = parts
    return Hadamard((Kronecker((slow, Ones((fast.rows,)))), Kronecker((Ones((slow.rows,)), fast))))


def swapped_commutation(chain: Chain) -> Chain | None:
    """``kron(A, B) K`` at the end of a chain, as ``K kron(B, A)`` in front; None for another
    chain."""
    if (
        len(chain) != 2
        or not isinstance(chain[0], Kronecker)
        or not isinstance(chain[1], Commutation)
        or len(chain[0].factors) != 2
    ):
        return None
    left, right = chain[0].factors
    if ONE in (left.rows, right.rows):
        return None
    return (Commutation(left.rows, right.rows), Kronecker((right, left)))
