"""Threads in two fresh processes; and results that differ or are crashes, which have to be seen."""

from __future__ import annotations

from tests.attack.running import run_here
from tests.attack.threads import Results, attack, results


def test_threads_of_a_fresh_process_agree() -> None:
    summary = run_here(attack, range(1))
    assert [fault for _, fault in summary.faults] == []
    assert summary.counts["call"] > 50


def planted(seed: int, number: int, threads: int) -> Results:
    """One thread of several sees a library that is half loaded."""
    if threads == 1:
        return {"derive x'x": ["2 x"]}
    return {"derive x'x": ["2 x"] * (threads - 1) + ["crashed: AttributeError: partially initialized module"]}


def test_a_thread_with_another_result_is_seen() -> None:
    ((_, fault),) = run_here(lambda number: attack(number, found=planted), [0]).faults
    assert "1 of 8 threads gave" in fault
    assert "AttributeError" in fault


def test_every_thread_makes_every_call() -> None:
    found = results(0, 0, 2)
    assert all(len(said) == 2 and all(said) for said in found.values())
