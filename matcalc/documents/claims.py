"""A claim of a document and its context as the statements that are asked about, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from matcalc.documents.asking import Asked, Said
from matcalc.documents.context.definitions import Definition, names_used
from matcalc.documents.context.kept_facts import kept_facts
from matcalc.documents.context.outline import Line
from matcalc.documents.context.structure import Structure, needed, reached, structure_of, variables
from matcalc.documents.context.survey import Context, How
from matcalc.documents.context.twofold_names import told_apart
from matcalc.documents.context.unknown_functions import opened
from matcalc.documents.context.usual_functions import without_usual
from matcalc.errors import UnknownFunctionError
from matcalc.patterns import pattern


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
        yield _asked(equation, whole, line, context, "told")
        return
    whole = _with_unknown(structure, whole, context, line)
    for definitions, how in _chosen(structure, whole, names):
        yield _asked(equation, definitions, line, context, how)
        fewer = without_usual(definitions)
        if len(fewer) < len(definitions):
            yield replace(_asked(equation, fewer, line, context, how), instead="unanswered")
        if how == "told":
            yield replace(_asked(equation, definitions, line, context, "unsized"), instead="unread")


def _chosen(structure: Structure, whole: Sequence[Definition], names: frozenset[str]) -> Iterator[tuple[tuple[Definition, ...], How]]:
    """Which definitions a claim is asked with, and with which declarations, in the order of the readings.

    Of a derivative first those without which it says something else, so that its formulas stay short, then all but those of its
    variables; these, too, where the claim speaks of what they are made of. Of another equation all, and those of functions alone.
    """
    first = needed(structure, whole, names)
    if not (structure.by or structure.differential):
        yield tuple(whole), "told"
        yield first, "told"
        yield tuple(whole), "kinds"
        return
    free = variables(structure, whole)
    yield first, "told"
    yield reached(names, whole, free), "told"
    if any(one.name in free and one.uses & (names - structure.by) for one in whole):
        yield tuple(whole), "told"
    yield first, "kinds"


def _with_unknown(structure: Structure, whole: Sequence[Definition], context: Context, line: Line) -> tuple[Definition, ...]:
    """The definitions, with one for a function that the document leaves open.

    Raises UnknownFunctionError for the derivative of a name that stands for nothing: any equation of such derivatives seems to hold.
    """
    known = {one.name for one in whole}
    found: list[Definition] = []
    for name in sorted({one.name for one in structure.all_derived} - known - structure.by):
        declaration, _ = context.told(name, line.number)
        if declaration is not None and declaration.kind == "function":
            continue
        one = opened(name, structure, whole, line)
        if one is None:
            raise UnknownFunctionError(f"{name} is differentiated, and the document does not say what it is")
        found.append(one)
    return (*whole, *found) if found else tuple(whole)


def _asked(equation: str, definitions: Sequence[Definition], line: Line, context: Context, how: How) -> Asked:
    statement = "; ".join([*(one.text for one in definitions), equation])
    defined = {one.name for one in definitions}
    names = names_used(statement, line.notation) - defined
    declare, said = context.declared(names - _limits(statement), line.number, how=how)
    told = {name: found for name in sorted(defined) if (found := context.told(name, line.number)[0]) is not None}
    kept = kept_facts(definitions, told, declare, names & context.facts.names())
    declare = "; ".join([*([declare] if declare else []), *(f"{name}: {fact}" for name, fact in kept.more.items())])
    layout, layout_said = context.layouts.at(line.number)
    symmetric, symmetric_said = context.symmetric.at(line.number)
    rests_on: tuple[Said, ...] = (*(one.said for one in definitions), *said, *layout_said, *symmetric_said)
    dialect = "latex" if line.notation == "latex" else None
    return Asked(statement, declare, layout, symmetric, rests_on, lossy=bool(kept.lost), dialect=dialect)


_LIMIT = pattern(r"\\sum[^=]{0,40}=\s*[01]\s*\}?\s*\^\s*\{?\s*([A-Za-z])\b")


def _limits(statement: str) -> frozenset[str]:
    """The names that sums run up to: they are sizes, and no numbers that could be declared."""
    return frozenset(found[1] for found in _LIMIT.finditer(statement))
