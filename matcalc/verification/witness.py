"""The numerical judgement: both sides evaluated at random points, with distinct prime sizes and with equal ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from matcalc.errors import LimitError, MatcalcError
from matcalc.evaluation import Point, agrees, find_point
from matcalc.evaluation.sampling import FAR_STYLES, free_scalars
from matcalc.expr.nodes import Call, Elementwise, Norm, Power, Symbol, postorder
from matcalc.verification.claims import Claim, DerivativeForm, Formula

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SEEDS = (0, 1, 2)
_MORE_SEEDS = tuple(range(8))
"""For symbols with few values, 0 and 1 or 1 and −1, where it is more likely that all points are special."""
_TRIES = 6
_TURNED_TRIES = 4
"""Attempts to find a point with negative scalars."""
_SAME = 1e-6
_DIFFERENT = 1e-4


@dataclass(frozen=True)
class Comparison:
    """Both sides at one point."""

    point: Point
    seed: int
    left: NDArray[Any]
    right: NDArray[Any]
    outcome: Literal["same", "different", "close"]


@dataclass(frozen=True)
class Witness:
    """All comparisons that were possible."""

    comparisons: tuple[Comparison, ...]

    @property
    def agrees(self) -> bool:
        """Equal at every point, at two points or more."""
        return len(self.comparisons) >= 2 and all(comparison.outcome == "same" for comparison in self.comparisons)

    @property
    def different(self) -> Comparison | None:
        """The first point at which the sides differ."""
        return next((comparison for comparison in self.comparisons if comparison.outcome == "different"), None)


def witness(claim: Claim, *, seeds: tuple[int, ...] | None = None) -> Witness:
    """Compares the sides at points with distinct prime sizes, one for each seed, at one point where all sizes are equal and even, and
    at one where entries are large, if such points are found.

    Scalars are positive at the first of these points; at the others some are negative, where both sides are defined there."""
    found: list[Comparison] = []
    seeds = seeds or (_MORE_SEEDS if _has_few_values(claim) else _SEEDS)
    for comparison in _comparisons(claim, seeds, lambda: len(found) < 2):
        if comparison is not None:
            found.append(comparison)
            if comparison.outcome == "different":
                break
    return Witness(tuple(found))


def _comparisons(claim: Claim, seeds: tuple[int, ...], few: Callable[[], bool]) -> Iterator[Comparison | None]:
    """Comparisons one after the other; ``few`` tells whether few of them were possible so far."""
    for seed in seeds:
        yield compared(claim, seed)
    if any(size.names for expression in claim.expressions for node in postorder(expression) for size in node.shape):
        even = compared(claim, seeds[0], equal=True)
        yield even
        if even is not None and few():  # an antisymmetric matrix has an inverse only then
            yield compared(claim, seeds[0] + 2, equal=True)
    if any(isinstance(node, _CURVED) for expression in claim.expressions for node in postorder(expression)):
        for seed in seeds[:2]:
            yield _compared_afar(claim, seed)


_CURVED = (Elementwise, Power, Norm, Call)
"""What may look like another function near the origin: ``relu(x + 10) = x + 10``."""
_LARGEST = 1e4
_FAR_ATTEMPTS = 6


def _compared_afar(claim: Claim, seed: int) -> Comparison | None:
    turned: Literal[0, 1] = 1 if seed % 2 else 0
    try:
        point = find_point(
            claim.expressions, seed, attempts=_FAR_ATTEMPTS, extra=claim.extra, negative=turned, styles=FAR_STYLES, largest=_LARGEST
        )
    except LimitError:
        return None
    return None if point is None else at_point(claim, point, seed)


def _has_few_values(claim: Claim) -> bool:
    symbols = [node for expression in claim.expressions for node in postorder(expression) if isinstance(node, Symbol)]
    return any(symbol.properties & {"mask", "sign"} for symbol in symbols)


def _has_scalars(claim: Claim) -> bool:
    symbols = [node for expression in claim.expressions for node in postorder(expression) if isinstance(node, Symbol)]
    return bool(free_scalars([*symbols, *claim.extra]))


def compared(claim: Claim, seed: int, equal: bool = False) -> Comparison | None:
    """The sides at one random point; None when no point is found at which both can be computed."""
    for point in points(claim, seed, equal):
        comparison = at_point(claim, point, seed)
        if comparison is not None:
            return comparison
    return None


def points(claim: Claim, seed: int, equal: bool = False) -> Iterator[Point]:
    """Random points inside the domains of both sides, a few for each seed."""
    turned: Literal[0, 1] | None = None if seed == 0 or not _has_scalars(claim) else 0 if seed % 2 else 1
    for number in range(_TRIES):
        try:
            point = None
            if turned is not None and number < _TURNED_TRIES:  # log(a*b) = log(a) + log(b) has no such point
                point = find_point(
                    claim.expressions, seed + 1000 * number, equal=equal, attempts=_TURNED_TRIES, extra=claim.extra, negative=turned
                )
            if point is None:
                turned = None
                point = find_point(claim.expressions, seed + 1000 * number, equal=equal, extra=claim.extra)
        except LimitError:
            return
        if point is None:
            return
        yield point


def at_point(claim: Claim, point: Point, seed: int = 0) -> Comparison | None:
    """The sides at a given point; None when one of them cannot be computed well enough there."""
    import numpy as np

    try:
        left = claim.left.value(point.values, point.sizes)
        right = claim.right.value(point.values, point.sizes)
    except MatcalcError:
        return None
    if not (left.reliable and right.reliable):
        return None
    if not (np.all(np.isfinite(left.value)) and np.all(np.isfinite(right.value))):
        return None
    outcome: Literal["same", "different", "close"]
    if agrees(left.value, right.value, relative=_SAME):
        outcome = "different" if _closely(claim, point) == "different" else "same"
    elif not agrees(left.value, right.value, relative=_DIFFERENT, absolute=1e-6):
        outcome = "different"
    else:
        outcome = _closely(claim, point)
    return Comparison(point, seed, left.value, right.value, outcome)


def _closely(claim: Claim, point: Point) -> Literal["same", "different", "close"]:
    """Nearly equal sides, compared with more digits than differences give."""
    try:
        sides = [_exact(side, point) for side in (claim.left, claim.right)]
    except MatcalcError:
        return "close"
    if agrees(*sides, relative=1e-9, absolute=1e-11):
        return "same"
    return "different" if not agrees(*sides, relative=1e-7, absolute=1e-10) else "close"


def _exact(side: Formula | DerivativeForm, point: Point) -> NDArray[Any]:
    if isinstance(side, DerivativeForm):
        return side.exact(point.values, point.sizes)
    return side.value(point.values, point.sizes).value
