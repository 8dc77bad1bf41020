"""The verdicts on many questions: each different one decided once, by several processes, and remembered between runs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from typing import TypeAlias

from matcalc.base.budgets import DOCUMENT_SECONDS, FEW_QUESTIONS, allow, allowance
from matcalc.base.errors import INTERNAL, internal_error
from matcalc.documents.asking import Asked
from matcalc.documents.judging import judge
from matcalc.documents.remembering import Recalled, recalled, remember
from matcalc.verification.verdict import Verdict, portable, restored

Question: TypeAlias = tuple[Asked, ...]
"""The readings of one claim, in the order in which they are tried."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on a question, and the reading of it that the verdict is on."""

    verdict: Verdict
    asked: Asked
    reading: str = ""
    """How the statement was read, where that is more than plain."""


def _outcome(question: Question) -> Outcome:
    verdict, asked = judge(question)
    reading = verdict.reading
    said = () if reading is None else (*reading.warnings, *([reading.echo()] if reading.surprising else []))
    meant = (verdict.reason,) if verdict.ok and verdict.reason else ()
    return Outcome(verdict, asked, "; ".join([*said, *meant]))


def _bare(question: Question, outcome: Outcome) -> Recalled:
    return Recalled(*portable(outcome.verdict), question.index(outcome.asked), outcome.reading)


def _again(question: Question, found: Recalled) -> Outcome:
    return Outcome(restored(found.verdict, found.correction), question[found.chosen], found.reading)


@dataclass(slots=True)
class Memory:
    """What was decided before: in this process, and with ``kept`` on disk."""

    kept: bool = True
    known: dict[Question, Outcome] = field(default_factory=dict)

    def find(self, question: Question) -> Outcome | None:
        """The outcome of a question that was decided before."""
        found = self.known.get(question)
        if found is None and self.kept and (stored := recalled(question)) is not None:
            found = self.known[question] = _again(question, stored)
        return found

    def add(self, question: Question, outcome: Outcome) -> None:
        """Keeps an outcome; one that a spent budget or an error of the program ended is not kept on disk, the next run may do better."""
        self.known[question] = outcome
        if self.kept and not outcome.verdict.problem and outcome.verdict.status != "undecided":
            remember(question, _bare(question, outcome))


def decided(
    questions: Sequence[Question], *, jobs: int | None = None, memory: Memory | None = None, seconds: float = DOCUMENT_SECONDS
) -> Iterator[Outcome]:
    """The outcome of each question, in order, as they come.

    ``jobs`` processes share the work; without a number as many as there are processors, for more than a few questions. When ``seconds``
    have passed, what is left is undecided.
    """
    known = Memory(kept=False) if memory is None else memory
    open_questions = [question for question in dict.fromkeys(questions) if known.find(question) is None]
    found = _found(open_questions, _processes(jobs, len(open_questions)), time.monotonic() + seconds)
    for question in questions:
        outcome = known.find(question)
        while outcome is None:
            answered, answer = next(found)
            known.add(answered, answer)
            outcome = known.known.get(question)
        yield outcome


def _processes(jobs: int | None, count: int) -> int:
    if jobs is None:
        return (os.cpu_count() or 1) if count > FEW_QUESTIONS else 1
    return max(1, min(jobs, count))


def _found(questions: Sequence[Question], jobs: int, end: float) -> Iterator[tuple[Question, Outcome]]:
    if jobs <= 1:
        for question in questions:
            yield question, _late(question) if time.monotonic() > end else _outcome(question)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), allow, (allowance(),)) as pool:
        size = max(1, min(8, len(questions) // (4 * jobs)))
        parts = [questions[start : start + size] for start in range(0, len(questions), size)]
        try:
            for part, future in zip(parts, [_submitted(pool, part) for part in parts], strict=True):
                late = time.monotonic() > end and not (future is not None and future.done())
                outcomes: Iterable[Outcome] = map(_late, part) if late else _collected(part, future)
                yield from zip(part, outcomes, strict=True)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_Portable: TypeAlias = list[Recalled]


def _submitted(pool: ProcessPoolExecutor, part: Sequence[Question]) -> Future[_Portable] | None:
    """The outcomes to come on some questions; None when the processes have ended."""
    try:
        return pool.submit(_decided_all, part)
    except BrokenProcessPool:
        return None


def _decided_all(part: Sequence[Question]) -> _Portable:
    return [_bare(question, _outcome(question)) for question in part]


def _collected(part: Sequence[Question], future: Future[_Portable] | None) -> list[Outcome]:
    """The outcomes of some questions; where their process was ended from outside, each says so."""
    try:
        if future is not None:
            return [_again(question, found) for question, found in zip(part, future.result(), strict=True)]
        reason = "the processes have ended"
    except BrokenProcessPool:
        reason = "the process that worked on it was ended, perhaps for lack of memory"
    except Exception as error:
        reason = f"{internal_error(error)} with the statement"
    return [replace(_late(question), verdict=_undecided(question, reason, INTERNAL)) for question in part]


def _late(question: Question) -> Outcome:
    return Outcome(_undecided(question, "the time for the whole file was spent"), question[0])


def _undecided(question: Question, reason: str, problem: str = "") -> Verdict:
    return Verdict(question[0].statement, "undecided", question[0].layout, reason, problem=problem)
