"""Verifying the statements of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import get_context
from os import PathLike
from pathlib import Path
from typing import TypeAlias

from matcalc.budgets import allow, allowance
from matcalc.decoding import decoded
from matcalc.errors import MatcalcError
from matcalc.language import elaborate
from matcalc.language.declare.texts import BlockText, SharedText
from matcalc.results import ParsedExpression
from matcalc.verification.identity_files import read_identities
from matcalc.verification.items import Document, Item
from matcalc.verification.judgement import verify
from matcalc.verification.prose import read_latex, read_markdown
from matcalc.verification.verdict import Verdict

READERS: dict[str, Callable[[str, str], Document]] = {
    ".identities": read_identities,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".tex": read_latex,
}


def verify_file(path: str | PathLike[str], *, jobs: int = 1) -> list[Verdict]:
    """A verdict for every statement of an identity file, a Markdown or a LaTeX document, in order.

    A statement that cannot be read or decided has a verdict with ``problem`` set; it never ends the list.
    Raises MatcalcError for a file that cannot be read.
    """
    return list(verdicts(read_document(path).items, jobs=jobs))


def read_document(path: str | PathLike[str]) -> Document:
    """The statements of a file, by its suffix. Raises MatcalcError for another kind of file, or one that is not there."""
    if not isinstance(path, (str, PathLike)):
        raise MatcalcError(f"a value of type {type(path).__name__} is no path", expected="the path of a file")
    place = Path(path)
    reader = READERS.get(place.suffix.lower())
    if reader is None:
        raise MatcalcError(f"{place}: this kind of file is not read", expected=", ".join(READERS))
    try:
        text = decoded(place.read_bytes())
    except OSError as error:
        raise MatcalcError(f"{place} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return reader(text, str(place))


def verdicts(items: Sequence[Item], *, jobs: int = 1) -> Iterator[Verdict]:
    """The verdict on each item, in order, as they come; ``jobs`` processes share the work."""
    if jobs <= 1 or len(items) < 2:
        for item in items:
            yield verdict_on(item)
        return
    with ProcessPoolExecutor(min(jobs, len(items)), get_context("spawn"), allow, (allowance(),)) as pool:
        size = max(1, min(16, len(items) // (4 * jobs)))
        parts = [items[start : start + size] for start in range(0, len(items), size)]
        for part, future in zip(parts, [_submitted(pool, part) for part in parts], strict=True):
            yield from _collected(part, future)


def verdict_on(item: Item) -> Verdict:
    """The verdict on one statement. Raises nothing: what goes wrong is said in the verdict, so that no other statement suffers."""
    try:
        verdict = verify(item.statement, declare=_shared(item), layout=item.layout, symmetric=item.symmetric)
    except MatcalcError as error:
        verdict = _without_decision(item, INTERNAL if error.message.startswith(INTERNAL) else NOT_READ, str(error))
    except Exception as error:
        verdict = _without_decision(item, INTERNAL, f"{type(error).__name__}: {error}")
    return replace(verdict, name=item.name, source=item.source, line=item.line, expected=item.expected)


def _shared(item: Item) -> SharedText | None:
    """The declarations of a statement: a block has its own, those of a document are for all its statements."""
    if not item.declare:
        return None
    return BlockText(item.declare) if item.name else SharedText(item.declare)


NOT_READ = "not read"
INTERNAL = "internal error"


def _without_decision(item: Item, problem: str, reason: str) -> Verdict:
    return Verdict(item.statement, "undecided", item.layout, reason, problem=problem)


_Outcomes: TypeAlias = list[tuple[Verdict, str | None]]


def _submitted(pool: ProcessPoolExecutor, part: Sequence[Item]) -> Future[_Outcomes] | None:
    """The verdicts to come on some items; None when the processes have ended."""
    try:
        return pool.submit(_portable_all, part)
    except BrokenProcessPool:
        return None


def _collected(part: Sequence[Item], future: Future[_Outcomes] | None) -> list[Verdict]:
    """The verdicts on some items; where their process was ended from outside, each says so."""
    try:
        if future is not None:
            return [restored(verdict, correction) for verdict, correction in future.result()]
        reason = "the processes have ended"
    except BrokenProcessPool:
        reason = "the process that worked on it was ended, perhaps for lack of memory"
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    lost = [replace(_without_decision(item, INTERNAL, reason), name=item.name, source=item.source) for item in part]
    return [replace(verdict, line=item.line, expected=item.expected) for verdict, item in zip(lost, part, strict=True)]


def _portable_all(part: Sequence[Item]) -> _Outcomes:
    return [portable(verdict_on(item)) for item in part]


def portable(verdict: Verdict) -> tuple[Verdict, str | None]:
    """A verdict that may go to another process, and its right answer as a text: interned expressions may not."""
    example = verdict.counterexample
    if example is not None:
        example = replace(example, values={name: value for name, value in example.values.items() if not callable(value)})
    correction = None if verdict.correction is None else verdict.correction.text("ascii")
    reading = None if verdict.reading is None else verdict.reading.portable()
    return replace(verdict, correction=None, counterexample=example, reading=reading), correction


def restored(verdict: Verdict, correction: str | None) -> Verdict:
    """The verdict that ``portable`` sent, with its right answer as an expression again."""
    if correction is None:
        return verdict
    try:
        found = elaborate(correction, verdict.declarations)
    except MatcalcError:  # a correction is help, no part of the verdict
        return verdict
    return replace(verdict, correction=ParsedExpression(found.expression, found.declarations, found.notes))
