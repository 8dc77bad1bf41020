"""Transposes taken into products and sums entry by entry, where they meet transposes that they undo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from matcalc.codegen.emission import reachable
from matcalc.codegen.operations import Builder, Op

_ENTRYWISE = frozenset({"add", "mul", "div", "neg"})


def oriented(b: Builder, roots: Mapping[str, Op]) -> dict[str, Op]:
    """The same operations with ``(A.T*v[:, None]).T`` as ``A*v``; what anything else uses stays as it is."""
    order = reachable(list(roots.values()))
    uses = Counter(operand for op in order for operand in op.operands)
    uses.update(roots.values())
    done: dict[Op, Op] = {}
    for op in order:
        operands = tuple([done[operand] for operand in op.operands])
        made = op if operands == op.operands else _remade(b, op, operands)
        done[op] = _turned(b, operands[0]) or made if op.kind == "transpose" and uses[op.operands[0]] == 1 else made
    return {name: done[op] for name, op in roots.items()}


def _remade(b: Builder, op: Op, operands: tuple[Op, ...]) -> Op:
    made = b.make(op.kind, operands, op.data, op.shape)
    return b.mark_symmetric(made) if b.is_symmetric(op) else made


def _turned(b: Builder, op: Op) -> Op | None:
    """The transpose of an operation entry by entry without any transpose in it; None where one would be left."""
    if op.kind not in _ENTRYWISE or not any(operand.kind == "transpose" for operand in op.operands):
        return None
    turned: list[Op] = []
    for operand in op.operands:
        if not operand.shape or b.is_symmetric(operand):
            turned.append(operand)
        elif operand.kind == "transpose":
            turned.append(operand.operands[0])
        elif operand.kind == "column" or operand.kind == "row":
            turned.append(b.make("row" if operand.kind == "column" else "column", operand.operands, None, operand.shape[::-1]))
        else:
            return None
    return b.make(op.kind, turned, op.data, op.shape[::-1])
