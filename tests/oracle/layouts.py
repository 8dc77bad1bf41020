"""The layouts of a derivative, computed apart from the package: what its own arranging of the axes is checked against."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from matcalc.base.errors import ShapeError
from matcalc.base.shapes import Shape, shape_text
from matcalc.base.sizes import ONE


def layout(tensor: NDArray[Any], numerator: Shape, denominator: Shape, name: str = "denominator") -> NDArray[Any]:
    """The derivative of a ``numerator`` by a ``denominator`` as the array that a user gets.

    ``tensor`` has the axes of the numerator, then those of the denominator, where a row or column has one axis and a scalar none.
    ``name`` is ``"denominator"``, ``"numerator"`` or ``"tensor"``. For the Hessian of a scalar the numerator is the gradient.
    Vectors come back 1-D. Raises ShapeError for an unknown layout or a tensor that does not have these axes.
    """
    above, below = _axes(numerator), _axes(denominator)
    if tensor.ndim != above + below:
        raise ShapeError(f"{tensor.ndim} axes are not {shape_text(numerator)} by {shape_text(denominator)}")
    if name not in ("denominator", "numerator", "tensor"):
        raise ShapeError(f"there is no layout {name!r}", expected="denominator, numerator or tensor")
    if name == "tensor" or tensor.ndim == 0:
        return tensor
    if above == 0:  # shape of the denominator; transposed in the numerator layout
        return tensor.T if name == "numerator" else tensor
    if below == 0:  # a vector has one axis either way; a matrix by a scalar keeps its shape in every layout
        return tensor
    rows = tensor.reshape((_count(tensor.shape[:above]), -1), order="F")  # column-major vec of both groups of axes
    return rows if name == "numerator" else rows.T


def _axes(shape: Shape) -> int:
    return 1 if len(shape) == 2 and shape[0] == ONE else len(shape)


def _count(lengths: tuple[int, ...]) -> int:
    total = 1
    for length in lengths:
        total *= length
    return total
