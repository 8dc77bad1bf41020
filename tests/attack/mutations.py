"""``python -m tests.attack.mutations --count 2000``: own answers as claims, and the same with a mistake in them.

Number k is one true claim (an answer of ``derive``, or a shipped identity) and one wrong one made from it. NumPy decides whether the wrong
one is wrong. Faults: a true claim that is refuted or cannot be read; a wrong one that is proved, confirmed or cannot be read; a
counterexample that has not the declared facts, or does not separate the sides. Exit status 1 when there is any.
"""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import click

import matcalc
from matcalc.base.errors import LimitError, MatcalcError
from matcalc.expr import nodes as e
from tests.attack.claims import Claim, claim
from tests.attack.judging import differ, faults_of_counterexample
from tests.attack.mutants import Mutant, mutants
from tests.attack.running import Limits, Outcome, report

_TRIES = 12
KEPT = 100
"""Inputs that are kept for other verifiers."""

Verify = Callable[..., Any]


def attack(number: int, seed: int = 0, verify: Verify = matcalc.verify) -> Outcome:
    """One true claim and one wrong one."""
    found, mutant = _claim_and_mutant(seed, number)
    if found is None:
        return Outcome(("no claim",))
    own = judged(found, found.right, True, "own answer", verify)
    if mutant is None:
        return Outcome((*own.counts, "no mutant"), own.faults)
    wrong = judged(found, mutant.expression, False, "mutant", verify, mutant.kind)
    return Outcome(own.counts + wrong.counts, own.faults + wrong.faults)


@lru_cache(maxsize=KEPT)
def _claim_and_mutant(seed: int, number: int) -> tuple[Claim | None, Mutant | None]:
    found = claim(seed, number)
    return found, None if found is None else chosen(found, seed, number)


def judged(found: Claim, right: e.Expr, true: bool, what: str, verify: Verify, kind: str = "") -> Outcome:
    """The verdict on ``left = right``, which is known to be true or false, and what is wrong with the verdict."""
    statement = found.statement(right)
    status, detail, verdict = _verdict(found, statement, verify)
    where = f"{what}{f' ({kind})' if kind else ''} {status}: {_described(found, statement)}{detail}"
    bad = ("refuted", "conditional", "refused", "crashed") if true else ("proved", "confirmed", "refused", "crashed")
    faults = [where] if status in bad else []
    if not true and not faults and verdict is not None and right.shape == found.right.shape:
        faults += _faults_of_refutation(found, right, verdict, where)
    return Outcome((f"{what} {status}",), tuple(faults))


def _faults_of_refutation(found: Claim, right: e.Expr, verdict: Any, where: str) -> list[str]:
    if verdict.status == "undecided":
        return []
    if verdict.counterexample is None:
        return [f"no counterexample: {where}"]
    wrong = faults_of_counterexample(found, right, verdict.counterexample)
    return [f"counterexample: {fault}\n{where}\n{verdict.counterexample}" for fault in wrong[:1]]


def chosen(found: Claim, seed: int, number: int) -> Mutant | None:
    """A mutant that differs numerically; all kinds of mistakes that fit are equally likely."""
    chooser = random.Random(f"{seed}/{number}/mutant")
    by_kind: dict[str, list[Mutant]] = {}
    for mutant in mutants(found.right):
        by_kind.setdefault(mutant.kind, []).append(mutant)
    kinds = sorted(by_kind)
    for _ in range(_TRIES if kinds else 0):
        among = by_kind[kinds[chooser.randrange(len(kinds))]]
        mutant = among[chooser.randrange(len(among))]
        if differ(found, mutant.expression, number):
            return mutant
    return None


def _verdict(found: Claim, statement: str, verify: Verify) -> tuple[str, str, Any]:
    """The status, what is to be said about it, and the verdict."""
    try:
        verdict = verify(statement, declare=found.declare, layout=found.layout, symmetric=found.symmetric)
    except LimitError:
        return "undecided", "", None
    except MatcalcError as error:
        return "refused", f"\n{type(error).__name__}: {error}", None
    except Exception as error:
        return "crashed", f"\n{type(error).__name__}: {error}\n" + "".join(traceback.format_tb(error.__traceback__)[-3:]), None
    return verdict.status, f"\n{verdict.reason}", verdict


def _described(found: Claim, statement: str) -> str:
    ways = "".join(f", {way}" for way in (found.layout, found.symmetric) if way not in ("denominator", "projected"))
    declared = (
        found.declare
        if isinstance(found.declare, str)
        else "; ".join(f"{name}: {kind}" for name, kind in (found.declare or {}).items())
    )
    return f"{statement}{ways}  where  {declared}  ({found.origin})"


@click.command(help=__doc__)
@click.option("--count", default=2000, show_default=True, help="Number of pairs of claims.")
@click.option("--seed", default=0, show_default=True)
@click.option("--start", default=0, show_default=True, help="Number of the first pair, to run one again.")
@click.option("--workers", default=1, show_default=True)
@click.option("--seconds", default=40.0, show_default=True, help="Time for one pair; then it counts as hung.")
def main(count: int, seed: int, start: int, workers: int, seconds: float) -> None:
    again = f"python -m tests.attack.mutations --seed {seed}"
    limits = Limits(seconds=seconds, memory=1 << 30)
    summary = report("mutations", range(start, start + count), partial(attack, seed=seed), workers, limits, again)
    raise SystemExit(1 if summary.faults else 0)


if __name__ == "__main__":
    main()
