"""Vectors that a text writes as rows are no error where they do not fit as columns."""

from __future__ import annotations

from pathlib import Path

from tests.documents.notes import statuses

ROWS = r"The layer is $\mathbf{z} = \mathbf{u}\mathbf{A}$ and the next one $\mathbf{q} = \mathbf{v}\mathbf{B}$. "
COLUMNS = r"The layer is $\mathbf{z} = \mathbf{A}\mathbf{u}$ and the next one $\mathbf{q} = \mathbf{B}\mathbf{v}$. "


def test_a_scalar_of_two_rows(tmp_path: Path) -> None:
    text = r"Let $\mathbf{C}$ be symmetric and $g(\mathbf{p}) = \mathbf{p}^\top\mathbf{C}\mathbf{p}$. "
    text += r"Then $\nabla g(\mathbf{p}) = 2\mathbf{p}\mathbf{C}$."
    assert statuses(ROWS + text, tmp_path)[-1] not in ("refuted", "proved")
    assert statuses(COLUMNS + text, tmp_path)[-1] == "refuted"


def test_values_are_compared_all_the_same(tmp_path: Path) -> None:
    text = r"Let $\mathbf{p}$ be a vector. Then $\nabla_{\mathbf{p}}\|\mathbf{p}\|^2 = 3\mathbf{p}$."
    assert statuses(ROWS + text, tmp_path)[-1] == "refuted"
