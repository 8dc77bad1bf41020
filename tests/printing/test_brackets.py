"""What is printed is read back to the same value, by a reader of its own."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from matcalc.expr import nodes as e
from matcalc.printing import text
from tests.printing.random_expressions import SIZES, N, expressions
from tests.printing.random_values import COLUMNS, value, well_conditioned
from tests.printing.reference_reader import read


def agree(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-6, atol=1e-9)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(expressions())
def test_ascii_is_read_to_the_same_value(expr: e.Expr) -> None:
    assume(well_conditioned(expr))
    with np.errstate(all="ignore"):
        expected = value(expr)
        found = read(text(expr, "ascii"), COLUMNS, SIZES)
    assert agree(found, expected), text(expr, "ascii")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("A*(x.*y)", "A*x.*y"), ("a - (x + y)'*x", "a - x + y'*x"), ("A*(x'*y)*A", "A*x'*y*A"), ("(-a)^2", "-a^2")],
)
def test_the_reader_sees_missing_brackets(right: str, wrong: str) -> None:
    def outcome(shown: str) -> object:
        try:
            return read(shown, COLUMNS, SIZES)
        except (AssertionError, ValueError):
            return None

    one, other = outcome(right), outcome(wrong)
    assert isinstance(one, np.ndarray)
    assert not (isinstance(other, np.ndarray) and agree(one, other))


def test_scalar_product_is_not_taken_apart() -> None:
    """``A (x'y) B`` may not become ``A x' y B``."""
    x, y, a_matrix = e.Symbol("x", (N,)), e.Symbol("y", (N,)), e.Symbol("A", (N, N))
    inner = e.Product((e.Transpose(x), y))
    assert text(e.Product((a_matrix, inner, a_matrix)), "ascii") == "A*(x'*y)*A"
    assert text(e.Product((e.Number(Fraction(2)), inner)), "ascii") == "2*x'*y"
    assert text(e.Product((inner, a_matrix)), "ascii") == "(x'*y)*A"
