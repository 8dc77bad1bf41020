"""Whether a condition under which a claim holds can be done without."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count, islice, product
from typing import TYPE_CHECKING, Any

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import NDArray, np
from matcalc.base.sizes import fitted
from matcalc.evaluation.sampling import Point, find_point, functions_at, sample
from matcalc.expr.nodes import postorder
from matcalc.facts.membership import belongs
from matcalc.verification.witness.comparing import at_point
from matcalc.verification.witness.searching import points

if TYPE_CHECKING:
    from matcalc.verification.claims import Claim

    Values = Mapping[str, NDArray[Any]]

_SIZE = 3
_STARTS = ((-1.5, 0.0), (-0.6, 0.0), (2.0, 0.0), (-0.8, 1.2), (0.3, 1.5), (-1.5, 0.8), (3.0, 7.5))
_STEPS = 25
_MOST_DRAWN = 12
_STEP = 1e-6
_ZERO = 1e-10
_NEARLY = 1e-8
_APART = 0.05


def holds_where_eigenvalues_meet(claim: Claim, one: str, other: str) -> bool:
    """Whether the claim holds for a matrix with the eigenvalues 1 and z beside one that connects
    their eigenvectors, for a z not 1.

    These two do not commute.
    """
    every = chain.from_iterable(islice(points(claim, seed), 2) for seed in count(31))
    drawn = [point for point in islice(every, _MOST_DRAWN) if len(point.values[one]) == _SIZE]
    if not drawn:
        return False
    facts = {symbol.name: symbol.properties for symbol in claim.symbols}
    for base, link in ((one, other), (other, one)):
        if belongs(_spread(2.0, 1.0), facts[base]) and belongs(_link(), facts[link]):
            pair = _Pair(claim, drawn, base, link)
            if any(pair.meets(start) for start in _STARTS):
                return True
    return False


def _spread(real: float, imaginary: float) -> NDArray[Any]:
    """A real matrix with the eigenvalues 1 and ``real ± imaginary i``."""
    return np.array([[1.0, 0.0, 0.0], [0.0, real, -imaginary], [0.0, imaginary, real]])


def _link() -> NDArray[Any]:
    """A matrix that takes the eigenvectors of the others to that of 1."""
    return np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])


class _Pair:
    """The claim at such a pair, as two equations for the eigenvalue; it has to hold whatever the
    other symbols are."""

    def __init__(self, claim: Claim, drawn: Sequence[Point], base: str, link: str) -> None:
        self._claim, self._drawn, self._base, self._link = claim, drawn, base, link

    def _difference(self, place: NDArray[Any], point: Point | None = None) -> NDArray[Any]:
        point = point or self._drawn[0]
        values = {**point.values, self._base: _spread(*place), self._link: _link()}
        return self._claim.difference_at(Point(values, point.sizes))

    def _holds(self, place: NDArray[Any]) -> bool:
        return all(bool(np.max(np.abs(self._difference(place, point))) < _NEARLY) for point in self._drawn)

    def meets(self, start: tuple[float, float]) -> bool:
        """Whether Newton's method finds an eigenvalue, not 1, at which the claim holds."""
        place = np.array(start)
        try:
            with np.errstate(all="ignore"):
                for _ in range(_STEPS):
                    whole = self._difference(place)
                    if whole.shape != (_SIZE, _SIZE) or not np.all(np.isfinite(whole)):
                        return False
                    if np.max(np.abs(whole)) < _ZERO:
                        return bool(np.hypot(place[0] - 1.0, place[1]) > _APART) and self._holds(place)
                    ahead = [self._difference(place + step)[0, 1:] for step in _STEP * np.eye(2)]
                    slopes = np.stack([(moved - whole[0, 1:]) / _STEP for moved in ahead], axis=1)
                    place = place - np.linalg.solve(slopes, whole[0, 1:])
        except (MatcalcError, np.linalg.LinAlgError):
            return False
        return False


_SMALL = ((3, 2, 4, 5), (2, 3, 5, 4))
"""Sizes to try, in the order of their names; more names than that share the last."""
_OTHERS = 12
"""Values of the other symbols at which a condition on some symbols is looked at."""
_DIFFERENCE_STEP = 1e-4
_TOLERANCE = 1e-6
_RANK = 1e-4
_MOST_TOGETHER = 6
"""Special values of each symbol where a condition is on several: all their combinations are
tried."""
_MOST_SPECIAL = 60
_PAIRS = ((2, 3), (3, 2), (2, 4), (4, 2), (3, 4), (4, 3), (1, 3), (3, 1))


@dataclass(frozen=True)
class Relation:
    """A condition on the values of some symbols: ``residual`` is zero where it holds, ``broken``
    gives values at which it plainly does not.

    A condition that is an order and no equation has no residual.

    ``met`` makes a point meet the condition where its symbols do not by themselves.
    """

    names: tuple[str, ...]
    residual: Callable[[Values], NDArray[Any]]
    broken: Callable[[Values], Sequence[Values]]
    met: Callable[[Point], Point] = lambda point: point
    slack: Callable[[Values], Sequence[NDArray[Any]]] = lambda values: ()
    """What is not negative where the condition holds, if it is an order."""

    def holds(self, values: Values) -> bool:
        equal = np.max(np.abs(self.residual(values)), initial=0.0) <= _TOLERANCE
        return bool(equal) and all(np.min(array, initial=0.0) >= -_TOLERANCE for array in self.slack(values))


def needs(claim: Claim, sampled: Claim, relation: Relation) -> bool:
    """Whether ``claim`` holds exactly where the relation does, as far as numbers tell.

    ``sampled`` is the claim about symbols that have the facts of the condition, from which values
    are drawn. At values that meet the condition every direction that keeps the claim true to first
    order must keep the condition; and the claim is false at all broken values.
    """
    with np.errstate(all="ignore"):
        points = _points(sampled, relation)
        if not points:
            return False
        first = points[0]
        held = {name: np.asarray(first.values[name], dtype=float) for name in relation.names}
        places = [Point({**point.values, **held}, point.sizes) for point in points]
        wished = _jacobian(lambda values: np.ravel(relation.residual(values)), held)
        if wished.size and not _is_kept_by_slopes(claim, places, held, wished):
            return False
        return all(_is_false(claim, places, values) for values in (*relation.broken(held), *_special(claim, relation, held)))


def _special(claim: Claim, relation: Relation, held: Values) -> Iterator[Values]:
    """Singular, nilpotent, turned ... values that have all declared facts and break the condition:
    many claims hold there all the same."""
    facts = {symbol.name: symbol.properties for symbol in claim.symbols}
    most = _MOST_SPECIAL if len(relation.names) == 1 else _MOST_TOGETHER
    choices = [
        [array for array in special_arrays(held[name].shape) if belongs(array, facts[name])][:most] for name in relation.names
    ]
    for arrays in islice(product(*choices), _MOST_SPECIAL):
        values = dict(zip(relation.names, arrays))
        if not relation.holds(values):
            yield values


def special_arrays(shape: tuple[int, ...]) -> Iterator[NDArray[Any]]:
    """Nilpotent, turned, singular matrices and other special ones, as far as the shape allows."""
    if len(shape) == 2 and shape[0] == shape[1] > 1:
        size = shape[0]
        first, above = np.zeros(shape), np.zeros(shape)
        first[0, 0] = above[0, 1] = 1.0
        yield from (above, above - above.T, first, first + above)
        yield from (np.diag([1.0, -2.0, *[1.0] * (size - 2)]), np.roll(np.eye(size), 1, axis=0))
        yield from (np.eye(size)[[1, 0, *range(2, size)]], -np.eye(size))
        yield np.diag([1.0 - 2.0 * (k % 2) for k in range(size)])
    yield from (np.full(shape, 1.0 / shape[-1] if shape else 0.5), np.ones(shape), -np.ones(shape), np.zeros(shape))


def _is_kept_by_slopes(claim: Claim, places: Sequence[Point], held: Values, wished: NDArray[Any]) -> bool:
    """Whether the slopes of the claim at some of the places determine those of the condition."""
    slopes: list[NDArray[Any]] = []
    for place in places:
        try:
            slope = _slope(claim, place, held)
        except (MatcalcError, ValueError):
            return False
        if slope is not None:
            slopes.append(slope)
            if _spans(np.concatenate(slopes), wished):
                return True
    return False


def differs_wherever_sizes_differ(claim: Claim, one: str, other: str) -> bool:
    """Whether the claim is false at all pairs of different values of two sizes that are tried,
    wherever its sides have values."""
    symbols = sorted(claim.symbols, key=lambda symbol: symbol.name)
    told = False
    for number, (first, second) in enumerate(_PAIRS):
        sizes = {name: 3 + k for k, name in enumerate(claim.size_names)} | {one: first, other: second}
        if any(size.value(sizes) < 1 for size in claim.sizes):
            continue
        callables = functions_at(postorder(*claim.expressions), sizes)
        try:
            with np.errstate(all="ignore"):
                comparison = at_point(claim, Point({**sample(symbols, sizes, number), **callables}, sizes), number)
        except MatcalcError:
            continue
        if comparison is not None:
            if comparison.outcome != "different":
                return False
            told = True
    return told


def _points(claim: Claim, relation: Relation) -> list[Point]:
    """Points with small sizes that meet the condition; the others have the sizes of the first."""
    for small in _SMALL:
        sizes = fitted({name: small[min(k, len(small) - 1)] for k, name in enumerate(claim.size_names)}, claim.sizes)
        found = list(_necessity_drawn(claim, sizes))
        if found:
            return [relation.met(point) for point in found]
    return []


def _necessity_drawn(claim: Claim, sizes: Mapping[str, int]) -> Iterator[Point]:
    for seed in range(_OTHERS):
        try:
            point = find_point(claim.expressions, 31 + seed, sizes=sizes, attempts=4, extra=claim.extra)
        except MatcalcError:
            return
        if point is not None:
            yield point


def _slope(claim: Claim, place: Point, held: Values) -> NDArray[Any] | None:
    """The Jacobian of the difference of the sides by the entries of the condition's symbols; None
    where the sides have no values.

    Raises ValueError where the claim does not hold.
    """

    def difference(values: Values) -> NDArray[Any]:
        return np.ravel(claim.difference_at(Point({**place.values, **values}, place.sizes)))

    try:
        here = difference(held)
    except MatcalcError:
        return None
    if not np.all(np.isfinite(here)):
        return None
    slope = _jacobian(difference, held)
    if not np.all(np.isfinite(slope)):
        return None
    size = float(np.max(np.abs(slope), initial=1.0))
    if np.max(np.abs(here), initial=0.0) > _TOLERANCE * size:
        raise ValueError("the claim does not hold where the condition does")
    return slope / size


def _jacobian(function: Callable[[Values], NDArray[Any]], at: Values) -> NDArray[Any]:
    """Central differences by every entry, a column each."""
    columns = []
    for name, array in at.items():
        for place in np.ndindex(array.shape):
            move = np.zeros(array.shape)
            move[place] = _DIFFERENCE_STEP
            ahead, behind = function({**at, name: array + move}), function({**at, name: array - move})
            columns.append((ahead - behind) / (2 * _DIFFERENCE_STEP))
    return np.stack(columns, axis=-1)


def _spans(slopes: NDArray[Any], wished: NDArray[Any]) -> bool:
    """Whether every row of ``wished``, which is not zero, is a combination of rows of
    ``slopes``."""
    rows = wished / max(1.0, float(np.max(np.abs(wished), initial=0.0)))
    if not np.any(np.abs(rows) > _RANK):
        return False
    alone = int(np.linalg.matrix_rank(slopes, tol=_RANK))
    return int(np.linalg.matrix_rank(np.concatenate([slopes, rows]), tol=_RANK)) == alone


def _is_false(claim: Claim, places: Sequence[Point], values: Values) -> bool:
    """Whether the claim is false at these values and some of the others; where the sides have no
    values it says nothing."""
    told = False
    for place in places:
        comparison = at_point(claim, Point({**place.values, **values}, place.sizes))
        if comparison is not None and comparison.outcome == "different":
            return True
        told = told or comparison is not None
    return not told
