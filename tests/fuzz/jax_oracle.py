"""Derivatives of expressions by JAX's automatic differentiation: the second, independent oracle.

JAX compiles each primitive once for each shape, and that is what takes the time. So arrays have few different shapes: sizes are fixed
(``FIXED_SIZES`` in ``checking``), and directions are taken in batches of one length, filled up with zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from matcalc.evaluation import Point
from matcalc.expr import nodes as e
from tests.fuzz.jax_values import evaluate
from tests.fuzz.vocabulary import Case

_BATCH = 25  # entries of the largest variable at FIXED_SIZES


def jax_derivative(case: Case, point: Point) -> np.ndarray | None:
    """The derivative with axes (value..., variable...), for order 2 (value..., variable..., variable...)."""
    names = list(dict.fromkeys(variable.name for variable in case.wrt))
    others = {name: np.asarray(value, dtype=float) for name, value in point.values.items() if not callable(value)}

    def value(*moved: Any) -> Any:
        return evaluate(case.expression, {**others, **dict(zip(names, moved, strict=True))}, point.sizes)

    arrays = tuple(jnp.asarray(others[name]) for name in names)
    steps = [(names.index(variable.name), variable) for variable in case.wrt]
    derivative: Callable[..., Any] = value
    for count, (place, _) in enumerate(steps):
        backwards = case.expression.is_scalar and count == 0
        derivative = jax.grad(derivative, place) if backwards else partial(_forward, derivative, place)
    tensor = np.asarray(derivative(*arrays))
    first = tensor.ndim - sum(arrays[place].ndim for place, _ in steps)
    for place, variable in steps:
        tensor = tied(tensor, first, variable, case.symmetric)
        first += arrays[place].ndim
    return tensor


def _forward(function: Callable[..., Any], place: int, *arrays: Any) -> Any:
    """The derivative by the array at ``place``; its axes are the last ones."""
    array = arrays[place]

    def along(direction: Any) -> Any:
        tangents = tuple([direction if k == place else jnp.zeros_like(other) for k, other in enumerate(arrays)])
        return jax.jvp(function, arrays, tangents)[1]

    if array.ndim == 0:
        return along(jnp.ones_like(array))
    count = max(array.size, _BATCH)
    directions = np.eye(count, array.size).reshape(count, *array.shape)
    moved = jax.vmap(along, out_axes=-1)(directions)
    return moved[..., : array.size].reshape(*moved.shape[:-1], *array.shape)


def tied(tensor: np.ndarray, first: int, variable: e.Symbol, symmetric: str) -> np.ndarray:
    """The derivative by a variable whose entries depend on each other, from the one by free entries; its axes are two from ``first``."""
    facts = variable.properties
    if symmetric == "independent" or len(variable.shape) != 2:
        return tensor
    swapped = np.swapaxes(tensor, first, first + 1)
    if "diagonal" in facts:
        return tensor * _on_diagonal(tensor, first)
    if "antisymmetric" in facts:
        return (tensor - swapped) / 2
    if "symmetric" not in facts:
        return tensor
    if symmetric == "cookbook":
        return tensor + swapped - tensor * _on_diagonal(tensor, first)
    return (tensor + swapped) / 2


def _on_diagonal(tensor: np.ndarray, first: int) -> np.ndarray:
    return np.eye(tensor.shape[first]).reshape(*tensor.shape[first : first + 2], *(1,) * (tensor.ndim - first - 2))
