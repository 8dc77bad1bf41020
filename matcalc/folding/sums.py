"""Sums of terms: numbers and common factors taken out where that leaves less to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import reduce
from math import gcd, lcm
from operator import and_

from matcalc.base.budgets import spend
from matcalc.base.records import replace
from matcalc.base.sizes import Shape
from matcalc.einstein.linear import MINUS, NO, YES
from matcalc.expr.nodes import (
    DiagonalMatrix,
    Entry,
    Expr,
    Hadamard,
    Identity,
    Kronecker,
    Negative,
    Number,
    Ones,
    Product,
    Sum,
    Symbol,
)
from matcalc.folding.build import cost, hadamard, product, transposed_chain
from matcalc.folding.matrix_terms import Key, ReadingOrder, Term, expression_of, joined, merged_forms, merged_scalars, scalar_keys

_MOST_GROUPED = 40
"""Above this many terms only numbers and factors common to all are taken out, so that long sums
stay linear."""


def combined(terms: Sequence[Term], shape: Shape, order: ReadingOrder) -> Term:
    """One term equal to the sum of ``terms`` (two or more, or one)."""
    if len(terms) == 1:
        return terms[0]
    if len(terms) > _MOST_GROUPED:
        return _combined(terms, shape, order)
    # Groups overlap, and so do the groups within groups: without a memory the work doubles with
    # every common factor.
    spend(1 + (len(terms) >> 1))
    # A number one is an integer in the key: fractions take long to hash.
    parts = [(1 if term.coefficient is YES else term.coefficient, tuple(term.scalars.items()), term.chain) for term in terms]
    sum_of = (tuple(parts), shape)
    known = order.sums.get(sum_of)
    if known is None:
        known = order.sums[sum_of] = _combined(terms, shape, order)
    return known


def _combined(terms: Sequence[Term], shape: Shape, order: ReadingOrder) -> Term:
    spend(4 + 2 * len(terms))
    if not all(term.coefficient for term in terms):  # groups may cancel: diag(u) - diag(u) beside others
        left = [term for term in terms if term.coefficient]
        return combined(left, shape, order) if left else terms[0]
    number = _content(terms)
    if number is not YES and number != 1:
        inner = combined([replace(term, coefficient=term.coefficient / number) for term in terms], shape, order)
        return replace(inner, coefficient=inner.coefficient * number)
    shared = _shared(terms, shape, order)
    if shared is not None:
        return shared
    if len(terms) <= _MOST_GROUPED:
        grouped = _grouped(list(terms), shape, order)
        if len(grouped) < len(terms):
            return combined(grouped, shape, order)
    parts = []
    for term in terms:
        expression = expression_of(term, order)
        minus = isinstance(expression, Negative)
        parts.append((expression.operand if isinstance(expression, Negative) else expression, minus))
    return _opaque(joined(parts, order))


def _opaque(expression: Expr) -> Term:
    if expression.is_scalar:
        return Term(YES, {expression: YES}, ())
    return Term(YES, {}, (expression,))


def _content(terms: Sequence[Term]) -> Fraction:
    """The greatest number to take out; negative when every term is."""
    if terms[0].coefficient is YES and all(term.coefficient is YES or term.coefficient.denominator == 1 for term in terms):
        return YES
    numerator = reduce(gcd, (abs(term.coefficient.numerator) for term in terms))
    denominator = reduce(lcm, (term.coefficient.denominator for term in terms))
    factor = Fraction(numerator, denominator)
    if any(term.coefficient.denominator != denominator for term in terms):
        factor = Fraction(numerator, reduce(gcd, (term.coefficient.denominator for term in terms)))
    return -factor if all(term.coefficient < 0 for term in terms) else factor


def _shared(terms: Sequence[Term], shape: Shape, order: ReadingOrder) -> Term | None:
    """Everything that all terms have in common, outside; None when that is nothing or makes the
    result longer."""
    scalars = {}
    for base in terms[0].scalars:
        exponents = [term.scalars.get(base, NO) for term in terms]
        if all(e > 0 for e in exponents):
            scalars[base] = min(exponents)
        elif all(e < 0 for e in exponents):
            scalars[base] = max(exponents)
        elif any(e.denominator != 1 for e in exponents) and all((e - exponents[0]).denominator == 1 for e in exponents):
            scalars[base] = max(exponents)  # sqrt(n) A - B/sqrt(n) is sqrt(n) (A - B/n)
    prefix, suffix, chains, inner = _common_ends([term.chain for term in terms], shape)
    if not scalars and not prefix and not suffix:
        return None
    rest = []
    for term, chain in zip(terms, chains):
        left = {base: exponent - scalars[base] if base in scalars else exponent for base, exponent in term.scalars.items()}
        opened = _opened(chain[0]) if len(chain) == 1 else chain
        rest.append(Term(term.coefficient, {base: exponent for base, exponent in left.items() if exponent}, opened))
    rest = _like_terms_bare(rest)
    total = (
        _transposed_rows(rest, inner, order)
        if inner and inner[0].number == 1 and len(inner) == 2
        else _collected(rest, inner, order)
    )
    return Term(total.coefficient, merged_scalars(total.scalars, scalars), (*prefix, *total.chain, *suffix))


def _like_terms_bare(rest: list[Term]) -> list[Term]:
    """A sum among the terms is opened where it has a term that is like one beside it:
    ``(x + 1) + x`` is ``2 x + 1``."""
    if not any(len(term.chain) == 1 and isinstance(term.chain[0], Sum) for term in rest):
        return rest
    known = {(frozenset(term.scalars.items()), term.chain) for term in rest}
    found: list[Term] = []
    for term in rest:
        total = term.chain[0] if len(term.chain) == 1 else None
        parts = [(number, _opened(part)) for number, part in _summands(total)] if isinstance(total, Sum) else []
        scalars = frozenset(term.scalars.items())
        if any((scalars, chain) in known for _, chain in parts):
            found += [replace(term, coefficient=number * term.coefficient, chain=chain) for number, chain in parts]
        else:
            found.append(term)
    return found


def _collected(rest: list[Term], shape: Shape, order: ReadingOrder) -> Term:
    """Like terms may meet once the common factors are out."""
    found: dict[tuple[tuple[tuple[Expr, Fraction], ...], tuple[Expr, ...]], Term] = {}
    for term in rest:
        key = (tuple(sorted(term.scalars.items(), key=lambda item: order.rank(item[0]))), term.chain)
        old = found.get(key)
        found[key] = term if old is None else replace(old, coefficient=old.coefficient + term.coefficient)
    kept = [term for term in found.values() if term.coefficient]
    if not kept:
        return Term(NO, {}, rest[0].chain)
    if shape:
        kept = [term if term.chain else replace(term, chain=(Identity(shape[0]),)) for term in kept]
    return combined(kept, shape, order)


def _transposed_rows(rest: list[Term], shape: Shape, order: ReadingOrder) -> Term:
    """A sum of rows is written as the transpose of a sum of columns."""
    columns = [replace(term, chain=transposed_chain(term.chain)) for term in rest]
    total = _collected(columns, (shape[1],), order)
    return replace(total, chain=transposed_chain(total.chain))


def _common_ends(
    chains: Sequence[tuple[Expr, ...]], shape: Shape
) -> tuple[tuple[Expr, ...], tuple[Expr, ...], list[tuple[Expr, ...]], Shape]:
    """Common prefix and suffix, what is left of each chain, and the shape of that."""
    first = chains[0]
    if all(chain == first for chain in chains):
        return first, (), [() for _ in chains], ()
    shortest = min(map(len, chains))
    start = 0
    while start < shortest and all(chain[start] is first[start] for chain in chains):
        start += 1
    end = 0
    while end < shortest - start and all(chain[-1 - end] is first[-1 - end] for chain in chains):
        end += 1
    prefix, suffix = first[:start], first[len(first) - end :]
    rest = [chain[start : len(chain) - end] for chain in chains]
    if len(shape) == 1 and not prefix and not all(rest):
        return (), (), list(chains), shape  # no identity matrices in vectors: ``a x + B x`` stays
    whole = next(chain for chain in rest if chain)
    return prefix, suffix, rest, product(whole).shape


def _grouped(terms: list[Term], shape: Shape, order: ReadingOrder) -> list[Term]:
    """Repeatedly merges the group of terms whose common factor saves most; every merge removes a
    term."""
    while len(terms) > 1:
        groups: dict[Key, list[int]] = {}
        for k, term in enumerate(terms):
            for key in dict.fromkeys(_keys(term, shape)):  # a factor may stand twice in one term
                groups.setdefault(key, []).append(k)
        costs: dict[int, int] = {}
        best: tuple[int, list[int], Term] | None = None
        tried: set[tuple[int, ...]] = set()
        for key, members in groups.items():
            if len(members) < 2:
                continue
            if key[0] == "hadamard":  # all factors that the members have in common go out at once
                if tuple(members) in tried:
                    continue
                tried.add(tuple(members))
            if key[0] == "scalar" and _is_polynomial([terms[k] for k in members], key[1]):
                continue
            if len(members) == len(terms) and key[0] in ("left", "right", "scalar", "chain"):
                continue
            chosen = [terms[k] for k in members]
            merged = _merged(chosen, key, shape, order)
            if merged is None:
                continue
            costs.update({k: _signed_cost(terms[k], order) for k in members if k not in costs})
            before = sum([costs[k] for k in members]) + len(members) - 1
            saving = before - _signed_cost(merged, order)
            if saving > 0 and (best is None or saving > best[0]):
                best = (saving, members, merged)
        if best is None:
            return terms
        _, members, merged = best
        terms = [term for k, term in enumerate(terms) if k not in members]
        terms.insert(members[0], merged)
    return terms


def _is_polynomial(terms: Sequence[Term], scalar: object) -> bool:
    """``t B + t² C`` beside other terms stays as it is: ``A + t (B + t C)`` is shorter and reads
    worse."""
    assert isinstance(scalar, tuple)
    base, _ = scalar
    return isinstance(base, Symbol) and len({term.scalars[base] for term in terms}) > 1


def _merged(terms: list[Term], key: Key, shape: Shape, order: ReadingOrder) -> Term | None:
    match key[0]:
        case "trace" | "row" | "column":
            return merged_forms(terms, key, lambda rest, inner: combined(rest, inner, order))
        case "hadamard":
            return _hadamard_merged(terms, shape, order)
        case "kron first" | "kron last":
            return _kronecker_merged(terms, key[0] == "kron first", order)
        case "diagonal":
            return _diagonal_merged(terms, order)
        case _:
            return combined(terms, shape, order)


def _diagonal_merged(terms: list[Term], order: ReadingOrder) -> Term:
    """``diag(u) + diag(v)`` as ``diag(u + v)``."""
    vectors = [term.chain[0].operand for term in terms if isinstance(term.chain[0], DiagonalMatrix)]
    rest = [replace(term, chain=(vector,)) for term, vector in zip(terms, vectors)]
    total = combined(rest, vectors[0].shape, order)
    inner = expression_of(Term(YES, {}, total.chain), order)
    return replace(total, chain=(DiagonalMatrix(inner),))


def _kronecker_merged(terms: list[Term], first: bool, order: ReadingOrder) -> Term:
    """``kron(A, B) + kron(A, C)`` as ``kron(A, B + C)``."""
    kroneckers = [term.chain[0] for term in terms]
    assert all(isinstance(kronecker, Kronecker) for kronecker in kroneckers)
    parts = [kronecker.factors for kronecker in kroneckers if isinstance(kronecker, Kronecker)]
    varying = [(factors[1:] if first else factors[:-1]) for factors in parts]
    rest = [
        replace(term, chain=(factors[0] if len(factors) == 1 else Kronecker(factors),)) for term, factors in zip(terms, varying)
    ]
    total = combined(rest, rest[0].chain[0].shape, order)
    inner = expression_of(Term(YES, {}, total.chain), order)
    shared = parts[0][0] if first else parts[0][-1]
    return replace(total, chain=(Kronecker((shared, inner) if first else (inner, shared)),))


def _signed_cost(term: Term, order: ReadingOrder) -> int:
    expression = expression_of(term, order)
    return cost(expression) - isinstance(expression, Negative)


def _keys(term: Term, shape: Shape) -> list[Key]:
    keys: list[Key] = [("scalar", (base, exponent > 0)) for base, exponent in term.scalars.items()]
    keys += scalar_keys(term)
    if term.chain:
        keys.append(("chain", term.chain))
        if len(term.chain) > 1 or (len(shape) != 1 and not isinstance(term.chain[0], Identity)):
            keys += [("left", term.chain[0]), ("right", term.chain[-1])]
        last = term.chain[-1]
        if isinstance(last, DiagonalMatrix) and len(term.chain) == 1:
            keys.append(("diagonal", None))
        if isinstance(last, Kronecker) and len(term.chain) == 1:
            keys += [("kron first", last.factors[0]), ("kron last", last.factors[-1])]
        keys += [("hadamard", factor) for factor in _hadamard_factors(term) if not isinstance(factor, Ones)]
    return keys


def _hadamard_factors(term: Term) -> tuple[Expr, ...]:
    if len(term.chain) == 1 and isinstance(term.chain[0], Hadamard):
        return term.chain[0].factors
    return (product(term.chain),)


def _hadamard_merged(terms: list[Term], shape: Shape, order: ReadingOrder) -> Term:
    """``a ⊙ x ⊙ y + b ⊙ x ⊙ y`` as ``(a + b) ⊙ x ⊙ y``."""
    factors = [Counter(_hadamard_factors(term)) for term in terms]
    common = reduce(and_, factors)
    rest = []
    for term, own in zip(terms, factors):
        left = list((own - common).elements())
        for number, part in _summands(hadamard(left) if left else Ones(shape)):
            rest.append(replace(term, coefficient=number * term.coefficient, chain=_opened(part)))
    total = _collected(rest, shape, order)
    inner = expression_of(replace(total, coefficient=YES, scalars={}), order)
    return replace(total, chain=(hadamard(sorted([*common.elements(), inner], key=order.rank)),))


def _summands(expression: Expr) -> list[tuple[Fraction, Expr]]:
    """The terms of a sum with their numbers, so that ``(x - 1) + x`` is ``2x - 1``; any other
    expression alone."""
    found = []
    for term in expression.terms if isinstance(expression, Sum) else (expression,):
        bare, sign = (term.operand, -1) if isinstance(term, Negative) else (term, 1)
        if isinstance(bare, Product) and isinstance(bare.factors[0], Number):
            found.append((sign * bare.factors[0].value, product(bare.factors[1:])))
        else:
            found.append((YES if sign > 0 else MINUS, bare))
    return found


def _opened(expression: Expr) -> tuple[Expr, ...]:
    """The factors of a product of matrices, so that what terms have in common at its ends is
    seen."""
    plain = isinstance(expression, Product) and not any(factor.is_scalar for factor in expression.factors)
    return expression.factors if isinstance(expression, Product) and plain else (expression,)


def members_in(expressions: Iterable[Expr]) -> tuple[str, ...]:
    """The names of the families whose members stand among the nodes."""
    found = [node.operand for node in expressions if isinstance(node, Entry) and node.is_member]
    return tuple(dict.fromkeys([family.name for family in found if isinstance(family, Symbol)]))
