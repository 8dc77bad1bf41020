"""What sentences say of symbols, told by whether it decides a claim that rests on the symmetry of M."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses

CLAIM = "\n\n$$\\nabla_u\\, u^\\top M u = 2 M u$$\n"

TOLD = [
    r"Here $M$ and $N$ denote stiffness matrices; both are symmetric $q\times q$ matrices. Then",
    r"Let $M$ and $N$ be stiffness matrices, both of which are symmetric. Then",
    r"The matrices $M$ and $N$ are symmetric and $N$ is invertible. Then",
    r"The stiffness matrix $M$ is $q\times q$ and symmetric. Then",
    r"The stiffness matrix $M$ (symmetric, positive definite) is assembled once. Then",
    r"A stiffness matrix $M$ ($q\times q$, symmetric) is assembled once. Then",
    r"The stiffness matrix $M$, which is symmetric, is assembled once. Then",
    r"The stiffness matrix $M$ is assumed to be symmetric. Then",
    r"The matrix $M$ is taken symmetric. Then",
    r"Suppose $M$ to be symmetric. Then",
    r"Let $M$ be the (symmetric) stiffness matrix. Then",
    r"Let $M$ be the sample covariance. Then",
    r"The noise covariance is $M$. Then",
    r"By the symmetry of $M$ we have",
    r"Let $M$ be the stiffness matrix, which is symmetric positive definite, and let $f$ be a vector. Then",
    r"Let $M\in\mathbb{R}^{q\times q}$ and $N\in\mathbb{R}^{p\times p}$, both symmetric. Then",
    r"Let $M\in\mathbb{R}^{q\times q}$ be the first and $N\in\mathbb{R}^{p\times p}$ the second weight; both are symmetric. Then",
    r"Let $M$ be the prior covariance and $N$ the noise covariance. Then",
    "Consider\n$$h(u) = u^\\top M u \\quad \\text{where $M$ is symmetric}.$$\nThen",
    "Consider\n$$h(u) = u^\\top M u \\quad \\text{with } M \\text{ symmetric}.$$\nThen",
    r"We are given a Hermitian matrix $M$. Then",
    "- $M$: symmetric $q\\times q$ matrix\n- $u$: any vector\n\nThen",
    "- $M$ – covariance matrix of the noise\n\nThen",
]

NOT_TOLD = [
    r"Let $M$ be the stiffness matrix, which is rarely symmetric. Then",
    r"Let $M$ be the inverse of the weight matrix, which is symmetric. Then",
    r"Let $M$ and $N$ be square, both symmetric only if they commute. Then",
    r"Let $M$ be the root of covariance and $N$ a matrix. Then",
    "Let $h(u) = u^\\top M u$.\n$$\\nabla h(u) = 2Mu \\quad \\text{where $M$ is symmetric}.$$\nIn general",
    r"Let $M$ be the cross covariance. Then",
    r"The cross-covariance is $M$. Then",
    r"The stiffness matrix $M$ is not symmetric. Then",
    r"The stiffness matrix $M$, which need not be symmetric, is assembled once. Then",
    r"The stiffness matrix $M$ (maybe symmetric) is assembled once. Then",
    r"Let $M$ and $N$ be matrices; if both are symmetric, they need not commute. Then",
    r"Let $M$, $N$ and $P$ be matrices; both are symmetric. Then",
    r"The symmetry of $M$ is not assumed. Then",
    r"Without symmetry of $M$ we have",
    r"$M$ is the product of symmetric matrices. Then",
    r"The covariance is $M + N$. Then",
    r"The matrices $M$ and $N$, one of which is symmetric, are given. Then",
    r"The products of $M$ and $N$ with $P$ are used; both are symmetric. Then",
    r"Breaking the symmetry of $M$, we have",
    r"This is equivalent to symmetry of $M$. Then",
    "- $M$: any matrix\n\nThen",
    "- $M$: not symmetric\n\nThen",
]


@pytest.mark.parametrize("text", TOLD)
def test_told(text: str, tmp_path: Path) -> None:
    assert statuses(text + CLAIM, tmp_path)[-1] == "proved"


@pytest.mark.parametrize("text", NOT_TOLD)
def test_not_told(text: str, tmp_path: Path) -> None:
    assert statuses(text + CLAIM, tmp_path)[-1] == "conditional"


def test_block_diagonal_is_not_diagonal(tmp_path: Path) -> None:
    text = "Let $D$ be a block diagonal matrix. Then $A D = D A$ for diagonal $A$. Also\n\n$$D = D^\\top$$"
    assert statuses(text, tmp_path)[-1] != "proved"


def test_an_item_that_defines_something_tells_the_items_behind_it(tmp_path: Path) -> None:
    text = "- Energy: $E(u) = \\frac12 u^\\top M u$, with $M$ symmetric.\n- Force: $\\nabla E(u) = M u$"
    assert statuses(text, tmp_path) == ["proved"]


def test_an_item_that_claims_something_tells_no_other(tmp_path: Path) -> None:
    text = "- $\\nabla_u u^\\top M u = 2Mu$ with $M$ symmetric.\n- $\\nabla_v v^\\top M v = 2Mv$"
    assert statuses(text, tmp_path) == ["proved", "conditional"]


def test_an_item_under_a_condition_tells_no_other(tmp_path: Path) -> None:
    text = "- If $M$ is symmetric, put $E(u) = \\frac12 u^\\top M u$.\n- $\\nabla_v v^\\top M v = 2Mv$"
    assert statuses(text, tmp_path) == ["conditional"]
