"""Passages of a document between an opening and a closing mark, found in time proportional to its length.

A regular expression ``opening.+?closing`` reads on to the end of the text at every opening mark that is never closed. Here a closing mark
that was looked for in vain is not looked for again.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """What opens and what closes a passage of one ``kind``, as regular expressions; without a kind it is passed over.

    ``closing`` may name the group ``name`` of ``opening`` as ``{name}``. Without a closing mark ``opening`` is the whole passage, and its
    group ``inside`` what it holds.
    """

    kind: str
    opening: str
    closing: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """What stands between the marks, and where it begins."""

    kind: str
    start: int
    content: str


def passages(text: str, marks: Sequence[Mark]) -> Iterator[Passage]:
    """The passages of the text in order; of several marks at one place the first counts. They are not empty, and none is in another.

    >>> [found.content for found in passages("$a$ (b) $c", [Mark("inline", r"\\$", r"\\$"), Mark("brackets", r"\\(", r"\\)")])]
    ['a', 'b']
    """
    openings = re.compile("|".join(_numbered(mark, number) for number, mark in enumerate(marks)), re.DOTALL | re.MULTILINE)
    missing: set[str] = set()
    position = 0
    while (match := openings.search(text, position)) is not None:
        number = int((match.lastgroup or "").removeprefix("mark"))
        mark = marks[number]
        if not mark.closing:
            position = max(match.end(), position + 1)
            if mark.kind:
                yield Passage(mark.kind, match.start(f"inside{number}"), match[f"inside{number}"])
            continue
        closing = mark.closing.replace("{name}", re.escape(match[f"name{number}"])) if "{name}" in mark.closing else mark.closing
        end = None if closing in missing else re.compile(closing, re.MULTILINE).search(text, match.end() + 1)
        if end is None:
            missing.add(closing)
            position = match.start() + 1
            continue
        position = end.end()
        if mark.kind:
            yield Passage(mark.kind, match.end(), text[match.end() : end.start()])


def _numbered(mark: Mark, number: int) -> str:
    """The opening of a mark as a group, its own groups under names that no other mark has."""
    opening = mark.opening.replace("(?P<name>", f"(?P<name{number}>").replace("(?P<inside>", f"(?P<inside{number}>")
    return f"(?P<mark{number}>{opening})"


class Lines:
    """Numbers of the lines of a text, counted from 1."""

    def __init__(self, text: str) -> None:
        self._ends = [match.start() for match in re.finditer("\n", text)]

    def at(self, offset: int) -> int:
        """The line that holds the character at ``offset``."""
        return bisect_left(self._ends, offset) + 1
