"""Strategies of proofs: normal forms by rules, and consequences of matrix equations, where overlaps
of rules give new rules, as in Knuth-Bendix completion and Buchberger's algorithm.

Every equation is an identity between tensors, so whatever is derived holds for all sizes
(noncommutative Gröbner bases for matrices of compatible shapes). Completion need not end; it stops
at fixed limits and a proof that needs more is not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from heapq import heappop, heappush

from matcalc.base.budgets import spend
from matcalc.base.errors import LimitError
from matcalc.einstein.algebra import transposed
from matcalc.einstein.linear import YES, Labels, add, content, is_zero, terms_of
from matcalc.einstein.nodes import Tensor
from matcalc.rewrite.distribution import TOO_MANY, collect, spread
from matcalc.rewrite.matching import Embedding, Factor, Graph, Rule, arrangements, as_rule, embeddings, graph_of, replaced

_MOST_WAITING = 4000
# ------------------------------------------------------------
# Normal forms: rules used until none applies.


def reduced(tensor: Tensor, rules: Sequence[Rule]) -> Tensor:
    """``tensor`` rewritten until no rule applies to any of its terms.

    Raises LimitError when there are too many terms; rules need not come to rest, then the budget
    ends it.
    """
    if not rules:
        return tensor
    done: dict[Tensor, Fraction] = {}
    waiting: dict[Tensor, Fraction] = {}
    collect(waiting, YES, tensor)
    while waiting:
        term, coefficient = waiting.popitem()
        if not coefficient:
            continue
        spend(2 + (len(rules) >> 3))
        after = _rewritten(term, rules)
        if after is None:
            collect(done, coefficient, term)
            continue
        if len(waiting) > _MOST_WAITING:
            raise LimitError(TOO_MANY)
        collect(waiting, coefficient, spread(after))
    return add([(c, term) for term, c in done.items()], tensor.shape)


def _rewritten(term: Tensor, rules: Sequence[Rule]) -> Tensor | None:
    """The term after the first replacement that changes it."""
    graph = graph_of(term)
    bases = {factor.base for factor in graph.factors}
    for rule in rules:
        if all(factor.base in bases for factor in rule.pattern.factors):
            for found in embeddings(rule.pattern, graph):
                result = replaced(graph, rule.pattern, rule.result, found)
                if result is not term:
                    return result
    return None


# ------------------------------------------------------------
# Completion.

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
            for turned in range(len(arrangements(other))):
                difference = _Glued(first, second).difference(k, j, turned)
                if difference is not None and not is_zero(difference):
                    yield max(_rank(term)[0] for _, term in terms_of(difference)), difference


class _Glued:
    """The patterns of two rules glued together along some of their factors."""

    def __init__(self, first: Rule, second: Rule) -> None:
        self.rules = (first, second)
        shift = 1 + max(first.pattern.sizes, default=0)
        self.patterns = (first.pattern, _shifted(second.pattern, shift))
        self.labels = Labels({label: size for pattern in self.patterns for label, size in pattern.sizes.items()})
        self.pairs: list[tuple[int, int]] = []
        """The places of factors of both patterns that are one."""

    def difference(self, k: int, j: int, turned: int) -> Tensor | None:
        """What the rules make of the patterns with these two factors, the second turned or not, as
        one, subtracted; None where that is no tensor of order two or less."""
        self._identify(k, j, arrangements(self.patterns[1].factors[j])[turned])
        if not self._is_closed():
            return None
        graph, places = self._graph()
        if len(graph.output) > 2:
            return None
        images = {label: self.labels.find(label) for pattern in self.patterns for label in pattern.sizes}
        left, right = [
            replaced(graph, pattern, rule.result, Embedding(where, images, {}))
            for rule, pattern, where in zip(self.rules, self.patterns, places)
        ]
        return add([(YES, left), (-YES, right)], left.shape)

    def _identify(self, k: int, j: int, arrangement: tuple[int, ...]) -> None:
        self.pairs.append((k, j))
        for one, other in zip(self.patterns[0].factors[k].labels, arrangement):
            self.labels.join(one, other)

    def _found(self, labels: Iterable[int]) -> tuple[int, ...]:
        return tuple(map(self.labels.find, labels))

    def _is_closed(self) -> bool:
        """Identifies what must be shared because a private label of one pattern touches it; False
        when that is impossible."""
        for pattern in self.patterns:
            private, outer = self._found(pattern.private), set(self._found(pattern.output))
            if len(set(private)) != len(private) or outer & set(private) or len(outer) != len(pattern.output):
                return False
        for which in (0, 1):
            inner = set(self._found(self.patterns[which].private))
            taken = {pair[1 - which] for pair in self.pairs}
            for j, factor in enumerate(self.patterns[1 - which].factors):
                if j not in taken and inner & set(self._found(factor.labels)):
                    return self._forced(which, j) and self._is_closed()
        return True

    def _forced(self, which: int, j: int) -> bool:
        """Identifies factor ``j`` of the other pattern with a factor of pattern ``which``."""
        factor = self.patterns[1 - which].factors[j]
        where, taken = self._found(factor.labels), {pair[which] for pair in self.pairs}
        for k, candidate in enumerate(self.patterns[which].factors):
            if k in taken or candidate.base is not factor.base:
                continue
            for arrangement in arrangements(candidate):
                if any(a == b for a, b in zip(where, self._found(arrangement))):
                    turned = arrangement != candidate.labels
                    if which == 0:
                        self._identify(k, j, factor.labels[::-1] if turned else factor.labels)
                    else:
                        self._identify(j, k, arrangement)
                    return True
        return False

    def _graph(self) -> tuple[Graph, tuple[tuple[int, ...], tuple[int, ...]]]:
        """The glued graph, and the places of both patterns in it."""
        first, second = self.patterns
        back = {j: k for k, j in self.pairs}
        left = [j for j in range(len(second.factors)) if j not in back]
        factors = [*first.factors, *(second.factors[j] for j in left)]
        places = {**back, **{j: len(first.factors) + k for k, j in enumerate(left)}}
        inside = set(self._found([*first.private, *second.private]))
        output = [label for label in dict.fromkeys(self._found([*first.output, *second.output])) if label not in inside]
        sizes = {self.labels.find(label): size for label, size in (first.sizes | second.sizes).items()}
        glued = [Factor(factor.base, factor.exponent, self._found(factor.labels)) for factor in factors]
        others = tuple([places[j] for j in range(len(second.factors))])
        return Graph(tuple(glued), tuple(output), sizes), (tuple(range(len(first.factors))), others)


def _shifted(pattern: Graph, shift: int) -> Graph:
    """The pattern with other labels."""

    def moved(labels: tuple[int, ...]) -> tuple[int, ...]:
        return tuple([label + shift for label in labels])

    factors = [Factor(factor.base, factor.exponent, moved(factor.labels)) for factor in pattern.factors]
    return Graph(tuple(factors), moved(pattern.output), {label + shift: size for label, size in pattern.sizes.items()})
