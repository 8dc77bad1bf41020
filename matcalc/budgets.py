"""How much work a call may do, counted so that the same input ends in the same way on every machine.

The loops that may grow ``spend`` units as they go, about one for ten microseconds. The clock is a backstop: it is read in ``spend``, every
so many units, never by a signal or a thread. It counts the processor time of the calling thread, so that a busy machine does not change a
verdict. A budget belongs to the outermost call, those within it share it; the budgets of threads are their own.

Where nobody opened a budget, spending costs nothing and ends nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from typing import TypeAlias

from matcalc.errors import LimitError, MatcalcError
from matcalc.limits import UNITS_BETWEEN_LOOKS, UNITS_PER_SECOND

clock = getattr(time, "thread_time", time.monotonic)
"""Seconds of processor time; a browser has only those that pass."""
UNLIMITED = 1 << 62
VARIABLE = "MATCALC_BUDGET"
"""The environment variable with the seconds that a call may take."""


class SpentError(LimitError):
    """The budget of the call, or the share of one of its parts, is spent. What was asked for may well exist."""


class Meter:
    """What is left of a budget. ``allowed`` says how much it was, ``stage`` what is being done with it."""

    __slots__ = ("allowed", "end", "left", "pause", "stage", "work")

    def __init__(self, work: int, end: float, allowed: str) -> None:
        self.work = self.left = work
        self.end = end
        self.allowed = allowed
        self.stage = ""
        self.pause = max(0, work - UNITS_BETWEEN_LOOKS)

    @property
    def used(self) -> int:
        """Units spent so far; more than ``work`` by the last ones."""
        return self.work - self.left

    def look(self) -> None:
        """Raises SpentError when no work is left, or no time."""
        if self.left >= 0 and clock() < self.end:
            self.pause = max(0, self.left - UNITS_BETWEEN_LOOKS)
            return
        self.left = min(self.left, -1)  # what is spent stays spent, whoever catches the error
        self.pause = 0
        raise SpentError(
            f"the budget of {self.allowed} is spent" + (f" while {self.stage}" if self.stage else ""),
            suggestion="a name for a part that is repeated or large, or a larger budget: matcalc.budget(seconds=...), --budget SECONDS",
        )


Allowance: TypeAlias = "tuple[float | None, int | None]"
"""Seconds and units of work that ``budget`` allows; None where it says nothing."""

_meter: ContextVar[Meter | None] = ContextVar("meter", default=None)
_allowance: ContextVar[Allowance] = ContextVar("allowance", default=(None, None))


def spend(units: int = 1) -> None:
    """Counts work that is about to be done. Raises SpentError when the budget does not reach."""
    meter = _meter.get()
    if meter is not None:
        meter.left -= units
        if meter.left < meter.pause:
            meter.look()


def during(stage: str) -> None:
    """Says what is being done from here on, for the message of the error: ``"folding the result"``."""
    meter = _meter.get()
    if meter is not None:
        meter.stage = stage


@contextmanager
def budget(seconds: float | None = None, *, work: int | None = None) -> Iterator[None]:
    """Each call inside may take so many seconds, and do so many units of work: by default 60,000 for each second.

    What reaches its end raises LimitError (``derive``), or is undecided with the reason (``verify``). ``inf`` seconds have no end.

    >>> from matcalc.api import derive
    >>> with budget(seconds=60):
    ...     print(derive("x'*A*x", "x"))
    (A + Aᵀ) x

    Raises MatcalcError for what is no positive number.
    """
    for value in (seconds, work):
        if value is not None and not (isinstance(value, (int, float)) and value > 0):
            raise MatcalcError(f"a budget of {value!r}", expected="a positive number of seconds, or of units of work")
    token = _allowance.set((seconds, work))
    try:
        yield
    finally:
        _allowance.reset(token)


def allowance() -> Allowance:
    """What calls here may use, for another process to ``allow``."""
    return _allowance.get()


def allow(given: Allowance) -> None:
    """Sets the allowance for good, in a process or a thread that has just begun."""
    _allowance.set(given)


@contextmanager
def metered(seconds: float) -> Iterator[Meter]:
    """The budget of one call: what ``budget`` allows, else the environment variable ``MATCALC_BUDGET``, else ``seconds``.

    Inside another call it is that call's, which is shared.
    """
    running = _meter.get()
    if running is not None:
        yield running
        return
    token = _meter.set(_allowed(seconds))
    try:
        yield _meter.get()  # type: ignore[misc]
    finally:
        _meter.reset(token)


def _allowed(seconds: float) -> Meter:
    asked, work = _allowance.get()
    if asked is None and work is None:
        asked = _from_environment()
    if asked is None and work is not None:  # the clock is a backstop then as well
        seconds = max(seconds, work / UNITS_PER_SECOND)
    elif asked is not None:
        seconds = asked
    told = f"{seconds:g} s" if work is None else f"{work:,} units of work"
    return Meter(int(min(seconds * UNITS_PER_SECOND, UNLIMITED)) if work is None else work, clock() + seconds, told)


def _from_environment() -> float | None:
    said = os.environ.get(VARIABLE)
    if not said:
        return None
    try:
        seconds = float(said)
    except ValueError:
        seconds = 0.0
    if not seconds > 0.0:
        raise MatcalcError(f"{VARIABLE} is {said!r}", expected="a positive number of seconds")
    return seconds


@contextmanager
def share(part: float, most: int | None = None) -> Iterator[None]:
    """A part of what is left, of work and of time, for a search that must not take what others need; what it does not use is given back.

    ``most`` are the units that it may take at the most, also where no budget is open. Raises SpentError inside when the share is spent.
    """
    whole = _meter.get()
    if whole is None:
        inner = Meter(UNLIMITED if most is None else most, inf, "this search")
    else:
        now = clock()
        work = int(max(whole.left, 0) * part)
        inner = Meter(work if most is None else min(work, most), now + (whole.end - now) * part, whole.allowed)
        inner.stage = whole.stage
    token = _meter.set(inner)
    try:
        yield
    finally:
        _meter.reset(token)
        if whole is not None:
            whole.left -= inner.used


def spent() -> int:
    """Units that the running call has spent; 0 where no budget is open."""
    meter = _meter.get()
    return 0 if meter is None else meter.used
