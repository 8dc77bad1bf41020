"""Where a derivative holds: read off the expression and its result."""

from __future__ import annotations

from matcalc.expr.nodes import (
    Call,
    Constant,
    Elementwise,
    Expr,
    Hadamard,
    Inverse,
    Norm,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    SizeValue,
    Sum,
    Symbol,
    Total,
    children,
    postorder,
)
from matcalc.functions import functions
from matcalc.printing import text

_NONZERO_FACTS = {"invertible", "positive_definite", "orthogonal"}


def conditions_of(expression: Expr, result: Expr | None) -> tuple[str, ...]:
    """Conditions in words and symbols, in reading order, each once."""
    found: dict[str, None] = {}
    for root in (expression, result):
        if root is not None:
            for node in postorder(root):
                for condition in _conditions(node):
                    found.setdefault(condition)
    return tuple(found)


def _conditions(node: Expr) -> list[str]:
    match node:
        case Inverse(operand=operand):
            return _of_matrix("{} invertible", operand)
        case Call(function=name, arguments=(operand, *_)) if name in functions():
            return _of_matrix(functions()[name].condition, operand)
        case Norm(operand=operand, kind="spectral" | "nuclear"):
            return _of_matrix(functions()[f"{node.kind}_norm"].condition, operand)
        case Quotient(denominator=denominator):
            return _nonzero(denominator)
        case Power(base=base, exponent=Number(value=value)) if value.denominator % 2 == 0 or value < 0:
            return _compared(base, "> 0" if value.denominator % 2 == 0 else "≠ 0")
        case Power(base=base, exponent=exponent) if not isinstance(exponent, Number):
            return _compared(base, "> 0")
        case Elementwise(function=name, argument=argument):
            return _domain(name, argument)
        case Norm(operand=operand, kind="1"):
            return _compared(operand, "≠ 0")
        case _:
            return []


_FACTS_THAT_SETTLE = {
    "{} invertible": _NONZERO_FACTS,
    "rank of {} locally constant": _NONZERO_FACTS,
    "{} of full rank": _NONZERO_FACTS,
    "no eigenvalue of {} on (−∞, 0]": {"positive_definite"},
}


def _of_matrix(condition: str, operand: Expr) -> list[str]:
    settled = isinstance(operand, Symbol) and operand.properties & _FACTS_THAT_SETTLE.get(condition, set())
    return [] if settled or not condition else [condition.format(_text(operand))]


_POSITIVE_VALUES = frozenset({"exp", "cosh", "sigmoid", "softplus"})


def _is_positive(expression: Expr) -> bool:
    """Whether every entry is visibly positive."""
    positive: set[Expr] = set()
    for node in postorder(expression):
        match node:
            case Number():
                known = node.value > 0
            case Constant() | SizeValue() | Ones():
                known = True
            case Symbol():
                known = "positive" in node.properties
            case Elementwise():
                known = node.function in _POSITIVE_VALUES
            case Call():
                known = node.function == "softmax"
            case Sum() | Product() | Hadamard() | Quotient() | Total():
                known = all(child in positive for child in children(node))
            case Power():
                known = node.base in positive
            case _:
                known = False
        if known:
            positive.add(node)
    return expression in positive


def _text(expression: Expr) -> str:
    return text(expression, "unicode")


def _compared(expression: Expr, relation: str) -> list[str]:
    if _is_positive(expression):
        return []
    if isinstance(expression, Norm):
        return [f"{_text(expression.operand)} ≠ 0"]
    subject = _text(expression)
    return [f"{subject} {relation}" if expression.is_scalar else f"entries of {subject} {relation}"]


def _nonzero(denominator: Expr) -> list[str]:
    match denominator:
        case Power(base=base, exponent=Number(value=value)):
            return _compared(base, "> 0" if value.denominator % 2 == 0 else "≠ 0")
        case _:
            return _compared(denominator, "≠ 0")


def _domain(name: str, argument: Expr) -> list[str]:
    function = functions().get(name)
    if function is None or function.domain == "all":
        return []
    if function.domain in ("t > 0", "t != 0") and _is_positive(argument):
        return []
    subject = _text(argument) if argument.is_scalar else f"entries of {_text(argument)}"
    condition = (
        function.domain.replace("!=", "≠").replace("t", subject, 1)
        if "(t)" not in function.domain
        else function.domain.replace("!=", "≠").replace("(t)", f"({subject})")
    )
    if function.at_kink:
        condition += f" (there {name} has a kink; the value used at 0 is {function.at_kink})"
    return [condition]
