"""A claim of a document and its context as the statements that are asked about, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matcalc.documents.asking import Asked, Said
from matcalc.documents.context.definitions import Definition, names_used
from matcalc.documents.context.outline import Line
from matcalc.documents.context.structure import Structure, needed, structure_of
from matcalc.documents.context.survey import Context
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
    whole = context.behind(names, line)
    structure = structure_of(equation, whole, context.facts.names())
    if structure is None:
        yield _asked(equation, whole, line, context)
        return
    _check(structure, whole, context, line)
    first = needed(structure, whole, names)
    if not (structure.by or structure.differential):
        first, whole = whole, first
    yield _asked(equation, first, line, context)
    if whole != first:
        yield _asked(equation, whole, line, context)
    yield _asked(equation, first, line, context, kinds=True)


def _check(structure: Structure, definitions: Sequence[Definition], context: Context, line: Line) -> None:
    """Raises UnknownFunctionError for the derivative of a name that stands for nothing: any equation of such derivatives seems to hold."""
    known = {one.name for one in definitions}
    for name in sorted(structure.differentiated - known - structure.by):
        declaration, _ = context.facts.at(name, line.number)
        if declaration is None or declaration.kind != "function":
            raise UnknownFunctionError(f"{name} is differentiated, and the document does not say what it is")


def _asked(equation: str, definitions: Sequence[Definition], line: Line, context: Context, *, kinds: bool = False) -> Asked:
    statement = "; ".join([*(one.text for one in definitions), equation])
    defined = {one.name for one in definitions}
    names = names_used(statement, line.notation) - defined
    declare, said = context.declared(names, line.number, kinds=kinds)
    layout, layout_said = context.layouts.at(line.number)
    symmetric, symmetric_said = context.symmetric.at(line.number)
    rests_on: tuple[Said, ...] = (*(one.said for one in definitions), *said, *layout_said, *symmetric_said)
    return Asked(statement, declare, layout, symmetric, rests_on)
