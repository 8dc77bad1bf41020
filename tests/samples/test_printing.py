"""Members as they are printed, which is as they are read; views on the command line."""

from __future__ import annotations

import pytest

import matcalc
from matcalc.base.sizes import Size
from matcalc.expr.nodes import Entry, Expr, Index, IndexSum, Norm, Product, Sum, Symbol, Trace, Transpose
from matcalc.printing import latex, text
from tests.cli.test_derive_command import run
from tests.samples.test_derivatives import parsed

K, N, D = Size.of("K"), Size.of("n"), Size.of("d")
AT, OF = Index("i", N), Index("k", K)
X, TRAIN, Q, T, S = (
    Symbol("X", (N, D)),
    Symbol("X_train", (N, D)),
    Symbol("Q", (D, N)),
    Symbol("T", (K, D, D)),
    Symbol("S", (D, D)),
)
SMALL, W, Y, MEANS = Symbol("x", (D,)), Symbol("w", (D,)), Symbol("y", (N,)), Symbol("mu", (K, D))


def dot(one: Expr, other: Expr) -> Expr:
    return Product((Transpose(one), other))


CASES = {
    "a row": (dot(W, Entry(X, (AT,))), "sum(i, w'*x_i)", "Σ_i wᵀ x_i"),
    "a row, transposed": (dot(Entry(X, (AT,)), W), "sum(i, x_i'*w)", "Σ_i x_iᵀ w"),
    "an entry": (Product((Entry(Y, (AT,)), Transpose(W), Entry(X, (AT,)))), "sum(i, y[i]*w'*x_i)", "Σ_i y_i wᵀ x_i"),
    "a row beside an x": (dot(SMALL, Entry(X, (AT,))), "sum(i, x'*X[i,:]')", "Σ_i xᵀ X[i,:]ᵀ"),
    "a row beside the whole": (Product((Transpose(Entry(X, (AT,))), Transpose(X), Y)), "sum(i, X[i,:]*X'*y)", "Σ_i X[i,:] Xᵀ y"),
    "a row of a long name": (dot(Entry(TRAIN, (AT,)), W), "sum(i, X_train[i,:]*w)", "Σ_i X_train[i,:] w"),
    "a column": (dot(Entry(Transpose(Q), (AT,)), W), "sum(i, Q[:,i]'*w)", "Σ_i Q[:,i]ᵀ w"),
    "a slice": (Trace(Product((Entry(T, (OF,)), S))), "sum(k, tr(T_k*S))", "Σ_k tr(T_k S)"),
    "a Greek family": (Norm(Sum((Entry(MEANS, (OF,)), W)), "2"), "sum(k, norm2(mu_k + w))", "Σ_k ‖μ_k + w‖"),
}


@pytest.mark.parametrize("name", CASES)
def test_members_are_read_as_they_are_printed(name: str) -> None:
    body, ascii_text, unicode_text = CASES[name]
    expression = IndexSum(OF if ascii_text.startswith("sum(k") else AT, body)
    assert (text(expression, "ascii"), text(expression)) == (ascii_text, unicode_text)
    declared = parsed(expression).declarations
    for shown in (ascii_text, unicode_text, latex(expression)):
        assert matcalc.parse(shown, declared).node is expression


ALIKE = [
    ("sum(i, y[i])/n", "y: n", "(Σ_i y_i)/n"),
    ("sum(i, y[i]/2)", "y: n", "Σ_i (y_i/2)"),
    ("2*sum(i, y[i]) + 3", "y: n", "2 Σ_i y_i + 3"),
    ("sum(i, y[i])*x", "y: n; x: m", "(Σ_i y_i) x"),
    ("x*sum(i, y[i])", "y: n; x: m", "x Σ_i y_i"),
    ("sum(i, y[i])^2", "y: n", "(Σ_i y_i)²"),
    ("inv(Sigma)*sum(i, x_i*x_i')", "Sigma: d×d; X: n×d", "Σ⁻¹ ∑_i x_i x_iᵀ"),
    ("sum(i, x[i]*x_i)", "x: n; x_i: scalar", "Σ_i x[i] x_i"),
    ("exp(-sum(i, y[i])/2)", "y: n", "exp(−(Σ_i y_i)/2)"),
]


@pytest.mark.parametrize(("source", "declare", "shown"), ALIKE)
def test_sums_end_where_they_are_read_to_end(source: str, declare: str, shown: str) -> None:
    read = matcalc.parse(source, declare)
    assert read.text() == shown
    assert matcalc.parse(shown, declare).node is matcalc.parse(read.latex(), declare).node is read.node


@pytest.mark.parametrize(
    ("source", "by", "want"),
    [
        ("sum(i, (y[i] - X[i,:]*w)^2)", "w", "2 Xᵀ (X w − y)"),
        (r"\sum_i (y_i - X_{i,:} w)^2", "w", "2 Xᵀ (X w − y)"),
        ("sum(k, norm2(A[:,k])^2)", "A", "2 A"),
        ("sum(k, tr(T[k,:,:]*X))", "X", "Σ_k T_kᵀ"),
    ],
)
def test_rows_columns_and_slices_are_read(source: str, by: str, want: str) -> None:
    assert matcalc.derive(source, by).text() == want


@pytest.mark.parametrize("source", ["sum(i, T[:,i,:])", "sum(i, x[i,:])", "X[i,:]*w", "sum(i, X[1:3,i])"])
def test_other_parts_are_refused(source: str) -> None:
    with pytest.raises(matcalc.MatcalcError):
        matcalc.parse(source, "T: n×n×n; x: n; X: n×d; w: d")


def test_the_command_line_shows_results_over_samples() -> None:
    status, out, err = run("derive", r"\sum_i (y_i - w^\top x_i)^2", "--wrt", "w", "--samples", "sum")
    assert (status, out.strip()) == (0, "2 Σ_i (wᵀ x_i − y_i) x_i")
    assert "x_i: row i of X, n×d" in err
    status, _, err = run("derive", "x'A*x", "--wrt", "x", "--samples", "sum")
    assert status == 2 and "no members of a family" in err
