"""Claims whose sides have different shapes, as people write them: a vector for a diagonal matrix, 1 for a vector of ones.

``rules/habits.toml`` says how else such a claim is asked, and in another layout it is asked, too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from matcalc.documents.asking import Asked
from matcalc.documents.shapes import is_derivative
from matcalc.patterns import pattern
from matcalc.resources import read
from matcalc.verification.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Habit:
    """One way of writing: the equation that is meant in each notation, and why the claim does not hold as it stands, unless it does.

    ``of_chains``: only where both sides hold derivatives.
    """

    latex: str
    plain: str
    reason: str
    numerator: str = ""
    holds: bool = False
    of_chains: bool = False

    def equation(self, left: str, right: str, asked: Asked) -> str:
        """The equation that is meant by two sides."""
        form = self.plain if asked.dialect is None else (asked.layout == "numerator" and self.numerator) or self.latex
        return _SIDE.sub(lambda found: left if found[1] == "left" else right, form)


_SIDE = pattern("⟨(left|right)⟩")


@cache
def habits() -> tuple[Habit, ...]:
    """The habits of the file, in the order in which they are tried."""
    return tuple([Habit(**one) for one in tomllib.loads(read("rules", "habits.toml"))["habit"]])


def is_misfit(verdict: Verdict) -> bool:
    """Whether a claim is false because its sides have different shapes."""
    return verdict.status == "refuted" and verdict.counterexample is None


def meant(asked: Asked) -> Iterator[tuple[Habit, Asked]]:
    """A claim whose sides do not fit, as each habit means it."""
    sides = sides_of(asked.statement)
    if sides is None:
        return
    before, left, right = sides
    chained = is_derivative(left) and is_derivative(right)
    for habit in habits():
        if chained or not habit.of_chains:
            yield habit, replace(asked, statement=before + habit.equation(left, right, asked))


def sides_of(statement: str) -> tuple[str, str, str] | None:
    """What stands before the last equation of a statement, and the sides of that; None where it has not two.

    >>> sides_of(r"f(x; t) = t x; \\frac{df}{dx} = t")
    ('f(x; t) = t x; ', '\\\\frac{df}{dx}', 't')
    """
    depth, start = 0, 0
    equals: list[int] = []
    skipped = False
    for at, sign in enumerate(statement):
        if skipped:
            skipped = False
        elif sign == "\\":
            skipped = True
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif not depth and statement.startswith("; ", at):
            start, equals = at + 2, []
        elif not depth and sign == "=":
            equals.append(at)
    if len(equals) != 1:
        return None
    return statement[:start], statement[start : equals[0]].strip(), statement[equals[0] + 1 :].strip()
