"""Rewriting of contractions: a rule replaces a small pattern of operands, wherever it occurs as a
subgraph, by a tensor.

A pattern's output labels may be shared with anything; its other labels must belong to the matched
operands alone. Read on chains of matrices this is the replacement of a word inside a longer word,
but traces, quadratic forms and elementwise products are covered too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb

from matcalc.base.budgets import spend
from matcalc.base.errors import LimitError
from matcalc.base.sizes import Size
from matcalc.einstein.algebra import contract, power
from matcalc.einstein.linear import add
from matcalc.einstein.nodes import Contraction, Power, Sum, Tensor
from matcalc.einstein.tensor_deduction import is_symmetric
from matcalc.verification.proof.monomials import base_and_exponent, factors_of, raised

ONE = Fraction(1)
_MOST_COPIES = 4
_MOST_TERMS = 4000
_MOST_MONOMIALS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """One base of a term on its labels, with its exponent."""

    base: Tensor
    exponent: Fraction
    labels: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A term as factors; scalar products among the operands are opened."""

    factors: tuple[Factor, ...]
    output: tuple[int, ...]
    sizes: dict[int, Size]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """``pattern`` equals ``result``, both with the axes of the pattern's output. The output labels
    of a pattern are distinct."""

    pattern: Graph
    result: Tensor
    name: str = ""


def graph_of(term: Tensor) -> Graph:
    """The term with its scalar contractions opened, so that a pattern may lie partly in them."""
    sizes: dict[int, Size] = dict(enumerate(term.sizes if isinstance(term, Contraction) else term.shape))
    output = term.output if isinstance(term, Contraction) else tuple(range(term.order))
    stack = [(operand, labels) for operand, labels in factors_of(term)]
    stack.reverse()
    found: list[Factor] = []
    while stack:
        operand, labels = stack.pop()
        base, exponent = base_and_exponent(operand)
        if isinstance(base, Contraction) and not base.output and exponent.denominator == 1 and 0 < exponent <= _MOST_COPIES:
            for _ in range(exponent.numerator):
                start = 1 + max(sizes, default=-1)
                sizes.update({start + label: size for label, size in enumerate(base.sizes)})
                stack.extend(
                    (inner, tuple([start + label for label in where])) for inner, where in zip(base.operands, base.indices)
                )
        else:
            found.append(Factor(base, exponent, labels))
    return Graph(tuple(found), output, sizes)


def as_rule(term: Tensor, result: Tensor, name: str = "") -> Rule | None:
    """A rule whose pattern is a term; None for a term that cannot be one (no operands, or a
    diagonal output)."""
    graph = graph_of(term)
    if not graph.factors or len(set(graph.output)) != len(graph.output):
        return None
    if set(graph.output) - {label for factor in graph.factors for label in factor.labels}:
        return None
    return Rule(graph, result, name)


def reduced(tensor: Tensor, rules: Sequence[Rule]) -> Tensor:
    """``tensor`` rewritten until no rule applies to any of its terms.

    Raises LimitError when there are too many terms; rules need not come to rest, then the budget
    ends it.
    """
    if not rules:
        return tensor
    done: dict[Tensor, Fraction] = {}
    waiting: dict[Tensor, Fraction] = {}
    _collect(waiting, ONE, tensor)
    while waiting:
        term, coefficient = waiting.popitem()
        if not coefficient:
            continue
        spend(2 + (len(rules) >> 3))
        replaced = _once(term, rules)
        if replaced is None:
            done[term] = done.get(term, Fraction(0)) + coefficient
            continue
        if len(waiting) > _MOST_TERMS:
            raise LimitError("the normal form has too many terms")
        _collect(waiting, coefficient, spread(replaced))
    return add([(c, term) for term, c in done.items()], tensor.shape)


def _collect(into: dict[Tensor, Fraction], coefficient: Fraction, tensor: Tensor) -> None:
    for c, term in tensor.terms if isinstance(tensor, Sum) else ((ONE, tensor),):
        into[term] = into.get(term, Fraction(0)) + coefficient * c


def spread(tensor: Tensor, most: int = _MOST_TERMS) -> Tensor:
    """``tensor`` distributed over all sums among the operands of its terms, and over whole powers
    of sums.

    Raises LimitError above ``most`` terms.
    """
    done: dict[Tensor, Fraction] = {}
    waiting: dict[Tensor, Fraction] = {}
    _collect(waiting, ONE, tensor)
    while waiting:
        term, coefficient = waiting.popitem()
        opened = _opened(term) if coefficient else None
        if opened is None:
            done[term] = done.get(term, Fraction(0)) + coefficient
        else:
            for c, inner in opened:
                _collect(waiting, coefficient * c, inner)
        if len(waiting) + len(done) > most:
            raise LimitError("the normal form has too many terms")
    return add([(c, term) for term, c in done.items()], tensor.shape)


def _opened(term: Tensor) -> list[tuple[Fraction, Tensor]] | None:
    """The term with one of its sums opened."""
    if isinstance(term, Power):
        base = _spread_atom(term.base)
        if base is not None:
            return [(ONE, power(base, term.exponent))]
    if isinstance(term, Power) and isinstance(term.base, Sum) and term.exponent > 1 and _is_small(term.base, term.exponent):
        labels = tuple(range(term.order))
        rest = power(term.base, term.exponent - 1)
        return [(c, contract([t, rest], [labels, labels], labels, dict(enumerate(term.shape)))) for c, t in term.base.terms]
    if not isinstance(term, Contraction):
        return None
    again = _collected_again(term)
    if again is not None:
        return [(ONE, again)]
    for at, (operand, labels) in enumerate(zip(term.operands, term.indices, strict=True)):
        operands = [*term.operands[:at], *term.operands[at + 1 :]]
        indices = [*term.indices[:at], *term.indices[at + 1 :]]
        sizes = dict(enumerate(term.sizes))
        base, exponent = (operand.base, operand.exponent) if isinstance(operand, Power) else (operand, ONE)
        if isinstance(base, Sum) and exponent >= 1 and _is_small(base, exponent):
            if exponent > 1:
                operands.append(power(base, exponent - 1))
                indices.append(labels)
            return [(c, contract([t, *operands], [labels, *indices], term.output, sizes)) for c, t in base.terms]
        inner = _spread_atom(base)
        if inner is not None:
            return [(ONE, contract([power(inner, exponent), *operands], [labels, *indices], term.output, sizes))]
    return None


def _is_small(base: Sum, exponent: Fraction) -> bool:
    """Whether a power of a sum, multiplied out, has few enough terms."""
    whole = int(exponent)
    return whole <= _MOST_TERMS and comb(len(base.terms) + whole - 1, whole) <= _MOST_MONOMIALS


def _collected_again(term: Contraction) -> Tensor | None:
    """A factor that a closing sum over ones has just brought, joined with its powers that were
    there; None when there is no such pair."""
    bases = [base_and_exponent(operand)[0] for operand, labels in zip(term.operands, term.indices) if not labels]
    if len(set(bases)) == len(bases):
        return None
    again = contract(term.operands, term.indices, term.output, dict(enumerate(term.sizes)))
    return None if again is term else again


def _spread_atom(base: Tensor) -> Tensor | None:
    """A scalar product that has just been formed around a sum, distributed; None when there is
    nothing to distribute."""
    if not isinstance(base, Contraction) or base.output or not base.sizes:
        return None
    result = spread(base)
    return None if result is base else result


def _once(term: Tensor, rules: Sequence[Rule]) -> Tensor | None:
    """The term after the first replacement that changes it."""
    graph = graph_of(term)
    bases = {factor.base for factor in graph.factors}
    for rule in rules:
        if all(factor.base in bases for factor in rule.pattern.factors):
            for places, labels in matches(rule.pattern, graph):
                result = replaced(graph, rule, places, labels)
                if result is not term:
                    return result
    return None


def replaced(graph: Graph, rule: Rule, places: Sequence[int], labels: dict[int, int]) -> Tensor:
    """The graph with the matched factors (at ``places``) replaced by the rule's result."""
    operands: list[Tensor] = [rule.result]
    indices: list[tuple[int, ...]] = [tuple([labels[label] for label in rule.pattern.output])]
    used = dict(zip(places, rule.pattern.factors))
    for k, factor in enumerate(graph.factors):
        left = factor.exponent - used[k].exponent if k in used else factor.exponent
        if left:
            operands.append(raised(factor.base, left))
            indices.append(factor.labels)
    present = {label for index in indices for label in index} | set(graph.output)
    return contract(operands, indices, graph.output, {label: size for label, size in graph.sizes.items() if label in present})


def matches(pattern: Graph, graph: Graph) -> Iterator[tuple[tuple[int, ...], dict[int, int]]]:
    """Every way in which the pattern is a subgraph: for each factor of the pattern its place, and
    for each label its image."""
    private = {label for factor in pattern.factors for label in factor.labels} - set(pattern.output)
    users: dict[int, set[int]] = {}
    for k, factor in enumerate(graph.factors):
        for label in factor.labels:
            users.setdefault(label, set()).add(k)
    outside = set(graph.output)
    order = _connected_order(pattern)
    stack: list[tuple[tuple[int, ...], dict[int, int]]] = [((), {})]
    while stack:
        spend()
        places, labels = stack.pop()
        if len(places) == len(order):
            at = dict(zip(order, places))
            final = tuple([at[k] for k in range(len(order))])
            if _private_fits(pattern, graph, final, labels, private, users, outside):
                yield final, labels
            continue
        wanted = pattern.factors[order[len(places)]]
        options = []
        for k, factor in enumerate(graph.factors):
            if k in places or factor.base is not wanted.base or not _contains(factor.exponent, wanted.exponent):
                continue
            for arrangement in arrangements(factor):
                extended = _extended(labels, wanted.labels, arrangement, private, outside)
                if extended is not None:
                    options.append(((*places, k), extended))
        stack.extend(reversed(options))


def arrangements(factor: Factor) -> list[tuple[int, ...]]:
    """The labels of a factor, and for a symmetric matrix also in the other order."""
    labels = factor.labels
    if len(labels) == 2 and labels[0] != labels[1] and is_symmetric(factor.base):
        return [labels, (labels[1], labels[0])]
    return [labels]


def _connected_order(pattern: Graph) -> list[int]:
    """The factors in an order in which each one, where possible, shares a label with those before
    it."""
    rest = list(range(len(pattern.factors)))
    rest.sort(key=lambda k: -len(pattern.factors[k].labels))
    order = [rest.pop(0)]
    seen = set(pattern.factors[order[0]].labels)
    while rest:
        k = next((k for k in rest if seen & set(pattern.factors[k].labels)), rest[0])
        rest.remove(k)
        order.append(k)
        seen |= set(pattern.factors[k].labels)
    return order


def _contains(exponent: Fraction, wanted: Fraction) -> bool:
    """Whether a power holds the wanted power as a factor."""
    return exponent < 0 if wanted < 0 else exponent >= wanted and exponent.denominator == 1


def _extended(
    labels: dict[int, int], wanted: tuple[int, ...], found: tuple[int, ...], private: set[int], outside: set[int]
) -> dict[int, int] | None:
    result = dict(labels)
    for one, other in zip(wanted, found):
        if result.setdefault(one, other) != other or (one in private and other in outside):
            return None
    return result


def _private_fits(
    pattern: Graph,
    graph: Graph,
    places: tuple[int, ...],
    labels: dict[int, int],
    private: set[int],
    users: dict[int, set[int]],
    outside: set[int],
) -> bool:
    """Whether the images of private labels are different and touched by wholly used factors
    only."""
    images = [labels[label] for label in private]
    others = {labels[label] for label in pattern.output}
    if len(set(images)) != len(images) or others & set(images):
        return False
    mine = set(places)
    for label in images:
        if label in outside or not users[label] <= mine:
            return False
    image_set = set(images)
    for k, factor in zip(places, pattern.factors):
        if image_set & set(graph.factors[k].labels) and graph.factors[k].exponent != factor.exponent:
            return False
    return True
