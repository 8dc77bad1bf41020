"""Statements of order: ``hessian(logsumexp(x), x) >= 0``, ``A'*A ⪰ 0``, and ``f is convex in x``."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

from matcalc.analysis.chords import Field, drawn
from matcalc.analysis.convex_verdicts import AFFINE, CONCAVE, CONVEX, NEITHER, ONLY_IF, UNKNOWN, curvature
from matcalc.analysis.definiteness import Definite, definiteness
from matcalc.analysis.powers import is_nonnegative_polynomial, simple
from matcalc.base.budgets import SpentError, valued
from matcalc.base.errors import MatcalcError, ParseError
from matcalc.base.lazy import np, pattern
from matcalc.base.records import record
from matcalc.base.shapes import is_square
from matcalc.derivation.pipeline import differentiate
from matcalc.evaluation import interpreter
from matcalc.evaluation.sampling import prime_sizes
from matcalc.expr.deduction import known
from matcalc.expr.nodes import (
    Expr,
    Negative,
    Number,
    Sum,
    Symbol,
)
from matcalc.expr.rewriting import replaced, symbols_in
from matcalc.interface.convexity_call import Convexity, chord_text, convexity
from matcalc.language.statements import DerivativeSide, DifferentialSide, Side, Statement, elaborate_statement
from matcalc.language.text.spelling import bracket_depths
from matcalc.objects.inputs import derivative_within, names_of
from matcalc.objects.parsed import Reading
from matcalc.printing import text
from matcalc.products.differentials import is_plain_zero
from matcalc.verification.assumptions import Question
from matcalc.verification.claims import closed_differential
from matcalc.verification.verdict import Counterexample, Verdict

_MORE = (r"\geqslant", r"\geq", r"\ge", r"\succcurlyeq", r"\succeq", ">=", "≥", "⪰", "≽")
_LESS = (r"\leqslant", r"\leq", r"\le", r"\preccurlyeq", r"\preceq", "<=", "≤", "⪯", "≼")
_LOEWNER = frozenset({r"\succcurlyeq", r"\succeq", "⪰", "≽", r"\preccurlyeq", r"\preceq", "⪯", "≼"})
_SIGN = pattern("|".join([re.escape(sign) + ("(?![A-Za-z])" if sign[0] == "\\" else "") for sign in (*_MORE, *_LESS)]))
_WORDS = pattern(
    r"^(?P<function>.+?)\s+is\s+(?P<word>convex|concave|affine)"
    r"(?:\s+(?:in|by|with respect to)\s+(?P<wrt>\w+(?:\s*(?:,|and)\s*\w+)*))?\s*\.?$"
)
_POINTS = 40
_CHORDS = 4
_CLEAR = 1e-7
_ORDER = "square symmetric matrices are compared in the Loewner order: the difference has no negative eigenvalue"


@record
class Order:
    """``left >= right``, or ``<=`` where it is ``turned``; ``loewner`` where the sign says so."""

    left: str
    right: str
    turned: bool
    loewner: bool
    rest: str = ""


def order_in(source: str) -> Order | None:
    """The statement of order that a text is; None where it is none."""
    before, where, rest = source.partition(" where ")
    depth = bracket_depths(before)
    found = [sign for sign in _SIGN.finditer(before) if depth[sign.start()] == 0]
    if len(found) != 1:
        return None
    sign = found[0]
    left, right = before[: sign.start()].strip(), before[sign.end() :].strip()
    return Order(left, right, sign[0] in _LESS, sign[0] in _LOEWNER, where + rest) if left and right else None


def decided(question: Question) -> Verdict | None:
    """The verdict on a statement of order or of convexity; None on one that is neither."""
    words = _WORDS.match(question.source)
    if words is not None:
        return replace(_of_words(question, words["function"], words["word"], words["wrt"]), of_order=True)
    order = order_in(question.source)
    return None if order is None else replace(_of_order(question, order), of_order=True)


# ------------------------------------------------------------ order


def _of_order(question: Question, order: Order) -> Verdict:
    statement = elaborate_statement(
        f"{order.left} = {order.right}{order.rest}",
        question.declare,
        layout=question.layout,
        options=question.options,
        calculus=derivative_within,
    )
    verdict = _judged(question, statement, order)
    return replace(
        verdict, declarations=statement.declarations, notes=(*statement.notes, *verdict.notes), reading=Reading(statement)
    )


def _judged(question: Question, statement: Statement, order: Order) -> Verdict:
    source, layout = question.source, question.layout
    if statement.misfit is not None or statement.left is None or statement.right is None:
        reason = "the sides have different shapes" if statement.misfit is None else statement.misfit.message
        return Verdict(source, "refuted", layout, reason)
    try:
        left, right = [_formula(side, layout) for side in (statement.left, statement.right)]
        if left is None or right is None:
            return Verdict(source, "undecided", layout, "a derivative in it has no closed form")
        more, less = (right, left) if order.turned else (left, right)
        gap = more if is_plain_zero(less) else Negative(less) if is_plain_zero(more) else Sum((more, Negative(less)))
        return _of_gap(question, statement, order, (left, right), gap)
    except SpentError as spent:
        return Verdict(source, "undecided", layout, spent.message)


def _formula(side: Side, layout: str) -> Expr | None:
    if isinstance(side, DerivativeSide):
        return differentiate(side.expression, side.wrt, layout=layout).closed_form  # type: ignore[arg-type]
    return closed_differential(side) if isinstance(side, DifferentialSide) else side


def _of_gap(question: Question, statement: Statement, order: Order, sides: tuple[Expr, Expr], gap: Expr) -> Verdict:
    """The verdict on ``gap >= 0``."""
    source, layout = question.source, question.layout
    matrix = is_square(gap.shape) and len(gap.shape) == 2
    notes = (_ORDER,) if matrix else ()
    if order.loewner and not matrix and gap.shape:
        return Verdict(source, "undecided", layout, "the Loewner order is one of square matrices")
    short = simple(gap) or gap
    seen = _seen(short) or _seen(gap) or _by_convexity(statement, short, order)
    below, points = _below(sides, gap)
    if seen is not None and seen.sign == 1 and not seen.conditions:
        if below is not None:
            raise MatcalcError(
                "internal error: a form was found for an order that is numerically false", suggestion="report this statement"
            )
        reason = f"{text(short, 'unicode')} is >= 0: {', '.join(seen.reasons)}"
        return Verdict(source, "proved", layout, reason, points=points, notes=notes)
    if below is not None:
        open_ones = [one for one in seen.conditions if one is not short] if seen is not None else []
        condition = " and ".join([f"{text(one, 'ascii')} >= 0" for one in open_ones])
        return Verdict(
            source,
            "refuted",
            layout,
            "the difference is negative there",
            below,
            condition=condition or None,
            points=points,
            notes=notes,
        )
    reason = (
        f"it holds at {points} points, but no form shows it" if points else "no point was found at which both sides have values"
    )
    return Verdict(source, "undecided", layout, reason, points=points, notes=notes)


def _seen(gap: Expr) -> Definite | None:
    """A form that shows the sign; of what is no square matrix the range of its entries."""
    if gap.shape and not is_square(gap.shape):
        return Definite(1, False, ("the range of its entries",)) if known(gap).entries.nonnegative else None
    found = definiteness(gap)
    if found is not None and found.sign < 0:
        return Definite(1, False, ("it is zero",)) if is_plain_zero(gap) else None
    return found


def _by_convexity(statement: Statement, gap: Expr, order: Order) -> Definite | None:
    """A Hessian of a convex function; a convex function of a number above its tangent at 0 or 1."""
    left, right = statement.left, statement.right
    if isinstance(left, DerivativeSide) and left.order == 2 and left.wrt[0] == left.wrt[1]:
        zero = isinstance(right, Expr) and is_plain_zero(right)
        word = _word(left.expression, left.wrt[0]) if zero else UNKNOWN
        fits = word in ((CONCAVE if order.turned else CONVEX), AFFINE)
        return Definite(1, False, (f"it is the Hessian of a {word} function",)) if fits else None
    symbols = list(symbols_in(gap).values())
    if gap.shape or len(symbols) != 1 or symbols[0].shape:
        return None
    (symbol,) = symbols
    if is_nonnegative_polynomial(gap, symbol):
        return Definite(1, False, ("a polynomial without a change of sign",))
    slope = valued(lambda: differentiate(gap, (symbol,)).closed_form)
    touching = next((at for at in (0, 1) if slope is not None and _vanish(at, symbol, gap, slope)), None)
    if touching is None or _word(gap, symbol) != CONVEX:
        return None
    return Definite(1, False, (f"it is convex, and 0 with its derivative at {symbol.name} = {touching}",))


def _vanish(at: int, symbol: Symbol, *expressions: Expr) -> bool:
    there = [valued(lambda one=one: simple(replaced(one, {symbol.name: Number(Fraction(at))}))) for one in expressions]  # type: ignore[misc]
    return all(one is not None and is_plain_zero(one) for one in there)


def _word(expression: Expr, symbol: Symbol) -> str:
    return curvature(expression, [symbol], {symbol: Symbol("a direction", symbol.shape, symbol.properties & {"symmetric"})}).word


def _below(sides: tuple[Expr, Expr], gap: Expr) -> tuple[Counterexample | None, int]:
    """A point at which a difference is negative, and how many were looked at."""
    symbols = list(symbols_in(*sides).values())
    programs = [interpreter.program(one) for one in (*sides, gap)]
    names = sorted({name for one in programs for name in one.size_names})
    tried, field = 0, Field(gap, symbols)
    for seed in range(_POINTS):
        sizes = prime_sizes(names, seed, symbols=symbols, sizes=[size for one in symbols for size in one.shape])
        rng = np.random.default_rng(seed)
        values = {one.name: np.round(drawn(one, sizes, rng, seed), 3) for one in symbols}
        with np.errstate(all="ignore"):
            found = valued(lambda values=values, sizes=sizes: interpreter.evaluate(gap, values, sizes))  # type: ignore[misc]
        if found is None or not np.all(np.isfinite(found)) or not field.holds(values):
            continue
        tried += 1
        if _least(found) < -_CLEAR * (1 + float(np.abs(found).max(initial=0.0))):
            left, right = [interpreter.evaluate(one, values, sizes) for one in sides]
            return Counterexample(sizes, seed, values, left, right), tried
    return None, tried


def _least(value: Any) -> float:
    """The smallest eigenvalue of a square matrix, minus what it is not symmetric by; the smallest
    entry of another array."""
    if value.ndim == 2 and value.shape[0] == value.shape[1]:
        lack = float(np.abs(value - value.T).max(initial=0.0))
        return (
            float(np.linalg.eigvalsh((value + value.T) / 2).min()) if lack < _CLEAR * (1 + float(np.abs(value).max())) else -lack
        )
    return float(value.min(initial=0.0))


# ------------------------------------------------------------ convexity in words


def _of_words(question: Question, function: str, word: str, wrt: str | None) -> Verdict:
    """The verdict on ``f is convex in x``."""
    names = re.split(r"\s*(?:,|\band\b)\s*", wrt) if wrt else _only(question, function)
    found = convexity(function, names, declare=question.declare, dialect=question.options.dialect)
    rest = {"declarations": found.given.declarations, "notes": found.notes, "reading": found.reading}
    return replace(_agreed(question, found, word), **rest)  # type: ignore[arg-type]


def _agreed(question: Question, found: Convexity, word: str) -> Verdict:
    source, layout, verdict = question.source, question.layout, found.verdict
    if verdict == word or (verdict == AFFINE and word != AFFINE):
        shown = found.text().splitlines()[1:2] if found.certificate is not None else [f"it is {verdict}"]
        return Verdict(source, "proved", layout, "".join(shown))
    said = found.condition_text()
    if verdict == ONLY_IF and word == CONVEX:
        return Verdict(
            source, "conditional", layout, "", condition=found.condition, condition_text=said or "", condition_exact=True
        )
    chord = _contrary(found, word) if verdict in (CONVEX, CONCAVE, NEITHER) else None
    if chord is not None:
        return Verdict(source, "refuted", layout, f"it is {verdict}\n{chord}")
    return Verdict(source, "undecided", layout, found.finding.hint or f"it is {verdict} {said or ''}".rstrip())


def _contrary(found: Convexity, word: str) -> str | None:
    """A chord that shows that a function is not what is said of it."""
    symbols = symbols_in(found.given.node)
    field = Field(found.given.node, [symbols[name] for name in found.wrt if name in symbols])
    for seed, (constants, sizes) in enumerate(field.points(_CHORDS)):
        seen = field.seen(constants, sizes, seed)
        both = [("not_convex", seen.not_convex), ("not_concave", seen.not_concave)]
        wanted = {CONVEX: both[:1], CONCAVE: both[1:], AFFINE: both}[word]
        for name, chord in wanted:
            if chord is not None:
                return chord_text(name, chord.to_dict())
    return None


def _only(question: Question, function: str) -> list[str]:
    """The one symbol of a function."""
    statement = elaborate_statement(f"{function} = 0", question.declare, options=question.options, calculus=derivative_within)
    names = list(names_of(list(statement.symbols)))
    if len(names) != 1:
        raise ParseError("it is not said in which symbols", suggestion=f"{function} is convex in {names[0] if names else 'x'}")
    return names
