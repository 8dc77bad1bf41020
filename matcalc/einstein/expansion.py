"""Distribution of products over sums: the long normal form that folding tries beside the factored one, and that proofs compare."""

from __future__ import annotations

from fractions import Fraction
from math import inf, prod

from matcalc.einstein.algebra import contract
from matcalc.einstein.linear import YES, add
from matcalc.einstein.nodes import Contraction, Power, Sum, Tensor, postorder
from matcalc.einstein.substitution import rebuilt
from matcalc.einstein.weight import weight

_MOST_TERMS = 64
_MOST_OPENED = 16
_HEAVY = 10
"""A product that weighs more without the sum in it than this is not opened: it would stand before every term."""


def expanded(tensor: Tensor, most: int = _MOST_TERMS, heaviest: float = inf) -> Tensor:
    """``tensor`` with its outer contractions distributed over sums among their operands; unchanged above ``most`` terms.

    Sums with factors beside them that weigh more than ``heaviest`` stay. Only operands of the outer contractions are opened, not arguments
    of functions. Every step removes a sum from under a contraction.
    """
    current = tensor
    while True:
        terms = current.terms if isinstance(current, Sum) else ((YES, current),)
        if sum(_count(term) for _, term in terms) > most:
            return tensor
        places = [_first_sum(term, heaviest) for _, term in terms]
        if not any(place is not None for place in places):
            return current
        parts = [(c, term if place is None else _opened_at(term, place)) for (c, term), place in zip(terms, places)]
        current = add(parts, tensor.shape)


def without_deep_sums(node: Contraction, most: int = _MOST_TERMS) -> Tensor | None:
    """The contraction distributed over sums of three and more axes, and over their squares: ``(X_ik - M_jk)²`` summed over k.

    None where there are none, or above ``most`` terms.
    """
    operands: list[Tensor] = []
    indices: list[tuple[int, ...]] = []
    terms, deep = 1, set[Tensor]()
    for operand, index in zip(node.operands, node.indices):
        base, times = (operand.base, 2) if isinstance(operand, Power) and operand.exponent == 2 else (operand, 1)
        if not isinstance(base, Sum) or base.order < 3:
            base, times = operand, 1
        else:
            terms *= len(base.terms) ** times
            deep.add(base)
        operands += [base] * times
        indices += [index] * times
    if not deep or terms > most:
        return None
    parts: list[tuple[Fraction, tuple[Tensor, ...]]] = [(YES, ())]
    for operand in operands:
        inner = operand.terms if isinstance(operand, Sum) and operand in deep else ((YES, operand),)
        parts = [(coefficient * own, (*before, term)) for coefficient, before in parts for own, term in inner]
    sizes = dict(enumerate(node.sizes))
    return add([(coefficient, contract(factors, indices, node.output, sizes)) for coefficient, factors in parts], node.shape)


def opened(tensor: Tensor, most: int = _MOST_OPENED) -> Tensor:
    """``tensor`` with only those sums distributed, at any depth, that have an identity or ones among their terms.

    Such a term makes the product around it shorter, as in ``(s I - x x') A``; other sums stay factored, and so do those in long products.
    Unchanged when there are more than ``most`` such sums: a product of many would double with each.
    """
    if not any(_plain_sum(node) is not None for node in postorder(tensor)):
        return tensor
    count = 0

    def replacement(node: Tensor) -> Tensor | None:
        nonlocal count
        at = _plain_sum(node)
        if at is None or count > most:
            return None
        if len(node.below) > most and sum(_opens(operand) for operand in node.below) > most:
            count = most + 1  # every one of them would be opened
            return None
        count += 1
        result = _opened_at(node, at)
        if isinstance(result, Sum):
            return add([(c, replacement(term) or term) for c, term in result.terms], result.shape)
        return replacement(result) or result

    result = rebuilt(tensor, replacement)
    return tensor if count > most else result


def _plain_sum(node: Tensor) -> int | None:
    """The place of an operand that is to be opened: the factors beside it, which every term of it takes along, are few."""
    if not isinstance(node, Contraction) or (len(node.operands) == 1 and node.output):
        return None
    places = (k for k, operand in enumerate(node.operands) if _opens(operand) and weight(node) - weight(operand) <= _HEAVY)
    return next(places, None)


def _opens(operand: Tensor) -> bool:
    """Whether the operand is a sum with an identity or ones among its terms."""
    if not isinstance(operand, Sum) or not operand.shape:
        return False
    return any(isinstance(term, Contraction) and not any(term.indices) for _, term in operand.terms)


def _count(term: Tensor) -> int:
    if not isinstance(term, Contraction):
        return 1
    return prod(len(operand.terms) for operand in term.operands if isinstance(operand, Sum))


def _first_sum(term: Tensor, heaviest: float) -> int | None:
    """The place of the first sum among the operands of a contraction that has no heavier factors beside it."""
    if isinstance(term, Contraction):
        for place, operand in enumerate(term.operands):
            if isinstance(operand, Sum) and weight(term) - weight(operand) <= heaviest:
                return place
    return None


def _opened_at(term: Tensor, at: int) -> Tensor:
    """The contraction distributed over the sum that is its operand ``at``."""
    assert isinstance(term, Contraction)
    total = term.operands[at]
    assert isinstance(total, Sum)
    sizes = dict(enumerate(term.sizes))
    parts = []
    for coefficient, inner in total.terms:
        operands = [*term.operands[:at], inner, *term.operands[at + 1 :]]
        parts.append((coefficient, contract(operands, term.indices, term.output, sizes)))
    return add(parts, term.shape)
