"""Sections, blocks and sentences of a document, each with where it stands, and how far what is said
there reaches."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from matcalc.documents.blocks import (
    Break,
    Closing,
    Directive,
    Fault,
    Formula,
    Heading,
    Listing,
    Notation,
    Opening,
    Piece,
    Place,
    Role,
    Words,
    placed,
)
from matcalc.documents.context.prose import vocabulary
from matcalc.documents.rows import rows
from matcalc.documents.sides import Row


class Reaching(Protocol):
    """What holds from the row ``start`` up to ``end``."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


T = TypeVar("T", bound=Reaching)


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
    """A section, or a theorem, proof, item or note: the rows from ``start`` up to ``end`` are in
    it."""

    name: str
    start: int
    end: int
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


OPEN, CLOSE = "⟨", "⟩"
"""Around the number of a formula in the text of a sentence: ``where ⟨0⟩ is symmetric``."""

_NEXT = re.compile(r"\s*(\S)")
_END = re.compile(r"[.!?]+(?=[\s)\]\"'”’]|$)[)\]\"'”’]*")
_ENDS_FORMULA = re.compile(
    r"(?P<mark>[.,;:])(?:\s|\\[,;:! ]|\\q?quad|\\(?:label|tag)\{[^{}]*\}|\\nonumber|\\notag|\\qedhere|\})*\Z"
)
_CONTINUES = re.compile(r"[^\w\s]|[a-z]")
_LONGEST_WORD = 40
_MOST_MENTIONS, _LONGEST_SENTENCE = 60, 4000
"""Formulas, and characters, behind which a sentence is ended, whatever follows."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A formula in a sentence, with its rows; ``number`` is that of the first of them among all
    rows of the document."""

    formula: Formula
    lines: tuple[Line, ...]
    number: int


@dataclass(frozen=True, slots=True)
class Wording:
    """Words and formulas up to a full stop; ``text`` has ``⟨k⟩`` for ``mentions[k]``.

    Its rows are those from ``start`` up to ``end``; ``reach`` is the row after the last of a list
    that begins at its colon, or ``end``.
    """

    text: str
    mentions: tuple[Mention, ...]
    marks: tuple[tuple[int, Place], ...]
    start: int
    end: int
    spot: Spot
    reach: int

    @property
    def lines(self) -> tuple[Line, ...]:
        """The rows of all its formulas."""
        return tuple([line for mention in self.mentions for line in mention.lines])

    @property
    def around(self) -> int:
        """The row up to which it counts: the end of its section, or of the document for one that
        says what all others speak of."""
        return END if self.spot.is_setting else self.spot.section_end

    def place(self, offset: int) -> Place:
        """Where the words at an offset of the text stand."""
        found = [place for at, place in self.marks if at <= offset]
        return found[-1] if found else self.marks[0][1]


def wordings(pieces: Sequence[Numbered], outline: Outline) -> Iterator[Wording]:
    """The sentences of a document in order."""
    reader = _Reader(pieces, outline)
    for index, numbered in enumerate(pieces):
        yield from reader.taken(index, numbered)
    yield from reader.flushed()


class _Reader:
    def __init__(self, pieces: Sequence[Numbered], outline: Outline) -> None:
        self._pieces = pieces
        self._outline = outline
        self._ends_of_lists = _ends_of_lists(pieces)
        self._index = 0
        self._row = 0
        self._after_break = False
        self._after_display = False
        self._empty()

    def _empty(self) -> None:
        self._text = ""
        self._mentions: list[Mention] = []
        self._marks: list[tuple[int, Place]] = []
        self._after_break = self._after_display = False

    def taken(self, index: int, numbered: Numbered) -> Iterator[Wording]:
        """The sentences that end with the next piece."""
        piece = numbered.piece
        match piece:
            case Words():
                yield from self._words(piece.text.text, piece)
            case Formula():
                yield from self._formula(numbered, piece)
            case Break():
                self._after_break = bool(self._text.strip())
            case Heading() | Opening() | Closing() | Listing() | Directive() | Fault():
                yield from self.flushed(index if isinstance(piece, Opening) else None)
        self._index = index
        self._row = numbered.number + len(numbered.lines)

    def flushed(self, opening: int | None = None) -> Iterator[Wording]:
        """The sentence so far, if there is one; ``opening`` is the place of the item or theorem
        that begins behind it."""
        text = self._text.rstrip()
        if text.strip(" .,;:"):
            mentions = tuple(self._mentions)
            start = mentions[0].number if mentions else self._row
            end = mentions[-1].number + len(mentions[-1].lines) if mentions else self._row
            reach = self._ends_of_lists[opening] if opening is not None and text.endswith(":") else end
            yield Wording(text, mentions, tuple(self._marks), start, end, self._outline.spot(self._index), reach)
        self._empty()

    def _words(self, text: str, piece: Words) -> Iterator[Wording]:
        first = text.lstrip()
        if not first:
            self._add(text)
            return
        if len(self._text) > _LONGEST_SENTENCE:
            yield from self.flushed()
        apart = self._after_break or (self._after_display and self._text.rstrip().endswith(CLOSE))
        if apart and not _CONTINUES.match(first):
            yield from self.flushed()
        self._after_break = self._after_display = False
        at = 0
        for end in _END.finditer(text):
            word = self._last_word(text, at, end.start())
            if self._goes_on(f"{word}." if word and end[0].startswith(".") else "", _following(text, end.end())):
                continue
            self._mark(piece.text.place(at))
            self._add(text[at : end.end()])
            at = end.end()
            yield from self.flushed()
        if text[at:].strip():
            self._mark(piece.text.place(at + len(text[at:]) - len(text[at:].lstrip())))
        self._add(text[at:])

    def _last_word(self, text: str, start: int, end: int) -> str:
        """The word that ends in the words from ``start`` up to ``end``, behind the sentence so far;
        of a very long one the end."""
        said = text[max(start, end - _LONGEST_WORD) : end]
        if not said[:1].isspace() and start > end - _LONGEST_WORD:
            said = self._text[-_LONGEST_WORD:] + said
        return "" if not said or said[-1].isspace() else said.split()[-1]

    @staticmethod
    def _goes_on(word: str, following: str) -> bool:
        """Whether a full stop ends no sentence: behind an abbreviation, or before a small
        letter."""
        return word.lower().lstrip("(") in vocabulary().abbreviations or following.islower()

    def _formula(self, numbered: Numbered, piece: Formula) -> Iterator[Wording]:
        before = self._text.rstrip()
        apart = self._after_break and not before.endswith((",", ":", CLOSE))
        full = len(self._mentions) >= _MOST_MENTIONS or len(self._text) > _LONGEST_SENTENCE
        if full or (not piece.display and (apart or (self._after_display and before.endswith(CLOSE)))):
            yield from self.flushed()
        self._after_break = False
        self._mark(piece.text.place())
        mark = _ENDS_FORMULA.search(piece.text.text)
        ending = mark["mark"] if mark is not None else ""
        self._add(f" {OPEN}{len(self._mentions)}{CLOSE}{ending}")
        self._mentions.append(Mention(piece, numbered.lines, numbered.number))
        if ending == ".":
            yield from self.flushed()
        self._after_display = piece.display

    def _mark(self, place: Place) -> None:
        self._marks.append((len(self._text), place))

    def _add(self, text: str) -> None:
        gap = "" if not self._text or self._text[-1].isspace() or not text[:1].isspace() else " "
        self._text += gap + " ".join(text.split()) + (" " if text[-1:].isspace() and text.strip() else "")


def _following(text: str, position: int) -> str:
    """The next character that is no space."""
    found = _NEXT.match(text, position)
    return found[1] if found is not None else ""


def _ends_of_lists(pieces: Sequence[Numbered]) -> dict[int, int]:
    """For the place of each opening the row after the last of the items from it on, with nothing
    but breaks between them."""
    found: dict[int, int] = {}
    closings: list[int] = []
    behind, after_closing = [END] * (len(pieces) + 1), END
    """For each place the first row with something in it, blocks that open there passed; and where
    blocks that open are not."""
    for index in range(len(pieces) - 1, -1, -1):
        piece = pieces[index].piece
        if isinstance(piece, Closing):
            closings.append(index)
            behind[index] = after_closing
        elif isinstance(piece, Opening):
            found[index] = behind[index] = behind[closings.pop() + 1] if closings else END
        elif isinstance(piece, Break) or (isinstance(piece, Words) and not piece.text.text.strip()):
            behind[index] = behind[index + 1]
        else:
            behind[index] = after_closing = pieces[index].number
    return found


_SET_WORDS = re.compile(r"\\(?:text|textrm|textnormal|mbox|textit|mathrm)\s*\{([^{}]*)\}|\\(?:q?quad|[,;:! ])|~")


def remark(line: Line, spot: Spot) -> Wording:
    r"""The words at a row as a sentence of their own, in which the row is ``⟨0⟩``:
    ``\text{if } K^\top = -K``."""
    place = line.row.left.place()
    own = Mention(Formula(line.row.left, notation=line.notation), (line,), line.number)
    mentions = [own]

    def with_formulas(text: str) -> str:
        out, at = [], 0
        marks = [(found.start(), found.end(), found[1] or " ") for found in _SET_WORDS.finditer(text)]
        for start, end, said in [*marks, (len(text), len(text), "")]:
            out.append(_formulas(text[at:start], mentions, line.notation, place, bool(marks) and line.notation == "latex"))
            out.append(f" {said} ")
            at = end
        return "".join(out)

    text = f"{with_formulas(line.row.lead)} {OPEN}0{CLOSE} {with_formulas(line.row.behind)}"
    return Wording(" ".join(text.split()), tuple(mentions), ((0, place),), line.number, line.number + 1, spot, line.number + 1)


def _formulas(text: str, mentions: list[Mention], notation: Notation, place: Place, all_formula: bool) -> str:
    """Part of a remark with its formulas as mentions; words that are not marked as such stay
    words."""
    if not text.strip(" ,.;()"):
        return text
    pieces = [text] if all_formula else _split_words(text)
    out: list[str] = []
    for piece in pieces:
        stripped = piece.strip(" ,.;()")
        if not stripped or (not all_formula and _is_prose(piece)):
            out.append(piece)
            continue
        formula = Formula(placed(stripped, place), notation=notation)
        lines = tuple([Line(row, "notation", -1, notation) for row in rows(formula)])
        before, after = piece[: piece.index(stripped)], piece[piece.index(stripped) + len(stripped) :]
        out.append(f"{before} {OPEN}{len(mentions)}{CLOSE} {after}")
        mentions.append(Mention(formula, lines, -1))
    return "".join(out)


def _split_words(text: str) -> list[str]:
    """A text in which words and formulas are not told apart by markup, at its words."""
    found: list[str] = []
    at = 0
    for word in re.finditer(r"(?<![\\\w{])[A-Za-z]{2,}(?:-[A-Za-z]+)*(?![\w}(])|(?<![\\\w{])an?(?=\s+[a-z]{3,})", text):
        if word.start() > at:
            found.append(text[at : word.start()])
        found.append(word[0])
        at = word.end()
    return [*found, text[at:]]


def _is_prose(piece: str) -> bool:
    return re.fullmatch(r"[A-Za-z]{2,}(?:-[A-Za-z]+)*|an?", piece) is not None


_TOKEN = re.compile(r"⟨(?P<math>\d+)⟩|(?P<word>[^\W\d_][\w'’]*(?:-[^\W_][\w'’]*)*)|(?P<sign>\S)")


@dataclass(frozen=True, slots=True)
class Token:
    """A formula, a word in small letters, or a sign."""

    text: str
    mention: Mention | None
    start: int
    end: int


def tokens_of(wording: Wording) -> tuple[Token, ...]:
    """The tokens of a sentence; words that say how far it reaches are none."""
    text = vocabulary().lists["everywhere"].sub(lambda found: " " * len(found[0]), wording.text)
    return tuple(
        [
            Token(found[0].lower(), wording.mentions[int(found["math"])] if found["math"] else None, found.start(), found.end())
            for found in _TOKEN.finditer(text)
        ]
    )
