"""Every pair of facts in everything that draws: points, printed counterexamples, self checks of generated code."""

from __future__ import annotations

import contextlib
import io
from itertools import combinations

import pytest

import matcalc
from matcalc.codegen import selfcheck
from matcalc.codegen.targets import python_files
from matcalc.evaluation.sampling import find_point
from matcalc.facts.table import contradiction, kinds, size_parity
from matcalc.language.statements import elaborate_statement
from matcalc.repl.session import Session
from matcalc.repl.terminal import completions
from matcalc.verification.claims import claim_of
from matcalc.verification.counterexamples import small_counterexample
from tests.facts.checks import NAMES, broken

PAIRS = [pair for pair in combinations(NAMES, 2) if contradiction(pair) is None and "constant" not in pair]
EVERY = [*((name,) for name in NAMES), *PAIRS]
ids = " ".join


def declaration(facts: tuple[str, ...]) -> str:
    possible = kinds(facts)
    return f"X: {'n×n' if 'matrix' in possible else 'n'} {' '.join(facts)}"


def kept(array: object, facts: tuple[str, ...]) -> bool:
    return broken(array, sorted(facts)) == []


@pytest.mark.parametrize("facts", EVERY, ids=ids)
def test_points_have_the_facts(facts: tuple[str, ...]) -> None:
    expression = matcalc.symbols(declaration(facts)).node
    for seed, equal in ((0, False), (1, False), (2, True)):
        point = find_point([expression], seed, equal=equal)
        assert point is not None
        assert kept(point.values["X"], facts)
        parity = size_parity(frozenset(facts))
        assert parity is None or len(point.values["X"]) % 2 == parity


@pytest.mark.parametrize("facts", EVERY, ids=ids)
def test_counterexamples_have_the_facts(facts: tuple[str, ...]) -> None:
    claim = claim_of(elaborate_statement("sum(X) + 1 = sum(X)", declaration(facts)), "denominator", "projected")
    found = small_counterexample(claim)
    assert found is not None
    assert kept(found.values["X"], facts)
    assert len(found.values["X"]) in (2, 3)


def checked(facts: tuple[str, ...], symmetric: str = "projected", expression: str = "") -> str:
    """The self check of generated code for the gradient of a function of a symbol with these facts, run; what it prints."""
    matrix = "matrix" in kinds(facts)
    expression = expression or ("tr(X*B*X) + a'*X*b" if matrix else "X'*B*X + sum(X)")
    declare = f"{declaration(facts)}; B: n×n; a, b: n"
    code = matcalc.derive(expression, "X", declare=declare, symmetric=symmetric).code("numpy")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, "generated", "exec"), {"__name__": "__main__"})
    return said.getvalue()


@pytest.mark.parametrize("facts", EVERY, ids=ids)
def test_self_checks_agree(facts: tuple[str, ...]) -> None:
    assert "agrees with finite differences" in checked(facts)


@pytest.mark.parametrize("expression", ["tr(inv(X)*B)", "tr(X'*X*B)", "det(X)*tr(B)", "sum(X.*X.*X)"])
@pytest.mark.parametrize(
    "facts", [("orthogonal",), ("orthogonal", "mask"), ("diagonal", "sign"), ("symmetric", "orthogonal")], ids=ids
)
def test_the_value_is_that_of_entries_that_vary(facts: tuple[str, ...], expression: str) -> None:
    assert "agrees with finite differences" in checked(facts, expression=expression)


@pytest.mark.parametrize("fact", ["symmetric", "antisymmetric", "diagonal", "lower_triangular", "upper_triangular", "projection"])
@pytest.mark.parametrize("symmetric", ["independent", "cookbook"])
def test_self_checks_agree_in_every_convention(fact: str, symmetric: str) -> None:
    assert "agrees with finite differences" in checked((fact,), symmetric)


@pytest.mark.parametrize(
    "facts", [("symmetric", "orthogonal"), ("mask", "symmetric"), ("idempotent",), ("unit", "positive")], ids=ids
)
def test_what_self_checks_draw_has_the_facts(facts: tuple[str, ...]) -> None:
    assert kept(drawn(facts), facts)


def test_a_wrong_tie_is_seen_by_a_self_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(python_files._TIES, "lower", "np.triu(move)")
    with pytest.raises(AssertionError, match="is wrong"):
        checked(("lower_triangular",))


def test_a_sample_without_the_facts_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selfcheck, "belongs", lambda *_: True)
    with pytest.raises(AssertionError, match="is wrong"):
        checked(("symmetric", "orthogonal"))


def drawn(facts: tuple[str, ...]) -> object:
    code = matcalc.derive("sum(X.*X)", "X", declare=declaration(facts)).code("numpy")
    space: dict[str, object] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, "generated", "exec"), space)
    point = space["point"]
    assert isinstance(point, dict)
    return point["X"]


def test_facts_are_completed_in_declarations() -> None:
    session = Session()
    for line, word, found in [
        ("S: n×n symm", "symm", ["symmetric"]),
        ("S: n×n symmetric positive_", "positive_", ["positive_definite", "positive_semidefinite"]),
        ("p, q: uni", "uni", ["unit"]),
    ]:
        assert completions(session, line, len(line) - len(word), len(line)) == found
