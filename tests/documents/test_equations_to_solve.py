"""Equations between unknowns, which are no identities: linear systems, eigenvalue equations, parallel gradients."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import roles, statuses

FIT = r"The line is $t = k s + c$. "
CONDITIONS = [
    FIT + r"Solve $Bz = t$.",
    FIT + r"The error is orthogonal to the columns: $$B^\top(t - B\hat z) = 0$$",
    FIT + r"Therefore $$B^\top t = B^\top B \hat z$$",
    r"Let $C = \sum_i u_i u_i^\top$. Then $Cv = \lambda v$.",
    r"We look for $C_1 v = \mu C_2 v$.",
    r"Let $f(a, b) = ab$ and $g(a, b) = a + b$. There $\nabla f(a, b) = \lambda \nabla g(a, b)$.",
]
CLAIMS = [
    r"Let $\lambda = 2$ and $C = \lambda I$. Then $Cv = \lambda v$.",
    r"Let $X = U\Sigma V^\top$ be the SVD of $X$. Then $X^\top X = V\Sigma^2 V^\top$.",
    r"Let $H = I - Z(Z^\top Z)^{-1}Z^\top$. Then $Z^\top H t = 0$.",
    r"Let $H = Z(Z^\top Z)^{-1}Z^\top$, so $e = t - Ht$. Then $Z^\top e = 0$.",
]


@pytest.mark.parametrize("text", CONDITIONS)
def test_no_identity(text: str, tmp_path: Path) -> None:
    assert roles(text, tmp_path)[-1] in ("fact", "first-order condition")


@pytest.mark.parametrize("text", CLAIMS)
def test_what_follows_from_values_is_a_claim(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] in ("proved", "confirmed")


def test_the_words_of_a_paragraph_go_on_with_a_display_below_it(tmp_path: Path) -> None:
    text = "We see from the optimality condition that\n\n$$B^\\top(t - Bz) = 0$$"
    assert roles(text, tmp_path) == ["first-order condition"]
    assert roles("The optimality condition\n\n$B^\\top(t - Bz) = B^\\top t - B^\\top B z$", tmp_path) == ["claim"]


def test_an_inverse_that_is_given_gives_the_matrix(tmp_path: Path) -> None:
    text = r"The precision is $$C^{-1} = A + G^\top G$$ with a symmetric matrix $A$. Then $$(A + G^\top G)C = I.$$"
    assert statuses(text, tmp_path) == ["proved"]
    gradient = text.replace("(A + G^\\top G)C = I", r"\nabla_v v^\top C^{-1} v = 2(A + G^\top G)v")
    assert statuses(gradient, tmp_path) == ["proved"]
    assert statuses(gradient.replace("2(A", "(A"), tmp_path) == ["refuted"]


def test_a_variance_is_not_what_its_other_side_stands_for(tmp_path: Path) -> None:
    text = r"The variance is $\sigma_u^2 = \mu$. Then $\nabla_v \mu \|v\|^2 = 2\mu v$."
    assert statuses(text, tmp_path) == ["proved"]


def test_a_letter_may_stand_for_its_estimate(tmp_path: Path) -> None:
    text = r"With $\hat b = (Z^\top Z)^{-1}Z^\top t$ let $\hat t = Z\hat b$. The residual is $t - \hat t = t - Z b$."
    assert statuses(text, tmp_path) == ["undecided"]
    assert statuses(text.replace("Z b$.", r"Z \hat b$."), tmp_path) == ["proved"]
    assert statuses(text.replace("t - Z b$.", r"t + Z \hat b$."), tmp_path) == ["refuted"]


def test_what_stands_beside_a_kronecker_product_belongs_together(tmp_path: Path) -> None:
    text = r"We have $(A \otimes B)(C \otimes D) = AC \otimes BD$."
    assert statuses(text, tmp_path) == ["proved"]
    square = r"For square matrices $A, B, C, D$ of size $n$ we have $(A \otimes B)(C \otimes D) = AC \otimes BD$."
    assert statuses(square, tmp_path) == ["proved"]
    assert statuses(square.replace(r"\otimes BD", r"\otimes DB"), tmp_path) == ["conditional"]


def test_an_expectation_by_others_defines_no_function(tmp_path: Path) -> None:
    text = r"We have $E(u_k) = E(v_k - Tw_k)$. Independence needs $E(u_k w_k^\top) = 0$."
    assert roles(text, tmp_path) == ["probability", "fact"]
    loss = r"Let $E(v) = \|v - t\|^2$. Then $\nabla E(v) = 2(v - t)$."
    assert statuses(loss, tmp_path) == ["proved"]
