"""The words around each formula of a document, in one pass over its pieces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from matcalc.base.lazy import pattern
from matcalc.documents.pieces import Break, Closing, Formula, Heading, Listing, Opening, Piece, Words
from matcalc.documents.roles import Around

_END = pattern(r"[.!?](?=\s|$)(?<!i\.e\.)(?<!e\.g\.)(?<!\bcf\.)(?<!w\.r\.t\.)(?<!s\.t\.)(?<!\beq\.)(?<!resp\.)")
_LONGEST = 1000
_DEEPEST = 50
_MOST_AFTER = 12
"""Pieces behind a formula that are looked at for its sentence."""


@dataclass(slots=True)
class _State:
    sentence: str = ""
    opened: list[str] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    """How often each name is among the ``opened``."""
    displayed: bool = False
    """Whether the last thing was a display: a capital letter behind it begins a sentence."""
    ended: bool = False
    """Whether a paragraph ended without a full stop: only a display goes on with its sentence."""

    @property
    def inside(self) -> tuple[str, ...]:
        """What is open, of very much the innermost."""
        return tuple(self.opened[-_DEEPEST:])

    def open(self, name: str) -> None:
        """Begins a block."""
        self.opened.append(name)
        self.names[name] += 1
        self.sentence = ""

    def close(self, name: str) -> None:
        """Ends a block, with all that is open in it."""
        outside = max(0, self.names[name] - 1)
        while self.names[name] > outside:
            self.names[self.opened.pop()] -= 1
        self.sentence = ""

    def go_on(self) -> None:
        """Begins a sentence with what comes, if a paragraph ended before it."""
        self.sentence = "" if self.ended else self.sentence
        self.ended = False

    def say(self, text: str) -> None:
        """Adds words; of these what stands behind the last end of a sentence."""
        if text.strip():
            self.go_on()
        if self.displayed and text.strip():
            self.sentence = "" if text.lstrip()[0].isupper() else self.sentence
            self.displayed = False
        end = 0
        for found in _END.finditer(text):
            end = found.end()
        self.sentence = text[end:][-_LONGEST:] if end else (self.sentence + text[-_LONGEST:])[-_LONGEST:]


def surroundings(pieces: Sequence[Piece]) -> Iterator[tuple[Formula, Around]]:
    """The formulas in reading order, each with what stands around it; ``known`` and what depends on it are left empty."""
    state = _State()
    for position, piece in enumerate(pieces):
        if isinstance(piece, Formula):
            if not piece.display:
                state.go_on()
            state.ended = False
            after = _after(pieces, position) if not _ends(piece) else ""
            yield piece, Around(state.sentence.strip(), after, piece.display, piece.environment, piece.notation, state.inside)
            if _ends(piece):
                state.sentence = ""
            else:
                state.say(f" ${piece.text.text.strip()[:_LONGEST]}$ ".replace(".", "·"))
                state.displayed = piece.display
        elif isinstance(piece, Words):
            state.say(piece.text.text)
        elif isinstance(piece, Heading | Listing):
            state.sentence = ""
        elif isinstance(piece, Break):
            state.ended = not state.sentence.rstrip().endswith((":", ","))
        elif isinstance(piece, Opening):
            state.open(piece.name)
        elif isinstance(piece, Closing):
            state.close(piece.name)


def _ends(formula: Formula) -> bool:
    """Whether a formula ends its sentence."""
    return formula.text.text.rstrip().rstrip("}\\ ").endswith(".")


def _after(pieces: Sequence[Piece], position: int) -> str:
    """The words behind a formula up to the end of its sentence."""
    said: list[str] = []
    for piece in pieces[position + 1 : position + 1 + _MOST_AFTER]:
        if isinstance(piece, Words):
            end = _END.search(piece.text.text)
            said.append(piece.text.text[: end.start()] if end else piece.text.text)
            if end:
                break
        elif isinstance(piece, Formula) and not piece.display:
            said.append(f"${piece.text.text.strip()}$")
        else:
            break
    return "".join(said).strip()[:_LONGEST]
