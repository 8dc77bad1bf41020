"""Some of the garbage; and calls that crash, hang, die, are slow or greedy, which have to be seen."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import Any

from tests.attack import garbage
from tests.attack.running import MEGABYTE, Limits, Outcome, run, run_here
from tests.attack.texts import MAKERS, text


def test_garbage_is_answered_or_refused() -> None:
    summary = run(partial(garbage.attack, slack=2.0), range(176), 2, Limits(seconds=120.0))
    assert [fault for _, fault in summary.faults] == []
    assert summary.counts["refused"] > 60
    assert summary.counts["answered"] > 20


def test_every_kind_of_text_comes_up_and_is_the_same_again() -> None:
    numbers = range(len(MAKERS))
    assert {text(0, number)[1] for number in numbers} == {maker.__name__ for maker in MAKERS}
    assert [text(0, number) for number in numbers] == [text(0, number) for number in numbers]
    assert [text(1, number) for number in numbers] != [text(0, number) for number in numbers]


def planted(given: str, options: dict[str, Any], chooser: Any) -> Any:
    raise ValueError("planted")


def test_a_parser_that_raises_another_error_is_seen() -> None:
    summary = run_here(partial(garbage.attack, calls={"parse": planted}), range(5))
    assert [("ValueError: planted" in fault, "parse of" in fault) for _, fault in summary.faults] == [(True, True)] * 5


def test_a_slow_call_is_seen() -> None:
    def slow(given: str, options: dict[str, Any], chooser: Any) -> Any:
        began = time.process_time()
        while time.process_time() - began < 0.05:
            pass

    assert "slow" in run_here(partial(garbage.attack, calls={"parse": slow}, slack=0.01), [0]).faults[0][1]


def hostile(number: int) -> Outcome:
    """Hangs, dies, takes memory, is refused memory or crashes, by the number."""
    held = bytearray()
    if number == 1:
        time.sleep(60)
    if number == 2:
        os._exit(3)
    if number == 3:
        held = bytearray(b"x") * (300 * MEGABYTE)
    if number == 4:
        held = bytearray(b"x") * (8000 * MEGABYTE)
    if number == 5:
        raise ValueError("planted")
    return Outcome(("fine",), ("too much",) * (len(held) > 400 * MEGABYTE))


def test_workers_that_hang_die_or_grow_are_replaced() -> None:
    summary = run(hostile, range(12), 2, Limits(seconds=1.0, memory=290 * MEGABYTE))
    said = dict(summary.faults)
    assert sorted(said) == [1, 2, 3, 4, 5]
    assert "hung" in said[1]
    assert "exit code 3" in said[2]
    assert "resident" in said[3]
    assert "MemoryError" in said[4]
    assert "planted" in said[5]
    assert summary.ran == 12
    assert summary.counts["fine"] == 8
