"""Plain text: equations in ASCII notation on lines of their own, between headings and remarks; code spans and blocks without a language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from matcalc.documents.formats.definitions import with_definitions
from matcalc.documents.formats.delimiters import Delimiters, read_words
from matcalc.documents.pieces import Break, Formula, Heading, Listing, Manuscript, Piece, Place, Placed, Words, placed

_UNDERLINE = re.compile(r"[ \t]*(?P<sign>[=\-~^#*+])(?P=sign){2,}[ \t]*\Z")
_NUMBERED = re.compile(r"(?:\d{1,3}\.)+(?:\d{1,3})?[ \t]+[A-Z]|(?:[IVX]{1,6}|[A-Z])\.[ \t]+[A-Z]")
_HASHES = re.compile(r"(#{1,6})[ \t]+(?=\S)")
_RELATION = re.compile(r"(?<![=<>!:~+*/-])(?::=|=|<=|>=|<|>|≤|≥|≈|≡|≠|!=|≻|≽|⪰|≺|⪯)(?![=<>~])")
_BULLET = re.compile(r"[ \t]*(?:[-*•–·o][ \t]+|\(?[0-9a-z]{1,2}[.)][ \t]+|\([0-9]{1,2}\)[ \t]+)?")
_REMARK = re.compile(r"(?:[ \t]{2,}\((?=[^()]*[A-Za-z]{2,}[ ])|[ \t]+(?:#|//|%|--)[ \t]+)")
_LEAD = re.compile(r"(?=[^=<>]*[A-Za-z]{3,})[A-Za-z][^=<>:()\n]*:[ \t]+")
_TAIL = re.compile(r"[ \t]+(?:if|when|where|whenever|for|with|since|because|provided|unless|as|assuming|given)[ \t]")
_PROSE = re.compile(r"(?<![\w\\])[A-Za-z]{2,}[.,;]?[ \t]+[A-Za-z]{2,}(?![\w(*/^'])")
_PROGRAM = re.compile(
    r"^\s*(?:import|from \w+ import|def|class|return|for .* in|while|if .*:|elif|else:"
    r"|#include|using|library\(|function|print|assert|@|\$ |>>> |In \[)"
    r"|[{};]\s*$|==|\+=|-=|\*=|!==|->|=>|\"|(?<![\w)\]])'\w|\b(?:np|torch|jnp|tf|plt|self|numpy)\.|\w\.\w+\(|\w<-|<-\s",
    re.MULTILINE,
)
_MATHS = re.compile(r"[*^/+'ᵀ⊤²³∂∇∑Σ·⊙∘√‖⋅×]|\w\(|\bd[A-Za-z]\b| - | [A-Za-z] [A-Za-z]\b")
_COMMA = re.compile(r"[,;][ \t]+")


def manuscript(text: str, path: str, root: Path | None = None) -> Manuscript:
    """The pieces of a plain text. It takes in no other files."""
    return Manuscript(path, tuple(with_definitions(_pieces(placed(text, Place(path, 1))))))


def _pieces(text: Placed) -> Iterator[Piece]:
    lines = [(start, line) for start, line in _lines(text.text)]
    skipped = False
    for number, (start, line) in enumerate(lines):
        if skipped:
            skipped = False
            continue
        part = text.part(start, start + len(line))
        below = lines[number + 1][1] if number + 1 < len(lines) else ""
        underline = _UNDERLINE.match(below)
        hashes = _HASHES.match(line)
        if not line.strip() or _UNDERLINE.match(line):
            yield Break(part.place())
        elif underline and len(below.strip()) >= min(len(line.strip()), 8):
            skipped = True
            yield Heading(part.stripped(), 1 if underline["sign"] in "=#*" else 2)
        elif hashes:
            yield Heading(part.part(hashes.end()).stripped(), len(hashes[1]))
        elif _NUMBERED.match(line) and _RELATION.search(line) is None and len(line) < 80:
            yield Heading(part.stripped(), 2 + line.split()[0].rstrip(".").count("."))
        else:
            yield from _line(part)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.split("\n"):
        yield start, line
        start += len(line) + 1


def _line(line: Placed) -> Iterator[Piece]:
    delimiters = Delimiters(line.text)
    if any(True for _ in delimiters.all()):
        yield from read_words(line, delimiters)
        return
    found = list(equations(line))
    yield from found
    if any(isinstance(piece, Formula) for piece in found):
        yield Break(line.place(len(line.text)))


def equations(line: Placed) -> Iterator[Piece]:
    """The equations of a line that holds nothing else, and the words around them; or all of it as words."""
    start = _BULLET.match(line.text)
    position = start.end() if start else 0
    lead = _LEAD.match(line.text, position)
    if lead and _RELATION.search(line.text, lead.end()):
        yield Words(line.part(position, lead.end()))
        position = lead.end()
    remark = _REMARK.search(line.text, position)
    end = remark.start() if remark else len(line.text)
    tail = _TAIL.search(line.text, position, end)
    body = line.text[position : tail.start() if tail else end]
    if _RELATION.search(body) is None or _PROSE.search(body):
        yield Words(line.part(position))
        return
    for first, last in _parts(line.text, position, end, tail.start() if tail else end):
        yield Formula(line.part(first, last).stripped(), False, notation="plain")
    if remark:
        yield Words(line.part(remark.start()).stripped())


def _parts(text: str, start: int, end: int, most: int) -> Iterator[tuple[int, int]]:
    """A list of equations, cut where the next one begins."""
    cuts = []
    for match in _COMMA.finditer(text, start, most):
        before = text[start : match.start()]
        after = _COMMA.split(text[match.end() : most], maxsplit=1)[0]
        if before.count("(") == before.count(")") and _RELATION.search(before) and _RELATION.search(after):
            cuts.append(match)
    for match in cuts:
        yield start, match.start()
        start = match.end()
    yield start, end


def code_span(text: Placed) -> Words | Formula:
    """A code span: an equation or a symbol in ASCII notation, or else words."""
    bare = text.text.strip()
    if len(bare) == 1 and bare.isalpha():
        return Formula(text.stripped(), False, notation="plain")
    if _RELATION.search(bare) is None or _PROGRAM.search(bare) or _PROSE.search(bare) or not _MATHS.search(bare):
        return Words(text)
    return Formula(text.stripped(), False, notation="plain")


def notes(text: Placed, language: str) -> Iterator[Piece]:
    """A block without a programming language: equations line by line if it holds any, and no program."""
    if language != "matcalc" and _PROGRAM.search(text.text):
        yield Listing(text, language)
        return
    pieces: list[Piece] = []
    for start, line in _lines(text.text):
        if line.strip():
            pieces += [*equations(text.part(start, start + len(line))), Break(text.place(start + len(line)))]
    if any(isinstance(piece, Formula) and _MATHS.search(piece.text.text) for piece in pieces):
        yield from pieces
    else:
        yield Listing(text, language)
