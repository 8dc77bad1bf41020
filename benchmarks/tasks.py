"""The formulas of ``formulas.toml``, each with a random point and the value and derivative that are right there."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcalc.evaluation.differences import numerical_derivative
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import Point, find_point
from matcalc.expr.nodes import Expr, Symbol, postorder
from matcalc.interface.api import parse
from matcalc.interface.results import plain_shape

_TRIES = 20


@dataclass(frozen=True)
class Task:
    """One formula to differentiate ``order`` times by ``by``; the spellings are those of the other tools."""

    text: str
    by: str
    order: int
    declare: str
    sympy: tuple[str, ...]
    tensorgrad: str

    @property
    def name(self) -> str:
        return f"{self.text} by {self.by}" + (", Hessian" if self.order == 2 else "")

    @cached_property
    def expression(self) -> Expr:
        return parse(self.text, self.declare or None).node

    @cached_property
    def symbols(self) -> dict[str, Symbol]:
        """Every symbol by its name, in the order of names."""
        found = {node.name: node for node in postorder(self.expression) if isinstance(node, Symbol)}
        return dict(sorted(found.items()))

    @cached_property
    def shapes(self) -> dict[str, tuple[int | str, ...]]:
        """Sizes of every symbol: none for a scalar, one for a vector, two for a matrix."""
        return {name: plain_shape(symbol.shape) for name, symbol in self.symbols.items()}

    @cached_property
    def checkpoint(self) -> tuple[Point, NDArray[Any]]:
        """A point at which sizes are distinct primes, and the derivative there by central differences.

        Its axes are those of the value, then those of each variable. Raises ValueError when there is no point to trust.
        """
        variables = (self.symbols[self.by],) * self.order
        for seed in range(_TRIES):
            point = find_point([self.expression], seed)
            if point is None:
                break
            found = numerical_derivative(self.expression, variables, point.values, point.sizes)
            if found.reliable:
                return point, found.value
        raise ValueError(f"no point at which the derivative of {self.name} can be checked")

    @property
    def point(self) -> Point:
        return self.checkpoint[0]

    @property
    def value(self) -> NDArray[Any]:
        """The value at the point."""
        return np.asarray(evaluate(self.expression, self.point.values, self.point.sizes))

    @property
    def derivative(self) -> NDArray[Any]:
        return self.checkpoint[1]


def tasks() -> list[Task]:
    """All formulas of the file."""
    entries = tomllib.loads(Path(__file__).with_name("formulas.toml").read_text(encoding="utf-8"))["formula"]
    return [
        Task(
            entry["text"],
            entry["by"],
            entry.get("order", 1),
            entry.get("declare", ""),
            tuple(entry.get("sympy", ())),
            entry.get("tensorgrad", ""),
        )
        for entry in entries
    ]
