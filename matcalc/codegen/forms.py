"""Forms of expressions that decide how a product with them is computed."""

from __future__ import annotations

from matcalc.expr import nodes as e
from matcalc.expr.deduction import Factor
from matcalc.sizes import ONE


def as_expression(factor: Factor) -> e.Expr:
    return e.Transpose(factor[0]) if factor[1] else factor[0]


def is_thin(term: e.Expr) -> bool:
    """Whether multiplying by the term costs no more than scaling: an identity, a permutation, a diagonal, an outer product of vectors."""
    term = _bare(term)
    if isinstance(term, e.Product):
        factors = [factor for factor in term.factors if not factor.is_scalar]
        return any(factor.cols == ONE for factor in factors[:-1]) or (len(factors) == 1 and is_thin(factors[0]))
    return is_written_diagonal(term) or isinstance(term, e.Commutation)


def is_linear(term: e.Expr) -> bool:
    """Whether the term is a symbol or a product, which are multiplied by a vector without being formed anew."""
    return isinstance(_bare(term), e.Symbol | e.Product | e.Ones | e.Inverse) or is_written_diagonal(term)


def is_written_diagonal(term: e.Expr) -> bool:
    """Whether the term is written as a multiple of the identity or as a diagonal matrix."""
    term = _bare(term)
    if isinstance(term, e.Product):
        factors = [factor for factor in term.factors if not factor.is_scalar]
        return len(factors) == 1 and isinstance(_bare(factors[0]), e.Identity | e.DiagonalMatrix)
    return isinstance(term, e.Identity | e.DiagonalMatrix)


def _bare(term: e.Expr) -> e.Expr:
    """The term without signs, transposes and scalar denominators around it."""
    while True:
        match term:
            case e.Negative(operand=inner) | e.Transpose(operand=inner):
                term = inner
            case e.Quotient(numerator=inner, denominator=below) if below.is_scalar:
                term = inner
            case _:
                return term


def has_kronecker(factor: e.Expr) -> bool:
    if not isinstance(factor, e.Sum):
        return False
    return any(isinstance(node, e.Kronecker | e.Commutation) for term in factor.terms for node in (term, *e.children(term)))
