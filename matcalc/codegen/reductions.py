"""Sums of Kronecker products, and traces, diagonals and sums of products, without what is not
needed of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from matcalc.base.records import grouped
from matcalc.base.sizes import ONE
from matcalc.codegen.factors import Factors, Value, arrays_of, as_expression, scalars_of, taken_apart
from matcalc.codegen.operations import Op, is_negative_multiple
from matcalc.codegen.ordering import costs_of
from matcalc.codegen.product_chains import Products, Requests, described_links, diagonal_part
from matcalc.expr import nodes as e
from matcalc.expr.rewriting import product_of

# ------------------------------------------------------------
# Sums of Kronecker products: as few of them as there can be, the scale in the small factors, and
# one pass over the large result.

Scaled = tuple[Fraction, tuple[e.Expr, ...], e.Expr]
"""A term: number, scalar factors, and what they multiply."""

Pair = tuple[Op, Op, Op]
"""A scalar and the factors of a Kronecker product."""


class KroneckerSums(Products):
    """Products, with sums of Kronecker products written without forming each of them."""

    def _product(self, node: e.Expr) -> Requests:
        parts = taken_apart(node, self.uses)
        if len(parts.chain) > 1:
            return (yield from self._chain_product(node, self._scaled_at_kroneckers(parts)))
        if not parts.chain or not sums_kroneckers(parts.chain[0][0]) or self.uses[parts.chain[0][0]] > 1:
            return (yield from self._chain_product(node, parts))
        factor, turned = parts.chain[0]
        assert isinstance(factor, e.Sum)
        scale = yield from self._scale(parts)
        total = yield from self._kronecker_sum(factor, scale)
        return self.b.transpose(total) if turned else total

    def _kronecker_sum(self, node: e.Sum, scale: Op) -> Requests:
        """``scale`` times a sum in which Kronecker products occur."""
        b = self.b
        groups: dict[object, list[Pair]] = {}
        plain: list[tuple[int, Op]] = []
        entries: list[tuple[int, Op]] = []
        for number, scalars, term in self._opened_terms(node.terms):
            factor = b.mul([b.literal(number), *(yield from self._each(scalars))])
            if isinstance(term, e.Kronecker) and _is_pair(term):
                left, right = yield from self._arrays(term.factors)
                groups.setdefault((left.shape, right.shape), []).append((factor, left, right))
                continue
            op = yield term
            found = diagonal_part(b, op)
            (plain if found is None else entries).append((1, b.mul([scale, factor, op if found is None else found])))
        for pairs in groups.values():
            plain += self._added_pairs(pairs, scale)
        return self._added_up(plain, entries, node)

    def _added_pairs(self, pairs: list[Pair], scale: Op) -> list[tuple[int, Op]]:
        """Terms that add up to ``scale`` times the Kronecker products of the pairs: pairs with a
        factor in common are one."""
        by_left = grouped((left, (factor, right)) for factor, left, right in pairs)
        by_right: dict[Op, list[tuple[Op, Op]]] = {}
        for left, rights in by_left.items():
            factor, right = self._added(rights)
            by_right.setdefault(right, []).append((factor, left))
        dense: list[tuple[Op, Op]] = []
        made: list[tuple[int, Op]] = []
        for right, lefts in by_right.items():
            factor, left = self._added(lefts)
            factor = self.b.mul([scale, factor])
            scales_left = right.kind == "eye" or (
                left.kind != "eye" and self.extents.entries(left.shape) < self.extents.entries(right.shape)
            )
            pair = (self.b.mul([factor, left]), right) if scales_left else (left, self.b.mul([factor, right]))
            if "eye" in (left.kind, right.kind):
                made.append(self._kronecker_pair(*pair))  # only the blocks are written
            else:
                dense.append(pair)
        if len(dense) > 1 and self.symmetric_products:
            return [*made, (1, self._total_of_kroneckers(dense))]
        return [*made, *[self._kronecker_pair(*pair) for pair in dense]]

    def _added(self, scaled: list[tuple[Op, Op]]) -> tuple[Op, Op]:
        """A factor and a matrix whose product is the sum of these."""
        return scaled[0] if len(scaled) == 1 else (self.b.literal(1), self.b.add([(1, self.b.mul(pair)) for pair in scaled]))

    def _total_of_kroneckers(self, pairs: list[tuple[Op, Op]]) -> Op:
        """The sum of the Kronecker products, in one pass."""
        operands = [op for side in zip(*pairs, strict=True) for op in side]
        (rows, cols), (others, across) = pairs[0][0].shape, pairs[0][1].shape
        total = self.b.make("kron_sum", operands, None, (rows, others, cols, across))
        return self.b.reshape(total, (rows * others, cols * across))

    def _kronecker_pair(self, left: Op, right: Op) -> tuple[int, Op]:
        """The Kronecker product of two matrices and its sign."""
        negative = [op.kind == "neg" or is_negative_multiple(op) for op in (left, right)]
        left, right = (self.b.neg(op) if flip else op for op, flip in zip((left, right), negative, strict=True))
        made = self.b.make("kron", (left, right), None, (left.shape[0] * right.shape[0], left.shape[1] * right.shape[1]))
        return -1 if sum(negative) == 1 else 1, made

    def _added_up(self, plain: list[tuple[int, Op]], entries: list[tuple[int, Op]], node: e.Sum) -> Op:
        """Arrays with signs and, along the diagonal, entries added up."""
        b = self.b
        if not entries:
            return b.add(plain)
        added = b.add(entries)
        if not plain:
            return self.m.diagonal_matrix(added, node.rows)
        base = b.full_shape(b.add(plain), node.shape)
        if base.kind == "neg" and base.operands[0].kind == "outer":
            first, second = base.operands[0].operands
            base = b.outer(b.neg(first), second)
            if first is second:
                b.mark_symmetric(base)
        result = b.make("add_diagonal", (base, added), None, node.shape)
        return b.mark_symmetric(result) if b.is_symmetric(base) else result

    def _opened_terms(self, terms: Sequence[e.Expr]) -> list[Scaled]:
        """The terms of a sum, sums within it opened that nothing else uses, signs and scalar
        factors apart."""
        found: list[Scaled] = []
        stack: list[Scaled] = [(Fraction(1), (), term) for term in reversed(terms)]
        while stack:
            number, scalars, term = stack.pop()
            shaped = [factor for factor in term.below if not factor.is_scalar]
            if isinstance(term, e.Negative):
                stack.append((-number, scalars, term.operand))
            elif isinstance(term, e.Sum) and self.uses[term] <= 1:
                stack += [(number, scalars, one) for one in reversed(term.terms)]
            elif isinstance(term, e.Product) and len(shaped) == 1 and self.uses[term] <= 1:
                own = scalars_of(term, self.uses)
                below = tuple([e.Quotient(e.Number(Fraction(1)), one) for one in own.below])
                stack.append((number * own.coefficient, (*scalars, *own.above, *below), shaped[0]))
            else:
                found.append((number, scalars, term))
        return found

    def _scaled_at_kroneckers(self, parts: Factors) -> Factors:
        """A scale in front of a chain moved to the sum of Kronecker products in it, where it meets
        small factors."""
        scaled = abs(parts.coefficient) != 1 or parts.above or parts.below
        ends = [as_expression(end) for end in (parts.chain[0], parts.chain[-1])]
        place = next((k for k, (factor, _) in enumerate(parts.chain) if sums_kroneckers(factor) and self.uses[factor] <= 1), None)
        # By a vector no Kronecker product is formed.
        if not scaled or place is None or ONE in (ends[0].rows, ends[1].cols):
            return parts
        factor, turned = parts.chain[place]
        whole: e.Expr = e.Product((e.Number(parts.coefficient), *parts.above, factor))
        if parts.below:
            whole = e.Quotient(whole, product_of(parts.below))
        self.uses[whole] = 2  # it stays together, as one matrix
        return Factors(chain=[*parts.chain[:place], (whole, turned), *parts.chain[place + 1 :]])


def sums_kroneckers(node: e.Expr) -> bool:
    """Whether the node is a sum with more than one Kronecker product of two matrices in it."""
    if not isinstance(node, e.Sum):
        return False
    count = 0
    stack: list[e.Expr] = list(node.terms)
    while stack and count < 2:
        term = stack.pop()
        if isinstance(term, e.Negative | e.Sum):
            stack += term.below
        elif isinstance(term, e.Product):
            shaped = arrays_of(term)
            stack += shaped if len(shaped) == 1 else []
        elif isinstance(term, e.Kronecker) and _is_pair(term):
            count += 1
    return count > 1


def _is_pair(node: e.Kronecker) -> bool:
    return len(node.factors) == 2 and all(ONE not in (factor.rows, factor.cols) for factor in node.factors)


# ------------------------------------------------------------
# Traces, diagonals and sums of products, without the products where only a part of them is needed.

_LONGEST_TRACE = 12


class Reductions(KroneckerSums):
    """Operations that reduce a matrix to a vector or a number."""

    def _opened(self, operand: e.Expr) -> Factors | None:
        """The factors of a product under a trace, diagonal or sum, where taking it apart saves
        work."""
        opens = isinstance(operand, e.Product | e.Negative | e.Transpose) or (
            isinstance(operand, e.Quotient) and operand.denominator.is_scalar
        )
        if not opens or operand.is_scalar:
            return None
        parts = taken_apart(operand, self.uses)
        return parts if len(parts.chain) > 1 or parts.chain[0][0] is not operand else None

    def _trace(self, operand: e.Expr) -> Requests:
        b = self.b
        match operand:
            case e.Sum(terms=terms):
                traces = yield from self._each([e.Trace(term) for term in terms])
                return b.add([(1, trace) for trace in traces])
            case e.Identity(size=size):
                return b.size(size)
            case e.DiagonalMatrix(operand=vector):
                return (yield e.Total(vector, None))
            case e.Kronecker(factors=factors) if all(factor.rows == factor.cols for factor in factors):
                return b.mul((yield from self._each([factor if factor.is_scalar else e.Trace(factor) for factor in factors])))
        parts = self._opened(operand)
        if parts is None:
            return b.make("trace", ((yield from self._array(operand)),))
        return (yield from self._reduced(parts, self._trace_of, b.size(operand.rows)))

    def _reduced(self, parts: Factors, reduce: Callable[[list[Value]], Op], identity: Op) -> Requests:
        """A scaled product reduced to what is needed of it; ``identity`` is what that is of the
        identity."""
        links = yield from self._links(parts.chain)
        scale = yield from self._scale(parts)
        if links is None:
            return self.b.literal(0)
        return self.b.mul([scale, reduce(links) if links else identity])

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
            if one.kind.endswith("inverse"):
                return b.make("trace", (self.m.exact(self.m.product(one, other)),))
        return b.frobenius(self.m.exact(self.m.turned(left)), self.m.exact(right))

    def _split_circle(self, links: list[Value]) -> tuple[list[Value], list[Value]]:
        """Two runs of the circle of factors, P and Q of ``tr(P Q)``, that are cheapest to form."""
        count = len(links)
        if count == 2 or count > _LONGEST_TRACE:
            return links[: count // 2], links[count // 2 :]
        circle = links + links
        double = described_links(circle)
        costs, _ = costs_of(double, self.extents, self._products.__contains__)
        pairs = [(start, middle) for start in range(count) for middle in range(start + 1, start + count)]

        def cost(pair: tuple[int, int]) -> float:
            start, middle = pair
            area = self.extents.entries((double[start].rows, double[middle].rows))
            return costs[start, middle] + costs[middle, start + count] + area

        start, middle = min(pairs, key=cost)
        return circle[start:middle], circle[middle : start + count]

    def _diagonal(self, operand: e.Expr) -> Requests:
        b = self.b
        if isinstance(operand, e.DiagonalMatrix):
            return (yield operand.operand)
        parts = self._opened(operand)
        if parts is not None:
            return (yield from self._reduced(parts, self._diagonal_of, b.literal(1)))
        op = yield operand
        if op.kind in ("eye", "diagonal_matrix"):
            return b.literal(1) if op.kind == "eye" else op.operands[0]
        if op.kind == "outer":
            return b.mul(op.operands)
        return b.make("diagonal", (b.full_shape(op, operand.shape),), None, (operand.rows,))

    def _diagonal_of(self, links: list[Value]) -> Op:
        """The diagonal of a product: the row sums of ``P`` times ``Q'`` entry by entry, which costs
        less than ``P Q``."""
        b = self.b
        size = links[0].rows
        first, last = links[0], links[-1]
        if first.kind == "diagonal":
            return b.mul([first.ops[0], self._diagonal_of(links[1:])]) if len(links) > 1 else b.full_shape(first.ops[0], (size,))
        if last.kind == "diagonal":
            return b.mul([last.ops[0], self._diagonal_of(links[:-1])])
        if len(links) == 1:
            return b.make("diagonal", (self.m.exact(first),), None, (size,))
        cut = 1
        if 2 < len(links) <= _LONGEST_TRACE:
            costs, _ = costs_of(described_links(links), self.extents, self._products.__contains__)
            areas = [self.extents.entries((size, link.rows)) for link in links]
            cut = min(range(1, len(links)), key=lambda k: costs[0, k] + costs[k, len(links)] + areas[k])
        left, right = self._multiplied(links[:cut]), self._multiplied(links[cut:])
        if left.cols == ONE:
            return b.mul([b.full_shape(self.m.op(left), (size,)), self.m.op(right)])
        return b.sum(b.mul([self.m.exact(left), self.m.exact(self.m.turned(right))]), 1)

    def _total(self, operand: e.Expr, axis: str | None) -> Requests:
        if operand.is_scalar:
            return (yield operand)
        parts = self._opened(operand) if not isinstance(operand, e.Transpose) or operand.is_matrix else None
        if parts is None or len(parts.chain) < 2:
            return (yield from self._total_of_array(operand, axis))
        links = yield from self._links(parts.chain)
        scale = yield from self._scale(parts)
        if links is None:
            return self.b.literal(0)
        if axis != "cols":
            links.append(Value("ones", links[-1].cols if links else operand.cols, ONE))
        if axis != "rows":
            links.insert(0, Value("ones", ONE, links[0].rows))
        long = [link for link in links if link.kind != "ones" or (link.rows, link.cols) != (ONE, ONE)]
        return self._scaled(self._multiplied(long), scale)

    def _total_of_array(self, operand: e.Expr, axis: str | None) -> Requests:
        op = yield from self._array(operand)
        if not operand.is_matrix:
            return self.b.sum(op) if axis is None or (axis == "cols") == operand.is_column else op
        if op.kind == "diagonal_matrix":
            return op.operands[0] if axis is not None else self.b.sum(op.operands[0])
        return self.b.sum(op, None if axis is None else int(axis == "rows"))
