"""Random exact matrices of some kinds: orthogonal, unimodular, permutations, parts of an index set."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from random import Random

from matcalc.exact import linear

_LARGEST_BLOCK = 5


def unit_vector(rng: Random, size: int) -> list[Fraction]:
    """A vector of length one without zeros: the stereographic projection of a random point.

    >>> linear.dot(unit_vector(Random(1), 3), unit_vector(Random(1), 3))
    Fraction(1, 1)
    """
    if size == 1:
        return [Fraction(rng.choice((1, -1)))]
    while True:
        point = [Fraction(rng.choice((1, 2, 3, 4)) * rng.choice((1, -1)), 3) for _ in range(size - 1)]
        square = linear.dot(point, point)
        entries = [*(2 * t / (square + 1) for t in point), (square - 1) / (square + 1)]
        if entries[-1]:
            rng.shuffle(entries)
            return entries


def orthogonal(rng: Random, size: int) -> linear.Matrix:
    """An orthogonal matrix of either determinant: Cayley transforms of blocks, permuted, with signs.

    A large one is a product of two such, of small blocks, so that its entries stay short.
    """
    found = _blocks(rng, size)
    return linear.product(found, _blocks(rng, size)) if size > _LARGEST_BLOCK else found


def _blocks(rng: Random, size: int) -> linear.Matrix:
    order = rng.sample(range(size), size)
    other = rng.sample(range(size), size)
    found = linear.zeros(size, size)
    start = 0
    while start < size:
        width = min(_LARGEST_BLOCK, size - start)
        block = _cayley(rng, width)
        for i in range(width):
            for j in range(width):
                found[order[start + i]][other[start + j]] = block[i][j]
        start += width
    return found


def _cayley(rng: Random, size: int) -> linear.Matrix:
    """(I − A)(I + A)⁻¹ of a random antisymmetric A, with signs of the columns."""
    skew = linear.zeros(size, size)
    for i in range(size):
        for j in range(i):
            skew[i][j] = Fraction(rng.choice((-2, -1, 1, 2)), rng.choice((1, 2)) if size < 4 else 1)
            skew[j][i] = -skew[i][j]
    one = linear.identity(size)
    turned = linear.product(linear.add(one, linear.scaled(Fraction(-1), skew)), linear.inverse(linear.add(one, skew)))
    signs = [rng.choice((1, -1)) for _ in range(size)]
    return [[sign * entry for sign, entry in zip(signs, row)] for row in turned]


def conjugated(basis: linear.Rows, middle: linear.Rows) -> linear.Matrix:
    """``basis · middle · basis'``."""
    return linear.product(linear.product(basis, middle), linear.transpose(basis))


def unimodular(rng: Random, size: int, *, lower: bool, upper: bool) -> linear.Matrix:
    """A matrix of whole numbers with determinant one: a product of triangular ones, or one of them."""
    one = linear.identity(size)
    below = [[Fraction(rng.randint(-1, 1)) if j < i else one[i][j] for j in range(size)] for i in range(size)]
    above = [[Fraction(rng.randint(-1, 1)) if j > i else one[i][j] for j in range(size)] for i in range(size)]
    if lower and upper:
        return linear.product(below, above)
    return below if lower else above


def outer(left: Sequence[Fraction], right: Sequence[Fraction]) -> linear.Matrix:
    """The products of all pairs of entries."""
    return [[a * b for b in right] for a in left]


def involution(rng: Random, size: int, *, fixed: bool) -> list[int] | None:
    """A permutation that is its own inverse; without fixed points there is none of an odd size."""
    order = rng.sample(range(size), size)
    images = list(range(size))
    pairs = rng.randint(min(1, size // 2), size // 2) if fixed else size // 2
    if not fixed and size % 2:
        return None
    for k in range(pairs):
        one, other = order[2 * k], order[2 * k + 1]
        images[one], images[other] = other, one
    return images


def parts(rng: Random, size: int, count: int) -> list[list[int]]:
    """The numbers below ``size`` in ``count`` parts, none of them empty."""
    order = rng.sample(range(size), size)
    found = [[place] for place in order[:count]]
    for place in order[count:]:
        rng.choice(found).append(place)
    return [sorted(part) for part in found]


def dominant(matrix: linear.Matrix, *, whole: bool) -> linear.Matrix:
    """Near a multiple of the identity."""
    size = len(matrix)
    if whole:
        return linear.add(matrix, linear.scaled(Fraction(1 + size), linear.identity(size)))
    shift = 1 + Fraction(3 * size, 10)
    return linear.add(linear.scaled(Fraction(3, 10), matrix), linear.scaled(shift, linear.identity(size)))


def repeated(rng: Random, matrix: linear.Matrix, *, columns: bool) -> linear.Matrix:
    """One row in place of another (and the same of the columns): the matrix is singular then, its entries stay as they may be."""
    rows = len(matrix)
    if rows < 2:
        return matrix
    source, target = rng.sample(range(rows), 2)
    images = [source if k == target else k for k in range(rows)]
    if columns:
        return [[matrix[i][j] for j in images] for i in images]
    return [list(matrix[i]) for i in images]
