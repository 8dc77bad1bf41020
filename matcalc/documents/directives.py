"""Lines for matcalc in the comments of a document: what they say goes before what its text says."""

from __future__ import annotations

from dataclasses import replace

from matcalc.documents.report import Open
from matcalc.errors import ParseError
from matcalc.language.declare.texts import parse_declarations
from matcalc.verification.items import Settings, declared_again


def directed(settings: Settings, directive: str) -> Settings:
    """The settings after a directive. Raises MatcalcError for one that is none, and for declarations that cannot hold."""
    word, _, rest = directive.strip().partition(" ")
    changed = settings.changed(word, rest)
    if changed is None:
        raise ParseError("this is no directive: declare, layout, symmetric or expect")
    if changed.declare != settings.declare:
        parse_declarations("; ".join(changed.declare))
    return changed


def settled(found: Open, settings: Settings) -> Open:
    """A claim as the directives before it want it asked."""
    if found.entry.role != "claim" or settings == Settings():
        return found
    question = []
    for asked in found.question:
        declare = asked.declare
        for said in settings.declare:
            declare = "; ".join(declared_again((declare,) if declare else (), said))
        layout = settings.layout if settings.layout != "denominator" else asked.layout
        symmetric = settings.symmetric if settings.symmetric != "projected" else asked.symmetric
        question.append(replace(asked, declare=declare, layout=layout, symmetric=symmetric))
    return Open(replace(found.entry, expected=settings.expected), tuple(question))
