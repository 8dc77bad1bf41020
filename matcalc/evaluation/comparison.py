"""Comparing numerical results."""

from __future__ import annotations

from typing import Any


def agrees(first: Any, second: Any, *, relative: float = 1e-6, absolute: float = 1e-9) -> bool:
    """Whether two arrays are equal up to rounding: no entry differs by more than ``absolute + relative * (largest entry)``.

    Never true for arrays of different shapes, for empty arrays, or when an entry is not finite.

    >>> agrees([1.0, 2.0], [1.0, 2.0 + 1e-9]), agrees([1.0], 1.0), agrees([], []), agrees([float("nan")], [float("nan")])
    (True, False, False, False)
    """
    import numpy as np

    left, right = np.asarray(first), np.asarray(second)
    if left.shape != right.shape or left.size == 0 or left.dtype == object or right.dtype == object:
        return False
    if not (np.all(np.isfinite(left)) and np.all(np.isfinite(right))):
        return False
    largest = max(float(np.max(np.abs(left))), float(np.max(np.abs(right))))
    return bool(np.max(np.abs(left - right)) <= absolute + relative * largest)
