r"""Worked examples: names that stand for numbers or for arrays that are written out, and what is computed with them.

``A = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}`` says what A is to the end of its section; ``\det A = -2`` is about this matrix then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from matcalc.documents.asking import Said
from matcalc.documents.context.outline import END, Spot
from matcalc.documents.context.wording import Wording
from matcalc.documents.values import Value, value_given


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


_GIVING = frozenset(["definition", "number", "claim", "fact", "not an equation", "solution"])
