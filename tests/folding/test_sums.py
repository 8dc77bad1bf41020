"""Sums of terms that cancel."""

from __future__ import annotations

from fractions import Fraction

import pytest

from matcalc.base.sizes import Size
from matcalc.expr import nodes as e
from matcalc.folding.matrix_terms import ReadingOrder, Term, expression_of
from matcalc.folding.sums import combined

N = Size.of("n")
DIAGONAL, MATRIX = e.DiagonalMatrix(e.Symbol("u", (N,))), e.Symbol("A", (N, N))


@pytest.mark.parametrize("coefficients", [(1, -1, 3), (0, 0, 3), (0, 3)])
def test_terms_that_are_nothing_are_left_out(coefficients: tuple[int, ...]) -> None:
    chains = [(DIAGONAL,)] * (len(coefficients) - 1) + [(MATRIX,)]
    terms = [Term(Fraction(number), {}, chain) for number, chain in zip(coefficients, chains)]
    order = ReadingOrder({})
    assert expression_of(combined(terms, (N, N), order), order) is e.Product((e.Number(Fraction(3)), MATRIX))
