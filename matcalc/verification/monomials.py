"""Terms as monomials: the factors of an elementwise product with their exponents, and what all terms of a sum have in common."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TypeAlias

from matcalc.einstein.algebra import contract, power
from matcalc.einstein.linear import add
from matcalc.einstein.nodes import Contraction, Map, Power, Sum, Tensor

Key: TypeAlias = tuple[Tensor, tuple[int, ...]]
Monomial: TypeAlias = dict[Key, Fraction]
"""Exponent of each base on each choice of the term's own axes."""

ONE = Fraction(1)
NO = Fraction(0)


def factors_of(term: Tensor) -> list[tuple[Tensor, tuple[int, ...]]]:
    """The operands of a term with their labels; a term that is no contraction is its own only operand."""
    if isinstance(term, Contraction) and not _is_atom(term):
        return list(zip(term.operands, term.indices))
    return [(term, tuple(range(term.order)))]


def _is_atom(term: Contraction) -> bool:
    return not term.output and bool(term.sizes)


def monomial(term: Tensor) -> Monomial:
    """The factors of a term that stand on its output axes alone."""
    output = set(term.output) if isinstance(term, Contraction) else set(range(term.order))
    found: Monomial = {}
    for operand, labels in factors_of(term):
        if set(labels) <= output:
            base, exponent = base_and_exponent(operand)
            found[base, labels] = found.get((base, labels), NO) + exponent
    return found


def base_and_exponent(operand: Tensor) -> tuple[Tensor, Fraction]:
    """``exp(c*t)`` is the c-th power of ``exp(t)``."""
    match operand:
        case Power(base=base, exponent=exponent):
            return base, exponent
        case Map(function="exp", arguments=(Sum(terms=((factor, core),), sizes=_),)):
            return Map("exp", (core,)), factor
        case _:
            return operand, ONE


def raised(base: Tensor, exponent: Fraction) -> Tensor:
    if isinstance(base, Map) and base.function == "exp":
        return Map("exp", (add([(exponent, base.arguments[0])], base.shape),)) if exponent else power(base, NO)
    return power(base, exponent)


def times(term: Tensor, factors: Mapping[Key, Fraction]) -> Tensor:
    """``term`` times a monomial on the term's own axes."""
    if not factors:
        return term
    labels = tuple(range(term.order))
    operands = [term, *(raised(base, exponent) for (base, _), exponent in factors.items())]
    return contract(operands, [labels, *(key[1] for key in factors)], labels, dict(enumerate(term.shape)))


def primitive(total: Sum) -> tuple[Monomial, Tensor]:
    """``total`` as (monomial, rest): the lowest power of every factor that is taken out of all terms, so that none is negative.

    Powers of sums stay inside unless they are negative everywhere they occur.
    """
    monomials = [monomial(term) for _, term in total.terms]
    keys = dict.fromkeys(key for one in monomials for key in one)
    common: Monomial = {}
    for key in keys:
        exponents = [one.get(key, NO) for one in monomials]
        lowest = min(exponents)
        if lowest and all((exponent - lowest).denominator == 1 for exponent in exponents):
            common[key] = lowest
    if not common:
        return {}, total
    opposite = {key: -exponent for key, exponent in common.items()}
    return common, add([(c, times(term, opposite)) for c, term in total.terms], total.shape)
