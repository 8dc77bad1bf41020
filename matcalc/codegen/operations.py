"""The operations of a straight-line program: hash-consed, so that a common subexpression is one
operation.

Arrays are held as users hold them: a scalar has no axis, a column and a row vector one, a matrix
two. An axis of size ``ONE`` broadcasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import zip_longest
from typing import Any, Literal, TypeAlias

from matcalc.base.shapes import Selection, Shape
from matcalc.base.sizes import ONE, Size

Kind: TypeAlias = Literal[
    # leaves; data holds the name, the number, the size
    "input", "literal", "pi", "imaginary", "size", "eye", "full", "unit",
    # entry by entry, with broadcasting; "add" has the signs as data, "map" the function, "user" the
    # user's own function
    "add", "mul", "div", "neg", "pow", "sqrt", "map", "user",
    # axes; "reshape" has the new shape as data, "permute" the order of axes, "expand" the places of
    # new axes, "pick" indices or None, "slice" selections or None
    "transpose", "column", "row", "broadcast", "reshape", "permute", "expand", "pick", "slice",
    # vectors one behind the other, and blocks row by row, of which data says how many columns there
    # are; "entries" are numbers instead
    "stack", "blocks", "entries",
    # structure
    "diagonal", "diagonal_matrix", "add_diagonal", "outer", "kron", "kron_sum", "vec", "unvec",
    # the last operand where axes agree, added to the first or else to zeros; data says which axis
    # of the last each axis is
    "on_diagonal",
    # products and reductions; "sum" and "max" have the axis or None, "einsum" the label tuples,
    # "chain" the orders of which the lengths of its arrays choose one
    "matmul", "chain", "dot_all", "sum", "max", "trace", "einsum", "matrix_power",
    # linear algebra
    "inverse", "solve", "cholesky", "cholesky_solve", "cholesky_inverse", "cholesky_logdet",
    # at the entries of a sparse matrix; data says what
    "sparse",
    # functions of whole arrays; data holds the name and the axis
    "call",
]  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Op:
    """One operation. ``serial`` counts operations in the order of their making, operands before
    users."""

    kind: Kind
    operands: tuple[Op, ...]
    data: Any
    shape: Shape
    serial: int

    @property
    def order(self) -> int:
        return len(self.shape)


_ENTRYWISE = frozenset({"add", "mul", "div", "neg", "pow", "sqrt", "map", "user"})
_TURNED: dict[Kind, Kind] = {"column": "row", "row": "column", "full": "full"}
"""Kinds whose transposes are such operations, too."""
_COMMUTATIVE = frozenset({"mul", "dot_all"})


CONSTANTS = ("literal", "pi", "imaginary", "size")
"""Kinds of what is a number, whatever the arrays are."""


class Builder:
    """Makes operations: equal ones are one object, and what can be had for nothing is simplified
    away."""

    def __init__(self, *, fresh_first: bool = False, complex: bool = False) -> None:
        self.complex = complex
        """Whether arrays may be complex: then no product may conjugate."""
        # NumPy reuses the memory of a first operand that nothing else holds: U V - X costs less
        # than X - U V.
        self.fresh_first = fresh_first
        self._known: dict[Any, Op] = {}
        self._symmetric: set[Op] = set()
        self._count = 0

    def make(self, kind: Kind, operands: Sequence[Op] = (), data: Any = None, shape: Shape = ()) -> Op:
        """The operation itself, found again when it was made before."""
        found = self._find(kind, operands, data, shape)
        if found is None:
            key = _key(kind, operands, data, shape)
            found = self._known[key] = Op(kind, tuple(operands), data, shape, self._count)
            self._count += 1
        return found

    def _find(self, kind: Kind, operands: Sequence[Op], data: Any, shape: Shape) -> Op | None:
        return self._known.get(_key(kind, operands, data, shape))

    def mark_symmetric(self, op: Op) -> Op:
        """Notes that a matrix equals its transpose, so that none is taken."""
        self._symmetric.add(op)
        return op

    def is_symmetric(self, op: Op) -> bool:
        return op in self._symmetric or op.kind in ("eye", "diagonal_matrix")

    # ------------------------------------------------------------ leaves

    def literal(self, value: Fraction | int) -> Op:
        return self.make("literal", (), Fraction(value))

    def size(self, size: Size) -> Op:
        return self.make("size", (), size) if size.number is None else self.literal(size.number)

    def full(self, value: Op, shape: Shape) -> Op:
        """A scalar repeated over a shape."""
        return self.make("full", (value,), None, shape) if shape else value

    # ------------------------------------------------------------ entry by entry

    def add(self, terms: Sequence[tuple[int, Op]]) -> Op:
        """Terms with signs +1 or -1; numbers are added up, negations and nested signs taken in."""
        constant = Fraction(0)
        kept: list[tuple[int, Op]] = []
        for sign, term in terms:
            if term.kind == "neg":
                sign, term = -sign, term.operands[0]
            if term.kind == "literal":
                constant += sign * term.data
                continue
            kept.append((-sign, self.neg(term)) if is_negative_multiple(term) else (sign, term))
        if constant or not kept:
            kept.append((1, self.literal(constant)) if constant >= 0 else (-1, self.literal(-constant)))
        merged = self._added_in_view(kept)
        if merged is not None:
            return merged
        kept.sort(key=lambda pair: -pair[0])  # a leading minus reads worse and costs a pass
        if len(kept) == 1:
            return kept[0][1] if kept[0][0] > 0 else self.neg(kept[0][1])
        shape = broadcast_shape([op.shape for _, op in kept])
        opposite = sorted([(-sign, op) for sign, op in kept], key=lambda pair: -pair[0])
        known = self._find("add", [op for _, op in opposite], tuple([sign for sign, _ in opposite]), shape)
        if known is not None:  # X - UV, where UV - X is there already
            return self.neg(known)
        if len(shape) == 2 and self._is_fresh_turned(kept):
            return self.neg(self._total(opposite, shape))
        return self._total(kept, shape)

    def _total(self, terms: list[tuple[int, Op]], shape: Shape) -> Op:
        result = self.make("add", [op for _, op in terms], tuple([sign for sign, _ in terms]), shape)
        return self.mark_symmetric(result) if self._all_symmetric(result) else result

    def _is_fresh_turned(self, terms: list[tuple[int, Op]]) -> bool:
        """Whether the negative of a sum of matrices begins with a new array, and the sum does
        not."""
        (_, first), (sign, last) = terms[0], terms[-1]
        new = first.kind in ("input", "transpose") and last.kind in ("matmul", "outer")
        return self.fresh_first and new and sign < 0

    def _added_in_view(self, terms: list[tuple[int, Op]]) -> Op | None:
        """A sum with exchanged rows, added up while their parts have axes of their own: taking
        those away would copy the array."""
        viewed = [op.operands[0] for _, op in terms if op.kind == "reshape"]
        view = next((op for op in viewed if op.kind == "permute"), None)
        shapes = {op.shape for _, op in terms}
        if view is None or len(terms) < 2 or len(shapes) > 1 or view.order <= terms[0][1].order:
            return None
        inside = next((op.shape for op in viewed if op.kind == "kron_sum"), view.shape)
        return self.reshape(self.add([(sign, self.reshape(op, inside)) for sign, op in terms]), terms[0][1].shape)

    def mul(self, factors: Sequence[Op]) -> Op:
        """Entry by entry; numbers are multiplied out and come first, then scalars, then arrays."""
        number = Fraction(1)
        kept: list[Op] = []
        queue = list(reversed(factors))
        while queue:
            factor = queue.pop()
            if factor.kind == "literal":
                number *= factor.data
            elif factor.kind == "neg":
                number = -number
                queue.append(factor.operands[0])
            elif factor.kind == "mul" and factor.operands[0].kind == "literal":
                queue.extend(reversed(factor.operands))
            else:
                kept.append(factor)
        shape = broadcast_shape([factor.shape for factor in factors])
        if not number or not kept:
            return self.full(self.literal(number), shape)
        kept.sort(key=lambda op: (bool(op.shape), _repeated_last(op) if len(shape) > 2 else 0))
        return self._in_view(number, kept) or self._scaled(number, kept, shape)

    def _in_view(self, number: Fraction, kept: list[Op]) -> Op | None:
        """A product multiplied before its rows and columns are exchanged, or its entries are put in
        other places; None where that is not done."""
        if len(kept) > 1 and kept[-1].kind == "transpose" and all(op.kind == "transpose" or not op.shape for op in kept):
            return self.transpose(self.mul([self.literal(number), *[self.transpose(op) for op in kept]]))
        if kept[-1].kind in ("reshape", "permute") and not any(op.shape for op in kept[:-1]):
            viewed = kept[-1]  # scaled as it was made, in memory that is at hand
            inner = self.mul([self.literal(number), *kept[:-1], viewed.operands[0]])
            return self.make(viewed.kind, (inner,), viewed.data, viewed.shape)
        return None

    def _scaled(self, number: Fraction, kept: list[Op], shape: Shape) -> Op:
        if number not in (1, -1):
            return self._same_symmetry(self.make("mul", [self.literal(number), *kept], None, shape))
        result = kept[0] if len(kept) == 1 else self._same_symmetry(self.make("mul", kept, None, shape))
        return result if number == 1 else self.neg(result)

    def neg(self, op: Op) -> Op:
        if op.kind == "literal":
            return self.literal(-op.data)
        if op.kind == "neg":
            return op.operands[0]
        if op.kind == "mul" and op.operands[0].kind == "literal":
            return self.mul([self.literal(-1), op])
        if op.kind in ("reshape", "permute"):
            return self.make(op.kind, (self.neg(op.operands[0]),), op.data, op.shape)
        return self._same_symmetry(self.make("neg", (op,), None, op.shape))

    def div(self, above: Op, below: Op) -> Op:
        if below.kind == "literal" and below.data:
            return self.mul([self.literal(1 / below.data), above])
        if below.kind == "neg":
            return self.neg(self.div(above, below.operands[0]))
        if above.kind == "neg":
            return self.neg(self.div(above.operands[0], below))
        return self._same_symmetry(self.make("div", (above, below), None, broadcast_shape([above.shape, below.shape])))

    def power(self, base: Op, exponent: Fraction) -> Op:
        """A rational power; integer and half-integer ones by multiplication and square roots, which
        is far quicker than ``pow``."""
        if exponent == 0:
            return self.full(self.literal(1), base.shape)
        if exponent < 0:
            return self.div(self.literal(1), self.power(base, -exponent))
        whole, rest = divmod(exponent, 1)
        if exponent > 64 or rest not in (0, Fraction(1, 2)):
            return self.make("pow", (base, self.literal(exponent)), None, base.shape)
        factors = [self.make("sqrt", (base,), None, base.shape)] if rest else []
        if whole:
            factors.insert(0, self._whole_power(base, whole))
        return factors[0] if len(factors) == 1 else self._same_symmetry(self.make("mul", factors, None, base.shape))

    def _whole_power(self, base: Op, exponent: int) -> Op:
        result: Op | None = None
        square = base
        while exponent:
            if exponent % 2:
                result = square if result is None else self.make("mul", (result, square), None, base.shape)
            exponent //= 2
            if exponent:
                square = self.make("mul", (square, square), None, base.shape)
        assert result is not None
        return result

    def map(self, function: str, argument: Op, *others: Op) -> Op:
        """A function of the table, entry by entry; broadcasting comes after it."""
        if others:
            shape = broadcast_shape([op.shape for op in (argument, *others)])
            return self.make("map", _numbers_alone((argument, *others), shape), function, shape)
        if argument.kind in ("column", "row"):
            return self.make(argument.kind, (self.map(function, argument.operands[0]),), None, argument.shape)
        return self._same_symmetry(self.make("map", (argument,), function, argument.shape))

    # ------------------------------------------------------------ axes

    def transpose(self, op: Op) -> Op:
        """Rows and columns of a matrix exchanged; a vector stays as it is."""
        if op.order < 2 or self.is_symmetric(op):
            return op
        if op.kind == "transpose":
            return op.operands[0]
        if op.kind == "neg" and op.operands[0].kind == "transpose":
            return self.neg(op.operands[0].operands[0])
        if op.kind in _ENTRYWISE and ONE in op.shape:
            return self._turned_inside(op)
        return self._turned(op)

    def _turned(self, op: Op) -> Op:
        if op.kind == "transpose":
            return op.operands[0]
        turned = op.kind in _TURNED
        return self.make(_TURNED.get(op.kind, "transpose"), op.operands if turned else (op,), None, op.shape[::-1])

    def _turned_inside(self, op: Op) -> Op:
        """The transpose of what broadcasts along an axis: a row stands in the text as a vector, so
        each row in it becomes a column."""
        turned: dict[Op, Op] = {}
        waiting = [op]
        while waiting:
            part = waiting[-1]
            inner = part.operands if part.order == 2 and part.kind in _ENTRYWISE else ()
            missing = [operand for operand in inner if operand not in turned]
            if missing:
                waiting += missing
                continue
            waiting.pop()
            if not inner:
                turned[part] = part if part.order < 2 else self._turned(part)
                continue
            turned[part] = self.make(part.kind, [turned[operand] for operand in inner], part.data, part.shape[::-1])
        return turned[op]

    def column(self, vector: Op) -> Op:
        """A vector as one column that broadcasts along rows."""
        return self.make("column", (vector,), None, (vector.shape[0], ONE))

    def row(self, vector: Op) -> Op:
        """A vector as one row that broadcasts along columns."""
        return self.make("row", (vector,), None, (ONE, vector.shape[0]))

    def full_shape(self, op: Op, shape: Shape) -> Op:
        """The operation with exactly this shape, repeated along axes where it has one entry or no
        axis."""
        if op.shape == shape:
            return op
        if not op.shape:
            return self.full(op, shape)
        return self.make("broadcast", (op,), None, shape)

    def reshape(self, op: Op, shape: Shape) -> Op:
        while op.kind == "reshape":
            op = op.operands[0]
        return op if op.shape == shape else self.make("reshape", (op,), None, shape)

    def permute(self, op: Op, order: tuple[int, ...]) -> Op:
        """Axes in another order: axis ``k`` of the result is axis ``order[k]``."""
        if order == tuple(range(op.order)):
            return op
        if order == (1, 0):
            return self.transpose(op)
        if op.kind == "permute":
            return self.permute(op.operands[0], tuple([op.data[axis] for axis in order]))
        return self.make("permute", (op,), order, tuple([op.shape[axis] for axis in order]))

    def pick(self, op: Op, places: tuple[Size | None, ...]) -> Op:
        """Entries at fixed places, counted from 1, of some axes; ``None`` keeps an axis."""
        if op.kind == "transpose":
            return self.pick(op.operands[0], (*places, None)[1::-1])
        if op.kind == "pick" and places:
            given = iter(places)
            return self.pick(op.operands[0], tuple([next(given, None) if place is None else place for place in op.data]))
        places += (None,) * (op.order - len(places))
        left = tuple([size for size, place in zip(op.shape, places, strict=True) if place is None])
        return self.make("pick", (op,), places, left)

    def slice(self, op: Op, runs: tuple[Selection | None, ...]) -> Op:
        """Runs of positions of some axes; ``None`` keeps an axis."""
        if op.kind == "transpose":
            return self.transpose(self.slice(op.operands[0], runs[::-1]))
        if all(run is None for run in runs):
            return op
        shape = tuple([size if run is None else run.size for size, run in zip(op.shape, runs, strict=True)])
        return self.make("slice", (op,), runs, shape)

    def blocks(self, blocks: Sequence[Op], columns: int, shape: Shape) -> Op:
        """An array of blocks, row by row, with all of their axes; numbers alone are its entries."""
        if not any(block.shape for block in blocks):
            return self.make("entries", blocks, columns, shape)
        if len(shape) == 1:
            return self.make("stack", [self.full_shape(block, block.shape or (ONE,)) for block in blocks], None, shape)
        return self.make("blocks", blocks, columns, shape)

    def on_diagonal(self, block: Op, places: tuple[int, ...], shape: Shape, base: Op | None = None) -> Op:
        """``base``, or zeros, with the block added where axes agree: axis k of the result is axis
        ``places[k]`` of the block."""
        if places == (0, 0):
            if base is not None:
                return self.make("add_diagonal", (base, block.operands[0] if block.kind == "full" else block), None, shape)
            if not block.shape or block.shape[0] == ONE:
                eye = self.make("eye", (), None, shape)
                return self.mul([block if not block.shape else self.reshape(block, ()), eye])
            return self.make("diagonal_matrix", (block,), None, shape)
        sizes = tuple([shape[places.index(axis)] for axis in range(max(places) + 1)])
        block = self.full_shape(block, sizes)
        return self.make("on_diagonal", (block,) if base is None else (base, block), places, shape)

    def vec(self, op: Op) -> Op:
        """The columns of a matrix, one under the other; of a vector, itself."""
        if op.order < 2:
            return op
        return op.operands[0] if op.kind == "unvec" else self.make("vec", (op,), None, (op.shape[0] * op.shape[1],))

    def unvec(self, op: Op, shape: Shape) -> Op:
        """The matrix whose columns are stacked in a vector."""
        if len(shape) < 2 or ONE in shape:
            return op
        return op.operands[0] if op.kind == "vec" and op.operands[0].shape == shape else self.make("unvec", (op,), None, shape)

    # ------------------------------------------------------------ products

    def matmul(self, left: Op, right: Op) -> Op:
        """Product of a vector or matrix with a vector or matrix; a vector on the left is a row, on
        the right a column."""
        if right.order == 1 and left.kind == "transpose":
            return self.matmul(right, left.operands[0])  # v @ X reads X along its rows; a jitted X.T @ v is many times slower
        if left.order == 1 and right.kind == "transpose":
            return self.matmul(right.operands[0], left)
        if left.order == 1 and right.order == 2 and self.is_symmetric(right):
            return self.matmul(right, left)
        shape = (left.shape[:-1] if left.order == 2 else ()) + (right.shape[1:] if right.order == 2 else ())
        if left.order == 1 and right.order == 1 and left.serial > right.serial:
            left, right = right, left
        if left.order == right.order == 2:
            turned = self._find("matmul", (self.transpose(right), self.transpose(left)), None, shape[::-1])
            if turned is not None:
                return self.transpose(turned)
        result = self.make("matmul", (left, right), None, shape)
        if left is self.transpose(right):
            self.mark_symmetric(result)
        return result

    def outer(self, left: Op, right: Op) -> Op:
        result = self.make("outer", (left, right), None, left.shape + right.shape)
        return self.mark_symmetric(result) if left is right else result

    def frobenius(self, left: Op, right: Op) -> Op:
        """The sum of all products of entries of two arrays of equal shape."""
        if left.kind == "neg":
            return self.neg(self.frobenius(left.operands[0], right))
        if right.kind == "neg":
            return self.neg(self.frobenius(left, right.operands[0]))
        if left.kind == "transpose" and right.kind == "transpose":
            left, right = left.operands[0], right.operands[0]
        if left.order == 1:
            return self.matmul(left, right)
        if self.complex:
            return self.make("sum", (self.mul((left, right)),), None, ())
        return self.make("dot_all", (left, right), None, ())

    def sum(self, op: Op, axis: int | None = None) -> Op:
        """The sum of all entries, or along one axis of a matrix."""
        if op.kind == "transpose":
            op, axis = op.operands[0], None if axis is None else 1 - axis
        if op.kind == "neg":
            return self.neg(self.sum(op.operands[0], axis))
        product = self._sum_of_product(op, axis) if op.kind == "mul" else None
        if product is not None:
            return product
        return self.make("sum", (op,), axis, () if axis is None else (op.shape[1 - axis],))

    def _sum_of_product(self, op: Op, axis: int | None) -> Op | None:
        """The sum with scalars in front of it, or as that of the entries of two arrays."""
        scalars = [factor for factor in op.operands if not factor.shape]
        arrays = [factor for factor in op.operands if factor.shape]
        if scalars and broadcast_shape([factor.shape for factor in arrays]) == op.shape:
            return self.mul([*scalars, self.sum(self.mul(arrays), axis)])
        if axis is not None or len(op.operands) < 2:
            return None
        last, rest = op.operands[-1], self.mul(op.operands[:-1])
        return self.frobenius(rest, last) if last.shape == rest.shape == op.shape else None

    def inverse(self, op: Op) -> Op:
        return self._same_symmetry(self.make("inverse", (op,), None, op.shape))

    def _same_symmetry(self, result: Op) -> Op:
        """An operation entry by entry, and an inverse, keep the symmetry of their operands."""
        return self.mark_symmetric(result) if result.order == 2 and self._all_symmetric(result) else result

    def _all_symmetric(self, result: Op) -> bool:
        return all(self.is_symmetric(op) or not op.shape for op in result.operands)


def _key(kind: Kind, operands: Sequence[Op], data: Any, shape: Shape) -> Any:
    """What equal operations have in common; the order of operands where it matters."""
    serials = [operand.serial for operand in operands]
    if kind == "add":
        return (kind, tuple(sorted(zip(data, serials, strict=True))), shape)
    return (kind, tuple(sorted(serials) if kind in _COMMUTATIVE else serials), data, shape)


def _numbers_alone(ops: Sequence[Op], shape: Shape) -> Sequence[Op]:
    """Numbers in the place of arrays that repeat them, where another array has the shape: there are
    functions that take only a number for some arguments."""
    plain = [op.operands[0] if op.kind == "full" else op for op in ops]
    return plain if any(op.shape == shape for op in plain) else ops


def is_negative_multiple(op: Op) -> bool:
    """Whether it is a negative number times something."""
    return op.kind == "mul" and op.operands[0].kind == "literal" and bool(op.operands[0].data < 0)


def _repeated_last(op: Op) -> int:
    """How many of the last axes the array is repeated along: multiplied last, it is read once for
    each long run of entries."""
    return next((count for count, size in enumerate(reversed(op.shape)) if size != ONE), op.order)


def broadcast_shape(shapes: Sequence[Shape]) -> Shape:
    """The common shape of arrays that broadcast against each other; missing leading axes count as
    one."""
    axes = zip_longest(*map(reversed, shapes), fillvalue=ONE)
    return tuple([next((length for length in lengths if length != ONE), ONE) for lengths in axes])[::-1]
