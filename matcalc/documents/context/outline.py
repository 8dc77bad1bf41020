"""Rows, sections and blocks of a document, and how far what is said at a row reaches."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from matcalc.base.records import grouped
from matcalc.documents.blocks import (
    Closing,
    Formula,
    Heading,
    Notation,
    Opening,
    Piece,
    Role,
    Words,
)
from matcalc.documents.sides import Row


@dataclass(frozen=True, slots=True)
class Span:
    """What holds from the row ``start`` up to ``end``."""

    start: int
    end: int


T = TypeVar("T", bound=Span)


class Reaches(Generic[T]):
    """Things in the order of their ``start``. Those that have ended before a row are passed over
    together, not one by one."""

    def __init__(self, things: Sequence[T]) -> None:
        self._things = things
        self._starts = [one.start for one in things]
        self._longer: list[int] = []
        """For each thing the last one before it that reaches farther, -1 without one."""
        for number, one in enumerate(things):
            before = number - 1
            while before >= 0 and things[before].end <= one.end:
                before = self._longer[before]
            self._longer.append(before)

    def at(self, row: int) -> Iterator[T]:
        """What holds at a row, the latest first."""
        number = bisect_right(self._starts, row) - 1
        while number >= 0:
            one = self._things[number]
            if row < one.end:
                yield one
                number -= 1
            else:
                number = self._longer[number]


@dataclass(frozen=True, slots=True)
class Named(Span):
    """What holds of a name."""

    name: str


N = TypeVar("N", bound=Named)


class Register(Generic[N]):
    """Things that are told of names, asked for a row."""

    def __init__(self, found: Iterable[N]) -> None:
        by_name = grouped((one.name, one) for one in found).items()
        self._reaches = {name: Reaches(sorted(its, key=lambda one: one.start)) for name, its in by_name}
        self.names = frozenset(self._reaches)
        """The names that anything is told of."""

    def at(self, name: str, row: int) -> Iterator[N]:
        """What holds of a name at a row, the latest first."""
        return self._reaches[name].at(row) if name in self.names else iter(())


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
class Stretch(Named):
    """A section, or a theorem, proof, item or note."""

    level: int = 0


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a piece stands: the section that it is in, with those above it, and the innermost
    block."""

    sections: tuple[Stretch, ...]
    block: Stretch | None

    @property
    def section_end(self) -> int:
        """The row after the last of its section; what stands before any heading is for the whole
        document."""
        return self.sections[-1].end if self.sections else END

    @property
    def section(self) -> int:
        """The row that its section begins with, which tells it from others."""
        return self.sections[-1].start if self.sections else -1


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
    behind: dict[int, int] = {}
    """The row of the next heading of each level."""
    for index in range(len(pieces) - 1, -1, -1):
        heading, start = pieces[index].piece, pieces[index].number
        if isinstance(heading, Heading):
            end = min((row for level, row in behind.items() if level <= heading.level), default=END)
            found[index] = Stretch(start, end, heading.text.text, heading.level)
            behind[heading.level] = start
    return found


def _blocks(pieces: Sequence[Numbered]) -> dict[int, Stretch]:
    """The theorem, proof, item or note that each ``Opening`` begins; a theorem and the proof right
    behind it are one stretch."""
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
            found[index] = Stretch(numbered.number, end, piece.name)
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
        found |= dict.fromkeys(together, replace(found[together[0]], end=end))
    return found
