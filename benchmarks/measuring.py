"""Interleaved timing on one thread: every contestant runs in every round, and medians of the rounds are compared."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Mapping

# Before NumPy, JAX or PyTorch is imported: one thread each, so that ratios do not depend on what else the machine does.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

Contestants = Mapping[str, Callable[[], object]]


def medians(contestants: Contestants, seconds: float = 0.4, most: int = 200) -> dict[str, float]:
    """Median seconds of each contestant, after one call of each that is not counted; rounds until each had its share of ``seconds``."""
    costs = {}
    for name, work in contestants.items():
        work()
        start = time.perf_counter()
        work()
        costs[name] = time.perf_counter() - start
    rounds = int(min(most, max(5, seconds * len(contestants) / sum(costs.values()))))
    # Short work is repeated within a round, so that the clock does not count.
    repeats = {name: max(1, int(1e-4 / max(cost, 1e-9))) for name, cost in costs.items()}
    times: dict[str, list[float]] = {name: [] for name in contestants}
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds):
            order = list(contestants.items())
            for name, work in order if number % 2 else reversed(order):
                start = time.perf_counter()
                for _ in range(repeats[name]):
                    work()
                times[name].append((time.perf_counter() - start) / repeats[name])
    finally:
        gc.enable()
    return {name: statistics.median(values) for name, values in times.items()}


def shown(seconds: float) -> str:
    """A time in the unit that suits it."""
    return f"{1e6 * seconds:.0f} µs" if seconds < 1e-3 else f"{1e3 * seconds:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"
