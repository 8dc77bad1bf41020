"""Evaluates what JAX has traced with NumPy, operation by operation.

JAX compiles each operation for each shape before it computes, which takes far longer than computing with arrays of a few entries.
What has no NumPy version here JAX computes itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
import scipy.special
from jax.extend import core

from tests.fuzz.jax_matrices import DETERMINANT, EXPONENTIAL, INVERSE, LOGARITHM, exponential, logarithm


def _dot_general(left: Any, right: Any, dimension_numbers: Any, **_: Any) -> Any:
    """Axes of the result: those of the batch, of the left and of the right operand."""
    (summed_left, summed_right), (batch_left, batch_right) = dimension_numbers
    fresh = iter(range(left.ndim + right.ndim))
    names_left = [next(fresh) for _ in range(left.ndim)]
    names_right = [next(fresh) for _ in range(right.ndim)]
    for one, other in (*zip(summed_left, summed_right, strict=True), *zip(batch_left, batch_right, strict=True)):
        names_right[other] = names_left[one]
    output = [names_left[axis] for axis in batch_left]
    output += [names_left[axis] for axis in range(left.ndim) if axis not in (*summed_left, *batch_left)]
    output += [names_right[axis] for axis in range(right.ndim) if axis not in (*summed_right, *batch_right)]
    return np.einsum(left, names_left, right, names_right, output)


def _broadcast_in_dim(operand: Any, *_: Any, shape: Sequence[int], broadcast_dimensions: Sequence[int], **__: Any) -> Any:
    lengths = [1] * len(shape)
    for axis, length in zip(broadcast_dimensions, np.shape(operand), strict=True):
        lengths[axis] = length
    return np.broadcast_to(np.reshape(operand, lengths), shape)


def _select(which: Any, *cases: Any) -> Any:
    return np.choose(np.asarray(which).astype(int), cases)


def _slice(operand: Any, start_indices: Sequence[int], limit_indices: Sequence[int], strides: Sequence[int] | None) -> Any:
    steps = strides or [1] * len(start_indices)
    return operand[tuple([slice(*bounds) for bounds in zip(start_indices, limit_indices, steps, strict=True)])]


def _iota(*_: Any, dtype: Any, shape: Sequence[int], dimension: int, **__: Any) -> Any:
    lengths = [length if axis == dimension else 1 for axis, length in enumerate(shape)]
    return np.broadcast_to(np.arange(shape[dimension], dtype=dtype).reshape(lengths), shape)


def _pad(operand: Any, value: Any, padding_config: Sequence[tuple[int, int, int]]) -> Any:
    """Where axes are cut, the operand is shortened; entries are never put between others."""
    kept = operand[
        tuple([slice(max(0, -low), length - max(0, -high)) for (low, high, _), length in zip(padding_config, operand.shape)])
    ]
    return np.pad(kept, [(max(0, low), max(0, high)) for low, high, _ in padding_config], constant_values=value)


def _svd(matrix: Any, *, full_matrices: bool, compute_uv: bool, **_: Any) -> list[Any]:
    left, values, right = np.linalg.svd(matrix, full_matrices)
    return [values, left, right] if compute_uv else [values]


def _triangular_solve(a: Any, b: Any, *, left_side: bool, lower: bool, transpose_a: bool, unit_diagonal: bool, **_: Any) -> Any:
    kept = np.tril(a) if lower else np.triu(a)
    if unit_diagonal:
        kept = kept * (1.0 - np.eye(len(a))) + np.eye(len(a))
    solved = np.swapaxes(kept, -1, -2) if transpose_a else kept
    if left_side:
        return np.linalg.solve(solved, b)
    return np.swapaxes(np.linalg.solve(np.swapaxes(solved, -1, -2), np.swapaxes(b, -1, -2)), -1, -2)


def _polygamma(order: Any, x: Any) -> Any:
    return scipy.special.polygamma(np.asarray(order).astype(int), x)


# Parameters of these say how precise to be or where to compute, and are ignored.
ENTRY_BY_ENTRY: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "add_any": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.true_divide,
    "neg": np.negative,
    "max": np.maximum,
    "min": np.minimum,
    "pow": np.power,
    "abs": np.abs,
    "sign": np.sign,
    "square": np.square,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1.0 / np.sqrt(x),
    "exp": np.exp,
    "log": np.log,
    "log1p": np.log1p,
    "expm1": np.expm1,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "logistic": lambda x: 1.0 / (1.0 + np.exp(-x)),
    "erf": np.vectorize(math.erf, otypes=[float]),
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "atan2": np.arctan2,
    "exp2": np.exp2,
    "lgamma": scipy.special.gammaln,
    "digamma": scipy.special.digamma,
    "polygamma": _polygamma,
    "eq": np.equal,
    "ne": np.not_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "lt": np.less,
    "le": np.less_equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
    "select_n": _select,
    "stop_gradient": lambda x: x,
    "copy": lambda x: x,
}
WITH_PARAMETERS: dict[str, Callable[..., Any]] = {
    "integer_pow": lambda x, y: np.power(x, float(y)),
    "convert_element_type": lambda x, new_dtype, **_: np.asarray(x).astype(new_dtype),
    "transpose": lambda x, permutation: np.transpose(x, permutation),
    "reshape": lambda x, new_sizes, **_: np.reshape(x, new_sizes),
    "squeeze": lambda x, dimensions: np.squeeze(x, tuple(dimensions)),
    "reduce_sum": lambda x, axes, **_: np.sum(x, tuple(axes)),
    "reduce_prod": lambda x, axes, **_: np.prod(x, tuple(axes)),
    "reduce_or": lambda x, axes, **_: np.any(x, tuple(axes)),
    "stack": lambda *x, axis: np.stack(x, axis),
    "pad": _pad,
    INVERSE.name: np.linalg.inv,
    DETERMINANT.name: np.linalg.det,
    EXPONENTIAL.name: partial(exponential, xp=np),
    LOGARITHM.name: partial(logarithm, xp=np),
    "triangular_solve": _triangular_solve,
    "rev": lambda x, dimensions: np.flip(x, dimensions),
    "cholesky": lambda x, **_: np.linalg.cholesky(x),
    "reduce_max": lambda x, axes, **_: np.max(x, tuple(axes)),
    "argmax": lambda x, axes, **_: np.argmax(x, *axes),
    "concatenate": lambda *x, dimension: np.concatenate(x, dimension),
    "broadcast_in_dim": _broadcast_in_dim,
    "dot_general": _dot_general,
    "slice": _slice,
    "iota": _iota,
}
SEVERAL_RESULTS: dict[str, Callable[..., Any]] = {
    "split": lambda x, sizes, axis: np.split(x, np.cumsum(sizes)[:-1], axis),
    "unstack": lambda x, axis: list(np.moveaxis(x, axis, 0)),
    "eigh": lambda x, **_: np.linalg.eigh(x)[::-1],
    "svd": _svd,
}
_NESTED = {"jit": "jaxpr", "pjit": "jaxpr", "custom_jvp_call": "call_jaxpr", "closed_call": "call_jaxpr"}


def run(closed: core.ClosedJaxpr, *arguments: Any) -> list[Any]:
    """The outputs for these inputs."""
    held: dict[Any, Any] = dict(zip(closed.jaxpr.constvars, closed.consts, strict=True))
    held.update(zip(closed.jaxpr.invars, arguments, strict=True))

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, core.Literal) else held[atom]

    for step in closed.jaxpr.eqns:
        operands = [read(atom) for atom in step.invars]
        name = step.primitive.name
        if name in ENTRY_BY_ENTRY:
            results = [ENTRY_BY_ENTRY[name](*operands)]
        elif name in WITH_PARAMETERS:
            results = [WITH_PARAMETERS[name](*operands, **step.params)]
        elif name in SEVERAL_RESULTS:
            results = SEVERAL_RESULTS[name](*operands, **step.params)
        elif name in _NESTED and _is_plain(step.params[_NESTED[name]]):
            results = run(step.params[_NESTED[name]], *operands)
        else:
            found = step.primitive.bind(*operands, **step.params)
            results = [np.asarray(result) for result in (found if step.primitive.multiple_results else [found])]
        held.update(zip(step.outvars, results, strict=True))
    return [read(atom) for atom in closed.jaxpr.outvars]


@lru_cache(maxsize=4096)
def _is_plain(closed: core.ClosedJaxpr) -> bool:
    """Whether every operation has a NumPy version."""
    for step in closed.jaxpr.eqns:
        name = step.primitive.name
        inner = step.params[_NESTED[name]] if name in _NESTED else None
        known = name in ENTRY_BY_ENTRY or name in WITH_PARAMETERS or name in SEVERAL_RESULTS
        if not (known or (inner is not None and _is_plain(inner))):
            return False
    return True
