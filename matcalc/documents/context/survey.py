"""One reading of a whole document for what it says, which is then asked row by row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matcalc.documents.asking import Said
from matcalc.documents.context.conventions import Conventions, layouts_in, symmetric_in
from matcalc.documents.context.definitions import Definition, Definitions, definition_in
from matcalc.documents.context.facts import Facts, told_in
from matcalc.documents.context.outline import Line, Numbered, Outline
from matcalc.documents.context.wording import wordings
from matcalc.language.declare.declared import declared_text


@dataclass(frozen=True, slots=True)
class Context:
    """What a document says: asked for the row that it is needed at."""

    facts: Facts
    definitions: Definitions
    layouts: Conventions
    symmetric: Conventions

    def behind(self, names: Iterable[str], line: Line) -> tuple[Definition, ...]:
        """The definitions that names in a row rest on, in an order in which each has its value before it is used."""
        return self.definitions.behind(names, line.number, lambda one: self._stands(one, line))

    def _stands(self, one: Definition, line: Line) -> bool:
        return one.notation == line.notation and not self.facts.introduced_between(one.name, one.number, line.number)

    def declared(self, names: Iterable[str], row: int, *, kinds: bool = False) -> tuple[str, tuple[Said, ...]]:
        """What is known of names at a row, as declarations, and where it is said; with ``kinds`` also the kind that a name has in the
        rest of the document."""
        texts: list[str] = []
        places: list[Said] = []
        for name in sorted(names):
            declaration, said = self.facts.at(name, row)
            if declaration is None and kinds:
                declaration = self.facts.kind(name)
            if declaration is not None and (text := declared_text(declaration)):
                texts.append(f"{name}: {text}")
                places += said
        return "; ".join(texts), tuple(dict.fromkeys(places))


def survey(pieces: Sequence[Numbered]) -> Context:
    """The context of all rows of a document."""
    outline = Outline(pieces)
    read = list(wordings(pieces, outline))
    told = [one for wording in read for one in told_in(wording)]
    defined: list[Definition] = []
    for wording in read:
        for mention in wording.mentions:
            for line in mention.lines:
                found = definition_in(line, (wording.start, wording.reach), wording.spot)
                defined += [] if found is None else [found]
    layouts = [one for wording in read for one in layouts_in(wording)]
    symmetric = [one for wording in read for one in symmetric_in(wording)]
    return Context(Facts(told), Definitions(defined), Conventions(layouts, "denominator"), Conventions(symmetric, "projected"))
