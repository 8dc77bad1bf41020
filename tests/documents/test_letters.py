"""Letters that are numbers by convention alone, and vectors where a claim about their derivative fits no number."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcalc.documents.reports.pages import as_table
from tests.documents.notes import statuses, verified

_TRUE = [
    r"\frac{\partial}{\partial\gamma}\tanh(2\gamma) = 2\operatorname{diag}(1 - \tanh(2\gamma)^2)",
    r"\frac{\partial}{\partial\beta} e^{\beta} = \operatorname{diag}(e^{\beta})",
    r"\nabla_\eta (\eta \odot c) = \operatorname{diag}(c)",
]


@pytest.mark.parametrize("claim", _TRUE)
def test_a_claim_that_fits_vectors_alone_is_about_vectors(claim: str, tmp_path: Path) -> None:
    assert statuses(f"$${claim}$$", tmp_path) == ["proved"]
    left, right = claim.split(" = ", 1)
    report = verified(f"$${left} = 3 {right}$$", tmp_path)
    assert [entry.status for entry in report.claims] == ["refuted"]
    assert "diag" in as_table(report).partition("right answer: ")[2]


@pytest.mark.parametrize(
    "said", [r"Let $\beta$ be an angle.", r"For the scalar $\beta$:", r"The learning rate is $\beta \in \mathbb{R}$."]
)
def test_what_is_said_to_be_a_number_stays_one(said: str, tmp_path: Path) -> None:
    claim = r"$$\frac{\partial}{\partial\beta} \sin(\beta) = \operatorname{diag}(\cos(\beta))$$"
    assert statuses(f"{said} {claim}", tmp_path)[-1] == "refuted"
