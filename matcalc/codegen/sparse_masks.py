"""Operations where a matrix is sparse: what is multiplied by it entry by entry is computed at its
entries only, as a vector of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from matcalc.base.errors import MatcalcError
from matcalc.base.shapes import Shape
from matcalc.base.sizes import Size
from matcalc.codegen.operations import Builder, Op

ENTRIES = Size.of("stored entries")
"""How many entries the sparse matrix stores."""
_ENTRYWISE = frozenset({"add", "mul", "div", "neg", "pow", "sqrt", "map", "user"})


def at_entries(b: Builder, order: Sequence[Op], roots: Mapping[str, Op], sparse: Sequence[str]) -> dict[str, Op]:
    """The operations, where the first of the ``sparse`` inputs has the entries at which products
    with it are computed; the others are only read at these places.

    ``order`` is all operations, operands first. Raises MatcalcError where an array would have to be
    made that has all entries.
    """
    made = _Sparse(b, order, sparse)
    for op in order:
        if not made.is_sparse(op) and op.data not in sparse:
            made.add(op)
    return {name: made.array(op) if made.is_sparse(op) else made.dense(op) for name, op in roots.items()}


def _only(ways: Sequence[bool | None]) -> bool | None:
    """What all are; None where they differ."""
    return ways[0] if len(set(ways)) == 1 else None


class _Sparse:
    """Which operations have entries only where the sparse matrix has some, and what the others have
    become."""

    def __init__(self, b: Builder, order: Sequence[Op], sparse: Sequence[str]) -> None:
        self.b, self.sparse, self.masked = b, sparse, dict[Op, bool]()
        self.done: dict[Op, Op] = {}
        self.values: dict[tuple[Op, bool], Op] = {}
        for op in order:
            turned = self._turned(op)
            if turned is not None:
                self.masked[op] = turned
            if op.kind == "input" and op.data == sparse[0]:
                self.pattern = b.make("sparse", (op,), "pattern", ())
        self.rows, self.cols, self.stored = [
            b.make("sparse", (self.pattern,), one, (ENTRIES,)) for one in ("rows", "cols", "values")
        ]

    def is_sparse(self, op: Op) -> bool:
        return op in self.masked

    def _turned(self, op: Op) -> bool | None:
        """Whether the entries are those of the transpose; None where there may be entries
        elsewhere."""
        if op.kind == "input":
            return False if op.data == self.sparse[0] else None
        found = [self.masked.get(operand) for operand in op.operands]
        if op.kind == "transpose":
            return None if found[0] is None else not found[0]
        if op.kind == "mul":
            return _only([way for way in found if way is not None])
        return _only(found) if op.kind in ("neg", "add") else found[0] if op.kind == "div" and found[1] is None else None

    def _places(self, turned: bool) -> tuple[Op, Op]:
        return (self.cols, self.rows) if turned else (self.rows, self.cols)

    def _make(self, name: str, operands: Sequence[Op], shape: Shape) -> Op:
        return self.b.make("sparse", operands, name, shape)

    # ------------------------------------------------------------ at the entries

    def at(self, op: Op, turned: bool) -> Op:
        """The values at the entries of the sparse matrix, or those at the entries of its transpose;
        a number stays one. Operands are done first."""
        stack = [(op, turned)]
        while stack:
            key = stack[-1]
            waiting = [one for one in self._below(*key) if one not in self.values]
            if key in self.values or not waiting:
                stack.pop()
                if key not in self.values:
                    self.values[key] = self._at(*key)
            else:
                stack += waiting
        return self.values[op, turned]

    def _below(self, op: Op, turned: bool) -> list[tuple[Op, bool]]:
        if op.order < 2:
            return []
        if op.kind == "transpose":
            return [(op.operands[0], not turned)]
        return [(operand, turned) for operand in op.operands] if op.kind in _ENTRYWISE else []

    def _at(self, op: Op, turned: bool) -> Op:
        rows, cols = self._places(turned)
        if op.order < 2:  # a vector broadcasts along rows
            return self._make("taken", [self.dense(op), cols], (ENTRIES,)) if op.order else self.dense(op)
        match op.kind:
            case "input" if op.data == self.sparse[0] and not turned:
                return self.stored
            case "input" if op.data in self.sparse:
                return self._make("at", [op, rows, cols], (ENTRIES,))
            case "transpose":
                return self.values[op.operands[0], not turned]
            case "matmul":
                return self._make("sampled", [*map(self.dense, op.operands), rows, cols], (ENTRIES,))
            case "outer":
                left, right = [
                    self._make("taken", [self.dense(one), at], (ENTRIES,)) for one, at in zip(op.operands, (rows, cols))
                ]
                return self.b.mul([left, right])
            case "column" | "row":
                return self._make("taken", [self.dense(op.operands[0]), rows if op.kind == "column" else cols], (ENTRIES,))
            case "full":
                return self.dense(op.operands[0])
            case _:
                pass
        if op.kind in _ENTRYWISE:
            return self.b.make(op.kind, [self.values[operand, turned] for operand in op.operands], op.data, (ENTRIES,))
        return self._make("at", [self.dense(op), rows, cols], (ENTRIES,))

    def array(self, op: Op) -> Op:
        """A sparse matrix as a result."""
        turned = self.masked[op]
        return self._make("sparse_array", [self.at(op, turned), *self._places(turned)], op.shape)

    # ------------------------------------------------------------ arrays with all entries

    def dense(self, op: Op) -> Op:
        """The array itself. Raises MatcalcError where it would have all entries of a matrix that is
        sparse."""
        found = self.done.get(op)
        if found is None:
            what = op.data if op.kind == "input" else op.kind
            raise MatcalcError(
                f"an array with all entries would be made of a sparse one ({what})",
                suggestion="multiply by the sparse matrix entry by entry, as in M.*(X - U*V), and name it first",
            )
        return found

    def add(self, op: Op) -> None:
        """Makes an operation that is not sparse, unless it would need all entries of one that
        is."""
        method: Callable[[Op], Op] | None = getattr(self, f"_{op.kind}", None)
        if method is not None and any(operand in self.masked for operand in op.operands):
            self.done[op] = method(op)
        elif all(operand in self.done for operand in op.operands):
            operands = [self.done[operand] for operand in op.operands]
            same = all(one is other for one, other in zip(operands, op.operands, strict=True))
            self.done[op] = op if same else self.b.make(op.kind, operands, op.data, op.shape)

    def _sum(self, op: Op) -> Op:
        (operand,) = op.operands
        turned = self.masked[operand]
        values = self.at(operand, turned)
        if op.data is None:
            return self.b.make("sum", (values,), None, ())
        return self._make("totals", [values, self._places(turned)[1 - op.data]], op.shape)

    def _dot_all(self, op: Op) -> Op:
        turned = next(self.masked[operand] for operand in op.operands if operand in self.masked)
        return self.b.matmul(*[self.at(operand, turned) for operand in op.operands])

    def _matmul(self, op: Op) -> Op:
        left, right = op.operands
        if left in self.masked:
            turned = self.masked[left]
            return self._make("times", [self.at(left, turned), *self._places(turned), self.dense(right)], op.shape)
        turned = self.masked[right]
        rows, cols = self._places(turned)
        made = self._make("times", [self.at(right, turned), cols, rows, self.b.transpose(self.dense(left))], op.shape[::-1])
        return self.b.transpose(made)

    def _call(self, op: Op) -> Op:
        """A norm of all entries."""
        (operand,) = op.operands
        if op.data == ("norm2", None):
            return self.b.make("call", (self.at(operand, self.masked[operand]),), op.data, ())
        return self.dense(operand)
