"""Where a derivative holds is said, and only where it is not known already."""

from __future__ import annotations

import pytest

import matcalc


@pytest.mark.parametrize(
    ("expression", "wrt", "declare", "conditions"),
    [
        ("logdet(X)", "X", "X: n×n", ("X invertible",)),
        ("logdet(X)", "X", "X: n×n positive_definite", ()),
        ("tr(A*adj(X))", "X", "X: n×n", ("X invertible",)),
        ("tr(A*pinv(X))", "X", "X: m×n", ("rank of X locally constant",)),
        ("eigmax(X)", "X", "X: n×n symmetric", ("largest eigenvalue of X simple",)),
        ("norm(X, spectral)", "X", "X: m×n", ("largest singular value of X simple",)),
        ("norm(X, nuclear)", "X", "X: m×n", ("X of full rank",)),
        ("tr(logm(X))", "X", "X: n×n", ("no eigenvalue of X on (−∞, 0]", "X invertible")),
        ("tr(logm(X))", "X", "X: n×n positive_definite", ()),
        ("tr(X^a)", "a", "X: n×n; a: scalar", ("no eigenvalue of X on (−∞, 0]",)),
    ],
)
def test_conditions_of_matrix_functions(expression: str, wrt: str, declare: str, conditions: tuple[str, ...]) -> None:
    assert matcalc.derive(expression, wrt, declare=declare).conditions == conditions
