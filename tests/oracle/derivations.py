"""Checks everything that a ``Derivation`` says about a derivative."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import matcalc
from matcalc.evaluation.interpreter import compile_function
from matcalc.evaluation.tensor_interpreter import evaluate_tensor
from matcalc.expr.nodes import Expr, Symbol
from matcalc.interface.results import Derivation
from matcalc.language import elaborate
from tests.oracle.answers import Disagreement, check_answer, laid_out, points


def check_derivation(
    expression: str,
    wrt: str | tuple[str, ...],
    declare: str | Mapping[str, str] | None = None,
    expected: str | None = None,
    *,
    order: int = 1,
    layout: str = "denominator",
    symmetric: str = "projected",
    closed: bool | None = None,
    derive: Callable[..., Any] = matcalc.derive,
) -> Derivation:
    """Derives, and compares with numerical derivatives at two sets of distinct prime sizes and at equal sizes.

    Compared are the callable of the derivation, its index form, its ASCII text read again and, when given, the text ``expected``.
    ``closed`` demands that there is, or is not, a closed matrix form. Returns the derivation.
    Raises Disagreement (an AssertionError) where something is wrong, NoPoint where nothing could be checked.
    """
    derivation: Derivation = derive(expression, wrt, declare=declare, order=order, layout=layout, symmetric=symmetric)
    if closed is not None and derivation.closed != closed:
        raise Disagreement(f"{expression} by {wrt}: {'no ' if closed else 'a '}closed form came out: {derivation}")
    source = derivation.source.node
    checkpoints = list(points(source, derivation.wrt, layout=layout, symmetric=symmetric))
    tensor = derivation.outcome.tensor

    def index_form(**values: Any) -> Any:
        sizes = {name: value for name, value in values.items() if isinstance(value, int)}
        array = evaluate_tensor(tensor, values, sizes)
        return laid_out(_merged(array, source, derivation.wrt, sizes), source.shape, derivation.wrt, layout)

    check_answer(index_form, checkpoints, what=f"the index form {derivation.index_form}")
    check_answer(derivation.function("numpy"), checkpoints, what=f"the function of {derivation}")
    if derivation.closed:
        check_answer(_read(derivation.text("ascii"), derivation), checkpoints, what=f"the ASCII text {derivation.text('ascii')}")
        check_answer(_read(derivation.text("unicode"), derivation), checkpoints, what=f"the Unicode text {derivation}")
    if expected is not None:
        check_answer(_read(expected, derivation), checkpoints, what=f"the expected text {expected}")
    return derivation


def _merged(array: Any, source: Expr, wrt: Sequence[Symbol], sizes: Mapping[str, int]) -> Any:
    """One axis for each axis of the value and of the variables; rows and columns of Kronecker and vec forms are groups of axes."""
    shapes = [
        shape[1:] if len(shape) == 2 and str(shape[0]) == "1" else shape
        for shape in (source.shape, *(node.shape for node in wrt))
    ]
    return np.reshape(array, [size.value(sizes) for shape in shapes for size in shape])


def _read(text: str, derivation: Derivation) -> Callable[..., Any]:
    shape = derivation.outcome.shape
    return compile_function(elaborate(text, derivation.declarations, shape=shape).expression)
