"""Texts that LaTeX is read from, a stretch at a time, and what belongs together in them, found for a whole text at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from matcalc.base.lazy import pattern

VERBATIM = ("verbatim", "Verbatim", "lstlisting", "minted", "comment", "filecontents", "alltt")
"""Environments whose text is no LaTeX, also with a star."""

_BRACE = pattern(
    r"\\(?:verb(?![A-Za-z])\*?(?P<quote>[^\s*A-Za-z])"
    r"|begin\{(?P<name>(?:" + "|".join(VERBATIM) + r")\*?)\}"
    r"|(?P<address>(?:url|nolinkurl|path|href)\s*\{[^{}\n]*\})"
    r"|.)|%[^\n]*|[{}]",
    re.DOTALL,
)
_CONDITION = pattern(r"\\newif\s*\\[A-Za-z@]+|\\(?P<word>if[A-Za-z@]*|else|fi)(?![A-Za-z@])|\\.|%[^\n]*", re.DOTALL)
NOT_CONDITIONS = frozenset(["iff", "ifthenelse", "ifblank", "ifstrempty", "ifstrequal", "ifdefempty", "ifdef", "ifcsdef", "ifundef"])
"""Commands with a name like that of a condition which take their parts in braces."""


class Branches(NamedTuple):
    """Of a condition or its ``\\else``: the places of the ``\\else``, or ``\\fi``, that ends what comes next, and of the ``\\fi``."""

    other: int
    end: int


class Text:
    """A text; ``base`` is the place of its first character in all that is read."""

    __slots__ = ("_branches", "_closing", "_next", "base", "string")

    def __init__(self, string: str, base: int = 0) -> None:
        self.string = string
        self.base = base
        self._closing: dict[int, int] | None = None
        self._branches: dict[int, Branches] | None = None
        self._next: dict[str, tuple[int, int]] = {}

    @property
    def closing(self) -> Mapping[int, int]:
        """For each opening brace that is closed the place of the closing one."""
        if self._closing is None:
            self._closing = self._found_closing()
        return self._closing

    @property
    def branches(self) -> Mapping[int, Branches]:
        """For the place of each condition that has an end, and of its ``\\else``, those of its parts."""
        if self._branches is None:
            self._branches = self._found_branches()
        return self._branches

    def following(self, mark: str, position: int) -> int:
        """The place of a mark at ``position`` or behind it, -1 without one; asking at places that grow costs one pass of the text."""
        start, found = self._next.get(mark, (len(self.string) + 1, -1))
        if position < start:
            before = self.string.find(mark, position, start + len(mark) - 1)
            found = found if before < 0 else before
        elif 0 <= found < position:
            found = self.string.find(mark, position)
        self._next[mark] = position, found
        return found

    def _found_closing(self) -> dict[int, int]:
        found: dict[int, int] = {}
        opened: list[int] = []
        passed = 0
        for match in _BRACE.finditer(self.string):
            start = match.start()
            if start < passed:
                continue
            sign = match[0]
            if sign == "{":
                opened.append(start)
            elif sign == "}":
                if opened:
                    found[opened.pop()] = start
            elif match["address"]:
                found[match.start() + match[0].index("{")] = match.end() - 1
            elif match["quote"]:
                passed = max(self.following(match["quote"], match.end()), 0)
                line = self.following("\n", match.end())
                passed = 0 if 0 <= line < passed else passed + 1
            elif match["name"]:
                passed = self.following(f"\\end{{{match['name']}}}", match.end())
        return found

    def _found_branches(self) -> dict[int, Branches]:
        found: dict[int, Branches] = {}
        opened: list[tuple[int, int]] = []
        for match in _CONDITION.finditer(self.string):
            word = match["word"]
            if word is None or word in NOT_CONDITIONS:
                continue
            if word == "fi":
                if opened:
                    start, other = opened.pop()
                    end = match.start()
                    found[start] = Branches(end if other < 0 else other, end)
                    if other >= 0:
                        found[other] = Branches(end, end)
            elif word == "else":
                if opened and opened[-1][1] < 0:
                    opened[-1] = opened[-1][0], match.start()
            else:
                opened.append((match.start(), -1))
        return found


class Slice(NamedTuple):
    """A stretch of a text. What a macro stands for comes from the place of its call: from ``origin`` to ``until``, else -1."""

    text: Text
    start: int
    end: int
    origin: int = -1
    until: int = -1

    @property
    def string(self) -> str:
        return self.text.string[self.start : self.end]


def string_of(slices: list[Slice]) -> str:
    """The slices one after the other."""
    return "".join([one.string for one in slices])
