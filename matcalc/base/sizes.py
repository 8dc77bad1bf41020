"""Symbolic sizes: monomials such as ``n``, ``3`` or ``2*m*n``.

A size is the length of one axis. Products are needed for ``kron`` and ``vec``; sums of sizes are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from matcalc.base.records import computed, interned


@interned
class Size:
    """``factor`` times the product of ``names`` (sorted, repeated names allowed). Equal sizes are one object."""

    text: str = computed()
    names: tuple[str, ...] = ()
    factor: int = 1

    def __post_init__(self) -> None:
        parts = ([str(self.factor)] if self.factor != 1 or not self.names else []) + list(self.names)
        object.__setattr__(self, "text", "*".join(parts))

    @staticmethod
    def of(value: int | str) -> Size:
        """A number or a single name as a size.

        >>> str(Size.of("n")), str(Size.of(3))
        ('n', '3')
        """
        return Size((), value) if isinstance(value, int) else Size((value,), 1)

    def __mul__(self, other: Size) -> Size:
        if other is ONE:
            return self
        return Size(tuple(sorted(self.names + other.names)), self.factor * other.factor)

    def divided(self, other: Size) -> Size | None:
        """What times ``other`` gives this size; None when nothing does.

        >>> str(Size(("m", "n"), 2).divided(Size.of("n")))
        '2*m'
        """
        names = list(self.names)
        for name in other.names:
            if name not in names:
                return None
            names.remove(name)
        if not other.factor or self.factor % other.factor:
            return None
        return Size(tuple(names), self.factor // other.factor)

    @property
    def number(self) -> int | None:
        """The value when no name is involved."""
        return None if self.names else self.factor

    def value(self, sizes: Mapping[str, int]) -> int:
        """The number this size stands for, given a number for each name."""
        result = self.factor
        for name in self.names:
            result *= sizes[name]
        return result

    def __lt__(self, other: Size) -> bool:
        return (self.names, self.factor) < (other.names, other.factor)

    def __str__(self) -> str:
        return self.text


ONE = Size((), 1)
Shape: TypeAlias = tuple[Size, ...]
"""``()`` scalar, ``(n,)`` column vector, ``(ONE, n)`` row vector, ``(m, n)`` matrix, longer for declared tensors."""


def shape_of(rows: Size, cols: Size) -> Shape:
    """The shape with ``rows`` and ``cols``, in its one spelling (a column has one axis, a scalar none)."""
    if cols == ONE:
        return () if rows == ONE else (rows,)
    return (rows, cols)


def axes_of(shape: Shape) -> Shape:
    """The axes that positions and tensors count: a row vector has one.

    >>> [str(size) for size in axes_of((ONE, Size.of("n")))]
    ['n']
    """
    return shape[1:] if len(shape) == 2 and shape[0] == ONE else shape
