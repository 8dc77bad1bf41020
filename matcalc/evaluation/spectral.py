"""Functions through singular values and eigenvalues, and the general matrix power, for the evaluator."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from matcalc.evaluation.matrix_functions import matrix_exponential, matrix_logarithm

if TYPE_CHECKING:
    from numpy.typing import NDArray


def polar_factor(matrix: NDArray[Any]) -> NDArray[Any]:
    """U V' of the thin singular value decomposition U S V'."""
    import numpy as np

    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    return np.asarray(left @ right)


def top_singular_vectors(matrix: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Left and right singular vectors of the largest singular value; the left one's largest entry is positive."""
    import numpy as np

    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    first, second = left[:, 0], right[0]
    sign = 1.0 if first[np.argmax(np.abs(first))] > 0 else -1.0
    return sign * first, sign * second


def matrix_power(matrix: NDArray[Any], exponent: float) -> NDArray[Any]:
    """X^k; for an exponent that is not an integer exp(k log X)."""
    import numpy as np

    if float(exponent).is_integer():
        return np.asarray(np.linalg.matrix_power(matrix, int(exponent)))
    return matrix_exponential(exponent * matrix_logarithm(matrix))


def divided_differences(matrix: NDArray[Any], function: Callable[[Any], Any], slope: Callable[[Any], Any]) -> NDArray[Any]:
    """``(f(a) - f(b))/(a - b)`` for all pairs of eigenvalues of a symmetric matrix, ``f'(a)`` where they are equal.

    Eigenvalues ascend, as in ``eigvecs``.
    """
    import numpy as np

    values = np.linalg.eigvalsh(matrix)
    one, other = np.meshgrid(values, values, indexing="ij")
    close = np.abs(one - other) <= 1e-7 * np.maximum(1.0, np.abs(one))
    return np.asarray(np.where(close, slope((one + other) / 2), (function(one) - function(other)) / np.where(close, 1.0, one - other)))
