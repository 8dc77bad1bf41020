"""Products: scalars gathered, factors that need not be formed kept apart, chains multiplied in the
cheapest order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias, cast

from matcalc.base.shapes import axes_of
from matcalc.base.sizes import ONE
from matcalc.codegen.factors import (
    Factors,
    Multiplication,
    Value,
    array,
    arrays_of,
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
Operands: TypeAlias = Generator[e.Expr, Op, list[Op]]

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
        called = {
            name: {(node.arguments[0], node.axis) for node in order if isinstance(node, e.Call) and node.function == name}
            for name in ("softmax", "logsumexp")
        }
        shared = called["softmax"] & called["logsumexp"]
        self.shared_exponentials = {(argument, axis) for argument, axis in shared if argument.is_matrix == (axis is not None)}
        self.explicit = explicit_inverses(order, tuple(roots))
        self._done: dict[e.Expr, Op] = {}
        self._products: dict[tuple[object, ...], Value] = {}

    def _array(self, expression: e.Expr) -> Requests:
        """The operation of an operand with all its axes."""
        return self.b.full_shape((yield expression), axes_of(expression.shape))

    def _arrays(self, expressions: Iterable[e.Expr]) -> Operands:
        """The operations of several operands with all their axes."""
        ops: list[Op] = []
        for expression in expressions:
            ops.append((yield from self._array(expression)))
        return ops

    def _each(self, expressions: Iterable[e.Expr]) -> Operands:
        """The operations of several operands."""
        ops: list[Op] = []
        for expression in expressions:
            ops.append((yield expression))
        return ops

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
        scale = yield from self._scale(parts)
        if not links:
            return self.m.diagonal_matrix(scale, node.rows) if parts.chain and node.is_matrix else scale
        negative = [link.kind in ("array", "diagonal") and link.ops[0].kind == "neg" for link in links]
        if any(negative):
            links = [_without_sign(link) if flip else link for link, flip in zip(links, negative, strict=True)]
            scale = self.b.neg(scale) if sum(negative) % 2 else scale
        links, scale = self._scale_inside(node, links, scale)
        return self._scaled(self._multiplied(links), scale)

    def _termwise(self, chain: list[Factor]) -> e.Expr | None:
        """A product with a sum as the sum of products, where that is cheaper: None where it is not.

        ``A (I - u v')`` is ``A - (A u) v'`` without a product of matrices, ``(A + A') x`` is
        ``A x + A' x`` without a sum of matrices.
        """
        if sum(not isinstance(factor, e.Identity) for factor, _ in chain) < 2:
            return None
        thin = any(ONE in (factor.rows, factor.cols) for factor, _ in (chain[0], chain[-1]))
        for position, (factor, _) in enumerate(chain):
            if not isinstance(factor, e.Sum) or not factor.is_matrix or self.uses[factor] > 1:
                continue
            if all(is_thin(term) or (thin and is_linear(term)) for term in factor.terms):
                return _distributed(chain, position)
        return None

    def _distributed_chain(self, chain: list[Factor]) -> list[Factor]:
        """A sum with Kronecker products in it, met by a vector, becomes a sum of vectors: no
        Kronecker product is formed."""
        for thin_right in (True, False) if len(chain) > 1 else ():
            order = chain if thin_right else _turned_chain(chain)
            position = next((k for k, (factor, _) in enumerate(order[:-1]) if has_kronecker(factor)), None)
            if position is not None and as_expression(order[-1]).cols == ONE:
                merged: list[Factor] = [*order[:position], (_distributed(order[position:], 0), False)]
                return merged if thin_right else _turned_chain(merged)
        return chain

    def _scale(self, parts: Factors) -> Requests:
        b = self.b
        above = [b.literal(parts.coefficient), *(yield from self._each(parts.above))]
        below = yield from self._each(parts.below)
        top = b.mul(above)
        return b.div(top, b.mul(below)) if below else top

    def _scale_inside(self, node: e.Expr, links: list[Value], scale: Op) -> tuple[list[Value], Op]:
        """Scales the thinnest factor where the result is a larger matrix; a number joins the
        weights of ``X' diag(v) X``."""
        if self._is_gram(links):
            return self._square_root(links, scale)
        trivial = scale.kind == "literal" and scale.data in (1, -1)
        solved = {k + step for k, link in enumerate(links) if "inverse" in link.kind for step in (-1, 1)}
        # What is solved for stays as it is: it may be wanted elsewhere without the scale.
        place = next((k for k, link in enumerate(links) if _is_thin_link(link) and k not in solved), None)
        if place is None or trivial or not node.is_matrix or len(links) < 2:
            return links, scale
        link = links[place]
        scaled = Value(link.kind, link.rows, link.cols, (self.b.mul([scale, link.ops[0]]),))
        return [*links[:place], scaled, *links[place + 1 :]], self.b.literal(1)

    def _is_gram(self, links: list[Value]) -> bool:
        """Whether this is ``X' diag(v) X`` with v >= 0."""
        if not self.symmetric_products or len(links) != 3 or links[1].kind != "diagonal" or links[1].position != 1:
            return False
        left, right = links[0], links[2]
        if left.kind != "array" or right.kind != "array" or ONE in (right.cols, right.rows):
            return False
        return self.m.turned(left).ops == right.ops

    def _square_root(self, links: list[Value], scale: Op) -> tuple[list[Value], Op]:
        """``Z'Z`` with ``Z = diag(sqrt(v)) X``: a symmetric product at half the cost."""
        left, middle, right = links
        weights = middle.ops[0]
        if scale.kind == "literal" and scale.data > 0:
            weights, scale = self.b.mul([scale, weights]), self.b.literal(1)
        root = Value("diagonal", middle.rows, middle.cols, (self.b.power(weights, Fraction(1, 2)),))
        if left.ops[0].kind == "transpose":
            half = self.m.product(root, right)
            return [self.m.turned(half), half], scale
        half = self.m.product(left, root)
        return [half, self.m.turned(half)], scale

    def _scaled(self, value: Value, scale: Op) -> Op:
        b = self.b
        if scale.kind == "literal" and scale.data == 1:
            return self.m.op(value)
        if value.kind == "kronecker":
            smallest = min(range(len(value.ops)), key=lambda k: self.extents.entries(value.ops[k].shape))
            ops = tuple([b.mul([scale, op]) if k == smallest else op for k, op in enumerate(value.ops)])
            return self.m.op(Value("kronecker", value.rows, value.cols, ops, shapes=value.shapes))
        op = self.m.op(value)
        if op.kind == "outer":
            first, second = op.operands
            return b.outer(b.mul([scale, first]), second)
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
        described = described_links(links)
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
        rows, cols = node.rows, node.cols
        match node := cast("e.Node", node):
            case e.Ones():
                return Value("ones", rows, cols)
            case e.UnitVector(position=position):
                return Value("unit", rows, cols, sizes=(position, position))
            case e.Commutation(m=m, n=n):
                return Value("permutation", rows, cols, sizes=(m, n))
            case e.DiagonalMatrix(operand=operand):
                return Value("diagonal", rows, cols, ((yield operand),), position=int(is_nonnegative(operand)))
            case e.Inverse(operand=operand):
                return (yield from self._inverse_value(node, operand))
            case e.Kronecker():
                return (yield from self._kronecker_value(node))
            case e.Leaf() | e.Linear() | e.Sum() | e.Product() | e.Hadamard() | e.Nonlinear() | e.Indexed():
                op = yield node
                entries = diagonal_part(self.b, op) if node.is_matrix else None
                return array(op, rows, cols) if entries is None else Value("diagonal", rows, cols, (entries,))

    def _kronecker_value(self, node: e.Kronecker) -> Parts:
        b = self.b
        parts = arrays_of(node)
        scale = b.literal(1)
        for factor in node.factors:
            if factor.is_scalar:
                scale = b.mul([scale, (yield factor)])
        ops = yield from self._arrays(parts)
        if len(ops) < 2:
            return array(b.mul([scale, *ops]), node.rows, node.cols)
        ops[0] = b.mul([scale, ops[0]])
        shapes = tuple([(part.rows, part.cols) for part in parts])
        return Value("kronecker", node.rows, node.cols, tuple(ops), shapes=shapes)

    def _inverse_value(self, node: e.Expr, operand: e.Expr) -> Parts:
        b = self.b
        size = node.rows
        match operand := cast("e.Node", operand):
            case e.Transpose(operand=inner):
                return self.m.turned((yield from self._inverse_value(e.Inverse(inner), inner)))
            case e.Inverse(operand=inner):
                return array((yield inner), size, size)
            case e.Symbol() if "orthogonal" in known(operand):
                return array(b.transpose((yield operand)), size, size)
            case e.DiagonalMatrix(operand=vector):
                op = yield vector
                return Value("diagonal", size, size, (b.div(b.literal(1), op),), position=int(is_nonnegative(vector)))
            case e.Kronecker(factors=factors) if all(factor.rows == factor.cols for factor in factors):
                return (yield from self._factor_value(e.Kronecker(tuple([e.Inverse(factor) for factor in factors]))))
            case e.Identity():
                return array(b.make("eye", (), None, node.shape), size, size)
            case e.Leaf() | e.Linear() | e.Sum() | e.Multilinear() | e.Nonlinear() | e.Indexed():
                return (yield from self._solved_value(node, operand))

    def _solved_value(self, node: e.Expr, operand: e.Expr) -> Parts:
        """An inverse that is applied by solving, unless it is needed as a matrix."""
        size = node.rows
        matrix = yield from self._array(operand)
        if not matrix.shape:
            return array(self.b.div(self.b.literal(1), matrix), size, size)
        if known(operand).semidefinite:
            value = Value("definite_inverse", size, size, (self._cholesky(matrix),))
        else:
            value = Value("inverse", size, size, (matrix,))
        return array(self.m.op(value), size, size) if node in self.explicit else value


def _distributed(chain: Sequence[Factor], position: int) -> e.Sum:
    """The product of a chain as the sum of the products with each term of the sum at a place."""
    factor, turned = chain[position]
    assert isinstance(factor, e.Sum)
    before, after = [tuple(map(as_expression, part)) for part in (chain[:position], chain[position + 1 :])]
    return e.Sum(tuple([e.Product((*before, as_expression((term, turned)), *after)) for term in factor.terms]))


def _turned_chain(chain: Sequence[Factor]) -> list[Factor]:
    return [(factor, not turned) for factor, turned in reversed(chain)]


def _is_thin_link(link: Value) -> bool:
    return link.kind == "diagonal" or (link.kind == "array" and ONE in (link.rows, link.cols))


def described_links(links: Sequence[Value]) -> list[Link]:
    """What the order of multiplying depends on."""
    return [Link(link.kind, link.rows, link.cols, key_of(link)) for link in links]


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
