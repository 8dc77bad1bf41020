"""The verdicts on many questions: each decided once, by several processes, and remembered between
runs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import astuple, dataclass, field, fields, replace
from functools import cache
from multiprocessing import get_context
from os import PathLike
from typing import Any, TypeAlias

from matcalc.base.budgets import DOCUMENT_SECONDS, FEW_QUESTIONS, allow, allowance
from matcalc.base.errors import INTERNAL, internal_error
from matcalc.base.files import folder, keep, kept
from matcalc.base.records import blake2b
from matcalc.documents.blocks import Asked
from matcalc.documents.formats import text_of
from matcalc.documents.judging import judge
from matcalc.verification.items import Document, Item, read_identities
from matcalc.verification.verdict import Carried, Counterexample, Verdict, portable, restored

_ROOM = "verdicts"
_SOURCES = (".py", ".lark", ".toml", ".rules")
_LEFT_BEHIND = ("reading", "correction", "counterexample", "links", "notes", "holds_if", "declarations")


@dataclass(frozen=True, slots=True)
class Recalled:
    """A verdict without its expressions, the right answer beside it as text, and which of the
    readings it is on."""

    verdict: Verdict
    correction: Carried
    chosen: int
    reading: str = ""


def recalled(question: Sequence[Asked]) -> Recalled | None:
    """What was remembered of a question; None when there is nothing, or nothing that this version
    of the program said."""
    said = kept(_ROOM, _name(question), _key(question))
    try:
        return None if said is None else _read(said)
    except (KeyError, TypeError, ValueError):
        return None


def remember(question: Sequence[Asked], outcome: Recalled) -> None:
    """Keeps an outcome for later runs."""
    keep(_ROOM, _name(question), _key(question), _written(outcome))


def _written(outcome: Recalled) -> dict[str, Any]:
    verdict = outcome.verdict
    plain = {one.name: getattr(verdict, one.name) for one in fields(Verdict) if one.name not in _LEFT_BEHIND}
    return {
        "verdict": plain,
        "notes": list(verdict.notes),
        "holds_if": list(verdict.holds_if),
        "declarations": None if verdict.declarations is None else dict(verdict.declarations),
        "counterexample": None if verdict.counterexample is None else verdict.counterexample.to_dict(),
        "links": [[link.statement, link.status] for link in verdict.links],
        "correction": outcome.correction,
        "chosen": outcome.chosen,
        "reading": outcome.reading,
    }


def _read(said: Mapping[str, Any]) -> Recalled:
    plain, example = said["verdict"], said["counterexample"]
    verdict = Verdict(
        **plain,
        notes=tuple(said["notes"]),
        holds_if=tuple(said["holds_if"]),
        declarations=said["declarations"],
        counterexample=None if example is None else Counterexample(**example),
        links=tuple([Verdict(statement, status, plain["layout"]) for statement, status in said["links"]]),
    )
    correction = said["correction"]
    return Recalled(verdict, tuple(correction) if isinstance(correction, list) else correction, said["chosen"], said["reading"])


def _key(question: Sequence[Asked]) -> tuple[Any, ...]:
    asked = [(*[getattr(one, name) for name in _ASKED], *map(astuple, one.doubts)) for one in question]
    return _code(), *asked, *[side for one in question for left, right, _ in one.supposed for side in (left, right)]


_ASKED = tuple([one.name for one in fields(Asked) if one.name not in ("doubts", "rests_on", "supposed")])


def _name(question: Sequence[Asked]) -> str:
    return blake2b(repr(_key(question)[1:]).encode(), digest_size=16).hexdigest()


@cache
def _code() -> str:
    """Which program this is, by names, sizes and times of all files that verdicts may depend on: a
    change of any is another program."""
    digest = blake2b(digest_size=16)
    for path in source_files():
        found = os.stat(path)
        digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def source_files() -> Iterator[str]:
    """The files that verdicts may depend on, those of the package and of its data."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for base in (package, folder("grammar"), folder("rules")):
        for within, inner, names in os.walk(base):
            inner[:] = sorted(name for name in inner if name != "__pycache__")
            yield from (os.path.join(within, name) for name in sorted(names) if name.endswith(_SOURCES))


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
        """Keeps an outcome; one that a spent budget or an error of the program ended is not kept on
        disk, the next run may do better."""
        self.known[question] = outcome
        if self.kept and not outcome.verdict.problem and outcome.verdict.status != "undecided":
            remember(question, _bare(question, outcome))


def decided(
    questions: Sequence[Question], *, jobs: int | None = None, memory: Memory | None = None, seconds: float = DOCUMENT_SECONDS
) -> Iterator[Outcome]:
    """The outcome of each question, in order, as they come.

    ``jobs`` processes share the work; without a number as many as there are processors, for more
    than a few questions. When ``seconds`` have passed, what is left is undecided.
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
        yield from ((question, _late(question) if time.monotonic() > end else _outcome(question)) for question in questions)
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


def _submitted(pool: ProcessPoolExecutor, part: Sequence[Question]) -> Future[list[Recalled]] | None:
    """The outcomes to come on some questions; None when the processes have ended."""
    try:
        return pool.submit(_decided_all, part)
    except BrokenProcessPool:
        return None


def _decided_all(part: Sequence[Question]) -> list[Recalled]:
    return [_bare(question, _outcome(question)) for question in part]


def _collected(part: Sequence[Question], future: Future[list[Recalled]] | None) -> list[Outcome]:
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


def read_identity_file(path: str | PathLike[str]) -> Document:
    """The statements of an identity file. Raises MatcalcError for one that is not there or is not
    written as such files are."""
    return read_identities(text_of(path), str(path))


def question_of(item: Item) -> Question:
    """What is asked about a statement."""
    return (Asked(item.statement, item.declare, item.layout, item.symmetric, exact=True, own=bool(item.name)),)


def verdicts(items: Sequence[Item], *, jobs: int | None = 1, memory: Memory | None = None) -> Iterator[Verdict]:
    """The verdict on each item, in order, as they come; ``jobs`` processes share the work."""
    outcomes = decided([question_of(item) for item in items], jobs=jobs, memory=memory)
    yield from (
        replace(outcome.verdict, name=item.name, source=item.source, line=item.line, expected=item.expected)
        for item, outcome in zip(items, outcomes, strict=True)
    )
