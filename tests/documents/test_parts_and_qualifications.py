"""Sentences that say something of a part of what they name, or take back a part of what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses

SYMMETRIC = r"\frac{\partial y^\top K y}{\partial y} = 2Ky"
ORTHOGONAL = r"K^\top K = I"
POSITIVE = r"\sum_{ij} |K_{ij}| = \sum_{ij} K_{ij}"

_SAID = [
    ("The matrix $K$ is symmetric.", SYMMETRIC),
    ("The square matrix $K$ is symmetric.", SYMMETRIC),
    ("The matrices $K$ and $L$ are symmetric.", SYMMETRIC),
    ("Both of $L$ and $K$ are symmetric.", SYMMETRIC),
    ("The matrix $K$, which is symmetric, comes from a graph.", SYMMETRIC),
    ("$K$ is symmetric for all $t$.", SYMMETRIC),
    ("$K$ is a symmetric matrix in $\\mathbb{R}^{n\\times n}$.", SYMMETRIC),
    ("$K$ has orthonormal columns.", ORTHOGONAL),
    ("$L$ and $K$ have orthonormal columns.", ORTHOGONAL),
    ("The columns of $K$ are orthonormal.", ORTHOGONAL),
    ("$K$ has positive entries.", POSITIVE),
    ("The entries of $K$ are positive.", POSITIVE),
]
_NOT_SAID = [
    ("The spectrum of $K$ is symmetric.", SYMMETRIC),
    ("The product of $L$ and $K$ is symmetric.", SYMMETRIC),
    ("The Gram matrix of $K$ is symmetric.", SYMMETRIC),
    ("The trace of $K$, which is symmetric in its factors, is used.", SYMMETRIC),
    ("$K$ has symmetric blocks.", SYMMETRIC),
    ("$K$ has a symmetric pattern of zeros.", SYMMETRIC),
    ("$K$ has symmetric part $L$.", SYMMETRIC),
    ("$K$ is symmetric for $n = 1$.", SYMMETRIC),
    ("$K$ is symmetric only for small $t$.", SYMMETRIC),
    ("$K$ is symmetric up to rounding.", SYMMETRIC),
    ("$K$ is symmetric with respect to its centre.", SYMMETRIC),
    ("$K$ is symmetric at the minimum.", SYMMETRIC),
    ("$K$ is symmetric if $L$ is.", SYMMETRIC),
    ("Nobody says that $K$ is symmetric.", SYMMETRIC),
    ("Later we assume that $K$ is symmetric.", SYMMETRIC),
    ("Symmetric matrices $K$ are treated in the next section.", SYMMETRIC),
    ("The case of a symmetric $K$ is simple. Ours is not.", SYMMETRIC),
    ("Let $K$ be symmetric. This is hard to ensure. We no longer assume symmetry.", SYMMETRIC),
    ("Let $K$ be symmetric. Now drop the assumption that $K$ is symmetric.", SYMMETRIC),
    ("$K$ has orthonormal rows.", ORTHOGONAL),
    ("$K$ has orthogonal eigenvectors.", ORTHOGONAL),
    ("The rows of $K$ are orthonormal.", ORTHOGONAL),
    ("The columns of $K$ are orthogonal.", ORTHOGONAL),
    ("$K$ is orthogonal to $L$.", ORTHOGONAL),
    ("The range of $K$ is orthogonal to $b$.", ORTHOGONAL),
    ("$K$ has positive trace.", POSITIVE),
    ("$K$ has a positive diagonal.", POSITIVE),
    ("The eigenvalues of $K$ are positive.", POSITIVE),
]


@pytest.mark.parametrize(("said", "claim"), _SAID)
def test_what_is_said_of_the_whole(said: str, claim: str, tmp_path: Path) -> None:
    assert statuses(f"{said} Then $${claim}.$$", tmp_path)[-1] == "proved"


@pytest.mark.parametrize(("said", "claim"), _NOT_SAID)
def test_what_is_not_said_of_the_whole(said: str, claim: str, tmp_path: Path) -> None:
    assert statuses(f"{said} Then $${claim}.$$", tmp_path)[-1] not in ("proved", "confirmed")


def test_an_assumption_that_is_dropped_held_before(tmp_path: Path) -> None:
    text = f"Let $K$ be a symmetric $n \\times n$ matrix. Then $${SYMMETRIC}.$$\n\nWe drop this assumption. Then $${SYMMETRIC}.$$"
    assert statuses(text, tmp_path) == ["proved", "conditional"]
    assert statuses(text.replace("this assumption", "the constant terms"), tmp_path) == ["proved", "proved"]
