"""Plain text: equations in ASCII notation on lines of their own or in prose; code spans and blocks
without a language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from matcalc.documents.blocks import (
    Break,
    Formula,
    Heading,
    Listing,
    Manuscript,
    Piece,
    Place,
    Placed,
    Words,
    joined,
    line_starts,
    placed,
)
from matcalc.documents.formats.delimiters import Delimiters, read_words
from matcalc.documents.formats.finishing import FOREIGN, RELATION, finished, is_program, outer_relation

_UNDERLINE = re.compile(r"[ \t]*(?P<sign>[=\-~^#*+_])(?P=sign){2,}[ \t]*\Z")
_NUMBERED = re.compile(r"(?:(?:\d{1,3}\.)+(?:\d{1,3})?|[IVX]{1,6}\.|[A-Z][.)]|§[ ]?\d+(?:\.\d+)*)[ \t]+(?=\S)")
_HASHES = re.compile(r"(#{1,6})[ \t]+(?=\S)")
_CAPITALS = re.compile(r"(?=.*[A-Z]{3})[^a-z=<>]{4,80}\Z")
_LONGEST_TITLE = 80
_BULLET = re.compile(r"[ \t]*(?:[-*•–·o][ \t]+|\(?(?:[0-9]{1,3}|[a-z])[.)][ \t]+(?=\S)|\([0-9]{1,3}\)[ \t]+)?")
_LABEL = re.compile(r"(?=[^=<>]*[A-Za-z]{2,})[A-Za-z][^=<>:()\n]*:[ \t]+")
_REMARK = re.compile(
    r"(?<![ \t])(?:[ \t]+\((?=[^()]{0,200}[A-Za-z]{2,}[ )])|[ \t]+(?:#|//|%|--|<-)[ \t]+|[ \t]{3,}(?=[A-Za-z]{3,}[ ][A-Za-z]{2,}))"
)
_TAIL = re.compile(
    r"(?<![ \t]),?[ \t]+(?:if|when|where|whenever|for|with|since|because|provided|unless|as|assuming|given"
    r"|and|so|hence|then|iff|but|on|by)[ \t]"
)
_LETTERS = "alpha|beta|gamma|delta|epsilon|eps|zeta|eta|theta|kappa|lambda|lam|mu|nu|xi|pi|rho|sigma|tau|phi|chi|psi|omega"
_FUNCTIONS = (
    "sin|cos|tan|sinh|cosh|tanh|exp|log|ln|tr|det|diag|vec|max|min|sum|inv|sqrt|rank|abs|kron|trace|norm|eye|argmin|argmax"
)
_PROSE = re.compile(
    rf"(?<![\w\\.^_*/+=(<>-])(?<![*/+=^(<>≤≥≈-][ ])(?!(?:{_LETTERS}|{_FUNCTIONS}|[dD]\w)\b)"
    r"(?:[A-Za-z]{3,}|is|of|to|we|in|by|be|it|or|at|an)"
    r"(?![\w(*/^'_=+-])(?![ ][*/+=^<>≤≥≈-])"
)
"""A word that no sign of mathematics stands beside."""
_CONTINUES = re.compile(r"[ \t]*(?:[=+*/<>≤≥≈]|-[ \t]*[^\s-])")
_CONTINUED = re.compile(r"(?:[=+*/^<>≤≥≈,(\[]|[ \t]-)[ \t]*\Z")
_SYMBOL = re.compile(
    rf"(?:[^\W\d_]|{_LETTERS})(?:_?\d{{1,2}}|_[a-z]|[₀-₉ᵢⱼₖₙ]{{1,2}})?(?:'|ᵀ|\.T|\^T)?|(?:\w|\d{{1,4}})[ ]?[×x][ ]?(?:\w|\d{{1,4}})"
)
"""A name of one letter, or a size."""
_ROW = re.compile(r"[ \t]+(?:[\[|(⎡⎢⎣][^\])|⎤⎥⎦]*[\])|⎤⎥⎦][ \t]*)+\Z")
"""A row of a matrix that is drawn over several lines."""
_MATHS = re.compile(r"[*^/+'ᵀ⊤²³∂∇∑Σ·⊙∘√‖⋅×]|\w\(|\bd[A-Za-z]\b|[ ]-[ ]|[ ][A-Za-z][ ][A-Za-z]\b")


def manuscript(text: str, path: str, root: Path | None = None) -> Manuscript:
    """The pieces of a plain text. It takes in no other files."""
    return Manuscript(path, tuple(finished(_Reader(placed(text, Place(path, 1))).pieces())))


class _Reader:
    """Goes through the lines of a text, paragraph by paragraph."""

    def __init__(self, text: Placed) -> None:
        self._text = text
        self._lines = list(lines_of(text.text))

    def pieces(self) -> Iterator[Piece]:
        number = 0
        while number < len(self._lines):
            end = self._paragraph_end(number)
            if end == number:
                yield Break(self._text.place(self._lines[number][0]))
                number += 1
                continue
            heading = self._heading(number, end)
            if heading is not None:
                yield heading[0]
                number = heading[1]
                continue
            yield from self._paragraph(number, end)
            number = end

    def _line(self, number: int) -> str:
        start, end = self._lines[number]
        return self._text.text[start:end]

    def _part(self, first: int, last: int) -> Placed:
        return self._text.part(self._lines[first][0], self._lines[last - 1][1])

    def _paragraph_end(self, number: int) -> int:
        """The line behind the last of a paragraph: blank, a rule, or the last but one of the next
        title."""
        while number < len(self._lines) and self._line(number).strip() and _UNDERLINE.match(self._line(number)) is None:
            number += 1
            if number + 1 < len(self._lines) and self._is_underline(number + 1):
                break
        return number

    def _is_underline(self, number: int) -> bool:
        above, line = self._line(number - 1).strip(), self._line(number).strip()
        return (
            _UNDERLINE.match(line) is not None
            and above != ""
            and len(line) >= min(len(above), 8)
            and _UNDERLINE.match(above) is None
        )

    def _heading(self, number: int, end: int) -> tuple[Heading, int] | None:
        """The title that begins with a line, and the line behind it."""
        line, part = self._line(number), self._part(number, number + 1).stripped()
        if number + 1 < len(self._lines) and self._is_underline(number + 1):
            return Heading(part, {"=": 1, "#": 1, "*": 1, "-": 2}.get(self._line(number + 1).strip()[0], 3)), number + 2
        if (hashes := _HASHES.match(line)) is not None:
            return Heading(part.part(hashes.end()), len(hashes[1])), number + 1
        alone = end == number + 1 or (self._line(number + 1)[:1].isspace() and not line[:1].isspace())
        if not alone or len(line) > _LONGEST_TITLE or RELATION.search(line) or line.rstrip()[-1] in ".,;:":
            return None
        numbered = _NUMBERED.match(line)
        if numbered is not None:
            return Heading(part, 1 + max(1, len(re.findall(r"\d+", numbered[0])))), number + 1
        return (Heading(part, 1), number + 1) if _CAPITALS.match(line) else None

    def _paragraph(self, first: int, last: int) -> Iterator[Piece]:
        whole = self._part(first, last)
        delimiters = Delimiters(whole.text)
        if any(True for _ in delimiters.all()):
            yield from read_words(whole, delimiters)
            yield Break(whole.place(len(whole.text)))
        elif is_program(whole.text):
            yield Listing(whole)
        else:
            yield from read_lines(whole)


def lines_of(text: str) -> Iterator[tuple[int, int]]:
    """Where each line begins and ends."""
    yield from ((start, following - 1) for start, following in pairwise([*line_starts(text), len(text) + 1]))


def read_lines(text: Placed) -> Iterator[Piece]:
    """A paragraph: lines that hold an equation and no more, each a formula with the remarks on it,
    and prose between them."""
    prose: list[tuple[int, int]] = []
    for lines in _statements(text.text, list(lines_of(text.text))):
        start, end = lines[0][0], lines[-1][1]
        bullet = _BULLET.match(text.text, start, end)
        begin = bullet.end() if bullet else start
        if not _is_equation(text.text[begin:end]):
            if prose and bullet and bullet.end() > start + len(bullet[0]) - len(bullet[0].lstrip()):
                yield from _prose(text, prose)
                prose = []
            prose.append((start, end))
            continue
        yield from _prose(text, prose)
        prose = []
        yield Formula(text.part(begin, begin + len(text.text[begin:end].rstrip(" \t✓✔✗✘✅❌□∎"))).stripped(), notation="plain")
        yield Break(text.place(end))
    yield from _prose(text, prose)


def _prose(text: Placed, lines: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    if lines and text.text[lines[0][0] : lines[-1][1]].strip():
        yield Words(text.part(lines[0][0], lines[-1][1]).stripped())
        yield Break(text.place(lines[-1][1]))


def _statements(text: str, lines: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """The lines, those together that go on with a statement of the line before."""
    held: list[tuple[int, int]] = []
    for start, end in lines:
        if held:
            before, line = text[slice(*held[-1])], text[start:end]
            deeper = len(line) - len(line.lstrip()) > len(text[slice(*held[0])]) - len(text[slice(*held[0])].lstrip())
            goes_on = (
                _ROW.match(line)
                or _CONTINUED.search(before)
                or (_CONTINUES.match(line) and (deeper or line.lstrip()[:1] in "=<>≤≥≈"))
            )
            if not (goes_on and RELATION.search(text, held[0][0], held[-1][1]) and _PROSE.search(line) is None):
                yield held
                held = []
        held.append((start, end))
    if held:
        yield held


def _is_equation(line: str) -> bool:
    """Whether a line holds an equation, perhaps with a label before and a remark behind it, and no
    prose."""
    label = _LABEL.match(line)
    start = label.end() if label and RELATION.search(line, label.end()) else 0
    remark = _REMARK.search(line, start)
    end = remark.start() if remark else len(line)
    tail = _TAIL.search(line, start, end)
    body = line[start : tail.start() if tail else end]
    return outer_relation(body) is not None and FOREIGN.search(body) is None and _PROSE.search(body) is None


def code_span(text: Placed) -> Words | Formula:
    """A code span: an equation or a symbol in ASCII notation, or else words, which keep their
    marks."""
    bare = text.stripped()
    if _SYMBOL.fullmatch(bare.text):
        return Formula(bare, notation="plain")
    if RELATION.search(bare.text) is None or is_program(bare.text) or not _MATHS.search(bare.text) or not _is_equation(bare.text):
        mark = Placed("`", text.marks[:1])
        return Words(joined([mark, text, mark]))
    return Formula(bare, notation="plain")


def notes(text: Placed, language: str) -> Iterator[Piece]:
    """A block without a programming language: equations line by line if it holds any, and no
    program."""
    pieces = [] if language != "matcalc" and is_program(text.text) else list(read_lines(text))
    if any(isinstance(piece, Formula) and _MATHS.search(piece.text.text) for piece in pieces):
        yield from pieces
    else:
        yield Listing(text, language)
