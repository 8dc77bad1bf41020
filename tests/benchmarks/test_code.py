"""The code benchmarks compare right answers: generated code, closed forms written by hand, and the libraries' derivatives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import click
import numpy as np
import pytest

from benchmarks import generated_code, hessians, memory
from benchmarks.measuring import medians
from benchmarks.problems import PROBLEMS, Problem

BY_NAME = {problem.name: problem for problem in PROBLEMS}


def small(problem: Problem) -> tuple[dict[str, int], dict[str, Any]]:
    """Distinct small sizes, and arrays of them."""
    sizes = {name: 6 - number for number, name in enumerate(problem.sizes[0])}
    return sizes, problem.sample(np.random.default_rng(1), sizes)


@pytest.mark.parametrize("problem", PROBLEMS, ids=list(BY_NAME))
def test_value_and_gradient(problem: Problem) -> None:
    sizes, arrays = small(problem)
    generated_code.numpy_contestants(problem, sizes, arrays)
    if find_spec("jax") is not None:
        generated_code.jax_contestants(problem, sizes, arrays)


@pytest.mark.parametrize("problem", PROBLEMS, ids=list(BY_NAME))
def test_hessian(problem: Problem) -> None:
    sizes, arrays = small(problem)
    found = hessians.contestants(problem, sizes, arrays)
    assert {"dense", "compressed", "apply", "by hand"} <= found.keys()
    assert ("jax.hessian" in found) == (find_spec("jax") is not None)


def test_a_wrong_gradient_is_seen() -> None:
    problem = BY_NAME["x'Ax"]

    def wrong(arrays: Mapping[str, Any]) -> tuple[Any, ...]:
        value, gradient = problem.by_hand(dict(arrays))
        return value, gradient * (1 + 1e-6)

    with pytest.raises(click.ClickException, match="disagree"):
        generated_code.numpy_contestants(replace(problem, by_hand=wrong), *small(problem))


def test_a_wrong_hessian_is_seen() -> None:
    problem = BY_NAME["x'Ax"]
    with pytest.raises(click.ClickException, match="disagree"):
        hessians.contestants(replace(problem, hessian=lambda a: 2 * a["A"]), *small(problem))


def test_a_wrong_shape_is_seen() -> None:
    with pytest.raises(click.ClickException, match="disagree"):
        hessians.compare(PROBLEMS[0], np.ones((2, 3)), np.ones((3, 2)))


def test_medians_are_of_processor_time() -> None:
    def work() -> float:
        return sum(k * 0.5 for k in range(20_000))

    found = medians({"once": work, "twice": lambda: work() + work()}, seconds=0.05)
    assert 1.3 < found["twice"] / found["once"] < 3


def test_peak_memory_counts_what_is_allocated() -> None:
    row = memory.row_of(100, "dense")
    assert float(row[4].split()[0]) >= float(row[3].split()[0])  # the result itself is part of the rise
    assert float(memory.row_of(100, "operator")[5]) < float(row[5]) / 10
