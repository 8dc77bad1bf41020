"""Every step of every case of ``tests/cases`` is an equality: both sides are evaluated at a point with distinct prime sizes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import matcalc
from matcalc.einstein import nodes as ix
from matcalc.steps.index.formula import Delta, Entry, Formula, FormulaSide, Times, Total, parts, rebuilt
from tests.cases.reading import Case, read_cases
from tests.oracle import Disagreement
from tests.steps.checking import check_steps, point_for

FOLDER = Path(__file__).resolve().parents[1] / "cases"
CASES = [case for path in sorted(FOLDER.glob("*.cases")) for case in read_cases(path)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_step_of_a_case_is_an_equality(case: Case) -> None:
    wrt = case.wrt[0] if len(case.wrt) == 1 else case.wrt
    layout, symmetric = case.options["layout"], case.options["symmetric"]
    derivation = matcalc.derive(case.expression, wrt, declare=case.declare or None, layout=layout, symmetric=symmetric)
    steps = derivation.steps
    check_steps(steps, point_for(derivation.source.node, derivation.wrt, derivation.symmetric))
    assert steps[0].rule == "index notation"
    plain = derivation.expression is not None and derivation.outcome.sums is None
    assert steps[-1].right_writing.unicode == (str(derivation.expression) if plain else str(derivation))
    assert max(len(line) for line in derivation.steps_text().splitlines()) <= 80


def _corrupted(formula: Formula, what: str) -> Formula | None:
    """The formula with one error planted in its first part that allows it; None where there is none."""
    match formula:
        case Entry(letters=(first, second)) if what == "transposed" and first != second:
            return replace(formula, letters=(second, first))
        case Delta() if what == "delta":
            return Total(((2, formula),))  # type: ignore[arg-type]
        case Times() if what == "sign":
            return Total(((-1, formula),))  # type: ignore[arg-type]
        case Entry(tensor=ix.Symbol()) if what == "factor":
            return Times((formula, formula))
        case Total() if what == "term" and len(formula.terms) > 1:
            return Total(formula.terms[1:])
    below = list(parts(formula))
    for k, part in enumerate(below):
        changed = _corrupted(part, what)
        if changed is not None:
            below[k] = changed
            return rebuilt(formula, tuple(below))
    return None


@pytest.mark.parametrize(("what", "least"), [("transposed", 4), ("delta", 1), ("sign", 4), ("factor", 5), ("term", 4)])
def test_a_planted_error_is_seen(what: str, least: int) -> None:
    derivation = matcalc.derive("x'*A*y + x'*C*x + b'*tanh(B*x)", "x", declare="A: n×n; C: n×n; x: n; y: n; B: m×n; b: m")
    point = point_for(derivation.source.node, derivation.wrt)
    check_steps(derivation.steps, point)
    planted = 0
    for number, step in enumerate(derivation.steps):
        changed = _corrupted(step.right.formula, what) if isinstance(step.right, FormulaSide) else None
        if changed is not None and isinstance(step.right, FormulaSide):
            steps = list(derivation.steps)
            steps[number] = replace(step, right=replace(step.right, formula=changed))
            with pytest.raises(Disagreement):
                check_steps(steps, point)
            planted += 1
    assert planted >= least


def test_a_wrong_answer_is_seen() -> None:
    right, wrong = matcalc.derive("x'*A*x", "x"), matcalc.derive("x'*A*x", "x", declare="A: n×n symmetric")
    point = point_for(right.source.node, right.wrt)
    with pytest.raises(Disagreement, match="fold"):
        check_steps([replace(right.steps[-1], right=wrong.steps[-1].right)], point)
