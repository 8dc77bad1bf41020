"""The verdict on a claim whose readings are given in the order in which they are to be tried."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import pattern
from matcalc.documents.arrangements import Indices
from matcalc.documents.blocks import Asked, Notation
from matcalc.documents.context.written_names import LOSSES
from matcalc.documents.doubting import doubted, where_supposed
from matcalc.documents.readings import (
    Habit,
    derives_twice,
    is_chained,
    is_misfit,
    is_of_a_number,
    may_derive,
    meant,
    multiples,
    new_limit,
    sides_of,
    statement_of,
    with_a_number,
    with_inner_products,
    with_numbers,
    with_plain_capitals,
    with_products_first,
    with_vectors,
)
from matcalc.documents.sides import is_derivative
from matcalc.language import elaborate
from matcalc.language.decisions import Decision, reading_options
from matcalc.printing import text
from matcalc.verification.items import Item
from matcalc.verification.judgement import verdict_on, verify
from matcalc.verification.verdict import NOT_READ, Verdict


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
    return next(((found, one) for one in steps if (found := _if_true(one)).ok), (verdict, chosen))


def _readings_as(asked: Sequence[Asked], instead: str) -> list[Asked]:
    return [one for one in asked if one.instead == instead]


def _of_values(asked: Asked) -> Verdict:
    """The verdict on what is computed in a worked example: to the digits that are written, and
    false only where all of it is exact."""
    verdict = _verdict(asked)
    if verdict.status == "refuted" and _agrees_as_written(verdict, asked):
        return Verdict(
            verdict.statement, "confirmed", verdict.layout, "equal to the digits that are written", reading=verdict.reading
        )
    misfit = "shapes differ" in verdict.reason  # a row for a column
    return _kept(verdict) if asked.doubts or misfit else verdict


_DECIMAL = pattern(r"-?\d+\.(?P<digits>\d+)")
_HALF = 0.5 + 1e-9


def _agrees_as_written(verdict: Verdict, asked: Asked) -> bool:
    """Whether each number on the right side of a claim that is not exact is the one on the left,
    rounded to the digits that it has."""
    right = asked.statement.rpartition("=")[2]
    units = {float(found[0]): 10.0 ** -len(found["digits"]) for found in _DECIMAL.finditer(right.replace(" ", ""))}
    wrong = [link for link in verdict.links if link.status != "proved"] or [verdict]
    return verdict.status == "refuted" and all(_is_rounded(one, units) for one in wrong)


def _is_rounded(verdict: Verdict, units: dict[float, float]) -> bool:
    import numpy as np

    example = verdict.counterexample
    if example is None or np.size(example.left) != 1 or np.size(example.right) != 1:
        return False
    left, right = float(np.ravel(example.left)[0]), float(np.ravel(example.right)[0])
    unit = next((unit for number, unit in units.items() if abs(number - right) < 1e-12), 0.0)
    return abs(left - right) <= _HALF * unit


def _up_to_a_factor(asked: Sequence[Asked]) -> tuple[Verdict, Asked]:
    """The verdict on equations of which one side may be a multiple of what is meant; undecided
    where none of them holds so."""
    comparable = False
    for one in asked:
        verdict = _verdict(one)
        comparable |= verdict.is_false and not is_misfit(verdict)
        tried = (verdict,) if verdict.ok else map(_if_true, multiples(verdict, one))
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
        if not _is_tried(one, found):
            continue
        verdict = _of_transposes(_of_kinds(one), one)
        if one.instead == "other" and _holds_of_another(verdict, one):
            reason = one.doubts[0].reason if one.doubts else _ANOTHER
            return replace(verdict, status="undecided", reason=reason), found[0].asked
        verdict, one = _supposed(*_otherwise(verdict, one))
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


def _is_tried(one: Asked, found: Sequence[_Weighed]) -> bool:
    """Whether a reading is asked about: another form of one where that could not be read, or could
    be but had no two sides to compare."""
    if not one.instead or not found:
        return not one.instead
    before = found[-1].verdict
    return bool(before.problem) or one.instead == "other" or (one.instead == "unanswered" and before.counterexample is None)


def _weighed(verdict: Verdict, asked: Asked) -> _Weighed:
    weighed = _kept(verdict) if asked.lossy else doubted(verdict, asked)
    return _Weighed(weighed, asked, weighed.is_false or not verdict.is_false)


def _supposed(verdict: Verdict, asked: Asked) -> tuple[Verdict, Asked]:
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


def _unless_forced(verdict: Verdict, asked: Asked) -> Verdict:
    """The verdict on a claim that holds; undecided where a capital had to be a vector or a number
    for it, of which nothing was said, or sums had to be meant that are not written, although others
    are. A loss is a number, whatever letter it has."""
    if (limit := new_limit(asked.statement)) is not None:
        return _open(verdict, f"true only where a sum up to {limit} is one up to what the definitions have")
    summed = _SUM.search(asked.statement) is not None
    decisions = () if verdict.reading is None else verdict.reading.decisions
    forced = sorted([one for one in decisions if _is_forced(one, summed)], key=lambda one: one.topic != "kinds")
    return _open(verdict, f"true only where {forced[0].words}") if forced else verdict


def _is_forced(one: Decision, summed: bool) -> bool:
    """Whether a claim may hold only because of a choice; ``summed``: sums are written in it."""
    chosen = one.name not in LOSSES or one.choice != "scalar" if one.topic == "kinds" else summed and one.choice == "sum"
    return one.weight == "doubtful" and chosen


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
        of_numbers = _if_true(numbers)
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
    if capitals is not None and _if_true(capitals).ok:
        return _open(verdict, "true of numbers, and nothing shows that the capitals are matrices"), asked
    if verdict.other_layout is not None:
        return _of_layout(verdict, asked, verdict.other_layout), asked
    return _in_other_forms(verdict, asked)


def _in_other_forms(verdict: Verdict, asked: Asked) -> tuple[Verdict, Asked]:
    """The verdict on a false claim in other layouts, and as people write it."""
    fits = not is_misfit(verdict)
    others = _in_other_layouts(asked, fits)
    turned = [(_verdict(other, help=not fits), other) for other in others]
    layout = next((other.layout for found, other in turned if found.ok), None)
    if layout is None and (loose := _loosely(verdict, meant(asked, fits))) is not None:
        return loose, asked
    layout = layout or _layout_meant(verdict, others, fits)
    if layout is not None:
        return _of_layout(replace(verdict, other_layout=layout), asked, layout), asked
    if fits:
        return _of_indices(verdict, asked), asked
    return next((pair for pair in turned if pair[0].status == "conditional"), (verdict, asked))


def _in_other_layouts(asked: Asked, fits: bool) -> tuple[Asked, ...]:
    """A claim whose sides do not fit, or have derivatives on both, in the other layouts."""
    apart = not fits or is_chained(asked)
    return tuple([replace(asked, layout=layout) for layout in _LAYOUTS if apart and layout != asked.layout])


def _layout_meant(verdict: Verdict, others: Iterable[Asked], fits: bool) -> str | None:
    """The layout in which a claim holds as people write it."""
    ways = ((other.layout, [pair for pair in meant(other, fits) if pair[0].holds]) for other in others)
    return next((layout for layout, pairs in ways if _loosely(verdict, pairs) is not None), None)


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
        found = _if_true(other)
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
    if any(_if_true(other).ok for other in derived):
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
                and _if_true(replace(asked, statement=before + case.equation(left, right, notation))).ok
            ):
                return replace(verdict, status="conditional", condition=str(case), condition_text=str(case), condition_exact=True)
    return verdict


_MOST_INDICES = 3


def _entries(verdict: Verdict) -> tuple[str, ...]:
    """The indices of a claim about entries."""
    source = statement_of(verdict)
    return () if source is None else source.entries


_GRADIENT = pattern(r"\\nabla|∇|\bgrad")
_LAYOUTS = ("denominator", "numerator")


def _of_layout(verdict: Verdict, asked: Asked, layout: str) -> Verdict:
    """The verdict on a claim that is true in another layout alone: that is its condition where it
    is known which the text uses."""
    gradient = _GRADIENT.search(asked.statement.rpartition("; ")[2]) is not None
    known = asked.layout_said == "all" or gradient
    if not known and not (asked.layout_said and not _if_true(replace(asked, layout="tensor")).ok):
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


def _verdict(one: Asked, help: bool = True) -> Verdict:
    name = "own" if one.own else ""
    item = Item(one.statement, 0, name, declare=one.declare, layout=one.layout, symmetric=one.symmetric, dialect=one.dialect)
    return verdict_on(item, help=help)


def _if_true(one: Asked) -> Verdict:
    """The verdict on a reading that counts only if it holds: what else would be true is not looked
    for."""
    return _verdict(one, help=False)


_WITHOUT_FACTS = "false without facts that the document says of a name that stands for something else here"


def _kept(verdict: Verdict, reason: str = _WITHOUT_FACTS) -> Verdict:
    """A verdict on a reading that leaves out something: the claim may hold all the same."""
    return replace(verdict, status="undecided", reason=reason) if verdict.is_false else verdict
