"""Arithmetic in which equal is equal: residues modulo a prime, and decimals of many digits."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from matcalc.base.errors import MatcalcError

Matrix: TypeAlias = list[list[Any]]
Rows: TypeAlias = Sequence[Sequence[Any]]


class SingularMatrixError(MatcalcError):
    """A matrix without an inverse was to be inverted."""


def zeros(rows: int, cols: int, zero: Any = Fraction(0)) -> Matrix:
    """A matrix of zeros."""
    return [[zero] * cols for _ in range(rows)]


def identity(size: int, one: Any = Fraction(1)) -> Matrix:
    """The identity matrix with the unit of the field.

    >>> identity(2, 1)
    [[1, 0], [0, 1]]
    """
    zero = one - one
    return [[one if i == j else zero for j in range(size)] for i in range(size)]


def diagonal(entries: Sequence[Any]) -> Matrix:
    """The matrix with these entries on its diagonal."""
    return [[entry if i == j else entry - entry for j in range(len(entries))] for i, entry in enumerate(entries)]


def transpose(matrix: Rows) -> Matrix:
    """The rows as columns.

    >>> transpose([[1, 2, 3]])
    [[1], [2], [3]]
    """
    return [list(column) for column in zip(*matrix)]


def product(left: Rows, right: Rows) -> Matrix:
    """The matrix product.

    >>> product([[1, 2]], [[3], [4]])
    [[11]]
    """
    columns = transpose(right)
    return [[dot(row, column) for column in columns] for row in left]


def dot(left: Sequence[Any], right: Sequence[Any]) -> Any:
    """The sum of the products of entries, which are at least one pair."""
    found = left[0] * right[0]
    for k in range(1, len(left)):
        if left[k] and right[k]:
            found = found + left[k] * right[k]
    return found


def add(left: Rows, right: Rows) -> Matrix:
    """The sum of two matrices."""
    return [[a + b for a, b in zip(one, other)] for one, other in zip(left, right)]


def scaled(factor: Any, matrix: Rows) -> Matrix:
    """A multiple of a matrix."""
    return [[factor * entry for entry in row] for row in matrix]


def echelon(matrix: Rows, cols: int | None = None) -> tuple[Matrix, list[int], Any]:
    """(reduced rows, pivot columns among the first ``cols``, product of the pivots with the sign of
    the row exchanges).

    Rows are not scaled: the pivot of row k stands in its pivot column, with zeros above and below.

    >>> rows, pivots, volume = echelon([[Fraction(0), Fraction(2)], [Fraction(3), Fraction(1)]])
    >>> pivots, volume
    ([0, 1], Fraction(-6, 1))
    """
    rows = [list(row) for row in matrix]
    pivots: list[int] = []
    volume: Any = None
    for column in range(len(rows[0]) if cols is None else cols):
        top = len(pivots)
        place = next((k for k in range(top, len(rows)) if rows[k][column]), None)
        if place is None:
            continue
        rows[top], rows[place] = rows[place], rows[top]
        pivot = rows[top][column] if place == top else -rows[top][column]
        volume = pivot if volume is None else volume * pivot
        _clear(rows, top, column)
        pivots.append(column)
        if len(pivots) == len(rows):
            break
    return rows, pivots, volume


def _clear(rows: Matrix, top: int, column: int) -> None:
    """Subtracts multiples of the pivot row from all others."""
    lead = rows[top]
    kept = [k for k in range(column, len(lead)) if lead[k]]
    for place, row in enumerate(rows):
        if place != top and row[column]:
            factor = row[column] / lead[column]
            for k in kept:
                row[k] = row[k] - factor * lead[k]


def rank(matrix: Rows) -> int:
    """The number of independent rows."""
    return len(echelon(matrix)[1])


def determinant(matrix: Rows) -> Any:
    """The determinant of a square matrix.

    >>> determinant([[Fraction(1), Fraction(2)], [Fraction(3), Fraction(4)]])
    Fraction(-2, 1)
    """
    _, pivots, volume = echelon(matrix)
    return volume if len(pivots) == len(matrix) else matrix[0][0] - matrix[0][0]


def solve(matrix: Rows, right: Rows) -> Matrix:
    """The matrix X with ``matrix X = right``.

    Raises SingularMatrixError when the square ``matrix`` has no inverse.
    """
    size = len(matrix)
    rows, pivots, _ = echelon([[*row, *other] for row, other in zip(matrix, right)], size)
    if len(pivots) < size:
        raise SingularMatrixError("the matrix is singular")
    return [[entry / row[k] for entry in row[size:]] for k, row in enumerate(rows)]


def inverse(matrix: Rows) -> Matrix:
    """The inverse of a square matrix.

    Raises SingularMatrixError when there is none.

    >>> inverse([[Fraction(2)]])
    [[Fraction(1, 2)]]
    """
    pivot = next((entry for row in matrix for entry in row if entry), None)
    if pivot is None:
        raise SingularMatrixError("the matrix is singular")
    return solve(matrix, identity(len(matrix), pivot / pivot))


_MOST_DECIMALS = 3


def decimal_text(value: Fraction) -> str | None:
    """The number as a finite decimal of at most three digits after the point, or None.

    >>> decimal_text(Fraction(3, 8)), decimal_text(Fraction(1, 3))
    ('0.375', None)
    """
    if value.denominator == 1:
        return str(value.numerator)
    for digits in range(1, _MOST_DECIMALS + 1):
        scaled = abs(value) * 10**digits
        if scaled.denominator == 1:
            whole, rest = divmod(scaled.numerator, 10**digits)
            return ("-" if value < 0 else "") + str(whole) + f".{rest:0{digits}d}"
    return None


def fraction_text(value: Fraction) -> str:
    """The number as ``3`` or ``3/2``."""
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"
