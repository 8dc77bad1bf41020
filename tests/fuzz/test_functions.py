"""Random expressions of all functions and facts against central differences, in all layouts and conventions, results up to order four."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache
from typing import cast

import numpy as np
import pytest

from matcalc.base.sizes import Size
from matcalc.evaluation.sampling import Point
from matcalc.expr import nodes as e
from tests.fuzz import __main__ as command
from tests.fuzz.checking import Answers, arranged, check, described, differences, facts, operators
from tests.fuzz.table import TableGrower, of_one_number, operations
from tests.fuzz.test_fuzz import by_differences
from tests.fuzz.vocabulary import FACTS, NAMES, Case

ORDERS = (1, 2)


@cache
def wide(count: int, results: tuple[int, int]) -> list[Case]:
    return [command.drawn_wide(0, number, 3, ORDERS, results) for number in range(count)]


@pytest.mark.parametrize(("results", "count"), [((0, 2), 24), ((3, 4), 8)])
def test_derivatives_agree_with_differences(results: tuple[int, int], count: int) -> None:
    found: Counter[str] = Counter()
    for case in wide(300, results)[-count:]:
        result = check(case, differences, relative=1e-5 if len(case.wrt) > 1 else 1e-6)
        found[result.status] += 1
        assert result.status != "disagreed", f"{described(case)}\n{result.detail}"
    assert found["agreed"] > count / 2


def test_every_function_and_form_is_drawn() -> None:
    """Each when its turn comes; what is not of the table within a few hundred cases."""
    assert [one.name for place, one in enumerate(operations()) if one.name not in operators(_drawn_at(place))] == []
    used = Counter(name for case in wide(300, (0, 2)) + wide(300, (3, 4)) for name in operators(case.expression))
    norms = {"norm A", "norm p", "norm nuclear", "norm spectral"}
    others = {"Kronecker", "Vec", "Reshape", "Commutation", "UnitVector"}
    assert not sorted({*norms, *others} - used.keys())
    assert used.keys() & {"f", "g"}
    assert len(used.keys() & of_one_number().keys()) > len(of_one_number()) / 2


def _drawn_at(place: int) -> e.Expr:
    """What is drawn where the first choice is this one."""
    after, first = random.Random(1).randrange, [place]
    return TableGrower(lambda options: first.pop() if first else after(options), tuple(map(Size.of, NAMES))).anything(1)


@pytest.mark.parametrize("results", [(0, 2), (3, 4)])
def test_every_fact_and_convention_is_drawn(results: tuple[int, int]) -> None:
    cases = wide(300, results)
    stated = Counter(fact for case in cases for fact in facts(case.expression))
    assert not [fact for fact in FACTS if stated[fact] < 2]
    assert {case.layout for case in cases} == {"denominator", "numerator", "tensor"}
    assert {case.symmetric for case in cases} == {"projected", "independent", "cookbook"}
    assert {case.result_order for case in cases} == set(range(results[0], results[1] + 1))


def test_a_planted_error_is_seen_in_every_layout_and_order() -> None:
    seen: Counter[str] = Counter()
    told: list[np.ndarray | None] = []

    def noted(case: Case, point: Point) -> np.ndarray | None:
        told.append(differences(case, point))
        return told[-1]

    def wrong_answers(case: Case) -> Answers:
        """What the differences are at the last point that was asked about, with an error."""
        return {"function": lambda **values: 1.01 * arranged(cast("np.ndarray", told[-1]), case) + 1e-2}

    for case in wide(300, (0, 2))[:24] + wide(300, (3, 4))[:8]:
        told.clear()
        if check(case, noted, answer=by_differences, relative=1e-5).status == "agreed":
            again = iter(told)
            wrong = check(case, lambda case, point, again=again: next(again), answer=wrong_answers, relative=1e-5)
            assert wrong.status == "disagreed", described(case)
            seen.update({case.layout, f"{case.result_order} axes"})
    assert min(seen[name] for name in ("denominator", "numerator", "tensor", "1 axes", "2 axes", "3 axes", "4 axes")) > 1
