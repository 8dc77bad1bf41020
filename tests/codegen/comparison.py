"""Generated functions against the independent evaluator, which computes expressions as they stand here, not in stable forms."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.interpreter import program
from matcalc.evaluation.sampling import Point, find_point, user_functions
from matcalc.expr.nodes import Elementwise, Expr, postorder

TARGETS = ("numpy", "jax", "torch")
"""Libraries whose code runs here."""


def given(target: str, value: Any) -> Any:
    """A NumPy value as one of the target's arrays, in double precision."""
    if callable(value):
        return value
    if target == "jax":
        import jax.numpy as jnp

        return jnp.asarray(np.asarray(value, dtype=float))
    if target == "torch":
        import torch

        return torch.tensor(np.asarray(value, dtype=float), dtype=torch.float64)
    return value


def functions_for(target: str, expression: Expr) -> dict[str, Callable[[Any], Any]]:
    """Sines of the target's library under the names of the user's functions in an expression, shifted for derivatives."""
    library = importlib.import_module({"numpy": "numpy", "jax": "jax.numpy", "torch": "torch"}[target])
    nodes = postorder(expression)
    users = set(user_functions(nodes))
    names = sorted({node.function for node in nodes if isinstance(node, Elementwise) and node.function.rstrip("'") in users})
    return {name: partial(_shifted_sine, library, name.count("'")) for name in names}


def _shifted_sine(library: Any, order: int, t: Any) -> Any:
    return library.sin(t + order * np.pi / 2)


def points(expression: Expr) -> list[Point]:
    """Two points with distinct prime sizes and one with equal sizes."""
    found = [find_point([expression], 0), find_point([expression], 3), find_point([expression], 1, equal=True)]
    assert all(point is not None for point in found)
    return [point for point in found if point is not None]


def check(function: Callable[..., Any], target: str, expression: Expr, where: list[Point] | None = None) -> None:
    """Raises AssertionError where the function differs from the evaluator."""
    users = functions_for("numpy", expression)
    library = functions_for(target, expression)
    for point in points(expression) if where is None else where:
        expected = program(expression).run({**point.values, **users}, point.sizes)
        values: Mapping[str, Any] = {name: given(target, value) for name, value in point.values.items()}
        found = np.asarray(function(**{**values, **library}, **point.sizes))
        assert agrees(found, expected, relative=1e-9, absolute=1e-9), f"at sizes {point.sizes}:\n{found}\nis not\n{expected}"
