"""Steps for powers and functions of single entries: what leaves them, and by what they are said."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias

from matcalc.base.traversal import with_operand
from matcalc.einstein.linear import content
from matcalc.einstein.nodes import Contraction, Map, Pairing, Power, Sum, Tensor, children
from matcalc.einstein.tensor_deduction import is_nonnegative
from matcalc.proofs.drafting import (
    Factors,
    Macro,
    Ordered,
    factors_left,
    instance,
    opened,
    powers_in,
    raised,
    whole_of,
)
from matcalc.proofs.product_steps import relations
from matcalc.proofs.products import Flat
from matcalc.proofs.subproducts import embeddings
from matcalc.rules.entries import Refused, constant, number, ones, product, spread
from matcalc.rules.laws import definitions

_MOST_COPIES = 6
HALF = Fraction(1, 2)
Monomial: TypeAlias = dict[tuple[Tensor, tuple[int, ...]], Fraction]
"""Exponents of bases on axes of a tensor."""


def nonnegative(tensor: Tensor) -> bool:
    value = constant(tensor)
    return value >= 0 if value is not None else is_nonnegative(tensor)


# ---------------------------------------------------------------- exponents


def simple_power(node: Power) -> Macro | None:
    """A power with exponent 0 or 1, or of a number."""
    base, exponent = node.base, node.exponent
    value = constant(base)
    after: Tensor | None = None
    if exponent == 1:
        after = base
    elif exponent == 0:
        after = ones(base.shape)
    elif exponent.denominator == 1 and value:
        after = Sum(((value**exponent.numerator, ones(base.shape)),), base.shape)
    return None if after is None else Macro(node).step("rational exponent", node, after)


def whole_power(node: Power) -> Macro | None:
    """A small whole power of a sum or a product is a product."""
    copies = node.exponent
    small = copies.denominator == 1 and 1 < copies <= _MOST_COPIES
    if not small or not isinstance(node.base, (Sum, Contraction)):
        return None
    axes, count = range(node.order), int(copies)
    sizes = dict(enumerate(node.shape))
    return Macro(node).product(node, product([node.base] * count, [axes] * count, axes, sizes))


def power_of_power(node: Power) -> Macro | None:
    if not isinstance(node.base, Power):
        return None
    inner, first, second = node.base.base, node.base.exponent, node.exponent
    values = {"t": inner, "j": number(first), "k": number(second)}
    if second.denominator == 1:
        return Macro(node).by_law("power of a power", values, node.order)
    if nonnegative(inner):
        return Macro(node).by_law("root of a power", values, node.order)
    if first == 2 and second == HALF:
        return Macro(node).by_law("root of a square", {"t": inner}, node.order)
    return None


def number_exponent(node: Map) -> Macro | None:
    if node.function != "pow":
        return None
    base, upper = node.arguments
    value = constant(upper)
    if value is None:
        return None
    return Macro(node).step("rational exponent", node, Power(base, value))


# ---------------------------------------------------------------- factors that leave


def taken_apart(node: Power | Map, s: Tensor, t: Tensor) -> tuple[Contraction, Callable[[Macro], Macro]]:
    """The product ``s*t`` in the law by which a power or a logarithm of it is taken apart, and the
    use of the law."""
    values = {"s": s, "t": t}
    name = "logarithm of a product"
    if isinstance(node, Power):
        name = "power of a product" if node.exponent.denominator == 1 else "root of a product"
        values["k"] = number(node.exponent)
    before, _ = instance(name, values, node.order)
    (inner,) = children(before)
    assert isinstance(inner, Contraction)
    return inner, lambda macro: macro.by_law(name, values, node.order)


def _base_of(node: Power | Map) -> Tensor:
    return node.base if isinstance(node, Power) else node.arguments[0]


def _is_whole(node: Power | Map) -> bool:
    """Whether any factor may leave: of a logarithm, and of a power with a whole exponent."""
    return isinstance(node, Map) or node.exponent.denominator == 1


def factor_out(node: Power | Map) -> Macro | None:
    """The first factor of a product leaves a power or a logarithm; a root only if it is not
    negative."""
    base = _base_of(node)
    factors = outer_factors(base)
    chosen = next((one for one in factors if _is_whole(node) or nonnegative(one)), None)
    if chosen is None:
        return None
    if isinstance(node, Map):
        chosen = spread(chosen, base.shape)
    inner, close = taken_apart(node, chosen, without(base, chosen))
    return close(Macro(node).product(base, inner))


def outer_factors(base: Tensor) -> list[Tensor]:
    """The parts of a product that no summed index joins, the number first: scalars, and tensors of
    the shape of the product."""
    flat = Flat(base)
    output = flat.output
    groups = _joined_parts(powers_in(flat), set(output))
    size = abs(flat.number)
    found = [] if flat.number == 1 else [number(size if size != 1 else flat.number)]
    if len(set(output)) < len(output) or len(groups) + len(found) < 2:
        return []
    for group in groups:
        shown = output if any(set(index) & set(output) for _, index in group) else []
        alone = len(group) == 1 and list(group[0][1]) == shown
        found.append(group[0][0] if alone else whole_of(group, shown, flat.sizes))
    return found


def _joined_parts(factors: Factors, output: set[int]) -> list[Factors]:
    """The factors in groups that summed labels join."""
    groups: list[tuple[set[int], Factors]] = []
    for factor in factors:
        labels, members = set(factor[1]) - output, [factor]
        for group in [group for group in groups if group[0] & labels]:
            groups.remove(group)
            labels |= group[0]
            members = [*group[1], *members]
        groups.append((labels, members))
    return [members for _, members in groups]


def without(base: Tensor, chosen: Tensor) -> Tensor:
    """The product without one of its outer factors."""
    host, small = Flat(base), Flat(spread(chosen, base.shape))
    match = next(embeddings(small, host, dict(zip(small.output, host.output))), None)
    if match is None:
        raise Refused("the factor is not found again")
    host.number /= small.number
    return Ordered(host, factors_left(host, small, match), symmetric=False).tensor()


def _sum_in(node: Power | Map) -> Sum | None:
    """The sum that a power or a logarithm is taken of; not where it will be multiplied out."""
    base = _base_of(node)
    apart = node.function == "log" if isinstance(node, Map) else node.exponent not in range(1, 7)
    return base if apart and isinstance(base, Sum) and len(base.terms) > 1 else None


def number_out(node: Power | Map) -> Macro | None:
    """The number that all terms of a sum have in common, and the sign that most have."""
    total = _sum_in(node)
    if total is None:
        return None
    factor = abs(content(total)[0])
    negative = sum([1 if c < 0 else -1 for c, _ in total.terms])
    mostly = negative > 0 or (negative == 0 and total.terms[0][0] < 0)
    if isinstance(node, Power) and _is_whole(node) and mostly:
        factor = -factor
    if factor == 1:
        return None
    core = Sum(tuple([(c / factor, term) for c, term in total.terms]), total.shape)
    inner, close = taken_apart(node, number(factor), core)
    simple = Sum(((factor, core),), core.shape)
    return close(Macro(node).collect(total, simple).product(simple, inner))


def common_out(node: Power | Map) -> Macro | None:
    """What all terms of a sum have as a factor, and what some have in a denominator."""
    total = _sum_in(node)
    if total is None:
        return None
    flats = [Flat(term) for _, term in total.terms]
    lowest = _lowest(list(map(_monomial, flats)))
    if not _is_whole(node):
        lowest = {key: e for key, e in lowest.items() if nonnegative(raised(key[0], e))}
    if not lowest or any(len(set(flat.output)) < len(flat.output) for flat in flats):
        return None
    rest = [_divided(flat, lowest) for flat in flats]
    core = Sum(tuple([(c, term) for (c, _), term in zip(total.terms, rest)]), total.shape)
    inner, close = taken_apart(node, _tensor_of(lowest, total), core)
    place = inner.operands.index(core)
    macro = Macro(node)
    now = macro.terms(total, opened(inner, place).below)
    return close(macro.step("distribute", now, inner, factor=place, back=True))


def _monomial(flat: Flat) -> Monomial:
    """The powers of a product that stand on its own axes alone."""
    return {
        (base, tuple([flat.output.index(label) for label in index])): exponent
        for (base, index), exponent in flat.factors.items()
        if set(index) <= set(flat.output) and not isinstance(base, Pairing)
    }


def _lowest(monomials: list[Monomial]) -> Monomial:
    """The lowest exponent of each power, where it is not 0."""
    keys = dict.fromkeys([key for one in monomials for key in one])
    found = {key: min([one.get(key, Fraction(0)) for one in monomials]) for key in keys}
    return {key: exponent for key, exponent in found.items() if exponent}


def _tensor_of(powers: Monomial, like: Tensor) -> Tensor:
    factors = [(raised(base, exponent), index) for (base, index), exponent in powers.items()]
    axes = tuple(range(like.order))
    alone = [index for _, index in factors] == [axes]
    return factors[0][0] if alone else whole_of(factors, axes, like.shape)


def _divided(flat: Flat, powers: Monomial) -> Tensor:
    """A product over a monomial."""
    left = dict(flat.factors)
    for (base, index), exponent in powers.items():
        key = (base, tuple([flat.output[place] for place in index]))
        left[key] = left.get(key, Fraction(0)) - exponent
    factors = [(raised(base, e), index) for (base, index), e in left.items() if e]
    return Ordered(flat, factors, symmetric=False).tensor()


# ---------------------------------------------------------------- functions


def elsewhere(node: Map | Power) -> Macro | None:
    """A function of entries that only stand elsewhere, or are the same along some axes, is taken
    of the entries."""
    argument = children(node)[0]
    if not isinstance(argument, Contraction) or len(children(node)) > 1:
        return None
    flat = Flat(argument)
    used = {label for _, index in flat.factors for label in index}
    kept = [label for label in flat.output if label in used]
    if len(set(flat.output)) < len(flat.output) or not flat.output:
        return None
    sizes = dict(enumerate(flat.sizes))
    factors = powers_in(flat)
    if len(kept) == len(flat.output):
        (inner, labels), *others = factors
        if others or sorted(labels) != sorted(kept) or list(labels) == kept:
            return None
    else:
        inner = whole_of(factors, kept, flat.sizes)
        labels = tuple(kept)
    moved = product([inner], [labels], flat.output, sizes)
    after = with_operand(moved, 0, with_operand(node, 0, inner))
    macro = Macro(node).product(argument, moved)
    return macro.step("entry by entry", with_operand(node, 0, moved), after)


def defined(node: Map) -> Macro | None:
    """A function by its definition; the absolute value of what is not negative is that."""
    values = {"t": node.arguments[0]}
    if node.function == "abs" and nonnegative(node.arguments[0]):
        return Macro(node).by_law("absolute value of a nonnegative", values, node.order)
    names = definitions().get(node.function)
    return None if names is None else Macro(node).by_law(names[0], values, node.order)


def undone(node: Map) -> Macro | None:
    """An exponential of a logarithm, and the other way round."""
    (argument, *_) = node.arguments
    pair = (node.function, argument.function if isinstance(argument, Map) else "")
    name = {
        ("exp", "log"): "exponential of a logarithm",
        ("log", "exp"): "logarithm of an exponential",
    }.get(pair)
    if name is None:
        return None
    return Macro(node).by_law(name, {"t": children(argument)[0]}, node.order)


def exponential(node: Map) -> Macro | None:
    """The exponential of a sum, and of a multiple."""
    argument = node.arguments[0]
    if node.function != "exp" or not isinstance(argument, Sum) or not argument.terms:
        return None
    (factor, core), *others = argument.terms
    values: dict[str, Tensor] = {}
    if others:
        first, rest = [Sum(part, argument.shape) for part in (argument.terms[:1], tuple(others))]
        name, values = "exponential of a sum", {"s": first, "t": rest}
    else:
        name, values = "exponential of a multiple", {"k": number(factor), "t": core}
        if core is ones(core.shape):
            return None
    before, _ = instance(name, values, node.order)
    (inner,) = children(before)
    macro = Macro(node)
    macro = macro.collect(argument, inner) if others else macro.product(argument, inner)
    return macro.by_law(name, values, node.order)


def logarithm(node: Map) -> Macro | None:
    """The logarithm of a power, and of a product."""
    argument = node.arguments[0]
    if node.function != "log":
        return None
    if isinstance(argument, Power):
        values = {"k": number(argument.exponent), "t": argument.base}
        return Macro(node).by_law("logarithm of a power", values, node.order)
    if isinstance(argument, Map) and argument.function == "pow":
        base, upper = argument.arguments
        return Macro(node).by_law("logarithm of a power", {"k": upper, "t": base}, node.order)
    return factor_out(node) if isinstance(argument, (Contraction, Sum)) else None


POWERS: tuple[Callable[[Power], Macro | None], ...] = (
    simple_power,
    elsewhere,
    relations,
    whole_power,
    factor_out,
    power_of_power,
    number_out,
    common_out,
)
FUNCTIONS: tuple[Callable[[Map], Macro | None], ...] = (
    number_exponent,
    elsewhere,
    defined,
    undone,
    exponential,
    number_out,
    common_out,
    logarithm,
)
