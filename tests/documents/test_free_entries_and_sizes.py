"""Derivatives by symmetric matrices as texts mean them, and sizes that stand as numbers beside arrays."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses

GRAM = r"Let $K\in\mathbb{R}^{n\times n}$ be symmetric positive definite and $u, v\in\mathbb{R}^n$. "
DATA = r"Let $Z\in\mathbb{R}^{n\times d}$ and $H = I - \frac1n \mathbf{1}\mathbf{1}^\top$. "
MODEL = r"Let $u\in\mathbb{R}^d$, $J = I - \frac{1}{d}\mathbf{1}\mathbf{1}^\top$. "
LAYER = r"Let $a = Bu + c$ and $s = \operatorname{softmax}(a)$. "

TRUE = [
    GRAM + r"$$\frac{\partial}{\partial K} u^\top K v = u v^\top$$",
    GRAM + r"$$\frac{\partial}{\partial K} u^\top K^{-1} v = -K^{-1} u v^\top K^{-1}$$",
    GRAM + r"$$\frac{\partial}{\partial K} u^\top K v = \frac12(u v^\top + v u^\top)$$",
    DATA + r"So $H^2 = H$.",
    DATA + r"So $H\mathbf{1} = 0$.",
    DATA + r"So $\operatorname{tr}(H) = n - 1$.",
    DATA + r"So $\mathbf{1}^\top H Z = 0$.",
    MODEL + r"So $J^2 = J$.",
    MODEL + r"So $\nabla_u \|Ju\|^2 = 2Ju$.",
    MODEL + r"So $\nabla_u \frac1d\|u\|^2 = \frac2d u$.",
    LAYER + r"So $\nabla\operatorname{logsumexp}(a) = s$.",
    LAYER + r"So $\nabla^2\operatorname{logsumexp}(a) = \operatorname{diag}(s) - ss^\top$.",
    r"We use $\nabla\log\det(X) = X^{-\top}$.",
    r"Let $m = \frac1n\sum_{i=1}^n x_i$ and $c_i = x_i - m$. Then $\sum_i c_i = 0$.",
    r"The weights $w_{o} = \frac{C^{-1}\mathbf{1}}{\mathbf{1}^\top C^{-1}\mathbf{1}}$ satisfy $\mathbf{1}^\top w_{o} = 1$.",
]

FALSE = [
    GRAM + r"$$\frac{\partial}{\partial K} u^\top K v = 2 u v^\top$$",
    GRAM + r"$$\frac{\partial}{\partial K} u^\top K^{-1} v = K^{-1} u v^\top K^{-1}$$",
    DATA + r"So $H^2 = 2H$.",
    DATA + r"So $\operatorname{tr}(H) = n$.",
    MODEL + r"So $J^2 = J + I$.",
    MODEL + r"So $\nabla_u \|Ju\|^2 = Ju$.",
    MODEL + r"So $\nabla_u \frac1d\|u\|^2 = \frac1d u$.",
    LAYER + r"So $\nabla\operatorname{logsumexp}(a) = 2s$.",
    LAYER + r"So $\nabla^2\operatorname{logsumexp}(a) = \operatorname{diag}(s) + ss^\top$.",
    r"Let $X\in\mathbb{R}^{n\times p}$, $y\in\mathbb{R}^n$ and $P = X(X^\top X)^{-1}X^\top$. The rank is $\operatorname{tr}(P) = n$.",
]

NEITHER = [
    GRAM + r"$$\frac{\partial}{\partial K} u^\top K v = v u^\top$$",  # true in numerator layout
    r"We want weights with $\mathbf{1}^\top w = 1$. Let $w_{o} = C^{-1}\mathbf{1}$.",
]


@pytest.mark.parametrize("text", TRUE)
def test_true(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] in ("proved", "confirmed")


@pytest.mark.parametrize("text", FALSE)
def test_false(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] in ("refuted", "conditional")


@pytest.mark.parametrize("text", NEITHER)
def test_neither(text: str, tmp_path: Path) -> None:
    assert not {"proved", "confirmed", "refuted"} & set(statuses(text, tmp_path))


def test_products_of_capitals_in_plain_text(tmp_path: Path) -> None:
    text = "```\ntr(PQ) = tr(QP)\n(PQ)ᵀ = QᵀPᵀ\ndet(PQ) = det(P) + det(Q)\n```"
    assert statuses(text, tmp_path) == ["proved", "proved", "refuted"]
    text = r"Thus $\nabla \|Bx - c\|^2 = 2B^\top(Bx - c)$, $\nabla \tfrac12 x^\top x = x$, $\nabla x^\top x = x$ and $\nabla h^\top x = h$."
    assert statuses(text, tmp_path)[:3] == ["proved", "proved", "refuted"] and "proved" not in statuses(text, tmp_path)[3:]


def test_capitals_that_may_be_functions_of_a_number(tmp_path: Path) -> None:
    rule = r"$\frac{\partial (PQ)}{\partial s} = Q \frac{\partial P}{\partial s} + P \frac{\partial Q}{\partial s}$."
    assert statuses("The product rule is " + rule, tmp_path) == ["undecided"]
    assert statuses(r"For $P, Q \in \mathbb{R}^{n \times n}$ the product rule is " + rule, tmp_path) == ["refuted"]
    wrong = rule.replace("+ P", "- P")
    assert statuses("The product rule is " + wrong, tmp_path) == ["refuted"]


def test_a_gradient_of_a_formula_is_by_its_x(tmp_path: Path) -> None:
    text = r"Thus $\nabla (c^\top x) = c$, $\nabla \left(\frac12 x^\top x\right) = x$ and $\nabla (c^\top x) = x$."
    assert statuses(text, tmp_path) == ["proved", "proved", "refuted"]
