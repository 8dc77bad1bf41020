"""Members: random arrays that have any given set of facts, exactly, as nested lists of Fractions.
Pure Python.

A recipe draws candidates for the fact that shapes the array most (diagonal, orthonormal,
semidefinite, idempotent, stochastic, tied entries); every candidate is tested against the whole set
before it is given out, so a recipe that is too wide costs time and is never wrong. Where recipes
find none, a few plain matrices (zero, identity, ones, ...) are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import takewhile
from math import exp, log
from random import Random
from typing import Any, TypeAlias

from matcalc.base import fields, rational
from matcalc.base.errors import ShapeError
from matcalc.base.shapes import is_square
from matcalc.facts import matrices
from matcalc.facts.matrices import STYLES, Style, draw_entry
from matcalc.facts.membership import belongs
from matcalc.facts.table import EntryValues, entries_of, implied, kinds, needs_square, tie_of, tied

Member: TypeAlias = Any
"""A Fraction, or nested lists of Fractions."""

_ATTEMPTS = 60
_DRAWS = 12
_MANY = 4
"""Entries of so few values that their sum is not by itself of many kinds."""
_WELL_CONDITIONED = 0.05
"""Determinants of invertible matrices are larger than this, times the lengths of the rows, where
several draws allow it."""
_LARGEST_EXACT = 12
"""Larger matrices are tested in floating point."""


class NoMemberError(ShapeError):
    """There is no array of this shape with these facts, or none was found."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be drawn: the facts with all that they imply, the shape, and how."""

    facts: frozenset[str]
    shape: tuple[int, ...]
    rng: Random
    style: Style
    allowed: EntryValues

    def has(self, *names: str) -> bool:
        return any(name in self.facts for name in names)

    def entry(self, *, nonzero: bool = False) -> Fraction:
        return draw_entry(self.rng, self.style, self.allowed, nonzero=nonzero)

    def entries(self, rows: int, cols: int) -> fields.Matrix:
        return [[self.entry() for _ in range(cols)] for _ in range(rows)]


def member(facts: Iterable[str], shape: tuple[int, ...], rng: Random, style: str | Style = "ordinary") -> Member:
    """A random array of this shape with these facts: nested lists of Fractions, a Fraction for the
    shape ().

    ``style`` is one of ``styles.STYLES``; ``"singular"`` asks for deficient rank where the facts
    allow it. Raises NoMemberError where no array of this shape has the facts.

    >>> member(["mask", "positive"], (2,), Random(0))
    [Fraction(1, 1), Fraction(1, 1)]
    >>> q = member(["orthogonal"], (3, 3), Random(0))
    >>> sum(entry * entry for entry in q[0])
    Fraction(1, 1)
    """
    names = frozenset(facts)
    known = implied(names, square=is_square(shape))
    how = STYLES[style] if isinstance(style, str) else style
    request = Request(known, shape, rng, how, entries_of(known))
    tested = [name for name in sorted(names) if name in known]
    if request.allowed.values == () or not _has_shape(known, shape):
        raise _none(tested, shape)
    for candidate in _candidates(request):
        if not tested or _is_member(candidate, known, shape):
            return candidate
    raise _none(tested, shape)


def _has_shape(known: frozenset[str], shape: tuple[int, ...]) -> bool:
    """Whether an array of this shape can have the facts, as far as its shape goes."""
    kind = {0: "scalar", 1: "vector", 2: "matrix"}.get(len(shape), "tensor")
    return kind in kinds(known) and not (kind == "matrix" and needs_square(known) and shape[0] != shape[1])


def _is_member(candidate: Member, facts: frozenset[str], shape: tuple[int, ...]) -> bool:
    if len(shape) == 2 and max(shape) > _LARGEST_EXACT:
        return belongs([[float(entry) for entry in row] for row in candidate], facts)
    return belongs(candidate, facts)


def _none(names: list[str], shape: tuple[int, ...]) -> NoMemberError:
    sizes = "×".join(map(str, shape))
    what = ("scalar", f"vector of {sizes} entries", f"{sizes} matrix", f"{sizes} array")[min(len(shape), 3)]
    return NoMemberError(f"no {what} was found that is {' and '.join(names)}")


def _candidates(request: Request) -> Iterator[Member]:
    match len(request.shape):
        case 0:
            yield request.entry()
        case 2:
            rows, cols = request.shape
            recipe = next(recipe for test, recipe in _RECIPES if test(request))
            yield from _attempts(partial(recipe, request))
            yield from matrices.plain(rows, cols)  # a few that have many facts at once
            if rows == cols:
                yield from _attempts(partial(_signed_permutation, request, rows, cols))
        case _:
            yield from _attempts(partial(_array, request, request.shape))


def _attempts(draw: Callable[[], Member]) -> Iterator[Member]:
    """Draws, until one says that there is none."""
    return takewhile(lambda found: found is not None, (draw() for _ in range(_ATTEMPTS)))


def _array(request: Request, shape: tuple[int, ...]) -> Member:
    """A vector, or a tensor by its slices."""
    if len(shape) > 1:
        return [_array(request, shape[1:]) for _ in range(shape[0])]
    size = shape[0]
    if request.has("simplex"):
        return _distribution(request, size)
    if request.has("unit"):
        return _unit(request, size)
    entries = [request.entry() for _ in range(size)]
    if request.allowed.values is not None and size > _MANY and request.rng.random() < 0.5:  # sums far from the middle
        entries = [entries[0] if request.rng.random() < 0.8 else entry for entry in entries]
    if request.allowed.values == (0, 1) and size > 1 and len(set(entries)) == 1:  # both values occur
        entries[request.rng.randrange(size)] = 1 - entries[0]
    return entries


def _unit(request: Request, size: int) -> list[Fraction]:
    """A vector of length one; one of the axes where singular values are asked for."""
    if request.has("integer") or (request.style.singular and not request.has("positive")):
        return _one_entry(request, size, range(size))
    near = _near(request)
    if near is not None and size > 1:
        entries = matrices.unit_vector_with(request.rng, size, near)
    else:
        entries = matrices.unit_vector(request.rng, size)
    if request.has("nonnegative"):
        entries = [abs(entry) for entry in entries]
    return entries


def _near(request: Request) -> Fraction | None:
    """A number near that of the style, where that lies between -1 and 1."""
    if request.style.around is None:
        return None
    found = draw_entry(request.rng, request.style, EntryValues())
    return found if abs(found) < 1 else request.style.around if abs(request.style.around) < 1 else None


def _one_entry(request: Request, size: int, places: Iterable[int]) -> list[Fraction]:
    """Zeros but for a one, or minus one, at one of the places."""
    found = [Fraction(0)] * size
    sign = 1 if request.has("nonnegative", "simplex") else request.rng.choice((1, -1))
    found[request.rng.choice(list(places))] = Fraction(sign)
    return found


def _distribution(request: Request, size: int, places: Iterable[int] | None = None) -> list[Fraction]:
    """Entries that are not negative and sum to one, zero but at the places."""
    open_places = list(range(size) if places is None else places)
    if request.has("integer"):
        return _one_entry(request, size, open_places)
    near = _near(request)
    if near is not None and near > 0 and len(open_places) > 1:
        first, *rest = request.rng.sample(open_places, len(open_places))
        return [near if place == first else (1 - near) / len(rest) if place in rest else Fraction(0) for place in range(size)]
    sparse = not request.has("positive") and (request.style.singular or request.style.whole)
    weights = {place: request.rng.randint(0 if sparse else 1, 4) for place in open_places}
    if not any(weights.values()):
        weights[request.rng.choice(open_places)] = 1
    total = sum(weights.values())
    return [Fraction(weights.get(place, 0), total) for place in range(size)]


# ---------------------------------------------------------------- matrices


def _diagonal(request: Request) -> Member:
    """Each entry of the diagonal is a number that all facts allow: 0 and ±1 are tried, and others
    where no fact picks these."""
    known, size = request.facts, request.shape[0]
    if request.has("orthogonal", "idempotent"):
        options = [t for t in _UNITS if request.allowed.allows(t) and belongs([[t]], known - {"diagonal"})]
        return fields.diagonal([request.rng.choice(options) for _ in range(size)]) if options else None
    definite = request.has("positive_semidefinite")
    entries = [request.entry(nonzero=request.has("invertible", "positive_definite")) for _ in range(size)]
    if request.style.singular and not request.has("invertible"):
        entries[request.rng.randrange(size)] = Fraction(0)
    return fields.diagonal(list(map(abs, entries)) if definite else entries)


_UNITS = (Fraction(1), Fraction(-1), Fraction(0))


def _orthonormal(request: Request) -> Member:
    rng, (rows, cols) = request.rng, request.shape
    if rows < cols:
        return None
    discrete = request.has("simplex", "mask", "integer") or (request.has("nonnegative") and rows == cols)
    if discrete or (request.style.whole and not request.has("nonnegative") and rng.random() < 0.5):
        return _signed_permutation(request, rows, cols)
    if request.has("nonnegative"):
        return _apart(request, rows, cols)
    if request.has("antisymmetric"):
        if rows % 2:
            return None
        turn = fields.zeros(rows, rows, 0)
        for k in range(0, rows, 2):
            turn[k][k + 1], turn[k + 1][k] = 1, -1
        return matrices.conjugated(rng, turn)
    if request.has("symmetric"):
        signs = [rng.choice((1, -1)) for _ in range(rows)]
        if rows > 1 and len(set(signs)) == 1:
            signs[rng.randrange(rows)] *= -1
        return matrices.conjugated(rng, fields.diagonal(signs))
    return [row[:cols] for row in matrices.orthogonal(rng, rows)]


def _signed_permutation(request: Request, rows: int, cols: int) -> Member:
    """Columns of a permutation matrix with signs; of an involution where the matrix is symmetric or
    antisymmetric."""
    rng = request.rng
    tied = request.has("symmetric", "antisymmetric")
    if tied:
        images = matrices.involution(rng, rows, fixed=not request.has("antisymmetric"))
        if images is None:
            return None
    else:
        images = rng.sample(range(rows), rows)
    plus_only = request.has("nonnegative")
    found = fields.zeros(rows, cols)
    for j in range(cols):
        i = images[j]
        if tied and i < j:
            found[i][j] = -found[j][i] if request.has("antisymmetric") else found[j][i]
        else:
            found[i][j] = Fraction(1 if plus_only else rng.choice((1, -1)))
    return found


def _apart(request: Request, rows: int, cols: int) -> Member:
    """Columns of length one, not negative, with no row in common."""
    found = fields.zeros(rows, cols)
    for j, places in enumerate(matrices.parts(request.rng, rows, cols)):
        for i, entry in zip(places, matrices.unit_vector(request.rng, len(places))):
            found[i][j] = abs(entry)
    return found


def _semidefinite(request: Request) -> Member:
    rng, size, definite = request.rng, request.shape[0], request.has("positive_definite")
    if request.has("sign"):
        signs = [Fraction(1 if request.has("nonnegative") else rng.choice((1, -1))) for _ in range(size)]
        return matrices.outer(signs, signs)
    if request.has("mask"):
        return _blocks_of_ones(request, size)
    if request.has("idempotent"):
        return _projection(request, size)
    if request.has("simplex"):
        mixed = _doubly_stochastic(request)
        found = rational.product(mixed, fields.transpose(mixed))
        return fields.scaled(Fraction(1, 2), fields.add(found, fields.identity(size))) if definite else found
    deficient = not definite and size > 1 and (request.style.singular or rng.random() < 0.5)
    factor = request.entries(size, rng.randint(1, size - 1) if deficient else size)
    found = rational.product(factor, fields.transpose(factor))
    if request.has("integer") or request.style.whole:
        return fields.add(found, fields.identity(size)) if definite else found
    found = fields.scaled(Fraction(1, size), found)
    if not definite:
        return found
    shift = Fraction(1, 2) * (Fraction(10) ** (2 * request.style.exponents[0]) if len(request.style.exponents) > 1 else 1)
    return fields.add(found, fields.scaled(shift, fields.identity(size)))


def _blocks_of_ones(request: Request, size: int) -> Member:
    """One where two indices are in one part, zeros for those in none."""
    rng = request.rng
    found = fields.zeros(size, size)
    for places in matrices.parts(rng, size, rng.randint(1, size)):
        if rng.random() < 0.8:
            for i in places:
                for j in places:
                    found[i][j] = Fraction(1)
    return found


def _projection(request: Request, size: int) -> Member:
    rng = request.rng
    if request.has("nonnegative"):
        whole = request.has("positive")
        found = fields.zeros(size, size)
        for places in matrices.parts(rng, size, 1 if whole else rng.randint(1, max(1, size - 1))):
            weights = [Fraction(1 if request.has("simplex") else rng.randint(1, 3)) for _ in places]
            if not request.has("positive", "simplex") and rng.random() < 0.3:
                continue
            total = fields.dot(weights, weights)
            for i, a in zip(places, weights):
                for j, b in zip(places, weights):
                    found[i][j] = a * b / total
        return found
    ones = rng.randint(1, max(1, size - 1))
    return matrices.conjugated(rng, fields.diagonal([int(k < ones) for k in range(size)]))


def _idempotent(request: Request) -> Member:
    rng, size = request.rng, request.shape[0]
    if request.has("simplex"):
        return _idempotent_stochastic(request, size)
    if request.has("positive", "sign"):
        left, right = [[draw_entry(rng, STYLES["counting"], request.allowed) for _ in range(size)] for _ in range(2)]
        total = fields.dot(right, left)
        return fields.scaled(1 / total, matrices.outer(left, right)) if total else fields.zeros(size, size)
    if request.has("integer", "nonnegative"):
        return _coordinate_idempotent(request, size)
    basis = matrices.unimodular(rng, size, lower=not request.has("upper_triangular"), upper=not request.has("lower_triangular"))
    if not request.style.whole:
        tens = (0, *request.style.exponents)
        scales = [Fraction(rng.choice((2, 3, 4, -3, -2)), 3) * Fraction(10) ** rng.choice(tens) for _ in range(size)]
        basis = [[scale * entry for entry in row] for scale, row in zip(scales, basis)]
    ones = rng.randint(1, max(1, size - 1))
    kept = set(rng.sample(range(size), ones))
    middle = fields.diagonal([Fraction(int(k in kept)) for k in range(size)])
    return rational.product(rational.product(basis, middle), fields.inverse(basis))


def _coordinate_idempotent(request: Request, size: int) -> Member:
    """Some basis vectors are kept, the others are sent to combinations of these."""
    rng = request.rng
    kept = set(rng.sample(range(size), rng.randint(1, max(1, size - 1))))
    turned = rng.random() < 0.5
    found = fields.zeros(size, size)
    for k in sorted(kept):
        found[k][k] = Fraction(1)
        for j in range(size):
            i, place = (j, k) if turned else (k, j)
            outside = (request.has("lower_triangular") and i < place) or (request.has("upper_triangular") and i > place)
            if j not in kept and not outside:
                found[i][place] = request.entry() if rng.random() < 0.7 else Fraction(0)
    return found


def _idempotent_stochastic(request: Request, size: int) -> Member:
    """A Markov chain that is at its end after one step: closed classes with their distributions,
    the other states leave for these."""
    rng = request.rng
    ordered = request.has("lower_triangular", "upper_triangular")
    if request.has("positive"):
        row = _distribution(request, size)
        return [list(row) for _ in range(size)]
    first = 0 if request.has("lower_triangular") else size - 1
    closed = (
        sorted({first, *(k for k in range(size) if rng.random() < 0.4)})
        if ordered
        else sorted(rng.sample(range(size), rng.randint(1, size)))
    )
    ends: dict[int, list[Fraction]] = {}
    others = [k for k in range(size) if k not in closed]
    joined: dict[int, list[int]] = {k: [k] for k in closed}
    if not ordered and not request.has("integer"):  # some of the others join a class
        for k in [k for k in others if rng.random() < 0.5]:
            others.remove(k)
            joined[rng.choice(closed)].append(k)
    for places in joined.values():
        row = _distribution(request, size, places) if not ordered else _one_entry(request, size, places)
        ends.update(dict.fromkeys(places, row))
    for state in others:
        reached = [k for k in closed if not ordered or (k <= state) == request.has("lower_triangular")]
        weights = _distribution(request, size, reached)
        ends[state] = [sum((weights[k] * ends[k][j] for k in reached), Fraction(0)) for j in range(size)]
    return [list(ends[state]) for state in range(size)]


def _doubly_stochastic(request: Request) -> Member:
    """A convex combination of permutation matrices, with its transpose where it is symmetric."""
    rng, size = request.rng, request.shape[0]
    if request.has("integer"):
        return _signed_permutation(request, size, size)
    weights = [Fraction(rng.randint(1, 4)) for _ in range(rng.randint(1 if request.style.singular else 2, 4))]
    found = fields.zeros(size, size)
    for weight in weights:
        for i, j in enumerate(rng.sample(range(size), size)):
            found[i][j] += weight
    total = sum(weights, Fraction(0))
    if request.has("positive") or (not request.style.whole and not request.style.singular):
        found, total = [[entry + 1 for entry in row] for row in found], total + size
    if request.style.singular and not request.has("invertible") and size > 1:
        found = matrices.averaged(found, *rng.sample(range(size), 2))
    found = fields.scaled(1 / total, found)
    return fields.scaled(Fraction(1, 2), fields.add(found, fields.transpose(found))) if request.has("symmetric") else found


def _stochastic(request: Request) -> Member:
    rows, cols = request.shape
    found = []
    for i in range(rows):
        low = i if request.has("upper_triangular") else 0
        high = i + 1 if request.has("lower_triangular") else cols
        found.append(_distribution(request, cols, range(low, high)))
    if request.style.singular and not request.has("invertible", "lower_triangular", "upper_triangular"):
        return matrices.repeated(request.rng, found, columns=False)
    return found


def _invertible(request: Request) -> Member:
    """Free entries with ties, far from singular: of several draws the first whose determinant is
    not small beside its rows.

    Of entries of two values it is more often than not the draw with the largest determinant: most
    small 0/1 matrices have determinant 0 or ±1, which says nothing about others.
    """
    few = request.allowed.values is not None
    if few and request.rng.random() < 0.3:
        return _tied(request)
    best, share = None, -1.0
    for _ in range(_DRAWS):
        found = _tied(request)
        rows, _ = rational.whole(found)
        squares = [max(1, sum(entry * entry for entry in row)) for row in rows]
        volume = abs(rational.determinant(rows))
        part = float(volume) if few else exp(log(volume) - 0.5 * sum(map(log, squares))) if volume else 0.0
        if part > share:
            best, share = found, part
        if share > _WELL_CONDITIONED and not few:
            break
    return best


def _tied(request: Request) -> Member:
    """Free entries, then the ties."""
    rng, (rows, cols) = request.rng, request.shape
    found = request.entries(rows, cols)
    if request.allowed.values == (0, 1) and rows * cols > 1 and len({entry for row in found for entry in row}) == 1:
        found[rng.randrange(rows)][rng.randrange(cols)] = 1 - found[0][0]
    square = rows == cols
    if square and request.style.dominant and request.allowed.values is None and not request.has("antisymmetric"):
        found = matrices.dominant(found, whole=request.style.whole or request.allowed.whole)
    triangular = request.has("lower_triangular", "upper_triangular")
    if triangular and request.has("invertible"):
        for k in range(rows):
            found[k][k] = request.entry(nonzero=True)
    found = tied(found, tie_of(request.facts))
    if request.style.singular and not request.has("invertible"):
        if triangular:
            found[k := rng.randrange(rows)][k] = Fraction(0)
            return found
        return matrices.repeated(rng, found, columns=request.has("symmetric", "antisymmetric"))
    return found


_RECIPES: tuple[tuple[Callable[[Request], bool], Callable[[Request], Member]], ...] = (
    (lambda request: request.has("diagonal"), _diagonal),
    (lambda request: request.has("orthonormal"), _orthonormal),
    (lambda request: request.has("positive_semidefinite"), _semidefinite),
    (lambda request: request.has("idempotent"), _idempotent),
    (lambda request: request.has("doubly_stochastic"), _doubly_stochastic),
    (lambda request: request.has("simplex"), _stochastic),
    (lambda request: request.has("invertible"), _invertible),
    (lambda request: True, _tied),
)
"""Which recipe draws a matrix: that of the first fact that it has."""
