"""What hangs on norm bars and on names: the names of norms, whatever else has the same letter, and positions after a space."""

from __future__ import annotations

import re

import numpy as np
import pytest

import matcalc


@pytest.mark.parametrize(
    ("text", "wrt", "declare", "answer"),
    [
        (r"\|X F - Y\|_F^2", "F", None, "2*X'*(X*F - Y)"), (r"\|X F - Y\|^2_{\mathrm F}", "F", None, "2*X'*(X*F - Y)"),
        ("||X F - Y||_F^2", "F", None, "2*X'*(X*F - Y)"), ("‖X F‖_F²", "F", None, "2*X'*X*F"), ("norm(X*F, F)^2", "F", None, "2*X'*X*F"),
        (r"\|X\|_F^2 + tr(F)", "X", "F: n×n", "2*X"),
        (r"\|X\|_{F}^2 + F", "X", "F: scalar", "2*X"), ("F = A*X; ||F||_F^2", "X", None, "2*A'*A*X"),
        ("||x||_F^2", "x", "x: n; F: n×n positive_definite", "2*F*x"), (r"\|x\|_A^2", "x", "A: n×n positive_definite; x: n", "2*A*x"),
        (r"\|X\|_{\mathrm{fro}}^2", "X", None, "2*X"), ("||X||_fro^2", "X", None, "2*X"), ("‖X‖_{HS}^2", "X", None, "2*X"),
        (r"\|X\|_{\text{op}}", "X", None, "leftsv(X)*rightsv(X)'"), ("||X||_op", "X", None, "leftsv(X)*rightsv(X)'"),
        (r"\|X\|_*", "X", None, "polar(X)"), (r"\|X\|_{nuc}", "X", None, "polar(X)"), ("||X||_nuc", "X", None, "polar(X)"),
        (r"\|x\|_1", "x", None, "sign(x)"), (r"\|x\|_2^2", "x", None, "2*x"), (r"\|x\|_{2}", "x", None, "x/norm2(x)"),
    ],
)  # fmt: skip
def test_names_of_norms(text: str, wrt: str, declare: str | None, answer: str) -> None:
    assert matcalc.derive(text, wrt, declare=declare).text("ascii") == answer


@pytest.mark.parametrize(
    "text",
    ["||x||_inf", r"\|x\|_\infty", r"\|x\|_{\infty}", r"\|x\|_{\mathrm{inf}}", "‖x‖_infty", "‖x‖_∞", "||x||_oo"]
    + ["norm(x, inf)", "norm(x, Inf)", "norm(x, ∞)", "norm(x, 'inf')", "np.linalg.norm(x, np.inf)", "norm_inf(x)"],
)
def test_the_norm_of_infinite_order(text: str) -> None:
    found = matcalc.derive(text, "x")
    assert matcalc.parse(text).text("ascii") == "max(abs(x))"
    x = np.array([0.5, -3.0, 2.0])
    np.testing.assert_allclose(found.function()(x=x), [0.0, -1.0, 0.0])
    assert found.reading.warnings == ()


@pytest.mark.parametrize(
    ("text", "order"),
    [("norm(X, 1)", 1), ("norm(X, inf)", np.inf), ("norm(X, 'inf')", np.inf), ("||X||_inf", np.inf), (r"\|X\|_\infty", np.inf)],
)
def test_the_norms_of_matrices_that_are_sums_of_a_row_or_column(text: str, order: float) -> None:
    values = np.array([[1.0, -2.5, 0.3], [-4.0, 0.5, -1.2]])
    found = matcalc.parse(text, declare="X: m×n").function()(X=values)
    assert found == pytest.approx(np.linalg.norm(values, order))
    slope = matcalc.derive(text, "X", declare="X: m×n").function()(X=values)
    for place in np.ndindex(values.shape):
        step = np.zeros_like(values)
        step[place] = 1e-6
        difference = np.linalg.norm(values + step, order) - np.linalg.norm(values - step, order)
        assert slope[place] == pytest.approx(difference / 2e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"\|x\|_{\max}", "index max"), ("||x||_max", "index max"), ("norm(x, -inf)", "infinity"), ("norm(x, 2*inf)", "infinity"),
        (r"\|x\|_{-\infty}", "infinity"), ("||x||_(inf)", "infinity"), ("∞*x", "infinity"), ("clip(x, 0, Inf)", "infinity"),
        ("np.clip(x, 0, np.inf)", "infinity"), ("np.linalg.norm(x, -np.inf)", "np.inf"), (r"\|X\|_{1,2}", "mixed norm"),
    ],
)  # fmt: skip
def test_a_norm_that_is_not_read_is_not_one_of_another_order(text: str, words: str) -> None:
    with pytest.raises(matcalc.ParseError, match=words):
        matcalc.parse(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (r"\mu [2]", "mu[2]"), (r"\mathbf{x} [2]", "x[2]"), (r"\mathbf{x}\left[2\right]", "x[2]"), (r"\mathbf{X} [1, 12]", "X[1,12]"),
        (r"\mu[2]", "mu[2]"), (r"\sum_i \mu [i] y \left[i\right]", "sum(i, mu[i]*y[i])"), (r"\alpha [x + y]", "alpha*(x + y)"),
        (r"\mathbf{x} [b]", "x*b"), (r"\log [2]", "log(2)"), (r"x \left[c\right]", "x*c"),
    ],
)  # fmt: skip
def test_positions_after_a_space(text: str, read: str) -> None:
    found = matcalc.parse(text)
    assert found.text("ascii") == matcalc.parse(read, declare=dict(found.declarations)).text("ascii")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (r"\mathit{x}^-1", "x^-1"),
        (r"X^-1 \mathbf{A}", "inv(X)*A"),
        (r"\mathbf{X}^-\top A", "inv(X)'*A"),
        (r"\mathit{x}^-{12}", "x^-12"),
    ],
)
def test_a_sign_before_an_exponent_belongs_to_it(text: str, read: str) -> None:
    assert matcalc.parse(text).text("ascii") == read


@pytest.mark.parametrize(
    "text", [r"\mathbf{x}^-", r"(\mathbf{x}^-)", r"\mathbf{x}{^-1}_-", "²x", r"x + \cdot", r"\mathbf{x}^-12", r"\sqrt{x +}"]
)
def test_what_is_quoted_in_a_message_stands_in_the_text(text: str) -> None:
    with pytest.raises(matcalc.MatcalcError) as raised:
        matcalc.parse(text)
    for quoted in re.findall(r"'([^' ]+)'", raised.value.message):
        assert quoted in text


def test_words_that_may_be_names_are_names() -> None:
    for text, name in (("x'mask", "mask"), ("mask .* x", "mask"), ("loss x", "loss"), ("x*is", "is"), ("sum(let)", "let")):
        assert name in matcalc.parse(text).declarations
    assert "symmetric" in matcalc.parse("A symmetric", "symmetric: n").declarations
