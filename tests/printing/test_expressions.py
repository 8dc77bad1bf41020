"""Expressions built by hand and their exact text in ASCII, Unicode and LaTeX."""

from __future__ import annotations

from fractions import Fraction

import pytest

from matcalc.base.errors import LimitError
from matcalc.base.sizes import ONE, Size
from matcalc.expr import nodes as e
from matcalc.printing import equation, latex, markdown, text

N, M, R = (Size.of(name) for name in "nmr")
X, U, V = e.Symbol("X", (N, M)), e.Symbol("U", (N, R)), e.Symbol("V", (R, M))
A, B = e.Symbol("A", (N, N)), e.Symbol("B", (N, N))
x, y, beta = e.Symbol("x", (N,)), e.Symbol("y", (N,)), e.Symbol("beta", (N,))
a, b, sigma = e.Symbol("a", ()), e.Symbol("b", ()), e.Symbol("sigma", ())
W1 = e.Symbol("W_1", (N, N))
EYE = e.Identity(N)


def num(value: int | str) -> e.Expr:
    return e.Number(Fraction(value))


def times(*factors: e.Expr) -> e.Expr:
    return e.Product(factors)


def plus(*terms: e.Expr) -> e.Expr:
    return e.Sum(terms)


def t(operand: e.Expr) -> e.Expr:
    return e.Transpose(operand)


def neg(operand: e.Expr) -> e.Expr:
    return e.Negative(operand)


def norm(operand: e.Expr, kind: str = "2") -> e.Expr:
    return e.Norm(operand, kind)


def exp(operand: e.Expr) -> e.Expr:
    return e.Elementwise("exp", operand)


TABLE = [
    # signs and sums
    (times(num(2), t(U), plus(times(U, V), neg(X))), "2*U'*(U*V - X)", "2 Uᵀ (U V − X)", r"2 U^{\top} (U V - X)"),
    (times(plus(A, t(A)), x), "(A + A')*x", "(A + Aᵀ) x", r"(A + A^{\top}) x"),
    (plus(neg(x), times(num(-2), y)), "-x - 2*y", "−x − 2 y", "-x - 2 y"),
    (plus(x, neg(plus(x, y))), "x - (x + y)", "x − (x + y)", r"x - (x + y)"),
    (plus(x, plus(neg(x), y)), "x - x + y", "x − x + y", "x - x + y"),
    (neg(neg(x)), "-(-x)", "−(−x)", r"-(-x)"),
    (times(a, neg(x)), "a*(-x)", "a (−x)", r"a (-x)"),
    (neg(times(A, x)), "-A*x", "−A x", "-A x"),
    # numbers
    (times(num("1/2"), x), "0.5*x", "0.5 x", r"\frac{1}{2} x"),
    (times(num("-1/3"), A, x), "-A*x/3", "−A x/3", r"-\frac{1}{3} A x"),
    (times(num("2/3"), plus(x, y)), "2*(x + y)/3", "2 (x + y)/3", r"\frac{2}{3} (x + y)"),
    (times(num(1), x), "x", "x", "x"),
    (times(num(-1), x), "-x", "−x", "-x"),
    (times(num(2), num(3)), "2*3", "2 · 3", r"2 \cdot 3"),
    (num("-1/3"), "-1/3", "−1/3", r"-\frac{1}{3}"),
    (num("5/4"), "1.25", "1.25", r"\frac{5}{4}"),
    # products
    (times(A, times(B, x)), "A*B*x", "A B x", "A B x"),
    (times(A, times(t(x), y), B), "A*(x'*y)*B", "A (xᵀ y) B", r"A (x^{\top} y) B"),
    (times(times(t(x), y), A), "(x'*y)*A", "(xᵀ y) A", r"(x^{\top} y) A"),
    (times(num(2), times(t(x), y)), "2*x'*y", "2 xᵀ y", r"2 x^{\top} y"),
    (times(a, sigma, plus(a, b)), "a*sigma*(a + b)", "a σ·(a + b)", r"a \sigma (a + b)"),
    # elementwise
    (e.Hadamard((x, y, exp(x))), "x.*y.*exp(x)", "x ⊙ y ⊙ exp(x)", r"x \odot y \odot \exp(x)"),
    (times(num(2), e.Hadamard((x, y))), "2*x.*y", "2 x ⊙ y", r"2 x \odot y"),
    (times(A, e.Hadamard((x, y))), "A*(x.*y)", "A (x ⊙ y)", r"A (x \odot y)"),
    (e.Hadamard((times(A, x), y)), "(A*x).*y", "(A x) ⊙ y", r"(A x) \odot y"),
    (e.Quotient(num(1), x), "1 ./ x", "1 ⊘ x", r"1 \oslash x"),
    (e.Quotient(e.Hadamard((x, y)), exp(x)), "x.*y./exp(x)", "x ⊙ y ⊘ exp(x)", r"x \odot y \oslash \exp(x)"),
    (e.Power(x, num(2)), "x.^2", "x.^2", r"x^{\odot 2}"),
    (e.Power(x, num("1/2")), "sqrt(x)", "sqrt(x)", r"\sqrt{x}"),
    (e.Elementwise("sigmoid", times(A, x)), "sigmoid(A*x)", "σ(A x)", r"\sigma(A x)"),
    (times(sigma, e.Elementwise("sigmoid", a)), "sigma*sigmoid(a)", "σ sigmoid(a)", r"\sigma \operatorname{sigmoid}(a)"),
    (e.Elementwise("f'", times(A, x)), "f'(A*x)", "f'(A x)", r"f'(A x)"),
    # quotients and powers
    (e.Quotient(x, norm(x)), "x/norm2(x)", "x/‖x‖", r"\frac{x}{\lVert x \rVert}"),
    (e.Quotient(plus(x, neg(y)), times(a, b)), "(x - y)/(a*b)", "(x − y)/(a b)", r"\frac{x - y}{a b}"),
    (e.Quotient(neg(x), a), "-x/a", "−x/a", r"-\frac{x}{a}"),
    (times(a, e.Quotient(x, b)), "a*(x/b)", "a (x/b)", r"a \frac{x}{b}"),
    (e.Power(e.Quotient(a, b), num(2)), "(a/b)^2", "(a/b)²", r"\left(\frac{a}{b}\right)^{2}"),
    (e.Power(neg(a), num(2)), "(-a)^2", "(−a)²", r"(-a)^{2}"),
    (e.Power(times(t(x), A, x), num("-3/2")), "(x'*A*x)^(-3/2)", "(xᵀ A x)^(−3/2)", r"(x^{\top} A x)^{-3/2}"),
    (e.Power(a, plus(b, neg(num(1)))), "a^(b - 1)", "a^(b − 1)", "a^{b - 1}"),
    (e.Power(norm(x), num(2)), "norm2(x)^2", "‖x‖²", r"\lVert x \rVert^{2}"),
    (e.MatrixPower(A, num(2)), "A^2", "A²", "A^{2}"),
    (t(e.MatrixPower(A, num(2))), "(A^2)'", "(A²)ᵀ", r"(A^{2})^{\top}"),
    # inverses, transposes
    (e.Inverse(A), "inv(A)", "A⁻¹", "A^{-1}"),
    (t(e.Inverse(A)), "inv(A)'", "A⁻ᵀ", r"A^{-\top}"),
    (e.Inverse(t(A)), "inv(A')", "(Aᵀ)⁻¹", r"(A^{\top})^{-1}"),
    (e.Inverse(plus(A, times(a, EYE))), "inv(A + a*eye)", "(A + a I)⁻¹", r"(A + a I)^{-1}"),
    # identities and ones: a size only where nothing else gives it
    (EYE, "eye(n)", "eye(n)", "I_{n}"),
    (plus(EYE, neg(e.Quotient(times(x, t(x)), a))), "eye - x*x'/a", "I − x xᵀ/a", r"I - \frac{x x^{\top}}{a}"),
    (times(e.Trace(A), EYE), "tr(A)*eye(n)", "tr(A) eye(n)", r"\operatorname{tr}(A) I_{n}"),
    (e.Hadamard((EYE, e.Inverse(A))), "eye.*inv(A)", "I ⊙ A⁻¹", r"I \odot A^{-1}"),
    (times(e.Symbol("I", (N, N)), plus(A, EYE)), "I*(A + eye)", "I (A + eye)", r"I (A + \mathrm{Id})"),
    (e.Kronecker((t(U), e.Identity(M))), "kron(U', eye(m))", "Uᵀ ⊗ eye(m)", r"U^{\top} \otimes I_{m}"),
    (times(t(X), e.Ones((N,))), "X'*ones(n)", "Xᵀ 𝟏", r"X^{\top} \mathbf{1}"),
    (times(e.Ones((N,)), t(e.Symbol("z", (M,)))), "ones(n)*z'", "ones(n) zᵀ", r"\mathbf{1}_{n} z^{\top}"),
    (plus(e.Ones((N,)), neg(x)), "1 - x", "𝟏 − x", r"\mathbf{1} - x"),
    (e.Zeros((N, M)), "zeros(n, m)", "zeros(n, m)", r"\mathbf{0}_{n, m}"),
    (plus(e.Identity(N * N), e.Commutation(N, N)), "eye + commutation(n, n)", "I + commutation(n, n)", "I + K^{(n, n)}"),
    # functions and norms
    (e.Call("logdet", (A,), None, ()), "logdet(A)", "logdet(A)", r"\log\det(A)"),
    (e.Call("softmax", (X,), "rows", (N, M)), "softmax(X, rows)", "softmax(X, rows)", None),
    (e.Total(X, "cols"), "sum(X, cols)", "sum(X, cols)", None),
    (norm(X, "nuclear"), "norm(X, nuclear)", "norm(X, nuclear)", r"\lVert X \rVert_{*}"),
    (norm(x, "1"), "norm1(x)", "‖x‖₁", r"\lVert x \rVert_{1}"),
    (norm(e.Quotient(x, norm(x))), "norm2(x/norm2(x))", "norm2(x/‖x‖)", None),
    (e.DiagonalMatrix(times(A, x)), "diag(A*x)", "diag(A x)", r"\operatorname{diag}(A x)"),
    (times(e.Vec(A), t(e.Vec(B))), "vec(A)*vec(B)'", "vec(A) vec(B)ᵀ", None),
    (t(e.Reshape(X, M, N)), "reshape(X, m, n)'", "reshape(X, m, n)ᵀ", r"\operatorname{reshape}\left(X, m, n\right)^{\top}"),
    # names
    (times(t(beta), W1, x), "beta'*W_1*x", "βᵀ W₁ x", r"\beta^{\top} W_{1} x"),
    (e.Quotient(times(e.Constant("pi"), e.Trace(A)), e.SizeValue(N)), "pi*tr(A)/n", "π tr(A)/n", None),
    (e.Norm(x, "p", a), "norm(x, a)", "‖x‖_a", r"\lVert x \rVert_{a}"),
    (e.Norm(x, "A", A), "norm(x, A)", "‖x‖_A", r"\lVert x \rVert_{A}"),
    (e.UnitVector(Size.of(2), N), "unit(2, n)", "unit(2, n)", "e_{2}^{(n)}"),
    (times(t(x), e.UnitVector(Size.of(2), N)), "x'*unit(2, n)", "xᵀ unit(2, n)", r"x^{\top} e_{2}"),
    (e.Entry(X, (Size.of(2), Size.of(3))), "X[2,3]", "X[2,3]", "X_{2,3}"),
    (times(t(x), e.UnitVector(N, N)), "x'*unit(n, n)", "xᵀ unit(n, n)", r"x^{\top} e_{n}^{(n)}"),
    (e.Entry(x, (N - ONE,)), "x[n-1]", "x[n-1]", "[x]_{n-1}"),
]  # fmt: skip


@pytest.mark.parametrize(("expr", "ascii_", "unicode", "tex"), TABLE, ids=[row[1] for row in TABLE])
def test_table(expr: e.Expr, ascii_: str, unicode: str, tex: str | None) -> None:
    assert text(expr, "ascii") == ascii_
    assert text(expr, "unicode") == unicode
    if tex is not None:
        assert latex(expr) == tex


def test_markdown_and_equation() -> None:
    assert markdown(times(A, x)) == "$A x$"
    assert equation(r"\frac{\partial f}{\partial x}", times(A, x)) == r"\frac{\partial f}{\partial x} = A x"


def test_row_of_ones() -> None:
    product = times(e.Ones((ONE, N)), x)
    assert text(product, "ascii") == "ones(n)'*x"
    assert text(product, "unicode") == "𝟏ᵀ x"
    assert latex(product) == r"\mathbf{1}^{\top} x"


def test_many_factors_and_terms() -> None:
    assert text(e.Product((A,) * 5000), "ascii") == "*".join(["A"] * 5000)
    assert text(e.Sum((x,) * 5000), "ascii") == " + ".join(["x"] * 5000)


def test_deep_nesting() -> None:
    expr: e.Expr = x
    for _ in range(2000):
        expr = e.Sum((times(A, expr), y))
    assert text(expr, "ascii") == "A*(" * 1999 + "A*x + y" + ") + y" * 1999
    assert latex(expr).count(r"(") == 1999


def test_long_chains_of_one_operator_need_no_brackets() -> None:
    expr: e.Expr = x
    for _ in range(2000):
        expr = times(A, expr)
    assert text(expr, "ascii") == "A*" * 2000 + "x"


def test_shared_parts_are_limited() -> None:
    expr: e.Expr = a
    for _ in range(20_000):
        expr = e.Product((expr, expr))
    for printer in (text, latex):
        with pytest.raises(LimitError, match="too long"):
            printer(expr)
