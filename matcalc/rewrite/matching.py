"""What stands in a tensor: instances of patterns with wildcards, and patterns of factors that are
subgraphs of a product, wherever they occur.

A term is a graph: factors are its edges, labels its vertices. A pattern's output labels may be
shared with anything; its other labels must belong to the matched factors alone. Read on chains of
matrices this is the replacement of a word inside a longer word, but traces, quadratic forms and
elementwise products are covered too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from matcalc.base.budgets import spend
from matcalc.base.sizes import Size
from matcalc.einstein.algebra import contract, power, transposed
from matcalc.einstein.linear import YES, scale
from matcalc.einstein.nodes import Apply, Contraction, Map, Pairing, Power, Sum, Tensor, is_symmetric
from matcalc.einstein.substitution import matrix_factors
from matcalc.rewrite.monomials import base_and_exponent, factors_of, joined

_COPIED = range(1, 5)
"""Powers of scalar products that are opened: each copy of the product is."""

Binding: TypeAlias = Mapping[Tensor, Tensor]
"""What wildcards stand for."""
Wildcards: TypeAlias = frozenset[Tensor]
NONE: Wildcards = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """One base of a term on its labels, with its exponent."""

    base: Tensor
    exponent: Fraction
    labels: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A term as factors."""

    factors: tuple[Factor, ...]
    output: tuple[int, ...]
    sizes: dict[int, Size]

    @property
    def private(self) -> set[int]:
        """The labels that are summed."""
        return {label for factor in self.factors for label in factor.labels} - set(self.output)


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """``pattern`` equals ``result``, both with the axes of the pattern's output. The output labels
    of a pattern are distinct."""

    pattern: Graph
    result: Tensor
    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """A pattern within a graph: for each factor of the pattern its place, for each label its
    image, for each wildcard its value."""

    places: tuple[int, ...]
    labels: Mapping[int, int]
    binding: Binding


def as_it_stands(product: Contraction) -> Graph:
    """The operands of a contraction as factors."""
    factors = [Factor(operand, YES, labels) for operand, labels in zip(product.operands, product.indices)]
    return Graph(tuple(factors), product.output, dict(enumerate(product.sizes)))


def graph_of(term: Tensor, *, split: bool = True) -> Graph:
    """The term as powers of bases, or of whole operands unless they are to be ``split``, with its
    scalar contractions opened, so that a pattern may lie partly in them."""
    output, lengths = (term.output, term.sizes) if isinstance(term, Contraction) else (tuple(range(term.order)), term.shape)
    sizes = dict(enumerate(lengths))
    stack = factors_of(term)[::-1]
    found: list[Factor] = []
    while stack:
        operand, labels = stack.pop()
        base, exponent = base_and_exponent(operand) if split else (operand, YES)
        if isinstance(base, Contraction) and not base.output and exponent in _COPIED:
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
    outer = set(graph.output)
    if not graph.factors or len(outer) != len(graph.output) or outer - {k for factor in graph.factors for k in factor.labels}:
        return None
    return Rule(graph, result, name)


# ------------------------------------------------------------
# Instances of a pattern.


def matches(pattern: Tensor, node: Tensor, wildcards: Wildcards, bound: Binding) -> Iterator[Binding]:
    """Every way to give tensors to the wildcards that makes ``pattern`` equal to ``node``. Patterns
    are small, so is the depth."""
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
        case Contraction(), Contraction() if wildcards and 0 < len(pattern.operands) < len(node.operands):
            yield from _chains(pattern, node, wildcards, bound)
        case Contraction(), Contraction() if len(pattern.operands) == len(node.operands) and pattern.order == node.order:
            start = _extended({}, pattern.output, node.output)
            if len(pattern.sizes) == len(node.sizes) and start is not None:
                for found in embeddings(as_it_stands(pattern), as_it_stands(node), wildcards, bound, start):
                    yield found.binding
        case Power(), Power() if pattern.exponent == node.exponent:
            yield from matches(pattern.base, node.base, wildcards, bound)
        case ((Map() | Apply()), (Map() | Apply())) if _is_alike(pattern, node):
            bindings = [bound]
            for one, other in zip(pattern.arguments, node.arguments):
                bindings = [found for binding in bindings for found in matches(one, other, wildcards, binding)]
            yield from bindings
        case Pairing(), Pairing() if wildcards:  # of other sizes, as the wildcards are
            yield bound
        case _ if pattern is node:
            yield bound


def _chains(pattern: Contraction, node: Contraction, wildcards: Wildcards, bound: Binding) -> Iterator[Binding]:
    """Products of matrices of which one variable stands for several factors."""
    wanted, found = _letters(pattern), _letters(node)
    more = len(found) - len(wanted)
    for place, (operand, _) in enumerate(wanted if more > 0 else ()):
        if operand not in wildcards or operand.order != 2:
            continue
        end = place + more + 1
        whole = joined([_turned(*letter) for letter in found[place:end]], _turned(*found[place]).shape[0])
        letters = [*found[:place], (whole, True), *found[end:]]
        bindings: list[Binding] = [bound]
        for (other, ahead), (letter, same) in zip(wanted, letters, strict=True):
            value = _turned(letter, ahead == same)
            bindings = [one for binding in bindings for one in matches(other, value, wildcards, binding)]
        yield from bindings


def _letters(product: Contraction) -> list[tuple[Tensor, bool]]:
    """The factors of a product of matrices, each with whether it is untransposed; none of another
    product."""
    found = matrix_factors(product) if product.order == 2 else None
    return found if found is not None and len(found) == len(product.operands) else []


def _turned(letter: Tensor, forward: bool) -> Tensor:
    return letter if forward else transposed(letter)


def _is_alike(pattern: Map | Apply, node: Map | Apply) -> bool:
    """Whether both are of one function, of as many arguments."""
    same = type(pattern) is type(node) and pattern.function == node.function
    return same and len(pattern.arguments) == len(node.arguments)


Terms: TypeAlias = Iterable[tuple[Fraction, Tensor]]


def _sums(terms: Terms, left: list[tuple[Fraction, Tensor]], wildcards: Wildcards, bound: Binding) -> Iterator[Binding]:
    # terms with structure first, so that a bare wildcard takes what is left
    ordered = sorted(terms, key=lambda term: term[1] in wildcards)
    if not ordered:
        yield bound
        return
    factor, pattern = ordered[0]
    for place, (coefficient, node) in enumerate(left):
        if coefficient != factor and pattern not in wildcards:
            continue
        for found in matches(pattern, scale(coefficient / factor, node), wildcards, bound):
            yield from _sums(ordered[1:], left[:place] + left[place + 1 :], wildcards, found)


# ------------------------------------------------------------
# Patterns within products.


def embeddings(
    pattern: Graph,
    graph: Graph,
    wildcards: Wildcards = NONE,
    bound: Binding | None = None,
    start: Mapping[int, int] | None = None,
) -> Iterator[Embedding]:
    """Every way in which the pattern is a subgraph. A power of which the pattern has a smaller one
    holds it; a symmetric matrix is found in both directions."""
    if len(pattern.factors) > len(graph.factors):
        return
    private, outside = pattern.private, set(graph.output)
    order = _search_order(pattern, wildcards)
    stack = [Embedding((), start or {}, bound or {})]
    while stack:
        spend()
        here = stack.pop()
        if len(here.places) == len(order):
            at = dict(zip(order, here.places))
            whole = Embedding(tuple([at[k] for k in range(len(order))]), here.labels, here.binding)
            if _is_apart(pattern, graph, whole):
                yield whole
            continue
        wanted = pattern.factors[order[len(here.places)]]
        options = []
        for k, factor in enumerate(graph.factors):
            same = factor.base is wanted.base
            if k in here.places or not (same or wildcards) or len(factor.labels) != len(wanted.labels):
                continue
            if not _contains(factor.exponent, wanted.exponent):
                continue
            turned = not same and wanted.base in wildcards and _fits_turned(factor, wanted, here.labels)
            base = transposed(factor.base) if turned else factor.base
            for arrangement in arrangements(factor) if same else [factor.labels[::-1] if turned else factor.labels]:
                labels = _extended(here.labels, wanted.labels, arrangement)
                if labels is None or any(labels[label] in outside for label in wanted.labels if label in private):
                    continue
                bindings = matches(wanted.base, base, wildcards, here.binding) if wildcards else [here.binding]
                options += [Embedding((*here.places, k), labels, binding) for binding in bindings]
        stack.extend(reversed(options))


def _fits_turned(factor: Factor, wanted: Factor, labels: Mapping[int, int]) -> bool:
    """Whether a matrix, for which a variable stands, is its place in the pattern's but for a
    transpose."""
    if len(factor.labels) != 2 or factor.exponent != YES or _extended(labels, wanted.labels, factor.labels) is not None:
        return False
    return _extended(labels, wanted.labels, factor.labels[::-1]) is not None


def arrangements(factor: Factor) -> list[tuple[int, ...]]:
    """The labels of a factor, and for a symmetric matrix also in the other order."""
    labels = factor.labels
    if len(labels) == 2 and labels[0] != labels[1] and is_symmetric(factor.base):
        return [labels, (labels[1], labels[0])]
    return [labels]


def _search_order(pattern: Graph, wildcards: Wildcards) -> list[int]:
    """The factors in an order in which each one, where possible, shares a label with those before
    it; bare wildcards take what is left."""
    rest = list(range(len(pattern.factors)))
    rest.sort(key=lambda k: (pattern.factors[k].base in wildcards, -len(pattern.factors[k].labels)))
    order: list[int] = []
    seen: set[int] = set()
    while rest:
        k = next((k for k in rest if seen & set(pattern.factors[k].labels)), rest[0])
        rest.remove(k)
        order.append(k)
        seen |= set(pattern.factors[k].labels)
    return order


def _contains(exponent: Fraction, wanted: Fraction) -> bool:
    """Whether a power holds the wanted power as a factor."""
    if exponent is wanted is YES:
        return True
    return exponent < 0 if wanted < 0 else exponent >= wanted and exponent.denominator == 1


def _extended(labels: Mapping[int, int], wanted: tuple[int, ...], found: tuple[int, ...]) -> dict[int, int] | None:
    """The images of labels with those of further ones; None where these differ."""
    result = dict(labels)
    fits = all(result.setdefault(one, other) == other for one, other in zip(wanted, found))
    return result if fits else None


def _is_apart(pattern: Graph, graph: Graph, found: Embedding) -> bool:
    """Whether the images of private labels are different and touched by wholly used factors
    only."""
    images = [found.labels[label] for label in pattern.private]
    others = {found.labels[label] for label in pattern.output if label in found.labels} | set(graph.output)
    wholly = [place for place, factor in zip(found.places, pattern.factors) if graph.factors[place].exponent == factor.exponent]
    for place, factor in enumerate(graph.factors):
        if place not in wholly:
            others.update(factor.labels)
    return len(set(images)) == len(images) and others.isdisjoint(images)


def replaced(graph: Graph, pattern: Graph, result: Tensor, found: Embedding) -> Tensor:
    """The graph with the matched factors replaced by a tensor with the axes of the pattern."""
    operands: list[Tensor] = [result]
    indices: list[tuple[int, ...]] = [tuple([found.labels[label] for label in pattern.output])]
    used = dict(zip(found.places, pattern.factors))
    for k, factor in enumerate(graph.factors):
        left = factor.exponent - used[k].exponent if k in used else factor.exponent
        if left:
            operands.append(power(factor.base, left))
            indices.append(factor.labels)
    present = {label for index in indices for label in index} | set(graph.output)
    return contract(operands, indices, graph.output, {label: size for label, size in graph.sizes.items() if label in present})
