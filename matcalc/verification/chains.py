"""A term of order two as a product of matrices: the letters between its cut vertices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from matcalc.einstein.algebra import contract
from matcalc.einstein.linear import ONE_TENSOR, delta, scale
from matcalc.einstein.nodes import Contraction, Sum, Tensor
from matcalc.sizes import Size


@dataclass(frozen=True, slots=True)
class Chain:
    """``coefficient * scalar * letters[0] * letters[1] * ...``; without letters the identity."""

    coefficient: Fraction
    scalar: Tensor
    letters: tuple[Tensor, ...]


def chain_of(term: Tensor, coefficient: Fraction = Fraction(1)) -> Chain:
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
    if end not in _reach(term, start, None):
        return []
    found = []
    for label in range(len(term.sizes)):
        if label not in (start, end):
            reached = _reach(term, start, label)
            if end not in reached:
                found.append((len(reached), label))
    return [label for _, label in sorted(found)]


def _reach(term: Contraction, start: int, without: int | None) -> set[int]:
    reached = {start}
    grew = True
    while grew:
        grew = False
        for labels in term.indices:
            there = {label for label in labels if label != without}
            if there & reached and not there <= reached:
                reached |= there
                grew = True
    return reached


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
    return scale(chain.coefficient, contract([chain.scalar, product], [(), (0, 1)], (0, 1), dict(enumerate(product.shape))))


def terms_of(tensor: Tensor) -> tuple[tuple[Fraction, Tensor], ...]:
    return tensor.terms if isinstance(tensor, Sum) else ((Fraction(1), tensor),)


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
