"""From expressions to operations: which arrays are formed, in which order chains are multiplied,
what is solved instead of inverted.

Requests for operands are yielded to a driver that keeps its own stack, so the depth of an
expression meets no recursion limit.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias, assert_never, cast

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import computable, is_entrywise
from matcalc.base.own_functions import own_function
from matcalc.base.shapes import Shape, axes_of
from matcalc.base.sizes import Size
from matcalc.codegen.operations import Op
from matcalc.codegen.product_chains import Requests, diagonal_part
from matcalc.codegen.reductions import Reductions, sums_kroneckers
from matcalc.codegen.tensors import BATCHED, tensor_op
from matcalc.einstein.lowering import lower
from matcalc.expr import nodes as e
from matcalc.expr.block_arrays import BLOCKS, PART, part_positions
from matcalc.expr.deduction import is_symmetric, known
from matcalc.facts.table import IMAGINARY_UNIT

_Leaf: TypeAlias = "e.Symbol | e.Number | e.Constant | e.SizeValue | e.Identity | e.Ones | e.Zeros | e.UnitVector | e.Commutation"
_Linear: TypeAlias = "e.Negative | e.Transpose | e.Trace | e.Total | e.Diagonal | e.DiagonalMatrix | e.Vec | e.Reshape"
_Nonlinear: TypeAlias = "e.Quotient | e.Power | e.MatrixPower | e.Elementwise | e.Norm | e.Call"

_ZERO = e.Number(Fraction(0))


def in_index_notation(node: e.Expr) -> bool:
    """Whether an expression is computed from its tensor."""
    if any(len(part.shape) > 2 for part in (node, *e.children(node))):
        return True
    named = isinstance(node, e.Entry) and any(isinstance(place, e.Index) for place in node.positions)
    return named or isinstance(node, e.Index | e.IndexSum | e.IndexArray)


def _lines(node: e.Call) -> Shape:
    """The axes of the values of a function along an axis, one behind the other."""
    axes = axes_of(node.shape)
    return axes[::-1] if node.axis == "cols" else axes


class Translator(Reductions):
    """Makes the operations for expressions, in one builder, so that they share what they have in
    common."""

    def exact(self, expression: e.Expr) -> Op:
        """The array of an expression with all its axes."""
        return self.b.full_shape(self._run(expression), axes_of(expression.shape))

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
        if isinstance(node, e.Vec) and len(node.operand.shape) > 2:
            whole = b.full_shape((yield node.operand), node.operand.shape)
            return b.reshape(b.permute(whole, tuple(range(whole.order))[::-1]), node.shape)
        typed = cast("e.Node", node)
        if any(len(part.shape) > 2 for part in (node, *e.children(node))):  # a tensor of order 3 or 4
            return tensor_op(b, lower(typed).tensor, self.extents)
        match typed:
            case e.Index() | e.IndexSum() | e.IndexArray():
                return tensor_op(b, lower(typed).tensor, self.extents)
            case e.Leaf():
                return (yield from self._leaf(typed))
            case e.Linear():
                return (yield from self._linear(typed))
            case e.Inverse() | e.Kronecker():
                return self.m.op((yield from self._chain_value((typed, False))))
            case e.Sum():
                return (yield from self._sum(typed))
            case e.Product():
                return (yield from self._product(typed))
            case e.Hadamard(factors=factors):
                return (yield from self._hadamard(factors))
            case e.Quotient() | e.Power() | e.MatrixPower() | e.Elementwise() | e.Norm() | e.Call():
                return (yield from self._nonlinear(typed))
            case e.Entry(operand=operand, positions=positions) if not in_index_notation(typed):
                op = yield from self._array(operand)
                places = [place for place in positions if isinstance(place, Size)]
                return b.pick(op, tuple(places if typed.is_member else places[-op.order :]))
            case e.Entry():
                return tensor_op(b, lower(typed).tensor, self.extents)
            case _ as never:
                assert_never(never)

    def _leaf(self, node: _Leaf) -> Requests:
        b = self.b
        match node:
            case e.Symbol(properties=known) if IMAGINARY_UNIT in known:
                return b.make("imaginary")
            case e.Symbol(name=name):
                return b.make("input", (), name, axes_of(node.shape))
            case e.Number(value=value):
                return b.literal(value)
            case e.Constant(name="pi"):
                return b.make("pi")
            case e.Constant(name=name):
                raise MatcalcError(f"there is no code for the constant {name!r}")
            case e.SizeValue(size=size):
                return b.size(size)
            case e.Identity(size=size):
                return b.make("eye", (), None, (size, size))
            case e.Ones() | e.Zeros():
                return b.literal(int(isinstance(node, e.Ones)))
            case e.UnitVector() | e.Commutation():
                return self.m.op((yield from self._chain_value((node, False))))

    def _linear(self, node: _Linear) -> Requests:
        b = self.b
        match node:
            case e.Negative():
                return (yield from self._product(node))
            case e.Transpose(operand=operand):
                opened = isinstance(operand, e.Product | e.Negative | e.Quotient | e.Transpose) and not operand.is_scalar
                if opened and self.uses[operand] <= 1:
                    return (yield from self._product(node))
                return b.transpose((yield operand))
            case e.Trace(operand=operand):
                return (yield from self._trace(operand))
            case e.Total(operand=operand, axis=axis):
                return (yield from self._total(operand, axis))
            case e.Diagonal(operand=operand):
                return (yield from self._diagonal(operand))
            case e.DiagonalMatrix(operand=operand):
                return self.m.diagonal_matrix((yield operand), node.rows)
            case e.Vec(operand=operand):
                return b.vec((yield from self._array(operand)))
            case e.Reshape(operand=operand):
                flat = b.vec((yield from self._array(operand)))
                return b.unvec(flat, node.shape) if node.is_matrix else flat

    def _nonlinear(self, node: _Nonlinear) -> Requests:
        b = self.b
        match node:
            case e.Quotient(numerator=numerator, denominator=denominator):
                if denominator.is_scalar:
                    return (yield from self._product(node))
                return b.div((yield numerator), (yield denominator))
            case e.Power():
                return (yield from self._power(node))
            case e.MatrixPower():
                return (yield from self._matrix_power(node))
            case e.Elementwise(function=name, argument=argument):
                op = yield argument
                if name == "sqrt":
                    return b.make("sqrt", (op,), None, op.shape)
                return b.map(name, op) if name in computable() else b.make("user", (op,), name, op.shape)
            case e.Norm():
                return (yield from self._norm(node))
            case e.Call():
                return (yield from self._call(node))

    # ------------------------------------------------------------ sums and entrywise operations

    def _sum(self, node: e.Sum) -> Requests:
        """Multiples of identity and ones are not formed: the first are added along the diagonal,
        the others broadcast."""
        if sums_kroneckers(node):
            return (yield from self._kronecker_sum(node, self.b.literal(1)))
        plain: list[tuple[int, Op]] = []
        entries: list[tuple[int, Op]] = []
        for term in node.terms:
            op = yield term
            found = diagonal_part(self.b, op) if node.is_matrix else None
            (plain if found is None else entries).append((1, op if found is None else found))
        return self._added_up(plain, entries, node)

    def _hadamard(self, factors: tuple[e.Expr, ...]) -> Requests:
        b = self.b
        ops = yield from self._each(factors)
        for k, op in enumerate(ops):
            if op.kind in ("eye", "diagonal_matrix") and len(ops) > 1:
                rest = b.mul(ops[:k] + ops[k + 1 :])
                rest = b.make("diagonal", (b.full_shape(rest, op.shape),), None, op.shape[:1])
                entries = rest if op.kind == "eye" else b.mul([op.operands[0], rest])
                return self.m.diagonal_matrix(entries, op.shape[0])
        return b.mul(ops)

    def _power(self, node: e.Power) -> Requests:
        exponent = node.exponent
        sign = 1
        while isinstance(exponent, e.Negative):
            exponent, sign = exponent.operand, -sign
        if not isinstance(exponent, e.Number):
            base = yield node.base
            upper = yield node.exponent
            shape = base.shape if len(base.shape) >= len(upper.shape) else upper.shape
            return self.b.make("pow", (base, upper), None, shape)
        value = sign * exponent.value
        if isinstance(node.base, e.Norm) and node.base.kind in ("2", "A") and value.denominator == 1 and value % 2 == 0:
            return self.b.power((yield from self._squared_norm(node.base)), value / 2)
        return self.b.power((yield node.base), value)

    def _norm(self, node: e.Norm) -> Requests:
        b = self.b
        match node.kind:
            case "2":
                op = yield from self._array(node.operand)
                return b.make("call", (op,), ("norm2", None)) if op.shape else b.map("abs", op)
            case "A":
                return b.make("sqrt", ((yield from self._squared_norm(node)),))
            case "1":
                return b.sum(b.map("abs", (yield from self._array(node.operand))))
            case "p":
                assert node.parameter is not None
                op = yield from self._array(node.operand)
                parameter = yield node.parameter
                return b.make("call", (op, parameter), ("norm_p", None)) if op.shape else b.map("abs", op)
            case "nuclear" | "spectral":
                return b.make("call", ((yield from self._array(node.operand)),), (f"{node.kind}_norm", None))
            case _:
                raise MatcalcError(f"there is no code for the norm {node.kind!r}")

    def _squared_norm(self, node: e.Norm) -> Requests:
        if node.parameter is not None:
            operand = node.operand
            turned = e.Transpose(operand)
            chain = (turned, node.parameter, operand) if operand.is_column else (operand, node.parameter, turned)
            return (yield e.Product(chain))
        op = yield from self._array(node.operand)
        return self.b.frobenius(op, op) if op.shape else self.b.power(op, Fraction(2))

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
        return b.make("matrix_power", ((yield from self._array(node.base)), exponent), None, node.shape)

    def _call(self, node: e.Call) -> Requests:
        b = self.b
        first, name = node.arguments[0], node.function
        if name == PART:
            return b.slice((yield from self._array(first)), part_positions(node))
        ops = yield from self._arrays(node.arguments)
        if name == BLOCKS:
            return self._blocks(node, ops)
        if own_function(name) is not None:
            whole = not is_entrywise(name)
            return b.make("call" if whole else "user", ops, (name, None) if whole else name, axes_of(node.shape))
        if is_entrywise(name):
            return b.map(name, *ops)
        if name == "inv":
            return (yield e.Inverse(first))
        if name in ("logdet", "log_det") and known(first).semidefinite:
            return b.make("cholesky_logdet", (self._cholesky(ops[0]),))
        axis = node.axis if first.is_matrix else None
        if (first, axis) in self.shared_exponentials and name in ("softmax", "logsumexp"):
            return self._softmax_parts(name, ops[0], axis)
        if axis is not None and name not in BATCHED:
            lines = b.make("call", (ops[0] if axis == "rows" else b.transpose(ops[0]), *ops[1:]), (name, "each"), _lines(node))
            return b.transpose(lines) if axis == "cols" and node.is_matrix else lines
        if axis is None and first.is_matrix and name in computable() and computable()[name].argument_order == 1:
            # A function of a vector takes all entries of a matrix; where it gives a vector, that is
            # made a matrix again.
            shape = (node.shape[0] * node.shape[1],) if node.is_matrix else axes_of(node.shape)
            made = b.make("call", (b.vec(ops[0]), *ops[1:]), (name, None), shape)
            return b.unvec(made, node.shape) if node.is_matrix else made
        return b.make("call", ops, (name, axis), axes_of(node.shape))

    def _blocks(self, node: e.Call, ops: list[Op]) -> Op:
        """An array of blocks; a zero among them takes its size from the others."""
        columns, shape = int(node.axis or 1), axes_of(node.shape)
        places = [divmod(place, columns) for place in range(len(ops))]
        sized = [(i, j, block) for (i, j), block in zip(places, node.arguments) if block is not _ZERO]
        rows = {i: block.rows for i, _, block in sized}
        cols = {j: block.cols for _, j, block in sized}
        if len(shape) > 1 and any(block.shape for block in node.arguments):
            ops = [self._block(op, (rows[i], cols[j])) for (i, j), op in zip(places, ops)]
        return self.b.blocks(ops, columns, shape)

    def _block(self, op: Op, shape: Shape) -> Op:
        """A block of a matrix, with both axes."""
        return self.b.reshape(op, shape) if op.order == 1 else self.b.full_shape(op, shape)

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
