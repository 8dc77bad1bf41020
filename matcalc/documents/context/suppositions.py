r"""Equations that a text supposes, and that no declaration says: ``\\sum_k y_k = 1``, ``AB = BA``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

from matcalc.documents.asking import Said
from matcalc.documents.context.definitions import names_used
from matcalc.documents.context.facts import Doubts, reach_of
from matcalc.documents.context.outline import Line
from matcalc.documents.context.phrases import Description, tokens_of
from matcalc.documents.context.wording import Wording
from matcalc.patterns import pattern

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


def suppositions_in(wording: Wording) -> Iterator[Supposed]:
    """The equations that a sentence supposes."""
    tokens = tokens_of(wording)
    doubts = Doubts(tokens)
    for position, token in enumerate(tokens):
        for line in token.mention.lines if token.mention is not None else ():
            row = line.row
            if line.role != "fact" or row.relation != "=" or row.right is None or row.link:
                continue
            if not doubts.about(position, position + 1):
                start, end, _ = reach_of(wording, tokens, Description((), "", position, position + 1))
                text = f"{row.left.text} = {row.right.text}"
                names = names_used(text, line.notation)
                yield Supposed(row.left.text, row.right.text, names, Said(text, row.left.place()), start, end)


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


def _own(line: Line) -> Iterator[Supposed]:
    left, equals, right = (part.strip(" .,") for part in _WORDS.sub(" ", line.row.condition).partition("="))
    if equals and left and right and "=" not in right:
        text = f"{left} = {right}"
        yield Supposed(left, right, names_used(text, line.notation), Said(text, line.row.left.place()), line.number, line.number + 1)


_WORDS = pattern(
    r"\\(?:text|textrm|mbox|mathrm)\s*\{([^{}]*)\}|\\q?quad|\\[,;:! ]|\b(?:if|when|for|whenever|provided|that|where)\b", re.IGNORECASE
)
