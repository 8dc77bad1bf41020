"""Claims that are true in another layout, or as people write such claims, are not called false; claims tell the layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcalc.documents.reports import Report
from tests.documents.notes import verified

ROWS = [
    r"\frac{\partial (a^\top x)}{\partial x} = a^\top",
    r"\frac{\partial (A x)}{\partial x} = A",
    r"\frac{\partial (x^\top x)}{\partial x} = 2 x^\top",
    r"\frac{\partial \operatorname{tr}(A X)}{\partial X} = A",
]
COLUMNS = [
    r"\frac{\partial (a^\top x)}{\partial x} = a",
    r"\frac{\partial (A x)}{\partial x} = A^\top",
    r"\frac{\partial (x^\top x)}{\partial x} = 2 x",
    r"\frac{\partial \operatorname{tr}(A X)}{\partial X} = A^\top",
]
JACOBIANS = [
    r"\frac{\partial (B x)}{\partial x} = B",
    r"\frac{\partial (B x + b)}{\partial x} = B",
    r"\frac{\partial (B^\top x)}{\partial x} = B^\top",
    r"\frac{\partial (B C x)}{\partial x} = B C",
]
GRADIENTS = [r"\nabla_x (a^\top x) = a", r"\nabla_x (x^\top x) = 2x", r"\nabla_x \|B x\|^2 = 2 B^\top B x"]


def _verified(formulas: list[str], folder: Path, before: str = "") -> Report:
    return verified(before + "".join(f"\n$$\n{formula}\n$$\n" for formula in formulas), folder)


def _statuses(formulas: list[str], folder: Path, before: str = "") -> list[str]:
    return [entry.status for entry in _verified(formulas, folder, before).claims]


def test_four_claims_that_agree_tell_the_layout(tmp_path: Path) -> None:
    report = _verified([*ROWS, r"\frac{\partial (b^\top x)}{\partial x} = 2 b^\top"], tmp_path)
    assert [entry.status for entry in report.claims] == ["proved"] * 4 + ["refuted"]
    assert all("numerator layout, which the claims of lines 3, 7, 11, 15 tell" in entry.context[-1] for entry in report.claims)


def test_fewer_claims_or_a_fifth_against_them_tell_nothing(tmp_path: Path) -> None:
    assert _statuses(ROWS[:3], tmp_path) == ["undecided"] * 3
    assert _statuses([*ROWS, *COLUMNS[:2]], tmp_path) == ["undecided"] * 4 + ["proved"] * 2


def test_two_claims_in_three_tell_that_others_are_transposed(tmp_path: Path) -> None:
    report = _verified([*COLUMNS[1:], ROWS[3].replace("A", "B")], tmp_path)
    assert [entry.status for entry in report.claims] == ["proved"] * 3 + ["conditional"]
    assert "transposed" in report.claims[-1].remark or "should be Bᵀ" in report.claims[-1].remark
    assert "denominator layout, which the claims of lines 3, 7, 11 tell" in report.claims[-1].context[-1]
    assert _statuses([*COLUMNS[:2], *ROWS[2:]], tmp_path) == ["proved"] * 2 + ["undecided"] * 2


def test_jacobians_of_rows_beside_gradients_that_are_columns(tmp_path: Path) -> None:
    assert _statuses([*GRADIENTS, *JACOBIANS], tmp_path) == ["proved"] * 7
    assert _statuses([*GRADIENTS, *JACOBIANS[:2]], tmp_path) == ["proved"] * 3 + ["undecided"] * 2


def test_what_is_true_in_a_layout_that_is_not_the_one_of_the_text_is_conditional(tmp_path: Path) -> None:
    report = _verified([*COLUMNS, r"\frac{\partial \operatorname{tr}(X D)}{\partial X} = D"], tmp_path)
    assert report.claims[-1].status == "conditional"
    assert "numerator layout" in report.claims[-1].remark
    said = "We use the numerator layout.\n"
    assert _statuses([r"\frac{\partial (a^\top x)}{\partial x} = a", r"\nabla_x (a^\top x) = a"], tmp_path, said) == [
        "conditional",
        "undecided",
    ]


LOOSE = [
    ("a factor of a chain rule", r"\frac{\partial (A B)}{\partial A} = B^\top"),
    ("a factor of a chain rule for a vector", r"\frac{\partial (W x)}{\partial W} = x^\top"),
    ("the diagonal as a vector", r"\frac{\partial (x \odot x)}{\partial x} = 2 x"),
    ("ones", r"\frac{\partial}{\partial x} \sum_i x_i = 1"),
    ("the identity", r"\frac{\partial (W x + b)}{\partial b} = 1"),
]


@pytest.mark.parametrize("claim", [claim for _, claim in LOOSE], ids=[name for name, _ in LOOSE])
def test_what_people_write_loosely_is_undecided_with_the_reason(claim: str, tmp_path: Path) -> None:
    entry = _verified([claim], tmp_path).claims[0]
    assert entry.status == "undecided"
    assert entry.remark


@pytest.mark.parametrize(
    "claim", [r"\frac{\partial (x \odot x)}{\partial x} = 3 x", r"\frac{\partial}{\partial x} \sum_i x_i = 2"]
)
def test_what_is_false_in_every_way_is_refuted(claim: str, tmp_path: Path) -> None:
    assert _statuses([claim], tmp_path) == ["refuted"]


@pytest.mark.parametrize(
    ("layout", "chain"),
    [
        ("numerator", r"\frac{\partial s}{\partial z} \frac{\partial z}{\partial W}"),
        ("denominator", r"\frac{\partial z}{\partial W} \frac{\partial s}{\partial z}"),
    ],
)
def test_chain_rules_by_a_matrix_hold_column_after_column(layout: str, chain: str, tmp_path: Path) -> None:
    said = f"We use {layout} layout. Let $z = W x$ and $s = u^\\top z$.\n"
    assert _statuses([rf"\frac{{\partial s}}{{\partial W}} = {chain}"], tmp_path, said) == ["proved"]


ROW = r"\frac{\partial (a^\top x)}{\partial x} = a^\top"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("The gradient of a scalar function is a row vector.", "proved"),
        ("Derivatives are written as row vectors.", "proved"),
        ("By convention $\\frac{\\partial f}{\\partial x}$ is a row vector.", "proved"),
        ("Some authors use numerator layout.", "undecided"),
        ("We do not use numerator layout.", "undecided"),
        ("The gradient is a column vector.", "conditional"),
    ],
)
def test_sentences_about_rows_and_columns(said: str, status: str, tmp_path: Path) -> None:
    assert _statuses([ROW], tmp_path, said + "\n") == [status]


def test_a_gradient_that_is_a_column_says_nothing_of_a_jacobian(tmp_path: Path) -> None:
    assert _statuses(JACOBIANS[:1], tmp_path, "The gradient is a column vector.\n") == ["undecided"]


def test_chain_rules_of_square_matrices_are_not_refuted_for_their_layout(tmp_path: Path) -> None:
    said = "Let $C, D \\in \\mathbb{R}^{n\\times n}$, $y = C x$ and $z = D y$ with $x \\in \\mathbb{R}^n$.\n"
    chain = r"\frac{\partial z}{\partial y} \frac{\partial y}{\partial x}"
    claims = [rf"\frac{{\partial z}}{{\partial x}} = {factor}{chain}" for factor in ("", "2")]
    assert _statuses(claims, tmp_path, said) == ["undecided", "refuted"]
