"""What is printed from an expression is read again as the same expression, given its declarations."""

from __future__ import annotations

import pytest

from matcalc.language import elaborate
from matcalc.printing import text

INPUTS = [
    "||X - UV||²", "x'*A*x + b'*x", "W*x + b", "2x^2y", "-y.*(X w)", "(x'*A*x)/(x'*x)", "sum(log(1 + exp(-y.*(X*w))))",
    "norm2(r - V*B*inv(B'*V'*V*B)*B'*V'*r)^2", "log(det(W*W' + c*eye)) + tr(inv(W*W' + c*eye)*S)", "sum(G.*(softmax(Q*K'/c, rows)*V))",
    "tr(A*diag(x)*B*diag(x))", "exp(-norm2(x - y)^2/(2*s^2))", "(1/2)*norm2(R - 5*sigmoid(F*U'))^2 + (c/2)*norm2(F)^2", "X*W + 1*b'",
    "kron(A, X)*vec(Y)", "commutation(m, n)*vec(X)", "||x||_A^2 + ||y||_p + ||z||_1", "A⁻ᵀ b + A⁻¹ c'", "X^3*B + X^-2*B", "a'*X^n*b",
    "x./y - 1./z", "x.^2.^3", "2.^x", "e_3'*A*e_1", "Σ_i x_i y_i", "sum(i, X[i,i]*y[i])", "X[2,3]*x[1]", "phi*-(1/6)*phi*phi*phi", "var(x)",
    "var(X, rows)", "mean(X, cols)", "x - mean(x)*ones(n)", "tanh(z)", "sqrt(x'*x)", "|x|.*x", "log|X|", "βᵀx₀ + γ_1", "A - 𝟏", "X - 1",
    "-(a*b)/c*x", "(a + b)*x", "-(x + y)", "x - (y - z)", "vec(X)'*vec(Y)", "(x*y')*z", "x*(y'*z)", "(x'*y)*(z'*w)", "A*(x'*y)",
    "A*reshape(x, 3, n)*B", "reshape(X, 6, 1)", "i*sqrt(Σ_i x_i)", "vec(vec(I))", "vec(eye(n))'*x", "(a*b).^(A*x)", "2.^X.*X", "c.^(x + 1)",
]  # fmt: skip


@pytest.mark.parametrize("style", ["ascii", "unicode"])
@pytest.mark.parametrize("source", INPUTS)
def test_round_trip(source: str, style: str) -> None:
    found = elaborate(source)
    shown = text(found.expression, style)  # type: ignore[arg-type]
    again = elaborate(shown, found.declarations)
    assert again.expression is found.expression, shown
    assert again.declarations == found.declarations


def test_functions_are_declared_again() -> None:
    found = elaborate("sum(f(W*x)) + f''(a)", "f: function")
    assert elaborate(text(found.expression, "ascii"), found.declarations).expression is found.expression
