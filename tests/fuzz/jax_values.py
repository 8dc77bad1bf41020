"""An evaluator of expressions in JAX, in float64."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import jax.numpy as jnp
import numpy as np

from matcalc.expr import nodes as e
from tests.fuzz.jax_functions import ELEMENTWISE, MATRIX, VECTOR, absolute, user_function


def evaluate(expression: e.Expr, values: dict[str, Any], sizes: dict[str, int]) -> Any:
    """The value: 0-d, 1-D for a row or column, or 2-D; inside everything is two-dimensional."""
    held: dict[e.Expr, Any] = {}
    for node in e.postorder(expression):
        held[node] = _value(node, [held[child] for child in e.children(node)], values, sizes)
    result = held[expression]
    return result.reshape(()) if expression.is_scalar else result if expression.is_matrix else result.reshape(-1)


def _value(node: e.Expr, below: list[Any], values: dict[str, Any], sizes: dict[str, int]) -> Any:
    rows, cols = node.rows.value(sizes), node.cols.value(sizes)
    match cast("e.Node", node):
        case e.Symbol(name=name):
            given = values[name]
            return given.reshape(rows, cols) if given.shape != (rows, cols) else given
        case e.Number(value=number):
            return np.full((1, 1), float(number))
        case e.Constant():
            return np.full((1, 1), np.pi)
        case e.SizeValue(size=size):
            return np.full((1, 1), float(size.value(sizes)))
        case e.Identity():
            return np.eye(rows)
        case e.Ones():
            return np.ones((rows, cols))
        case e.Zeros():
            return np.zeros((rows, cols))
        case e.UnitVector(position=position):
            return np.eye(rows)[:, position - 1 : position]
        case e.Commutation(m=m, n=n):
            places = np.arange(rows).reshape(m.value(sizes), n.value(sizes), order="F")
            return np.eye(rows)[places.reshape(-1)]
        case e.Sum():
            return sum(below[1:], start=below[0])
        case e.Negative():
            return -below[0]
        case e.Product(factors=factors):
            return _product(factors, below)
        case e.Hadamard():
            result = below[0]
            for factor in below[1:]:
                result = result * factor
            return result
        case e.Quotient():
            return below[0] / below[1]
        case e.Power(exponent=exponent):
            return _power(below[0], exponent, below[1])
        case e.MatrixPower(exponent=exponent):
            return _matrix_power(below[0], exponent, below[1])
        case e.Elementwise(function=name):
            return ELEMENTWISE.get(name, partial(user_function, name))(below[0])
        case e.Transpose():
            return below[0].T
        case e.Inverse():
            return jnp.linalg.inv(below[0])
        case e.Trace():
            return _total(below[0] * np.eye(len(below[0])))
        case e.Total(axis=axis):
            return _total(below[0], axis)
        case e.Diagonal():
            return _total(below[0] * np.eye(rows), "rows")
        case e.DiagonalMatrix():
            return below[0].reshape(1, -1) * np.eye(rows)
        case e.Vec():
            return below[0].T.reshape(-1, 1)
        case e.Reshape(m=m, n=n):
            return below[0].T.reshape(n.value(sizes), m.value(sizes)).T
        case e.Kronecker():
            result = below[0]
            for factor in below[1:]:
                result = _kronecker(result, factor)
            return result
        case e.Norm(kind=kind):
            return _norm(kind, below)
        case e.Call(function=name, axis=axis):
            return _call(name, below[0], axis)
        case _:
            raise NotImplementedError(f"the JAX oracle has no {type(node).__name__}")


def _product(factors: tuple[e.Expr, ...], arrays: list[Any]) -> Any:
    result, shape = arrays[0], factors[0].shape
    for factor, array in zip(factors[1:], arrays[1:], strict=True):
        scales = not shape or factor.is_scalar
        result = result * array if scales else jnp.matmul(result, array)
        shape = e.product_shape(shape, factor.shape)
    return result


def _power(base: Any, exponent: e.Expr, value: Any) -> Any:
    if isinstance(exponent, e.Number) and exponent.value.denominator == 1:
        return base ** int(exponent.value)
    return jnp.exp(value * jnp.log(base))


def _matrix_power(base: Any, exponent: e.Expr, value: Any) -> Any:
    if isinstance(exponent, e.Number) and exponent.value.denominator == 1:
        factor = base if exponent.value > 0 else jnp.linalg.inv(base)
        result: Any = np.eye(len(base))
        for _ in range(abs(int(exponent.value))):
            result = jnp.matmul(result, factor)
        return result
    return MATRIX["expm"](value * MATRIX["logm"](base))


def _total(array: Any, axis: str | None = None) -> Any:
    if axis is None:
        return jnp.sum(array).reshape(1, 1)
    return jnp.sum(array, axis=1 if axis == "rows" else 0).reshape(-1, 1)


def _kronecker(left: Any, right: Any) -> Any:
    blocks = left[:, None, :, None] * right[None, :, None, :]
    return blocks.reshape(left.shape[0] * right.shape[0], left.shape[1] * right.shape[1])


def _norm(kind: str, below: list[Any]) -> Any:
    operand = below[0]
    match kind:
        case "2":
            return jnp.sqrt(_total(operand * operand))
        case "1":
            return _total(absolute(operand))
        case "p":
            return jnp.exp(jnp.log(_total(jnp.exp(below[1] * jnp.log(absolute(operand))))) / below[1])
        case "A":
            column = operand if operand.shape[1] == 1 else operand.T
            return jnp.sqrt(_total(column * jnp.matmul(below[1], column)))
    singular = jnp.sqrt(jnp.linalg.eigh(_gram(operand))[0])
    return (jnp.sum(singular) if kind == "nuclear" else singular[-1]).reshape(1, 1)


def _gram(matrix: Any) -> Any:
    """The smaller of X'X and XX', whose eigenvalues are the squared singular values."""
    tall = matrix.shape[0] >= matrix.shape[1]
    return jnp.matmul(matrix.T, matrix) if tall else jnp.matmul(matrix, matrix.T)


def _call(name: str, argument: Any, axis: str | None) -> Any:
    if name in MATRIX:
        result = MATRIX[name](argument)
        return result if result.ndim == 2 else result.reshape(1, 1)
    if axis is not None:
        result = VECTOR[name](argument, 1 if axis == "rows" else 0)
        return result if name == "softmax" else result.reshape(-1, 1)
    return VECTOR[name](argument, (0, 1))
