"""Index notation: exact texts, and what the texts mean."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from matcalc.base.errors import LimitError
from matcalc.base.sizes import Size
from matcalc.einstein import nodes as t
from matcalc.einstein.lowering import lower
from matcalc.evaluation.tensor_interpreter import evaluate_tensor
from matcalc.expr import nodes as e
from matcalc.printing import index_letters, index_text
from tests.printing.index_reader import SizeUnknown, parse, value
from tests.printing.random_expressions import SIZES, SYMBOLS, N, expressions
from tests.printing.random_values import VALUES, well_conditioned

SYMBOL = {symbol.name: symbol for symbol in SYMBOLS}
X, A, B, x, y, a, W = (SYMBOL[name] for name in ("X", "A", "B", "x", "y", "a", "W_2"))


def number(value: int | str) -> e.Expr:
    return e.Number(Fraction(value))


TABLE = [
    (e.Product((e.Transpose(x), A, x)), "x_i A_ij x_j", "x[i]*A[i,j]*x[j]", "x_{i} A_{ij} x_{j}"),
    (e.Sum((e.Product((A, B)), e.Identity(N))), "A_ik B_kj + δ_ij", "A[i,k]*B[k,j] + delta[i,j]", r"A_{ik} B_{kj} + \delta_{ij}"),
    (e.Trace(A), "A_ii", "A[i,i]", "A_{ii}"),
    (e.Total(X), "Σ_ij X_ij", "sum(i, sum(j, X[i,j]))", r"\sum_{ij} X_{ij}"),
    (e.DiagonalMatrix(x), "x_i δ_ij", "x[i]*delta[i,j]", r"x_{i} \delta_{ij}"),
    (
        e.Total(e.Elementwise("exp", e.Hadamard((x, y)))), "Σ_i exp(x_i y_i)", "sum(i, exp(x[i]*y[i]))",
        r"\sum_{i} \exp(x_{i} y_{i})",
    ),
    (
        e.Quotient(x, e.Norm(x, "2")), "x_i/sqrt(Σ_j x_j²)", "x[i]/sqrt(sum(j, x[j]^2))",
        r"\frac{x_{i}}{\sqrt{\sum_{j} x_{j}^{2}}}",
    ),
    (e.Product((number("-1/2"), a, x)), "−0.5 a x_i", "-0.5*a*x[i]", r"-\frac{1}{2} a x_{i}"),
    (e.Product((e.Transpose(W), x)), "W₂_ji x_j", "W_2[j,i]*x[j]", "{W_{2}}_{ji} x_{j}"),
    (e.Inverse(A), "(A⁻¹)_ij", "inv(A)[i,j]", r"(A^{-1})_{ij}"),
    (e.Call("det", (e.Product((A, B)),), None, ()), "det([A_ik B_kj]_ij)", "det([A[i,k]*B[k,j]][i,j])", None),
    (
        e.Call("softmax", (e.Product((A, X)),), "rows", X.shape), "softmax([A_il X_lk]_k)_ij",
        "softmax([A[i,l]*X[l,k]][k])[i,j]", None,
    ),
    (e.Quotient(number("2/3"), e.Trace(A)), "2/(3 A_ii)", "2/(3*A[i,i])", r"\frac{2}{3 A_{ii}}"),
    (e.UnitVector(Size.of(2), N), "δ_i2", "delta[i,2]", r"\delta_{i2}"),
    (e.UnitVector(N - Size.of(1), N), "δ_i(n-1)", "delta[i,(n-1)]", r"\delta_{i(n-1)}"),
    (e.Reshape(X, X.shape[1], X.shape[0]), "X_kl δ_(ji)(lk)", "X[k,l]*delta[(j,i),(l,k)]", r"X_{kl} \delta_{(ji)(lk)}"),
    (e.Power(e.Trace(A), number(2)), "(A_ii)²", "(A[i,i])^2", r"(A_{ii})^{2}"),
    (e.Zeros((N,)), "0", "0", "0"),
]  # fmt: skip


@pytest.mark.parametrize(("expr", "unicode", "ascii_", "latex"), TABLE, ids=[row[1] for row in TABLE])
def test_table(expr: e.Expr, unicode: str, ascii_: str, latex: str | None) -> None:
    tensor = lower(expr).tensor
    assert index_text(tensor, "unicode") == unicode
    assert index_text(tensor, "ascii") == ascii_
    if latex is not None:
        assert index_text(tensor, "latex") == latex


def test_letters_avoid_symbols_and_sizes() -> None:
    i, k = e.Symbol("i", (N,)), e.Symbol("k", (N,))
    tensor = lower(e.Product((i, e.Transpose(k)))).tensor
    assert index_letters(tensor) == ("j", "l")
    assert index_text(tensor, "ascii") in ("i[j]*k[l]", "k[l]*i[j]")


def test_many_letters() -> None:
    product: e.Expr = e.Product((A,) * 60)
    shown = index_text(lower(product).tensor, "ascii")
    assert shown.count("A[") == 60
    assert "i1" in shown


def test_deep_tensor_does_not_recurse() -> None:
    expr: e.Expr = x
    for _ in range(1000):
        expr = e.Sum((e.Product((A, e.Hadamard((expr, y)))), x))
    shown = index_text(lower(expr).tensor, "ascii")
    assert shown.count("A[") == 1000
    assert shown.count("(") == shown.count(")")


def test_deep_functions_do_not_recurse() -> None:
    expr: e.Expr = x
    for _ in range(3000):
        expr = e.Elementwise("tanh", expr)
    assert index_text(lower(expr).tensor, "ascii") == "tanh(" * 3000 + "x[i]" + ")" * 3000


def test_shared_parts_are_limited() -> None:
    tensor: t.Tensor = t.Symbol("x", (N,))
    for _ in range(200):
        tensor = t.Map("pow", (tensor, tensor))
    with pytest.raises(LimitError):
        index_text(tensor, "unicode")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(expressions(depth=3))
def test_text_means_the_tensor(expr: e.Expr) -> None:
    assume(well_conditioned(expr))
    tensor = lower(expr).tensor
    with np.errstate(all="ignore"):
        expected = np.asarray(evaluate_tensor(tensor, VALUES, SIZES))
        assume(np.abs(expected).max() > 1e-6)
        shown = index_text(tensor, "ascii")
        assume(len(shown) < 300)
        tree = parse(shown)
        letters = index_letters(tensor)
        arrays = {**VALUES, "n": np.array(3.0), "m": np.array(5.0)}
        entry = tuple(length - 1 - position % length for position, length in enumerate(expected.shape))
        try:
            found = value(tree, dict(zip(letters, entry, strict=True)), arrays)
        except SizeUnknown:
            assume(False)
    assert np.isclose(found, expected[entry], rtol=1e-5, atol=1e-7), shown


@pytest.mark.parametrize("wrong", ["x[i]*exp(y[i])", "x[i]/y[i]", "A[i,j]*B[i,j]*B[j,i]", "x[i]^2"])
def test_the_reader_refuses_silent_sums(wrong: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        value(parse(wrong), {}, VALUES)


def test_a_sum_is_told_from_a_symbol_called_sigma() -> None:
    sigma = e.Symbol("Sigma", (N, N))
    assert index_text(lower(e.Total(sigma)).tensor, "unicode") == "∑_ij Σ_ij"
