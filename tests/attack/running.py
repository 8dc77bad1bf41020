"""Runs a task for many numbers in worker processes that may hang, die or grow without harm to the rest.

A task takes a number and says what became of it; the same number is the same input on every machine, so each can be run again alone. The
workers are forked, so this needs a system with ``fork``.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, TypeAlias

import click

MEGABYTE = 1 << 20
LOST = frozenset({"hung", "died", "memory"})
"""What is said of a number whose task could not answer for itself."""


@dataclass(frozen=True)
class Outcome:
    """What became of one number: words to be counted, and a line for everything that is wrong."""

    counts: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


Task: TypeAlias = Callable[[int], Outcome]


@dataclass(frozen=True)
class Limits:
    """What a worker may use for one number: seconds on the clock until it counts as hung; resident memory; address space."""

    seconds: float = 60.0
    memory: int = 500 * MEGABYTE
    address_space: int = 4096 * MEGABYTE


@dataclass
class Summary:
    """All outcomes together; ``faults`` by the number that they came from."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[int, str]] = field(default_factory=list)
    ran: int = 0

    def add(self, number: int, outcome: Outcome) -> None:
        self.ran += 1
        self.counts.update(outcome.counts)
        self.faults += [(number, fault) for fault in outcome.faults]


def run_here(task: Task, numbers: Sequence[int]) -> Summary:
    """Every number in this process, without limits."""
    summary = Summary()
    for number in numbers:
        summary.add(number, task(number))
    return summary


def run(
    task: Task, numbers: Sequence[int], workers: int, limits: Limits, shown: Callable[[int, Outcome], None] | None = None
) -> Summary:
    """Every number in one of the workers; ``shown`` is called with each outcome as it comes. An interrupt ends it early."""
    summary = Summary()
    with suppress(KeyboardInterrupt):
        for number, outcome in _outcomes(task, numbers, workers, limits):
            summary.add(number, outcome)
            if shown is not None:
                shown(number, outcome)
    return summary


@dataclass
class _Worker:
    process: Any
    connection: Connection
    number: int | None = None
    deadline: float = 0.0


def _outcomes(task: Task, numbers: Sequence[int], workers: int, limits: Limits) -> Iterator[tuple[int, Outcome]]:
    waiting = iter(numbers)
    crew = [_started(task, limits) for _ in range(min(workers, max(1, len(numbers))))]
    try:
        for worker in crew:
            _give(worker, waiting, limits)
        while busy := [worker for worker in crew if worker.number is not None]:
            now = time.monotonic()
            ready = wait([worker.connection for worker in busy], max(0.0, min(worker.deadline for worker in busy) - now))
            for worker in busy:
                if worker.connection in ready or time.monotonic() >= worker.deadline:
                    number, outcome, well = _answer(worker, worker.connection in ready, limits)
                    yield number, outcome
                    if not well:
                        _end(worker)
                        crew[crew.index(worker)] = worker = _started(task, limits)
                    _give(worker, waiting, limits)
    finally:
        for worker in crew:
            _end(worker)


def _answer(worker: _Worker, ready: bool, limits: Limits) -> tuple[int, Outcome, bool]:
    """The number, its outcome, and whether the worker can go on."""
    number = worker.number
    assert number is not None
    if not ready:
        return number, Outcome(("hung",), (f"hung: no answer within {limits.seconds:.0f} s",)), False
    try:
        outcome, resident = worker.connection.recv()
    except (EOFError, OSError):
        worker.process.join(5)
        return number, Outcome(("died",), (f"died: exit code {worker.process.exitcode}",)), False
    if resident > limits.memory:
        grown = f"memory: {resident // MEGABYTE} MB resident at this number (limit {limits.memory // MEGABYTE} MB)"
        return number, Outcome((*outcome.counts, "memory"), (*outcome.faults, grown)), False
    return number, outcome, True


def _give(worker: _Worker, waiting: Iterator[int], limits: Limits) -> None:
    worker.number = next(waiting, None)
    if worker.number is not None:
        worker.connection.send(worker.number)
        worker.deadline = time.monotonic() + limits.seconds


def _started(task: Task, limits: Limits) -> _Worker:
    context = get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(task, theirs, limits), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _end(worker: _Worker) -> None:
    worker.connection.close()
    if worker.process.is_alive():
        worker.process.kill()
    worker.process.join()


def _work(task: Task, connection: Connection, limits: Limits) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (limits.address_space, limits.address_space))
    while True:
        try:
            number = connection.recv()
        except (EOFError, OSError):
            os._exit(0)
        try:
            outcome = task(number)
        except Exception:  # the command goes on, and says where
            outcome = Outcome(("crashed",), (traceback.format_exc(limit=-6),))
        connection.send((outcome, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))


def report(
    title: str,
    numbers: Sequence[int],
    task: Task,
    workers: int,
    limits: Limits,
    again: str,
    describe: Callable[[int], str] = str,
    most: int = 50,
) -> Summary:
    """Runs, shows every fault with the command that runs it again, and ends with one line.

    ``describe`` says what a number is where the task could not, because it hung or died.
    """
    began = time.monotonic()
    shown = 0

    def show(number: int, outcome: Outcome) -> None:
        nonlocal shown
        for fault in outcome.faults:
            shown += 1
            if shown <= most:
                what = f"{describe(number)}\n" if LOST & set(outcome.counts) else ""
                lines = f"{what}{fault}".replace("\n", "\n  ")
                click.echo(f"\nFAULT: number {number} (again: {again} --start {number} --count 1)\n  {lines}")

    with click.progressbar(length=len(numbers), file=sys.stderr, label=title) as bar:

        def step(number: int, outcome: Outcome) -> None:
            show(number, outcome)
            bar.update(1)

        summary = run(task, numbers, workers, limits, step)
    counts = ", ".join(f"{name} {count}" for name, count in sorted(summary.counts.items()))
    click.echo(f"\n{title}: ran {summary.ran}: {counts}; faults {len(summary.faults)} ({time.monotonic() - began:.0f} s)")
    return summary
