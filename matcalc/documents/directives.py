"""Lines for matcalc in the comments of a document: what they say goes before what its text says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace

from matcalc.base.errors import ParseError
from matcalc.documents.asking import LayoutSaid
from matcalc.documents.context.defined_names import names_used
from matcalc.documents.report import Open
from matcalc.language.declare.declarations import written
from matcalc.language.declare.declared import parse_declarations
from matcalc.verification.items import Settings, declared_again

_ALL: LayoutSaid = "all"


def directed(settings: Settings, directive: str) -> Settings:
    """The settings after a directive. Raises MatcalcError for one that is none, and for declarations that cannot hold."""
    word, _, rest = directive.strip().partition(" ")
    changed = settings.changed(word, rest)
    if changed is None:
        raise ParseError("this is no directive: declare, layout, symmetric or expect")
    if changed.declare != settings.declare:
        named = frozenset(name for one in written(rest) for name in one.names)
        parse_declarations("; ".join(_about(named, changed.declare)))
    return changed


def settled(found: Open, settings: Settings) -> Open:
    """A claim as the directives before it want it asked."""
    if found.entry.role != "claim" or settings == Settings():
        return found
    question = []
    for asked in found.question:
        names = names_used(asked.statement, found.entry.notation)
        declare = asked.declare
        for said in _about(names, settings.declare):
            declare = "; ".join(declared_again((declare,) if declare else (), said))
        chosen = settings.layout != "denominator"
        layout, known = (settings.layout, _ALL) if chosen else (asked.layout, asked.layout_said)
        symmetric = settings.symmetric if settings.symmetric != "projected" else asked.symmetric
        question.append(replace(asked, declare=declare, layout=layout, layout_said=known, symmetric=symmetric))
    return Open(replace(found.entry, expected=settings.expected), tuple(question))


def _about(names: Set[str], declarations: Sequence[str]) -> Iterator[str]:
    """The declarations of these names: a size that is named beside another letter must not be taken for a letter of the claim."""
    for said in declarations:
        for one in written(said):
            mine = [name for name in one.names if name in names]
            if mine:
                yield one.text if len(mine) == len(one.names) else f"{', '.join(mine)}: {one.value}"
