r"""Numbers whose square is said to be zero, as that of dual numbers is: an equation with one is meant to first order.

That it holds without the number, and that its derivative by it does, are one equation of the difference E of the sides: for every t,
``E(0) + t E'(0) = 0``.
"""

from __future__ import annotations

from dataclasses import replace

from matcalc.documents.asking import Asked
from matcalc.documents.context.definitions import names_used
from matcalc.documents.context.outline import Line
from matcalc.documents.context.survey import Context
from matcalc.documents.habits import sides_of

_DIFFERENCES = ("E", "G", "K", "Q", "R", "Z")
_FACTORS = ("t", "s", "r", "q", "z")


def to_first_order(one: Asked, line: Line, context: Context) -> Asked:
    """The reading as it is meant with a number whose square is zero; itself without one."""
    sides = sides_of(one.statement)
    names = names_used(one.statement, line.notation)
    found = context.suppositions.square_zero(line, names)
    if sides is None or found is None:
        return one
    before, left, right = sides
    difference = next((name for name in _DIFFERENCES if name not in names), None)
    factor = next((name for name in _FACTORS if name not in names), None)
    if difference is None or factor is None:
        return one
    text = f"{difference}({found.number}) = {left} - ({right}); {difference}(0) + {factor} {difference}'(0) = 0"
    return replace(one.declaring(f"{factor}: scalar"), statement=before + text, rests_on=(*one.rests_on, found.said))
