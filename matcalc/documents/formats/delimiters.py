"""The signs that formulas stand between in text, and the names that markup has for things."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

from matcalc.base.files import read
from matcalc.documents.blocks import Formula, Heading, Piece, Place, Placed, Words, joined

_ENVIRONMENT = re.compile(r"(?P<name>[A-Za-z0-9]+)(?P<arguments>[\[{]*)")


@cache
def _markup() -> Mapping[str, Any]:
    return tomllib.loads(read("rules", "markup.toml"))


@cache
def _latex() -> Mapping[str, Any]:
    return tomllib.loads(read("rules", "latex_text.toml"))


@cache
def blocks(use: str) -> frozenset[str]:
    """Names of blocks of Markdown and directives of reStructuredText by use."""
    return frozenset(_markup()["blocks"][use])


@cache
def html(use: str) -> frozenset[str]:
    """Names of elements and classes of HTML by use."""
    return frozenset(_markup()["html"][use])


def labelled(prefix: str) -> str:
    """The theorem that a label of Quarto with this beginning is for; empty for others."""
    return str(_markup()["labels"].get(prefix, ""))


@cache
def displays() -> Mapping[str, int]:
    """Environments that are formulas by themselves, whose names say only how they are set, and how
    many arguments stand behind those."""
    latex = _latex()["environments"]
    outer = {*latex["outer"], *latex["inline"], "xalignat", "xxalignat"}
    return {name: count for name, count in _mathematics().items() if name in outer}


@cache
def within() -> frozenset[str]:
    """Environments that stand in formulas, some of which writers leave without delimiters."""
    return frozenset(_mathematics()) - frozenset(displays())


@cache
def theorems() -> Mapping[str, str]:
    """Environments for theorems, proofs and the like, and how they are called."""
    titles = _latex()["titles"]
    return {name: titles.get(name, name) for name in _latex()["environments"]["theorems"]}


def _mathematics() -> Mapping[str, int]:
    found = [_ENVIRONMENT.fullmatch(entry) for entry in _latex()["environments"]["mathematics"]]
    return {match["name"]: len(match["arguments"]) for match in found if match is not None}


_MARK = re.compile(
    r"\\begin[ ]*\{(?P<begin>[A-Za-z]+\*?)\}|\\end[ ]*\{(?P<end>[A-Za-z]+\*?)\}"
    r"|(?P<words>\\(?:text[a-z]*|mbox|(?:short)?intertext)[ ]*\{)|(?P<bracket>\\\\?[\[\]()])|\\.|(?P<dollar>\$\$?)",
    re.DOTALL,
)
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


@dataclass(frozen=True, slots=True)
class _Sign:
    kind: str
    start: int
    end: int
    name: str = ""


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
        self._wary = wary
        self._signs: list[_Sign] = []
        self._index: dict[int, int] = {}
        self._missing: set[str] = set()
        groups = _groups(text) if "\\text" in text or "\\mbox" in text or "intertext" in text else {}
        self._skipped: dict[int, int] = {}
        for match in _MARK.finditer(text):
            if match.lastgroup is None:
                continue
            if match.lastgroup == "words":
                if (end := groups.get(match.end() - 1)) is None:
                    continue
                self._skipped[len(self._signs)] = end
            kind = match.lastgroup if match.lastgroup in ("begin", "end", "words") else match[0]
            self._index[match.start()] = len(self._signs)
            if kind == "$$":
                self._index[match.start() + 1] = len(self._signs)
            self._signs.append(_Sign(kind, match.start(), match.end(), match["begin"] or match["end"] or ""))
        self._environments = self._matched()

    def _matched(self) -> dict[int, int]:
        """The sign of the ``\\end`` for that of each ``\\begin``."""
        found: dict[int, int] = {}
        opened: list[int] = []
        open_names: dict[str, int] = {}
        for number, sign in enumerate(self._signs):
            if sign.kind == "begin":
                opened.append(number)
                open_names[sign.name] = open_names.get(sign.name, 0) + 1
            elif sign.kind == "end" and open_names.get(sign.name):
                while opened:
                    last = opened.pop()
                    open_names[self._signs[last].name] -= 1
                    if self._signs[last].name == sign.name:
                        found[last] = number
                        break
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
        closing = _CLOSING.get(kind)
        if closing is None or (kind == "$" and self._dollars == "never"):
            return None
        doubled = closing != kind and self._text.startswith(kind, sign.end)
        start = position + len(kind) * (2 if doubled else 1)
        close = self._closing(number + (2 if doubled else 1), kind, closing)
        if close is None:
            return None
        end = close + len(closing)
        if doubled and self._text.startswith(closing, end):
            end += len(closing)
        found = Enclosed(
            position, end, (start, close), kind not in ("$", r"\(", r"\\(") or doubled, escaped=kind.startswith(r"\\")
        )
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
        if name in within():
            return Enclosed(first.start, close.end, (first.start, close.end), True)
        return None

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
        if not self._wary or kind == "$$":
            return True
        return kind.startswith(r"\\") or _SIGN.search(inner) is not None or (len(inner.strip()) <= 3 and inner.strip().isalpha())

    def _sound_inline(self, found: Enclosed, inner: str) -> bool:
        """Whether what stands between two single dollars is mathematics, and no prices."""
        if "`" in inner or _BLANK_LINE.search(inner) or self._text[found.end : found.end + 1].isdigit():
            return False
        plain = _COMMAND.sub(" ", inner)
        signed = _SIGN.search(inner) is not None
        if _PROSE.search(plain) or (self._dollars == "signed" and not signed):
            return False
        if inner[0].isspace() or inner[-1].isspace():
            return signed or not (inner.strip()[:1].isdigit() or _WORD.search(plain))
        if inner[0].isdigit():
            before = self._text[found.start - 1 : found.start]
            return signed or not (before.isalpha() or (any(map(str.isspace, inner)) and _WORD.search(plain)))
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
        if environments and environments[0].start < match.start():
            continue
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
    position = 0
    for found in delimiters.all():
        if text.text[position : found.start].strip():
            yield Words(text.part(position, found.start))
        yield formula(text, found)
        position = found.end
    if text.text[position:].strip():
        yield Words(text.part(position))


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
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

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
