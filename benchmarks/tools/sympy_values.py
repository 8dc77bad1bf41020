"""The value of a SymPy expression of matrices and arrays at a point, by walking it.

SymPy's own routes to NumPy do not cover every node that its derivatives consist of. What is not known here is an error, never a guess.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from matcalc.evaluation.sampling import Point


def value_of(node: Any, point: Point) -> Any:
    """A number, a matrix with two axes, or an array. Raises TypeError for a node that has no value, such as an open derivative."""
    return _Values(point).of(node)


class _Values:
    def __init__(self, point: Point) -> None:
        self._point = point
        self._bound: dict[Any, int] = {}  # indices of the sums that are being expanded

    def of(self, node: Any) -> Any:
        method = getattr(self, f"_{type(node).__name__}", None)
        if method is not None:
            return method(node)
        if node.is_Number or node.is_NumberSymbol:
            return float(node)
        if node.is_Function:
            return float(node.func(*(float(self.of(part)) for part in node.args)))
        raise TypeError(f"no value for SymPy's {type(node).__name__}")

    def size(self, node: Any) -> int:
        return int(self.of(node))

    def parts(self, node: Any) -> list[Any]:
        return [self.of(part) for part in node.args]

    # ------------------------------------------------------------ leaves

    def _Symbol(self, node: Any) -> Any:
        if node in self._bound:
            return self._bound[node]
        values, sizes = self._point.values, self._point.sizes
        return float(values[node.name]) if node.name in values else sizes[node.name]

    _Dummy = _Symbol

    def _MatrixSymbol(self, node: Any) -> Any:
        array = np.asarray(self._point.values[node.name], dtype=float)
        return array.reshape(-1, 1) if array.ndim == 1 else array

    def _Identity(self, node: Any) -> Any:
        return np.eye(self.size(node.rows))

    def _OneMatrix(self, node: Any) -> Any:
        return np.ones((self.size(node.rows), self.size(node.cols)))

    def _ZeroMatrix(self, node: Any) -> Any:
        return np.zeros((self.size(node.rows), self.size(node.cols)))

    def _OneArray(self, node: Any) -> Any:
        return np.ones([self.size(size) for size in node.shape])

    def _ZeroArray(self, node: Any) -> Any:
        return np.zeros([self.size(size) for size in node.shape])

    # ------------------------------------------------------------ scalars and matrices

    def _Add(self, node: Any) -> Any:
        return sum(self.parts(node))

    _MatAdd = _ArrayAdd = _Add

    def _Mul(self, node: Any) -> Any:
        return reduce(lambda left, right: left * right, self.parts(node))

    def _MatMul(self, node: Any) -> Any:
        def product(left: Any, right: Any) -> Any:
            return left @ right if np.ndim(left) == 2 and np.ndim(right) == 2 else left * right

        return reduce(product, self.parts(node))

    def _HadamardProduct(self, node: Any) -> Any:
        return reduce(np.multiply, self.parts(node))

    def _Pow(self, node: Any) -> Any:
        base, exponent = self.parts(node)
        return base**exponent

    def _HadamardPower(self, node: Any) -> Any:
        base, exponent = self.parts(node)
        return np.power(base, exponent)

    def _MatPow(self, node: Any) -> Any:
        base, exponent = self.parts(node)
        if base.shape == (1, 1):
            return np.power(base, exponent)
        if exponent != int(exponent):
            raise TypeError("no value for a fractional power of a matrix")
        return np.linalg.matrix_power(base, int(exponent))

    def _Inverse(self, node: Any) -> Any:
        return np.linalg.inv(self.of(node.args[0]))

    def _Transpose(self, node: Any) -> Any:
        return self.of(node.args[0]).T

    def _Trace(self, node: Any) -> Any:
        return float(np.trace(self.of(node.args[0])))

    def _Determinant(self, node: Any) -> Any:
        return float(np.linalg.det(self.of(node.args[0])))

    def _KroneckerProduct(self, node: Any) -> Any:
        return reduce(np.kron, self.parts(node))

    def _DiagMatrix(self, node: Any) -> Any:
        return np.diag(self.of(node.args[0]).reshape(-1))

    def _DiagonalMatrix(self, node: Any) -> Any:
        return np.diag(np.diagonal(self.of(node.args[0])))

    def _DiagonalOf(self, node: Any) -> Any:
        return np.diagonal(self.of(node.args[0])).reshape(-1, 1)

    def _ElementwiseApplyFunction(self, node: Any) -> Any:
        import sympy

        function = sympy.lambdify(node.function.variables, node.function.expr, "numpy")
        array = self.of(node.expr)
        return np.broadcast_to(function(array), array.shape)

    def _MatrixElement(self, node: Any) -> Any:
        matrix, row, col = self.parts(node)
        return float(matrix[int(row), int(col)])

    def _Sum(self, node: Any) -> Any:
        body, (index, low, high), *others = node.args
        if others:
            raise TypeError("no value for a sum over several indices")
        total = 0.0
        for number in range(self.size(low), self.size(high) + 1):
            self._bound[index] = number
            total += self.of(body)
        del self._bound[index]
        return total

    # ------------------------------------------------------------ arrays

    def _ArrayTensorProduct(self, node: Any) -> Any:
        return reduce(np.multiply.outer, self.parts(node))

    def _PermuteDims(self, node: Any) -> Any:
        return self.of(node.expr).transpose(list(node.permutation.array_form))

    def _ArrayContraction(self, node: Any) -> Any:
        array = self.of(node.expr)
        labels = list(range(array.ndim))
        for group in node.contraction_indices:
            for axis in group:
                labels[axis] = group[0]
        contracted = {group[0] for group in node.contraction_indices}
        return np.einsum(array, labels, [label for label in labels if label not in contracted])

    def _ArrayDiagonal(self, node: Any) -> Any:
        array = self.of(node.expr)
        labels = list(range(array.ndim))
        for group in node.diagonal_indices:
            for axis in group:
                labels[axis] = group[0]
        diagonals = [group[0] for group in node.diagonal_indices]
        grouped = {axis for group in node.diagonal_indices for axis in group}
        return np.einsum(array, labels, [axis for axis in range(array.ndim) if axis not in grouped] + diagonals)

    def _Reshape(self, node: Any) -> Any:
        return self.of(node.expr).reshape([self.size(size) for size in node.shape])

    def _ArrayElementwiseApplyFunc(self, node: Any) -> Any:
        import sympy

        function = sympy.lambdify(node.function.variables, node.function.expr, "numpy")
        return function(self.of(node.expr))
