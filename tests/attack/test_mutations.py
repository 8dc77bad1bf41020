"""A few of the mutated answers and of the identities over facts; and verifiers that are wrong, which have to be seen."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.base.errors import ParseError, UnknownFunctionError
from matcalc.language import elaborate
from tests.attack import facts, mutations
from tests.attack.claims import Claim, claim
from tests.attack.judging import differ, faults_of_counterexample
from tests.attack.members import CHECKS, drawn, lacking
from tests.attack.mutants import mutants
from tests.attack.running import Summary, run_here


def faults(summary: Summary) -> list[str]:
    return [f"number {number}: {fault}" for number, fault in summary.faults]


def test_own_answers_hold_and_their_mutants_do_not() -> None:
    summary = run_here(mutations.attack, range(40))
    assert faults(summary) == []
    assert summary.counts["mutant refuted"] + summary.counts["mutant conditional"] >= 33
    assert summary.counts["own answer proved"] >= 33


def test_no_claim_is_of_a_name_that_is_no_variable() -> None:
    """``d(a)/dx = 1e-9*ones(n)`` is no false claim: it asks what a is."""
    with pytest.raises(UnknownFunctionError, match="a is not defined"):
        matcalc.verify("d(a)/dx = ones(n)", declare="a: scalar; x: n")
    found = [claim(99, number) for number in (283, 359)]
    assert [one is None for one in found] == [False, True]


def test_identities_over_facts_hold_with_them_and_not_without() -> None:
    summary = run_here(facts.attack, range(22))
    assert faults(summary) == []
    assert summary.counts["with the fact proved"] + summary.counts["with the fact confirmed"] >= 17
    assert summary.counts["without the fact refuted"] + summary.counts["without the fact conditional"] >= 11


def says(status: str, **given: Any) -> Any:
    """A verifier that says the same of everything."""
    return lambda statement, **options: SimpleNamespace(status=status, reason="", counterexample=None, **given)


@pytest.mark.parametrize("attack", [mutations.attack, facts.attack])
@pytest.mark.parametrize("status", ["proved", "confirmed", "refuted", "conditional"])
def test_a_verifier_with_one_answer_is_seen(attack: Any, status: str) -> None:
    summary = run_here(lambda number: attack(number, verify=says(status)), range(12))
    wrong = "mutant" if status in ("proved", "confirmed") else "own answer" if attack is mutations.attack else "with the fact"
    assert sum(f"{wrong} " in fault and status in fault for fault in faults(summary)) >= 8


def test_a_verifier_that_reads_nothing_is_seen() -> None:
    def refuses(statement: str, **options: Any) -> Any:
        raise ParseError("no")

    assert len(faults(run_here(lambda number: mutations.attack(number, verify=refuses), range(6)))) >= 8


def test_a_verifier_without_counterexamples_is_seen() -> None:
    def hides(statement: str, **options: Any) -> Any:
        return replace(matcalc.verify(statement, **options), counterexample=None)

    summary = run_here(lambda number: mutations.attack(number, verify=hides), range(12))
    assert sum("no counterexample" in fault for fault in faults(summary)) >= 8


SYMMETRIC = "a: scalar; A: n×n symmetric; x: n"


def symmetric_claim() -> Claim:
    right = elaborate("2*A*x", SYMMETRIC).expression
    return Claim("d(x'*A*x)/dx", right, elaborate("x'*A*x", SYMMETRIC).expression, declare=SYMMETRIC)


def example(**values: Any) -> Any:
    given = {name: np.array(value) for name, value in values.items() if name in ("A", "x")}
    sides = {"left": np.array(values.get("left", [2.0, 4.0])), "right": np.array(values.get("right", [1.0, 2.0]))}
    lines = "\n".join(f"{name} side: {np.round(side, 3).tolist()}" for name, side in sides.items())
    return SimpleNamespace(**sides, values=given, sizes={"n": 2}, __str__=lambda: lines)


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"A": [[1.0, 0.0], [0.0, 2.0]], "x": [1.0, 1.0]}, None),
        ({"A": [[1.0, 0.5], [0.0, 2.0]], "x": [1.0, 1.0]}, "A is not symmetric"),
        ({"A": [[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 1.0]], "x": [1.0, 1.0]}, "has the shape"),
        ({"A": [[1.0, 0.0], [0.0, 2.0]]}, "no value for x"),
        ({"A": [[1.0, 0.0], [0.0, 2.0]], "x": [1.0, 1.0], "right": [2.0, 4.0]}, "both sides are equal"),
        ({"A": [[1.0, 0.0], [0.0, 2.0]], "x": [1.0, 1.0], "left": [2.5, 4.0]}, "the left side is"),
    ],
)
def test_what_is_wrong_with_a_counterexample_is_seen(values: dict[str, Any], complaint: str | None) -> None:
    found = faults_of_counterexample(symmetric_claim(), elaborate("A*x", SYMMETRIC).expression, example(**values))
    assert found == [] if complaint is None else any(complaint in fault for fault in found)


def test_mutants_are_judged_by_their_values() -> None:
    found = symmetric_claim()
    wrong = {mutant.expression: differ(found, mutant.expression, 0) for mutant in mutants(found.right)}
    said = {matcalc.parse("2*A*x", SYMMETRIC).node: False}
    assert sum(value is True for value in wrong.values()) >= 5
    assert all(differ(found, expression, 0) is expected for expression, expected in said.items())
    assert differ(found, elaborate("(A + A')*x", SYMMETRIC).expression, 0) is False
    assert differ(found, elaborate("(2 + 1e-7)*A*x", SYMMETRIC).expression, 0) is True


def test_mutants_make_every_kind_of_mistake() -> None:
    kinds = {mutant.kind for number in range(80) if (found := claim(0, number)) for mutant in mutants(found.right)}
    wanted = "transpose factor sign order size product inverse exponent diagonal number function axis"
    assert not set(wanted.split()) - kinds
    assert {"term dropped", "factor dropped", "7th digit", "1e-7 relative", "1e-9 absolute"} <= kinds


@pytest.mark.parametrize("fact", sorted(set(CHECKS) - {"unit"}))
def test_members_have_their_facts(fact: str) -> None:
    shape = (4, 2) if fact == "orthonormal" else (4, 4)
    found = drawn(shape, {fact}, np.random.default_rng(0))
    assert found is not None
    assert lacking(found, {fact}) == []
    free = np.random.default_rng(1).standard_normal(shape)
    assert lacking(free, {fact}) == ([] if fact in ("invertible", "constant") else [fact])
