r"""First-order conditions in other words, and their solutions.

``\hat w = (X^\top X)^{-1} X^\top y`` behind ``\nabla L(w) = 0`` is right if it makes that zero, and ``X^\top X w = X^\top y``
if the difference of its sides is a multiple of the derivative, or of what was said to be zero before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice

from matcalc.documents.context.definitions import Definition, names_used
from matcalc.documents.context.names import names_at, names_in
from matcalc.documents.context.outline import Line
from matcalc.documents.context.structure import reached, structure_of
from matcalc.documents.context.survey import Context
from matcalc.documents.heads import head_of
from matcalc.documents.rows import Row
from matcalc.documents.sentences import cue_table
from matcalc.documents.shapes import is_derivative, is_zero

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


def follows_condition(line: Line, context: Context) -> bool:
    """Whether the row before is a derivative that is set to zero: ``Setting \\nabla L(w) = 0 gives`` says that this one follows."""
    before = bisect_left(context.conditions, line.number, key=lambda one: one.number)
    last = context.conditions[before - 1] if before else None
    return last is not None and last.number == line.number - 1 and is_derivative(last.row.text)


_MOST_MULTIPLES, _NEAR = 3, 8
"""Conditions and functions that one equation is compared with, and rows up to which a condition before it counts."""


def restated(line: Line, context: Context) -> Iterator[tuple[str, tuple[Definition, ...]]]:
    """The statements that the difference of two sides is what was said to be zero before, or a derivative, up to a factor."""
    row = line.row
    if row.right is None or row.relation != "=" or line.notation != "latex" or is_derivative(row.text):
        return
    if row.link and is_zero(row.right.text):
        return  # that what was found is to be zero says nothing new
    difference = _difference(row)
    yield from islice((*_as_before(line, difference, context), *_as_derivative(line, difference, context)), _MOST_MULTIPLES)


def _difference(row: Row) -> str:
    """The difference of the sides of an equation, those beside its own sign."""
    right = "" if row.right is None else row.right.text
    return row.left.text if is_zero(right) else right if is_zero(row.left.text) else rf"{row.left.text} - \left({right}\right)"


def _as_before(line: Line, difference: str, context: Context) -> Iterator[tuple[str, tuple[Definition, ...]]]:
    """The comparison with the condition before a row, which it goes on with."""
    before = bisect_left(context.conditions, line.number, key=lambda one: one.number)
    last = context.conditions[before - 1] if before else None
    if last is None or line.number - last.number > _NEAR or last.notation != line.notation:
        return
    said = _difference(context.scripts.ordered(last).row)
    if not is_derivative(said) and names_in(said) >= names_in(difference):
        yield f"{said} = {difference}", ()


def _as_derivative(line: Line, difference: str, context: Context) -> Iterator[tuple[str, tuple[Definition, ...]]]:
    """The comparison with the derivatives of functions before a row that are made of the names in it."""
    used = names_used(difference, line.notation) - frozenset(cue_table()["names"]["constants"])
    for function, variable in dict.fromkeys(_conditions(line, context)):
        names = names_used(function.value, function.notation)
        written = next((function.value[at.start : at.end] for at in names_at(function.value) if at.name == variable), None)
        if written is None or variable not in used or not used <= names | {variable}:
            continue
        around = reached(names - {variable}, context.behind(names - {variable, function.name}, line), {variable, function.name})
        yield f"{function.written}({written}) = {function.value}; \\nabla {function.written}({written}) = {difference}", around
