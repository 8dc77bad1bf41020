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
        ("tr(logm(X))", "X", "X: n×n", ("no eigenvalue of X on (−∞, 0]",)),
        ("tr(logm(X))", "X", "X: n×n positive_definite", ()),
        ("tr(A*X^-2)", "A", "X: n×n", ("X invertible",)),
        ("logdet(A^-2)", "A", "A: n×n", ("A invertible",)),
        ("logdet(Q*X)", "X", "Q: n×n orthogonal", ("X invertible",)),
        ("tr(inv(A*X*B)*C)", "C", "A: n×n; B: n×n; X: n×n", ("A invertible", "X invertible", "B invertible")),
        ("logdet(X'*X)", "X", "X: m×n", ("Xᵀ X invertible",)),
        ("logdet((D + A)'*(D + A) + eye)", "A", "D: n×n diagonal; A: n×n", ()),
        ("y'*inv(diag(x))*y", "x", "x: n; y: n", ("entries of x ≠ 0",)),
        ("tr(logm(A*B))", "B", "A: n×n; B: n×n", ("no eigenvalue of A B on (−∞, 0]",)),
        ("tr(X^a)", "a", "X: n×n; a: scalar", ("no eigenvalue of X on (−∞, 0]",)),
    ],
)
def test_conditions_of_matrix_functions(expression: str, wrt: str, declare: str, conditions: tuple[str, ...]) -> None:
    assert matcalc.derive(expression, wrt, declare=declare).conditions == conditions


@pytest.mark.parametrize(
    ("expression", "wrt", "declare", "conditions"),
    [
        ("||x||_1^2", "x", "x: n", ("entries of x ≠ 0",)),
        ("sum(relu(A*x))", "x", "A: m×n", ("entries of A x ≠ 0 (there relu has a kink; the value used at 0 is 0)",)),
        ("exp(-||x - y||^2/(2*s^2))", "x", "s: scalar", ("s ≠ 0",)),
        ("log(||x||)", "x", "x: n", ("x ≠ 0",)),
        ("sqrt(1 + ||x||^2)", "x", "x: n", ()),
        ("x'*y/sqrt(x'*x*(y'*y))", "x", "x: n; y: n", ("y ≠ 0", "x ≠ 0")),
        ("log(t^2*x'*A*x)", "x", "t: scalar; x: n; A: n×n", ("t ≠ 0", "xᵀ A x > 0")),
        ("norm2(t*x)", "t", "t: scalar; x: n", ("t ≠ 0",)),
        ("log(2*pi*s^2)", "s", "s: scalar", ("s ≠ 0",)),
        ("sqrt(a^2*b)", "a", "a: scalar; b: scalar", ("a ≠ 0", "b > 0")),
        ("sqrt(a*b*c^2)", "c", "a: scalar; b: scalar; c: scalar", ("a b c² > 0", "c ≠ 0", "a b > 0")),
        ("log(a*b) + log(a) + log(b)", "a", "a: scalar; b: scalar", ("a > 0", "b > 0")),
        ("log(a*b) + log(-a) + log(b)", "a", "a: scalar; b: scalar", ("a b > 0", "−a > 0", "b > 0")),
        ("||t - c||^2", "t", "t: scalar; c: scalar", ()),
        ("abs(t)^2 + relu(t)", "t", "t: scalar", ("t ≠ 0 (there relu has a kink; the value used at 0 is 0)",)),
        ("sum(x./(1 + exp(A*x).^2))", "x", "A: n×n", ()),
        ("sqrt(x'*x)", "x", "x: n positive", ()),
        ("log(t^2)", "t", "t: scalar", ("t ≠ 0",)),
        ("logdet(A + 2*B)", "A", "A: n×n positive_definite; B: n×n positive_definite", ()),
        ("tr(sqrtm(X))", "X", "X: n×n positive_definite", ()),
        ("inv(X')*A", "X", "X: n×n; A: n×m", ("X invertible",)),
        ("sqrt(a - b) + 1/sqrt(b - a)", "a", "a: scalar; b: scalar", ("a − b > 0", "b − a > 0")),
        ("logdet(A - B)", "A", "A: n×n positive_definite; B: n×n positive_definite", ("A − B invertible",)),
        ("1/(1 - ||x||^2)", "x", "x: n", ("1 − ‖x‖² ≠ 0",)),
    ],
)
def test_conditions_are_said_once_and_only_where_they_may_fail(
    expression: str, wrt: str, declare: str, conditions: tuple[str, ...]
) -> None:
    assert matcalc.derive(expression, wrt, declare=declare).conditions == conditions


@pytest.mark.parametrize(
    ("expression", "wrt", "declare", "answer", "conditions"),
    [
        ("sum(i, log(p[i]))", "p", None, "1 ./ p", ("entries of p > 0",)),
        ("Σ_i y_i log p_i", "p", None, "y./p", ("entries of p > 0",)),
        ("sum(i, log(p[i]))", "p", "p: n positive", "1 ./ p", ()),
        ("sum(i, sqrt(sum(j, X[i,j]^2)))", "X", None, "diag(1 ./ sqrt(X.^2*ones(m)))*X", ("Σ_j X_ij² > 0 for all i",)),
        ("tensor(i, log(p[i]))", "p", None, "diag(1 ./ p)", ("entries of p > 0",)),
        ("tensor(i, j, 1/X[j,i])", "X", None, None, ("entries of X ≠ 0",)),
        ("sum(i, log(sum(j, A[i,j]*x[j])))", "x", None, "A'*(1 ./ (A*x))", ("Σ_j A_ij x_j > 0 for all i",)),
        ("sum(i, log(x[i] - y[i])) + log(x[1])", "x", None, None, ("x_i − y_i > 0 for all i", "x[1] > 0")),
        ("sum(i, acos(x[i]))", "x", None, None, ("-1 < entries of x < 1", "entries of 𝟏 − x.^2 > 0")),
        (
            "sum(i, abs(x[i] - y[i]))",
            "x",
            None,
            None,
            ("x_i − y_i ≠ 0 for all i (there abs has a kink; the value used at 0 is 0)",),
        ),
        ("sum(i, log(p[i])) + sum(log(p))", "p", None, "2 ./ p", ("entries of p > 0",)),
        ("sum(i, p[i]*sum(j, log(q[j])))", "q", None, None, ("entries of q > 0",)),
        ("sum(i, sum(j, sum(k, sum(l, sum(r, log(a[i]*b[j] + c[k]*d[l]*y[r]))))))", "a", None, None, None),
    ],
)
def test_conditions_inside_sums_hold_for_all_indices(
    expression: str, wrt: str, declare: str | None, answer: str | None, conditions: tuple[str, ...] | None
) -> None:
    found = matcalc.derive(expression, wrt, declare=declare)
    assert answer is None or found.text("ascii") == answer
    assert found.conditions == conditions if conditions is not None else "for all i, j, k, l, r" in found.conditions[0]


@pytest.mark.parametrize(
    ("expression", "declare", "derivative", "conditions"),
    [
        ("sum(abs(x))", "x: n nonnegative", "ones(n)", ()),
        ("sum(sqrt(x.^2))", "x: n nonnegative", "ones(n)", ()),
        ("sum(relu(x))", "x: n nonnegative", "ones(n)", ()),
        ("norm1(x)", "x: n nonnegative", "ones(n)", ()),
        ("sum(abs(x))", "x: n mask", "sign(x)", ("entries of x ≠ 0",)),
        ("sum(log(x))", "x: n nonnegative", "1 ./ x", ("entries of x > 0",)),
        ("norm2(x)", "x: n unit", "x", ()),
        ("abs(x'*A*x)", "A: n×n psd; x: n", "2*A*x", ()),
        ("logdet(eye + K*K')", "K: n×n", None, ()),
    ],
)
def test_facts_settle_conditions_and_shorten(
    expression: str, declare: str, derivative: str | None, conditions: tuple[str, ...]
) -> None:
    found = matcalc.derive(expression, "K" if "K" in expression else "x", declare=declare)
    assert found.conditions == conditions
    assert derivative is None or found.text("ascii") == derivative
