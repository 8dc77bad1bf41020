"""A fact is told only by a clause that asserts it, or supposes it for the text at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses

CLAIM = r"\nabla_v\, v^\top H v = 2 H v"

ASSERTED = [
    "Suppose $H$ is symmetric.",
    "We assumed that $H$ is symmetric.",
    "It is assumed that $H$ is symmetric.",
    "It is convenient to assume that $H$ is symmetric.",
    "We require $H$ to be symmetric.",
    "Assume $H$ to be symmetric.",
    "$H$ is again assumed to be symmetric.",
    "$H$ is clearly symmetric.",
    "$H$ is indeed symmetric.",
    "$H$ is obviously a symmetric matrix.",
    "This section assumes that $H$ is symmetric.",
    "The theorem says that $H$ is symmetric.",
    "Recall from Section 2 that $H$ is symmetric.",
    "As in Section 2, $H$ is symmetric.",
    "Let $H$ be the symmetric matrix of Section 2.",
    "In this example, $H$ is symmetric.",
    "In the following, $H$ is symmetric.",
    "For example, let $H$ be symmetric.",
    "It looks complicated, but $H$ is symmetric.",
    "Let $H$ be the sample covariance.",
    "Here $G$ and $H$ are stiffness matrices; both are symmetric.",
]
SUPPOSED_HERE = [
    f"Since $H$ is symmetric, $${CLAIM}$$",
    f"For symmetric $H$ we have $${CLAIM}$$",
    f"We have $${CLAIM}$$ where $H$ is symmetric.",
    f"If one assumes that $H$ is symmetric, then $${CLAIM}$$",
    f"The theorem states that for a symmetric matrix $H$ we have $${CLAIM}$$",
    f"We want to minimize a quadratic form. For symmetric $H$ we have $${CLAIM}$$",
]
NOT_ASSERTED = [
    "$H$ seems symmetric.",
    "$H$ appears to be symmetric.",
    "$H$ looks like a symmetric matrix.",
    "It looks as if $H$ is symmetric.",
    "$H$ is supposedly symmetric.",
    "$H$ is seemingly a symmetric matrix.",
    "Let $H$ be an allegedly symmetric matrix.",
    "$H$ is believed symmetric.",
    "$H$ is deemed symmetric.",
    "$H$ is to be symmetric.",
    "Had $H$ been symmetric, this were easy.",
    "We want $H$ to be symmetric.",
    "We want a symmetric matrix $H$.",
    "We want to show that $H$ is symmetric.",
    "The goal is that $H$ is symmetric.",
    "We hope that $H$ is symmetric.",
    "It is expected that $H$ is symmetric.",
    "$H$ is symmetric, or so they say.",
    "$H$ is symmetric, it seems.",
    "$H$ is symmetric (or is it?).",
    "Is $H$ symmetric?",
    "Do we know that $H$ is symmetric?",
    "In Section 2 $H$ is symmetric.",
    "In an earlier example, the matrix $H$ is symmetric.",
    "In Weber's paper $H$ is symmetric.",
    "In the following section $H$ is symmetric.",
    "We assume in Section 2 that $H$ is symmetric.",
    "Weber assumes that $H$ is symmetric.",
    "Weber assumed that $H$ is symmetric.",
    "Weber assumes $H$ to be symmetric.",
    "Some assume that $H$ is symmetric.",
    "According to Weber, $H$ is symmetric.",
    "The method requires that $H$ is symmetric.",
]


@pytest.mark.parametrize("text", ASSERTED)
def test_asserted(text: str, tmp_path: Path) -> None:
    assert statuses(f"{text} Then $${CLAIM}.$$", tmp_path)[-1] == "proved"


@pytest.mark.parametrize("text", SUPPOSED_HERE)
def test_supposed_here(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == "proved"


@pytest.mark.parametrize("text", NOT_ASSERTED)
def test_not_asserted(text: str, tmp_path: Path) -> None:
    assert statuses(f"{text} Then $${CLAIM}.$$", tmp_path)[-1] == "conditional"


def test_seeming_is_no_supposition(tmp_path: Path) -> None:
    square = "$(P + R)^2 = P^2 + 2 P R + R^2$"
    assert statuses(f"In Section 2 we have $P R = R P$. Then {square}.", tmp_path)[-1] != "confirmed"
