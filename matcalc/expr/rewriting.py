"""Matrix expressions built again with parts replaced, and the indices that parts of them have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from itertools import count
from operator import mul
from typing import Any

from matcalc.base.records import field_names
from matcalc.base.sizes import Size
from matcalc.expr.nodes import Entry, Expr, Index, IndexArray, IndexSum, Symbol, children, postorder

# ------------------------------------------------------------
# Matrix expressions built again with some of their parts replaced.


def rebuilt_with(expression: Expr, replacement: Callable[[Expr], Expr]) -> Expr:
    """``expression`` with ``replacement`` of every node in its place, taken after its operands were replaced; shared parts stay shared."""
    return _rebuilt((expression,), replacement)[0]


def replaced(expression: Expr, values: Mapping[str, Expr]) -> Expr:
    """``expression`` with expressions of the same shapes in place of named symbols."""
    return replaced_all((expression,), values)[0]


def replaced_all(expressions: tuple[Expr, ...], values: Mapping[str, Expr]) -> list[Expr]:
    """``replaced`` for several expressions, visiting what they share once."""
    return _rebuilt(expressions, lambda node: values.get(node.name, node) if isinstance(node, Symbol) else node)


def symbols_in(*expressions: Expr) -> dict[str, Symbol]:
    """The symbols of expressions by name, in reading order."""
    return {node.name: node for node in postorder(*expressions) if isinstance(node, Symbol)}


def _rebuilt(expressions: tuple[Expr, ...], replacement: Callable[[Expr], Expr]) -> list[Expr]:
    built: dict[Expr, Expr] = {}
    for node in postorder(*expressions):
        again = node
        if any(built[child] is not child for child in children(node)):
            again = with_operands(node, built)
        built[node] = replacement(again)
    return [built[expression] for expression in expressions]


def with_operands(node: Expr, operands: Mapping[Expr, Expr]) -> Expr:
    """The node with others in place of those of its operands that are keys of ``operands``."""
    return with_fields(node, lambda value: operands.get(value, value) if isinstance(value, Expr) else value)


def with_operand(node: Expr, place: int, operand: Expr) -> Expr:
    """The node with another operand at one place, counted as in ``children``; an equal operand at another place stays."""
    places = count()

    def change(value: Any) -> Any:
        if not isinstance(value, Expr) or isinstance(value, Index):
            return value
        return operand if next(places) == place else value

    return with_fields(node, change)


def with_sizes(expression: Expr, sizes: Mapping[str, Size]) -> Expr:
    """``expression`` with other sizes in place of named ones."""
    built: dict[Expr, Expr] = {}

    def change(value: Any) -> Any:
        if isinstance(value, Size):
            return reduce(mul, [sizes.get(name, Size.of(name)) for name in value.names], Size((), value.factor))
        if isinstance(value, Expr):
            return built[value] if value in built else with_fields(value, change)  # an index of an entry
        return value

    for node in postorder(expression):
        built[node] = with_fields(node, change)
    return built[expression]


def with_fields(node: Expr, change: Callable[[Any], Any]) -> Expr:
    """The node made of changed fields; of a tuple the members are changed. An index of an entry is a field, though no operand."""
    again: Expr = type(node)(*[_changed(getattr(node, name), change) for name in field_names(node)])
    return again


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    return tuple([_changed(part, change) for part in value]) if isinstance(value, tuple) else change(value)


# ------------------------------------------------------------
# The indices of an expression, and those that a part of it has from a sum or an array around it.

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
