"""Refutations that may be misreadings are none; those of formulas that say what they mean stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses

DOUBTED = [
    ("indices that were not understood", r"$\frac{\partial}{\partial X} \operatorname{tr}(X A) = c_{ij} A_{ij}$"),
    ("a value at a point", "Let $f(t) = t^2$. Then $\\frac{df}{dt} = -2(3)$."),
    ("a variable that is not there", "Let $L = u^2$. Then $\\frac{\\partial L}{\\partial w} = 2 w$."),
    ("primes for derivatives", "$(u v)' = u' v + u v'$"),
    ("primes for derivatives of matrices", "$(G H)' = G' H + G H'$"),
    ("a symbol nobody knows", r"Let $L(w) = \|X w - y\|^2$. Then $\nabla L(w) = 2 X^\top r$."),
]
FALSE = [
    "$(G H)' = G' H'$",
    r"Let $L = \frac1n \sum_i (t_i - \hat t_i)^2$. Then $\frac{\partial L}{\partial \hat t} = \frac2n (t - \hat t)$.",
    r"The hat matrix $H = X(X^\top X)^{-1}X^\top$ satisfies $H^2 = 2H$.",
    r"The sigmoid obeys $\sigma'(x) = \sigma(x)(1 + \sigma(x))$.",
    r"Let $L(w) = \|X w - y\|^2$. Then $\nabla L(w) = X^\top (X w - y)$.",
    r"$\frac{\partial}{\partial X} \operatorname{tr}(X A) = 2A^\top$ for square matrices $A$ and $X$.",
    "Let $f(t) = t^2$ for a number $t$. Then $\\frac{df}{dt} = t$.",
    r"$\frac{\partial}{\partial x} (a^\top x) = 2 a$",
    r"$\operatorname{tr}(A B) = 2 \operatorname{tr}(B A)$",
]


@pytest.mark.parametrize("text", [text for _, text in DOUBTED], ids=[name for name, _ in DOUBTED])
def test_what_may_be_a_misreading_is_no_refutation(text: str, tmp_path: Path) -> None:
    assert not {"refuted", "conditional", "proved", "confirmed"} & set(statuses(text, tmp_path))


@pytest.mark.parametrize("text", FALSE)
def test_what_is_false_as_it_stands_is_refuted(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path) in (["refuted"], ["conditional"])


NUMBERS = [
    ("nothing is said of the letter", r"$\frac{d}{dx}(b x) = b$", "proved"),
    (
        "another letter in bold type",
        "For vectors $\\mathbf{x} \\in \\mathbb{R}^n$.\n\nAlone: $\\frac{d}{dx} (x - u v)^2 = 2 (x - u v)$",
        "proved",
    ),
    ("it is a vector, and false", "Let $x \\in \\mathbb{R}^n$. $\\frac{d}{dx} x^\\top x = x$", "refuted"),
]


@pytest.mark.parametrize(
    ("text", "status"), [(text, status) for _, text, status in NUMBERS], ids=[name for name, _, _ in NUMBERS]
)
def test_letters_are_numbers_where_the_claim_shows_it(text: str, status: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path) == [status]


def test_an_equation_for_a_number_alone_is_to_be_solved(tmp_path: Path) -> None:
    """It is no claim with a condition, whatever the number is said to be elsewhere."""
    text = r"From $u = v^2$ and $v = u^2$ we get $u = (u^2)^2 = u^4$."
    assert not {"conditional", "refuted"} & set(statuses(text, tmp_path))


def test_a_claim_about_a_value_is_not_refuted_without_the_value(tmp_path: Path) -> None:
    centring = r"Let $G = I - \frac{1}{n} \mathbf{1}\mathbf{1}^T$. Then $$G^2 = G.$$"
    assert statuses(centring, tmp_path) == ["undecided"]  # nothing says that n is the size
    hat = r"Let $G = M(M^TM)^{-1}M^T$. Then $$G^2 = G.$$"
    assert statuses(hat, tmp_path) == ["proved"]
    assert statuses(hat.replace("= G.", "= 2G."), tmp_path) == ["refuted"]


CROSS_ENTROPY = r"Let $C = -y\log a - (1 - y)\log(1 - a)$ with $a = \sigma(z)$ and $z = w^\top x + b$. "


@pytest.mark.parametrize("claim", [r"\partial w} = (a - y) x", r"\partial b} = a - y", r"\partial z} = a - y"])
def test_a_letter_that_fits_only_as_a_number_is_one(claim: str, tmp_path: Path) -> None:
    text = rf"{CROSS_ENTROPY}Then $\frac{{\partial C}}{{{claim}$."
    assert statuses(text, tmp_path)[-1] == "proved"
    assert statuses(text.replace("a - y", "a + y"), tmp_path)[-1] not in ("proved", "confirmed")
    if "w}" in claim:
        assert statuses(f"Let $y$ be a vector. {text}", tmp_path)[-1] not in ("proved", "confirmed")


def test_what_holds_only_if_a_capital_is_no_matrix_is_not_proved(tmp_path: Path) -> None:
    fit = r"Let $q(v) = \|Bv - t\|^2$. Setting $\nabla q(v) = 0$ gives $v^* = "
    assert statuses(fit + r"(B^\top B)^{-1} B^\top t$.", tmp_path) == ["proved"]
    assert "proved" not in statuses(fit + r"B^\top t (B^\top B)^{-1}$.", tmp_path)
    assert "proved" in statuses("Let $B$ be a vector. " + fit + r"B^\top t (B^\top B)^{-1}$.", tmp_path)


def test_what_is_added_to_every_entry_may_be_meant_otherwise(tmp_path: Path) -> None:
    net = r"Let $a = \tanh(z)$, $u = Ma + c$, $p = \sigma(u)$ and $L = -t\log p - (1 - t)\log(1 - p)$. Then "
    assert "refuted" not in statuses(net + r"$\frac{\partial L}{\partial z} = M^\top (p - t) \odot (1 - a \odot a)$.", tmp_path)
    assert statuses(r"Then $\frac{\partial (Mz)}{\partial z} = z$.", tmp_path) != ["proved"]


def test_a_loss_is_a_number_whatever_letter_it_has(tmp_path: Path) -> None:
    text = r"Let $q = \frac{\lambda}{2}\|W\|_F^2$ and $J = L + q$. Then $$\frac{\partial J}{\partial o} = \frac{\partial L}{\partial o}$$"
    assert statuses(text, tmp_path)[-1] == "proved"
    assert "proved" not in statuses(text.replace(r"= \frac{\partial L", r"= 2\frac{\partial L"), tmp_path)


@pytest.mark.parametrize("claim", [r"\partial a} = \frac{a - y}{a(1 - a)}", r"\partial w_j} = (a - y) x_j"])
def test_one_letter_may_be_a_number(claim: str, tmp_path: Path) -> None:
    text = rf"{CROSS_ENTROPY}Then $\frac{{\partial C}}{{{claim}$."
    assert statuses(text, tmp_path)[-1] == "proved"
    assert statuses(text.replace("a - y}", "y - a}").replace("(a - y) x", "(a + y) x"), tmp_path)[-1] not in (
        "proved",
        "confirmed",
    )


def test_a_letter_behind_a_matrix_is_no_number(tmp_path: Path) -> None:
    text = r"Let $E$ be a loss that depends on $W$ through $u = Wx$. Then "
    text += r"$\frac{\partial E}{\partial W} = \frac{\partial E}{\partial u} x^\top$."
    assert statuses(text, tmp_path)[-1] == "proved"
    wrong = text.replace(r"\frac{\partial E}{\partial u} x^\top", r"x \frac{\partial E}{\partial u}")
    assert wrong != text and "proved" not in statuses(wrong, tmp_path)
