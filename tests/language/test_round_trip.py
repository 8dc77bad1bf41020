"""What is printed from an expression is read again as the same expression, given its declarations."""

from __future__ import annotations

import pytest

from matcalc.expr import nodes as e
from matcalc.language import elaborate
from matcalc.printing import latex, text

INPUTS = [
    "||X - UV||²", "x'*A*x + b'*x", "W*x + b", "2x^2y", "-y.*(X w)", "(x'*A*x)/(x'*x)", "sum(log(1 + exp(-y.*(X*w))))",
    "norm2(r - V*B*inv(B'*V'*V*B)*B'*V'*r)^2", "log(det(W*W' + c*eye)) + tr(inv(W*W' + c*eye)*S)", "sum(G.*(softmax(Q*K'/c, rows)*V))",
    "tr(A*diag(x)*B*diag(x))", "exp(-norm2(x - y)^2/(2*s^2))", "(1/2)*norm2(R - 5*sigmoid(F*U'))^2 + (c/2)*norm2(F)^2", "X*W + 1*b'",
    "kron(A, X)*vec(Y)", "commutation(m, n)*vec(X)", "||x||_A^2 + ||y||_p + ||z||_1", "A⁻ᵀ b + A⁻¹ c'", "X^3*B + X^-2*B", "a'*X^n*b",
    "x./y - 1./z", "x.^2.^3", "2.^x", "e_3'*A*e_1", "Σ_i x_i y_i", "sum(i, X[i,i]*y[i])", "X[2,3]*x[1]", "phi*-(1/6)*phi*phi*phi", "var(x)",
    "var(X, rows)", "mean(X, cols)", "x - mean(x)*ones(n)", "tanh(z)", "sqrt(x'*x)", "|x|.*x", "log|X|", "βᵀx₀ + γ_1", "A - 𝟏", "X - 1",
    "-(a*b)/c*x", "(a + b)*x", "-(x + y)", "x - (y - z)", "vec(X)'*vec(Y)", "(x*y')*z", "x*(y'*z)", "(x'*y)*(z'*w)", "A*(x'*y)",
    "A*reshape(x, 3, n)*B", "reshape(X, 6, 1)", "i*sqrt(Σ_i x_i)", "vec(vec(I))", "vec(eye(n))'*x", "(a*b).^(A*x)", "2.^X.*X", "c.^(x + 1)",
    "(x'*y*z')*(A*x)", "2*(x'*y*z')*A", "(x'*y)*(z'*x*y')*A", "(x'*A*y)*z", "A*(x'*y*z')",
]  # fmt: skip


def shown_in(style: str, expression: e.Expr) -> str:
    return f"${latex(expression)}$" if style == "latex" else text(expression, style)  # type: ignore[arg-type]


@pytest.mark.parametrize("style", ["ascii", "unicode", "latex"])
@pytest.mark.parametrize("source", INPUTS)
def test_round_trip(source: str, style: str) -> None:
    found = elaborate(source)
    shown = shown_in(style, found.expression)
    again = elaborate(shown, found.declarations)
    assert again.expression is found.expression, shown
    assert again.declarations == found.declarations


def test_functions_are_declared_again() -> None:
    found = elaborate("sum(f(W*x)) + f''(a)", "f: function")
    assert elaborate(text(found.expression, "ascii"), found.declarations).expression is found.expression


# Formulas that LaTeX would write in the same way as others, their declarations, and how they are told apart.
ALIKE = [
    ("x[2]*x_2", "x: n; x_2: scalar", r"[x]_{2} x_{2}"),
    ("sum(i, x[i]*x_i)", "x: n; x_i: scalar", r"\sum_{i} [x]_{i} x_{i}"),
    ("W_2[1,2]", "W_2: n×m", r"[W_{2}]_{1,2}"),
    ("sum(i, loss[i])", "loss: n", r"\sum_{i} [\mathrm{loss}]_{i}"),
    ("sum(i, y_hat[i])", "y_hat: n", r"\sum_{i} \hat{y}_{i}"),
    ("W1 + W_1", "W1, W_1: scalar", r"\mathrm{W1} + W_{1}"),
    ("y_hat + yhat", "y_hat, yhat: scalar", r"\hat{y} + \mathrm{yhat}"),
    ("M + Mu", "M, Mu: n×n", r"M + \mathrm{M}"),
    ("omicron^Omicron", "omicron, Omicron: scalar", r"\mathrm{o}^{\mathrm{O}}"),
    ("x′ + x'", "x, x′: n×n", r"x' + x^{\top}"),
    ("A_1′*A_1'", "A_1, A_1′: n×n", r"A_{1}' A_{1}^{\top}"),
    ("tensor(i, j, x[i]*y[j])", "x: n; y: m", r"[x_{i} y_{j}]_{i,j}"),
    ("tensor(i, j, 2*a)", "a: scalar", r"[2 a]_{i=1,j=1}^{n, m}"),
    ("sum(i, tensor(j, k, A[j,k])[i,i])", "A: n×n", r"\sum_{i} ([A_{j,k}]_{j,k})_{i,i}"),
    ("e[1]*e_1'*e_2", "e: n; e_1, e_2: n", r"[e]_{1} e_{1}^{\top} e_{2}"),
    ("unit(1, n)'*e", "e: n", r"\operatorname{unit}(1, n)^{\top} e"),
    ("unit(1, n)", None, r"e_{1}^{(n)}"),
    ("x[n]*x_n", "x: n; x_n: scalar", r"[x]_{n} x_{n}"),
    ("X[n-1,m]*x[1]*unit(n-1, n) + (X*y)[n]*x", "X: n×m; x: n; y: m", r"[X]_{n-1,m} [x]_{1} e_{n-1}^{(n)} + (X y)_{n} x"),
    ("unit(n, n)*unit(1, m)' + e_n*w'", "e_n: n; w: m", r"\operatorname{unit}(n, n) e_{1}^{\top} + e_{n} w^{\top}"),
    ("unit(m, n)*x[n]", "x: n; z: m", r"\operatorname{unit}(m, n) [x]_{n}"),
    ("commutation(m, n)*K", "K: m*n", r"\operatorname{commutation}(m, n) K"),
    ("I + eye", "I: n×n", r"I + \mathrm{Id}"),
    ("eye(n_train)", None, r"I_{n_{\mathrm{train}}}"),
    ("sigmoid(x) + sigma*x", "x: n; sigma: scalar", r"\operatorname{sigmoid}(x) + \sigma x"),
    ("sigma(x) + sigmoid(x)", "x: n; sigma: function", r"\sigma(x) + \operatorname{sigmoid}(x)"),
    ("log_p*log(p)", "log_p, p: scalar", r"\mathrm{log}_{p} \log(p)"),
    ("learning_rate*X_train_2", "learning_rate: scalar; X_train_2: n", r"\mathrm{learning}_{\mathrm{rate}} X_{\mathrm{train\_2}}"),
    ("-kron(A, B) + kron(-A, B)", "A, B: n×n", r"-(A \otimes B) + (-A \otimes B)"),
    ("A - kron(A, B)", "A: n×n; B: 1×1", r"A - A \otimes B"),
    ("norm(X, spectral)*(a - b)", "X: n×m; a, b: scalar", r"\lVert X \rVert_{\mathrm{op}} (a - b)"),
    ("norm(x + y, (F))", "x, y: n; F: n×n", r"\lVert x + y \rVert_{(F)}"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "declare", "tex"), ALIKE)
def test_what_looks_alike_is_told_apart(source: str, declare: str | None, tex: str) -> None:
    found = elaborate(source, declare)
    assert latex(found.expression) == tex
    for style in ("ascii", "unicode", "latex"):
        again = elaborate(shown_in(style, found.expression), declare)
        assert again.expression is found.expression
