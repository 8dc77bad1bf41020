"""The points that are tried at given sizes, as styles of drawing: near and far, both signs, around the numbers of the claim, singular."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from math import isqrt
from typing import TypeAlias

from matcalc.errors import MatcalcError
from matcalc.evaluation.precise.points import ExactPoint, drawn, drawn_point
from matcalc.evaluation.precise.small_arrays import Array
from matcalc.expr.nodes import Symbol
from matcalc.facts.styles import STYLES, Style
from matcalc.verification.witness.features import Features

Draw: TypeAlias = Callable[[], ExactPoint]

STARTS: tuple[str, ...] = ("ordinary", "positive", "definite", "small")
"""One of them suits most domains: logarithms, roots, arcsines, inverses of large powers."""
_BOUNDED = Style(Fraction(1, 50), Fraction(9, 10))
"""Both signs, inside (−1, 1)."""
_TRIES = 10

_EXPONENTS = (-6, -4, -3, -2, -1, 1, 2, 3, 4, 6)
_MOST_LITERALS = 6
_NEARNESS = (Fraction(1, 10), Fraction(1, 1000), Fraction(1, 10**9))
_MOST_ALONE = 5


def ordinary(known: Features, sizes: dict[str, int], seed: int, scalars: tuple[int, ...] = ()) -> Iterator[Draw]:
    """Points with entries of size one, one style after the other, until one suits."""
    for number in range(_TRIES):
        start = (seed + number) if number else 0 if seed < 2 else seed
        style = STYLES[STARTS[start % len(STARTS)]] if number != 3 else _BOUNDED
        yield partial(drawn_point, known.symbols, sizes, f"{seed} {number}", style, scalars)


def scaled_points(known: Features, sizes: dict[str, int]) -> Iterator[Draw]:
    """All symbols near zero or far from it, and each of them alone."""
    for number, exponent in enumerate(_EXPONENTS):
        signs = (1,) if number % 2 else (-1,)
        for turned in (signs, (-signs[0],)):
            style = Style(Fraction(1), Fraction(9), exponents=(exponent,))
            yield partial(drawn_point, known.symbols, sizes, f"scaled {exponent} {turned}", style, turned)
    for number in range(3):
        yield partial(drawn_point, known.symbols, sizes, f"wide {number}", STYLES["wide"], (1, -1, -1) if number % 2 else (-1, 1))
    moving = [symbol for symbol in known.symbols if not symbol.properties - {"positive"}][:_MOST_ALONE]
    if len(known.symbols) > 1:
        for symbol in moving:
            for exponent in (-5, -2, 2, 5):
                yield partial(_one_alone, known, sizes, symbol, exponent)


def _one_alone(known: Features, sizes: dict[str, int], symbol: Symbol, exponent: int) -> ExactPoint:
    point = drawn_point(known.symbols, sizes, f"alone {symbol.name} {exponent}", STYLES["ordinary"], (1,))
    style = Style(Fraction(1), Fraction(9), exponents=(exponent,))
    return replace(point, members={**point.members, symbol.name: drawn(symbol, sizes, f"alone {exponent}", style)})


def literal_points(known: Features, sizes: dict[str, int]) -> Iterator[Draw]:
    """Entries around the numbers that stand in the claim, their roots and the middles between them."""
    for value in _thresholds(known.literals):
        for sign in (1, -1):
            for nearness in _NEARNESS:
                yield partial(_around, known, sizes, sign * value, nearness)


def _thresholds(literals: tuple[Fraction, ...]) -> list[Fraction]:
    chosen = [value for value in literals if value not in (1, 2, Fraction(1, 2))][:_MOST_LITERALS]
    found = dict.fromkeys(chosen)
    found.update(dict.fromkeys((one + other) / 2 for one, other in pairwise(literals[: 2 * _MOST_LITERALS])))
    found.update(dict.fromkeys(_root(value) for value in chosen))
    return [value for value in found if value]


def _root(value: Fraction) -> Fraction:
    """The square root, nearly."""
    scale = 10**40
    return Fraction(isqrt(value.numerator * scale * scale // value.denominator), scale)


def _around(known: Features, sizes: dict[str, int], value: Fraction, nearness: Fraction) -> ExactPoint:
    """All entries near one number, on both sides of it, where the facts leave that open."""
    style = Style(1 - nearness, 1 + nearness * Fraction(11, 10), around=value)  # so that no step is the number itself
    return drawn_point(known.symbols, sizes, f"around {value} {nearness}", style, (1 if value > 0 else -1,))


def deficient_points(known: Features, sizes: dict[str, int]) -> Iterator[Draw]:
    """Matrices of deficient rank, all of them and each alone, and vectors that are zero."""
    shaped = [symbol for symbol in known.symbols if len(symbol.shape) == 2 and not symbol.is_row]
    if any(symbol.shape for symbol in known.symbols):
        yield partial(drawn_point, known.symbols, sizes, "deficient", STYLES["singular"], (1, -1))
        yield partial(drawn_point, known.symbols, sizes, "deficient", STYLES["whole_singular"], (1, -1))
    for symbol in shaped[:_MOST_ALONE]:
        yield partial(_deficient_alone, known, sizes, symbol)
    for symbol in [symbol for symbol in known.symbols if symbol.shape and not symbol.properties][:_MOST_ALONE]:
        yield partial(_zero_alone, known, sizes, symbol)


def _deficient_alone(known: Features, sizes: dict[str, int], symbol: Symbol) -> ExactPoint:
    point = drawn_point(known.symbols, sizes, f"deficient {symbol.name}", STYLES["ordinary"], (1,))
    return replace(point, members={**point.members, symbol.name: drawn(symbol, sizes, "deficient", STYLES["singular"])})


def _zero_alone(known: Features, sizes: dict[str, int], symbol: Symbol) -> ExactPoint:
    point = drawn_point(known.symbols, sizes, f"zero {symbol.name}", STYLES["ordinary"], (1,))
    here = point.members[symbol.name]
    return replace(point, members={**point.members, symbol.name: Array(here.dims, [Fraction(0)] * len(here.data))})


def made(draws: Iterable[Draw]) -> Iterator[ExactPoint]:
    """The points that can be drawn."""
    for draw in draws:
        try:
            point = draw()
        except MatcalcError:
            continue
        yield point
