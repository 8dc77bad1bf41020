"""Differentials, directional derivatives and slices: texts, and agreement with numerical changes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.base.errors import MatcalcError, ShapeError
from matcalc.einstein import linear
from matcalc.language import elaborate
from matcalc.products import differentials
from tests.oracle import Disagreement
from tests.products.checking import check_equation, unit_vectors

EXPRESSIONS = [
    ("||X - U*V||^2", None, ("U", "V")),
    ("A*X*B", None, ("X",)),
    ("inv(X)", None, ("X",)),
    ("x'*A*x", None, ("x", "A")),
    ("W*x + b", None, ("W", "x", "b")),
    ("softmax(x)", None, ("x",)),
    ("softmax(X, rows)", None, ("X",)),
    ("softmax(Q*K'/c, rows)*V", None, ("Q", "K", "V", "c")),
    ("logdet(X)", "X: n×n positive_definite", ("X",)),
    ("det(X)*tr(X)", None, ("X",)),
    ("X*A*X'", None, ("X",)),
    ("norm2(A*x - b)", None, ("x",)),
    ("x'*A", "x: n; A: n×m", ("x", "A")),
    ("r*A*y", "r: 1×n; A: n×m; y: m", ("r", "y")),
    ("sin(a)*y", "a: scalar; y: n", ("a", "y")),
    ("a'*x*c + c^2", "a: n; x: n; c: scalar", ("x", "c")),
    ("-exp(-tr(X'*X))", None, ("X",)),
    ("x/norm2(x)", None, ("x",)),
    ("f(X*w)", "f: function", ("X", "w")),
    ("sum(f(X*w))/n", "f: function; X: n×m", ("X", "w")),
    ("z = A*x; tanh(z).*z", None, ("x",)),
    ("kron(A, X)", None, ("X",)),
    ("vec(A*X)", None, ("X",)),
]
SINGLE = [(expression, declare, wrt) for expression, declare, all_of in EXPRESSIONS for wrt in all_of]


def read(expression: str, declare: str | None, *wrt: str) -> Any:
    return elaborate(expression, declare, wrt=wrt)


@pytest.mark.parametrize(("expression", "declare", "wrt"), SINGLE)
def test_differentials(expression: str, declare: str | None, wrt: str) -> None:
    found = matcalc.differential(expression, wrt, declare=declare)
    elaborated = read(expression, declare, wrt)
    symbol = elaborated.symbols[wrt]
    change = next(new for new in found.inputs if new.name == f"d{wrt}")
    assert found.closed
    check_equation(found, elaborated.expression, {symbol: change})


@pytest.mark.parametrize(("expression", "declare", "wrt"), SINGLE)
def test_directions(expression: str, declare: str | None, wrt: str) -> None:
    found = matcalc.jvp(expression, wrt, "D", declare=declare)
    elaborated = read(expression, declare, wrt)
    change = next(new for new in found.inputs if new.name == "D")
    assert found.closed
    check_equation(found, elaborated.expression, {elaborated.symbols[wrt]: change})


@pytest.mark.parametrize(("expression", "declare", "wrt"), SINGLE)
def test_slices(expression: str, declare: str | None, wrt: str) -> None:
    found = matcalc.derive(expression, wrt, declare=declare).slice()
    elaborated = read(expression, declare, wrt)
    symbol = elaborated.symbols[wrt]
    order = len(symbol.shape) - symbol.is_row
    assert found.closed
    check_equation(found, elaborated.expression, {symbol: unit_vectors(("i", "j")[:order])})


@pytest.mark.parametrize(("expression", "declare", "wrt"), [case for case in EXPRESSIONS if len(case[2]) > 1])
def test_differentials_by_several(expression: str, declare: str | None, wrt: tuple[str, ...]) -> None:
    found = matcalc.differential(expression, list(wrt), declare=declare)
    elaborated = read(expression, declare, *wrt)
    changes = {elaborated.symbols[name]: next(new for new in found.inputs if new.name == f"d{name}") for name in wrt}
    check_equation(found, elaborated.expression, changes)


@pytest.mark.parametrize("facts", ["symmetric", "antisymmetric", "diagonal"])
@pytest.mark.parametrize("expression", ["A*S*B", "tr(A*S*S)"])
def test_a_change_keeps_the_ties_of_its_variable(expression: str, facts: str) -> None:
    declare = f"A: n×n; B: n×m; S: n×n {facts}"
    found = matcalc.differential(expression, "S", declare=declare)
    elaborated = read(expression, declare, "S")
    assert facts in found.declarations["dS"]
    change = next(new for new in found.inputs if new.name == "dS")
    check_equation(found, elaborated.expression, {elaborated.symbols["S"]: change})


def test_texts() -> None:
    found = matcalc.differential("||X - U*V||^2", "V")
    assert (found.text("ascii"), str(found)) == ("tr(2*(U*V - X)'*U*dV)", "tr(2 (U V − X)ᵀ U dV)")
    assert found.equation() == "df = tr(2 (U V − X)ᵀ U dV)"
    assert r"U \mathrm{d}V" in found.latex(equation=True)
    assert found.declarations["dV"] == "p×m"
    assert matcalc.differential("A*X*B + C", "X").equation() == "dY = A dX B"
    assert matcalc.differential("W*x", ["W", "x"]).equation() == "dy = W dx + dW x"
    assert str(matcalc.jvp("A*X*B", "X")) == "A V B"
    assert str(matcalc.jvp("W*x", ["W", "x"], ["U", "v"])) == "W v + U x"
    assert str(matcalc.differential("A*y", "X", declare="X: n×m; A: n×m; y: m")) == "zeros(n)"


def test_the_four_views_of_one_derivative() -> None:
    found = matcalc.derive("A*X*B", "X")
    assert str(found) == "B ⊗ Aᵀ"
    assert found.differential().equation() == "dY = A dX B"
    assert found.slice().equation() == "∂/∂X_ij = A e_i e_jᵀ B"
    assert "A" in found.index_form
    assert str(found.slice(2, 3)) == "A unit(2, m) unit(3, p)ᵀ B"
    assert str(found.slice("k", "l")) == "A e_k e_lᵀ B"


def test_a_slice_is_a_column_of_the_derivative() -> None:
    found = matcalc.derive("softmax(x)", "x")
    x = np.array([0.2, -0.4, 1.0])
    full = found.function()(x=x)
    np.testing.assert_allclose(found.slice(2).function()(x=x), full[1], rtol=1e-12)


@pytest.mark.parametrize("symmetric", ["projected", "cookbook", "independent"])
def test_a_slice_follows_the_convention_for_symmetric_variables(symmetric: Any) -> None:
    declare = "a: n; b: n; S: n×n symmetric"
    a, b, s = np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0]), np.eye(3)
    for text in ("a'*S*b", "S*b"):
        found = matcalc.derive(text, "S", declare=declare, symmetric=symmetric, layout="tensor")
        full = found.function()(a=a, b=b, S=s)
        piece = found.slice(1, 3).function()(a=a, b=b, S=s)
        np.testing.assert_allclose(piece, full[..., 0, 2])


def test_names_that_are_taken_are_avoided_or_refused() -> None:
    found = matcalc.derive("e_i'*X*e_j", "X", declare="X: n×m; e_i: n; e_j: m").slice()
    assert "e_k" in str(found)
    with pytest.raises(MatcalcError, match="dX is already a name"):
        matcalc.differential("dX*X", "X", declare="dX: n×n")
    with pytest.raises(MatcalcError, match="already a name"):
        matcalc.jvp("V*X", "X")
    with pytest.raises(ShapeError, match="declared as"):
        matcalc.jvp("A*X", "X", declare="V: n; X: n×m")
    with pytest.raises(MatcalcError, match="directions"):
        matcalc.jvp("A*X", ["A", "X"], "V")
    with pytest.raises(MatcalcError, match="indices"):
        matcalc.derive("A*X", "X").slice("i")
    with pytest.raises(MatcalcError, match="twice"):
        matcalc.derive("A*X", "X").slice("i", "i")
    with pytest.raises(ShapeError, match="outside"):
        matcalc.derive("A*X", "X").slice(0, 1)
    with pytest.raises(MatcalcError, match="second derivative"):
        matcalc.derive("x'*A*x", "x", order=2).differential()


def test_json_and_code() -> None:
    found = matcalc.differential("A*X*B", "X")
    assert found.to_dict()["equation"] == "dY = A dX B"
    assert "def value" in found.code("numpy")
    assert found.shape == ("n", "q")


def test_a_wrong_push_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = differentials.paired
    monkeypatch.setattr(differentials, "paired", lambda *given: linear.scale(Fraction(3, 2), right(*given)))
    elaborated = read("A*X*B", None, "X")
    found = matcalc.differential("A*X*B", "X")
    change = next(new for new in found.inputs if new.name == "dX")
    with pytest.raises(Disagreement):
        check_equation(found, elaborated.expression, {elaborated.symbols["X"]: change})
