"""Sums over members by their tensors, by both evaluators, and by loops."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from matcalc.base.records import replace
from matcalc.base.sizes import ONE, Size
from matcalc.einstein import lowering
from matcalc.einstein.lowered import Lowered
from matcalc.einstein.lowering import lower
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.precise.evaluator import plan
from matcalc.evaluation.precise.number_systems import Decimals
from matcalc.evaluation.precise.small_arrays import Array
from matcalc.evaluation.tensor_interpreter import evaluate_tensor
from matcalc.expr.nodes import Entry, Expr, Index, IndexSum, Norm, Symbol
from matcalc.expr.rewriting import symbols_in
from tests.samples.families import CASES, SIZES, Summed


def drawn(expression: Expr, seed: int = 5) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    values: dict[str, np.ndarray] = {}
    for name, symbol in symbols_in(expression).items():
        value = rng.uniform(0.2, 1.5, [size.value(SIZES) for size in symbol.shape])
        values[name] = (
            value + value.T + 2 * np.eye(len(value)) if symbol.properties & {"symmetric", "positive_definite"} else value
        )
    return values


def exactly(expression: Expr, values: Mapping[str, Any]) -> np.ndarray:
    arithmetic = Decimals(40)
    with arithmetic.computing():
        ready = plan(expression)
        arrays = {}
        for symbol in symbols_in(expression).values():
            value = np.asarray(values[symbol.name])
            dims = value.shape if value.ndim > 1 else (value.size, 1)
            arrays[symbol.name] = Array(dims, [arithmetic.number(Fraction(float(entry))) for entry in value.ravel()])
        found = ready.value(arithmetic, arrays, SIZES)
    return np.array([float(entry) for entry in found.data])


def agree(case: Summed) -> bool:
    expression = case.expression()
    values = drawn(expression)
    tensor = evaluate_tensor(lower(expression).tensor, values, SIZES)
    return bool(np.allclose(np.ravel(tensor), np.ravel(case.by_loops(values)), rtol=1e-8))


@pytest.mark.parametrize("name", CASES)
def test_the_tensor_of_a_sum_is_its_loops(name: str) -> None:
    assert agree(CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_the_evaluators_agree_with_loops(name: str) -> None:
    expression = CASES[name].expression()
    values = drawn(expression)
    want = np.ravel(CASES[name].by_loops(values))
    assert np.allclose(np.ravel(evaluate(expression, values, SIZES)), want, rtol=1e-8)
    assert np.allclose(exactly(expression, values), want, rtol=1e-8)


def test_a_wrong_lowering_of_sums_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = lowering._summed

    def other_axis(body: Lowered, index: Index) -> Lowered:
        return right(replace(body, free=body.free[::-1]), index)

    monkeypatch.setattr(lowering, "_summed", other_axis)
    assert not agree(CASES["partial likelihood"])


def test_members_have_the_shape_that_is_left() -> None:
    i, n, d = Index("i", Size.of("n")), Size.of("n"), Size.of("d")
    assert Entry(Symbol("X", (n, d)), (i,)).shape == (d,)
    assert Entry(Symbol("T", (n, d, n)), (i,)).shape == (d, n)
    assert Entry(Symbol("T", (n, d, n)), (i, 2)).shape == (n,)
    assert Entry(Symbol("T", (n, ONE, d)), (i,)).shape == (ONE, d)
    assert Entry(Symbol("T", (n, d, ONE)), (i,)).shape == (d,)
    assert (
        Entry(Symbol("X", (n, d)), (i, 1)).shape
        == Entry(Symbol("x", (n,)), (i,)).shape
        == Entry(Symbol("x", (ONE, n)), (i,)).shape
        == ()
    )


@pytest.mark.parametrize("shape", ["n1d", "nd1", "n11"])
def test_members_with_an_axis_of_one(shape: str) -> None:
    sizes = tuple([Size.of(letter) if letter != "1" else ONE for letter in shape])
    i = Index("i", Size.of("n"))
    expression = IndexSum(i, Norm(Entry(Symbol("T", sizes), (i,)), "2"))
    values = drawn(expression)
    want = sum(np.linalg.norm(member.ravel()) for member in values["T"])
    assert np.isclose(evaluate_tensor(lower(expression).tensor, values, SIZES), want)
    assert np.isclose(evaluate(expression, values, SIZES), want)
