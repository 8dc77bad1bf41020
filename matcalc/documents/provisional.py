"""What stands in for LaTeX, rows and roles until they are there: LaTeX by marks, rows by equals signs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from matcalc.decoding import decoded
from matcalc.documents.formats import manuscript as formatted
from matcalc.documents.pieces import Break, Formula, Heading, Manuscript, Piece, Place, Placed, Words, placed
from matcalc.documents.roles import Role
from matcalc.documents.rows import Row
from matcalc.errors import MatcalcError
from matcalc.language.latex.latex_macros import Source, expanded
from matcalc.verification.passages import Lines, passages
from matcalc.verification.prose import _LATEX, _MARKDOWN, _formulas, _sides

_HEADING = re.compile(r"^(?:(#+) +(.*)|\\((?:sub)*)(?:section|chapter)\*?\{(.*)\})$", re.MULTILINE)


def manuscript(path: str, root: str | None = None) -> Manuscript:
    """The pieces of a document; of LaTeX, which is still on its way, by marks."""
    place = Path(path)
    if place.suffix.lower() != ".tex":
        return formatted(path, root)
    latex = {".md": False, ".markdown": False, ".qmd": False, ".tex": True}.get(place.suffix.lower())
    if latex is None:
        raise MatcalcError(f"{path}: this kind of file is not read")
    try:
        text = decoded(place.read_bytes())
    except OSError as error:
        raise MatcalcError(f"{path} cannot be read: {error.strerror}") from error
    source = expanded(text) if latex else Source(text, text)
    lines = Lines(text)
    pieces: list[Piece] = []
    at = 0
    for passage in passages(source.text, _LATEX if latex else _MARKDOWN):
        if passage.kind in ("block", "code") and not latex or passage.kind == "directive":
            continue
        start = source.text.rindex(passage.content, 0, passage.start + len(passage.content))
        pieces += _prose(source.text[at:start].rstrip("$"), Place(place.name, lines.at(source.offset(at))))
        where = Place(place.name, lines.at(source.offset(start)))
        pieces.append(Formula(placed(passage.content, where), passage.kind != "inline"))
        at = start + len(passage.content)
        if source.text.startswith("$", at):
            at += 1
    pieces += _prose(source.text[at:], Place(place.name, lines.at(source.offset(at))))
    return Manuscript(path, tuple(pieces))


def _prose(text: str, place: Place) -> Iterator[Piece]:
    for number, line in enumerate(text.split("\n")):
        here = Place(place.file, place.line + number)
        heading = _HEADING.match(line)
        if heading is not None:
            level = len(heading[1]) if heading[1] else 1 + len(heading[3]) // 3
            yield Heading(placed(heading[2] or heading[4], here), level)
        elif not line.strip() and number:
            yield Break(here)
        else:
            yield Words(placed(line + " ", here))


def rows(formula: Formula) -> Iterator[Row]:
    """Chains as one row for each equals sign."""
    for offset, text in _formulas(formula.text.text, by_line=False):
        place = formula.text.place(offset)
        sides = _sides(text)
        if len(sides) < 2:
            yield Row(Placed(text, ((0, place),)), "", None, Placed(text, ((0, place),)))
            continue
        parts = [Placed(side, ((0, place),)) for side in sides]
        for link, (left, right) in enumerate(zip(parts, parts[1:])):
            yield Row(left, "=", right, parts[0], link)


def role(row: Row) -> Role:
    """Whatever has an equals sign is a claim."""
    return "claim" if row.relation == "=" else "notation"
