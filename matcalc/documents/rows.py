"""Formulas cut into rows: each one relation, with its sides and its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from matcalc.documents.pieces import Formula, Placed


@dataclass(frozen=True, slots=True)
class Row:
    """``left relation right``, without alignment marks, labels and punctuation.

    Of a chain ``a = b = c``, one row for each relation: ``link`` counts from 0 and ``first`` is the first side, ``left`` the side just
    before. ``relation`` is ``=``, ``:=``, ``≤`` and so on as plain signs, or empty for a formula without one (then only ``left`` is there).
    ``lead`` are the words and signs in front of the row in its formula (``\\therefore``, ``\\text{hence }``) and ``behind`` those after it
    (``\\text{if } K^\\top = -K``), which may hold formulas.
    """

    left: Placed
    relation: str
    right: Placed | None
    first: Placed
    link: int = 0
    lead: str = ""
    behind: str = ""

    @property
    def text(self) -> str:
        """The relation between the first side and this one, as it is shown."""
        return f"{self.first.text} {self.relation} {self.right.text}" if self.right is not None else self.left.text


def rows(formula: Formula) -> Iterator[Row]:
    """The relations of a formula in reading order; nothing of it is lost: what is no relation is a row without one."""
    raise NotImplementedError
