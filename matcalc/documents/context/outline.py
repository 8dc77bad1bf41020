"""Sections and blocks of a document, and how far they reach, counted in rows of formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matcalc.documents.context.vocabulary import vocabulary
from matcalc.documents.pieces import Closing, Formula, Heading, Notation, Opening, Piece, Words
from matcalc.documents.roles import Role
from matcalc.documents.rows import Row

END = 1 << 40
"""A row that no document has."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a formula, what it is for, and its number among all rows of the document."""

    row: Row
    role: Role
    number: int
    notation: Notation = "latex"


@dataclass(frozen=True, slots=True)
class Numbered:
    """A piece with the rows of its formula, and the number that its first row has or would have."""

    piece: Piece
    lines: tuple[Line, ...]
    number: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A section, or a theorem, proof, item or note: the rows from ``start`` up to ``end`` are in it."""

    name: str
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a piece stands: the section that it is in, with those above it, and the innermost block."""

    sections: tuple[Stretch, ...]
    block: Stretch | None

    @property
    def section_end(self) -> int:
        """The row after the last of its section; what stands before any heading is for the whole document."""
        return self.sections[-1].end if self.sections else END

    @property
    def is_setting(self) -> bool:
        """Whether the section says what all others speak of: notation, the model."""
        return any(vocabulary().is_setting(section.name) for section in self.sections)


class Outline:
    """The sections and blocks of the pieces of a document."""

    def __init__(self, pieces: Sequence[Numbered]) -> None:
        self._spots: list[Spot] = []
        sections, blocks = _sections(pieces), _blocks(pieces)
        above: list[Stretch] = []
        inside: list[Stretch] = []
        for index, numbered in enumerate(pieces):
            if index in sections:
                above = [*[one for one in above if one.level < sections[index].level], sections[index]]
            if index in blocks:
                inside.append(blocks[index])
            self._spots.append(Spot(tuple(above), inside[-1] if inside else None))
            if isinstance(numbered.piece, Closing) and inside:
                inside.pop()

    def spot(self, index: int) -> Spot:
        """Where the piece number ``index`` stands."""
        return self._spots[index] if self._spots else Spot((), None)


def _sections(pieces: Sequence[Numbered]) -> dict[int, Stretch]:
    """The section that each heading begins, by the place of the heading."""
    found: dict[int, Stretch] = {}
    headings = [(index, one.piece, one.number) for index, one in enumerate(pieces) if isinstance(one.piece, Heading)]
    opened: list[tuple[int, Heading, int]] = []
    for index, heading, number in headings:
        while opened and opened[-1][1].level >= heading.level:
            place, before, start = opened.pop()
            found[place] = Stretch(before.text.text, start, number, before.level)
        opened.append((index, heading, number))
    for place, heading, start in opened:
        found[place] = Stretch(heading.text.text, start, END, heading.level)
    return found


def _blocks(pieces: Sequence[Numbered]) -> dict[int, Stretch]:
    """The theorem, proof, item or note that each ``Opening`` begins; a theorem and the proof right behind it are one stretch."""
    pairs: dict[int, int] = {}
    stack: list[int] = []
    for index, numbered in enumerate(pieces):
        if isinstance(numbered.piece, Opening):
            stack.append(index)
        elif isinstance(numbered.piece, Closing) and stack:
            pairs[stack.pop()] = index
    begun = {end: start for start, end in pairs.items()}
    found: dict[int, Stretch] = {}
    wholes: list[tuple[list[int], int]] = []
    """Theorems with the proofs behind them, and where the last of these ends."""
    last: list[int] = []
    for index, numbered in enumerate(pieces):
        piece = numbered.piece
        if isinstance(piece, Opening):
            end = pieces[pairs[index]].number if index in pairs else END
            found[index] = Stretch(piece.name, numbered.number, end)
            if last and piece.name.lower().startswith("proof"):
                last.append(index)
                if wholes and wholes[-1][0] is last:
                    wholes.pop()
                wholes.append((last, end))
            else:
                last = []
        elif isinstance(piece, Closing):
            last = [begun[index]] if index in begun else []
        elif isinstance(piece, (Heading, Formula)) or (isinstance(piece, Words) and piece.text.text.strip()):
            last = []
    for together, end in wholes:
        found |= dict.fromkeys(together, Stretch(found[together[0]].name, found[together[0]].start, end))
    return found
