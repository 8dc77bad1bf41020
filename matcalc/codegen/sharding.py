"""Computations that several devices share: each has an equal part of the axes of one size, and what
is a sum over that axis is added up over the devices.

A device works on the arrays of a formula as they stand, only shorter along the size that is split.
What follows from the shapes: an array with such an axis is split along it, any other one is the
same on all devices, unless it is a sum over the axis: then each device holds a part of the sum.
Sums, signs and plain factors are taken of the parts; before anything else they are added up, all
that is known by then in one all-reduce.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import computable, function_called
from matcalc.base.shapes import Shape
from matcalc.base.sizes import Size, names_in, product_of
from matcalc.codegen.operations import Builder, Op
from matcalc.codegen.ordering import reachable

_ENTRYWISE = frozenset({"add", "mul", "div", "neg", "pow", "sqrt", "map", "user", "column", "row", "broadcast", "full", "expand"})
_MOVES = frozenset({"transpose", "permute", "pick", "slice", "blocks", "input"})
_SUMS = frozenset({"matmul", "outer", "dot_all", "sum"})
_ALIKE = frozenset({"input", "full", "broadcast"})
"""Kinds that make what is split of what is not, each part as any other."""
_SOLVES = frozenset({"solve", "cholesky_solve"})
_OF_PARTS = frozenset({"neg", "transpose", "permute", "reshape", "expand", "column", "row", "vec", "unvec"})
"""Kinds that may be computed from the parts of a sum, and give the parts of theirs."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """What is added up over the devices: one all-reduce for each round, in order. A round may use
    the totals of those before it."""

    size: str
    sums: tuple[tuple[Op, ...], ...]


def rounds(results: Mapping[str, Op], size: str) -> Rounds:
    """The sums that devices add up to compute the results. Raises MatcalcError where a device would
    need the parts of others for something else than a sum."""
    order = reachable(list(results.values()))
    shares = _Shares(size)
    for op in order:
        shares.take(op)
    shares.add_up(op for op in results.values())
    if all(_split(op, size) is None for op in order):
        known = ", ".join(sorted(names_in([length for op in order if op.kind == "input" for length in op.shape])))
        raise MatcalcError(f"no array of the result has an axis of size {size}", expected=f"one of {known}" if known else None)
    count = max(shares.totals.values(), default=-1) + 1
    sums = [tuple([op for op, number in shares.totals.items() if number == k]) for k in range(count)]
    return Rounds(size, tuple([found for found in sums if found]))


def in_sums(b: Builder, results: Mapping[str, Op], size: str) -> dict[str, Op]:
    """The same operations with norms along the axis that is split as roots of sums of squares: a
    norm that is scaled by the largest entry would take a round for that."""
    done: dict[Op, Op] = {}
    for op in reachable(list(results.values())):
        operands = tuple([done[operand] for operand in op.operands])
        done[op] = op if operands == op.operands else b.make(op.kind, operands, op.data, op.shape)
        if op.kind == "call" and op.data == ("norm2", None) and size in names_in(op.operands[0].shape):
            done[op] = b.power(b.frobenius(operands[0], operands[0]), Fraction(1, 2))
    return {key: done[op] for key, op in results.items()}


def split_axis(name: str, shape: Shape, size: str) -> int | None:
    """The axis of an array that is split, None where there is none. Raises MatcalcError for two,
    and for axes whose lengths are made of the size."""
    axes = [axis for axis, length in enumerate(shape) if size in length.names]
    if len(axes) > 1 or any(shape[axis].name != size for axis in axes):
        said = "has two such axes" if len(axes) > 1 else "has an axis whose length is made of it"
        raise _unshared(size, f"{name} of size {'×'.join(map(str, shape))} {said}")
    return axes[0] if axes else None


def _split(op: Op, size: str) -> int | None:
    return split_axis(op.data if op.kind == "input" else f"an array ({_said(op)})", op.shape, size)


class _Shares:
    """Which arrays are parts of sums, and how many rounds are over before each is known."""

    def __init__(self, size: str) -> None:
        self.size = size
        self.parts: set[Op] = set()
        self.round: dict[Op, int] = {}
        self.totals: dict[Op, int] = {}

    def take(self, op: Op) -> None:
        """Notes what an operation is; its operands are known."""
        split = _split(op, self.size)
        given = [operand for operand in op.operands if _split(operand, self.size) is not None]
        works = _works_on_parts(op, split, self.size) if given else split is None or op.kind in _ALIKE
        if not works:
            raise _unshared(self.size, f"{_said(op)} needs all of it at once")
        if op.kind in ("pick", "slice") and self.size in names_in(_positions(op)):
            raise _unshared(self.size, "one place on it is meant")
        of_parts = bool(op.operands) and self._is_of_parts(op)
        if not of_parts:
            self.add_up(op.operands)
        self.round[op] = max([self.totals.get(one, self.round[one] - 1) + 1 for one in op.operands], default=0)
        if of_parts or (given and split is None):
            self.parts.add(op)

    def _is_of_parts(self, op: Op) -> bool:
        """Whether the value is the sum of what each device makes of its parts."""
        if op.kind == "add":
            return all(operand in self.parts for operand in op.operands)
        if op.kind == "mul":
            inside = [operand for operand in op.operands if operand in self.parts]
            return len(inside) == 1 and all(operand is inside[0] or not operand.shape for operand in op.operands)
        if not op.operands or op.operands[0] not in self.parts:
            return False
        below = op.operands[-1]
        return op.kind in _OF_PARTS or (op.kind == "div" and below not in self.parts and not below.shape)

    def add_up(self, ops: Iterable[Op]) -> None:
        """Parts that are needed as what they add up to."""
        for op in ops:
            if op in self.parts:
                self.totals.setdefault(op, self.round[op])


def _works_on_parts(op: Op, split: int | None, size: str) -> bool:
    """Whether an operation on arrays that are split can be made of their parts one by one: its
    value is split, or a sum of the values of the parts."""
    if op.kind == "einsum":
        pairs = [
            pair for labels, one in zip(op.data[0], op.operands, strict=True) for pair in zip(labels, one.shape, strict=True)
        ]
        return len({label for label, length in pairs if size in length.names}) == 1
    if op.kind in _SUMS:
        return True
    if split is None:
        return False
    if op.kind in _ENTRYWISE or op.kind in _MOVES:
        return True
    match op.kind:
        case "max":
            return op.data is not None
        case "reshape":
            (operand,) = op.operands
            before = _split(operand, size) or 0
            return product_of(operand.shape[:before]) == product_of(op.shape[:split])
        case "call":
            return _is_along_others(op, size)
        case _:
            return op.kind in _SOLVES


def _is_along_others(op: Op, size: str) -> bool:
    """Whether a function is one of each part along the axis that is split."""
    name, axis = op.data
    (first, *others) = op.operands
    place = _split(first, size)
    if place is None or any(_split(one, size) is not None for one in others):
        return False
    if axis == "each":
        return name in computable() and place < first.order - function_called(name).argument_order
    return axis is not None and place == {"rows": 0, "cols": 1}[axis]


def _positions(op: Op) -> Sequence[Size]:
    """The places and runs of places that are picked."""
    found = [one for one in op.data if one is not None]
    return [size for one in found for size in ((one,) if isinstance(one, Size) else (one.before, one.size, one.behind))]


def _said(op: Op) -> str:
    if op.kind == "call":
        name, axis = op.data
        return str(name) if axis in (None, "each") else f"{name} along {axis}"
    return {"inverse": "the inverse", "max": "the largest entry", "vec": "vec"}.get(op.kind, op.kind.replace("_", " "))


def _unshared(size: str, why: str) -> MatcalcError:
    return MatcalcError(
        f"the work is not split over the devices along {size}: {why}",
        suggestion="another size for shard, or code without it, which JAX may split under jit",
    )
