"""Verifying the statements of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from os import PathLike
from pathlib import Path

from matcalc.budgets import allow, allowance
from matcalc.errors import MatcalcError
from matcalc.language import elaborate
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

    Raises MatcalcError for a file that cannot be read, or (identity files) a statement that is not in the language.
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
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MatcalcError(f"{place} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return reader(text, str(place))


def verdicts(items: Sequence[Item], *, jobs: int = 1) -> Iterator[Verdict]:
    """The verdict on each item, in order, as they come; ``jobs`` processes share the work."""
    if jobs <= 1 or len(items) < 2:
        yield from map(verdict_on, items)
        return
    with ProcessPoolExecutor(min(jobs, len(items)), get_context("spawn"), allow, (allowance(),)) as pool:
        size = max(1, min(16, len(items) // (4 * jobs)))
        for verdict, correction in pool.map(_portable, items, chunksize=size):
            yield _restored(verdict, correction)


def verdict_on(item: Item) -> Verdict:
    """The verdict on one statement."""
    try:
        verdict = verify(item.statement, declare=item.declare or None, layout=item.layout, symmetric=item.symmetric)
    except MatcalcError as error:
        error.message = f"{item.name or 'statement'} (line {item.line}): {error.message}"
        raise
    return replace(verdict, name=item.name, source=item.source, line=item.line, expected=item.expected)


def _portable(item: Item) -> tuple[Verdict, str | None]:
    """A verdict that may go to another process: interned expressions may not."""
    verdict = verdict_on(item)
    example = verdict.counterexample
    if example is not None:
        example = replace(example, values={name: value for name, value in example.values.items() if not callable(value)})
    correction = None if verdict.correction is None else verdict.correction.text("ascii")
    return replace(verdict, correction=None, counterexample=example), correction


def _restored(verdict: Verdict, correction: str | None) -> Verdict:
    if correction is None:
        return verdict
    found = elaborate(correction, verdict.declarations)
    return replace(verdict, correction=ParsedExpression(found.expression, found.declarations, found.notes))
