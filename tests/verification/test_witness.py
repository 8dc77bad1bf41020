"""The numerical judgement: nothing false agrees at all points, nothing true differs at one."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from matcalc import verify
from matcalc.evaluation.precise.number_systems import Decimals
from matcalc.evaluation.sampling import Point
from matcalc.language.statements import elaborate_statement
from matcalc.verification.claims import Claim, claim_of
from matcalc.verification.witness import comparing
from matcalc.verification.witness.comparing import at_point
from matcalc.verification.witness.searching import holds, points, witness

# A perturbation however small: numbers in a text are exact.
NEARLY = [
    ("x*(1+1e-7) = x", "x: scalar"),
    ("x + 1e-9 = x", "x: scalar"),
    ("exp(1) = 2.718281828", ""),
    ("0.1 + 0.2 = 0.30000000000000004", ""),
    ("d(x'*A*x)/dx = (A + A')*x + 1e-7*x", ""),
    ("x + 1e-30*x = x", "x: n"),
    ("exp(x)*(1 + 1e-50) = exp(x)", "x: scalar"),
    ("sin(x) + 1e-60 = sin(x)", "x: scalar"),
    ("d(logdet(X))/dX = inv(X)'*(1 + 1e-25)", "X: n×n"),
    ("d2(sum(exp(x)))/dx2 = diag(exp(x)) + 1e-20*eye", "x: n"),
    ("pi = 3.14159265358979323846", ""),
    ("tanh(1000 + x^2) = 1", "x: scalar"),
    ("sigmoid(-300 - x^2) = 0", "x: scalar"),
    ("exp(x) + exp(-200) = exp(x)", "x: scalar"),
]
# Special sizes and matrices.
SPECIAL = [
    ("det(X*X') = det(X'*X)", "X: m×n"),
    ("det(A*B) = det(B*A)", "A: m×n; B: n×m"),
    ("(n-1)*(n-2)*(n-3)*(n-4)*(n-5)*x = 0*x", "x: n"),
    ("(n-7)*(m-2)*x = 0*x", "x: n; A: n×m"),
    ("2^n*x = (n^2 - n + 2)*x", "x: n"),
    ("tr(eye(n))*tr(eye(n)) = 3*tr(eye(n)) - 2", "x: n"),
    ("det(Q) = 1", "Q: n×n orthogonal"),
    ("det(P) = 0", "P: n×n idempotent"),
    ("P = P'", "P: n×n idempotent"),
    ("tr(P) = 1", "P: n×n projection"),
    ("Q*Q' = eye", "Q: n×p orthonormal"),
    ("S'*ones(n) = ones(n)", "S: n×n stochastic"),
    ("L*M = M*L", "L: n×n lower_triangular; M: n×n lower_triangular"),
    ("eigmax(S) = tr(S)", "S: n×n positive_semidefinite"),
    ("x'*x = 2*x[1]^2", "x: n unit"),
    ("pinv(A*B) = pinv(B)*pinv(A)", "A: m×n; B: n×p"),
    ("norm(X, nuclear)^2 = norm(X)^2", "X: m×n"),
    ("adj(X) = tr(X)*eye - X", "X: n×n"),
    ("abs(det(M)) = 1", "M: n×n mask invertible"),
]
# Kinks, thresholds, saturation.
THRESHOLDS = [
    ("relu(x - 50) = 0", "x: scalar"),
    ("abs(x-100) = 100-x", "x: scalar"),
    ("sign(x^2 - 1e-6) = 1", "x: scalar"),
    ("tanh(1000*x) = sign(x)", "x: scalar"),
    ("exp(-1000*x^2) = 0", "x: scalar"),
    ("step(x - 1) = step(x - 1.001)", "x: scalar"),
    ("relu(sin(x) - 0.999) = 0", "x: scalar"),
    ("sign(x - 1e-9) = sign(x)", "x: scalar"),
    ("relu(x - 1e8) = 0", "x: scalar"),
    ("sum(relu(x - 300*vector(1))) = 0", "x: n"),
    ("step(norm2(x)^2 - 5000) = 0", "x: n"),
    ("abs(a*b - 40) = 40 - a*b", "a: scalar; b: scalar"),
    ("softplus(20*x) = 20*relu(x)", "x: scalar"),
    ("d(relu(x - 77))/dx = 0", "x: scalar"),
    ("log(cosh(x)) = abs(x) - log(2)", "x: scalar"),
    ("erf(5*x) = sign(x)", "x: scalar"),
    ("sqrt(x^2) = x", "x: scalar"),
    ("relu(cos(x) + 0.9999999) = cos(x) + 0.9999999", "x: scalar"),
    ("abs(norm2(x - 3*vector(1))^2 - 1e-4) = norm2(x - 3*vector(1))^2 - 1e-4", "x: n"),
    ("gelu(x^2 + 40) = x^2 + 40", "x: scalar"),
    ("erf(30 + x^2) = 1", "x: scalar"),
    ("d(softplus(700 + x^2))/dx = 2*x", "x: scalar"),
    ("relu(tr(X) + 30) = tr(X) + 30", "X: n×n"),
    ("max(x, y + z^2 + 1000) = y + z^2 + 1000", "x: scalar; y: scalar; z: scalar"),
    ("min(x, -1000 - y'*y) = -1000 - y'*y", "x: scalar; y: n"),
    ("d(max(x, y + z^2 + 1000))/dx = 0", "x: scalar; y: scalar; z: scalar"),
    ("max(x + (1000 + z^2)*unit(1, n)) = x[1] + 1000 + z^2", "x: n; z: scalar"),
    ("indmax(x + (1000 + z^2)*unit(1, n)) = unit(1, n)", "x: n nonnegative; z: scalar"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "declare"), [*NEARLY, *SPECIAL, *THRESHOLDS])
def test_false(statement: str, declare: str) -> None:
    different = witness(claim(statement, declare)).different
    assert different is not None


TRUE = [
    ("norm(x*y', nuclear) = norm2(x)*norm2(y)", "x: m; y: n"),
    ("asin(x)+acos(x) = asin(1)", "x: scalar"),
    ("det(-A) = (-1)^n*det(A)", "A: n×n"),
    ("det(A - A') = 0", "A: 3×3"),
    ("norm(Q, spectral) = 1", "Q: n×n orthogonal"),
    ("det(eye(m) + A*B) = det(eye(n) + B*A)", "A: m×n; B: n×m"),
    ("inv(A - A') = -inv(A - A')'", "A: n×n"),
    ("pinv(X)*X*pinv(X) = pinv(X)", "X: m×n"),
    ("expm(A)*expm(-A) = eye", "A: n×n"),
    ("logm(expm(S)) = S", "S: n×n symmetric"),
    ("sqrtm(S)*sqrtm(S) = S", "S: n×n positive_definite"),
    ("det(expm(A)) = exp(tr(A))", "A: n×n"),
    ("relu(x) - relu(-x) = x", "x: n"),
    ("abs(x - 100) = abs(100 - x)", "x: scalar"),
    ("tanh(x) = 2*sigmoid(2*x) - 1", "x: scalar"),
    ("softplus(x) - softplus(-x) = x", "x: n"),
    ("d(eigmax(A))/dA = eigvecmax(A)*eigvecmax(A)'", "A: n×n symmetric"),
    ("d(norm(X, spectral))/dX = leftsv(X)*rightsv(X)'", "X: m×n"),
    ("d(norm(X, nuclear))/dX = polar(X)", "X: m×n"),
    ("d(f(W*x))/dx = W'*diag(f'(W*x))", "f: function; W: m×n; x: n"),
    ("d2(x'*A*y)/(dx dy) = A", "A: m×n; x: m; y: n"),
    ("sum(i, x[i]^3) = sum(x.^3)", "x: n"),
    ("d(X')/dX = commutation(n, m)", "X: m×n"),
    ("tr(P) = tr(P*P)", "P: n×n idempotent"),
    ("norm2(x) = 1", "x: n unit"),
    ("norm(S, nuclear) = tr(S)", "S: n×n positive_semidefinite"),
    ("P*P' = P", "P: n×n projection"),
    ("S'*ones(n) = ones(n)", "S: n×n doubly_stochastic"),
    ("abs(x) = x", "x: n nonnegative"),
    ("tril(A) + triu(A) = A + diag(diag(A))", "A: n×n"),
    ("d(tr(tril(A)*B))/dA = tril(B')", "A: n×n; B: n×n"),
    ("det(L) = det(diag(diag(L)))", "L: n×n lower_triangular"),
    ("d(det(X))/dX = adj(X)'", "X: n×n"),
    ("(n-1)*(n+1)*x = n^2*x - x", "x: n"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "declare"), TRUE)
def test_true(statement: str, declare: str) -> None:
    seen = witness(claim(statement, declare))
    assert seen.different is None
    assert seen.agrees
    assert holds(claim(statement, declare), quick=True)


@pytest.mark.parametrize("convention", ["projected", "independent", "cookbook"])
@pytest.mark.parametrize("layout", ["denominator", "numerator", "tensor"])
def test_layouts_and_conventions_agree_with_the_derived_tensors(layout: str, convention: str) -> None:
    made = claim("d(a'*X*X*b)/dX = zeros(n, n)", "X: n×n symmetric; a: n; b: n", layout, convention)
    seen = witness(made).different
    assert seen is not None
    assert np.allclose(seen.left, made.left.exact(seen.point.values, seen.point.sizes), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("layout", ["denominator", "numerator", "tensor"])
@pytest.mark.parametrize(
    ("statement", "declare"),
    [
        ("d(A*X*B)/dX = d(B*X*A)/dX", "X: n×n; A: n×n; B: n×n"),
        ("d(A*X*y)/dX = d(A*X'*y)/dX", "X: n×n; A: n×n; y: n"),
        ("d2(sum(sin(A*x)))/dx2 = d2(sum(cos(A*x)))/dx2", "A: m×n; x: n"),
        ("d(t^2*A*x)/dt = d(t^3*A*x)/dt", "A: m×n; x: n; t: scalar"),
        ("d2(a*tr(A*X*X))/(da dX) = d2(a*tr(A*X))/(da dX)", "A: n×n; X: n×n; a: scalar"),
    ],
)  # fmt: skip
def test_every_entry_stands_where_the_layout_has_it(statement: str, declare: str, layout: str) -> None:
    made = claim(statement, declare, layout)
    seen = witness(made).different
    assert seen is not None
    for side, found in ((made.left, seen.left), (made.right, seen.right)):
        assert np.allclose(found, side.exact(seen.point.values, seen.point.sizes), rtol=1e-9, atol=1e-9)


def test_what_agrees_only_to_some_digits_says_so() -> None:
    seen = witness(claim("exp(1) = 2.718281828", "")).different
    assert seen is not None
    assert seen.digits == 9


def test_rounded_points_are_compared_with_tolerance_and_whole_ones_exactly() -> None:
    made = claim("x'*x = 1", "x: n")
    assert outcome(made, {"x": np.array([0.1, 0.7, np.sqrt(0.5)])}, {"n": 3}) == "same"
    assert outcome(made, {"x": np.array([1.0, 0.0, 2.0**-10])}, {"n": 3}) == "different"
    assert outcome(made, {"x": [Fraction(1, 3), Fraction(2, 3), Fraction(2, 3)]}, {"n": 3}) == "same"


def test_floating_point_numbers_stand_for_the_short_fractions_they_are_nearest_to() -> None:
    made = claim("Q*Q = Q", "Q: n×n")
    assert outcome(made, {"Q": np.array([[0.36, -0.48], [-0.48, 0.64]])}, {"n": 2}) == "same"
    assert outcome(made, {"Q": np.array([[0.36, -0.48], [-0.48, 0.64 + 1e-6]])}, {"n": 2}) == "different"
    seen = at_point(claim("pinv(Q) = 2*Q", "Q: n×n"), Point({"Q": np.array([[0.36, -0.48], [-0.48, 0.64]])}, {"n": 2}))
    assert seen is not None
    assert np.allclose(seen.left, [[0.36, -0.48], [-0.48, 0.64]])


def outcome(made: Claim, values: dict[str, object], sizes: dict[str, int]) -> str | None:
    comparison = at_point(made, Point(values, sizes))
    return None if comparison is None else comparison.outcome


def test_a_point_with_no_value_says_nothing() -> None:
    made = claim("log(x) = log(x) + 1", "x: scalar")
    assert outcome(made, {"x": -1.0}, {}) is None
    assert outcome(made, {"x": 1.0}, {}) == "different"
    assert witness(claim("log(-x^2) = 1", "x: scalar")).comparisons == ()


def test_every_point_has_the_declared_facts() -> None:
    for point in points(claim("tr(Q*S) = 0", "Q: n×n orthogonal; S: n×n symmetric"), 3):
        rotation, symmetric = point.values["Q"], point.values["S"]
        assert np.allclose(rotation.T @ rotation, np.eye(len(rotation)))
        assert np.array_equal(symmetric, symmetric.T)


@pytest.mark.parametrize(
    ("statement", "declare"),
    [
        ("exp(x) + y - exp(x) = y", "x: scalar; y: scalar"),
        ("det(expm(A)) = exp(tr(A))", "A: n×n"),
        ("sum(expm(A)*expm(-A)) = n", "A: n×n"),
        ("(x + 1e40) - 1e40 = x", "x: n"),
        ("logsumexp(x + 500*vector(1)) = logsumexp(x) + 500", "x: n"),
        ("hessian(sum(softplus(x)), x) = diag(sigmoid(x).*(vector(1) - sigmoid(x)))", "x: n"),
        ("d(log(exp(x) + exp(y)))/dx = exp(x)/(exp(x) + exp(y))", "x: scalar; y: scalar"),
    ],
)
def test_lost_digits_refute_nothing(statement: str, declare: str) -> None:
    seen = witness(claim(statement, declare))
    assert seen.different is None
    assert seen.agrees


def test_the_same_points_in_every_run() -> None:
    first, second = (witness(claim("relu(sin(x) - 0.999) = 0", "x: scalar")).different for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.point.members["x"].data == second.point.members["x"].data


def claim(statement: str, declare: str, layout: str = "denominator", symmetric: str = "projected") -> Claim:
    return claim_of(elaborate_statement(statement, declare or None, layout=layout), layout, symmetric)


# ---------------------------------------------------------------- planted errors


def test_a_lax_comparison_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    made = claim("exp(x) + 1e-9 = exp(x)", "x: scalar")
    assert outcome(made, {"x": 1.0}, {}) == "different"
    monkeypatch.setattr(comparing, "kept_digits", lambda digits, differencing: 5)
    assert outcome(made, {"x": 1.0}, {}) == "same"


def test_kinks_that_are_not_looked_for_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = claim("step(x - 0.7301) = step(x - 0.7301001)", "x: scalar")
    assert witness(made).different is not None
    monkeypatch.setattr("matcalc.verification.witness.searching.kink_points", lambda *_: iter(()))
    monkeypatch.setattr("matcalc.verification.witness.searching.literal_points", lambda *_: iter(()))
    assert witness(made).different is None


def test_too_few_digits_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that are too long leave slopes that are wrong in the digits that are compared."""
    made = claim("d(exp(3*x))/dx = 3*exp(3*x)", "x: scalar")
    assert all(comparison.digits is None or comparison.digits > 45 for comparison in witness(made).comparisons)
    plain = Decimals.__init__

    def longer(self: Decimals, digits: int, differencing: bool = False, work: int = 10**6) -> None:
        plain(self, digits, differencing, work)
        self.step = self.step.sqrt()

    monkeypatch.setattr(Decimals, "__init__", longer)
    assert any(comparison.digits is not None and comparison.digits < 45 for comparison in witness(made).comparisons)


@pytest.mark.parametrize(("statement", "declare"), [("x + 1e-9 = x", "x: scalar"), ("relu(x - 50) = 0", "x: scalar")])
def test_verdicts_follow(statement: str, declare: str) -> None:
    verdict = verify(statement, declare=declare)
    assert not verdict.ok
    assert verdict.counterexample is not None


def test_a_sum_that_is_not_negative_is_no_pattern_of_a_proof() -> None:
    assert not verify("expm(norm1(Q)*S) = expm(norm1(diag(Q))*S)", declare="Q: n×n; S: n×n", help=False).ok


@pytest.mark.parametrize(
    "statement", ["d(norm(P, spectral)*v'*u)/du = norm(P, spectral)*2*v", "d(norm(P, nuclear)*v'*u)/du = -norm(P, nuclear)*v"]
)
def test_where_all_is_zero_nothing_is_confirmed(statement: str) -> None:
    """With one row an antisymmetric matrix is zero; with more, singular values come in pairs, where norms have kinks."""
    assert not verify(statement, declare="P: m×m antisymmetric; u: k; v: k").ok


def test_sizes_of_one_confirm_nothing_of_vectors() -> None:
    """The slope of a pseudoinverse of a product of two vectors is found by numbers only where these have one entry."""
    right = "(Z*y'*pinv(x*y') - (y'*pinv(x*y')*Z)*(eye + x*y'*pinv(x*y')) - (y'*y)*pinv(x*y')'*pinv(x*y')*Z*x')*pinv(x*y')'"
    wrong = f"d(pinv(x*y')*Z)/dx = (pinv(x*y')'.*pinv(x*y'))*Z*y' + {right}"
    assert not verify(wrong, declare="Z: n; x: n positive; y: n").ok


def test_a_counterexample_is_seen_in_floating_point_where_there_is_one() -> None:
    found = verify("d(softplus(z'*X*x))/dx = X'*z", declare="X: m×n; x: n positive; z: m").counterexample
    assert found is not None
    assert not np.allclose(np.asarray(found.left, dtype=float), np.asarray(found.right, dtype=float))
