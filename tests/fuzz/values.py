"""An evaluator of expressions over any array library, NumPy or JAX; it shares no code with the package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any, cast

import numpy as np

from matcalc.base.shapes import product_shape
from matcalc.expr import nodes as e


@dataclass(frozen=True)
class Library:
    """The operations that differ between array libraries, by the names of the language.

    ``arrays`` is the module with ``exp``, ``matmul``, ``sum``...; ``vector`` functions take an axis, ``matrix`` functions square arrays
    (``pinv`` and those of singular vectors any); the norms ``nuclear`` and ``spectral`` may be among these.
    """

    arrays: Any
    elementwise: Mapping[str, Callable[[Any], Any]]
    vector: Mapping[str, Callable[[Any, Any], Any]]
    matrix: Mapping[str, Callable[[Any], Any]]
    absolute: Callable[[Any], Any]
    user_function: Callable[[str, Any], Any]
    several: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    """Functions of several numbers, entry by entry."""


def evaluate(expression: e.Expr, values: Mapping[str, Any], sizes: Mapping[str, int], library: Library) -> Any:
    """The value: 0-d, 1-D for a row or column, or 2-D; inside everything is two-dimensional.

    Raises NotImplementedError for what the library does not have.
    """
    return _shaped(expression, _Evaluation(values, sizes, library).value(expression))


def evaluate_with_scale(
    expression: e.Expr, values: Mapping[str, Any], sizes: Mapping[str, int], library: Library
) -> tuple[Any, float]:
    """The value, and the largest number that occurred on the way: rounding errors are relative to that."""
    evaluation = _Evaluation(values, sizes, library)
    result = _shaped(expression, evaluation.value(expression))
    return result, max((float(np.max(np.abs(array), initial=0.0)) for array in evaluation.held.values()), default=0.0)


def _shaped(expression: e.Expr, array: Any) -> Any:
    return array.reshape(()) if expression.is_scalar else array if expression.is_matrix else array.reshape(-1)


@dataclass
class _Evaluation:
    given: Mapping[str, Any]
    sizes: Mapping[str, int]
    library: Library
    indices: Mapping[str, int] = field(default_factory=dict)
    """What the bound indices stand at, counted from 1."""
    held: dict[e.Expr, Any] = field(default_factory=dict)

    def value(self, expression: e.Expr) -> Any:
        for node in _outside_sums(expression):
            if node not in self.held:
                self.held[node] = self._value(node)
        return self.held[expression]

    def at(self, names: tuple[str, ...], places: tuple[int, ...], body: e.Expr) -> Any:
        """The value of ``body`` where these indices stand at these places."""
        return _Evaluation(self.given, self.sizes, self.library, {**self.indices, **dict(zip(names, places))}).value(body)

    def _value(self, node: e.Expr) -> Any:
        rows, cols = (1, 1) if len(node.shape) > 2 else (node.rows.value(self.sizes), node.cols.value(self.sizes))
        below = [] if isinstance(node, _BINDERS) else [self.held[child] for child in e.children(node)]
        match cast("e.Node", node):
            case e.Symbol(name=name):
                given = self.given[name]
                return given.reshape(rows, cols) if given.shape != (rows, cols) else given
            case e.Number(value=number):
                return np.full((1, 1), float(number))
            case e.Constant():
                return np.full((1, 1), np.pi)
            case e.SizeValue(size=size):
                return np.full((1, 1), float(size.value(self.sizes)))
            case e.Identity():
                return np.eye(rows)
            case e.Ones():
                return np.ones((rows, cols))
            case e.Zeros():
                return np.zeros((rows, cols))
            case e.UnitVector(position=position):
                return np.eye(rows)[:, [position.value(self.sizes) - 1]]
            case e.Commutation(m=m, n=n):
                places = np.arange(rows).reshape(m.value(self.sizes), n.value(self.sizes), order="F")
                return np.eye(rows)[places.reshape(-1)]
            case e.Index(name=name):
                return np.full((1, 1), float(self.indices[name]))
            case e.Entry(positions=positions):
                places = tuple([self.indices[at.name] if isinstance(at, e.Index) else at.value(self.sizes) for at in positions])
                row, column = (*places, 1)[:2] if below[0].shape[0] != 1 or len(places) == 2 else (1, places[0])
                return below[0][row - 1, column - 1].reshape(1, 1)
            case e.IndexSum(index=index, body=body):
                return sum(self.at((index.name,), (place,), body) for place in range(1, index.size.value(self.sizes) + 1))
            case e.IndexArray(indices=indices, body=body):
                return self._array(indices, body, (rows, cols))
            case _:
                return _combined(node, below, self.sizes, self.library)

    def _array(self, indices: tuple[e.Index, ...], body: e.Expr, shape: tuple[int, int]) -> Any:
        if len(indices) > 2:
            raise NotImplementedError("a tensor of order three or more")
        names = tuple([index.name for index in indices])
        places = product(*(range(1, index.size.value(self.sizes) + 1) for index in indices))
        return self.library.arrays.stack([self.at(names, at, body).reshape(()) for at in places]).reshape(shape)


_BINDERS = (e.IndexSum, e.IndexArray)


def _outside_sums(root: e.Expr) -> list[e.Expr]:
    """Operands before what is made of them; what an index is bound in is left to the sum."""
    order: list[e.Expr] = []
    seen: set[e.Expr] = set()
    stack = [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            if not isinstance(node, _BINDERS):
                stack.extend((child, False) for child in e.children(node))
    return order


def _combined(node: e.Expr, below: list[Any], sizes: Mapping[str, int], library: Library) -> Any:
    match node:
        case e.Sum():
            return sum(below[1:], start=below[0])
        case e.Negative():
            return -below[0]
        case e.Product(factors=factors):
            return _product(factors, below, library)
        case e.Hadamard():
            result = below[0]
            for factor in below[1:]:
                result = result * factor
            return result
        case e.Quotient():
            return below[0] / below[1]
        case e.Power(exponent=exponent):
            return _power(below[0], exponent, below[1], library)
        case e.MatrixPower(exponent=exponent):
            return _matrix_power(below[0], exponent, below[1], library)
        case e.Elementwise(function=name):
            return library.elementwise.get(name, partial(_user_function, name, library))(below[0])
        case e.Transpose():
            return below[0].T
        case e.Inverse():
            return library.matrix["inv"](below[0])
        case e.Trace():
            return _total(below[0] * np.eye(len(below[0])), None, library)
        case e.Total(axis=axis):
            return _total(below[0], axis, library)
        case e.Diagonal():
            return _total(below[0] * np.eye(below[0].shape[0]), "rows", library)
        case e.DiagonalMatrix():
            flat = below[0].reshape(1, -1)
            return flat * np.eye(flat.shape[1])
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
            return _norm(kind, below, library)
        case e.Call(function=name, axis=axis):
            return _call(name, below, axis, library)
        case _:
            raise NotImplementedError(f"the evaluator has no {type(node).__name__}")


def _user_function(name: str, library: Library, argument: Any) -> Any:
    if name.endswith("'") or len(name) > 1:
        raise NotImplementedError(f"the evaluator has no function {name}")
    return library.user_function(name, argument)


def _product(factors: tuple[e.Expr, ...], arrays: list[Any], library: Library) -> Any:
    result, shape = arrays[0], factors[0].shape
    for factor, array in zip(factors[1:], arrays[1:], strict=True):
        scales = not shape or factor.is_scalar
        result = result * array if scales else library.arrays.matmul(result, array)
        shape = product_shape(shape, factor.shape)
    return result


def _power(base: Any, exponent: e.Expr, value: Any, library: Library) -> Any:
    if isinstance(exponent, e.Number) and exponent.value.denominator == 1:
        return base ** int(exponent.value)
    return library.arrays.exp(value * library.arrays.log(base))


def _matrix_power(base: Any, exponent: e.Expr, value: Any, library: Library) -> Any:
    if isinstance(exponent, e.Number) and exponent.value.denominator == 1:
        factor = base if exponent.value > 0 else library.matrix["inv"](base)
        result: Any = np.eye(len(base))
        for _ in range(abs(int(exponent.value))):
            result = library.arrays.matmul(result, factor)
        return result
    return library.matrix["expm"](value * library.matrix["logm"](base))


def _total(array: Any, axis: str | None, library: Library) -> Any:
    if axis is None:
        return library.arrays.sum(array).reshape(1, 1)
    return library.arrays.sum(array, axis=1 if axis == "rows" else 0).reshape(-1, 1)


def _kronecker(left: Any, right: Any) -> Any:
    blocks = left[:, None, :, None] * right[None, :, None, :]
    return blocks.reshape(left.shape[0] * right.shape[0], left.shape[1] * right.shape[1])


def _norm(kind: str, below: list[Any], library: Library) -> Any:
    operand, arrays = below[0], library.arrays
    match kind:
        case "2":
            return arrays.sqrt(_total(operand * operand, None, library))
        case "1":
            return _total(library.absolute(operand), None, library)
        case "p":
            powers = arrays.exp(below[1] * arrays.log(library.absolute(operand)))
            return arrays.exp(arrays.log(_total(powers, None, library)) / below[1])
        case "A":
            column = operand if operand.shape[1] == 1 else operand.T
            return arrays.sqrt(_total(column * arrays.matmul(below[1], column), None, library))
    if kind in library.matrix:
        return library.matrix[kind](operand).reshape(1, 1)
    singular = arrays.sqrt(arrays.linalg.eigh(_gram(operand, library))[0])
    return (arrays.sum(singular) if kind == "nuclear" else singular[-1]).reshape(1, 1)


def _gram(matrix: Any, library: Library) -> Any:
    """The smaller of X'X and XX', whose eigenvalues are the squared singular values."""
    tall = matrix.shape[0] >= matrix.shape[1]
    return library.arrays.matmul(matrix.T, matrix) if tall else library.arrays.matmul(matrix, matrix.T)


def _call(name: str, below: list[Any], axis: str | None, library: Library) -> Any:
    if name in library.matrix:
        result = library.matrix[name](*below)
        return result if result.ndim == 2 else result.reshape(1, 1) if result.ndim == 0 else result.reshape(-1, 1)
    if name in library.several:
        return library.several[name](*below)
    if name not in library.vector:
        raise NotImplementedError(f"the evaluator has no {name}")
    if axis is not None:
        result = library.vector[name](below[0], 1 if axis == "rows" else 0)
        return result if result.shape == below[0].shape else result.reshape(-1, 1)
    return library.vector[name](below[0], (0, 1))
