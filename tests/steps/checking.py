"""Evaluates both sides of every step of a derivation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from matcalc.base.errors import MatcalcError
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.differences import numerical_derivative
from matcalc.evaluation.sampling import Point, find_point
from matcalc.expr.nodes import Expr, Symbol
from matcalc.steps import Side, Step
from tests.oracle import Disagreement, NoPoint

_TRIES = 12


def point_for(expression: Expr, wrt: Sequence[Symbol], symmetric: str = "projected", seed: int = 0) -> Point:
    """A point at distinct prime sizes where the derivative can be found numerically."""
    for number in range(_TRIES):
        point = find_point([expression], seed + 1000 * number, extra=wrt)
        if point is None:
            break
        try:
            if numerical_derivative(expression, tuple(wrt), point.values, point.sizes, symmetric=symmetric).reliable:
                return point
        except MatcalcError:
            continue
    raise NoPoint("no point where the steps can be checked")


def check_steps(steps: Sequence[Step], point: Point) -> None:
    """Raises Disagreement for a step whose sides differ at the point."""
    if not steps:
        raise Disagreement("there are no steps")
    known: dict[Side, Any] = {}

    def value(side: Side) -> Any:
        if side not in known:
            known[side] = np.asarray(side.value(point.values, point.sizes))
        return known[side]

    for number, step in enumerate(steps, 1):
        left, right = value(step.left), value(step.right)
        if not agrees(left, right, relative=2e-6, absolute=1e-7):
            raise Disagreement(
                f"step {number}, {step.rule}, is no equality\n{step.text}\nleft {left.shape}\n{left}\nright {right.shape}\n{right}"
            )
