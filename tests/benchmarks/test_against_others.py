"""The comparison of tools counts right answers and no others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.against_others import right_spelling, summary, timed
from benchmarks.tables import drawn, markdown_table
from benchmarks.tasks import Task, tasks
from benchmarks.tools.matcalc_tool import Matcalc
from benchmarks.tools.sympy_tool import SymPy

TASKS = {task.name: task for task in tasks()}
FOR_SYMPY = ["x'*A*x by x", "A*x by x", "A*X*B by X", "inv(X) by X", "||X - U*V||^2 by U, Hessian", "X.*A by X", "W*x by W"]
FOR_TENSORGRAD = [*FOR_SYMPY, "det(X) by X", "sum(relu(W*x)) by x", "tr(kron(A, X)) by X"]


def test_formulas_have_names_of_their_own() -> None:
    assert len(TASKS) == len(tasks()) == 71


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_matcalc_is_right(task: Task) -> None:
    assert right_spelling(Matcalc(), task) == task.text


class Wrong(Matcalc):
    """Off in one entry of the answer."""

    def derivative(self, task: Task, answer: Any) -> Any:
        found = np.array(super().derivative(task, answer))
        found.reshape(-1)[-1] += 1e-3
        return found


class Transposed(Matcalc):
    def derivative(self, task: Task, answer: Any) -> Any:
        return super().derivative(task, answer).T


class Failing(Matcalc):
    def solve(self, task: Task, spelling: str) -> Any:
        raise RuntimeError("no answer")


class Endless(Matcalc):
    def solve(self, task: Task, spelling: str) -> Any:
        while True:
            pass


class AnotherFormula(Matcalc):
    def value(self, task: Task, spelling: str) -> Any:
        return -super().value(task, spelling)


@pytest.mark.parametrize("tool", [Wrong, Transposed, Failing])
def test_a_wrong_answer_is_seen(tool: type[Matcalc]) -> None:
    assert right_spelling(tool(), TASKS["tr(A*X'*B) by X"]) is None


def test_an_answer_that_never_comes_is_none() -> None:
    assert right_spelling(Endless(), TASKS["tr(A*X'*B) by X"], limit=0.2) is None


def test_a_spelling_of_another_formula_is_refused() -> None:
    with pytest.raises(ValueError, match="is not tr"):
        right_spelling(AnotherFormula(), TASKS["tr(A*X) by X"])


@pytest.mark.parametrize("name", FOR_SYMPY)
def test_sympy_is_right(name: str) -> None:
    assert right_spelling(SymPy(), TASKS[name]) is not None


def test_sympy_has_no_gradient_of_a_log_determinant() -> None:
    assert right_spelling(SymPy(), TASKS["logdet(X) by X"]) is None


@pytest.mark.parametrize("name", FOR_TENSORGRAD)
def test_tensorgrad_is_right(name: str) -> None:
    pytest.importorskip("tensorgrad")
    from benchmarks.tools.tensorgrad_tool import Tensorgrad

    assert right_spelling(Tensorgrad(), TASKS[name]) is not None


def test_times_and_their_summary() -> None:
    chosen = [TASKS["x'*A*x by x"], TASKS["logdet(X) by X"]]
    tools = [Matcalc(), SymPy()]
    times = timed(tools, chosen, rounds=1, limit=10)
    assert [sorted(found) for found in times.values()] == [[tools[1].name, "matcalc"], ["matcalc"]]
    assert [row[:2] for row in summary(times, [tool.name for tool in tools])] == [
        ["matcalc", "2 of 2"],
        [tools[1].name, "1 of 2"],
    ]
    made_up = {"a": {"matcalc": 0.002, "other": 0.02}, "b": {"matcalc": 0.002, "other": 0.001}, "c": {"matcalc": 0.002}}
    assert summary(made_up, ["matcalc", "other"])[1] == ["other", "2 of 3", "10.50 ms", "2.00 ms", "5.2", "5.2", "0.5"]


def test_tables() -> None:
    heads, rows = ["formula", "ms"], [["X[1] | y", "2.0"]]
    assert markdown_table(heads, rows).splitlines() == ["| formula | ms |", "| --- | ---: |", r"| X[1] \| y | 2.0 |"]
    pytest.importorskip("rich")
    assert "X[1] | y" in drawn("a table", heads, rows)
