"""Small forms that the stable ones are made of."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from matcalc.expr.nodes import Elementwise, Expr, Negative, Number, Ones, Power, Product

UNIT = Number(Fraction(1))


def negated(expression: Expr) -> Expr:
    """The negative, without two signs."""
    return expression.operand if isinstance(expression, Negative) else Negative(expression)


def is_one(expression: Expr) -> bool:
    """Whether every entry is written 1."""
    return expression is UNIT or isinstance(expression, Ones)


def scaled(factor: Fraction, expression: Expr) -> Expr:
    """A number times an expression."""
    if isinstance(expression, Negative):
        factor, expression = -factor, expression.operand
    if abs(factor) == 1:
        return expression if factor > 0 else Negative(expression)
    return Product((Number(factor), expression))


def like(expression: Expr, scalar: Expr) -> Expr:
    """A scalar in every entry of the shape of an expression."""
    return scalar if expression.is_scalar else Product((scalar, Ones(expression.shape)))


def unit_and_other(terms: Sequence[Expr]) -> Expr | None:
    """The other one of two terms, when one is 1."""
    if len(terms) != 2 or not any(is_one(term) for term in terms):
        return None
    return terms[1] if is_one(terms[0]) else terms[0]


def exponent_of(expression: Expr) -> Expr | None:
    """``t`` when the expression is ``exp(t)``, entry by entry."""
    return expression.argument if isinstance(expression, Elementwise) and expression.function == "exp" else None


def whole_power(expression: Expr) -> tuple[Expr, int]:
    """``x`` and k when the expression is ``x^k`` for a whole number k from 1 on; else the expression itself and 1."""
    if not isinstance(expression, Power) or not isinstance(expression.exponent, Number):
        return expression, 1
    value = expression.exponent.value
    return (expression.base, int(value)) if value.denominator == 1 and value > 0 else (expression, 1)
