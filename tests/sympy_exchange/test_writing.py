"""Answers as SymPy expressions: evaluated there by SymPy's meaning and here by the evaluator, and built again by their source."""

from __future__ import annotations

from functools import reduce
from operator import matmul
from typing import Any

import numpy as np
import pytest
import sympy

import matcalc
from matcalc.base.functions import functions
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import find_point
from matcalc.interface.results import ParsedExpression
from matcalc.sympy_exchange.sympy_objects import elementwise_templates
from tests.cases.test_cases import CASES
from tests.sympy_exchange.evaluation import value

EVERY = 10
"""Every so many cases of ``tests/cases`` are tried."""
NOT_IN_SYMPY = (
    "adj", "commutation", "eig", "expm", "leftsv", "logm", "pinv", "polar", "rightsv", "spectral", "tensor", "vec",
    "divdiff", "frechet",
)  # fmt: skip


def check(found: ParsedExpression, number: int = 1, expression: Any = None) -> Any:
    """The SymPy expression, whose value at a random point with prime sizes is the value here, as is that of what its source builds."""
    expression = found.sympy() if expression is None else expression
    point = find_point([found.node], number)
    assert point is not None
    arrays: dict[str, Any] = dict(point.sizes)
    for name, array in point.values.items():
        row = np.ndim(array) == 1 and found.declarations.get(name, "").startswith("1×")
        arrays[name] = array[None, :] if row else array[:, None] if np.ndim(array) == 1 else array
    scope: dict[str, Any] = {}
    exec(found.code("sympy"), scope)
    here = np.asarray(evaluate(found.node, point.values, point.sizes))
    for built in (expression, scope["result"]):
        there = np.asarray(value(built, arrays))
        assert there.size == here.size
        np.testing.assert_allclose(there.reshape(here.shape), here, rtol=1e-7, atol=1e-9)
    return expression


def answers() -> list[tuple[str, ParsedExpression]]:
    found = []
    for case in CASES[::EVERY]:
        wrt = case.wrt[0] if len(case.wrt) == 1 else case.wrt
        derivation = matcalc.derive(case.expression, wrt, declare=case.declare or None, cost="familiar", **case.options)
        if derivation.expression is not None:
            found.append((str(case), derivation.expression))
    return found


def test_answers_of_the_cases() -> None:
    wrong, checked, missing = [], 0, []
    for name, found in answers():
        if "function" in found.declarations.values():
            assert matcalc.parse(found.sympy()).shape == found.shape
            continue
        try:
            check(found)
            checked += 1
        except matcalc.MatcalcError as error:
            missing.append((name, str(error).splitlines()[0]))
        except AssertionError as error:
            wrong.append((name, found.text(), str(error)[:200]))
    assert wrong == []
    assert [entry for entry in missing if not any(word in entry[1] for word in NOT_IN_SYMPY)] == []
    assert checked >= 35
    assert len(missing) < checked / 8


OUT = [
    ("2*U'*(U*V - X)", "", "2*U.T*(U*V - X)"),
    ("(x'*A*x)*B*y", "", "Trace(x.T*A*x)*B*y"),
    ("A*x*y'*x - inv(A)'*x", "", "-A.T**(-1)*x + A*x*y.T*x"),
    ("a^2*sqrt(b)/c", "a: scalar; b: positive scalar; c: scalar", "a**2*sqrt(b)/c"),
    ("X^3 + 2*I", "", "2*I + X**3"),
    ("X/n", "X: n×n", "1/n*X"),
    ("kron(A, B)", "", "KroneckerProduct(A, B)"),
    ("logdet(S)", "", "log(Abs(Determinant(S)))"),
    ("x[2] - X[1,3]", "", "-X[0, 2] + x[1, 0]"),
    ("sum(i, X[i,i]*x[i])", "", "Sum(X[i, i]*x[i, 0], (i, 0, n - 1))"),
    ("A[1:2,:]*X*w", "A: 4×3; X: 3×2", "A[:2, :]*X*w"),
    ("(A*X)[2:3,1:2]", "A: 4×3; X: 3×5", "A[1:3, :]*X[:, :2]"),
    ("x[2:end]'*(x[1:end-1]*a)", "x: n; a: scalar", "a*Trace(x[1:, :].T*x[:n - 1, :])"),
]


@pytest.mark.parametrize(("text", "declare", "shown"), OUT)
def test_how_expressions_are_written(text: str, declare: str, shown: str) -> None:
    assert str(check(matcalc.parse(text, declare))) == shown


MORE = [
    "x./y + 1./x + x.^2 + 2.^x + x.^y", "X./x", "(1 + a)./X", "diag(A) + diag(x)*1", "diag(x')*y", "sum(X) + sum(x) + sum(x')",
    "sum(X, rows)", "sum(X, cols)", "norm(x) + norm(x, 1) + norm(x, 3) + norm(X)", "norm(x, S)", "norm(X, nuclear)", "softmax(x)",
    "softmax(X, rows)", "softmax(X, cols)", "logsumexp(x)", "logsumexp(X, rows)", "logsumexp(X, cols)", "mean(x) + var(x)", "sqrtm(S)",
    "det(A)*tr(A)", "x'", "x*y'", "q*A", "tensor(i, j, X[i,j]*x[i])", "tensor(i, X[i,1])", "e_2*x'", "vector(1, n) - x",
    "matrix(0, n, m) - X", "A^-2", "pi*x", "relu(x) - abs(y) + sigmoid(-x) + tanh(X*w)", "sum(i, sum(j, A[i,j]*x[i]*x[j]))",
    "(x'*y)^2*A - A*(x'*x)", "A*(-x) - (-A)*x", "kron(x, w')*vector(1, m)", "0.1*x/3",
]  # fmt: skip
SIZES = "A: n×n; S: n×n positive_definite; X: n×m; x: n; y: n; w: m; q: 1×n; a: scalar"


@pytest.mark.parametrize("text", MORE)
def test_every_kind_of_node(text: str) -> None:
    found = matcalc.parse(text, SIZES)
    expression = check(found)
    assert matcalc.parse(expression).shape == found.shape


def test_a_planted_error_is_seen() -> None:
    for text, wrong in (("A*x", "A'*x"), ("x[2]", "x[1]"), ("softmax(X, rows)", "softmax(X, cols)"), ("X - Y", "Y - X")):
        declare = "A: n×n; X: n×n; Y: n×n; x: n"
        with pytest.raises(AssertionError):
            check(matcalc.parse(text, declare), expression=matcalc.parse(wrong, declare).sympy())


IN_OTHER_WORDS = {"normcdf", "normpdf"}
"""Functions that SymPy has as formulas of others, which are read back as these."""


@pytest.mark.parametrize(
    "name", [n for n, function in functions().items() if function.kind == "elementwise" and not function.partials]
)
def test_every_elementwise_function(name: str) -> None:
    variable, template = elementwise_templates()[name]
    domain = functions()[name].domain
    points = (1.3, 1.8) if domain == "t > 1" else (0.3, 0.8) if domain == "t > 0" else (0.3, 0.8, -0.3, -0.8)
    for point in points:
        expected = float(template.subs(variable, sympy.Float(point)))
        assert float(matcalc.parse(f"{name}(t)", "t: scalar").function()(t=point)) == pytest.approx(expected)
    found = matcalc.parse(f"{name}(X)", "X: n×m")
    again = matcalc.parse(found.sympy())
    assert again.node is found.node or name in IN_OTHER_WORDS
    values = np.array([[1.3, 1.8]]) if domain == "t > 1" else np.array([[0.3, 0.8]])
    assert np.allclose(again.function()(X=values), found.function()(X=values))


@pytest.mark.parametrize("text", ["max(a, b)", "min(a, 2)", "where(a > b, a, b^2)", "atan2(a, b)", "polygamma(1, b)"])
def test_functions_of_several_numbers(text: str) -> None:
    found = matcalc.parse(text, "a: scalar; b: scalar")
    values = {name: value for name, value in (("a", 0.7), ("b", 1.9)) if name in found.declarations}
    written = found.sympy().subs({symbol: values[str(symbol)] for symbol in found.sympy().free_symbols})
    assert float(found.function()(**values)) == pytest.approx(float(written))


@pytest.mark.parametrize(
    ("text", "words"),
    [("expm(X)", "expm"), ("pinv(X)", "pinv"), ("norm(X, spectral)", "spectral"), ("vec(X)", "vec"), ("T", "tensors of order 3")],
)
def test_what_sympy_does_not_have(text: str, words: str) -> None:
    with pytest.raises(matcalc.MatcalcError, match=words):
        matcalc.parse(text, "T: n×m×k" if text == "T" else None).sympy()


def test_no_closed_form() -> None:
    derivation = matcalc.derive("X.*Y*Z", "X", declare="X: n×m; Y: n×m; Z: m×k", layout="tensor")
    assert not derivation.closed
    with pytest.raises(matcalc.MatcalcError, match="no closed matrix form"):
        derivation.sympy()


def test_every_result_has_sympy() -> None:
    U, V, X = (sympy.MatrixSymbol(name, *sympy.symbols(sizes)) for name, sizes in (("U", "n r"), ("V", "r m"), ("X", "n m")))
    declared = "X: n×m; U: n×r; V: r×m"
    names = [X, U, V, *sympy.symbols("n m r")]
    assert matcalc.derive("||X - U*V||^2", "V", declare=declared).sympy(names) == 2 * U.T * (U * V - X)
    assert matcalc.gradient("||X - U*V||^2", ["U", "V"], declare=declared).sympy(names)["V"] == 2 * U.T * (U * V - X)
    G = sympy.MatrixSymbol("G", *sympy.symbols("n m"))
    assert matcalc.vjp("U*V", "V", "G", declare=declared).sympy([*names, G]) == U.T * G
    assert matcalc.differential("tr(A*X)", "X").sympy().func is sympy.Trace
    assert "gradient_U = " in matcalc.gradient("||X - U*V||^2", ["U", "V"], declare=declared).code("sympy")
    program = matcalc.gradient("z = A*x; h = z.*z; h'*z", "x", names="keep")
    assert program.sympy() == 3 * matcalc.parse("A'*((A*x).*(A*x))").sympy()


@pytest.mark.parametrize("name", ["lambda", "S", "Trace", "x'", "N", "result", "beta_1"])
def test_source_with_awkward_names(name: str) -> None:
    check(matcalc.parse(f"{name}*X" if "'" not in name else "X", {name.rstrip("'"): "scalar", "X": "n×m"}))


def test_what_is_too_large_for_sympy() -> None:
    x, A = matcalc.symbols("x: n; A: n×n")
    deep, shared = x, x
    for _ in range(400):
        deep = matcalc.tanh(A @ deep)
        shared = shared + A @ shared
    for large in (deep, shared):
        with pytest.raises(matcalc.LimitError, match="too large for SymPy"):
            large.sympy()
    assert str(reduce(matmul, [A] * 2000).sympy()) == "A**2000"


def test_norms_inside_norms_are_refused_before_sympy_takes_minutes() -> None:
    formula = "a"
    for _ in range(15):
        formula = f"||x + ({formula})*ones(n)||^2"
    derivation = matcalc.derive(formula, "x", declare="x: n; a: scalar")
    with pytest.raises(matcalc.LimitError, match="too large for SymPy"):
        derivation.sympy()
