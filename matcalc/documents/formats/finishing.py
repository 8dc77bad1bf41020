"""What is done to the pieces of every format but LaTeX: equations are found in prose, and the writer's own commands replaced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from matcalc.documents.formats.bare import with_equations
from matcalc.documents.formats.code import holds_program
from matcalc.documents.formats.definitions import with_definitions
from matcalc.documents.pieces import Formula, Piece, Words


def finished(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces as they are handed on."""
    return with_definitions(_with_bare_equations(pieces))


def _with_bare_equations(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces, with the equations of each paragraph that stand in it without delimiters, unless it holds lines of a program."""
    paragraph: list[Words | Formula] = []
    for piece in pieces:
        if isinstance(piece, Words | Formula):
            paragraph.append(piece)
            continue
        yield from _read(paragraph)
        paragraph = []
        yield piece
    yield from _read(paragraph)


def _read(paragraph: list[Words | Formula]) -> Iterator[Words | Formula]:
    if holds_program("".join([piece.text.text for piece in paragraph if isinstance(piece, Words)])):
        yield from paragraph
        return
    for piece in paragraph:
        if isinstance(piece, Words):
            yield from with_equations(piece.text)
        else:
            yield piece
