"""Loads ``rules/differentials.rules``: the differentials of functions as books write them, found by matching expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from matcalc.expr.nodes import Expr, MatrixPower, Negative, Number, Sum, Symbol, children, postorder
from matcalc.language import elaborate
from matcalc.records import field_names
from matcalc.resources import read
from matcalc.rules.lines import RuleLine, rule_lines
from matcalc.sizes import Size


@dataclass(frozen=True, slots=True)
class DifferentialRule:
    """``left`` has the differential ``right``; ``moves`` gives for each variable of the pattern the symbol for its differential."""

    name: str
    left: Expr
    right: Expr
    moves: Mapping[Symbol, Symbol]
    source: str


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that matches an expression: what each variable stands for, and each size name."""

    rule: DifferentialRule
    values: Mapping[Symbol, Expr]
    sizes: Mapping[Size, Size]


@cache
def differential_rules() -> tuple[DifferentialRule, ...]:
    """The lines of the file.

    Raises ValueError for a line that is not of the form ``name | variables | function = differential | source``, whose sides differ in
    shape, or whose right side uses a name that the left side does not bind.
    """
    return tuple([read_rule(line) for line in rule_lines("differentials.rules", read("rules", "differentials.rules"))])


def read_rule(line: RuleLine) -> DifferentialRule:
    """The rule of a line. Raises ValueError for sides that do not fit each other."""
    name = line.name
    changes = "; ".join("d" + variable.strip() for variable in line.variables.split(";"))
    left = elaborate(line.left, line.variables).expression
    right = elaborate(line.right, f"{line.variables}; {changes}").expression
    if left.shape != right.shape:
        raise ValueError(f"differential {name!r}: the two sides have different shapes")
    bound = {node.name: node for node in postorder(left) if isinstance(node, Symbol)}
    used = {node.name: node for node in postorder(right) if isinstance(node, Symbol)}
    moves = {symbol: used[f"d{key}"] for key, symbol in bound.items() if f"d{key}" in used}
    unbound = set(used) - set(bound) - {move.name for move in moves.values()}
    if unbound or not moves:
        raise ValueError(f"differential {name!r}: the right side uses {', '.join(sorted(unbound)) or 'no differential'}")
    return DifferentialRule(name, left, right, moves, line.source)


def found_rule(expression: Expr) -> Found | None:
    """The first rule whose left side is this expression."""
    for rule in differential_rules():
        values: dict[Symbol, Expr] = {}
        sizes: dict[Size, Size] = {}
        if _matches(rule.left, expression, values, sizes):
            return Found(rule, values, sizes)
    return None


def _matches(pattern: Expr, expression: Expr, values: dict[Symbol, Expr], sizes: dict[Size, Size]) -> bool:
    """Whether the expression has the form of the pattern, whose symbols stand for anything of their kind."""
    pending = [(pattern, expression)]
    while pending:
        form, found = pending.pop()
        if isinstance(form, Symbol):
            if values.setdefault(form, found) is not found or not _fits(form, found, sizes):
                return False
            continue
        if type(form) is not type(found) or len(children(form)) != len(children(found)):
            return False
        for field in field_names(form):
            own = getattr(form, field)
            if not isinstance(own, (Expr, Size, tuple)) and own != getattr(found, field):
                return False
        if isinstance(form, Number) and form is not found:
            return False
        pending += zip(children(form), children(found), strict=True)
    return True


def _fits(variable: Symbol, found: Expr, sizes: dict[Size, Size]) -> bool:
    if len(variable.shape) != len(found.shape) or found.is_row:
        return False
    return all(sizes.setdefault(own, other) == other for own, other in zip(variable.shape, found.shape, strict=True))


def instantiated(found: Found, changes: Mapping[Symbol, Expr]) -> Expr:
    """The differential with what the variables stand for in their place, and ``changes`` for their differentials.

    Terms of variables that have no entry in ``changes``, because they are constant, are left out.
    """
    values: dict[Expr, Expr] = {symbol: value for symbol, value in found.values.items()}  # noqa: C416 a wider key type
    constant: set[Expr] = set()
    for symbol, move in found.rule.moves.items():
        if symbol in changes:
            values[move] = changes[symbol]
        else:
            constant.add(move)
    built: dict[Expr, Expr] = {}
    for node in postorder(found.rule.right):
        if node in values:
            built[node] = values[node]
            continue
        if isinstance(node, Sum):
            kept = [built[term] for term in node.terms if not _holds(term, constant)]
            numbers = [term.value for term in kept if isinstance(term, Number)]
            whole: Expr = Number(sum(numbers, Fraction(0))) if len(numbers) == len(kept) else Sum(tuple(kept))
            built[node] = kept[0] if len(kept) == 1 else whole
            continue
        if _holds(node, constant):
            continue
        built[node] = _computed(type(node)(*[_field(getattr(node, name), built, found.sizes) for name in field_names(node)]))
    return built[found.rule.right]


def _computed(node: Expr) -> Expr:
    """``X^(2 − 1)`` is written X."""
    match node:
        case Negative(operand=Number(value=value)):
            return Number(-value)
        case MatrixPower(base=base, exponent=Number(value=value)) if value == 1:
            return base
        case _:
            return node


def _holds(node: Expr, symbols: set[Expr]) -> bool:
    return bool(symbols) and any(below in symbols for below in postorder(node))


def _field(value: Any, built: Mapping[Expr, Expr], sizes: Mapping[Size, Size]) -> Any:
    if isinstance(value, Expr):
        return built[value]
    if isinstance(value, Size):
        return sizes.get(value, value)
    if isinstance(value, tuple):
        return tuple([_field(part, built, sizes) for part in value])
    return value
