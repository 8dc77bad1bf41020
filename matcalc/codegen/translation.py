"""From expressions to operations: which arrays are formed, in which order chains are multiplied,
what is solved instead of inverted.

Requests for operands are yielded to a driver that keeps its own stack, so the depth of an
expression meets no recursion limit.
"""

from __future__ import annotations

from fractions import Fraction
from typing import assert_never, cast

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import computable
from matcalc.base.sizes import Shape
from matcalc.codegen.factors import array_shape
from matcalc.codegen.operations import Op
from matcalc.codegen.product_chains import Requests, diagonal_part
from matcalc.codegen.reductions import Reductions, sums_kroneckers
from matcalc.codegen.tensors import tensor_op
from matcalc.einstein.lowering import lower
from matcalc.expr import nodes as e
from matcalc.expr.deduction import is_symmetric, known


class Translator(Reductions):
    """Makes the operations for expressions, in one builder, so that they share what they have in
    common."""

    def exact(self, expression: e.Expr) -> Op:
        """The array of an expression with all its axes."""
        shape = expression.shape if len(expression.shape) > 2 else array_shape(expression.rows, expression.cols)
        return self.b.full_shape(self._run(expression), shape)

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
                if op.order == 2 and is_symmetric(node):
                    self.b.mark_symmetric(op)
                answer = self._done[node] = op
                stack.pop()
                continue
            answer = self._done.get(wanted)
            if answer is None:
                stack.append((wanted, self._operation(wanted)))
        assert answer is not None
        return answer

    def _operation(self, node: e.Expr) -> Requests:
        """The operation for one node; it may have fewer axes, or axes of one entry, where it
        broadcasts."""
        b = self.b
        if False:  # every branch below is a generator, also those that ask for nothing
            yield node
        typed = cast("e.Node", node)
        if isinstance(node, e.Vec) and len(node.operand.shape) > 2:
            op = yield node.operand
            return b.reshape(
                b.permute(b.full_shape(op, node.operand.shape), tuple(range(len(node.operand.shape)))[::-1]), node.shape
            )
        if any(len(part.shape) > 2 for part in (node, *e.children(node))):  # a tensor of order 3 or 4
            return tensor_op(b, lower(typed).tensor, self.extents)
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
            case e.UnitVector() | e.Commutation() | e.Inverse() | e.Kronecker():
                formed = yield from self._chain_value((typed, False))
                return self.m.op(formed)
            case e.Sum():
                return (yield from self._sum(typed))
            case e.Negative() | e.Product():
                return (yield from self._product(typed))
            case e.Quotient(denominator=denominator):
                if denominator.is_scalar:
                    return (yield from self._product(typed))
                above = yield typed.numerator
                below = yield denominator
                return b.div(above, below)
            case e.Transpose(operand=operand):
                opened = isinstance(operand, e.Product | e.Negative | e.Quotient | e.Transpose) and not operand.is_scalar
                if opened and self.uses[operand] <= 1:
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
                if name in computable():
                    return b.map(name, op)
                return b.make("user", (op,), name, op.shape)
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
            case e.Reshape(operand=operand):
                op = yield from self._array(operand)
                return b.unvec(b.vec(op), typed.shape) if typed.is_matrix else b.vec(op)
            case e.Norm():
                return (yield from self._norm(typed))
            case e.Call():
                return (yield from self._call(typed))
            case e.Entry(operand=operand, positions=positions) if all(isinstance(place, int) for place in positions):
                op = yield from self._array(operand)
                places = [int(str(place)) - 1 for place in positions]
                return b.pick(op, tuple(places if typed.is_member else places[-op.order :]))
            case e.Index() | e.Entry() | e.IndexSum() | e.IndexArray():
                return tensor_op(b, lower(typed).tensor, self.extents)
            case _ as never:
                assert_never(never)

    # ------------------------------------------------------------ sums and entrywise operations

    def _sum(self, node: e.Sum) -> Requests:
        """Multiples of identity and ones are not formed: the first are added along the diagonal,
        the others broadcast."""
        b = self.b
        if sums_kroneckers(node):
            return (yield from self._kronecker_sum(node, b.literal(1)))
        plain: list[tuple[int, Op]] = []
        entries: list[tuple[int, Op]] = []
        for term in node.terms:
            op = yield term
            found = diagonal_part(b, op) if node.is_matrix else None
            if found is None:
                plain.append((1, op))
            else:
                entries.append((1, found))
        return self._added_up(plain, entries, node)

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
            case "2":
                op = yield from self._array(node.operand)
                return b.make("call", (op,), ("norm2", None)) if op.shape else b.map("abs", op)
            case "A":
                square = yield from self._squared_norm(node)
                return b.make("sqrt", (square,))
            case "1":
                op = yield from self._array(node.operand)
                return b.sum(b.map("abs", op))
            case "p":
                assert node.parameter is not None
                op = yield from self._array(node.operand)
                parameter = yield node.parameter
                return b.make("call", (op, parameter), ("norm_p", None)) if op.shape else b.map("abs", op)
            case "nuclear" | "spectral":
                op = yield from self._array(node.operand)
                return b.make("call", (op,), (f"{node.kind}_norm", None))
            case _:
                raise MatcalcError(f"there is no code for the norm {node.kind!r}")

    def _squared_norm(self, node: e.Norm) -> Requests:
        if node.parameter is not None:
            operand = node.operand
            turned = e.Transpose(operand)
            chain = (turned, node.parameter, operand) if operand.is_column else (operand, node.parameter, turned)
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
            factor = node.base if count > 0 else e.Inverse(node.base)
            if abs(count) == 1:
                return (yield factor)
            base = yield from self._array(factor)
            return b.make("matrix_power", (base, b.literal(abs(count))), None, node.shape)
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
        if node.function in ("logdet", "log_det") and known(first).semidefinite:
            return b.make("cholesky_logdet", (self._cholesky(ops[0]),))
        axis = None if node.axis is None or not first.is_matrix else node.axis
        if (first, axis) in self.shared_exponentials and node.function in ("softmax", "logsumexp"):
            return self._softmax_parts(node.function, ops[0], axis)
        function = computable().get(node.function)
        if axis is None and function is not None and function.argument_order == 1 and first.is_matrix:
            # A function of a vector takes all entries of a matrix; where it gives a vector, that is
            # made a matrix again.
            made = b.make("call", (b.vec(ops[0]), *ops[1:]), (node.function, None), _call_shape(node, True))
            return b.unvec(made, node.shape) if node.is_matrix else made
        return b.make("call", ops, (node.function, axis), _call_shape(node, False))

    def _softmax_parts(self, name: str, op: Op, axis: str | None) -> Op:
        """Softmax or logsumexp in single steps, where the other one is needed too and can share the
        exponentials."""
        b = self.b
        along = None if axis is None else 1 if axis == "rows" else 0
        spread = (lambda one: one) if axis is None else b.column if axis == "rows" else b.row
        shape = () if along is None else (op.shape[1 - along],)
        largest = b.map("finite", b.make("max", (op,), along, shape))
        exponentials = b.map("exp", b.add([(1, op), (-1, spread(largest))]))
        total = b.sum(exponentials, along)
        if name == "softmax":  # one division instead of one for every entry
            return b.mul([exponentials, spread(b.div(b.literal(1), total))])
        return b.add([(1, largest), (1, b.map("log", total))])


def _symbol_shape(symbol: e.Symbol) -> Shape:
    return array_shape(symbol.rows, symbol.cols) if len(symbol.shape) < 3 else symbol.shape


def _call_shape(node: e.Call, flat: bool) -> Shape:
    shape = node.shape
    if flat and len(shape) == 2:
        return (shape[0] * shape[1],)
    return array_shape(node.rows, node.cols) if len(shape) < 3 else shape
