"""Elementwise rational simplification: sums, products and integer powers of entries are rational
functions, which SymPy cancels.

Only formulas with a sum in a denominator, or with powers of sums inside a sum, are looked at, so
that SymPy is imported when it can help. A result is used when it is shorter, so this ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import comb
from operator import itemgetter
from typing import Any, cast

from matcalc.base.budgets import spend
from matcalc.base.shapes import Shape
from matcalc.einstein.algebra import contract, elementwise, power
from matcalc.einstein.linear import NO, YES, add, ones
from matcalc.einstein.nodes import Apply, Contraction, Leaf, Map, Node, Power, Sum, Symbol, Tensor, is_reciprocal
from matcalc.einstein.substitution import weight

_MOST_ATOMS = 8
_MOST_NODES = 80
_MOST_TERMS = 40
_LARGEST_EXPONENT = 6
_MOST_MONOMIALS = 200
"""Of the largest polynomial that may come up: cancelling takes time in proportion to its square."""
_WORTH_IT = 2
_NEVER_SHORTER = 3
"""With so many more operations than the formula weighs, a form need not be read back."""


def cancelled_fraction(node: Tensor) -> Tensor | None:
    """A shorter formula equal to ``node`` as a rational function of its atoms, or None."""
    if isinstance(node, Contraction):
        if not _worth_trying(node):
            return None
    elif not isinstance(node, Sum) or not 1 < len(node.terms) <= _MOST_TERMS:
        return None
    if not hasattr(node, "cancelled"):
        object.__setattr__(node, "cancelled", _on_diagonal(node) or _over_denominator(node) or _cancelled(node))
    return node.cancelled


def _on_diagonal(node: Sum | Contraction) -> Tensor | None:
    """A sum of diagonal matrices as the one of a shorter sum of their entries."""
    terms = (
        [(coefficient, term) for coefficient, term in node.terms if isinstance(term, Contraction)]
        if isinstance(node, Sum)
        else []
    )
    output = terms[0][1].output if terms else ()
    axes = tuple(dict.fromkeys(output))
    if len(axes) == len(output) or len(terms) < len(node.below) or any(term.output != output for _, term in terms):
        return None
    sizes = dict(zip(output, node.shape))
    entries = [(number, contract(term.operands, term.indices, axes, dict(enumerate(term.sizes)))) for number, term in terms]
    found = cancelled_fraction(add(entries, tuple([sizes[label] for label in axes])))
    return None if found is None else contract([found], [axes], output, sizes)


def _over_denominator(node: Sum | Contraction) -> Tensor | None:
    """Two terms over one denominator where that makes the numerator shorter: ``1 - t²/(t² + 1)`` is
    ``1/(t² + 1)``."""
    if not isinstance(node, Sum) or not any(_is_over_sum(term) for _, term in node.terms):
        return None
    parts = [_monomial(term) for _, term in node.terms]
    for place, part in enumerate(parts):
        for base, exponent in part.items():
            if isinstance(base, Sum) and exponent < 0 and base.order in (0, node.order):
                found = _joined_over(base, exponent, place, node, parts)
                if found is not None:
                    return found
    return None


def _joined_over(base: Sum, exponent: Fraction, place: int, node: Sum, parts: list[dict[Tensor, Fraction]]) -> Tensor | None:
    """The sum with the term at ``place`` and another over a power of ``base``."""
    spend(2 * len(parts))
    numerator = _times(parts[place], {base: -exponent})
    inside = [(coefficient, _monomial(term)) for coefficient, term in base.terms]
    for other, part in enumerate(parts):
        if part.get(base, 0) != exponent + 1:
            continue
        spend(len(inside) * len(part))
        beside = _times(part, {base: -exponent - 1})
        above = [(node.terms[other][0] * coefficient, _times(beside, factor)) for coefficient, factor in inside]
        if all(factors != numerator for _, factors in above):
            continue
        above.append((node.terms[place][0], numerator))
        total = add([(coefficient, _written(factors, node.shape)) for coefficient, factors in above], node.shape)
        rest = [term for k, term in enumerate(node.terms) if k not in (other, place)]
        result = add([(YES, elementwise([total, power(base, exponent)], node.shape)), *rest], node.shape)
        if weight(result) + _WORTH_IT <= weight(node):
            return result
    return None


def _is_over_sum(term: Tensor) -> bool:
    """Whether a sum stands in the denominator of an elementwise product."""
    factors = term.operands if isinstance(term, Contraction) else (term,)
    return any(isinstance(factor, Power) and isinstance(factor.base, Sum) and factor.exponent < 0 for factor in factors)


def _monomial(term: Tensor) -> dict[Tensor, Fraction]:
    """The factors of an elementwise product with their exponents; another term is one factor."""
    found: dict[Tensor, Fraction] = {}
    factors = _parts(term) if isinstance(term, Contraction) else None
    for factor in (term,) if factors is None else factors:
        base, exponent = (factor.base, factor.exponent) if isinstance(factor, Power) else (factor, YES)
        found[base] = found.get(base, NO) + exponent
    return found


def _times(one: Mapping[Tensor, Fraction], other: Mapping[Tensor, Fraction]) -> dict[Tensor, Fraction]:
    total = {base: one.get(base, NO) + other.get(base, NO) for base in (*one, *other)}
    return {base: exponent for base, exponent in total.items() if exponent}


def _written(monomial: Mapping[Tensor, Fraction], shape: Shape) -> Tensor:
    return elementwise([power(base, exponent) for base, exponent in monomial.items()], shape)


def _cancelled(node: Sum | Contraction) -> Tensor | None:
    found = list(_read_forms(node)) if _worth_trying(node) else []
    best = min(found, key=weight, default=node)
    return best if weight(best) + _WORTH_IT <= weight(node) else None


def _read_forms(node: Sum | Contraction) -> Iterator[Tensor]:
    """What SymPy makes of the formula: as one of its atoms, and with sums of symbols as atoms."""
    for linear_atoms in (True, False):
        region = _region(node, linear_atoms)
        if region is None or not (linear_atoms or any(map(is_reciprocal, region[0]))):
            continue  # a polynomial keeps its linear factors
        for form in _forms(*region, node):
            if form.count_ops() <= _NEVER_SHORTER * weight(node) and form.is_finite is not False:
                yield _read_back(form, region[1], node.shape)


def _worth_trying(node: Sum | Contraction) -> bool:
    """Whether two parts stand over or around sums, so that something may cancel."""
    parts = [term for _, term in node.terms] if isinstance(node, Sum) else list(node.operands)
    with_sums = 0
    for part in parts:
        factors = part.operands if isinstance(part, Contraction) else (part,)
        with_sums += any(map(_is_power_of_sum, factors))
    if isinstance(node, Sum):
        return with_sums > 1 or (with_sums == 1 and any(len(_sum_factors(part)) > 1 for part in parts))
    return len(_sum_factors(node)) > 1 and with_sums > 0


def _is_power_of_sum(factor: Tensor) -> bool:
    if not isinstance(factor, Power) or not isinstance(factor.base, Sum):
        return False
    return factor.exponent.denominator == 1 and -_LARGEST_EXPONENT <= factor.exponent <= _LARGEST_EXPONENT


def _sum_factors(part: Tensor) -> list[Tensor]:
    factors = part.operands if isinstance(part, Contraction) else (part,)
    return [factor for factor in factors if isinstance(factor, Sum) or _is_power_of_sum(factor)]


def _region(node: Tensor, linear_atoms: bool) -> tuple[list[Tensor], dict[Tensor, int]] | None:
    """The nodes of the rational formula, operands first, and its atoms numbered; None when it is
    too large to be tried.

    With ``linear_atoms`` a sum of two or more symbols, such as ``w + x``, is an atom.
    """
    order: list[Tensor] = []
    atoms: dict[Tensor, int] = {}
    seen: set[Tensor] = set()
    stack: list[tuple[Tensor, bool]] = [(node, False)]
    while stack:
        current, done = stack.pop()
        if done:
            order.append(current)
            continue
        if current in seen:
            continue
        seen.add(current)
        parts = None if linear_atoms and current is not node and _is_linear(current) else _parts(current)
        if parts is None:
            atoms.setdefault(current, len(atoms))
        else:
            stack.append((current, True))
            stack.extend((part, False) for part in reversed(parts))
        if len(atoms) > _MOST_ATOMS or len(seen) > _MOST_NODES:
            return None
    degree = max(_degrees(order, atoms)[node])
    return (order, atoms) if comb(degree + len(atoms), len(atoms)) <= _MOST_MONOMIALS else None


def _degrees(order: list[Tensor], atoms: Mapping[Tensor, int]) -> dict[Tensor, tuple[int, int]]:
    """Bounds for the degrees of numerator and denominator of every node."""
    found: dict[Tensor, tuple[int, int]] = dict.fromkeys(atoms, (1, 0))
    for node in order:
        parts = [found[part] for part in node.below]
        below = sum(map(itemgetter(1), parts))
        match node := cast("Node", node):
            case Sum():
                found[node] = (max((above - under for above, under in parts), default=0) + below, below)
            case Contraction():
                found[node] = (sum(map(itemgetter(0), parts)), below)
            case Power(exponent=exponent):
                above, under = [degree * abs(int(exponent)) for degree in parts[0]]
                found[node] = (above, under) if exponent > 0 else (under, above)
            case Leaf() | Map() | Apply():  # atoms, which the order leaves out
                pass
    return found


def _is_linear(node: Tensor) -> bool:
    return isinstance(node, Sum) and len(node.terms) > 1 and all(isinstance(term, Symbol) for _, term in node.terms)


def _parts(node: Tensor) -> tuple[Tensor, ...] | None:
    """The operands of an elementwise rational operation; None for an atom."""
    match node := cast("Node", node):
        case Contraction(output=output, indices=indices, sizes=sizes):
            entrywise = len(set(output)) == len(output) == len(sizes) and all(index in ((), output) for index in indices)
        case Power(exponent=exponent):
            entrywise = exponent.denominator == 1 and abs(exponent) <= _LARGEST_EXPONENT
        case Leaf() | Sum() | Map() | Apply():
            entrywise = isinstance(node, Sum)
    return node.below if entrywise else None


def _forms(order: list[Tensor], atoms: Mapping[Tensor, int], root: Tensor) -> list[Any]:
    """The cancelled and the factored form of a fraction, the expanded one of a polynomial, as SymPy
    expressions."""
    import sympy

    spend(100 + 10 * len(order) * len(atoms))  # milliseconds, that SymPy takes at once
    values: dict[Tensor, Any] = {atom: sympy.Symbol(f"a{number}") for atom, number in atoms.items()}
    for node in order:
        match node := cast("Node", node):
            case Sum():
                values[node] = sympy.Add(*(sympy.Rational(c.numerator, c.denominator) * values[term] for c, term in node.terms))
            case Contraction():
                values[node] = sympy.Mul(*(values[operand] for operand in node.operands))
            case Power():
                values[node] = values[node.base] ** int(node.exponent)
            case Leaf() | Map() | Apply():
                pass
    if not any(map(is_reciprocal, order)):
        return [sympy.expand(values[root])]
    cancelled = sympy.cancel(values[root])
    return [cancelled, sympy.factor(cancelled)]


def _read_back(form: Any, atoms: Mapping[Tensor, int], shape: Shape) -> Tensor:
    """A SymPy expression as a tensor of ``shape``; its depth is that of a factored fraction."""
    named = {f"a{number}": atom for atom, number in atoms.items()}

    def tensor(part: Any) -> Tensor:
        if part.is_Rational:
            return add([(Fraction(int(part.p), int(part.q)), ones(shape))], shape)
        if part.is_Symbol:
            return elementwise([named[part.name]], shape)
        if part.is_Add:
            return add([(YES, tensor(term)) for term in part.args], shape)
        if part.is_Mul:
            return elementwise([tensor(factor) for factor in part.args], shape)
        base, exponent = part.as_base_exp()
        return power(tensor(base), Fraction(int(exponent)))

    return tensor(form)
