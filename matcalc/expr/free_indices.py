"""The indices of an expression, and those that a part of it has from a sum or an array around it."""

from __future__ import annotations

from collections.abc import Iterable

from matcalc.expr.nodes import Entry, Expr, Index, IndexArray, IndexSum, children, postorder

_MOST_AXES = 4


def free_indices(expression: Expr) -> tuple[Index, ...]:
    """The indices of entries that no sum or array in the expression binds, in reading order."""
    free: dict[Expr, tuple[Index, ...]] = {}
    for node in postorder(expression):
        found = dict.fromkeys([index for child in children(node) for index in free[child]])
        if isinstance(node, Entry):
            found |= dict.fromkeys([position for position in node.positions if isinstance(position, Index)])
        bound = (node.index,) if isinstance(node, IndexSum) else node.indices if isinstance(node, IndexArray) else ()
        for index in bound:
            found.pop(index, None)
        free[node] = tuple(found)
    return free[expression]


def named_indices(nodes: Iterable[Expr]) -> tuple[Index, ...]:
    """The indices that the nodes name, each once, in order."""
    found: dict[Index, None] = {}
    for node in nodes:
        match node:
            case Index():
                found[node] = None
            case Entry(positions=positions):
                found.update((position, None) for position in positions if isinstance(position, Index))
            case IndexSum(index=index):
                found[index] = None
            case IndexArray(indices=indices):
                found.update((index, None) for index in indices)
    return tuple(found)


def over_all(scalar: Expr, indices: tuple[Index, ...]) -> Expr | None:
    """The values of a scalar for all values of its indices: the vector or matrix that it is an entry of, or the array of them.

    None when an array cannot have so many axes.
    """
    if len(indices) > _MOST_AXES or len({index.name for index in indices}) < len(indices):
        return None
    if isinstance(scalar, Entry) and len(set(scalar.positions)) == len(scalar.positions) == len(indices):
        return scalar.operand
    return IndexArray(indices, scalar)
