"""Ties between entries, and projections that keep them."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from random import Random

import numpy as np
import pytest

from matcalc.evaluation.differences import projected_array
from matcalc.facts.drawn import NoMemberError, member
from matcalc.facts.table import Tie, contradiction, implied, may_vary, mirrored, tie_of, tied
from tests.facts.checks import NAMES

TIED = {
    "symmetric": lambda a: np.array_equal(a, a.T),
    "antisymmetric": lambda a: np.array_equal(a, -a.T),
    "diagonal": lambda a: np.array_equal(a, np.diag(np.diag(a))),
    "lower": lambda a: np.array_equal(a, np.tril(a)),
    "upper": lambda a: np.array_equal(a, np.triu(a)),
}
TIES: list[Tie] = ["", "symmetric", "antisymmetric", "diagonal", "lower", "upper"]


def projected(matrix: list[list[Fraction]], tie: Tie) -> list[list[Fraction]]:
    """The nearest matrix that keeps the tie, exactly."""
    turned = [
        [mirrored(tie) * entry if mirrored(tie) else matrix[i][j] for j, entry in enumerate(column)]
        for i, column in enumerate(zip(*matrix))
    ]
    mean = [[(a + b) / 2 for a, b in zip(one, other)] for one, other in zip(matrix, turned)]
    return [[entry if may_vary(tie, i, j) else Fraction(0) for j, entry in enumerate(row)] for i, row in enumerate(mean)]


@pytest.mark.parametrize("tie", TIES)
def test_what_is_free_decides(tie: Tie) -> None:
    entries = [[Fraction(4 * i + j + 1) for j in range(4)] for i in range(4)]
    found = tied(entries, tie)
    assert projected(found, tie) == found
    assert all(found[i][j] in (0, entries[i][j]) for i in range(4) for j in range(i, 4))


@pytest.mark.parametrize("tie", TIES)
def test_projections(tie: Tie) -> None:
    rng = Random(1)
    exact = [[Fraction(rng.randint(-9, 9)) for _ in range(4)] for _ in range(4)]
    kept = projected(exact, tie)
    floats = np.array(exact, dtype=float)
    again = projected_array(floats, tie)
    assert np.array_equal(np.array(kept, dtype=float), again)
    assert projected(kept, tie) == kept
    if tie:
        assert TIED[tie](again)
        # The nearest one: what is left is orthogonal to everything that keeps the tie.
        other = projected_array(np.array(rng.choices(range(-5, 6), k=16), dtype=float).reshape(4, 4), tie)
        assert np.sum((floats - again) * other) == 0
    stacked = projected_array(np.stack([floats, 2 * floats]), tie)
    assert np.array_equal(stacked[1], 2 * again)


@pytest.mark.parametrize("pair", [pair for pair in combinations(NAMES, 2) if contradiction(pair) is None], ids=" ".join)
def test_members_keep_their_tie(pair: tuple[str, str]) -> None:
    tie = tie_of(pair)
    if not tie:
        return
    for size in (4, 3):
        try:
            found = np.array(member(pair, (size, size), Random(2)), dtype=float)
        except NoMemberError:
            continue
        assert TIED[tie](found)
        for i in range(size):
            for j in range(size):
                assert may_vary(tie, i, j) or found[i, j] == 0
                assert not mirrored(tie) or found[i, j] == mirrored(tie) * found[j, i]
        return
    raise AssertionError("no member")


def test_a_diagonal_is_the_strongest_tie() -> None:
    assert tie_of(["symmetric", "lower_triangular"]) == "diagonal"
    assert tie_of(implied(["orthogonal", "upper_triangular"])) == "diagonal"
    assert tie_of(["projection"]) == "symmetric"
    assert tie_of(["mask", "invertible"]) == ""
