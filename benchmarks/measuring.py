"""Interleaved timing on one thread: every contestant runs in every round, and medians of the rounds are compared."""

from __future__ import annotations

import gc
import os
import platform
import signal
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType

# Before NumPy, JAX or PyTorch is imported: one thread each, so that ratios do not depend on what else the machine does.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")


def jax_on_one_thread() -> None:
    """Double precision, and computing in the thread that calls: threads that wait for each other use processor time while they do."""
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_cpu_enable_async_dispatch", False)


Contestants = Mapping[str, Callable[[], object]]


def medians(contestants: Contestants, seconds: float = 0.4, most: int = 200) -> dict[str, float]:
    """Median seconds of processor time of each contestant, after two calls of each that are not counted.

    There are rounds until each had its share of ``seconds``, at least five and no more than ``most``. Processor time is that of all
    threads of this process: on one thread it is the time on a clock that stops while other processes have the core.
    """
    costs = {}
    for name, work in contestants.items():
        work()
        start = time.perf_counter()
        work()
        costs[name] = time.perf_counter() - start
    rounds = int(min(most, max(5, seconds * len(contestants) / sum(costs.values()))))
    # Short work is repeated within a round, so that the clock does not count.
    repeats = {name: max(1, int(3e-4 / max(cost, 1e-9))) for name, cost in costs.items()}
    times: dict[str, list[float]] = {name: [] for name in contestants}
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds):
            order = list(contestants.items())
            for name, work in order if number % 2 else reversed(order):
                start = time.process_time()
                for _ in range(repeats[name]):
                    work()
                times[name].append((time.process_time() - start) / repeats[name])
    finally:
        gc.enable()
    return {name: statistics.median(values) for name, values in times.items()}


def cpu_medians(contestants: Contestants, rounds: int, before: Callable[[], object]) -> dict[str, float]:
    """Median seconds of processor time of each contestant, each called once a round.

    ``before`` runs ahead of every call and is not counted: it forgets what earlier calls have left behind.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds):
        order = list(contestants.items())
        for name, work in order if number % 2 else reversed(order):
            before()
            gc.collect()
            gc.disable()
            try:
                start = time.process_time()
                work()
                times[name].append(time.process_time() - start)
            finally:
                gc.enable()
    return {name: statistics.median(values) for name, values in times.items()}


class TooSlow(BaseException):
    """Raised inside work that takes longer than it may. No ``Exception``: the work must not catch it."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TooSlow in the body when it takes longer. Only in the main thread, and not while a C function runs."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlow(f"more than {seconds:g} s")

    earlier = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)


def shown(seconds: float) -> str:
    """A time in the unit that suits it."""
    return f"{1e6 * seconds:.0f} µs" if seconds < 1e-3 else f"{1e3 * seconds:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"


def machine() -> str:
    """Processor, number of cores, Python and date, for the line under a table."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        processor = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        processor = platform.processor() or platform.machine()
    return f"{processor}, {os.cpu_count()} cores, Python {platform.python_version()}, {date.today().isoformat()}"
