"""Both sides of a claim at one point and at chosen sizes: in residues, where that decides, or at
many digits."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from matcalc.base.budgets import valued
from matcalc.base.sizes import fitted
from matcalc.evaluation.arrays import with_axes
from matcalc.evaluation.precise.evaluator import (
    Direction,
    Layout,
    axes_lengths,
    contracted,
    derivative,
    directions_of,
    layout_of,
    plan,
    slope,
    tied,
)
from matcalc.evaluation.precise.number_systems import PRIME, Arithmetic, Decimals, Number, Residues, Undefined, kept_digits
from matcalc.evaluation.precise.rational_points import ExactPoint, exact_point, numbers, residues
from matcalc.evaluation.precise.small_arrays import Array
from matcalc.evaluation.sampling import Point
from matcalc.verification.witness.points import Features, features

if TYPE_CHECKING:
    from matcalc.verification.claims import Claim, DerivativeForm, Formula

_MOST_CHOICES = 40
_FEW_NAMES = 3
_MOST_GRID = 4
_LONGEST = 12
_MANY = 4
"""A degree from which on the zeros of a polynomial in sums, traces and the like are more than small
sizes have values of these."""


def size_choices(known: Features) -> list[dict[str, int]]:
    """The sizes to try, the most telling first. The first two have distinct numbers, in ascending
    and in descending order."""
    names = known.names
    if not names:
        return [{}]
    found: dict[tuple[int, ...], None] = dict.fromkeys(_plain(len(names)))
    if any(known.degrees):
        grid: list[Sequence[int]] = [range(1, degree + 3) if degree else (2,) for degree in known.degrees]
        for choice in _smallest_first(grid):
            found.setdefault(choice)
            if len(found) >= _MOST_CHOICES:
                break
    fitting = [fitted(dict(zip(names, choice)), known.sizes) for choice in found]
    return [choice for place, choice in enumerate(fitting) if choice not in fitting[:place]]


def larger_sizes(known: Features) -> list[dict[str, int]]:
    """Sizes at which matrices of zeros and ones, and projections, are of many kinds: more than a
    polynomial of that degree has zeros."""
    names = known.names
    if len(names) > _FEW_NAMES:
        return size_choices(known)
    if known.order > _MANY and len(names) == 1:
        return [fitted({names[0]: min(known.order + more, _LONGEST)}, known.sizes) for more in (_MANY, 2, 3)]
    lowest = (4, 3, 5 if len(names) == 1 else 2)
    return [fitted(dict(zip(names, (low + (k + low) % 2 for k in range(len(names))))), known.sizes) for low in lowest]


def _plain(count: int) -> list[tuple[int, ...]]:
    if count == 1:
        return [(3,), (2,), (1,), (4,)]
    low = 2 if count <= 5 else 1
    ascending = tuple([low + k % 4 for k in range(count)])
    found = [ascending, ascending[::-1], *[(number,) * count for number in (2, 3, 1)]]
    if count <= _FEW_NAMES:
        found += [*[tuple([1 if k == place else 3 for k in range(count)]) for place in range(count)], (4,) * count]
    return [*found, tuple([2 + 2 * (k % 2) for k in range(count)]), tuple([4 - 2 * (k % 2) for k in range(count)])]


def _smallest_first(grid: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    if len(grid) > _MOST_GRID:
        return []
    return sorted(product(*[numbers[:_LONGEST] for numbers in grid]), key=lambda choice: (sum(choice), choice))


Outcome: TypeAlias = Literal["same", "different", "close"]

_DIGITS = 60
_SLOPE_DIGITS = 130
"""With steps of 10⁻³², that leave differences good to more than 45 digits."""
_ROUNDED_SAME, _ROUNDED_DIFFERENT = Decimal("1e-9"), Decimal("1e-7")
"""For points that are rounded themselves."""
_MOST_DIGITS = 2400
_MANY_DIGITS = 600
"""More are only used where no other point tells."""
_DIGITS_A_TEN = 2
"""Digits for each power of ten that exponentials are away from one; three times as many for the
steps of differences."""
_PLAIN = Decimal("1e-6")
"""A difference that rounding hardly makes at these digits."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Both sides at one point. ``digits`` says to how many digits they agree, where that is known;
    ``doubtful`` that some number was so small beside another that it left no trace, so that
    agreement says little."""

    claim: Claim
    point: ExactPoint
    seed: int
    outcome: Outcome
    digits: int | None = None
    kinks: bool = field(default=False, repr=False)
    """Whether an argument was exactly at a kink."""
    reach: int = field(default=0, repr=False)
    """How many powers of ten exponentials were away from one."""
    nothing: bool = field(default=False, repr=False)
    """Whether both sides are zero."""
    special: bool = field(default=False, repr=False)
    """Whether the point was chosen, as singular matrices and points near kinks are, and not
    drawn."""

    @property
    def idle(self) -> bool:
        """Whether agreement says nothing: where an antisymmetric matrix has one row, or all is
        zero, much is equal to twice itself."""
        return self.nothing and (self.special or 1 in self.point.sizes.values())

    @cached_property
    def _sides(self) -> tuple[Any, Any]:
        return side_values(self.claim, self.point)

    @cached_property
    def decimals(self) -> tuple[Any, Any]:
        """Both sides as arrays of decimal numbers with many digits, for those that differ by less
        than floating-point numbers tell."""
        return side_values(self.claim, self.point, Decimal, features(self.claim.expressions, self.claim.extra).more_digits)

    @property
    def left(self) -> Any:
        """The left side as an array, nearest floating-point numbers."""
        return self._sides[0]

    @property
    def right(self) -> Any:
        """The right side as an array, nearest floating-point numbers."""
        return self._sides[1]


def at_point(claim: Claim, point: Point | ExactPoint, seed: int = 0) -> Comparison | None:
    """The sides at a given point; None when one of them has no value there."""
    return valued(lambda: judged(claim, exact_point(point, claim.symbols), seed))


# ---------------------------------------------------------------- exactly


def in_residues(claim: Claim, sizes: dict[str, int], seed: int) -> bool | None:
    """Whether the sides of a rational claim are equal at a random point modulo a large prime; None
    where they have no value there.

    Raises NotRational, NoMemberError or LimitError.
    """
    order = max(len(side.extra) for side in (claim.left, claim.right))
    ar = Residues(order)
    values = residues(claim.symbols, sizes, f"residues {seed}", ar)
    try:
        left, right = _sides(claim, ar, values, sizes, seed)
    except Undefined:
        return None
    return all((one - other) % PRIME == 0 for one, other in zip(left, right, strict=True))


# ---------------------------------------------------------------- at many digits


def judged(
    claim: Claim, point: ExactPoint, seed: int = 0, *, quick: bool = False, reach: int = 0, sure: bool = True
) -> Comparison | None:
    """The sides compared, twice where that is needed to tell rounding from a difference; None where
    that cannot be told.

    ``quick`` is for what is proved already: with fewer digits; ``reach`` says for how large
    exponentials the digits must be enough. Unless it is to be ``sure``, a large difference is taken
    for one at first sight.

    Raises Undefined, LimitError or ShapeError where a side has no value.
    """
    with decimal.localcontext() as context:
        context.Emax, context.Emin = decimal.MAX_EMAX, decimal.MIN_EMIN
        try:
            return _judged(claim, point, seed, quick, reach, sure)
        except decimal.DecimalException:
            raise Undefined("numbers too large to compare") from None


def _has_slopes(claim: Claim) -> bool:
    return any(side.is_derivative for side in (claim.left, claim.right))


def _judged(claim: Claim, point: ExactPoint, seed: int, quick: bool, reach: int, sure: bool) -> Comparison | None:
    slopes = _has_slopes(claim)
    usual = _SLOPE_DIGITS if slopes else _DIGITS
    base = (2 * usual // 3 if quick else usual) + (2 if slopes else 1) * features(claim.expressions, claim.extra).more_digits
    if reach:
        found = _enough(claim, base, reach)
        if found is None:
            return None
        base = found // 2
    first = _at_digits(claim, point, seed, base)
    apart = _gaps(first)
    worst = max((gap.ratio for gap in apart), default=Decimal(0))
    agreed = _digits(worst)
    if not point.exact:
        outcome: Outcome = "same" if _rounded_same(apart) else "different" if worst > _ROUNDED_DIFFERENT else "close"
        return Comparison(claim, point, seed, outcome, agreed, first.kinks)
    limit = Decimal(10) ** -kept_digits(base, slopes)
    open_entries = [k for k, gap in enumerate(apart) if gap.ratio > limit]
    nothing = not any(first.left) and not any(first.right)
    if not open_entries:
        return Comparison(claim, point, seed, "close" if first.doubtful else "same", agreed, first.kinks, first.reach, nothing)
    if not sure and not first.lossy and any(gap.ratio > _PLAIN and abs(gap.gap) > _PLAIN for gap in apart):
        return Comparison(claim, point, seed, "different", agreed, first.kinks)
    second = _at_digits(claim, point, seed, 2 * base)
    if second.branches != first.branches:
        return None
    steady = False
    for k in open_entries:
        again = _apart(second.left[k], second.right[k])
        if abs(again.gap) <= abs(apart[k].gap) * Decimal(10) ** -(base // 4):
            continue
        if abs(again.gap - apart[k].gap) > Decimal("1e-6") * abs(apart[k].gap):
            return None
        steady = True
    if steady:
        return (
            Comparison(claim, point, seed, "different", agreed, second.kinks)
            if _is_trusted(claim, point, seed, second, base)
            else None
        )
    return Comparison(claim, point, seed, "close" if second.doubtful else "same", agreed, first.kinks, second.reach)


def _is_trusted(claim: Claim, point: ExactPoint, seed: int, found: _Values, base: int) -> bool:
    """Whether a difference is none of digits that were lost alike at both precisions:
    ``exp(1000) + x - exp(1000)`` is 0 there."""
    if not found.lossy:
        return True
    digits = _enough(claim, base, found.reach)
    if digits is None or digits > _MANY_DIGITS:
        return False
    again = _at_digits(claim, point, seed, digits)
    steady = [
        abs(one.gap - other.gap) <= Decimal("1e-6") * abs(one.gap)
        for one, other in zip(_gaps(found), _gaps(again), strict=True)
        if one.gap and one.ratio > Decimal(10) ** -(base // 3)
    ]
    return not again.lossy and any(steady)


def _enough(claim: Claim, base: int, reach: int) -> int | None:
    """Digits that are enough where exponentials are that far from one; None when these are too
    many."""
    digits = 2 * base + (3 * _DIGITS_A_TEN if _has_slopes(claim) else _DIGITS_A_TEN) * reach
    return digits if digits <= _MOST_DIGITS else None


def _gaps(values: _Values) -> list[_Gap]:
    return [_apart(one, other) for one, other in zip(values.left, values.right, strict=True)]


@dataclass(frozen=True)
class _Gap:
    gap: Decimal
    ratio: Decimal


def _apart(one: Decimal, other: Decimal) -> _Gap:
    gap = one - other
    largest = max(abs(one), abs(other))
    return _Gap(gap, abs(gap) / largest if gap else Decimal(0))


def _rounded_same(apart: Sequence[_Gap]) -> bool:
    largest = max((abs(gap.gap) / gap.ratio for gap in apart if gap.ratio), default=Decimal(0))
    return all(abs(gap.gap) <= _ROUNDED_SAME * max(largest, Decimal("0.01")) for gap in apart)


def _digits(ratio: Decimal) -> int | None:
    return max(0, -ratio.adjusted() - 1) if ratio else None


@dataclass(frozen=True)
class _Values:
    left: list[Decimal]
    right: list[Decimal]
    branches: tuple[int, ...]
    doubtful: bool
    kinks: bool
    lossy: bool
    reach: int


def _at_digits(claim: Claim, point: ExactPoint, seed: int, digits: int) -> _Values:
    ar = Decimals(digits)
    with ar.computing():
        values = numbers(point, ar)
        left, right = _sides(claim, ar, values, point.sizes, seed)
    return _Values(
        left, right, tuple(ar.branches), ar.absorbed, 0 in ar.branches, ar.absorbed or (ar.lost and ar.extreme), ar.reach
    )


# ---------------------------------------------------------------- sides


def _sides(
    claim: Claim, ar: Arithmetic, values: dict[str, Array], sizes: dict[str, int], seed: int
) -> tuple[list[Number], list[Number]]:
    """Numbers that are equal when the sides are: all entries, or of derivatives what they are along
    one random direction."""
    left, right = claim.left, claim.right
    if left.is_derivative and right.is_derivative:
        if _alike(left, right):
            directions = directions_of(ar, left.wrt, values, seed)
            return _slope(ar, left, directions, values, sizes), _slope(ar, right, directions, values, sizes)
        return _entries(left, ar, values, sizes), _entries(right, ar, values, sizes)
    if left.is_derivative:
        assert not right.is_derivative
        return _along(ar, left, right, values, sizes, seed)
    if right.is_derivative:
        return _along(ar, right, left, values, sizes, seed)[::-1]
    both = _entries(left, ar, values, sizes), _entries(right, ar, values, sizes)
    if len(both[0]) != len(both[1]):
        raise Undefined("the sides have different shapes at these sizes")
    return both


def _alike(left: DerivativeForm, right: DerivativeForm) -> bool:
    same = (left.wrt, left.layout, left.symmetric) == (right.wrt, right.layout, right.symmetric)
    return same and left.function.shape == right.function.shape


def _along(
    ar: Arithmetic, form: DerivativeForm, formula: Formula, values: dict[str, Array], sizes: dict[str, int], seed: int
) -> tuple[list[Number], list[Number]]:
    entries = _entries(formula, ar, values, sizes)
    places = _layout(form, sizes)
    if len(entries) != len(places.places):
        raise Undefined("the sides have different shapes at these sizes")
    directions = directions_of(ar, form.wrt, values, seed)
    weights = [array.data for symbol, array in directions if symbol.shape]
    scale = ar.one
    for symbol, array in directions:
        if not symbol.shape:
            scale = ar.multiply(scale, array.data[0])
    claimed = [ar.multiply(scale, entry) for entry in contracted(ar, entries, places, weights)]
    return _slope(ar, form, directions, values, sizes), claimed


def _slope(
    ar: Arithmetic, form: DerivativeForm, directions: list[Direction], values: dict[str, Array], sizes: dict[str, int]
) -> list[Number]:
    moves = [(symbol, tied(ar, symbol, weights, form.symmetric)) for symbol, weights in directions]
    with _differencing(ar):
        return slope(ar, form.function, moves, values, sizes).data


class _differencing:
    """Marks that differences are taken, where points near a kink are of no use. What signs were met
    on the way is kept."""

    def __init__(self, ar: Arithmetic) -> None:
        self._ar = ar if isinstance(ar, Decimals) else None

    def __enter__(self) -> None:
        if self._ar is not None:
            self._kept = (self._ar.tiny, self._ar.branches)
            self._ar.differencing = True
            self._ar.tiny = Decimal(10) ** -(self._ar.digits // 5)
            self._ar.branches = []

    def __exit__(self, *_: object) -> None:
        if self._ar is not None:
            self._ar.differencing = False
            self._ar.tiny, before = self._kept
            self._ar.branches = before + self._ar.branches


def _layout(form: DerivativeForm, sizes: dict[str, int]) -> Layout:
    variables = [axes_lengths(symbol.shape, sizes) for symbol in form.wrt if symbol.shape]
    return layout_of(form.layout, axes_lengths(form.function.shape, sizes), variables)


def _entries(side: Formula | DerivativeForm, ar: Arithmetic, values: dict[str, Array], sizes: dict[str, int]) -> list[Number]:
    if not side.is_derivative:
        return plan(side.expression).value(ar, values, sizes).data
    with _differencing(ar):
        return derivative(ar, side.function, side.wrt, values, sizes, side.symmetric, _layout(side, sizes))


def side_values(
    claim: Claim, point: ExactPoint, number: Callable[[Decimal], Any] = float, more_digits: int = 0
) -> tuple[Any, Any]:
    """Both sides as arrays of floating-point numbers, or of other ``number`` s with more digits
    than usual, in the form that users hold.

    Raises Undefined, LimitError or ShapeError.
    """
    return side_value(claim.left, point, number, more_digits), side_value(claim.right, point, number, more_digits)


def side_value(
    side: Formula | DerivativeForm, point: ExactPoint, number: Callable[[Decimal], Any] = float, more_digits: int = 0
) -> Any:
    """One side as an array in the form that users hold. What is only left of numbers that cancel is
    0."""
    digits = _SLOPE_DIGITS + 2 * more_digits if side.is_derivative else _DIGITS + more_digits
    entries = _decimals(side, point, digits)
    if any(entry and entry.adjusted() < -_TRACE for entry in entries):
        sharper = _decimals(side, point, 2 * digits)
        entries = [
            Decimal(0) if not sharp or sharp.adjusted() < entry.adjusted() - _TRACE else entry
            for entry, sharp in zip(entries, sharper, strict=True)
        ]
    axes = _layout(side, point.sizes).axes if side.is_derivative else axes_lengths(side.shape, point.sizes)
    return with_axes([number(entry) for entry in entries], axes)


_TRACE = 20
"""A number with so many zeros after the point may be rounding that is left; one that shrinks by as
many with more digits is."""


def _decimals(side: Formula | DerivativeForm, point: ExactPoint, digits: int) -> list[Decimal]:
    ar = Decimals(digits)
    with ar.computing():
        return _entries(side, ar, numbers(point, ar), point.sizes)
