"""Evaluates both sides of every step of a derivation by differentials at a random point, along a random change of the variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from matcalc.base.errors import MatcalcError
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.sampling import find_point
from matcalc.expr.nodes import Expr, Symbol
from matcalc.interface.results import Derivation
from matcalc.steps.step import DerivativeSide, Step
from tests.oracle.answers import Disagreement, NoPoint

_TIES = frozenset({"symmetric", "antisymmetric", "diagonal"})
_TRIES = 12


def differential_steps(derivation: Derivation) -> tuple[Step, ...]:
    """The steps of a derivation in the style ``"differential"``."""
    return derivation.derivation_steps("differential")


def check_differential_steps(derivation: Derivation, *, seeds: Sequence[int] = (0,)) -> tuple[Step, ...]:
    """Raises Disagreement where a step is not an equality, NoPoint where nothing could be checked. Returns the steps."""
    steps = differential_steps(derivation)
    for seed in seeds:
        check_steps(steps, derivation.source.node, derivation.wrt, derivation.symmetric, seed)
    return steps


def check_steps(steps: Sequence[Step], expression: Expr, wrt: Sequence[Symbol], symmetric: str, seed: int = 0) -> None:
    """Both sides of every step at one point at which the numerical derivatives can be trusted."""
    wrong = "no point was found"
    for number in range(_TRIES):
        point = find_point([expression], seed + 1000 * number, extra=[*wrt, *_moves(wrt, symmetric)])
        if point is None:
            break
        found = _disagreement(steps, point.values, point.sizes)
        if found is None:
            return
        wrong = found
        if not wrong.startswith("unreliable"):
            break
    raise (NoPoint if wrong.startswith(("no point", "unreliable")) else Disagreement)(wrong)


def _moves(wrt: Sequence[Symbol], symmetric: str) -> list[Symbol]:
    """The symbols for the changes of the variables, with their ties unless entries are varied independently."""
    free = symmetric == "independent"
    return [
        Symbol(f"d{symbol.name}", symbol.shape, frozenset() if free else symbol.properties & _TIES)
        for symbol in dict.fromkeys(wrt)
    ]


def _disagreement(steps: Sequence[Step], values: Mapping[str, Any], sizes: Mapping[str, int]) -> str | None:
    """What is wrong with the first step whose sides differ."""
    known: dict[int, Any] = {}  # the same left side stands in many steps
    for step in steps:
        try:
            if id(step.left) not in known:
                known[id(step.left)] = np.asarray(step.left.value(values, sizes))
            left, right = known[id(step.left)], np.asarray(step.right.value(values, sizes))
        except MatcalcError as error:
            return f"unreliable: {error} in {step.text} ({step.rule})"
        if isinstance(step.left, DerivativeSide) and not np.all(np.isfinite(left)):
            return f"unreliable: {step.text}"
        if not agrees(left, right, relative=2e-6, absolute=1e-8):
            return f"{step.text}\n  ({step.rule}) at sizes {dict(sizes)}\n  left  {left}\n  right {right}"
    return None
