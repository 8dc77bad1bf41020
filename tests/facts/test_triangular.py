"""Derivatives by triangular matrices, and the functions that keep a triangle."""

from __future__ import annotations

import numpy as np
import pytest

import matcalc
from matcalc.evaluation.differences import numerical_derivative

RNG = np.random.default_rng(5)
VALUES = {"A": RNG.standard_normal((3, 3)), "b": RNG.standard_normal(3), "x": RNG.standard_normal(3)}
DECLARE = "A: n×n; b, x: n"


@pytest.mark.parametrize(("fact", "keep"), [("lower", np.tril), ("upper triangular", np.triu)])
@pytest.mark.parametrize("expression", ["b'*L*x", "||L*L' - A||^2", "tr(inv(L)*A)", "log(det(L'*L))", "sum(exp(L).*A)"])
def test_the_gradient_is_the_triangle_of_the_free_one(expression: str, fact: str, keep) -> None:
    free = matcalc.derive(expression, "L", declare=f"L: n×n; {DECLARE}").function()
    tied = matcalc.derive(expression, "L", declare=f"L: n×n {fact}; {DECLARE}").function()
    given = VALUES | {"L": keep(RNG.standard_normal((3, 3)) + 2 * np.eye(3))}
    names = [name for name in given if name in f"{expression} L"]
    values = {name: given[name] for name in names}
    assert np.allclose(tied(**values), keep(free(**values)))


def test_second_derivatives_move_within_the_triangle() -> None:
    derivation = matcalc.derive("x'*L'*L*x", ["L", "L"], declare="L: n×n lower; x: n")
    L, x = np.tril(RNG.standard_normal((3, 3))), VALUES["x"]
    found = np.asarray(derivation.function()(L=L, x=x))
    mask = np.tril(np.ones((3, 3))).ravel(order="F")
    assert np.allclose(found, 2 * np.kron(np.outer(x, x), np.eye(3)) * np.outer(mask, mask))


def test_it_is_written_with_the_function() -> None:
    assert str(matcalc.derive("b'*L*x", "L", declare="L: n×n lower")) == "tril(b xᵀ)"
    assert str(matcalc.derive("b'*L*x", "L", declare="L: n×n upper")) == "triu(b xᵀ)"
    independent = matcalc.derive("b'*L*x", "L", declare="L: n×n lower", symmetric="independent")
    assert str(independent) == "b xᵀ"
    assert any("independently" in note for note in independent.notes)


@pytest.mark.parametrize(
    ("statement", "holds"),
    [
        ("tril(X)' = triu(X')", True),
        ("tril(X) + triu(X) = X + diag(diag(X))", True),
        ("d(sum(tril(X).*A))/dX = tril(A)", True),
        ("d(b'*L*x)/dL = tril(b*x')", True),
        ("d(b'*L*x)/dL = b*x'", False),
        ("tril(X) = triu(X)", False),
        ("tril(X)*tril(A) = tril(X*A)", False),
    ],
)
def test_statements(statement: str, holds: bool) -> None:
    assert matcalc.verify(statement, declare="X, A: n×n; L: n×n lower; b, x: n").ok is holds


def test_the_numerical_derivative_moves_the_triangle() -> None:
    derivation = matcalc.derive("b'*L*x", "L", declare="L: n×n lower; b, x: n")
    values = {"L": np.tril(VALUES["A"]), "b": VALUES["b"], "x": VALUES["x"]}
    found = numerical_derivative(derivation.source.node, derivation.wrt[0], values, {"n": 3}, symmetric="projected")
    assert np.allclose(found.value, np.tril(np.outer(VALUES["b"], VALUES["x"])))
