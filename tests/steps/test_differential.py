"""Steps by differentials: every step of every case is an equality, and derivations that books have read as they do there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import matcalc
from matcalc.base.errors import LimitError, MatcalcError
from matcalc.base.files import RuleLine
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import find_point
from matcalc.printing import text
from matcalc.printing.notations import STEP_STYLES
from matcalc.steps import STYLES, presented
from matcalc.steps.differential.expansion import DifferentialRule, differential_rules, read_rule
from matcalc.steps.differential.marks import DifferentialSide, Marks
from tests.cases.reading import Case, read_cases
from tests.cli.test_derive_command import run
from tests.oracle.answers import Disagreement
from tests.steps.differential_checking import check_differential_steps, check_steps, differential_steps

CASES = [case for path in sorted((Path(__file__).parents[1] / "cases").glob("*.cases")) for case in read_cases(path)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_step_is_an_equality(case: Case) -> None:
    wrt = case.wrt[0] if len(case.wrt) == 1 else case.wrt
    derivation = matcalc.derive(
        case.expression, wrt, declare=case.declare or None, layout=case.options["layout"], symmetric=case.options["symmetric"]
    )
    steps = check_differential_steps(derivation)
    assert len(steps) >= 3 or "entry by entry" in steps[-1].remark
    assert max(len(line) for line in presented(steps).splitlines()) <= 80


def lines(expression: str, wrt: str | tuple[str, ...], declare: str | None = None) -> list[str]:
    return [step.text for step in matcalc.derive(expression, wrt, declare=declare).derivation_steps("differential")]


def test_a_squared_norm_line_by_line() -> None:
    assert lines("||X - UV||²", "V") == [
        "f = ‖X − U V‖²",
        "f = ⟨X − U V, X − U V⟩",
        "df = 2 ⟨X − U V, d(X − U V)⟩",
        "df = 2 ⟨X − U V, −U dV⟩",
        "df = ⟨−2 Uᵀ (X − U V), dV⟩",
        "∂f/∂V = 2 Uᵀ (U V − X)",
    ]


def test_a_quadratic_form_line_by_line() -> None:
    assert lines("x'*A*x", "x") == [
        "f = xᵀ A x",
        "df = dxᵀ A x + xᵀ A dx",
        "df = ⟨A x, dx⟩ + ⟨Aᵀ x, dx⟩",
        "df = ⟨A x + Aᵀ x, dx⟩",
        "∂f/∂x = (A + Aᵀ) x",
    ]


@pytest.mark.parametrize(
    ("formula", "by", "declare", "said"),
    [
        ("x'Ax", "x", "A symmetric", "A is symmetric"),
        ("x'Ax", "x", None, ""),
        ("x'Ay", "x", "A symmetric", ""),  # nothing is transposed
        ("y'Ax", "x", "A symmetric", "A is symmetric"),
        ("tr(X'*A*X*B)", "X", "A symmetric; B symmetric", "A and B are symmetric"),
        ("||A*x - b||^2", "x", "A positive definite", "A is symmetric"),
        ("x'*inv(A)*y + y'*inv(A)*x", "x", "A positive definite", "A is symmetric"),
        ("tr(S*B)", "S", "S symmetric", ""),  # the symmetric change has a line of its own
    ],
)
def test_a_transpose_that_symmetry_takes_away_is_told(formula: str, by: str, declare: str | None, said: str) -> None:
    steps = matcalc.derive(formula, by, declare=declare).derivation_steps("differential")
    adjoint = next(step for step in steps if step.rule == "adjoint")
    assert adjoint.remark.partition("; ")[2] == said


def test_a_matrix_value_ends_with_vec() -> None:
    assert lines("A*X*B", "X") == ["Y = A X B", "dY = A dX B", "vec(dY) = (Bᵀ ⊗ A) vec(dX)", "∂Y/∂X = B ⊗ Aᵀ"]


def test_a_hessian_comes_from_the_second_differential() -> None:
    assert lines("x'*A*x", ("x", "x"))[-3:] == ["d(∂f/∂x) = (A + Aᵀ) dx", "d²f = dxᵀ (A + Aᵀ) dx", "∂²f/∂x² = A + Aᵀ"]


@pytest.mark.parametrize(("expression", "wrt"), [("||X - UV||²", "V"), ("x'*A*x", "x"), ("A*inv(X)*B", "X"), ("logdet(X)", "X")])
def test_a_planted_error_is_seen(expression: str, wrt: str) -> None:
    derivation = matcalc.derive(expression, wrt)
    steps = differential_steps(derivation)
    check_steps(steps, derivation.source.node, derivation.wrt, derivation.symmetric)
    other = differential_steps(matcalc.derive(f"2*({expression})", wrt))
    for k, step in enumerate(steps):
        if step.left_writing.unicode[0] != "d":
            continue
        wrong = next(found for found in other if found.left_writing == step.left_writing)
        planted = [*steps[:k], replace(step, right=wrong.right), *steps[k + 1 :]]
        with pytest.raises(Disagreement):
            check_steps(planted, derivation.source.node, derivation.wrt, derivation.symmetric)


def rule_error(rule: DifferentialRule) -> float:
    """How far the right side is from the sum of the differences of the left side along the change of each variable."""
    point = find_point([rule.left, rule.right], 0, extra=rule.moves.values())
    assert point is not None
    total = 0.0
    for symbol, move in rule.moves.items():
        marks = Marks(symbol, frozenset())
        total = total + DifferentialSide(marks.change(rule.left), marks).value(
            {**point.values, marks.move.name: point.values[move.name]}, point.sizes
        )
    return float(np.max(np.abs(total - evaluate(rule.right, point.values, point.sizes))))


@pytest.mark.parametrize("rule", differential_rules(), ids=lambda rule: f"{rule.name} {text(rule.left, 'ascii')}")
def test_every_rule_holds(rule: DifferentialRule) -> None:
    assert rule.source
    assert [other.left for other in differential_rules()].count(rule.left) == 1
    assert rule_error(rule) < 1e-6


@pytest.mark.parametrize("wrong", ["inv(X) = -inv(X)*dX*inv(X)'", "det(X) = det(X)*tr(inv(X)'*dX)", "tr(X^k) = k*tr(X^k*dX)"])
def test_a_wrong_rule_is_seen(wrong: str) -> None:
    assert (
        rule_error(
            read_rule(RuleLine("wrong", "X: n×n; k: scalar" if "k" in wrong else "X: n×n", *wrong.split(" = "), "nowhere"))
        )
        > 1e-3
    )


@pytest.mark.parametrize(
    ("identity", "complaint"),
    [("inv(X) = -inv(X)*dX*inv(Z)", "uses Z"), ("inv(X) = tr(dX)", "different shapes"), ("inv(X) = inv(X)", "no differential")],
)
def test_a_broken_rule_is_refused(identity: str, complaint: str) -> None:
    with pytest.raises((ValueError, MatcalcError), match=complaint):
        read_rule(RuleLine("broken", "X: n×n", *identity.split(" = "), "nowhere"))


def test_a_name_in_use_is_refused() -> None:
    with pytest.raises(MatcalcError, match="dx is already a name"):
        matcalc.derive("dx'*x", "x", declare="dx: n; x: n").derivation_steps("differential")


def test_an_expression_that_is_too_long_is_refused() -> None:
    with pytest.raises(LimitError, match="too long"):
        matcalc.derive("*".join(["A"] * 4000 + ["x"]), "x", declare="A: n×n; x: n").derivation_steps("differential")


def test_long_lines_get_names() -> None:
    found = lines("g'*(x - mean(x)*ones(n))/sqrt(norm2(x - mean(x)*ones(n))^2/n + e)", "x", "x: n; g: n; e: scalar")
    assert "z = x − mean(x) 𝟏" in found
    assert found[found.index("z = x − mean(x) 𝟏") : -1][1:4] == [
        "s = ‖z‖²/n + e",
        "f = gᵀ z/sqrt(s)",
        "df = d(gᵀ z)/sqrt(s) − gᵀ z d(sqrt(s))/sqrt(s)²",
    ]


def test_a_value_without_a_matrix_form_on_the_way_says_so() -> None:
    (given, answer) = matcalc.derive(
        "sum(tensor(k, j, i, T[i,j,k].^2*X[i,j]))", "X", declare="T: n×m×p; X: n×m"
    ).derivation_steps("differential")
    assert given.rule == "given"
    assert "no matrix form on the way" in answer.remark


def test_captions_are_plain_in_ascii() -> None:
    derivation = matcalc.derive("norm2(X - U*V)^2 + sum(exp(X).*B)", "X")
    assert "?" not in derivation.steps_text("ascii", style="differential")
    assert derivation.steps_text("ascii", style="differential").isascii()
    assert "⟨" not in derivation.steps_text("latex", style="differential")


def test_the_style_is_chosen_on_the_command_line() -> None:
    status, out, _ = run("derive", "x'Ax", "--wrt", "x", "--style", "differential")
    assert status == 0
    assert "df = dxᵀ A x + xᵀ A dx" in out
    status, out, _ = run("derive", "x'Ax", "--wrt", "x", "--steps", "--style", "differential", "--to", "latex")
    assert status == 0
    assert r"\mathrm{d}f &= \mathrm{d}x^{\top} A x" in out
    assert run("derive", "x'Ax", "--wrt", "x", "--steps", "--style", "slow")[0] == 2
    assert tuple(STYLES) == STEP_STYLES


def test_exponents_are_computed() -> None:
    shown = matcalc.derive("tr((A*X)^2)", "X", declare="A: m×n; X: n×m").steps_text(style="differential")
    assert "2 − 1" not in shown
    assert "df = 2 tr(A X d(A X))" in shown


@pytest.mark.parametrize(
    ("formula", "variable", "last"),
    [
        (
            "log(sum(exp(x)))",
            "x",
            ["∂f/∂x = exp(x)/sum(exp(x))        read off", "      = softmax(x)                simplify"],
        ),
        ("det(A*X)", "X", ["∂f/∂X = det(A X) Aᵀ (A X)⁻ᵀ       read off", "      = det(A X) X⁻ᵀ              simplify"]),
    ],
)
def test_what_is_read_off_stands_before_what_it_is_simplified_to(formula: str, variable: str, last: list[str]) -> None:
    shown = matcalc.derive(formula, variable, declare="A: n×n" if "A" in formula else None).steps_text(style="differential")
    assert shown.splitlines()[-2:] == last


def test_functions_have_one_name_in_a_step() -> None:
    assert "σ′(t) = σ(t) (1 − σ(t))" in matcalc.derive("sigmoid(a'*x)", "x").steps_text(style="differential")


@pytest.mark.parametrize(
    ("text", "law"), [("kron(X, X)", "vec(A ⊗ B) ="), ("kron(A, B)*X", "vec(A dX B) ="), ("A*X'*B", "vec(A dX B) =")]
)
def test_an_identification_names_the_identity_that_it_rests_on(text: str, law: str) -> None:
    said = [step.remark for step in matcalc.derive(text, "X").derivation_steps("differential") if step.rule == "identification"]
    assert len(said) == 1 and said[0].startswith(law)
