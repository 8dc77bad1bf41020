r"""Equations that a text supposes, and that no declaration says: ``\\sum_k y_k = 1``, ``AB = BA``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace

from matcalc.base.lazy import pattern
from matcalc.documents.asking import Said
from matcalc.documents.context.asserting import Doubts
from matcalc.documents.context.definitions import names_used
from matcalc.documents.context.facts import reach_of
from matcalc.documents.context.outline import Line
from matcalc.documents.context.phrases import Description, tokens_of
from matcalc.documents.context.vocabulary import vocabulary
from matcalc.documents.context.wording import Wording
from matcalc.documents.shapes import is_zero

_MOST = 4
"""Suppositions that are weighed beside one claim."""


@dataclass(frozen=True, slots=True)
class Supposed:
    """``left = right``, from the row ``start`` up to ``end``, with the names in it."""

    left: str
    right: str
    names: frozenset[str]
    said: Said
    start: int
    end: int

    number: str = ""
    """That whose square is said to be zero, as it is written, where the sentence says that such numbers are meant."""


_SQUARE = pattern(r"(?P<number>[a-z]|\\[a-z]+)\s*\^\s*(?:2|\{\s*2\s*\})")


def suppositions_in(wording: Wording) -> Iterator[Supposed]:
    """The equations that a sentence supposes."""
    tokens = tokens_of(wording)
    doubts = Doubts(tokens, wording.text)
    for position, token in enumerate(tokens):
        for line in token.mention.lines if token.mention is not None else ():
            row = line.row
            if line.role != "fact" or row.relation != "=" or row.right is None or row.link:
                continue
            if not doubts.about(position, position + 1):
                start, end, _ = reach_of(wording, tokens, Description((), "", position, position + 1))
                text = f"{row.left.text} = {row.right.text}"
                names = names_used(text, line.notation)
                found = Supposed(row.left.text, row.right.text, names, Said(text, row.left.place()), start, end)
                number = _with_square_zero(found, wording)
                yield replace(found, number=number, end=max(end, wording.spot.section_end)) if number else found


def _with_square_zero(one: Supposed, wording: Wording) -> str:
    """What is said to be a number, other than zero, whose square is zero; empty where nothing is."""
    square = _SQUARE.fullmatch(one.left.strip())
    meant = square is not None and is_zero(one.right) and vocabulary().lists["square_zero"].search(wording.text)
    return square["number"] if square is not None and meant else ""


class Suppositions:
    """All that a document supposes in this way, asked for a row."""

    def __init__(self, found: Iterable[Supposed]) -> None:
        self._by_name: dict[str, list[Supposed]] = {}
        for one in found:
            for name in one.names:
                self._by_name.setdefault(name, []).append(one)

    def at(self, line: Line, names: Set[str]) -> tuple[Supposed, ...]:
        """The last that is supposed of names at a row, what stands behind it as its condition first."""
        latest = [one for name in sorted(names) for one in self._by_name.get(name, ())[-_MOST:]]
        found = [*_own(line), *(one for one in latest if one.start <= line.number < one.end)]
        return tuple(dict.fromkeys(found))[:_MOST]

    def square_zero(self, line: Line, names: Set[str]) -> Supposed | None:
        """That the square of a number is zero, which is no fact about any number but zero itself, at a row; None without such a one."""
        said = (one for name in sorted(names) for one in self._by_name.get(name, ())[-_MOST:] if one.number)
        return next((one for one in said if one.start <= line.number < one.end), None)


def _own(line: Line) -> Iterator[Supposed]:
    left, equals, right = (part.strip(" .,") for part in _WORDS.sub(" ", line.row.condition).partition("="))
    if equals and left and right and "=" not in right:
        text = f"{left} = {right}"
        yield Supposed(left, right, names_used(text, line.notation), Said(text, line.row.left.place()), line.number, line.number + 1)


_WORDS = pattern(
    r"\\(?:text|textrm|mbox|mathrm)\s*\{([^{}]*)\}|\\q?quad|\\[,;:! ]|\b(?:if|when|for|whenever|provided|that|where)\b", re.IGNORECASE
)
