"""The verdict on a claim whose readings are given in the order in which they are to be tried."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import pattern
from matcalc.documents.arrangements import Indices
from matcalc.documents.blocks import Asked, Notation
from matcalc.documents.context.written_names import LOSSES
from matcalc.documents.doubting import doubted
from matcalc.documents.readings import (
    Habit,
    agrees_as_written,
    derives_twice,
    is_chained,
    is_misfit,
    is_of_a_number,
    may_derive,
    meant,
    multiples,
    new_limit,
    sides_of,
    with_a_number,
    with_inner_products,
    with_numbers,
    with_plain_capitals,
    with_products_first,
    with_vectors,
)
from matcalc.documents.sides import is_derivative
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import Point, find_point
from matcalc.expr.nodes import Expr
from matcalc.expr.rewriting import symbols_in
from matcalc.language import elaborate
from matcalc.language.decisions import reading_options
from matcalc.language.statements import Statement
from matcalc.objects.parsed import ParsedExpression
from matcalc.printing import text
from matcalc.verification.items import Item
from matcalc.verification.judgement import verdict_on, verify
from matcalc.verification.verdict import NOT_READ, Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SEEDS = 6
_STEPS = 40
_MOST_ENTRIES = 150
_MET, _EQUAL = 1e-9, 1e-6
_SHIFT = 1e-6


@dataclass(frozen=True, slots=True)
class _Claim:
    left: Expr
    right: Expr

    def holds(self, point: Point) -> bool:
        """Whether its sides are equal at a point, as far as numbers tell."""
        import numpy as np

        left, right = (evaluate(side, point.values, point.sizes) for side in (self.left, self.right))
        scale = 1.0 + float(np.max(np.abs(left), initial=0.0)) + float(np.max(np.abs(right), initial=0.0))
        return bool(np.max(np.abs(left - right), initial=0.0) <= _EQUAL * scale)


def where_supposed(verdict: Verdict, asked: Asked) -> Verdict:
    """The verdict on a false claim; undecided where it is not seen to be false at a point that
    meets what the text supposes.

    What is supposed in a way that is not read counts for nothing.
    """
    claim = _claimed(verdict)
    if claim is None or verdict.counterexample is None:
        return verdict
    read = [(one, zero) for left, right, one in asked.supposed if (zero := _zero(left, right, verdict, asked)) is not None]
    found = _tried(claim, [zero for _, zero in read]) if read else "false"
    if found == "false":
        return verdict
    said = ", ".join([one.text for one, _ in read])
    reason = f"it is said to hold under a supposition: {said}\nit is false without it, and {_FOUND[found]}"
    declarations, notes, reading = verdict.declarations, verdict.notes, verdict.reading
    return Verdict(
        verdict.statement, "undecided", verdict.layout, reason, declarations=declarations, notes=notes, reading=reading
    )


_FOUND = {
    "equal": "both sides are equal at every point tried that meets it",
    "no point": "no point that meets it was found",
}


def _claimed(verdict: Verdict) -> _Claim | None:
    """The sides of a claim as formulas, for a derivative the right answer; None where one of them
    is none."""
    source = None if verdict.reading is None else verdict.reading.source
    if not isinstance(source, Statement) or source.entries:
        return None
    lead, claimed = (source.right, source.left) if source.turned else (source.left, source.right)
    if not isinstance(lead, Expr) and isinstance(verdict.correction, ParsedExpression):
        lead = verdict.correction.node
    return _Claim(lead, claimed) if isinstance(lead, Expr) and isinstance(claimed, Expr) else None


def _zero(left: str, right: str, verdict: Verdict, asked: Asked) -> Expr | None:
    """What is supposed to be zero, as a formula in the symbols of the claim; None where that is not
    read."""
    declared = dict(verdict.declarations or {})
    try:
        return elaborate(f"({left}) - ({right})", declared, options=reading_options(False, asked.dialect)).expression
    except MatcalcError:
        return None


def _tried(claim: _Claim, zeros: Sequence[Expr]) -> str:
    """``false`` where the sides differ at a point that meets what is supposed; else what was
    found."""
    found = "no point"
    for seed in range(_SEEDS):
        try:
            point = find_point([claim.left, claim.right, *zeros], seed, equal=seed % 2 == 1)
            met = None if point is None else _met(point, zeros)
            if met is not None and not claim.holds(met):
                return "false"
        except (MatcalcError, ArithmeticError, ValueError):
            continue
        found = found if met is None else "equal"
    return found


def _met(point: Point, zeros: Sequence[Expr]) -> Point | None:
    """A point near another at which formulas are zero; None where none is found. Symbols with facts
    stay as they are."""
    import numpy as np

    free = sorted({name for name, symbol in symbols_in(*zeros).items() if not symbol.properties})
    if sum(np.size(point.values[name]) for name in free) > _MOST_ENTRIES:
        return None
    for _ in range(_STEPS):
        rest = _residual(point, zeros)
        if np.max(np.abs(rest), initial=0.0) < _MET:
            return point
        if not np.all(np.isfinite(rest)):
            return None
        slopes = np.stack(
            [(_residual(moved, zeros) - rest) / _SHIFT for moved in _shifted(point, free)] or [np.zeros_like(rest)], axis=1
        )
        step = np.linalg.lstsq(slopes, -rest, rcond=1e-6)[0]
        point = _moved(point, free, step)
    return None


def _residual(point: Point, zeros: Sequence[Expr]) -> NDArray[Any]:
    import numpy as np

    return np.concatenate([np.asarray(evaluate(zero, point.values, point.sizes), dtype=float).ravel() for zero in zeros])


def _shifted(point: Point, free: Sequence[str]) -> list[Point]:
    """The point with each entry moved a little, one by one."""
    import numpy as np

    count = sum(np.size(point.values[name]) for name in free)
    return [_moved(point, free, _SHIFT * np.eye(count)[k]) for k in range(count)]


def _moved(point: Point, free: Sequence[str], step: NDArray[Any]) -> Point:
    """The point with all entries of some symbols moved."""
    import numpy as np

    values: dict[str, Any] = dict(point.values)
    start = 0
    for name in free:
        before = np.asarray(values[name], dtype=float)
        values[name] = before + step[start : start + before.size].reshape(before.shape)
        start += before.size
    return Point(values, point.sizes)


def supposed(verdict: Verdict, asked: Asked) -> tuple[Verdict, Asked]:
    """The verdict on a claim whose condition is among what the text supposes: that it is confirmed;
    else the one that is given, weighed at points that meet what is supposed."""
    if not verdict.is_false or not asked.supposed:
        return verdict, asked
    exact = verdict.status == "conditional" and verdict.condition is not None and verdict.condition_exact
    for left, right, said in asked.supposed:
        if exact and _is_condition(left, right, verdict, asked):
            found = replace(
                verdict, status="confirmed", reason="", counterexample=None, correction=None, condition=None, condition_text=""
            )
            return replace(found, holds_if=(*found.holds_if, said.text)), asked
    return where_supposed(verdict, asked), asked


def _is_condition(left: str, right: str, verdict: Verdict, asked: Asked) -> bool:
    """Whether an equation says the same as the condition of a verdict."""
    wanted = (verdict.condition or "").split("=")
    if len(wanted) != len((left, right)):
        return False
    declared = dict(verdict.declarations or {})
    try:
        options = reading_options(False, asked.dialect)
        first, second = (text(elaborate(side, declared, options=options).expression, "ascii") for side in (left, right))
        return any(
            verify(f"({one}) - ({other}) = ({wanted[0]}) - ({wanted[1]})", declare=declared, help=False).ok
            for one, other in ((first, second), (second, first))
        )
    except MatcalcError:
        return False


def judge(asked: Sequence[Asked]) -> tuple[Verdict, Asked]:
    """The verdict, and the reading that it is on. Raises nothing; ``asked`` is not empty.

    What is not decided from the beginning of its chain holds if it does as a step of it.
    """
    if asked[0].instead == "multiple":
        return _up_to_a_factor(asked)
    for one in _readings_as(asked, "values"):
        of_values = _of_values(one)
        if of_values.ok or of_values.status == "refuted":
            return of_values, one
    whole = [one for one in asked if one.instead not in ("step", "values")]
    verdict, chosen = _judged(whole) if whole else (_unread(asked[0]), asked[0])
    steps = _readings_as(asked, "step") if verdict.status == "undecided" else []
    return next(((found, one) for one in steps if (found := _verdict(one)).ok), (verdict, chosen))


def _readings_as(asked: Sequence[Asked], instead: str) -> list[Asked]:
    return [one for one in asked if one.instead == instead]


def _of_values(asked: Asked) -> Verdict:
    """The verdict on what is computed in a worked example: to the digits that are written, and
    false only where all of it is exact."""
    verdict = _verdict(asked)
    if verdict.status == "refuted" and agrees_as_written(verdict, asked):
        return Verdict(
            verdict.statement, "confirmed", verdict.layout, "equal to the digits that are written", reading=verdict.reading
        )
    misfit = "shapes differ" in verdict.reason  # a row for a column
    return _kept(verdict) if asked.doubts or misfit else verdict


def _up_to_a_factor(asked: Sequence[Asked]) -> tuple[Verdict, Asked]:
    """The verdict on equations of which one side may be a multiple of what is meant; undecided
    where none of them holds so."""
    comparable = False
    for one in asked:
        verdict = _verdict(one)
        comparable |= verdict.is_false and not is_misfit(verdict)
        tried = (verdict,) if verdict.ok else (_verdict(other) for other in multiples(verdict, one))
        holds = next((found for found in tried if found.ok), None)
        if holds is not None:
            return replace(holds, statement=one.statement, reason=_SAME), one
    other = _open(verdict, "no multiple of what was to be zero")
    return (other if comparable else replace(other, problem=NOT_READ)), asked[0]


_SAME = "it says again, up to a factor, what was to be zero"


def _unread(step: Asked) -> Verdict:
    """The verdict on a chain of which only the steps are known."""
    return Verdict(step.statement, "undecided", step.layout, "; ".join([one.reason for one in step.doubts]), problem=NOT_READ)


def _judged(asked: Sequence[Asked]) -> tuple[Verdict, Asked]:
    """The verdict on readings of the whole: what holds in one reading holds; what does not is false
    only if it is in every reading."""
    found: list[_Weighed] = []
    for one in asked:
        if one.instead and not (found and _is_open(found[-1].verdict, one.instead)):
            continue
        verdict = _of_transposes(_of_kinds(one), one)
        if one.instead == "other" and _holds_of_another(verdict, one):
            reason = one.doubts[0].reason if one.doubts else _ANOTHER
            return replace(verdict, status="undecided", reason=reason), found[0].asked
        verdict, one = supposed(*_otherwise(verdict, one))
        if verdict.ok:
            return _unless_forced(verdict, one), one
        if one.instead in ("unread", "other") or (one.instead and verdict.problem):
            continue
        if one.instead:
            found.pop()
        found.append(_weighed(verdict, one))
    # a reading that is in doubt leaves it to those that are not
    best = min(found, key=lambda one: (not one.is_sure, _ORDER.index(one.verdict.status)))
    return best.verdict, best.asked


_ORDER = ("undecided", "conditional", "refuted")


class _Weighed(NamedTuple):
    """A verdict on a reading that does not hold, with its doubts; whether these left it as it
    was."""

    verdict: Verdict
    asked: Asked
    is_sure: bool


def _weighed(verdict: Verdict, asked: Asked) -> _Weighed:
    weighed = _kept(verdict) if asked.lossy else doubted(verdict, asked)
    return _Weighed(weighed, asked, weighed.is_false or not verdict.is_false)


_NUMBERS = tuple([f"{letter} is read as a scalar" for letter in sorted(LOSSES)])


def _unless_forced(verdict: Verdict, asked: Asked) -> Verdict:
    """The verdict on a claim that holds; undecided where a capital had to be a vector or a number
    for it, of which nothing was said, or sums had to be meant that are not written, although others
    are. A loss is a number, whatever letter it has."""
    decisions = () if verdict.reading is None else verdict.reading.decisions
    doubtful = [one for one in decisions if one.weight == "doubtful"]
    if (limit := new_limit(asked.statement)) is not None:
        return _open(verdict, f"true only where a sum up to {limit} is one up to what the definitions have")
    kinds = [one.words for one in doubtful if one.topic == "kinds" and not one.words.startswith(_NUMBERS)]
    sums = [one.words for one in doubtful if one.words.startswith("no sum is written")] if _SUM.search(asked.statement) else []
    forced = next(iter((*kinds, *sums)), "")
    return _open(verdict, f"true only where {forced}") if forced else verdict


_SUM = pattern(r"\\sum(?![A-Za-z])|∑|\\operatorname\{tensor\}")


def _holds_of_another(verdict: Verdict, asked: Asked) -> bool:
    """Whether a claim holds with other definitions; about names that stand for nothing else under a
    condition, too, or as people write one that does not fit."""
    if verdict.ok or not asked.doubts:
        return verdict.ok
    return verdict.status == "conditional" or (is_misfit(verdict) and not _otherwise(verdict, asked)[0].is_false)


def _of_kinds(asked: Asked) -> Verdict:
    """The verdict on a reading, in which letters that nothing is said of may be numbers or vectors,
    and a dot an inner product."""
    verdict = _verdict(asked)
    if (numbers := with_numbers(asked, verdict)) is not None:
        of_numbers = _verdict(numbers)
        verdict = of_numbers if of_numbers.ok else _kept(verdict, "false of vectors, and the letter may stand for a number")
    verdict = _of_a_number(verdict, asked)
    for other in (with_vectors, with_inner_products, with_products_first):
        if (changed := other(asked, verdict)) is not None:
            found = _verdict(changed)
            verdict = verdict if found.problem or is_misfit(found) else replace(found, statement=verdict.statement)
    return verdict


def _of_a_number(verdict: Verdict, asked: Asked) -> Verdict:
    """The verdict with a number for one letter, where what is differentiated is a number then and
    the claim can be decided."""
    found = [one for one in map(_verdict, with_a_number(asked, verdict)) if is_of_a_number(one) and not is_misfit(one)]
    return next((one for one in found if one.ok), next((one for one in found if one.status == "refuted"), verdict))


def _otherwise(verdict: Verdict, asked: Asked) -> tuple[Verdict, Asked]:
    """The verdict on a false claim that is true in another layout, or as people write such a claim;
    else the one that is given."""
    if not verdict.is_false or asked.exact:
        return verdict, asked
    if (free := _of_free_entries(verdict, asked)) is not None:
        return free, asked
    capitals = with_plain_capitals(asked, verdict)
    if capitals is not None and _verdict(capitals).ok:
        return _open(verdict, "true of numbers, and nothing shows that the capitals are matrices"), asked
    if verdict.other_layout is not None:
        return _of_layout(verdict, asked, verdict.other_layout), asked
    return _in_other_forms(verdict, asked)


def _in_other_forms(verdict: Verdict, asked: Asked) -> tuple[Verdict, Asked]:
    """The verdict on a false claim in other layouts, and as people write it."""
    fits = not is_misfit(verdict)
    others = () if fits and not is_chained(asked) else _in_other_layouts(asked)
    turned = [(_verdict(other), other) for other in others]
    layout = next((other.layout for found, other in turned if found.ok), None)
    if layout is None and (loose := _loosely(verdict, meant(asked, fits))) is not None:
        return loose, asked
    layout = layout or next((other.layout for other in others if _holds_loosely(verdict, other, fits)), None)
    if layout is not None:
        return _of_layout(replace(verdict, other_layout=layout), asked, layout), asked
    if fits:
        return _of_indices(verdict, asked), asked
    return next((pair for pair in turned if pair[0].status == "conditional"), (verdict, asked))


def _in_other_layouts(asked: Asked) -> tuple[Asked, ...]:
    return tuple([replace(asked, layout=layout) for layout in _LAYOUTS if layout != asked.layout])


def _holds_loosely(verdict: Verdict, asked: Asked, fits: bool) -> bool:
    return _loosely(verdict, [pair for pair in meant(asked, fits) if pair[0].holds]) is not None


def _of_free_entries(verdict: Verdict, asked: Asked) -> Verdict | None:
    """The verdict on a false claim by a symmetric matrix whose entries vary freely: texts
    differentiate so and use the symmetry after it.

    None where nobody varies a symmetric matrix, or nothing else comes out; what is false in either
    way keeps its right answer in theirs.
    """
    if asked.symmetric != "projected" or _SYMMETRIC.search(asked.declare) is None or not is_derivative(asked.statement):
        return None
    freely = replace(asked, symmetric="independent")
    found = _verdict(freely)
    if found.ok:
        return replace(found, statement=verdict.statement, reason=_FREELY)
    if verdict.other_layout is None and found.other_layout is not None:
        return _of_layout(found, freely, found.other_layout)
    differs = found.status == verdict.status == "refuted" and found.correction not in (None, verdict.correction)
    return found if differs and verdict.other_layout is None else None


_SYMMETRIC = pattern(r"\b(?:symmetric|positive_(?:semi)?definite)\b")
_FREELY = "true where the entries of the symmetric matrix vary independently of each other"


def _loosely(verdict: Verdict, ways: Iterable[tuple[Habit, Asked]]) -> Verdict | None:
    """The verdict on a false claim that is true in one of the ways in which it may be meant; None
    for any other."""
    for habit, other in ways:
        found = _verdict(other)
        if found.ok and habit.holds:
            return replace(found, statement=verdict.statement, reason=habit.reason)
        if found.ok:
            return _open(verdict, habit.reason)
    return None


def _of_transposes(verdict: Verdict, asked: Asked) -> Verdict:
    """The verdict on a claim with primes that may be derivatives: what is true, or with two primes
    false, of transposes alone is open."""
    if verdict.is_false and derives_twice(asked):
        return _open(verdict, "false of transposes, and two primes mean a second derivative")
    if not verdict.ok or not may_derive(asked):
        return verdict
    derived = [other for habit, other in meant(asked, fits=True) if habit.primes]
    if any(_verdict(other).ok for other in derived):
        return verdict
    return _open(verdict, "true of transposes alone, and a prime may be a derivative")


def _of_indices(verdict: Verdict, asked: Asked) -> Verdict:
    """The verdict on a claim about entries that is true if two indices are equal, or if they are
    not: that is its condition."""
    sides = sides_of(asked.statement)
    if verdict.status != "refuted" or sides is None:
        return verdict
    before, left, right = sides
    for first, second in combinations(sorted(_entries(verdict))[:_MOST_INDICES], 2):
        for case in (Indices(first, second, equal) for equal in (False, True)):
            notation: Notation = "plain" if asked.dialect is None else "latex"
            if (
                case.concerns(f"{left} {right}")
                and _verdict(replace(asked, statement=before + case.equation(left, right, notation))).ok
            ):
                return replace(verdict, status="conditional", condition=str(case), condition_text=str(case), condition_exact=True)
    return verdict


_MOST_INDICES = 3


def _entries(verdict: Verdict) -> tuple[str, ...]:
    """The indices of a claim about entries."""
    source = None if verdict.reading is None else verdict.reading.source
    return source.entries if isinstance(source, Statement) else ()


_GRADIENT = pattern(r"\\nabla|∇|\bgrad")
_LAYOUTS = ("denominator", "numerator")


def _of_layout(verdict: Verdict, asked: Asked, layout: str) -> Verdict:
    """The verdict on a claim that is true in another layout alone: that is its condition where it
    is known which the text uses."""
    gradient = _GRADIENT.search(asked.statement.rpartition("; ")[2]) is not None
    known = asked.layout_said == "all" or gradient
    if not known and not (asked.layout_said and not _verdict(replace(asked, layout="tensor")).ok):
        return _open(verdict, f"true in {layout} layout, and it is not known which the text uses")
    if gradient and layout == "denominator":
        return _open(verdict, "true of a gradient that is a column, as it may be in any layout")
    if verdict.condition is not None and verdict.condition_exact:
        return verdict
    said = f"{layout} layout"
    return replace(
        verdict, status="conditional", condition=said, condition_text=f"the derivatives are in {said}", condition_exact=True
    )


def _open(verdict: Verdict, reason: str) -> Verdict:
    return replace(
        verdict, status="undecided", reason=reason, counterexample=None, correction=None, condition=None, condition_text=""
    )


_ANOTHER = "false of the function of this name that was defined last, and true of another one of this document"


def _verdict(one: Asked) -> Verdict:
    name = "own" if one.own else ""
    return verdict_on(
        Item(one.statement, 0, name, declare=one.declare, layout=one.layout, symmetric=one.symmetric, dialect=one.dialect)
    )


def _is_open(verdict: Verdict, instead: str) -> bool:
    """Whether another form of a reading is asked about: where it could not be read, or could be but
    had no two sides to compare."""
    return bool(verdict.problem) or instead == "other" or (instead == "unanswered" and verdict.counterexample is None)


_WITHOUT_FACTS = "false without facts that the document says of a name that stands for something else here"


def _kept(verdict: Verdict, reason: str = _WITHOUT_FACTS) -> Verdict:
    """A verdict on a reading that leaves out something: the claim may hold all the same."""
    return replace(verdict, status="undecided", reason=reason) if verdict.is_false else verdict
