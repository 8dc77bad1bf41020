"""Planted errors: one transpose, sign, factor or order of factors changed in a true identity is always refuted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from matcalc.base.sizes import Size
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import find_point
from matcalc.expr.nodes import Expr, Product, Sum, Symbol, Transpose
from matcalc.language import elaborate
from matcalc.language.statements import DerivativeSide, Statement, elaborate_statement
from matcalc.printing import text
from matcalc.verification.corrections import Mutant, mutants
from matcalc.verification.items import Item, library
from matcalc.verification.judgement import verify

_WANTED = 200
_EACH = 50
RARE_FIRST = ("order", "transpose", "sign", "factor")
KINDS = frozenset(RARE_FIRST)


def differing(original: Expr, mutant: Expr, extra: tuple[Symbol, ...]) -> bool:
    """Whether the two are numerically different somewhere; decided by the evaluator alone."""
    for seed in (31, 32):
        point = find_point([original, mutant], seed, extra=extra)
        if point is None:
            return False
        values = (evaluate(expression, point.values, point.sizes) for expression in (original, mutant))
        if not agrees(*values, relative=1e-3, absolute=1e-3):
            return True
    return False


@dataclass(frozen=True)
class Planted:
    item: Item
    statement: Statement
    mutant: Mutant


def candidates() -> Iterator[tuple[Item, Statement, dict[str, Mutant]]]:
    """For every true identity the first mutant of each kind that is numerically different."""
    for document in library():
        for item in document.items:
            statement = elaborate_statement(item.statement, item.declare or None, layout=item.layout)
            if not item.expected or isinstance(statement.right, DerivativeSide):
                continue
            extra = statement.left.wrt if isinstance(statement.left, DerivativeSide) else ()
            found: dict[str, Mutant] = {}
            for mutant in mutants(statement.right):
                if mutant.kind not in found and differing(statement.right, mutant.expression, extra):
                    found[mutant.kind] = mutant
            if found:
                yield item, statement, found


@pytest.fixture(scope="module")
def planted() -> list[Planted]:
    """One mutant of each of 200 identities: fifty of each kind where there are so many, the rare kinds first."""
    rows = sorted(candidates(), key=lambda row: ("order" not in row[2], "transpose" not in row[2], row[0].name))
    counts: Counter[str] = Counter()
    cases = []
    for item, statement, found in rows[:_WANTED]:
        kind = min(found, key=lambda kind: (counts[kind] >= _EACH, RARE_FIRST.index(kind)))
        counts[kind] += 1
        cases.append(Planted(item, statement, found[kind]))
    return cases


def test_every_planted_error_is_refuted(planted: list[Planted]) -> None:
    accepted = []
    for case in planted:
        left = case.item.statement.partition(" = ")[0]
        wrong = f"{left} = {text(case.mutant.expression, 'ascii')}"
        options = {"layout": case.item.layout, "symmetric": case.item.symmetric}
        verdict = verify(wrong, declare=case.statement.declarations, help=False, **options)
        if verdict.status != "refuted":
            accepted.append(f"{case.item.name} ({case.mutant.description}): {verdict.explain()}")
    assert not accepted, "\n".join(accepted)


def test_two_hundred_errors_of_all_kinds_are_planted(planted: list[Planted]) -> None:
    assert len(planted) == _WANTED
    assert len({case.item.name for case in planted}) == _WANTED
    kinds = Counter(case.mutant.kind for case in planted)
    assert kinds.keys() == KINDS
    assert min(kinds.values()) >= 30, kinds


def test_mutants_differ_from_the_original_and_keep_its_shape() -> None:
    n = Size.of("n")
    a, b, x = Symbol("A", (n, n)), Symbol("B", (n, n)), Symbol("x", (n,))
    original = Sum((Product((a, Transpose(b), x)), x))
    found = list(mutants(original))
    assert {mutant.kind for mutant in found} == KINDS
    assert all(mutant.expression is not original and mutant.expression.shape == original.shape for mutant in found)
    assert len({mutant.expression for mutant in found}) >= 6


def test_a_change_that_has_no_shape_is_no_mutant() -> None:
    """The diagonal of a scalar product is none, though that of the outer product is."""
    found = elaborate("diag(diag(w*z'/(a^2 + 1)))", "w: m; z: m; a: scalar").expression
    assert all(mutant.expression.shape == found.shape for mutant in mutants(found))
