"""Derivatives by whole arrays beside their entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses

TRUE = [
    r"$$\frac{\partial}{\partial Y} \operatorname{tr}(CY) = \frac{\partial (C_{ij} Y_{ji})}{\partial Y_{pq}} = C_{qp}$$",
    r"$$\frac{\partial}{\partial Y} \operatorname{tr}(CYD) = \frac{\partial Y_{jk}}{\partial Y_{pq}} C_{ij} D_{ki}"
    r" = \delta_{jp}\delta_{kq} C_{ij} D_{ki} = C_{ip} D_{qi}$$",
    r"$$\frac{\partial}{\partial Y} \operatorname{tr}(Y^\top Y) = 2Y_{pq}$$",
    r"$$\frac{\partial}{\partial Y_{pq}} \operatorname{tr}(Y^\top C Y) = (C + C^\top) Y$$",
]
NEVER_PROVED = [
    r"$$\frac{\partial}{\partial Y} \operatorname{tr}(CY) = \frac{\partial (C_{ij} Y_{ij})}{\partial Y_{pq}}$$",
    r"$$\frac{\partial}{\partial Y} \operatorname{tr}(CY) = C_{pq}$$",
    r"$$\frac{\partial}{\partial Y} \operatorname{tr}(CYD) = \delta_{jp}\delta_{kq} C_{ij} D_{ik}$$",
    r"$$\frac{\partial}{\partial Y_{pq}} \operatorname{tr}(Y^\top C Y) = C Y$$",
]


@pytest.mark.parametrize("text", TRUE)
def test_true(text: str, tmp_path: Path) -> None:
    assert set(statuses(text, tmp_path)) == {"proved"}


@pytest.mark.parametrize("text", NEVER_PROVED)
def test_never_proved(text: str, tmp_path: Path) -> None:
    """Which indices are summed, and which entry is meant, is a convention: what is false so may be meant otherwise."""
    assert set(statuses(text, tmp_path)) <= {"undecided", "refuted", "conditional"}
