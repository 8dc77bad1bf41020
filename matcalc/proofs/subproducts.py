"""Finding products within products: which factors of one are those of another, with the labels that
this gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from matcalc.base.budgets import spend
from matcalc.einstein.nodes import Tensor
from matcalc.proofs.products import Flat


class Match:
    """For each factor of the pattern its place in the host, and for each label of the pattern that
    of the host."""

    def __init__(self, places: tuple[int, ...], labels: Mapping[int, int]) -> None:
        self.places, self.labels = places, labels


def order_of(before: Tensor, after: Tensor) -> list[int] | None:
    """For each factor of ``after`` its place among those of ``before``; None when the products are
    not seen to be the same."""
    one, other = Flat(before), Flat(after)
    if one.number != other.number or len(one.factors) != len(other.factors):
        return None
    pairs = list(zip(other.output, one.output))
    start = dict(pairs)
    if any(start[a] != b for a, b in pairs) or len(set(start.values())) < len(start):
        return None
    found = next(_matches(other, one, start, whole=True), None)
    return None if found is None else list(found.places)


def embeddings(pattern: Flat, host: Flat, start: Mapping[int, int] | None = None) -> Iterator[Match]:
    """Every way in which the pattern is a part of the host: its summed labels are summed there, and
    in no other factor."""
    factors = list(host.factors.items())
    for match in _matches(pattern, host, dict(start or {}), whole=False):
        bound = {label for (_, index) in pattern.factors for label in index} - set(pattern.output)
        images = [match.labels[label] for label in bound]
        others = {match.labels[label] for label in pattern.output if label in match.labels}
        rest = {k for place, ((_, index), _) in enumerate(factors) if place not in match.places for k in index} | set(host.output)
        exact = all(
            factors[place][1] == exponent or not set(images) & set(factors[place][0][1])
            for place, exponent in zip(match.places, pattern.factors.values())
        )
        if exact and len(set(images)) == len(images) and not (others | rest) & set(images):
            yield match


def _matches(pattern: Flat, host: Flat, start: dict[int, int], whole: bool) -> Iterator[Match]:
    wanted, there = list(pattern.factors.items()), list(host.factors.items())
    order = _order(pattern, set(start))
    stack: list[tuple[tuple[int, ...], dict[int, int]]] = [((), start)]
    while stack:
        spend()
        places, labels = stack.pop()
        if len(places) == len(order):
            at = dict(zip(order, places))
            yield Match(tuple([at[k] for k in range(len(order))]), labels)
            continue
        (base, index), exponent = wanted[order[len(places)]]
        for place in reversed(range(len(there))):
            (base_there, index_there), exponent_there = there[place]
            if place in places or base_there is not base or not _fits(exponent, exponent_there, whole):
                continue
            extended = _extended(labels, index, index_there, whole)
            if extended is not None:
                stack.append(((*places, place), extended))


def _fits(exponent: Fraction, there: Fraction, whole: bool) -> bool:
    if whole or there == exponent:
        return there == exponent
    return there <= exponent if exponent < 0 else there >= exponent and there.denominator == 1


def _extended(labels: dict[int, int], index: tuple[int, ...], there: tuple[int, ...], injective: bool) -> dict[int, int] | None:
    result = dict(labels)
    for one, other in zip(index, there):
        if one not in result and injective and other in result.values():
            return None
        if result.setdefault(one, other) != other:
            return None
    return result


def _order(pattern: Flat, known: set[int]) -> list[int]:
    """The factors in an order in which each, where possible, has a label that is known by then."""
    keys = list(pattern.factors)
    rest = list(range(len(keys)))
    order = []
    while rest:
        best = max(rest, key=lambda k: (len(known & set(keys[k][1])), -len(keys[k][1]) if not known else 0, -k))
        rest.remove(best)
        order.append(best)
        known = known | set(keys[best][1])
    return order
