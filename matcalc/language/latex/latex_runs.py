"""A text put together from tokens, in which each character knows the place that it comes from."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from matcalc.base.budgets import MOST_MARKS

if TYPE_CHECKING:
    from matcalc.language.latex.latex_mouth import Token

_APART = 200
"""Characters between marks where there are very many."""


class Mark(NamedTuple):
    """From ``offset`` on the text comes from ``origin`` on; or, with ``until``, as a whole from there to ``until``."""

    offset: int
    origin: int
    until: int = -1


class Runs:
    """Text and marks, which grow."""

    __slots__ = ("_last", "_next", "length", "marks", "parts")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.marks: list[Mark] = []
        self.length = 0
        self._next = -1
        self._last = ""

    def add(self, text: str, origin: int, until: int = -1) -> None:
        """Adds a text. What would lengthen the name of the command before it is kept apart from it."""
        if self._last and text[:1].isalpha():
            self.parts.append(" ")
            self.marks.append(Mark(self.length, origin, origin))
            self.length += 1
            self._next = -1
        self._last = ""
        if (until >= 0 or origin != self._next) and self._counts(origin):
            self.marks.append(Mark(self.length, origin, until))
        self.parts.append(text)
        self.length += len(text)
        self._next = -1 if until >= 0 else origin + len(text)

    def _counts(self, origin: int) -> bool:
        """Whether a place is marked: behind very many only some are."""
        return len(self.marks) < MOST_MARKS or abs(origin - self.marks[-1].origin) >= _APART

    def command(self, name: str, origin: int, until: int = -1) -> None:
        """Adds a command."""
        self.add("\\" + name, origin, until)
        self._last = name if name[-1:].isalpha() else ""

    def token(self, token: Token) -> None:
        """Adds a token as it is written."""
        match token.kind:
            case "command":
                self.command(token.text, token.origin, token.until)
            case "begin" | "end":
                self.add(f"\\{token.kind}{{{token.text}}}", token.origin, token.until)
            case "comment" | "stop":
                pass
            case _:
                self.add(token.text, token.origin, token.until)

    def mark(self, offset: int) -> Mark:
        """The mark that the character at ``offset`` belongs to."""
        return self.marks[max(0, bisect_right(self.marks, offset, key=lambda mark: mark.offset) - 1)]

    def text(self) -> str:
        return "".join(self.parts)
