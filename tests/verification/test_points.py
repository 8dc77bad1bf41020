"""The points that claims are tried at are many enough: several sizes, odd and even, and values near and far, of both signs."""

from __future__ import annotations

import pytest

from matcalc.base.errors import ShapeError
from matcalc.verification.judgement import verify


@pytest.mark.parametrize(
    ("statement", "declare"),
    [
        # true for one size, or for odd sizes, only
        ("tr(eye(n)) = 3", ""), ("det(2*A) = 8*det(A)", "A: n×n"), ("adj(adj(A)) = det(A)*A", "A: n×n"),
        ("det(-A) = -det(A)", "A: n×n"), ("det(K) = 0", "K: n×n antisymmetric"), ("sum(Q.*Q) = 3", "Q: n×n orthogonal"),
        ("det(K) + sum(x) = sum(x)", "K: n×n antisymmetric; x: m"), ("tr(A*A') = sum(A.*A) + n - 3", "A: n×m"),
        # true for one of the two determinants, or for one kind of reflection
        ("det(Q) = 1", "Q: n×n orthogonal"), ("tr(H) = n - 2", "H: n×n orthogonal symmetric"),
        ("abs(det(A)) = det(A)", "A: n×n invertible"),
        # true near the origin
        ("relu(x + 10) = x + 10", "x: n"), ("d(relu(x + 10))/dx = 1", "x: scalar"), ("asin(sin(x)) = x", "x: n"),
        ("atan(tan(x)) = x", "x: n"),
        ("d(norm1(x + 10))/dx = vector(1)", "x: n"), ("sign(x'*x - 100) = -1", "x: n"),
        # true for small matrices of zeros and ones
        ("abs(det(M)) = 1", "M: n×n mask invertible"),
        # true for so many whole numbers, sums, ranks
        ("x.*(x-1).*(x-2).*(x-3).*(x-4).*(x-5).*(x-6).*(x-7) = zeros(n)", "x: n nonnegative integer"),
        ("(sum(x)^2-1)*(sum(x)^2-4)*(sum(x)^2-9)*sum(x)*(sum(x)^2-16) = 0", "x: n sign"),
        ("sum(x)*(sum(x)-1)*(sum(x)-2)*(sum(x)-3)*(sum(x)-4)*(sum(x)-5) = 0", "x: n mask"),
        ("tr(P)*(tr(P)-1)*(tr(P)-2)*(tr(P)-3)*(tr(P)-4) = 0", "P: n×n idempotent"),
        # true but between two numbers, or near the ends of what the facts allow
        ("step(c - 5000) = step(c - 5002)", "c: scalar integer"), ("step(x - 0.7) = step(x - 0.7001)", "x: n unit"),
        ("step(x - 0.4) = step(x - 0.4001)", "x: n simplex"), ("relu(x - 0.9999999) = zeros(n)", "x: n unit"),
        ("relu(P - 100) = zeros(n, n)", "P: n×n idempotent"),
    ],
)  # fmt: skip
def test_false_in_general(statement: str, declare: str) -> None:
    assert verify(statement, declare=declare, help=False).status == "refuted"


@pytest.mark.parametrize(
    ("statement", "declare"),
    [
        ("det(Q)^2 = 1", "Q: n×n orthogonal"), ("cosh(x).^2 - sinh(x).^2 = vector(1)", "x: n"), ("tanh(x) = 2*sigmoid(2*x) - 1", "x: n"),
        ("log(exp(x)) = x", "x: n"), ("log(sigmoid(x)) = -softplus(-x)", "x: n"), ("asin(sin(x)/2) = asin(sin(x)/2)", "x: n"),
        ("cos(x).^2 = (1 + cos(2*x))/2", "x: n"), ("det(K') = det(K)", "K: n×n antisymmetric"), ("x = vector(1)", "x: n positive sign"),
        ("Q = eye", "Q: n×n orthogonal positive_definite"), ("P*P' = eye", "P: n×n orthogonal mask"),
        ("D*D = eye", "D: n×n orthogonal diagonal"), ("inv(K)' = -inv(K)", "K: n×n antisymmetric"),
        ("logdet(X'*X) = log(det(X'*X))", "X: n×4"),
    ],
)  # fmt: skip
def test_true_everywhere(statement: str, declare: str) -> None:
    assert verify(statement, declare=declare).ok


@pytest.mark.parametrize(
    ("statement", "declare", "condition"),
    [
        ("sqrt(x.^2) = x", "x: n", "every entry of x is ≥ 0"),
        ("relu(c*x) = c*relu(x)", "c: scalar; x: n", "c ≥ 0"),
        ("relu(A*x) = relu(A)*x", "A: n×m; x: m", ""),  # each of the two is needed
        ("sign(x'*x - 100) = -1", "x: n", "the entries of x are not negative and sum to one"),
        ("relu(x - 50) = 0", "x: n", "the entries of x are not negative and sum to one"),
        (
            "max(x + (1000 + z^2)*unit(1, n)) = x[1] + 1000 + z^2",
            "x: n; z: scalar",
            "the entries of x are not negative and sum to one",
        ),
        ("d(-y'*log(softmax(x)))/dx = softmax(x) - y", "", "the entries of y sum to one"),
        ("logdet(A'*A) = log(abs(det(A)))", "A: n×n invertible", "Aᵀ A = I"),  # not: every entry of A is 0 or 1
        ("det(-A) = -det(A)", "A: n×n", ""),  # not: A = Aᵀ
        ("eigmax(A + B) = eigmax(A) + eigmax(B)", "A, B: n×n symmetric", ""),  # not: A and B commute
        ("norm(A*B, spectral) = norm(A, spectral)*norm(B, spectral)", "A, B: n×n symmetric", ""),
    ],
)
def test_conditions_are_true(statement: str, declare: str, condition: str) -> None:
    assert verify(statement, declare=declare).condition_text == condition


def test_conditions_name_symbols_as_results_do() -> None:
    verdict = verify(r"\nabla_\mu \mu^\top \Sigma \mu = 2 \Sigma \mu")
    assert (verdict.condition, verdict.condition_text) == ("Sigma symmetric", "Σ = Σᵀ")


@pytest.mark.parametrize(
    ("statement", "declare", "status"),
    [
        ("relu(x) = x", "x: n", "conditional"),
        ("norm1(X) = sum(X)", "X: n×m", "conditional"),
        ("abs(a*b) = a*abs(b)", "a, b: scalar", "conditional"),
        (
            "norm(A, spectral) = eigmax(A)",
            "A: n×n symmetric",
            "refuted",
        ),  # so it is for positive definite ones with negative entries
    ],
)
def test_a_condition_on_signs_is_exact_where_every_negative_entry_breaks_the_claim(
    statement: str, declare: str, status: str
) -> None:
    verdict = verify(statement, declare=declare)
    assert verdict.status == status
    assert "≥ 0" in verdict.condition_text


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("(A + B)^2 = A^2 + 2*A*B + B^2", "conditional"),
        ("inv(A*B) = inv(A)*inv(B)", "conditional"),
        ("tr(A*B*C) = tr(A*C*B)", "conditional"),  # for all C
        ("(A*B)^2 = A^2*B^2", "refuted"),  # both sides are 0 where A*B is, whatever B*A
        ("expm(A + B) = expm(A)*expm(B)", "refuted"),  # three whole turns about axes at 120°
        ("A^3*B = B*A^3", "refuted"),
    ],
)
def test_commuting_is_needed_or_only_enough(statement: str, status: str) -> None:
    verdict = verify(statement, declare="A, B: n×n")
    assert (verdict.status, verdict.condition_text) == (status, "A and B commute")


def test_contradictory_facts_are_refused() -> None:
    with pytest.raises(ShapeError, match="orthogonal and positive at once"):
        verify("tr(A) = n", declare="A: n×n orthogonal positive")


@pytest.mark.parametrize(
    ("statement", "declare", "where"),
    [
        ("log(x.^2) = 2*log(x)", "x: n", ("entries of x > 0",)),
        ("sign(x).*sign(x) = vector(1)", "x: n", ("entries of x ≠ 0",)),
        ("d(log(det(X)))/dX = inv(X)'", "", ("det(X) > 0", "X invertible")),
        ("abs(x).*abs(x) = x.^2", "x: n", ()),
        ("sqrt(x.^2) = abs(x)", "x: n", ()),
        ("sqrt(a)*sqrt(a) = a", "a: scalar", ("a > 0",)),
        ("pinv(A') = pinv(A)'", "", ()),
        ("A*inv(A) = eye", "A: n×n invertible", ()),
    ],
)
def test_where_a_proved_claim_holds(statement: str, declare: str, where: tuple[str, ...]) -> None:
    verdict = verify(statement, declare=declare)
    assert verdict.status == "proved"
    assert verdict.holds_if == where
    assert verdict.to_dict()["holds_if"] == list(where)
    assert ("all values that meet the conditions" in verdict.explain()) == bool(where)
    assert all(f"holds if: {condition}" in verdict.explain() for condition in where)


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("heaviside(x) = nonnegative(x)", ("entries of x ≠ 0",)),
        ("nonnegative(x).^2 = heaviside(x)", ("entries of x ≠ 0",)),
        ("max(x, y) = y + relu(x - y)", ()),  # has a kink and does not jump
    ],
)
def test_where_values_jump_a_confirmed_claim_may_fail(statement: str, where: tuple[str, ...]) -> None:
    verdict = verify(statement, declare="x, y: n" if "y" in statement else "x: n")
    assert (verdict.status, verdict.holds_if) == ("confirmed", where)
