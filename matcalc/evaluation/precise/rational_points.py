"""Exact points: sizes, and rational members of all facts of every symbol, or residues that stand
for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from math import prod
from random import Random
from typing import TYPE_CHECKING, Any

from matcalc.base.errors import MatcalcError
from matcalc.evaluation.arrays import with_axes
from matcalc.evaluation.precise.evaluator import axes_lengths
from matcalc.evaluation.precise.number_systems import PRIME, Arithmetic, Residues
from matcalc.evaluation.precise.small_arrays import Array, check_size, of_lines
from matcalc.expr.nodes import Symbol
from matcalc.facts.drawn import NoMemberError, member
from matcalc.facts.matrices import STYLES, Style
from matcalc.facts.table import tie_of, tied

if TYPE_CHECKING:
    from matcalc.evaluation.sampling import Point

_SHORT = 10**6
"""Denominators of numbers that were surely meant, where they give the same floating-point
number."""

_ROUNDING = Fraction(1, 2**53)
_OPEN = frozenset(
    {
        "symmetric",
        "antisymmetric",
        "diagonal",
        "lower_triangular",
        "upper_triangular",
        "invertible",
        "positive_definite",
        "positive_semidefinite",
        "nonnegative",
        "positive",
        "integer",
        "constant",
    }
)
"""Facts that tie entries linearly, or hold on a set with inner points among those that do, or for
the whole numbers of such a set: an equation of rational functions that holds for all of these holds
for all values with the same ties."""


@dataclass(frozen=True, eq=False)
class ExactPoint:
    """Sizes, and for each symbol an array of Fractions with rows and columns."""

    sizes: dict[str, int]
    members: Mapping[str, Array]
    exact: bool = True
    """False where the numbers are rounded, so that facts hold only nearly."""
    symbols: tuple[Symbol, ...] = field(default=(), repr=False)

    @cached_property
    def values(self) -> dict[str, Any]:
        """The members as floating-point arrays in the form that users hold: a vector has one axis,
        a scalar none."""
        drawn = [(symbol, self.members[symbol.name]) for symbol in self.symbols if symbol.name in self.members]
        return {
            symbol.name: with_axes([float(entry) for entry in array.data], axes_lengths(symbol.shape, self.sizes))
            for symbol, array in drawn
        }


def exact_point(point: Point | ExactPoint, symbols: tuple[Symbol, ...]) -> ExactPoint:
    """A point given by floating-point arrays, or nested lists of Fractions, as an exact one."""
    if isinstance(point, ExactPoint):
        return point
    members = {symbol.name: array_of(symbol, point.values[symbol.name], point.sizes) for symbol in symbols}
    meant = {name: Array(array.dims, [_meant(entry) for entry in array.data]) for name, array in members.items()}
    exact = all(entry is not None for array in meant.values() for entry in array.data)
    return ExactPoint(dict(point.sizes), meant if exact else members, exact, symbols)


def _meant(entry: Fraction) -> Fraction | None:
    """The short fraction that a floating-point number is nearest to: 9/25 for 0.36; None where it
    has none."""
    if entry.denominator <= _SHORT:
        return entry
    found = entry.limit_denominator(_SHORT)
    return found if abs(found - entry) <= abs(entry) * _ROUNDING else None


def array_of(symbol: Symbol, value: Any, sizes: Mapping[str, int]) -> Array:
    """A user's value for a symbol, nested lists or an array, exactly. Raises MatcalcError for what
    is not finite or does not fit."""
    entries: list[Fraction] = []
    stack = [value.tolist() if hasattr(value, "tolist") else value]
    while stack:
        part = stack.pop()
        if isinstance(part, (list, tuple)):
            stack.extend(reversed(part))
        else:
            try:
                entries.append(Fraction(part))
            except (ValueError, OverflowError, TypeError) as error:
                raise MatcalcError(f"the value of {symbol.name} is not a finite number") from error
    dims = dims_of(symbol, sizes)
    count = prod(dims)
    if count != len(entries):
        raise MatcalcError(f"the value of {symbol.name} has {len(entries)} entries, not {count}")
    return Array(dims, entries)


def dims_of(symbol: Symbol, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """Rows and columns, or all axes of a tensor. Raises LimitError where that is a large array."""
    lengths = tuple([size.value(sizes) for size in symbol.shape])
    dims = (*lengths, 1, 1)[:2] if len(lengths) < 2 else lengths
    check_size(dims)
    return dims


def drawn(symbol: Symbol, sizes: Mapping[str, int], seed: str, style: Style) -> Array:
    """A random member. Raises NoMemberError where there is none of this shape, LimitError for a
    large one."""
    dims = dims_of(symbol, sizes)
    shape = dims if len(symbol.shape) >= 2 and not symbol.is_row else () if not symbol.shape else (max(dims),)
    if not _has_members(symbol.properties, shape):
        raise NoMemberError(f"{symbol.name} has no value of this size")
    rng = Random(f"{seed} {symbol.name}")
    return array_of(symbol, member(symbol.properties, shape, rng, style), sizes)


@lru_cache(maxsize=1024)
def _has_members(facts: frozenset[str], shape: tuple[int, ...]) -> bool:
    """Whether a member of this shape is found: to find that there is none takes long."""
    if not facts:
        return True
    try:
        member(facts, shape, Random(0), STYLES["ordinary"])
    except NoMemberError:
        return False
    return True


def drawn_point(
    symbols: tuple[Symbol, ...],
    sizes: dict[str, int],
    seed: str,
    style: Style,
    scalars: tuple[int, ...] = (),
) -> ExactPoint:
    """A random point in this style. ``scalars`` are signs for the scalars without facts, in turn;
    without them they are positive.

    Raises NoMemberError where a symbol has no member of its shape, LimitError for large arrays.
    """
    members: dict[str, Array] = {}
    free = 0
    for symbol in symbols:
        array = drawn(symbol, sizes, seed, style)
        if not symbol.shape and not symbol.properties:
            sign = scalars[free % len(scalars)] if scalars else 1
            array = Array(array.dims, [sign * abs(array.data[0])])
            free += 1
        members[symbol.name] = array
    return ExactPoint(sizes, members, symbols=symbols)


def residues(symbols: tuple[Symbol, ...], sizes: Mapping[str, int], seed: str, ar: Residues) -> dict[str, Array]:
    """Random residues for every symbol, of the whole range where its facts only tie entries, else
    of a random member."""
    found = {}
    for symbol in symbols:
        if not symbol.properties <= _OPEN:
            array = drawn(symbol, sizes, seed, STYLES["ordinary"])
            found[symbol.name] = Array(array.dims, [ar.number(entry) for entry in array.data])
            continue
        dims = dims_of(symbol, sizes)
        rng = Random(f"{seed} {symbol.name}")
        array = Array(dims, [rng.randrange(1, PRIME) for _ in range(prod(dims))])
        tie = tie_of(symbol.properties) if len(dims) == 2 else ""
        found[symbol.name] = of_lines(tied(array.lines(), tie)) if tie else array
    return found


def numbers(point: ExactPoint, ar: Arithmetic) -> dict[str, Array]:
    """The members in a kind of numbers."""
    return {name: Array(array.dims, [ar.number(entry) for entry in array.data]) for name, array in point.members.items()}
