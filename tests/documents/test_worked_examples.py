"""Worked examples of documents: names with values, and what is computed with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses, verified

MATRIX = r"Let $M = \begin{bmatrix} 2 & 1 \\ 5 & 3 \end{bmatrix}$ and $v = (1, -1)$. "
BOWL = r"Let $q(\mathbf{z}) = (z_1 - 1)^2 + 4 z_2^2$ and start at $\mathbf{z}_0 = [3, 1]^\top$. "
LEVEL = r"Let $q(\mathbf{z}) = (z_1 - 1)^2 + 4 z_2^2$ and start at $\mathbf{z}^0 = (3, 1)$. "
CUBIC = r"Let $g(t) = t^3 - 3t$, and start at $t_0 = 2$ with $\eta = 0.1$. "
TURN = r"Let $R = \begin{pmatrix} \cos\theta & -\sin\theta \\ \sin\theta & \cos\theta \end{pmatrix}$. "

TRUE = [
    MATRIX + r"Then $Mv = \begin{bmatrix} 1 \\ 2 \end{bmatrix}$.",
    MATRIX + r"Then $\det M = 1$.",
    MATRIX + r"Then $\operatorname{tr}(M) = 5$.",
    MATRIX + r"Then $M^{-1} = \begin{bmatrix} 3 & -1 \\ -5 & 2 \end{bmatrix}$.",
    MATRIX + r"Then $M^\top = \begin{bmatrix} 2 & 5 \\ 1 & 3 \end{bmatrix}$.",
    MATRIX + r"Then $v^\top M v = -1$.",
    MATRIX + r"Then $\|v\|_2 = \sqrt{2}$.",
    TURN + r"Then $\det R = 1$.",
    TURN + r"Then $R^\top R = \begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}$.",
    BOWL + r"Then $q(\mathbf{z}_0) = 8$.",
    BOWL + r"Then $\nabla q(\mathbf{z}_0) = (4, 8)$.",
    BOWL + r"Then $\nabla^2 q(\mathbf{z}_0) = \begin{pmatrix} 2 & 0 \\ 0 & 8 \end{pmatrix}$.",
    LEVEL + r"Then $\nabla q(\mathbf{z}^0) = [4, 8]^\top$.",
    CUBIC + r"Then $g'(t_0) = 9$.",
    CUBIC + r"Then $g'(1) = 0$.",
    r"Let $q(s, t) = s^2 t$. At the point $(1, 2)$ we have $\nabla q = (4, 1)$.",
    BOWL + r"Then $\nabla^2 q(\mathbf{z}_0) = \left[\begin{array}{cc} 2 & 0 \\ 0 & 8 \end{array}\right]$.",
    r"Here $\min_{\mathbf{z}} q(\mathbf{z}) = (z_1 - 1)^2 + 4 z_2^2$ from $\mathbf{z}_0 = (3, 1)$, and $\nabla q(\mathbf{z}_0) = (4, 8)$.",
    r"Let $q(z_1, z_2) = (z_1 - 1)^2 + 4 z_2^2$. Then $\nabla q(\mathbf{z}) = [2 z_1 - 2, 8 z_2]$.",
    r"Let $q(z_1, z_2) = (z_1 - 1)^2 + 4 z_2^2$. Put $\mathbf{z}_7 = (3, 1)$. Then $q(\mathbf{z}_7) = 8$.",
]
FALSE = [
    MATRIX + r"Then $Mv = \begin{bmatrix} 1 \\ 3 \end{bmatrix}$.",
    MATRIX + r"Then $\det M = 11$.",
    MATRIX + r"Then $\operatorname{tr}(M) = 6$.",
    MATRIX + r"Then $M^{-1} = \begin{bmatrix} 3 & 1 \\ -5 & 2 \end{bmatrix}$.",
    MATRIX + r"Then $v^\top M v = 1$.",
    TURN + r"Then $\det R = -1$.",
    BOWL + r"Then $q(\mathbf{z}_0) = 9$.",
    BOWL + r"Then $\nabla q(\mathbf{z}_0) = (4, 4)$.",
    LEVEL + r"Then $\nabla q(\mathbf{z}^0) = [2, 8]^\top$.",
    CUBIC + r"Then $g'(2) = 0$.",
    r"Let $q(s, t) = s^2 t$. At the point $(1, 2)$ we have $\nabla q = (4, 2)$.",
    r"Let $q(z_1, z_2) = (z_1 - 1)^2 + 4 z_2^2$. Then $\nabla q(\mathbf{z}) = [2 z_1 - 2, 4 z_2]$.",
    r"Let $q(z_1, z_2) = (z_1 - 1)^2 + 4 z_2^2$. Put $\mathbf{z}_7 = (3, 1)$. Then $q(\mathbf{z}_7) = 9$.",
]
# What is not about the values, or may be meant otherwise
NEITHER = [
    MATRIX + "\n\n# Next\nHere $M$ is another one. Then $\\det M = 2$.",
    MATRIX + r"In general $\det M = \lambda_1 \lambda_2$.",
    MATRIX + r"Let $M$ be any matrix. Then $\det M = 2$.",
    r"Let $N = \begin{bmatrix} A & B \\ 0 & D \end{bmatrix}$. Then $N N = \begin{bmatrix} A^2 & BA + DB \\ 0 & D^2 \end{bmatrix}$.",
    r"Let $q(s, t) = s^2 t$. From $(1, 2)$ on we have $\nabla q = (4, 1)$.",
    r"Let $q(s, t) = s^2 t$. At the point $(1, 2, 3)$ we have $\nabla q = (4, 1)$.",
    r"Put $M = \begin{bmatrix} 0.33 & 0 \\ 0 & 3 \end{bmatrix}$. Then $\det M = 1$.",
    r"Let $y = g(t)$ with $t = 1$. Then $g'(t) = \frac{dy}{dt} + \frac{dt}{dt} - 1$.",
]


@pytest.mark.parametrize("text", TRUE)
def test_true(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path) == ["proved"]


@pytest.mark.parametrize("text", FALSE)
def test_false(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path) == ["refuted"]


@pytest.mark.parametrize("text", NEITHER)
def test_neither(text: str, tmp_path: Path) -> None:
    assert not {"proved", "confirmed", "refuted"} & set(statuses(text, tmp_path))


def test_steps_of_a_descent(tmp_path: Path) -> None:
    step = r"$$\mathbf{z}_1 = \mathbf{z}_0 - 0.1 \nabla q(\mathbf{z}_0) = \begin{bmatrix} 2.6 \\ 0.2 \end{bmatrix}$$"
    assert statuses(BOWL + "Then\n\n" + step, tmp_path) == ["proved"]
    assert statuses(BOWL + "Then\n\n" + step.replace("2.6", "2.4"), tmp_path) in (["undecided"], ["not read"])
    scalar = r"$$t_1 = t_0 - \eta g'(t_0) = 2 - 0.1 \cdot 9 = 1.1$$"
    assert statuses(CUBIC + "Then\n\n" + scalar, tmp_path)[:1] == ["proved"]


def test_rounded_numbers(tmp_path: Path) -> None:
    text = r"Let $M = \begin{bmatrix} 3 & 1 \\ 0 & 1 \end{bmatrix}$ and $v = (2, 1)$. Then $M^{-1} v = "
    assert statuses(text + r"[0.333, 1]^\top$.", tmp_path) == ["confirmed"]
    assert statuses(text + r"[0.33, 1.0]^\top$.", tmp_path) == ["confirmed"]
    assert "confirmed" not in statuses(text + r"[0.34, 1]^\top$.", tmp_path)


def test_the_report_says_what_a_value_rests_on(tmp_path: Path) -> None:
    (claim,) = verified(MATRIX + r"Then $\det M = 1$.", tmp_path).claims
    assert any("M = " in said for said in claim.context)


def test_a_value_of_another_section_is_none_here(tmp_path: Path) -> None:
    text = "# One\n" + MATRIX + "\n\n# Two\n" + r"We have $\det(M^\top) = \det M$ and $M v = v$."
    assert statuses(text, tmp_path)[0] == "proved" and "refuted" not in statuses(text, tmp_path)


@pytest.mark.parametrize("point", ["(1, -1)", r"(1, -1)^\top", r"[1, -1]^\top"])
def test_coordinates_are_a_column(point: str, tmp_path: Path) -> None:
    text = rf"Let $v = {point}$. Then $v v^\top = \begin{{pmatrix}} 1 & -1 \\ -1 & 1 \end{{pmatrix}}$ and $v^\top v = 2$."
    assert statuses(text, tmp_path) == ["proved", "proved"]
    wrong = rf"Let $v = {point}$. Then $v v^\top = 2$."
    assert not {"proved", "confirmed"} & set(statuses(wrong, tmp_path))


def test_coordinates_are_given_anew(tmp_path: Path) -> None:
    text = r"Let $h(u, x) = u^2 + x$, $u = 1$ and $x = 3 - u$. The minimiser is $(u, x) = (2, 1)$."
    assert not {"refuted", "proved"} & set(statuses(text, tmp_path))
