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
f = x_i A_ij x_j                          index notation
∂f/∂x_k = δ_ik A_ij x_j + x_i A_ij δ_jk   product rule
        = A_kj x_j + x_i A_ik             contract δ
        = A_ki x_i + A_ik x_i             rename dummies
        = [A x]_k + [Aᵀ x]_k              recognise
∂f/∂x = (A + Aᵀ) x                        fold"""

FACTORISATION = """\
f = Σ_ij (X_ij − U_ik V_kj)²                      index notation
∂f/∂V_ab = −2 (X_ij − U_ik V_kj) U_il δ_la δ_jb   chain rule
         = −2 (X_ib − U_ik V_kb) U_ia             contract δ
         = −2 U_ia (X_ib − U_ij V_jb)             rename dummies
         = −2 U_ia [X − U V]_ib                   recognise
         = −2 [Uᵀ]_ai [X − U V]_ib                transpose
∂f/∂V = 2 Uᵀ (U V − X)                            fold"""

HESSIAN = """\
g = Σ_i f(W_ij x_j)                               index notation
∂g/∂x_k = Σ_i f'(W_ij x_j) W_ip δ_pk              chain rule
        = Σ_i f'(W_ij x_j) W_ik                   contract δ
∂²g/∂x_k∂x_l = Σ_i f''(W_ij x_j) W_ik W_ip δ_pl   chain rule
             = Σ_i f''(W_ij x_j) W_ik W_il        contract δ
             = Σ_i W_ik f''([W x]_i) W_il         recognise
             = Σ_i [Wᵀ]_ki f''([W x]_i) W_il      transpose
∂²g/∂x² = Wᵀ diag(f''(W x)) W                     fold"""

KRONECKER = """\
Y_ij = A_ik X_kl B_lj               index notation
∂Y_ij/∂X_ab = A_ik δ_ka δ_lb B_lj   linearity
            = A_ia B_bj             contract δ
∂Y/∂X = B ⊗ Aᵀ
    fold: row (a, b) and column (i, j) of the vec's in denominator layout"""

INVERSE = """\
f = a_i [X⁻¹]_ij b_j                    index notation
∂f/∂X_cd = −a_i [X⁻¹]_ij δ_jc δ_kd [X⁻¹]_kl b_l
    derivative of inv (Matrix Cookbook (2012) eq. 60)
         = −a_i [X⁻¹]_ic [X⁻¹]_dl b_l   contract δ
         = −[X⁻¹]_ic a_i [X⁻¹]_dj b_j   rename dummies
         = −[X⁻ᵀ]_ci a_i [X⁻¹]_dj b_j   transpose
∂f/∂X = −X⁻ᵀ a bᵀ X⁻ᵀ                   fold"""

CONSTANT = """\
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
        ("x'Ax", "x", {"declare": "A: n×n symmetric"}, ["collect"]),
        ("a'*X*b", "X", {"declare": "X: n×n symmetric"}, ["convention"]),
        ("logdet(S)", "S", {"declare": "S: n×n positive_definite", "symmetric": "cookbook"}, ["convention", "declared facts"]),
        ("a'*X*b", "X", {"declare": "X: n×n symmetric", "symmetric": "independent"}, ["contract δ"]),
        ("x'*X*b", ("x", "X"), {"declare": "X: n×n symmetric"}, ["convention"]),
        ("tr(X*A*X)", ("X", "X"), {"declare": "X: n×n symmetric"}, ["convention"]),
        ("A*x", "x", {"layout": "numerator"}, ["fold"]),
        ("A*x", "x", {"layout": "tensor"}, ["fold"]),
        ("x'*A", "x", {}, ["fold"]),
        ("kron(A, X)", "X", {}, ["linearity", "fold"]),
        ("diag(kron(A, X))", "X", {}, ["linearity; no closed matrix form is known"]),
        ("tr(expm(t*A)*B)", "t", {"declare": "t: scalar; A: n×n; B: n×n"}, ["chain rule"]),
        ("z = W*x + b; h = tanh(z); u'*h", "W", {}, ["chain rule", "recognise"]),
        ("X[2,3]*x[1]", "X", {"declare": "x: n"}, ["contract δ"]),
        ("sum(i, x[i]^2*y[i])", "x", {}, ["chain rule"]),
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
    assert shown["ascii"].splitlines()[1].startswith("df/dx[k] = delta[i,k]*A[i,j]*x[j] + x[i]*A[i,j]*delta[j,k]")
    assert shown["ascii"].isascii()
    assert shown["latex"].startswith("\\begin{align*}\n  f &= x_{i} A_{ij} x_{j} && \\text{index notation} \\\\\n")
    assert "\\frac{\\partial f}{\\partial x_{k}} &= \\delta_{ik} A_{ij} x_{j} + x_{i} A_{ij} \\delta_{jk}" in shown["latex"]
    assert shown["markdown"].startswith("1. index notation\n\n   $$f = x_{i} A_{ij} x_{j}$$")
    assert shown["html"].count("<li>") == len(steps)
    assert [step["rule"] for step in json.loads(shown["json"])] == [step.rule for step in steps]
    with pytest.raises(matcalc.MatcalcError, match="steps are not available as 'docx'"):
        presented(steps, "docx")
    with pytest.raises(matcalc.MatcalcError, match="no style of steps"):
        matcalc.derive("x'Ax", "x").derivation_steps("poetry")


def test_factors_that_only_change_places_are_no_step() -> None:
    rules = [step.rule for step in matcalc.derive("x*y'", "x").steps]
    assert rules == ["index notation", "linearity", "fold"]


@pytest.mark.parametrize(
    ("formula", "rule"),
    [
        ("x'*a/(b'*x)", "quotient rule"),
        ("(a'*x)^2/(b'*x)", "quotient and chain rule"),
        ("a'*x/(1 + x'*x)", "quotient and chain rule"),
        ("a'*x/(b'*b)", "linearity"),
        ("1/(b'*x)", "chain rule"),
    ],
)
def test_the_quotient_rule_has_its_name(formula: str, rule: str) -> None:
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
    lines = shown.splitlines()[1:-1]
    assert all(line.count("\\left") == line.count("\\right") for line in lines)
    assert any("\\bigl\\langle" in line and "\\bigr\\rangle" not in line for line in lines)
    assert all(line.count("{") == line.count("}") for line in lines)
