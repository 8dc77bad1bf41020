"""Linear algebra over the rationals by whole numbers: a matrix is whole numbers over one
denominator, and divisions leave no remainder.

Ten times as fast as Fractions, which look for a common divisor after every step.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from operator import mul
from typing import TypeAlias

from matcalc.base.fields import SingularMatrixError

Whole: TypeAlias = list[list[int]]
Rational: TypeAlias = list[list[Fraction]]


def whole(matrix: Sequence[Sequence[Fraction | int]]) -> tuple[Whole, int]:
    """Whole numbers and the denominator that they all have.

    >>> whole([[Fraction(1, 2), Fraction(1, 3)]])
    ([[3, 2]], 6)
    """
    denominator = lcm(*[entry.denominator for row in matrix for entry in row])
    return [[entry.numerator * (denominator // entry.denominator) for entry in row] for row in matrix], denominator


def over(matrix: Sequence[Sequence[int]], denominator: int) -> Rational:
    """The matrix of Fractions.

    >>> over([[3, 2]], 6)
    [[Fraction(1, 2), Fraction(1, 3)]]
    """
    return [[Fraction(entry, denominator) for entry in row] for row in matrix]


def whole_product(left: Sequence[Sequence[int]], right: Sequence[Sequence[int]]) -> Whole:
    """The product of matrices of whole numbers."""
    columns = list(zip(*right))
    return [[sum(map(mul, row, column)) for column in columns] for row in left]


def product(left: Rational, right: Rational) -> Rational:
    """The product of matrices of Fractions."""
    (one, below_one), (other, below_other) = whole(left), whole(right)
    return over(whole_product(one, other), below_one * below_other)


def reduced(matrix: Sequence[Sequence[int]], cols: int) -> tuple[Whole, list[int], int]:
    """(reduced rows, pivot columns among the first ``cols``, the last pivot with the sign of the
    row exchanges): Bareiss and Jordan.

    All pivots are the same number at the end, up to sign, and for a square matrix of full rank it
    is the determinant.
    """
    rows = [list(row) for row in matrix]
    pivots: list[int] = []
    before, sign = 1, 1
    for column in range(cols):
        top = len(pivots)
        place = next((k for k in range(top, len(rows)) if rows[k][column]), None)
        if place is None:
            continue
        if place != top:
            rows[top], rows[place] = rows[place], rows[top]
            sign = -sign
        lead = rows[top]
        pivot = lead[column]
        for k, row in enumerate(rows):
            if k != top:
                factor = row[column]
                rows[k] = [(pivot * entry - factor * above) // before for entry, above in zip(row, lead)]
        before = pivot
        pivots.append(column)
        if len(pivots) == len(rows):
            break
    return rows, pivots, sign * before


def rank(matrix: Sequence[Sequence[int]]) -> int:
    """The rank of a matrix of whole numbers.

    >>> rank([[1, 2], [2, 4]])
    1
    """
    return len(reduced(matrix, len(matrix[0]))[1])


def determinant(matrix: Sequence[Sequence[int]]) -> int:
    """The determinant of a matrix of whole numbers.

    >>> determinant([[0, 1], [1, 0]])
    -1
    """
    _, pivots, value = reduced(matrix, len(matrix))
    return value if len(pivots) == len(matrix) else 0


def whole_inverse(matrix: Sequence[Sequence[int]]) -> tuple[Whole, int]:
    """The inverse of a matrix of whole numbers, as whole numbers over a denominator.

    Raises SingularMatrixError when there is none.

    >>> whole_inverse([[2, 0], [0, 1]])
    ([[1, 0], [0, 2]], 2)
    """
    size = len(matrix)
    rows, pivots, _ = reduced([[*row, *[int(k == place) for k in range(size)]] for place, row in enumerate(matrix)], size)
    if len(pivots) < size:
        raise SingularMatrixError("the matrix is singular")
    return [row[size:] for row in rows], rows[0][0]


def pivots(matrix: Sequence[Sequence[int]]) -> list[int] | None:
    """The pivots of an elimination in a symmetric matrix without exchanges, times squares, up to
    the first negative one.

    None where a pivot is zero beside entries that are not: the matrix is indefinite then.

    >>> pivots([[2, 1], [1, 2]]), pivots([[0, 1], [1, 0]])
    ([2, 3], None)
    """
    rows = [list(row) for row in matrix]
    found: list[int] = []
    before = 1
    for k in range(len(rows)):
        pivot = rows[k][k]
        found.append(pivot)
        if pivot < 0:
            return found
        if not pivot:
            if any(rows[i][k] for i in range(k + 1, len(rows))):
                return None
            continue
        for i in range(k + 1, len(rows)):
            factor = rows[i][k]
            rows[i] = [(pivot * entry - factor * above) // before for entry, above in zip(rows[i], rows[k])]
        before = pivot
    return found
