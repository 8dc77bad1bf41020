"""What is printed is read back to the same value, by a reader of its own."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from matcalc.errors import MatcalcError
from matcalc.evaluation import evaluate
from matcalc.expr import nodes as e
from matcalc.printing import text
from tests.printing.random_expressions import SIZES, SYMBOLS, N, expressions
from tests.printing.reference_reader import read

_RANDOM = np.random.default_rng(7)
VALUES = {s.name: 0.5 + _RANDOM.random(tuple(size.value(SIZES) for size in s.shape)) for s in SYMBOLS}
COLUMNS = {name: np.reshape(value, (value.shape[0] if value.ndim else 1, -1)) for name, value in VALUES.items()}


def value(expr: e.Expr) -> np.ndarray:
    """The oracle's value, always with two axes."""
    result = np.asarray(evaluate(expr, VALUES, SIZES))
    return result.reshape(expr.rows.value(SIZES), expr.cols.value(SIZES))


def agree(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-6, atol=1e-9)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(expressions())
def test_ascii_is_read_to_the_same_value(expr: e.Expr) -> None:
    with np.errstate(all="ignore"):
        try:
            expected = value(expr)
        except MatcalcError:
            assume(False)
        assume(bool(np.isfinite(expected).all()) and np.abs(expected).max() < 1e6)
        assume(well_conditioned(expr))
        found = read(text(expr, "ascii"), COLUMNS, SIZES)
    assert agree(found, expected), text(expr, "ascii")


def well_conditioned(expr: e.Expr) -> bool:
    """No nearly singular matrix inside: there rounding decides the value."""
    for node in e.postorder(expr):
        if isinstance(node, e.Inverse) and np.linalg.cond(value(node.operand)) > 1e6:
            return False
        if isinstance(node, e.Quotient) and np.abs(value(node.denominator)).min() < 1e-6:
            return False
        if isinstance(node, e.Power) and np.abs(value(node.base)).min() < 1e-3:
            return False
    return True


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
