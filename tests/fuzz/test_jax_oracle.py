"""The JAX oracle agrees with central differences and sees a planted error; left out where JAX is not installed."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("jax")

from matcalc.base.sizes import Size
from matcalc.evaluation.arrays import agrees
from matcalc.expr import nodes as e
from tests.fuzz.__main__ import drawn, drawn_wide
from tests.fuzz.checking import check, described, differences
from tests.fuzz.jax_oracle import jax_derivative
from tests.fuzz.points import point_for
from tests.fuzz.test_fuzz import by_differences, changed
from tests.fuzz.vocabulary import FACTS, FIXED_SIZES, Case, Symmetric

CASES = [drawn(3, number, 2, (1, 2)) for number in range(6)]
WIDE = [drawn_wide(3, number, 2, (1, 2), results) for number in range(8) for results in ((0, 2), (3, 4))]


@pytest.mark.parametrize("case", CASES + WIDE, ids=described)
def test_two_oracles_agree(case: Case) -> None:
    """Where both can be trusted."""
    for point in [point_for(case, 0, sizes) for sizes in FIXED_SIZES]:
        one, other = (None, None) if point is None else (jax_derivative(case, point), differences(case, point))
        if one is not None and other is not None and np.all(np.isfinite(one)):
            assert agrees(one, other, relative=1e-5)


def test_a_planted_error_is_seen() -> None:
    for case in CASES:
        wrong = check(case, jax_derivative, answer=lambda case: changed(case, lambda found: 1.001 * found + 1e-3))
        assert wrong.status == "disagreed"


@pytest.mark.parametrize("fact", FACTS)
@pytest.mark.parametrize("symmetric", ["projected", "independent", "cookbook"])
def test_conventions_for_tied_entries(fact: str, symmetric: Symmetric) -> None:
    n = Size.of("n")
    variable = e.Symbol("A", (n, n), FACTS[fact])
    weight, column = e.Symbol("B", (n, n)), e.Symbol("x", (n,))
    product = e.Product((e.Transpose(column), variable, weight, variable, column))
    for wrt in [(variable,), (variable, variable)]:
        case = Case(product, wrt, "tensor", symmetric)
        assert check(case, jax_derivative, answer=by_differences, relative=1e-5).status == "agreed"
