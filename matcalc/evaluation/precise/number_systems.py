"""The kinds of numbers that expressions are evaluated in: residues modulo a prime power, and
decimal numbers of any length.

A derivative is a difference in both: along a step that is the prime itself, so that
``(f(x + p v) - f(x))/p`` is exact modulo the prime, or along a step so short that what is left out
is far below the digits that are compared.
"""

from __future__ import annotations

import decimal
import operator
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

from matcalc.base.budgets import MOST_MULTIPLICATIONS, MULTIPLICATIONS_IN_A_UNIT, spend
from matcalc.base.errors import LimitError, MatcalcError

Number: TypeAlias = Any
"""An ``int`` below the modulus, or a ``Decimal``."""

PRIME = 2**61 - 1


_USUAL_DIGITS = 100


class Undefined(MatcalcError):
    """The expression has no value at this point, or none that can be trusted; another point may
    do."""


class NotRational(MatcalcError):
    """The operation cannot be done in exact arithmetic."""


class _Counted:
    """Counts multiplications, and spends them from the budget: ``usual`` of those that weigh one,
    or one of that weight, are as much work as one of residues."""

    def __init__(self, evaluation: str, most: int, weight: int = 1, usual: int = 1) -> None:
        self._evaluation, self._left = evaluation, most
        self._weight, self._unit, self._owed = weight, usual * MULTIPLICATIONS_IN_A_UNIT, 0

    def spend(self, work: int) -> None:
        """Counts multiplications. Raises LimitError when there are too many."""
        self._left -= work
        if self._left < 0:
            raise LimitError(f"too much work for {self._evaluation}")
        self._owed += work * self._weight
        if self._owed >= self._unit:
            units, self._owed = divmod(self._owed, self._unit)
            spend(units)


class Residues(_Counted):
    """Integers modulo a power of a large prime, one more than the order of the derivative that is
    asked for."""

    zero: Number = 0
    one: Number = 1
    negative = staticmethod(operator.neg)

    def __init__(self, order: int = 0, work: int = MOST_MULTIPLICATIONS) -> None:
        self.modulus: int = PRIME ** (order + 1)
        self.step = PRIME
        super().__init__("an exact evaluation", work)

    def add(self, one: Number, other: Number) -> Number:
        return (one + other) % self.modulus

    def subtract(self, one: Number, other: Number) -> Number:
        return (one - other) % self.modulus

    def multiply(self, one: Number, other: Number) -> Number:
        return one * other % self.modulus

    def number(self, value: Fraction) -> Number:
        """The number that stands for a rational one. Raises Undefined when there is none."""
        if value.denominator == 1:
            return value.numerator % self.modulus
        return value.numerator * self._inverse(value.denominator) % self.modulus

    def divide(self, one: Number, other: Number) -> Number:
        """Raises Undefined for a denominator that is zero."""
        return one * self._inverse(other) % self.modulus

    def _inverse(self, value: Number) -> Number:
        if value % PRIME == 0:
            raise Undefined("division by zero")
        return pow(value, -1, self.modulus)

    def total(self, numbers: Iterable[Number]) -> Number:
        return sum(numbers) % self.modulus

    def dot(self, one: Sequence[Number], other: Sequence[Number]) -> Number:
        return sum(map(operator.mul, one, other)) % self.modulus

    def power(self, base: Number, exponent: int) -> Number:
        """An integral power; of zero only a natural one."""
        return pow(base if exponent >= 0 else self._inverse(base), abs(exponent), self.modulus)

    def pivot(self, candidates: Sequence[Number], scale: Number) -> int | None:
        """Which number to divide by in an elimination; None when all are zero. Raises Undefined
        when none is a good one."""
        for place, value in enumerate(candidates):
            if value % PRIME:
                return place
        if any(value % self.modulus for value in candidates):
            raise Undefined("a matrix is singular here, but not near here")
        return None

    def is_zero(self, value: Number) -> bool:
        return bool(value % self.modulus == 0)

    def size(self, value: Number) -> Number:
        """How large a number is, for the choice of pivots: residues have no size."""
        return 0

    def watch(self, one: Sequence[Number], other: Sequence[Number]) -> None:
        """Nothing is lost in exact arithmetic."""

    def vanished(self, value: Number, scale: Number) -> None:
        """Nothing is lost in exact arithmetic."""


_LOST = 18


def kept_digits(digits: int, differencing: bool) -> int:
    """Digits that are surely right where nothing cancels, of a value or of a difference along steps
    of a fourth of the digits."""
    return 7 * digits // 20 if differencing else digits - _LOST


class Decimals(_Counted):
    """Decimal numbers of ``digits`` digits. What was decided by a sign on the way is kept in
    ``branches``.

    With ``differencing`` numbers that are nearly zero are refused where the value has a kink at
    zero or a pole: differences along short steps are taken nearby.
    """

    zero = Decimal(0)
    one = Decimal(1)
    add = staticmethod(operator.add)
    subtract = staticmethod(operator.sub)
    multiply = staticmethod(operator.mul)
    negative = staticmethod(operator.neg)

    def __init__(self, digits: int, differencing: bool = False, work: int = MOST_MULTIPLICATIONS) -> None:
        self.digits = digits
        self.differencing = differencing
        self.step = Decimal(10) ** -(digits // 4)
        self.tiny = Decimal(10) ** -(digits // 5 if differencing else digits // 2)
        self.branches: list[int] = []
        self.arguments: list[Decimal] = []
        """What the signs in ``branches`` are of."""
        self.absorbed = False
        """Whether a number was so small beside another that no digit of it was kept."""
        self.lost = False
        """Whether an elimination left nothing of the digits that it began with."""
        self.reach = 0
        """How many powers of ten exponentials were away from one. Only beside such numbers others
        leave no trace: without them what is as small as rounding is a zero."""
        super().__init__("an evaluation at many digits", work, digits, _USUAL_DIGITS)

    @property
    def kept(self) -> int:
        """Digits that are surely right where nothing cancels: of a value, or of a difference of
        values along short steps."""
        return kept_digits(self.digits, self.differencing)

    @property
    def extreme(self) -> bool:
        """Whether there were numbers beside which others leave no trace."""
        return 2 * self.reach > self.kept

    def reached(self, exponent: Decimal) -> None:
        """Notes the exponential of a number."""
        self.reach = max(self.reach, int(abs(exponent) * _TENS) + 1)

    @contextmanager
    def computing(self) -> Iterator[None]:
        """The context in which all operations are done. Raises Undefined for what has no value."""
        with decimal.localcontext() as context:
            context.prec = self.digits
            context.Emax, context.Emin = decimal.MAX_EMAX, decimal.MIN_EMIN
            for signal in (decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow, decimal.Underflow):
                context.traps[signal] = True
            try:
                yield
            except (decimal.DecimalException, ValueError, OverflowError, MemoryError) as error:
                raise Undefined(f"no value at this point: {type(error).__name__}") from None

    def number(self, value: Fraction) -> Decimal:
        return Decimal(value.numerator) / Decimal(value.denominator)

    def divide(self, one: Decimal, other: Decimal) -> Decimal:
        if not other or (self.differencing and abs(other) < self.tiny * min(abs(one), self.one)):
            raise Undefined("division by zero")
        return one / other

    def total(self, numbers: Iterable[Decimal]) -> Decimal:
        terms = list(numbers)
        if self.extreme and _span(terms) >= self.kept:
            self.absorbed = True
        return sum(terms, self.zero)

    def dot(self, one: Sequence[Decimal], other: Sequence[Decimal]) -> Decimal:
        return sum(map(operator.mul, one, other), self.zero)

    def power(self, base: Number, exponent: int) -> Decimal:
        if not base and exponent <= 0:
            if exponent:
                raise Undefined("division by zero")
            return self.one
        result: Decimal = base**exponent
        return result

    def pivot(self, candidates: Sequence[Decimal], scale: Number) -> int | None:
        sizes = [abs(value) for value in candidates]
        largest = max(sizes)
        if largest <= self.tiny * scale:
            if largest and self.differencing:
                raise Undefined("a matrix is nearly singular")
            return None
        return sizes.index(largest)

    def is_zero(self, value: Number) -> bool:
        return not value

    def size(self, value: Decimal) -> Decimal:
        return abs(value)

    def watch(self, one: Sequence[Decimal], other: Sequence[Decimal]) -> None:
        """Notes that products of these numbers are about to be added, of which some may leave no
        trace."""
        if self.extreme and _span(one) + _span(other) >= self.kept:
            self.absorbed = True

    def vanished(self, value: Number, scale: Number) -> None:
        """Notes a pivot of an elimination, beside the largest entry."""
        if abs(value) <= scale * Decimal(10) ** (_LAST - self.kept):
            self.lost = True

    def sign(self, value: Decimal) -> int:
        """-1, 0 or 1, which is kept in ``branches``. What is nearly zero counts as zero, and as a
        doubtful point."""
        self.arguments.append(value)
        found = 0
        if value and abs(value) < self.tiny:
            if self.differencing:
                raise Undefined("too near a kink")
            self.absorbed = True
        elif value:
            found = 1 if value > 0 else -1
        self.branches.append(found)
        return found

    def root(self, value: Decimal) -> Decimal:
        """The square root of what is not negative; nearly zero is zero from below only."""
        if value < 0:
            if value < -self.tiny:
                raise Undefined("the square root of a negative number")
            value = self.zero
            self.absorbed = True
        self.away_from_zero(value)
        return value.sqrt()

    def away_from_zero(self, value: Decimal) -> None:
        """Raises Undefined where a function with a kink or pole at zero is differenced too near to
        it."""
        if self.differencing and value and abs(value) < self.tiny:
            raise Undefined("too near a kink")


Arithmetic: TypeAlias = Residues | Decimals
"""What the evaluator asks of numbers, it asks of either kind in the same words."""

_LAST = 8
_TENS = Decimal("0.4343")


def _span(numbers: Sequence[Decimal]) -> int:
    """How many powers of ten lie between the largest and the smallest."""
    places = [number.adjusted() for number in numbers if number]
    return max(places) - min(places) if places else 0
