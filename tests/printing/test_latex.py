"""LaTeX that a TeX engine can read: braces, brackets and delimiters are balanced, and no base has two scripts of one kind."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings

from matcalc.einstein.lowering import lower
from matcalc.expr import nodes as e
from matcalc.printing import index_text, latex
from matcalc.printing.names import latex_name
from tests.printing.random_expressions import expressions

_TOKEN = re.compile(r"\\left\\?[a-zA-Z]+|\\left.|\\right\\?[a-zA-Z]+|\\right.|\\[a-zA-Z]+|\\.|[{}^_']|[^\\{}^_']+")
_PAIRS = {r"\left(": r"\right)", r"\left[": r"\right]", r"\left\lVert": r"\right\rVert", r"\lVert": r"\rVert", "{": "}"}


def fault(source: str) -> str | None:
    """What is wrong with the source, or None."""
    stack: list[str] = []
    scripts: set[str] = set()
    tokens = _TOKEN.findall(source)
    if "".join(tokens) != source:
        return "unread characters"
    skip_to: int | None = None
    for position, token in enumerate(tokens):
        if token in _PAIRS:
            stack.append(_PAIRS[token])
        elif token in _PAIRS.values() and (not stack or stack.pop() != token):
            return f"{token} closes nothing at {position}"
        if skip_to is not None:
            if len(stack) <= skip_to and token == "}":
                skip_to = None
            continue
        if token in "^_":
            if token in scripts:
                return f"double {token}"
            scripts.add(token)
            if tokens[position + 1] != "{":
                return "script without braces"
            skip_to = len(stack)
        elif token == "'":
            scripts.add("^")
        else:
            scripts = set()
    return f"{stack} left open" if stack else None


@pytest.mark.parametrize("wrong", [r"\left(x", r"x\right)", "{x", "W_{1}_{2}", "A^{2}^{3}", r"\lVert x", "f'^{2}", r"\left(x}\right)"])
def test_faults_are_seen(wrong: str) -> None:
    assert fault(wrong) is not None


@pytest.mark.parametrize("right", [r"A^{-1} x_{1}^{2}", r"\left(A^{2}\right)^{\top}", r"\frac{x}{\lVert x \rVert^{2}}", r"{W_{1}}_{ij}"])
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
