"""Loads ``rules/folds.rules``: the matrix forms that folding writes for operands that meet at an
index."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, TypeAlias

from matcalc.base.files import RuleLine, read, rule_lines, stored
from matcalc.einstein.lowering import lower
from matcalc.expr.nodes import (
    Commutation,
    Diagonal,
    DiagonalMatrix,
    Expr,
    Hadamard,
    Kronecker,
    Ones,
    Product,
    Symbol,
    Total,
    Trace,
    Transpose,
    Vec,
    children,
)
from matcalc.expr.rewriting import symbols_in
from matcalc.language import elaborate

Template: TypeAlias = tuple[Any, ...]
"""A matrix form: the name of an operation, then templates; ``("variable", name)``;
``("Ones", index)``, as many as the index has; ``("Commutation", index, index)``."""

_FILE = "folds.rules"
_OPERATIONS = (Diagonal, DiagonalMatrix, Hadamard, Kronecker, Product, Total, Trace, Transpose, Vec)


@cache
def fold_forms() -> Mapping[str, tuple[Template, ...]]:
    """The matrix forms of every situation, by its name.

    Raises ValueError for a line that is not accepted.
    """
    found: dict[str, tuple[Template, ...]] = {}
    for name, template in stored("folds", read("rules", _FILE), _templates):
        found[name] = (*found.get(name, ()), template)
    return MappingProxyType(found)


def _templates(text: str) -> list[tuple[str, Template]]:
    return [(line.name, template_of(line)) for line in rule_lines(_FILE, text)]


def template_of(line: RuleLine) -> Template:
    """The matrix form of a line.

    Raises ValueError when its sides do not belong together, or it uses an operation that folding
    does not write.
    """
    left = elaborate(line.left, line.variables).expression
    right = elaborate(line.right, line.variables).expression
    if symbols_in(left).keys() != symbols_in(right).keys():
        raise ValueError(f"fold form {line.name!r}: the two sides do not use the same variables")
    if lower(left).shape != lower(right).shape:  # rows that count pairs of indices are two axes
        raise ValueError(f"fold form {line.name!r}: the two sides have different shapes")
    return _template(line, right)


def _template(line: RuleLine, expression: Expr) -> Template:
    if isinstance(expression, Symbol):
        return ("variable", expression.name)
    if isinstance(expression, Ones) and expression.is_column:
        return ("Ones", str(expression.rows))
    if isinstance(expression, Commutation):
        return ("Commutation", str(expression.m), str(expression.n))
    if isinstance(expression, _OPERATIONS) and not (isinstance(expression, Total) and expression.axis):
        return (type(expression).__name__, *(_template(line, child) for child in children(expression)))
    raise ValueError(f"fold form {line.name!r}: folding does not write {type(expression).__name__}")
