"""Matrix functions that NumPy lacks, for square float arrays: exponential, logarithm, square root, adjugate, logarithm of the determinant.

Written without SciPy so that the evaluator needs NumPy only. Each takes one ``(n, n)`` array.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Largest 1-norm for which the [13/13] Padé approximant of exp is accurate to double precision (Higham 2005).
_PADE_BOUND = 5.371920351148152


def matrix_exponential(matrix: NDArray[Any]) -> NDArray[Any]:
    """exp(A) = I + A + A²/2 + ... by scaling and squaring with the [13/13] Padé approximant; NaN when A is not finite."""
    import numpy as np

    norm = float(np.linalg.norm(matrix, 1))
    if not math.isfinite(norm):
        return np.full_like(matrix, np.nan)
    squarings = max(0, math.ceil(math.log2(norm / _PADE_BOUND))) if norm > _PADE_BOUND else 0
    scaled = matrix / 2.0**squarings
    # p(A) = Σ c_k A^k, q(A) = p(-A), c_k = (26-k)! 13! / (26! k! (13-k)!)
    coefficients = [
        math.factorial(26 - k) * math.factorial(13) / (math.factorial(26) * math.factorial(k) * math.factorial(13 - k)) for k in range(14)
    ]
    identity = np.eye(len(matrix), dtype=matrix.dtype)
    square = scaled @ scaled
    even, odd = np.zeros_like(scaled), np.zeros_like(scaled)
    for k in range(6, -1, -1):
        even = even @ square + coefficients[2 * k] * identity
        odd = odd @ square + coefficients[2 * k + 1] * identity
    odd = scaled @ odd
    result = np.linalg.solve(even - odd, even + odd)
    for _ in range(squarings):
        result = np.asarray(result @ result)
    return result


def matrix_square_root(matrix: NDArray[Any]) -> NDArray[Any]:
    """The principal square root, by the scaled product form of the Denman-Beavers iteration.

    Raises MatcalcError when the matrix has eigenvalues on the closed negative real axis, where there is none.
    """
    import numpy as np

    size = len(matrix)
    identity = np.eye(size, dtype=matrix.dtype)
    root, product = matrix, matrix
    for _ in range(60):
        determinant = abs(np.linalg.det(product))
        # Scaling by the determinant makes the first, slow phase of Newton's iteration short; near convergence it is 1.
        scale = determinant ** (-1.0 / (2 * size)) if 1e-300 < determinant < 1e300 else 1.0
        if abs(scale - 1.0) < 1e-2:
            scale = 1.0
        inverse = np.linalg.inv(product)
        root = 0.5 * scale * root @ (identity + inverse / scale**2)
        product = 0.5 * (identity + 0.5 * (scale**2 * product + inverse / scale**2))
        error = float(np.max(np.abs(product - identity)))
        if error < 1e-14 * size:
            break
    # A non-real root makes the real iteration wander: then the square is not the matrix.
    if not np.max(np.abs(root @ root - matrix)) <= 1e-6 * max(1.0, float(np.max(np.abs(matrix)))):
        raise MatcalcError("the matrix has no real principal square root: it has eigenvalues that are zero or negative")
    return root


def matrix_logarithm(matrix: NDArray[Any]) -> NDArray[Any]:
    """The principal logarithm, by inverse scaling and squaring: log(A) = 2^k log(A^(1/2^k)).

    Raises MatcalcError when the matrix has no real principal logarithm.
    """
    import numpy as np

    identity = np.eye(len(matrix), dtype=matrix.dtype)
    root, roots = matrix, 0
    while np.linalg.norm(root - identity, 1) > 0.3:
        if roots > 60:
            raise MatcalcError("the matrix has no real principal logarithm")
        root, roots = matrix_square_root(root), roots + 1
    # log(I + X) = ∫₀¹ X (I + tX)⁻¹ dt; Gauss-Legendre with 10 nodes is the diagonal [10/10] Padé approximant.
    nodes, weights = np.polynomial.legendre.leggauss(10)
    rest = root - identity
    total = np.zeros_like(rest)
    for node, weight in zip(nodes, weights, strict=True):
        total = total + 0.5 * weight * np.linalg.solve(identity + 0.5 * (node + 1.0) * rest, rest)
    return np.asarray(2.0**roots * total)


def frechet(function: Callable[[NDArray[Any]], NDArray[Any]], matrix: NDArray[Any], direction: NDArray[Any]) -> NDArray[Any]:
    """The derivative of ``function`` at ``matrix`` in a direction, from the function of a matrix of blocks (Higham, 2008, th. 3.6)."""
    import numpy as np

    size = len(matrix)
    blocks = np.block([[matrix, direction], [np.zeros_like(matrix), matrix]])
    return np.asarray(function(blocks)[:size, size:])


def adjugate(matrix: NDArray[Any]) -> NDArray[Any]:
    """The transposed matrix of cofactors, A adj(A) = det(A) I; right for singular matrices too.

    With A = U S V', adj(A) = det(U) det(V) V adj(S) U', and adj(S) needs no division.
    """
    import numpy as np

    left, values, right = np.linalg.svd(matrix)
    size = len(values)
    before, after = np.ones(size), np.ones(size)
    for k in range(1, size):
        before[k] = before[k - 1] * values[k - 1]
        after[size - 1 - k] = after[size - k] * values[size - k]
    cofactors = before * after
    sign = np.linalg.det(left) * np.linalg.det(right)
    result: NDArray[Any] = sign * (right.conj().T * cofactors) @ left.conj().T
    return result


def log_determinant(matrix: NDArray[Any]) -> Any:
    """log(det(A)), which neither overflows nor underflows with the determinant; NaN where that is negative."""
    import numpy as np

    sign, size = np.linalg.slogdet(matrix)
    return size if sign >= 0 else np.nan
