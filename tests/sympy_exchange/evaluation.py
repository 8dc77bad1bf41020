"""The value of a SymPy expression by the meaning of its nodes, sharing nothing with the exchange under test."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import sympy

SIZES = {"n": 3, "m": 2, "r": 5, "k": 7}


def arrays(seed: int = 5) -> dict[str, Any]:
    """Values for the symbols of the cases: matrices and columns as SymPy has them, two axes each."""
    random = np.random.default_rng(seed)
    shapes = {
        "A": ("n", "n"), "B": ("n", "n"), "S": ("n", "n"), "X": ("n", "m"), "Y": ("n", "m"), "U": ("n", "r"), "V": ("r", "m"),
        "x": ("n", 1), "y": ("n", 1), "w": ("m", 1), "q": (1, "n"),
    }  # fmt: skip
    found: dict[str, Any] = {
        name: random.uniform(0.3, 1.7, [SIZES.get(size, size) for size in shape])  # type: ignore[call-overload]
        for name, shape in shapes.items()
    }
    for name in "ABS":
        found[name] = found[name] + 3 * np.eye(3)
    found["S"] = found["S"] + found["S"].T
    return {**found, **SIZES, "a": 0.7, "b": 1.3, "c": -0.4}


def value(node: Any, values: dict[str, Any]) -> Any:
    """A number, or an array with two axes."""
    kind = type(node).__name__
    if isinstance(node, sympy.Number | sympy.NumberSymbol):
        return float(node)
    if isinstance(node, sympy.Symbol | sympy.MatrixSymbol):
        return values[str(node)]
    match kind:
        case "ElementwiseApplyFunction":
            function, operand = node.args
            variable = str(function.variables[0])
            apply = np.vectorize(lambda entry: value(function.expr, {**values, variable: entry}), otypes=[float])
            return apply(value(operand, values))
        case "Sum":
            (index, low, high), *others = node.limits[::-1]
            inner = sympy.Sum(node.function, *others[::-1]) if others else node.function
            span = range(int(value(low, values)), int(value(high, values)) + 1)
            return sum(value(inner, {**values, str(index): position}) for position in span)
        case "FunctionMatrix":
            rows, cols, function = node.args
            i, j = map(str, function.variables)
            shape = int(value(rows, values)), int(value(cols, values))
            return np.array([[value(function.expr, {**values, i: p, j: k}) for k in range(shape[1])] for p in range(shape[0])])
    parts = [value(part, values) for part in node.args]
    match kind:
        case "Add" | "MatAdd":
            return sum(parts[1:], parts[0])
        case "Mul":
            return float(np.prod(parts))
        case "MatMul":
            scale = [part for part in parts if np.ndim(part) == 0]
            return np.prod(scale) * reduce(np.matmul, [part for part in parts if np.ndim(part) == 2])
        case "Pow":
            return parts[0] ** parts[1]
        case "MatPow":
            if parts[1] == int(parts[1]):
                return np.linalg.matrix_power(parts[0], int(parts[1]))
            lengths, vectors = np.linalg.eig(parts[0])
            return np.real(vectors @ np.diag(lengths.astype(complex) ** parts[1]) @ np.linalg.inv(vectors))
        case "Inverse":
            return np.linalg.inv(parts[0])
        case "Transpose" | "Adjoint":
            return parts[0].T
        case "Trace":
            return np.trace(parts[0])
        case "Determinant":
            return np.linalg.det(parts[0])
        case "HadamardProduct":
            return reduce(np.multiply, parts)
        case "HadamardPower":
            return parts[0] ** parts[1]
        case "KroneckerProduct":
            return reduce(np.kron, parts)
        case "Identity":
            return np.eye(int(parts[0]))
        case "OneMatrix" | "ZeroMatrix":
            return np.full((int(parts[0]), int(parts[1])), float(kind == "OneMatrix"))
        case "DiagMatrix":
            return np.diag(parts[0][:, 0])
        case "DiagonalMatrix":
            return np.diag(np.diag(parts[0]))
        case "DiagonalOf":
            return np.diag(parts[0])[:, None]
        case "MatrixElement":
            return parts[0][int(parts[1]), int(parts[2])]
        case "MatrixSlice":
            rows, cols = [slice(*map(int, part)) for part in parts[1:]]
            return parts[0][rows, cols]
        case "KroneckerDelta":
            return float(parts[0] == parts[1])
        case "DotProduct":
            return float(np.sum(parts[0].ravel() * parts[1].ravel()))
        case "Tuple":
            return tuple(parts)
    return float(node.func(*[sympy.Float(part, 17) for part in parts]))


def here(values: dict[str, Any]) -> dict[str, Any]:
    """The same values as matcalc takes them: vectors have one axis."""
    return {name: array[:, 0] if np.ndim(array) == 2 and array.shape[1] == 1 else array for name, array in values.items()}
