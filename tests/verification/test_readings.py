"""A claim does not define its own kinds: they come from the side that is differentiated, from declarations and from convention."""

from __future__ import annotations

import pytest

from matcalc.base.errors import UnknownFunctionError
from matcalc.verification.judgement import verify

BENT = [
    # statement, declarations, what would have to be otherwise
    ("d(||Bx-c||^2)/dx = 2(Bx-c)B", "", "B were a scalar"),
    ("d(||Bx-c||^2)/dx = 2(Bx-c)B", "B: m×n", None),
    ("d(x'Sx)/dx = 2xS", "", "S were a scalar"),
    ("d(log(u'Zv))/dZ = 1/Z", "", "Z were a scalar"),
    ("d(sum(exp(Rw)))/dw = exp(Rw) R", "", "were scalars"),
    ("d(tr(KX))/dX = K'X/X", "", "K and X were scalars"),
    ("d((x'Kx)/(x'x))/dx = 2(Kx - xK)/(x'x)", "", "K were a scalar"),
    ("d(r'(Qs) - sum(exp(Qs)))/ds = (r-exp(Qs))Q", "", "Q were a scalar"),
    ("d(||Xw-y||^2)/dw = 2X'Xw - 2y'X", "", "X were a vector and w were a scalar"),
    ("(P+x*x')*x = P*x + x'*x*x + x*x", "", None),
    ("2(Bx-c)B = d(||Bx-c||^2)/dx", "", "B were a scalar"),
]


@pytest.mark.parametrize(("statement", "declare", "otherwise"), BENT)
def test_a_side_that_does_not_fit_is_refuted(statement: str, declare: str, otherwise: str | None) -> None:
    verdict = verify(statement, declare=declare or None)
    assert verdict.status == "refuted"
    assert verdict.reason.startswith("shapes differ: ")
    assert verdict.correction is not None
    assert (otherwise or "") in verdict.reason
    assert ("it would hold" in verdict.reason) == (otherwise is not None)


@pytest.mark.parametrize(
    ("statement", "kinds"),
    [
        ("d(||Bx-c||^2)/dx = 2B'(Bx-c)", {"B": "n×m", "x": "m", "c": "n"}),
        ("d(x'Sx)/dx = (S+S')x", {"S": "n×n", "x": "n"}),
        ("(S+S')x = d(x'Sx)/dx", {"S": "n×n", "x": "n"}),
        ("d(u'tanh(Wx))/dx = W'(u.*(1 - tanh(Wx).^2))", {"W": "n×m", "u": "n", "x": "m"}),
        ("det(A*B) = det(A)*det(B)", {"A": "n×n", "B": "n×n"}),
        ("d(t^2*c)/dt = 2*t*c", {"t": "scalar", "c": "scalar"}),
    ],
)
def test_the_other_side_is_read_with_these_kinds(statement: str, kinds: dict[str, str]) -> None:
    verdict = verify(statement)
    assert verdict.status == "proved", verdict.explain()
    assert dict(verdict.declarations or {}) == kinds


@pytest.mark.parametrize(
    ("statement", "declare", "name", "kind"),
    [
        ("d(erf(z))/dy = zeros(m, p)", "y: m", "z", "p"),
        ("d(sum(X))/dX = ones(m, k)", "", "X", "m×k"),
        ("d(c'*y)/dy = ones(q).*c", "", "y", "q"),
    ],
)
def test_open_sizes_are_those_of_the_claim(statement: str, declare: str, name: str, kind: str) -> None:
    verdict = verify(statement, declare=declare or None)
    assert verdict.status == "proved", verdict.explain()
    assert verdict.declarations is not None
    assert verdict.declarations[name] == kind


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("d(W*x)/dW = kron(x, eye(n))", "proved"),
        ("d(vec(A*X))/dX = kron(eye(q), A')", "proved"),
        ("hessian(||X - U*V||^2, U) = 2*kron(V*V', eye(k))", "proved"),
        ("hessian(tr(X'*A*X), X) = kron(eye(m), A + A')", "proved"),
        ("d(W*x)/dW = kron(eye(n), x)", "refuted"),
        ("hessian(||X - U*V||^2, U) = 2*kron(eye(k), V*V')", "refuted"),
    ],
)
def test_the_factors_of_a_product_of_sizes_meet_in_their_order(statement: str, status: str) -> None:
    assert verify(statement).status == status


def test_sizes_of_one_side_are_not_made_equal_by_the_shape_of_the_other() -> None:
    verdict = verify("d(A*x)/dx = A")
    assert (verdict.status, verdict.other_layout) == ("refuted", "numerator")
    assert dict(verdict.declarations or {}) == {"A": "n×m", "x": "m"}


def test_a_number_stands_for_every_entry_of_a_vector() -> None:
    assert verify("sin(x).^2 + cos(x).^2 = 1").ok
    assert verify("sin(x).^2 + cos(x).^2 = 2/2").ok
    assert verify("sin(x).^2 + cos(x).^2 = 2").status == "refuted"
    assert verify("A*inv(A) = 1").status == "refuted"


@pytest.mark.parametrize(
    "statement",
    [
        "d(R(w))/dw = X'*(X*w - y)",
        "d(nu(w)'*nu(w))/dw = 2*nu(w)",
        r"\frac{\partial \ell(\gamma)}{\partial \gamma} = X^\top (y - p)",
        r"\nabla_\theta \mathcal{J}(\theta) = \theta",
        "q(u) = q(u)",
        "prior(x) = 1 - prior(y)",
        "Pr(x) = 1 - Pr(y)",
    ],
)
def test_functions_that_nobody_defined_are_not_read(statement: str) -> None:
    with pytest.raises(UnknownFunctionError):
        verify(statement)


def test_a_letter_before_brackets_may_be_a_factor() -> None:
    assert verify("a(b+c) = a*b + a*c").status == "proved"
    assert verify("d(x'B(x))/dx = (B+B')x").status == "proved"
    assert verify("c*(w) = w*c").status == "proved"
    assert verify("d(u'f(Wx))/dx = W'(u.*f'(Wx))", declare="f: function").status == "proved"
    assert verify(r"\nabla_u (u^\top M u) = Mu + M^\top u").status == "proved"


@pytest.mark.parametrize(
    "statement",
    [
        r"\nabla_v \sum_{i} (v^\top z_i)^2 = 2 \sum_i z_i^2 v",
        r"\nabla_v \sum_{i} (v^\top z_i)^2 = 2 \sum_i z_i z_i v",
        "sum(i, v'*z[i]) = v*sum(z)",
    ],
)
def test_sums_over_vectors_of_a_family_are_not_taken_for_numbers(statement: str) -> None:
    assert verify(statement).status == "refuted"
