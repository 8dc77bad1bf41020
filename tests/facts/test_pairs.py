"""Every pair of facts in proofs and in conditions: what the facts say is proved, what they don't say is not, and a condition is printed
exactly where some member breaks it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from itertools import combinations_with_replacement
from random import Random
from typing import Any

import numpy as np
import pytest

from matcalc.base.budgets import LITTLE_PROOF_WORK
from matcalc.base.errors import MatcalcError
from matcalc.base.shapes import Shape
from matcalc.base.sizes import Size
from matcalc.derivation import conditions
from matcalc.derivation.conditions import conditions_of
from matcalc.einstein import nodes as ix
from matcalc.einstein.lowering import lower
from matcalc.evaluation.interpreter import evaluate
from matcalc.expr import nodes as e
from matcalc.expr.rewriting import replaced
from matcalc.facts.drawn import NoMemberError, member
from matcalc.facts.membership import belongs
from matcalc.facts.table import contradiction, facts, implied
from matcalc.language import elaborate
from matcalc.rewrite.normal_form import proves_zero

N, M = Size.of("n"), Size.of("m")
SHAPES: dict[str, Shape] = {"n×n": (N, N), "m×n": (M, N), "n": (N,)}
NAMES = [name for name, fact in facts().items() if not fact.refused and name != "constant"]
STYLES = ("ordinary", "whole", "singular", "whole_singular", "counting")

_PLAIN = {
    "n×n": [np.eye(2)[::-1], np.zeros((2, 2)), np.ones((2, 2)), np.ones((2, 2)) / 2],
    "m×n": [np.ones((4, 3)), np.ones((4, 3)) / 3, np.zeros((4, 3))],
    "n": [np.array([1.0, 0.0, 0.0]), np.zeros(3)],
}
"""Members that are hit by chance only."""

# Each is zero exactly where the symbol has the fact; of matrices that are diagonal what is said of entries is said of the diagonal.
SAYING = {
    "n×n": {
        "symmetric": "X' - X", "antisymmetric": "X' + X", "diagonal": "X - diag(diag(X))", "orthogonal": "X*X' - eye",
        "orthonormal": "X'*X - eye", "idempotent": "X*X - X", "projection": "X'*X - X", "mask": "diag(X).*diag(X) - diag(X)",
        "sign": "diag(X).*diag(X) - vector(1)", "simplex": "X*vector(1) - vector(1)", "doubly_stochastic": "X'*vector(1) - vector(1)",
        "nonnegative": "abs(diag(X)) - diag(X)", "positive": "sign(diag(X)) - vector(1)", "positive_semidefinite": "abs(y'*X*y) - y'*X*y",
        "positive_definite": "abs(det(X)) - det(X)",
    },
    "m×n": {
        "orthonormal": "X'*X - eye", "mask": "X.*X - X", "sign": "X.*X - ones(m, n)", "simplex": "X*vector(1) - vector(1)",
        "nonnegative": "abs(X) - X", "positive": "sign(X) - ones(m, n)",
    },
    "n": {
        "unit": "X'*X - 1", "mask": "X.*X - X", "sign": "X.*X - vector(1)", "simplex": "sum(X) - 1", "nonnegative": "abs(X) - X",
        "positive": "sign(X) - vector(1)",
    },
}  # fmt: skip
CONDITIONS = {
    "n×n": ("inv(X)", "logm(X)", "X/norm2(X)", "log(diag(X))", "1 ./ diag(X)", "norm(X, nuclear)"),
    "m×n": ("log(X)", "1 ./ X", "X/norm2(X)", "pinv(X)"),
    "n": ("log(X)", "1 ./ X", "X/norm2(X)", "asin(X/2)", "sqrt(X)"),
}


def pairs(kind: str) -> Iterator[frozenset[str]]:
    """Every fact and every pair that a symbol of this kind may have, with what they imply."""
    shape = SHAPES[kind]
    found = {}
    for pair in combinations_with_replacement(NAMES, 2):
        if contradiction(dict.fromkeys(pair), shape) is None:
            found[implied(pair, square=kind == "n×n")] = None
    return iter(found)


@cache
def members(kind: str, names: frozenset[str]) -> list[Any]:
    """Members of a few sizes and styles."""
    found = []
    for seed, style in enumerate(STYLES * 3):
        sizes = ((3, 3), (2, 2), (4, 4))[seed % 3] if kind == "n×n" else (4, 3) if kind == "m×n" else (3,)
        try:
            found.append(np.array(member(names, sizes, Random(seed), style), dtype=float))
        except NoMemberError:
            continue
    return found + [array for array in _PLAIN[kind] if belongs(array, names)]


def _read(text: str, kind: str) -> e.Expr:
    return elaborate(text, {"X": kind, **({"y": "n"} if "y" in text else {})}).expression


def _with_facts(expression: e.Expr, kind: str, names: frozenset[str]) -> ix.Tensor:
    return lower(expression, {"X": ix.Symbol("X", SHAPES[kind], names)}).tensor


def _is_zero_at(expression: e.Expr, array: Any) -> bool:
    try:
        value = np.asarray(evaluate(expression, {"X": array, "y": np.linspace(-1.0, 1.4, array.shape[-1])}))
    except MatcalcError:
        return True
    return bool(np.all(np.abs(value) < 1e-8 * max(1.0, float(np.abs(array).max()) ** 2)))


def _mistakes(kind: str) -> Iterator[str]:
    for name, text in SAYING[kind].items():
        expression = _read(text, kind)
        for names in pairs(kind):
            if not members(kind, names):
                continue
            holds = all(_is_zero_at(expression, array) for array in members(kind, names))
            said = name in names
            proved = proves_zero(_with_facts(expression, kind, names), LITTLE_PROOF_WORK) if said or not holds else holds
            if said and not proved:
                yield f"{text} = 0 is not proved of {sorted(names)}"
            if proved and not holds:
                yield f"{text} = 0 is proved of {sorted(names)}"


@pytest.mark.parametrize("kind", SHAPES)
def test_what_facts_say_is_proved_and_nothing_else(kind: str) -> None:
    assert list(_mistakes(kind)) == []


def test_a_proof_of_what_does_not_hold_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = _with_facts
    monkeypatch.setattr(
        sys.modules[__name__], "_with_facts", lambda text, kind, names: honest(text, kind, names | {"idempotent"})
    )
    assert any("X*X - X = 0 is proved of ['symmetric']" in mistake for mistake in _mistakes("n×n"))


# ---------------------------------------------------------------- conditions


def _is_regular(text: str, array: Any) -> bool:
    """Whether the derivative of the function exists at a member, found without the package."""
    entries = np.diag(array) if "diag(X)" in text else array
    values = np.linalg.svd(np.atleast_2d(array), compute_uv=False)
    tests = {
        "inv(X)": lambda: bool(values[-1] > 1e-10 * max(1.0, values[0])),
        "logm(X)": lambda: all(value.real > 1e-10 or abs(value.imag) > 1e-10 for value in np.linalg.eigvals(array)),
        "X/norm2(X)": lambda: bool(np.any(array != 0)),
        "norm(X, nuclear)": lambda: bool(values[-1] > 1e-10 * max(1.0, values[0])),
        "pinv(X)": lambda: bool(values[-1] > 1e-10 * max(1.0, values[0])),
        "asin(X/2)": lambda: bool(np.all(np.abs(array) < 2)),
        "log": lambda: bool(np.all(entries > 0)),
        "sqrt": lambda: bool(np.all(entries > 0)),
        "1 ./ ": lambda: bool(np.all(entries != 0)),
    }
    return tests[next(name for name in tests if text.startswith(name))]()


def _condition_mistakes(kind: str) -> Iterator[str]:
    for text in CONDITIONS[kind]:
        expression = _read(text, kind)
        for names in pairs(kind):
            symbol = e.Symbol("X", SHAPES[kind], names)
            drawn = members(kind, names)
            regular = all(_is_regular(text, array) for array in drawn)
            found = conditions_of(replaced(expression, {"X": symbol}), None)
            if not found and not regular:
                yield f"{text}: nothing is asked of {sorted(names)}"
            if found and regular and drawn:
                yield f"{text}: {found} is asked of {sorted(names)}"


@pytest.mark.parametrize("kind", SHAPES)
def test_conditions_are_what_facts_leave_open(kind: str) -> None:
    assert list(_condition_mistakes(kind)) == []


def test_a_condition_that_is_left_out_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditions, "_holds", lambda value, relation: True)
    assert any("log(X): nothing is asked of ['nonnegative']" in mistake for mistake in _condition_mistakes("n"))
