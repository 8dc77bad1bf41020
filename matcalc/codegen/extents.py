"""Numbers that stand for symbolic sizes when costs are compared."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from matcalc.sizes import Size

# Ranks, classes and components are few in nearly every formula that uses these letters; samples are many.
_THIN = frozenset({"k", "r", "c", "q", "K", "R", "C", "Q", "d_k"})
_LONG = frozenset({"m", "N", "M"})


class Extents:
    """A number for every size: the one given, else a guess from how the letter is used in the literature.

    The guesses only decide which of two correct programs is written.
    """

    def __init__(self, sizes: Mapping[str, int] | None = None) -> None:
        self._given = dict(sizes or {})
        self._known: dict[Size, float] = {}

    def of(self, size: Size) -> float:
        known = self._known.get(size)
        if known is None:
            known = self._known[size] = float(size.factor * prod(self._name(name) for name in size.names))
        return known

    def entries(self, shape: tuple[Size, ...]) -> float:
        return prod([self.of(size) for size in shape], start=1.0)

    def _name(self, name: str) -> int:
        return self._given.get(name, 10 if name in _THIN else 200 if name in _LONG else 100)
