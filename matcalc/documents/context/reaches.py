"""Things that hold from one row of a document to another, asked for a row."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Generic, Protocol, TypeVar


class Reaching(Protocol):
    """What holds from the row ``start`` up to ``end``."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


T = TypeVar("T", bound=Reaching)


class Reaches(Generic[T]):
    """Things in the order of their ``start``. Those that have ended before a row are passed over together, not one by one."""

    def __init__(self, things: Sequence[T]) -> None:
        self._things = things
        self._starts = [one.start for one in things]
        self._longer: list[int] = []
        """For each thing the last one before it that reaches farther, -1 without one."""
        for number, one in enumerate(things):
            before = number - 1
            while before >= 0 and things[before].end <= one.end:
                before = self._longer[before]
            self._longer.append(before)

    def at(self, row: int) -> Iterator[T]:
        """What holds at a row, the latest first."""
        number = bisect_right(self._starts, row) - 1
        while number >= 0:
            one = self._things[number]
            if row < one.end:
                yield one
                number -= 1
            else:
                number = self._longer[number]
