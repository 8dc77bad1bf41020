"""Words with two meanings: a claim is false only if it is in each of them."""

from __future__ import annotations

import pytest

from matcalc.verification.judgement import verify

OTHERWISE = [
    (r"\log\det S = \operatorname{tr}(\log S)", "S: n×n positive_definite", "matrix logarithm"),
    (r"\frac{d}{dt}\exp(tM) = M\exp(tM)", "M: n×n; t: scalar", "matrix exponential"),
    (r"\frac{\partial}{\partial Z}\operatorname{tr}(\exp(Z)) = \exp(Z)^\top", "", "matrix exponential"),
    (r"Mv = \sum_j v_j m_j", "", "column j of M"),
    (r"MB = \sum_k m_k b_k^\top", "", "column k of M"),
]
FALSE = [
    (r"\frac{d}{dt}\exp(tM) = M^2\exp(tM)", "M: n×n; t: scalar"),
    (r"\log\det S = 2\operatorname{tr}(\log S)", "S: n×n positive_definite"),
    (r"Mv = 2\sum_j v_j m_j", ""),
    (r"MB = \sum_k b_k m_k^\top", ""),
]


@pytest.mark.parametrize(("statement", "declare", "note"), OTHERWISE)
def test_a_claim_that_is_true_in_another_reading_is_true_and_that_is_said(statement: str, declare: str, note: str) -> None:
    verdict = verify(statement, declare=declare or None)
    assert verdict.ok, verdict.explain()
    assert any(note in said for said in verdict.notes)


@pytest.mark.parametrize(("statement", "declare"), FALSE)
def test_a_claim_that_is_false_in_each_is_false(statement: str, declare: str) -> None:
    assert verify(statement, declare=declare or None).is_false


def test_samples_are_rows_and_a_claim_about_their_columns_is_open() -> None:
    assert verify(r"\sum_i z_i z_i^\top = Z^\top Z").ok
    verdict = verify(r"\sum_i z_i z_i^\top = Z Z^\top")
    assert verdict.status == "undecided" and "columns" in verdict.reason
