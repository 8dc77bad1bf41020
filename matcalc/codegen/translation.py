"""From expressions to operations: which arrays are formed, in which order chains are multiplied, what is solved instead of inverted.

Requests for operands are yielded to a driver that keeps its own stack, so the depth of an expression meets no recursion limit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias, assert_never, cast

from matcalc.codegen.chains import Link, Tree, cheapest, costs_of
from matcalc.codegen.extents import Extents
from matcalc.codegen.factors import Factors, explicit_inverses, taken_apart
from matcalc.codegen.facts import Factor, Facts
from matcalc.codegen.operations import Builder, Op
from matcalc.codegen.stable import STABLE_FUNCTIONS
from matcalc.codegen.tensors import tensor_op
from matcalc.codegen.values import Multiplication, Value, array, array_shape
from matcalc.einstein.lowering import lower
from matcalc.errors import MatcalcError
from matcalc.expr import nodes as e
from matcalc.functions import functions
from matcalc.sizes import ONE, Shape

Requests: TypeAlias = Generator[e.Expr, Op, Op]
Parts: TypeAlias = Generator[e.Expr, Op, Value]

_LONGEST_TRACE = 12
_FEW = 8


class Translator:
    """Makes the operations for expressions, in one builder, so that they share what they have in common."""

    def __init__(self, builder: Builder, roots: Sequence[e.Expr], sizes: Mapping[str, int] | None = None, *, for_numpy: bool = True) -> None:
        # NumPy knows the symmetric product Z'Z, and its functions are not fused: what they have in common is worth naming.
        self.b = builder
        self.m = Multiplication(builder)
        self.extents = Extents(sizes)
        self.facts = Facts()
        self.symmetric_products = for_numpy
        order = e.postorder(*roots)
        self.uses = Counter(child for node in order for child in e.children(node))
        calls = {(node.function, node.arguments[0], node.axis) for node in order if isinstance(node, e.Call)}
        shared = {(argument, axis) for name, argument, axis in calls if name == "softmax" and ("logsumexp", argument, axis) in calls}
        self.shared_exponentials = {pair for pair in shared if pair[0].is_matrix == (pair[1] is not None)} if for_numpy else set()
        self.explicit = explicit_inverses(order, tuple(roots))
        self._done: dict[e.Expr, Op] = {}
        self._products: dict[tuple[object, ...], Value] = {}

    def exact(self, expression: e.Expr) -> Op:
        """The array of an expression with all its axes."""
        return self.b.full_shape(self._run(expression), array_shape(expression.rows, expression.cols))

    def _run(self, root: e.Expr) -> Op:
        stack: list[tuple[e.Expr, Requests]] = [(root, self._operation(root))]
        answer: Op | None = self._done.get(root)
        if answer is not None:
            return answer
        while stack:
            node, work = stack[-1]
            try:
                wanted = work.send(answer) if answer is not None else next(work)
            except StopIteration as stop:
                op: Op = stop.value
                if op.order == 2 and self.facts.symmetric(node):
                    self.b.mark_symmetric(op)
                answer = self._done[node] = op
                stack.pop()
                continue
            answer = self._done.get(wanted)
            if answer is None:
                stack.append((wanted, self._operation(wanted)))
        assert answer is not None
        return answer

    def _array(self, expression: e.Expr) -> Requests:
        """The operation of an operand with all its axes."""
        op = yield expression
        return self.b.full_shape(op, array_shape(expression.rows, expression.cols))

    def _operation(self, node: e.Expr) -> Requests:
        """The operation for one node; it may have fewer axes, or axes of one entry, where it broadcasts."""
        b = self.b
        if False:  # every branch below is a generator, also those that ask for nothing
            yield node
        typed = cast("e.Node", node)
        match typed:
            case e.Symbol(name=name):
                return b.make("input", (), name, _symbol_shape(typed))
            case e.Number(value=value):
                return b.literal(value)
            case e.Constant(name=name):
                if name != "pi":
                    raise MatcalcError(f"there is no code for the constant {name!r}")
                return b.make("pi")
            case e.SizeValue(size=size):
                return b.size(size)
            case e.Identity(size=size):
                return b.make("eye", (), None, (size, size))
            case e.Ones():
                return b.literal(1)
            case e.Zeros():
                return b.literal(0)
            case e.UnitVector() | e.Commutation():
                value = yield from self._chain_value((typed, False))
                return self.m.op(value)
            case e.Sum(terms=terms):
                return (yield from self._sum(typed, terms))
            case e.Negative() | e.Product():
                return (yield from self._product(typed))
            case e.Quotient(denominator=denominator):
                if denominator.is_scalar:
                    return (yield from self._product(typed))
                above = yield typed.numerator
                below = yield denominator
                return b.div(above, below)
            case e.Transpose(operand=operand):
                if isinstance(operand, e.Product | e.Negative | e.Quotient | e.Transpose) and not operand.is_scalar and self.uses[operand] <= 1:
                    return (yield from self._product(typed))
                op = yield operand
                return b.transpose(op)
            case e.Hadamard(factors=factors):
                return (yield from self._hadamard(factors))
            case e.Power():
                return (yield from self._power(typed))
            case e.MatrixPower():
                return (yield from self._matrix_power(typed))
            case e.Elementwise(function=name, argument=argument):
                op = yield argument
                if name == "sqrt":
                    return b.make("sqrt", (op,), None, op.shape)
                if name in functions() or name in STABLE_FUNCTIONS:
                    return b.map(name, op)
                return b.make("user", (op,), name, op.shape)
            case e.Inverse():
                value = yield from self._chain_value((typed, False))
                return self.m.op(value)
            case e.Trace(operand=operand):
                return (yield from self._trace(operand))
            case e.Total(operand=operand, axis=axis):
                return (yield from self._total(operand, axis))
            case e.Diagonal(operand=operand):
                return (yield from self._diagonal(operand))
            case e.DiagonalMatrix(operand=operand):
                op = yield operand
                return self.m.diagonal_matrix(op, typed.rows)
            case e.Vec(operand=operand):
                op = yield from self._array(operand)
                return b.vec(op)
            case e.Kronecker():
                value = yield from self._chain_value((typed, False))
                return self.m.op(value)
            case e.Norm():
                return (yield from self._norm(typed))
            case e.Call():
                return (yield from self._call(typed))
            case e.Entry(operand=operand, positions=positions) if all(isinstance(place, int) for place in positions):
                op = yield from self._array(operand)
                return b.pick(op, tuple([int(str(place)) - 1 for place in positions][-op.order :]))
            case e.Index() | e.Entry() | e.IndexSum():
                return tensor_op(b, lower(typed).tensor, self.extents)
            case _ as never:
                assert_never(never)

    # ------------------------------------------------------------ sums and entrywise operations

    def _sum(self, node: e.Expr, terms: tuple[e.Expr, ...]) -> Requests:
        """Multiples of identity and ones are not formed: the first are added along the diagonal, the others broadcast."""
        b = self.b
        plain: list[tuple[int, Op]] = []
        entries: list[tuple[int, Op]] = []
        for term in terms:
            op = yield term
            found = _diagonal_part(b, op) if node.is_matrix else None
            if found is None:
                plain.append((1, op))
            else:
                entries.append((1, found))
        if not entries:
            return b.add(plain)
        added = b.add(entries)
        if not plain:
            return self.m.diagonal_matrix(added, node.rows)
        base = b.full_shape(b.add(plain), node.shape)
        if base.kind == "neg" and base.operands[0].kind == "outer":
            first, second = base.operands[0].operands
            symmetric = first is second
            base = b.outer(b.neg(first), second)
            if symmetric:
                b.mark_symmetric(base)
        result = b.make("add_diagonal", (base, added), None, node.shape)
        return b.mark_symmetric(result) if b.is_symmetric(base) else result

    def _hadamard(self, factors: tuple[e.Expr, ...]) -> Requests:
        b = self.b
        ops = []
        for factor in factors:
            op = yield factor
            ops.append(op)
        for k, op in enumerate(ops):
            if op.kind in ("eye", "diagonal_matrix") and len(ops) > 1:
                rest = b.mul(ops[:k] + ops[k + 1 :])
                rest = b.make("diagonal", (b.full_shape(rest, op.shape),), None, op.shape[:1])
                entries = rest if op.kind == "eye" else b.mul([op.operands[0], rest])
                return self.m.diagonal_matrix(entries, op.shape[0])
        return b.mul(ops)

    def _power(self, node: e.Power) -> Requests:
        b = self.b
        exponent = node.exponent
        sign = 1
        while isinstance(exponent, e.Negative):
            exponent, sign = exponent.operand, -sign
        if not isinstance(exponent, e.Number):
            base = yield node.base
            upper = yield node.exponent
            shape = base.shape if len(base.shape) >= len(upper.shape) else upper.shape
            return b.make("pow", (base, upper), None, shape)
        value = sign * exponent.value
        if isinstance(node.base, e.Norm) and node.base.kind in ("2", "A") and value.denominator == 1 and value % 2 == 0:
            square = yield from self._squared_norm(node.base)
            return b.power(square, value / 2)
        base = yield node.base
        return b.power(base, value)

    def _norm(self, node: e.Norm) -> Requests:
        b = self.b
        match node.kind:
            case "2" | "A":
                square = yield from self._squared_norm(node)
                return b.make("sqrt", (square,))
            case "1":
                op = yield from self._array(node.operand)
                return b.sum(b.map("abs", op))
            case "p":
                assert node.parameter is not None
                op = yield from self._array(node.operand)
                parameter = yield node.parameter
                raised = b.make("pow", (b.map("abs", op), parameter), None, op.shape)
                return b.make("pow", (b.sum(raised), b.div(b.literal(1), parameter)))
            case "nuclear" | "spectral":
                op = yield from self._array(node.operand)
                return b.make("call", (op,), (f"{node.kind}_norm", None))
            case _:
                raise MatcalcError(f"there is no code for the norm {node.kind!r}")

    def _squared_norm(self, node: e.Norm) -> Requests:
        if node.parameter is not None:
            operand = node.operand
            chain = (e.Transpose(operand), node.parameter, operand) if operand.is_column else (operand, node.parameter, e.Transpose(operand))
            return (yield e.Product(chain))
        op = yield from self._array(node.operand)
        if not op.shape:
            return self.b.power(op, Fraction(2))
        return self.b.frobenius(op, op)

    def _matrix_power(self, node: e.MatrixPower) -> Requests:
        b = self.b
        exponent = yield node.exponent
        if exponent.kind == "literal" and exponent.data.denominator == 1:
            count = int(exponent.data)
            if count == 0:
                return b.make("eye", (), None, node.shape)
            base = yield (node.base if count > 0 else e.Inverse(node.base))
            return base if abs(count) == 1 else b.make("matrix_power", (base, b.literal(abs(count))), None, node.shape)
        base = yield from self._array(node.base)
        return b.make("matrix_power", (base, exponent), None, node.shape)

    def _call(self, node: e.Call) -> Requests:
        b = self.b
        ops = []
        for argument in node.arguments:
            op = yield from self._array(argument)
            ops.append(op)
        first = node.arguments[0]
        if node.function == "inv":
            return (yield e.Inverse(first))
        if node.function == "logdet" and self.facts.semidefinite(first):
            return b.make("cholesky_logdet", (self._cholesky(ops[0]),))
        axis = None if node.axis is None or not first.is_matrix else node.axis
        if (first, axis) in self.shared_exponentials and node.function in ("softmax", "logsumexp"):
            return self._softmax_parts(node.function, ops[0], axis)
        known = functions().get(node.function)
        if axis is None and known is not None and known.argument_order == 1 and first.is_matrix:
            # A function of a vector takes all entries of a matrix; where it gives a vector, that is made a matrix again.
            made = b.make("call", (b.vec(ops[0]), *ops[1:]), (node.function, None), _call_shape(node, True))
            return b.unvec(made, node.shape) if node.is_matrix else made
        return b.make("call", ops, (node.function, axis), _call_shape(node, False))

    def _softmax_parts(self, name: str, op: Op, axis: str | None) -> Op:
        """Softmax or logsumexp in single steps, where the other one is needed too and can share the exponentials."""
        b = self.b
        along = None if axis is None else 1 if axis == "rows" else 0
        spread = (lambda one: one) if axis is None else b.column if axis == "rows" else b.row
        shape = () if along is None else (op.shape[1 - along],)
        largest = b.make("max", (op,), along, shape)
        exponentials = b.map("exp", b.add([(1, op), (-1, spread(largest))]))
        total = b.sum(exponentials, along)
        return b.div(exponentials, spread(total)) if name == "softmax" else b.add([(1, largest), (1, b.map("log", total))])

    def _cholesky(self, op: Op) -> Op:
        return self.b.make("cholesky", (op,), None, op.shape)

    # ------------------------------------------------------------ products

    def _product(self, node: e.Expr) -> Requests:
        b = self.b
        parts = taken_apart(node, self.uses)
        parts.chain = self._distributed_chain(parts.chain)
        links = yield from self._links(parts.chain)
        if links is None:
            return self.b.literal(0)
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

    def _distributed_chain(self, chain: list[Factor]) -> list[Factor]:
        """A sum with Kronecker products in it, met by a vector, becomes a sum of vectors: no Kronecker product is formed."""
        if len(chain) < 2:
            return chain
        for thin_right in (True, False):
            order = list(chain) if thin_right else [(factor, not turned) for factor, turned in reversed(chain)]
            last, turned = order[-1]
            if (last.cols if not turned else last.rows) != ONE:
                continue
            position = next((k for k, (factor, _) in enumerate(order[:-1]) if _has_kronecker(factor)), None)
            if position is None:
                continue
            factor, turned = order[position]
            assert isinstance(factor, e.Sum)
            tail = [_as_expression(pair) for pair in order[position + 1 :]]
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
        """Scales the thinnest factor where the result is a larger matrix; a number joins the weights of ``X' diag(v) X``."""
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
        thin = [k for k, link in enumerate(links) if link.kind == "diagonal" or (link.kind == "array" and ONE in (link.rows, link.cols))]
        if not thin:
            return links, scale
        k = thin[0]
        scaled = Value(links[k].kind, links[k].rows, links[k].cols, (b.mul([scale, links[k].ops[0]]),))
        return [*links[:k], scaled, *links[k + 1 :]], b.literal(1)

    def _gram(self, links: list[Value]) -> tuple[Op, Value, bool] | None:
        """v, X of ``X' diag(v) X`` with v >= 0: ``Z'Z`` with ``Z = diag(sqrt(v)) X`` is a symmetric product at half the cost."""
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
            found = _diagonal_part(b, op)
            assert found is not None
            return self.m.diagonal_matrix(b.mul([scale, found]), value.rows)
        if scale.kind == "div" and scale.operands[0].kind == "literal" and scale.operands[0].data == 1:
            return b.div(op, scale.operands[1])
        return b.mul([scale, op])

    def _multiplied(self, links: list[Value]) -> Value:
        if len(links) == 1:
            return links[0]
        described = [Link(link.kind, link.rows, link.cols, _key(link)) for link in links]
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
        match node:
            case e.Ones():
                return Value("ones", rows, cols)
            case e.UnitVector(position=position):
                return Value("unit", rows, cols, position=position)
            case e.Commutation(m=m, n=n):
                return Value("permutation", rows, cols, sizes=(m, n))
            case e.DiagonalMatrix(operand=operand):
                op = yield operand
                return Value("diagonal", rows, cols, (op,), position=int(self.facts.nonnegative(operand)))
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
            case _:
                op = yield node
                return array(op, rows, cols)

    def _inverse_value(self, node: e.Expr, operand: e.Expr) -> Parts:
        b = self.b
        size = node.rows
        match operand:
            case e.Transpose(operand=inner):
                value = yield from self._inverse_value(e.Inverse(inner), inner)
                return self.m.turned(value)
            case e.Inverse(operand=inner):
                op = yield inner
                return array(op, size, size)
            case e.Symbol(properties=properties) if "orthogonal" in properties:
                op = yield operand
                return array(b.transpose(op), size, size)
            case e.DiagonalMatrix(operand=vector):
                op = yield vector
                return Value("diagonal", size, size, (b.div(b.literal(1), op),), position=int(self.facts.nonnegative(vector)))
            case e.Kronecker(factors=factors) if all(factor.rows == factor.cols for factor in factors):
                return (yield from self._factor_value(e.Kronecker(tuple([e.Inverse(factor) for factor in factors]))))
            case e.Identity():
                return array(b.make("eye", (), None, node.shape), size, size)
        matrix = yield from self._array(operand)
        if not matrix.shape:
            return array(b.div(b.literal(1), matrix), size, size)
        definite = self.facts.semidefinite(operand)
        value = Value("definite_inverse" if definite else "inverse", size, size, (self._cholesky(matrix) if definite else matrix,))
        return array(self.m.op(value), size, size) if node in self.explicit else value

    # ------------------------------------------------------------ traces, diagonals, sums of products

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
        double = [Link(link.kind, link.rows, link.cols, _key(link)) for link in links + links]
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
            described = [Link(link.kind, link.rows, link.cols, _key(link)) for link in links]
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
        return self._scaled(self._multiplied([link for link in links if link.kind != "ones" or (link.rows, link.cols) != (ONE, ONE)]), scale)


def _symbol_shape(symbol: e.Symbol) -> Shape:
    return array_shape(symbol.rows, symbol.cols) if len(symbol.shape) < 3 else symbol.shape


def _without_sign(link: Value) -> Value:
    """The negative of a value that is written as a negation; diagonals may then have another sign, so nothing is known of it."""
    return Value(link.kind, link.rows, link.cols, (link.ops[0].operands[0],))


def _as_expression(factor: Factor) -> e.Expr:
    return e.Transpose(factor[0]) if factor[1] else factor[0]


def _key(value: Value) -> object:
    return (value.kind, value.rows, value.cols, tuple([op.serial for op in value.ops]), value.position, value.sizes)


def _has_kronecker(factor: e.Expr) -> bool:
    if not isinstance(factor, e.Sum):
        return False
    return any(isinstance(node, e.Kronecker | e.Commutation) for term in factor.terms for node in (term, *e.children(term)))


def _diagonal_part(b: Builder, op: Op) -> Op | None:
    """The entries of an operation that is a diagonal matrix; one scalar for a multiple of the identity."""
    if op.kind == "eye":
        return b.literal(1)
    if op.kind == "diagonal_matrix":
        return op.operands[0]
    if op.kind == "neg":
        inner = _diagonal_part(b, op.operands[0])
        return None if inner is None else b.neg(inner)
    if op.kind == "mul" and op.operands[-1].kind == "eye" and all(not factor.shape for factor in op.operands[:-1]):
        return b.mul(op.operands[:-1])
    return None


def _call_shape(node: e.Call, flat: bool) -> Shape:
    shape = node.shape
    if flat and len(shape) == 2:
        return (shape[0] * shape[1],)
    return array_shape(node.rows, node.cols) if len(shape) < 3 else shape

