"""What the name of a factorization says of the factors in its equation, and where it says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses, verified

_TRUE = [
    ("The SVD is $B = U S V^T$.", "B^T B = V S^2 V^T"),
    ("A singular value decomposition of the square matrix $B$ is $B = U S V^T$.", "B^{-1} = V S^{-1} U^T"),
    ("Let $B = W \\Lambda W^T$ be the eigendecomposition.", "B^3 = W \\Lambda^3 W^T"),
    ("Suppose that $B$ is diagonalized as $B = P D P^{-1}$.", "\\log |B| = \\sum_i \\log |D_{ii}|"),
    ("With the Cholesky factor $L$ of $B = L L^T$.", "\\log |B| = 2 \\sum_i \\log L_{ii}"),
    ("By the Cholesky factorization $B = R^T R$.", "\\log |B| = 2 \\sum_i \\log R_{ii}"),
    ("The QR decomposition is $B = Q R$.", "B^T B = R^T R"),
]


@pytest.mark.parametrize(("said", "claim"), _TRUE, ids=[said for said, _ in _TRUE])
def test_the_factors_are_what_the_name_says(said: str, claim: str, tmp_path: Path) -> None:
    assert statuses(f"{said} Then $${claim}.$$", tmp_path)[0] in ("proved", "confirmed")
    # Without the name nothing is known of the factors.
    equation = said[said.index("$B = ") : said.rindex("$") + 1]
    assert statuses(f"We write {equation}. Then $${claim}.$$", tmp_path)[0] not in ("proved", "confirmed")


_FALSE = [
    ("The SVD is $B = U S V^T$.", "B B^T = V S^2 V^T"),
    ("The SVD is $B = U S V^T$.", "B^T B = V S V^T"),
    ("Let $B = W \\Lambda W^T$ be the eigendecomposition.", "B^2 = W^T \\Lambda^2 W"),
    ("The QR decomposition is $B = Q R$.", "B^T B = R R^T"),
    ("By the Cholesky factorization $B = L L^T$.", "B^{-1} = L^{-1} L^{-T}"),
]


@pytest.mark.parametrize(("said", "claim"), _FALSE)
def test_a_wrong_claim_about_the_factors_is_not_proved(said: str, claim: str, tmp_path: Path) -> None:
    assert statuses(f"{said} Then $${claim}.$$", tmp_path)[0] in ("refuted", "conditional", "undecided")


@pytest.mark.parametrize(
    "said",
    [
        "This is not an SVD: $B = U S V^T$.",
        "Unlike the SVD, we take $B = U S V^T$.",
        "Beware: $B = U S V^T$ is wrongly called the SVD.",
        "An approximate SVD is $B = U S V^T$.",
        "The product $B = U S V^T$ is similar to an SVD.",
        "We take $B = U S V^T$, which generalizes the SVD.",
        "The pseudo-SVD is $B = U S V^T$.",
        "The SVD is $B = U S V$.",
        "The SVD is $B = U S U^T$.",
        "The SVD is $B = U + S V^T$.",
    ],
)
def test_what_is_no_such_factorization_says_nothing(said: str, tmp_path: Path) -> None:
    assert statuses(f"{said} Then $$V^T V = I.$$", tmp_path) == statuses("Then $$V^T V = I.$$", tmp_path)


def test_the_middle_of_a_full_decomposition_is_not_taken_for_a_square_matrix(tmp_path: Path) -> None:
    full = "Let $B = U S V^T$ be the SVD with $S \\in \\mathbb{R}^{m \\times n}$. Then $$B^T B = V S^T S V^T.$$ Also $$B^T B = V S^2 V^T.$$"
    assert statuses(full, tmp_path)[0] == "proved"
    assert statuses(full, tmp_path)[1] not in ("proved", "confirmed")


def test_the_report_says_where_the_factorization_is_named(tmp_path: Path) -> None:
    report = verified("Let $B = U S V^T$ be the SVD.\n\nThen $$B^T B = V S^2 V^T.$$", tmp_path)
    assert any("SVD" in str(said) and "1" in str(said) for said in report.claims[0].context)


def test_another_section_has_factors_of_its_own(tmp_path: Path) -> None:
    text = "# One\n\nThe SVD is $B = U S V^T$.\n\n# Two\n\nLet $U$ be a matrix. Then $$U^T U = I.$$"
    assert statuses(text, tmp_path)[0] not in ("proved", "confirmed")
