"""Symbols that are rows: a tensor has one axis for a row as for a column, so they are told apart after folding."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.expr.nodes import Expr, Symbol, Transpose, postorder
from matcalc.expr.rewriting import rebuilt_with


def row_symbols(*expressions: Expr) -> dict[str, Symbol]:
    """The symbols of expressions that are rows, by name."""
    return {node.name: node for node in postorder(*expressions) if isinstance(node, Symbol) and node.is_row}


def with_rows(expression: Expr, rows: Mapping[str, Symbol]) -> Expr:
    """A folded expression, in which every symbol of one axis is a column, with transposed rows in place of those that are rows."""
    if not rows:
        return expression

    def replacement(node: Expr) -> Expr:
        if isinstance(node, Symbol) and node.name in rows and node.is_column:
            return Transpose(rows[node.name])
        if isinstance(node, Transpose) and isinstance(node.operand, Transpose):
            return node.operand.operand
        return node

    return rebuilt_with(expression, replacement)
