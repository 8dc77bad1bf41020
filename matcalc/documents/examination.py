"""A document from its file to its report: what stands in it, what it is for, what the text says of it, and the verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from os import PathLike, fspath

from matcalc.documents.claims import asked_of
from matcalc.documents.context.outline import Line, Numbered
from matcalc.documents.context.survey import Context, survey
from matcalc.documents.formats import manuscript
from matcalc.documents.heads import head_of, letters_in
from matcalc.documents.judging import judge
from matcalc.documents.pieces import Fault, Formula, Heading, Manuscript
from matcalc.documents.report import Entry, Report
from matcalc.documents.roles import Around, Role, reason_of, role_of
from matcalc.documents.rows import Row, rows
from matcalc.documents.surroundings import surroundings
from matcalc.errors import MatcalcError


def verify_document(path: str | PathLike[str], *, root: str | PathLike[str] | None = None, jobs: int = 1) -> Report:
    """Everything in a document that a reader sees as mathematics, with a verdict on each claim.

    ``root`` is the folder below which the files that it takes in must lie (its own without one). Raises MatcalcError for a file that
    cannot be read.
    """
    read = manuscript(fspath(path), None if root is None else fspath(root))
    faults = tuple([piece for piece in read.pieces if isinstance(piece, Fault)])
    pieces = numbered(read)
    context = survey(pieces)
    return Report(read.path, tuple(_entries(pieces, context)), faults, read.files)


def numbered(read: Manuscript) -> list[Numbered]:
    """The pieces of a document with the rows of its formulas, and what each of these is for."""
    found: list[Numbered] = []
    around = iter(surroundings(read.pieces))
    known: set[str] = set()
    seen: set[str] = set()
    preceding: Role | None = None
    last: Row | None = None
    number = 0
    for piece in read.pieces:
        lines: list[Line] = []
        if isinstance(piece, Formula):
            _, place = next(around)
            if not place.before:
                preceding = None
            for row in rows(piece, last):
                here: Around = replace(place, known=frozenset(known), seen=frozenset(seen), preceding=preceding)
                role = role_of(row, here)
                lines.append(Line(row, role, number + len(lines), piece.notation))
                head = head_of(row.left.text, piece.notation) if role in ("definition", "solution") else None
                known |= {head.name} if head is not None else set()
                seen |= letters_in(row.text)
                preceding, last = role, row
        found.append(Numbered(piece, tuple(lines), number))
        number += len(lines)
    return found


def _entries(pieces: Sequence[Numbered], context: Context) -> Iterator[Entry]:
    section: list[tuple[int, str]] = []
    for one in pieces:
        if isinstance(one.piece, Heading):
            level = one.piece.level
            section = [above for above in section if above[0] < level]
            section.append((level, one.piece.text.text))
        titles = tuple([title for _, title in section])
        for line in one.lines:
            yield _entry(line, context, titles)


def _entry(line: Line, context: Context, titles: tuple[str, ...]) -> Entry:
    row = line.row
    place = (row.right or row.left).place()
    if line.role != "claim":
        return Entry(row.text, place, line.role, titles, reason=reason_of(row, line.role))
    try:
        asked = asked_of(line, context)
    except MatcalcError as error:
        return Entry(row.text, place, line.role, titles, reason=error.message)
    verdict, chosen = judge(asked)
    used = tuple([f"{said.text} ({said.place})" for said in chosen.rests_on])
    return Entry(row.text, place, line.role, titles, chosen.statement, verdict, verdict.reason if verdict.problem else "", used)
