"""Functions through singular values and eigenvalues, and the general matrix power, for the evaluator."""

from __future__ import annotations

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
    """Left and right singular vectors of the largest singular value; the right one's largest entry is positive."""
    import numpy as np

    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    first, second = left[:, 0], right[0]
    sign = 1.0 if second[np.argmax(np.abs(second))] > 0 else -1.0
    return sign * first, sign * second


def matrix_power(matrix: NDArray[Any], exponent: float) -> NDArray[Any]:
    """X^k; for an exponent that is not an integer exp(k log X)."""
    import numpy as np

    if float(exponent).is_integer():
        return np.asarray(np.linalg.matrix_power(matrix, int(exponent)))
    return matrix_exponential(exponent * matrix_logarithm(matrix))


def top_eigenvector(matrix: NDArray[Any]) -> NDArray[Any]:
    """The unit eigenvector of the largest eigenvalue of the symmetric part; its largest entry is positive."""
    import numpy as np

    vector = np.linalg.eigh((matrix + matrix.T) / 2)[1][:, -1]
    return np.asarray(vector if vector[np.argmax(np.abs(vector))] > 0 else -vector)


def reduced_resolvent(matrix: NDArray[Any]) -> NDArray[Any]:
    """Σ v v'/(λ₁ - λ) over the other eigenpairs of the symmetric part: the pseudoinverse of λ₁ I - A where λ₁ is simple."""
    import numpy as np

    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    others = vectors[:, :-1]
    return np.asarray((others / (values[-1] - values[:-1])) @ others.T)


def singular_resolvents(matrix: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The pseudoinverses of σ₁² I - A A' and of σ₁² I - A' A where σ₁ is simple.

    With the thin decomposition A = U S V' the first is (I + U W U')/σ₁², W = σ²/(σ₁² - σ²) for the other singular values, -1 for σ₁.
    """
    import numpy as np

    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    top, others = values[0], values[1:]
    weights = np.concatenate([[-1.0], others**2 / ((top - others) * (top + others))])
    bases = left, right.T
    first, second = [(np.eye(len(basis)) + (basis * weights) @ basis.T) / top**2 for basis in bases]
    return first, second


def divided_differences(matrix: NDArray[Any], name: str) -> NDArray[Any]:
    """``(f(a) - f(b))/(a - b)`` for all pairs of eigenvalues of a symmetric matrix, f'(a) where they are equal; f is exp, log or sqrt.

    Eigenvalues ascend, as in ``eigvecs``. Each function has a form without a difference of nearly equal numbers.
    """
    import numpy as np

    values = np.linalg.eigvalsh(matrix)
    one, other = np.meshgrid(values, values, indexing="ij")
    low, high = np.minimum(one, other), np.maximum(one, other)
    gap = high - low
    safe = np.where(gap == 0, 1.0, gap)
    match name:
        case "exp":
            return np.asarray(np.exp(high) * np.where(gap == 0, 1.0, -np.expm1(-safe) / safe))
        case "log":
            return np.asarray(np.where(gap == 0, 1 / low, np.log1p(safe / low) / safe))
        case _:
            return np.asarray(1 / (np.sqrt(low) + np.sqrt(high)))
