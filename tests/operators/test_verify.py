"""Statements with sides given as objects, and what notebooks show."""

from __future__ import annotations

from typing import Any

import pytest
import sympy

import matcalc

A, S, x, X = matcalc.symbols("A: n×n; S: n×n symmetric; x: n; X: n×m")
B, y = (sympy.MatrixSymbol(name, sympy.Symbol("n"), size) for name, size in (("A", sympy.Symbol("n")), ("x", 1)))
STATEMENTS: list[tuple[Any, Any, str]] = [
    (matcalc.derive(x.T @ S @ x, x), 2 * S @ x, "proved"),
    (matcalc.derive(x.T @ A @ x, x), 2 * A @ x, "refuted"),
    (matcalc.derive(x.T @ A @ x, x), "(A + A')*x", "proved"),
    ("(A + A')*x", matcalc.derive(x.T @ A @ x, x), "proved"),
    (matcalc.derive("x'*A*x", "x"), "2*A*x", "refuted"),
    (matcalc.jacobian(A @ x, x, layout="numerator"), A, "proved"),
    (matcalc.jacobian(A @ x, x), A, "refuted"),
    (matcalc.hessian(x.T @ A @ x, x), A + A.T, "proved"),
    (matcalc.derive(x.T @ x, x, order=2), "2*eye", "proved"),
    (matcalc.tr(A @ X @ X.T), matcalc.tr(X.T @ A @ X), "proved"),
    (matcalc.tr(A @ S), "tr(A)*tr(S)", "refuted"),
    (A @ x, x, "refuted"),
    (matcalc.derive(y.T * B * y, y), (B + B.T) * y, "proved"),
    ("tr(A*B)", "tr(B*A)", "proved"),
    (matcalc.derive(x.T @ x, X), 0 * X, "proved"),
]


@pytest.mark.parametrize(("left", "right", "status"), STATEMENTS)
def test_two_sides(left: Any, right: Any, status: str) -> None:
    verdict = matcalc.verify(left, right, help=False)
    assert verdict.status == status
    assert " = " in verdict.statement


def test_a_refuted_side_is_corrected() -> None:
    verdict = matcalc.verify(matcalc.derive(x.T @ A @ x, x), 2 * A @ x)
    assert verdict.statement == "d(xᵀ A x)/dx = 2 A x"
    assert str(verdict.correction) == "(A + Aᵀ) x"
    assert "right answer: $" in verdict._repr_markdown_()
    assert verdict._repr_markdown_().startswith("**conditional:** `d(xᵀ A x)/dx = 2 A x`")


def test_what_is_refused() -> None:
    with pytest.raises(matcalc.MatcalcError, match="other side"):
        matcalc.verify(A @ x)
    with pytest.raises(matcalc.MatcalcError, match="declared as"):
        matcalc.verify(A @ x, matcalc.symbols("A: n"))
    with pytest.raises(matcalc.MatcalcError, match="list is no expression"):
        matcalc.verify(A, [1])  # type: ignore[arg-type]


def test_notebooks() -> None:
    derivation = matcalc.derive(x.T @ A @ x, x)
    shown = [
        A @ x, derivation, matcalc.differential("x'*x", "x"), matcalc.vjp("A*x", "x"), matcalc.gradient("x'*y", ["x", "y"]),
        derivation.slice(), matcalc.symbols("f: function"),
    ]  # fmt: skip
    for result in shown:
        text = result._repr_latex_()
        assert text.startswith("$") and text.endswith("$") and text.count("{") == text.count("}")
