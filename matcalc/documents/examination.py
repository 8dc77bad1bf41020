"""A document from its file to its report: what stands in it, what it is for, what the text says of it, and the verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike, fspath

from matcalc.documents.claims import asked_of
from matcalc.documents.judging import judge
from matcalc.documents.pieces import Fault, Formula, Heading, Manuscript
from matcalc.documents.provisional import manuscript, role, rows
from matcalc.documents.report import Entry, Report


def verify_document(path: str | PathLike[str], *, root: str | PathLike[str] | None = None, jobs: int = 1) -> Report:
    """Everything in a document that a reader sees as mathematics, with a verdict on each claim.

    ``root`` is the folder below which the files that it takes in must lie (its own without one). Raises MatcalcError for a file that
    cannot be read.
    """
    read = manuscript(fspath(path), None if root is None else fspath(root))
    faults = tuple([piece for piece in read.pieces if isinstance(piece, Fault)])
    return Report(read.path, tuple(_entries(read)), faults, read.files)


def _entries(read: Manuscript) -> Iterator[Entry]:
    section: list[tuple[int, str]] = []
    for piece in read.pieces:
        if isinstance(piece, Heading):
            section = [one for one in section if one[0] < piece.level]
            section.append((piece.level, piece.text.text))
        elif isinstance(piece, Formula):
            for row in rows(piece):
                titles = tuple([title for _, title in section])
                place = (row.right or row.left).place()
                what = role(row)
                if what != "claim":
                    yield Entry(row.text, place, what, titles)
                    continue
                asked = asked_of(row)
                verdict = judge(asked)
                yield Entry(row.text, place, what, titles, asked[0].statement, verdict, verdict.reason if verdict.problem else "")
