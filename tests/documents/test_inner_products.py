"""A dot between vectors or matrices that do not multiply is their inner product."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses

VECTORS = r"Let $u, v \in \mathbb{R}^n$. "


TRUE = [
    VECTORS + r"Then $\|u + v\|^2 = \|u\|^2 + 2u\cdot v + \|v\|^2$.",
    VECTORS + r"With $g(u) = u \cdot v$ we have $\nabla g(u) = v$.",
    r"For $C, D \in \mathbb{R}^{m\times n}$ we have $C \cdot D = \operatorname{tr}(C^\top D)$.",
    r"We have $C : D = \operatorname{tr}(C^\top D)$.",
    r"Let $C \in \mathbb{R}^{m\times n}$, $D \in \mathbb{R}^{n\times p}$. Then $(C \cdot D)^\top = D^\top \cdot C^\top$.",
]
FALSE = [
    VECTORS + r"Then $\|u + v\|^2 = \|u\|^2 + u\cdot v + \|v\|^2$.",
    VECTORS + r"With $g(u) = u \cdot v$ we have $\nabla g(u) = 2v$.",
]


@pytest.mark.parametrize("text", TRUE)
def test_true(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] in ("proved", "confirmed")


@pytest.mark.parametrize("text", FALSE)
def test_false(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == "refuted"
