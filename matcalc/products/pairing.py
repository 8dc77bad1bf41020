"""A gradient and a differential written as one scalar: ``tr(G' dX)``, ``g' dx``."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.expr.nodes import (
    Expr,
    Hadamard,
    Negative,
    Number,
    Product,
    Quotient,
    Sum,
    Symbol,
    Trace,
    Transpose,
    Zeros,
)
from matcalc.folding.build import cost, product, transpose


def inner(gradient: Expr, move: Symbol) -> Expr:
    """The sum of products of the entries of a gradient and a differential of its shape, the differential last."""
    if isinstance(gradient, Negative):
        return Negative(inner(gradient.operand, move))
    if isinstance(gradient, Quotient) and gradient.denominator.is_scalar and not gradient.numerator.is_scalar:
        return Quotient(inner(gradient.numerator, move), gradient.denominator)
    if move.is_scalar:
        return product([gradient, move])
    if move.is_row:
        return product([gradient, Transpose(move)])
    together = product([turned(gradient), move])
    return Trace(together) if move.is_matrix else together


def entry(gradient: Expr, units: Sequence[Expr]) -> Expr:
    """The entry of a gradient that unit vectors pick: ``e_i' G e_j``, ``g' e_i``, or the gradient itself."""
    if isinstance(gradient, Negative):
        return Negative(entry(gradient.operand, units))
    if isinstance(gradient, Quotient) and gradient.denominator.is_scalar and not gradient.numerator.is_scalar:
        return Quotient(entry(gradient.numerator, units), gradient.denominator)
    if not units:
        return gradient
    if gradient.is_row:
        return product([gradient, units[0]])
    if len(units) == 1:
        return product([turned(gradient), units[0]])
    scalars, rest = _split(gradient)
    return product([*scalars, Transpose(units[0]), *rest, units[1]])


def _split(expression: Expr) -> tuple[list[Expr], list[Expr]]:
    """The scalar factors and the others."""
    factors = expression.factors if isinstance(expression, Product) else (expression,)
    return [factor for factor in factors if factor.is_scalar], [factor for factor in factors if not factor.is_scalar]


def turned(expression: Expr) -> Expr:
    """The transpose with scalars kept in front, term by term in a sum where that is shorter."""
    if isinstance(expression, Sum):
        whole, parts = Transpose(expression), Sum(tuple([_turned_term(term) for term in expression.terms]))
        if set(parts.terms) == set(expression.terms):
            return expression
        return parts if cost(parts) < cost(whole) else whole
    return _turned_term(expression)


def _turned_term(expression: Expr) -> Expr:
    match expression:
        case Negative():
            return Negative(_turned_term(expression.operand))
        case Zeros():
            return Zeros((expression.cols, expression.rows))
        case Quotient() if expression.denominator.is_scalar and not expression.numerator.is_scalar:
            return Quotient(_turned_term(expression.numerator), expression.denominator)
        case Product():
            scalars, rest = _split(expression)
            return product([*scalars, *map(turned, reversed(rest))])
        case Hadamard(factors=factors):
            parts = Hadamard(tuple([transpose(factor) for factor in factors]))
            whole = Transpose(expression)
            return parts if cost(parts) < cost(whole) else whole
        case _:
            return transpose(expression)


def is_plain_zero(expression: Expr) -> bool:
    return isinstance(expression, Zeros) or (isinstance(expression, Number) and not expression.value)
