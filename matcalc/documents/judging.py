"""The verdict on a claim whose readings are given in the order in which they are to be tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matcalc.documents.asking import Asked
from matcalc.documents.doubting import doubted
from matcalc.documents.numbers import with_numbers
from matcalc.verification.items import Item
from matcalc.verification.unfailing import verdict_on
from matcalc.verification.verdict import Verdict


def judge(asked: Sequence[Asked]) -> tuple[Verdict, Asked]:
    """The verdict, and the reading that it is on. Raises nothing; ``asked`` is not empty.

    What holds in one reading holds; what does not is false only if it is in every reading.
    """
    found: list[tuple[Verdict, Asked]] = []
    sure: list[tuple[Verdict, Asked]] = []
    for one in asked:
        before = found[-1][0] if found else None
        if one.instead and (before is None or not _is_open(before, one.instead)):
            continue
        verdict = _verdict(one)
        if (numbers := with_numbers(one, verdict)) is not None:
            of_numbers = _verdict(numbers)
            verdict = of_numbers if of_numbers.ok else _kept(verdict, "false of vectors, and the letter may stand for a number")
        if verdict.ok and one.instead == "other":
            return replace(verdict, status="undecided", reason=_ANOTHER), found[0][1]
        if verdict.ok:
            return verdict, one
        if one.instead in ("unread", "other") or (one.instead and verdict.problem):
            continue
        if one.instead:
            found.pop()
        weighed = _kept(verdict) if one.lossy else doubted(verdict, one)
        found.append((weighed, one))
        sure += [(weighed, one)] if weighed.is_false or not verdict.is_false else []
    order = ("undecided", "conditional", "refuted")
    return min(sure or found, key=lambda pair: order.index(pair[0].status))  # a reading that is in doubt leaves it to those that are not


_ANOTHER = "false of the function of this name that was defined last, and true of another one of this document"


def _verdict(one: Asked) -> Verdict:
    name = "own" if one.own else ""
    return verdict_on(Item(one.statement, 0, name, declare=one.declare, layout=one.layout, symmetric=one.symmetric, dialect=one.dialect))


def _is_open(verdict: Verdict, instead: str) -> bool:
    """Whether another form of a reading is asked about: where it could not be read, or could be but had no two sides to compare."""
    return bool(verdict.problem) or instead == "other" or (instead == "unanswered" and verdict.counterexample is None)


_WITHOUT_FACTS = "false without facts that the document says of a name that stands for something else here"


def _kept(verdict: Verdict, reason: str = _WITHOUT_FACTS) -> Verdict:
    """A verdict on a reading that leaves out something: the claim may hold all the same."""
    return replace(verdict, status="undecided", reason=reason) if verdict.is_false else verdict
