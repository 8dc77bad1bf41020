"""Eigenvalues and singular values at many digits, by Jacobi's rotations: meant for small matrices, right to the last digits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from matcalc.evaluation.precise.number_systems import Decimals, Undefined
from matcalc.evaluation.precise.small_arrays import Array, multiplied, of_lines, transposed

_MOST_SWEEPS = 60


@dataclass(frozen=True)
class Eigen:
    """Eigenvalues, ascending, and orthonormal eigenvectors of a symmetric matrix, one a row."""

    values: list[Decimal]
    vectors: list[list[Decimal]]


def eigen(ar: Decimals, matrix: Array) -> Eigen:
    """Of the symmetric part of a matrix (Golub and Van Loan, 8.5)."""
    size = matrix.rows
    other = transposed(matrix).lines()
    lines = [[(a + b) / 2 for a, b in zip(row, mirrored, strict=True)] for row, mirrored in zip(matrix.lines(), other, strict=True)]
    vectors = [[ar.one if i == j else ar.zero for j in range(size)] for i in range(size)]
    scale = max((abs(entry) for line in lines for entry in line), default=ar.zero)
    small = scale * Decimal(10) ** (2 - ar.digits)
    for _ in range(_MOST_SWEEPS):
        moved = False
        for p in range(size - 1):
            for q in range(p + 1, size):
                if abs(lines[p][q]) > small:
                    moved = True
                    ar.spend(8 * size)
                    _turned(ar, lines, vectors, p, q)
        if not moved:
            break
    else:
        raise Undefined("eigenvalues were not found")
    order = sorted(range(size), key=lambda k: lines[k][k])
    return Eigen([lines[k][k] for k in order], [_oriented(vectors[k]) for k in order])


def _turned(ar: Decimals, lines: list[list[Decimal]], vectors: list[list[Decimal]], p: int, q: int) -> None:
    """One rotation, after which the entries at (p, q) and (q, p) are zero."""
    ratio = (lines[q][q] - lines[p][p]) / (2 * lines[p][q])
    tangent = 1 / (abs(ratio) + (1 + ratio * ratio).sqrt()) * (1 if ratio >= 0 else -1)
    cosine = 1 / (1 + tangent * tangent).sqrt()
    sine = tangent * cosine
    for line in lines:
        line[p], line[q] = cosine * line[p] - sine * line[q], sine * line[p] + cosine * line[q]
    for rows in (lines, vectors):
        rows[p], rows[q] = (
            [cosine * a - sine * b for a, b in zip(rows[p], rows[q], strict=True)],
            [sine * a + cosine * b for a, b in zip(rows[p], rows[q], strict=True)],
        )


def _oriented(vector: list[Decimal]) -> list[Decimal]:
    """With a positive entry where it is largest."""
    largest = max(vector, key=abs)
    return vector if largest > 0 else [-entry for entry in vector]


@dataclass(frozen=True)
class Singular:
    """Singular values, descending, with left and right singular vectors, one a row; as many as the shorter side has entries."""

    values: list[Decimal]
    left: list[list[Decimal]]
    right: list[list[Decimal]]


def singular(ar: Decimals, matrix: Array) -> Singular:
    """One-sided rotations that make the columns of the tall one of X and X' orthogonal (Hestenes): small values are as good as large ones.

    The vectors of a singular value that is zero are zero.
    """
    wide = matrix.cols > matrix.rows
    columns = matrix.lines() if wide else transposed(matrix).lines()
    count = len(columns)
    turned = [[ar.one if i == j else ar.zero for j in range(count)] for i in range(count)]
    small = Decimal(10) ** (4 - ar.digits)
    scale = sum((entry * entry for column in columns for entry in column), ar.zero)
    negligible = scale * Decimal(10) ** (-2 * ar.digits + 8)
    for _ in range(_MOST_SWEEPS):
        moved = False
        for p in range(count - 1):
            for q in range(p + 1, count):
                moved |= _orthogonal(ar, columns, turned, p, q, small, negligible)
        if not moved:
            break
    else:
        raise Undefined("singular values were not found")
    lengths = [ar.dot(column, column) for column in columns]
    values = [length.sqrt() if length > negligible else ar.zero for length in lengths]
    order = sorted(range(count), key=lambda k: -values[k])
    own = [[entry / values[k] for entry in columns[k]] if values[k] else [ar.zero] * len(columns[k]) for k in order]
    other = [turned[k] for k in order]
    left, right = (other, own) if wide else (own, other)
    signs = [ar.one if max(vector, key=abs) >= 0 else -ar.one for vector in left]
    return Singular(
        [values[k] for k in order],
        [[sign * entry for entry in vector] for sign, vector in zip(signs, left, strict=True)],
        [[sign * entry for entry in vector] for sign, vector in zip(signs, right, strict=True)],
    )


def _orthogonal(
    ar: Decimals, columns: list[list[Decimal]], turned: list[list[Decimal]], p: int, q: int, small: Decimal, negligible: Decimal
) -> bool:
    first, second, both = ar.dot(columns[p], columns[p]), ar.dot(columns[q], columns[q]), ar.dot(columns[p], columns[q])
    ar.spend(3 * len(columns[p]))
    if abs(both) <= negligible or both * both <= small * small * first * second:
        return False
    ratio = (second - first) / (2 * both)
    tangent = 1 / (abs(ratio) + (1 + ratio * ratio).sqrt()) * (1 if ratio >= 0 else -1)
    cosine = 1 / (1 + tangent * tangent).sqrt()
    sine = tangent * cosine
    for rows in (columns, turned):
        rows[p], rows[q] = (
            [cosine * a - sine * b for a, b in zip(rows[p], rows[q], strict=True)],
            [sine * a + cosine * b for a, b in zip(rows[p], rows[q], strict=True)],
        )
    return True


def rank_checked(ar: Decimals, values: list[Decimal]) -> int:
    """How many singular values are not zero. Raises Undefined where a value is nearly zero and the matrix is about to be moved."""
    if not values or not values[0]:
        return 0
    limit = ar.tiny * values[0]
    if ar.differencing and any(value <= limit for value in values):
        raise Undefined("the rank changes near this point")
    return sum(value > limit for value in values)


def check_simple(ar: Decimals, one: Decimal, other: Decimal) -> None:
    """Raises Undefined where two eigenvalues or singular values that have to be told apart are equal."""
    if abs(one - other) <= ar.tiny * max(abs(one), abs(other)):
        raise Undefined("a value is not simple")


def pseudoinverse(ar: Decimals, matrix: Array) -> Array:
    """V pinv(S) U', from the singular value decomposition."""
    found = singular(ar, matrix)
    rank = rank_checked(ar, found.values)
    right = [[entry / value for entry in vector] for value, vector in zip(found.values[:rank], found.right[:rank], strict=True)]
    return _sum_of_products(ar, right, found.left[:rank], matrix.cols, matrix.rows)


def polar_factor(ar: Decimals, matrix: Array) -> Array:
    """U V' of the thin singular value decomposition."""
    found = singular(ar, matrix)
    if rank_checked(ar, found.values) < len(found.values):
        raise Undefined("the polar factor of a matrix that is not of full rank")
    return _sum_of_products(ar, found.left, found.right, matrix.rows, matrix.cols)


def _sum_of_products(ar: Decimals, first: list[list[Decimal]], second: list[list[Decimal]], rows: int, columns: int) -> Array:
    if not first:
        return Array((rows, columns), [ar.zero] * (rows * columns))
    return multiplied(ar, transposed(of_lines(first)), of_lines(second))
