"""The JAX oracle agrees with central differences and sees a planted error; left out where JAX is not installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("jax")

from tests.fuzz.__main__ import drawn
from tests.fuzz.checking import check, described
from tests.fuzz.expressions import Case
from tests.fuzz.jax_oracle import jax_derivative
from tests.fuzz.test_fuzz import by_differences

CASES = [drawn(3, number, 2, (1, 2)) for number in range(6)]


@pytest.mark.parametrize("case", CASES, ids=described)
def test_two_oracles_agree(case: Case) -> None:
    assert check(case, jax_derivative, answer=by_differences, relative=1e-5).status == "agreed"


def test_a_planted_error_is_seen() -> None:
    def wrong(case: Case) -> Callable[..., Any]:
        right = by_differences(case)
        return lambda **values: 1.001 * right(**values) + 1e-3

    assert check(CASES[0], jax_derivative, answer=wrong).status == "disagreed"
