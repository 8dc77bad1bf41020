"""The numerical judgement: both sides evaluated at random points, with distinct prime sizes and with equal ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from matcalc.errors import LimitError, MatcalcError
from matcalc.evaluation import Point, agrees, find_point
from matcalc.evaluation.sampling import free_scalars
from matcalc.expr.nodes import Symbol, postorder
from matcalc.verification.claims import Claim, DerivativeForm, Formula

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SEEDS = (0, 1, 2)
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


def witness(claim: Claim, *, seeds: tuple[int, ...] = _SEEDS) -> Witness:
    """Compares the sides at points with distinct prime sizes, one for each seed, and at one point where all sizes are equal.

    Scalars are positive at the first of these points; at the others some are negative, where both sides are defined there."""
    found = []
    for seed, equal in [*((seed, False) for seed in seeds), *([(seeds[0], True)] if _has_sizes(claim) else [])]:
        comparison = compared(claim, seed, equal)
        if comparison is not None:
            found.append(comparison)
            if comparison.outcome == "different":
                break
    return Witness(tuple(found))


def _has_sizes(claim: Claim) -> bool:
    names = {name for expression in claim.expressions for node in postorder(expression) for size in node.shape for name in size.names}
    return len(names) > 1


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
