"""Random matrices of a kind, and the styles in which numbers are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from math import lcm, sqrt
from random import Random
from types import MappingProxyType

from matcalc.base import fields, rational
from matcalc.base.records import record
from matcalc.facts.table import EntryValues

_LARGEST_BLOCK = 5


def unit_vector(rng: Random, size: int) -> list[Fraction]:
    """A vector of length one without zeros: the stereographic projection of a random point.

    >>> fields.dot(unit_vector(Random(1), 3), unit_vector(Random(1), 3))
    Fraction(1, 1)
    """
    if size == 1:
        return [Fraction(rng.choice((1, -1)))]
    while True:
        point = [Fraction(rng.choice((1, 2, 3, 4)) * rng.choice((1, -1)), 3) for _ in range(size - 1)]
        square = fields.dot(point, point)
        entries = [*(2 * t / (square + 1) for t in point), (square - 1) / (square + 1)]
        if entries[-1]:
            rng.shuffle(entries)
            return entries


def unit_vector_with(rng: Random, size: int, entry: Fraction) -> list[Fraction]:
    """A vector of length one that has nearly this entry, between -1 and 1, at a random place; of
    two entries or more."""
    half = Fraction(sqrt((1 - entry) / (1 + entry))).limit_denominator(10**12)  # the tangent of half the angle to that axis
    cosine, sine = (1 - half * half) / (1 + half * half), 2 * half / (1 + half * half)
    entries = [sine * other for other in unit_vector(rng, size - 1)]
    entries.insert(rng.randrange(size), cosine)
    return entries


def orthogonal(rng: Random, size: int) -> fields.Matrix:
    """An orthogonal matrix of either determinant: Cayley transforms of blocks, permuted, with
    signs.

    A large one is a product of two such, of small blocks, so that its entries stay short.
    """
    return rational.over(*_orthogonal(rng, size))


def conjugated(rng: Random, middle: Sequence[Sequence[int]]) -> fields.Matrix:
    """``Q · middle · Q'`` for an orthogonal matrix Q and a matrix of whole numbers."""
    basis, unit = _orthogonal(rng, len(middle))
    left = rational.whole_product(basis, middle)
    return rational.over(rational.whole_product(left, list(zip(*basis))), unit * unit)


def _orthogonal(rng: Random, size: int) -> tuple[rational.Whole, int]:
    found, unit = _blocks(rng, size)
    if size <= _LARGEST_BLOCK:
        return found, unit
    other, below = _blocks(rng, size)
    return rational.whole_product(found, other), unit * below


def _blocks(rng: Random, size: int) -> tuple[rational.Whole, int]:
    """Small orthogonal blocks, with their rows and columns permuted, over one denominator."""
    rows, columns = rng.sample(range(size), size), rng.sample(range(size), size)
    starts = range(0, size, _LARGEST_BLOCK)
    blocks = [_cayley(rng, min(_LARGEST_BLOCK, size - start)) for start in starts]
    unit = lcm(*[below for _, below in blocks])
    found = [[0] * size for _ in range(size)]
    for start, (block, below) in zip(starts, blocks):
        for i, row in enumerate(block):
            for j, entry in enumerate(row):
                found[rows[start + i]][columns[start + j]] = entry * (unit // below)
    return found, unit


def _cayley(rng: Random, size: int) -> tuple[rational.Whole, int]:
    """(sI − A)(sI + A)⁻¹ of a random antisymmetric A of whole numbers, with signs of the
    columns."""
    scale = 2 if size < 4 else 1
    plus = [[scale * int(i == j) for j in range(size)] for i in range(size)]
    minus = [list(row) for row in plus]
    for i in range(size):
        for j in range(i):
            entry = rng.choice((-2, -1, 1, 2))
            plus[i][j], plus[j][i], minus[i][j], minus[j][i] = entry, -entry, -entry, entry
    inverse, unit = rational.whole_inverse(plus)
    signs = [rng.choice((1, -1)) for _ in range(size)]
    return [[sign * entry for sign, entry in zip(signs, row)] for row in rational.whole_product(minus, inverse)], unit


def unimodular(rng: Random, size: int, *, lower: bool, upper: bool) -> fields.Matrix:
    """A matrix of whole numbers with determinant one: a product of triangular ones, or one of
    them."""
    one = fields.identity(size)
    below = [[Fraction(rng.randint(-1, 1)) if j < i else one[i][j] for j in range(size)] for i in range(size)]
    above = [[Fraction(rng.randint(-1, 1)) if j > i else one[i][j] for j in range(size)] for i in range(size)]
    if lower and upper:
        return fields.product(below, above)
    return below if lower else above


def outer(left: Sequence[Fraction], right: Sequence[Fraction]) -> fields.Matrix:
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


def dominant(matrix: fields.Matrix, *, whole: bool) -> fields.Matrix:
    """Near a multiple of the identity."""
    size = len(matrix)
    if whole:
        return fields.add(matrix, fields.scaled(Fraction(1 + size), fields.identity(size)))
    shift = 1 + Fraction(3 * size, 10)
    return fields.add(fields.scaled(Fraction(3, 10), matrix), fields.scaled(shift, fields.identity(size)))


def repeated(rng: Random, matrix: fields.Matrix, *, columns: bool) -> fields.Matrix:
    """One row in place of another (and the same of the columns): the matrix is singular then, its
    entries stay as they may be."""
    rows = len(matrix)
    if rows < 2:
        return matrix
    source, target = rng.sample(range(rows), 2)
    images = [source if k == target else k for k in range(rows)]
    if columns:
        return [[matrix[i][j] for j in images] for i in images]
    return [list(matrix[i]) for i in images]


@record
class Style:
    """Sizes of entries lie between ``low`` and ``high``, times a power of ten whose exponent is one
    of ``exponents``."""

    low: Fraction = Fraction(3, 10)
    high: Fraction = Fraction(3, 2)
    signs: bool = True
    """Both signs; else positive ones only."""
    exponents: tuple[int, ...] = (0,)
    whole: bool = False
    """Small whole numbers, zeros among them."""
    dominant: bool = False
    """A multiple of the identity is added to square matrices, where the facts leave that open."""
    singular: bool = False
    """Matrices of deficient rank, where the facts allow them."""
    large: bool = False
    """More of the large ones."""
    around: Fraction | None = None
    """Entries within some steps of this number: as multiples between ``low`` and ``high`` of it, or
    one of the nearest whole numbers."""


STYLES: Mapping[str, Style] = MappingProxyType(
    {
        "ordinary": Style(),
        "positive": Style(signs=False),
        "small": Style(Fraction(1, 20), Fraction(2, 5), signs=False),
        "definite": Style(signs=False, dominant=True),
        "far": Style(high=Fraction(3), large=True),
        "farther": Style(high=Fraction(10), large=True),
        "farthest": Style(high=Fraction(30), large=True),
        "near": Style(Fraction(1), Fraction(9), exponents=(-6, -5, -4, -3)),
        "huge": Style(Fraction(1), Fraction(9), exponents=(3, 4, 5)),
        "wide": Style(Fraction(1), Fraction(9), exponents=(-6, -4, -2, 0, 2, 5)),
        "whole": Style(whole=True),
        "counting": Style(signs=False, whole=True),
        "dominant": Style(whole=True, dominant=True),
        "singular": Style(singular=True),
        "whole_singular": Style(whole=True, singular=True),
    }
)
"""Named styles. ``"ordinary"``, ``"positive"``, ``"small"``, ``"definite"`` and ``"far"`` to
``"farthest"`` keep away from zero, where absolute values and logarithms have their kinks and
poles."""

_STEPS = 60
"""Entries are multiples of the 60th part of a range, so that products stay short."""


def draw_entry(rng: Random, style: Style, allowed: EntryValues, *, nonzero: bool = False) -> Fraction:
    """One entry that the facts allow; ``allowed`` must allow some."""
    if allowed.values is not None:
        values = [value for value in allowed.values if value or not nonzero] or list(allowed.values)
        return Fraction(rng.choice(values))
    positive = bool(allowed.lowest) or not style.signs
    if style.around is not None and allowed.whole:
        return Fraction(int(style.around) + rng.choice((-1, 0, 1)))
    if style.whole or allowed.whole:
        return _whole(rng, style, positive, nonzero or allowed.lowest == ">" or not style.whole or not style.signs)
    if allowed.lowest == ">=" and style.singular and not nonzero and rng.random() < 0.2:
        return Fraction(0)
    size = _size(rng, style)
    if style.around is not None:
        return size * (abs(style.around) if positive else style.around)
    return size if positive or rng.random() < 0.5 else -size


def _whole(rng: Random, style: Style, positive: bool, nonzero: bool) -> Fraction:
    low = 0 if positive else -2
    largest = max(3, int(style.high)) * 10 ** max(0, rng.choice(style.exponents))
    value = rng.randint(low if low == 0 or largest == 3 else -largest, largest)
    if not value:  # zeros tell little: half as many of them
        value = rng.randint(low, largest)
    if nonzero and not value:
        value = 1 if positive or rng.random() < 0.5 else -1
    return Fraction(value)


def _size(rng: Random, style: Style) -> Fraction:
    steps = _steps(style.low, style.high)
    place = rng.randrange(len(steps))
    if style.large:
        place = max(place, rng.randrange(len(steps)))
    if style.exponents == (0,):
        return steps[place]
    return steps[place] * Fraction(10) ** rng.choice(style.exponents)


@cache
def _steps(low: Fraction, high: Fraction) -> tuple[Fraction, ...]:
    return tuple([low + (high - low) * Fraction(k, _STEPS) for k in range(_STEPS + 1)])


def averaged(matrix: fields.Matrix, one: int, other: int) -> fields.Matrix:
    """Two rows, and the same two columns, replaced by their means: the matrix is singular then."""
    for _ in range(2):
        mean = [(a + b) / 2 for a, b in zip(matrix[one], matrix[other])]
        matrix[one], matrix[other] = mean, list(mean)
        matrix = fields.transpose(matrix)
    return matrix


def plain(rows: int, cols: int) -> Iterator[fields.Matrix]:
    """The identity, ones, means, zeros, and minus the identity."""
    ones = [[Fraction(1)] * cols for _ in range(rows)]
    unit = [[Fraction(int(i == j)) for j in range(cols)] for i in range(rows)]
    yield from (unit, ones, fields.scaled(Fraction(1, cols), ones), fields.zeros(rows, cols), fields.scaled(Fraction(-1), unit))
