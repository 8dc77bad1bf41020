"""Matrix functions against their definitions by series and eigenvalues, and by the equations that they solve."""

from __future__ import annotations

import numpy as np
import pytest

from matcalc.base.errors import MatcalcError
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.numpy_functions import adjugate, matrix_exponential, matrix_logarithm, matrix_square_root


def spectral(function, matrix: np.ndarray) -> np.ndarray:
    """A function of a diagonalisable matrix through its eigenvalues."""
    values, vectors = np.linalg.eig(matrix.astype(complex))
    return ((vectors * function(values)) @ np.linalg.inv(vectors)).real


def matrices(seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [scale * rng.normal(size=(n, n)) for n in (1, 2, 5, 8) for scale in (1e-3, 0.3, 2.0, 10.0)]


@pytest.mark.parametrize("matrix", matrices(1), ids=lambda m: f"{len(m)}-{abs(m).max():.1g}")
def test_exponential(matrix: np.ndarray) -> None:
    assert agrees(matrix_exponential(matrix), spectral(np.exp, matrix), relative=1e-10)


def test_exponential_of_a_nilpotent_matrix_is_its_series() -> None:
    nilpotent = np.array([[0.0, 3.0, 1.0], [0.0, 0.0, 5.0], [0.0, 0.0, 0.0]])
    assert agrees(matrix_exponential(nilpotent), np.eye(3) + nilpotent + nilpotent @ nilpotent / 2, relative=1e-14)


@pytest.mark.parametrize("matrix", matrices(2), ids=lambda m: f"{len(m)}-{abs(m).max():.1g}")
def test_square_root_and_logarithm(matrix: np.ndarray) -> None:
    largest = np.abs(matrix).max()
    square = matrix @ matrix.T + 0.1 * largest**2 * np.eye(len(matrix)) + 0.01 * largest * np.triu(matrix)
    root = matrix_square_root(square)
    assert agrees(root @ root, square, relative=1e-9)
    assert np.all(np.linalg.eigvals(root).real > 0)
    assert agrees(matrix_exponential(matrix_logarithm(square)), square, relative=1e-9)
    assert agrees(matrix_logarithm(square), spectral(np.log, square), relative=1e-8)


def test_square_root_of_a_rotation_is_half_the_angle() -> None:
    def turn(angle: float) -> np.ndarray:
        return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])

    assert agrees(matrix_square_root(turn(2.0)), turn(1.0), relative=1e-12)
    assert agrees(matrix_logarithm(turn(2.0)), [[0.0, -2.0], [2.0, 0.0]], relative=1e-12)


def test_no_real_root() -> None:
    with pytest.raises((MatcalcError, np.linalg.LinAlgError)):
        matrix_square_root(np.diag([1.0, -1.0]))
    with pytest.raises((MatcalcError, np.linalg.LinAlgError)):
        matrix_logarithm(np.diag([1.0, -1.0]))


@pytest.mark.parametrize("rank", [0, 1, 2, 3, 4])
def test_adjugate_of_singular_matrices(rank: int) -> None:
    rng = np.random.default_rng(rank)
    matrix = rng.normal(size=(4, rank)) @ rng.normal(size=(rank, 4))
    expected = [
        [(-1) ** (p + q) * np.linalg.det(np.delete(np.delete(matrix, q, 0), p, 1)) for q in range(4)] for p in range(4)
    ]  # fmt: skip
    assert agrees(adjugate(matrix), expected, relative=1e-10)
    assert (np.abs(adjugate(matrix)).max() < 1e-10) == (rank < 3)


def test_adjugate_of_a_number_is_one() -> None:
    assert agrees(adjugate(np.array([[5.0]])), [[1.0]])
