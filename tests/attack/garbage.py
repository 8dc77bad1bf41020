"""``python -m tests.attack.garbage --count 100000``: texts that nobody should type, through everything that reads text.

Number k is one text, given to one call: parse, derive, verify, a derivative's code, steps and so on. Each call answers or raises
MatcalcError, within its budget of processor time and of memory. Exit status 1 when one does not.
"""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import click

import matcalc
from matcalc.base.errors import MatcalcError
from tests.attack.running import MEGABYTE, Limits, Outcome, report
from tests.attack.texts import DECLARATIONS, text

Call: TypeAlias = Callable[[str, dict[str, Any], random.Random], Any]


def _parse(given: str, options: dict[str, Any], chooser: random.Random) -> Any:
    found = matcalc.parse(given, **options)
    return str(found), found.latex()


def _derive(given: str, options: dict[str, Any], chooser: random.Random) -> Any:
    return str(_derivation(given, options, chooser))


def _derivation(given: str, options: dict[str, Any], chooser: random.Random) -> Any:
    try:
        names = sorted(matcalc.parse(given, **options).declarations)
    except MatcalcError:
        names = []
    wrt = (
        chooser.choice(names) if names and chooser.randrange(20) else chooser.choice(("x", "X", "A", "", "x x", "d", "sin", "é"))
    )
    order, layout = 1 + (chooser.randrange(5) == 0), chooser.choice(("denominator", "numerator"))
    return matcalc.derive(given, wrt, order=order, layout=layout, **options)


_CLAIMS = ("d({})/dx = x", "{} = {}", "{} = 0", "d({})/dX = 0", "2*({}) = {}", "{} = x", "({})' = {}")


def _verify(given: str, options: dict[str, Any], chooser: random.Random) -> Any:
    if "=" not in given:
        given = chooser.choice(_CLAIMS).replace("{}", given)
    verdict = matcalc.verify(given, **options)
    return verdict.explain(), verdict.to_dict()


def _presented(given: str, options: dict[str, Any], chooser: random.Random) -> Any:
    found = _derivation(given, options, chooser)
    return found.latex(), found.index_form, found.to_dict(), found.text("ascii"), found.conditions


def _steps(given: str, options: dict[str, Any], chooser: random.Random) -> Any:
    return [step.text for step in _derivation(given, options, chooser).steps]


def _code(given: str, options: dict[str, Any], chooser: random.Random) -> Any:
    return _derivation(given, options, chooser).code(chooser.choice(("numpy", "torch", "jax")))


def _function(given: str, options: dict[str, Any], chooser: random.Random) -> Any:
    found = _derivation(given, options, chooser)
    return found.function("numpy")(**{name: _value(kind) for name, kind in found.declarations.items()})


def _value(kind: str) -> Any:
    """Small arrays of about the right number of axes: what does not fit is an error of matcalc's."""
    if kind.startswith("scalar"):
        return 0.5
    sizes = kind.split()[0].split("×")
    array: Any = 0.5
    for _ in reversed(sizes):
        array = [array, array]
    return array


def _vjp(given: str, options: dict[str, Any], chooser: random.Random) -> Any:
    return str(matcalc.vjp(given, chooser.choice(("x", "X", "A")), **options))


def _differential(given: str, options: dict[str, Any], chooser: random.Random) -> Any:
    return str(matcalc.differential(given, chooser.choice(("x", "X", "A")), **options))


def _sympy(given: str, options: dict[str, Any], chooser: random.Random) -> Any:
    return matcalc.parse(given, **options).sympy()


CALLS: Mapping[str, Call] = {
    "parse": _parse,
    "derive": _derive,
    "verify": _verify,
    "present": _presented,
    "steps": _steps,
    "code": _code,
    "function": _function,
    "vjp": _vjp,
    "differential": _differential,
    "sympy": _sympy,
}
_WEIGHTS = (6, 8, 8, 1, 1, 1, 1, 1, 1, 1)
BUDGETS = {"parse": 3.0, "verify": 8.0, "derive": 12.0}
"""Seconds of processor time that a call may use, with slack for a busy machine."""
_BUDGET = 20.0
"""For the others, which are two calls with a budget of 8 s each: a derivation, and then its code, its function or its steps."""


def attack(number: int, seed: int = 0, calls: Mapping[str, Call] = CALLS, slack: float = 1.0) -> Outcome:
    """One text through one call."""
    case = drawn(number, seed, calls)
    began = time.process_time()
    faults = []
    try:
        calls[case.call](case.given, case.options, case.chooser)
        outcome = "answered"
    except MatcalcError as error:
        outcome = "refused"
        if "internal error" in str(error):
            faults.append(f"internal error: {error}")
    except Exception as error:
        outcome = "crashed"
        faults.append(f"{type(error).__name__}: {error}\n" + "".join(traceback.format_tb(error.__traceback__)[-3:]))
    spent = time.process_time() - began
    if spent > slack * BUDGETS.get(case.call, _BUDGET):
        faults.append(f"slow: {spent:.1f} s")
    return Outcome((outcome, f"{case.call} {outcome}"), tuple([f"{case}\n{fault}" for fault in faults]))


@dataclass(frozen=True)
class Case:
    """A text, the kind of garbage that it is, and the call that it is given to; the call makes its own choices."""

    call: str
    given: str
    kind: str
    options: dict[str, Any]
    chooser: random.Random

    def __str__(self) -> str:
        declared = f", {shortened(str(self.options))}" if self.options else ""
        return f"{self.call} of {shortened(self.given)!r} ({self.kind}, {len(self.given)} characters){declared}"


def drawn(number: int, seed: int = 0, calls: Mapping[str, Call] = CALLS) -> Case:
    """The case of this number."""
    chooser = random.Random(f"{seed}/{number}/call")
    given, kind = text(seed, number)
    name = chooser.choices(list(calls), _WEIGHTS if calls is CALLS else None)[0]
    options: dict[str, Any] = {} if chooser.randrange(4) else {"declare": chooser.choice(DECLARATIONS)}
    return Case(name, given, kind, options, chooser)


def shortened(given: str, most: int = 160) -> str:
    return given if len(given) <= most else f"{given[: most // 2]} … {given[-most // 2 :]}"


@click.command(help=__doc__)
@click.option("--count", default=100_000, show_default=True, help="Number of texts.")
@click.option("--seed", default=0, show_default=True)
@click.option("--start", default=0, show_default=True, help="Number of the first text, to run one again.")
@click.option("--workers", default=1, show_default=True)
@click.option("--seconds", default=60.0, show_default=True, help="Time on the clock for one text; then it counts as hung.")
@click.option("--megabytes", default=500, show_default=True, help="Resident memory that a worker may reach.")
@click.option("--slack", default=1.0, show_default=True, help="Budgets of processor time are multiplied by this.")
def main(count: int, seed: int, start: int, workers: int, seconds: float, megabytes: int, slack: float) -> None:
    again = f"python -m tests.attack.garbage --seed {seed}"
    limits = Limits(seconds, megabytes * MEGABYTE)
    task = partial(attack, seed=seed, slack=slack)
    summary = report(
        "garbage", range(start, start + count), task, workers, limits, again, lambda number: str(drawn(number, seed))
    )
    raise SystemExit(1 if summary.faults else 0)


if __name__ == "__main__":
    main()
