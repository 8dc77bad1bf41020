"""The rows of a whole document with what stands around each and what it is for, in reading
order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import pattern
from matcalc.documents.blocks import (
    Break,
    Closing,
    Directive,
    Formula,
    Heading,
    Listing,
    Nest,
    Notation,
    Opening,
    Piece,
    Placed,
    Role,
    Words,
)
from matcalc.documents.context.wording import words_of
from matcalc.documents.context.written_names import names_in
from matcalc.documents.equation_forms import Around, is_written_out
from matcalc.documents.roles import named_by, role_of
from matcalc.documents.rows import rows
from matcalc.documents.sides import Head, Row, fits, head_of, inverted, is_of_chance, letters_in
from matcalc.documents.symbols import Named, symbols_of, value_given
from matcalc.language.declare.declared import parse_declarations

_END = pattern(r"[.!?](?=\s|$)(?<!i\.e\.)(?<!e\.g\.)(?<!\bcf\.)(?<!w\.r\.t\.)(?<!s\.t\.)(?<!\beq\.)(?<!resp\.)")
_LONGEST = 1000
_DEEPEST = 50
_MOST_AFTER = 12
"""Pieces behind a formula that are looked at for its sentence."""


@dataclass(slots=True)
class _State:
    sentence: str = ""
    nest: Nest[None] = field(default_factory=Nest)
    displayed: bool = False
    """Whether the last thing was a display: a capital letter behind it begins a sentence."""
    ended: bool = False
    """Whether a paragraph ended without a full stop: only a display goes on with its sentence."""

    @property
    def inside(self) -> tuple[str, ...]:
        """What is open, of very much the innermost."""
        return tuple([name for name, _ in self.nest.open[-_DEEPEST:]])

    def go_on(self) -> None:
        """Begins a sentence with what comes, if a paragraph ended before it."""
        self.sentence = "" if self.ended else self.sentence
        self.ended = False

    def say(self, text: str) -> None:
        """Adds words; of these what stands behind the last end of a sentence."""
        if text.strip():
            self.go_on()
            self.sentence = "" if self.displayed and text.lstrip()[0].isupper() else self.sentence
            self.displayed = False
        parts = _END.split(text)
        self.sentence = (parts[-1] if parts[1:] else self.sentence + text)[-_LONGEST:]


def surroundings(pieces: Sequence[Piece]) -> Iterator[tuple[Formula, Around]]:
    """The formulas in reading order, each with what stands around it; ``known`` and what depends on
    it are left empty."""
    state = _State()
    for position, piece in enumerate(pieces):
        match piece:
            case Formula(text=text, display=display):
                if not display:
                    state.go_on()
                state.ended = False
                after = _after(pieces, position) if not _ends(piece) else ""
                yield piece, Around(state.sentence.strip(), after, display, piece.environment, piece.notation, state.inside)
                if _ends(piece):
                    state.sentence = ""
                else:
                    state.say(f" ${text.text.strip()[:_LONGEST]}$ ".replace(".", "·"))
                    state.displayed = display
            case Words(text=text):
                state.say(text.text)
            case Break():
                state.ended = not state.sentence.rstrip().endswith((":", ","))
            case Heading() | Listing():
                state.sentence = ""
            case Opening(name=name):
                state.nest.begin(name, None)
                state.sentence = ""
            case Closing(name=name):
                state.nest.end(name)
                state.sentence = ""
            case _:
                pass


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


def sorted_rows(pieces: Sequence[Piece]) -> Iterator[tuple[Piece, tuple[tuple[Row, Role], ...]]]:
    """Every piece with its rows and their roles; pieces that are no formulas have none."""
    around = iter(surroundings(pieces))
    names = _Names()
    seen: frozenset[str] = frozenset()
    spoken: frozenset[str] = frozenset()
    preceding: Role | None = None
    last: Row | None = None
    for piece in pieces:
        if isinstance(piece, Heading):
            names.begin(piece.text.text, piece.level)
        if isinstance(piece, Directive):
            names.declare(piece.text.text)
        if not isinstance(piece, Formula):
            yield piece, ()
            continue
        _, place = next(around)
        preceding = preceding if place.before else None
        found: list[tuple[Row, Role]] = []
        for row in rows(piece, last):
            above = found[-1][0] if found else None
            role = role_of(row, replace(place, known=names.known, seen=seen, spoken=spoken, preceding=preceding, last=above))
            found.append((row, role))
            names.learn(row, role, piece.notation)
            seen |= letters_in(row.text)
            spoken |= names_in(row.text, piece.notation)
            preceding, last = role, row
        yield piece, tuple(found)


_LAYER = pattern(r"\^\s*(?:\{\s*)?[\[(]?\s*(?:\\ell|[lL])(?![A-Za-z])")


class _Names:
    """The names that stand for something: to the end of their section, those of a section on
    notation to the end."""

    def __init__(self) -> None:
        self._levels = [0]
        self.known = Named()

    def begin(self, title: str, level: int) -> None:
        """Begins a section."""
        level = max(level, 1)
        while self._levels[-1] >= level:
            self._levels.pop()
        self.known.begin(len(self._levels), everywhere=words_of("settings").search(title.lower()) is not None)
        self._levels.append(level)

    def declare(self, directive: str) -> None:
        """Takes in the names of which a line for matcalc states facts: what equations say of these
        follows from them."""
        word, _, said = directive.strip().partition(" ")
        if word != "declare":
            return
        try:
            declared = parse_declarations(said)
        except MatcalcError:
            return  # the directive is left out, and said to be
        for name, declaration in declared.items():
            self.known.declare(name)
            if declaration.properties:
                self.known.add(name)

    def learn(self, row: Row, role: Role, notation: Notation) -> None:
        """Takes in what a row defines, and the value that it gives to a name."""
        value = value_given(row, notation)
        if value is not None:
            self.known.give(value.name, is_array=value.is_array)
        if role not in ("definition", "solution") or is_written_out(row):
            return
        whole = inverted(row.left.text)
        found = named_by(row, notation)
        if whole is not None and (head := head_of(whole, notation)) is not None:
            self.known.add(head.name)
        elif found is not None:
            self._define(*found, notation)

    def _define(self, head: Head, side: Placed, value: Placed, notation: Notation) -> None:
        text = value.text
        opaque = is_of_chance(text) or "I" in names_in(text, notation) or not symbols_of(text, notation)
        self.known.add(head.name, head.arguments, None if opaque else symbols_of(text, notation))
        if not head.arguments and fits(text, "one derivative"):
            self.known.add_derivative(head.name, everywhere=_LAYER.search(side.text) is not None)
