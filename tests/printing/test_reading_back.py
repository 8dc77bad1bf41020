"""ASCII and Unicode text are read by the language package, given the declarations, to an expression with the same values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from matcalc.evaluation.interpreter import evaluate
from matcalc.expr import nodes as e
from matcalc.language import elaborate
from matcalc.printing import text
from tests.printing.random_expressions import SIZES, SYMBOLS, expressions
from tests.printing.random_values import VALUES, value, well_conditioned
from tests.printing.test_brackets import agree
from tests.printing.test_expressions import TABLE

DECLARED = {s.name: "×".join(str(size) for size in s.shape) or "scalar" for s in SYMBOLS}


def read_back(expr: e.Expr, style: str, declare: dict[str, str]) -> e.Expr:
    return elaborate(text(expr, "ascii" if style == "ascii" else "unicode"), declare).expression


@pytest.mark.parametrize("style", ["ascii", "unicode"])
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(expr=expressions())
def test_random_expressions(style: str, expr: e.Expr) -> None:
    assume(well_conditioned(expr))
    with np.errstate(all="ignore"):
        expected = value(expr)
        found = read_back(expr, style, DECLARED)
    assert found.shape == expr.shape, text(expr, "ascii")
    assert agree(value(found), expected), text(expr, "ascii")


def _declarations(expr: e.Expr) -> dict[str, str]:
    found = {}
    for node in e.postorder(expr):
        if isinstance(node, e.Symbol):
            found[node.name] = "×".join(str(size) for size in node.shape) or "scalar"
        if isinstance(node, e.Elementwise) and node.function.startswith("f"):
            found["f"] = "function"
    return found


@pytest.mark.parametrize("style", ["ascii", "unicode"])
@pytest.mark.parametrize("expr", [row[0] for row in TABLE], ids=[row[1] for row in TABLE])
def test_table_is_stable(expr: e.Expr, style: str) -> None:
    """What is read back prints the same again."""
    found = read_back(expr, style, _declarations(expr))
    assert found.shape == expr.shape
    assert text(found, "ascii") == text(expr, "ascii")


def test_values_of_a_long_text() -> None:
    expr: e.Expr = SYMBOLS[3]
    for _ in range(300):
        expr = e.Product((e.Elementwise("tanh", e.Product((SYMBOLS[6], expr))), SYMBOLS[0]))
    found = read_back(expr, "ascii", DECLARED)
    assert np.allclose(evaluate(found, VALUES, SIZES), evaluate(expr, VALUES, SIZES))
