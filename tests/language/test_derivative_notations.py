"""Derivatives as people write them: each notation is the derivative that finite differences find."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import matcalc
from matcalc.base.errors import MatcalcError
from matcalc.verification import judgement

BODIES = {"x'Ax": "x", "tr(AX)": "X", "||Ax-b||^2": "x", "Ax": "x"}
OPERATORS = [
    "d/d{v} {f}", "d/d{v}({f})", "d/d{v} [{f}]", "(d/d{v})({f})", "d({f})/d{v}", "d {f}/d{v}", "∂({f})/∂{v}", "∂/∂{v} {f}", "∂{f}/∂{v}",
    "∂_{v} ({f})", "∇_{v} {f}", "∇_{v}({f})", "nabla_{v} ({f})", "grad_{v} {f}", "grad({f}, {v})", "gradient({f}, {v})", "D_{v}({f})",
    "diff({f}, {v})", "derivative({f}, {v})", "jacobian({f}, {v})",
]  # fmt: skip
DEFINED = [
    "", "∇f({v})", "∇f", "f'({v})", "f'", "df/d{v}", "∂f/∂{v}", "d/d{v} f({v})", "df({v})/d{v}", "∂f({v})/∂{v}", "grad f", "grad f({v})",
    "gradient f", "nabla f", "D_{v} f", "∇_{v} f", "∇_{v} f({v})", "g = ∇f({v})",
]  # fmt: skip
VALUES = ["df/d{v}", "∂f/∂{v}", "∇_{v} f", "∇_{v} f({v})", "d/d{v} f({v})", "∇f({v})", "df({v})/d{v}", "∂/∂{v} f"]
LATEX = [
    r"\frac{d}{dx} x^\top A x", r"\frac{d}{dx}\left[x^\top A x\right]", r"\frac{d}{d\mathbf{x}} \mathbf{x}^\top \mathbf{A} \mathbf{x}",
    r"\frac{\partial}{\partial x} x^T A x", r"\frac{\partial x^\top A x}{\partial x}", r"\dfrac{\mathrm{d}}{\mathrm{d}x} x^\top A x",
    r"\frac{\mathrm d (x^\top A x)}{\mathrm d x}", r"\partial(x^\top A x)/\partial x", r"\partial_x (x^\top A x)", r"\nabla_x x^\top A x",
    r"\nabla_{\mathbf{x}}\left(\mathbf{x}^\top A\mathbf{x}\right)", r"D_x (x^\top A x)", r"\mathrm{D}_x (x^\top A x)",
    r"f(\mathbf{x}) = \mathbf{x}^\top A \mathbf{x}", r"f(x) = x^\top A x; \nabla f(x)", r"f(x) = x^\top A x, \quad \nabla f(x)",
    r"f(x) = x^\top A x \\ \nabla f(x)", r"\nabla f(x) \text{ where } f(x) = x^\top A x", r"f(x) = x^\top A x; f'(x)",
    r"f(x) = x^\top A x; \frac{df}{dx}", r"f(x) = x^\top A x; \frac{d f(x)}{dx}", r"f(x) = x^\top A x; \frac{d}{dx} f(x)",
    r"f = x^\top A x; \frac{\partial f}{\partial x}", r"\mathcal{L}(x) = x^\top A x; \nabla \mathcal{L}(x)",
    r"\mathcal{L} = x^\top A x; \frac{\partial \mathcal{L}}{\partial x}", r"J(x) := x^\top A x; \nabla J(x)",
    r"f(x, \Sigma) = x^\top A x + \Sigma - \Sigma; \nabla_x f(x, \Sigma)",
    r"f(x) \coloneqq x^\top A x; \nabla f(x)", r"\operatorname{grad} f(x), f(x) = x^\top A x", r"$\frac{d}{dx} x^\top A x$",
    r"\nabla_x \bigl( x^\top A x \bigr)", r"\frac{\delta (x^\top A x)}{\delta x}", r"\frac{\delta}{\delta x} (x^\top A x)",
    r"f(x) = x^\top A x; \mathrm{d}f/\mathrm{d}x", r"\mathrm{d}(x^\top A x)/\mathrm{d}x", r"f(x) = x^\top A x; d f / d x",
    r"\hat{f}(x) = x^\top A x; \nabla \hat{f}(x)", r"\hat{R}_S(x) = x^\top A x; \mathrm{d}\hat{R}_S/\mathrm{d}x",
    r"\bar\ell(x) = x^\top A x; \frac{\partial\bar\ell}{\partial x}",
    r"\pdv{x^\top A x}{x}", r"\pdv{x} (x^\top A x)", r"\dv{(x^\top A x)}{x}", r"\pdv{}{\x} (\x^\top \mA \x)",
]  # fmt: skip
SECOND = [
    "d²/dx² x'Ax", "d^2/dx^2 (x'Ax)", "d2(x'Ax)/dx2", "∂²(x'Ax)/∂x²", "∂²/∂x∂xᵀ x'Ax", "∇²_x (x'Ax)", "∇_x^2 (x'Ax)", "∇_{xx} (x'Ax)",
    "hessian(x'Ax, x)", "hess(x'Ax, x)", "hessian_x (x'Ax)", "f(x) = x'Ax; ∇²f(x)", "f(x) = x'Ax; ∇²f", "f(x) = x'Ax; H_f(x)",
    "H = ∇²f(x), f(x) = x'Ax", "f(x) = x'Ax; f''(x)", "f(x) = x'Ax; d²f/dx²", "f(x) = x'Ax; hessian f(x)", "f = x'Ax; ∂²f/∂x∂xᵀ",
    r"\nabla_x^2 x^\top A x", r"\nabla^2_x (x^\top A x)", r"f(x) = x^\top A x; \nabla^2 f(x)", r"\frac{d^2}{dx^2} x^\top A x",
    r"\frac{\partial^2 (x^\top A x)}{\partial x \partial x^\top}", r"\frac{\delta^2 (x^\top A x)}{\delta x \delta x^\top}",
    r"\pdv[2]{(x^\top A x)}{x}", r"\pdv{(x^\top A x)}{x}{x^\top}", "d(d(x'Ax)/dx)/dx", "grad(grad(x'Ax, x), x)",
]  # fmt: skip
NUMERATOR = [
    "∂(Ax)/∂xᵀ", "∂/∂xᵀ (Ax)", "d(Ax)/dx'", "f(x) = Ax; J_f(x)", "f(x) = Ax; J_f", "f(x) = Ax; Df(x)", "f(x) = Ax; Jf(x)",
    r"\frac{\partial A x}{\partial x^\top}", r"\frac{\partial}{\partial \mathbf{x}^T} A\mathbf{x}", r"f(x) = Ax; \mathrm{D} f(x)",
]  # fmt: skip


def notations() -> Iterator[tuple[str, str, str]]:
    for body, variable in BODIES.items():
        for operator in OPERATORS:
            if not (operator.startswith("jacobian") and body != "Ax"):
                yield operator.replace("{f}", body).replace("{v}", variable), body, variable
        for use in DEFINED:
            yield f"f({variable}) = {body}; {use}".rstrip("; ").replace("{v}", variable), body, variable
        for use in VALUES:
            yield f"f = {body}; {use}".replace("{v}", variable), body, variable
        yield f"∇f({variable}) where f({variable}) = {body}", body, variable
        yield f"∇f({variable}), f({variable}) = {body}", body, variable
        yield f"let f({variable}) = {body}; ∇f({variable})", body, variable
        yield f"loss = {body}\ndloss/d{variable}", body, variable
        yield f"d({body})/d({variable})", body, variable
        yield f"f({variable}) = {body}, find ∇f({variable})", body, variable
    for text in LATEX:
        yield text, "x'Ax", "x"


@pytest.mark.parametrize("body", BODIES)
def test_the_derivative_is_that_of_differences(body: str) -> None:
    """By the callable of the answer and of the formula, which share no code with each other."""
    variable = BODIES[body]
    random = np.random.default_rng(3)
    shape = {"X": (3, 2), "x": (3,)}[variable]
    values = {
        "A": random.normal(size=(2, 3) if body != "x'Ax" else (3, 3)),
        "b": random.normal(size=2),
        variable: random.normal(size=shape),
    }
    derived = matcalc.derive(body, variable).function()(**values)
    compute = matcalc.parse(body).function()
    for place in np.ndindex(shape):
        step = np.zeros(shape)
        step[place] = 1e-6
        ahead, behind = (compute(**{**values, variable: values[variable] + sign * step}) for sign in (1, -1))
        assert np.allclose(derived[place], (ahead - behind) / 2e-6, atol=1e-6)


@pytest.mark.parametrize(("text", "body", "variable"), list(notations()))
def test_a_notation_is_the_derivative(text: str, body: str, variable: str) -> None:
    expected = matcalc.derive(body, variable)
    for found in (matcalc.derive(text), matcalc.derive(text, variable)):
        assert found.expression is not None and found.expression.node is expected.expression.node  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "use", [r"\nabla f(\beta)", r"f'(\beta)", r"df/d\beta", r"\mathrm{d}f/\mathrm{d}\beta", r"\partial f/\partial\beta"]
)
def test_a_greek_parameter_is_the_one_that_is_differentiated_by(use: str) -> None:
    """Through a name, too: the derivative at another point would hold that fixed."""
    found = matcalc.derive(rf"v = X\beta; f(\beta) = \|y - v\|^2; {use}")
    random = np.random.default_rng(4)
    values = {"X": random.normal(size=(3, 2)), "y": random.normal(size=3), "beta": random.normal(size=2)}
    assert np.allclose(found.function()(**values), 2 * values["X"].T @ (values["X"] @ values["beta"] - values["y"]))


@pytest.mark.parametrize("text", SECOND)
def test_a_notation_is_the_second_derivative(text: str) -> None:
    assert str(matcalc.derive(text)) == "A + Aᵀ"


@pytest.mark.parametrize("text", NUMERATOR)
def test_by_a_transpose_and_as_jacobian_matrix_the_layout_is_that_of_the_numerator(text: str) -> None:
    found = matcalc.derive(text)
    assert (str(found), found.layout) == ("A", "numerator")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("∂²f/∂x∂y, f = x'Ay", "A"),
        ("∇J, J(w) = ||X w - y||^2 + lambda w'w", "2 (Xᵀ (X w − y) + λ w)"),
        ("∂²/∂x∂yᵀ x'Ay", "A"),
        ("f(x) = x'Ax; d/dx (x'∇f(x))", "2 (A + Aᵀ) x"),
        ("z = W*x; h = tanh(z); d(u'h)/dz", "u ⊙ (𝟏 − tanh(z).^2)"),
        ("f(X) = tr(X'X); g(X) = f(X)^2; ∇g(X)", "4 ‖X‖² X"),
    ],
)
def test_derivatives_of_more_than_one_part(text: str, expected: str) -> None:
    assert str(matcalc.derive(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x'*d(x'Ax)/dx", "xᵀ (A + Aᵀ) x"),
        ("f(x) = x'Ax; ∇f(x + h)'h", "((A + Aᵀ) (x + h))ᵀ h"),
        ("f(X) = X*A*X; Df(X)[H]", "X A H + H A X"),
        ("f(x) = tanh(Wx); Df(x)[2h]", "(𝟏 − tanh(W x).^2) ⊙ (W (2 h))"),
        ("f(t) = t^2; f'(3)", "2 · 3"),
        ("z = W*x; h = tanh(z); d(u'h)/dz*x'", "(u ⊙ (𝟏 − tanh(W x).^2)) xᵀ"),
        ("g(x) = d(x'Ax)/dx; g(y)", "(A + Aᵀ) y"),
        ("f(x) = x'Ax; f(2y)", "(2 y)ᵀ A · 2 y"),
        ("d(d(x'Ay)/dx)/dy", "Aᵀ"),
    ],
)
def test_a_derivative_within_an_expression_is_evaluated(text: str, expected: str) -> None:
    assert matcalc.parse(text).text() == expected


def test_a_derivative_within_is_differentiated_on() -> None:
    random = np.random.default_rng(5)
    W, x, u = random.normal(size=(3, 2)), random.normal(size=2), random.normal(size=3)
    derived = matcalc.derive("norm2(grad(u'*tanh(W*x), x))^2", "W").function()(W=W, x=x, u=u)

    def penalty(weights: np.ndarray) -> float:
        inner = weights.T @ (u * (1 - np.tanh(weights @ x) ** 2))
        return float(inner @ inner)

    for place in np.ndindex(3, 2):
        step = np.zeros((3, 2))
        step[place] = 1e-6
        assert abs(derived[place] - (penalty(W + step) - penalty(W - step)) / 2e-6) < 1e-6


@pytest.mark.parametrize(
    ("text", "wrt", "message", "advice"),
    [
        ("x'Ax", None, "what to differentiate by is not said", ("x'Ax", "x")),
        ("d/dx x'Ax", "A", "the text is a derivative by x, and one by A is asked for", ("d(d(x'Ax)/dx)/dA", None)),
        ("f(x, y) = x'Ay", None, "the function has 2 arguments", ("f(x, y) = x'Ay", "y")),
        ("f(x, y) = x'Ay; ∇f", None, "f has several arguments", ("f(x, y) = x'Ay; ∇_x f(x, y)", None)),
        ("∇f(x)", None, "∇ needs the name to differentiate by", ("f(x) = x'*A*x; ∇f(x)", None)),
        ("x = A*x", "x", "x is given a value, and stands what is differentiated by", ("A*x", "x")),
        ("f(x) = x'x; f(x, y)", None, "f(x) is given 2 arguments", ("f(x) = x'x; f(x)", "x")),
        (
            "f(x) = g(x); g(y) = f(y); f(x)",
            "x",
            "f is defined by itself, or its definition is nested too deeply",
            ("f(x) = x; f(x)", "x"),
        ),
    ],
)
def test_a_refusal_and_what_helps(text: str, wrt: str | None, message: str, advice: tuple[str, str | None]) -> None:
    with pytest.raises(MatcalcError) as refused:
        matcalc.derive(text, wrt)
    assert refused.value.message == message
    matcalc.derive(*advice)


def test_the_example_of_a_name_is_a_whole_name() -> None:
    with pytest.raises(MatcalcError) as refused:
        matcalc.derive("lam*w'*A*w")
    assert refused.value.suggestion == 'derive("lam*w\'*A*w", "lam")'
    matcalc.derive("lam*w'*A*w", "lam")


def test_nabla_without_a_name_is_by_the_one_that_is_given() -> None:
    assert str(matcalc.derive("∇ ||Ax - b||^2", "x")) == "2 Aᵀ (A x − b)"
    assert str(matcalc.hessian("∇² (x'Ax)", "x")) == "A + Aᵀ"


def test_a_first_derivative_is_no_second_one() -> None:
    with pytest.raises(MatcalcError, match="a second one is asked for"):
        matcalc.hessian("∇_x x'Ax")
    assert str(matcalc.hessian("f(x) = x'Ax")) == "A + Aᵀ"
    assert str(matcalc.gradient("d/dx x'Ax")) == "(A + Aᵀ) x"
    assert str(matcalc.jacobian("∂(Ax)/∂xᵀ")) == "A"


STATEMENTS = [
    ("d(X⁻¹) = −X⁻¹ dX X⁻¹", "proved"), ("d(det(X)) = det(X) tr(inv(X) dX)", "proved"), ("d(X X^-1) = 0", "proved"),
    ("d(a'b) = 0", "undecided"), ("d²(x'Ax) = 2 dx'A dx", "proved"), ("d^2(x'Ax) = dx'A dx", "conditional"),
    ("df = tr(A dX) ⇒ ∇f = A'", "proved"), ("df = tr(A dX) => df/dX = A", "refuted"), ("df = 2x'dx ⇒ ∂f/∂x = 2x", "proved"),
    ("dY = A dX B ⇒ dY/dX = kron(B, A')", "proved"), (r"df = \operatorname{tr}(A\, dX) \Rightarrow \nabla f = A^\top", "proved"),
    ("f = tr(AX), df/dX = A'", "proved"), ("df/dX = A' where f = tr(AX)", "proved"), ("f = x'x; df = 2x'dx", "proved"),
    ("f(x) = x'Ax; ∇f(x) = (A + A')x", "proved"), ("f(x) = x'Ax; f'(x) = 2Ax", "conditional"), ("f(x) = x'Ax; ∇f(x) = A'x", "refuted"),
    ("f(x) = Ax; J_f(x) = A", "proved"), ("f(x) = Ax; J_f = A'", "refuted"), ("∂(Ax)/∂xᵀ = A", "proved"), ("∂(Ax)/∂xᵀ = A'", "refuted"),
    ("f(X) = X^2; Df(X)[H] = XH + HX", "proved"), ("f(X) = X^2; Df(X)[H] = 2XH", "conditional"), ("f(x) = x'Ax; f(2x) = 4f(x)", "proved"),
    ("x'*d(x'Ax)/dx = 2x'Ax", "proved"), ("x'*d(x'Ax)/dx = x'Ax", "conditional"), ("d(d(x'Ax)/dx)/dx = A + A'", "proved"),
    ("z = W*x; h = tanh(z); d(u'h)/dW = d(u'h)/dz*x'", "proved"), ("z = W*x; h = tanh(z); d(u'h)/dW = x*d(u'h)/dz'", "refuted"),
    ("y = Wx; dy/dx = W'", "proved"), ("d(||r||^2)/dw = 2X'r where r = Xw - y", "proved"), ("H = ∇²f(x) = A + A', f(x) = x'Ax", "proved"),
    ("f(x) = x'x ⇒ ∇f(x) = 2x", "proved"), ("y = Ax => ∂y/∂x = A'", "proved"), ("f(x) = x'Ax, then ∇f(x) = 2Ax", "conditional"),
    ("tr(ABC) = tr(BCA) = tr(CAB)", "proved"), ("d(x'Ax)/dx = (A + A')x = 2Ax", "conditional"), ("tr(ABC) = tr(BCA) = tr(ACB)", "refuted"),
    ("d(x'Ax)/dx = 2Ax with A symmetric", "proved"), (r"\nabla_x x^\top A x = 2Ax \text{ if } A \text{ is symmetric}", "proved"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "status"), STATEMENTS)
def test_a_statement(statement: str, status: str) -> None:
    assert matcalc.verify(statement).status == status


def test_a_chain_has_a_verdict_for_each_equation() -> None:
    verdict = matcalc.verify("d(x'Ax)/dx = (A + A')x = 2Ax")
    assert [(link.statement, link.status) for link in verdict.links] == [
        ("d(x'Ax)/dx = (A + A')x", "proved"),
        ("(A + A')x = 2Ax", "conditional"),
    ]
    assert verdict.condition == "A symmetric"
    assert "  proved: d(x'Ax)/dx = (A + A')x" in verdict.explain().splitlines()
    assert [link["status"] for link in verdict.to_dict()["links"]] == ["proved", "conditional"]


@pytest.mark.parametrize(
    "statement",
    ["f(x) = x'Ax", "d(f(x))/dx = f'(x)", "d(A) = 0", "∂f/∂x = 2x", "d = 3x", "∂ = 2", "df = dg ⇒ ∇f = ∇g", "x'x = 1 ⇒ x = 1"],
)
def test_what_claims_nothing_that_is_known_is_not_read(statement: str) -> None:
    with pytest.raises(MatcalcError):
        matcalc.verify(statement)


def test_a_wrong_derivative_within_a_statement_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules give what stands in the place of the derivative; numbers say whether they are right."""
    right = judgement.derivative_within
    monkeypatch.setattr(
        judgement, "derivative_within", lambda question: matcalc.parse("A*x", "A: n×n; x: n").node if right else None
    )
    with pytest.raises(MatcalcError, match="differs from what is found numerically"):
        matcalc.verify("x'*d(x'Ax)/dx = x'Ax", declare="A: n×n; x: n")


def test_derivatives_inside_derivatives_keep_to_a_few_axes() -> None:
    """Each of these has an axis more than the one inside it; of fifteen the arrays took gigabytes."""
    text = "x'x"
    for _ in range(12):
        text = f"sum(i, x[i]*grad({text}, x))"
    with pytest.raises(matcalc.MatcalcError):
        matcalc.derive(text, "x")
