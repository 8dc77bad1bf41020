"""Members of every pair of facts, and of some triples, against NumPy; wrong recipes are caught."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from random import Random
from typing import Any

import numpy as np
import pytest

from matcalc.facts import drawn, membership
from matcalc.facts.drawn import NoMemberError, member
from matcalc.facts.matrices import STYLES
from matcalc.facts.membership import belongs
from matcalc.facts.table import contradiction, facts, implied, kinds
from tests.facts.checks import NAMES, broken

SHAPES = [(), (1,), (4,), (1, 1), (2, 2), (3, 3), (4, 4), (5, 3), (3, 5), (2, 3, 2)]
ODD = "antisymmetric"


def fitting(names: tuple[str, ...]) -> Iterator[tuple[int, ...]]:
    """Shapes that the facts can have."""
    shapes = {facts()[name].shape for name in names}
    for shape in SHAPES:
        kind = {0: "scalar", 1: "vector", 2: "matrix"}.get(len(shape), "tensor")
        matrix = len(shape) == 2
        if kind not in kinds(names) or (matrix and "square" in shapes and shape[0] != shape[1]):
            continue
        if not (matrix and "tall" in shapes and shape[0] < shape[1]):
            yield shape


def none_of_this_size(names: tuple[str, ...], shape: tuple[int, ...]) -> bool:
    """Antisymmetric matrices of odd size are singular; an idempotent matrix of signs has an odd trace; a 1×1 matrix is its own identity."""
    known = implied(names)
    size = shape[0] if shape else 1
    if "antisymmetric" in known and known & {"invertible", "orthonormal"}:
        return size % 2 == 1
    if {"idempotent", "sign"} <= known:
        return size % 2 == 0
    return False


PAIRS = [pair for pair in combinations(NAMES, 2) if contradiction(pair) is None]


@pytest.mark.parametrize("pair", PAIRS, ids=" ".join)
def test_members_of_pairs(pair: tuple[str, str]) -> None:
    for shape in fitting(pair):
        for style in ("ordinary", "whole", "singular", "wide"):
            try:
                found = member(pair, shape, Random(7), style)
            except NoMemberError:
                assert none_of_this_size(pair, shape), shape
                continue
            assert belongs(found, pair)
            if style != "wide":  # ranks of matrices with entries from 1e-6 to 1e5 are no matter of floating point
                assert broken(found, pair) == [], (shape, style)
                assert belongs(np.array(found, dtype=float), pair)
            assert np.shape(found) == shape


def test_members_of_triples() -> None:
    for triple in list(combinations(NAMES, 3))[::7]:
        if contradiction(triple) is None:
            shape = next(shape for shape in reversed(list(fitting(triple))) if len(shape) < 3)
            try:
                found = member(triple, shape, Random(3))
            except NoMemberError:
                assert none_of_this_size(triple, shape), (triple, shape)
                continue
            # What implies a diagonal matrix is asked for the entries of one.
            assert broken(found, sorted(implied(triple) & set(NAMES))) == [], triple


def test_both_signs_of_determinants_and_entries() -> None:
    for names in ([], ["orthogonal"], ["symmetric"], ["invertible"], ["lower_triangular"], ["symmetric", "orthogonal"]):
        found = [np.linalg.det(np.array(member(names, (3, 3), Random(seed)), dtype=float)) for seed in range(12)]
        assert min(found) < 0 < max(found), names
    vector = [member(["unit"], (3,), Random(seed))[0] for seed in range(12)]
    assert min(vector) < 0 < max(vector)


@pytest.mark.parametrize("names", [[], ["symmetric"], ["mask"], ["positive"], ["positive_semidefinite"], ["simplex"], ["doubly_stochastic"],
                                   ["diagonal"], ["lower_triangular"], ["sign", "symmetric"]], ids=str)  # fmt: skip
def test_singular_on_request(names: list[str]) -> None:
    for seed in range(5):
        found = np.array(member(names, (4, 4), Random(seed), "singular"), dtype=float)
        assert np.linalg.matrix_rank(found) < 4


def test_sizes_of_entries() -> None:
    near = np.abs(np.array(member([], (6, 6), Random(0), "near"), dtype=float))
    huge = np.abs(np.array(member([], (6, 6), Random(0), "huge"), dtype=float))
    assert near.max() < 0.01
    assert huge.min() >= 1000
    whole = member(["symmetric"], (4, 4), Random(0), "whole")
    assert all(entry.denominator == 1 for row in whole for entry in row)


def test_the_same_seed_gives_the_same_member() -> None:
    for style in STYLES:
        assert member(["symmetric"], (3, 3), Random(5), style) == member(["symmetric"], (3, 3), Random(5), style)


def test_no_member_of_the_shape() -> None:
    with pytest.raises(NoMemberError, match="antisymmetric and invertible"):
        member(["antisymmetric", "invertible"], (3, 3), Random(0))
    with pytest.raises(NoMemberError):
        member(["orthonormal"], (2, 3), Random(0))


def test_a_wrong_recipe_costs_time_and_is_never_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def anything(request: Any) -> Any:
        return request.entries(*request.shape)

    monkeypatch.setattr(drawn, "_RECIPES", ((lambda request: True, anything),))
    assert broken(member(["orthogonal"], (3, 3), Random(0)), ["orthogonal"]) == []  # a plain one
    with pytest.raises(NoMemberError):
        member(["antisymmetric", "orthogonal"], (3, 3), Random(0))


def test_a_wrong_membership_test_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    lax = {**membership._HOLDS, "orthonormal": lambda *_: True}
    monkeypatch.setattr(membership, "_HOLDS", lax)
    monkeypatch.setattr(drawn, "_RECIPES", ((lambda request: True, lambda request: request.entries(*request.shape)),))
    assert broken(member(["orthogonal"], (3, 3), Random(0)), ["orthogonal"]) == ["orthogonal"]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "constant"])
def test_what_is_no_member(name: str) -> None:
    """A matrix of thirds and halves has no fact but those of entries, and one with a negative entry not those."""
    shape = (3,) if name == "unit" else (3, 3)
    rows = ["1/2 -1/3 5", "2/3 1/6 -5/2", "7/6 -1/6 5/2"]
    wrong = (
        [[Fraction(entry) for entry in row.split()] for row in rows] if len(shape) == 2 else [Fraction(k, 7) for k in (3, -5, 2)]
    )
    assert np.shape(wrong) == shape
    assert not belongs(wrong, [name])
    assert not belongs(np.array(wrong, dtype=float), [name])
    assert broken(wrong, [name]) == [name]
