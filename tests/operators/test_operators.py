"""Expressions built with Python's operators are those that the same formula as a text stands for, and mean what NumPy means."""

from __future__ import annotations

import operator
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.base.functions import functions, of_sizes, spellings
from matcalc.interface.constructors import SIZED, names
from matcalc.language.build.table_functions import signature_of
from matcalc.language.text.spelling import OF_EXPRESSIONS
from tests.counting import calls

DECLARED = "X: n×m; U: n×r; V: r×m; A: n×n; S: n×n symmetric; x: n; y: n; z: m; a: scalar; b: scalar positive; T: n×m×k; f: function; q: 1×n; c: 3; M: 3×3; h: n*(n+1)/2"
NAMES = dict(zip("XUVASxyzabTfqcMh", matcalc.symbols(DECLARED), strict=True))
SCOPE = {**NAMES, "mc": matcalc}

TWINS = [
    ("mc.norm(X - U @ V)**2", "||X - U*V||^2"),
    ("x.T @ A @ x", "x'*A*x"),
    ("a * X", "a*X"),
    ("X * a", "X*a"),
    ("2 * X", "2*X"),
    ("-3 * X", "-3*X"),
    ("X / 2", "X/2"),
    ("X / a", "X/a"),
    ("(x.T @ y) * X", "(x'*y)*X"),
    ("x * y", "x.*y"),
    ("X * X", "X.*X"),
    ("x / y", "x./y"),
    ("1 / x", "1./x"),
    ("1 / a", "1/a"),
    ("x**2", "x.^2"),
    ("x**-1", "x.^-1"),
    ("x**0.5", "x.^0.5"),
    ("x**y", "x.^y"),
    ("2**x", "2.^x"),
    ("a**2", "a^2"),
    ("a**-1", "a^-1"),
    ("a**b", "a^b"),
    ("A**2", "A^2"),
    ("A**-1", "A^-1"),
    ("A**a", "A^a"),
    ("mc.power(A, 2)", "A.^2"),
    ("mc.power(X, X)", "X.^X"),
    ("-x", "-x"),
    ("+x", "x"),
    ("x - y - x", "x - y - x"),
    ("x - (y - x)", "x - (y - x)"),
    ("x + 1", "x + 1"),
    ("1 - x", "1 - x"),
    ("X - 1", "X - 1"),
    ("x.T", "x'"),
    ("a.T", "a'"),
    ("(U @ V).T", "(U*V)'"),
    ("abs(x)", "abs(x)"),
    ("x[3]", "x[3]"),
    ("X[1, 2]", "X[1,2]"),
    ("x.T[2]", "(x')[2]"),
    ("q[2]", "q[2]"),
    ("T[1, 2, 3]", "T[1,2,3]"),
    ("T * T + X.T @ X @ mc.ones('m', 'k')", "T.*T + X'*X*ones(m,k)"),
    ("X + z", "X + z"),
    ("X * x", "X.*x"),
    ("X + x", "X + x"),
    ("X - z.T", "X - z'"),
    ("X / z", "X./z"),
    ("X + a", "X + a"),
    ("0 + x", "x"),
    ("f(A @ x)", "f(A*x)"),
    ("f.derivative(x)", "f'(x)"),
    ("mc.eye('n') + A", "eye(n) + A"),
    ("mc.eye(x.shape[0]) - x @ x.T / (x.T @ x)", "eye(n) - x*x'/(x'*x)"),
    ("mc.ones('n').T @ x", "ones(n)'*x"),
    ("mc.ones(3, 'n') @ x", "ones(3,n)*x"),
    ("mc.zeros('n', 'm') + X", "zeros(n,m) + X"),
    ("mc.unit(2, 'n').T @ x", "unit(2,n)'*x"),
    ("mc.commutation('n', 'm') @ mc.vec(X)", "commutation(n,m)*vec(X)"),
    ("mc.duplication('n') @ mc.vech(A)", "duplication(n)*vech(A)"),
    ("mc.elimination_matrix('n-1')", "elimination(n-1)"),
    ("mc.sum(x) / mc.size('n')", "sum(x)/n"),
    ("mc.pi * x", "pi*x"),
    ("mc.norm(x, 1)", "norm(x, 1)"),
    ("mc.norm(x, 3)", "norm(x, 3)"),
    ("mc.norm(x, b)", "norm(x, b)"),
    ("mc.norm(x, S)", "norm(x, S)"),
    ("mc.norm(X, 'nuclear')", "norm(X, nuclear)"),
    ("mc.norm(X, 'spectral')", "norm(X, spectral)"),
    ("mc.norm(X, 'fro')", "norm(X)"),
    ("mc.softmax(X, 'rows')", "softmax(X, rows)"),
    ("mc.sum(X, 'cols')", "sum(X, cols)"),
    ("mc.mean(X, 'rows')", "mean(X, rows)"),
    ("mc.kron(A, X, S)", "kron(A, X, S)"),
    ("mc.outer(x, y)", "outer(x, y)"),
    ("mc.logdet(A @ A.T + mc.eye('n'))", "logdet(A*A' + eye(n))"),
    ("mc.sigmoid(-y * (X @ z))", "sigmoid(-y.*(X*z))"),
    ("mc.diag(x) @ mc.diag(mc.diag(A))", "diag(x)*diag(diag(A))"),
    ("mc.tr(mc.inv(A) @ S)", "tr(inv(A)*S)"),
]


@pytest.mark.parametrize(("built", "text"), TWINS)
def test_operators_build_what_the_text_says(built: str, text: str) -> None:
    found = eval(built, dict(SCOPE))
    expected = matcalc.parse(text, DECLARED)
    assert found.node is expected.node
    assert len(found.notes) == len(expected.notes)
    # A symbol of an answer is declared as it was, and its text reads back to it.
    assert {name: expected.declarations[name] for name in found.declarations} == dict(found.declarations)
    assert matcalc.parse(found.text("ascii"), DECLARED).node is found.node


def test_a_different_expression_is_seen() -> None:
    assert (NAMES["x"] - NAMES["y"]).node is not matcalc.parse("y - x", DECLARED).node


def samples(name: str) -> list[Any]:
    """Arguments for a function, by its signature."""
    if name not in spellings():
        by_name = {"kron": ["A", "X"], "outer": ["x", "y"], "inner": ["x", "y"], "dot": ["x", "y"], "power": ["x", "a"]}
        return by_name.get(name, ["A"] if name in ("tr", "trace", "inv", "diag") else ["X"])
    entry = functions()[spellings()[name]]
    if entry.kind == "elementwise":
        return ["x"] * len(entry.parameters)
    if entry.requires:
        return ["S"]
    if entry.name == "sylvester":
        return ["A", "S", "A"]
    if entry.name == "unvech":
        return ["h"]
    if entry.name == "xcorr":
        return ["x", "z"]
    if "3" in entry.signature:
        return ["M" if len(shape) > 1 else "c" for shape in signature_of(entry).parameters.values()]
    shapes = signature_of(entry).parameters.values()
    return [{0: "b", 1: "x"}.get(len(shape), "A" if len(set(shape)) == 1 else "X") for shape in shapes]


@pytest.mark.parametrize("name", [name for name in names() if name not in SIZED and name not in of_sizes()])
def test_every_function_of_the_language(name: str) -> None:
    arguments = samples(name)
    found = getattr(matcalc, name)(*[NAMES[argument] for argument in arguments])
    text = f"{arguments[0]}.^{arguments[1]}" if name == "power" else f"{name}({', '.join(arguments)})"
    assert found.node is matcalc.parse(text, DECLARED).node


def test_the_functions_are_those_of_the_rules() -> None:
    assert set(spellings()) <= set(names())
    assert {*OF_EXPRESSIONS, *SIZED} <= set(names())
    assert set(names()) <= set(dir(matcalc))
    assert "elementwise" in (matcalc.tanh.__doc__ or "")


X, U, V, x, y, z = (np.random.default_rng(7).standard_normal(shape) for shape in [(5, 3), (5, 2), (2, 3), 5, 5, 3])
ARRAYS = {"X": X, "U": U, "V": V, "x": x, "y": y, "z": z, "a": 1.7}
NUMPY = [
    ("X - U @ V", X - U @ V),
    ("X * X / 3 - 1", X * X / 3 - 1),
    ("x * y - y / x", x * y - y / x),
    ("x**2 + 1", x**2 + 1),
    ("2**x", 2**x),
    ("X + z", X + z),
    ("X * x", X * x[:, None]),
    ("a * X @ z", 1.7 * X @ z),
    ("x @ z.T", np.outer(x, z)),
    ("(X.T @ X)**-1", np.linalg.inv(X.T @ X)),
    ("(X.T @ X)**2", X.T @ X @ X.T @ X),
    ("mc.power(X, 2)", X**2),
    ("X[2, 3] - x[1]", X[1, 2] - x[0]),
    ("mc.sum(mc.exp(X), 'rows')", np.exp(X).sum(axis=1)),
    ("mc.norm(x) * abs(y)", np.linalg.norm(x) * np.abs(y)),
]


@pytest.mark.parametrize(("built", "expected"), NUMPY, ids=[case[0] for case in NUMPY])
def test_operators_mean_what_numpy_means(built: str, expected: Any) -> None:
    value = eval(built, dict(SCOPE)).function("numpy")(**ARRAYS)
    np.testing.assert_allclose(value, expected, rtol=1e-10)


def test_a_planted_difference_from_numpy_is_seen() -> None:
    with pytest.raises(AssertionError):
        test_operators_mean_what_numpy_means("X + z", X - z)


REFUSED = [
    ("X @ A", matcalc.ShapeError, ["X (n×m matrix)", "A (n×n matrix)", "X.T @ A or A @ X"]),
    ("x @ y", matcalc.ShapeError, ["x (vector of size n)", "x.T @ y (inner product)", "x * y (elementwise)"]),
    ("x.T @ y.T", matcalc.ShapeError, ["inner product"]),
    ("(X @ V.T) @ A", matcalc.ShapeError, ["X Vᵀ (n×r matrix)", "left.T @ A"]),
    ("a @ x", matcalc.ShapeError, ["a scalar", "a * x"]),
    ("2 @ x", matcalc.ShapeError, ["2 (a scalar)"]),
    ("X + A", matcalc.ShapeError, ["X (n×m matrix)", "A (n×n matrix)"]),
    ("X + X.T", matcalc.ShapeError, ["n×m matrix", "m×n matrix"]),
    ("x + x.T", matcalc.ShapeError, ["try: x + x"]),
    ("A + x", matcalc.ShapeError, ["every row", 'matcalc.ones("n")']),
    ("X**2", matcalc.ShapeError, ["square", "matcalc.power(X, 2)"]),
    ("T @ X", matcalc.ShapeError, ["tensor"]),
    ("T.T", matcalc.ShapeError, ["transpose"]),
    ("mc.det(X)", matcalc.ShapeError, ["det needs a square matrix", "X (n×m matrix)"]),
    ("mc.exp(X, 'rows')", matcalc.ParseError, ["not taken along rows"]),
    ("mc.exp(X, 'row')", matcalc.MatcalcError, ["'row'", '"rows"']),
    ("mc.exp()", matcalc.MatcalcError, ["needs an argument"]),
    ("mc.exp(x, y)", matcalc.ParseError, ["takes 1 argument"]),
    ("mc.power(x)", matcalc.MatcalcError, ["a base and an exponent"]),
    ("mc.eye()", matcalc.MatcalcError, ["needs its size"]),
    ("mc.eye(2.5)", matcalc.MatcalcError, ["2.5 is not a size"]),
    ("mc.ones('n×m')", matcalc.MatcalcError, ["not a size"]),
    ("mc.sum([1, 2])", matcalc.MatcalcError, ["array or list"]),
    ("x[0]", matcalc.ShapeError, ["counted from 1"]),
    ("x[-1]", matcalc.ShapeError, ["counted from 1"]),
    ("x[1:2]", matcalc.ShapeError, ["counted from 1"]),
    ("x[1, 2]", matcalc.ShapeError, ["has 1 positions, not 2"]),
    ("x[1.5]", matcalc.ShapeError, ["whole numbers"]),
    ("x + 'y'", matcalc.MatcalcError, ["matcalc.parse"]),
    ("x + None", matcalc.MatcalcError, ["NoneType"]),
    ("True * x", matcalc.MatcalcError, ["bool"]),
    ("1j * x", matcalc.MatcalcError, ["real"]),
    ("float('nan') * x", matcalc.MatcalcError, ["finite"]),
    ("mc.symbols('X: p×q') @ mc.symbols('X: q×p')", matcalc.MatcalcError, ["declared as p×q", "q×p"]),
    ("mc.symbols('X: symmetric')", matcalc.MatcalcError, ["sizes of X", "X: n×n symmetric"]),
    ("mc.symbols('x: vector')", matcalc.MatcalcError, ["x: n"]),
    ("mc.symbols('x')", matcalc.ParseError, ["a name, a colon"]),
    ("mc.symbols('')", matcalc.MatcalcError, ["no declaration"]),
    ("f([1])", matcalc.MatcalcError, ["argument of f"]),
    ("mc.derive(x.T @ x, A @ x)", matcalc.MatcalcError, ["is not a symbol"]),
    ("mc.derive([x], x)", matcalc.MatcalcError, ["list is no expression"]),
    ("mc.derive(x.T @ x, x, declare='x: 3')", matcalc.MatcalcError, ["x is n in the expression"]),
    ("mc.gradient(A @ x, x)", matcalc.ShapeError, ["a gradient needs a scalar"]),
]


@pytest.mark.parametrize(("built", "error", "words"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_does_not_fit_is_refused_with_shapes_and_advice(built: str, error: type[Exception], words: list[str]) -> None:
    with pytest.raises(error) as caught:
        eval(built, dict(SCOPE))
    for word in words:
        assert word in str(caught.value)
    assert "operand 1" not in str(caught.value)


def test_arrays_are_refused_on_either_side() -> None:
    for built in (lambda: np.ones(3) @ NAMES["x"], lambda: NAMES["x"] * np.ones(3), lambda: np.ones((2, 2)) + NAMES["A"]):
        with pytest.raises(matcalc.MatcalcError, match="array or list"):
            built()
    with pytest.raises(TypeError):
        iter(NAMES["x"])


def test_numbers_of_every_kind() -> None:
    x = NAMES["x"]
    text = [str(value * x) for value in (np.float64(0.1), 0.1, Fraction(1, 10), Decimal("0.1"))]
    assert set(text) == {str(matcalc.parse("0.1*x", DECLARED))}
    assert (np.int64(3) * x).node is (3 * x).node
    assert sum([x, x, x]).node is matcalc.parse("x + x + x", DECLARED).node


def test_symbols_take_the_declaration_grammar() -> None:
    assert [str(s) for s in matcalc.symbols("X: n×m, U: n×r, V: r×m")] == ["X", "U", "V"]
    assert [s.shape for s in matcalc.symbols("x, y: n; A: (n, m), B: [n, 3] ; W: n, m")] == [
        ("n",),
        ("n",),
        ("n", "m"),
        ("n", 3),
        ("n", "m"),
    ]
    assert matcalc.symbols({"β": "n positive"}).declarations == {"beta": "n positive"}
    assert matcalc.symbols("S: n×n positive definite").node.properties == {
        "positive_definite",
        "positive_semidefinite",
        "symmetric",
        "invertible",
    }


def test_every_call_takes_them() -> None:
    X, U, V, x, S = (NAMES[name] for name in "XUVxS")
    f = matcalc.norm(X - U @ V) ** 2
    assert str(matcalc.derive(f, V)) == str(matcalc.derive(f, "V")) == "2 Uᵀ (U V − X)"
    assert matcalc.derive(f, V).declarations == {"X": "n×m", "U": "n×r", "V": "r×m"}
    assert str(matcalc.gradient(f, [U, V])["V"]) == "2 Uᵀ (U V − X)"
    assert str(matcalc.hessian(x.T @ S @ x, x)) == "2 S"
    assert str(matcalc.derive(x.T @ S @ x, x, order=2)) == "2 S"
    assert str(matcalc.jacobian(S @ x, x)) == "S"
    assert str(matcalc.derive("x'*S*x", x, declare={"S": "n×n symmetric"})) == "2 S x"
    assert str(matcalc.derive("x'*S*x", x, declare="S: n×n symmetric")) == "2 S x"
    assert str(matcalc.derive(x.T @ NAMES["A"] @ x, x, declare="A: n×n symmetric")) == "2 A x"
    assert matcalc.derive(f, x).shape == ("n",)
    assert str(matcalc.vjp(X @ V.T, V, NAMES["U"])) == "Uᵀ X"
    assert matcalc.differential(f, V).equation() == "df = tr(2 (U V − X)ᵀ U dV)"
    assert str(matcalc.jvp(X.T @ U, U, "H")) == "Xᵀ H"
    assert matcalc.compile(f, gradient=[U, V]).outputs == ("value", "gradient_U", "gradient_V")
    assert matcalc.parse(f).node is f.node
    assert matcalc.derive(NAMES["f"](x), x).declarations == {"f": "function", "x": "n"}
    assert f._repr_latex_().startswith("$")


@pytest.mark.parametrize(("joined", "symbol"), [(operator.matmul, "A"), (operator.add, "A"), (operator.mul, "x")])
def test_long_chains_stay_linear(joined: Any, symbol: str) -> None:
    def join(length: int) -> Any:
        return reduce(joined, [NAMES[symbol]] * length)

    assert calls(lambda: join(2000)) < 4.5 * calls(lambda: join(500))
    assert join(2000).shape == NAMES[symbol].shape
    assert len(join(2000).text()) > 2000
