"""What text is read as, before kinds and sizes: precedence, names, bars, derivatives."""

from __future__ import annotations

import pytest

from matcalc.base.errors import Span, UnknownFunctionError
from matcalc.language import parse_syntax
from matcalc.language.syntax import trees as s

from .trees import tree

PRECEDENCE = [
    ("a + b*c", "(a + (b * c))"),
    ("a - b - c", "((a - b) - c)"),
    ("a*b/c*d", "(((a * b) / c) * d)"),
    ("a.*b./c*d", "(((a .* b) ./ c) * d)"),
    ("-a*b", "((-a) * b)"),
    ("-a^2", "(-(a ^ 2))"),
    ("-x.*(X w)", "((-x) .* (X * w))"),
    ("a*-b", "(a * (-b))"),
    ("phi*-(1/6)*phi*phi*phi", "((((phi * (-(1 / 6))) * phi) * phi) * phi)"),
    ("x'*A^-1*y", "((x' * (A ^ (-1))) * y)"),
    ("x^2^3", "((x ^ 2) ^ 3)"),
    ("x^2'", "(x ^ 2)'"),
    ("x.^2.^n", "((x .^ 2) .^ n)"),
    ("x^-n", "(x ^ (-n))"),
    ("x^(n+1)", "(x ^ (n + 1))"),
    ("2x^2y", "((2 * (x ^ 2)) * y)"),
    ("2||x||^2", "(2 * (norm<x> ^ 2))"),
    ("1/2x", "((1 / 2) * x)"),
    ("a⊗b*c", "((a ⊗ b) * c)"),
    ("+x", "x"),
    ("--x", "(-(-x))"),
    ("x - -y", "(x - (-y))"),
    ("2.*x", "(2 .* x)"),
    ("2./x", "(2 ./ x)"),
    ("2.5*x", "(5/2 * x)"),
    ("1e-3*x", "(1/1000 * x)"),
    (".5x", "(1/2 * x)"),
    ("x''", "x''"),
    ("x**2", "(x .^ 2)"),
    ("X.T @ X", "(X' @ X)"),
    ("(A*x).T*y", "((A * x)' * y)"),
    ("X@w", "(X @ w)"),
    ("2*(X@w - y)**2", "(2 .* (((X @ w) - y) .^ 2))"),
    ("½x⅓", "(((1 / 2) * x) * (1 / 3))"),
]

UNICODE = [
    ("xᵀAx", "((x' * A) * x)"),
    ("A⁻¹b", "((A ^ (-1)) * b)"),
    ("A⁻ᵀb", "((A ^ -1)' * b)"),
    ("A^-T*b", "((A ^ -1)' * b)"),
    ("A^T*b", "(A' * b)"),
    ("x^TAx", "((x' * A) * x)"),
    ("UV^T", "(U * V')"),
    ("A⊤x", "(A' * x)"),
    ("3x⁴ − 4x³", "((3 * (x ^ 4)) - (4 * (x ^ 3)))"),
    ("Xⁿ", "(X ^ n)"),
    ("x⊙y⊘z", "((x .* y) ./ z)"),
    ("x∘y", "(x .* y)"),
    ("A·x", "(A · x)"),
    ("βᵀx₀", "(beta' * x_0)"),
    ("αβ", "(alpha * beta)"),
    ("Σ⁻¹", "(Sigma ^ (-1))"),
    ("𝐗𝐰", "(X * w)"),
    ("x²ᵀ", "(x ^ 2)'"),
]

NAMES = [
    ("UV", "(U * V)"),
    ("xAx", "((x * A) * x)"),
    ("W1x", "(W1 * x)"),
    ("W_1x_0", "(W_1 * x_0)"),
    ("W_out*x", "(W_out * x)"),
    ("x_iy_i", "(x_i * y_i)"),
    ("alpha*x", "(alpha * x)"),
    ("sigma_1x", "(sigma_1 * x)"),
    ("mu2", "mu2"),
    ("sin x", "sin(x)"),
    ("log det X", "log(det(X))"),
    ("sin x y", "(sin(x) * y)"),
    ("sin x^2", "sin((x ^ 2))"),
    ("x + xexp(-y)", "(x + (x * exp((-y))))"),
    ("2sin(x)", "(2 * sin(x))"),
    ("a(b+c)", "(a * (b + c))"),
    ("A + Ax(y) - x", "((A + ((A * x) * y)) - x)"),
    ("sum(X, rows)", "sum(X, rows)"),
    ("norm(X, nuclear)", "norm(X, nuclear)"),
    ("σ(x)", "σ(x)"),
    ("σ x", "(sigma * x)"),
    ("I-11'/n", "(I - ((1 * 1') / n))"),
]

BARS = [
    ("||A x|| ||y||", "(norm<(A * x)> * norm<y>)"),
    ("||x ||y|| ||", "norm<(x * norm<y>)>"),
    ("|| ||x|| y ||", "norm<(norm<x> * y)>"),
    ("|a||b|", "(bars<a> * bars<b>)"),
    ("||a| - |b||", "bars<(bars<a> - bars<b>)>"),
    ("|||x|| - 1|", "bars<(norm<x> - 1)>"),
    ("|a||b||c|", "((bars<a> * bars<b>) * bars<c>)"),
    ("2|-x|", "(2 * bars<(-x)>)"),
    ("log|X|", "log(bars<X>)"),
    ("‖x‖²", "(norm<x> ^ 2)"),
    ("‖x − ‖y‖z‖", "norm<(x - (norm<y> * z))>"),
    ("||X||_F^2", "(norm<X>F ^ 2)"),
    ("||X||^2_F", "(norm<X>F ^ 2)"),
    ("‖x‖₂²", "(norm<x>2 ^ 2)"),
    ("‖x‖²₂", "(norm<x>2 ^ 2)"),
    ("||x||_1y", "(norm<x>1 * y)"),
    ("||x||_A", "norm<x>A"),
    ("||X||_*", "norm<X>nuclear"),
    ("||f(x+z)|| + ||(y)||", "(norm<(f * (x + z))> + norm<y>)"),
    ("(|x|)(|y|)", "(bars<x> * bars<y>)"),
    ("|x|/|y|", "(bars<x> / bars<y>)"),
]

DERIVATIVES = [
    ("d(x'Ax)/dx", "d<((x' * A) * x)>/x"),
    ("∂(xᵀAx)/∂x", "d<((x' * A) * x)>/x"),
    ("d2(f)/dx2", "d<f>/x,x"),
    ("d^2(f)/dx^2", "d<f>/x,x"),
    ("∂²(f)/∂x²", "d<f>/x,x"),
    ("∂²(f)/∂x∂y", "d<f>/x,y"),
    ("d2(f)/dxdy", "d<f>/x,y"),
    ("d2(f)/(dx dy)", "d<f>/x,y"),
    ("d/dx (x'x)", "d<(x' * x)>/x"),
    ("∇_x(f)", "d<f>/x"),
    ("∇_xf", "d<f>/x"),
    ("∇²_x(f)", "d<f>/x,x"),
    ("grad(x'x, x)", "d<(x' * x)>/x"),
    ("hessian(x'x, x)", "d<(x' * x)>/x,x"),
    ("d(f)/dSigma", "d<f>/Sigma"),
    ("d(f)/dW_1", "d<f>/W_1"),
    ("d(x'Ax)/dx = (A + A')x", "d<((x' * A) * x)>/x = ((A + A') * x)"),
    ("c*d(x+y)/e", "(((c * d) * (x + y)) / e)"),
]

SUMS = [
    ("sum(i, x[i]*y[i])", "sum(i, (x[i] * y[i]))"),
    ("Σ_i x_i y_i", "sum_i<(x_i * y_i)>"),
    ("∑_i x_i", "sum_i<x_i>"),
    ("∑ᵢ xᵢ", "sum_i<x_i>"),
    ("sum_i x_i y_i", "sum_i<(x_i * y_i)>"),
    ("Σ_i x_i + c", "(sum_i<x_i> + c)"),
    ("a Σ_i Σ_j X_ij", "(a * sum_i<sum_j<X_ij>>)"),
    ("Σ_ij X_ij", "sum_i,j<X_ij>"),
    ("-Σ_i x_i", "(-sum_i<x_i>)"),
    ("X[2, 3]", "X[2, 3]"),
]

PROGRAMS = [
    ("z = W*x + b; u'*z", "z := ((W * x) + b); (u' * z)"),
    ("z = x\nh = tanh(z)\n\nh'*h\n", "z := x; h := tanh(z); (h' * h)"),
    ("z = (x +\n y)\nz", "z := (x + y); z"),
    ("x +\ny\n+ z", "((x + y) + z)"),
    ("x;", "x"),
]


@pytest.mark.parametrize(("text", "expected"), [*PRECEDENCE, *UNICODE, *NAMES, *BARS, *DERIVATIVES, *SUMS, *PROGRAMS])
def test_reading(text: str, expected: str) -> None:
    assert tree(text) == expected


def test_declared_names_are_one_name() -> None:
    assert tree("loss^2 + Wx", "loss", "Wx") == "((loss ^ 2) + Wx)"
    assert tree("Xloss", "loss") == "(X * loss)"
    assert tree("x^T", "T") == "(x ^ T)"
    assert tree("sin*x", "sin") == "(sin * x)"
    assert tree("d(x)/dx", "d") == "(((d * x) / d) * x)"


def test_declared_functions_are_called() -> None:
    assert tree("f(W*x)", functions=("f",)) == "f((W * x))"
    assert tree("af(x)", functions=("f",)) == "(a * f(x))"
    assert tree("f''(x)*y'", functions=("f",)) == "(f''(x) * y')"
    assert tree("act(x)", functions=("act",)) == "act(x)"


def test_every_node_knows_its_place() -> None:
    program = parse_syntax("xᵀ(A + B)").program
    product = program.value
    assert isinstance(product, s.Binary)
    assert (product.span, product.left.span, product.right.span) == (Span(0, 9), Span(0, 2), Span(2, 9))


def test_a_word_read_letter_by_letter_is_noted() -> None:
    assert any("loss" in decision.words for decision in parse_syntax("loss + x").decisions)
    assert parse_syntax("UV + xAx").decisions == ()


@pytest.mark.parametrize("text", ["log_2 x", "std_i x_i", "mean_i x_i", "sum_i", "a*exp_1"])
def test_a_function_with_an_index_is_no_product_of_letters(text: str) -> None:
    with pytest.raises(UnknownFunctionError, match="has no index here") as raised:
        tree(text)
    assert "if it is one name" in (raised.value.suggestion or "")


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("Tr(A)", "tr(A)"), ("LogSumExp(x)", "logsumexp(x)"), ("log_det(A)", "logdet(A)"), ("DET(A)", "det(A)"), ("Log x", "log(x)"),
        ("DET", "((D * E) * T)"), ("expit(x)", "expit(x)"), ("lambda_max(A)", "lambda_max(A)"), ("lambda_max A", "(lambda_max * A)"),
        ("lambda_1(x - y)", "(lambda_1 * (x - y))"), ("Asin(x)", "(A * sin(x))"), (r"A X(B + C)", "((A * X) * (B + C))"),
        (r"\operatorname{Tr}(AX(B + C))", "tr(((A * X) * (B + C)))"),
    ],
)  # fmt: skip
def test_functions_before_brackets(text: str, result: str) -> None:
    """Capitals do not matter before brackets; two letters or more are a function there, or an error, save the italics of LaTeX."""
    assert tree(text) == result


@pytest.mark.parametrize(
    "text",
    ["KL(p)", "AX(B + C)", "lu(A)", "qr(x)", "airy(x)", "prelu(x)", "probit(x)", "layer_norm(x)", "Kurt(x)", "Var(x)", "chi2(x)"]
    + [r"\mathrm{Kurt}(x)", r"\text{Pr}(x)", r"\operatorname{probit}(p)"],
)
def test_unknown_functions_are_no_products(text: str) -> None:
    with pytest.raises(UnknownFunctionError) as raised:
        tree(text)
    message, suggestion = raised.value.message, raised.value.suggestion
    assert "': " in message if suggestion is None else "declare it" not in suggestion
