r"""The files of a LaTeX project: which may be taken in, and the places of what comes from them."""

from __future__ import annotations

import os
from bisect import bisect_right
from pathlib import Path
from typing import NamedTuple

from matcalc.base.budgets import MOST_DOCUMENT_CHARACTERS
from matcalc.base.files import decoded
from matcalc.documents.pieces import Place, Placed
from matcalc.language.latex.latex_runs import Runs
from matcalc.language.latex.latex_slices import Text

_MOST_BYTES = 4
"""Of a character."""


class Refusal(NamedTuple):
    """Why a file is not taken in, and what to do about it."""

    reason: str
    advice: str = ""


def _outside(name: str) -> Refusal:
    return Refusal(f"{name} lies outside of the folder of the document", "--root FOLDER names the folder below which files are read")


class _Source(NamedTuple):
    path: str
    text: Text
    lines: list[int]
    """Where its lines begin."""


class Files:
    """The texts that are read, one behind the other: a place in them all is a file, a line and a column.

    Only files below ``root`` are taken in, links and ``..`` resolved.
    """

    def __init__(self, path: str, root: Path) -> None:
        self.path = path
        self.root = os.path.realpath(root)
        self.taken: list[str] = []
        self._full = False
        """Whether a file was too long for the rest of the document."""
        self._sources: list[_Source] = []
        self._bases: list[int] = []
        self._length = 0

    def add(self, text: str, path: str) -> Text:
        """A text with a place of its own."""
        source = Text(text, self._length)
        lines, at = [0], 0
        while (at := text.find("\n", at) + 1) > 0:
            lines.append(at)
        self._sources.append(_Source(path, source, lines))
        self._bases.append(self._length)
        self._length += len(text) + 1
        return source

    def take(self, name: str, folder: str, suffix: str = ".tex") -> tuple[Text, str] | Refusal:
        """The text of a file that another one in ``folder`` names, and its resolved path."""
        shown = name.strip().strip('"').strip()
        if not shown or "\0" in shown:
            return Refusal("no file is named here", "\\input{name of a file}")
        for candidate in (shown + suffix, shown) if not shown.endswith(suffix) else (shown,):
            path = os.path.join(folder, candidate)
            place = os.path.realpath(path)
            if os.path.isfile(place) and not self._within(place):
                return _outside(shown)
            if os.path.isfile(place):
                return self._read(path, place, shown)
        if not self._within(os.path.realpath(os.path.join(folder, shown))):
            return _outside(shown)
        return Refusal(f"the file {shown} is not there", "the path from the folder of the document")

    def _read(self, path: str, place: str, shown: str) -> tuple[Text, str] | Refusal:
        left = MOST_DOCUMENT_CHARACTERS - self._length
        too_long = Refusal(f"with {shown} the document has more than {MOST_DOCUMENT_CHARACTERS:,} characters", "several documents")
        try:
            if os.path.getsize(place) > (left if self._full else _MOST_BYTES * left):
                return too_long
            with open(place, "rb") as opened:
                text = decoded(opened.read())
        except OSError as error:
            return Refusal(f"{shown} cannot be read: {error.strerror or error}")
        if len(text) > left:
            self._full = True
            return too_long
        path = os.path.normpath(path)
        if path not in self.taken:
            self.taken.append(path)
        return self.add(text, path), place

    def _within(self, place: str) -> bool:
        return place == self.root or place.startswith(self.root.rstrip(os.sep) + os.sep)

    def place(self, origin: int) -> Place:
        """The place of a character."""
        source = self._sources[max(0, bisect_right(self._bases, origin) - 1)]
        offset = min(max(0, origin - source.text.base), len(source.text.string))
        line = bisect_right(source.lines, offset)
        return Place(source.path, line, offset - source.lines[line - 1] + 1)

    def excerpt(self, origin: int, until: int) -> str:
        """What stands from one place to another one in the same file."""
        source = self._sources[max(0, bisect_right(self._bases, origin) - 1)]
        return source.text.string[origin - source.text.base : max(until, origin) - source.text.base]

    def placed(self, runs: Runs) -> Placed:
        """A text with the places of its characters, also behind line breaks."""
        text = runs.text()
        marks: list[tuple[int, Place]] = []
        for number, mark in enumerate(runs.marks):
            end = runs.marks[number + 1].offset if number + 1 < len(runs.marks) else len(text)
            marks.append((mark.offset, self.place(mark.origin)))
            at = mark.offset
            while mark.until < 0 and 0 < (at := text.find("\n", at, end) + 1) < end:
                marks.append((at, self.place(mark.origin + at - mark.offset)))
        return Placed(text, tuple(marks) or ((0, self.place(0)),))
