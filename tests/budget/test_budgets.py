"""The budget of a call: counted work first, the clock behind it. Nothing here measures time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from math import inf

import pytest
from click.testing import CliRunner

import matcalc
from matcalc.base import budgets
from matcalc.base.budgets import UNITS_BETWEEN_LOOKS, UNITS_PER_SECOND, SpentError, during, metered, share, spend, spent
from matcalc.base.errors import LimitError, MatcalcError
from matcalc.cli.clicked import cli
from matcalc.derivation.pipeline import forget

ENDLESS = "(a'*x)*(b'*x)*(sin(x)'*x + 1)*(cos(x)'*x + 2)*(exp(x)'*x + 3)*(tanh(x)'*x + 4)"


class Clock:
    """A clock that stands still until it is told to go."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    found = Clock()
    monkeypatch.setattr(budgets, "clock", found)
    yield found


def test_work_is_counted_and_ends() -> None:
    with matcalc.budget(work=100), metered(8.0) as meter:
        spend(60)
        assert meter.used == spent() == 60
        spend(40)
        with pytest.raises(SpentError, match="100 units of work"):
            spend(1)


def test_nothing_is_counted_outside_of_a_call() -> None:
    spend(10**12)
    assert spent() == 0


def test_what_is_spent_stays_spent() -> None:
    with matcalc.budget(work=10), metered(8.0):
        for _ in range(3):
            with pytest.raises(SpentError):
                spend(11)


def test_the_clock_ends_a_call_on_a_slow_machine(clock: Clock) -> None:
    with metered(8.0):
        spend(2 * UNITS_BETWEEN_LOOKS)
        clock.now = 7.9
        spend(2 * UNITS_BETWEEN_LOOKS)
        clock.now = 8.1
        spend(1)  # no look at the clock is due
        with pytest.raises(SpentError, match="the budget of 8 s"):
            spend(2 * UNITS_BETWEEN_LOOKS)
        with pytest.raises(SpentError):
            spend(1)


def test_a_derivation_on_a_slow_machine_ends_by_the_clock(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look takes a second here: the work of this derivation does not reach its end, the time does."""

    def slow() -> float:
        clock.now += 1.0
        return clock.now

    monkeypatch.setattr(budgets, "clock", slow)
    forget()
    with matcalc.budget(0.5), pytest.raises(LimitError, match=r"budget of 0\.5 s is spent"):
        matcalc.derive("tr((A*X)^30)", "X", order=2)


def test_calls_within_a_call_share_its_budget() -> None:
    with matcalc.budget(work=100), metered(8.0) as outer, metered(8.0) as inner:
        assert inner is outer


def test_each_call_has_its_own_budget() -> None:
    with matcalc.budget(work=100):
        for _ in range(3):
            with metered(8.0):
                spend(90)


def test_a_share_is_a_part_and_gives_back_what_it_does_not_use() -> None:
    with matcalc.budget(work=1000), metered(8.0) as meter:
        with pytest.raises(SpentError), share(0.5):
            spend(501)
        assert meter.used == 501
        with share(0.5):
            spend(10)
        assert meter.used == 511
        with pytest.raises(SpentError), share(0.5, most=20):
            spend(21)
        spend(1)


def test_a_share_of_the_time_ends_before_the_whole(clock: Clock) -> None:
    with metered(8.0):
        with pytest.raises(SpentError), share(0.5):
            clock.now = 4.5
            spend(2 * UNITS_BETWEEN_LOOKS)
        spend(2 * UNITS_BETWEEN_LOOKS)


def test_a_search_may_be_bounded_where_no_call_is() -> None:
    with pytest.raises(SpentError), share(1, most=10):
        spend(11)


def test_threads_have_budgets_of_their_own() -> None:
    seen: list[int] = []

    def count() -> None:
        with metered(8.0):
            spend(5)
            seen.append(spent())

    with metered(8.0):
        spend(100)
        other = threading.Thread(target=count)
        other.start()
        other.join()
        assert (spent(), seen) == (100, [5])


def test_the_message_says_what_was_being_done_and_what_to_try() -> None:
    with matcalc.budget(work=10), metered(8.0):
        during("folding the result")
        with pytest.raises(LimitError) as caught:
            spend(11)
    assert "10 units of work is spent while folding the result" in str(caught.value)
    assert "matcalc.budget(seconds=...)" in str(caught.value)


@pytest.mark.parametrize("seconds", [0, -1.0, float("nan"), "5"])
def test_a_budget_is_a_positive_number(seconds: float) -> None:
    with pytest.raises(MatcalcError, match="a budget of"), matcalc.budget(seconds):
        pass


def test_a_budget_may_have_no_end() -> None:
    with matcalc.budget(inf), metered(8.0):
        spend(10**15)


def test_the_environment_sets_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(budgets.VARIABLE, "2")
    with metered(8.0) as meter:
        assert meter.work == 2 * UNITS_PER_SECOND
    with matcalc.budget(3), metered(8.0) as meter:
        assert meter.work == 3 * UNITS_PER_SECOND
    monkeypatch.setenv(budgets.VARIABLE, "soon")
    with pytest.raises(MatcalcError, match="MATCALC_BUDGET is 'soon'"):
        matcalc.derive("x'*x", "x")


def test_the_command_line_sets_the_budget() -> None:
    said = CliRunner().invoke(cli, ["derive", ENDLESS, "--wrt", "x", "--order", "2", "--budget", "0.01"])
    assert isinstance(said.exception, LimitError)
    assert "the budget of 0.01 s is spent" in str(said.exception)
    assert budgets.allowance() == (None, None)


def test_a_derivation_says_that_its_budget_is_spent() -> None:
    forget()
    with matcalc.budget(work=50), pytest.raises(LimitError, match="50 units of work"):
        matcalc.derive("||X*X - U*V||^2", "X", order=2)


COUNTING = """
import matcalc
from matcalc.base.budgets import metered

for text, order in (("||X*X - U*V||^2", 2), ("tr((A*X)^12)", 1), ("sum(log(softmax(X*W, rows)))", 1), ("log(det(A + X*X'))", 2)):
    with metered(8.0) as meter:
        matcalc.derive(text, "W" if "W" in text else "X", order=order)
        print(meter.used)
for text in ("inv(A + B) = inv(A) + inv(B)", "inv(A + u*v') = inv(A) - inv(A)*u*v'*inv(A)/(1 + v'*inv(A)*u)", "pinv(c*A) = pinv(A)/c"):
    with metered(5.0) as meter:
        matcalc.verify(text)
        print(meter.used)
"""


def test_the_same_input_spends_the_same_work_in_every_process() -> None:
    """With other hashes of texts, as every process has: nothing may depend on the order of sets."""
    counts = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = subprocess.run([sys.executable, "-c", COUNTING], capture_output=True, text=True, check=True, env=environment)
        counts.append([int(line) for line in run.stdout.split()])
    assert counts[0] == counts[1]
    assert len(counts[0]) == 7 and min(counts[0]) > 10
