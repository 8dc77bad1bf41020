"""What names stand for in a document, and which of that a formula rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from matcalc.documents.asking import Said
from matcalc.documents.context.names import names_at, without_index
from matcalc.documents.context.outline import Line, Spot
from matcalc.documents.heads import Head, head_of
from matcalc.documents.pieces import Notation

_MOST = 24
"""Definitions that one claim rests on."""


@dataclass(frozen=True, slots=True)
class Definition:
    """``L(w) = ...``: what a name stands for from the row number ``number`` on. ``uses`` are the names in its value."""

    head: Head
    left: str
    value: str
    notation: Notation
    uses: frozenset[str]
    said: Said
    number: int
    sentence: tuple[int, int]
    spot: Spot

    @property
    def name(self) -> str:
        return self.head.name

    @property
    def written(self) -> str:
        """The name as it is written, without arguments."""
        return self.left.partition("(")[0].removesuffix("\\left").strip() if self.is_function else self.left.strip()

    @property
    def text(self) -> str:
        """The definition as a statement."""
        return f"{self.left} = {self.value}"

    @property
    def is_function(self) -> bool:
        """Whether it has parameters."""
        return bool(self.head.arguments)


def definition_in(line: Line, sentence: tuple[int, int], spot: Spot) -> Definition | None:
    """The definition that a row is; None where its left side is no name."""
    row = line.row
    if row.right is None or line.role not in ("definition", "solution"):
        return None
    side, value = (row.right, row.left) if row.relation == "=:" else (row.left, row.right)
    head = head_of(side.text, line.notation)
    if head is None:
        return None
    uses = names_used(value.text, line.notation) - {head.name}
    said = Said(f"{side.text} = {value.text}", row.left.place())
    return Definition(head, side.text, value.text, line.notation, uses - set(head.arguments), said, line.number, sentence, spot)


def names_used(text: str, notation: Notation) -> frozenset[str]:
    """The names in a formula, with and without their indices."""
    return frozenset(name for found in names_at(text, notation) for name in (found.name, found.base))


class Definitions:
    """The definitions of a document, asked for a row: the latest before it, or one in the same sentence behind it."""

    def __init__(self, found: Iterable[Definition]) -> None:
        self._by_name: dict[str, list[Definition]] = {}
        for one in found:
            for name in {one.name, without_index(one.name)}:
                self._by_name.setdefault(name, []).append(one)

    def at(self, name: str, row: int) -> Definition | None:
        """What a name stands for at a row."""
        known = self._by_name.get(name, ())
        before = [one for one in known if one.number < row]
        if before:
            return before[-1]
        return next((one for one in known if one.number > row and one.sentence[0] <= row < one.sentence[1]), None)

    def names_before(self, row: int) -> frozenset[str]:
        """The names that have a definition before a row."""
        return frozenset(name for name, known in self._by_name.items() if known[0].number < row)

    def behind(self, names: Iterable[str], row: int, keep: Callable[[Definition], bool] = lambda one: True) -> tuple[Definition, ...]:
        """All that names rest on, directly or not, each after what it rests on itself; what goes in a circle is left out."""
        done: dict[str, Definition] = {}
        opened: set[str] = set()
        stack: list[tuple[str, bool]] = [(name, False) for name in sorted(names, reverse=True)]
        while stack and len(done) < _MOST:
            name, closing = stack.pop()
            one = self.at(name, row)
            if one is None or not keep(one):
                continue
            if closing:
                done[one.name] = one
                continue
            if one.name in opened:
                continue
            opened.add(one.name)
            stack.append((name, True))
            stack += [(used, False) for used in sorted(one.uses, reverse=True) if used not in opened]
        return tuple(done.values())
