"""Derivatives of expressions by JAX's automatic differentiation, in float64: the second, independent oracle."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import jax
import numpy as np

from matcalc.evaluation.sampling import Point
from matcalc.expr import nodes as e
from tests.fuzz import jaxpr
from tests.fuzz.jax_functions import LIBRARY
from tests.fuzz.values import evaluate
from tests.fuzz.vocabulary import Case

# JAX keeps what it traced and compiled.
_KEPT = 1000
_calls = count(1)


def jax_value(expression: e.Expr, point: Point) -> np.ndarray:
    """The value by the definitions in ``jax_functions.py``."""
    arrays = {name: np.asarray(value, dtype=float) for name, value in point.values.items() if not callable(value)}

    def value(*moved: Any) -> Any:
        return evaluate(expression, dict(zip(arrays, moved, strict=True)), point.sizes, LIBRARY)

    with np.errstate(all="ignore"):
        return np.asarray(jaxpr.run(jax.make_jaxpr(value)(*arrays.values()), *arrays.values())[0])


def jax_derivative(case: Case, point: Point) -> np.ndarray | None:
    """The derivative with axes (value..., variable...), for order 2 (value..., variable..., variable...)."""
    if next(_calls) % _KEPT == 0:
        jax.clear_caches()  # type: ignore[no-untyped-call]
    names = list(dict.fromkeys(variable.name for variable in case.wrt))
    others = {name: np.asarray(value, dtype=float) for name, value in point.values.items() if not callable(value)}

    def value(*moved: Any) -> Any:
        return evaluate(case.expression, {**others, **dict(zip(names, moved, strict=True))}, point.sizes, LIBRARY)

    derivative: Callable[..., Any] = value
    for variable in case.wrt:
        derivative = jax.jacfwd(derivative, names.index(variable.name))  # traced in less time than backwards
    arrays = [others[name] for name in names]
    # Compiled functions, of which JAX's library is made, are traced apart and put together; without them it takes half the time.
    with np.errstate(all="ignore"), jax.disable_jit():
        tensor = np.asarray(jaxpr.run(jax.make_jaxpr(derivative)(*arrays), *arrays)[0])
    first = tensor.ndim - sum(others[variable.name].ndim for variable in case.wrt)
    for variable in case.wrt:
        tensor = tied(tensor, first, variable, case.symmetric)
        first += others[variable.name].ndim
    return tensor


def tied(tensor: np.ndarray, first: int, variable: e.Symbol, symmetric: str) -> np.ndarray:
    """The derivative by a variable whose entries depend on each other, from the one by free entries; its axes are two from ``first``."""
    facts = variable.properties
    if symmetric == "independent" or len(variable.shape) != 2:
        return tensor
    swapped: np.ndarray = np.swapaxes(tensor, first, first + 1)
    if "diagonal" in facts:
        return np.asarray(tensor * _on_diagonal(tensor, first))
    if "antisymmetric" in facts:
        return np.asarray((tensor - swapped) / 2)
    if "symmetric" not in facts:
        return tensor
    if symmetric == "cookbook":
        return np.asarray(tensor + swapped - tensor * _on_diagonal(tensor, first))
    return np.asarray((tensor + swapped) / 2)


def _on_diagonal(tensor: np.ndarray, first: int) -> np.ndarray:
    return np.eye(tensor.shape[first]).reshape(*tensor.shape[first : first + 2], *(1,) * (tensor.ndim - first - 2))
