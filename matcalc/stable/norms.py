"""Square roots of sums of squares as norms, which are scaled when they are computed, and quotients by powers of norms."""

from __future__ import annotations

from fractions import Fraction

from matcalc.expr.nodes import Call, Elementwise, Expr, Negative, Norm, Number, Power, Product, Quotient, Total, Trace, Transpose
from matcalc.stable.forms import whole_power

_HALF = Fraction(1, 2)
_DEEPEST = 6


def root(base: Expr, exponent: Fraction) -> Expr | None:
    """An odd power of the square root of a square or a sum of squares: of an absolute value or a norm; None for other powers."""
    if exponent.denominator != 2:
        return None
    inner = _root_of_square(base)
    if inner is None:
        return None
    times = exponent / _HALF
    return inner if times == 1 else Power(inner, Number(times))


def _root_of_square(base: Expr) -> Expr | None:
    match base:
        case Power(base=inner, exponent=Number(value=exponent)) if exponent == 2:
            return Elementwise("abs", inner)
        case Total(operand=Power(base=inner, exponent=Number(value=exponent)), axis=None) if exponent == 2 and len(inner.shape) <= 2:
            return Norm(inner, "2", None)
        case Product(factors=(Transpose(operand=inner), other)) if inner is other and inner.is_column:
            return Norm(inner, "2", None)
        case Trace(operand=Product(factors=(Transpose(operand=inner), other))) if inner is other:
            return Norm(inner, "2", None)
        case _:
            return None


def normalised(above: Expr, below: Expr) -> Expr | None:
    """``x x'/‖x‖²`` as the product of x/‖x‖ and its transpose, which cannot overflow; None when no more than one norm is divided by.

    x/‖x‖ is a function of x: scalar factors would be taken out of a product.
    """
    factors = below.factors if isinstance(below, Product) else (below,)
    counts = [_power_of_norm(factor) for factor in factors]
    if sum(count for _, count in filter(None, counts)) < 2:
        return None
    kept: list[Expr] = []
    changed = False
    for factor, found in zip(factors, counts, strict=True):
        if found is None:
            kept.append(factor)
            continue
        norm, count = found
        above, used = _divided(above, norm, count)
        changed = changed or used > 0
        if count > used:
            kept.append(norm if count - used == 1 else Power(norm, Number(Fraction(count - used))))
    if not changed:
        return None
    if not kept:
        return above
    return Quotient(above, kept[0] if len(kept) == 1 else Product(tuple(kept)))


def _power_of_norm(factor: Expr) -> tuple[Norm, int] | None:
    norm, count = whole_power(factor)
    return (norm, count) if isinstance(norm, Norm) and norm.kind == "2" and norm.operand.is_column else None


def _divided(expression: Expr, norm: Norm, most: int, depth: int = _DEEPEST) -> tuple[Expr, int]:
    """A product with up to ``most`` of the factors that the norm is of divided by it, and how many they were."""
    if not most or not depth:
        return expression, 0
    if expression is norm.operand:
        return Call("normalised", (expression,), None, expression.shape), 1
    match expression:
        case Transpose(operand=operand) if operand is norm.operand:
            return Transpose(Call("normalised", (operand,), None, operand.shape)), 1
        case Negative(operand=operand):
            inner, used = _divided(operand, norm, most, depth - 1)
            return (Negative(inner), used) if used else (expression, 0)
        case Product(factors=factors):
            used, changed = 0, []
            for factor in factors:
                inner, count = _divided(factor, norm, most - used, depth - 1)
                changed.append(inner)
                used += count
            return (Product(tuple(changed)), used) if used else (expression, 0)
        case _:
            return expression, 0
