"""Python's operators for typed expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar, TypeVar

from matcalc.base.lazy import later
from matcalc.expr.nodes import Expr

__all__ = ["Arithmetic"]


if TYPE_CHECKING:
    import matcalc.objects.combining as combining
else:
    combining = later("matcalc.objects.combining")

Own = TypeVar("Own", bound="Arithmetic")


def _both(operator: str) -> tuple[Callable[[Own, object], Own], Callable[[Own, object], Own]]:
    """What an operator does with an expression on its left, and with one on its right."""

    def before(self: Own, other: object) -> Own:
        return combining.binary(self, operator, self, other)

    def behind(self: Own, other: object) -> Own:
        # The built-in sum() begins with 0.
        starts_sum = operator == "+" and isinstance(other, int) and other == 0
        return self if starts_sum else combining.binary(self, operator, other, self)

    return before, behind


class Arithmetic:
    """Base of what operators combine: a typed expression, the declarations of its symbols, and
    notes.

    Every operation raises ShapeError for operands that do not fit, with their texts and shapes, and
    MatcalcError for an operand that is neither an expression nor a number.
    """

    node: Expr
    declarations: Mapping[str, str]
    notes: tuple[str, ...]
    origin: object

    __array_ufunc__: ClassVar[None] = None  # NumPy arrays leave the operators to this class, which refuses them in words
    __iter__: ClassVar[None] = None  # entries are counted from 1 and sizes may be symbols, so there is nothing to iterate over

    @property
    def T(self: Own) -> Own:
        """The transpose."""
        return combining.transposed(self)

    __matmul__, __rmatmul__ = _both("@")
    __mul__, __rmul__ = _both("*")
    __truediv__, __rtruediv__ = _both("/")
    __add__, __radd__ = _both("+")
    __sub__, __rsub__ = _both("-")
    __pow__, __rpow__ = _both("**")

    def __neg__(self: Own) -> Own:
        return combining.negative(self)

    def __pos__(self: Own) -> Own:
        return self

    def __abs__(self: Own) -> Own:
        return combining.absolute(self)

    def __getitem__(self: Own, positions: object) -> Own:
        """One entry, counted from 1 as in the language: ``X[1, 2]``, ``x[3]``."""
        return combining.entry(self, positions if isinstance(positions, tuple) else (positions,))
