"""Riemannian gradients and Hessians: the Euclidean derivatives put into the formulas of a manifold,
and what these come to by what is known of its points and tangent vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import combinations

from matcalc.analysis import charts
from matcalc.analysis.manifolds import Place
from matcalc.base.budgets import SpentError, during, share, valued
from matcalc.base.errors import MatcalcError
from matcalc.base.records import record
from matcalc.calculus.simplification import simplified
from matcalc.derivation.pipeline import Outcome, declared, differentiate, reading_order
from matcalc.einstein.linear import MINUS, YES, add, terms_of
from matcalc.einstein.lowered import aligned
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Apply, Contraction, Map, Tensor, postorder
from matcalc.einstein.substitution import rebuilt, substituted, weight
from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import replaced, symbols_in
from matcalc.folding.build import cost
from matcalc.printing.expressions import length
from matcalc.products.differentials import inner
from matcalc.rewrite.distribution import spread
from matcalc.rewrite.matching import Rule, as_rule, embeddings, graph_of, replaced as put_in
from matcalc.rewrite.normal_form import proves_zero
from matcalc.simplifying.equation_schemas import Instance
from matcalc.simplifying.form_search import reached
from matcalc.simplifying.shortest_forms import Writer
from matcalc.simplifying.shown_forms import may_have_names, with_names


@record
class Riemannian:
    """The gradient of a function on a manifold, and its Hessian along the direction of the
    ``place`` where that is asked for."""

    place: Place
    function: Expr
    restricted: Expr
    """A function of the space around that is equal on the manifold, whose derivatives are taken."""
    slope: Expr
    """The Euclidean gradient, away from the manifold too."""
    euclidean: Expr
    """The same, on it."""
    gradient: Expr
    change: Expr | None = None
    """The derivative of the Euclidean gradient along the direction."""
    hessian: Expr | None = None
    names: Mapping[str, Expr] = {}
    """Names of parts in the formula of the Hessian."""

    @property
    def result(self) -> Expr:
        """What was asked for."""
        return self.gradient if self.hessian is None else self.hessian


def riemannian(function: Expr, place: Place, order: int) -> Riemannian:
    """The Riemannian gradient of a scalar (order 1), or its Hessian along the direction of the
    place (order 2).

    Raises MatcalcError where there is no formula, where differences along curves do not confirm
    the result, and what differentiating raises.
    """
    metric = place.metric
    if order == 2 and not metric.hessian:
        raise MatcalcError(
            f"the Hessian by the {metric.name} metric of {place.manifold.words} is not known",
            suggestion=", ".join([f"metric={one.name!r}" for one in place.manifold.metrics if one.hessian]),
        )
    restricted = _on(function, place)
    first = differentiate(replaced(restricted, {place.free.name: place.free}), (place.free,))
    slope = first.shown
    if slope is None:
        raise MatcalcError(f"the gradient by {place.point.name} has no form as an expression")
    names = reading_order(function, place.point, place.move, *place.parts)
    values = {"G": _Value.of(first, place, names, 1)}
    gradient = _filled(metric.gradient, values, place, names, 1, searched=order == 1)
    if order == 1:
        charts.confirm(function, gradient.form, None, place)
        return Riemannian(place, function, restricted, slope, values["G"].form, gradient.form)
    values["H"] = _Value.of(_along(slope, place), place, names, 2)
    *parts, body = [line.strip() for line in metric.hessian.split(";")]
    for line in parts:
        name, formula = line.split(" = ")
        values[name] = _filled(formula, values, place, names, 2, searched=False)
    hessian = _filled(body, values, place, names, 2, searched=True)
    charts.confirm(function, gradient.form, hessian.form, place)
    named = {name: value.form for name, value in values.items() if name not in ("G", "H")}
    return Riemannian(place, function, restricted, slope, values["G"].form, gradient.form, values["H"].form, hessian.form, named)


@record
class _Value:
    """A part of a formula, as a tensor of the point and as an expression."""

    tensor: Tensor
    form: Expr

    @staticmethod
    def of(outcome: Outcome, place: Place, names: Mapping[str, int], order: int) -> _Value:
        """A Euclidean derivative, at the point."""
        tensor = simplified(substituted(outcome.tensor, {declared(place.free): declared(place.point)}))
        return _formed(_reduced(tensor, equations(place, order)), Writer(place.point, names))


def _filled(
    formula: str, values: Mapping[str, _Value], place: Place, names: Mapping[str, int], order: int, *, searched: bool
) -> _Value:
    """A formula of the manifold with the values in place of their names: in the shortest form that
    is found, or as it is written where names for what stands several times make that shorter."""
    symbols = {name: Symbol(f"{name} of the formula", place.point.shape) for name in values}
    written = place.formula(formula, **symbols)
    known = equations(place, order)
    body = Writer(written, {**names, **{symbol.name: len(names) + k for k, symbol in enumerate(symbols.values())}})
    used = [name for name, symbol in symbols.items() if symbol.name in symbols_in(written)]

    def put(inserted: Sequence[str]) -> Tensor:
        """The formula with the values of these names."""
        inside: dict[Tensor, Tensor] = {declared(symbols[name]): values[name].tensor for name in inserted}
        return _reduced(simplified(substituted(body.value.tensor, inside)), known)

    def opened(form: Expr) -> Expr:
        return replaced(form, {symbol.name: values[name].form for name, symbol in symbols.items()})

    searching = known if searched else None
    partly = [put(some) for count in range(len(used)) for some in combinations(used, count)]
    forms = [_formed(one, body) for one in partly if weight(one) <= _HEAVIEST]
    best = min(forms, key=lambda one: _read_length(opened(one.form), place))
    tensor = put(used)
    found = _formed(tensor, Writer(written, names), searching) if weight(tensor) <= _HEAVIEST else None
    signs = 0 if found is None else _read_length(found.form, place)
    if found is not None and _read_length(opened(best.form), place) > signs:
        return found
    whole = opened(_formed(best.tensor, body, searching).form)
    if found is not None and _read_length(whole, place) >= _WORTH_IT * signs:
        return found
    return _Value(tensor, whole)


_HEAVIEST = 120
"""The weight of a formula beyond which it is left as the manifold has it."""
_WORTH_IT = 0.85
"""What part of the length of the shortest form may be left where a form with names is preferred."""


def _read_length(form: Expr, place: Place) -> int:
    """How many signs a form has, written with names where that is shorter."""
    if not may_have_names(form):
        return length(form)
    named, body = with_names(form, place.point, place.taken)
    return length(body or form) + sum([length(part) + 3 for _, part in named])


def _on(function: Expr, place: Place) -> Expr:
    """The function, or a shorter one that is equal on the manifold: the derivatives along it are
    the same."""
    here = replaced(function, {place.point.name: place.point})
    writer = Writer(here)
    start = simplified(writer.value.tensor)
    form = writer.best(reduced(start, [rule for one in _of_point(place) for rule in _rules(one)]))
    return here if form is None or cost(form) >= cost(here) else form


def _along(gradient: Expr, place: Place) -> Outcome:
    """The derivative of the Euclidean gradient along the direction."""
    return differentiate(inner(gradient, place.move), (place.free,))


# ------------------------------------------------------------
# What is known of the point and of tangent vectors.


def equations(place: Place, order: int) -> list[Instance]:
    """The equations of the point, and of the direction where there is one."""
    of_direction = [_instance(place, text, "tangent vector") for text in place.manifold.tangent] if order == 2 else []
    return [*_of_point(place), *of_direction]


def _of_point(place: Place) -> list[Instance]:
    return [_instance(place, text, "point") for text in place.manifold.equations]


def _instance(place: Place, text: str, what: str) -> Instance:
    left, right = aligned([lower(side) for side in place.sides(text)])
    zero = add([(YES, left.tensor), (MINUS, right.tensor)], left.tensor.shape)
    return Instance(f"{what} of {place.manifold.words}", place.manifold.source, terms_of(zero))


def _rules(instance: Instance) -> Iterator[Rule]:
    """An equation as rules for those of its terms that outweigh the others."""
    for place, (_, lead) in enumerate(instance.terms):
        rest = instance.rest(place)
        rule = as_rule(lead, rest, instance.name) if lead.below and weight(rest) < weight(lead) else None
        if rule is not None:
            yield rule


_MOST_PASSES = 20


def reduced(tensor: Tensor, rules: Sequence[Rule]) -> Tensor:
    """A tensor with all rules used until none applies; each makes it lighter."""
    for _ in range(_MOST_PASSES if rules else 0):
        result = simplified(rebuilt(tensor, lambda node: _by_rules(node, rules)))
        if result is tensor:
            break
        tensor = result
    return tensor


def _by_rules(node: Tensor, rules: Sequence[Rule]) -> Tensor | None:
    if not isinstance(node, Contraction):
        return None
    graph = graph_of(node)
    for rule in rules:
        for found in embeddings(rule.pattern, graph):
            return put_in(graph, rule.pattern, rule.result, found)
    return None


# ------------------------------------------------------------
# The shortest form.

_MOST_STATES = 28
_SHARE, _WORK = 0.2, 12_000


def _reduced(tensor: Tensor, known: Sequence[Instance]) -> Tensor:
    """A tensor shortened by equations, multiplied out first where more of them can be used then."""
    rules = [rule for one in known for rule in _rules(one)]
    found = [reduced(tensor, rules)]
    if rules:
        apart = valued(lambda: reduced(simplified(spread(tensor)), rules))
        found += [] if apart is None else [apart]
    return min(found, key=weight)


def _formed(start: Tensor, writer: Writer, known: Sequence[Instance] | None = None) -> _Value:
    """A form of a tensor; the shortest that is found by the equations that are ``known``, where
    there are such. Raises MatcalcError where it has none."""
    during("looking for a shorter form")

    def measured(tensor: Tensor) -> tuple[int, ...] | None:
        form = writer.form(tensor)
        return None if form is None else (length(form), cost(form))

    best = start if known is None else _best(start, measured, known, with_equations=False)
    if known is not None and any(isinstance(node, Apply | Map) for node in postorder(best)):
        best = _best(best, measured, known, with_equations=True)
    form = writer.best(best)
    if form is None:
        raise MatcalcError("the result has no form as an expression")
    again = Writer(form, writer.names)  # what is written side by side may meet again
    other = again.best(simplified(again.value.tensor))
    return _Value(best, form if other is None or length(other) >= length(form) else other)


def _best(
    start: Tensor,
    measured: Callable[[Tensor], tuple[int, ...] | None],
    known: Sequence[Instance],
    *,
    with_equations: bool,
) -> Tensor:
    tensors = [start]
    with suppress(SpentError), share(_SHARE, _WORK):
        found = reached(start, measured, _MOST_STATES, with_equations=with_equations, given=known)
        tensors.extend([state.tensor for state in found])
    return min(tensors, key=lambda tensor: measured(tensor) or (10**6,))


def are_equal(one: Expr, other: Expr, place: Place, order: int) -> bool:
    """Whether two expressions are proved to be equal on the manifold, of order 2 along tangent
    vectors."""
    left, right = aligned([lower(one), lower(other)])
    difference = simplified(add([(YES, left.tensor), (MINUS, right.tensor)], left.tensor.shape))
    return proves_zero(_reduced(difference, equations(place, order)))
