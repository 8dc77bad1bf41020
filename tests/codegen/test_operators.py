"""Every operator, for every target, against the independent evaluator."""

from __future__ import annotations

import pytest

from matcalc.codegen.generation import compile_source, function, generate
from matcalc.evaluation.sampling import find_point
from matcalc.expr.nodes import Node, Sum, postorder
from tests.codegen.comparison import check, given, points
from tests.codegen.expressions import EXPRESSIONS, X, minus, plus

# An index stands in the positions of entries, which are no operands.
_ELSEWHERE = {"Index"}


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_code_equals_the_evaluator(name: str, target: str) -> None:
    expression = EXPRESSIONS[name]
    check(function({"value": expression}, target), target, expression)


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("target", ["jax"])
def test_jax_code_equals_the_evaluator(name: str, target: str) -> None:
    expression = EXPRESSIONS[name]
    # Always the same sizes: JAX compiles every operation anew for every shape.
    point = find_point([expression], 0, sizes={"m": 5, "n": 3, "k": 7})
    assert point is not None
    check(function({"value": expression}, target), target, expression, [point])


def test_every_node_class_is_covered() -> None:
    seen = {type(node).__name__ for expression in EXPRESSIONS.values() for node in postorder(expression)}
    assert {node.__name__ for node in Node.__args__} - seen == _ELSEWHERE


@pytest.mark.parametrize(
    "name", ["symbol", "transpose", "row", "zeros", "rows only", "row of a matrix", "vec", "diagonal", "inverse of an inverse"]
)
@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_results_do_not_share_memory_with_arguments(name: str, target: str) -> None:
    expression = EXPRESSIONS[name]
    point = points(expression)[0]
    values = {key: given(target, value) for key, value in point.values.items()}
    before = {key: given(target, value) for key, value in point.values.items()}
    result = compile_source(generate({"value": expression}, target))(**values, **point.sizes)
    result[...] = 7.0
    assert all(bool((values[key] == before[key]).all()) for key in values)


def test_the_comparison_sees_a_wrong_sign() -> None:
    wrong = function({"value": plus(X, X)}, "numpy")
    with pytest.raises(AssertionError):
        check(wrong, "numpy", Sum((X, minus(X, X))))
