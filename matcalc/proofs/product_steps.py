"""Steps for sums and products: order, distribution, and what cancels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from matcalc.base.shapes import axes_of
from matcalc.base.traversal import with_operand
from matcalc.einstein.linear import add
from matcalc.einstein.nodes import Apply, Contraction, Map, Power, Sum, Symbol, Tensor
from matcalc.facts.table import implied
from matcalc.proofs.drafting import (
    ONE,
    Macro,
    Ordered,
    factors_in,
    instance,
    opened,
    part_replaced,
    raised,
    regrouped,
)
from matcalc.proofs.products import Flat, linear
from matcalc.proofs.subproducts import embeddings, order_of
from matcalc.rules.entries import entrywise, ones, product, transpose
from matcalc.rules.laws import law, law_lines, words


def collected(node: Sum) -> Macro:
    """Sums within sums opened, like terms collected."""
    terms = [(c, term) for term, c in linear(node).items()]
    return Macro(node).collect(node, add(terms, node.shape))


def without_terms(node: Contraction) -> Macro | None:
    """A product with zero."""
    for place, operand in enumerate(node.operands):
        if isinstance(operand, Sum) and not operand.terms:
            return Macro(node).step("distribute", node, opened(node, place), factor=place)
    return None


def in_order(node: Contraction) -> Macro:
    """One product in canonical order; symmetric factors are turned where they must be."""
    flat = Flat(node)
    found = Ordered(flat, factors_in(flat))
    target = found.tensor()
    if target is node or not any(found.turned) or order_of(node, target) is not None:
        return Macro(node).product(node, target)
    pairs = list(zip(found.operands, found.turned))
    macro = Macro(node)
    macro.product(node, found.tensor([transpose(one) if turn else one for one, turn in pairs]))
    for operand in dict.fromkeys([one for one, turn in pairs if turn]):
        if isinstance(operand, Apply):
            values = {"X": operand.arguments[0]}
            macro.by_law(f"{operand.function} of a transpose", values, back=True)
        else:
            macro.by_law("symmetric: X' = X", {"X": operand})
    return macro


def distributed(node: Contraction) -> Macro | None:
    for place, operand in enumerate(node.operands):
        if isinstance(operand, Sum):
            return Macro(node).step("distribute", node, opened(node, place), factor=place)
    return None


# ---------------------------------------------------------------- what cancels


def inverses(node: Contraction) -> Macro | None:
    """An inverse beside its matrix, or beside the lead of a sum."""
    for inverse in dict.fromkeys(node.operands):
        if not isinstance(inverse, Apply) or inverse.function != "inv" or inverse.order != 2:
            continue
        for name in ("inverse on the left", "inverse on the right"):
            found = _by_inverse(node, name, inverse.arguments[0])
            if found is not None:
                return found
    return None


def _by_inverse(node: Contraction, name: str, matrix: Tensor) -> Macro | None:
    before, _ = instance(name, {"X": matrix})
    whole = not isinstance(matrix, Sum)
    macro = part_replaced(node, before) if whole else term_over_sum(node, before, matrix)
    return None if macro is None else macro.by_law(name, {"X": matrix})


def term_over_sum(node: Contraction, whole: Tensor, total: Tensor) -> Macro | None:
    """``whole`` is a product with a sum. Where ``node`` has the lead of the sum in its place, the
    lead is written as the sum less its other terms; None where it has not."""
    assert isinstance(whole, Contraction) and isinstance(total, Sum)
    place = whole.operands.index(total)
    number, lead = lead_of(total)
    part = with_operand(whole, place, lead)
    macro = part_replaced(node, part)
    if macro is None:
        return None
    terms = opened(whole, place)
    others = [(-c / number, term) for c, term in terms.terms if term is not part]
    macro.collect(part, Sum(((1 / number, terms), *others), part.shape))
    return macro.step("distribute", terms, whole, factor=place, back=True)


def lead_of(total: Sum) -> tuple[Fraction, Tensor]:
    """The term that is written by the others: the one with the most factors."""
    return max(total.terms, key=lambda pair: (len(Flat(pair[1]).factors), pair[1].digest))


def _sums_below(node: Tensor) -> Iterator[Sum]:
    """The sums that a product has in a denominator."""
    for (base, _), exponent in Flat(node).factors.items():
        if isinstance(base, Sum) and exponent < 0:
            yield base


def over_sums(node: Contraction) -> Macro | None:
    """The lead of a sum over the sum, entry by entry."""
    for total in _sums_below(node):
        whole = entrywise([Power(total, -ONE), total], total.shape)
        found = term_over_sum(node, whole, total)
        if found is not None:
            return found
    return None


def over_parts(node: Contraction) -> Macro | None:
    """1 over a sum with a number in it and over another of its terms: one over each alone."""
    for total in _sums_below(node):
        unit = ones(total.shape)
        number = next((c for c, term in total.terms if term is unit), None)
        for _, term in total.terms if number else ():
            part = _reciprocals(total, term)
            macro = None if part is None else part_replaced(node, part)
            if macro is not None and part is not None:
                return _apart(macro, part, total, unit)
    return None


def _reciprocals(total: Sum, term: Tensor) -> Contraction | None:
    """1 over a sum and over a term that is one power."""
    flat = Flat(term)
    if len(flat.factors) != 1 or flat.number != 1:
        return None
    ((base, index), exponent) = next(iter(flat.factors.items()))
    if not set(index) <= set(flat.output):
        return None
    places = tuple([flat.output.index(label) for label in index])
    operands = [raised(base, -exponent), Power(total, -ONE)]
    axes = range(total.order)
    return product(operands, [places, axes], axes, dict(enumerate(total.shape)))


def _apart(macro: Macro, part: Contraction, total: Sum, unit: Tensor) -> Macro:
    """The product times one, which is written as the sum less its other terms."""
    axes = tuple(range(total.order))
    labels = [*part.indices, axes]
    more = product([*part.operands, unit], labels, axes, dict(enumerate(total.shape)))
    number = next(c for c, term in total.terms if term is unit)
    others = [(-c / number, term) for c, term in total.terms if term is not unit]
    one = Sum(((1 / number, total), *others), total.shape)
    macro.product(part, more).step("collect", unit, one, within=more, operand=2)
    whole = with_operand(more, 2, one)
    assert isinstance(whole, Contraction)
    return macro.step("distribute", whole, opened(whole, 2), factor=2)


def over_itself(node: Contraction) -> Macro | None:
    """A product over itself, which stands in a denominator as a whole."""
    flat = Flat(node)
    for (base, index), exponent in flat.factors.items():
        if exponent >= 0 or not isinstance(base, Contraction):
            continue
        small = Flat(base)
        start = dict(zip(small.output, index))
        match = next(embeddings(small, flat, start), None) if small.number == 1 else None
        if match is not None:
            return _cancelled(Macro(node).product(node, regrouped(flat, base, match)), base)
    return None


def _cancelled(macro: Macro, base: Tensor) -> Macro:
    power = Power(base, ONE)
    macro.step("rational exponent", base, power, back=True, operand=0)
    flat = Flat(macro.now)
    return macro.product(macro.now, Ordered(flat, factors_in(flat), symmetric=False).tensor())


# ---------------------------------------------------------------- relations

_OF_FACTS = (
    "orthogonal: X'*X = eye",
    "orthogonal: X*X' = eye",
    "orthonormal: X'*X = eye",
    "idempotent: X*X = X",
    "unit: x'*x = 1",
    "simplex: sum(x) = 1",
    "simplex: X*ones = ones",
    "doubly_stochastic: X'*ones = ones",
)
_OF_ENTRIES = {"sign": "square of 1 or -1", "mask": "square of 0 or 1"}
_OF_FUNCTIONS = {"sign": "square of a sign", "sin": "sine squared"}


def relations(node: Contraction | Power) -> Macro | None:
    """What facts, functions and laws say of products, where that is shorter."""
    for base, _ in Flat(node).factors:
        for name, variable, value, batch in _relations_of(base):
            before, _ = instance(name, {variable: value}, batch)
            macro = part_replaced(node, before)
            if macro is not None:
                return macro.by_law(name, {variable: value}, batch)
    return None


def _relations_of(base: Tensor) -> Iterator[tuple[str, str, Tensor, int]]:
    """Laws, each with its variable, what that is, and the number of axes that are apart."""
    match base:
        case Symbol(properties=properties) if properties:
            for name in _OF_FACTS:
                variable = law(name).variables[0]
                fits = len(axes_of(variable.shape)) == base.order
                if fits and name.partition(":")[0] in implied(properties):
                    yield name, variable.name, base, 0
            for fact, name in _OF_ENTRIES.items():
                if fact in implied(properties):
                    yield name, "t", base, base.order
        case Map(function=function, arguments=(argument,)) if function in _OF_FUNCTIONS:
            yield _OF_FUNCTIONS[function], "t", argument, argument.order
        case Apply(function=function, arguments=(argument,)) if function in words() and function != "inv":
            yield from [(name, "X", argument, 0) for name in filter(_shortens, words()[function])]


def _shortens(name: str) -> bool:
    return len(law_lines()[name].right) < len(law_lines()[name].left)


PRODUCTS: tuple[Callable[[Contraction], Macro | None], ...] = (
    without_terms,
    in_order,
    distributed,
    inverses,
    relations,
    over_sums,
    over_parts,
    over_itself,
)
