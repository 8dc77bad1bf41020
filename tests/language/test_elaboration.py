"""Text to typed expressions, compared with expressions built by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from matcalc.base.errors import ShapeError
from matcalc.base.shapes import Shape, shape_of
from matcalc.base.sizes import ONE, Size
from matcalc.expr import nodes as e
from matcalc.language import elaborate

n, m, k = Size.of("n"), Size.of("m"), Size.of("k")
DECLARE = "A: n×n; B: m×n; X: n×m; x: n; y: n; u: m; a: scalar; c: scalar; r: 1×n; f: function"
A, B, X = e.Symbol("A", (n, n)), e.Symbol("B", (m, n)), e.Symbol("X", (n, m))
x, y, u = e.Symbol("x", (n,)), e.Symbol("y", (n,)), e.Symbol("u", (m,))
a, c, r = e.Symbol("a", ()), e.Symbol("c", ()), e.Symbol("r", (ONE, n))


def number(value: object) -> e.Expr:
    return e.Number(Fraction(str(value)))


def t(operand: e.Expr) -> e.Expr:
    return e.Transpose(operand)


def p(*factors: e.Expr) -> e.Expr:
    return e.Product(factors)


TABLE: list[tuple[str, e.Expr]] = [
    ("x'*A*y", p(t(x), A, y)),
    ("xᵀ A y", p(t(x), A, y)),
    ("A*(B'*u)", p(A, t(B), u)),
    ("(x'*y)*A", p(p(t(x), y), A)),
    ("a*(x'*y)", p(a, t(x), y)),
    ("A*(x'*y)", p(A, p(t(x), y))),
    ("x + y - A*x", e.Sum((x, y, e.Negative(p(A, x))))),
    ("x - (y + A*x)", e.Sum((x, e.Negative(e.Sum((y, p(A, x))))))),
    ("x + (y + A*x)", e.Sum((x, y, p(A, x)))),
    ("-A*x", e.Negative(p(A, x))),
    ("-2*x", e.Negative(p(number(2), x))),
    ("0.5*x'*x", p(number("1/2"), t(x), x)),
    ("1/2*x", p(number("1/2"), x)),
    ("1e-3*x", p(number("1/1000"), x)),
    ("x/a", e.Quotient(x, a)),
    ("-x/a", e.Negative(e.Quotient(x, a))),
    ("2*x/a", e.Quotient(p(number(2), x), a)),
    ("x./y", e.Quotient(x, y)),
    ("1./x", e.Quotient(number(1), x)),
    ("x.*y.*x", e.Hadamard((x, y, x))),
    ("2*x.*y", p(number(2), e.Hadamard((x, y)))),
    ("-x.*y", e.Negative(e.Hadamard((x, y)))),
    ("a.*x", p(a, x)),
    ("a^2", e.Power(a, number(2))),
    ("a^-2", e.Power(a, number(-2))),
    ("a^-1", e.Power(a, number(-1))),
    ("a^c", e.Power(a, c)),
    ("x.^2", e.Power(x, number(2))),
    ("x.^-1", e.Power(x, number(-1))),
    ("x.^y", e.Power(x, y)),
    ("2.^x", e.Power(p(number(2), e.Ones((n,))), x)),
    ("sqrt(a)", e.Power(a, number("1/2"))),
    ("sqrt(x)", e.Power(x, number("1/2"))),
    ("square(x)", e.Power(x, number(2))),
    ("reciprocal(x)", e.Quotient(number(1), x)),
    ("A^2", e.MatrixPower(A, number(2))),
    ("A^-2", e.MatrixPower(A, number(-2))),
    ("A^k", e.MatrixPower(A, e.Symbol("k", ()))),
    ("A^-1", e.Inverse(A)),
    ("A⁻¹", e.Inverse(A)),
    ("A^(-1)", e.Inverse(A)),
    ("inv(A)", e.Inverse(A)),
    ("A⁻ᵀ", t(e.Inverse(A))),
    ("A^-T", t(e.Inverse(A))),
    ("inv(a)", e.Power(a, number(-1))),
    ("a'", a),
    ("x''", t(t(x))),
    ("exp(A*x)", e.Elementwise("exp", p(A, x))),
    ("e^a", e.Elementwise("exp", a)),
    ("ln(a)", e.Elementwise("log", a)),
    ("σ(x)", e.Elementwise("sigmoid", x)),
    ("arctan(x)", e.Elementwise("atan", x)),
    ("f(A*x)", e.Elementwise("f", p(A, x))),
    ("f''(x)", e.Elementwise("f''", x)),
    ("tr(A)", e.Trace(A)),
    ("tr(x'*x)", p(t(x), x)),
    ("sum(X)", e.Total(X, None)),
    ("sum(X, rows)", e.Total(X, "rows")),
    ("sum(X, cols)", e.Total(X, "cols")),
    ("diag(x)", e.DiagonalMatrix(x)),
    ("diag(A)", e.Diagonal(A)),
    ("vec(X)", e.Vec(X)),
    ("vec(ones(m, n, 3))", e.Vec(e.Ones((m, n, Size.of(3))))),
    ("reshape(X, m, n)", e.Reshape(X, m, n)),
    ("reshape(X, n*m, 1)", e.Reshape(X, n * m, ONE)),
    ("reshape(vec(X)', m, n)", e.Reshape(t(e.Vec(X)), m, n)),
    ("kron(A, B, x)", e.Kronecker((A, B, x))),
    ("A⊗B⊗x", e.Kronecker((A, B, x))),
    ("det(A)", e.Call("det", (A,), None, ())),
    ("|A|", e.Call("det", (A,), None, ())),
    ("|a|", e.Elementwise("abs", a)),
    ("|x|", e.Elementwise("abs", x)),
    ("log|A|", e.Elementwise("log", e.Call("det", (A,), None, ()))),
    ("expm(A)", e.Call("expm", (A,), None, (n, n))),
    ("pinv(X)", e.Call("pinv", (X,), None, (m, n))),
    ("eigvecmax(A)", e.Call("eigvecmax", (A,), None, (n,))),
    ("softmax(x)", e.Call("softmax", (x,), None, (n,))),
    ("softmax(X, rows)", e.Call("softmax", (X,), "rows", (n, m))),
    ("logsumexp(X, cols)", e.Call("logsumexp", (X,), "cols", (m,))),
    ("softmax(r)", t(e.Call("softmax", (t(r),), None, (n,)))),
    ("logsumexp(r)", e.Call("logsumexp", (t(r),), None, ())),
    ("norm2(X)", e.Norm(X, "2", None)),
    ("||X||_F", e.Norm(X, "2", None)),
    ("‖x‖₁", e.Norm(x, "1", None)),
    ("norm1(x)", e.Norm(x, "1", None)),
    ("norm(x, 1)", e.Norm(x, "1", None)),
    ("norm(X, nuclear)", e.Norm(X, "nuclear", None)),
    ("||X||_*", e.Norm(X, "nuclear", None)),
    ("norm(X, spectral)", e.Norm(X, "spectral", None)),
    ("||x||_A", e.Norm(x, "A", A)),
    ("||x||_a", e.Norm(x, "p", a)),
    ("||x||_3", e.Norm(x, "p", number(3))),
    ("||a||", e.Elementwise("abs", a)),
    ("outer(x, u)", p(x, t(u))),
    ("inner(x, y)", p(t(x), y)),
    ("transpose(X)", t(X)),
    ("mean(x)", e.Quotient(e.Total(x, None), e.SizeValue(n))),
    ("mean(X, rows)", e.Quotient(e.Total(X, "rows"), e.SizeValue(m))),
    ("mean(X, cols)", e.Quotient(e.Total(X, "cols"), e.SizeValue(n))),
    ("sum(X)/(m*n)", e.Quotient(e.Total(X, None), e.SizeValue(m * n))),
    ("sum(x)/n", e.Quotient(e.Total(x, None), e.SizeValue(n))),
    ("eye(n)*x", p(e.Identity(n), x)),
    ("I*x", p(e.Identity(n), x)),
    ("A - c*eye", e.Sum((A, e.Negative(p(c, e.Identity(n)))))),
    ("1'*x", p(t(e.Ones((n,))), x)),
    ("1ᵀx", p(t(e.Ones((n,))), x)),
    ("𝟏ᵀx", p(t(e.Ones((n,))), x)),
    ("vector(1)'*x", p(t(e.Ones((n,))), x)),
    ("ones(n)'*x", p(t(e.Ones((n,))), x)),
    ("X - 1*u'", e.Sum((X, e.Negative(p(e.Ones((n,)), t(u)))))),
    ("X - x*1'", e.Sum((X, e.Negative(p(x, t(e.Ones((m,)))))))),
    ("X.*(X - 𝟏)", e.Hadamard((X, e.Sum((X, e.Negative(e.Ones((n, m)))))))),
    ("I - 11'/a*A", e.Sum((e.Identity(n), e.Negative(p(e.Quotient(p(e.Ones((n,)), t(e.Ones((n,)))), a), A))))),
    ("ones(n, m)", e.Ones((n, m))),
    ("zeros(n)", e.Zeros((n,))),
    ("A + zeros", e.Sum((A, e.Zeros((n, n))))),
    ("x + vector(3)", e.Sum((x, p(number(3), e.Ones((n,)))))),
    ("e_3'*x", p(t(e.UnitVector(Size.of(3), n)), x)),
    ("unit(2, m)", e.UnitVector(Size.of(2), m)),
    ("commutation(m, n)", e.Commutation(m, n)),
    ("pi*a", p(e.Constant("pi"), a)),
    ("π", e.Constant("pi")),
    ("X[2,3]", e.Entry(X, (Size.of(2), Size.of(3)))),
    ("x[3]", e.Entry(x, (Size.of(3),))),
    ("sum(i, x[i])", e.IndexSum(e.Index("i", n), e.Entry(x, (e.Index("i", n),)))),
    ("Σ_i x_i", e.IndexSum(e.Index("i", n), e.Entry(x, (e.Index("i", n),)))),
    ("z = A*x; z'*z", p(t(p(A, x)), A, x)),
    # broadcasting
    ("1 + exp(x)", e.Sum((e.Ones((n,)), e.Elementwise("exp", x)))),
    ("exp(x) - 1", e.Sum((e.Elementwise("exp", x), e.Negative(e.Ones((n,)))))),
    ("x + 2", e.Sum((x, p(number(2), e.Ones((n,)))))),
    ("x + a", e.Sum((x, p(a, e.Ones((n,)))))),
    ("X + u", e.Sum((X, p(e.Ones((n,)), t(u))))),
    ("X + x", e.Sum((X, p(x, t(e.Ones((m,))))))),
    ("B + r", e.Sum((B, p(e.Ones((m,)), r)))),
    ("X.*u", e.Hadamard((X, p(e.Ones((n,)), t(u))))),
    ("X./x", e.Quotient(X, p(x, t(e.Ones((m,)))))),
    ("A + 0", e.Sum((A, e.Zeros((n, n))))),
]


@pytest.mark.parametrize(("text", "expected"), TABLE, ids=[text for text, _ in TABLE])
def test_expression(text: str, expected: e.Expr) -> None:
    assert elaborate(text, DECLARE).expression is expected


SHAPED: list[tuple[str, Shape, e.Expr]] = [
    ("eye", (n, n), e.Identity(n)),
    ("vector(1)", (n,), e.Ones((n,))),
    ("vector(1)'", (ONE, n), t(e.Ones((n,)))),
    ("matrix(0)", (n, m), e.Zeros((n, m))),
    ("0", (n,), e.Zeros((n,))),
    ("0", (ONE, n), e.Zeros((ONE, n))),
    ("0", (), number(0)),
    ("a*eye", (m, m), p(a, e.Identity(m))),
    ("kron(eye, x)", (n * m, m), e.Kronecker((e.Identity(m), x))),
    ("𝟏", (n, m), e.Ones((n, m))),
]


@pytest.mark.parametrize(("text", "shape", "expected"), SHAPED)
def test_the_expected_shape_settles_sizes(text: str, shape: Shape, expected: e.Expr) -> None:
    assert elaborate(text, DECLARE, shape=shape).expression is expected


@pytest.mark.parametrize(("text", "shape"), [("x", (m,)), ("x", ()), ("A", (n, m)), ("a", (n,)), ("x'", (n,))])
def test_another_shape_than_expected_is_an_error(text: str, shape: Shape) -> None:
    with pytest.raises(ShapeError, match="expected shape"):
        elaborate(text, DECLARE, shape=shape)


def test_variance_is_taken_along_rows_and_columns() -> None:
    squares = {}
    for axis, size in (("rows", m), ("cols", n)):
        mean = e.Quotient(e.Total(X, axis), e.SizeValue(size))
        ones = e.Ones((size,))
        repeated = p(mean, t(ones)) if axis == "rows" else p(ones, t(mean))
        centred = e.Sum((X, e.Negative(repeated)))
        squares[axis] = e.Quotient(e.Total(e.Power(centred, number(2)), axis), e.SizeValue(size))
    for axis, expected in squares.items():
        assert elaborate(f"var(X, {axis})", DECLARE).expression is expected


def test_a_product_of_sizes_stands_for_its_value() -> None:
    expression = elaborate("mean(vec(X))", DECLARE).expression
    assert expression is e.Quotient(e.Total(e.Vec(X), None), e.SizeValue(n * m))
    assert elaborate("mean(x)", "x: 4").expression is e.Quotient(e.Total(e.Symbol("x", (Size.of(4),)), None), number(4))


def test_intermediate_results_are_remembered() -> None:
    found = elaborate("z = A*x; h = tanh(z)\nx'*h", DECLARE)
    z = p(A, x)
    assert found.intermediates == {"z": z, "h": e.Elementwise("tanh", z)}
    assert list(found.symbols)[:2] == ["A", "x"]
    assert "z" not in found.symbols


def test_a_definition_does_not_see_the_names_of_the_text() -> None:
    t_symbol = e.Symbol("t", ())
    expression = elaborate("sqrt(x'*x) + t", "x: n; t: scalar").expression
    assert expression is e.Sum((e.Power(p(t(x), x), number("1/2")), t_symbol))


def test_sizes_are_compared_as_products() -> None:
    expression = elaborate("kron(A, B)*v", "A: 2×3; B: m×n; v: 3*n").expression
    assert expression.shape == shape_of(Size.of(2) * m, ONE)
    assert elaborate("vec(X*Y)", "X: n×k; Y: k×m").expression.shape == (n * m,)
    assert k not in elaborate("vec(X*Y)", "X: n×k; Y: k×m").expression.shape
