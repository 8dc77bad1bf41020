"""What a document consists of, in reading order, whatever its format; and what is asked about a
claim in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, Literal, TypeAlias, TypeVar

Inner = TypeVar("Inner")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file, and line and column, both from 1. In a notebook also the cell
    (from 1) and the line in it."""

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

    ``marks`` are offsets of the text and their places, in order, the first at 0: a character
    without a mark stands in the line of the mark before it, as many columns to its right. A new
    mark follows each line break, and each replaced macro.
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
        return Placed(
            self.text[start:stop], ((0, self.place(start)), *[(at - start, place) for at, place in self.marks[first:last]])
        )

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
    marks = [(0, place)]
    for line, at in enumerate(line_starts(text)[1:], 1):
        cell_line = place.line_in_cell + line if place.cell else 0
        marks.append((at, Place(place.file, place.line + line, 1, place.cell, cell_line)))
    return Placed(text, tuple(marks))


def line_starts(text: str) -> list[int]:
    """Where each line of a text begins.

    >>> line_starts("a\\nbc\\n")
    [0, 2, 5]
    """
    return [0, *(found.end() for found in re.finditer("\n", text))]


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


class Nest(Generic[Inner]):
    """What is open, one thing in the other, each with its name: an end closes the last of its name
    and all that is open in it."""

    def __init__(self) -> None:
        self.open: list[tuple[str, Inner]] = []
        self.counts: Counter[str] = Counter()

    def begin(self, name: str, inner: Inner) -> None:
        """Opens one more."""
        self.open.append((name, inner))
        self.counts[name] += 1

    def pop(self) -> tuple[str, Inner]:
        """Closes the last one."""
        name, inner = self.open.pop()
        self.counts[name] -= 1
        return name, inner

    def end(self, name: str) -> Inner | None:
        """Closes the last one of a name, with all in it; None where none is open."""
        if not self.counts[name]:
            return None
        while (closed := self.pop())[0] != name:
            pass
        return closed[1]


@dataclass(frozen=True, slots=True)
class Words:
    """Prose between formulas, with the markup of its format taken away."""

    text: Placed


Notation: TypeAlias = Literal["latex", "plain"]
"""What a formula is written in: LaTeX, or the text of code spans, plain text and comments
(``d(x'*A*x)/dx = 2*A*x``)."""


@dataclass(frozen=True, slots=True)
class Formula:
    """Mathematics as it is written, without its delimiters, the writer's own macros replaced.

    ``environment`` is the outermost one of a display (``align*``, ``equation``; empty for ``$$``
    and brackets); its ``\\begin`` and ``\\end`` are no part of the text, those of inner ones
    (``aligned``, ``cases``) are.
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
    """The beginning of a theorem, proof, definition, note or item: what its words say may hold in
    it alone."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of what the last open ``Opening`` of that name began."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Listing:
    """A program, a drawing or other verbatim text, which is not read; ``language`` as it is named
    there."""

    text: Placed
    language: str = ""


@dataclass(frozen=True, slots=True)
class Directive:
    """A line for matcalc in a comment: ``declare A: n×n symmetric``, ``layout numerator``,
    ``symmetric cookbook``, ``expect false``."""

    text: Placed


@dataclass(frozen=True, slots=True)
class Fault:
    """A place that cannot be read, why, and what to write instead; what follows it is read all the
    same."""

    text: str
    place: Place
    reason: str
    advice: str = ""
    is_directive: bool = False
    """Whether it is a line for matcalc, which nobody follows now."""


Piece: TypeAlias = Words | Formula | Heading | Break | Opening | Closing | Listing | Directive | Fault


@dataclass(frozen=True, slots=True)
class Manuscript:
    """The pieces of a document, with those of the files that it takes in, in the order in which
    they are read."""

    path: str
    pieces: tuple[Piece, ...]
    files: tuple[str, ...] = field(default=())
    """The other files that were read."""


Role: TypeAlias = Literal[
    "claim",
    "definition",
    "solution",  # what is said to solve a first-order condition: a definition, too, and a claim where that condition is known
    "first-order condition",
    "declaration",
    "fact",
    "inequality",
    "limit",  # and what is said of sums without end
    "integral",
    "number",
    "notation",  # an expression that says nothing by itself: a symbol, a size, a formula that is mentioned
    "probability",  # what is said of probabilities, expectations or densities, none of which are read
    "unknown function",  # what is said of a function that the document nowhere defines, and is no identity in it
    "not an equation",
    "listing",
]
"""What a row is for."""


LayoutSaid: TypeAlias = Literal["", "gradients", "all"]


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that the text says and a claim rests on: ``A: symmetric``, ``L(w) = ...``, the
    layout; and where."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a refutation says nothing. ``when``: always, for claims with a condition, too
    (``false``), only where the sides have different shapes (``misfit``), where they would not if
    vectors were rows (``rows``), or only where everything is a number (``numbers``). ``about`` are
    the names of which something is not known."""

    reason: str
    when: Literal["always", "false", "misfit", "rows", "numbers"] = "always"
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim as a statement for ``verify``.

    ``statement`` holds the definitions that it rests on before it
    (``f(x) = x'*A*x; ∇f(x) = (A + A')*x``). ``declare``, ``layout``, ``symmetric`` and ``dialect``
    are as for ``verify``; ``rests_on`` are the things said that went into them. ``lossy``: facts
    that are said of a name could not be used with it, so that it proves more than it refutes.
    ``instead``: the reading before it said in another way, for where that is ``unanswered``; or
    with less, for where that is ``unread``: then it counts only if it holds; or with ``other``
    definitions of its names: then it is doubtful if it holds; or as a ``step`` of its chain, where
    no reading is decided: then it counts only if it holds; or with all ``values`` of a worked
    example, which goes first; or up to a ``multiple`` of one side, which counts only if it holds,
    too. ``doubts`` are why it may prove more than it refutes.
    """

    statement: str
    declare: str = ""
    layout: str = "denominator"
    symmetric: str = "projected"
    rests_on: tuple[Said, ...] = ()
    lossy: bool = False
    instead: Literal["", "unanswered", "unread", "other", "step", "values", "multiple"] = ""
    doubts: tuple[Doubt, ...] = ()
    dialect: str | None = None
    layout_said: LayoutSaid = ""
    """Of which derivatives the text says the layout: none, gradients alone, or all."""
    supposed: tuple[tuple[str, str, Said], ...] = ()
    """The sides of equations that the text supposes, and where: one of them may be the condition
    that a claim needs."""
    exact: bool = False
    """Whether it is a statement of an identity file, which says what it means."""
    follows: bool = False
    """Whether it is said to follow from the derivative that was set to zero right before it."""
    own: bool = False
    """Whether the declarations are for this claim alone: a name that does not occur in it is a
    mistake then."""

    def declaring(self, *kinds: str) -> Asked:
        """The same with more declarations, such as ``x: scalar``."""
        return replace(self, declare=joined_declarations(self.declare, *kinds))


def joined_declarations(*declarations: str) -> str:
    """Declarations as one; empty ones say nothing.

    >>> joined_declarations("A: n×n", "", "c: scalar")
    'A: n×n; c: scalar'
    """
    return "; ".join([one for one in declarations if one])
