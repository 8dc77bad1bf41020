"""What a document consists of, in reading order, whatever its format: words, formulas, headings, and the places of all of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file, and line and column, both from 1. In a notebook also the cell (from 1) and the line in it."""

    file: str
    line: int
    column: int = 1
    cell: int = 0
    line_in_cell: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    def beside(self, other: Place) -> str:
        """The place as it is said at another: the line alone in the same file."""
        if self.cell:
            return f"cell {self.cell}, line {self.line_in_cell}"
        return f"line {self.line}" if self.file == other.file else str(self)


@dataclass(frozen=True, slots=True)
class Placed:
    """A text that knows where each of its characters comes from.

    ``marks`` are offsets of the text and their places, in order, the first at 0: a character without a mark stands in the line of the mark
    before it, as many columns to its right. A new mark follows each line break, and each replaced macro.
    """

    text: str
    marks: tuple[tuple[int, Place], ...]

    def place(self, offset: int = 0) -> Place:
        """The place of the character at ``offset``."""
        start, place = self.marks[max(0, bisect_right(self.marks, offset, key=lambda mark: mark[0]) - 1)]
        return Place(place.file, place.line, place.column + max(0, offset - start), place.cell, place.line_in_cell)

    def part(self, start: int, end: int | None = None) -> Placed:
        """The text between two offsets."""
        stop = len(self.text) if end is None else end
        first = bisect_right(self.marks, start, key=lambda mark: mark[0])
        last = bisect_right(self.marks, max(start, stop - 1), key=lambda mark: mark[0])
        return Placed(self.text[start:stop], ((0, self.place(start)), *[(at - start, place) for at, place in self.marks[first:last]]))

    def stripped(self) -> Placed:
        """The text without white space around it."""
        start = len(self.text) - len(self.text.lstrip())
        return self.part(start, max(start, len(self.text.rstrip())))

    def __bool__(self) -> bool:
        return bool(self.text)


def placed(text: str, place: Place) -> Placed:
    """A text that stands in one file without a gap, from a place on.

    >>> placed("a\\nbc", Place("notes.md", 7)).place(3).line
    8
    """
    marks, at = [(0, place)], 0
    while (at := text.find("\n", at) + 1) > 0:
        line = len(marks)
        cell_line = place.line_in_cell + line if place.cell else 0
        marks.append((at, Place(place.file, place.line + line, 1, place.cell, cell_line)))
    return Placed(text, tuple(marks))


def joined(parts: Sequence[Placed]) -> Placed:
    """Texts one after the other. Raises ValueError without a text."""
    if not parts:
        raise ValueError("no text has no place")
    marks: list[tuple[int, Place]] = []
    length = 0
    for part in parts:
        marks += [(at + length, place) for at, place in part.marks]
        length += len(part.text)
    return Placed("".join([part.text for part in parts]), tuple(marks))


@dataclass(frozen=True, slots=True)
class Words:
    """Prose between formulas, with the markup of its format taken away."""

    text: Placed


Notation: TypeAlias = Literal["latex", "plain"]
"""What a formula is written in: LaTeX, or the text of code spans, plain text and comments (``d(x'*A*x)/dx = 2*A*x``)."""


@dataclass(frozen=True, slots=True)
class Formula:
    """Mathematics as it is written, without its delimiters, the writer's own macros replaced.

    ``environment`` is the outermost one of a display (``align*``, ``equation``; empty for ``$$`` and brackets); its ``\\begin`` and
    ``\\end`` are no part of the text, those of inner ones (``aligned``, ``cases``) are.
    """

    text: Placed
    display: bool = False
    environment: str = ""
    notation: Notation = "latex"


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a section; ``level`` is 1 for the outermost."""

    text: Placed
    level: int


@dataclass(frozen=True, slots=True)
class Break:
    """The end of a paragraph, of an item of a list or of a cell of a table."""

    place: Place


@dataclass(frozen=True, slots=True)
class Opening:
    """The beginning of a theorem, proof, definition, note or item: what its words say may hold in it alone."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of what the last open ``Opening`` of that name began."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Listing:
    """A program, a drawing or other verbatim text, which is not read; ``language`` as it is named there."""

    text: Placed
    language: str = ""


@dataclass(frozen=True, slots=True)
class Directive:
    """A line for matcalc in a comment: ``declare A: n×n symmetric``, ``layout numerator``, ``symmetric cookbook``, ``expect false``."""

    text: Placed


@dataclass(frozen=True, slots=True)
class Fault:
    """A place that cannot be read, why, and what to write instead; what follows it is read all the same."""

    text: str
    place: Place
    reason: str
    advice: str = ""
    is_directive: bool = False
    """Whether it is a line for matcalc, which nobody follows now."""


Piece: TypeAlias = Words | Formula | Heading | Break | Opening | Closing | Listing | Directive | Fault


@dataclass(frozen=True, slots=True)
class Manuscript:
    """The pieces of a document, with those of the files that it takes in, in the order in which they are read."""

    path: str
    pieces: tuple[Piece, ...]
    files: tuple[str, ...] = field(default=())
    """The other files that were read."""
