"""A letter in bold type and in plain type in one formula, which are two things where the text says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses

PRODUCT = r"Let $u = \mathbf{z}^\top\mathbf{w}$. "


@pytest.mark.parametrize(
    "text",
    [
        PRODUCT + r"Then $$\nabla_{\mathbf{z}} \mathbf{u}^\top \mathbf{z} = u.$$",
        r"Let $u$ be a number and $\mathbf{u}$ a vector. Then $$\frac{\partial}{\partial \mathbf{u}} \mathbf{u}^\top\mathbf{u} = 2u.$$",
    ],
)
def test_two_values_are_not_one(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] not in ("proved", "confirmed")


@pytest.mark.parametrize(
    "text",
    [
        PRODUCT + r"Then $$\nabla_{\mathbf{z}} \mathbf{u}^\top \mathbf{z} = \mathbf{u}.$$",
        r"We have $$\frac{\partial}{\partial \mathbf{u}} \mathbf{u}^\top\mathbf{u} = 2u.$$",
        r"We have $$\frac{\partial}{\partial u_i} \mathbf{u}^\top\mathbf{u} = 2u_i.$$",
    ],
)
def test_one_value_stays_one(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == "proved"
