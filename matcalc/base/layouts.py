"""Layouts: how the axes of a derivative, those of the value and then those of each variable, become
the axes of what a user gets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any, Literal, get_args

from matcalc.base.errors import ShapeError
from matcalc.base.lazy import NDArray

Layout = Literal["denominator", "numerator", "tensor"]
Symmetric = Literal["projected", "independent", "cookbook"]
COSTS = ("shortest", "cheapest", "familiar")
"""What the form that is shown of a derivative has least of."""
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
SYMMETRIC: tuple[Symmetric, ...] = get_args(Symmetric)
Groups = tuple[tuple[int, ...], ...]


def axis_groups(value: Iterable[int], variables: Sequence[int], layout: str) -> Groups:
    """The axes of a derivative that together are one axis of the result, for each axis of the
    result; of each group the slow one first.

    ``value`` tells how many axes make up each axis of the value (one, but for those of Kronecker
    products), ``variables`` how many axes each variable has; a scalar has none and is left out. Up
    to two groups are rows and columns. The vec of a matrix runs through its columns slowly and its
    rows fast.

    >>> axis_groups([1], [1], "denominator"), axis_groups([1], [1], "numerator")
    (((1,), (0,)), ((0,), (1,)))
    >>> axis_groups([1, 1], [2], "denominator")  # a matrix by a matrix: d vec(Y)' / d vec(X)
    ((3, 2), (1, 0))
    >>> axis_groups([], [2], "numerator")  # a gradient has the shape of its variable, or of its transpose
    ((1,), (0,))
    >>> axis_groups([], [1, 1], "numerator")  # a Hessian has a row for each entry of the first variable in every layout
    ((0,), (1,))
    """
    above: list[tuple[int, ...]] = []
    top = 0
    for count in value:
        above.append(tuple(range(top, top + count)))
        top += count
    below = [(axis,) for axis in range(top, top + sum(variables))]
    turned = layout == "numerator"
    if layout == "tensor" or not below:
        return (*above, *below)
    if above:
        rows, cols = _vec(below), _vec(above)
        return (cols, rows) if turned else (rows, cols)
    if len(variables) == 1:
        return tuple(below[::-1] if turned else below)
    return _vec(below[: variables[0]]), _vec(below[variables[0] :])


def _vec(groups: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple([axis for group in reversed(groups) for axis in group])


def arranged(array: NDArray[Any], groups: Groups) -> NDArray[Any]:
    """The array with each group of its axes as one. Raises ShapeError for one with other axes than
    the groups have."""
    order = [axis for group in groups for axis in group]
    if array.ndim != len(order):
        raise ShapeError(f"{array.ndim} axes are not the {len(order)} of the derivative")
    return array.transpose(order).reshape([prod([array.shape[axis] for axis in group]) for group in groups])


def laid_out(array: NDArray[Any], numerator: tuple[int, ...], variables: tuple[int, ...], layout: str) -> NDArray[Any]:
    """A derivative with separate axes as the array of a layout.

    ``numerator`` are the lengths of the axes of the value, ``variables`` the number of axes of each
    variable that is no scalar. The axes of the value may come split, as those of a Kronecker
    product do. A Hessian has a row for each entry of the first variable, in every matrix layout.
    """
    array = array.reshape(numerator + array.shape[array.ndim - sum(variables) :])
    return arranged(array, axis_groups([1] * len(numerator), variables, layout))
