"""Whatever is deduced of an expression, or of the tensor that it becomes, holds at random members."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.base.errors import MatcalcError
from matcalc.einstein import tensor_deduction as of_tensors
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Tensor
from matcalc.evaluation.interpreter import program
from matcalc.evaluation.tensor_interpreter import evaluate_tensor
from matcalc.expr import deduction as of_expressions, nodes as e
from matcalc.facts import known as rules, ranges
from matcalc.facts.known import Known
from matcalc.rewrite.normal_form import normal_form
from tests.facts.deductions import SCALAR, SQUARE, TALL, VECTOR, Expressions, values_of, wrong

_LARGEST = 20.0
_WORST = 1e5


def _arrays(expression: e.Expr, values: Mapping[str, Any], sizes: Mapping[str, int]) -> dict[e.Expr, Any] | None:
    """The value of every node, as a matrix; None where one is not defined, or so large or so badly conditioned that rounding may hide the
    truth."""
    found: dict[e.Expr, Any] = {}

    def observe(node: e.Expr, operands: Sequence[Any]) -> None:
        found.update(zip(e.children(node), operands))

    try:
        result = program(expression).run(values, sizes, observe=observe)
    except MatcalcError:
        return None
    found[expression] = result.reshape(1, -1) if expression.is_row else result.reshape(*result.shape, *(1,) * (2 - result.ndim))
    if any(not np.all(np.abs(array) <= _LARGEST) for array in found.values()):
        return None
    inverted = [node.operand for node in found if isinstance(node, e.Inverse)]
    return None if any(np.linalg.cond(found[operand]) > _WORST for operand in inverted) else found


def _mistakes(seeds: range, depth: int, prefix: str = "s") -> Iterator[str]:
    for seed in seeds:
        rng = Random(seed)
        source = Expressions(rng, prefix)
        sizes = rng.choice(({"n": 3, "m": 4}, {"n": 2, "m": 2}, {"n": 1, "m": 3}, {"n": 3, "m": 3}))
        values = values_of(source, sizes)
        for shape in (SQUARE, SQUARE, SCALAR, VECTOR, TALL) if values is not None else ():
            arrays = _arrays(source.made(shape, depth), values, sizes) or {}
            for node, array in arrays.items():
                turned = array.T if node.is_row else array
                for claim, value in ((of_expressions.known(node), array), (_of_tensor(node), turned)):
                    yield from (f"seed {seed}: {what}: {node}\n{array}" for what in wrong(claim, value))


def _of_tensor(node: e.Expr) -> Known:
    value = lower(node)
    return of_tensors.known(value.tensor) if value.tensor.order == len(node.shape) - node.is_row else rules.NOTHING


def test_what_is_deduced_holds_at_random_members() -> None:
    assert next(_mistakes(range(250), 2), None) is None


def _changed_values(seeds: range, prefix: str = "t") -> Iterator[str]:
    """Expressions whose index notation, or the normal form of that in proofs, has another value than they have."""
    for seed in seeds:
        rng = Random(seed)
        source = Expressions(rng, prefix)
        sizes = rng.choice(({"n": 3, "m": 4}, {"n": 2, "m": 2}))
        values = values_of(source, sizes)
        for shape in (SQUARE, SQUARE, SCALAR, VECTOR, TALL) if values is not None else ():
            expression = source.made(shape, 2)
            arrays = _arrays(expression, values, sizes) or {}
            tensor = lower(expression).tensor
            for form in (tensor, _normal(tensor)) if arrays else ():
                try:
                    value = np.asarray(evaluate_tensor(form, values, sizes), dtype=float)
                except MatcalcError:  # the normal form has symbols of its own for free parameters
                    continue
                wanted = arrays[expression].reshape(value.shape)
                if not np.allclose(value, wanted, atol=1e-7 * max(1.0, float(np.abs(wanted).max()))):
                    yield f"seed {seed}: {expression}\n{wanted}\n{value}"


def _normal(tensor: Tensor) -> Tensor:
    try:
        return normal_form(tensor)
    except MatcalcError:
        return tensor


def test_what_facts_cancel_keeps_the_value() -> None:
    assert next(_changed_values(range(120)), None) is None


def test_a_wrong_cancellation_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_tensors, "unit_products", lambda tensor: {(0, 1): 1, (1, 0): 1} if tensor.reduces else {})
    assert next(_changed_values(range(200), "u"), None) is not None


@pytest.mark.parametrize(
    ("module", "name", "planted"),
    [
        (ranges, "plus", lambda one, other: one),
        (rules, "_LINEAR", rules._LINEAR | {"idempotent"}),
        (ranges, "reciprocal", lambda one: one),
        (rules, "_TURNED", {}),
        (rules, "_MULTIPLICATIVE", rules._MULTIPLICATIVE | {"symmetric"}),
        (rules, "_HOMOGENEOUS", rules._HOMOGENEOUS | {"idempotent"}),
    ],
)
def test_a_wrong_rule_is_seen(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, planted: Any) -> None:
    monkeypatch.setattr(module, name, planted)
    assert next(_mistakes(range(1000, 1400), 2, name), None) is not None


def test_vectors_of_length_one_as_rows_make_no_orthogonal_matrix() -> None:
    """The rows of indmax(X, rows) are unit vectors, and two of them may be one."""
    assert str(matcalc.derive("tr(A*indmax(X, rows)'*indmax(X, rows))", "A")) == "indmax(X, rows)ᵀ indmax(X, rows)"
    assert str(matcalc.derive("a*indmax(x)'*indmax(x)", "a", declare="a: scalar; x: n")) == "1"
    assert matcalc.verify("indmax(X, rows)'*indmax(X, rows) = eye").is_false
    assert matcalc.verify("indmax(X, rows)*ones(n) = ones(m)", declare="X: m×n").ok
