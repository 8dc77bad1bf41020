"""Consequences of matrix equations: overlaps of rewrite rules give new rules, as in Knuth-Bendix
completion and Buchberger's algorithm.

Every equation is an identity between tensors, so whatever is derived holds for all sizes
(noncommutative Gröbner bases for matrices of compatible shapes). Completion need not end; it stops
at fixed limits and a proof that needs more is not found.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from matcalc.einstein.algebra import transposed
from matcalc.einstein.linear import YES, add, content, is_zero
from matcalc.einstein.nodes import Sum, Tensor
from matcalc.verification.proof.monomials import terms_of
from matcalc.verification.proof.subgraph_rules import (
    Factor,
    Graph,
    Rule,
    arrangements,
    as_rule,
    graph_of,
    reduced,
    replaced,
    spread,
)

_MOST_RULES = 48
_MOST_FACTORS = 9
_MOST_PAIRS = 700
_MOST_TERMS = 12


def oriented(zero: Tensor, name: str) -> Rule | None:
    """An equation ``zero = 0`` as a rule for its largest term; None when no term can be a
    pattern."""
    ranked = sorted(
        ((_rank(term), coefficient, term) for coefficient, term in terms_of(zero)), key=lambda entry: entry[0], reverse=True
    )
    usable = [entry for entry in ranked if _is_pattern(entry[2])]
    if not usable or sum(entry[0] == usable[0][0] for entry in ranked) > 1:
        return None
    _, coefficient, lead = usable[0]
    rest = add([(-c / coefficient, term) for c, term in terms_of(zero) if term is not lead], zero.shape)
    return as_rule(lead, rest, name)


def _rank(term: Tensor) -> tuple[int, int]:
    """Larger for longer terms, and equal for a term and its transpose: a rule between these two
    would never come to rest."""
    return len(graph_of(term).factors), min(term.digest, transposed(term).digest) if term.order == 2 else term.digest


def _is_pattern(term: Tensor) -> bool:
    graph = graph_of(term)
    return all(factor.labels and factor.exponent == 1 for factor in graph.factors) and as_rule(term, term) is not None


class Completion:
    """A growing set of rules; ``grow`` adds the consequences of the next overlaps."""

    def __init__(self, fixed: list[Rule], built_in: list[Rule], equations: list[tuple[Tensor, str]]) -> None:
        self.fixed = fixed
        self.built_in = built_in
        self.rules: list[Rule] = []
        self.known: set[Tensor] = set()
        self.waiting: list[tuple[int, int, Tensor]] = []
        self.tried = 0
        self.number = 0
        for zero, name in equations:
            self.assume(zero, name)

    @property
    def all_rules(self) -> list[Rule]:
        return [*self.fixed, *sorted(self.rules, key=lambda rule: len(rule.pattern.factors))]

    def assume(self, zero: Tensor, name: str) -> bool:
        """Adds an equation, reduced by what is known; whether it was news."""
        left = content(reduced(spread(zero), self.all_rules))[1]
        if is_zero(left) or left in self.known:
            return False
        self.known.add(left)
        rule = oriented(left, name)
        if rule is None or len(rule.pattern.factors) > _MOST_FACTORS:
            return False
        self.rules.append(rule)
        for other in (*self.rules, *self.built_in):
            for weight, difference in _overlaps(rule, other):
                self.number += 1
                heappush(self.waiting, (weight, self.number, difference))
        return True

    def grow(self) -> bool:
        """One new rule; False when there is none within the limits."""
        while self.waiting and len(self.rules) < _MOST_RULES and self.tried < _MOST_PAIRS:
            self.tried += 1
            weight, _, difference = heappop(self.waiting)
            if weight > 2 * _MOST_FACTORS:
                return False
            if len(terms_of(difference)) <= _MOST_TERMS and self.assume(difference, "a consequence"):
                return True
        return False


def _overlaps(first: Rule, second: Rule) -> Iterator[tuple[int, Tensor]]:
    """Differences of the two results wherever the patterns share operands, with the length of their
    longest term."""
    for k, one in enumerate(first.pattern.factors):
        for j, other in enumerate(second.pattern.factors):
            if one.base is not other.base or one.exponent != other.exponent or (first is second and k == j):
                continue
            for arrangement in arrangements(other):
                merged = _Merge(first.pattern, second.pattern)
                if merged.identify(k, j, arrangement) and merged.closed():
                    graph, places, images = merged.graph()
                    if len(graph.output) > 2:
                        continue
                    result = (
                        replaced(graph, rule, where, labels) for rule, where, labels in zip((first, second), places, images)
                    )
                    left, right = result
                    difference = add([(YES, left), (-YES, right)], left.shape)
                    if not (isinstance(difference, Sum) and not difference.terms):
                        yield max(_rank(term)[0] for _, term in terms_of(difference)), difference


class _Merge:
    """Two patterns glued together along some of their factors."""

    def __init__(self, first: Graph, second: Graph) -> None:
        self.patterns = (first, second)
        self.shift = 1 + max(first.sizes, default=0)
        self.parent = {label: label for label in first.sizes} | {label + self.shift: label + self.shift for label in second.sizes}
        self.pairs: dict[int, int] = {}

    def find(self, label: int) -> int:
        while self.parent[label] != label:
            label = self.parent[label]
        return label

    def identify(self, k: int, j: int, arrangement: tuple[int, ...]) -> bool:
        if k in self.pairs or j in self.pairs.values():
            return False
        self.pairs[k] = j
        for one, other in zip(self.patterns[0].factors[k].labels, arrangement):
            self.parent[self.find(other + self.shift)] = self.find(one)
        return True

    def _private(self, which: int) -> list[int]:
        pattern = self.patterns[which]
        labels = {label for factor in pattern.factors for label in factor.labels} - set(pattern.output)
        return [label + which * self.shift for label in sorted(labels)]

    def closed(self) -> bool:
        """Identifies what must be shared because a private label of one pattern touches it; False
        when that is impossible."""
        for which in (0, 1):
            private = [self.find(label) for label in self._private(which)]
            outer = {self.find(label + which * self.shift) for label in self.patterns[which].output}
            if len(set(private)) != len(private) or outer & set(private) or len(outer) != len(self.patterns[which].output):
                return False
        for which in (0, 1):
            inner = {self.find(label) for label in self._private(which)}
            other = self.patterns[1 - which]
            taken = set(self.pairs.values()) if which == 0 else set(self.pairs)
            for j, factor in enumerate(other.factors):
                if j not in taken and any(self.find(label + (1 - which) * self.shift) in inner for label in factor.labels):
                    return self._forced(which, j) and self.closed()
        return True

    def _forced(self, which: int, j: int) -> bool:
        """Identifies factor ``j`` of the other pattern with a factor of pattern ``which``."""
        mine, factor = self.patterns[which], self.patterns[1 - which].factors[j]
        where = [self.find(label + (1 - which) * self.shift) for label in factor.labels]
        for k, candidate in enumerate(mine.factors):
            free = k not in self.pairs if which == 0 else k not in self.pairs.values()
            if not free or candidate.base is not factor.base:
                continue
            for arrangement in arrangements(candidate):
                there = [self.find(label + which * self.shift) for label in arrangement]
                if any(a == b for a, b in zip(where, there)):
                    if which == 0:
                        swapped = arrangement != candidate.labels
                        labels = factor.labels[::-1] if swapped else factor.labels
                        return self.identify(k, j, labels)
                    return self.identify(j, k, arrangement)
        return False

    def graph(self) -> tuple[Graph, tuple[tuple[int, ...], tuple[int, ...]], tuple[dict[int, int], dict[int, int]]]:
        """The glued graph, the places of both patterns in it, and the images of their labels."""
        first, second = self.patterns
        factors = [Factor(f.base, f.exponent, tuple([self.find(label) for label in f.labels])) for f in first.factors]
        places = list(range(len(first.factors)))
        back = {j: k for k, j in self.pairs.items()}
        others = []
        for j, factor in enumerate(second.factors):
            if j in back:
                others.append(back[j])
            else:
                others.append(len(factors))
                factors.append(
                    Factor(factor.base, factor.exponent, tuple([self.find(label + self.shift) for label in factor.labels]))
                )
        private = {self.find(label) for which in (0, 1) for label in self._private(which)}
        output: dict[int, None] = {}
        for label in (*first.output, *(label + self.shift for label in second.output)):
            if self.find(label) not in private:
                output.setdefault(self.find(label))
        sizes = {self.find(label): size for label, size in first.sizes.items()}
        sizes |= {self.find(label + self.shift): size for label, size in second.sizes.items()}
        images = (
            {label: self.find(label) for label in first.sizes},
            {label: self.find(label + self.shift) for label in second.sizes},
        )
        return Graph(tuple(factors), tuple(output), sizes), (tuple(places), tuple(others)), images
