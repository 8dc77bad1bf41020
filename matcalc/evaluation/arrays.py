"""Between the arrays that users hold and the two-dimensional arrays that the evaluator computes with.

Outside, a scalar is a number or 0-d array, a column or row vector a 1-D array and a matrix a 2-D array.
Inside, everything is ``(rows, columns)``, so that a row and a column cannot be mistaken for each other; tensors of higher order have all
their axes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from math import prod
from numbers import Complex, Real
from typing import TYPE_CHECKING, Any

from matcalc.errors import LimitError, MatcalcError, ShapeError
from matcalc.expr.nodes import shape_text
from matcalc.sizes import ONE, Shape, Size

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST = 2 * 10**8
"""Most entries an array may have."""


def as_array(name: str, value: Any, shape: Shape) -> NDArray[Any]:
    """A user's value for the symbol ``name`` as an array of the inside form: 2-D, or more axes for a declared tensor.

    Vectors are taken as ``(n,)``, ``(n, 1)`` or ``(1, n)``. Raises ShapeError for an array of another order, MatcalcError for
    something that is not a numeric array.
    """
    import numpy as np

    array = numeric(name, value)
    array = array.astype(np.complex128 if np.iscomplexobj(array) else np.float64)
    given = array.shape
    if not shape:
        if array.size == 1:
            return array.reshape(1, 1)
    elif len(shape) == 1 or (len(shape) == 2 and shape[0] == ONE):
        if array.ndim <= 1 or (array.ndim == 2 and 1 in given):
            return array.reshape((-1, 1) if len(shape) == 1 else (1, -1))
    elif array.ndim == len(shape):
        return array
    raise ShapeError(f"{name} is {shape_text(shape)}, but the array given for it has shape {given}")


def numeric(name: str, value: Any) -> NDArray[Any]:
    """A user's value for ``name`` as an array of numbers of a type that NumPy's linear algebra takes, single or double precision.

    Raises MatcalcError for what is no array of numbers, or has a number that no double holds.
    """
    import numpy as np

    try:
        array = np.asarray(value)
        if array.dtype in (np.float64, np.float32, np.complex128, np.complex64):
            return array
        if array.dtype == np.float16:  # of which linear algebra has none
            return array.astype(np.float32)
        if array.dtype.kind in "biuf" or (array.dtype.kind == "O" and all(isinstance(entry, Real | Decimal) for entry in array.flat)):
            return array.astype(np.float64)
        if array.dtype.kind in "cO" and all(isinstance(entry, Complex) for entry in array.flat):
            return array.astype(np.complex128)
    except (TypeError, ValueError, OverflowError) as error:
        raise MatcalcError(f"the value of {name} is not a numeric array: {error}") from error
    raise MatcalcError(f"the value of {name} is not a numeric array")


def from_inside(array: NDArray[Any], shape: Shape) -> NDArray[Any]:
    """An inside array of this ``shape``, leading axes kept, in the form that users hold."""
    lead = array.shape[: -max(len(shape), 2)]
    if not shape:
        return array.reshape(lead)
    if len(shape) == 1 or (len(shape) == 2 and shape[0] == ONE):
        return array.reshape((*lead, -1))
    return array


def dimensions(shape: Shape, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The lengths of an inside array of this shape: rows and columns, or all axes of a tensor.

    Raises LimitError when an array of it would not fit.
    """
    lengths = [size.value(sizes) for size in shape]
    lengths += [1] * (2 - len(lengths))
    if prod(lengths) > LARGEST:
        kind = "matrix" if len(lengths) == 2 else "tensor"
        raise LimitError(f"a {'×'.join(map(str, lengths))} {kind} is too large to evaluate")
    return tuple(lengths)


def as_float(value: Fraction) -> float:
    """The nearest double, infinite when there is none."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def solve_sizes(
    shapes: Iterable[tuple[str, Shape, tuple[int, ...]]],
    given: Mapping[str, int],
    needed: Iterable[str],
) -> dict[str, int]:
    """Numbers for size names, from the lengths of arrays: ``shapes`` has (symbol, its shape, its array's axes without ones).

    A monomial such as ``m*n`` is solved once all but one of its names are known. Raises ShapeError when two
    arrays disagree, or when a name in ``needed`` stays open.
    """
    found: dict[str, int] = {}
    origin: dict[str, str] = {}
    for name, number in given.items():
        found[name] = _positive_integer(name, number)
        origin[name] = f"{name}={found[name]}"
    pending = [(symbol, size, length) for symbol, shape, axes in shapes for size, length in zip(shape, axes, strict=True)]
    progress = True
    while pending and progress:
        progress = False
        left = []
        for symbol, size, length in pending:
            unknown = [name for name in size.names if name not in found]
            if not unknown:
                expected = size.value(found)
                if expected != length:
                    because = ", ".join(dict.fromkeys(origin[name] for name in size.names if name in origin))
                    where = f" (by {because})" if because else ""
                    raise ShapeError(f"the array for {symbol} has length {length} where its size {size} is {expected}{where}")
                progress = True
            elif len(set(unknown)) == 1:
                found[unknown[0]] = _solved(symbol, size, length, found, unknown)
                origin[unknown[0]] = symbol
                progress = True
            else:
                left.append((symbol, size, length))
        pending = left
    missing = sorted({name for name in needed if name not in found})
    if missing:
        keywords = ", ".join(f"{name}=..." for name in missing)
        raise ShapeError(f"no array fixes the size{'s' if len(missing) > 1 else ''} {', '.join(missing)}", suggestion=f"pass {keywords}")
    return found


def _positive_integer(name: str, number: Any) -> int:
    """The number given for a size, which a float or an array of one entry may hold."""
    try:
        whole = 0 if isinstance(number, (bool, str)) else int(number)
        agrees = bool(whole == number)
    except (TypeError, ValueError, OverflowError):
        agrees = False
    if not agrees or whole < 1:
        raise ShapeError(f"the size {name} is a positive integer, not {number!r}")
    return whole


def _solved(symbol: str, size: Size, length: int, found: Mapping[str, int], unknown: list[str]) -> int:
    """The number for the one name in ``unknown`` (repeated as often as it occurs) that makes ``size`` equal ``length``."""
    known = size.factor
    for name in size.names:
        known *= found.get(name, 1)
    root = round((length / known) ** (1 / len(unknown))) if known else 0
    if root < 1 or known * root ** len(unknown) != length:
        raise ShapeError(f"the array for {symbol} has length {length}, which is not of the form {size}")
    return root
