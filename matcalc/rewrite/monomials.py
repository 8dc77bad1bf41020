"""Terms as monomials, and terms of order two as chains of matrix factors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import TypeAlias

from matcalc.base.sizes import Size
from matcalc.einstein import algebra
from matcalc.einstein.algebra import contract, elementwise, power
from matcalc.einstein.linear import NO, ONE_TENSOR, YES, add, delta, scale
from matcalc.einstein.nodes import Contraction, Sum, Tensor

Key: TypeAlias = tuple[Tensor, tuple[int, ...]]
Monomial: TypeAlias = dict[Key, Fraction]
"""Exponent of each base on each choice of the term's own axes."""


def factors_of(term: Tensor) -> list[tuple[Tensor, tuple[int, ...]]]:
    """The operands of a term with their labels; a term that is no contraction is its own only
    operand."""
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
    base, exponent = algebra.base_and_exponent(operand)
    return (base, exponent) if isinstance(exponent, Fraction) else (operand, YES)


def times(term: Tensor, factors: Mapping[Key, Fraction]) -> Tensor:
    """``term`` times a monomial on the term's own axes."""
    if not factors:
        return term
    labels = tuple(range(term.order))
    operands = [term, *(power(base, exponent) for (base, _), exponent in factors.items())]
    return contract(operands, [labels, *(key[1] for key in factors)], labels, dict(enumerate(term.shape)))


def primitive(total: Sum) -> tuple[Monomial, Tensor]:
    """``total`` as (monomial, rest): the lowest power of every factor that is taken out of all
    terms, so that none is negative.

    Powers of sums stay inside unless they are negative everywhere they occur.
    """
    monomials = [monomial(term) for _, term in total.terms]
    keys = dict.fromkeys(chain.from_iterable(monomials))
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


@dataclass(frozen=True, slots=True)
class Chain:
    """``coefficient * scalar * letters[0] * letters[1] * ...``; without letters the identity."""

    coefficient: Fraction
    scalar: Tensor
    letters: tuple[Tensor, ...]


def chain_of(term: Tensor, coefficient: Fraction = YES) -> Chain:
    """The serial decomposition of a term of order two that is no sum."""
    if not isinstance(term, Contraction):
        return Chain(coefficient, ONE_TENSOR, (term,))
    if term.output[0] == term.output[1]:
        return _diagonal(term, coefficient)
    start, end = term.output
    groups = _groups(term, _cuts(term, start, end))
    scalars = [k for group in groups.get(frozenset(), []) for k in group]
    stops = [start, *_cuts(term, start, end), end]
    letters: list[Tensor] = []
    for at, stop in enumerate(stops):
        for group in groups.get(frozenset((stop,)), []):
            letters.append(_piece(term, group, (stop, stop)))
        if at + 1 < len(stops):
            group = [k for part in groups.get(frozenset((stop, stops[at + 1])), []) for k in part]
            letters.append(_piece(term, group, (stop, stops[at + 1])))
    return Chain(coefficient, _piece(term, scalars, ()), tuple(letters))


def _diagonal(term: Contraction, coefficient: Fraction) -> Chain:
    """Scalars apart from what stands on the diagonal."""
    scalars = [k for k, labels in enumerate(term.indices) if not labels]
    rest = [k for k, labels in enumerate(term.indices) if labels]
    letters = (_piece(term, rest, term.output),) if rest else ()
    return Chain(coefficient, _piece(term, scalars, ()), letters)


def _cuts(term: Contraction, start: int, end: int) -> list[int]:
    """Bound labels that every path from ``start`` to ``end`` passes, in order along the way."""
    if end not in reached(term, start):
        return []
    found = []
    for label in range(len(term.sizes)):
        if label not in (start, end):
            there = reached(term, start, label)
            if end not in there:
                found.append((len(there), label))
    return [label for _, label in sorted(found)]


def reached(term: Contraction, start: int, without: int | None = None) -> set[int]:
    """The labels that factors connect with one, not through another."""
    around = [{label for label in labels if label != without} for labels in term.indices]
    found, more = set[int](), {start}
    while more - found:
        found |= more
        more = set[int]().union(*[labels for labels in around if labels & found])
    return found


def _groups(term: Contraction, cuts: Sequence[int]) -> dict[frozenset[int], list[list[int]]]:
    """Operands joined by labels that are no cuts, by the cuts and ends that they touch."""
    borders = set(cuts) | set(term.output)
    rest = list(range(len(term.operands)))
    found: dict[frozenset[int], list[list[int]]] = {}
    while rest:
        group = [rest.pop(0)]
        inner = set(term.indices[group[0]]) - borders
        grew = True
        while grew:
            more = [k for k in rest if set(term.indices[k]) & inner]
            grew = bool(more)
            for k in more:
                rest.remove(k)
                group.append(k)
                inner |= set(term.indices[k]) - borders
        touched = frozenset(label for k in group for label in term.indices[k] if label in borders)
        found.setdefault(touched, []).append(sorted(group))
    return found


def _piece(term: Contraction, group: Sequence[int], output: tuple[int, ...]) -> Tensor:
    labels = {label for k in group for label in term.indices[k]} | set(output)
    sizes = {label: size for label, size in enumerate(term.sizes) if label in labels}
    return contract([term.operands[k] for k in group], [term.indices[k] for k in group], output, sizes)


def joined(letters: Sequence[Tensor], size: Size) -> Tensor:
    """The matrix product of the letters; without letters the identity of ``size``."""
    if not letters:
        return delta((size,))
    sizes = {0: letters[0].shape[0]} | {k + 1: letter.shape[1] for k, letter in enumerate(letters)}
    return contract(letters, [(k, k + 1) for k in range(len(letters))], (0, len(letters)), sizes)


def whole(chain: Chain, size: Size) -> Tensor:
    """The term that a chain is."""
    product = joined(chain.letters, size)
    return scale(chain.coefficient, elementwise([chain.scalar, product], product.shape))


def square_runs(letters: Sequence[Tensor], size: Size) -> list[Tensor]:
    """The letters gathered into pieces that begin and end at axes of ``size``."""
    pieces: list[Tensor] = []
    run: list[Tensor] = []
    for letter in letters:
        run.append(letter)
        if letter.shape[1] == size:
            pieces.append(run[0] if len(run) == 1 else joined(run, size))
            run = []
    return pieces
