"""The value of a tensorgrad tensor at a point, by walking it: tensorgrad's own evaluator needs axis names that PyTorch has given up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcalc.evaluation.sampling import Point

_ELEMENTWISE = {
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "relu": lambda t: np.maximum(t, 0),
    "gt0": lambda t: np.heaviside(t, 0.5),
    "sign": np.sign,
    "abs": np.abs,
}


def value_of(tensor: Any, point: Point, last: Sequence[str] = ()) -> NDArray[Any]:
    """An array with the axes of the tensor in the order of their names, those in ``last`` after the others.

    Raises TypeError for a tensor that has no value, such as an open derivative.
    """
    order = [*sorted(set(tensor.edges) - set(last)), *last]
    return _aligned(_named(tensor, point), order)


Named = tuple[NDArray[Any], tuple[str, ...]]


def _named(tensor: Any, point: Point) -> Named:
    """The array, and the names of its axes."""
    kind = type(tensor).__name__
    edges = tuple(tensor.edges)
    match kind:
        case "Variable":
            return np.asarray(point.values[tensor.name], dtype=float), edges
        case "Rename":
            array, names = _named(tensor.tensor, point)
            return array, tuple(tensor.mapping.get(name, name) for name in names)
        case "Delta":
            size = _size(tensor.size, point)
            if not edges:
                return np.asarray(float(size)), ()
            array = np.zeros([size] * len(edges))
            array[(np.arange(size),) * len(edges)] = 1.0
            return array, edges
        case "Zero":
            return np.zeros([_size(size, point) for size in tensor.shape.values()]), edges
        case "Sum":
            parts = [
                float(weight) * _aligned(_named(term, point), edges)
                for weight, term in zip(tensor.weights, tensor.terms, strict=True)
            ]
            return np.sum(parts, axis=0), edges
        case "Product":
            return _product([_named(factor, point) for factor in tensor.factors], edges)
        case "Function":
            return _function(tensor.signature, [_named(one, point) for one in tensor.inputs])
    raise TypeError(f"no value for tensorgrad's {kind}")


def _function(signature: Any, inputs: list[Named]) -> Named:
    array, names = inputs[0]
    if len(inputs) == 1:
        if hasattr(signature, "k"):
            return np.power(array, float(signature.k)), names
        if hasattr(signature, "alpha"):
            found, names = _function(signature.inner, inputs)
            return float(signature.alpha) * found, names
        if signature.name in _ELEMENTWISE:
            return _ELEMENTWISE[signature.name](array), names
        if signature.name in ("inv", "det"):
            (axes,) = signature.inputs
            rest = tuple(name for name in names if name not in axes)
            rows, cols = sorted(axes)
            square = _aligned(inputs[0], (*rest, rows, cols))
            if signature.name == "det":
                return np.asarray(np.linalg.det(square)), rest
            return np.linalg.inv(square), (*rest, cols, rows)  # axes of the same name cancel
    raise TypeError(f"no value for tensorgrad's function {signature.name}")


def _product(factors: list[Named], edges: tuple[str, ...]) -> Named:
    """Sums over the names that are not among ``edges``, a few factors at a time."""
    result: Named = (np.asarray(1.0), ())
    for number, factor in enumerate(factors):
        later = {name for _, names in factors[number + 1 :] for name in names} | set(edges)
        labels: dict[str, int] = {}
        for name in (*result[1], *factor[1]):
            labels.setdefault(name, len(labels))
        kept = [name for name in labels if name in later]
        array = np.einsum(
            result[0],
            [labels[name] for name in result[1]],
            factor[0],
            [labels[name] for name in factor[1]],
            [labels[name] for name in kept],
        )
        result = array, tuple(kept)
    return _aligned(result, edges), edges


def _aligned(named: Named, order: Sequence[str]) -> NDArray[Any]:
    array, names = named
    if sorted(names) != sorted(order):
        raise TypeError(f"axes {names} are not {tuple(order)}")
    return array.transpose([names.index(name) for name in order])


def _size(size: Any, point: Point) -> int:
    return int(size) if size.is_Integer else point.sizes[size.name]
