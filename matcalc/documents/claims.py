"""A claim of a document and its context as the statements that are asked about, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from matcalc.documents.asking import Asked, Said
from matcalc.documents.context.definitions import Definition, names_used
from matcalc.documents.context.kept_facts import kept_facts
from matcalc.documents.context.outline import Line
from matcalc.documents.context.structure import Structure, needed, structure_of
from matcalc.documents.context.survey import Context
from matcalc.documents.context.twofold_names import told_apart
from matcalc.documents.context.unknown_functions import opened
from matcalc.documents.context.usual_functions import without_usual
from matcalc.errors import UnknownFunctionError


def asked_of(line: Line, context: Context) -> Sequence[Asked]:
    """The statements that a row may be, each with what the document says of its symbols.

    Raises MatcalcError for a row that says something of a function that nobody defined.
    """
    found: dict[tuple[str, str], Asked] = {}
    for one in _readings(line, context):
        found.setdefault((one.statement, one.declare), one)
    return tuple(found.values())


def _readings(line: Line, context: Context) -> Iterator[Asked]:
    row = line.row
    assert row.right is not None
    equation = f"{row.first.text} = {row.right.text}"
    names = names_used(equation, line.notation)
    equation, whole = told_apart(equation, context.behind(names, line), line.notation)
    names = names_used(equation, line.notation)
    structure = structure_of(equation, whole, context.facts.names())
    if structure is None:
        yield _asked(equation, whole, line, context)
        return
    whole = _with_unknown(structure, whole, context, line)
    first = needed(structure, whole, names)
    if not (structure.by or structure.differential):
        first, whole = whole, first
    for definitions, kinds in ((first, False), (whole, False), (first, True)):
        yield _asked(equation, definitions, line, context, kinds=kinds)
        fewer = without_usual(definitions)
        if len(fewer) < len(definitions):
            yield replace(_asked(equation, fewer, line, context, kinds=kinds), instead=True)


def _with_unknown(structure: Structure, whole: Sequence[Definition], context: Context, line: Line) -> tuple[Definition, ...]:
    """The definitions, with one for a function that the document leaves open.

    Raises UnknownFunctionError for the derivative of a name that stands for nothing: any equation of such derivatives seems to hold.
    """
    known = {one.name for one in whole}
    found: list[Definition] = []
    for name in sorted({one.name for one in structure.all_derived} - known - structure.by):
        declaration, _ = context.facts.at(name, line.number)
        if declaration is not None and declaration.kind == "function":
            continue
        one = opened(name, structure, whole, line)
        if one is None:
            raise UnknownFunctionError(f"{name} is differentiated, and the document does not say what it is")
        found.append(one)
    return (*whole, *found) if found else tuple(whole)


def _asked(equation: str, definitions: Sequence[Definition], line: Line, context: Context, *, kinds: bool = False) -> Asked:
    statement = "; ".join([*(one.text for one in definitions), equation])
    defined = {one.name for one in definitions}
    names = names_used(statement, line.notation) - defined
    declare, said = context.declared(names, line.number, kinds=kinds)
    told = {name: found for name in sorted(defined) if (found := context.facts.at(name, line.number)[0]) is not None}
    kept = kept_facts(definitions, told, declare, names & context.facts.names())
    declare = "; ".join([*([declare] if declare else []), *(f"{name}: {fact}" for name, fact in kept.more.items())])
    layout, layout_said = context.layouts.at(line.number)
    symmetric, symmetric_said = context.symmetric.at(line.number)
    rests_on: tuple[Said, ...] = (*(one.said for one in definitions), *said, *layout_said, *symmetric_said)
    return Asked(statement, declare, layout, symmetric, rests_on, lossy=bool(kept.lost))
