"""Products: scalars gathered, factors that need not be formed kept apart, chains multiplied in the
cheapest order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias, cast

from matcalc.base.sizes import ONE
from matcalc.codegen.factors import (
    Factors,
    Multiplication,
    Value,
    array,
    array_shape,
    as_expression,
    explicit_inverses,
    has_kronecker,
    is_linear,
    is_thin,
)
from matcalc.codegen.operations import Builder, Op
from matcalc.codegen.ordering import Extents, Link, Tree, cheapest
from matcalc.expr import nodes as e
from matcalc.expr.deduction import Factor, is_nonnegative, known

Requests: TypeAlias = Generator[e.Expr, Op, Op]
"""Work on one expression: yields the operands that it needs, is sent their operations, returns its
own."""

Parts: TypeAlias = Generator[e.Expr, Op, Value]

_FEW = 8


class Products:
    """Operations for products. What a program is known to contain decides what is formed once and
    what is only applied."""

    def __init__(
        self, builder: Builder, roots: Sequence[e.Expr], sizes: Mapping[str, int] | None, *, symmetric_products: bool
    ) -> None:
        self.b = builder
        self.m = Multiplication(builder)
        self.extents = Extents(sizes)
        self.symmetric_products = symmetric_products
        order = e.postorder(*roots)
        self.uses = Counter(child for node in order for child in e.children(node))
        calls = {(node.function, node.arguments[0], node.axis) for node in order if isinstance(node, e.Call)}
        shared = {
            (argument, axis) for name, argument, axis in calls if name == "softmax" and ("logsumexp", argument, axis) in calls
        }
        self.shared_exponentials = {pair for pair in shared if pair[0].is_matrix == (pair[1] is not None)}
        self.explicit = explicit_inverses(order, tuple(roots))
        self._done: dict[e.Expr, Op] = {}
        self._products: dict[tuple[object, ...], Value] = {}

    def _array(self, expression: e.Expr) -> Requests:
        """The operation of an operand with all its axes."""
        op = yield expression
        return self.b.full_shape(op, array_shape(expression.rows, expression.cols))

    def _cholesky(self, op: Op) -> Op:
        return self.b.make("cholesky", (op,), None, op.shape)

    # ------------------------------------------------------------ products

    def _chain_product(self, node: e.Expr, parts: Factors) -> Requests:
        """The product of the factors, which are those of ``node``."""
        termwise = self._termwise(parts.chain)
        if termwise is not None:
            total = yield termwise
            return self._scaled(array(total, node.rows, node.cols), (yield from self._scale(parts)))
        parts.chain = self._distributed_chain(parts.chain)
        links = yield from self._links(parts.chain)
        if links is None:
            return self.b.literal(0)
        b = self.b
        scale = yield from self._scale(parts)
        if not links:
            return self._scaled_identity(node, scale, bool(parts.chain))
        negative = [link.kind in ("array", "diagonal") and link.ops[0].kind == "neg" for link in links]
        if any(negative):
            links = [_without_sign(link) if flip else link for link, flip in zip(links, negative, strict=True)]
            scale = b.neg(scale) if sum(negative) % 2 else scale
        links, scale = self._scale_inside(node, links, scale)
        value = self._multiplied(links)
        return self._scaled(value, scale)

    def _termwise(self, chain: list[Factor]) -> e.Expr | None:
        """A product with a sum as the sum of products, where that is cheaper: None where it is not.

        ``A (I - u v')`` is ``A - (A u) v'`` without a product of matrices, ``(A + A') x`` is
        ``A x + A' x`` without a sum of matrices.
        """
        if sum(not isinstance(factor, e.Identity) for factor, _ in chain) < 2:
            return None
        thin = any(ONE in (factor.rows, factor.cols) for factor, _ in (chain[0], chain[-1]))
        for position, (factor, turned) in enumerate(chain):
            if not isinstance(factor, e.Sum) or not factor.is_matrix or self.uses[factor] > 1:
                continue
            if all(is_thin(term) or (thin and is_linear(term)) for term in factor.terms):
                before = [as_expression(pair) for pair in chain[:position]]
                after = [as_expression(pair) for pair in chain[position + 1 :]]
                terms = [e.Product((*before, e.Transpose(term) if turned else term, *after)) for term in factor.terms]
                return e.Sum(tuple(terms))
        return None

    def _distributed_chain(self, chain: list[Factor]) -> list[Factor]:
        """A sum with Kronecker products in it, met by a vector, becomes a sum of vectors: no
        Kronecker product is formed."""
        if len(chain) < 2:
            return chain
        for thin_right in (True, False):
            order = list(chain) if thin_right else [(factor, not turned) for factor, turned in reversed(chain)]
            last, turned = order[-1]
            if (last.cols if not turned else last.rows) != ONE:
                continue
            position = next((k for k, (factor, _) in enumerate(order[:-1]) if has_kronecker(factor)), None)
            if position is None:
                continue
            factor, turned = order[position]
            assert isinstance(factor, e.Sum)
            tail = [as_expression(pair) for pair in order[position + 1 :]]
            terms = [e.Product((e.Transpose(term) if turned else term, *tail)) for term in factor.terms]
            merged: list[Factor] = [*order[:position], (e.Sum(tuple(terms)), False)]
            return merged if thin_right else [(factor, not turned) for factor, turned in reversed(merged)]
        return chain

    def _scale(self, parts: Factors) -> Requests:
        b = self.b
        above = [b.literal(parts.coefficient)]
        for factor in parts.above:
            op = yield factor
            above.append(op)
        below = []
        for factor in parts.below:
            op = yield factor
            below.append(op)
        top = b.mul(above)
        return b.div(top, b.mul(below)) if below else top

    def _scaled_identity(self, node: e.Expr, scale: Op, any_identity: bool) -> Op:
        return self.m.diagonal_matrix(scale, node.rows) if any_identity and node.is_matrix else scale

    def _scale_inside(self, node: e.Expr, links: list[Value], scale: Op) -> tuple[list[Value], Op]:
        """Scales the thinnest factor where the result is a larger matrix; a number joins the
        weights of ``X' diag(v) X``."""
        b = self.b
        trivial = scale.kind == "literal" and scale.data in (1, -1)
        gram = self._gram(links)
        if gram is not None:
            weights, matrix, positive = gram
            if positive and scale.kind == "literal" and scale.data > 0:
                weights, scale = b.mul([scale, weights]), b.literal(1)
            root = Value("diagonal", links[1].rows, links[1].cols, (b.power(weights, Fraction(1, 2)),))
            if links[0].ops[0].kind == "transpose":
                right = self.m.product(root, matrix)
                return [self.m.turned(right), right], scale
            left = self.m.product(links[0], root)
            return [left, self.m.turned(left)], scale
        if trivial or not node.is_matrix or len(links) < 2:
            return links, scale
        thin = [
            k
            for k, link in enumerate(links)
            if link.kind == "diagonal" or (link.kind == "array" and ONE in (link.rows, link.cols))
        ]
        if not thin:
            return links, scale
        k = thin[0]
        scaled = Value(links[k].kind, links[k].rows, links[k].cols, (b.mul([scale, links[k].ops[0]]),))
        return [*links[:k], scaled, *links[k + 1 :]], b.literal(1)

    def _gram(self, links: list[Value]) -> tuple[Op, Value, bool] | None:
        """v, X of ``X' diag(v) X`` with v >= 0: ``Z'Z`` with ``Z = diag(sqrt(v)) X`` is a symmetric
        product at half the cost."""
        if not self.symmetric_products or len(links) != 3 or links[1].kind != "diagonal" or links[1].position != 1:
            return None
        left, right = links[0], links[2]
        if left.kind != "array" or right.kind != "array" or ONE in (right.cols, right.rows):
            return None
        return (links[1].ops[0], right, True) if self.m.turned(left).ops == right.ops else None

    def _scaled(self, value: Value, scale: Op) -> Op:
        b = self.b
        if scale.kind == "literal" and scale.data == 1:
            return self.m.op(value)
        if value.kind == "kronecker":
            smallest = min(range(len(value.ops)), key=lambda k: self.extents.entries(value.ops[k].shape))
            ops = tuple([b.mul([scale, op]) if k == smallest else op for k, op in enumerate(value.ops)])
            return self.m.op(Value("kronecker", value.rows, value.cols, ops, shapes=value.shapes))
        op = self.m.op(value)
        if op.kind in ("diagonal_matrix", "eye"):
            found = diagonal_part(b, op)
            assert found is not None
            return self.m.diagonal_matrix(b.mul([scale, found]), value.rows)
        if scale.kind == "div" and scale.operands[0].kind == "literal" and scale.operands[0].data == 1:
            return b.div(op, scale.operands[1])
        return b.mul([scale, op])

    def _multiplied(self, links: list[Value]) -> Value:
        if len(links) == 1:
            return links[0]
        described = [Link(link.kind, link.rows, link.cols, key_of(link)) for link in links]
        tree = cheapest(described, self.extents, self._products.__contains__)
        return self._followed(tree, links, [link.key for link in described])

    def _followed(self, tree: Tree, links: list[Value], keys: list[object]) -> Value:
        """The product in the order of the tree, with products made before used again."""
        done: list[tuple[Value, tuple[object, ...]]] = []
        stack: list[tuple[Tree, bool]] = [(tree, False)]
        while stack:
            part, ready = stack.pop()
            if isinstance(part, int):
                done.append((links[part], (keys[part],)))
            elif not ready:
                stack += [(part, True), (part[1], False), (part[0], False)]
            else:
                right, right_keys = done.pop()
                left, left_keys = done.pop()
                both = left_keys + right_keys if len(left_keys) + len(right_keys) <= _FEW else (object(),)
                value = self._products.get(both) or self.m.product(left, right)
                self._products[both] = value
                if len(both) == 2:  # its transpose is there too
                    self._products.setdefault((key_of(self.m.turned(right)), key_of(self.m.turned(left))), self.m.turned(value))
                done.append((value, both))
        return done[0][0]

    def _links(self, chain: Sequence[Factor]) -> Generator[e.Expr, Op, list[Value] | None]:
        """The values of the factors; identities are left out. None when a factor is zero."""
        values: list[Value] = []
        for factor in chain:
            if isinstance(factor[0], e.Zeros):
                return None
            if isinstance(factor[0], e.Identity):
                continue
            value = yield from self._chain_value(factor)
            if value.kind == "ones" and ONE not in (value.rows, value.cols):
                values += [Value("ones", value.rows, ONE), Value("ones", ONE, value.cols)]
            else:
                values.append(value)
        return values

    def _chain_value(self, factor: Factor) -> Parts:
        node, turned = factor
        value = yield from self._factor_value(node)
        return self.m.turned(value) if turned else value

    def _factor_value(self, node: e.Expr) -> Parts:
        b = self.b
        rows, cols = node.rows, node.cols
        match node := cast("e.Node", node):
            case e.Ones():
                return Value("ones", rows, cols)
            case e.UnitVector(position=position):
                return Value("unit", rows, cols, position=position)
            case e.Commutation(m=m, n=n):
                return Value("permutation", rows, cols, sizes=(m, n))
            case e.DiagonalMatrix(operand=operand):
                op = yield operand
                return Value("diagonal", rows, cols, (op,), position=int(is_nonnegative(operand)))
            case e.Inverse(operand=operand):
                return (yield from self._inverse_value(node, operand))
            case e.Kronecker(factors=factors):
                parts = [factor for factor in factors if not factor.is_scalar]
                scale = b.literal(1)
                for factor in factors:
                    if factor.is_scalar:
                        op = yield factor
                        scale = b.mul([scale, op])
                ops = []
                for part in parts:
                    op = yield from self._array(part)
                    ops.append(op)
                if len(ops) < 2:
                    return array(b.mul([scale, *ops]), rows, cols)
                ops[0] = b.mul([scale, ops[0]])
                return Value("kronecker", rows, cols, tuple(ops), shapes=tuple([(part.rows, part.cols) for part in parts]))
            case e.Leaf() | e.Linear() | e.Sum() | e.Product() | e.Hadamard() | e.Nonlinear() | e.Indexed():
                op = yield node
                entries = diagonal_part(b, op) if node.is_matrix else None
                return array(op, rows, cols) if entries is None else Value("diagonal", rows, cols, (entries,))

    def _inverse_value(self, node: e.Expr, operand: e.Expr) -> Parts:
        b = self.b
        size = node.rows
        match operand := cast("e.Node", operand):
            case e.Transpose(operand=inner):
                value = yield from self._inverse_value(e.Inverse(inner), inner)
                return self.m.turned(value)
            case e.Inverse(operand=inner):
                op = yield inner
                return array(op, size, size)
            case e.Symbol() if "orthogonal" in known(operand):
                op = yield operand
                return array(b.transpose(op), size, size)
            case e.DiagonalMatrix(operand=vector):
                op = yield vector
                return Value("diagonal", size, size, (b.div(b.literal(1), op),), position=int(is_nonnegative(vector)))
            case e.Kronecker(factors=factors) if all(factor.rows == factor.cols for factor in factors):
                return (yield from self._factor_value(e.Kronecker(tuple([e.Inverse(factor) for factor in factors]))))
            case e.Identity():
                return array(b.make("eye", (), None, node.shape), size, size)
            case e.Leaf() | e.Linear() | e.Sum() | e.Multilinear() | e.Nonlinear() | e.Indexed():
                pass
        matrix = yield from self._array(operand)
        if not matrix.shape:
            return array(b.div(b.literal(1), matrix), size, size)
        definite = known(operand).semidefinite
        value = Value(
            "definite_inverse" if definite else "inverse", size, size, (self._cholesky(matrix) if definite else matrix,)
        )
        return array(self.m.op(value), size, size) if node in self.explicit else value


def _without_sign(link: Value) -> Value:
    """The negative of a value that is written as a negation; diagonals may then have another sign,
    so nothing is known of it."""
    return Value(link.kind, link.rows, link.cols, (link.ops[0].operands[0],))


def key_of(value: Value) -> object:
    return (value.kind, value.rows, value.cols, tuple([op.serial for op in value.ops]), value.position, value.sizes)


def diagonal_part(b: Builder, op: Op) -> Op | None:
    """The entries of an operation that is a diagonal matrix; one scalar for a multiple of the
    identity."""
    if op.kind == "eye":
        return b.literal(1)
    if op.kind == "diagonal_matrix":
        return op.operands[0]
    if op.kind == "neg":
        inner = diagonal_part(b, op.operands[0])
        return None if inner is None else b.neg(inner)
    if op.kind == "mul" and op.operands[-1].kind == "eye" and all(not factor.shape for factor in op.operands[:-1]):
        return b.mul(op.operands[:-1])
    return None
