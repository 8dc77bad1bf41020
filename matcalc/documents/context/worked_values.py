r"""Worked examples: names that stand for numbers or for arrays that are written out, and what is computed with them.

``A = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}`` says what A is to the end of its section; ``\det A = -2`` is about this matrix then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from matcalc.base.lazy import pattern
from matcalc.documents.asking import Said
from matcalc.documents.context.outline import END, Spot
from matcalc.documents.context.wording import CLOSE, OPEN, Wording
from matcalc.documents.values import Value, as_list, coordinates_of, is_numeric, value_given


@dataclass(frozen=True, slots=True)
class Valued:
    """That a name has a value from behind the row ``start`` up to ``end``; ``sentence`` are the rows of the sentence that says so."""

    value: Value
    said: Said
    start: int
    end: int
    sentence: tuple[int, int]
    spot: Spot


class WorkedValues:
    """The values of a document, asked for a row."""

    def __init__(self, found: Iterable[Valued]) -> None:
        self._by_name: dict[str, list[Valued]] = {}
        for one in found:
            self._by_name.setdefault(one.value.name, []).append(one)

    def at(self, name: str, row: int) -> Valued | None:
        """The last value that a name got before a row, and still has."""
        return next((one for one in reversed(self._by_name.get(name, [])) if one.start < row < one.end), None)

    @property
    def names(self) -> frozenset[str]:
        """All names that have a value somewhere."""
        return frozenset(self._by_name)


def values_in(wording: Wording) -> Iterator[Valued]:
    """The values that a sentence gives to names."""
    end = wording.spot.sections[-1].end if wording.spot.sections else END
    for mention in wording.mentions:
        for line in mention.lines:
            value = value_given(line.row, line.notation) if line.role in _GIVING else None
            if value is not None and line.row.right is not None:
                said = Said(f"{value.written} = {line.row.right.text.strip()}", line.row.left.place())
                yield Valued(value, said, line.number, end, (wording.start, wording.end), wording.spot)


_AT = pattern(r"\bat(?: the)?(?: points?| position| location)?\s*\Z", re.IGNORECASE)


def points_in(wording: Wording) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The rows of a sentence behind a point at which they are meant, ``at the point ⟨0⟩ we have ⟨1⟩``, with its coordinates."""
    point: tuple[str, ...] = ()
    for number, mention in enumerate(wording.mentions):
        before = wording.text.partition(f"{OPEN}{number}{CLOSE}")[0]
        line = mention.lines[0] if len(mention.lines) == 1 else None
        alone = line is not None and line.row.right is None and line.notation == "latex"
        text = as_list(line.row.left.text) if line is not None and alone else ""
        if alone and _AT.search(before) is not None:
            point = coordinates_of(text) if is_numeric(text) else ()
        elif point:
            yield from ((one.number, point) for one in mention.lines)


_GIVING = frozenset(["definition", "number", "claim", "fact", "not an equation", "solution"])
