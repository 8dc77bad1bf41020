"""Sums of terms: what terms have in common is taken out where that leaves less to read.

Numbers and what all terms share go out first. Then a search: every term has keys for what it may
share with others, the terms with one key can be merged to one term, and the merge that saves most
is taken until none saves. What is saved is counted by the cost of the reading order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from math import gcd
from operator import and_
from typing import Any

from matcalc.base.budgets import spend
from matcalc.base.records import replace
from matcalc.base.shapes import Shape
from matcalc.einstein.linear import MINUS, NO, YES
from matcalc.expr.nodes import (
    DiagonalMatrix,
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
    Trace,
    Vec,
)
from matcalc.expr.rewriting import khatri_rao, khatri_rao_factors
from matcalc.folding.build import hadamard, product, transposed_chain
from matcalc.folding.matrix_terms import ReadingOrder, Term, as_term, expression_of, joined, merged_scalars

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
    left = [term for term in terms if term.coefficient]
    if len(left) < len(terms):  # groups may cancel: diag(u) - diag(u) beside others
        return combined(left, shape, order) if left else terms[0]
    number = _content(terms)
    if number is not YES and number != 1:
        inner = combined([replace(term, coefficient=term.coefficient / number) for term in terms], shape, order)
        return replace(inner, coefficient=inner.coefficient * number)
    shared = _shared(terms, shape, order)
    if shared is not None:
        return shared
    grouped = _grouped(terms, shape, order)
    if len(grouped) < len(terms):
        return combined(grouped, shape, order)
    return as_term(joined([sign_apart(expression_of(term, order)) for term in terms], order))


def sign_apart(expression: Expr) -> tuple[Expr, bool]:
    """The expression without its minus sign, and whether it has one."""
    return (expression.operand, True) if isinstance(expression, Negative) else (expression, False)


def _content(terms: Sequence[Term]) -> Fraction:
    """The greatest number to take out; negative when every term is."""
    if terms[0].coefficient is YES and all(term.coefficient is YES or term.coefficient.denominator == 1 for term in terms):
        return YES
    numerator = reduce(gcd, (abs(term.coefficient.numerator) for term in terms))
    factor = Fraction(numerator, reduce(gcd, (term.coefficient.denominator for term in terms)))
    return -factor if all(term.coefficient < 0 for term in terms) else factor


# ------------------------------------------------------------
# What all terms have in common.


def _shared(terms: Sequence[Term], shape: Shape, order: ReadingOrder) -> Term | None:
    """Everything that all terms have in common, outside; None when that is nothing."""
    scalars = _common_scalars(terms)
    chains = [term.chain for term in terms]
    start, end = _common_ends(chains, shape)
    if not scalars and not start and not end:
        return None
    divided = {base: -exponent for base, exponent in scalars.items()}
    inside = [chain[start : len(chain) - end] for chain in chains]
    inner = product(next(filter(None, inside), ())).shape
    rest = [
        Term(term.coefficient, merged_scalars(term.scalars, divided), _opened(chain[0]) if len(chain) == 1 else chain)
        for term, chain in zip(terms, inside)
    ]
    total = _collected_rows(_like_terms_bare(rest), inner, order)
    chain = (*chains[0][:start], *total.chain, *chains[0][len(chains[0]) - end :])
    return Term(total.coefficient, merged_scalars(total.scalars, scalars), chain)


def _common_scalars(terms: Sequence[Term]) -> dict[Expr, Fraction]:
    bases = {base: _common_power([term.scalars.get(base, NO) for term in terms]) for base in terms[0].scalars}
    return {base: exponent for base, exponent in bases.items() if exponent}


def _common_power(exponents: Sequence[Fraction]) -> Fraction:
    """The power that goes out of a sum of terms with these powers of a base; 0 when none does."""
    if all(exponent > 0 for exponent in exponents):
        return min(exponents)
    fractional = any(exponent.denominator != 1 for exponent in exponents)  # sqrt(n) A - B/sqrt(n) is sqrt(n) (A - B/n)
    if fractional and all((exponent - exponents[0]).denominator == 1 for exponent in exponents):
        return max(exponents)
    return max(exponents) if all(exponent < 0 for exponent in exponents) else NO


def _common_ends(chains: Sequence[tuple[Expr, ...]], shape: Shape) -> tuple[int, int]:
    """How many factors all chains have in common in front, and at the end."""
    shortest = min(map(len, chains))
    if all(chain == chains[0] for chain in chains):
        return shortest, 0
    start = _common_start(chains, shortest)
    end = _common_start([chain[::-1] for chain in chains], shortest - start) if start < shortest else 0
    if len(shape) == 1 and not start and end == shortest:
        return 0, 0  # no identity matrices in vectors: ``a x + B x`` stays
    return start, end


def _common_start(chains: Sequence[tuple[Expr, ...]], most: int) -> int:
    start, first = 0, chains[0]
    while start < most and all(chain[start] is first[start] for chain in chains):
        start += 1
    return start


def _like_terms_bare(rest: list[Term]) -> list[Term]:
    """A sum among the terms is opened where it has a term that is like one beside it:
    ``(x + 1) + x`` is ``2 x + 1``."""
    if not any(len(term.chain) == 1 and isinstance(term.chain[0], Sum) for term in rest):
        return rest
    known = {(frozenset(term.scalars.items()), term.chain) for term in rest}
    found: list[Term] = []
    for term in rest:
        total = term.chain[0] if len(term.chain) == 1 else None
        parts = _summands(total) if isinstance(total, Sum) else []
        scalars = frozenset(term.scalars.items())
        met = any((scalars, chain) in known for _, chain in parts)
        found += [replace(term, coefficient=number * term.coefficient, chain=chain) for number, chain in parts] if met else [term]
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


def _collected_rows(rest: list[Term], shape: Shape, order: ReadingOrder) -> Term:
    """A sum of rows is written as the transpose of a sum of columns."""
    if len(shape) < 2 or shape[0].number != 1:
        return _collected(rest, shape, order)
    columns = [replace(term, chain=transposed_chain(term.chain)) for term in rest]
    total = _collected(columns, (shape[1],), order)
    return replace(total, chain=transposed_chain(total.chain))


# ------------------------------------------------------------
# What some terms have in common: the search over keys.

Key = tuple[str, Any]
"""A kind, and what terms of one group share."""

_OUT_OF_ALL = frozenset(["left", "right", "scalar", "chain"])
"""What all terms share of these kinds has gone out before."""


def _grouped(terms: Sequence[Term], shape: Shape, order: ReadingOrder) -> Sequence[Term]:
    """Merges the group that saves most, as long as one saves something; every merge removes a
    term."""
    while len(terms) <= _MOST_GROUPED and (best := _best_merge(terms, shape, order)):
        members, merged = best
        left = [term for k, term in enumerate(terms) if k not in members]
        terms = [*left[: members[0]], merged, *left[members[0] :]]
    return terms


def _best_merge(terms: Sequence[Term], shape: Shape, order: ReadingOrder) -> tuple[list[int], Term] | None:
    """The places of the group that saves most, and its one term; None where nothing is saved."""
    best, most = None, 0
    costs: dict[int, int] = {}
    for key, members in _groups(terms, shape):
        spend(len(members))
        merged = _MERGED.get(key[0], _product_merged)([terms[k] for k in members], key, shape, order)
        if merged is None:
            continue
        costs.update({k: _signed_cost(terms[k], order) for k in members if k not in costs})
        saving = sum([costs[k] for k in members]) + len(members) - 1 - _signed_cost(merged, order)
        if saving > most:
            best, most = (members, merged), saving
    return best


def _signed_cost(term: Term, order: ReadingOrder) -> int:
    expression = expression_of(term, order)
    return order.cost(expression) - isinstance(expression, Negative)


def _groups(terms: Sequence[Term], shape: Shape) -> Iterator[tuple[Key, list[int]]]:
    """The keys that several terms have, with the places of these; for all elementwise factors of
    the same terms one key."""
    distinct = {
        (key[0], tuple(members)) if key[0] == "hadamard" else key: (key, members)
        for key, members in _holders(terms, shape).items()
        if len(members) > 1
    }
    for (kind, shared), members in distinct.values():
        if len(members) == len(terms) and kind in _OUT_OF_ALL:
            continue
        if kind != "scalar" or not _is_polynomial([terms[k] for k in members], *shared):
            yield (kind, shared), members


def _holders(terms: Sequence[Term], shape: Shape) -> dict[Key, list[int]]:
    """The places of the terms that have each key."""
    found: dict[Key, list[int]] = {}
    for place, term in enumerate(terms):
        for key in dict.fromkeys(_keys(term, shape)):  # a factor may stand twice in one term
            found.setdefault(key, []).append(place)
    return found


def _is_polynomial(terms: Sequence[Term], base: Expr, _: bool) -> bool:
    """``t B + t² C`` beside other terms stays as it is: ``A + t (B + t C)`` is shorter and reads
    worse."""
    return isinstance(base, Symbol) and len({term.scalars[base] for term in terms}) > 1


def _keys(term: Term, shape: Shape) -> list[Key]:
    keys: list[Key] = [("scalar", (base, exponent > 0)) for base, exponent in term.scalars.items()]
    keys += _form_keys(term)
    if not term.chain:
        return keys
    first, last = term.chain[0], term.chain[-1]
    keys.append(("chain", term.chain))
    if len(term.chain) > 1 or (len(shape) != 1 and not isinstance(first, Identity)):
        keys += [("left", first), ("right", last)]
    if len(term.chain) == 1:
        keys += _inner_keys(last)
    return keys + [("hadamard", factor) for factor in _hadamard_factors(term) if not isinstance(factor, Ones)]


def _inner_keys(factor: Expr) -> list[Key]:
    if isinstance(factor, DiagonalMatrix):
        return [("diagonal", None)]
    if isinstance(factor, Vec):
        return [("vec", factor.operand.shape)]
    columns = khatri_rao_factors(factor)
    if columns is not None:
        return [("columns first", columns[0]), ("columns last", columns[1])]
    return [("kron first", factor.factors[0]), ("kron last", factor.factors[-1])] if isinstance(factor, Kronecker) else []


def _hadamard_factors(term: Term) -> tuple[Expr, ...]:
    if len(term.chain) == 1 and isinstance(term.chain[0], Hadamard) and khatri_rao_factors(term.chain[0]) is None:
        return term.chain[0].factors
    return (product(term.chain),)


def _product_merged(terms: list[Term], _: Key, shape: Shape, order: ReadingOrder) -> Term:
    """Scalars and factors at an end of the chain, which all of these terms share."""
    return combined(terms, shape, order)


def _within(terms: list[Term], parts: Sequence[Expr], order: ReadingOrder) -> tuple[Term, Expr]:
    """The sum of terms with ``parts`` in place of their chains, and what its chain is."""
    total = combined([replace(term, chain=(part,)) for term, part in zip(terms, parts)], parts[0].shape, order)
    return total, expression_of(Term(YES, {}, total.chain), order)


def _diagonal_merged(terms: list[Term], _: Key, shape: Shape, order: ReadingOrder) -> Term:
    """``diag(u) + diag(v)`` as ``diag(u + v)``."""
    vectors = [term.chain[0].operand for term in terms if isinstance(term.chain[0], DiagonalMatrix)]
    total, inner = _within(terms, vectors, order)
    return replace(total, chain=(DiagonalMatrix(inner),))


def _vec_merged(terms: list[Term], _: Key, shape: Shape, order: ReadingOrder) -> Term:
    """``vec(A) + vec(B)`` as ``vec(A + B)``."""
    total, inner = _within(terms, [term.chain[0].operand for term in terms if isinstance(term.chain[0], Vec)], order)
    return replace(total, chain=(Vec(inner),))


def _columns_merged(terms: list[Term], key: Key, shape: Shape, order: ReadingOrder) -> Term:
    """``khatrirao(A, B) + khatrirao(A, C)`` as ``khatrirao(A, B + C)``."""
    kind, shared = key
    first = kind == "columns first"
    pairs = [pair for term in terms if (pair := khatri_rao_factors(term.chain[0])) is not None]
    total, inner = _within(terms, [pair[first] for pair in pairs], order)
    return replace(total, chain=(khatri_rao(shared, inner) if first else khatri_rao(inner, shared),))


def _kronecker_merged(terms: list[Term], key: Key, shape: Shape, order: ReadingOrder) -> Term:
    """``kron(A, B) + kron(A, C)`` as ``kron(A, B + C)``."""
    kind, shared = key
    first = kind == "kron first"
    factors = [term.chain[0].factors for term in terms if isinstance(term.chain[0], Kronecker)]
    varying = [own[1:] if first else own[:-1] for own in factors]
    total, inner = _within(terms, [own[0] if len(own) == 1 else Kronecker(own) for own in varying], order)
    return replace(total, chain=(Kronecker((shared, inner) if first else (inner, shared)),))


def _hadamard_merged(terms: list[Term], _: Key, shape: Shape, order: ReadingOrder) -> Term:
    """``a ⊙ x ⊙ y + b ⊙ x ⊙ y`` as ``(a + b) ⊙ x ⊙ y``."""
    factors = [Counter(_hadamard_factors(term)) for term in terms]
    common = reduce(and_, factors)
    rest = []
    for term, own in zip(terms, factors):
        left = list((own - common).elements())
        summands = _summands(hadamard(left) if left else Ones(shape))
        rest += [replace(term, coefficient=number * term.coefficient, chain=chain) for number, chain in summands]
    total = _collected(rest, shape, order)
    inner = expression_of(replace(total, coefficient=YES, scalars={}), order)
    return replace(total, chain=(hadamard(sorted([*common.elements(), inner], key=order.rank)),))


def _summands(expression: Expr) -> list[tuple[Fraction, tuple[Expr, ...]]]:
    """The terms of a sum as numbers and chains, so that ``(x - 1) + x`` is ``2x - 1``; any other
    expression alone."""
    found = []
    for term in expression.terms if isinstance(expression, Sum) else (expression,):
        bare, minus = sign_apart(term)
        number = MINUS if minus else YES
        if isinstance(bare, Product) and isinstance(bare.factors[0], Number):
            number, bare = number * bare.factors[0].value, product(bare.factors[1:])
        found.append((number, _opened(bare)))
    return found


def _opened(expression: Expr) -> tuple[Expr, ...]:
    """The factors of a product of matrices, so that what terms have in common at its ends is
    seen."""
    plain = isinstance(expression, Product) and not any(factor.is_scalar for factor in expression.factors)
    return expression.factors if isinstance(expression, Product) and plain else (expression,)


# ------------------------------------------------------------
# Traces and bilinear forms that share factors: ``tr(P B) + t tr(P C)`` is ``tr(P (B + t C))``,
# ``x'y + x'z`` is ``x'(y + z)``.

_MOST_FACTORS = 6
"""Of longer products only what is left when one factor is taken out is looked at."""


def _form_keys(term: Term) -> Iterable[Key]:
    """What the term may share with others: a run of a trace's cycle, the first or the last factor
    of a bilinear form."""
    base = _form(term)
    if base is None:
        return ()
    factors = _form_factors(base)
    if isinstance(base, Product):
        return [("row", factors[:1]), ("column", factors[-1:])]
    count = len(factors)
    if count == 1:
        return [("trace", ())]
    lengths = range(1, count) if count <= _MOST_FACTORS else (count - 1,)
    return [("trace", (factors * 2)[start : start + length]) for length in lengths for start in range(count)]


def _form_merged(terms: list[Term], key: Key, _: Shape, order: ReadingOrder) -> Term | None:
    """One term for all; None when what they do not share has different shapes, or nothing is left
    of one."""
    kind, shared = key
    rest = [_outside_form(term, kind, shared) for term in terms]
    shapes = {product(term.chain).shape if term.chain else None for term in rest}
    shape = shapes.pop()
    if shapes or shape is None:
        return None
    total = combined(rest, shape, order)
    if not total.coefficient:
        return None
    inner = transposed_chain(total.chain) if kind == "column" else total.chain
    whole = product((*shared, *inner) if kind == "row" else (*inner, *shared))
    return replace(total, scalars=merged_scalars(total.scalars, {Trace(whole) if kind == "trace" else whole: YES}), chain=())


def _outside_form(term: Term, kind: str, shared: tuple[Expr, ...]) -> Term:
    """The term with what it does not share of its form as its chain."""
    form = _form(term)
    assert form is not None
    chain = _left_of_form(_form_factors(form), kind, shared)
    others = {scalar: exponent for scalar, exponent in term.scalars.items() if scalar is not form}
    return Term(term.coefficient, others, transposed_chain(chain) if kind == "column" else chain)


_MERGED: Mapping[str, Callable[[list[Term], Key, Shape, ReadingOrder], Term | None]] = {
    "trace": _form_merged,
    "row": _form_merged,
    "column": _form_merged,
    "hadamard": _hadamard_merged,
    "kron first": _kronecker_merged,
    "kron last": _kronecker_merged,
    "columns first": _columns_merged,
    "columns last": _columns_merged,
    "vec": _vec_merged,
    "diagonal": _diagonal_merged,
}
"""How terms that share a key are one term, by its kind."""


def _form(term: Term) -> Expr | None:
    """The one trace or bilinear form among the scalar factors."""
    if term.chain:
        return None
    found = [base for base, exponent in term.scalars.items() if exponent == 1 and _form_factors(base)]
    return found[0] if len(found) == 1 else None


def _form_factors(base: Expr) -> tuple[Expr, ...]:
    """The factors of a trace or bilinear form; none of another scalar."""
    inner = base.operand if isinstance(base, Trace) else base
    plain = isinstance(inner, Product) and not any(factor.is_scalar for factor in inner.factors)
    if isinstance(base, Trace) and isinstance(inner, Symbol):
        return (inner,)
    return inner.factors if isinstance(inner, Product) and plain else ()


def _left_of_form(factors: tuple[Expr, ...], kind: str, shared: tuple[Expr, ...]) -> tuple[Expr, ...]:
    if kind != "trace":
        return factors[1:] if kind == "row" else factors[:-1]
    twice = factors * 2
    start = next(k for k in range(len(factors)) if twice[k : k + len(shared)] == shared)
    return twice[start + len(shared) : start + len(factors)]
