"""The reading of least cost among all that fit together: names as they are usually written first, then with runs of letters read otherwise.

A text is read once as it stands. Only where that does not fit, or costs more than reading a run of letters the other way, are other
readings tried: best first, by what the changes cost, each with the kinds that it leads to. Costs of names and of kinds are in one currency
(``matcalc/language/typing/costs.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Generic, TypeVar

from matcalc.base.budgets import spend
from matcalc.base.errors import MatcalcError, ShapeError
from matcalc.base.records import record
from matcalc.language.options import ReadingOptions
from matcalc.language.text.forks import Fork

Read = TypeVar("Read")

_MOST_READINGS = 16
_MOST_CHARACTERS = 20_000
"""Characters read again, over all readings."""
_WORK = 4
"""Units of work for a character."""


@record(eq=False)
class Attempt(Generic[Read]):
    """One reading, or why there is none; its cost without that of the changes, and the runs of letters that could be read otherwise.

    A reading with an ``error`` is not certain, where that is wanted; its cost is that of the reading.
    """

    forks: tuple[Fork, ...]
    cost: float = float("inf")
    read: Read | None = None
    error: MatcalcError | None = None

    def value(self) -> Read:
        """What was read; raises why it could not be."""
        if self.error is not None:
            raise self.error
        assert self.read is not None
        return self.read


def least(attempt: Callable[[frozenset[str]], Attempt[Read]], text: str, options: ReadingOptions) -> Read:
    """The reading of least cost; ``attempt`` reads with these runs of letters read otherwise.

    Only kinds and sizes that do not fit, or that cost too much, are a reason to try others. Where nothing fits, the error is that of the
    usual reading.
    """
    if options.flipped is not None:
        return attempt(options.flipped).value()
    first, length = attempt(frozenset()), len(text)
    forks = sorted(first.forks, key=lambda fork: (fork.cost, fork.run))
    readable = first.read is not None or isinstance(first.error, ShapeError)
    if not forks or not readable or first.cost <= forks[0].cost:
        return first.value()
    best, least_cost = first, first.cost
    left = min(_MOST_READINGS, _MOST_CHARACTERS // max(1, length))
    waiting: list[tuple[float, int, tuple[int, ...]]] = [(forks[0].cost, 0, (0,))]
    while waiting and left > 0:
        cost, last, chosen = heappop(waiting)
        if cost >= least_cost:
            break
        left -= 1
        spend(_WORK * length)
        found = attempt(frozenset([forks[place].run for place in chosen]))
        if cost + found.cost < least_cost:
            best, least_cost = found, cost + found.cost
        if last + 1 < len(forks):
            following = forks[last + 1].cost
            heappush(waiting, (cost + following, last + 1, (*chosen, last + 1)))
            heappush(waiting, (cost - forks[last].cost + following, last + 1, (*chosen[:-1], last + 1)))
    return best.value()
