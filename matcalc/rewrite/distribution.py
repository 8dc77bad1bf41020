"""Products distributed over sums: the one step, and how far strategies take it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import comb, inf, prod
from typing import TypeAlias

from matcalc.base.budgets import LONGEST_WRITTEN_AXIS
from matcalc.base.errors import LimitError
from matcalc.base.records import grouped
from matcalc.base.sizes import Size
from matcalc.einstein.algebra import base_and_exponent, contract, power
from matcalc.einstein.linear import YES, add, scale, terms_of
from matcalc.einstein.nodes import Contraction, Factor, Power, Sum, Tensor, Unit, postorder
from matcalc.einstein.substitution import rebuilt, weight

Terms = list[tuple[Fraction, Tensor]]


def _powered(operand: Tensor) -> tuple[Tensor, Fraction]:
    """The base and the exponent of what may be a power."""
    return (operand.base, operand.exponent) if isinstance(operand, Power) else (operand, YES)


def opened_at(term: Contraction, place: int) -> Terms:
    """The terms of a contraction whose operand at ``place`` is a sum, or a power of one, of which
    one factor is opened."""
    operand, labels = term.operands[place], term.indices[place]
    base, exponent = _powered(operand)
    rest, indices = [*term.operands], [*term.indices]
    if exponent != 1:
        rest.append(power(base, exponent - 1))
        indices.append(labels)
    found = []
    for coefficient, inner in terms_of(base):
        rest[place] = inner
        found.append((coefficient, contract(rest, indices, term.output, dict(enumerate(term.sizes)))))
    return found


def distributed(tensor: Tensor, chosen: Callable[[Contraction], int | None], most: float = inf) -> Tensor | None:
    """``tensor`` with the operand opened that is ``chosen`` of each product, until none is; None
    above ``most`` terms. Every step takes a sum from under a contraction."""
    changed = True
    while changed:
        terms = terms_of(tensor)
        if sum(_count(term) for _, term in terms) > most:
            return None
        parts: Terms = []
        changed = False
        for coefficient, term in terms:
            place = chosen(term) if isinstance(term, Contraction) else None
            if isinstance(term, Contraction) and place is not None:
                changed = True
                parts += [(coefficient * own, inner) for own, inner in opened_at(term, place)]
            else:
                parts.append((coefficient, term))
        tensor = add(parts, tensor.shape) if changed else tensor
    return tensor


def _count(term: Tensor) -> int:
    return prod(len(operand.terms) for operand in term.below if isinstance(operand, Sum)) if isinstance(term, Contraction) else 1


# ------------------------------------------------------------
# To make a formula lighter: the long form that is tried beside the factored one.

_MOST_TERMS = 64
_MOST_OPENED = 16
_HEAVY = 10
"""A product that weighs more without the sum in it than this is not opened: it would stand before
every term."""


def expanded(tensor: Tensor, most: int = _MOST_TERMS, heaviest: float = inf) -> Tensor:
    """``tensor`` with its outer contractions distributed over sums among their operands; unchanged
    above ``most`` terms.

    Sums with factors beside them that weigh more than ``heaviest`` stay. Only operands of the outer
    contractions are opened, not arguments of functions.
    """

    def first_sum(term: Contraction) -> int | None:
        light = (k for k, one in enumerate(term.operands) if isinstance(one, Sum) and weight(term) - weight(one) <= heaviest)
        return next(light, None)

    return distributed(tensor, first_sum, most) or tensor


def without_deep_sums(node: Contraction, most: int = _MOST_TERMS) -> Tensor | None:
    """The contraction distributed over sums of three and more axes, and over their squares:
    ``(X_ik - M_jk)²`` summed over k.

    None where there are none, or above ``most`` terms.
    """
    sums = [_deep_sum(operand) for operand in node.operands]
    terms = prod(len(base.terms) ** times for base, times in filter(None, sums))
    if not any(sums) or terms > most:
        return None
    return distributed(node, lambda term: next((k for k, operand in enumerate(term.operands) if _deep_sum(operand)), None))


def _deep_sum(operand: Tensor) -> tuple[Sum, int] | None:
    """A sum of three and more axes, or of which the operand is the square, and how often it is a
    factor."""
    base, times = (operand.base, 2) if isinstance(operand, Power) and operand.exponent == 2 else (operand, 1)
    return (base, times) if isinstance(base, Sum) and base.order > 2 else None


def opened(tensor: Tensor, most: int = _MOST_OPENED) -> Tensor:
    """``tensor`` with only those sums distributed, at any depth, that have an identity or ones
    among their terms.

    Such a term makes the product around it shorter, as in ``(s I - x x') A``; other sums stay
    factored, and so do those in long products. Unchanged when there are more than ``most`` such
    sums: a product of many would double with each.
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
        assert isinstance(node, Contraction)
        result = add(opened_at(node, at), node.shape)
        if isinstance(result, Sum):
            return add([(c, replacement(term) or term) for c, term in result.terms], result.shape)
        return replacement(result) or result

    result = rebuilt(tensor, replacement)
    return tensor if count > most else result


def _plain_sum(node: Tensor) -> int | None:
    """The place of an operand that is to be opened: the factors beside it, which every term of it
    takes along, are few."""
    if not isinstance(node, Contraction) or (len(node.operands) == 1 and node.output):
        return None
    places = (k for k, operand in enumerate(node.operands) if _opens(operand) and weight(node) - weight(operand) <= _HEAVY)
    return next(places, None)


def _opens(operand: Tensor) -> bool:
    """Whether the operand is a sum with an identity or ones among its terms."""
    if not isinstance(operand, Sum) or not operand.shape:
        return False
    return any(isinstance(term, Contraction) and not any(term.indices) for _, term in operand.terms)


# ------------------------------------------------------------
# The other way: arrays of numbers times what their entries are multiplied with.


def collected(tensor: Tensor) -> Tensor:
    """``tensor`` with terms that are entries of one vector or matrix times unit vectors as an array
    of the coefficients times that: ``x[1]*[2; 5] + x[2]*[5; 8]`` is ``[2, 5; 5, 8]*x``.

    Only where there are more terms than the array has rows.
    """
    if not isinstance(tensor, Sum):
        return tensor
    taken = [(coefficient, _as_entry(term) if isinstance(term, Contraction) else None) for coefficient, term in tensor.terms]
    found = grouped(
        (entry[1:], (place, scale(coefficient, entry[0])))
        for place, (coefficient, entry) in enumerate(taken)
        if entry is not None
    )
    gone: set[int] = set()
    parts: Terms = []
    for (whole, own), entries in found.items():
        array = add([(YES, entry) for _, entry in entries], entries[0][1].shape)
        if len(entries) > array.shape[0].value({}) and array.order == 1 + tensor.order - len(own):
            gone.update(place for place, _ in entries)
            parts.append((YES, _multiplied(array, whole, own, tensor.order)))
    kept = [pair for place, pair in enumerate(tensor.terms) if place not in gone]
    return add([*kept, *parts], tensor.shape) if parts else tensor


Labels: TypeAlias = tuple[int, ...]


def _as_entry(term: Contraction) -> tuple[Tensor, Tensor, Labels] | None:
    """A term as unit vectors times scalars, one axis of it for what is selected; that from which a
    unit vector selects; and the axes of the term that this has besides."""
    factors, sizes = _flat(term)
    picking = [k for k, (one, index) in enumerate(factors) if isinstance(one, Unit) and index[0] not in term.output]
    if len(picking) != 1 or len(set(term.output)) != len(term.output):
        return None
    unit, (at,) = factors[picking[0]]
    inside, reached = _component(factors, at, picking[0], term.output)
    others = [factor for k, factor in enumerate(factors) if k not in inside]
    own = tuple([label for label in term.output if label in reached])
    across = tuple([label for label in term.output if label not in reached])
    small = all(sizes[label].number is not None and (sizes[label].number or 0) <= LONGEST_WRITTEN_AXIS for label in (at, *across))
    plain = all(
        isinstance(one, Unit) or not (index or any(isinstance(node, Unit) for node in postorder(one))) for one, index in others
    )
    placed = {index[0] for one, index in others if isinstance(one, Unit)}
    if not inside or not across or not small or not plain or placed - {at} != set(across):
        return None
    whole = _of_factors([factors[k] for k in inside], (at, *own), sizes)
    return _of_factors(others, (*across, at), sizes), whole, tuple([term.output.index(label) for label in own])


def _of_factors(factors: list[Factor], output: Labels, sizes: dict[int, Size]) -> Tensor:
    return contract([one for one, _ in factors], [index for _, index in factors], output, sizes)


def _flat(term: Contraction) -> tuple[list[Factor], dict[int, Size]]:
    """The factors, those of scalar products among them."""
    sizes = dict(enumerate(term.sizes))
    factors: list[Factor] = []
    for operand, index in zip(term.operands, term.indices):
        if isinstance(operand, Contraction) and not index:
            fresh = len(sizes)
            sizes |= {fresh + label: size for label, size in enumerate(operand.sizes)}
            factors += [(one, tuple([fresh + label for label in own])) for one, own in zip(operand.operands, operand.indices)]
        else:
            factors.append((operand, index))
    return factors, sizes


def _component(factors: list[Factor], at: int, unit: int, output: Labels) -> tuple[list[int], set[int]]:
    """The places of the factors that a label is joined with by labels that are summed over, but for
    the unit vector, and all of their labels."""
    inside: list[int] = []
    reached, waiting = {at}, [at]
    while waiting:
        label = waiting.pop()
        for place, (_, index) in enumerate(factors):
            if place != unit and place not in inside and label in index:
                inside.append(place)
                waiting += [other for other in index if other not in reached and other not in output]
                reached.update(index)
    return sorted(inside), reached


def _multiplied(array: Tensor, whole: Tensor, own: Labels, order: int) -> Tensor:
    """An array times what it has its last axis in common with, which has ``own`` axes of the
    result."""
    across = [axis for axis in range(order) if axis not in own]
    indices = [(*across, order), (order, *own)]
    sizes = {label: size for index, one in zip(indices, (array, whole)) for label, size in zip(index, one.shape)}
    return contract([array, whole], indices, tuple(range(order)), sizes)


# ------------------------------------------------------------
# To compare: the normal form in which proofs collect like terms.

_MOST_SPREAD = 4000
_MOST_MONOMIALS = 1000
TOO_MANY = "the normal form has too many terms"


def collect(into: dict[Tensor, Fraction], coefficient: Fraction, tensor: Tensor) -> None:
    """Adds a multiple of a tensor, term by term."""
    for c, term in terms_of(tensor):
        into[term] = into.get(term, Fraction(0)) + coefficient * c


def spread(tensor: Tensor, most: int = _MOST_SPREAD) -> Tensor:
    """``tensor`` distributed over all sums among the operands of its terms, and over whole powers
    of sums.

    Raises LimitError above ``most`` terms.
    """
    done: dict[Tensor, Fraction] = {}
    waiting: dict[Tensor, Fraction] = {}
    collect(waiting, YES, tensor)
    while waiting:
        term, coefficient = waiting.popitem()
        parts = _spread_once(term) if coefficient else None
        if parts is None:
            collect(done, coefficient, term)
        for c, inner in parts or ():
            collect(waiting, coefficient * c, inner)
        if len(waiting) + len(done) > most:
            raise LimitError(TOO_MANY)
    return add([(c, term) for term, c in done.items()], tensor.shape)


def _spread_once(term: Tensor) -> Terms | None:
    """The term with one of its sums opened; None when none is left."""
    if isinstance(term, Power):  # the product with this one factor
        axes = tuple(range(term.order))
        term = Contraction((term,), (axes,), axes, term.shape)
    if not isinstance(term, Contraction):
        return None
    sizes = dict(enumerate(term.sizes))
    bases = [base_and_exponent(operand)[0] for operand, labels in zip(term.operands, term.indices) if not labels]
    if len(set(bases)) < len(bases):
        # A factor that a closing sum over ones has just brought is joined with its powers.
        again = contract(term.operands, term.indices, term.output, sizes)
        if again is not term:
            return [(YES, again)]
    for place, operand in enumerate(term.operands):
        if _is_small_sum(operand):
            return opened_at(term, place)
        base, exponent = _powered(operand)
        inner = _spread_scalar(base)
        if inner is not None:
            operands = [*term.operands[:place], power(inner, exponent), *term.operands[place + 1 :]]
            return [(YES, contract(operands, term.indices, term.output, sizes))]
    return None


def _is_small_sum(operand: Tensor) -> bool:
    """Whether the operand is a sum, or a power of one that has few enough terms when it is
    multiplied out."""
    base, exponent = _powered(operand)
    if not isinstance(base, Sum) or exponent < 1:
        return False
    whole = int(exponent)
    return whole <= _MOST_SPREAD and comb(len(base.terms) + whole - 1, whole) <= _MOST_MONOMIALS


def _spread_scalar(base: Tensor) -> Tensor | None:
    """A scalar product that has just been formed around a sum, distributed; None when there is
    nothing to distribute."""
    if not isinstance(base, Contraction) or base.output or not base.sizes:
        return None
    result = spread(base)
    return None if result is base else result
