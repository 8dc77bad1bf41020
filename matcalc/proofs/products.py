"""When two products are the same: the specification that proofs are matched and checked by.

A product without products inside is a number and powers of entries. Two of them are the same when
the factors of one, in some order, are those of the other under one renaming of the labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

from matcalc.base.sizes import Size
from matcalc.einstein.nodes import Contraction, Pairing, Power, SizeValue, Sum, Tensor

Key: TypeAlias = tuple[Tensor, tuple[int, ...]]
"""A base, and the labels of its axes."""

_WRITTEN_SHORT = range(2, 11)
"""Exponents of powers that are products written short."""


def _is_scaled(node: Tensor) -> bool:
    """Whether a tensor is a number times another."""
    return isinstance(node, Sum) and len(node.terms) == 1


def _is_written_short(node: Power) -> bool:
    """Whether a power is a product of copies of a product."""
    product = isinstance(node.base, Contraction) or _is_scaled(node.base)
    return product and node.exponent in _WRITTEN_SHORT


class Flat:
    """A tensor as one product: ``number`` times the powers in ``factors``, with the labels of its
    axes in ``output``. Labels that neither has are sums of one, and count."""

    def __init__(self, tensor: Tensor) -> None:
        self.number = Fraction(1)
        self.sizes: list[Size] = []
        self.parent: list[int] = []
        self.factors: dict[Key, Fraction] = {}
        self.cancelled: list[Tensor] = []
        """Bases of which a power met one with an exponent of the other sign."""
        self.output = [self._fresh(size) for size in tensor.shape]
        kept, gone = self._unpaired(self._opened(tensor))
        for base, index in kept:
            exponent = base.exponent if isinstance(base, Power) else Fraction(1)
            self._put(base.base if isinstance(base, Power) else base, index, exponent)
        used = {label for _, index in kept for label in index} | set(self.output) | gone
        for label, size in enumerate(self.sizes):
            if self._find(label) == label and label not in used:
                names, factor = size.terms[0] if len(size.terms) == 1 else ((), 1)
                self.number *= factor
                for counted in [Size.of(name) for name in names] if len(size.terms) == 1 else [size]:
                    self._put(SizeValue(counted), (), Fraction(1))
        self.factors = {key: exponent for key, exponent in self.factors.items() if exponent}

    def _opened(self, tensor: Tensor) -> list[Key]:
        """The factors of products within products."""
        found: list[Key] = []
        stack: list[tuple[Tensor, Sequence[int]]] = [(tensor, self.output)]
        while stack:
            node, index = stack.pop()
            if isinstance(node, Contraction):
                names = [self._fresh(size) for size in node.sizes]
                for own, outer in zip(node.output, index):
                    self.parent[self._find(names[own])] = self._find(outer)
                inner = [[names[label] for label in labels] for labels in node.indices]
                stack += zip(node.operands, inner)
            elif _is_scaled(node):
                assert isinstance(node, Sum)
                ((number, term),) = node.terms
                self.number *= number
                stack.append((term, index))
            elif isinstance(node, Power) and _is_written_short(node):
                stack += [(node.base, index)] * int(node.exponent)
            elif isinstance(node, SizeValue):
                self._fresh(node.size)  # as many as an index has values
            else:
                found.append((node, tuple(index)))
        return found

    def _unpaired(self, factors: list[Key]) -> tuple[list[Key], set[int]]:
        """The factors without needless pairings, and the labels that went with them."""
        while True:
            self.output = [self._find(label) for label in self.output]
            factors = [(base, tuple([self._find(k) for k in index])) for base, index in factors]
            pairings = list(dict.fromkeys([one for one in factors if isinstance(one[0], Pairing)]))
            if not self._joined(pairings):
                break
        others = [factor for factor in factors if not isinstance(factor[0], Pairing)]
        gone: set[int] = set()
        while (found := self._needless(others, pairings)) is not None:
            pairings.remove(found[0])
            gone |= found[1]
        return others + pairings, gone

    def _joined(self, pairings: Sequence[Key]) -> bool:
        """Joins labels: pairings that count to one index count the same pairs, and the other way
        round."""
        before = list(map(self._find, range(len(self.parent))))
        for place, (one, (a, b, p)) in enumerate(pairings):
            for other, (c, d, q) in pairings[:place]:
                if one is other and (p == q or (a, b) == (c, d)):
                    for left, right in ((a, c), (b, d), (p, q)):
                        self.parent[self._find(left)] = self._find(right)
        return before != list(map(self._find, range(len(self.parent))))

    def _needless(self, others: list[Key], pairings: list[Key]) -> tuple[Key, set[int]] | None:
        """A pairing whose sum is one, and the labels that are summed there alone."""
        for pairing in pairings:
            around = {k for one in [*others, *pairings] if one is not pairing for k in one[1]}
            a, b, p = pairing[1]
            around |= set(self.output)
            if p not in around | {a, b}:
                return pairing, {p}
            if len({a, b, p}) == 3 and not {a, b} & around:
                return pairing, {a, b}
        return None

    def _put(self, base: Tensor, index: tuple[int, ...], exponent: Fraction) -> None:
        known = self.factors.get((base, index), Fraction(0))
        if known and (known < 0) != (exponent < 0):
            self.cancelled.append(base)
        # A pairing is one or zero, so it is its own square.
        once = isinstance(base, Pairing) and known > 0 and exponent > 0
        self.factors[base, index] = known if once else known + exponent

    def _fresh(self, size: Size) -> int:
        self.parent.append(len(self.parent))
        self.sizes.append(size)
        return len(self.parent) - 1

    def _find(self, label: int) -> int:
        while self.parent[label] != label:
            label = self.parent[label]
        return label


def same(one: Flat, other: Flat, order: Sequence[int]) -> bool:
    """Whether factor ``k`` of the second product is factor ``order[k]`` of the first."""
    first, second = list(one.factors.items()), list(other.factors.items())
    if one.number != other.number or len(first) != len(second):
        return False
    if sorted(order) != list(range(len(first))) or len(one.output) != len(other.output):
        return False
    names = set(zip(one.output, other.output))
    for place, ((base, index), exponent) in zip(order, second):
        (base_there, index_there), exponent_there = first[place]
        if base is not base_there or exponent != exponent_there:
            return False
        names |= set(zip(index_there, index))
    return len({a for a, _ in names}) == len(names) == len({b for _, b in names})


def linear(tensor: Tensor) -> dict[Tensor, Fraction]:
    """The terms of a sum, and of the sums within it, with their coefficients."""
    found: dict[Tensor, Fraction] = {}
    stack = [(Fraction(1), tensor)]
    while stack:
        factor, node = stack.pop()
        if isinstance(node, Sum):
            stack += [(factor * number, term) for number, term in node.terms]
        else:
            found[node] = found.get(node, Fraction(0)) + factor
    return {term: number for term, number in found.items() if number}
