"""Statements about sums over samples and about entries (``statements.txt``), in the form of sums and in that of matrices."""

from __future__ import annotations

from pathlib import Path

import pytest

import matcalc
from matcalc.base.errors import MatcalcError, ParseError

LINES = Path(__file__).with_name("statements.txt").read_text(encoding="utf-8").splitlines()
STATEMENTS = [tuple(part.strip() for part in line.split("|", 1)) for line in LINES if line and not line.startswith("#")]


@pytest.mark.parametrize(("status", "statement"), STATEMENTS, ids=[statement for _, statement in STATEMENTS])
def test_the_verdict(status: str, statement: str) -> None:
    assert matcalc.verify(statement).status == status


@pytest.mark.parametrize(
    ("text", "message", "better"),
    [
        (r"\sum_i x_i^2 + y_i", "stands outside of the sum over i", r"\sum_i (x_i^2 + y_i)"),
        (r"\sum_{i \in S} x_i^2", "the index of the sum is not read", r"\sum_i m_i x_i^2"),
        (r"\sum_{i=1}^{n/2} x_i^2", "the upper limit of the sum is not read", r"\sum_i m_i x_i^2"),
        (r"\sum_{i} (x_{i+1} - x_i)^2", "over which positions i runs is not said", r"\sum_{i=1}^{n-1} (x_{i+1} - x_i)^2"),
        (r"\sum_{i=0}^{n-1} x_{i+1}^2", "positions are counted from 1", r"\sum_{i=1}^n x_i^2"),
        (r"\sum_{i=1}^n x_{n-i}", "position 0, where entries are counted from 1", r"\sum_{i=1}^{n-1} x_{n-i}"),
        (r"\sum_{i=0}^n x_i^2", "positions are counted from 1", r"\sum_{i=1}^n x_i^2"),
        (r"\sum_i \|\mu_i - \mu\|^2", "which are other points", r"\sum_i \|\mu_i - m\|^2"),
        (r"\sum_i i x_i", "can only stand in square brackets", r"\sum_i a_i x_i"),
        ("r_i = r_i + x_i; Σ_i r_i", "used before it is given a value", "r_i = 1 + x_i; Σ_i r_i"),
    ],
)
def test_what_is_not_read_says_what_to_write(text: str, message: str, better: str) -> None:
    with pytest.raises(MatcalcError, match=message) as caught:
        matcalc.parse(text)
    assert caught.value.suggestion
    assert caught.value.span is not None
    matcalc.parse(better)


def test_an_index_has_one_size() -> None:
    with pytest.raises(MatcalcError, match="cannot run over both"):
        matcalc.parse(r"\sum_{i=1}^n x_i y_i", "x: n; y: m")
    assert matcalc.parse(r"\sum_{i=1}^n x_i y_i", "x: m").declarations == {"x": "m", "y": "m"}


def test_a_capital_that_is_something_else_is_said() -> None:
    read = matcalc.parse("Σ_i ‖x_i - X c_i‖²")
    assert read.declarations == {"x": "n×d", "X": "d×m", "C": "n×m"}
    assert any("not taken for a part of X" in warning for warning in read.warnings)
    with pytest.raises(ParseError, match="doubtful"):
        matcalc.parse("Σ_i ‖x_i - X c_i‖²", strict=True)


def test_values_for_each_index_need_each_other_not_too_deeply() -> None:
    values = "; ".join([f"r{k}_i = r{k - 1}_i*r{k - 1}_i" for k in range(1, 200)])
    with pytest.raises(matcalc.LimitError):
        matcalc.parse(f"r0_i = x_i; {values}; Σ_i r199_i")
    with pytest.raises(ParseError, match="needs its own value"):
        matcalc.parse("a_i = b_i + x_i; b_i = a_i; Σ_i a_i")


def test_members_that_are_tied_have_no_derivative() -> None:
    with pytest.raises(ParseError, match="each is symmetric"):
        matcalc.derive(r"\sum_k \log\det A_k", "A", declare="A_k: n×n symmetric")
