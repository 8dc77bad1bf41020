"""Products of many factors, multiplied in an order that never forms a matrix where a vector would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matcalc.expr.nodes import Expr, product_shape
from matcalc.sizes import ONE, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray


def multiply(factors: tuple[Expr, ...], arrays: tuple[NDArray[Any], ...]) -> NDArray[Any]:
    """The product of ``arrays`` (axes ..., rows, columns) with the meaning of ``Product(factors)``.

    A scalar factor, or a product from the left that has become a scalar, scales the rest. A run of matrix factors is
    multiplied from the right when it ends in a column, from the left else.
    """
    scale: NDArray[Any] | None = None
    run: list[NDArray[Any]] = []
    shape: Shape = ()
    column = False
    for factor, array in zip(factors, arrays, strict=True):
        if not shape and run:
            # The run so far is a scalar, such as x'A x: it scales what follows.
            scale, run = _scaled(scale, _chain(run, column)), []
        shape = product_shape(shape, factor.shape)
        if factor.is_scalar:
            scale = _scaled(scale, array)
        else:
            run.append(array)
            column = factor.cols == ONE
    if not run:
        assert scale is not None  # a product has factors
        return scale
    return _scaled(scale, _chain(run, column))


def _scaled(scale: NDArray[Any] | None, array: NDArray[Any]) -> NDArray[Any]:
    return array if scale is None else scale * array


def _chain(run: list[NDArray[Any]], column: bool) -> NDArray[Any]:
    if column:
        result = run[-1]
        for array in reversed(run[:-1]):
            result = array @ result
    else:
        result = run[0]
        for array in run[1:]:
            result = result @ array
    return result
