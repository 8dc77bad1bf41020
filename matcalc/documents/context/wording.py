"""The words of ``rules/prose.toml``, and the sentences of a document with the formulas in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from matcalc.base.files import stored_table
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
    Place,
    Words,
    placed,
)
from matcalc.documents.context.outline import END, Line, Numbered, Outline, Spot
from matcalc.documents.rows import rows
from matcalc.facts.table import facts, spelled_apart


@dataclass(frozen=True, slots=True)
class Factorization:
    """A factorization of a matrix: its names in a text, its factors as letters with their marks,
    and what the name says of each letter."""

    words: re.Pattern[str]
    form: tuple[tuple[str, str], ...]
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tables of the file."""

    words: Mapping[str, frozenset[str]]
    nouns: Mapping[str, str]
    longest: int
    of: Mapping[tuple[str, str], str]
    possessed: Mapping[str, str]
    layouts: Mapping[str, re.Pattern[str]]
    symmetric: Mapping[str, re.Pattern[str]]
    factorizations: tuple[Factorization, ...]
    elsewhere: re.Pattern[str]
    """Words that say before what is told that it is so in another place, or for others."""
    retracted: re.Pattern[str]
    """Words that take back what stands before them."""


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary, read once."""
    table = stored_table("prose")
    nouns = {**{name: name for name in _facts()}, **table["nouns"]}
    lists = {name: words for name, words in table.items() if isinstance(words, list) and isinstance(words[0], str)}
    return Vocabulary(
        {name: frozenset(map(str.lower, words)) for name, words in lists.items()},
        nouns,
        max(len(words.split()) for words in nouns),
        {(noun, word): fact for words, fact in table["of"].items() for noun, word in [words.split()]},
        table["possessed"],
        {
            name: re.compile(f"{_words(phrases).pattern}|{_sentences(table['rows'], name)}", re.IGNORECASE)
            for name, phrases in table["layouts"].items()
        },
        {name: _words(phrases) for name, phrases in table["symmetric"].items()},
        tuple(map(_factorization, table["factorizations"])),
        _elsewhere(table["elsewhere"]),
        _retracted(table["retracting"]),
    )


@cache
def words_of(sort: str) -> re.Pattern[str]:
    """What finds one of the words of a list as a whole word."""
    return _words(stored_table("prose")[sort])


def says(sort: str, word: str) -> bool:
    """Whether a word, or several, are in one of the lists."""
    return word.lower() in vocabulary().words[sort]


def _elsewhere(words: Mapping[str, list[str]]) -> re.Pattern[str]:
    """``In Section ⟨5⟩``, ``in the previous example``, ``in Smith's paper``, ``they assume``; not
    ``as in Section ⟨5⟩``."""
    places, numbered, parts, others, who, verbs, sources = (
        _words(words[sort]).pattern for sort in ("places", "numbered", "parts", "others", "who", "verbs", "sources")
    )
    begins = r"(?:\A|[,;:.(]|\b(?:that|and|but|while|whereas|(?:assume|suppose)(?:\s+that)?)\b)\s*"
    other = rf"(?:(?:the|an?|our)\s+)?(?:{others}|\w+[’']s)\s+(?:{others}\s+)?(?:\w+\s+)?{places}"
    place = rf"(?:the\s+)?following\s+{parts}|(?:{numbered}|§)\s*(?:[⟨\d,(§]|[A-Za-z]\b)"
    source = rf"{sources}(?!\s+(?:the|our|this|these|an?|{places})\b)"
    return re.compile(
        rf"{begins}(?:(?:in|for|from)\s+{other}|in\s+(?:{place}))|{who}\s+(?:\w+ly\s+)?{verbs}|{source}", re.IGNORECASE
    )


def _retracted(phrases: Iterable[str]) -> re.Pattern[str]:
    """Words that take back what stands before them, up to the end of their clause, with no formula
    in it."""
    return re.compile(
        rf"\s*[,(–—-]*\s*(?:(?:but|and|so|as|at least)\s+)?{_words(phrases).pattern}[^⟨,;.:]*(?:[,;.:]|\Z)", re.IGNORECASE
    )


def _factorization(one: Mapping[str, Any]) -> Factorization:
    form = tuple([(factor[0], factor[1:]) for factor in one["form"].split()])
    return Factorization(_words(one["words"]), form, one["facts"])


def _facts() -> Iterable[str]:
    """The facts in the words of prose: those of several words with spaces."""
    yield from spelled_apart()
    for fact in facts().values():
        yield from (word for word in (fact.name, *fact.aliases) if "_" not in word and len(word) > 2)


def _words(phrases: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(re.escape(phrase) for phrase in longest_first)})(?![\w-])", re.IGNORECASE)


_BETWEEN = r"(?:[\w’'-]+\s+|⟨\d+⟩\s*,?\s*){0,9}?"
"""Words and formulas between those of a phrase."""


def _sentences(words: Mapping[str, list[str]], layout: str) -> str:
    """The sentences that say whether derivatives are rows or columns."""
    of, says, shapes = (_words(words[sort]).pattern for sort in ("of", "says", layout))
    between = r"(?:(?:an?|the|always|also|then|written|taken|treated|represented|considered)\s+)*(?:as\s+an?\s+|as\s+)?"
    return rf"(?:{of})\s+{_BETWEEN}(?:{says})\s+{between}(?:{shapes})"


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
        return END if self.is_setting else self.spot.section_end

    @property
    def is_setting(self) -> bool:
        """Whether its section says what all others speak of: notation, the model."""
        return any(words_of("settings").search(section.name) for section in self.spot.sections)

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
            if not self._goes_on(word, end[0], _following(text, end.end())):
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
    def _goes_on(word: str, end: str, following: str) -> bool:
        """Whether a full stop ends no sentence: behind an abbreviation, or before a small
        letter."""
        abbreviated = word and end.startswith(".") and says("abbreviations", f"{word}.".lstrip("("))
        return bool(abbreviated) or following.islower()

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


_IN_BRACES = r"(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*"
_SET_WORDS = re.compile(rf"\\(?:text|textrm|textnormal|mbox|textit|mathrm)\s*\{{({_IN_BRACES})\}}|\\(?:q?quad|[,;:! ])|~")


def remark(line: Line, spot: Spot) -> Wording:
    r"""The words at a row as a sentence of their own, in which the row is ``⟨0⟩``:
    ``\text{if } K^\top = -K``."""
    place = line.row.left.place()
    own = Mention(Formula(line.row.left, notation=line.notation), (line,), line.number)
    mentions = [own]

    def set_words(text: str) -> str:
        parts = text.split("$")  # \\text{where $S$ is symmetric}
        return " ".join(
            ["", *[_formulas(p, mentions, line.notation, place, True) if k % 2 else p for k, p in enumerate(parts)], ""]
        )

    def with_formulas(text: str) -> str:
        parts = [part or "" for part in _SET_WORDS.split(text)]  # formulas, and words between them
        marked = len(parts) > 1 and line.notation == "latex"
        return "".join(
            [
                set_words(part) if k % 2 else _formulas(part, mentions, line.notation, place, marked)
                for k, part in enumerate(parts)
            ]
        )

    text = f"{with_formulas(line.row.lead)} {OPEN}0{CLOSE} {with_formulas(line.row.behind)}"
    return Wording(" ".join(text.split()), tuple(mentions), ((0, place),), line.number, line.number + 1, spot, line.number + 1)


def _formulas(text: str, mentions: list[Mention], notation: Notation, place: Place, all_formula: bool) -> str:
    """Part of a remark with its formulas as mentions; words that are not marked as such stay
    words."""
    if not text.strip(" ,.;()"):
        return text
    out: list[str] = []
    for piece in [text] if all_formula else _WORDS_INSIDE.split(text):
        stripped = piece.strip(" ,.;()")
        if not stripped or (not all_formula and _WORD.fullmatch(piece)):
            out.append(piece)
            continue
        formula = Formula(placed(stripped, place), notation=notation)
        lines = tuple([Line(row, "notation", -1, notation) for row in rows(formula)])
        before, _, after = piece.partition(stripped)
        out.append(f"{before} {OPEN}{len(mentions)}{CLOSE} {after}")
        mentions.append(Mention(formula, lines, -1))
    return "".join(out)


_WORD = re.compile(r"[A-Za-z]{2,}(?:-[A-Za-z]+)*|an?")
_WORDS_INSIDE = re.compile(r"((?<![\\\w{])(?:[A-Za-z]{2,}(?:-[A-Za-z]+)*(?![\w}(])|an?(?=\s+[a-z]{3,})))")
"""Words in a text in which words and formulas are not told apart by markup."""


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
    text = words_of("everywhere").sub(lambda found: " " * len(found[0]), wording.text)
    return tuple(
        [
            Token(found[0].lower(), wording.mentions[int(found["math"])] if found["math"] else None, found.start(), found.end())
            for found in _TOKEN.finditer(text)
        ]
    )
