"""Linear algebra over Fractions, against NumPy and by what defines each result."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
import pytest

from matcalc.base import fields


def whole(rng: Random, rows: int, cols: int) -> fields.Matrix:
    return [[Fraction(rng.randint(-4, 4)) for _ in range(cols)] for _ in range(rows)]


@pytest.mark.parametrize("seed", range(12))
def test_determinant_rank_and_inverse(seed: int) -> None:
    rng = Random(seed)
    size = 1 + seed % 5
    matrix = whole(rng, size, size)
    if seed % 3 == 0 and size > 1:
        matrix[-1] = list(matrix[0])
    floats = np.array(matrix, dtype=float)
    assert float(fields.determinant(matrix)) == pytest.approx(np.linalg.det(floats), abs=1e-9)
    assert fields.rank(matrix) == np.linalg.matrix_rank(floats)
    if fields.determinant(matrix):
        assert fields.product(matrix, fields.inverse(matrix)) == fields.identity(size)
    else:
        with pytest.raises(fields.SingularMatrixError):
            fields.inverse(matrix)


def test_solve_takes_several_right_sides() -> None:
    rng = Random(3)
    matrix, right = whole(rng, 4, 4), whole(rng, 4, 2)
    assert fields.product(matrix, fields.solve(matrix, right)) == right


def test_rectangular_rank() -> None:
    rng = Random(5)
    assert fields.rank(fields.product(whole(rng, 5, 2), whole(rng, 2, 4))) == 2


def test_zero_matrix_has_no_inverse() -> None:
    with pytest.raises(fields.SingularMatrixError):
        fields.inverse(fields.zeros(2, 2))


def test_any_field_will_do() -> None:
    """Complex rationals, as pairs, are never asked for more than the operations of a field."""
    assert fields.determinant([[2.0, 1.0], [1.0, 1.0]]) == 1.0
    assert fields.inverse([[1j, 0j], [0j, 1 + 0j]])[0][0] == -1j
