"""Python's operators for typed expressions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, TypeVar

from matcalc.base.lazy import later
from matcalc.expr.nodes import Expr

__all__ = ["Arithmetic"]


if TYPE_CHECKING:
    import matcalc.objects.combining as combining
else:
    combining = later("matcalc.objects.combining")

Own = TypeVar("Own", bound="Arithmetic")


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

    def __matmul__(self: Own, other: object) -> Own:
        return combining.binary(self, "@", self, other)

    def __rmatmul__(self: Own, other: object) -> Own:
        return combining.binary(self, "@", other, self)

    def __mul__(self: Own, other: object) -> Own:
        return combining.binary(self, "*", self, other)

    def __rmul__(self: Own, other: object) -> Own:
        return combining.binary(self, "*", other, self)

    def __truediv__(self: Own, other: object) -> Own:
        return combining.binary(self, "/", self, other)

    def __rtruediv__(self: Own, other: object) -> Own:
        return combining.binary(self, "/", other, self)

    def __add__(self: Own, other: object) -> Own:
        return combining.binary(self, "+", self, other)

    def __radd__(self: Own, other: object) -> Own:
        # The built-in sum() begins with 0.
        return self if isinstance(other, int) and other == 0 else combining.binary(self, "+", other, self)

    def __sub__(self: Own, other: object) -> Own:
        return combining.binary(self, "-", self, other)

    def __rsub__(self: Own, other: object) -> Own:
        return combining.binary(self, "-", other, self)

    def __pow__(self: Own, other: object) -> Own:
        return combining.binary(self, "**", self, other)

    def __rpow__(self: Own, other: object) -> Own:
        return combining.binary(self, "**", other, self)

    def __neg__(self: Own) -> Own:
        return combining.negative(self)

    def __pos__(self: Own) -> Own:
        return self

    def __abs__(self: Own) -> Own:
        return combining.absolute(self)

    def __getitem__(self: Own, positions: object) -> Own:
        """One entry, counted from 1 as in the language: ``X[1, 2]``, ``x[3]``."""
        return combining.entry(self, positions if isinstance(positions, tuple) else (positions,))
