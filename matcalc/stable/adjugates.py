"""``det(X) inv(X)`` as the adjugate, which singular matrices have too: the derivative of a determinant."""

from __future__ import annotations

from fractions import Fraction

from matcalc.expr.nodes import (
    Call,
    Diagonal,
    Expr,
    Inverse,
    Negative,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
    Total,
    Trace,
    Transpose,
    Vec,
    postorder,
)
from matcalc.expr.rewriting import with_operand
from matcalc.stable.forms import whole_power

_DEEPEST = 6


def with_adjugate(node: Product) -> Expr | None:
    """A product of a determinant and something with one inverse of its matrix, or of a factor of its matrix; None for any other."""
    for place, factor in enumerate(node.factors):
        matrix, power = _determinant(factor)
        if matrix is None:
            continue
        before, after = node.factors[:place], node.factors[place + 1 :]
        rest = before + after
        for part, others in _square_factors(matrix):
            taken = _absorbed(Product(rest) if len(rest) > 1 else rest[0], part)
            if taken is None or any(isinstance(inner, Inverse) and inner.operand is part for inner in postorder(taken)):
                continue
            scalars: list[Expr] = [Call("det", (other,), None, ()) for other in others]
            if power > 1:
                scalars.append(Power(Call("det", (matrix,), None, ()), Number(Fraction(power - 1))) if power > 2 else factor.below[0])
            return Product((*scalars, taken)) if scalars else taken
    return None


def _determinant(factor: Expr) -> tuple[Expr | None, int]:
    """The matrix and k of ``det(X)^k``, k a positive integer."""
    base, count = whole_power(factor)
    return (base.arguments[0], count) if isinstance(base, Call) and base.function == "det" else (None, 0)


def _square_factors(matrix: Expr) -> list[tuple[Expr, tuple[Expr, ...]]]:
    """The matrix, and the factors of a product of square matrices, each with the other factors."""
    found: list[tuple[Expr, tuple[Expr, ...]]] = [(matrix, ())]
    if isinstance(matrix, Product) and all(factor.shape == matrix.shape for factor in matrix.factors):
        found += [(factor, matrix.factors[:k] + matrix.factors[k + 1 :]) for k, factor in enumerate(matrix.factors)]
    return found


def _absorbed(expression: Expr, matrix: Expr, depth: int = _DEEPEST) -> Expr | None:
    """``det(matrix)`` times the expression, taken into an inverse of the matrix that is a factor of it; None when there is none.

    Products and what is linear are looked into, no deeper than derivatives nest them.
    """
    if not depth:
        return None
    match expression:
        case Inverse(operand=operand) if operand is matrix:
            return Call("adj", (matrix,), None, expression.shape)
        case Inverse(operand=Transpose(operand=operand)) if operand is matrix:
            return Transpose(Call("adj", (matrix,), None, expression.shape))
        case Product(factors=factors):
            for place, factor in enumerate(factors):
                taken = _absorbed(factor, matrix, depth - 1)
                if taken is not None:
                    return Product((*factors[:place], taken, *factors[place + 1 :]))
            return None
        case Sum(terms=terms):
            found = [_absorbed(term, matrix, depth - 1) for term in terms]
            if all(term is None for term in found):
                return None
            determinant = Call("det", (matrix,), None, ())
            return Sum(tuple([Product((determinant, old)) if new is None else new for old, new in zip(terms, found, strict=True)]))
        case Transpose() | Negative() | Quotient() | Trace() | Diagonal() | Vec() | Total():
            taken = _absorbed(expression.below[0], matrix, depth - 1)
            return None if taken is None else with_operand(expression, 0, taken)
        case _:
            return None
