"""SymPy expressions read: both sides are evaluated, and every round trip comes back to the same value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy
from sympy import (
    Abs,
    Adjoint,
    Determinant,
    DiagMatrix,
    Function,
    FunctionMatrix,
    HadamardPower,
    HadamardProduct,
    Heaviside,
    Identity,
    Lambda,
    MatrixSymbol,
    Max,
    OneMatrix,
    Q,
    Rational,
    Sum,
    Symbol,
    Trace,
    ZeroMatrix,
    assuming,
    cos,
    erf,
    exp,
    kronecker_product,
    log,
    pi,
    sqrt,
    symbols,
)  # fmt: skip
from sympy.matrices.expressions.diagonal import DiagonalMatrix, DiagonalOf
from sympy.matrices.expressions.matexpr import MatrixElement

import matcalc
from tests.sympy_exchange.evaluation import arrays, here, value

n, m, r = symbols("n m r")
i, j = symbols("i j")
a, b = Symbol("a"), Symbol("b", positive=True)
A, B, S = (MatrixSymbol(name, n, n) for name in "ABS")
X, Y, U, V = MatrixSymbol("X", n, m), MatrixSymbol("Y", n, m), MatrixSymbol("U", n, r), MatrixSymbol("V", r, m)
x, y, w, q = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1), MatrixSymbol("w", m, 1), MatrixSymbol("q", 1, n)

CASES = [
    x.T * A * x,
    2 * x.T * A * x,
    x[n - 1, 0] * X[n - 2, m - 1] * FunctionMatrix(n, 1, Lambda((i, j), sympy.KroneckerDelta(i, n - 1))),
    Trace(x.T * A * x),
    (x.T * A * x)[0, 0],
    MatrixElement(x.T * A * x, 0, 0),
    Trace((X - U * V).T * (X - U * V)),
    (X * w - y).T * (X * w - y),
    A * x + y,
    A - B.T - 3 * S,
    -X,
    X / a,
    a * X / b**2,
    q * A,
    x * q + A,
    A**2,
    A**-2,
    A**3 * x,
    A.I,
    (A * B).I * x,
    A.I.T,
    S ** Rational(1, 2),
    Adjoint(X),
    Determinant(A) * Trace(B),
    log(Determinant(S)) / 2,
    HadamardProduct(X, Y),
    HadamardProduct(X, 2 * Y, X),
    HadamardProduct(X, HadamardPower(Y, -1)),
    HadamardPower(X, 3),
    HadamardPower(X, -2),
    HadamardPower(X, b),
    kronecker_product(A, X),
    kronecker_product(x, w.T, B),
    DiagMatrix(x) * X,
    DiagonalMatrix(A) + A,
    DiagonalOf(A * B) - x,
    Identity(n) - x * x.T / Trace(x.T * x),
    OneMatrix(1, n) * X * OneMatrix(m, 1),
    ZeroMatrix(n, m) + X,
    X.applyfunc(exp),
    X.applyfunc(lambda t: 1 / (1 + exp(-t))),
    X.applyfunc(lambda t: t**2 * b + sqrt(t) - 1),
    (A * x).applyfunc(lambda t: log(1 + exp(t))).applyfunc(cos),
    (X * w).applyfunc(lambda t: t / (1 + a * t)),
    X.applyfunc(lambda t: 3),
    X[0, 1] * x[2, 0] + q[0, 1],
    Sum(x[i, 0] * X[i, 1], (i, 0, n - 1)),
    Sum(A[i, j] * x[i, 0] * x[j, 0], (i, 0, n - 1), (j, 0, n - 1)),
    Sum(A[i, j] * Sum(X[i, j] ** 2, (j, 0, m - 1)) * A[j, i], (i, 0, n - 1), (j, 0, n - 1)),
    FunctionMatrix(n, m, Lambda((i, j), X[i, j] * x[i, 0] + b)),
    Sum(FunctionMatrix(n, m, Lambda((i, j), X[i, j] ** 2))[i, 1] * x[i, 0], (i, 0, n - 1)),
    Trace(X.T * X) / n / m,
    exp(-a) * sqrt(b) + pi * a / 3,
    sympy.E * a + Rational(2, 3) + sympy.Float("0.25") * b,
    Max(0, a) + Heaviside(b) + Abs(a - b) + erf(a),
    sqrt(Trace(X.T * X)),
    b**a,
    Trace(x * y.T),
    A * B * X * w - Trace(A) * y + (x.T * y)[0, 0] * x,
    (A * A.T + Identity(n)).I * X,
]


@pytest.mark.parametrize("expression", CASES, ids=[str(case) for case in CASES])
def test_both_sides_have_one_value(expression: Any) -> None:
    values = arrays()
    found = matcalc.parse(expression)
    expected = np.asarray(value(expression, values))
    ours = np.asarray(found.function("numpy")(**here(values)))
    assert expected.size == ours.size
    np.testing.assert_allclose(ours, expected.reshape(ours.shape), rtol=1e-9)
    again = np.asarray(value(found.sympy(), values))
    np.testing.assert_allclose(again.reshape(expected.shape), expected, rtol=1e-9)
    assert matcalc.parse(found.sympy()).shape == found.shape


def test_there_are_enough_round_trips() -> None:
    assert len(CASES) >= 40


PLANTED = [
    (A * x, A.T * x),
    (X - Y, Y - X),
    (DiagonalOf(A * B), DiagonalOf(B * A.T)),
    (kronecker_product(A, X), kronecker_product(A.T, X)),
    (X[0, 1], X[1, 0]),
    (Sum(x[i, 0] * X[i, 1], (i, 0, n - 1)), Sum(x[i, 0] * X[i, 0], (i, 0, n - 1))),
    (X.applyfunc(exp), X.applyfunc(cos)),
    (A.I * x, A * x),
    (Trace(A) / n, Trace(A) / m),
]


@pytest.mark.parametrize(("expression", "wrong"), PLANTED)
def test_a_planted_error_is_seen(expression: Any, wrong: Any) -> None:
    values = arrays()
    ours = np.asarray(matcalc.parse(expression).function("numpy")(**here(values)))
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(ours, np.asarray(value(wrong, values)).reshape(ours.shape), rtol=1e-9)


EXPLICIT = [
    A * x + y,
    HadamardProduct(X, Y),
    HadamardPower(X, 2),
    Trace(A * B) * X,
    kronecker_product(A, X),
    X.applyfunc(exp),
    A.T * A,
]


@pytest.mark.parametrize("expression", EXPLICIT, ids=str)
def test_the_oracle_agrees_with_sympys_explicit_matrices(expression: Any) -> None:
    values = arrays()
    sized = expression.subs({n: 3, m: 2, r: 5})
    entries = {symbol: sympy.ImmutableMatrix(values[symbol.name]) for symbol in sized.atoms(MatrixSymbol)}
    explicit = sized.subs(entries).doit()
    np.testing.assert_allclose(np.array(explicit.evalf(), dtype=float), value(expression, values), rtol=1e-9)


def test_derivatives_of_sympy_expressions() -> None:
    f = Trace((X - U * V).T * (X - U * V))
    d = matcalc.derive(f, V)
    assert str(d) == "2 Uᵀ (U V − X)"
    assert d.sympy() == 2 * U.T * (U * V - X)
    assert d.declarations == {"X": "n×m", "U": "n×r", "V": "r×m"} or set(d.declarations) == {"X", "U", "V"}
    assert str(matcalc.gradient(f, [U, "V"])["V"]) == "2 Uᵀ (U V − X)"
    assert matcalc.hessian(x.T * A * x, x).sympy() == A + A.T
    assert str(matcalc.jacobian(A * x, x, layout="numerator")) == "A"
    assert str(matcalc.vjp(X * w, X, y)) == "y wᵀ"
    assert matcalc.differential(f, V).sympy().func is Trace
    assert matcalc.compile(f, gradient=[V]).outputs == ("value", "gradient_V")
    assert matcalc.derive(x.T * A * x, w).shape == ("m",)
    assert matcalc.derive(a * b**2, b).sympy() == 2 * a * b


def test_a_derivative_that_sympy_gets_wrong() -> None:
    """SymPy's own derivative of this sum of traces was 0 for long."""
    f = Trace(A.T * A) + Trace(B.T * B)
    assert matcalc.derive(f, A).sympy() == 2 * A


def test_symbols_come_back_as_they_were_given() -> None:
    size, k = Symbol("n", integer=True), Symbol("k", negative=True)
    M = MatrixSymbol("M", size, size)
    assert matcalc.parse(k * M + size * M).sympy() == k * M + size * M
    assert matcalc.parse("k*M", {"M": "n×n", "k": "scalar"}).sympy([M, k]) == k * M
    assert matcalc.parse("k*M", {"M": "n×n", "k": "scalar"}).sympy() != k * M


def test_assumptions_become_properties() -> None:
    with assuming(Q.symmetric(A), Q.positive_definite(B)):
        assert str(matcalc.derive(x.T * A * x, x)) == "2 A x"
        assert matcalc.parse(A * B).declarations == {"A": "n×n symmetric", "B": "n×n positive_definite"}
    assert str(matcalc.derive(x.T * A * x, x)) == "(A + Aᵀ) x"
    assert matcalc.parse(a * b).declarations == {"a": "scalar", "b": "scalar positive"}
    assert str(matcalc.derive(x.T * A * x, x, declare="A: symmetric")) == "2 A x"


def test_users_functions() -> None:
    f = Function("f")
    for expression in (X.applyfunc(f), f(a), X.applyfunc(lambda t: f(t).diff(t)), f(a).diff(a), x.T * (A * x).applyfunc(f)):
        found = matcalc.parse(expression)
        assert found.declarations["f"] == "function"
        assert matcalc.parse(found.sympy()).node is found.node
    assert str(matcalc.derive((x.T * A * y).applyfunc(f), x)) == "f'(xᵀ A y) A y"


REFUSED = [
    (sympy.sec(a), matcalc.UnknownFunctionError, "sec"),
    (sympy.Matrix([[1, 2]]), matcalc.MatcalcError, "given entries"),
    (sympy.ImmutableMatrix([[1, 2]]), matcalc.MatcalcError, "given entries"),
    (sympy.BlockMatrix([[A, B]]), matcalc.MatcalcError, "cannot be read"),
    (X[:, 0], matcalc.MatcalcError, "MatrixSlice"),
    (sympy.I * a, matcalc.MatcalcError, "ImaginaryUnit"),
    (sympy.oo * a, matcalc.MatcalcError, "Infinity"),
    (MatrixSymbol("Z", n + 1, 1), matcalc.MatcalcError, r"the size n \+ 1"),
    (MatrixSymbol("a b", n, 1), matcalc.MatcalcError, "'a b'"),
    (Sum(x[i, 0], (i, 1, n - 1)), matcalc.MatcalcError, "begins at 1"),
    (Sum(x[i, 0], (i, 0, m - 1)), matcalc.ShapeError, "runs over m"),
    (Sum(x[i + 1, 0], (i, 0, n - 1)), matcalc.MatcalcError, r"position i \+ 1"),
    (Sum(i * x[i, 0], (i, 0, n - 1)), matcalc.MatcalcError, "outside the brackets"),
    (x[i, 0], matcalc.MatcalcError, "position i"),
    (MatrixSymbol("x", 3, 1)[2, 0] + MatrixElement(MatrixSymbol("y", n, 1), -1, 0), matcalc.MatcalcError, "position|entry"),
    (sympy.Derivative(a**2, a), matcalc.MatcalcError, "derivative"),
    (sympy.Piecewise((a, a > 0), (b, True)), matcalc.MatcalcError, "Piecewise"),
    (sympy.Integral(a, a), matcalc.MatcalcError, "Integral"),
    (a > 0, matcalc.MatcalcError, "StrictGreaterThan"),
    (sympy.Permanent(A), matcalc.MatcalcError, "Permanent"),
    (Symbol("A") * Trace(A), matcalc.MatcalcError, "declared as"),
]


@pytest.mark.parametrize(("expression", "error", "words"), REFUSED, ids=[str(case[0]) for case in REFUSED])
def test_what_has_no_counterpart_is_named(expression: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        matcalc.parse(expression)


def test_powers_and_functions_of_one_row_and_column_are_those_of_a_number() -> None:
    x, a, one = sympy.MatrixSymbol("x", n, 1), sympy.MatrixSymbol("A", n, n), sympy.MatrixSymbol("S", 1, 1)
    square, form, half = x.T * x, x.T * a * x, sympy.Rational(1, 2)
    for expression, read in (
        (square**half, "sqrt(x'*x)"), (sympy.sqrt(form), "sqrt(x'*A*x)"), (square**-half, "(x'*x)^(-1/2)"), (form**-1, "(x'*A*x)^-1"),
        (sympy.Inverse(form), "(x'*A*x)^-1"), (square ** sympy.Symbol("t"), "(x'*x)^t"), (sympy.exp(form), "exp(x'*A*x)"),
        (one**half, "sqrt(S)"), (one.I, "S^-1"), ((one + sympy.Identity(1)) ** half, "sqrt(1 + S)"),
        ((square + one) ** half, "sqrt(x'*x + S)"),
        (sympy.Determinant(form), "x'*A*x"), (x * square**-half, "x*(x'*x)^(-1/2)"), (a**half, "sqrtm(A)"),
    ):  # fmt: skip
        assert matcalc.parse(expression).text("ascii") == read
