"""What a document tells of its symbols, and where that holds: each line is a document and what is known of a name at its last claim."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcalc.documents.context.overview import Context
from matcalc.documents.context.survey import survey
from matcalc.documents.examination import numbered
from matcalc.documents.formats import manuscript
from matcalc.language.declare.declared import declared_text


def context_of(text: str, folder: Path) -> tuple[Context, int]:
    """The context of a Markdown document, and the number of its last row."""
    path = folder / "notes.md"
    path.write_text(text, encoding="utf-8")
    pieces = numbered(manuscript(path))
    return survey(pieces), max(line.number for one in pieces for line in one.lines)


def known(text: str, name: str, folder: Path) -> str:
    """What is known of a name at the last formula."""
    context, row = context_of(text, folder)
    declaration, _ = context.facts.at(name, row)
    return "" if declaration is None else declared_text(declaration)


CLAIM = r"$\nabla_x x^\top A x = 2Ax$"


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (r"Let $A \in \mathbb{R}^{n\times n}$ be symmetric. Then {}.", "A", "n×n symmetric"),
        (r"Let $A$ be a symmetric $n\times n$ matrix. Then {}.", "A", "n×n symmetric"),
        (r"{}, where $A$ is symmetric.", "A", "symmetric"),
        (r"For symmetric $A$ and antisymmetric $K$, {}.", "A", "symmetric"),
        (r"For symmetric $A$ and antisymmetric $K$, {}.", "K", "antisymmetric"),
        (r"With a symmetric weight matrix $A$, {}.", "A", "matrix symmetric"),
        (r"$A$ and $B$ are invertible, $P$ is $n\times m$ and $c$ is a number. Now {}.", "B", "invertible"),
        (r"$A$ and $B$ are invertible, $P$ is $n\times m$ and $c$ is a number. Now {}.", "P", "n×m"),
        (r"$A$ and $B$ are invertible, $P$ is $n\times m$ and $c$ is a number. Now {}.", "c", "scalar"),
        (r"Let $R$ be a rotation. Then {}.", "R", "orthogonal"),
        (r"{} whenever the columns of $Q$ are orthonormal.", "Q", "orthonormal"),
        (r"{} for a unit vector $u$.", "u", "unit"),
        (r"Suppose $y$ is one-hot. Then {}.", "y", "vector mask simplex"),
        (r"Let $\Sigma \succ 0$. Then {}.", "Sigma", "positive_definite"),
        (r"Let $\mu, s \in \mathbb{R}^d$ with $s_j > 0$. Then {}.", "s", "d positive"),
        (r"With $W^\top W = I$ we get {}.", "W", "orthonormal"),
        (r"With $U$ of size $n\times k$ and $D$ invertible, {}.", "U", "n×k"),
        (r"With $U$ of size $n\times k$ and $D$ invertible, {}.", "D", "invertible"),
        ("Throughout, $K$ is a symmetric $n\\times n$ weight matrix.\n\n# One\n\n{}.", "K", "n×n symmetric"),
        (r"The sum $A + B$ is symmetric, {}, if $A$ is.", "A", "symmetric"),
        ("# Notation\n\nLet $A$ be symmetric.\n\n# Results\n\n{}.", "A", "symmetric"),
        ("# One\n\nLet $A$ be symmetric.\n\n## Below\n\n{}.", "A", "symmetric"),
    ],
)
def test_what_is_told_is_known(text: str, name: str, expected: str, tmp_path: Path) -> None:
    assert known(text.replace("{}", CLAIM), name, tmp_path) == expected


@pytest.mark.parametrize(
    "text",
    [
        r"Here $A$ is not necessarily symmetric. {}.",
        r"{} only if $A$ is symmetric.",
        r"{} unless $A$ is symmetric.",
        r"{}, though $A$ need not be symmetric.",
        r"For an arbitrary matrix $A$ we use {}.",
        r"For any square $A$, {}.",
        r"If we forget that $A$ is symmetric, {}.",
        r"Beware: {} if $A$ is symmetric.",
        "For symmetric $A$ this is easy. In general {}.",
        "# One\n\nLet $A$ be symmetric.\n\n# Two\n\n{}.",
        "Let $A$ be symmetric. Now let $A$ be an arbitrary matrix. Then {}.",
        r"For symmetric $A$ it is $2Ax$, but for general $A$ we have {}.",
        r"We minimise subject to $A^\top = A$. Now {}.",
    ],
)
def test_what_is_doubted_or_said_elsewhere_is_not(text: str, tmp_path: Path) -> None:
    assert "symmetric" not in known(text.replace("{}", CLAIM), "A", tmp_path)
