"""The way to a Riemannian gradient or Hessian, as steps: the Euclidean derivatives, and the formula
of the manifold with them."""

from __future__ import annotations

from functools import partial

from matcalc.analysis.manifolds import Place
from matcalc.analysis.riemannian import Riemannian
from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import rebuilt_with, replaced
from matcalc.objects.inputs import fresh_name
from matcalc.printing import operand, text
from matcalc.printing.notations import notation_of
from matcalc.steps.along_direction import AlongSide
from matcalc.steps.step import DerivativeSide, ExpressionSide, Side, Step, Steps, Writing


def steps_of(found: Riemannian) -> Steps:
    """Each Euclidean derivative by name, and what the formula of the manifold makes of them."""
    place = found.place
    steps = []
    if found.restricted is not replaced(found.function, {place.point.name: place.point}):
        sides = ExpressionSide(found.function), ExpressionSide(found.restricted)
        rule = f"on {place.manifold.words}"
        steps.append(Step(rule, _text(found.function), _text(found.restricted), *sides, source=place.manifold.source))
    values = {"G": found.euclidean, **({"H": found.change} if found.change is not None else {}), **found.names}
    letters = {name: _letter(name, place) for name in values}
    derivative = DerivativeSide(found.restricted, (place.free,), "projected")
    name = place.point.name
    steps.append(_named("Euclidean gradient", letters["G"], partial(_gradient, found), derivative, found.euclidean))
    if found.change is not None:
        along = AlongSide(found.slope, place.free, place.move)
        writing = partial(_along, found, letters["G"])
        steps.append(_named(f"derivative of it along {place.move.name}", letters["H"], writing, along, found.change))
    *parts, body = place.metric.gradient.split(";") if found.hessian is None else place.metric.hessian.split(";")
    for line in parts:
        part, _, formula = line.strip().partition(" = ")
        before = place.formula(formula, **letters)
        left = ExpressionSide(_opened(before, letters, values))
        steps.append(_named("part of the formula", letters[part], partial(text, before), left, found.names[part]))
    before = place.formula(body, **letters)
    parts_by_value: dict[Expr, Expr] = {value: letters[name] for name, value in found.names.items() if value.below}
    what = "gradient" if found.hessian is None else f"Hessian along {place.move.name}"
    rule = f"Riemannian {what}, {place.metric.name} metric of {place.manifold.words}"
    sides = ExpressionSide(_opened(before, letters, values)), ExpressionSide(found.result)
    shown = rebuilt_with(found.result, lambda node: parts_by_value.get(node, node))
    steps.append(Step(rule, _text(before), _text(shown), *sides, source=place.metric.source))
    return Steps.of(steps, (f"A Riemannian {what.split()[0]} by {name}: ", _text(found.function), "."))


def _named(rule: str, letter: Symbol, writing: partial[str], left: Side, value: Expr) -> Step:
    """A step that gives what is written a letter, and the value of it."""
    before = Writing.of(lambda style: f"{text(letter, style)} = {writing(style)}")
    return Step(rule, before, _text(value), left, ExpressionSide(value))


def _gradient(found: Riemannian, style: str) -> str:
    names = [text(found.place.point, style)]
    return f"{notation_of(style).derivative('', names, whole=True)} {operand(found.restricted, style)}"


def _along(found: Riemannian, letter: Symbol, style: str) -> str:
    names = [text(found.place.point, style)]
    return f"{notation_of(style).operators(names)} {text(letter, style)} [{text(found.place.move, style)}]"


def _text(expression: Expr) -> Writing:
    return Writing.of(partial(text, expression))


def _letter(name: str, place: Place) -> Symbol:
    """The symbol by which a part of the formula is called."""
    letter = name if place.point.is_matrix else name.lower()
    return Symbol(fresh_name(letter, {*place.taken}), place.point.shape)


def _opened(formula: Expr, letters: dict[str, Symbol], values: dict[str, Expr]) -> Expr:
    return replaced(formula, {letters[name].name: value for name, value in values.items()})
