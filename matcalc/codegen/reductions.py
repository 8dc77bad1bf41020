"""Traces, diagonals and sums of products, without the products where only a part of them is needed."""

from __future__ import annotations

from matcalc.codegen.chains import Link, costs_of
from matcalc.codegen.factors import Factors, taken_apart
from matcalc.codegen.kroneckers import KroneckerSums
from matcalc.codegen.operations import Op
from matcalc.codegen.products import Requests, key_of
from matcalc.codegen.values import Value
from matcalc.expr import nodes as e
from matcalc.sizes import ONE

_LONGEST_TRACE = 12


class Reductions(KroneckerSums):
    """Operations that reduce a matrix to a vector or a number."""

    def _opened(self, operand: e.Expr) -> Factors | None:
        """The factors of a product under a trace, diagonal or sum, where taking it apart saves work."""
        if not isinstance(operand, e.Product | e.Negative | e.Quotient | e.Transpose) or operand.is_scalar:
            return None
        if isinstance(operand, e.Quotient) and not operand.denominator.is_scalar:
            return None
        parts = taken_apart(operand, self.uses)
        return parts if len(parts.chain) > 1 or parts.chain[0][0] is not operand else None

    def _trace(self, operand: e.Expr) -> Requests:
        b = self.b
        match operand:
            case e.Sum(terms=terms):
                ops = []
                for term in terms:
                    op = yield e.Trace(term)
                    ops.append((1, op))
                return b.add(ops)
            case e.Identity(size=size):
                return b.size(size)
            case e.DiagonalMatrix(operand=vector):
                return (yield e.Total(vector, None))
            case e.Kronecker(factors=factors) if all(factor.rows == factor.cols for factor in factors):
                traces = []
                for factor in factors:
                    op = yield (factor if factor.is_scalar else e.Trace(factor))
                    traces.append(op)
                return b.mul(traces)
        parts = self._opened(operand)
        if parts is None:
            op = yield from self._array(operand)
            return b.make("trace", (op,))
        links = yield from self._links(parts.chain)
        scale = yield from self._scale(parts)
        if links is None:
            return b.literal(0)
        if not links:
            return b.mul([scale, b.size(operand.rows)])
        return b.mul([scale, self._trace_of(links)])

    def _trace_of(self, links: list[Value]) -> Op:
        b = self.b
        thin = next((k for k, link in enumerate(links) if link.rows == ONE), None)
        if thin is not None:  # tr(a b') = b'a
            return self.m.exact(self._multiplied(links[thin:] + links[:thin]))
        diagonal = next((k for k, link in enumerate(links) if link.kind == "diagonal"), None)
        if diagonal is not None and len(links) > 1:
            rest = links[diagonal + 1 :] + links[:diagonal]
            weights = b.full_shape(links[diagonal].ops[0], (links[diagonal].rows,))
            return b.matmul(weights, self._diagonal_of(rest))
        if len(links) == 1:
            return b.make("trace", (self.m.exact(links[0]),))
        first, second = self._split_circle(links)
        left, right = self._multiplied(first), self._multiplied(second)
        for one, other in ((left, right), (right, left)):
            if one.kind in ("inverse", "definite_inverse"):
                return b.make("trace", (self.m.exact(self.m.product(one, other)),))
        return b.frobenius(self.m.exact(self.m.turned(left)), self.m.exact(right))

    def _split_circle(self, links: list[Value]) -> tuple[list[Value], list[Value]]:
        """Two runs of the circle of factors, P and Q of ``tr(P Q)``, that are cheapest to form."""
        count = len(links)
        if count == 2 or count > _LONGEST_TRACE:
            return links[: count // 2], links[count // 2 :]
        double = [Link(link.kind, link.rows, link.cols, key_of(link)) for link in links + links]
        costs, _ = costs_of(double, self.extents, self._products.__contains__)
        pairs = [(start, middle) for start in range(count) for middle in range(start + 1, start + count)]
        area = self.extents.entries

        def cost(pair: tuple[int, int]) -> float:
            start, middle = pair
            return costs[start, middle] + costs[middle, start + count] + area((double[start].rows, double[middle].rows))

        start, middle = min(pairs, key=cost)
        circle = links + links
        return circle[start:middle], circle[middle : start + count]

    def _diagonal(self, operand: e.Expr) -> Requests:
        b = self.b
        size = operand.rows
        if isinstance(operand, e.DiagonalMatrix):
            return (yield operand.operand)
        parts = self._opened(operand)
        if parts is None:
            op = yield operand
            if op.kind in ("eye", "diagonal_matrix"):
                return b.literal(1) if op.kind == "eye" else op.operands[0]
            if op.kind == "outer":
                return b.mul(op.operands)
            return b.make("diagonal", (b.full_shape(op, operand.shape),), None, (size,))
        links = yield from self._links(parts.chain)
        scale = yield from self._scale(parts)
        if links is None:
            return b.literal(0)
        return b.mul([scale, self._diagonal_of(links)]) if links else scale

    def _diagonal_of(self, links: list[Value]) -> Op:
        """The diagonal of a product: the row sums of ``P`` times ``Q'`` entry by entry, which costs less than ``P Q``."""
        b = self.b
        size = links[0].rows
        if links[0].kind == "diagonal":
            return b.mul([links[0].ops[0], self._diagonal_of(links[1:])]) if len(links) > 1 else b.full_shape(links[0].ops[0], (size,))
        if links[-1].kind == "diagonal":
            return b.mul([links[-1].ops[0], self._diagonal_of(links[:-1])])
        if len(links) == 1:
            return b.make("diagonal", (self.m.exact(links[0]),), None, (size,))
        cut = 1
        if 2 < len(links) <= _LONGEST_TRACE:
            described = [Link(link.kind, link.rows, link.cols, key_of(link)) for link in links]
            costs, _ = costs_of(described, self.extents, self._products.__contains__)
            cut = min(
                range(1, len(links)),
                key=lambda k: costs[0, k] + costs[k, len(links)] + self.extents.entries((size, links[k].rows)),
            )
        left, right = self._multiplied(links[:cut]), self._multiplied(links[cut:])
        if left.cols == ONE:
            return b.mul([b.full_shape(self.m.op(left), (size,)), self.m.op(right)])
        return b.sum(b.mul([self.m.exact(left), self.m.exact(self.m.turned(right))]), 1)

    def _total(self, operand: e.Expr, axis: str | None) -> Requests:
        b = self.b
        if operand.is_scalar:
            return (yield operand)
        parts = self._opened(operand) if not isinstance(operand, e.Transpose) or operand.is_matrix else None
        if parts is None or len(parts.chain) < 2:
            op = yield from self._array(operand)
            if operand.is_matrix:
                if op.kind in ("diagonal_matrix",):
                    return op.operands[0] if axis is not None else b.sum(op.operands[0])
                return b.sum(op, None if axis is None else 1 if axis == "rows" else 0)
            along = axis is None or (axis == "cols") == operand.is_column
            return b.sum(op) if along else op
        links = yield from self._links(parts.chain)
        scale = yield from self._scale(parts)
        if links is None:
            return b.literal(0)
        if axis != "cols":
            links.append(Value("ones", links[-1].cols if links else operand.cols, ONE))
        if axis != "rows":
            links.insert(0, Value("ones", ONE, links[0].rows))
        long = [link for link in links if link.kind != "ones" or (link.rows, link.cols) != (ONE, ONE)]
        return self._scaled(self._multiplied(long), scale)
