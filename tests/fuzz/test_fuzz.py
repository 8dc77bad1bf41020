"""Random expressions against central differences in the fast suite, and the fuzzing machinery against planted errors."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings, strategies as st

from matcalc.evaluation.differences import numerical_derivative
from matcalc.expr import nodes as e
from tests.fuzz import __main__ as command
from tests.fuzz.checking import Answers, arranged, check, described, differences, operators
from tests.fuzz.definitions import spelled_out
from tests.fuzz.expressions import generate
from tests.fuzz.points import point_for
from tests.fuzz.shrinking import shrink
from tests.fuzz.vocabulary import FIXED_SIZES, Case


@st.composite
def cases(draw: st.DrawFn, orders: tuple[int, ...] = (1,)) -> Case:
    return generate(lambda options: draw(st.integers(0, options - 1)), depth=3, orders=orders)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_first_derivatives_agree_with_differences(case: Case) -> None:
    result = check(case, differences)
    assert result.status in ("agreed", "unchecked"), f"{described(case)}\n{result.status}: {result.detail}"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases(orders=(2,)))
def test_second_derivatives_agree_with_differences(case: Case) -> None:
    result = check(case, differences, relative=1e-5)
    assert result.status in ("agreed", "unchecked"), f"{described(case)}\n{result.status}: {result.detail}"


def drawn(count: int, orders: tuple[int, ...] = (1,)) -> list[Case]:
    return [command.drawn(0, number, 3, orders) for number in range(count)]


def by_differences(case: Case) -> Answers:
    """A stand-in for the engine that is right, so that the machinery can be tested without it."""

    def function(**values: Any) -> Any:
        sizes = {name: value for name, value in values.items() if name in ("n", "m", "k")}
        found = numerical_derivative(spelled_out(case.expression), case.wrt, values, sizes, symmetric=case.symmetric)
        return arranged(found.value, case)

    return {"function": function}


def changed(case: Case, error: Callable[[Any], Any]) -> Answers:
    """The right answer with an error planted in it."""
    right = by_differences(case)["function"]
    return {"function": lambda **values: error(right(**values))}


def test_expressions_use_every_operation_and_can_be_checked() -> None:
    found = drawn(400)
    used = Counter(name for case in found for name in operators(case.expression))
    wanted = "Sum Negative Product Hadamard Quotient Power MatrixPower Transpose Inverse Trace Total Diagonal DiagonalMatrix Norm Identity Ones"
    functions = "exp log sin cos tan tanh sinh cosh sigmoid relu abs sign det logdet"
    assert not [name for name in (wanted + " " + functions).split() if used[name] < 3]
    shapes = Counter(len(case.expression.shape) for case in found)
    assert min(shapes[k] for k in range(3)) > 20
    checked = [check(case, differences, answer=by_differences).status for case in found[:60]]
    assert checked.count("agreed") >= 50
    assert "disagreed" not in checked


PLANTED = {
    "sign": lambda found: -found,
    "factor": lambda found: 2 * found,
    "transposition": lambda found: found.T,
    "one entry": lambda found: found + 1e-3 * (np.arange(found.size).reshape(found.shape) == 0) * (1 + np.max(np.abs(found))),
}


@pytest.mark.parametrize("error", PLANTED)
def test_planted_errors_are_caught(error: str) -> None:
    caught = missed = 0
    for case in drawn(60):
        point = point_for(case, 0, FIXED_SIZES[0])
        if point is None:
            continue
        right = np.asarray(by_differences(case)["function"](**point.sizes, **point.values))
        wrong = np.asarray(PLANTED[error](right))
        if wrong.shape != right.shape or not np.allclose(wrong, right, rtol=1e-4, atol=1e-5):
            status = check(case, differences, answer=lambda case: changed(case, PLANTED[error])).status
            caught += status == "disagreed"
            missed += status == "agreed"
    assert caught > 8
    assert not missed


def test_a_disagreement_is_shrunk_to_its_cause() -> None:
    def wrong(case: Case) -> Answers:
        """An engine that is wrong about tanh."""
        bad = any(isinstance(node, e.Elementwise) and node.function == "tanh" for node in e.postorder(case.expression))
        return changed(case, lambda found: found * (1.5 if bad else 1.0))

    def fails(case: Case) -> bool:
        return check(case, differences, answer=wrong).status == "disagreed"

    big = next(case for case in drawn(400) if len(e.postorder(case.expression)) > 10 and fails(case))
    small = shrink(big, fails)
    assert fails(small)
    assert len(e.postorder(small.expression)) <= 6
    assert "tanh" in operators(small.expression)


def test_cases_are_the_same_for_the_same_seed() -> None:
    assert [described(case) for case in drawn(20)] == [described(case) for case in drawn(20)]
    other = [generate(random.Random(f"1/{k}").randrange) for k in range(20)]
    assert [case.expression for case in other] != [case.expression for case in drawn(20)]


def test_command_reports_and_fails_on_disagreement(monkeypatch: pytest.MonkeyPatch) -> None:
    def honest(case: Case, oracle: Any, **options: Any) -> Any:
        return check(case, oracle, **{**options, "answer": by_differences})

    def lying(case: Case, oracle: Any, **options: Any) -> Any:
        return check(case, oracle, **{**options, "answer": lambda case: changed(case, lambda found: -found)})

    arguments = ["--count", "6", "--oracle", "differences", "--most", "1"]
    monkeypatch.setattr(command, "check", honest)
    fine = CliRunner().invoke(command.main, arguments)
    assert fine.exit_code == 0
    assert "disagreed 0" in fine.output
    monkeypatch.setattr(command, "check", lying)
    bad = CliRunner().invoke(command.main, arguments)
    assert bad.exit_code == 1
    assert "DISAGREEMENT" in bad.output
    assert "smallest" in bad.output
