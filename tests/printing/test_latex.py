"""LaTeX that a TeX engine can read: braces, brackets and delimiters are balanced, and no base has two scripts of one kind."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from matcalc.einstein.lowering import lower
from matcalc.expr import nodes as e
from matcalc.printing import index_text, latex
from matcalc.printing.names import latex_name
from tests.printing.latex_faults import fault
from tests.printing.random_expressions import expressions

FAULTY = [
    "{x",
    r"\left(x", r"x\right)", "W_{1}_{2}", "A^{2}^{3}", r"\lVert x", "f'^{2}", r"\left(x}\right)", r"\foo x", r"\frac{a}", r"\frac{a}b",
    r"\hat", "x & y", "x^2", r"\sqrt x", "x_", "ŷ", r"\begin{aligned} x", r"\begin{aligned} x \end{gather}", "a $ b", "[x", "(x]",
]  # fmt: skip


@pytest.mark.parametrize("wrong", FAULTY)
def test_faults_are_seen(wrong: str) -> None:
    assert fault(wrong) is not None


@pytest.mark.parametrize(
    "right", [r"A^{-1} x_{1}^{2}", r"\left(A^{2}\right)^{\top}", r"\frac{x}{\lVert x \rVert^{2}}", r"{W_{1}}_{ij}"]
)
def test_good_source_has_no_fault(right: str) -> None:
    assert fault(right) is None


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(expressions())
def test_expressions_are_balanced(expr: e.Expr) -> None:
    assert fault(latex(expr)) is None, latex(expr)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(expressions(depth=3))
def test_index_forms_are_balanced(expr: e.Expr) -> None:
    shown = index_text(lower(expr).tensor, "latex")
    assert fault(shown) is None, shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("x", "x"), ("alpha", r"\alpha"), ("β", r"\beta"), ("Sigma", r"\Sigma"), ("Alpha", r"\mathrm{A}"), ("W1", "W_{1}"),
        ("W_1", "W_{1}"), ("x₀", "x_{0}"), ("x_max", r"x_{\mathrm{max}}"), ("loss", r"\mathrm{loss}"), ("r_a_b", r"r_{\mathrm{a\_b}}"),
    ],
)  # fmt: skip
def test_names(name: str, shown: str) -> None:
    assert latex_name(name) == shown
