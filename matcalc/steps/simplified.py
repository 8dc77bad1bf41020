"""The way from an expression to a shorter form, as steps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from matcalc.printing import text
from matcalc.simplifying.shortest_forms import Line
from matcalc.steps.step import ExpressionSide, Step, Steps, Writing


def steps_of(lines: Sequence[Line]) -> Steps:
    """Each form with the one before, below the expression that is given."""
    asked = Writing.of(partial(text, lines[0].expression))
    steps = []
    for before, after in pairwise(lines):
        left, right = (Writing.of(partial(text, line.expression)) for line in (before, after))
        sides = ExpressionSide(before.expression), ExpressionSide(after.expression)
        steps.append(Step(after.rule, left, right, *sides, source=after.source))
    return Steps.of(steps, ("A shorter form of ", asked, "."))
