"""Operations over a leading axis: the same for each of many arrays at once, as NumPy's own
operations do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import function_called
from matcalc.base.shapes import Shape
from matcalc.base.sizes import ONE, Size, product_of
from matcalc.codegen.operations import Builder, Op
from matcalc.codegen.ordering import reachable

_BROADCASTING = frozenset({"add", "mul", "div", "neg", "pow", "sqrt", "map", "user"})
_IN_STACKS = frozenset({"inverse", "cholesky"})
"""What linear algebra does for a stack of matrices as for one."""


def over_leading_axis(b: Builder, roots: Mapping[str, Op], given: Mapping[str, Shape], size: Size) -> dict[str, Op]:
    """The operations where the inputs ``given``, with their shapes, have an axis of this size in
    front; so do all results.

    Raises MatcalcError for an operation that is not made for arrays with a leading axis.
    """
    made = _Leading(b, given, size)
    for op in reachable(list(roots.values())):
        made.add(op)
    return {name: made.lifted(op) for name, op in roots.items()}


class _Leading:
    """What every operation has become: itself, where no input with a leading axis went into it."""

    def __init__(self, b: Builder, given: Mapping[str, Shape], size: Size) -> None:
        self.b, self.given, self.size = b, given, size
        self.done: dict[Op, Op] = {}
        self.plain: set[Op] = set()
        self.symmetric: set[Op] = set()

    def add(self, op: Op) -> None:
        """Makes the operation; its operands have been made."""
        if op.kind == "input" and op.data in self.given:
            self.done[op] = self._make("input", (), op.data, op.shape)
        elif all(operand in self.plain for operand in op.operands):
            self.plain.add(op)
            self.done[op] = op
        else:
            self.done[op] = self._operation(op)

    def lifted(self, op: Op) -> Op:
        """The result with the leading axis, along which it may repeat."""
        made = self.done[op]
        return made if op not in self.plain else self.b.make("broadcast", (made,), None, (self.size, *op.shape))

    def _make(self, kind: Any, operands: Sequence[Op], data: Any, shape: Shape) -> Op:
        """An operation of which ``shape`` is that of one result."""
        return self.b.make(kind, operands, data, (self.size, *shape))

    def _operation(self, op: Op) -> Op:
        if op.kind in _BROADCASTING:
            return self._make(op.kind, [self._beside(operand, op.order) for operand in op.operands], op.data, op.shape)
        if op.kind in _IN_STACKS:
            return self._make(op.kind, [self.done[op.operands[0]]], op.data, op.shape)
        method: Callable[[Op], Op] | None = getattr(self, f"_{op.kind}", None)
        if method is None:
            what = op.data[0] if op.kind == "call" else op.kind
            raise MatcalcError(
                f"there is no NumPy code of {what} over leading axes", suggestion='target "jax", which maps over the axes'
            )
        return method(op)

    def _beside(self, op: Op, order: int) -> Op:
        """An operand of what works entry by entry, with as many axes as the others."""
        made = self.done[op]
        if op in self.plain or op.order == order:
            return made
        return self._spread(made, tuple(range(1, 1 + order - op.order)), order)

    def _spread(self, made: Op, places: tuple[int, ...], order: int) -> Op:
        """An array with a leading axis, with axes of one entry at these places of its ``order``
        others."""
        old = iter(made.shape)
        shape = tuple([ONE if axis in places else next(old) for axis in range(1 + order)])
        return self.b.make("expand", (made,), places, shape)

    def _einsum_of(self, operands: Sequence[Op], labels: Sequence[str], output: str, shape: Shape) -> Op:
        """A product over indices; those of operands with a leading axis get one more, in front."""
        letters = {letter: place for place, letter in enumerate(dict.fromkeys("".join([*labels, output])))}
        indices = [tuple([letters[letter] for letter in one]) for one in labels]
        return self._contracted(
            [self.done[op] for op in operands], operands, indices, tuple([letters[one] for one in output]), shape
        )

    def _contracted(
        self,
        made: Sequence[Op],
        operands: Sequence[Op],
        indices: Sequence[tuple[int, ...]],
        output: tuple[int, ...],
        shape: Shape,
    ) -> Op:
        lead = max([label for one in indices for label in one], default=-1) + 1
        full = [one if op in self.plain else (lead, *one) for op, one in zip(operands, indices, strict=True)]
        return self._make("einsum", made, (tuple(full), (lead, *output)), shape)

    # ------------------------------------------------------------ axes

    def _full(self, op: Op) -> Op:
        return self._broadcast(op)

    def _broadcast(self, op: Op) -> Op:
        return self._make("broadcast", [self._beside(op.operands[0], op.order)], None, op.shape)

    def _transpose(self, op: Op) -> Op:
        return self._make("permute", [self.done[op.operands[0]]], (0, 2, 1), op.shape)

    def _column(self, op: Op) -> Op:
        return self._spread(self.done[op.operands[0]], (2,), 2)

    def _row(self, op: Op) -> Op:
        return self._spread(self.done[op.operands[0]], (1,), 2)

    def _reshape(self, op: Op) -> Op:
        return self._make("reshape", [self.done[op.operands[0]]], None, op.shape)

    def _permute(self, op: Op) -> Op:
        return self._make("permute", [self.done[op.operands[0]]], (0, *(axis + 1 for axis in op.data)), op.shape)

    def _expand(self, op: Op) -> Op:
        return self._make("expand", [self.done[op.operands[0]]], tuple([axis + 1 for axis in op.data]), op.shape)

    def _pick(self, op: Op) -> Op:
        return self._make("pick", [self.done[op.operands[0]]], (None, *op.data), op.shape)

    def _slice(self, op: Op) -> Op:
        return self._make("slice", [self.done[op.operands[0]]], (None, *op.data), op.shape)

    def _vec(self, op: Op) -> Op:
        (matrix,) = op.operands
        turned = self._make("permute", [self.done[matrix]], (0, 2, 1), matrix.shape[::-1])
        return self._make("reshape", [turned], None, op.shape)

    def _unvec(self, op: Op) -> Op:
        apart = self._make("reshape", [self.done[op.operands[0]]], None, op.shape[::-1])
        return self._make("permute", [apart], (0, 2, 1), op.shape)

    # ------------------------------------------------------------ structure

    def _diagonal(self, op: Op) -> Op:
        return self._einsum_of(op.operands, ["ii"], "i", op.shape)

    def _diagonal_matrix(self, op: Op) -> Op:
        return self._make("on_diagonal", [self.done[op.operands[0]]], (0, 1, 1), op.shape)

    def _add_diagonal(self, op: Op) -> Op:
        base, entries = op.operands
        if entries.order:
            block = self.lifted(entries)
            return self._make("on_diagonal", [self.lifted(base), block], (0, 1, 1), op.shape)
        eye = self.b.make("eye", (), None, op.shape)
        scaled = self._make("mul", [self._beside(entries, 2), eye], None, op.shape) if entries not in self.plain else None
        scaled = self.b.mul([entries, eye]) if scaled is None else scaled
        return self._make("add", [self.done[base], scaled], (1, 1), op.shape)

    def _on_diagonal(self, op: Op) -> Op:
        return self._make(
            "on_diagonal", [self.lifted(one) for one in op.operands], (0, *(axis + 1 for axis in op.data)), op.shape
        )

    def _outer(self, op: Op) -> Op:
        left, right = op.operands
        column = self.b.column(left) if left in self.plain else self._spread(self.done[left], (2,), 2)
        row = self.b.row(right) if right in self.plain else self._spread(self.done[right], (1,), 2)
        return self._make("mul", [column, row], None, op.shape)

    def _kron(self, op: Op) -> Op:
        left, right = op.operands
        first, second = ("ij", "kl") if left.order == 2 else ("i", "k")
        output = "ikjl" if left.order == 2 else "ik"
        sizes = dict(zip(first + second, left.shape + right.shape, strict=True))
        apart = self._einsum_of(op.operands, [first, second], output, tuple([sizes[one] for one in output]))
        return self._make("reshape", [apart], None, op.shape)

    def _kron_sum(self, op: Op) -> Op:
        half = len(op.operands) // 2
        pairs = zip(op.operands[:half], op.operands[half:], strict=True)
        terms = [self._einsum_of(pair, ["ij", "kl"], "ikjl", op.shape) for pair in pairs]
        return self._make("add", terms, (1,) * half, op.shape)

    # ------------------------------------------------------------ products and reductions

    def _matmul(self, op: Op) -> Op:
        left, right = op.operands
        both = left not in self.plain and right not in self.plain
        match left.order, right.order:
            case 1, 1:
                return self._inner(left, right) if both else self._of_vectors(left, right, op.shape)
            case 2, 1 if both:
                columns = self._make("matmul", [self.done[left], self._spread(self.done[right], (2,), 2)], None, (*op.shape, ONE))
                return self._make("pick", [columns], (None, None, ONE), op.shape)
            case 1, 2 if both:
                rows = self._make("matmul", [self._spread(self.done[left], (1,), 2), self.done[right]], None, (ONE, *op.shape))
                return self._make("pick", [rows], (None, ONE, None), op.shape)
            case 2, 1 if left in self.plain:  # one product of matrices for all vectors
                return self._make("matmul", [self.done[right], self.b.transpose(left)], None, op.shape)
        return self._make("matmul", [self.done[left], self.done[right]], None, op.shape)

    def _of_vectors(self, left: Op, right: Op, shape: Shape) -> Op:
        many, one = (right, left) if left in self.plain else (left, right)
        return self._make("matmul", [self.done[many], self.done[one]], None, shape)

    def _inner(self, left: Op, right: Op) -> Op:
        return self._einsum_of([left, right], ["i", "i"], "", ())

    def _dot_all(self, op: Op) -> Op:
        letters = "ijkl"[: op.operands[0].order]
        return self._einsum_of(op.operands, [letters, letters], "", ())

    def _sum(self, op: Op) -> Op:
        (operand,) = op.operands
        axes = tuple(range(1, 1 + operand.order)) if op.data is None else (op.data + 1,)
        return self._make(op.kind, [self.done[operand]], axes[0] if len(axes) == 1 else axes, op.shape)

    _max = _sum

    def _trace(self, op: Op) -> Op:
        return self._einsum_of(op.operands, ["ii"], "", ())

    def _einsum(self, op: Op) -> Op:
        indices, output = op.data
        return self._contracted([self.done[one] for one in op.operands], op.operands, indices, output, op.shape)

    def _matrix_power(self, op: Op) -> Op:
        base, exponent = op.operands
        if exponent.kind != "literal" or exponent.data.denominator != 1:
            raise MatcalcError("there is no NumPy code of broken powers over leading axes")
        return self._make("matrix_power", [self.done[base], exponent], op.data, op.shape)

    # ------------------------------------------------------------ linear algebra

    def _solve(self, op: Op) -> Op:
        matrix, right = op.operands
        return self._solved(self.done[matrix], right, self.done[right], plain=matrix in self.plain)

    def _solved(self, matrix: Op, right: Op, made: Op, *, plain: bool) -> Op:
        """``right`` is what ``made`` is one of, and ``plain`` says whether there is one matrix for
        all."""
        many = made.order > right.order
        if right.order == 2:
            return self._make("solve", [matrix, made], None, right.shape)
        if plain and many:  # one decomposition for all right sides
            return self.b.transpose(self.b.make("solve", (matrix, self.b.transpose(made)), None, made.shape[::-1]))
        columns = self._spread(made, (2,), 2) if many else self.b.column(made)
        solved = self._make("solve", [matrix, columns], None, (*right.shape, ONE))
        return self._make("pick", [solved], (None, None, ONE), right.shape)

    def _cholesky_solve(self, op: Op) -> Op:
        factor, right = op.operands
        plain, below = factor in self.plain, self.done[factor]
        turned = self.b.transpose(below) if plain else self._make("permute", [below], (0, 2, 1), factor.shape)
        half = self._solved(below, right, self.done[right], plain=plain)
        return self._solved(turned, right, half, plain=plain)

    def _cholesky_inverse(self, op: Op) -> Op:
        inverse = self._make("inverse", [self.done[op.operands[0]]], None, op.shape)
        turned = self._make("permute", [inverse], (0, 2, 1), op.shape)
        return self._make("matmul", [turned, inverse], None, op.shape)

    def _cholesky_logdet(self, op: Op) -> Op:
        (factor,) = op.operands
        entries = self._einsum_of([factor], ["ii"], "i", factor.shape[:1])
        logs = self._make("map", [entries], "log", factor.shape[:1])
        return self._make("mul", [self.b.literal(2), self._make("sum", [logs], 1, ())], None, ())

    def _call(self, op: Op) -> Op:
        """A function of one vector or matrix is one of each."""
        name, axis = op.data
        operands = [self.done[one] for one in op.operands]
        first = op.operands[0]
        if axis is None and function_called(name).argument_order < first.order:  # a norm of all entries
            operands[0] = self._make("reshape", [operands[0]], None, (product_of(first.shape),))
        if axis == "cols":
            operands[0] = self._make("permute", [operands[0]], (0, 2, 1), op.operands[0].shape[::-1])
        turned = axis == "cols" and op.order == 2
        made = self._make("call", operands, (name, "each"), op.shape[::-1] if turned else op.shape)
        return self._make("permute", [made], (0, 2, 1), op.shape) if turned else made
