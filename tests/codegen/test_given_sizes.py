"""Sizes given as keywords agree with the arrays, whatever makes the function and whether its code needs the size or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.base.errors import ShapeError
from matcalc.evaluation.interpreter import evaluate
from tests.codegen.comparison import TARGETS, given

MAKERS: dict[str, Callable[[str], Callable[..., Any]]] = {
    "value": lambda target: matcalc.parse("sum(x)/n", declare="x: n").function(target),
    "value without the size": lambda target: matcalc.parse("sum(x)", declare="x: n").function(target),
    "derivative": lambda target: matcalc.derive("sum(x)^2/n", "x", declare="x: n").function(target),
    "derivative without its symbol": lambda target: matcalc.derive("sum(x)", "x", declare="x: n").function(target),
    "gradients": lambda target: matcalc.gradient("y = 2*x; y'*y/n", ["x"], declare="x: n").function(target),
    "compile": lambda target: matcalc.compile("x'*x/n", gradient="x", declare="x: n", target=target),
    "operators": lambda target: (matcalc.sum(matcalc.symbols("x: n")) / matcalc.size("n")).function(target),
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("maker", MAKERS)
def test_a_size_that_contradicts_the_arrays_is_refused(maker: str, target: str) -> None:
    function = MAKERS[maker](target)
    entries = given(target, np.ones(3))
    function(x=entries)
    function(x=entries, n=3)
    function(x=entries, unused=4)
    with pytest.raises(ShapeError, match="x has length 3 where its size n is 4"):
        function(x=entries, n=4)


@pytest.mark.parametrize("number", [None, True, "3", 3.5, float("nan"), float("inf"), 0, -3, [3, 3], np.ones(3)])
def test_a_size_is_a_positive_integer(number: Any) -> None:
    for function in (
        MAKERS["value"]("numpy"),
        lambda **values: evaluate(matcalc.parse("sum(x)/n", declare="x: n").node, values, values),
    ):
        with pytest.raises(ShapeError, match="the size n is a positive integer"):
            function(x=np.ones(3), n=number)


@pytest.mark.parametrize("target", ["jax"])
def test_a_size_that_is_traced_is_left_alone(target: str) -> None:
    import jax

    assert float(jax.jit(MAKERS["value"](target))(x=np.ones(3), n=3)) == 1.0
