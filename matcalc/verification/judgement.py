"""Deciding a statement: the symbolic and the numerical judgement, and help when it is false;
whatever goes wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from matcalc.base.budgets import HELP_SHARE, LITTLE_PROOF_WORK, PROOF_WORK, VERDICT_SECONDS, SpentError, explained, share
from matcalc.base.errors import INTERNAL, ComplexError, LimitError, MatcalcError, internal_error
from matcalc.base.layouts import LAYOUTS, SYMMETRIC
from matcalc.base.lazy import later, pattern
from matcalc.base.records import replace as with_fields
from matcalc.base.shapes import shape_text
from matcalc.derivation.conditions import conditions_of_equation, impossible_in_equation
from matcalc.derivation.pipeline import reading_order
from matcalc.einstein.lowering import lower
from matcalc.expr.nodes import Expr
from matcalc.folding.fold import fold
from matcalc.interface.results import Derivation
from matcalc.language.build.scope import is_of_samples
from matcalc.language.decisions import reading_options
from matcalc.language.declare.declared import BlockText, Declare, SharedText
from matcalc.language.elaboration import about_unused
from matcalc.language.statements import Statement, elaborate_statement
from matcalc.objects.inputs import also_declared, derivative_within
from matcalc.objects.parsed import ParsedExpression, Reading
from matcalc.printing import text
from matcalc.rewrite.normal_form import proves_zero
from matcalc.verification.assumptions import Question, condition_of, not_looked_for, would_hold
from matcalc.verification.claims import (
    Claim,
    DerivativeForm,
    Formula,
    GivenSide,
    SideForm,
    along_a_line,
    claim_of,
    side_of,
    statement_of,
    step_along,
)
from matcalc.verification.corrections import NOTHING_KNOWN, repair
from matcalc.verification.counterexamples import as_counterexample, small_counterexample
from matcalc.verification.entry_answers import EntryAnswer, entry_answer
from matcalc.verification.items import Item
from matcalc.verification.verdict import NOT_READ, Counterexample, Verdict
from matcalc.verification.witness.comparing import Comparison
from matcalc.verification.witness.searching import Witness, holds, witness

if TYPE_CHECKING:
    from matcalc.interface import complex_call
    from matcalc.verification import orders, riemannian_claims
else:
    complex_call = later("matcalc.interface.complex_call")
    orders = later("matcalc.verification.orders")
    riemannian_claims = later("matcalc.verification.riemannian_claims")

Found = TypeVar("Found")
_MAY_BE_ORDER = pattern(r"[<>]=|[≥≤⪰⪯≽≼]|\\(?:geq?|leq?|succ|prec)|\bis\s+(?:convex|concave|affine)\b")


def verify(
    statement: GivenSide,
    right: GivenSide | None = None,
    *,
    declare: Declare = None,
    layout: str = "denominator",
    symmetric: str = "projected",
    help: bool = True,
    on: str | None = None,
    metric: str | None = None,
    strict: bool = False,
    dialect: str | None = None,
) -> Verdict:
    """Whether an equation holds: ``d(f)/dx = ...``, ``hessian(f, x) = ...`` or a plain identity
    such as ``tr(A*B) = tr(B*A)``.

    The equation is a text, or two sides: ``verify(derive(f, x), 2*A @ x)``. A side is a derivation
    (checked in its own layout), an expression built from ``matcalc.symbols``, a SymPy expression,
    or a text in the symbols of the other side.

    ``layout`` and ``symmetric`` are as for ``derive``. Two judgements are made without each other's
    help: a symbolic proof for all sizes, and a comparison at random points. ``help=False`` skips
    the search for a correction, a condition and a small counterexample; what may be conditional is
    then refuted. ``on`` is the manifold on which the variable of a gradient lies, with its
    ``metric``, as for ``derive``. ``strict`` refuses a text of which the reading is doubtful, ``dialect`` says what
    it is written in, as for ``parse``. Raises ParseError, ShapeError, UnknownFunctionError or
    LimitError for a statement that cannot be read.
    """
    if metric is not None and on is None:
        raise MatcalcError("a metric is one of a manifold", suggestion='on="stiefel"')
    for derivation, other in ((statement, right), (right, statement)):
        if isinstance(derivation, Derivation) and derivation.operator:
            with explained(statement, VERDICT_SECONDS):
                return riemannian_claims.verified_result(derivation, other, declare)  # type: ignore[arg-type]
        if isinstance(derivation, Derivation):
            layout, symmetric = derivation.layout, derivation.symmetric
    for name, value, choices in (("layout", layout, LAYOUTS), ("symmetric", symmetric, SYMMETRIC)):
        if value not in choices:
            raise MatcalcError(f"there is no {name} {value!r}", expected=", ".join(choices))
    with explained(statement, VERDICT_SECONDS):
        if isinstance(statement, str) and (right is None or isinstance(right, str)):
            source = statement if right is None else f"{statement} = {right}"
            if on is not None:
                return riemannian_claims.verified_on(source, on, metric, declare, reading_options(strict, dialect))
            question = Question(source, layout, symmetric, help, declare, reading_options(strict, dialect))
            ordered = orders.decided(question) if _MAY_BE_ORDER.search(source) else None
            if ordered is not None:
                return ordered
            try:
                found = _read(question)
            except ComplexError:
                return _of_complex(question)
            if found.misfit is None and not found.links:
                found = with_fields(found, decisions=(*found.decisions, *about_unused(declare, tuple(found.declarations))))
            verdict = _within_budget(question, found)
            if not found.links:
                return verdict
            whole = _chained(question, found, verdict)
            about_unused(declare, tuple(dict.fromkeys(name for one in whole.links for name in one.declarations or ())))
            return whole
        if right is None:
            raise MatcalcError("the other side of the equation is missing", suggestion="verify(left, right)")
        source, found = statement_of(statement, right, declare, layout, symmetric)
        return _within_budget(Question(source, layout, symmetric, help), found)


def _read(question: Question) -> Statement:
    try:
        return elaborate_statement(
            question.source,
            question.declare,
            layout=question.layout,
            options=question.options,
            calculus=derivative_within,
            link=question.link,
        )
    except RecursionError:
        raise LimitError("the statement is nested too deeply", text=question.source) from None


def _of_complex(question: Question) -> Verdict:
    """The verdict on an equation with complex symbols."""
    found = complex_call.judged(question.source, question.declare, question.options, question.layout, question.symmetric)
    shown = None
    if found.at is not None:
        shown = Counterexample(found.at.sizes, 0, found.at.values, found.left, found.right)
    return Verdict(
        question.source,
        found.status,
        question.layout,
        found.reason,
        shown,
        found.answer if found.status == "refuted" else None,
        points=found.points,
        declarations=found.declarations,
        notes=found.notes,
        holds_if=found.holds_if,
    )


def _chained(question: Question, first: Statement, verdict: Verdict) -> Verdict:
    """The verdict on several equations, as ``a = b = c`` is: that on the weakest, with those on
    all. Later ones are read with the kinds of the first."""
    verdicts = [replace(verdict, statement=first.links[0])]
    declare = also_declared(
        question.declare, {name: kind for name, kind in first.declarations.items() if name not in first.functions}
    )
    for link, words in enumerate(first.links[1:], 1):
        asked = with_fields(question, declare=declare, link=link)
        verdicts.append(replace(_within_budget(asked, _read(asked)), statement=words))
    weakest = max(verdicts, key=lambda one: _WEAKNESS.index(one.status))
    shown = verdict if weakest.ok else weakest
    reason = "; ".join(filter(None, [f"{weakest.statement} is {weakest.status}", weakest.reason])) if not weakest.ok else ""
    holds_if = tuple(dict.fromkeys(condition for one in verdicts for condition in one.holds_if))
    notes = tuple(dict.fromkeys(note for one in verdicts for note in one.notes))
    return replace(
        weakest,
        statement=question.source,
        reason=reason,
        holds_if=holds_if,
        notes=notes,
        reading=shown.reading,
        links=tuple(verdicts),
    )


_WEAKNESS = ("proved", "confirmed", "undecided", "conditional", "refuted")


def _within_budget(question: Question, statement: Statement) -> Verdict:
    """The verdict, or that none was found in time."""
    try:
        verdict = _of_numbers(question, statement, _judged(question, statement))
        other = _read_otherwise(question, statement) if verdict.is_false else None
        if other is not None:
            return other
    except SpentError as spent:
        verdict = Verdict(question.source, "undecided", question.layout, spent.message)
    return replace(verdict, declarations=statement.declarations, notes=statement.notes, reading=Reading(statement))


def _read_otherwise(question: Question, statement: Statement) -> Verdict | None:
    """The verdict on a false claim that is true if its words are read in another way that people
    write; None where there is none."""
    keys = list(filter(None, dict.fromkeys(decision.otherwise for decision in statement.decisions)))
    if question.options.otherwise or not keys:
        return None
    for chosen in [frozenset([key]) for key in keys[:_MOST_CHOICES]] + ([frozenset(keys)] if len(keys) > 1 else []):
        asked = with_fields(question, options=with_fields(question.options, otherwise=chosen), help=False)
        try:
            with share(HELP_SHARE):
                other = _read(asked)
                verdict = _judged(asked, other)
        except MatcalcError:
            continue
        if not verdict.ok:
            continue
        if any(is_of_samples(key) for key in chosen):
            said = "it is true if the members are the columns of the matrix, and false if they are its rows"
            verdict = replace(verdict, status="undecided", reason=said)
        return replace(verdict, declarations=other.declarations, notes=other.notes, reading=Reading(other))
    return None


_MOST_CHOICES = 3


def _of_numbers(question: Question, statement: Statement, verdict: Verdict) -> Verdict:
    """The verdict, where nothing in the text shows vectors and the claim is true of numbers:
    ``d(sin(x))/dx = cos(x)``. Then it is conditional, since lower case letters are vectors by
    convention.
    """
    if verdict.status != "refuted" or statement.evidence:
        return verdict
    given = statement.given or {}
    names = {name: "scalar" for name, kind in statement.declarations.items() if kind != "scalar"}
    if not names or any(name in given or name[0].isupper() for name in names):
        return verdict
    asked = with_fields(question, declare=also_declared(question.declare, names), help=False)
    try:
        with share(HELP_SHARE):
            numbers = _read(asked)
            if numbers.evidence or not _judged(asked, numbers).ok:
                return verdict
    except MatcalcError:
        return verdict
    several = "are scalars" if len(names) > 1 else "is a scalar"
    return replace(
        verdict,
        status="conditional",
        condition=f"{', '.join(names)}: scalar",
        condition_text=f"{' and '.join(names)} {several}",
        condition_exact=True,
    )


def _helped(find: Callable[[], Found]) -> Found | None:
    """Help beside a verdict, which must not cost it."""
    try:
        with share(HELP_SHARE):
            return find()
    except LimitError:
        return None


def _judged(question: Question, statement: Statement) -> Verdict:
    source, layout = question.source, question.layout
    claim = claim_of(statement, layout, question.symmetric)
    if claim is None or not claim.fits:
        return _misfit(question, statement, claim)
    _check_derivatives(question, statement)
    seen = witness(claim, quick=True)
    proved = _is_proved(claim, LITTLE_PROOF_WORK if seen.different is not None else PROOF_WORK)
    if not proved and seen.different is None:
        seen = witness(claim)
    if proved and seen.different is not None:
        raise _contradiction("a proof was found for a statement that is numerically false")
    if seen.different is not None and statement.open_if_false:
        return Verdict(source, "undecided", layout, statement.open_if_false)
    if seen.different is not None:
        return _refuted(question, statement, claim, seen)
    if seen.comparisons and (never := impossible_in_equation(*_evaluated(claim))):
        return Verdict(source, "undecided", layout, f"the sides have values nowhere: they need {never}")
    shared = {"points": len(seen.comparisons), "holds_if": conditions_of_equation(*_evaluated(claim))}
    _check_along_a_line(question, statement)
    if statement.open_if_true:
        return Verdict(source, "undecided", layout, statement.open_if_true, **shared)  # type: ignore[arg-type]
    if proved and seen.comparisons:
        return Verdict(source, "proved", layout, sides=claim.sides, **shared)  # type: ignore[arg-type]
    if seen.agrees:
        return Verdict(source, "confirmed", layout, **shared)  # type: ignore[arg-type]
    reason = _open_reason(seen)
    return Verdict(source, "undecided", layout, reason, **shared)  # type: ignore[arg-type]


def _contradiction(what: str) -> MatcalcError:
    suggestion = "report this statement; no verdict is better than a wrong one"
    return MatcalcError(f"internal error: {what}", suggestion=suggestion)


def _open_reason(seen: Witness) -> str:
    """Why numbers do not decide."""
    if not seen.comparisons:
        return "no point was found at which both sides can be computed"
    if seen.exhausted:
        return f"the budget ended; the sides agree at {len(seen.comparisons)} points"
    if seen.digits is not None:
        return f"the sides agree to {seen.digits} digits, but not to all"
    return "the sides were compared at too few points"


def _check_along_a_line(question: Question, statement: Statement) -> None:
    """A true claim about a differential once more, by other means."""
    line = along_a_line(statement)
    claim = None if line is None else claim_of(line, "numerator", question.symmetric)
    if claim is not None and witness(claim, quick=True).different is not None:
        raise _contradiction("the differential that was derived differs from what is found numerically")


def _check_derivatives(question: Question, statement: Statement) -> None:
    """Every derivative within a side once more, by numbers: what stands in its place came from the
    rules that proofs rest on, too."""
    for found in statement.derived:
        asked = found.question
        layout = "numerator" if asked.turned else "denominator"
        if asked.along:
            claim = step_along(found)
        else:
            claim = Claim(DerivativeForm(asked.function, asked.wrt, layout, "projected"), Formula(found.form))
        if claim is not None and claim.fits and witness(claim, quick=True).different is not None:
            raise _contradiction("a derivative within the statement differs from what is found numerically")


def _evaluated(claim: Claim) -> tuple[list[Expr], list[Expr]]:
    """What a claim differentiates, and what it only has the values of."""
    sides = (claim.left, claim.right)
    differentiated = [side.function for side in sides if side.is_derivative]
    return differentiated, [side.expression for side in sides if not side.is_derivative]


def _is_proved(claim: Claim, work: int) -> bool:
    difference = claim.difference()
    return difference is not None and proves_zero(difference.tensor, work)


def _refuted(question: Question, statement: Statement, claim: Claim, seen: Witness) -> Verdict:
    source, layout, comparison = question.source, question.layout, seen.different
    assert comparison is not None
    example = as_counterexample(claim, comparison)
    plain = Verdict(source, "refuted", layout, "", example, points=len(seen.comparisons))
    if not question.help:
        return plain
    try:
        return _explained(question, statement, claim, seen, comparison)
    except SpentError:
        return plain


def _explained(question: Question, statement: Statement, claim: Claim, seen: Witness, comparison: Comparison) -> Verdict:
    """The verdict on a false claim, with what would be right."""
    source, layout = question.source, question.layout
    found = _helped(lambda: repair(claim, comparison)) or NOTHING_KNOWN
    condition = _helped(lambda: condition_of(claim))
    example = _helped(lambda: small_counterexample(claim)) or as_counterexample(claim, comparison)
    lead = claim.right if statement.turned else claim.left
    right = _helped(partial(_correction, statement, lead, found.formula))
    residual = _helped(lambda: _residual(claim))
    shown = None if residual is None else f"{RESIDUAL}{residual}"
    exact = condition is not None and condition.exact
    return Verdict(
        source,
        "conditional" if exact else "refuted",
        layout,
        "; ".join(filter(None, [found.words, shown, "" if exact else not_looked_for()])),
        example,
        right,
        None if condition is None else condition.text,
        "" if condition is None else condition.meaning,
        exact,
        _helped(lambda: _other_layout(claim, layout)),
        len(seen.comparisons),
        kind=found.kind,
    )


def _misfit(question: Question, statement: Statement, claim: Claim | None) -> Verdict:
    """A statement whose sides have different shapes, or (without a claim) of which one side has
    none."""
    reasons: list[str | None] = [f"shapes differ: {_misfit_in_words(statement, claim)}"]
    layout, correction, other, kind = question.layout, None, None, "shape"
    if question.help:
        found = (None if claim is None else repair(claim, None)) or NOTHING_KNOWN
        lead = statement.right if statement.turned else statement.left
        assert lead is not None
        shaped = side_of(lead, "tensor" if statement.by_axes else layout, question.symmetric)
        correction = _correction(statement, shaped, found.formula)
        other = None if claim is None else _other_layout(claim, layout)
        wish = None if found.words or other is not None else would_hold(question, statement)
        reasons += [found.words, wish]
        kind = found.kind or kind
    reason = "; ".join(filter(None, reasons))
    return Verdict(question.source, "refuted", layout, reason, correction=correction, other_layout=other, kind=kind)


def _misfit_in_words(statement: Statement, claim: Claim | None) -> str:
    if claim is None:
        assert statement.misfit is not None
        return statement.misfit.message
    return f"the left side is {shape_text(claim.left.shape)}, the right side {shape_text(claim.right.shape)}"


def _other_layout(claim: Claim, layout: str) -> str | None:
    """A layout in which the statement holds; Jacobians and gradients only, the others look the same
    in every layout."""
    if not any(side.is_derivative for side in (claim.left, claim.right)):
        return None
    for name in LAYOUTS:
        if name != layout:
            turned = claim.in_layout(name)
            if turned.fits and holds(turned, quick=True):
                return name
    return None


def _correction(statement: Statement, lead: SideForm, repaired: Expr | None) -> ParsedExpression | EntryAnswer | None:
    """The side that is not claimed in closed form; failing that, the right side as repaired. Of
    entries that at their indices."""
    form = _known(lambda: lead.outcome.expression if lead.is_derivative else _folded(lead.expression))
    if statement.entries:
        return entry_answer(form or repaired, _helped(partial(_known, lambda: lead.lowered(None).tensor)), statement.entries)
    form = form if form is not None else repaired
    return None if form is None else ParsedExpression(form, statement.declarations)


def _known(find: Callable[[], Found]) -> Found | None:
    try:
        return find()
    except MatcalcError:
        return None


def _folded(expression: Expr) -> Expr | None:
    lowered = lower(expression)
    form = fold(lowered.tensor, lowered.split, reading_order(expression))
    return form if form is not None and form.shape == expression.shape else None


def _residual(claim: Claim) -> str | None:
    """Left minus right in closed form, when that is short enough to help."""
    difference = claim.difference()
    if difference is None:
        return None
    form = _known(partial(fold, difference.tensor, difference.split, reading_order(*claim.expressions)))
    shown = None if form is None else text(form, "unicode")
    return shown if shown is not None and len(shown) <= _LONGEST else None


_LONGEST = 100
RESIDUAL = "left side − right side = "
"""What the reason of a verdict ends with, where it has a closed form that is short."""


def verdict_on(item: Item, *, help: bool = True) -> Verdict:
    """The verdict on one statement; ``help`` is as for ``verify``. Raises nothing: what goes wrong
    is said in the verdict, so that no other statement suffers."""
    try:
        verdict = verify(
            item.statement, declare=_shared(item), layout=item.layout, symmetric=item.symmetric, help=help, dialect=item.dialect
        )
    except MatcalcError as error:
        if item.dialect is not None and not error.message.startswith(INTERNAL):
            return verdict_on(replace(item, dialect=None), help=help)
        verdict = _without_decision(item, INTERNAL if error.message.startswith(INTERNAL) else NOT_READ, str(error))
    except Exception as error:
        verdict = _without_decision(item, INTERNAL, f"{internal_error(error)} with the statement")
    return replace(verdict, name=item.name, source=item.source, line=item.line, expected=item.expected)


def _shared(item: Item) -> SharedText | None:
    """The declarations of a statement: a block has its own, those of a document are for all its
    statements."""
    if not item.declare:
        return None
    return BlockText(item.declare) if item.name else SharedText(item.declare)


def _without_decision(item: Item, problem: str, reason: str) -> Verdict:
    return Verdict(item.statement, "undecided", item.layout, reason, problem=problem)
