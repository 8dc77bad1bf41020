"""How much work a call may do, counted so that the same input ends in the same way on every
machine; and how large things may grow."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from math import inf
from typing import ParamSpec, TypeAlias, TypeVar

from matcalc.base.errors import LimitError, MatcalcError

# ---------------------------------------------------------------- what is read

MOST_CHARACTERS = 100_000
"""Of one formula or statement: fifty pages of it."""
MOST_TOKENS = 50_000
"""Of one formula: reading takes some 30 µs for each."""
LONGEST_FORMULA = 30_000
"""Characters of a formula of a document: ten pages of it, more than what a reader takes for one."""
LONGEST_RUN = 500
"""Letters and digits without a break: where names begin and end in them is looked for at every
place."""
LONGEST_QUOTED_NAME = 60
"""Characters before a sign that are looked at for the name that it stands behind."""
DEEPEST_NESTING = 10_000
"""Brackets inside each other."""
LARGEST_EXPONENT = 400
"""Digits of a number that is written out, and its power of ten."""
LONGEST_ARGUMENT = 20_000
"""Characters of an argument that ends at a sign, not at a brace: the sign is looked for no
further."""
MOST_EXPANSION = 100_000
"""Characters that one call of a writer's command may stand for, those of the calls in it among
them: in a loop it has no end."""
MOST_EXPANSIONS = 3_000_000
"""Characters that all calls of a document may stand for, beside those for each of its own: a book
by itself, read in some seconds."""
EXPANSIONS_OF_A_CHARACTER = 8
"""Characters that calls may stand for, for each that is written: as many calls as can be written,
each of some words."""
WORK_OF_A_CALL = 10
"""Characters that are read as fast as one call is replaced."""
MOST_FAULTS = 100
"""Places of one kind of damage in a document that are told one by one."""
MOST_MARKS = 20_000
"""Places of one text that are known exactly where commands were replaced in it; behind them one for
every so many characters."""
MOST_DOCUMENT_CHARACTERS = 5_000_000
"""Of a file: a long book."""

MOST_AXES_WITHIN = 8
"""Of a derivative within an expression, axes of Kronecker products counted apart: the Hessian of a
matrix by a matrix has six."""

# ---------------------------------------------------------------- arrays

LONGEST_WRITTEN_AXIS = 6
"""Of an array of numbers that an answer writes entry by entry."""
MOST_SAMPLED = 20_000
"""Entries of an array that is drawn to look at a formula: declared sizes may be those of real data,
and are never allocated."""
MOST_EVALUATED = 2_000_000
"""Entries of an array in the middle of an evaluation at sizes that nobody asked for, 16 MB:
``ones(10^9)`` needs no declaration."""
MOST_EXACT_ENTRIES = 20_000
"""Entries of an array of residues or of decimals, for which some millions of operations in pure
Python are waited for."""
MOST_MULTIPLICATIONS = 3_000_000
"""In one evaluation by residues or decimals, some seconds: sizes at points are small, only a
Kronecker product of many needs more."""
MULTIPLICATIONS_IN_A_UNIT = 50
"""Multiplications of residues, with what goes with them, that take as long as a unit of the
budget."""

# ---------------------------------------------------------------- budgets

DERIVATION_SECONDS = 8.0
"""For a derivation, its steps or its code: longer than a person waits for an answer that is not
coming."""
PROOF_SECONDS = 10.0
"""For writing a proof line by line, which is asked for apart from the verdict."""
VERDICT_SECONDS = 5.0
"""For a verdict; a file has many statements, and each gets this much."""
REQUEST_SECONDS = 10.0
"""For each derivation and verdict that a program asks for, unless it allows less."""
DOCUMENT_SECONDS = 1800.0
"""For a whole file, in seconds that pass: a book of a thousand pages; what is left then is
undecided."""
FEW_QUESTIONS = 24
"""So many claims are decided before a second process has started."""
UNITS_PER_SECOND = 60_000
"""Units of work in a second of budget: so many that on a machine of 2023 the work ends at about 60
% of the time, so that it is the work, counted alike everywhere, that ends a call, and the clock
only where a machine is slow or busy."""
UNITS_BETWEEN_LOOKS = 100
"""Units of work between two looks at the clock: some ms, and no second where sums of hundreds of
terms make the units large."""
PROOF_SHARE = 0.5
"""The part of a verdict's budget that the search for a proof may take."""
PROOF_WORK = 60_000
"""Units for a proof, half a second or so: proofs that exist are found long before, and what has
none would take all it gets."""
WITNESS_SHARE = 0.7
"""The part of what is left of a verdict's budget that points may take."""
WITNESS_WORK = 120_000
"""Units for comparing the sides of a statement at points: a second or two, for singular values and
matrix logarithms at many digits."""
HELP_SHARE = 0.5
"""The part of what is left that each search for help beside a refutation may take: a repair, a
condition, a small counterexample."""
TELLING_SHARE = 0.2
"""The part of a budget that printing has on top of it, so that what is found is also told."""
LITTLE_PROOF_WORK = 6_000
"""Units for a proof that should not exist: of a statement that numbers refute, or of one among many
conditions."""


clock = getattr(time, "thread_time", time.monotonic)
"""Seconds of processor time; a browser has only those that pass."""
UNLIMITED = 1 << 62
VARIABLE = "MATCALC_BUDGET"
"""The environment variable with the seconds that a call may take."""


class SpentError(LimitError):
    """The budget of the call, or the share of one of its parts, is spent. What was asked for may
    well exist."""


Found = TypeVar("Found")


def valued(find: Callable[[], Found]) -> Found | None:
    """What is found; None where something has no value. Raises SpentError alone."""
    try:
        return find()
    except SpentError:
        raise
    except MatcalcError:
        return None


class Meter:
    """What is left of a budget. ``allowed`` says how much it was, ``stage`` what is being done with
    it."""

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
    """Says what is being done from here on, for the message of the error:
    ``"folding the result"``."""
    meter = _meter.get()
    if meter is not None:
        meter.stage = stage


def checked_budget(value: float) -> float:
    """Seconds, or units of work. Raises MatcalcError for what is no positive number."""
    if isinstance(value, bool) or not (isinstance(value, (int, float)) and value > 0):
        raise MatcalcError(f"a budget of {value!r}", expected="a positive number of seconds, or of units of work")
    return value


@contextmanager
def budget(seconds: float | None = None, *, work: int | None = None) -> Iterator[None]:
    """Each call inside may take so many seconds, and do so many units of work: by default 60,000
    for each second.

    What reaches its end raises LimitError (``derive``), or is undecided with the reason
    (``verify``). ``inf`` seconds have no end.

    >>> from matcalc.interface.api import derive
    >>> with budget(seconds=60):
    ...     print(derive("x'*A*x", "x"))
    (A + Aᵀ) x

    Raises MatcalcError for what is no positive number.
    """
    for value in (seconds, work):
        if value is not None:
            checked_budget(value)
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
    """The budget of one call: what ``budget`` allows, else the environment variable
    ``MATCALC_BUDGET``, else ``seconds``.

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
def explained(expression: object, seconds: float = DERIVATION_SECONDS) -> Iterator[None]:
    """The door of a call: errors know the text they are about, no error but MatcalcError gets out,
    and the call has a budget."""
    text = expression if isinstance(expression, str) else None
    try:
        with metered(seconds):
            yield
    except MatcalcError as error:
        if text is not None:
            error.with_text(text)
        raise
    except RecursionError:
        raise LimitError("the expression is nested too deeply", text=text) from None
    except MemoryError:
        raise LimitError(
            "the memory does not reach for this", text=text, suggestion="smaller sizes, or a smaller expression"
        ) from None
    except ValueError as error:
        if "integer string conversion" not in str(error):
            raise
        raise LimitError(
            "a number in the formula has thousands of digits", text=text, suggestion="a symbol with its value"
        ) from None


Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def as_call(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """The method of a result as a call of its own, with a budget and no errors but those of this
    package."""

    @wraps(function)
    def bounded(*arguments: Given.args, **keywords: Given.kwargs) -> Answer:
        with explained(None):
            return function(*arguments, **keywords)

    return bounded


@contextmanager
def share(part: float, most: int | None = None) -> Iterator[None]:
    """A part of what is left, of work and of time, for a search that must not take what others
    need; what it does not use is given back.

    ``most`` are the units that it may take at the most, also where no budget is open. Raises
    SpentError inside when the share is spent.
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


@contextmanager
def beyond(part: float = TELLING_SHARE) -> Iterator[None]:
    """A part of the whole budget on top of what is left of it, for telling what is found: what used
    its budget up is told yet."""
    whole = _meter.get()
    if whole is None:
        yield
        return
    more = int(whole.work * part)
    inner = Meter(max(whole.left, 0) + more, max(whole.end, clock()) + more / UNITS_PER_SECOND, whole.allowed)
    inner.stage = "printing the result"
    token = _meter.set(inner)
    try:
        yield
    finally:
        _meter.reset(token)


def spent() -> int:
    """Units that the running call has spent; 0 where no budget is open."""
    meter = _meter.get()
    return 0 if meter is None else meter.used
