"""Shapes of operands: what they are called in messages, and what they come to under an
operation."""

from __future__ import annotations

from collections.abc import Iterable

from matcalc.base.errors import ShapeError
from matcalc.base.sizes import ONE, Shape, shape_of, sizes_text


def shape_text(shape: Shape) -> str:
    """The shape in words, for messages.

    >>> shape_text(())
    'a scalar'
    """
    if not shape:
        return "a scalar"
    if len(shape) == 1:
        return f"a vector of size {shape[0]}"
    if len(shape) == 2 and shape[0] == ONE:
        return f"a row vector of size {shape[1]}"
    return f"a {sizes_text(shape)} {'matrix' if len(shape) == 2 else 'tensor'}"


def product_shape(left: Shape, right: Shape) -> Shape:
    """Shape of ``left * right``: scaling when one is scalar, the matrix product else.

    Raises ShapeError when the inner sizes differ.
    """
    if not left:
        return right
    if not right:
        return left
    if len(left) > 2 or len(right) > 2:
        message = f"{shape_text(left)} and {shape_text(right)} have no matrix product"
        raise ShapeError(message, suggestion="tensor(i, k, sum(j, T[i,j,k]*x[j]))")
    inner_left = left[1] if len(left) > 1 else ONE
    if inner_left != right[0]:
        raise ShapeError(
            f"cannot multiply {shape_text(left)} by {shape_text(right)}: the inner sizes {inner_left} and {right[0]} differ"
        )
    return shape_of(left[0], right[1] if len(right) > 1 else ONE)


def reduced_shape(shape: Shape, axis: str | None) -> Shape:
    """Shape of a reduction (sum, mean, logsumexp...) over everything, or one number per row or
    column."""
    if axis is None:
        return ()
    require_flat(shape, f"a reduction along {axis}")
    rows, cols = (*shape, ONE, ONE)[:2]
    return shape_of(rows if axis == "rows" else cols, ONE)


def common_shape(shapes: Iterable[Shape], verb: str) -> Shape:
    """The one shape of all operands. Raises ShapeError when they differ."""
    first, *others = shapes
    for other in others:
        if other != first:
            raise ShapeError(f"{shape_text(first)} and {shape_text(other)} cannot be {verb}")
    return first


def require_flat(shape: Shape, what: str) -> None:
    """Raises ShapeError for tensors of order three and more."""
    if len(shape) > 2:
        raise ShapeError(f"{what} is taken of at most a matrix, not of {shape_text(shape)}")


def square_shape(shape: Shape, what: str) -> Shape:
    """The shape of a square matrix (or of a scalar). Raises ShapeError for another one."""
    require_flat(shape, what)
    rows, cols = (*shape, ONE, ONE)[:2]
    if rows != cols:
        raise ShapeError(f"{what} needs a square matrix, not {shape_text(shape)}")
    return shape
