"""Inverse, determinant, exponential and logarithm as operations of JAX that are computed at once, where JAX's own are systems of other operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import ShapedArray
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

INVERSE = Primitive("matrix_inverse")
DETERMINANT = Primitive("matrix_determinant")
EXPONENTIAL = Primitive("matrix_exponential")
LOGARITHM = Primitive("matrix_logarithm")


def inverse(matrix: Any) -> Any:
    """Of the last two axes."""
    return INVERSE.bind(jnp.asarray(matrix))


def determinant(matrix: Any) -> Any:
    """Of the last two axes."""
    return DETERMINANT.bind(jnp.asarray(matrix))


def matrix_exponential(matrix: Any) -> Any:
    """Of the last two axes."""
    return EXPONENTIAL.bind(jnp.asarray(matrix))


def matrix_logarithm(matrix: Any) -> Any:
    """The principal one, of the last two axes."""
    return LOGARITHM.bind(jnp.asarray(matrix))


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


def _moved(function: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """By the block above the diagonal of the function of [X, dX; 0, X]."""

    def rule(matrices: Any, moves: Any) -> Any:
        matrix, move = matrices[0], moves[0]
        n, many = matrix.shape[-1], jnp.broadcast_shapes(matrix.shape, move.shape)
        upper = jnp.concatenate([jnp.broadcast_to(matrix, many), jnp.broadcast_to(move, many)], axis=-1)
        lower = jnp.concatenate([jnp.zeros(many), jnp.broadcast_to(matrix, many)], axis=-1)
        return function(matrix), function(jnp.concatenate([upper, lower], axis=-2))[..., :n, n:]

    return rule


def exponential(matrix: Any, xp: Any = jnp) -> Any:
    """The Taylor series of X/256, squared eight times."""
    one = xp.eye(matrix.shape[-1])
    result = one
    for k in range(14, 0, -1):
        result = one + xp.matmul(matrix / 256.0, result) / k
    for _ in range(8):
        result = xp.matmul(result, result)
    return result


def _repeated(xp: Any, times: int, step: Callable[[Any, Any], Any], held: Any) -> Any:
    if xp is jnp:
        return jax.lax.fori_loop(0, times, step, held)
    for k in range(times):
        before, held = held, step(k, held)
        moved = np.max(np.abs(held[0] - before[0])) if isinstance(held, tuple) else 1.0
        if moved < 1e-9 * np.max(np.abs(held[0])):  # convergence is quadratic
            break
    return held


def logarithm(matrix: Any, xp: Any = jnp) -> Any:
    """128 times the logarithm of the seventh square root, which is near I; the roots by Denman and Beavers' iteration."""
    one = xp.eye(matrix.shape[-1])

    def closer(_: Any, pair: tuple[Any, Any]) -> tuple[Any, Any]:
        return (pair[0] + xp.linalg.inv(pair[1])) / 2.0, (pair[1] + xp.linalg.inv(pair[0])) / 2.0

    def root(_: Any, square: Any) -> Any:
        return _repeated(xp, 20, closer, (square, one + 0.0 * square))[0]

    matrix = _repeated(xp, 7, root, matrix)
    near = matrix - one
    nodes, weights = np.polynomial.legendre.leggauss(8)
    parts = [w / 2.0 * xp.linalg.inv(one + (x + 1.0) / 2.0 * near) for x, w in zip(nodes, weights, strict=True)]
    return 128.0 * xp.matmul(near, sum(parts[1:], start=parts[0]))


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
_register(EXPONENTIAL, 0, exponential, matrix_exponential, _moved(matrix_exponential))
_register(LOGARITHM, 0, logarithm, matrix_logarithm, _moved(matrix_logarithm))
