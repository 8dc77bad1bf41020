"""High powers of matrices: beside the largest eigenvalue the others leave no trace, which refutes nothing."""

from __future__ import annotations

import pytest

import matcalc


@pytest.mark.parametrize("declare", ["X: n×n positive_definite; k: scalar", "X: n×n invertible; k: scalar integer"])
def test_a_determinant_of_a_high_power_is_no_counterexample(declare: str) -> None:
    assert matcalc.verify("det(X^k) = det(X)^k", declare=declare).status != "refuted"


def test_what_is_false_is_refuted() -> None:
    assert matcalc.verify("det(X^k) = k*det(X)", declare="X: n×n positive_definite; k: scalar").status == "refuted"
