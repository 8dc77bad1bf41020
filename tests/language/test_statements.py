"""Both sides of a statement are typed together."""

from __future__ import annotations

import pytest

import matcalc
from matcalc.base.errors import ParseError, UnknownFunctionError
from matcalc.expr import nodes as e
from matcalc.language import DerivativeSide, elaborate_statement
from matcalc.objects.inputs import derivative_within
from matcalc.printing import text

# statement | layout | the sides in ASCII, sizes written out
TABLE = """
d(x'Ax)/dx = (A + A')x          | denominator | d<x'*A*x>/x | (A + A')*x
∂(xᵀAx)/∂x = 2Ax                | denominator | d<x'*A*x>/x | 2*A*x
grad(x'x, x) = 2x               | denominator | d<x'*x>/x | 2*x
∇_x(x'x) = 2x                   | denominator | d<x'*x>/x | 2*x
d2(x'Ax)/dx2 = A + A'           | denominator | d<x'*A*x>/x,x | A + A'
hessian(x'x, x) = 2*eye         | denominator | d<x'*x>/x,x | 2*eye(n)
d(Ax)/dx = A'                   | denominator | d<A*x>/x | A'
d(Ax)/dx = A                    | denominator | d<A*x>/x | A
d(tr(X))/dX = eye               | denominator | d<tr(X)>/X | eye(n)
d(sum(X))/dX = 𝟏                | denominator | d<sum(X)>/X | ones(n, m)
d(sum(X))/dX = 𝟏                | numerator   | d<sum(X)>/X | ones(m, n)
d(sum(x))/dx = vector(1)        | denominator | d<sum(x)>/x | ones(n)
d(sum(x))/dx = vector(1)'       | numerator   | d<sum(x)>/x | ones(n)'
d(sum(x))/dx = 0                | denominator | d<sum(x)>/x | zeros(n)
d(sum(x))/dx = 0                | numerator   | d<sum(x)>/x | zeros(1, n)
d(x)/dx = eye                   | tensor      | d<x>/x | eye(n)
d(AX)/dX = kron(eye, A')        | denominator | d<A*X>/X | kron(eye(p), A')
d(AX)/dX = kron(eye, A)         | numerator   | d<A*X>/X | kron(eye(p), A)
d(AX)/dX = kron(eye, A)         | denominator | d<A*X>/X | kron(eye(p), A)
d(Wx)/dW = kron(x, eye)         | denominator | d<W*x>/W | kron(x, eye(n))
A*inv(A) = eye                  | denominator | A*inv(A) | eye(n)
z = A*x; d(z'z)/dx = 2A'z       | denominator | d<(A*x)'*A*x>/x | 2*A'*A*x
d(x^2)/dx = 2x                  | denominator | d<x^2>/x | 2*x
""".strip().splitlines()


def shown(side: e.Expr | DerivativeSide) -> str:
    if isinstance(side, DerivativeSide):
        return f"d<{text(side.expression, 'ascii')}>/{','.join(symbol.name for symbol in side.wrt)}"
    # Alone, no size is known from the surroundings, so all are written.
    return text(side, "ascii")


@pytest.mark.parametrize("line", TABLE)
def test_sides(line: str) -> None:
    statement, layout, left, right = (part.strip() for part in line.split(" | "))
    found = elaborate_statement(statement, layout=layout)
    assert (shown(found.left), shown(found.right)) == (left, right)


def test_a_wrong_shape_is_no_error_and_forces_nothing() -> None:
    found = elaborate_statement("d(Ax)/dx = A")
    assert isinstance(found.left, DerivativeSide)
    assert found.declarations == {"A": "n×m", "x": "m"}
    assert elaborate_statement("d(x'x)/dx = 2x'").declarations == {"x": "n"}


def test_orders_and_symbols() -> None:
    found = elaborate_statement("∂²(x'Ay)/∂x∂y = A", "A: n×m; x: n; y: m")
    assert isinstance(found.left, DerivativeSide)
    assert found.left.order == 2
    assert found.left.wrt == (found.symbols["x"], found.symbols["y"])
    assert found.right is found.symbols["A"]


def test_a_declared_symbol_that_does_not_occur_may_stand_below() -> None:
    found = elaborate_statement("d(a)/dx = 0", "a: scalar; x: n")
    assert found.right is e.Zeros(found.symbols["x"].shape)


@pytest.mark.parametrize(
    ("text", "declare"),
    [
        ("f = x'A x; df/dx = 2A x", None),
        ("loss = x'A x; dloss/dx = 2A x", None),
        ("f = x'A x; ∂f/∂x = 2A x", None),
    ],
)
def test_the_derivative_of_a_name(text: str, declare: str | None) -> None:
    statement = elaborate_statement(text, declare)
    assert isinstance(statement.left, DerivativeSide)
    assert [symbol.name for symbol in statement.left.wrt] == ["x"]


def test_what_a_name_without_a_formula_depends_on_is_not_guessed() -> None:
    with pytest.raises(UnknownFunctionError, match="f is not defined"):
        elaborate_statement("∂f/∂x = 2A x", "f: scalar; x: n", calculus=derivative_within)


def test_the_second_derivative_of_a_name() -> None:
    statement = elaborate_statement("f = x'A x; ∂²f/∂x² = A + A'")
    assert isinstance(statement.left, DerivativeSide)
    assert statement.left.order == 2


def test_letters_that_are_no_known_name_stay_factors() -> None:
    assert not isinstance(elaborate_statement("dg/dx = h", "dx: scalar; d: scalar").left, DerivativeSide)
    with pytest.raises(ParseError, match="the d is not read"):
        elaborate_statement("dg/dx = h", "dx: scalar")
    assert not isinstance(elaborate_statement("df/dx = h", "df: scalar; f: scalar; dx: scalar").left, DerivativeSide)
    assert not isinstance(elaborate_statement("df/dx = h", "d: scalar; f: scalar").left, DerivativeSide)


@pytest.mark.parametrize(
    ("statement", "holds"),
    [
        ("f(x) = ||A*x-b||^2; f(0) = ||b||^2", True),
        ("f(x) = ||A*x-b||^2; ∇f(0) = -2*A'*b", True),
        ("f(x) = ||A*x-b||^2; ∇f(0) = 2*A'*b", False),
        ("f(X) = logdet(I + X); ∇f(0) = I", True),
        ("f(x) = x'A*x; f(0) = 0", True),
        ("g(t) = (x+t*v)'(x+t*v); g'(0) = 2 x'v", True),
        ("g(t) = (x+t*v)'(x+t*v); g'(0) = x'v", False),
        ("f(x) = exp(a*x); f'(0) = a", True),
        ("f(x) = exp(x); f'(0) = 1", True),
        ("f(t) = exp(t*A); f'(0) = A", True),
    ],
)
def test_zero_stands_for_that_of_the_parameter(statement: str, holds: bool) -> None:
    assert matcalc.verify(statement).status == ("proved" if holds else "refuted")
