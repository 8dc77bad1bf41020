"""What stands in a claim that decides where to look: numbers, kinks, names of sizes, symbols that may move freely."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from matcalc.evaluation.arrays import size_names
from matcalc.evaluation.precise.matrix_functions import is_rational
from matcalc.evaluation.precise.node_values import constant_value
from matcalc.expr.nodes import (
    Call,
    Commutation,
    Elementwise,
    Expr,
    Hadamard,
    Identity,
    Kronecker,
    MatrixPower,
    Norm,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    SizeValue,
    Symbol,
    children,
    postorder,
)
from matcalc.facts.table import entries_of, implied
from matcalc.functions import functions

_KINKED = frozenset({"abs", "sign", "relu", "step"})
_RANKED = frozenset({"idempotent", "orthonormal"})
_MOST_DIGITS = 300


@dataclass(frozen=True)
class Features:
    """Of both sides together."""

    symbols: tuple[Symbol, ...]
    names: tuple[str, ...]
    """Names of sizes, sorted."""
    degrees: tuple[int, ...]
    """For each name the degree up to which the claim may be a polynomial in it, as far as sizes stand in it as numbers."""
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
    """The degree up to which the claim may be a polynomial in symbols with few values or several components."""


@lru_cache(maxsize=64)
def features(expressions: tuple[Expr, ...], extra: tuple[Symbol, ...]) -> Features:
    """What is known of a claim by its expressions, and the symbols that do not stand in them."""
    nodes = list(postorder(*expressions))
    symbols = tuple(dict.fromkeys([node for node in nodes if isinstance(node, Symbol)] + list(extra)))
    names = tuple(sorted(size_names([*nodes, *extra])))
    numbers = sorted({abs(node.value) for node in nodes if isinstance(node, Number)} - {Fraction(0)})
    facts = [implied(symbol.properties, square=_is_square(symbol)) for symbol in symbols if symbol.properties]
    jumping = frozenset(symbol for symbol in symbols if _jumps(symbol))
    *degrees, order = _degrees(expressions, names, jumping)
    return Features(
        symbols,
        names,
        tuple(degrees),
        tuple(numbers),
        min(sum(_length(number) for number in numbers), _MOST_DIGITS),
        any(_is_curved(node) for node in nodes),
        any(_is_kinked(node) for node in nodes),
        any(entries_of(known).values is not None for known in facts),
        any(known & _RANKED for known in facts),
        order,
    )


def _is_square(symbol: Symbol) -> bool:
    return len(symbol.shape) == 2 and symbol.shape[0] == symbol.shape[1]


def _jumps(symbol: Symbol) -> bool:
    """Whether the symbol has few values, or values of several components."""
    known = implied(symbol.properties, square=_is_square(symbol)) if symbol.properties else frozenset()
    return entries_of(known).values is not None or bool(known & _RANKED)


def _length(number: Fraction) -> int:
    """Digits that a number needs beyond a few."""
    return max(0, len(str(number.numerator)) + len(str(number.denominator)) - 8)


def _is_curved(node: Expr) -> bool:
    if isinstance(node, Elementwise):
        return node.function in functions()
    if isinstance(node, Call):
        return not is_rational(node.function)
    if isinstance(node, Power | MatrixPower):
        return not (isinstance(node.exponent, Number) and node.exponent.value.denominator == 1)
    return isinstance(node, Norm)


def _is_kinked(node: Expr) -> bool:
    return (isinstance(node, Elementwise) and node.function in _KINKED) or (isinstance(node, Norm) and node.kind in ("1", "p"))


_ENTRIES = ""
"""Stands beside the names of sizes for the entries of symbols whose values jump."""


def _degrees(expressions: Iterable[Expr], names: tuple[str, ...], jumping: frozenset[Symbol]) -> tuple[int, ...]:
    """Degrees in each name, then in the entries of the symbols that jump."""
    if not names and not jumping:
        return (0,)
    degree: dict[Expr, dict[str, int]] = {}
    whole = dict.fromkeys((*names, _ENTRIES), 0)
    for root in expressions:
        for node in postorder(root):
            if node not in degree:
                below = [degree[child] for child in children(node)]
                degree[node] = {_ENTRIES: 1} if node in jumping else _degree(node, below)
        for name, number in degree[root].items():
            whole[name] = max(whole[name], number)
    return tuple([whole[name] for name in (*names, _ENTRIES)])


def _degree(node: Expr, below: list[dict[str, int]]) -> dict[str, int]:
    """For each name the degree of a node as a polynomial in that size (or those entries); quotients count as products."""
    match node:
        case SizeValue(size=size) | Identity(size=size):
            return {name: size.names.count(name) for name in size.names}
        case Ones() | Commutation():
            return {name: 1 for size in node.shape for name in size.names}
        case Product() | Hadamard() | Quotient() | Kronecker():
            return _together(below, sum)
        case Power(exponent=exponent) | MatrixPower(exponent=exponent):
            number = constant_value(exponent, {}) if isinstance(exponent, Number) else None
            times = _EXPONENT if number is None or abs(number) > _LARGEST_POWER else max(1, int(abs(number)))
            found = {name: times * value for name, value in below[0].items()}
            return _together([found, dict.fromkeys(below[-1], _EXPONENT)] if len(below) > 1 else [found], sum)
        case _:
            return _together(below, max)


_EXPONENT = 3
"""What a size in an exponent counts as."""
_LARGEST_POWER = 12


def _together(parts: list[dict[str, int]], how: Callable[[Iterable[int]], int]) -> dict[str, int]:
    return {name: how(part.get(name, 0) for part in parts) for name in dict.fromkeys(name for part in parts for name in part)}
