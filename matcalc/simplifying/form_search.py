"""The search for the shortest form: equations are used in either direction, products multiplied
out; what is shorter is looked at first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from heapq import heappop, heappush
from itertools import chain

from matcalc.base.budgets import valued
from matcalc.base.records import record
from matcalc.calculus.simplification import alternatives, simplified
from matcalc.einstein.algebra import elementwise, power, symbolic_power
from matcalc.einstein.linear import MINUS, YES, add, ones, terms_of
from matcalc.einstein.nodes import Apply, Contraction, Leaf, Map, Power, Sum, Tensor, postorder
from matcalc.einstein.substitution import apply, substituted, weight
from matcalc.rewrite.distribution import spread
from matcalc.rewrite.matching import Graph, Rule, as_rule, embeddings, graph_of, replaced
from matcalc.rewrite.matrix_laws import apply_law, determinant_of_blocks
from matcalc.rewrite.normal_form import equations
from matcalc.simplifying.equation_schemas import Instance, instances, keeps_values, needs

MULTIPLIED = "multiplied out"
_HEAVIEST, _HEAVIER = 3, 20
"""How many times as heavy as the lightest form, and how much more, another one may be that is
looked at."""
_FRUITLESS, _FRUITLESS_A_SIGN = 120, 10
"""Forms that are looked at without finding a shorter one before the search ends, in all and for
each sign of the shortest: what is short already has few shorter forms, and these are found soon."""
NO_FORM: tuple[int, ...] = (10**6, 10**6, 10**6)
"""The length of what has no form to read."""


@record
class Move:
    """What one equation makes of a form."""

    name: str
    source: str
    result: Tensor


@record
class State:
    """A form, and the way to it."""

    tensor: Tensor
    before: State | None
    move: Move | None


def reached(
    start: Tensor,
    length: Callable[[Tensor], tuple[int, ...] | None],
    most: int,
    *,
    with_equations: bool = True,
    given: Sequence[Instance] = (),
) -> Iterator[State]:
    """Forms that equal a tensor, at most so many, each with the way to it; ``length`` is what there
    is to read of one, its signs counted last but one; None where it has no form to read. Equations
    ``given`` are used beside those of the files."""
    waiting: list[tuple[tuple[int, ...], int, State]] = []
    seen: set[Tensor] = set()
    shortest, found_at, lightest = NO_FORM, 0, weight(start)

    def entered(state: State) -> State:
        nonlocal shortest, found_at, lightest
        seen.add(state.tensor)
        measured = length(state.tensor) or NO_FORM
        if measured < shortest:
            shortest, found_at = measured, len(seen)
        lightest = min(lightest, weight(state.tensor))
        heappush(waiting, (measured, len(seen), state))
        return state

    yield entered(State(start, None, None))
    while waiting:
        _, _, state = heappop(waiting)
        for move in _moves(state.tensor, with_equations, given):
            if move.result in seen or weight(move.result) > _HEAVIEST * lightest + _HEAVIER:
                continue
            yield entered(State(move.result, state, move))
            if len(seen) >= most or len(seen) >= found_at + min(_FRUITLESS, _FRUITLESS_A_SIGN * shortest[-2]):
                return


def _moves(tensor: Tensor, with_equations: bool, given: Sequence[Instance]) -> Iterator[Move]:
    apart = valued(lambda: simplified(spread(tensor)))
    for other in (*alternatives(tensor), apart):
        if other is not None:
            yield Move(MULTIPLIED, "", other)
    if with_equations or given:
        yield from _by_equations(tensor, chain(given, _instances(tensor) if with_equations else ()))


def _by_equations(tensor: Tensor, equations_of_it: Iterable[Instance]) -> Iterator[Move]:
    nodes = [node for node in postorder(tensor) if not isinstance(node, Leaf)]
    places = [Place(node, None if isinstance(node, Sum) else graph_of(node)) for node in nodes]
    present = needs(tensor)
    for instance in equations_of_it:
        for lead, rest in _directions(instance):
            if lead not in instance.left and (instance.one_way or not keeps_values(lead, rest, present)):
                continue  # it might have no value where the formula has one
            for result in _put_anywhere(tensor, places, lead, rest):
                yield Move(instance.name, instance.source, result)


def _put_anywhere(tensor: Tensor, places: Sequence[Place], lead: Tensor, rest: Tensor) -> Iterator[Tensor]:
    """The tensor with ``rest`` in place of ``lead``, at one place after the other."""
    rule = as_rule(lead, rest)
    for place in places:
        for found in place.rewritten(lead, rest, rule):
            result = valued(partial(_put, tensor, place.node, found))
            if result is not None:
                yield result


def _put(tensor: Tensor, node: Tensor, found: Tensor) -> Tensor:
    return simplified(substituted(tensor, {node: found}))


def _instances(tensor: Tensor) -> Iterator[Instance]:
    nodes = postorder(tensor)
    yield from instances(nodes)
    for zero, name in equations(tensor)[1]:
        if isinstance(zero, Sum):
            yield Instance(name, "", zero.terms)
    for node in nodes:
        yield from _of_node(node)


def _of_node(node: Tensor) -> Iterator[Instance]:
    """What a power says of its base beside it, and a function of a matrix of what it is made of."""
    if isinstance(node, Power) and isinstance(node.base, Contraction) and node.exponent < 0:
        beside = elementwise([node, node.base], node.shape)
        yield _equal("exponents added", beside, power(node.base, node.exponent + 1))
    elif isinstance(node, Map) and node.function == "pow":
        base, exponent = node.arguments
        for count in (YES, MINUS):
            total = add([(YES, exponent), (count, ones(exponent.shape))], exponent.shape)
            beside = elementwise([node, power(base, count)], node.shape)
            yield _equal("exponents added", beside, symbolic_power(base, total))
    elif isinstance(node, Apply) and node.function in _BY_PARTS:
        argument = spread(node.arguments[0])
        values = [valued(lambda: apply_law(node.function, argument, node.shape))]
        if node.function == "det":  # without an inverse of what the complement begins with
            values.append(valued(lambda: determinant_of_blocks(argument, lambda block: apply("det", (block,), ())) or node))
        for value in values:
            if value is not None and value is not node:
                yield _equal(_BY_PARTS[node.function], node, value)


_BY_PARTS = {"det": "determinant by factors and blocks", "inv": "inverse by factors and blocks"}


def _equal(name: str, one: Tensor, other: Tensor) -> Instance:
    return Instance(name, "", terms_of(add([(YES, one), (MINUS, other)], one.shape)))


def _directions(instance: Instance) -> Iterator[tuple[Tensor, Tensor]]:
    """Each term with what it equals; a symbol alone, and numbers, have no other form."""
    for place, (_, lead) in enumerate(instance.terms):
        if lead.below:
            yield lead, instance.rest(place)


@record
class Place:
    """A part of a formula, and its factors unless it is a sum."""

    node: Tensor
    graph: Graph | None

    def rewritten(self, lead: Tensor, rest: Tensor, rule: Rule | None) -> Iterator[Tensor]:
        """The part with ``rest`` in place of ``lead``, wherever that stands in it."""
        if self.node is lead:
            yield rest
        elif rule is not None and self.graph is not None:
            bases = {factor.base for factor in self.graph.factors}
            if all(factor.base in bases for factor in rule.pattern.factors):
                for found in embeddings(rule.pattern, self.graph):
                    yield replaced(self.graph, rule.pattern, rule.result, found)
