"""Where a derivative holds: read off the expression and its result."""

from __future__ import annotations

from matcalc.expr.nodes import Call, Constant, Elementwise, Expr, Inverse, Norm, Number, Power, Quotient, SizeValue, Symbol, postorder
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
        case Inverse(operand=operand) | Call(function="logdet", arguments=(operand,)):
            known = isinstance(operand, Symbol) and operand.properties & _NONZERO_FACTS
            return [] if known else [f"{_text(operand)} invertible"]
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


def _text(expression: Expr) -> str:
    return text(expression, "unicode")


def _compared(expression: Expr, relation: str) -> list[str]:
    if isinstance(expression, (Number, Constant, SizeValue)) or (isinstance(expression, Symbol) and "positive" in expression.properties):
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
    if function.domain == "t > 0" and isinstance(argument, Symbol) and "positive" in argument.properties:
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
