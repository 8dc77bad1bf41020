"""Factors of a matrix and what its eigenvalues and singular values are derived with, in NumPy."""

from __future__ import annotations

from typing import Any

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import NDArray, np


def polar_factor(matrix: NDArray[Any]) -> NDArray[Any]:
    """U V' of the thin singular value decomposition U S V'."""
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    return np.asarray(left @ right)


def triangular_factor(matrix: NDArray[Any]) -> NDArray[Any]:
    """R of X = Q R with a positive diagonal.

    Raises MatcalcError for a matrix with fewer rows than columns.
    """
    factor = np.asarray(np.linalg.qr(matrix, mode="r"))
    if len(factor) < factor.shape[1]:
        raise MatcalcError("a matrix with more columns than rows has no triangular factor that is square")
    return np.asarray(np.sign(np.diagonal(factor))[:, None] * factor)


def singular_vectors(matrix: NDArray[Any], place: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Left and right singular vectors of the singular value at a place; the right one's largest
    entry is positive."""
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    first, second = left[:, place], right[place]
    sign = 1.0 if second[np.argmax(np.abs(second))] > 0 else -1.0
    return sign * first, sign * second


def top_eigenvector(matrix: NDArray[Any]) -> NDArray[Any]:
    """The unit eigenvector of the largest eigenvalue of the symmetric part; its largest entry is
    positive."""
    vector = np.linalg.eigh((matrix + matrix.T) / 2)[1][:, -1]
    return np.asarray(vector if vector[np.argmax(np.abs(vector))] > 0 else -vector)


def reduced_resolvent(matrix: NDArray[Any]) -> NDArray[Any]:
    """Σ v v'/(λ₁ - λ) over the other eigenpairs of the symmetric part: the pseudoinverse of λ₁ I -
    A where λ₁ is simple."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    others = vectors[:, :-1]
    return np.asarray((others / (values[-1] - values[:-1])) @ others.T)


def singular_resolvents(matrix: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The pseudoinverses of σ₁² I - A A' and of σ₁² I - A' A where σ₁ is simple.

    With the thin decomposition A = U S V' the first is (I + U W U')/σ₁², W = σ²/(σ₁² - σ²) for the
    other singular values, -1 for σ₁.
    """
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    top, others = values[0], values[1:]
    weights = np.concatenate([[-1.0], others**2 / ((top - others) * (top + others))])
    bases = left, right.T
    first, second = [(np.eye(len(basis)) + (basis * weights) @ basis.T) / top**2 for basis in bases]
    return first, second


def low_resolvents(matrix: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The pseudoinverses of σ² I - A A' and of σ² I - A' A where σ, the smallest singular value, is
    simple and positive: Σ u u'/(σ² - τ²) over all other singular vectors, those of τ = 0 too."""
    left, values, right = np.linalg.svd(matrix)
    first, second = [_low_resolvent(basis, values) for basis in (left, right.T)]
    return first, second


def _low_resolvent(basis: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    *others, low = values
    weights = [1 / ((low - other) * (low + other)) for other in others]
    weights += [0.0, *[1 / low**2] * (len(basis) - len(values))]
    return np.asarray((basis * weights) @ basis.T)


def reciprocal_gaps(values: NDArray[Any]) -> NDArray[Any]:
    """``1/(b - a)`` for all pairs a, b of numbers, 0 on the diagonal."""
    identity = np.eye(len(values))
    return np.asarray(1 / (values - values[:, None] + identity) - identity)
