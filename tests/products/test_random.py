"""Random expressions: pullbacks and pushes against the numerical derivative, contracted with the upstream gradient or the direction."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from matcalc.base.errors import LimitError, MatcalcError
from matcalc.base.shapes import axes_of
from matcalc.einstein.lowering import lower
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.differences import numerical_derivative
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import find_point
from matcalc.evaluation.tensor_interpreter import evaluate_tensor
from matcalc.expr.nodes import Expr, Symbol
from matcalc.interface.equations import Source, along
from matcalc.objects.inputs import Outline
from matcalc.products.sweeping import swept
from tests.fuzz.expressions import generate_wide

TIES = frozenset({"symmetric", "antisymmetric", "diagonal"})


def disagreement(seed: int) -> str | None:
    """What is wrong with the products of the random expression of this number; None when they agree, or cannot be checked."""
    rng = random.Random(seed)
    case = generate_wide(lambda count: rng.randrange(count), depth=3, results=(0, 4))
    expression, symbol = case.expression, case.wrt[0]
    if lower(expression).tensor.order != len(axes_of(expression.shape)):
        return None
    upstream, move = Symbol("upstream", expression.shape), Symbol("move", symbol.shape, symbol.properties & TIES)
    point = find_point([expression], seed, extra=(upstream, move, symbol), attempts=8)
    if point is None:
        return None
    try:
        right = numerical_derivative(expression, symbol, point.values, point.sizes, symmetric="projected")
    except (LimitError, MatcalcError):
        return None
    if not right.reliable:
        return None
    given, order = np.asarray(point.values["upstream"]), len(axes_of(expression.shape))
    back = np.tensordot(given.reshape(right.value.shape[:order]), right.value, axes=order)
    forth = np.tensordot(
        right.value, np.asarray(point.values["move"]).reshape(right.value.shape[order:]), axes=right.value.ndim - order
    )
    found = swept(Outline({}, expression, {}, expression), (symbol,), upstream=upstream).derivatives[symbol.name]
    pushed = along(Source(expression, {}), {symbol: move})
    wrong = _wrong(found.expression, found.tensor, back, point) or _wrong(pushed.node, pushed.tensor, forth, point)
    return None if wrong is None else f"seed {seed}: {expression!r} by {symbol.name}: {wrong}"


def _wrong(form: Expr | None, tensor: Any, expected: Any, point: Any) -> str | None:
    found = [("index form", evaluate_tensor(tensor, point.values, point.sizes))]
    if form is not None:
        found.append(("closed form", evaluate(form, point.values, point.sizes)))
    for what, array in found:
        if not agrees(np.asarray(array).reshape(np.shape(expected)), expected, relative=1e-5, absolute=1e-7):
            return f"the {what} is {array}, expected {expected}"
    return None


@pytest.mark.parametrize("start", range(0, 60, 10))
def test_random_expressions(start: int) -> None:
    assert [wrong for seed in range(start, start + 10) if (wrong := disagreement(seed)) is not None] == []


def test_enough_of_them_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.products.test_random._wrong", lambda *_: "compared")
    assert sum(disagreement(seed) is not None for seed in range(30)) >= 15
