r"""Densities and their logarithms: ``\log p(x \mid a, b) = ...`` and the derivatives of it, by variances, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcalc.documents.context.loose_notation import with_whole_logarithms
from matcalc.documents.context.written_derivatives import Squares, squares_of, with_signs
from tests.documents.notes import statuses, verified

GAMMA = r"The density has $\log p(t \mid a, b) = a \log b - \log\Gamma(a) + (a - 1) \log t - b t$. "
LAPLACE = r"Let $q(z \mid m, s) = \frac{1}{2s} \exp\left(-\frac{(z - m)^2}{s}\right)$. "
NORMAL = r"The log-likelihood is $$\ell(m, \sigma^2) = -\frac{n}{2}\log(2\pi\sigma^2) - \frac{1}{2\sigma^2}\sum_{i=1}^n (t_i - m)^2.$$ "

TRUE = [
    GAMMA + r"So $\frac{\partial \log p(t \mid a, b)}{\partial t} = \frac{a - 1}{t} - b$.",
    GAMMA + r"So $\frac{\partial}{\partial b} \log{p(t \mid a, b)} = \frac{a}{b} - t$.",
    LAPLACE + r"So $\frac{\partial}{\partial m} \log q(z \mid m, s) = \frac{2(z - m)}{s}$.",
    LAPLACE + r"So $\frac{\partial \log q(z \mid m, s)}{\partial s} = -\frac{1}{s} + \frac{(z - m)^2}{s^2}$.",
    NORMAL
    + r"So $\frac{\partial \ell}{\partial \sigma^2} = -\frac{n}{2\sigma^2} + \frac{1}{2\sigma^4}\sum_{i=1}^n (t_i - m)^2$.",
    NORMAL + r"So $\frac{\partial \ell}{\partial m} = \frac{1}{\sigma^2}\sum_{i=1}^n (t_i - m)$.",
    r"With $L(w) = \|Aw - b\|^2$ we get $\frac{\partial L}{w} = 2A^\top(Aw - b)$.",
]
FALSE = [
    GAMMA + r"So $\frac{\partial \log p(t \mid a, b)}{\partial t} = \frac{a + 1}{t} - b$.",
    LAPLACE + r"So $\frac{\partial}{\partial m} \log q(z \mid m, s) = \frac{z - m}{s}$.",
    NORMAL + r"So $\frac{\partial \ell}{\partial \sigma^2} = -\frac{n}{\sigma^2} + \frac{1}{2\sigma^4}\sum_{i=1}^n (t_i - m)^2$.",
    NORMAL + r"So $\frac{\partial \ell}{\partial \sigma^2} = -\frac{n}{\sigma} + \frac{1}{\sigma^3}\sum_{i=1}^n (t_i - m)^2$.",
]
NEITHER = [
    GAMMA + r"So $\frac{\partial \log p(t \mid a, b)}{\partial a} = \log b + \log t$.",  # the derivative of log Γ is left out
    GAMMA + r"So $\frac{\partial \log p(u \mid v, b)}{\partial v} = \log b$.",  # another density
    GAMMA + r"So $\frac{\partial \log p(t \mid b, a)}{\partial b} = \frac{a}{b} - t$.",
]


@pytest.mark.parametrize("text", TRUE)
def test_true(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == "proved"


@pytest.mark.parametrize("text", FALSE)
def test_false(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] in ("refuted", "conditional")


@pytest.mark.parametrize("text", NEITHER)
def test_neither(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] in ("not read", "undecided")


def test_one_letter_for_two_densities(tmp_path: Path) -> None:
    text = r"Let $p(x \mid a) = e^{-ax}$ and $p(a \mid c) = a e^{-ca}$. Then $\frac{\partial}{\partial a}\log p(x \mid a) = -x$"
    assert statuses(text + ".", tmp_path)[-1] == "proved"
    text += r" and $\frac{\partial}{\partial a}\log p(a \mid c) = \frac1a - c$."
    assert statuses(text, tmp_path)[-2:] == ["proved", "proved"]


def test_a_product_of_densities_gives_no_formula(tmp_path: Path) -> None:
    report = verified(r"Here $p(a \mid x) = p(x \mid a) p(a) / p(x)$ and $\log p(a \mid x) = \log p(x \mid a) + c$.", tmp_path)
    assert "proved" not in [entry.status for entry in report.entries] and "refuted" not in [
        entry.status for entry in report.entries
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\frac{\partial}{\vec{w}} (w^T w)", r"\frac{\partial}{\partial \vec{w}} (w^T w)"),
        (r"\frac{\partial^2 f}{x}", r"\frac{\partial^2 f}{x}"),
        (r"\frac{\partial f}{\partial x}\frac{x}{y}", r"\frac{\partial f}{\partial x}\frac{x}{y}"),
        (r"\frac{a}{y}", r"\frac{a}{y}"),
    ],
)
def test_signs_that_are_left_out(text: str, expected: str) -> None:
    assert with_signs(text) == expected


def test_squares() -> None:
    assert squares_of([r"\frac{\partial^2 f}{\partial x^2}"], []) == Squares()
    assert squares_of([], [r"f(x^2)", r"A^2"]) == Squares()
    squares = squares_of([r"\frac{\partial f}{\partial s^2}"], [r"g(x, \tau^2)"])
    assert squares.letters == {"s", r"\tau"}
    assert squares.as_names(r"\hat{s}^2 + s_i^2 + \tau(x) + cs^2 + \tau^{-2}") == (
        r"\hat{s}^2 + s_i^2 + \tau(x) + cs^2 + \tau_{\text{squared}}^{-1}"
    )


def test_whole_logarithms() -> None:
    plain = r"\log \frac{1}{2} \exp(x)"
    assert with_whole_logarithms(plain) == plain
    assert with_whole_logarithms(r"\ln\frac{1}{\sqrt{2\pi s}}\exp\left[-x\right]").startswith(r"\ln\left(\frac")
