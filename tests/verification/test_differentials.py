"""Claims about differentials, derivatives without brackets, and what is not read."""

from __future__ import annotations

import pytest

import matcalc
from matcalc.expr.nodes import Expr, Negative
from matcalc.verification import claims
from matcalc.verification.judgement import verify

TRUE = [
    ("d(Y^-1) = -Y^-1 dY Y^-1", ""),
    ("-Y^-1 dY Y^-1 = d(Y^-1)", ""),
    (r"\mathrm{d}(\mathbf{Y}^{-1}) = -\mathbf{Y}^{-1}\,\mathrm{d}\mathbf{Y}\,\mathbf{Y}^{-1}", ""),
    (r"d\mathbf{Y}^{-1} = -\mathbf{Y}^{-1} d\mathbf{Y} \mathbf{Y}^{-1}", ""),
    ("d(det(Y)) = det(Y) tr(inv(Y) dY)", ""),
    ("d log|Y| = tr(inv(Y) dY)", ""),
    ("d tr(BY) = tr(B dY)", ""),
    ("d(Y'Y) = Y' dY + dY' Y", ""),
    ("d(XY) = d(X) Y + X d(Y)", ""),
    ("d(XY) = dX Y + X dY", ""),
    ("d(z'Sz) = 2z'S dz", "S: n×n symmetric"),
    ("d(exp(z)) = exp(z).*dz", ""),
    ("d(z') = dz'", ""),
    ("d(θ'z) = z' dθ", "θ: n"),
    (r"\mathrm{d}(XY) = \mathrm{d}X\,Y + X\,\mathrm{d}Y", ""),
    (r"\mathrm{d}(Y\otimes B) = \mathrm{d}Y\otimes B", ""),
    (r"f = z^\top S z; \mathrm{d}f = \mathrm{d}(z^\top S z) = z^\top(S + S^\top)\,\mathrm{d}z", ""),
    (r"\partial(\mathbf{X}\mathbf{Y}) = (\partial\mathbf{X})\mathbf{Y} + \mathbf{X}(\partial\mathbf{Y})", ""),
    (r"\operatorname{vec}(\mathrm{d}(BYC)) = (C^\top\otimes B)\operatorname{vec}(\mathrm{d}Y)", ""),
    (r"(\mathrm{d}Y) Y^{-1} + Y\,\mathrm{d}(Y^{-1}) = 0", ""),
    (r"\mathrm{d}(Y^{-1}) Y = -Y^{-1}\,\mathrm{d}Y", ""),
    (r"\mathrm{d}\,\tfrac12\|Bz - u\|^2 = (Bz - u)^\top B\,\mathrm{d}z", ""),
    (r"f(Y) = \log\det Y; D^2f(Y)[H, K] = -\operatorname{tr}(Y^{-1}HY^{-1}K)", ""),
    (r"f(z) = z^\top S z; f'(z; u - z) = z^\top(S + S^\top)(u - z)", ""),
]
FALSE = [
    ("d(Y^-1) = Y^-1 dY Y^-1", "refuted"),
    ("d(det(Y)) = det(Y) tr(dY)", "refuted"),
    ("d(XY) = dY X + X dY", "refuted"),
    ("d(BY) = dY B", "refuted"),
    ("d(tr(Y'Y)) = tr(Y'*dY)", "refuted"),
    ("d(z'Bz) = 2z'B dz", "conditional"),
    (r"\mathrm{d}(XY) = \mathrm{d}X\,Y - X\,\mathrm{d}Y", "refuted"),
    (r"(\mathrm{d}Y) Y^{-1} - Y\,\mathrm{d}(Y^{-1}) = 0", "refuted"),
    (r"f(Y) = \log\det Y; D^2f(Y)[H, K] = \operatorname{tr}(Y^{-1}HY^{-1}K)", "refuted"),
]


@pytest.mark.parametrize(("statement", "declare"), TRUE)
def test_true_differentials_are_proved(statement: str, declare: str) -> None:
    verdict = verify(statement, declare=declare or None)
    assert verdict.status == "proved", verdict.explain()


@pytest.mark.parametrize(("statement", "status"), FALSE)
def test_false_differentials_are_refuted(statement: str, status: str) -> None:
    verdict = verify(statement)
    assert verdict.status == status, verdict.explain()
    assert verdict.counterexample is not None or "shapes differ" in verdict.reason


def test_what_does_not_change_is_said() -> None:
    assert "B is constant: no dB stands in the claim" in verify("d tr(BY) = tr(B dY)").notes


@pytest.mark.parametrize("statement", ["d(XY) = dX Y", r"\mathrm{d}(U\otimes V) = \mathrm{d}U\otimes V"])
def test_what_may_change_too_is_not_taken_for_constant(statement: str) -> None:
    verdict = verify(statement)
    assert verdict.status == "undecided" and "is constant" in verdict.reason
    assert verify(statement, declare={statement[3]: "constant"} if statement[0] == "d" else {"V": "constant"}).ok


def test_a_wrong_differential_is_seen_along_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    right = claims.closed_differential

    def wrong(side: claims.DifferentialSide) -> Expr:
        return Negative(right(side))

    monkeypatch.setattr(claims, "closed_differential", wrong)
    with pytest.raises(matcalc.MatcalcError, match="internal error"):
        verify("d(Y^-1) = Y^-1 dY Y^-1")


@pytest.mark.parametrize(
    "statement",
    [
        "d z'z/dz = 2z", "d||z||^2/dz = 2z", "d log|Y|/dY = inv(Y)'", "d tr(BY)/dY = B'", "d(tr BY)/dY = B'", "∂uᵀYv/∂Y = uvᵀ",
        "∂log|Y|/∂Y = Y⁻ᵀ", "d/dz z^T B z = (B + B^T) z", "grad_z (z'Bz) = (B+B')z", "hessian_z (z'Bz) = B+B'", "d(½‖Bz−c‖²)/dz = Bᵀ(Bz−c)",
        "d(z @ B @ z)/dz = (B + B.T) @ z", "d(sum((B @ z - y)**2))/dz = 2*B.T @ (B @ z - y)", "d(e^(t*B)*C)/dt = B*e^(t*B)*C",
    ],
)  # fmt: skip
def test_other_notations(statement: str) -> None:
    verdict = verify(statement)
    assert verdict.status == "proved", verdict.explain()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("d*z = z*d", "the d is not read"),
        ("d'z = z'd", "the d is not read"),
        ("d(tr Y) = 1", "no change such as dX"),
        ("∂ = z", "does not begin a derivative"),
        ("z'z + ∂z = z", "does not begin a derivative"),
        (r"z + \mathrm{d}Y = z", "differentials are not read here"),
    ],
)
def test_the_signs_are_no_symbols(statement: str, message: str) -> None:
    with pytest.raises(matcalc.ParseError, match=message):
        verify(statement)


def test_a_declared_d_is_a_symbol() -> None:
    assert verify("d'*z = z'*d", declare="d: n; z: n").status == "proved"
    assert verify("d(c'*d)/dd = c").status == "proved"


def test_letters_in_the_exponent_of_e_stay_matrices() -> None:
    verdict = verify(r"\frac{d}{dt} e^{tP}e^{tQ} = (P+Q)e^{tP}e^{tQ}")
    assert (verdict.status, verdict.condition) == ("conditional", "P Q = Q P")
    assert verify("d(e^(t*B)*C)/dt = C*B*e^(t*B)").status == "conditional"


@pytest.mark.parametrize(
    ("claim", "status"),
    [
        ("d(X^2) = 2X dX", "conditional"),
        ("d(X^-1) = -X^-2 dX", "conditional"),
        ("d(X^-2) = -2X^-3 dX", "refuted"),
        ("d(X^3) = 3X^2 dX", "refuted"),
        ("d(X^4) = 4X^3 dX", "refuted"),
    ],
)
def test_that_matrices_commute_is_exact_only_where_no_eigenvalues_meet_otherwise(claim: str, status: str) -> None:
    """Cubes have this differential also where one eigenvalue is -2 times another, fourth powers where it is -1 ± √2 i times it."""
    verdict = matcalc.verify(claim)
    assert (verdict.status, verdict.condition) == (status, "X dX = dX X")
