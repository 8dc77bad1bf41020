"""Small arrays of numbers of any kind, linear algebra on them, and eigenvalues by Jacobi's
rotations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, pairwise, product
from math import prod

from matcalc.base.budgets import MOST_EXACT_ENTRIES
from matcalc.base.errors import LimitError
from matcalc.evaluation.precise.number_systems import Arithmetic, Decimals, Number, Residues, Undefined

# ------------------------------------------------------------
# Small arrays of numbers of any kind as flat lists, and the operations of linear algebra on them.
#
# As in the NumPy evaluator everything has rows and columns (a scalar is 1×1, a column n×1);
# tensors of higher order have all their axes.


class Array:
    """``data`` has the entries row by row, the last axis running fastest."""

    __slots__ = ("data", "dims")

    def __init__(self, dims: tuple[int, ...], data: list[Number]) -> None:
        self.dims = dims
        self.data = data

    @property
    def rows(self) -> int:
        return self.dims[0]

    @property
    def cols(self) -> int:
        return self.dims[1]

    def lines(self) -> list[list[Number]]:
        """The rows of a matrix."""
        columns = self.dims[1]
        return [self.data[start : start + columns] for start in range(0, len(self.data), columns)]


def filled(dims: tuple[int, ...], value: Number) -> Array:
    check_size(dims)
    return Array(dims, [value] * prod(dims))


def check_size(dims: tuple[int, ...]) -> None:
    """Raises LimitError for an array with too many entries."""
    if prod(dims) > MOST_EXACT_ENTRIES:
        raise LimitError(f"an array of {'×'.join(map(str, dims))} entries is too large for an exact evaluation")


def of_places(rows: int, cols: int, entry: Callable[[int, int], Number]) -> Array:
    """A matrix from what stands at each place, counted from 0."""
    check_size((rows, cols))
    return Array((rows, cols), [entry(i, j) for i in range(rows) for j in range(cols)])


def totals(ar: Arithmetic, matrix: Array, count: int, number: Callable[[int, int], int]) -> Array:
    """The sums of the entries of a matrix whose places have one number; those of other numbers than
    ``count`` from 0 are left out."""
    found = [ar.zero] * count
    for place, entry in enumerate(matrix.data):
        at = number(*divmod(place, matrix.cols))
        if 0 <= at < count:
            found[at] = ar.add(found[at], entry)
    return Array((count, 1), found)


def of_lines(lines: Sequence[Sequence[Number]], columns: int | None = None) -> Array:
    """A matrix from its rows."""
    return Array((len(lines), len(lines[0]) if columns is None else columns), [entry for line in lines for entry in line])


def identity(ar: Arithmetic, size: int) -> Array:
    return diagonal_matrix(ar, [ar.one] * size)


def mapped(array: Array, function: Callable[[Number], Number]) -> Array:
    return Array(array.dims, [function(entry) for entry in array.data])


def paired(one: Array, other: Array, function: Callable[[Number, Number], Number]) -> Array:
    """Entry by entry; a scalar beside an array goes with every entry."""
    if one.dims == other.dims:
        return Array(one.dims, list(map(function, one.data, other.data)))
    if len(one.data) == 1:
        first = one.data[0]
        return Array(other.dims, [function(first, entry) for entry in other.data])
    second = other.data[0]
    return Array(one.dims, [function(entry, second) for entry in one.data])


def summed(ar: Arithmetic, terms: Sequence[Array]) -> Array:
    """The sum as it stands in an expression, in which it is noted what left no trace."""
    return Array(terms[0].dims, [ar.total(entries) for entries in zip(*[term.data for term in terms], strict=True)])


def plus(ar: Arithmetic, one: Array, other: Array) -> Array:
    return Array(one.dims, list(map(ar.add, one.data, other.data)))


def minus(ar: Arithmetic, one: Array, other: Array) -> Array:
    return Array(one.dims, list(map(ar.subtract, one.data, other.data)))


def scaled(ar: Arithmetic, scalar: Number, array: Array) -> Array:
    return Array(array.dims, [ar.multiply(scalar, entry) for entry in array.data])


def multiplied(ar: Arithmetic, one: Array, other: Array) -> Array:
    """The matrix product."""
    rows, columns = one.lines(), transposed(other).lines()
    check_size((one.rows, other.cols))
    ar.spend(one.rows * one.cols * other.cols)
    if one.cols > 1:
        ar.watch(one.data, other.data)
    return Array((one.rows, other.cols), [ar.dot(row, column) for row in rows for column in columns])


def transposed(array: Array) -> Array:
    rows, columns = array.dims
    if rows == 1 or columns == 1:
        return Array((columns, rows), array.data)
    return Array((columns, rows), [array.data[i * columns + j] for j in range(columns) for i in range(rows)])


def column_major(dims: tuple[int, ...]) -> list[int]:
    """Where the entries stand in row-major order, in the order in which the first index runs
    fastest."""
    return strided(dims[::-1], strides(dims)[::-1])


def strides(dims: Sequence[int]) -> list[int]:
    """How far apart neighbours along each axis are, in row-major order."""
    return [prod(dims[k + 1 :]) for k in range(len(dims))]


def strided(lengths: Sequence[int], steps: Sequence[int]) -> list[int]:
    """Where the entries of an array stand that has these steps along its axes, the last axis
    running fastest."""
    places = [[k * step for k in range(length)] for length, step in zip(lengths, steps, strict=True)]
    return [sum(place) for place in product(*places)]


def kronecker(ar: Arithmetic, one: Array, other: Array) -> Array:
    dims = (one.rows * other.rows, one.cols * other.cols)
    check_size(dims)
    ar.spend(prod(dims))
    lines = other.lines()
    return Array(dims, [ar.multiply(a, b) for row in one.lines() for line in lines for a in row for b in line])


def diagonal(array: Array) -> list[Number]:
    return array.data[:: array.cols + 1][: array.rows]


def diagonal_matrix(ar: Arithmetic, entries: Sequence[Number]) -> Array:
    size = len(entries)
    found = filled((size, size), ar.zero)
    for k, entry in enumerate(entries):
        found.data[k * size + k] = entry
    return found


def matrix_power(ar: Arithmetic, base: Array, exponent: int) -> Array:
    """By squaring. Beside a high power of its largest eigenvalue those of others leave no trace."""
    if isinstance(ar, Decimals):
        ar.reached(Decimal(exponent))
    if exponent < 0:
        base, exponent = inverse(ar, base), -exponent
    result: Array | None = None
    while exponent:
        if exponent & 1:
            result = base if result is None else multiplied(ar, result, base)
        exponent >>= 1
        if exponent:
            base = multiplied(ar, base, base)
    return identity(ar, base.rows) if result is None else result


def largest(ar: Arithmetic, array: Array) -> Number:
    return max(map(ar.size, array.data), default=ar.zero)


def inverse(ar: Arithmetic, array: Array) -> Array:
    """By elimination. Raises Undefined for a singular matrix."""
    size = array.rows
    return solved(ar, array, identity(ar, size))


def solved(ar: Arithmetic, matrix: Array, right: Array) -> Array:
    """``inv(matrix)*right``. Raises Undefined for a singular matrix."""
    size, scale = matrix.rows, largest(ar, matrix)
    ar.spend(size * size * (size + right.cols))
    lines = [row + line for row, line in zip(matrix.lines(), right.lines(), strict=True)]
    multiply, subtract = ar.multiply, ar.subtract
    for k in range(size):
        place = ar.pivot([lines[i][k] for i in range(k, size)], scale)
        if place is None:
            raise Undefined("the inverse of a singular matrix")
        lines[k], lines[k + place] = lines[k + place], lines[k]
        factor = ar.divide(ar.one, lines[k][k])
        head = lines[k] = [multiply(factor, entry) for entry in lines[k]]
        for i in range(size):
            rate = lines[i][k]
            if i != k and not ar.is_zero(rate):
                lines[i] = [subtract(entry, multiply(rate, top)) for entry, top in zip(lines[i], head, strict=True)]
    return of_lines([line[size:] for line in lines], right.cols)


_MOST_BY_MINORS = 7


def determinant(ar: Arithmetic, array: Array) -> Number:
    """By elimination; by minors where no pivot can be divided by."""
    size = array.rows
    try:
        return _eliminated(ar, array)
    except Undefined:
        if size > _MOST_BY_MINORS:
            raise
    ar.spend(size * 2**size)
    lines = array.lines()
    minors: dict[int, Number] = {0: ar.one}  # of the first rows and the columns in a set, given by its bits
    for row in lines:
        below: dict[int, Number] = {}
        for columns, minor in minors.items():
            for j, entry in enumerate(row):
                if columns >> j & 1 or ar.is_zero(entry):
                    continue
                turned = (columns >> j).bit_count() % 2
                term = ar.multiply(minor, entry)
                both = columns | 1 << j
                below[both] = ar.add(below.get(both, ar.zero), ar.negative(term) if turned else term)
        minors = below
    return minors.get(2**size - 1, ar.zero)


def _eliminated(ar: Arithmetic, array: Array) -> Number:
    size, result, scale = array.rows, ar.one, largest(ar, array)
    ar.spend(size**3)
    lines = array.lines()
    for k in range(size):
        place = _any_pivot(ar, [lines[i][k] for i in range(k, size)])
        if place is None:
            ar.vanished(ar.zero, scale)
            return ar.zero
        ar.vanished(lines[k + place][k], scale)
        if place:
            lines[k], lines[k + place] = lines[k + place], lines[k]
            result = ar.negative(result)
        head = lines[k]
        result = ar.multiply(result, head[k])
        for i in range(k + 1, size):
            if not ar.is_zero(lines[i][k]):
                rate = ar.divide(lines[i][k], head[k])
                lines[i] = [ar.subtract(entry, ar.multiply(rate, top)) for entry, top in zip(lines[i], head, strict=True)]
    return result


def _any_pivot(ar: Arithmetic, candidates: Sequence[Number]) -> int | None:
    """The largest candidate, however small: a determinant need not be told from zero."""
    if isinstance(ar, Residues):
        return ar.pivot(candidates, ar.zero)
    sizes = [ar.size(value) for value in candidates]
    best = max(sizes)
    return sizes.index(best) if best else None


def adjugate(ar: Arithmetic, array: Array) -> Array:
    """The transposed matrix of cofactors."""
    size, lines = array.rows, array.lines()
    if size == 1:
        return identity(ar, 1)
    entries = []
    for i in range(size):
        for j in range(size):
            minor = of_lines([row[:i] + row[i + 1 :] for k, row in enumerate(lines) if k != j])
            value = determinant(ar, minor)
            entries.append(ar.negative(value) if (i + j) % 2 else value)
    return Array(array.dims, entries)


# ------------------------------------------------------------
# Eigenvalues and singular values at many digits, by Jacobi's rotations: meant for small matrices,
# right to the last digits.

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
    lines = [
        [(a + b) / 2 for a, b in zip(row, mirrored, strict=True)] for row, mirrored in zip(matrix.lines(), other, strict=True)
    ]
    vectors = [[ar.one if i == j else ar.zero for j in range(size)] for i in range(size)]
    scale = max((abs(entry) for line in lines for entry in line), default=ar.zero)
    small = scale * Decimal(10) ** (2 - ar.digits)

    def diagonal_at(p: int, q: int) -> bool:
        if abs(lines[p][q]) <= small:
            return False
        ar.spend(8 * size)
        _turned((lines[q][q] - lines[p][p]) / (2 * lines[p][q]), p, q, (lines, vectors), lines)
        return True

    _swept(size, diagonal_at, "eigenvalues")
    order = sorted(range(size), key=lambda k: lines[k][k])
    return Eigen([lines[k][k] for k in order], [_oriented(vectors[k]) for k in order])


def _swept(size: int, turned: Callable[[int, int], bool], what: str) -> None:
    """Turns every pair, again and again until none needs to be turned."""
    for _ in range(_MOST_SWEEPS):
        if not sum(turned(p, q) for p, q in combinations(range(size), 2)):
            return
    raise Undefined(f"{what} were not found")


def _turned(
    ratio: Decimal, p: int, q: int, matrices: Sequence[list[list[Decimal]]], both_ways: Sequence[list[Decimal]] = ()
) -> None:
    """One rotation of the rows p and q of matrices, and of the entries p and q of rows, by half the
    angle that has the ratio for its cotangent."""
    tangent = 1 / (abs(ratio) + (1 + ratio * ratio).sqrt()) * (1 if ratio >= 0 else -1)
    cosine = 1 / (1 + tangent * tangent).sqrt()
    sine = tangent * cosine
    for line in both_ways:
        line[p], line[q] = cosine * line[p] - sine * line[q], sine * line[p] + cosine * line[q]
    for rows in matrices:
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
    """Singular values, descending, with left and right singular vectors, one a row; as many as the
    shorter side has entries."""

    values: list[Decimal]
    left: list[list[Decimal]]
    right: list[list[Decimal]]


def singular(ar: Decimals, matrix: Array) -> Singular:
    """One-sided rotations that make the columns of the tall one of X and X' orthogonal (Hestenes):
    small values are as good as large ones.

    The vectors of a singular value that is zero are zero.
    """
    wide = matrix.cols > matrix.rows
    columns = matrix.lines() if wide else transposed(matrix).lines()
    count = len(columns)
    turned = [[ar.one if i == j else ar.zero for j in range(count)] for i in range(count)]
    small = Decimal(10) ** (4 - ar.digits)
    scale = sum((entry * entry for column in columns for entry in column), ar.zero)
    negligible = scale * Decimal(10) ** (-2 * ar.digits + 8)

    def orthogonal_at(p: int, q: int) -> bool:
        first, second, both = ar.dot(columns[p], columns[p]), ar.dot(columns[q], columns[q]), ar.dot(columns[p], columns[q])
        ar.spend(3 * len(columns[p]))
        if abs(both) <= negligible or both * both <= small * small * first * second:
            return False
        _turned((second - first) / (2 * both), p, q, (columns, turned))
        return True

    _swept(count, orthogonal_at, "singular values")
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


def rank_checked(ar: Decimals, values: list[Decimal]) -> int:
    """How many singular values are not zero. Raises Undefined where a value is nearly zero and the
    matrix is about to be moved."""
    if not values or not values[0]:
        return 0
    limit = ar.tiny * values[0]
    if ar.differencing and any(value <= limit for value in values):
        raise Undefined("the rank changes near this point")
    return sum(value > limit for value in values)


def check_simple(ar: Decimals, values: Sequence[Decimal]) -> None:
    """Raises Undefined where neighbours among eigenvalues or singular values that have to be told
    apart are equal."""
    if any(abs(one - other) <= ar.tiny * max(abs(one), abs(other)) for one, other in pairwise(values)):
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
