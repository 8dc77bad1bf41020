"""The points that are tried at given sizes: what in a claim decides where to look, styles of
drawing, both sides of every kink."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache, partial
from itertools import pairwise
from math import isqrt
from random import Random
from typing import TYPE_CHECKING, TypeAlias, cast

from matcalc.base.budgets import valued
from matcalc.base.errors import MatcalcError
from matcalc.base.functions import functions, has_kink
from matcalc.base.own_functions import own_function
from matcalc.base.shapes import is_square
from matcalc.base.sizes import Size, names_in
from matcalc.base.traversal import bottom_up
from matcalc.evaluation.arrays import sizes_in
from matcalc.evaluation.precise.evaluator import plan
from matcalc.evaluation.precise.node_values import constant_value
from matcalc.evaluation.precise.number_systems import Decimals
from matcalc.evaluation.precise.rational_points import ExactPoint, drawn, drawn_point, numbers
from matcalc.evaluation.precise.small_arrays import Array, mapped
from matcalc.evaluation.precise.whole_functions import is_rational
from matcalc.expr.nodes import (
    Call,
    Commutation,
    Elementwise,
    Expr,
    Hadamard,
    Identity,
    Indexed,
    Kronecker,
    Leaf,
    Linear,
    MatrixPower,
    Node,
    Nonlinear,
    Norm,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    SizeValue,
    Sum,
    Symbol,
    postorder,
)
from matcalc.facts.matrices import STYLES, Style
from matcalc.facts.table import entries_of, implied

if TYPE_CHECKING:
    from matcalc.verification.claims import Claim

_RANKED = frozenset({"idempotent", "orthonormal"})
_MOST_DIGITS = 300


@dataclass(frozen=True)
class Features:
    """Of both sides together."""

    symbols: tuple[Symbol, ...]
    names: tuple[str, ...]
    """Names of sizes, sorted."""
    sizes: frozenset[Size]
    degrees: tuple[int, ...]
    """For each name the degree up to which the claim may be a polynomial in it, as far as sizes
    stand in it as numbers."""
    literals: tuple[Fraction, ...]
    """The numbers, without signs, ascending, each once."""
    more_digits: int
    """How many digits further apart than usual numbers are."""
    curved: bool
    """Whether there is more than rational functions."""
    kinked: bool
    few_values: bool
    ranked: bool
    """Whether facts leave several components, such as the ranks of idempotent matrices."""
    order: int
    """The degree up to which the claim may be a polynomial in symbols with few values or several
    components."""


@lru_cache(maxsize=64)
def features(expressions: tuple[Expr, ...], extra: tuple[Symbol, ...]) -> Features:
    """What is known of a claim by its expressions, and the symbols that do not stand in them."""
    nodes = list(postorder(*expressions))
    symbols = tuple(dict.fromkeys([node for node in nodes if isinstance(node, Symbol)] + list(extra)))
    sizes = sizes_in([*nodes, *extra])
    names = tuple(sorted(names_in(sizes)))
    numbers = sorted({abs(node.value) for node in nodes if isinstance(node, Number)} - {Fraction(0)})
    facts = {symbol: implied(symbol.properties, square=is_square(symbol.shape)) for symbol in symbols if symbol.properties}
    few = frozenset(symbol for symbol, known in facts.items() if entries_of(known).values is not None)
    ranked = frozenset(symbol for symbol, known in facts.items() if known & _RANKED)
    *degrees, order = _degrees(expressions, names, few | ranked)
    return Features(
        symbols,
        names,
        sizes,
        tuple(degrees),
        tuple(numbers),
        min(sum(map(_length, numbers)), _MOST_DIGITS),
        any(map(_is_curved, nodes)),
        any(map(_is_kinked, nodes)),
        bool(few),
        bool(ranked),
        order,
    )


def _length(number: Fraction) -> int:
    """Digits that a number needs beyond a few."""
    return max(0, len(str(number.numerator)) + len(str(number.denominator)) - 8)


def _is_curved(node: Expr) -> bool:
    if isinstance(node, Elementwise):
        return node.function in functions()
    if isinstance(node, Call):
        return own_function(node.function) is None and not is_rational(node.function)
    if isinstance(node, Power | MatrixPower):
        return not (isinstance(node.exponent, Number) and node.exponent.value.denominator == 1)
    return isinstance(node, Norm)


def _is_kinked(node: Expr) -> bool:
    return (isinstance(node, Elementwise | Call) and has_kink(node.function)) or (
        isinstance(node, Norm) and node.kind in ("1", "p")
    )


_ENTRIES = ""
"""Stands beside the names of sizes for the entries of symbols whose values jump."""


def _degrees(expressions: Iterable[Expr], names: tuple[str, ...], jumping: frozenset[Symbol]) -> tuple[int, ...]:
    """Degrees in each name, then in the entries of the symbols that jump."""
    if not names and not jumping:
        return (0,)

    def step(node: Expr, degree: Mapping[Expr, dict[str, int]]) -> dict[str, int]:
        return {_ENTRIES: 1} if node in jumping else _degree(node, [degree[operand] for operand in node.below])

    roots = tuple(expressions)
    degree = bottom_up(postorder(*roots), step)
    return tuple([max([degree[root].get(name, 0) for root in roots], default=0) for name in (*names, _ENTRIES)])


def _degree(node: Expr, below: list[dict[str, int]]) -> dict[str, int]:
    """For each name the degree of a node as a polynomial in that size (or those entries); quotients
    count as products."""
    match node := cast("Node", node):
        case SizeValue(size=size) | Identity(size=size):
            return {name: max(size.by_power(name)) for name in size.names}
        case Ones() | Commutation():
            return {name: 1 for size in node.shape for name in size.names}
        case Call(function=name) if name in functions() and functions()[name].of_sizes:
            return {name: size.degree for size in sorted(node.shape, key=lambda size: size.degree) for name in size.names}
        case Product() | Hadamard() | Quotient() | Kronecker():
            return _together(below, sum)
        case Power(exponent=exponent) | MatrixPower(exponent=exponent):
            number = constant_value(exponent, {}) if isinstance(exponent, Number) else None
            times = _EXPONENT if number is None or abs(number) > _LARGEST_POWER else max(1, int(abs(number)))
            found = {name: times * value for name, value in below[0].items()}
            return _together([found, dict.fromkeys(below[-1], _EXPONENT)] if len(below) > 1 else [found], sum)
        case Leaf() | Linear() | Sum() | Nonlinear() | Indexed():
            return _together(below, max)


_EXPONENT = 3
"""What a size in an exponent counts as."""
_LARGEST_POWER = 12


def _together(parts: list[dict[str, int]], how: Callable[[Iterable[int]], int]) -> dict[str, int]:
    return {name: how(part.get(name, 0) for part in parts) for name in dict.fromkeys(name for part in parts for name in part)}


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
    moving = [symbol for symbol in known.symbols if symbol.properties <= _CONES][:_MOST_ALONE]
    if len(known.symbols) > 1:
        for symbol in moving:
            for exponent in (-5, -2, 2, 5):
                style = Style(Fraction(1), Fraction(9), exponents=(exponent,))
                yield partial(_one_alone, known, sizes, symbol, ("alone", f" {exponent}"), style)


def _one_alone(
    known: Features, sizes: dict[str, int], symbol: Symbol, seed: tuple[str, str], style: Style | None = None
) -> ExactPoint:
    """A point of ordinary entries, but for those of one symbol, which are zero without a style."""
    point = drawn_point(known.symbols, sizes, f"{seed[0]} {symbol.name}{seed[1]}", STYLES["ordinary"], (1,))
    array = drawn(symbol, sizes, "".join(seed), style) if style else mapped(point.members[symbol.name], lambda _: Fraction(0))
    return replace(point, members={**point.members, symbol.name: array})


def literal_points(known: Features, sizes: dict[str, int]) -> Iterator[Draw]:
    """Entries around the numbers that stand in the claim, their roots and the middles between
    them."""
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
        yield partial(_one_alone, known, sizes, symbol, ("deficient", ""), STYLES["singular"])
    for symbol in [symbol for symbol in known.symbols if symbol.shape and not symbol.properties][:_MOST_ALONE]:
        yield partial(_one_alone, known, sizes, symbol, ("zero", ""))


def made(draws: Iterable[Draw]) -> Iterator[ExactPoint]:
    """The points that can be drawn."""
    for draw in draws:
        try:
            point = draw()
        except MatcalcError:
            continue
        yield point


_DIGITS = 40
_HALVINGS = 60
_CLIMBS = 120
_SMALLEST_SHARE = Fraction(1, 10**7)
_MOST_KINKS = 8
_NEAR = (Fraction(1, 10**3), Fraction(1, 10**7), Fraction(1, 10**12))


@dataclass(frozen=True)
class _Seen:
    point: ExactPoint
    arguments: tuple[Decimal, ...]


def kink_points(claim: Claim, known: Features, points: list[ExactPoint]) -> Iterator[ExactPoint]:
    """Points near the kinks between two of the given points, which have the same sizes, and beyond
    kinks that none of them crosses."""
    seen = [one for one in [_seen(claim, point) for point in points] if one is not None]
    if not seen:
        return
    count = len(seen[0].arguments)
    seen = [one for one in seen if len(one.arguments) == count]
    movable = _movable(known)
    if not movable:
        return
    free = tuple([symbol.name for symbol in known.symbols if not symbol.properties])
    for kink in range(min(count, _MOST_KINKS)):
        above = [one for one in seen if one.arguments[kink] > 0]
        below = [one for one in seen if one.arguments[kink] < 0]
        if not above or not below:
            found = _climbed(claim, free, above or below, kink, down=not below)
            if found is None:
                continue
            yield found.point
            (below if not below else above).append(found)
        yield from _near(claim, movable, above[0], below[0], kink)


def _seen(claim: Claim, point: ExactPoint) -> _Seen | None:
    """The arguments of all functions with kinks at a point, of both sides."""
    ar = Decimals(_DIGITS)

    def seen() -> _Seen:
        with ar.computing():
            values = numbers(point, ar)
            for expression in claim.expressions:
                plan(expression).value(ar, values, point.sizes)
        return _Seen(point, tuple(ar.arguments))

    return valued(seen)


def _movable(known: Features) -> frozenset[str]:
    """Symbols of which every value between two values is one, too."""
    return frozenset(symbol.name for symbol in known.symbols if symbol.properties <= _CONVEX)


_CONES = frozenset({
    "symmetric", "antisymmetric", "diagonal", "lower_triangular", "upper_triangular", "positive", "nonnegative", "constant",
    "positive_definite", "positive_semidefinite",
})  # fmt: skip
"""Facts that a positive multiple of a value has, and that every value between two values has."""
_CONVEX = _CONES | {"simplex"}


def _between(movable: frozenset[str], one: ExactPoint, other: ExactPoint, part: Fraction) -> ExactPoint:
    """The point that far on the way from one to the other; what cannot move stays."""
    members: dict[str, Array] = dict(one.members)
    for name in movable:
        there = other.members[name].data
        members[name] = Array(members[name].dims, [a + part * (b - a) for a, b in zip(members[name].data, there, strict=True)])
    return replace(one, members=members)


def _near(claim: Claim, movable: frozenset[str], above: _Seen, below: _Seen, kink: int) -> Iterator[ExactPoint]:
    """Points at several distances on both sides of the kink on the way between two points."""

    def argument_at(part: Fraction) -> Decimal | None:
        return _argument(_seen(claim, _between(movable, below.point, above.point, part)), kink)

    end = argument_at(Fraction(1))  # facts may have kept a symbol where it was
    if end is None or end <= 0:
        return
    low, high = Fraction(0), Fraction(1)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        here = argument_at(middle)
        if here is None:
            return
        low, high = (low, middle) if here > 0 else (middle, high)
    for distance in _NEAR:
        for part in (high + distance, low - distance):
            if 0 <= part <= 1:
                yield _between(movable, below.point, above.point, part)


def _argument(seen: _Seen | None, kink: int) -> Decimal | None:
    return None if seen is None or len(seen.arguments) <= kink else seen.arguments[kink]


def _climbed(claim: Claim, free: tuple[str, ...], starts: list[_Seen], kink: int, down: bool) -> _Seen | None:
    """A point where the argument of the kink has the other sign, found by small random moves that
    bring it nearer to zero."""
    if not starts:
        return None
    best = min(starts, key=lambda one: one.arguments[kink].copy_abs())
    rng, share = Random(f"climb {kink}"), Fraction(1)
    for _ in range(_CLIMBS):
        moved = _seen(claim, _shaken(free, best.point, rng, share))
        value = _argument(moved, kink)
        if moved is None or value is None:
            continue
        if (value < 0) if down else (value > 0):
            return moved
        if value.copy_abs() < best.arguments[kink].copy_abs():
            best, share = moved, min(share * 2, Fraction(4))
        else:
            share = max(share * Fraction(4, 5), _SMALLEST_SHARE).limit_denominator(10**9)
    return None


def _shaken(free: tuple[str, ...], point: ExactPoint, rng: Random, share: Fraction) -> ExactPoint:
    """Every free symbol scaled and moved a little."""
    members: dict[str, Array] = dict(point.members)
    for name in free:
        data = members[name].data
        members[name] = Array(members[name].dims, [_stirred(entry, rng, share) for entry in data])
    return replace(point, members=members)


def _stirred(entry: Fraction, rng: Random, share: Fraction) -> Fraction:
    """Scaled and moved, to a short number."""
    moved = entry * (1 + share * Fraction(rng.randint(-10, 10), 10)) + share * Fraction(rng.randint(-10, 10), 10)
    return Fraction(round(moved * 10**12), 10**12)
