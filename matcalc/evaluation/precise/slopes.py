"""Derivatives by differences along directions, and the layouts of a derivative's entries.

A derivative is linear in its directions, so one random direction tells two derivatives apart; entry by entry it is worked out only where
the entries themselves are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from random import Random

from matcalc.evaluation.precise.evaluator import plan
from matcalc.evaluation.precise.number_systems import PRIME, Arithmetic, Decimals, Number, Residues, Undefined
from matcalc.evaluation.precise.small_arrays import Array, column_major, filled, paired, scaled, transposed
from matcalc.expr.nodes import Expr, Symbol
from matcalc.facts.ties import may_vary, mirrored, tie_of
from matcalc.sizes import Size

Direction = tuple[Symbol, Array]


def slope(ar: Arithmetic, function: Expr, directions: Sequence[Direction], values: Mapping[str, Array], sizes: Mapping[str, int]) -> Array:
    """The derivative of ``function`` along each of the directions, one for each order. Raises what ``Plan.value`` raises, and Undefined
    where the function has a kink."""
    if isinstance(ar, Residues):
        return _exact_slope(ar, function, directions, values, sizes)
    assert isinstance(ar, Decimals)
    return _central_slope(ar, function, directions, values, sizes)


def _exact_slope(
    ar: Residues, function: Expr, directions: Sequence[Direction], values: Mapping[str, Array], sizes: Mapping[str, int]
) -> Array:
    """Along steps of the prime itself: what is left is divisible by its power, and what is of higher order vanishes."""
    ready, result = plan(function), None
    for taken in product((1, 0), repeat=len(directions)):
        found = ready.value(ar, _moved(ar, directions, [ar.step * one for one in taken], values), sizes)
        odd = (len(directions) - sum(taken)) % 2
        term = scaled(ar, -1, found) if odd else found
        result = term if result is None else paired(result, term, ar.add)
    assert result is not None
    divisor = PRIME ** len(directions)
    return Array(result.dims, [entry % ar.modulus // divisor for entry in result.data])


def _central_slope(
    ar: Decimals, function: Expr, directions: Sequence[Direction], values: Mapping[str, Array], sizes: Mapping[str, int]
) -> Array:
    ready, result, branches = plan(function), None, None
    for signs in product((1, -1), repeat=len(directions)):
        ar.branches = []
        found = ready.value(ar, _moved(ar, directions, [ar.step * sign for sign in signs], values), sizes)
        if branches is not None and branches != ar.branches:
            raise Undefined("a kink")
        branches = ar.branches
        term = found if prod(signs) == 1 else scaled(ar, -ar.one, found)
        result = term if result is None else paired(result, term, ar.add)
    assert result is not None
    divisor = (2 * ar.step) ** len(directions)
    return Array(result.dims, [entry / divisor for entry in result.data])


def _moved(ar: Arithmetic, directions: Sequence[Direction], steps: Sequence[Number], values: Mapping[str, Array]) -> dict[str, Array]:
    moved = dict(values)
    for (symbol, direction), step in zip(directions, steps, strict=True):
        if step:
            moved[symbol.name] = paired(moved[symbol.name], scaled(ar, step, direction), ar.add)
    return moved


def directions_of(ar: Arithmetic, variables: Sequence[Symbol], values: Mapping[str, Array], seed: int) -> list[Direction]:
    """A random weight for every entry of each variable."""
    found = []
    for number, symbol in enumerate(variables):
        dims = values[symbol.name].dims
        rng = Random(f"direction {seed} {number} {symbol.name}")
        entries = [ar.number(Fraction(rng.choice((1, -1)) * rng.randint(20, 90), 37)) for _ in range(prod(dims))]
        found.append((symbol, Array(dims, entries)))
    return found


def tied(ar: Arithmetic, symbol: Symbol, direction: Array, convention: str) -> Array:
    """How the variable moves where each entry is weighted as in ``direction``: along matrices of its kind only, in the convention
    ``projected`` or, for symmetric ones, ``cookbook``; freely with ``independent``."""
    tie = "" if convention == "independent" or len(symbol.shape) != 2 else tie_of(symbol.properties)
    if not tie:
        return direction
    sign = mirrored(tie)
    if not sign:
        entries = direction.data
        columns = direction.cols
        return Array(direction.dims, [entry if may_vary(tie, *divmod(k, columns)) else ar.zero for k, entry in enumerate(entries)])
    other = transposed(direction)
    if convention == "cookbook" and sign > 0:  # both entries of a pair move; a diagonal entry only once
        both = paired(direction, other, ar.add)
        for k in range(0, len(both.data), both.cols + 1):
            both.data[k] = direction.data[k]
        return both
    half = ar.number(Fraction(1, 2))
    return scaled(ar, half, paired(direction, other, ar.add if sign > 0 else ar.subtract))


@dataclass(frozen=True)
class Layout:
    """Where the entries of a derivative stand: in the order of the laid-out array, row by row, each as the place in the function's value
    and the place in each variable, all counted row by row."""

    places: tuple[tuple[int, ...], ...]
    top: int
    below: tuple[int, ...]


def layout_of(name: str, top: tuple[int, ...], variables: Sequence[tuple[int, ...]]) -> Layout:
    """The layout of a derivative of an array with these axes by others: denominator, numerator or tensor."""
    counts = (prod(top), *map(prod, variables))
    return Layout(tuple(_places(name, top, variables)), counts[0], counts[1:])


def _places(name: str, top: tuple[int, ...], variables: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    above = range(prod(top))
    if name == "tensor" or not variables:
        return list(product(above, *(range(prod(dims)) for dims in variables)))
    stacked = [column_major(dims) for dims in variables]
    if not top:
        if len(variables) == 1:
            return [(0, place) for place in (stacked[0] if name == "numerator" else range(prod(variables[0])))]
        return [(0, *places) for places in product(*stacked)]
    below = [places[::-1] for places in product(*stacked[::-1])]
    if name == "numerator":
        return [(above, *places) for above in column_major(top) for places in below]
    return [(above, *places) for places in below for above in column_major(top)]


def derivative(
    ar: Arithmetic,
    function: Expr,
    wrt: Sequence[Symbol],
    values: Mapping[str, Array],
    sizes: Mapping[str, int],
    convention: str,
    places: Layout,
) -> list[Number]:
    """All entries of the derivative in the order of its layout. ``places`` leaves out variables that are scalars."""
    found: dict[tuple[int, ...], Array] = {}
    for at in product(*(range(count) for count in places.below)):
        weights = iter(at)
        directions = []
        for symbol in wrt:
            unit = filled(values[symbol.name].dims, ar.zero)
            unit.data[next(weights) if symbol.shape else 0] = ar.one
            directions.append((symbol, tied(ar, symbol, unit, convention)))
        found[at] = slope(ar, function, directions, values, sizes)
    return [found[place[1:]].data[place[0]] for place in places.places]


def contracted(ar: Arithmetic, entries: Sequence[Number], places: Layout, weights: Sequence[Sequence[Number]]) -> list[Number]:
    """What a derivative with these laid-out entries is along directions with the given weights: one number for each entry of the
    function's value."""
    sums: list[list[Number]] = [[] for _ in range(places.top)]
    for entry, (above, *below) in zip(entries, places.places, strict=True):
        for place, weight in zip(below, weights, strict=True):
            entry = ar.multiply(entry, weight[place])
        sums[above].append(entry)
    return [ar.total(terms) for terms in sums]


def axes_lengths(shape: Sequence[Size], sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The lengths of an array's own axes: a row has one, as a column has."""
    lengths = [size.value(sizes) for size in shape]
    return tuple(lengths[1:] if len(lengths) == 2 and shape[0].number == 1 else lengths)
