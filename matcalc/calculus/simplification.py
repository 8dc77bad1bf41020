"""Recognising short forms by identities from the leaves up; entries of t and of -t in one
formula."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from matcalc.base.functions import functions
from matcalc.base.lazy import later
from matcalc.base.records import grouped
from matcalc.base.shapes import Selection
from matcalc.base.sizes import ZERO
from matcalc.calculus.cancellation import cancelled_fraction
from matcalc.einstein.algebra import base_and_exponent, contract, elementwise, power, rows_of_identity, selects
from matcalc.einstein.linear import MINUS, add, content, scale
from matcalc.einstein.nodes import Apply, Contraction, Map, Power, Sum, Tensor, postorder
from matcalc.einstein.substitution import rebuilt, renewed, substituted, weight
from matcalc.rewrite.distribution import collected, expanded, opened, opened_at

# ------------------------------------------------------------
# Functions of t and of -t in one formula: with the values at -t written by those at t more terms
# are alike.

if TYPE_CHECKING:
    from matcalc.einstein import pairing_laws
    from matcalc.rewrite import matching
    from matcalc.rules import rewrites
else:
    pairing_laws = later("matcalc.einstein.pairing_laws")
    rewrites = later("matcalc.rules.rewrites")
    matching = later("matcalc.rewrite.matching")


def reflected(tensor: Tensor) -> Tensor:
    """The tensor with ``sigmoid(-t)`` written ``1 - sigmoid(t)`` where ``sigmoid(t)`` stands in it
    too, and the like."""
    found = dict.fromkeys(node for node in postorder(tensor) if isinstance(node, Map) and _reflection(node))
    values: dict[Tensor, Tensor] = {}
    for node in found:
        opposite = Map(node.function, (scale(MINUS, node.arguments[0]),))
        if opposite in found and _rank(opposite) < _rank(node):
            values[node] = rewrites.instantiated(rewrites.formula(_reflection(node)), {"t": opposite.arguments[0]})
    return rebuilt(tensor, values.get) if values else tensor


def _reflection(node: Map) -> str:
    known = functions().get(node.function)
    return known.reflection if known is not None else ""


def _rank(node: Map) -> tuple[bool, int]:
    """Arguments without a minus come first."""
    return content(node.arguments[0])[0] < 0, node.digest


# ------------------------------------------------------------
# Recognising short forms: the identities of ``rules/rewrites.rules``, applied from the leaves up
# until none matches.

_MOST_PASSES = 20
_WORTH_IT = 2
"""How much smaller a multiplied-out product must be, so that factored forms that the user wrote
stay."""


class _Settled:
    """Tensors in which nothing is left to do, at any depth. Rules whose functions stand only
    elsewhere in a formula cannot match there."""

    def __contains__(self, node: object) -> bool:
        return hasattr(node, "settled")

    def add(self, node: Tensor) -> None:
        object.__setattr__(node, "settled", True)


_SETTLED = _Settled()


def simplified(tensor: Tensor, fired: list[tuple[str, Tensor]] | None = None) -> Tensor:
    """``tensor`` with the rewrites applied and elementwise products multiplied out where that is
    shorter.

    Each step makes the written-out formula smaller, so this ends. The names of the rewrites applied
    are appended to ``fired``, each with the node it was applied to.
    """
    fired = [] if fired is None else fired
    for _ in range(_MOST_PASSES):
        if tensor in _SETTLED:
            return tensor
        order = postorder(tensor)
        step = partial(_smaller, rules=_candidates(order), selecting=True in map(selects, order), fired=fired)
        result = rebuilt(tensor, step, _SETTLED)
        if result is tensor:
            return tensor
        tensor = result
    return tensor


def _smaller(node: Tensor, *, rules: list[rewrites.Rewrite], selecting: bool, fired: list[tuple[str, Tensor]]) -> Tensor | None:
    found = (_rewritten(node, rules, fired) if rules else None) or (_selected(node) if selecting else None)
    return found or _multiplied_out(node) or cancelled_fraction(node)


def alternatives(tensor: Tensor, heaviest: float = inf) -> tuple[Tensor, ...]:
    """The tensor as it is, with sums opened that have an identity or ones among their terms, and
    fully expanded; each once.

    The same with functions of -t written by those of t, where there are both. Products that weigh
    more than ``heaviest`` without the sum in them are not expanded.
    """
    starts = dict.fromkeys((tensor, reflected(tensor)))
    others = [
        other for start in starts for other in (start, opened(start), expanded(start, heaviest=heaviest)) if other is not tensor
    ]
    return tuple(dict.fromkeys((tensor, *map(collected, map(simplified, others)))))


def lightest(tensor: Tensor) -> Tensor:
    """The smallest of the alternatives: what a further derivative should start from."""
    return min(alternatives(tensor), key=weight)


def _multiplied_out(node: Tensor) -> Tensor | None:
    """Factors on the same indices, multiplied out when terms cancel:
    ``(y/s + (1 - y)/(s - 1)) s (s - 1)`` becomes ``s - y``."""
    if not isinstance(node, Contraction):
        return None
    groups: dict[tuple[int, ...], list[int]] = {}
    for place, index in enumerate(node.indices):
        groups.setdefault(index, []).append(place)
    for index, places in groups.items():
        group = [node.operands[place] for place in places]
        if len(places) > 1 and len(set(index)) == len(index) and _may_cancel(group):
            before = elementwise(group, group[0].shape)
            after = expanded(before)
            if after is not before and weight(after) + _WORTH_IT <= weight(before):
                return _with_factor(node, places, after, index)
    return _summed(node)


def _with_factor(node: Contraction, places: Container[int], factor: Tensor, index: tuple[int, ...]) -> Tensor:
    """The product with one factor in place of those at ``places``."""
    kept = [place for place in range(len(node.operands)) if place not in places]
    operands, indices = [node.operands[place] for place in kept], [node.indices[place] for place in kept]
    return contract([*operands, factor], [*indices, index], node.output, dict(enumerate(node.sizes)))


def _may_cancel(factors: list[Tensor]) -> bool:
    """Whether there is a sum among the factors that another factor may meet something in: another
    sum, or a power of the same base."""
    sums = [factor for factor in factors if isinstance(factor, Sum)]
    if len(sums) != 1:
        return bool(sums)
    bases = {base_and_exponent(factor)[0] for factor in factors if not isinstance(factor, Sum)}
    inside = [factor for _, term in sums[0].terms for factor in (term.operands if isinstance(term, Contraction) else (term,))]
    return any(isinstance(factor, Sum) or base_and_exponent(factor)[0] in bases for factor in inside)


def _summed(node: Contraction) -> Tensor | None:
    """A sum over an axis of a sum, term by term where that is shorter: ``sum(x - 1 mean(x))``
    becomes 0."""
    sums = [place for place, operand in enumerate(node.operands) if isinstance(operand, Sum)]
    if not sums:
        return None
    uses = Counter([label for index in (node.output, *node.indices) for label in index])
    for place in sums:
        if any(uses[label] == 1 for label in node.indices[place]):
            # What does not vary along the axis comes out of the sum, and what is left may be such a
            # sum again.
            after = add([(coefficient, _inner_sums(part)) for coefficient, part in opened_at(node, place)], node.shape)
            if weight(after) < weight(node):
                return after
    return None


def _inner_sums(part: Tensor) -> Tensor:
    """A product with the sums in it simplified."""
    if not isinstance(part, Contraction):
        return part
    whole = _summed(part)
    if whole is not None:
        return whole
    summed = [_summed(operand) if isinstance(operand, Contraction) and not operand.output else None for operand in part.operands]
    if not any(summed):
        return part
    chosen = [new or old for new, old in zip(summed, part.operands)]
    return contract(chosen, part.indices, part.output, dict(enumerate(part.sizes)))


# ------------------------------------------------------------
# Blocks of arrays, put where another factor selects from.


def _selected(node: Tensor) -> Tensor | None:
    """A sum of blocks put along an axis from which positions are selected, block by block where
    that is shorter: ``[A, B][:, 1:m]`` becomes ``A``. Of a function of every entry, its
    argument."""
    if isinstance(node, Sum):
        return _side_by_side(node)
    if not isinstance(node, Contraction):
        return None
    labels = {index[-1]: place for place, (operand, index) in enumerate(zip(node.operands, node.indices)) if selects(operand)}
    for place, (operand, index) in enumerate(zip(node.operands, node.indices)) if labels else ():
        blocks = isinstance(operand, Sum) and any(index[axis] in labels for axis in _block_axes(operand))
        after = _selected_inside(node, place, labels) if blocks or isinstance(operand, Map | Power) else None
        if blocks and (after is None or weight(after) >= weight(node)):
            after = add([(coefficient, _selected(part) or part) for coefficient, part in opened_at(node, place)], node.shape)
        if after is not None and weight(after) < weight(node):
            return after
    return None


def _block_axes(total: Sum) -> set[int]:
    """The axes along which a term of a sum is put somewhere."""
    found: set[int] = set()
    for _, term in total.terms:
        own = tuple(range(term.order))
        one = term if isinstance(term, Contraction) else Contraction((term,), (own,), own, term.shape)
        labels = {index[-1] for operand, index in zip(one.operands, one.indices) if selects(operand)}
        found.update(axis for axis, label in enumerate(one.output) if label in labels)
    return found


def _selected_inside(node: Contraction, place: int, labels: Mapping[int, int]) -> Tensor | None:
    """The product with what is selected from the values of a function selected from its
    arguments."""
    operand, index = node.operands[place], node.indices[place]
    uses = Counter([label for one in (node.output, *node.indices) for label in one])
    axis = next((axis for axis, label in enumerate(index) if label in labels and uses[label] == 2), None)
    if axis is None or len(node.indices[labels[index[axis]]]) < 2:
        return None
    chosen, own = node.operands[labels[index[axis]]], tuple(range(operand.order))
    new = operand.order

    def narrowed(argument: Tensor) -> Tensor:
        output = (*own[:axis], new, *own[axis + 1 :])
        part = contract([argument, chosen], [own, (new, axis)], output, dict(enumerate((*argument.shape, chosen.shape[0]))))
        return _selected(part) or part if argument.shape == operand.shape else argument

    parts = {argument: narrowed(argument) for argument in operand.below}
    if isinstance(operand, Sum):
        shape = (*operand.shape[:axis], chosen.shape[0], *operand.shape[axis + 1 :])
        inner = add([(coefficient, parts[term]) for coefficient, term in operand.terms], shape)
    else:
        inner = renewed(operand, parts)
    row = node.indices[labels[index[axis]]][0]
    kept = [k for k in range(len(node.operands)) if k not in (place, labels[index[axis]])]
    operands, indices = [node.operands[k] for k in kept], [node.indices[k] for k in kept]
    whole = (*index[:axis], row, *index[axis + 1 :])
    return contract([*operands, inner], [*indices, whole], node.output, dict(enumerate(node.sizes)))


def _side_by_side(total: Sum) -> Tensor | None:
    """The sum with one term for two that have the same positions of neighbouring runs, on the
    diagonal of a matrix that else is 0: ``[I, 0; 0, 0] + [0, 0; 0, I]`` becomes ``I``."""
    seen: dict[tuple[Tensor, Fraction], list[tuple[Selection, Tensor]]] = {}
    for coefficient, term in total.terms:
        for chosen, rest, again in _on_diagonal(term):
            for other, partner in seen.setdefault((rest, coefficient), []):
                both = chosen.beside(other)
                if both is not None and partner is not term:
                    left = [(c, one) for c, one in total.terms if one is not term and one is not partner]
                    return add([*left, (coefficient, again(both))], total.shape)
            seen[rest, coefficient].append((chosen, term))
    return None


def _on_diagonal(term: Tensor) -> Iterator[tuple[Selection, Tensor, Callable[[Selection], Tensor]]]:
    """The selections that a term has twice with the same rows, each with the term without them and
    what makes the term of another selection."""
    if not isinstance(term, Contraction):
        return
    factors = enumerate(zip(term.operands, term.indices))
    places = grouped((index[0], place) for place, (operand, index) in factors if len(index) == 2 and selects(operand))
    uses = Counter([label for one in (term.output, *term.indices) for label in one])
    for row, pair in places.items():
        alike = {term.operands[place] for place in pair}
        chosen = pairing_laws.selection_of(term.operands[pair[0]])
        if len(pair) == uses[row] == 2 and len(alike) == 1 and chosen is not None:
            again = partial(_chosen_again, term, pair)
            yield chosen, again(Selection(chosen.whole, chosen.whole, ZERO)), again


def _chosen_again(term: Contraction, pair: Sequence[int], chosen: Selection) -> Tensor:
    """The term with another selection in two places; the whole axis is an identity there."""
    row = term.indices[pair[0]][0]
    kept = [place for place in range(len(term.operands)) if place not in pair]
    put = rows_of_identity(chosen)
    operands = [*[term.operands[place] for place in kept], put, put]
    indices = [*[term.indices[place] for place in kept], *[term.indices[place] for place in pair]]
    return contract(operands, indices, term.output, dict(enumerate(term.sizes)) | {row: chosen.size})


# ------------------------------------------------------------
# Rules.


def _candidates(order: Iterable[Tensor]) -> list[rewrites.Rewrite]:
    """The rules all of whose functions stand in the formula."""
    present = {node.function for node in order if isinstance(node, (Map, Apply))}
    if not present:
        return []
    lines = [line for functions, line in rewrites.lines_by_functions() if functions <= present]
    return [rule for line in lines for rule in rewrites.rewrites(line)]


def rewritten(tensor: Tensor, rules: Sequence[rewrites.Rewrite]) -> Tensor:
    """``tensor`` with every part replaced for which one of ``rules`` has another form, once."""
    return rebuilt(tensor, partial(_rewritten, rules=rules, fired=[]))


def _rewritten(node: Tensor, rules: Sequence[rewrites.Rewrite], fired: list[tuple[str, Tensor]]) -> Tensor | None:
    graphs = _graphs(node) if rules and isinstance(node, Contraction) else []
    for rule in rules:
        if graphs and isinstance(rule.left, Contraction):
            result = _within(graphs, rule)
        elif isinstance(node, Power) and isinstance(rule.left, Power):
            result = _power(node, rule)
        else:
            result = _whole(node, rule)
        if result is not None:
            fired.append((rule.name, node))
            return result
    return None


def _whole(node: Tensor, rule: rewrites.Rewrite) -> Tensor | None:
    if rule.left.order != node.order:
        return None
    for binding in matching.matches(rule.left, node, rule.wildcards, {}):
        return _replaced(rule, binding)
    return None


def _power(node: Power, rule: rewrites.Rewrite) -> Tensor | None:
    """A power of the left side is the same power of the right side."""
    assert isinstance(rule.left, Power)
    times = node.exponent / rule.left.exponent
    if rule.left.order != node.order or times <= 0 or times.denominator != 1:
        return None
    for binding in matching.matches(rule.left.base, node.base, rule.wildcards, {}):
        return power(_replaced(rule, binding), Fraction(times))
    return None


def _graphs(node: Contraction) -> list[matching.Graph]:
    """The product as it stands, and where it has scalar products with these opened."""
    opened = any(isinstance(operand, Contraction) and not operand.output for operand in node.operands)
    return [matching.as_it_stands(node)] + ([matching.graph_of(node, split=False)] if opened else [])


def _within(graphs: list[matching.Graph], rule: rewrites.Rewrite) -> Tensor | None:
    """The left side within a product; where it is no scalar, its scalar products are looked into as
    well."""
    assert isinstance(rule.left, Contraction)
    pattern = matching.as_it_stands(rule.left)
    for graph in graphs if rule.left.shape else graphs[:1]:
        for found in matching.embeddings(pattern, graph, rule.wildcards):
            if len(set(found.labels.values())) == len(found.labels):
                return matching.replaced(graph, pattern, _replaced(rule, found.binding), found)
    return None


def _replaced(rule: rewrites.Rewrite, binding: Mapping[Tensor, Tensor]) -> Tensor:
    sizes = {own: other for wildcard, value in binding.items() for own, other in zip(wildcard.shape, value.shape)}
    return substituted(rule.right, binding, sizes)
