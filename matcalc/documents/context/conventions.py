"""Layout, and what is meant by a derivative by a symmetric matrix, where the text says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from matcalc.base.lazy import pattern
from matcalc.documents.asking import LayoutSaid, Said
from matcalc.documents.context.outline import END
from matcalc.documents.context.reaches import Reaches
from matcalc.documents.context.vocabulary import vocabulary
from matcalc.documents.context.wording import Wording
from matcalc.documents.shapes import is_derivative

_SHOWN = 120
_WHOLE = re.compile(r"(?i)layout|formulation|convention|notation")


@dataclass(frozen=True, slots=True)
class Convention:
    """A layout or the like that holds from the row ``start`` up to ``end``."""

    value: str
    said: Said
    start: int
    end: int
    about: LayoutSaid = "all"
    """That a gradient is a column says nothing of a Jacobian."""


class Conventions:
    """The conventions of one sort, asked for a row; the latest counts."""

    def __init__(self, found: Iterable[Convention], usual: str) -> None:
        self._found = Reaches(sorted(found, key=lambda one: one.start))
        self._usual = usual

    def at(self, row: int) -> tuple[str, tuple[Said, ...]]:
        """The convention at a row, and where it is said; the usual one where nothing is."""
        latest = next(self._found.at(row), None)
        return (self._usual, ()) if latest is None else (latest.value, (latest.said,))

    def told(self, row: int) -> LayoutSaid:
        """Of which derivatives a convention is said at a row."""
        latest = next(self._found.at(row), None)
        return "" if latest is None else latest.about


def layouts_in(wording: Wording) -> Iterator[Convention]:
    """The layout that a sentence says is used."""
    yield from _in(wording, vocabulary().layouts)


def symmetric_in(wording: Wording) -> Iterator[Convention]:
    """The meaning of derivatives by symmetric matrices that a sentence gives."""
    yield from _in(wording, vocabulary().symmetric)


def _of(wording: Wording, number: int) -> str:
    """What stands for a formula in the words of its sentence: that it is a derivative, or nothing."""
    lines = wording.mentions[number].lines
    return "derivative" if lines and lines[0].role == "notation" and is_derivative(lines[0].row.left.text) else ""


def _in(wording: Wording, phrases: Mapping[str, re.Pattern[str]]) -> Iterator[Convention]:
    text = re.sub(r"⟨(\d+)⟩", lambda found: _of(wording, int(found[1])), wording.text)
    found = [(value, match) for value, phrase in phrases.items() for match in [phrase.search(text)] if match is not None]
    if len(found) != 1 or vocabulary().lists["doubtful_sentence"].search(text):
        return
    value, match = found[0]
    before = text[: match.start()].lower().split()[-4:]
    if any(vocabulary().says("doubt", word.strip(",;")) for word in before):
        return
    said = Said(" ".join(text.split())[:_SHOWN], wording.place(0))
    whole = vocabulary().lists["everywhere"].search(text) or wording.spot.is_setting or not wording.spot.sections
    start, end = (0, END) if whole else (wording.start, wording.spot.section_end)
    yield Convention(value, said, start, end, "all" if value != "denominator" or _WHOLE.search(match[0]) else "gradients")


_BOLD = r"\\(?:mathbf|boldsymbol|bm|vec)\s*"
_SCRIPT = r"(?:\s*_\s*(?:\w|\{[^{}]*\}))?"
_SPACE = r"(?:\s|\\[,;:! ])*"
_VECTOR = rf"{_BOLD}(?:\{{\s*[a-z]\s*\}}|[a-z](?![A-Za-z])){_SCRIPT}"
_MATRIX = rf"(?:{_BOLD}(?:\{{\s*[A-Z]\s*\}}|[A-Z](?![A-Za-z])){_SCRIPT}|[A-Z](?![A-Za-z]){_SCRIPT})"
_OF_ROWS = pattern(rf"{_VECTOR}{_SPACE}(?:{_MATRIX}|\\(?:text|operatorname|mathrm)\s*\{{\s*diag\s*\}})")
_OF_COLUMNS = pattern(rf"{_MATRIX}{_SPACE}{_VECTOR}")
_FEW = 2


def writes_rows(texts: Iterable[str]) -> bool:
    """Whether a document multiplies vectors from the right by matrices, as rows, more often than it multiplies matrices by columns."""
    rows = columns = 0
    for text in texts:
        rows += len(_OF_ROWS.findall(text))
        columns += len(_OF_COLUMNS.findall(text))
    return rows >= _FEW and rows > columns
