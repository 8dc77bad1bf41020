"""The signs that formulas stand between in text, and the names that markup has for things."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

from matcalc.base.files import stored_table
from matcalc.documents.blocks import Formula, Heading, Nest, Piece, Place, Placed, Words, joined, line_starts
from matcalc.documents.cues import Raw

_NAMED = {
    "environments": re.compile(r"(?P<name>.[A-Za-z0-9]*\*?)(?P<arguments>[\[<{+]*)"),
    "commands": re.compile(r"(?P<name>[A-Za-z]+|.)(?P<arguments>\*?[\[<{+]*)"),
}


@cache
def blocks(use: str) -> frozenset[str]:
    """Names of blocks of Markdown and directives of reStructuredText by use."""
    return frozenset(stored_table("markup")["blocks"][use])


@cache
def html(use: str) -> frozenset[str]:
    """Names of elements and classes of HTML by use."""
    return frozenset(stored_table("markup")["html"][use])


def labelled(prefix: str) -> str:
    """The theorem that a label of Quarto with this beginning is for; empty for others."""
    return str(stored_table("markup")["labels"].get(prefix, ""))


@cache
def latex(group: str, use: str) -> Mapping[str, str]:
    """The ``environments`` or ``commands`` of LaTeX of one use, with the arguments they take."""
    found = [_NAMED[group].fullmatch(entry) for entry in stored_table("latex_text")[group][use]]
    return {match["name"]: match["arguments"] for match in found if match is not None}


@cache
def displays() -> Mapping[str, int]:
    """Environments that are formulas by themselves, whose names say only how they are set, and how
    many arguments stand behind those."""
    outer = {*latex("environments", "outer"), *latex("environments", "inline"), "xalignat", "xxalignat"}
    return {name: len(given) for name, given in latex("environments", "mathematics").items() if name in outer}


@cache
def within() -> frozenset[str]:
    """Environments that stand in formulas, some of which writers leave without delimiters."""
    return frozenset(latex("environments", "mathematics").keys() - displays().keys())


@cache
def theorems() -> Mapping[str, str]:
    """Environments for theorems, proofs and the like, and how they are called."""
    titles = stored_table("latex_text")["titles"]
    return {name: titles.get(name, name) for name in latex("environments", "theorems")}


_MARK = re.compile(
    r"\\begin[ ]*\{(?P<begin>[A-Za-z]+\*?)\}|\\end[ ]*\{(?P<end>[A-Za-z]+\*?)\}"
    r"|(?P<words>\\(?:text[a-z]*|mbox|(?:short)?intertext)[ ]*\{)|(?P<bracket>\\\\?[\[\]()])|\\.|(?P<dollar>\$\$?)",
    re.DOTALL,
)
_HAS_WORDS = re.compile(r"\\text|\\mbox|intertext")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_CLOSING = {"$": "$", "$$": "$$", r"\(": r"\)", r"\[": r"\]", r"\\(": r"\\)", r"\\[": r"\\]"}
_ARGUMENT = re.compile(r"\s*(?:\{[^{}]*\}|\[[^][]*\])")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_SIGN = re.compile(r"[\\^_=<>≤≥≈]")
_COMMAND = re.compile(r"\\[A-Za-z]+\*?[ ]*(?:\{[^{}]*\})?")
_PROSE = re.compile(r"(?<![A-Za-z])[A-Za-z]{2,}[,;:]?\s+[A-Za-z]{2,}[,;:]?\s+[A-Za-z]{2,}(?![A-Za-z])")
_WORD = re.compile(r"(?<![A-Za-z])[A-Za-z]{2,}(?![A-Za-z])")


Dollars: TypeAlias = Literal["always", "signed", "never"]


@dataclass(frozen=True, slots=True)
class Enclosed:
    """Mathematics in a text: where its delimiters begin and end, and what stands between them."""

    start: int
    end: int
    inner: tuple[int, int]
    display: bool
    environment: str = ""
    escaped: bool = False
    """Between ``\\\\(`` or ``\\\\[``, where Markdown takes one of two backslashes away."""


class Delimiters:
    r"""The delimiters of a text, each looked at once.

    ``dollars`` says whether single dollars enclose formulas: always, never, or only around
    ``signed`` ones. A ``wary`` reader takes ``\(`` and ``\[`` for formulas only around signs of
    mathematics, as in Markdown, where they may be plain brackets.

    >>> [found.inner for found in Delimiters(r"for $5 we get $x_1$ or \$3").all()]
    [(15, 18)]
    """

    def __init__(self, text: str, *, dollars: Dollars = "always", wary: bool = True) -> None:
        self._text = text
        self._dollars = dollars
        self._pairs = {sign: closing for sign, closing in _CLOSING.items() if sign != "$" or dollars != "never"}
        self._wary = wary
        self._signs: list[Raw] = []
        self._index: dict[int, int] = {}
        self._missing: set[str] = set()
        self._skipped: dict[int, int] = {}
        self._find_signs(text)
        self._environments = self._matched()

    def _find_signs(self, text: str) -> None:
        groups = _groups(text) if _HAS_WORDS.search(text) else {}
        for match in _MARK.finditer(text):
            words = match.lastgroup == "words"
            if match.lastgroup is None or (words and match.end() - 1 not in groups):
                continue
            if words:
                self._skipped[len(self._signs)] = groups[match.end() - 1]
            kind = match.lastgroup if match.lastgroup in ("begin", "end", "words") else match[0]
            for at in range(match.start(), match.start() + (2 if kind == "$$" else 1)):
                self._index[at] = len(self._signs)
            self._signs.append(Raw(kind, match[0], match.start(), match.end(), match[kind] if kind in ("begin", "end") else ""))

    def _matched(self) -> dict[int, int]:
        """The sign of the ``\\end`` for that of each ``\\begin``."""
        found: dict[int, int] = {}
        nest: Nest[int] = Nest()
        for number, sign in enumerate(self._signs):
            if sign.kind == "begin":
                nest.begin(sign.name, number)
            elif sign.kind == "end" and (begin := nest.end(sign.name)) is not None:
                found[begin] = number
        for begin, end in found.items():
            self._skipped[begin] = self._signs[end].end
        return found

    def all(self) -> Iterator[Enclosed]:
        """Every formula, in order."""
        position = 0
        for sign in self._signs:
            for start in (sign.start, sign.start + 1) if sign.kind == "$$" else (sign.start,):
                if start >= position and (found := self.at(start)) is not None:
                    yield found
                    position = found.end

    def at(self, position: int) -> Enclosed | None:
        """The formula whose delimiter begins at a position."""
        number = self._index.get(position)
        if number is None:
            return None
        sign = self._signs[number]
        if sign.kind == "begin":
            return self._environment(number)
        kind = "$" if position > sign.start else sign.kind
        closing = self._pairs.get(kind)
        if closing is None:
            return None
        times = 2 if closing != kind and self._text.startswith(kind, sign.end) else 1
        close = self._closing(number + times, kind, closing)
        if close is None:
            return None
        end = close + len(closing) * (times if self._text.startswith(closing * times, close) else 1)
        is_display = times == 2 or kind not in ("$", r"\(", r"\\(")
        inner = (position + len(kind) * times, close)
        found = Enclosed(position, end, inner, is_display, escaped=kind.startswith(r"\\"))
        return found if self._sound(kind, found) else None

    def _environment(self, number: int) -> Enclosed | None:
        first = self._signs[number]
        last = self._environments.get(number)
        if last is None:
            return None
        close = self._signs[last]
        name = first.name.rstrip("*")
        if name in displays():
            start = first.end
            for _ in range(displays()[name]):
                argument = _ARGUMENT.match(self._text, start)
                start = argument.end() if argument else start
            return Enclosed(first.start, close.end, (start, close.start), True, first.name)
        return Enclosed(first.start, close.end, (first.start, close.end), True) if name in within() else None

    def _closing(self, number: int, kind: str, closing: str) -> int | None:
        """Where the formula ends that an opening of this kind before a sign begins."""
        if closing in self._missing:
            return None
        beyond = 0
        for k in range(number, len(self._signs)):
            sign = self._signs[k]
            if sign.start < beyond:
                continue
            if sign.kind == closing or (closing == "$" and sign.kind == "$$"):
                return sign.start
            if sign.kind == kind:
                return None
            beyond = self._skipped.get(k, beyond)
        self._missing.add(closing)
        return None

    def _sound(self, kind: str, found: Enclosed) -> bool:
        inner = self._text[slice(*found.inner)]
        if not inner.strip():
            return False
        if kind == "$":
            return self._sound_inline(found, inner)
        return (
            not self._wary
            or kind == "$$"
            or kind.startswith(r"\\")
            or _SIGN.search(inner) is not None
            or (len(inner.strip()) <= 3 and inner.strip().isalpha())
        )

    def _sound_inline(self, found: Enclosed, inner: str) -> bool:
        """Whether what stands between two single dollars is mathematics, and no prices."""
        if "`" in inner or _BLANK_LINE.search(inner) or self._text[found.end : found.end + 1].isdigit():
            return False
        plain = _COMMAND.sub(" ", inner)
        if _SIGN.search(inner) is not None:
            return not _PROSE.search(plain)
        if _PROSE.search(plain) or self._dollars == "signed":
            return False
        worded = _WORD.search(plain) is not None
        if inner[0].isspace() or inner[-1].isspace():
            return not (inner.strip()[:1].isdigit() or worded)
        if inner[0].isdigit():
            return not (self._text[found.start - 1 : found.start].isalpha() or (re.search(r"\s", inner) and worded))
        return True


def _groups(text: str) -> dict[int, int]:
    """Behind each opening brace that is closed, where its group ends."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACE.finditer(text):
        if match[0] == "{":
            opened.append(match.start())
        elif match[0] == "}" and opened:
            found[opened.pop()] = match.end()
    return found


def formula(text: Placed, found: Enclosed) -> Formula:
    """The formula that stands between delimiters in a text."""
    inner = text.part(*found.inner).stripped()
    return Formula(unescaped(inner) if found.escaped else inner, found.display, found.environment)


def display(text: Placed) -> Formula:
    """The formula that a block for mathematics holds; an environment around all of it is only how
    it is set."""
    bare = text.stripped()
    found = Delimiters(bare.text).at(0) if bare.text.startswith("\\begin") else None
    return formula(bare, found) if found is not None and found.end == len(bare.text) else Formula(bare, True)


def equations(text: Placed) -> Iterator[Placed]:
    """The equations that blank lines part, those within environments counted out."""
    environments = [
        found for found in Delimiters(text.text).all() if found.environment or text.text.startswith("\\begin", found.start)
    ]
    start = 0
    for match in re.finditer(r"\n[ \t]*(?=\n)", text.text):
        while environments and environments[0].end <= match.start():
            environments.pop(0)
        if not environments or environments[0].start >= match.start():
            if text.text[start : match.start()].strip():
                yield text.part(start, match.start())
            start = match.end()
    if text.text[start:].strip():
        yield text.part(start)


_ESCAPES = re.compile(r"\\\\(?=\\\\)|\\(?=[_*])")


def unescaped(text: Placed) -> Placed:
    """The text without the backslashes that Markdown takes away."""
    return without(text, [match.span() for match in _ESCAPES.finditer(text.text)])


def without(text: Placed, cut: list[tuple[int, int]]) -> Placed:
    """The text without some ranges of it, which are in order."""
    kept: list[str] = []
    marks = []
    position = length = 0
    for start, end in [*cut, (len(text.text), len(text.text))]:
        if start > position:
            part = text.part(position, start)
            marks += [(at + length, place) for at, place in part.marks]
            kept.append(part.text)
            length += start - position
        position = max(position, end)
    return Placed("".join(kept), tuple(marks) or ((0, text.place()),))


def read_words(text: Placed, delimiters: Delimiters) -> Iterator[Words | Formula]:
    """The words and formulas of running text."""
    return among_words(text, ((found.start, found.end, formula(text, found)) for found in delimiters.all()))


def among_words(text: Placed, formulas: Iterable[tuple[int, int, Formula]]) -> Iterator[Words | Formula]:
    """Formulas, each with the place where it begins and the one behind it, and the words between
    them."""
    position = 0
    for start, end, found in formulas:
        if text.text[position:start].strip():
            yield Words(text.part(position, start))
        yield found
        position = end
    if text.text[position:].strip():
        yield Words(text.part(position))


class Running:
    """Running text, whose words and formulas are taken one after the other from what was written
    for it."""

    def __init__(self, text: Placed) -> None:
        self._text = text
        self._words: list[Placed] = []
        self._cursor = 0

    def _flushed(self) -> Iterator[Words]:
        """The words so far."""
        if any(part.text.strip() for part in self._words):
            yield Words(joined(self._words))
        self._words = []

    def _put(self, piece: Words | Formula) -> Iterator[Words | Formula]:
        """Goes on with words, or with a formula behind those so far."""
        if isinstance(piece, Words):
            self._words.append(piece.text)
        elif piece.text:
            yield from self._flushed()
            yield piece

    def _taken(self, content: str, mark: str = "") -> Placed:
        """The next place where this stands in the text, behind a mark if it has one."""
        text = self._text.text
        start = text.find(mark, self._cursor) if mark else self._cursor
        at = text.find(content.rstrip(), max(start, 0)) if mark else text.find(content, self._cursor)
        if at < 0:
            return Placed(content, ((0, self._text.place(self._cursor)),))
        self._cursor = at + len(content) + len(mark)
        return self._text.part(at, at + len(content))


def titled(pieces: Sequence[Piece], level: int) -> Iterator[Heading | Formula]:
    """The title that consists of words and formulas, and the formulas in it."""
    parts = []
    for piece in pieces:
        if isinstance(piece, Words):
            parts.append(piece.text)
        elif isinstance(piece, Formula):
            sign = Placed("$" if piece.notation == "latex" else "", ((0, piece.text.place()),))
            parts += [sign, piece.text, sign]
    if parts:
        yield Heading(joined(parts).stripped(), level)
    yield from [piece for piece in pieces if isinstance(piece, Formula)]


class Lines:
    """The lines of a text, for finding again what a parser cut out of them."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self._starts = [*line_starts(text), len(text) + 1]

    def start(self, line: int) -> int:
        """The offset at which a line begins, counted from 0."""
        return min(self._starts[min(line, len(self.lines))], self._starts[-1] - 1)

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of the character at an offset."""
        line = max(1, bisect_right(self._starts, offset, hi=len(self.lines)))
        return line, offset - self._starts[line - 1] + 1

    def anchored(self, text: Placed, content: str, first: int) -> Placed:
        """``content``, whose lines were cut out of those of ``text`` from the line ``first`` (from
        0) on, with their places."""
        marks: list[tuple[int, Place]] = []
        at = 0
        for number, line in enumerate(content.split("\n"), first):
            whole = self.lines[number] if number < len(self.lines) else ""
            bare = line.strip()
            lead = len(line) - len(line.lstrip()) if bare else len(line)
            ending = whole.rstrip()
            column = len(ending) - len(bare) if ending.endswith(bare) else max(0, whole.find(bare))
            start = self.start(number)
            if lead:
                marks.append((at, text.place(start + max(0, column - lead))))
            marks += [
                (at + lead + offset, place) for offset, place in text.part(start + column, start + column + len(bare)).marks
            ]
            at += len(line) + 1
        return Placed(content, tuple(marks))
