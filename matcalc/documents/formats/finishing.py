"""What is done to the pieces of every format but LaTeX: equations are found in prose, and the writer's own commands replaced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from matcalc.base.budgets import MOST_FAULTS
from matcalc.documents.formats.bare import with_equations
from matcalc.documents.formats.code import holds_program
from matcalc.documents.formats.definitions import with_definitions
from matcalc.documents.formats.lengths import bounded
from matcalc.documents.pieces import Fault, Formula, Piece, Words


def finished(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces as they are handed on."""
    return _with_few_faults(with_definitions(_with_bare_equations(pieces)))


def _with_few_faults(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces; of many faults of a kind the first, and how many more there are."""
    kinds: Counter[str] = Counter()
    last: dict[str, Fault] = {}
    for piece in pieces:
        if isinstance(piece, Fault):
            kinds[piece.reason] += 1
            last[piece.reason] = piece
        if not isinstance(piece, Fault) or kinds[piece.reason] < MOST_FAULTS:
            yield piece
    for kind, count in kinds.items():
        if count >= MOST_FAULTS:
            yield Fault("", last[kind].place, f"{count - MOST_FAULTS + 1:,} more places like this: {kind}")


def _with_bare_equations(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces, with the equations of each paragraph that stand in it without delimiters, unless it holds lines of a program."""
    paragraph: list[Words | Formula] = []
    for piece in pieces:
        if isinstance(piece, Formula):
            piece = bounded(_with_primes(piece))
        if isinstance(piece, Words | Formula):
            paragraph.append(piece)
            continue
        yield from _read(paragraph)
        paragraph = []
        yield piece
    yield from _read(paragraph)


def _with_primes(piece: Formula) -> Formula:
    """A formula with primes for the apostrophes that a text processor made of them."""
    text = piece.text
    return piece if _APOSTROPHE not in text.text else replace(piece, text=replace(text, text=text.text.replace(_APOSTROPHE, "'")))


_APOSTROPHE = "\u2019"


def _read(paragraph: list[Words | Formula]) -> Iterator[Words | Formula]:
    if holds_program("".join([piece.text.text for piece in paragraph if isinstance(piece, Words)])):
        yield from paragraph
        return
    for piece in paragraph:
        if isinstance(piece, Words):
            yield from with_equations(piece.text)
        else:
            yield piece
