"""Named statements of identity files as questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

from matcalc.base.errors import MatcalcError
from matcalc.base.files import decoded
from matcalc.documents.asking import Asked
from matcalc.documents.deciding import Memory, Question, decided
from matcalc.verification.items import Document, Item, read_identities
from matcalc.verification.verdict import Verdict


def read_identity_file(path: str | PathLike[str]) -> Document:
    """The statements of an identity file. Raises MatcalcError for one that is not there or is not written as such files are."""
    try:
        text = decoded(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise MatcalcError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return read_identities(text, str(path))


def question_of(item: Item) -> Question:
    """What is asked about a statement."""
    return (Asked(item.statement, item.declare, item.layout, item.symmetric, exact=True, own=bool(item.name)),)


def verdicts(items: Sequence[Item], *, jobs: int | None = 1, memory: Memory | None = None) -> Iterator[Verdict]:
    """The verdict on each item, in order, as they come; ``jobs`` processes share the work."""
    outcomes = decided([question_of(item) for item in items], jobs=jobs, memory=memory)
    for item, outcome in zip(items, outcomes, strict=True):
        yield replace(outcome.verdict, name=item.name, source=item.source, line=item.line, expected=item.expected)
