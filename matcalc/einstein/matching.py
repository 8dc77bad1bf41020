"""Matching a tensor against a pattern: symbols of the pattern are wildcards, contractions match in any order of factors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from matcalc.budgets import spend
from matcalc.einstein.linear import scale
from matcalc.einstein.nodes import Apply, Contraction, Map, Power, Sum, Tensor

Binding = dict[Tensor, Tensor]


def matches(pattern: Tensor, node: Tensor, wildcards: frozenset[Tensor], bound: Binding) -> Iterator[Binding]:
    """Every way to give tensors to the wildcards that makes ``pattern`` equal to ``node``. Patterns are small, so is the depth."""
    spend()
    if pattern in wildcards:
        known = bound.get(pattern)
        if known is node:
            yield bound
        elif known is None and pattern.order == node.order:
            yield {**bound, pattern: node}
        return
    match pattern, node:
        case Sum(terms=((factor, inner),)), _ if inner.order == node.order:
            yield from matches(inner, scale(1 / factor, node), wildcards, bound)
        case Sum(), Sum() if len(pattern.terms) == len(node.terms) and pattern.order == node.order:
            yield from _sums(pattern.terms, list(node.terms), wildcards, bound)
        case Contraction(), Contraction() if len(pattern.operands) == len(node.operands) and pattern.order == node.order:
            if len(pattern.sizes) == len(node.sizes):
                start = _label_map(pattern.output, node.output, {})
                if start is not None:
                    for found, _, _ in _factors(pattern, node, wildcards, bound, start):
                        yield found
        case Power(), Power() if pattern.exponent == node.exponent:
            yield from matches(pattern.base, node.base, wildcards, bound)
        case Map(), Map() if pattern.function == node.function and len(pattern.arguments) == len(node.arguments):
            yield from _all(pattern.arguments, node.arguments, wildcards, bound)
        case Apply(), Apply() if pattern.function == node.function and len(pattern.arguments) == len(node.arguments):
            yield from _all(pattern.arguments, node.arguments, wildcards, bound)
        case _ if pattern is node:
            yield bound


def _all(patterns: tuple[Tensor, ...], nodes: tuple[Tensor, ...], wildcards: frozenset[Tensor], bound: Binding) -> list[Binding]:
    bindings = [bound]
    for pattern, node in zip(patterns, nodes):
        bindings = [result for binding in bindings for result in matches(pattern, node, wildcards, binding)]
    return bindings


def _sums(
    terms: tuple[tuple[Fraction, Tensor], ...], left: list[tuple[Fraction, Tensor]], wildcards: frozenset[Tensor], bound: Binding
) -> Iterator[Binding]:
    if not terms:
        yield bound
        return
    # terms with structure first, so that a bare wildcard takes what is left
    ordered = sorted(terms, key=lambda term: term[1] in wildcards)
    factor, pattern = ordered[0]
    for k, (coefficient, node) in enumerate(left):
        if coefficient != factor and pattern not in wildcards:
            continue
        target = node if coefficient == factor else scale(coefficient / factor, node)
        for found in matches(pattern, target, wildcards, bound):
            yield from _sums(tuple(ordered[1:]), left[:k] + left[k + 1 :], wildcards, found)


def factors_within(
    pattern: Contraction, node: Contraction, wildcards: frozenset[Tensor]
) -> Iterator[tuple[Binding, dict[int, int], tuple[int, ...]]]:
    """Every way to find the factors of ``pattern`` among those of ``node``: binding, label map, places of the factors used.

    Labels that the pattern sums must be bound in ``node`` too and meet no other factor.
    """
    for found, labels, places in _factors(pattern, node, wildcards, {}, {}):
        summed = {labels[label] for label in labels if label not in pattern.output}
        outside = {label for k, index in enumerate(node.indices) if k not in places for label in index} | set(node.output)
        if len(set(labels.values())) == len(labels) and not summed & outside:
            yield found, labels, places


def _factors(
    pattern: Contraction, node: Contraction, wildcards: frozenset[Tensor], bound: Binding, labels: Mapping[int, int]
) -> Iterator[tuple[Binding, dict[int, int], tuple[int, ...]]]:
    ordered = sorted(range(len(pattern.operands)), key=lambda k: pattern.operands[k] in wildcards)

    def search(
        place: int, bound: Binding, labels: Mapping[int, int], used: tuple[int, ...]
    ) -> Iterator[tuple[Binding, dict[int, int], tuple[int, ...]]]:
        if place == len(ordered):
            yield bound, dict(labels), used
            return
        wanted = pattern.operands[ordered[place]]
        index = pattern.indices[ordered[place]]
        for k, operand in enumerate(node.operands):
            if k in used or operand.order != wanted.order:
                continue
            extended = _label_map(index, node.indices[k], labels)
            if extended is not None:
                for found in matches(wanted, operand, wildcards, bound):
                    yield from search(place + 1, found, extended, (*used, k))

    yield from search(0, bound, labels, ())


def _label_map(pattern: tuple[int, ...], node: tuple[int, ...], known: Mapping[int, int]) -> dict[int, int] | None:
    labels = dict(known)
    for one, other in zip(pattern, node):
        if labels.setdefault(one, other) != other:
            return None
    return labels
