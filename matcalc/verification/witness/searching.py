"""Where a claim is looked at, and what is concluded from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain, islice
from typing import TYPE_CHECKING

from matcalc.base.budgets import WITNESS_SHARE, WITNESS_WORK, SpentError, share, valued
from matcalc.base.errors import LimitError, MatcalcError
from matcalc.evaluation.precise.number_systems import NotRational
from matcalc.evaluation.precise.rational_points import ExactPoint
from matcalc.evaluation.sampling import Point, functions_at
from matcalc.expr.nodes import postorder
from matcalc.verification.witness.comparing import Comparison, in_residues, judged, larger_sizes, size_choices
from matcalc.verification.witness.points import (
    deficient_points,
    features,
    kink_points,
    literal_points,
    made,
    ordinary,
    scaled_points,
)

if TYPE_CHECKING:
    from matcalc.verification.claims import Claim

_SEEDS = 3
_MORE_SEEDS = 18
"""For symbols with few values, where it is more likely that all points are special, and for those
with several components."""
_SHOWING_SEEDS = 6
_ENOUGH = 8
"""Points that are enough where the budget ends."""


@dataclass(frozen=True)
class Witness:
    """All comparisons that were possible."""

    comparisons: tuple[Comparison, ...]
    needed: int = 2
    """How many points must agree: one for a claim about numbers alone, more where there were to be
    others."""
    exhausted: bool = False
    """Whether the budget ended before all points were looked at."""
    growing: frozenset[str] = frozenset()
    """Sizes that are not always one: points at which one of them never is another number show
    nothing of vectors and matrices."""

    @property
    def agrees(self) -> bool:
        """Equal at every point, and at enough of them. Points at which the sides agree only because
        digits were lost, or because all is zero there, do not count."""
        telling = [comparison for comparison in self.comparisons if comparison.outcome != "close"]
        counted = [comparison.point.sizes for comparison in telling if not comparison.idle]
        enough = len(counted) >= self.needed and all(any(sizes.get(name, 1) > 1 for sizes in counted) for name in self.growing)
        return enough and all(comparison.outcome == "same" for comparison in telling)

    @property
    def different(self) -> Comparison | None:
        """The first point at which the sides differ."""
        return next((comparison for comparison in self.comparisons if comparison.outcome == "different"), None)

    @property
    def digits(self) -> int | None:
        """To how many digits the sides agree where they are nearest to each other without being the
        same; None when that did not happen."""
        found = [one.digits for one in self.comparisons if one.outcome != "same" and one.digits is not None]
        return max(found, default=None)


def witness(claim: Claim, *, seeds: tuple[int, ...] | None = None, quick: bool = False) -> Witness:
    """Compares the sides at points of many kinds, until they differ at one.

    ``quick`` looks at two sizes only: enough for what is proved, and for most of what is false.
    ``seeds`` fewer points, of size one."""
    return _witness(_Search(claim), seeds, quick)


def holds(claim: Claim, *, quick: bool = False) -> bool:
    """Whether the sides agree at all points of ``witness``; where they differ no point is looked
    for that shows it."""
    return _witness(_Search(claim, sure=False), None, quick).agrees


def _witness(search: _Search, seeds: tuple[int, ...] | None, quick: bool) -> Witness:
    found: list[Comparison] = []
    chosen = search.quickly() if quick else search.at_seeds(seeds) if seeds is not None else search.thoroughly()
    known = search.known
    needed = 2 if known.symbols or known.names else 1
    growing = frozenset([name for sizes in search.choices for name, size in sizes.items() if size > 1])
    try:
        with share(WITNESS_SHARE, WITNESS_WORK):
            for comparison in chosen:
                found.append(comparison)
                if comparison.outcome == "different":
                    break
    except SpentError:
        return Witness(tuple(found), max(needed, _ENOUGH), True, growing)
    return Witness(tuple(found), needed, growing=growing)


class _Search:
    """Comparisons of one claim, one after the other."""

    def __init__(self, claim: Claim, sure: bool = True) -> None:
        self.claim, self.sure = claim, sure
        self.known = features(claim.expressions, claim.extra)
        self.rational = not self.known.curved
        self.good: list[ExactPoint] = []
        """Points at which both sides have values."""
        self.doubtful: list[tuple[int, ExactPoint]] = []
        """Points at which the sides agree, but digits were lost; with how far exponentials were
        away from one."""
        self.told = False
        """Whether one of them told the sides to be the same or different."""

    @cached_property
    def choices(self) -> list[dict[str, int]]:
        """The sizes to try, the most telling first."""
        return size_choices(self.known)

    def quickly(self) -> Iterator[Comparison]:
        """Two sizes, or two points where there is no choice."""
        some = enumerate([*self.choices, *self.choices][:6])
        yield from islice(chain.from_iterable(self._compared(sizes, number, quick=True) for number, sizes in some), 2)

    def at_seeds(self, seeds: Iterable[int]) -> Iterator[Comparison]:
        for seed in seeds:
            yield from self._compared(self.choices[seed % min(len(self.choices), 3)], seed)

    def thoroughly(self) -> Iterator[Comparison]:
        yield from self._at_all_sizes()
        if self.rational and not self.known.few_values and not self.known.ranked:
            return  # a rational function that vanishes at a random point is zero
        yield from self._at_more_seeds()
        if not self.rational:
            yield from self._elsewhere()
            if self.doubtful and not self.told:
                yield from self._with_more_digits()

    def _at_all_sizes(self) -> Iterator[Comparison]:
        choices = self.choices
        for number, sizes in enumerate([*choices, *choices[:1] * (_SEEDS - len(choices))]):
            yield from self._compared(sizes, number)

    def _at_more_seeds(self) -> Iterator[Comparison]:
        """Scalars of all signs, more masks and signs, more ranks."""
        many = self.known.few_values or self.known.ranked
        choices = larger_sizes(self.known) if many else self.choices
        free = sum(not symbol.shape and not symbol.properties for symbol in self.known.symbols)
        patterns = (
            [tuple([-1 if bits >> k & 1 else 1 for k in range(free)]) for bits in range(2 ** min(free, 3))] if free else [()]
        )
        for number in range(max(_MORE_SEEDS if many else 0, len(patterns))):
            yield from self._compared(choices[number % min(len(choices), 3)], 100 + number, patterns[number % len(patterns)])

    def _elsewhere(self) -> Iterator[Comparison]:
        known = self.known
        for sizes in self.choices[:2]:
            for point in made(scaled_points(known, sizes)):
                yield from self._judged(point)
            around = literal_points(known, sizes) if known.kinked or known.literals else ()
            for point in made(chain(around, deficient_points(known, sizes))):
                yield from self._judged(point, kinks=False)
            if known.kinked:
                here = [point for point in self.good if point.sizes == sizes]
                for point in kink_points(self.claim, known, here):
                    yield from self._judged(point, kinks=False)
            if sizes == {}:
                return

    def _with_more_digits(self) -> Iterator[Comparison]:
        """Where every point was doubtful: ``tanh(1000 + x^2)`` is 1 to hundreds of digits."""
        for reach, _, point in sorted((reach, number, point) for number, (reach, point) in enumerate(self.doubtful))[:2]:
            comparison = valued(partial(judged, self.claim, point, reach=reach))
            if comparison is not None:
                yield comparison

    def _judged(self, point: ExactPoint, kinks: bool = True) -> Iterator[Comparison]:
        """The comparison at a point, where both sides have values; none at a kink itself unless
        ``kinks``."""
        comparison = valued(lambda: judged(self.claim, point, sure=self.sure))
        if comparison is not None and (kinks or not comparison.kinks):
            self._keep(point, comparison)
            yield replace(comparison, special=True)

    def _keep(self, point: ExactPoint, comparison: Comparison) -> None:
        self.good.append(point)
        if comparison.outcome == "close":
            self.doubtful.append((comparison.reach, point))
        else:
            self.told = True

    def _compared(
        self, sizes: dict[str, int], seed: int, scalars: tuple[int, ...] = (), quick: bool = False
    ) -> Iterator[Comparison]:
        """The sides at one point of these sizes, if one is found at which both have values."""
        equal: bool | None = None
        if self.rational:
            try:
                equal = in_residues(self.claim, sizes, seed)
            except NotRational:
                self.rational = False
            except SpentError:
                raise
            except MatcalcError:
                return
        if not self.rational:
            found = self._at_digits(sizes, seed, scalars, quick)
        elif equal is False and self.sure:
            found = self._shown(sizes, seed)
        else:
            point = ExactPoint(sizes, {})
            found = None if equal is None else Comparison(self.claim, point, seed, "same" if equal else "different")
        if found is not None:
            yield found

    def _at_digits(
        self, sizes: dict[str, int], seed: int, scalars: tuple[int, ...] = (), quick: bool = False
    ) -> Comparison | None:
        for point in made(ordinary(self.known, sizes, seed, scalars)):
            try:
                comparison = judged(self.claim, point, seed, quick=quick, sure=self.sure)
            except SpentError:
                raise
            except LimitError:
                return None
            except MatcalcError:
                continue
            if comparison is not None:
                self._keep(point, comparison)
                return comparison
        return None

    def place(self, sizes: dict[str, int], seed: int) -> ExactPoint | None:
        """A point of these sizes at which both sides have values."""
        return None if self._at_digits(sizes, seed) is None else self.good[-1]

    def _shown(self, sizes: dict[str, int], seed: int) -> Comparison | None:
        """A point at which sides that are not equal as rational functions differ."""
        last = None
        for number in range(_SHOWING_SEEDS):
            comparison = self._at_digits(sizes, seed + number)
            if comparison is not None:
                if comparison.outcome == "different":
                    return comparison
                last = comparison
        for point in made(scaled_points(self.known, sizes)):
            comparison = next(self._judged(point, kinks=False), None)
            if comparison is not None and comparison.outcome == "different":
                return comparison
        return None if last is None else Comparison(self.claim, last.point, seed, "close", last.digits)


def points(claim: Claim, seed: int) -> Iterator[Point]:
    """Random points inside the domains of both sides, a few for each seed, in floating point."""
    search = _Search(claim)
    for number in range(_SEEDS):
        point = search.place(search.choices[(seed + number) % min(len(search.choices), 2)], seed + 1000 * number)
        if point is not None:
            yield Point({**point.values, **functions_at(postorder(*claim.expressions), point.sizes)}, point.sizes)
