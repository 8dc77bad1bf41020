"""Pattern matching on contractions, and that a wrong rule would be noticed by the numerical judgement."""

from __future__ import annotations

from fractions import Fraction

import pytest

from matcalc.base.budgets import share
from matcalc.base.errors import LimitError, MatcalcError
from matcalc.base.sizes import Size
from matcalc.einstein.algebra import contract
from matcalc.einstein.linear import add, delta, is_zero
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Symbol, Tensor
from matcalc.language import elaborate
from matcalc.rewrite.completion import reduced
from matcalc.rewrite.distribution import spread
from matcalc.rewrite.matching import Rule, as_rule, embeddings, graph_of
from matcalc.rewrite.normal_form import equations
from matcalc.verification.judgement import verify

N = Size.of("n")
A, B = Symbol("A", (N, N)), Symbol("B", (N, N))
S = Symbol("S", (N, N), frozenset({"symmetric"}))


def tensor(text: str, declare: str = "A: n×n; B: n×n; S: n×n symmetric; x: n; y: n") -> Tensor:
    return spread(lower(elaborate(text, declare).expression).tensor)


def rule(pattern: str, result: str) -> Rule:
    found = as_rule(tensor(pattern), tensor(result))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A*B", "eye(n)"),
        ("B*A*B*A", "B*A"),
        ("A*B*A*B", "eye(n)"),
        ("tr(A*B)", "n"),
        ("B'*A'", "eye(n)"),
        ("x'*A*B*y", "x'*y"),
        ("A*diag(x)*B", "A*diag(x)*B"),
        ("B*A", "B*A"),
        ("(A*B).*S", "eye(n).*S"),
        ("A.*B", "A.*B"),
    ],
)
def test_a_word_is_replaced_wherever_it_stands_alone(before: str, after: str) -> None:
    assert reduced(tensor(before), [rule("A*B", "eye(n)")]) is tensor(after)


def test_a_symmetric_matrix_matches_in_both_directions() -> None:
    pattern = graph_of(tensor("S*A"))
    assert len(list(embeddings(pattern, graph_of(tensor("A'*S"))))) == 1
    assert not list(embeddings(pattern, graph_of(tensor("A*S"))))


def test_rewriting_that_never_ends_runs_out_of_its_budget() -> None:
    with pytest.raises(LimitError), share(1, most=2_000):
        reduced(tensor("A*B"), [rule("A*B", "A*B*A*B")])


def test_a_wrong_rule_contradicts_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a false relation the proof succeeds, the numbers disagree, and no verdict is given."""
    true_equations = equations

    def corrupted(left: Tensor) -> tuple[list[Rule], list[tuple[Tensor, str]]]:
        rules, matrix = true_equations(left)
        commute = add(
            [
                (Fraction(1), contract([A, B], [(0, 1), (1, 2)], (0, 2), dict.fromkeys(range(3), N))),
                (Fraction(-1), contract([B, A], [(0, 1), (1, 2)], (0, 2), dict.fromkeys(range(3), N))),
            ],
            (N, N),
        )
        return rules, [*matrix, (commute, "false")]

    assert verify("A*B*A = A*A*B", declare="A: n×n; B: n×n").status == "refuted"
    monkeypatch.setattr("matcalc.rewrite.normal_form.equations", corrupted)
    with pytest.raises(MatcalcError, match="internal error"):
        verify("A*B*A = A*A*B", declare="A: n×n; B: n×n")


def test_nothing_is_reduced_without_rules() -> None:
    total = add([(Fraction(1), delta((N,))), (Fraction(-1), delta((N,)))], (N, N))
    assert is_zero(reduced(total, []))
