"""Lines of proofs in the making: single steps, several that belong together, instances of laws."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any, TypeAlias

from matcalc.base.records import record
from matcalc.base.shapes import axes_of
from matcalc.base.sizes import Size
from matcalc.base.traversal import with_operand
from matcalc.einstein.canonical import canonical
from matcalc.einstein.nodes import Apply, Contraction, Power, Sum, Symbol, Tensor, is_symmetric
from matcalc.proofs.checker import at_operand, replaced
from matcalc.proofs.products import Flat
from matcalc.proofs.subproducts import Match, embeddings, order_of
from matcalc.rules.entries import Entries, Refused, Value, product, spread, transpose
from matcalc.rules.laws import law, law_lines

ONE = Fraction(1)
Factors: TypeAlias = Sequence[tuple[Tensor, tuple[int, ...]]]
_MOST_COPIES = 4


@record
class Step:
    """``before`` is ``after`` by a rule, within a part."""

    rule: str
    before: Tensor
    after: Tensor
    within: Tensor
    details: Mapping[str, Any] = MappingProxyType({})

    def inside(self) -> Tensor:
        """What the part has become."""
        if "operand" in self.details:
            place: int = self.details["operand"]
            return at_operand(self.within, place, self.before, self.after)
        return replaced(self.within, self.before, self.after)


class Macro:
    """Several steps that begin at one tensor: ``now`` is what it has become."""

    def __init__(self, start: Tensor) -> None:
        self.now = start
        self.steps: list[Step] = []

    def step(self, rule: str, before: Tensor, after: Tensor, **details: Any) -> Macro:
        """A line everywhere within what there is now, or at one operand of some part of it."""
        if before is after:
            return self
        within = details.pop("within", self.now)
        self.steps.append(Step(rule, before, after, within, details))
        self.now = replaced(self.now, within, self.steps[-1].inside())
        return self

    def product(self, before: Tensor, after: Tensor, **details: Any) -> Macro:
        """A line that says that two products are the same. Raises Refused where that is not
        seen."""
        if before is after:
            return self
        order = order_of(before, after)
        if order is None:
            raise Refused("the products are not the same")
        return self.step("product", before, after, order=order, **details)

    def collect(self, before: Tensor, after: Tensor) -> Macro:
        return self.step("collect", before, after)

    def terms(self, total: Sum, afters: Iterable[Tensor]) -> Tensor:
        """Lines that say what the terms of a sum are, and the sum of that."""
        now: Tensor = total
        for place, (before, after) in enumerate(zip(total.below, afters)):
            self.product(before, after, within=now, operand=place)
            now = with_operand(now, place, after)
        return now

    def by_law(self, name: str, values: Mapping[str, Tensor], batch: int = 0, *, back: bool = False) -> Macro:
        """An instance of a law somewhere within what there is now."""
        before, after = instance(name, values, batch)
        details = {"batch": batch, "with": dict(values)}
        if back:
            return self.step(name, after, before, back=True, **details)
        return self.step(name, before, after, **details)


def instance(name: str, values: Mapping[str, Tensor], batch: int = 0) -> tuple[Tensor, Tensor]:
    """Both sides of a law, with tensors for its variables; the first ``batch`` axes are apart."""
    found = law(name)
    bound: dict[str, Value] = {}
    sizes: dict[str, Size] = {}
    for variable in found.variables:
        tensor = values[variable.name]
        lead = min(batch, tensor.order)
        sizes |= dict(zip(map(str, axes_of(variable.shape)), tensor.shape[lead:]))
        bound[variable.name] = (tensor, tuple([str(k) for k in range(lead)]))
    entries = Entries(bound, sizes)
    left, right = [entries.of(side)[0] for side in (found.left, found.right)]
    shape = max(left.shape, right.shape, key=len)
    return spread(left, shape), spread(right, shape)


# ---------------------------------------------------------------- products


def raised(base: Tensor, exponent: Fraction) -> Tensor:
    return base if exponent == 1 else Power(base, exponent)


def powers_in(flat: Flat) -> Factors:
    """The factors of a product, each power as one."""
    return [(raised(base, exponent), index) for (base, index), exponent in flat.factors.items()]


def whole_of(factors: Factors, output: Sequence[int], sizes: Sequence[Size]) -> Contraction:
    """The product of factors."""
    return product([one for one, _ in factors], [index for _, index in factors], output, dict(enumerate(sizes)))


def factors_in(flat: Flat) -> Factors:
    """The factors of a product; of small whole powers of sums each sum."""
    factors: list[tuple[Tensor, tuple[int, ...]]] = []
    for (base, index), exponent in flat.factors.items():
        copies = isinstance(base, Sum) and exponent in range(2, _MOST_COPIES + 1)
        factors += [(base, index)] * int(exponent) if copies else [(raised(base, exponent), index)]
    return factors


class Ordered:
    """A product with its factors, and the axes of those that are symmetric, in canonical order."""

    def __init__(self, flat: Flat, factors: Factors, *, symmetric: bool = True) -> None:
        self.flat = flat
        labels = [*flat.output, *(label for _, index in factors for label in index)]
        sizes = {label: flat.sizes[label] for label in labels}
        edges = [(one.digest, symmetric and _turns(one), index) for one, index in factors]
        order, self.indices, self.output, old = canonical(edges, tuple(flat.output), sizes)
        self.sizes = tuple([sizes[label] for label in old])
        self.operands = [factors[k][0] for k in order]
        there = [factors[k][1] for k in order]
        self.turned = [tuple([old[k] for k in i]) != j for i, j in zip(self.indices, there)]

    def tensor(self, operands: Sequence[Tensor] | None = None) -> Tensor:
        """The product, with its number in front."""
        used = self.operands if operands is None else operands
        whole: Tensor = Contraction(tuple(used), self.indices, self.output, self.sizes)
        if len(used) == 1 and self.indices[0] == self.output:
            whole = used[0]
        number = self.flat.number
        return whole if number == 1 else Sum(((number, whole),), whole.shape)


def _turns(operand: Tensor) -> bool:
    """Whether a symmetric tensor can be turned by a law."""
    if operand.order != 2 or not is_symmetric(operand):
        return False
    named = isinstance(operand, Apply) and f"{operand.function} of a transpose" in law_lines()
    return isinstance(operand, Symbol) or (named and len(operand.below) == 1)


def opened(node: Contraction, place: int) -> Sum:
    """A product distributed over the sum at one place."""
    total = node.operands[place]
    assert isinstance(total, Sum)
    terms = [(c, with_operand(node, place, term)) for c, term in total.terms]
    return Sum(tuple(terms), node.shape)


def part_replaced(node: Tensor, pattern: Tensor) -> Macro | None:
    """A macro in which a part of a product is made one operand, the pattern; None where it is no
    part."""
    small = Flat(pattern)
    for macro in _turned_once(node) if small.number == 1 else ():
        host = Flat(macro.now)
        match = next(embeddings(small, host), None)
        if match is not None:
            return macro.product(macro.now, regrouped(host, pattern, match))
    return None


def _turned_once(node: Tensor) -> Iterator[Macro]:
    """A product as it is, then with one of its symmetric matrices turned."""
    yield Macro(node)
    host = Flat(node)
    factors = powers_in(host)
    for place, (one, index) in enumerate(factors):
        if not isinstance(one, Symbol) or not _turns(one):
            continue
        turned = [*factors[:place], (transpose(one), index[::-1]), *factors[place + 1 :]]
        whole = whole_of(turned, host.output, host.sizes)
        if host.number == 1:
            macro = Macro(node).product(node, whole)
            yield macro.by_law("symmetric: X' = X", {"X": one})


def regrouped(host: Flat, pattern: Tensor, match: Match) -> Contraction:
    """The product with some factors as one operand in front, which the pattern is."""
    small = Flat(pattern)
    part = (pattern, tuple([match.labels[label] for label in small.output]))
    return whole_of([part, *factors_left(host, small, match)], host.output, host.sizes)


def factors_left(host: Flat, small: Flat, match: Match) -> Factors:
    """The factors of the host that a part leaves."""
    taken = dict(zip(match.places, small.factors.values()))
    left = [
        (base, index, exponent - taken.get(place, Fraction(0)))
        for place, ((base, index), exponent) in enumerate(host.factors.items())
    ]
    return [(raised(base, exponent), index) for base, index, exponent in left if exponent]
