"""Random expressions of all functions and facts against central differences, in all layouts and conventions, results up to order four."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from tests.fuzz import __main__ as command
from tests.fuzz.checking import check, described, differences, facts, operators
from tests.fuzz.expressions import generate_wide
from tests.fuzz.table import TableGrower, of_one_number, operations
from tests.fuzz.test_fuzz import by_differences, changed
from tests.fuzz.vocabulary import FACTS, Case

ORDERS = (1, 2)


@st.composite
def wide_cases(draw: st.DrawFn, orders: tuple[int, ...], results: tuple[int, int]) -> Case:
    return generate_wide(
        lambda options: draw(st.integers(0, options - 1)), depth=3, orders=orders, results=results, grower=TableGrower
    )


def agree(case: Case, relative: float) -> None:
    result = check(case, differences, relative=relative)
    assert result.status in ("agreed", "unchecked", "refused"), f"{described(case)}\n{result.status}: {result.detail}"


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=wide_cases((1,), (0, 2)))
def test_first_derivatives(case: Case) -> None:
    agree(case, 1e-6)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=wide_cases((2,), (0, 2)))
def test_second_derivatives(case: Case) -> None:
    agree(case, 1e-5)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=wide_cases((1,), (3, 4)))
def test_derivatives_of_order_three_and_four(case: Case) -> None:
    agree(case, 1e-6)


@cache
def wide(count: int, results: tuple[int, int]) -> list[Case]:
    return [command.drawn_wide(0, number, 3, ORDERS, results) for number in range(count)]


def test_every_function_and_form_is_drawn() -> None:
    used = Counter(name for case in wide(2500, (0, 2)) for name in operators(case.expression))
    norms = {"norm A", "norm p", "norm nuclear", "norm spectral"}
    others = {"f", "g", "Kronecker", "Vec", "Reshape", "Commutation", "UnitVector"}
    assert not sorted({*of_one_number(), *(operation.name for operation in operations()), *norms, *others} - used.keys())


@pytest.mark.parametrize("results", [(0, 2), (3, 4)])
def test_every_fact_and_convention_is_drawn(results: tuple[int, int]) -> None:
    cases = wide(1500, results)
    stated = Counter(fact for case in cases for fact in facts(case.expression))
    assert not [fact for fact in FACTS if stated[fact] < 5]
    assert {case.layout for case in cases} == {"denominator", "numerator", "tensor"}
    assert {case.symmetric for case in cases} == {"projected", "independent", "cookbook"}
    assert {case.result_order for case in cases} == set(range(results[0], results[1] + 1))


def test_a_planted_error_is_seen_in_every_layout_and_order() -> None:
    seen: Counter[str] = Counter()
    for case in wide(40, (0, 2)) + wide(12, (3, 4)):
        if check(case, differences, answer=by_differences, relative=1e-5).status == "agreed":
            wrong = check(case, differences, answer=lambda case: changed(case, lambda found: 1.01 * found + 1e-2), relative=1e-5)
            assert wrong.status == "disagreed", described(case)
            seen.update({case.layout, f"{case.result_order} axes"})
    assert min(seen[name] for name in ("denominator", "numerator", "tensor", "1 axes", "2 axes", "3 axes", "4 axes")) > 1
