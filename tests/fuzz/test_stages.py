"""Lowering and folding keep the value of random expressions, whatever differentiation does."""

from __future__ import annotations

from matcalc.einstein.lowering import lower
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import find_point
from matcalc.evaluation.tensor_interpreter import evaluate_tensor
from matcalc.folding.fold import fold
from tests.fuzz.__main__ import drawn
from tests.fuzz.checking import described


def test_lowering_and_folding_keep_the_value() -> None:
    checked = 0
    for number in range(150):
        case = drawn(0, number, 3, (1,))
        point = find_point([case.expression], number, attempts=12)
        if point is None:
            continue
        checked += 1
        value = evaluate(case.expression, point.values, point.sizes)
        lowered = lower(case.expression)
        assert agrees(evaluate_tensor(lowered.tensor, point.values, point.sizes), value, relative=1e-8), described(case)
        folded = fold(lowered.tensor, lowered.split, {})
        if folded is not None:
            assert agrees(evaluate(folded, point.values, point.sizes), value, relative=1e-8), described(case)
    assert checked > 140
