"""The rows of a whole document with what each is for, in reading order: what a name stands for is known to the rows behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import pattern
from matcalc.documents.context.prose import vocabulary
from matcalc.documents.context.written_names import names_in
from matcalc.documents.heads import head_of, letters_in
from matcalc.documents.pieces import Directive, Formula, Heading, Notation, Piece
from matcalc.documents.roles import Role, is_written_out, named_by, role_of
from matcalc.documents.rows import Row, rows
from matcalc.documents.shapes import inverted, is_of_chance, is_one_derivative
from matcalc.documents.surroundings import surroundings
from matcalc.documents.symbols import Named, symbols_of
from matcalc.documents.values import value_given
from matcalc.language.declare.declared import parse_declarations


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
    """The names that stand for something: to the end of their section, those of a section on notation to the end."""

    def __init__(self) -> None:
        self._levels = [0]
        self.known = Named()

    def begin(self, title: str, level: int) -> None:
        """Begins a section."""
        level = max(level, 1)
        while self._levels[-1] >= level:
            self._levels.pop()
        self.known.begin(len(self._levels), everywhere=vocabulary().is_setting(title.lower()))
        self._levels.append(level)

    def declare(self, directive: str) -> None:
        """Takes in the names of which a line for matcalc states facts: what equations say of these follows from them."""
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
        found = named_by(row, notation)
        whole = inverted(row.left.text)
        if whole is not None and (head := head_of(whole, notation)) is not None:
            self.known.add(head.name)
        elif found is not None:
            text = found[2].text
            opaque = is_of_chance(text) or "I" in names_in(text, notation) or not symbols_of(text, notation)
            self.known.add(found[0].name, found[0].arguments, None if opaque else symbols_of(text, notation))
            if not found[0].arguments and is_one_derivative(text):
                self.known.add_derivative(found[0].name, everywhere=_LAYER.search(found[1].text) is not None)
