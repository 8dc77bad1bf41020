r"""Derivatives by the first entry for those by any: ``\frac{d}{dx_1} \sum_i x_i^2 = 2x_1``. What holds for each entry does for this one."""

from __future__ import annotations

import re
from dataclasses import replace

from matcalc.base.lazy import pattern
from matcalc.documents.context.outline import Line
from matcalc.documents.pieces import Placed

_BY_NUMBER = pattern(r"\{\s*(?:\\partial|d)\s*(?:\\mathbf\s*\{\s*[A-Za-z]\s*\}|\\[a-z]+|[A-Za-z])\s*_\s*\{?\s*(?P<number>\d)\s*\}?\s*\}")
_NUMBER = pattern(r"_\s*(?:\{\s*(\d)\s*\}|(\d))")
_COUNTERS = "kpqrl"


def for_each_entry(line: Line) -> Line | None:
    """The row with an index for the number of the entry that it differentiates by; None for one that has other entries, too."""
    row = line.row
    found = _BY_NUMBER.search(row.first.text) if line.notation == "latex" and row.right is not None else None
    if found is None or row.right is None:
        return None
    whole = f"{row.first.text} {row.right.text}"
    letter = next((one for one in _COUNTERS if re.search(rf"(?<![A-Za-z\\]){one}(?![A-Za-z])", whole) is None), None)
    if letter is None or {at[1] or at[2] for at in _NUMBER.finditer(whole)} != {found["number"]}:
        return None

    def counted(side: Placed) -> Placed:
        return Placed(_NUMBER.sub(f"_{{{letter}}}", side.text), side.marks[:1])

    first = counted(row.first)
    return replace(line, row=replace(row, first=first, left=row.left if row.link else first, right=counted(row.right)))
