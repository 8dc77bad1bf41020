"""Matrix expressions built again with some of their parts replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from matcalc.expr.nodes import Expr, Symbol, children, postorder
from matcalc.records import field_names


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


def with_fields(node: Expr, change: Callable[[Any], Any]) -> Expr:
    """The node made of changed fields; of a tuple the members are changed. An index of an entry is a field, though no operand."""
    again: Expr = type(node)(*[_changed(getattr(node, name), change) for name in field_names(node)])
    return again


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    return tuple([_changed(part, change) for part in value]) if isinstance(value, tuple) else change(value)
