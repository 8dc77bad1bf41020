"""Forms of expressions that decide how a product with them is computed."""

from __future__ import annotations

from matcalc.codegen.facts import Factor
from matcalc.expr import nodes as e
from matcalc.sizes import ONE


def as_expression(factor: Factor) -> e.Expr:
    return e.Transpose(factor[0]) if factor[1] else factor[0]


def is_thin(term: e.Expr) -> bool:
    """Whether multiplying by the term costs no more than scaling: an identity, a diagonal, an outer product of vectors."""
    while isinstance(term, e.Negative | e.Transpose):
        term = term.operand
    if isinstance(term, e.Quotient) and term.denominator.is_scalar:
        term = term.numerator
    if isinstance(term, e.Product):
        factors = [factor for factor in term.factors if not factor.is_scalar]
        return any(factor.cols == ONE for factor in factors[:-1]) or (len(factors) == 1 and is_plain_diagonal(factors[0]))
    return is_plain_diagonal(term)


def is_linear(term: e.Expr) -> bool:
    """Whether the term is a symbol or a product, which are multiplied by a vector without being formed anew."""
    while isinstance(term, e.Negative | e.Transpose):
        term = term.operand
    if isinstance(term, e.Quotient) and term.denominator.is_scalar:
        term = term.numerator
    return isinstance(term, e.Symbol | e.Product | e.Ones | e.Inverse) or is_plain_diagonal(term)


def is_plain_diagonal(term: e.Expr) -> bool:
    return isinstance(term, e.Identity | e.DiagonalMatrix)


def has_kronecker(factor: e.Expr) -> bool:
    if not isinstance(factor, e.Sum):
        return False
    return any(isinstance(node, e.Kronecker | e.Commutation) for term in factor.terms for node in (term, *e.children(term)))
