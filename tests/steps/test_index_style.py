"""What a derivation in index notation says, line by line."""

from __future__ import annotations

import json

import pytest

import matcalc
from matcalc.interface.results import Derivation
from matcalc.printing.notations import STEP_FORMATS
from matcalc.steps import presented
from tests.steps.checking import check_steps, point_for

QUADRATIC = """\
Differentiate f(x) = xᵀ A x by x, where x ∈ ℝⁿ, A ∈ ℝⁿˣⁿ.
f = x_i A_ij x_j                          index notation
∂f/∂x_k = δ_ik A_ij x_j + x_i A_ij δ_jk   product rule
        = A_kj x_j + x_i A_ik             contract δ
        = A_ki x_i + A_ik x_i             rename dummies
        = [A x]_k + [Aᵀ x]_k              recognise
∂f/∂x = (A + Aᵀ) x                        fold"""

FACTORISATION = """\
Differentiate f(V) = ‖X − U V‖² by V, where X ∈ ℝⁿˣᵐ, U ∈ ℝⁿˣᵖ, V ∈ ℝᵖˣᵐ.
f = Σ_ij (X_ij − U_ik V_kj)²            index notation
∂f/∂V_ab = −2 (X_ij − U_ik V_kj) U_il δ_la δ_jb
    power and chain rule: outer t², inner X − U V
         = −2 (X_ib − U_ik V_kb) U_ia   contract δ
         = −2 U_ia (X_ib − U_ij V_jb)   rename dummies
         = −2 U_ia [X − U V]_ib         recognise
         = −2 [Uᵀ]_ai [X − U V]_ib      transpose
∂f/∂V = 2 Uᵀ (U V − X)                  fold"""

HESSIAN = """\
Differentiate g(x) = sum(f(W x)) twice by x, where W ∈ ℝⁿˣᵐ, x ∈ ℝᵐ, f a
  function.
g = Σ_i f(W_ij x_j)                            index notation
∂g/∂x_k = Σ_i f'(W_ij x_j) W_ip δ_pk           chain rule: outer f(t), inner W x
        = Σ_i f'(W_ij x_j) W_ik                contract δ
∂²g/∂x_k∂x_l = Σ_i f''(W_ij x_j) W_ik W_ip δ_pl
    chain rule: outer f'(t), inner W x
             = Σ_i f''(W_ij x_j) W_ik W_il     contract δ
             = Σ_i W_ik f''([W x]_i) W_il      recognise
             = Σ_i [Wᵀ]_ki f''([W x]_i) W_il   transpose
∂²g/∂x² = Wᵀ diag(f''(W x)) W                  fold"""

KRONECKER = """\
Differentiate Y(X) = A X B by X, where A ∈ ℝⁿˣᵐ, X ∈ ℝᵐˣᵖ, B ∈ ℝ^(p×q).
Y_ij = A_ik X_kl B_lj               index notation
∂Y_ij/∂X_ab = A_ik δ_ka δ_lb B_lj   constant factor
            = A_ia B_bj             contract δ
∂Y/∂X = B ⊗ Aᵀ
    fold: row (a, b) and column (i, j) of the vec's in denominator layout"""

INVERSE = """\
Differentiate f(X) = aᵀ X⁻¹ b by X, where a ∈ ℝⁿ, X ∈ ℝⁿˣⁿ, b ∈ ℝⁿ.
f = a_i [X⁻¹]_ij b_j                    index notation
∂f/∂X_cd = −a_i [X⁻¹]_ij δ_jc δ_kd [X⁻¹]_kl b_l
    derivative of inv (Matrix Cookbook (2012) eq. 60)
         = −a_i [X⁻¹]_ic [X⁻¹]_dl b_l   contract δ
         = −[X⁻¹]_ic a_i [X⁻¹]_dj b_j   rename dummies
         = −[X⁻ᵀ]_ci a_i [X⁻¹]_dj b_j   transpose
∂f/∂X = −X⁻ᵀ a bᵀ X⁻ᵀ                   fold"""

CONSTANT = """\
Differentiate f(x) = aᵀ b by x, where a, b ∈ ℝᵐ, x ∈ ℝⁿ.
f = a_i b_i        index notation
∂f/∂x_k = 0        constant: x does not occur
∂f/∂x = zeros(n)   fold"""


@pytest.mark.parametrize(
    ("derivation", "expected"),
    [
        (matcalc.derive("x'Ax", "x"), QUADRATIC),
        (matcalc.derive("||X - UV||²", "V"), FACTORISATION),
        (matcalc.derive("sum(f(W*x))", "x", declare="f: function", order=2), HESSIAN),
        (matcalc.derive("A*X*B", "X"), KRONECKER),
        (matcalc.derive("a'*inv(X)*b", "X"), INVERSE),
        (matcalc.derive("a'*b", "x", declare="x: n"), CONSTANT),
    ],
    ids=["quadratic form", "factorisation", "Hessian of a user's function", "Kronecker", "inverse", "zero"],
)
def test_a_derivation_line_by_line(derivation: Derivation, expected: str) -> None:
    assert derivation.steps_text() == expected


LAYERS = "; ".join(["h0 = x"] + [f"h{k} = tanh(W*h{k - 1} + b)" for k in range(1, 41)]) + "; u'*h40"


@pytest.mark.parametrize(
    ("expression", "wrt", "options", "rules"),
    [
        ("log(sum(exp(x)))", "x", {}, ["simplify", "derivative of logsumexp"]),  # rewrites and functions are named, with a source
        ("x'Ax", "x", {"declare": "A: n×n symmetric"}, ["product rule"]),
        ("a'*X*b", "X", {"declare": "X: n×n symmetric"}, ["convention"]),
        ("logdet(S)", "S", {"declare": "S: n×n positive_definite", "symmetric": "cookbook"}, ["convention", "declared facts"]),
        ("a'*X*b", "X", {"declare": "X: n×n symmetric", "symmetric": "independent"}, ["contract δ"]),
        ("x'*X*b", ("x", "X"), {"declare": "X: n×n symmetric"}, ["convention"]),
        ("tr(X*A*X)", ("X", "X"), {"declare": "X: n×n symmetric"}, ["convention"]),
        ("A*x", "x", {"layout": "numerator"}, ["fold"]),
        ("A*x", "x", {"layout": "tensor"}, ["fold"]),
        ("x'*A", "x", {}, ["fold"]),
        ("kron(A, X)", "X", {}, ["constant factor", "fold"]),
        ("diag(kron(A, X))", "X", {}, ["constant factor", "fold"]),
        ("tr(expm(t*A)*B)", "t", {"declare": "t: scalar; A: n×n; B: n×n"}, ["chain rule"]),
        ("z = W*x + b; h = tanh(z); u'*h", "W", {}, ["chain rule", "recognise"]),
        ("X[2,3]*x[1]", "X", {"declare": "x: n"}, ["contract δ"]),
        ("sum(i, x[i]^2*y[i])", "x", {}, ["power rule"]),
        ("softmax(x)", "x", {}, ["derivative of softmax", "matrix product"]),
        ("i'*j*k*l", "i", {}, ["fold"]),  # letters that are names are no indices
        (LAYERS, "b", {}, ["chain rule"]),
        ("+".join(f"a{k}'*x" for k in range(40)), "x", {}, ["contract δ"]),
        (
            "*".join(f"A{k}" for k in range(18)) + "*x",
            "x",
            {"declare": "; ".join(f"A{k}: n×n" for k in range(18))},
            ["contract δ"],
        ),
    ],
)
def test_every_kind_of_derivation_has_steps(expression: str, wrt: str, options: dict[str, str], rules: list[str]) -> None:
    derivation = matcalc.derive(expression, wrt, **options)  # type: ignore[arg-type]
    found = [step.rule for step in derivation.steps]
    assert [rule for rule in rules if rule not in found] == []
    assert max(len(line) for line in derivation.steps_text().splitlines()) <= 80
    assert len(derivation.steps_text()) < 8000
    point = point_for(derivation.source.node, derivation.wrt, derivation.symmetric)
    check_steps(derivation.steps, point)


def test_long_derivations_collapse_repeated_moves() -> None:
    shown = matcalc.derive("+".join(f"a{k}'*x" for k in range(40)), "x").steps_text()
    assert "(… 32 more like it)" in shown


def test_rules_name_their_sources() -> None:
    steps = matcalc.derive("log(det(X))", "X").steps
    assert [(step.rule, step.source) for step in steps[1:3]] == [
        ("simplify", "logdet: definition, det X > 0"),
        ("derivative of logdet", "Matrix Cookbook (2012) eq. 57"),
    ]


def test_named_results_have_the_steps_of_the_whole() -> None:
    named = matcalc.derive("z = W*x; u'*tanh(z)", "W", names="keep")
    plain = matcalc.derive("z = W*x; u'*tanh(z)", "W")
    assert named.steps_text() == plain.steps_text()


def test_the_forms() -> None:
    steps = matcalc.derive("x'Ax", "x").steps
    shown = {form: presented(steps, form) for form in STEP_FORMATS}
    assert shown["ascii"].splitlines()[0] == "Differentiate f(x) = x'*A*x by x, where x in R^n, A in R^(n x n)."
    assert shown["ascii"].splitlines()[2].startswith("df/dx[k] = delta[i,k]*A[i,j]*x[j] + x[i]*A[i,j]*delta[j,k]")
    assert shown["ascii"].isascii()
    assert shown["latex"].startswith("Differentiate $f(x) = x^{\\top} A x$ by $x$, where $x \\in \\mathbb{R}^n$, ")
    assert presented(tuple(steps), "latex").startswith(
        "\\begin{align*}\n  f &= x_{i} A_{ij} x_{j} && \\text{index notation} \\\\\n"
    )
    assert "\\frac{\\partial f}{\\partial x_{k}} &= \\delta_{ik} A_{ij} x_{j} + x_{i} A_{ij} \\delta_{jk}" in shown["latex"]
    assert "$.\n\n1. index" in shown["markdown"]
    assert presented(tuple(steps), "markdown").startswith("1. index notation\n\n   $$f = x_{i} A_{ij} x_{j}$$")
    assert shown["html"].count("<li>") == len(steps)
    assert shown["html"].startswith(r'<p class="matcalc-problem">Differentiate \(f(x) = x^{\top} A x\) by')
    assert [step["rule"] for step in json.loads(shown["json"])] == [step.rule for step in steps]
    with pytest.raises(matcalc.MatcalcError, match="steps are not available as 'docx'"):
        presented(steps, "docx")
    with pytest.raises(matcalc.MatcalcError, match="no style of steps"):
        matcalc.derive("x'Ax", "x").derivation_steps("poetry")


@pytest.mark.parametrize(
    ("formula", "by", "declare", "line", "remark"),
    [
        ("x'Ax", "x", "A symmetric", "2 x_i A_ij δ_jk", "equal terms, as A is symmetric"),
        ("tr(X'*A*X*B)", "X", "A, B symmetric", "2 δ_ia A_ij X_jk B_lk δ_lb", "equal terms, as A and B are symmetric"),
        ("tr(X*X)", "X", None, "2 δ_ib X_ij δ_ja", "equal terms"),
        ("x'Ax", "x", None, "δ_ik A_ij x_j + x_i A_ij δ_jk", ""),
    ],
)
def test_a_term_is_written_once(formula: str, by: str, declare: str | None, line: str, remark: str) -> None:
    derivation = matcalc.derive(formula, by, declare=declare)
    step = next(step for step in derivation.steps if step.rule == "product rule")
    assert (step.right_writing.unicode, step.remark) == (line, remark)
    check_steps(derivation.steps, point_for(derivation.source.node, derivation.wrt, derivation.symmetric))


def test_factors_that_only_change_places_are_no_step() -> None:
    rules = [step.rule for step in matcalc.derive("x*y'", "x").steps]
    assert rules == ["index notation", "constant factor", "fold"]


@pytest.mark.parametrize(
    ("formula", "rule"),
    [
        ("x'*a/(b'*x)", "quotient rule"),
        ("(a'*x)^2/(b'*x)", "quotient, power and chain rule"),
        ("a'*x/(1 + x'*x)", "quotient and power rule"),
        ("a'*x/(b'*b)", "constant factor"),
        ("1/(b'*x)", "power and chain rule"),
        ("x'*A*x + b'*x", "sum and product rule"),
        ("a'*x + 3*b'*x", "sum rule, constant factor"),
        ("(a'*x)*exp(b'*x)", "product and chain rule"),
        ("sum(sin(x))", "derivative of sin"),
        ("sum(x)", "linearity"),
    ],
)
def test_rules_have_the_names_that_teachers_use(formula: str, rule: str) -> None:
    assert matcalc.derive(formula, "x").steps[1].rule == rule


def test_long_sums_are_broken_in_every_form_with_latex() -> None:
    derivation = matcalc.derive("(x'*A*x)*(x'*B*x)*(x'*C*x)*(x'*D*x)", "x")
    for form in ("markdown", "html"):
        shown = derivation.steps_text(form)
        assert shown.count("\\begin{aligned}") == shown.count("\\end{aligned}") > 2
        assert "\\\\ &" + ("" if form == "markdown" else "amp;") + "\\qquad {} +" in shown
    assert "aligned" not in derivation.latex(equation=True)
    assert all("aligned" not in step.latex for step in derivation.steps)
    assert "aligned" not in matcalc.derive("x'*A*x", "x").steps_text("markdown")


def test_no_line_ends_inside_brackets_that_grow() -> None:
    shown = matcalc.derive("(x'*A*x)*(x'*B*x)*(x'*C*x)", "x").steps_text("latex", style="differential")
    lines = shown.splitlines()[2:-1]
    assert all(line.count("\\left") == line.count("\\right") for line in lines)
    assert any("\\bigl\\langle" in line and "\\bigr\\rangle" not in line for line in lines)
    assert all(line.count("{") == line.count("}") for line in lines)


@pytest.mark.parametrize(
    ("formula", "wrt", "declare", "line", "said"),
    [
        (
            "sin(cos(t))",
            "t",
            None,
            "∂f/∂t = −cos(cos(t)) sin(t)",
            "outer sin(u), inner cos(t); cos′(t) = −sin(t), sin′(t) = cos(t)",
        ),
        ("||X - UV||²", "V", None, "−2 (X_ij − U_ik V_kj) U_il δ_la δ_jb", "outer t², inner X − U V"),
        ("1/(b'x)^2", "x", None, "∂f/∂x_k = −2 δ_jk b_j/(b_i x_i)³", "outer 1/t², inner bᵀ x"),
        ("(a'x)/(b'x)", "x", None, "f = a_i x_i/(b_j x_j)", ""),
        ("t^2*sin(t)", "t", None, "∂f/∂t = 2 t sin(t) + t² cos(t)", "derivative of sin: sin′(t) = cos(t)"),
        ("sin(t)*t^2", "t", None, "∂f/∂t = cos(t) t² + 2 t sin(t)", ""),
        ("exp(x'Ax)", "x", "A: n×n symmetric", "exp(x_i A_ij x_j)", "A ∈ ℝⁿˣⁿ (symmetric)"),
    ],
)
def test_factors_stand_as_typed_and_functions_of_functions_are_named(
    formula: str, wrt: str, declare: str | None, line: str, said: str
) -> None:
    derivation = matcalc.derive(formula, wrt, declare=declare)
    shown = " ".join(derivation.steps_text().split())
    assert line in shown
    assert said in shown
    check_steps(derivation.steps, point_for(derivation.source.node, derivation.wrt, derivation.symmetric))


def test_differentials_stand_as_typed() -> None:
    shown = matcalc.derive("t^2*sin(t)", "t").steps_text(style="differential")
    assert "df = d(t²) sin(t) + t² d(sin(t))   product rule" in shown
    assert "= 2 t sin(t) dt + t² cos(t) dt" in shown
    assert "df = (2 t sin(t) + t² cos(t)) dt" not in shown
