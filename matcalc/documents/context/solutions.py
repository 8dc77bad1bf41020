r"""Solutions of first-order conditions: ``\hat w = (X^\top X)^{-1} X^\top y`` behind ``\nabla L(w) = 0`` is right if it makes that zero."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice

from matcalc.documents.context.definitions import Definition, names_used
from matcalc.documents.context.names import names_at
from matcalc.documents.context.outline import Line
from matcalc.documents.context.structure import reached, structure_of
from matcalc.documents.context.survey import Context
from matcalc.documents.heads import head_of

_MOST_CONDITIONS, _MOST_FUNCTIONS = 50, 200
"""Conditions, and functions, before a solution that it may be that of."""


def substituted(line: Line, context: Context) -> tuple[str, tuple[Definition, ...]] | None:
    """The statement that a solution makes the derivative zero, and what it rests on; None where no condition for it is known."""
    row = line.row
    head = head_of(row.left.text, line.notation)
    if head is None or row.right is None or line.notation != "latex":
        return None
    for function, variable in _conditions(line, context):
        if _stem(variable) != _stem(head.name):
            continue
        written = next((function.value[at.start : at.end] for at in names_at(function.value) if at.name == variable), None)
        if written is None:
            continue
        names = names_used(f"{function.value} + {row.right.text}", line.notation) - {variable, function.name, head.name}
        around = reached(names, context.behind(names, line), {variable, function.name, head.name})
        one = f"{function.written}({written}) = {function.value}"
        return f"{one}; \\nabla {function.written}({row.right.text}) = 0", around
    return None


def _conditions(line: Line, context: Context) -> Iterator[tuple[Definition, str]]:
    """The functions that were to be minimised before a row, with their variables, the last first: those of first-order conditions, then
    those that are defined with parameters."""
    before = bisect_left(context.conditions, line.number, key=lambda one: one.number)
    for condition in reversed(context.conditions[max(0, before - _MOST_CONDITIONS) : before]):
        yield from _derived(condition, context)
    for one in islice(context.definitions.functions_before(line.number), _MOST_FUNCTIONS):
        for variable in one.head.arguments:
            yield one, variable


def _derived(condition: Line, context: Context) -> Sequence[tuple[Definition, str]]:
    names = names_used(condition.row.left.text, condition.notation)
    definitions = context.behind(names, condition)
    structure = structure_of(f"{condition.row.left.text} = 0", definitions, context.facts.names)
    if structure is None:
        return []
    known = {one.name: one for one in definitions}
    return [(known[one.name], one.by[0]) for one in structure.derived if one.name in known and len(one.by) == 1]


def _stem(name: str) -> str:
    """The letter of a name: that of ``w_hat`` and ``w_star`` is w."""
    return name.partition("_")[0]
