"""Folding one contraction: a hypergraph of operands over index vertices is reduced to one matrix
expression.

Vertices are index labels, a matrix is an edge, a vector sits on its vertex. Each step puts one form
of ``rules/folds.rules`` in the place of the operands that meet at a vertex, or join the same two.
It removes an edge or a bound vertex, so reduction ends. In this order:

    bound vertex, vectors only         inner product, total
    bound vertex, an edge and vectors  image, row sums
    bound vertex, two edges            product
    edge from a vertex to itself       trace, diagonal
    parallel edges                     entrywise
    bound vertex, two edges, vectors   weighted product

What is left is one edge, one vector, or vectors on two output vertices (an outer product). Anything
else has no matrix form.
"""

from __future__ import annotations

from fractions import Fraction
from heapq import heappop, heappush
from typing import TYPE_CHECKING, cast

from matcalc.base.budgets import spend
from matcalc.base.lazy import later
from matcalc.base.records import record
from matcalc.base.sizes import Size
from matcalc.einstein.linear import YES
from matcalc.expr.nodes import Diagonal, Elementwise, Expr, Hadamard, Identity, Norm, Ones, Product, Sum, Trace, Transpose, Vec
from matcalc.folding.build import cost, diagonal_matrix, hadamard, product, transpose, transposed_chain
from matcalc.folding.matrix_terms import Chain, Forms, ReadingOrder

if TYPE_CHECKING:
    from matcalc.expr import deduction
else:
    deduction = later("matcalc.expr.deduction")

Pairing = tuple[int, int, int]
"""Two vertices, the slow one first, and the one that counts their pairs."""


@record(frozen=False)
class Edge:
    """A matrix expression as a chain of factors, rows on ``start`` and columns on ``end``."""

    start: int
    end: int
    chain: Chain

    def seen_from(self, vertex: int) -> Chain:
        """The chain whose rows are on ``vertex``."""
        return self.chain if self.start == vertex else transposed_chain(self.chain)

    def other(self, vertex: int) -> int:
        return self.end if self.start == vertex else self.start


class Graph:
    """The state of one reduction."""

    def __init__(self, rows: tuple[int, ...], cols: tuple[int, ...], sizes: dict[int, Size], forms: Forms) -> None:
        self.rows, self.cols, self.sizes, self.forms = rows, cols, sizes, forms
        self.edges: list[Edge] = []
        self.vectors: dict[int, list[Chain]] = {}
        self.scalars: dict[Expr, Fraction] = {}
        self.pairings: list[Pairing] = []

    @property
    def order(self) -> ReadingOrder:
        return self.forms.order

    @property
    def output(self) -> tuple[int, ...]:
        return self.rows + self.cols

    def hubs(self) -> list[int]:
        """Bound vertices that could not be removed."""
        return sorted({vertex for edge in self.edges for vertex in (edge.start, edge.end) if vertex not in self.output})

    def add_scalar(self, base: Expr, exponent: Fraction = YES) -> None:
        known = self.scalars.get(base)
        total = exponent if known is None else known + exponent
        if total:
            self.scalars[base] = total
        else:
            self.scalars.pop(base, None)

    def add(self, expression: Expr, labels: tuple[int, ...]) -> None:
        """One operand, as the expression of its own fold (a column when it has one axis)."""
        if len(labels) == 1:
            self.vectors.setdefault(labels[0], []).append((expression,))
            return
        if len(labels) > 2:  # its vec, on a vertex that counts all its indices, the first fastest
            whole = labels[0]
            for label in labels[1:]:
                whole = self.counted(label, whole)
            self.vectors.setdefault(whole, []).append((Vec(expression),))
            return
        turned = transpose(expression) if isinstance(expression, Sum) else expression
        if cost(turned) + 1 < cost(expression):  # (A' - B' D) x is (A - D B)' x
            self.edges.append(Edge(labels[1], labels[0], (turned,)))
        else:
            self.edges.append(Edge(labels[0], labels[1], (expression,)))

    def counted(self, slow: int, fast: int) -> int:
        """A new vertex that counts the pairs of two."""
        whole = self.vertex(self.sizes[slow] * self.sizes[fast])
        self.pairings.append((slow, fast, whole))
        return whole

    def vertex(self, size: Size) -> int:
        whole = max(self.sizes) + 1
        self.sizes[whole] = size
        return whole

    def edges_at(self, *vertices: int) -> list[Edge]:
        return [edge for edge in self.edges if edge.start in vertices or edge.end in vertices]

    def drop(self, pairing: Pairing, edges: list[Edge], vertices: tuple[int, ...]) -> None:
        """Forgets a pairing, edges, and the vectors on some vertices."""
        self.pairings.remove(pairing)
        self.edges = [edge for edge in self.edges if not any(edge is gone for gone in edges)]
        for vertex in vertices:
            self.vectors.pop(vertex, None)

    def identify(self, one: int, other: int) -> None:
        """Makes two vertices one."""
        gone, kept = (other, one) if one in self.output else (one, other)
        if gone == kept:
            return

        def moved(vertices: tuple[int, ...]) -> tuple[int, ...]:
            return tuple([kept if vertex == gone else vertex for vertex in vertices])

        self.rows, self.cols = moved(self.rows), moved(self.cols)
        for edge in self.edges:
            edge.start, edge.end = moved((edge.start, edge.end))
        for chain in self.vectors.pop(gone, []):
            self.vectors.setdefault(kept, []).append(chain)
        self.pairings = [cast("Pairing", moved(pairing)) for pairing in self.pairings]

    # ------------------------------------------------------------ reduction

    def reduce(self) -> None:
        """Takes every step that applies."""
        while self._step():
            pass

    def _step(self) -> bool:
        spend(2 + (len(self.edges) >> 1))
        at = self._incidence()
        kept = {*self.output, *(vertex for pairing in self.pairings for vertex in pairing)}
        bound = [vertex for vertex in sorted({*at, *self.vectors}) if vertex not in kept]
        return (
            self._finish_vectors(bound, at)
            or self._finish_leaves(bound, at)
            or self._join_chains(bound, at)
            or self._close_loops(at)
            or self._merge_parallel()
            or self._insert_diagonals(bound, at)
        )

    def _incidence(self) -> dict[int, list[Edge]]:
        at: dict[int, list[Edge]] = {}
        for edge in self.edges:
            at.setdefault(edge.start, []).append(edge)
            if edge.end != edge.start:
                at.setdefault(edge.end, []).append(edge)
        return at

    def _finish_vectors(self, bound: list[int], at: dict[int, list[Edge]]) -> bool:
        for vertex in bound:
            if vertex in self.vectors and vertex not in at:
                self._add_square_or(self._inner(self.vectors.pop(vertex)))
                return True
        return False

    def _finish_leaves(self, bound: list[int], at: dict[int, list[Edge]]) -> bool:
        """Multiplies from the ends of long products inwards, the first vertex first, in one pass so
        that they stay linear."""
        free = set(bound)
        leaves = [vertex for vertex in bound if _is_leaf(at.get(vertex, []))]
        gone: list[Edge] = []
        while leaves:
            vertex = heappop(leaves)
            (edge,) = at.pop(vertex)
            gone.append(edge)
            other = edge.other(vertex)
            self.vectors.setdefault(other, []).append(self._image(edge.seen_from(other), vertex))
            at[other] = [rest for rest in at[other] if rest is not edge]
            if other in free and not at[other]:  # vectors only: they are finished before other leaves
                break
            if other in free and _is_leaf(at[other]):
                heappush(leaves, other)
        return self._without(gone)

    def _image(self, matrix: Chain, vertex: int) -> Chain:
        """The matrix times the vectors on the vertex of its columns."""
        weights = self._weights(vertex)
        if weights:
            return self.forms.chain("image", {"A": matrix, "v": weights})
        return self.forms.chain("row sums", {"A": matrix}, {"k": self.sizes[vertex]})

    def _without(self, gone: list[Edge]) -> bool:
        """Takes edges away; whether there were any."""
        if gone:
            places = {id(edge) for edge in gone}
            self.edges = [edge for edge in self.edges if id(edge) not in places]
        return bool(gone)

    def _join_chains(self, bound: list[int], at: dict[int, list[Edge]]) -> bool:
        """Joins at every bound vertex with two edges, in one pass so that long products stay
        linear."""
        gone: list[Edge] = []
        for vertex in bound:
            edges = at.get(vertex, [])
            if len(edges) != 2 or vertex in self.vectors or any(edge.start == edge.end for edge in edges):
                continue
            joined = self._joined(vertex, *edges)
            if joined is None:
                continue
            gone += edges
            self.edges.append(joined)
            for other in {joined.start, joined.end}:
                at[other] = [edge for edge in at[other] if edge not in edges] + [joined]
            at[vertex] = []
        return self._without(gone)

    def _joined(self, vertex: int, one: Edge, two: Edge) -> Edge | None:
        """The product of two edges that meet at a vertex; None where their entrywise form is
        better."""
        if len(one.chain) < len(two.chain) and one.start == vertex:
            one, two = two, one  # the shorter chain is the one to turn round
        start, end = one.other(vertex), two.other(vertex)
        if start == end and start in self.output and any(_is_entrywise(edge.chain) for edge in (one, two)):
            return None  # (A ⊙ f(B))ᵀ 𝟏 takes a step less than diag(Aᵀ f(B)), and A ⊙ f(B) may be wanted elsewhere
        return Edge(start, end, self.forms.chain("product", {"A": one.seen_from(start), "B": two.seen_from(vertex)}))

    def _close_loops(self, at: dict[int, list[Edge]]) -> bool:
        for edge in self.edges:
            vertex = edge.start
            if vertex != edge.end:
                continue
            self.edges.remove(edge)
            summed = vertex not in self.output and not any(vertex in pairing for pairing in self.pairings)
            if summed and len(at[vertex]) == 1 and vertex not in self.vectors:
                self._add_square_or(self._trace(edge.chain))
            else:
                self.vectors.setdefault(vertex, []).append(self.forms.chain("diagonal", {"A": edge.chain}))
            return True
        return False

    def _merge_parallel(self) -> bool:
        found: dict[tuple[int, int], list[Edge]] = {}
        for edge in self.edges:
            found.setdefault((min(edge.start, edge.end), max(edge.start, edge.end)), []).append(edge)
        for (low, high), edges in found.items():
            if len(edges) > 1:
                joined, *others = [edge.seen_from(low) for edge in edges]
                for other in others:
                    joined = self.forms.chain("entrywise", {"A": joined, "B": other})
                self.edges = [edge for edge in self.edges if edge not in edges]
                self.edges.append(Edge(low, high, joined))
                return True
        return False

    def _insert_diagonals(self, bound: list[int], at: dict[int, list[Edge]]) -> bool:
        for vertex in bound:
            edges = at.get(vertex, [])
            if len(edges) == 2 and vertex in self.vectors:
                one, two = edges
                start, end = one.other(vertex), two.other(vertex)
                weights = self._weights(vertex)
                if weights is None:
                    return True
                values = {"A": one.seen_from(start), "v": weights, "B": two.seen_from(vertex)}
                self._without(edges)
                self.edges.append(Edge(start, end, self.forms.chain("weighted product", values)))
                return True
        return False

    # ------------------------------------------------------------ forms

    def _weights(self, vertex: int) -> Chain | None:
        """The vectors on a vertex as one, taken off it; None where there are none, or they
        cancel."""
        chain = self.combined(self.vectors.pop(vertex)) if vertex in self.vectors else None
        return None if chain is None or isinstance(chain[0], Ones) else chain

    def _elementwise(self, factors: list[Expr]) -> Expr:
        return hadamard(sorted(factors, key=self.order.rank))

    def combined(self, vectors: list[Chain]) -> Chain:
        if len(vectors) == 1:
            return vectors[0]
        for k, chain in enumerate(vectors):
            if isinstance(chain[0], Diagonal) and deduction.is_diagonal(chain[0].operand):
                return (chain[0].operand, *self.combined(vectors[:k] + vectors[k + 1 :]))
        return (self._elementwise([product(chain) for chain in vectors]),)

    def _inner(self, vectors: list[Chain]) -> Expr:
        if len(vectors) == 1:
            return self._sum_of(vectors[0])
        if len(vectors) == 2:
            return self.forms.expression("inner product", {"u": vectors[0], "v": vectors[1]})
        ordered = sorted(vectors, key=lambda chain: self.order.rank(product(chain)))
        left = self.combined(ordered[:-1])
        return product((*transposed_chain(left), *ordered[-1]))

    def _add_square_or(self, scalar: Expr) -> None:
        """``x'A'Ax`` is read as ``||Ax||²`` where that is shorter."""
        half = square_root_chain(scalar)
        if half is not None and cost(Norm(half, "2")) + 2 < cost(scalar):
            self.add_scalar(Norm(half, "2"), Fraction(2))
        else:
            self.add_scalar(scalar)

    def _sum_of(self, chain: Chain) -> Expr:
        *front, last = chain
        if not isinstance(last, Ones) or not front:
            return self.forms.expression("total", {"v": chain})
        turned = (tuple(front), transposed_chain(front))
        return min((self.forms.expression("total", {"v": c}) for c in turned), key=lambda e: (cost(e), self.order.rank(e)))

    def _trace(self, chain: Chain) -> Expr:
        """The rotation or transposition of the cycle that reads best."""
        candidates = [chain[k:] + chain[:k] for k in range(min(len(chain), 8))]
        candidates += [transposed_chain(candidate) for candidate in candidates]
        return self.forms.expression("trace", {"A": min(candidates, key=self.forms.reading)})

    def chain(self) -> Chain | None:
        """The chain of a reduced graph with at most one row and one column vertex; None when there
        is no matrix form."""
        if self.hubs():
            return None
        if not self.output:
            return None if self.edges else ()
        if len(self.output) == 1:
            vertex = self.output[0]
            vectors = self.vectors.get(vertex)
            column: Chain = self.combined(vectors) if vectors else (Ones((self.sizes[vertex],)),)
            return column if self.rows else transposed_chain(column)
        row, col = self.output
        if row == col:
            vectors = self.vectors.get(row)
            return (diagonal_matrix(product(self.combined(vectors))),) if vectors else (Identity(self.sizes[row]),)
        return self.matrix(row, col, self.edges)

    def matrix(self, row: int, col: int, edges: list[Edge]) -> Chain:
        """The matrix on two different vertices, from the edges between them and the vectors on
        them."""
        left, right = [self.combined(self.vectors[vertex]) if vertex in self.vectors else () for vertex in (row, col)]
        if not edges and not left and not right:
            return (Ones((self.sizes[row], self.sizes[col])),)
        if not edges:
            ones = [(Ones((self.sizes[vertex],)),) for vertex in (row, col)]
            return self.forms.chain("outer product", {"u": left or ones[0], "v": right or ones[1]})
        middle = edges[0].seen_from(row)
        name = _SCALED[bool(left), bool(right)]
        return self.forms.chain(name, {"u": left, "A": middle, "v": right}) if name else middle


_SCALED = {(False, False): "", (True, False): "scaled rows", (False, True): "scaled columns", (True, True): "scaled both ways"}


def _is_leaf(edges: list[Edge]) -> bool:
    return len(edges) == 1 and edges[0].start != edges[0].end


def square_root_chain(scalar: Expr) -> Expr | None:
    """Y with ``scalar = ||Y||²``, when ``scalar`` is visibly ``y'y`` or ``tr(Y'Y)``."""
    inner = scalar.operand if isinstance(scalar, Trace) else scalar
    if not isinstance(inner, Product) or len(inner.factors) % 2:
        return None
    middle = len(inner.factors) // 2
    rotations = range(len(inner.factors)) if isinstance(scalar, Trace) else range(1)
    for k in rotations:
        chain = inner.factors[k:] + inner.factors[:k]
        if transposed_chain(chain[:middle]) == chain[middle:]:
            return product(chain[middle:])
    return None


def _is_entrywise(chain: Chain) -> bool:
    """Whether a chain is one matrix that a function of every entry makes."""
    if len(chain) != 1:
        return False
    matrix = chain[0].operand if isinstance(chain[0], Transpose) else chain[0]
    return isinstance(matrix, (Elementwise, Hadamard))
