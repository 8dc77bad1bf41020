"""Small counterexamples: few rows and columns, whole numbers where the symbols' properties allow
them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import inf, isfinite, isnan
from random import Random
from typing import Any

from matcalc.base.errors import MatcalcError
from matcalc.base.sizes import fitted
from matcalc.evaluation.arrays import entries_of
from matcalc.evaluation.own_values import formulas
from matcalc.evaluation.sampling import Point, functions_at, user_functions
from matcalc.expr.nodes import Symbol, postorder
from matcalc.facts.drawn import member
from matcalc.verification.claims import Claim
from matcalc.verification.verdict import Counterexample
from matcalc.verification.witness.comparing import Comparison, at_point

_SEEDS = 6
_MOST_SIZES = 8
_NEAR = 1e-9
_STYLES = ("whole", "counting", "dominant")
"""Whole numbers of both signs, positive ones, and matrices near a multiple of the identity; see
``facts.styles``."""


def small_counterexample(claim: Claim) -> Counterexample | None:
    """The first small point, in a fixed order, at which the sides differ; one where the difference
    can be seen in floating point if there is any."""
    hardly: Comparison | None = None
    for point, seed in small_points(claim):
        comparison = at_point(claim, point, seed)
        if comparison is None or comparison.outcome != "different":
            continue
        if _is_seen(comparison):
            return as_counterexample(claim, comparison)
        hardly = hardly or comparison
    return None if hardly is None else as_counterexample(claim, hardly)


def _is_seen(comparison: Comparison) -> bool:
    """Whether the sides differ by more than floating point may lose; of functions that are
    saturated they do not."""
    return not all(map(_are_near, entries_of(comparison.left), entries_of(comparison.right)))


def _are_near(one: float, other: float) -> bool:
    return one == other or (isnan(one) and isnan(other)) or abs(one - other) <= _NEAR + _NEAR * abs(other) < inf


def as_counterexample(claim: Claim, comparison: Comparison) -> Counterexample:
    """The point of a comparison at which the sides differ."""
    point = comparison.point
    values = {symbol.name: point.values[symbol.name] for symbol in claim.symbols}
    left, right = comparison.left, comparison.right
    one, other = entries_of(left), entries_of(right)
    if one == other or not all(map(isfinite, [*one, *other])):  # for digits and sizes that floats do not have
        left, right = comparison.decimals
    nodes = list(postorder(*claim.expressions))
    functions = formulas(user_functions(nodes), nodes, point.sizes)
    return Counterexample(dict(point.sizes), comparison.seed, values, left, right, functions)


def small_points(claim: Claim) -> Iterator[tuple[Point, int]]:
    """Small points in a fixed order, each with its seed, for the symbols of a claim."""
    small = [fitted(sizes, claim.sizes) for sizes in _small_sizes(claim.size_names)]
    symbols = sorted(claim.symbols, key=lambda symbol: symbol.name)
    for sizes, style, seed in product(small, _STYLES, range(_SEEDS)):
        rng = Random(f"{seed} {style}")
        try:
            values = {symbol.name: _small(symbol, sizes, rng, style) for symbol in symbols}
        except MatcalcError:
            continue
        yield Point({**values, **functions_at(postorder(*claim.expressions), sizes)}, dict(sizes)), seed


def _small_sizes(names: Sequence[str]) -> Iterator[dict[str, int]]:
    """Twos and threes (ones do not tell a matrix from its transpose), smallest first."""
    varied = min(len(names), _MOST_SIZES)  # of more names the others stay at two
    options = sorted(product((2, 3), repeat=varied), key=lambda sizes: (sum(sizes), sizes))
    for sizes in options[:_MOST_SIZES]:
        yield dict(zip(names, (*[2] * (len(names) - varied), *sizes), strict=True))


def _small(symbol: Symbol, sizes: Mapping[str, int], rng: Random, style: str) -> Any:
    """Raises NoMemberError where no array of this size has the facts of the symbol."""
    shape = tuple([size.value(sizes) for size in symbol.shape])
    return member(symbol.properties, shape[1:] if symbol.is_row else shape, rng, style)
