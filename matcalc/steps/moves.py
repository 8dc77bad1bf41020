"""Moves on formulas: contracting deltas, and writing transposes where a matrix is read from column to row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from matcalc.einstein import nodes as ix
from matcalc.expr.nodes import Expr, Symbol
from matcalc.folding.build import transpose
from matcalc.steps.formula import Delta, Entry, Formula, Letters, Times, Total, rebuilt, relettered


def contracted(formula: Formula) -> Formula:
    """Every delta with a summed index is left out, and the index replaced; those between free indices stay."""
    match formula:
        case Total():
            return flat([(coefficient, contracted(term)) for coefficient, term in formula.terms])
        case Times():
            product = _contracted(formula)
            alone = not product.bound and len(product.factors) == 1
            return product.factors[0] if alone and isinstance(product.factors[0], Total) else product
        case _:
            return formula


def flat(terms: Iterable[tuple[Fraction, Formula]]) -> Formula:
    """The sum of the terms, those of nested sums among them; a single term stands alone."""
    found: list[tuple[Fraction, Formula]] = []
    for coefficient, term in terms:
        found += [(coefficient * inner, part) for inner, part in term.terms] if isinstance(term, Total) else [(coefficient, term)]
    return found[0][1] if len(found) == 1 and found[0][0] == 1 else Total(tuple(found))


def _contracted(product: Times) -> Times:
    factors = list(product.factors)
    bound = dict(product.bound)
    place = 0
    while place < len(factors):
        delta = factors[place]
        if isinstance(delta, Delta) and (delta.one in bound or delta.other in bound) and delta.one != delta.other:
            gone, kept = (delta.one, delta.other) if delta.one in bound else (delta.other, delta.one)
            del bound[gone]
            factors = [relettered(factor, {gone: kept}) for k, factor in enumerate(factors) if k != place]
            place = 0
        else:
            place += 1
    return Times(tuple(factors), tuple(bound.items()))


def with_transposes(formula: Formula, letters: Letters) -> Formula:
    """Matrices that are read from column to row along a chain, or alone at the free ``letters``, as transposes."""
    match formula:
        case Total():
            return Total(tuple([(coefficient, with_transposes(term, letters)) for coefficient, term in formula.terms]))
        case Times():
            return rebuilt(formula, _turned(formula, letters))
        case Entry():
            return _transposed(formula) if len(letters) == 2 and formula.letters == letters[::-1] else formula
        case _:
            return formula


def _turned(product: Times, letters: Letters) -> tuple[Formula, ...]:
    factors: list[Formula] = []
    for k, factor in enumerate(product.factors):
        if isinstance(factor, Entry) and len(factor.letters) == 2 and factor.letters[0] != factor.letters[1]:
            before = product.factors[k - 1] if k else None
            after = product.factors[k + 1] if k + 1 < len(product.factors) else None
            first, second = factor.letters
            entered = second in _ends(before) or (second in letters[:1])
            left = first in _ends(after) or (first in letters[1:])
            forwards = first in _ends(before) or second in _ends(after) or first in letters[:1] or second in letters[1:]
            if (entered or left) and not forwards:
                factors.append(_transposed(factor))
                continue
        factors.append(factor)
    return tuple(factors)


def _ends(factor: Formula | None) -> Letters:
    return factor.letters if isinstance(factor, Entry) else ()


def _transposed(entry: Entry) -> Formula:
    tensor = entry.tensor
    turned = ix.Contraction((tensor,), ((0, 1),), (1, 0), tensor.shape)
    return replace(entry, tensor=turned, letters=entry.letters[::-1], shown=transpose(_expression(entry)))


def _expression(entry: Entry) -> Expr:
    if entry.shown is not None:
        return entry.shown
    assert isinstance(entry.tensor, ix.Symbol)
    return Symbol(entry.tensor.name, entry.tensor.sizes, entry.tensor.properties)
