"""Replacing symbols in matrix expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from matcalc.expr.nodes import Expr, Symbol, children, postorder


def replaced(expression: Expr, values: Mapping[str, Expr]) -> Expr:
    """``expression`` with expressions of the same shapes in place of named symbols; shared parts stay shared."""
    return replaced_all((expression,), values)[0]


def replaced_all(expressions: tuple[Expr, ...], values: Mapping[str, Expr]) -> list[Expr]:
    """``replaced`` for several expressions, visiting what they share once."""
    built: dict[Expr, Expr] = {}
    for node in postorder(*expressions):
        if isinstance(node, Symbol):
            built[node] = values.get(node.name, node)
        elif all(built[child] is child for child in children(node)):
            built[node] = node
        else:
            built[node] = type(node)(*[_rebuilt(getattr(node, field.name), built) for field in fields(node) if field.init])
    return [built[expression] for expression in expressions]


def _rebuilt(value: Any, built: Mapping[Expr, Expr]) -> Any:
    """A field of a node with the operands in it rebuilt; an index of an entry is no operand."""
    if isinstance(value, Expr):
        return built.get(value, value)
    if isinstance(value, tuple):
        return tuple([_rebuilt(part, built) for part in value])
    return value


def symbols_in(*expressions: Expr) -> dict[str, Symbol]:
    """The symbols of expressions by name, in reading order."""
    return {node.name: node for node in postorder(*expressions) if isinstance(node, Symbol)}
