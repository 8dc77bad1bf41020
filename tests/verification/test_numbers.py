"""Claims of scalar calculus: lower case letters may be numbers where nothing shows vectors."""

import pytest

import matcalc


@pytest.mark.parametrize(
    "claim", ["d(sin(t))/dt = cos(t)", "d(ax^2 + bx + c)/dx = 2ax + b", "d(x^2)/dx = 2x", "d(exp(-t))/dt = -exp(-t)"]
)
def test_what_can_only_be_numbers_is_proved(claim: str) -> None:
    assert matcalc.verify(claim).status == "proved"


@pytest.mark.parametrize(
    "claim",
    [
        "d(sin(x))/dx = cos(x)", "d/dx ln(x) = 1/x", r"\frac{d}{dx}\sin x = \cos x", "d(tanh(z))/dz = 1 - tanh(z)^2",
        "f(x) = sin(x); f'(x) = cos(x)", "d^2/dx^2 sin(x) = -sin(x)", "d(sigmoid(x))/dx = sigmoid(x)(1 - sigmoid(x))",
        "sin(2*x) = 2*sin(x)*cos(x)",
    ],
)  # fmt: skip
def test_what_is_true_of_numbers_is_not_refuted(claim: str) -> None:
    verdict = matcalc.verify(claim)
    assert verdict.status == "conditional"
    assert verdict.condition in ("x: scalar", "z: scalar")
    assert not verdict.ok
    assert matcalc.verify(claim, declare=verdict.condition).ok


@pytest.mark.parametrize(
    ("claim", "declare"),
    [
        ("d(sin(x))/dx = -cos(x)", None), ("d(sin(t))/dt = -cos(t)", None), ("d(sin(x))/dx = cos(x)", "x: n"), ("d(a'x)/dx = a'", None),
        ("d(x'x)/dx = x", None), ("d(sum(exp(x)))/dx = exp(x)'", None), ("d(log(det(X)))/dX = 1/X", None),
    ],
)  # fmt: skip
def test_what_is_false_or_shows_vectors_is_refuted(claim: str, declare: str | None) -> None:
    assert matcalc.verify(claim, declare=declare).status == "refuted"
