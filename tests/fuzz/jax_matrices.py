"""The inverse and the determinant as operations of JAX that NumPy computes at once, where JAX's own are systems of other operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax.core import ShapedArray
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

INVERSE = Primitive("matrix_inverse")
DETERMINANT = Primitive("matrix_determinant")


def inverse(matrix: Any) -> Any:
    """Of the last two axes."""
    return INVERSE.bind(jnp.asarray(matrix))


def determinant(matrix: Any) -> Any:
    """Of the last two axes."""
    return DETERMINANT.bind(jnp.asarray(matrix))


def _batched(operation: Callable[[Any], Any]) -> Callable[..., Any]:
    def rule(arguments: Any, axes: Any) -> Any:
        return operation(jnp.moveaxis(arguments[0], axes[0], 0)), 0

    return rule


def _moved_inverse(matrices: Any, moves: Any) -> Any:
    found = inverse(matrices[0])
    return found, -jnp.matmul(jnp.matmul(found, moves[0]), found)


def _moved_determinant(matrices: Any, moves: Any) -> Any:
    """By Jacobi's formula."""
    found = determinant(matrices[0])
    return found, found * jnp.sum(jnp.swapaxes(inverse(matrices[0]), -1, -2) * moves[0], axis=(-2, -1))


def _register(operation: Primitive, axes: int, own: Callable[[Any], Any], called: Callable[[Any], Any], moved: Any) -> None:
    operation.def_abstract_eval(lambda matrix: ShapedArray(matrix.shape[: matrix.ndim - axes], matrix.dtype))
    operation.def_impl(own)
    mlir.register_lowering(operation, mlir.lower_fun(own, multiple_results=False))
    batching.primitive_batchers[operation] = _batched(called)

    def rule(matrices: Any, moves: Any) -> Any:
        return moved(matrices, [ad.instantiate_zeros(move) for move in moves])

    ad.primitive_jvps[operation] = rule


_register(INVERSE, 0, jnp.linalg.inv, inverse, _moved_inverse)
_register(DETERMINANT, 2, jnp.linalg.det, determinant, _moved_determinant)
