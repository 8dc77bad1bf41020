"""Evaluation of ``Call`` nodes: functions of whole vectors and matrices, along rows or columns where asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from matcalc.evaluation.numpy_functions import NumpyFunction, numpy_function
from matcalc.expr.nodes import Call

if TYPE_CHECKING:
    from numpy.typing import NDArray


def apply_call(node: Call, matrices: tuple[NDArray[Any], ...], callables: Mapping[str, Callable[..., Any]]) -> NDArray[Any]:
    """The value of ``node`` as a two-dimensional array, of its arguments as two-dimensional arrays.

    Raises UnknownFunctionError for a function that is neither in the table nor in ``callables``.
    """
    import numpy as np

    if node.function in callables:
        orders = tuple(1 if argument.is_row else len(argument.shape) for argument in node.arguments)
        function = NumpyFunction(callables[node.function], orders)
    else:
        function = numpy_function(node.function)
    if node.axis is None:
        return _oriented(node, np.asarray(_call(function, matrices)), matrices[0])
    lines = matrices[0] if node.axis == "rows" else matrices[0].T
    results = np.stack([np.asarray(_call(function, (line, *matrices[1:]))) for line in lines])
    if results.ndim == 1:
        return results.reshape(-1, 1)
    return results if node.axis == "rows" else results.T


def _call(function: NumpyFunction, arguments: tuple[NDArray[Any], ...]) -> Any:
    return function.call(*(_ordered(argument, order) for argument, order in zip(arguments, function.orders, strict=True)))


def _ordered(argument: NDArray[Any], order: int | None) -> NDArray[Any]:
    """The argument with as many axes as the function takes; a matrix in a vector's place is stacked column by column."""
    if order == 0:
        return argument.reshape(())
    return argument.reshape(-1, order="F") if order == 1 else argument


def _oriented(node: Call, result: NDArray[Any], first: NDArray[Any]) -> NDArray[Any]:
    """A result in two dimensions: entries are unstacked where the node is a matrix, a 1-D array is a row only where the node is one."""
    if result.ndim == 2:
        return result
    if result.ndim == 1 and node.is_matrix and result.size == first.size:
        return result.reshape(first.shape, order="F")
    return result.reshape(1, -1) if node.is_row else result.reshape(-1, 1)
