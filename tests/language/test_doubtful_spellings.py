"""Spellings with two meanings: the usual one is taken, and said to be doubtful; words are no factors."""

import pytest

import matcalc
from matcalc.base.errors import MatcalcError


@pytest.mark.parametrize(
    ("written", "name", "meant", "shown"),
    [
        ("x^t A x", "x", "x'*A*x", "x^t is read as the transpose"),
        ("x^tAx", "x", "x'*A*x", "x^t is read as the transpose"),
        ("xᵗAx", "x", "x'*A*x", "x^t is read as the transpose"),
        (r"\mathbf{x}^t A \mathbf{x}", "x", "x'*A*x", "x^t is read as the transpose"),
        ("tr(X^t A X)", "X", "tr(X'*A*X)", "X^t is read as the transpose"),
        ("x^t*A*x", "x", "x'*A*x", "x^t is read as the transpose"),
        ("||A^t x - b||^2", "x", "||A^(t) x - b||^2", "A^t is read as a power"),
        ("u'v / ||u|| ||v||", "u", "u'v/(||u||*||v||)", "the norms behind the slash are read as one divisor"),
        ("uᵀv / ‖u‖₂‖v‖₂", "u", "u'v/(||u||*||v||)", "the norms behind the slash are read as one divisor"),
        ("u'v/||u||^2 ||v||^2", "u", "u'v/(||u||^2*||v||^2)", "the norms behind the slash are read as one divisor"),
        ("1/2n ||Xw - y||^2", "w", "1/(2*n)*||Xw - y||^2", "1/2n is read as 1/(2*n)"),
        ("1/2m v'v", "v", "m/2*v'v", "1/2m is read as (1/2)*m"),
        ("x'A^-1/2 x", "x", "x'*(inv(A)/2)*x", "^-1/2 is read as (X^-1)/2, not as X^(-1/2)"),
        ("sum(s**1/2)", "s", "sum(s/2)", "^1/2 is read as (X^1)/2, not as X^(1/2)"),
        ("a × b", "a", "a*b", "× is read as a product; the cross product of vectors is cross(u, v)"),
    ],
)
def test_the_usual_meaning_is_taken_and_doubted(written: str, name: str, meant: str, shown: str) -> None:
    found = matcalc.derive(written, name)
    assert found.text("ascii") == matcalc.derive(meant, name).text("ascii")
    assert found.reading.warnings == (shown,)
    with pytest.raises(MatcalcError):
        matcalc.derive(written, name, strict=True)


@pytest.mark.parametrize(
    ("written", "name", "value"),
    [
        (r"\gamma^t r", "r", "gamma^t"),
        ("a^t", "a", "t*a^(t - 1)"),
        ("a^t b_t", "b_t", "a^t"),
        ("e^t x", "x", "exp(t)"),
        ("c^t x + t", "x", "c^t"),
        ("x'x/||y||", "x", "2*x/norm2(y)"),
        ("1/2 n x", "x", "0.5*n"),
        ("1/2x'x", "x", "x"),
        ("3 × x'x", "x", "6*x"),
    ],
)
def test_other_meanings_stay(written: str, name: str, value: str) -> None:
    found = matcalc.derive(written, name)
    assert found.text("ascii") == value
    assert found.reading.warnings == ()


@pytest.mark.parametrize(
    "written",
    [
        "minimize ||Ax - b||^2",
        "Maximize w'm",
        "min ||Ax - b||^2",
        "max x",
        "min_x x'Ax",
        "2 max_w x",
        r"\max_{w} w^\top m",
        "find x'Ax",
        "minimise_x x'x",
    ],
)
def test_words_before_a_formula_are_no_factors(written: str) -> None:
    with pytest.raises(MatcalcError):
        matcalc.parse(written)


@pytest.mark.parametrize(
    ("written", "name", "value"),
    [
        ("np.sum((X @ W - Y)**2) / n", "W", "2*X'*(X*W - Y)/n"),
        ("np.sum((X @ W - Y)**2) / N", "W", "2*X'*(X*W - Y)/N"),
        ("1/N * np.sum((X @ W - Y)**2)", "W", "2*X'*(X*W - Y)/N"),
        ("X.T @ (X @ w - y) / n", "w", "X'*X/n"),
        ("np.sum((X @ w - y)**2) / M", "w", "2*X'*(X*w - y)/M"),
        ("np.sum(p * np.log(p / q))", "p", "log(p./q) + 1"),
        ("np.sum(x) / x", "x", "ones(n)*(1 ./ x)' - sum(x)*diag(1 ./ x.^2)"),
    ],
)
def test_what_a_loss_is_divided_by_is_a_number(written: str, name: str, value: str) -> None:
    assert matcalc.derive(written, name).text("ascii") == value


@pytest.mark.parametrize(
    "premise",
    [
        "If A is symmetric then", "If A is symmetric, then", "If A is symmetric,", "Let A be symmetric. Then", "For symmetric A,",
        "for A symmetric,", "Suppose that A is symmetric.", "Let A, B be symmetric. Then", "Assuming A is symmetric:",
    ],
)  # fmt: skip
def test_a_premise_declares(premise: str) -> None:
    assert matcalc.verify(f"{premise} d(x'Ax)/dx = 2Ax").status == "proved"
    assert matcalc.verify(f"{premise} d(x'Ax)/dx = 3Ax").status == "refuted"
    assert matcalc.derive(f"{premise} x'Ax", "x").text("ascii") == "2*A*x"


def test_a_premise_that_says_something_else_is_not_passed_over() -> None:
    for said in ("If the moon is full then x'x = 1", "if x > 0 then x else 0"):
        with pytest.raises(MatcalcError):
            matcalc.verify(said)
