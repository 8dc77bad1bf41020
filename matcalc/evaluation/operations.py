"""NumPy implementations of single operations, for arrays whose last two axes are rows and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def added(terms: tuple[NDArray[Any], ...]) -> NDArray[Any]:
    """The sum of two or more terms."""
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result


def commutation(m: int, n: int) -> NDArray[Any]:
    """K with K vec(X) = vec(X') for X with m rows and n columns: vec(X)[i + m j] = vec(X')[j + n i]."""
    import numpy as np

    matrix = np.zeros((m * n, m * n))
    i, j = np.divmod(np.arange(m * n), n)
    matrix[j + n * i, i + m * j] = 1.0
    return np.asarray(matrix)


def kronecker(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """The Kronecker product."""
    import numpy as np

    blocks = left[..., :, None, :, None] * right[..., None, :, None, :]
    rows, columns = left.shape[-2] * right.shape[-2], left.shape[-1] * right.shape[-1]
    return np.asarray(blocks.reshape((*blocks.shape[:-4], rows, columns)))


def log_sum_exp(entries: NDArray[Any]) -> Any:
    """The logarithm of the sum of exponentials: -inf where all are 0."""
    import numpy as np

    largest = np.max(entries)
    shift = largest if np.isfinite(largest) else 0.0
    return shift + np.log(np.sum(np.exp(entries - shift)))


def _scaled(entries: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """A scale for each matrix, and its entries by that scale, so that their powers neither overflow nor underflow."""
    import numpy as np

    largest = entries.max(axis=(-2, -1), keepdims=True)
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1.0)
    return scale, entries / scale


def norm(kind: str, operands: tuple[NDArray[Any], ...]) -> NDArray[Any]:
    """A norm of the first operand, with the second as its parameter; the kinds are those of ``Norm``."""
    import numpy as np

    operand = operands[0]
    both = (-2, -1)
    result: NDArray[Any]
    match kind:
        case "2":
            scale, entries = _scaled(np.abs(operand))
            result = scale * np.sqrt((entries**2).sum(axis=both, keepdims=True))
        case "1":
            result = np.abs(operand).sum(axis=both, keepdims=True)
        case "p":
            scale, entries = _scaled(np.abs(operand))
            result = scale * (entries ** operands[1]).sum(axis=both, keepdims=True) ** (1.0 / operands[1])
        case "A":
            column = operand if operand.shape[-1] == 1 else np.swapaxes(operand, -1, -2)
            result = np.sqrt(np.swapaxes(column, -1, -2) @ operands[1] @ column)
        case "nuclear" | "spectral":
            singular = np.linalg.svd(operand, compute_uv=False)[..., None]
            result = singular.sum(axis=-2, keepdims=True) if kind == "nuclear" else singular[..., :1, :]
        case _:
            raise MatcalcError(f"the norm {kind!r} has no numerical implementation")
    return result
