"""An evaluator of expressions in JAX and its automatic derivative, in float64: the second, independent oracle."""

from __future__ import annotations

from itertools import count
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from matcalc.evaluation import Point
from matcalc.expr import nodes as e
from tests.fuzz.expressions import Case

jax.config.update("jax_enable_x64", True)

# JAX keeps what it compiled for every operation and shape, several MB an expression.
_KEPT = 300
_calls = count(1)

_FUNCTIONS = {
    "exp": jnp.exp,
    "log": jnp.log,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "tan": jnp.tan,
    "sinh": jnp.sinh,
    "cosh": jnp.cosh,
    "tanh": jnp.tanh,
    "asin": jnp.arcsin,
    "acos": jnp.arccos,
    "atan": jnp.arctan,
    "abs": jnp.abs,
    "sign": jnp.sign,
    "relu": jax.nn.relu,
    "sigmoid": jax.nn.sigmoid,
    "softplus": jax.nn.softplus,
    "erf": jax.scipy.special.erf,
}


def jax_derivative(case: Case, point: Point) -> np.ndarray | None:
    """The derivative with axes (value..., variable...), for order 2 (value..., variable..., variable...)."""
    if next(_calls) % _KEPT == 0:
        jax.clear_caches()
    variable = case.wrt[0]
    others = {name: value for name, value in point.values.items() if not callable(value)}

    def value(moved: Any) -> Any:
        return evaluate(case.expression, {**others, variable.name: moved}, point.sizes)

    derivative = jax.jacrev(value)
    if len(case.wrt) == 2:
        derivative = jax.jacfwd(derivative)
    tensor = np.asarray(derivative(jnp.asarray(point.values[variable.name], dtype=jnp.float64)))
    if "symmetric" in variable.properties:
        for k in range(len(case.wrt)):
            last = tensor.ndim - 2 * k
            tensor = (tensor + np.swapaxes(tensor, last - 1, last - 2)) / 2
    return tensor


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
            return jnp.asarray(values[name], dtype=jnp.float64).reshape(rows, cols)
        case e.Number(value=number):
            return jnp.full((1, 1), float(number))
        case e.Constant():
            return jnp.full((1, 1), np.pi)
        case e.SizeValue(size=size):
            return jnp.full((1, 1), float(size.value(sizes)))
        case e.Identity():
            return jnp.eye(rows)
        case e.Ones():
            return jnp.ones((rows, cols))
        case e.Zeros():
            return jnp.zeros((rows, cols))
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
            if isinstance(exponent, e.Number) and exponent.value.denominator == 1:
                return below[0] ** int(exponent.value)
            return below[0] ** below[1]
        case e.MatrixPower(exponent=e.Number(value=exponent)):
            return jnp.linalg.matrix_power(below[0], int(exponent))
        case e.Elementwise(function=name):
            return _FUNCTIONS[name](below[0])
        case e.Transpose():
            return below[0].T
        case e.Inverse():
            return jnp.linalg.inv(below[0])
        case e.Trace():
            return jnp.trace(below[0]).reshape(1, 1)
        case e.Total(axis=axis):
            total = jnp.sum(below[0], axis={None: None, "rows": 1, "cols": 0}[axis])
            return total.reshape(-1, 1)
        case e.Diagonal():
            return jnp.diag(below[0]).reshape(-1, 1)
        case e.DiagonalMatrix():
            return jnp.diag(below[0].reshape(-1))
        case e.Vec():
            return below[0].T.reshape(-1, 1)
        case e.Kronecker():
            result = below[0]
            for factor in below[1:]:
                result = jnp.kron(result, factor)
            return result
        case e.Norm(kind="2"):
            return jnp.sqrt(jnp.sum(below[0] ** 2)).reshape(1, 1)
        case e.Norm(kind="1"):
            return jnp.sum(jnp.abs(below[0])).reshape(1, 1)
        case e.Call(function="det"):
            return jnp.linalg.det(below[0]).reshape(1, 1)
        case e.Call(function="logdet"):
            return jnp.linalg.slogdet(below[0])[1].reshape(1, 1)
        case _:
            raise NotImplementedError(f"the JAX oracle has no {type(node).__name__}")


def _product(factors: tuple[e.Expr, ...], arrays: list[Any]) -> Any:
    result, shape = arrays[0], factors[0].shape
    for factor, array in zip(factors[1:], arrays[1:], strict=True):
        scales = not shape or factor.is_scalar
        result = result * array if scales else result @ array
        shape = e.product_shape(shape, factor.shape)
    return result
