"""The helper for other projects' tests."""

from __future__ import annotations

import pytest

import matcalc
from matcalc.testing import assert_identity


def test_true_identities_pass() -> None:
    assert assert_identity("d(x'*A*x)/dx = (A + A')*x", proof=True).status == "proved"
    assert assert_identity("d(A*x)/dx = A", layout="numerator").ok
    assert assert_identity("d(x'*A*x)/dx = 2*A*x", {"A": "n×n symmetric"}).ok


def test_false_identities_fail_with_an_explanation() -> None:
    with pytest.raises(AssertionError, match="true if and only if A = Aᵀ"):
        assert_identity("d(x'*A*x)/dx = 2*A*x")


def test_unreadable_identities_are_errors() -> None:
    with pytest.raises(matcalc.ParseError):
        assert_identity("d(x'*A*x)/dx")
