r"""LaTeX is read as the plain spelling is; errors point into the LaTeX source; what is printed in LaTeX reads back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

import matcalc
from matcalc.base.errors import LimitError, MatcalcError, ParseError
from matcalc.language import canonical_name, elaborate, elaborate_statement
from matcalc.printing import latex

SHAPES = {
    r"(AB)_{12}": "A: n×n; B: n×n", r"I_{n} x": "x: n", r"X_{1,2}": "X: n×m", r"\operatorname{vec}(X)": "X: n×m", r"\vec(X)": "X: n×m",
}  # fmt: skip

PAIRS = [
    (r"\|X-UV\|_F^2", "||X-UV||_F^2"),
    (r"\lVert x \rVert", "||x||"),
    (r"\left\lVert A x - b \right\rVert_2^2", "||A x - b||_2^2"),
    (r"\left\|Ax-b\right\|^2_2", "||Ax-b||^2"),
    (r"\mathbf{x}^\top A \mathbf{x}", "x'*A*x"),
    (r"\bm{x}^{\top}\bm{A}\bm{x}", "x'*A*x"),
    (r"\boldsymbol\beta^T x", "beta'*x"),
    (r"x^{\mathsf T} A x", "x'*A*x"),
    (r"x^{\text{T}} y", "x'*y"),
    (r"{\bf x}^T {\bf y}", "x'*y"),
    (r"x^\intercal y", "x'*y"),
    (r"A^{-1} b", "inv(A)*b"),
    (r"A^{-\top} b", "A^-T b"),
    (r"A^{-T} b", "A^-T b"),
    (r"\operatorname{tr}(A B)", "tr(A*B)"),
    (r"\mathrm{tr}(AB)", "tr(A*B)"),
    (r"\text{tr}\left(A^\top B\right)", "tr(A'*B)"),
    (r"\tr(AB)", "tr(A*B)"),
    (r"\Tr AB", "tr(A*B)"),
    (r"{\rm Tr}(AB)", "tr(A*B)"),
    (r"\lVert\mathbf{X}\rVert^2_{\mathrm{F}}", "||X||_F^2"),
    (r"y^{T}\log\hat{y}", "y'*log(y_hat)"),
    (r"\mathbf{a}^\mathrm{T}\mathbf{x}", "a'*x"),
    (r"A^{\frac{1}{2}}", "A^(1/2)"),
    (r"\operatorname{tr} A^T X B X^T", "tr(A'*X*B*X')"),
    (r"\mathrm{diag}(x) A", "diag(x)*A"),
    (r"x \odot y", "x.*y"),
    (r"x\circ y", "x.*y"),
    (r"x \oslash y", "x./y"),
    (r"A \otimes B", "kron(A,B)"),
    (r"A \cdot x", "A*x"),
    (r"2 \times x", "2*x"),
    (r"(y - \bar y)^2", "(y - y_bar)^2"),
    (r"\hat{\Sigma}^{-1} x", "inv(Sigma_hat)*x"),
    (r"\tilde x^T \hat{\mathbf{y}}", "x_tilde'*y_hat"),
    (r"\sum_{i=1}^n x_i y_i", "∑_i x_i y_i"),
    (r"\sum_i x_i^2", "∑_i x_i^2"),
    (r"\sum_{i,j} X_{ij}^2", "∑_ij X_ij^2"),
    (r"\sum_{i=1}^{n}\sum_{j=1}^m X_{i,j} y_j", "∑_i ∑_j X_ij y_j"),
    (r"\log\det X", "logdet(X)"),
    (r"\det X", "det(X)"),
    (r"\log|X|", "log|X|"),
    (r"\ln \left|X\right|", "log|X|"),
    (r"\exp\{-x^\top x\}", "exp(-x'*x)"),
    (r"\exp\left(-\frac{1}{2} x^\top A x\right)", "exp(-(1/2)*x'*A*x)"),
    (r"\sqrt{x^\top x}", "sqrt(x'*x)"),
    (r"e^{-x^T x}", "exp(-x'*x)"),
    (r"\mathbf{1}^\top x", "vector(1)'*x"),
    (r"\mathbb{1}^T X \mathbf 1", "vector(1)'*X*vector(1)"),
    (r"(A + \lambda I)^{-1} b", "inv(A + lambda*I)*b"),
    (r"(A + \lambda\mathbf{I})^{-1} b", "inv(A + lambda*I)*b"),
    (r"\sigma(Wx+b)", "sigmoid(W*x+b)"),
    (r"\tfrac12 x^\top x", "(1/2)*x'*x"),
    (r"\frac12\|x\|^2", "(1/2)*||x||^2"),
    (r"\dfrac{x^\top A x}{x^\top x}", "(x'*A*x)/(x'*x)"),
    (r"\operatorname{softmax}(Wx)", "softmax(W*x)"),
    (r"\log x", "log(x)"),
    (r"\sin Ax", "sin(A*x)"),
    (r"\cos^2 \theta + \sin^2\theta", "cos(theta)^2 + sin(theta)^2"),
    (r"\left( A + B \right) x", "(A+B)*x"),
    (r"\bigl(A + B\bigr)\,x", "(A+B)*x"),
    (r"\big(A+B\big)\;x", "(A+B)*x"),
    (r"\left[ A - B \right]^2 x", "(A-B)^2*x"),
    (r"$x^\top A x$", "x'*A*x"),
    (r"\[ x^\top A x . \]", "x'*A*x"),
    (r"\begin{equation} \label{eq:a} x^\top A x \end{equation}", "x'*A*x"),
    (r"\begin{align*} &x^\top A x \\ &\quad + b^\top x \end{align*}", "x'*A*x + b'*x"),
    (r"\vec{x}^\top \vec y", "x'*y"),
    (r"\operatorname{vec}(X)", "vec(X)"),
    (r"\vec(X)", "vec(X)"),
    (r"\langle A, B \rangle", "inner(A, B)"),
    (r"\|x\|_1", "||x||_1"),
    (r"\|X\|_*", "||X||_*"),
    (r"\|x\|_{\Sigma^{-1}}^2", "||x||_(Sigma^-1)^2"),
    (r"x^{\odot 2}", "x.^2"),
    (r"I_{n} x", "eye(n)*x"),
    (r"x_{1} + x_2", "x_1 + x_2"),
    (r"\mathbf{w}^{\!\top}\mathbf{x}_i", "w'*x_i"),
    (r"(AB)_{12}", "(A*B)[1,2]"),
    (r"X_{1,2}", "X[1,2]"),
    (r"\sqrt[3]{a}", "a^(1/3)"),
    (r"\sum_{i} \log(1 + e^{-y_i})", "∑_i log(1+exp(-y_i))"),
    (r"\beta_1x + \beta_0", "beta_1*x + beta_0"),
    (r"\mathrm{e}^{x^\top y}", "exp(x'*y)"),
    (r"\lvert x \rvert", "|x|"),
    (r"\frac{A x}{\|x\|}", "A*x/||x||"),
]  # fmt: skip

STATEMENTS = [
    (r"\frac{\partial}{\partial \mathbf{x}} \mathbf{x}^\top A \mathbf{x} = (A + A^\top)\mathbf{x}", "d(x'*A*x)/dx = (A+A')*x"),
    (r"\frac{\partial \mathbf{x}^\top A \mathbf{x}}{\partial \mathbf{x}} = (A + A^\top)\mathbf{x}", "d(x'*A*x)/dx = (A+A')*x"),
    (r"\partial x^\top A x/\partial x = (A + A^\top) x", "d(x'*A*x)/dx = (A+A')*x"),
    (r"\nabla_x x^\top A x = 2Ax", "d(x'*A*x)/dx = 2*A*x"),
    (r"\nabla_{\mathbf{X}} \log\det X = X^{-\top}", "d(logdet(X))/dX = X^-T"),
    (r"\frac{\partial^2 x^\top A x}{\partial x \partial x^\top} = A + A^\top", "d2(x'*A*x)/dx2 = A + A'"),
    (r"\frac{\partial^2}{\partial x^2} x^\top A x = A + A^\top", "d2(x'*A*x)/dx2 = A + A'"),
    (r"\nabla_x^2 \left( x^\top A x \right) = A + A^\top", "d2(x'*A*x)/dx2 = A + A'"),
    (r"\frac{d}{dx} \log x = 1 \oslash x", "d(log(x))/dx = 1./x"),
    (r"\frac{d}{d\boldsymbol{\beta}} \|y - X\beta\|^2 = -2X^\top(y-X\beta)", "d(||y - X beta||^2)/dbeta = -2*X'*(y - X beta)"),
    (r"\frac{\mathrm{d}}{\mathrm{d}x} x^\top x = 2x", "d(x'*x)/dx = 2*x"),
    (r"\frac{\partial \operatorname{tr}(AX)}{\partial X} = A^\top", "d(tr(A*X))/dX = A'"),
    (r"\frac{\partial}{\partial w}(Xw-y)^\top(Xw-y) = 2X^\top(Xw-y)", "d((X*w-y)'*(X*w-y))/dw = 2*X'*(X*w-y)"),
    (r"\frac{\partial \hat{y}^\top \hat y}{\partial \hat y} = 2\hat y", "d(y_hat'*y_hat)/dy_hat = 2*y_hat"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "plain"), PAIRS)
def test_latex_is_read_as_the_plain_spelling(source: str, plain: str) -> None:
    declare = SHAPES.get(source)
    found = elaborate(source, declare)
    symbols = declare or found.declarations
    assert elaborate(plain, symbols).expression is elaborate(source, symbols).expression


@pytest.mark.parametrize(("source", "plain"), STATEMENTS)
def test_statements(source: str, plain: str) -> None:
    found = elaborate_statement(source)
    twin = elaborate_statement(plain, found.declarations)
    assert (found.left, found.right) == (twin.left, twin.right)


@pytest.mark.parametrize(
    ("source", "marked", "message"),
    [
        (r"x^\top A \foo{x}", r"\foo", "the command \\foo is not read"),
        (r"\frac{a}", r"\frac", "\\frac needs an argument after it"),
        (r"\frac{\partial f}{\partial x + y}", "+ y", "differentiate by one name"),
        (r"\left( A x", "\\left(", "'(' is never closed"),
        (r"(A + B] x", "]", "']' does not match '('"),
        (r"\left( A + B ) x", "\\left(", "\\left has no \\right"),
        (r"{\alpha + B", "{", "'{' is never closed"),
        (r"\alpha + B} x", "}", "'}' closes nothing"),
        (r"\left + x", r"\left +", "\\left needs a bracket or a bar after it"),
        (r"\|A x", r"\|", "the bars do not pair up"),
        (r"\mathbf{x}^{10} + y^10", "10", "only the first digit belongs to the script"),
        (r"x^{}", "^", "the exponent is empty"),
        (r"\bm x^2^3", "^", "a second exponent"),
        (r"x_{i}_j", "_", "a second subscript"),
        (r"\sum x_i", r"\sum", "the sum needs an index"),
        (r"\sum_{i=-1}^n x_i", "_{i=-1", "the index of the sum is not read"),
        (r"\sum_{i \in S} x_i", r"_{i \in S", "the index of the sum is not read"),
        (r"\sum_{i=1}^{n/2} x_i", "^", "the upper limit of the sum is not read"),
        (r"\operatorname{foo}(x)", r"\operatorname{foo}", "there is no function 'foo'"),
        (r"A x \text{ for some reason } x", "some reason } x", "words inside the formula are not read"),
        (r"\mathbb{E}[x]", r"\mathbb{E}", "blackboard letters (sets, expectations) are not read"),
        (r"W^{(1,2)} x", "^{(1,2)", "an exponent in brackets is read by people as a label"),
        (r"\bar{x + y}", r"\bar{x + y}", "\\bar belongs over one symbol"),
        (r"A^{*} b", "^{*", "the conjugate transpose is not read"),
        (r"\begin{align} x", r"\begin{align}", "\\begin{align} is never closed"),
        (r"x \end{align}", r"\end{align}", "\\end{align} closes nothing"),
        (r"\begin{aligned} x \end{align}", r"\end{align}", "\\end{align} does not match \\begin{aligned}"),
        (r"\langle x \rangle", r"\langle", "an inner product has two parts"),
        (r"\|X\|_{1,2}", "1,2", "this mixed norm is not read"),
        (r"\sigma_{3}(A)", r"\sigma_{3}", "there is no function 'sigma_3'"),
        (r"\mathop{\text{minimize}}_x x", r"\mathop", "there is no function 'minimize'"),
        (r"I_{m\times n} x", r"m\times n", "an identity matrix is square"),
        (r"\sin^{-1} x", "^", "a negative power of sin has two readings"),
        (r"\mathbf{x}^\top A \leq 3", r"\leq", "inequalities are not read"),
        (r"$x + y", "$", "$ is never closed"),
        (r"\int x", r"\int", "integrals are not read"),
    ],
)
def test_errors_point_into_the_source(source: str, marked: str, message: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        elaborate(source)
    error = caught.value
    assert error.message == message
    assert error.span is not None
    assert source[error.span.start : error.span.end].startswith(marked)
    assert "^" in str(error).splitlines()[2]


def test_shape_errors_quote_the_source() -> None:
    with pytest.raises(MatcalcError) as caught:
        elaborate(r"\mathbf{x} \mathbf{y} + \log\det(\mathbf{X})", "x: n; y: n")
    error = caught.value
    assert error.message == r"cannot multiply \mathbf{x} (vector of size n) by \mathbf{y} (vector of size n)"
    assert error.span is not None
    assert error.span.start == 0


PRINTED = [
    "||X - UV||_F^2", "x'*A*x + b'*x", "W*x + b", "2x^2y", "(x'*A*x)/(x'*x)", "sum(log(1 + exp(-y.*(X*w))))", "inv(A)*b + A^-T c",
    "log(det(W*W' + c*eye)) + tr(inv(W*W' + c*eye)*S)", "tr(A*diag(x)*B*diag(x))", "softmax(Q*x/c)", "sigmoid(W*x)", "x.^2 + sqrt(y)",
    "kron(A, X)*vec(Y)", "A*reshape(x, 3, 2)", "||x||_1 + ||X||_*", "||x||_A^2", "X^3*B + X^-2*B", "a'*X^n*b", "x./y - 1./z", "e_3'*A*e_1",
    "∑_i x_i y_i",    "sum(i, X[i,i]*y[i])", "X[2,3]*X[1,1]", "mean(x)", "var(x)", "tanh(z)", "|x|.*x", "βᵀx₀ + γ_1", "-(a*b)/c*x",
    "(a + b)*x", "x - (y - z)",
    "(x*y')*z", "(x'*y)*(z'*w)", "sum(G.*(softmax(Q*K'/c, rows)*V))", "relu(x)'*softplus(y)", "inv(X)'*A*inv(X)'", "expm(X)*a",
    "logsumexp(x)", "(1/2)*norm2(R - 5*sigmoid(F*U'))^2 + (c/2)*norm2(F)^2", "exp(-norm2(x - y)^2/(2*s^2))", "d'*x", "adj(X)*b",
    "sum(i, sum(j, A[i,j]*x[i]*x[j]))", "sin(x).*cos(y)", "sin(x)^2*cos(y)^2 + a",
]  # fmt: skip


@pytest.mark.parametrize("source", PRINTED)
def test_printed_latex_reads_back(source: str) -> None:
    found = elaborate(source)
    shown = latex(found.expression)
    # A notation without a backslash is read as plain text; dollar signs say what it is.
    assert elaborate(f"${shown}$", found.declarations).expression is found.expression, shown


def test_names_are_given_in_latex_too() -> None:
    assert [canonical_name(name) for name in (r"\mathbf{x}", r"\bar y", r"\hat{\Sigma}_1", "x_{i}")] == [
        "x",
        "y_bar",
        "Sigma_hat_1",
        "x_i",
    ]
    found = elaborate(r"\hat{\beta}^\top x", r"\hat\beta: n; \mathbf{x}: n", wrt=[r"\hat{\beta}"])
    assert set(found.declarations) == {"beta_hat", "x"}


def test_derivatives_of_latex() -> None:
    assert str(matcalc.derive(r"\|X-UV\|_F^2", "V")) == str(matcalc.derive("||X - UV||_F^2", "V"))
    twin = matcalc.derive("||y - X*beta_hat||^2", "beta_hat", declare="beta_hat: n")
    found = matcalc.derive(r"\|\mathbf{y} - X\hat{\boldsymbol\beta}\|_2^2", r"\hat\beta")
    assert found.text("ascii") == twin.text("ascii")


def test_declared_functions() -> None:
    twin = elaborate("f(W*x)", "f: function").expression
    assert elaborate(r"f\left(\mathbf{W}\mathbf{x}\right)", "f: function").expression is twin
    assert elaborate(r"\operatorname{act}(Wx)", "act: function").expression is elaborate("act(W*x)", "act: function").expression


def test_definitions_come_before_the_value() -> None:
    twin = elaborate("z = W*x + b; z'*z").expression
    assert elaborate(r"\mathbf{z} = \mathbf{W}\mathbf{x} + \mathbf{b}; \mathbf{z}^\top\mathbf{z}").expression is twin
    assert elaborate(r"z = Wx + b \\ z^\top z").expression is twin


@pytest.mark.parametrize("depth", [50, 2000])
def test_deep_nesting(depth: int) -> None:
    brackets = elaborate("$" + r"\left(" * depth + "x" + r"\right)" * depth + "$")
    assert brackets.expression is elaborate("x", brackets.declarations).expression
    for deep in (
        "{" * depth + r"\alpha" + "}" * depth,
        r"\frac{" * depth + "a" + "}{2}" * depth,
        "x^{" * depth + "2" + "}" * depth,
    ):
        try:
            elaborate(f"${deep}$")
        except MatcalcError as error:
            assert str(error)


def test_long_input_is_refused() -> None:
    with pytest.raises(LimitError):
        elaborate(r"\alpha" * 200_000)
    with pytest.raises((ParseError, LimitError)):
        elaborate(r"\left(" * 20_000)


PIECES = [
    *"xyAXWbnij12(){}[]|'+-*/^_=,;.&~$ ",
    *(r"\|", r"\left(", r"\right)", r"\left|", r"\right|", r"\left\|", r"\right\|", r"\lVert", r"\rVert", r"\{", r"\}", r"\\", r"\bigl["),
    *(r"\frac", r"\frac{", "}{", r"\frac12", r"\sqrt"),
    *(r"\sqrt[3]", r"\partial", r"\nabla_x", r"\nabla", r"\frac{\partial}{\partial x}", r"\partial^2"),
    *(r"\mathbf{x}", r"\mathbf", r"\boldsymbol\beta", r"\bar", r"\hat{y}", r"\mathbf{1}", r"\mathbf{0}", r"\mathrm", r"\operatorname{tr}"),
    *(r"\text{if}", r"\top", "^\\top", "^{-1}", r"^{-\top}", "^T", "^{"),
    *("_{", "_F", "_i", "_{ij}", r"\odot", r"\circ", r"\otimes", r"\cdot"),
    *(r"\sum_i", r"\sum_{i=1}^n", r"\sum", r"\log", r"\det", r"\exp"),
    *(r"\sin^2", r"\sigma", r"\lambda", r"\langle", r"\rangle", r"\left", "\\"),
    *(r"\begin{equation}", r"\end{equation}", r"\[", r"\]", r"\label{a}", r"\label", r"\,", r"\quad"),
    *("%", "ᵀ", "‖", "₂", "𝟏", "I_n", r"\vec", r"\d"),
]  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join), st.sampled_from([None, "x: n; A: n×n; f: function"])
)
def test_any_latex_is_read_or_refused(text: str, declare: str | None) -> None:
    for read in (elaborate, elaborate_statement):
        try:
            read(f"\\,{text}", declare)
        except MatcalcError as error:
            assert str(error)
            assert error.span is None or 0 <= error.span.start <= error.span.end <= len(text) + 3
