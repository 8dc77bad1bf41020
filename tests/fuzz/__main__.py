"""``python -m tests.fuzz --count 2000 --oracle jax``: many random derivatives against an independent derivative.

The same seed draws the same expressions. Exit status 1 when an answer is wrong.
"""

from __future__ import annotations

import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import click

from tests.fuzz.checking import Oracle, Result, check, derived, described, differences, facts, operators
from tests.fuzz.expressions import generate, generate_wide
from tests.fuzz.shrinking import shrink
from tests.fuzz.table import TableGrower
from tests.fuzz.vocabulary import Case


def oracle_named(name: str) -> Oracle:
    if name == "differences":
        return differences
    from tests.fuzz.jax_oracle import jax_derivative

    return jax_derivative


def drawn(seed: int, number: int, depth: int, orders: tuple[int, ...]) -> Case:
    """The case of this number; cases do not depend on each other, so any one can be run again alone."""
    return generate(random.Random(f"{seed}/{number}").randrange, depth=depth, orders=orders)


def drawn_wide(
    seed: int, number: int, depth: int, orders: tuple[int, ...], results: tuple[int, int], declared: bool = True
) -> Case:
    """The case of this number, with all functions, facts, layouts and conventions."""
    choose = random.Random(f"{seed}/{number}/wide").randrange
    return generate_wide(choose, depth=depth, orders=orders, results=results, facts=declared, grower=TableGrower)


class TooSlow(BaseException):
    """Raised by the clock; not an Exception, so that nothing on the way takes it for a crash."""


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raises TooSlow after so many seconds of the processor, and again each second, because weak references swallow exceptions."""

    def ring(*_: Any) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@click.command(help=__doc__)
@click.option("--count", default=2000, show_default=True, help="Number of expressions.")
@click.option("--oracle", "oracle_name", type=click.Choice(["jax", "differences"]), default="jax", show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--start", default=0, show_default=True, help="Number of the first expression, to run one again.")
@click.option("--depth", default=3, show_default=True, help="Levels of operations at most.")
@click.option("--orders", default="1", show_default=True, help="Orders of the derivatives, such as 1,2.")
@click.option("--operations", type=click.Choice(["everyday", "all"]), default="all", show_default=True)
@click.option(
    "--facts/--no-facts", "declared", default=True, show_default=True, help="Facts about symbols, with --operations all."
)
@click.option("--results", default="0-2", show_default=True, help="Axes of the results from-to, with --operations all.")
@click.option("--targets", default="numpy", show_default=True, help="What code is compared for, such as numpy,jax.")
@click.option("--seconds", default=60, show_default=True, help="Processor time for one expression; then it counts as slow.")
@click.option("--most", default=5, show_default=True, help="Disagreements that are shrunk and shown.")
def main(
    count: int,
    oracle_name: str,
    seed: int,
    start: int,
    depth: int,
    orders: str,
    operations: str,
    declared: bool,
    results: str,
    targets: str,
    seconds: int,
    most: int,
) -> None:
    oracle = oracle_named(oracle_name)
    answer = partial(derived, targets=targets.split(","))
    wanted = tuple([int(order) for order in orders.split(",")])
    low, _, high = results.partition("-")
    totals: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    used: Counter[str] = Counter()
    orders_of_results: Counter[int] = Counter()
    began = time.monotonic()
    with click.progressbar(range(start, start + count), file=sys.stderr, label="expressions") as numbers:
        for number in numbers:
            if operations == "all":
                case = drawn_wide(seed, number, depth, wanted, (int(low), int(high)), declared)
            else:
                case = drawn(seed, number, depth, wanted)
            used.update(operators(case.expression) | facts(case.expression))
            try:
                with time_limit(seconds):
                    result = check(case, oracle, answer=answer, seed=number)
            except TooSlow:
                totals["slow"] += 1
                click.echo(f"\nslow: number {number}: {described(case)}")
                continue
            orders_of_results[case.result_order] += 1
            totals[result.status] += 1
            if result.status == "refused":
                reason = result.detail.split("\n")[0][:100]
                refusals[reason] += 1
                if refusals[reason] <= 2:
                    click.echo(f"\nrefused: number {number}: {described(case)}\n  {result.detail}")
            elif result.status == "disagreed":
                _report(
                    case, number, partial(check, oracle=oracle, answer=answer), result.detail, shrunk=totals["disagreed"] <= most
                )
    _summary(totals, refusals, used, count, time.monotonic() - began)
    click.echo("axes of results: " + ", ".join(f"{axes}: {number}" for axes, number in sorted(orders_of_results.items())))
    raise SystemExit(1 if totals["disagreed"] else 0)


def _report(case: Case, number: int, checked: Callable[..., Result], detail: str, *, shrunk: bool) -> None:
    click.echo(f"\nDISAGREEMENT: number {number}: {described(case)}")
    if shrunk:
        case = shrink(case, lambda smaller: _disagrees(smaller, number, checked), attempts=150)
        detail = checked(case, seed=number).detail
        click.echo(f"  smallest: {described(case)}")
    click.echo("  " + detail.replace("\n", "\n  "))


def _disagrees(case: Case, number: int, checked: Callable[..., Result]) -> bool:
    try:
        with time_limit(10):
            return checked(case, seed=number).status == "disagreed"
    except TooSlow:
        return False


def _summary(totals: Counter[str], refusals: Counter[str], used: Counter[str], count: int, seconds: float) -> None:
    parts: dict[str, Any] = {status: totals[status] for status in ("agreed", "disagreed", "refused", "slow", "unchecked")}
    click.echo(f"\nran {count}: " + ", ".join(f"{status} {number}" for status, number in parts.items()) + f" ({seconds:.0f} s)")
    for reason, number in sorted(refusals.items()):
        click.echo(f"  refused with {reason}: {number}")
    click.echo("operations and facts: " + ", ".join(f"{name} {number}" for name, number in sorted(used.items())))


if __name__ == "__main__":
    main()
