"""Verdicts on single statements: status, correction, condition, layout, counterexample."""

from __future__ import annotations

import json

import numpy as np
import pytest

import matcalc
from matcalc.evaluation.interpreter import evaluate
from matcalc.verification import judgement
from matcalc.verification.judgement import verify

PROVED = [
    ("d(x'Ax)/dx = (A + A')x", ""),
    ("∂(xᵀAx)/∂x = (A + Aᵀ)x", ""),
    ("hessian(x'*A*x, x) = A + A'", ""),
    ("d2(x'*A*x)/dx2 = 2*A", "A: n×n symmetric"),
    ("tr(A*B) = tr(B*A)", ""),
    ("inv(A*B) = inv(B)*inv(A)", ""),
    ("d(A*X*B)/dX = kron(B, A')", ""),
    ("d(X')/dX = commutation(n, m)", "X: m×n"),
    ("d(x)/dx = eye", "x: n"),
    ("d(a)/dx = 0", "a: scalar; x: n"),
    ("d(x'*x)/dx = d(norm2(x)^2)/dx", ""),
    ("d(log(det(X)))/dX = inv(X)'", ""),
]

FALSE = [
    # statement, declarations, condition, other layout, part of the reason, correction
    ("d(x'*A*x)/dx = 2*A*x", "", "A symmetric", None, "(Aᵀ − A) x", "(A + A')*x"),
    ("d(A*x)/dx = A", "A: m×n", None, "numerator", "the left side is a n×m matrix", "A'"),
    ("d(A*x)/dx = A", "A: n×n", "A symmetric", "numerator", "A should be Aᵀ", "A'"),
    ("d(a'*x)/dx = a'", "", None, "numerator", "a row vector", "a"),
    ("d(norm2(M.*X)^2)/dX = 2*M.*X", "", "M a 0/1 mask", None, "", "2*M.*M.*X"),
    ("d(-y'*log(softmax(x)))/dx = softmax(x) - y", "", "1ᵀy = 1", None, "", "sum(y)*softmax(x) - y"),
    ("d(norm2(X*w - y)^2)/dw = X'*(X*w - y)", "", None, None, "the factor 2 is missing", "2*X'*(X*w - y)"),
    ("d(norm2(X - U*V)^2)/dV = 2*U'*(X - U*V)", "", None, None, "the sign is wrong", "2*U'*(U*V - X)"),
    ("d(norm2(v))/dv = v/norm2(v)^2", "", None, None, "the exponent 2 should be 1", "v/norm2(v)"),
    ("d(x'*x + b'*x)/dx = 2*x + b/2", "", None, None, "in the term b/2 the factor 2 is missing", "2*x + b"),
    ("d(x'*x + b'*x + c'*x)/dx = 2*x + b - 3*c", "", None, None, "the term −3 c the sign is wrong, and it is 3", "2*x + b + c"),
    ("d(a*x'*x)/dx = 2*x", "a: scalar", None, None, "the factor a is missing", "2*a*x"),
    ("inv(A*B) = inv(A)*inv(B)", "", "A B = B A", None, "in the other order", "inv(B)*inv(A)"),
    ("d(A*X*B)/dX = kron(A', B)", "A: p×m; X: m×n; B: n×q", None, None, "vec by rows", "kron(B, A')"),
    ("d(y.*y.*x)/dx = eye", "y: n", "the entries of y are ±1", None, "", "diag(y.*y)"),
    ("x'*A*x = 0", "A: n×n; x: n", "A antisymmetric", None, "", "x'*A*x"),
    ("d(det(X))/dX = det(X)*inv(X)", "", "X symmetric", "numerator", "should be transposed", "det(X)*inv(X)'"),
]


@pytest.mark.parametrize(("statement", "declare"), PROVED)
def test_proved(statement: str, declare: str) -> None:
    verdict = verify(statement, declare=declare or None)
    assert verdict.status == "proved", verdict.explain()
    assert verdict.ok
    assert verdict.points >= 2
    assert verdict.counterexample is None


@pytest.mark.parametrize(("statement", "declare", "condition", "other", "reason", "correction"), FALSE)
def test_false(statement: str, declare: str, condition: str | None, other: str | None, reason: str, correction: str) -> None:
    verdict = verify(statement, declare=declare or None)
    assert verdict.status == ("refuted" if condition is None else "conditional")
    assert not verdict.ok
    assert not verdict
    assert verdict.condition == condition
    assert verdict.condition_exact == (condition is not None)
    assert verdict.counterexample is not None or verdict.reason
    assert verdict.other_layout == other
    assert reason in verdict.reason
    assert verdict.correction is not None
    left = statement.partition("=")[0]
    assert verify(f"{left} = {verdict.correction.text('ascii')}", declare=verdict.declarations).status == "proved"
    assert verify(f"{verdict.correction.text('ascii')} = {correction}", declare=verdict.declarations).ok
    assert str(verdict.correction) in verdict.explain()
    json.dumps(verdict.to_dict())


def test_symmetry_is_necessary_only_where_it_is() -> None:
    assert verify("d(x'*A*x)/dx = 2*A*x").condition_exact
    assert "if and only if A = Aᵀ" in verify("d(x'*A*x)/dx = 2*A*x").explain()
    assert verify("tr(A*B) = tr(A*B')", declare="A: n×n; B: n×n").condition_exact
    assert verify("d(tr(X*X))/dX = 2*X").condition_exact
    assert verify("x'*A*A*x = x'*A'*A*x").condition_exact  # the difference has the trace |A - A'|^2/2
    for statement in SUFFICIENT:
        verdict = verify(statement)
        assert (verdict.status, verdict.condition_exact) == ("refuted", False)
        assert verdict.condition is not None
        assert "true if " in verdict.explain()


@pytest.mark.parametrize(
    ("statement", "declare", "meaning"),
    [
        ("P*P = P", "P: n×n doubly_stochastic", "P is diagonal"),  # the matrix of means, 1/n
        ("d(tr(A*X*B*X'))/dX = 2*A*X*B", "", "A = Aᵀ and B = Bᵀ"),  # both antisymmetric
        ("A*A*B = A*B*A", "", "A and B commute"), ("(A*B)^2 = A^2*B^2", "", "A and B commute"),  # A singular
        ("adj(A*B) = adj(A)*adj(B)", "A: n×n; B: n×n", "A and B commute"),
        ("d(X^3) = 3*X^2*dX", "", "X and dX commute"),  # X with the eigenvalues 1 and -2
        ("inv(X) = X", "X: n×n mask invertible", "X is diagonal"), ("D*A*D = A", "D: n×n diagonal sign", "every entry of D is ≥ 0"),
    ],
)  # fmt: skip
def test_enough_is_not_needed_where_special_values_tell(statement: str, declare: str, meaning: str) -> None:
    verdict = verify(statement, declare=declare)
    assert verdict.status == "refuted"
    assert f"true if {meaning}" in verdict.explain()


@pytest.mark.parametrize("statement", ["pinv(A*B) = pinv(B)*pinv(A)", "eigmax(S + T) = eigmax(S) + eigmax(T)"])
def test_commuting_is_not_enough(statement: str) -> None:
    """For invertible matrices, or polynomials that rise, it would be."""
    verdict = verify(statement, declare="A: n×n; B: n×n; S: n×n symmetric; T: n×n symmetric")
    assert verdict.status == "refuted"
    assert "commute" not in verdict.explain()


@pytest.mark.parametrize("statement", ["inv(A*B) = inv(A)*inv(B)", "(A + B)^2 = A^2 + 2*A*B + B^2", "X*X = X*X'"])
def test_special_values_leave_what_is_needed(statement: str) -> None:
    assert verify(statement, declare="A: n×n; B: n×n; X: n×n").status == "conditional"


SUFFICIENT = [
    "d(tr(inv(X)*A))/dX = -inv(X)*A*inv(X)",  # that inv(X)*A*inv(X) is symmetric is enough
    "y.^3 = y",  # for entries of -1, too
    "tr(A*A) = tr(A'*A)*sign(tr(A*A))",
]
"""Statements that hold under the condition that is found, and elsewhere."""


@pytest.mark.parametrize(
    ("statement", "declare"),
    [
        ("tr(A*A') = m*sum(A.*A)/n", "A: n×m"),
        ("sum(X*ones(m)) = sum(X)*m/n", "X: n×m"),
        ("d(log(det(A*X*B)))/dX = inv(X)'", "A: n×m; X: m×m; B: m×n"),
    ],
)
def test_equal_sizes_are_a_condition(statement: str, declare: str) -> None:
    verdict = verify(statement, declare=declare)
    assert (verdict.status, verdict.condition) == ("conditional", "m = n")
    assert " square)" in verdict.condition_text
    assert verdict.counterexample is not None
    assert verdict.counterexample.sizes["m"] != verdict.counterexample.sizes["n"]


def test_the_counterexample_is_small_whole_and_real() -> None:
    verdict = verify("d(x'*A*x)/dx = 2*A*x")
    example = verdict.counterexample
    assert example is not None
    assert set(example.sizes.values()) <= {2, 3}
    for value in example.values.values():
        assert np.array_equal(value, np.round(value))
    x, matrix = example.values["x"], example.values["A"]
    assert np.allclose(example.left, (matrix + matrix.T) @ x)
    assert np.allclose(example.right, 2 * matrix @ x)
    again = verify("d(x'*A*x)/dx = 2*A*x").counterexample
    assert again is not None
    assert str(again) == str(example)


def test_layouts_and_conventions() -> None:
    assert verify("d(A*x)/dx = A", layout="numerator").status == "proved"
    assert verify("d(a'*x)/dx = a'", layout="numerator").status == "proved"
    assert verify("d2(a*tr(A*X))/(dX da) = A'").status == verify("d2(a*tr(A*X))/(da dX) = A'").status == "proved"
    assert verify("d2(a*tr(A*X))/(da dX) = A", layout="numerator").status == "proved"
    assert verify("d2(a*tr(A*X))/(dX da) = A").status == "refuted"
    declare = "X: n×n symmetric; a: n; b: n"
    answers = {"projected": "(a*b' + b*a')/2", "independent": "a*b'", "cookbook": "a*b' + b*a' - diag(a.*b)"}
    for convention in answers:
        for name, answer in answers.items():
            verdict = verify(f"d(a'*X*b)/dX = {answer}", declare=declare, symmetric=convention)
            assert verdict.ok == (name == convention)


def test_two_judgements_that_contradict_each_other_are_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judgement, "proves_zero", lambda difference, work: True)
    with pytest.raises(matcalc.MatcalcError, match="internal error"):
        verify("d(x'*A*x)/dx = 2*A*x")


def test_without_a_proof_agreement_is_only_confirmation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judgement, "proves_zero", lambda difference, work: False)
    verdict = verify("d(x'*A*x)/dx = (A + A')*x")
    assert verdict.status == "confirmed"
    assert verdict.ok


def test_what_cannot_be_evaluated_anywhere_is_undecided() -> None:
    verdict = verify("d(log(-norm2(x)^2))/dx = 2*x/norm2(x)^2", declare="x: n")
    assert verdict.status == "undecided"
    assert "no point" in verdict.reason


def test_a_nearly_right_number_is_not_confirmed() -> None:
    assert verify("d(x'*x)/dx = 2.00000001*x", declare="x: n").status != "proved"
    assert verify("d(x'*x)/dx = 2.0000003*x", declare="x: n").status == "refuted"
    assert verify("tr(A)*1.0000003 = tr(A)", declare="A: n×n").status == "refuted"


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("d(x'Ax)/dx", matcalc.ParseError),
        ("d(x'Ax)/dx = (A +", matcalc.ParseError),
        ("d(norm2(X*w + X*X*w)^2)/dw = w", matcalc.ShapeError),
        ("d(foobar(x))/dx = x", matcalc.UnknownFunctionError),
        ("", matcalc.ParseError),
        ("=", matcalc.ParseError),
    ],
)
def test_bad_input_is_an_error_with_the_text(statement: str, error: type[matcalc.MatcalcError]) -> None:
    with pytest.raises(error) as caught:
        verify(statement, declare="X: N×D; w: D; y: N" if "w" in statement else None)
    assert caught.value.text is not None or not statement


def test_unknown_options_are_errors() -> None:
    with pytest.raises(matcalc.MatcalcError, match="no layout"):
        verify("tr(A) = tr(A')", layout="sideways")
    with pytest.raises(matcalc.MatcalcError, match="no symmetric"):
        verify("tr(A) = tr(A')", symmetric="sometimes")


def test_the_correction_evaluates_to_the_left_side() -> None:
    verdict = verify("d(x'*A*x)/dx = 2*A*x")
    assert verdict.correction is not None
    assert verdict.counterexample is not None
    found = evaluate(verdict.correction.node, verdict.counterexample.values, verdict.counterexample.sizes)
    assert np.allclose(found, verdict.counterexample.left)


@pytest.mark.parametrize(
    ("statement", "names"),
    [("sqrt(t^2) = t", "t"), ("abs(a*b) = a*b", "ab"), ("||c*x|| = c*||x||", "c"), ("d(sqrt(t^2))/dt = 1", "t")],
)
def test_what_holds_for_positive_scalars_alone_is_false(statement: str, names: str) -> None:
    assert verify(statement, declare=dict.fromkeys(names, "scalar")).is_false
    assert verify(statement, declare=dict.fromkeys(names, "scalar positive")).ok


@pytest.mark.parametrize(
    ("statement", "declare"),
    [
        ("n = m", "X: n×m"), ("(n - p)*tr(A) = 0", "A: m×m; x: n; y: p"), ("n*m = m", "X: n×m"), ("n = 3", "x: n"),  # sizes alone
        ("norm(kron(A, kron(A, A)), nuclear) = 2*norm(A, nuclear)", "A: 2×2"),  # a product of three axes
    ],
)  # fmt: skip
def test_sizes_that_no_part_has(statement: str, declare: str) -> None:
    assert verify(statement, declare=declare).status == "refuted"


@pytest.mark.parametrize("statement", ["0^x = 0", "(-1)^x = 1", "(-2 - y^2)^x = (-2 - y^2)^x"])
def test_what_has_a_value_nowhere_is_not_confirmed(statement: str) -> None:
    verdict = verify(statement, declare="x: scalar; y: scalar" if "y" in statement else "x: scalar")
    assert verdict.status == "undecided"


def test_powers_of_negative_numbers_by_integers() -> None:
    assert verify("(-1)^(2*k) = 1", declare="k: integer").ok
    assert verify("(-1)^k = 1", declare="k: integer").status == "refuted"
