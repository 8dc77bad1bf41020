"""Claims whose sides have different shapes, as people write them: a vector for a diagonal matrix, 1 for a vector of ones.

``rules/habits.toml`` says how else such a claim is asked, and in another layout it is asked, too.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from matcalc.base.files import read
from matcalc.base.lazy import pattern
from matcalc.documents.asking import Asked
from matcalc.documents.shapes import is_derivative
from matcalc.verification.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Habit:
    """One way of writing, as ``rules/habits.toml`` describes it."""

    reason: str
    latex: str
    plain: str = ""
    numerator: str = ""
    right: str = ""
    holds: bool = False
    primes: bool = False
    of_chains: bool = False
    fits: bool = False

    def concerns(self, left: str, right: str) -> bool:
        """Whether two sides may be written by this habit."""
        if self.primes:
            return _PRIMED.search(left) is not None
        return is_derivative(left) and (is_derivative(right) or not self.of_chains)

    def equation(self, left: str, right: str, asked: Asked) -> str | None:
        """The equation that is meant by two sides; None where they do not look like it."""
        form = self.plain if asked.dialect is None else (asked.layout == "numerator" and self.numerator) or self.latex
        parts = {"left": left, "right": right}
        if self.right:
            found = pattern(self.right).fullmatch(right)
            if found is None:
                return None
            parts |= found.groupdict()
        return _PART.sub(lambda found: parts[found[1]], form) or None


_PART = pattern("⟨([a-z]+)⟩")


@cache
def habits() -> tuple[Habit, ...]:
    """The habits of the file, in the order in which they are tried."""
    return tuple([Habit(**one) for one in tomllib.loads(read("rules", "habits.toml"))["habit"]])


def is_misfit(verdict: Verdict) -> bool:
    """Whether a claim is false because its sides have different shapes."""
    return verdict.status == "refuted" and verdict.counterexample is None


def is_chained(asked: Asked) -> bool:
    """Whether derivatives stand on both sides of a claim."""
    sides = sides_of(asked.statement)
    return sides is not None and is_derivative(sides[1]) and is_derivative(sides[2])


def meant(asked: Asked, fits: bool) -> Iterator[tuple[Habit, Asked]]:
    """A false claim as each habit means it; ``fits``: its sides have the same shape."""
    sides = sides_of(asked.statement)
    if sides is None:
        return
    before, left, right = sides
    for habit in habits():
        if (habit.fits or not fits) and habit.concerns(left, right):
            changed = [_PRIMED.sub(_differential, side) if habit.primes else side for side in (left, right)]
            equation = habit.equation(changed[0], changed[1], asked)
            if equation is not None:
                yield habit, replace(asked, statement=before + equation)


_PRIMED = pattern(
    r"(?P<of>(?:\\left\s*)?\((?:[^()]|\([^()]*\))*\)|\\[A-Za-z]+(?:\s*\{[^{}]*\})?|[A-Za-z])\s*(?:'|\^\s*\{?\\prime\}?)(?!\s*[('])"
)


def _differential(found: re.Match[str]) -> str:
    return rf"\mathrm{{d}}{found['of']} "


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
