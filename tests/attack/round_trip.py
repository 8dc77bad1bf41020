"""``python -m tests.attack.round_trip --count 3000``: random expressions, printed and read back, in ASCII, Unicode and LaTeX.

Number k is one expression. Its text with brackets around every part is read to an expression of the same value; what was read prints, in
every spelling, as a text that is read as the same object again, with its declarations. Exit status 1 when one is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import click
import numpy as np

from matcalc.base.errors import MatcalcError
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import find_point
from matcalc.expr import nodes as e
from matcalc.language import elaborate
from matcalc.printing import latex, text
from tests.attack.bracketed import bracketed
from tests.attack.printed import Printed, drawn
from tests.attack.running import MEGABYTE, Limits, Outcome, report

SPELLINGS: Mapping[str, Callable[[e.Expr], str]] = {
    "ascii": lambda expression: text(expression, "ascii"),
    "unicode": lambda expression: text(expression, "unicode"),
    "latex": lambda expression: f"${latex(expression)}$",
    "bold": lambda expression: f"${latex(expression, bold=True)}$",
}


def attack(number: int, seed: int = 0, spellings: Mapping[str, Callable[[e.Expr], str]] = SPELLINGS) -> Outcome:
    """One expression in every spelling."""
    case = drawn(number, seed)
    first = bracketed(case.expression)
    try:
        given = elaborate(first, case.declared).expression
    except MatcalcError as error:
        return Outcome((case.kind,), (f"{case.kind}: not read: {first}\n{_where(case)}\n{error}",))
    faults = [f"{case.kind}: another value: {first}\n{_where(case)}"] * (not same_value(case.expression, given))
    for spelling, shown in spellings.items():
        printed = shown(given)
        wrong = _wrong(given, printed, case.declared)
        if wrong is not None:
            faults.append(f"{case.kind}, {spelling}: {printed}\n{_where(case)}\nof {first}\n{wrong}")
    return Outcome((case.kind, "the same tree" if given is case.expression else "an equal tree"), tuple(faults))


def _wrong(given: e.Expr, printed: str, declared: Mapping[str, str]) -> str | None:
    try:
        found = elaborate(printed, declared).expression
    except MatcalcError as error:
        return f"not read: {error}"
    return None if found is given else f"read as {text(found, 'ascii')}"


def _where(case: Printed) -> str:
    return "where " + "; ".join(f"{name}: {kind}" for name, kind in case.declared.items())


def same_value(one: e.Expr, other: e.Expr) -> bool:
    """Whether two expressions have the same value at a random point; expressions that have no value anywhere near count as the same."""
    if one is other:
        return True
    if one.shape != other.shape:
        # Of an index that nothing is indexed by the size does not stand in the text.
        return isinstance(one, e.IndexArray) and len(one.shape) == len(other.shape)
    with np.errstate(all="ignore"):
        try:
            point = find_point([one, other], 1)
            if point is None:
                return True
            values = [evaluate(expression, point.values, point.sizes) for expression in (one, other)]
        except MatcalcError:
            return True
    return bool(np.allclose(*values, rtol=1e-6, equal_nan=True))


@click.command(help=__doc__)
@click.option("--count", default=3000, show_default=True, help="Number of expressions.")
@click.option("--seed", default=0, show_default=True)
@click.option("--start", default=0, show_default=True, help="Number of the first expression, to run one again.")
@click.option("--workers", default=1, show_default=True)
@click.option("--seconds", default=60.0, show_default=True, help="Time on the clock for one expression; then it counts as hung.")
def main(count: int, seed: int, start: int, workers: int, seconds: float) -> None:
    again = f"python -m tests.attack.round_trip --seed {seed}"
    limits = Limits(seconds, 1000 * MEGABYTE)
    summary = report("round trip", range(start, start + count), partial(attack, seed=seed), workers, limits, again, most=400)
    raise SystemExit(1 if summary.faults else 0)


if __name__ == "__main__":
    main()
