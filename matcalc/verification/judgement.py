"""Deciding a statement: the symbolic and the numerical judgement, and help when it is false."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from matcalc.derivation.conditions import conditions_of_equation
from matcalc.einstein.lowering import lower
from matcalc.errors import LimitError, MatcalcError
from matcalc.expr.nodes import Expr, Symbol, postorder, shape_text
from matcalc.folding.fold import fold
from matcalc.inputs import explained
from matcalc.language.statements import Statement, elaborate_statement
from matcalc.limits import LITTLE_PROOF_WORK, PROOF_WORK, VERDICT_SECONDS
from matcalc.printing import text
from matcalc.results import Derivation, ParsedExpression
from matcalc.verification.claims import Claim, DerivativeForm, Formula, claim_of
from matcalc.verification.conditions import condition_of
from matcalc.verification.counterexamples import as_counterexample, small_counterexample
from matcalc.verification.proof import proves_zero
from matcalc.verification.repairs import repair
from matcalc.verification.sides import GivenSide, statement_of
from matcalc.verification.verdict import Verdict
from matcalc.verification.witness import Witness, holds, witness

Declare: TypeAlias = str | Mapping[str, str] | None

LAYOUTS = ("denominator", "numerator", "tensor")
SYMMETRIC = ("projected", "independent", "cookbook")


def verify(
    statement: GivenSide,
    right: GivenSide | None = None,
    *,
    declare: Declare = None,
    layout: str = "denominator",
    symmetric: str = "projected",
    help: bool = True,
) -> Verdict:
    """Whether an equation holds: ``d(f)/dx = ...``, ``hessian(f, x) = ...`` or a plain identity such as ``tr(A*B) = tr(B*A)``.

    The equation is a text, or two sides: ``verify(derive(f, x), 2*A @ x)``. A side is a derivation (checked in its own layout), an
    expression built from ``matcalc.symbols``, a SymPy expression, or a text in the symbols of the other side.

    ``layout`` and ``symmetric`` are as for ``derive``. Two judgements are made without each other's help: a symbolic proof for all
    sizes, and a comparison at random points. ``help=False`` skips the search for a correction, a condition and a small counterexample;
    what may be conditional is then refuted.
    Raises ParseError, ShapeError, UnknownFunctionError or LimitError for a statement that cannot be read.
    """
    for derivation in (statement, right):
        if isinstance(derivation, Derivation):
            layout, symmetric = derivation.layout, derivation.symmetric
    for name, value, choices in (("layout", layout, LAYOUTS), ("symmetric", symmetric, SYMMETRIC)):
        if value not in choices:
            raise MatcalcError(f"there is no {name} {value!r}", expected=", ".join(choices))
    with explained(statement, VERDICT_SECONDS):
        if isinstance(statement, str) and (right is None or isinstance(right, str)):
            source = statement if right is None else f"{statement} = {right}"
            return _judged(source, _read(source, declare, layout), layout, symmetric, help)
        if right is None:
            raise MatcalcError("the other side of the equation is missing", suggestion="verify(left, right)")
        return _judged(*statement_of(statement, right, declare, layout, symmetric), layout, symmetric, help)


def _read(source: str, declare: Declare, layout: str) -> Statement:
    try:
        return elaborate_statement(source, declare, layout=layout)
    except RecursionError:
        raise LimitError("the statement is nested too deeply", text=source) from None


def _judged(source: str, statement: Statement, layout: str, symmetric: str, help: bool) -> Verdict:
    claim = claim_of(statement, layout, symmetric)
    if not claim.fits:
        return _misfit(source, statement, claim, layout, help)
    seen = witness(claim, quick=True)
    proved = _is_proved(claim, LITTLE_PROOF_WORK if seen.different is not None else PROOF_WORK)
    if not proved and seen.different is None:
        seen = witness(claim)
    if proved and seen.different is not None:
        raise MatcalcError(
            "internal error: a proof was found for a statement that is numerically false",
            suggestion="report this statement; no verdict is better than a wrong one",
        )
    if seen.different is not None:
        return _refuted(source, statement, claim, seen, layout, help)
    shared = {
        "points": len(seen.comparisons),
        "declarations": statement.declarations,
        "notes": statement.notes,
        "holds_if": _domain(claim),
    }
    if proved and seen.comparisons:
        return Verdict(source, "proved", layout, **shared)  # type: ignore[arg-type]
    if seen.agrees:
        return Verdict(source, "confirmed", layout, **shared)  # type: ignore[arg-type]
    reason = _open_reason(seen)
    return Verdict(source, "undecided", layout, reason, **shared)  # type: ignore[arg-type]


def _open_reason(seen: Witness) -> str:
    """Why numbers do not decide."""
    if not seen.comparisons:
        return "no point was found at which both sides can be computed"
    if seen.exhausted:
        return f"the budget ended; the sides agree at {len(seen.comparisons)} points"
    if seen.digits is not None:
        return f"the sides agree to {seen.digits} digits, but not to all"
    return "the sides were compared at too few points"


def _domain(claim: Claim) -> tuple[str, ...]:
    sides = (claim.left, claim.right)
    differentiated = [side.function for side in sides if isinstance(side, DerivativeForm)]
    return conditions_of_equation(differentiated, [side.expression for side in sides if isinstance(side, Formula)])


def _is_proved(claim: Claim, work: int) -> bool:
    difference = claim.difference()
    return difference is not None and proves_zero(difference.tensor, work)


def _refuted(source: str, statement: Statement, claim: Claim, seen: Witness, layout: str, help: bool) -> Verdict:
    comparison = seen.different
    assert comparison is not None
    if not help:
        example = as_counterexample(claim, comparison)
        return Verdict(source, "refuted", layout, "", example, points=len(seen.comparisons), declarations=statement.declarations)
    fault = repair(claim, comparison)
    condition = condition_of(claim)
    example = small_counterexample(claim) or as_counterexample(claim, comparison)
    reasons = [] if fault is None else [fault[0]]
    residual = _residual(claim)
    if residual is not None:
        reasons.append(f"left side − right side = {residual}")
    return Verdict(
        source,
        "conditional" if condition is not None and condition.exact else "refuted",
        layout,
        "; ".join(reasons),
        example,
        _correction(statement, claim, None if fault is None else fault[1]),
        None if condition is None else condition.text,
        "" if condition is None else condition.meaning,
        condition is not None and condition.exact,
        _other_layout(source, statement, claim, layout),
        len(seen.comparisons),
        statement.declarations,
        statement.notes,
    )


def _misfit(source: str, statement: Statement, claim: Claim, layout: str, help: bool) -> Verdict:
    """A statement whose sides have different shapes."""
    reason = f"the left side is {shape_text(claim.left.shape)}, the right side {shape_text(claim.right.shape)}"
    fault = repair(claim, None) if help else None
    if fault is not None:
        reason += f"; {fault[0]}"
    return Verdict(
        source,
        "refuted",
        layout,
        reason,
        correction=_correction(statement, claim, None if fault is None else fault[1]) if help else None,
        other_layout=_other_layout(source, statement, claim, layout) if help else None,
        declarations=statement.declarations,
        notes=statement.notes,
    )


def _other_layout(source: str, statement: Statement, claim: Claim, layout: str) -> str | None:
    """A layout in which the statement holds; Jacobians and gradients only, the others look the same in every layout."""
    if not any(isinstance(side, DerivativeForm) for side in (claim.left, claim.right)):
        return None
    for name in LAYOUTS:
        if name != layout:
            turned = claim.in_layout(name)
            if turned.fits and holds(turned, quick=True):
                return name
    return None


def _correction(statement: Statement, claim: Claim, repaired: Expr | None) -> ParsedExpression | None:
    """The left side in closed form; failing that, the right side as repaired."""
    form: Expr | None = None
    if isinstance(claim.left, DerivativeForm):
        try:
            form = claim.left.outcome.expression
        except MatcalcError:
            form = None
    elif isinstance(claim.left, Formula):
        form = _folded(claim.left.expression)
    form = form if form is not None else repaired
    return None if form is None else ParsedExpression(form, statement.declarations)


def _folded(expression: Expr) -> Expr | None:
    try:
        lowered = lower(expression)
        form = fold(lowered.tensor, lowered.split, _reading_order(expression))
    except MatcalcError:
        return None
    return form if form is not None and form.shape == expression.shape else None


def _residual(claim: Claim) -> str | None:
    """Left minus right in closed form, when that is short enough to help."""
    difference = claim.difference()
    if difference is None:
        return None
    try:
        form = fold(difference.tensor, difference.split, _reading_order(*claim.expressions))
    except MatcalcError:
        return None
    shown = None if form is None else text(form, "unicode")
    return shown if shown is not None and len(shown) <= _LONGEST else None


_LONGEST = 100


def _reading_order(*expressions: Expr) -> dict[str, int]:
    names: dict[str, int] = {}
    for expression in expressions:
        for node in postorder(expression):
            if isinstance(node, Symbol):
                names.setdefault(node.name, len(names))
    return names
