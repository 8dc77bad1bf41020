"""Inverses, pseudoinverses and determinants of Kronecker products, taken of the factors: the index notation has none of them whole."""

from __future__ import annotations

from fractions import Fraction

from matcalc.expr.nodes import (
    Call,
    Elementwise,
    Expr,
    Inverse,
    Kronecker,
    Number,
    Power,
    Product,
    SizeValue,
    Transpose,
)
from matcalc.expr.rewriting import rebuilt_with
from matcalc.sizes import ONE, Size


def without_functions_of_kronecker(expression: Expr) -> Expr:
    """``inv(A ⊗ B)`` as ``inv(A) ⊗ inv(B)``, ``det(A ⊗ B)`` as ``det(A)^m det(B)^n``, for square factors; all else as it is."""
    return rebuilt_with(expression, _of_factors)


def _of_factors(node: Expr) -> Expr:
    match node:
        case Inverse(operand=Kronecker(factors=factors)) if _all_square(factors):
            return Kronecker(tuple([Inverse(factor) for factor in factors]))
        case Inverse(operand=Transpose(operand=Kronecker(factors=factors))) if _all_square(factors):
            return Transpose(Kronecker(tuple([Inverse(factor) for factor in factors])))
        case Call(function="pinv", arguments=(Kronecker(factors=factors),)):
            return Kronecker(tuple([Call("pinv", (f,), None, Transpose(f).shape) for f in factors]))
        case Call(function="det", arguments=(Kronecker(factors=factors),)) if _all_square(factors):
            return _determinant(factors)
        case Call(function="logdet", arguments=(Kronecker(factors=factors),)) if _all_square(factors):
            return Elementwise("log", _determinant(factors))
        case _:
            return node


def _all_square(factors: tuple[Expr, ...]) -> bool:
    return all(factor.rows == factor.cols for factor in factors)


def _determinant(factors: tuple[Expr, ...]) -> Expr:
    """Each determinant to the number of rows of all other factors together."""
    powers = []
    for k, factor in enumerate(factors):
        others = ONE
        for j, other in enumerate(factors):
            others = others * other.rows if j != k else others
        powers.append(Power(Call("det", (factor,), None, ()), _number(others)))
    return Product(tuple(powers))


def _number(size: Size) -> Expr:
    return SizeValue(size) if size.number is None else Number(Fraction(size.number))
