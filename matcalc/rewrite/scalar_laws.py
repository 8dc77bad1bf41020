"""Laws of functions of one entry: everything is brought to exponentials, sines, logarithms, signs
and powers of primitive sums."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from typing import cast

from matcalc.base.shapes import Shape
from matcalc.base.traversal import bottom_up, postordered, with_operands
from matcalc.einstein.algebra import apply_map, broadcast, contract, elementwise, power, symbolic_power, transposed
from matcalc.einstein.linear import MINUS, YES, add, constant_value, number, ones, scale, terms_of
from matcalc.einstein.nodes import Apply, Contraction, Leaf, Map, Node, Power, Sum, Tensor
from matcalc.einstein.tensor_deduction import is_nonnegative, known, may_vanish
from matcalc.rewrite.distribution import spread
from matcalc.rewrite.monomials import Key, Monomial, monomial, primitive, times
from matcalc.rules.laws import definitions, law_lines
from matcalc.rules.rewrites import formula, instantiated


def map_law(function: str, argument: Tensor) -> Tensor:
    """``function`` of the entries of a normal ``argument``, in normal form."""
    return _outside(argument, lambda inner: _map(function, inner))


def _map(function: str, argument: Tensor) -> Tensor:
    if function in ("abs", "relu") and is_nonnegative(argument) or (function == "step" and known(argument).entries.bit):
        return argument
    if function == "step" and may_vanish(argument):  # at 0 it is no half
        return apply_map(function, argument)
    if function == "asin" and constant_value(argument) == 1:
        return normal_formula("pi/2", argument)
    if function in definitions():  # the last of several is the one by signs, valid but at the kink
        return normal_formula(law_lines()[definitions()[function][-1]].right, argument)
    law = _LAWS.get(function)
    return apply_map(function, argument) if law is None else law(argument)


def normal_formula(text: str, argument: Tensor) -> Tensor:
    """A formula of ``t``, built with the laws; formulas are small, so instantiating and normalising
    their nodes twice is cheap."""
    return rebuilt_entrywise(instantiated(formula(text), {"t": argument}), argument)


def rebuilt_entrywise(tensor: Tensor, known: Tensor) -> Tensor:
    """Applies the laws to the nodes above ``known``, which is normal already."""
    order = postordered([tensor], lambda node: () if isinstance(node, Apply) else node.below, {known})
    return bottom_up(order, by_laws)[tensor]


def by_laws(node: Tensor, normal: Mapping[Tensor, Tensor]) -> Tensor:
    """The normal form of a node by those of its operands, but for functions of whole matrices."""
    match node := cast("Node", node):
        case Sum():
            return add([(c, normal[t]) for c, t in node.terms], node.shape)
        case Contraction():
            return spread(contract([normal[o] for o in node.operands], node.indices, node.output, dict(enumerate(node.sizes))))
        case Power():
            return power_law(normal[node.base], node.exponent)
        case Map(function="pow", arguments=(base, exponent)):
            return symbolic_power_law(normal[base], normal[exponent])
        case Map(arguments=(argument,)):
            return map_law(node.function, normal[argument])
        case Leaf() | Map() | Apply():
            return with_operands(node, normal)


# ---------------------------------------------------------------- powers


def power_law(base: Tensor, exponent: Fraction) -> Tensor:
    """Elementwise power of a normal tensor: sums are split into a monomial and a primitive part."""
    return _outside(base, lambda inner: spread(_power(inner, exponent)))


def _power(base: Tensor, exponent: Fraction) -> Tensor:
    whole = exponent.denominator == 1
    if isinstance(base, Sum) and len(base.terms) > 1:
        if whole and exponent > 0:
            return power(base, exponent)
        common, _ = primitive(base)
        outside = _leaving(common, exponent)
        if not outside:
            return power(base, exponent)
        rest = add([(c, times(term, {key: -e for key, e, _ in outside})) for c, term in base.terms], base.shape)
        return spread(times(_power(spread(rest), exponent), _joined(outside)))
    if whole:
        return power(base, exponent)
    coefficient, core = base.terms[0] if isinstance(base, Sum) and base.terms else (YES, base)
    outside = _leaving(monomial(core), exponent) if coefficient > 0 and isinstance(core, (Contraction, Power)) else []
    if not outside:
        return power(base, exponent)
    rest = times(core, {key: -e for key, e, _ in outside})
    return times(power(scale(coefficient, rest), exponent), _joined(outside))


def _leaving(factors: Monomial, exponent: Fraction) -> list[tuple[Key, Fraction, Monomial]]:
    """The factors that a power may be taken of one by one: all for a whole exponent, else those
    that are not negative.

    Each with its exponent inside and what it becomes outside; an even power of t leaves a root as a
    power of ``t*sign(t)``.
    """
    found: list[tuple[Key, Fraction, Monomial]] = []
    for (base, labels), inner in factors.items():
        total = inner * exponent
        if exponent.denominator == 1 or is_nonnegative(base):
            found.append(((base, labels), inner, {(base, labels): total}))
        elif inner % 2 == 0 and total.denominator == 1:
            signs: Monomial = {(_sign(base), labels): YES} if total % 2 else {}
            found.append(((base, labels), inner, {(base, labels): total} | signs))
    return found


def _joined(outside: list[tuple[Key, Fraction, Monomial]]) -> Monomial:
    result: Monomial = {}
    for _, _, factors in outside:
        for key, exponent in factors.items():
            result[key] = result.get(key, Fraction(0)) + exponent
    return result


def symbolic_power_law(base: Tensor, exponent: Tensor) -> Tensor:
    """``base**exponent`` with a symbolic exponent: sums in the exponent become products, and where
    it is whole, powers of products and of powers are taken apart."""
    if isinstance(exponent, Sum):
        numbers = [(c, t) for c, t in exponent.terms if _is_ones(t)]
        others = [(c, t) for c, t in exponent.terms if not _is_ones(t)]
        if numbers and others:
            lower_part = power_law(base, sum((c for c, _ in numbers), Fraction(0)))
            return spread(elementwise([lower_part, symbolic_power(base, add(others, exponent.shape))], base.shape))
    if not base.order and known(exponent).entries.whole:
        if isinstance(base, Contraction) and not base.sizes and len(base.operands) > 1:
            return elementwise([symbolic_power_law(factor, exponent) for factor in base.operands], ())
        if isinstance(base, Map) and base.function == "pow" and known(base.arguments[1]).entries.whole:
            return symbolic_power_law(base.arguments[0], elementwise([base.arguments[1], exponent], ()))
    return symbolic_power(base, exponent)


def _is_ones(tensor: Tensor) -> bool:
    return tensor is ones(tensor.shape)


# ---------------------------------------------------------------- functions


def _exponential(argument: Tensor) -> Tensor:
    """The exponential of a sum is the product of the exponentials."""
    factors = [_outside(term, partial(_exponential_of_term, c)) for c, term in terms_of(argument)]
    return spread(elementwise(factors, argument.shape)) if factors else ones(argument.shape)


_MOST_ANGLES = 4


def _of_angles(function: str, argument: Tensor) -> Tensor:
    """Sine or cosine of a sum by the addition theorems; whole multiples of an angle are sums
    too."""
    angles: list[tuple[Fraction, Tensor]] = []
    for coefficient, term in argument.terms if isinstance(argument, Sum) else ():
        copies = abs(coefficient.numerator) if coefficient.denominator == 1 else 1
        if len(angles) + copies > _MOST_ANGLES:
            return apply_map(function, argument)
        angles += [(coefficient / copies, term)] * copies
    if len(angles) < 2:
        return apply_map(function, argument)
    sine, cosine = _sine_and_cosine(*angles[0])
    for angle in angles[1:]:
        other_sine, other_cosine = _sine_and_cosine(*angle)
        products = [elementwise(pair, argument.shape) for pair in ((sine, other_cosine), (cosine, other_sine))]
        squares = [elementwise(pair, argument.shape) for pair in ((cosine, other_cosine), (sine, other_sine))]
        sine = spread(add([(YES, products[0]), (YES, products[1])], argument.shape))
        cosine = spread(add([(YES, squares[0]), (MINUS, squares[1])], argument.shape))
    return sine if function == "sin" else cosine


def _sine_and_cosine(coefficient: Fraction, term: Tensor) -> tuple[Tensor, Tensor]:
    """Of one angle, a multiple of a term, which may vary along some axes only."""

    def of(function: str) -> Tensor:
        return _outside(term, lambda inner: apply_map(function, scale(coefficient, inner)))

    return of("sin"), of("cos")


def _exponential_of_term(coefficient: Fraction, term: Tensor) -> Tensor:
    if isinstance(term, Map) and term.function == "log" and coefficient.denominator == 1:
        return power_law(term.arguments[0], coefficient)
    return apply_map("exp", scale(coefficient, term))


def _logarithm(argument: Tensor) -> Tensor:
    """log|·|, which agrees with log on its domain and is additive without conditions."""
    coefficient, core = YES, argument
    if isinstance(argument, Sum):
        if len(argument.terms) == 1:
            coefficient, core = argument.terms[0]
        elif len(argument.terms) > 1:
            common, rest = primitive(argument)
            if common:
                parts = (_logarithm_of_factors(common, argument.shape), _logarithm(spread(rest)))
                return add([(YES, part) for part in parts], argument.shape)
    found: list[tuple[Fraction, Tensor]] = []
    if abs(coefficient) != 1:
        found.append((YES, broadcast(Map("log", (number(abs(coefficient)),)), argument.shape)))
    if isinstance(core, (Contraction, Power)) or (isinstance(core, Map) and core.function == "exp"):
        factors = monomial(core)
        rest = times(core, {key: -e for key, e in factors.items()})
        if factors and (len(factors) > 1 or next(iter(factors.values())) != 1 or rest is ones(core.shape)):
            found.append((YES, _logarithm_of_factors(factors, argument.shape)))
            if rest is not ones(core.shape):
                found.append((YES, apply_map("log", rest)))
            return add(found, argument.shape)
    if core is not ones(core.shape) and not known(core).entries.signed:
        found.append((YES, apply_map("log", core)))
    return add(found, argument.shape)


def _logarithm_of_factors(factors: Monomial, shape: Shape) -> Tensor:
    labels = tuple(range(len(shape)))
    sizes = dict(enumerate(shape))
    terms = []
    for (base, where), exponent in factors.items():
        if isinstance(base, Map) and base.function == "exp":
            inner = base.arguments[0]
        elif isinstance(base, Map) and base.function == "pow":
            inner = elementwise([base.arguments[1], apply_map("log", base.arguments[0])], base.shape)
        elif known(base).entries.signed:
            continue
        else:
            inner = apply_map("log", base)
        terms.append((exponent, contract([inner], [where], labels, sizes)))
    return add(terms, shape)


def _has_sign_one(argument: Tensor) -> bool:
    return is_nonnegative(argument) and not may_vanish(argument)


def _sign(argument: Tensor) -> Tensor:
    """Signs multiply; a factor that is not negative, and 0 at exceptional points only, has sign
    one."""
    if known(argument).entries.signed:
        return argument
    coefficient, core = YES, argument
    if isinstance(argument, Sum):
        if len(argument.terms) != 1:
            return ones(argument.shape) if _has_sign_one(argument) else apply_map("sign", argument)
        coefficient, core = argument.terms[0]
    sign = YES if coefficient > 0 else MINUS
    if _has_sign_one(core):
        return scale(sign, ones(core.shape))
    factors = monomial(core) if isinstance(core, Contraction) else {}
    rest = times(core, {key: -e for key, e in factors.items()})
    if not factors or (len(factors) == 1 and rest is ones(core.shape)):
        return scale(sign, apply_map("sign", core))
    labels = tuple(range(core.order))
    operands: list[Tensor] = [] if rest is ones(core.shape) else [apply_map("sign", rest)]
    indices: list[tuple[int, ...]] = [labels] * len(operands)
    for (base, where), exponent in factors.items():
        if may_vanish(base) or (exponent % 2 and not is_nonnegative(base)):
            operands.append(_sign(base) if exponent % 2 else power(_sign(base), Fraction(2)))
            indices.append(where)
    return scale(sign, contract(operands, indices, labels, dict(enumerate(core.shape))))


_LAWS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "exp": _exponential,
    "log": _logarithm,
    "sign": _sign,
    "sin": partial(_of_angles, "sin"),
    "cos": partial(_of_angles, "cos"),
}


# ---------------------------------------------------------------- broadcasting


def _outside(argument: Tensor, law: Callable[[Tensor], Tensor]) -> Tensor:
    """Applies an entrywise law to the part of the argument that varies, and broadcasts; of a matrix
    and its transpose one is chosen."""
    used = varying_axes(argument)
    if len(used) < argument.order:
        narrow = narrowed(argument, used)
        return contract([law(narrow)], [used], tuple(range(argument.order)), dict(enumerate(argument.shape)))
    if argument.order == 2 and isinstance(argument, (Contraction, Sum)):
        other = transposed(argument)
        if not isinstance(other, (Contraction, Sum)) or other.digest < argument.digest:
            return transposed(law(other))
    return law(argument)


def varying_axes(tensor: Tensor) -> tuple[int, ...]:
    """The axes along which the entries may differ."""
    varying: set[int] = set()
    for _, term in terms_of(tensor):
        if not isinstance(term, Contraction):
            return tuple(range(tensor.order))
        touched = {label for labels in term.indices for label in labels}
        varying |= {k for k, label in enumerate(term.output) if label in touched or term.output.count(label) > 1}
    return tuple(sorted(varying))


def narrowed(tensor: Tensor, used: tuple[int, ...]) -> Tensor:
    """The tensor without the axes along which it is constant."""
    if isinstance(tensor, Sum):
        return add([(c, narrowed(t, used)) for c, t in tensor.terms], tuple([tensor.shape[k] for k in used]))
    assert isinstance(tensor, Contraction)
    output = tuple([tensor.output[k] for k in used])
    kept = {label for labels in tensor.indices for label in labels} | set(output)
    return contract(tensor.operands, tensor.indices, output, {k: size for k, size in enumerate(tensor.sizes) if k in kept})
