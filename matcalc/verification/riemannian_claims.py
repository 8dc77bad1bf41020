"""Statements about derivatives on a manifold: whether a Riemannian gradient or Hessian is what is
claimed, at the points of the manifold and along its tangent vectors."""

from __future__ import annotations

from dataclasses import replace as with_fields
from typing import TYPE_CHECKING, Any

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import later, np
from matcalc.base.shapes import shape_text
from matcalc.expr.nodes import Expr
from matcalc.expr.rewriting import replaced
from matcalc.facts.table import essential
from matcalc.language.decisions import ReadingOptions
from matcalc.language.declare.declared import Declare, declaration_text
from matcalc.language.elaboration import about_unused, elaborate
from matcalc.language.statements import DerivativeSide, Statement, elaborate_statement
from matcalc.objects.inputs import also_declared, derivative_within, read
from matcalc.objects.parsed import ParsedExpression, Reading
from matcalc.verification.verdict import Counterexample, Verdict

if TYPE_CHECKING:
    from matcalc.analysis import charts, manifolds, riemannian
    from matcalc.interface import manifold_call
    from matcalc.interface.manifold_call import RiemannianDerivation
    from matcalc.objects.inputs import Expression
else:
    charts = later("matcalc.analysis.charts")
    manifolds = later("matcalc.analysis.manifolds")
    riemannian = later("matcalc.analysis.riemannian")
    manifold_call = later("matcalc.interface.manifold_call")

_POINTS, _ATTEMPTS = 4, 12
_TOLERANCE = 1e-9


def verified_on(source: str, on: str, metric: str | None, declare: Declare, options: ReadingOptions) -> Verdict:
    """The verdict on ``d(f)/dX = ...``, where the derivative is the Riemannian gradient.

    Raises MatcalcError for a statement that is none about the gradient of a scalar, and what
    deriving on the manifold raises.
    """
    manifold = manifolds.manifold_named(on)
    by = _lead(_read(source, declare, options)).wrt[0].name
    found = _read(source, also_declared(declare, manifold.sure(by)), options)
    if manifold.parts:
        place = manifolds.placed(manifold, manifolds.metric_named(manifold, metric), found.symbols[by], {}, "")
        known = {one.name: declaration_text(one.shape, essential(one.properties)) for one in (place.point, *place.parts)}
        found = _read(source, also_declared(declare, known), options)
    about_unused(declare, tuple(found.declarations))
    lead, other = _lead(found), found.left if found.turned else found.right
    asked = ParsedExpression(lead.expression, found.declarations, found.notes)
    declared = {name: found.declarations[name] for name in manifold.parts if name in found.declarations}
    derived = manifold_call.on_manifold(asked, by, on, metric, declare=declared, order=1, direction=None, options=options)
    if not isinstance(other, Expr):
        why = "the sides have other shapes" if found.misfit is None else found.misfit.message
        verdict = Verdict(source, "refuted", "denominator", why, correction=derived.expression)
    else:
        verdict = _judged(source, derived, other, turned=found.turned)
    return with_fields(verdict, reading=Reading(found))


def _read(source: str, declare: Declare, options: ReadingOptions) -> Statement:
    return elaborate_statement(source, declare, options=options, calculus=derivative_within)


def _lead(found: Statement) -> DerivativeSide:
    """The side that is a gradient. Raises MatcalcError where there is none."""
    lead = found.right if found.turned else found.left
    if isinstance(lead, DerivativeSide) and len(lead.wrt) == 1:
        return lead
    raise MatcalcError(
        "on a manifold the statement is about the gradient of a scalar",
        expected="d(f)/dX = ...",
        suggestion='verify(derive(f, "X", on=..., order=2, direction="Z"), ...) of a Hessian',
    )


def verified_result(derived: RiemannianDerivation, other: Expression, declare: Declare) -> Verdict:
    """The verdict on a Riemannian derivative being another expression, which may be a text in its
    symbols."""
    source = f"{derived.equation_text()} = {other}"
    if not isinstance(other, str):
        return _judged(source, derived, read(other, declare).expression)
    known = also_declared(declare, derived.declarations)
    found = elaborate(other, known, shape=derived.found.result.shape, calculus=derivative_within)
    return _judged(source, derived, found.expression)


def _judged(source: str, derived: RiemannianDerivation, other: Expr, *, turned: bool = False) -> Verdict:
    place, right = derived.found.place, derived.found.result
    symbols = {symbol.name: symbol for symbol in (place.point, place.move, *place.parts)}
    plain = Verdict(
        source,
        "undecided",
        "denominator",
        declarations=derived.declarations,
        notes=derived.notes,
        holds_if=derived.conditions,
    )
    if other.shape != right.shape:
        why = f"the derivative is {shape_text(right.shape)}, and the other side is {shape_text(other.shape)}"
        return with_fields(plain, status="refuted", reason=why, correction=derived.expression)
    other = replaced(other, {name: symbol for name, symbol in symbols.items() if name})
    compared = 0
    for seed in range(_ATTEMPTS):
        found = charts.evaluated((right, other), place, seed)
        if found is None:
            continue
        compared += 1
        if not _agree(*found.results):
            values = {name: value for name, value in found.values.items() if name in derived.declarations}
            example = Counterexample(found.sizes, seed, values, *(found.results[::-1] if turned else found.results))
            return with_fields(plain, status="refuted", counterexample=example, correction=derived.expression, points=compared)
        if compared == _POINTS:
            break
    if not compared:
        return with_fields(plain, reason="no point of the manifold was found at which both sides can be computed")
    proved = riemannian.are_equal(right, other, place, derived.order)
    return with_fields(plain, status="proved" if proved else "confirmed", points=compared)


def _agree(one: Any, other: Any) -> bool:
    return bool(np.abs(one - other).max(initial=0.0) <= _TOLERANCE * (1 + np.abs(one).max(initial=0.0)))
