"""Products without a sum sign are summed over letters that stand in them twice, where nothing else can be meant."""

from __future__ import annotations

import pytest

from matcalc import verify
from matcalc.base.errors import ParseError

# statement | verdict | letters that are summed over
TABLE = r"""
x'*A*x = x_i a_ij x_j                                     | proved  | i, j
tr(A*B) = a_ij b_ji                                       | proved  | i, j
tr(A) = A_ii                                              | proved  | i
(AB)_{ij} = A_{ik} B_{kj}                                 | proved  | k
[AB]_{st} = a_{sk} b_{kt}                                 | proved  | k
\frac{\partial a_{ij} x_j}{\partial x_k} = a_{ik}         | proved  | j
\frac{d}{dx_k} x_i a_{ij} x_j = a_{kj} x_j + x_i a_{ik}   | proved  | i, j
\frac{d}{dx_k} x_i a_{ij} x_j = (a_{ki} + a_{ik}) x_i     | proved  | i, j
\frac{d}{dx_k} (x^\top A x) = \frac{d}{dx_k} x_i a_{ij} x_j | proved | i, j
\frac{d}{dx_k} x_i a_{ij} x_j = a_{kj} x_j - x_i a_{ik}   | refuted | i, j
(AB)_{ij} = A_{ik} B_{jk}                                 | conditional | k
""".strip().splitlines()


@pytest.mark.parametrize("line", TABLE)
def test_repeated_letters_are_summed_over(line: str) -> None:
    statement, status, letters = (part.strip() for part in line.split(" | "))
    found = verify(statement)
    assert found.status == status
    assert any(f"products are summed over {letters}, which" in warning for warning in found.warnings)
    assert found.reading is not None and any(one.choice == "sum" for one in found.reading.decisions)


def test_a_strict_reading_refuses_what_is_not_written() -> None:
    with pytest.raises(ParseError, match="no sum is written"):
        verify("tr(A*B) = a_ij b_ji", strict=True)


# Entries one by one, one of many samples, and sums that are written.
OTHERS = [
    r"\frac{\partial}{\partial w_i} \sum_j w_j x_j = x_i",
    r"\frac{\partial}{\partial w} \log(y_i w^\top x_i) = \frac{x_i}{w^\top x_i}",
    r"[AB]_{ij} = \sum_k A_{ik} B_{kj}",
    "A_ij B_ij = B_ij A_ij",
]


@pytest.mark.parametrize("statement", OTHERS)
def test_other_letters_are_not(statement: str) -> None:
    assert not any("products are summed" in note for note in verify(statement).notes)


def test_letters_in_brackets_behind_an_array_are_indices() -> None:
    assert verify(r"\sum_k u_{ik} v_{kb} = [UV]_{ib}").status == "proved"
    assert verify(r"u_{ia} = [U^\top]_{ai}").status == "proved"
