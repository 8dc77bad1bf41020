"""The cold start benchmark measures commands that work and say the right thing."""

from __future__ import annotations

import pytest

from benchmarks import cold_start
from benchmarks.cold_start import BARE, OURS, THEIRS, ChildFailed, checked, rows_of, run_once


@pytest.mark.parametrize("name", [BARE, OURS, THEIRS])
def test_commands_say_the_right_thing(name: str) -> None:
    checked(name)


def test_a_wrong_answer_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cold_start.COMMANDS, OURS, ["-c", "print('(A + A) x')"])
    with pytest.raises(ChildFailed, match="printed"):
        checked(OURS)


def test_a_command_that_fails_is_seen() -> None:
    with pytest.raises(ChildFailed, match="status 3"):
        run_once(["-c", "raise SystemExit(3)"])


def test_processor_time_is_that_of_the_process() -> None:
    idle = run_once(["-c", "import time; time.sleep(0.3)"])
    assert idle[1] >= 0.3 > idle[0] > 0


def test_ratios() -> None:
    times = dict.fromkeys(cold_start.COMMANDS, (0.02, 0.03)) | {OURS: (0.1, 0.2), THEIRS: (0.4, 0.5)}
    assert next(row for row in rows_of(times) if row[0] == OURS) == [OURS, "100.00 ms", "200.00 ms", "5.0", "0.25"]
