r"""Derivatives by an array beside their entries: ``\frac{\partial}{\partial X} tr(XA) = \frac{\partial (X_{ij} A_{ji})}{\partial X_{kl}}``.

Such an equation is meant for each entry: it is that of the derivative by ``X_{kl}``.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from matcalc.base.lazy import pattern
from matcalc.documents.context.names import trimmed, whole_name
from matcalc.documents.context.outline import Line
from matcalc.documents.index_cases import open_indices
from matcalc.documents.pieces import Placed

_NAME = r"(?:\\(?:mathbf|boldsymbol|bm|mathrm)\s*\{\s*\\?[A-Za-z]+\s*\}|\\[A-Za-z]+|[A-Za-z])"
_INDICES = r"_\s*(?:\{\s*(?P<indices>[i-np-s]{1,2})\s*\}|(?P<index>[i-np-s])(?![A-Za-z]))"
_WHOLE = pattern(
    rf"(?P<before>\s*\\[td]?frac\s*\{{\s*\\partial\s*(?:[^{{}}]|\{{[^{{}}]*\}}){{0,40}}\}}\s*\{{\s*\\partial\s*)(?P<by>{_NAME})(?P<after>\s*\}})"
)
_BY_ENTRY = pattern(rf"\\partial\s*(?P<by>{_NAME})\s*{_INDICES}\s*\}}")
_LED_BY_ENTRY = pattern(
    rf"(?P<before>\s*\\[td]?frac\s*\{{\s*\\partial\s*(?:[^{{}}]|\{{[^{{}}]*\}}){{0,40}}\}}\s*\{{\s*\\partial\s*(?P<by>{_NAME})\s*)"
    rf"{_INDICES}(?P<after>\s*\}})"
)
_ANY_INDEX = pattern(r"_\s*(?:\{([^{}]*)\}|([a-z]))")
_TERMS = pattern(r"[+-]")
_TWO = 2


def by_entry(line: Line) -> Line:
    """The row with the entry in the place of the array that its first side is differentiated by, where another side names the entry."""
    row = line.row
    whole = _WHOLE.match(row.first.text) if line.notation == "latex" else None
    if whole is None or row.right is None or open_indices(row.first.text) or not open_indices(row.right.text):
        return line
    name = whole_name(trimmed(whole["by"]))
    sides = (row.right.text, row.left.text)
    entries = {
        (found["by"], found["indices"] or found["index"])
        for side in sides
        for found in _BY_ENTRY.finditer(side)
        if whole_name(trimmed(found["by"])) == name
    }
    if len(entries) != 1:
        return line
    by, indices = entries.pop()
    return _led_by(line, whole, f"{by}_{{{indices}}}")


def perhaps_by_entry(line: Line) -> Line | None:
    """The row with its sides as entries, or as arrays, where one of them is an entry and nothing says of which indices; None for others."""
    row = line.row
    if line.notation != "latex" or row.right is None:
        return None
    whole = _WHOLE.match(row.first.text)
    indices = _free(row.right.text)
    if whole is not None and not open_indices(row.first.text) and len(indices) == _TWO and whole["by"].isupper():
        return _led_by(line, whole, f"{whole['by']}_{{{''.join(sorted(indices))}}}")
    entry = _LED_BY_ENTRY.match(row.first.text)
    if entry is not None and not open_indices(row.right.text) and not open_indices(row.first.text[entry.end() :]):
        return _led_by(line, entry, entry["by"], at="")
    return None


def _led_by(line: Line, found: re.Match[str], by: str, at: str = "by") -> Line:
    row = line.row
    before = found["before"] if at else found["before"].rstrip().removesuffix(by)
    first = Placed(f"{before}{by}{found['after']}{row.first.text[found.end() :]}", row.first.marks[:1])
    return replace(line, row=replace(row, first=first, left=row.left if row.link else first))


def _free(text: str) -> frozenset[str]:
    """The letters that stand once as an index in every term of a sum; empty where the terms differ in them."""
    found = {frozenset(_once(term)) for term in _TERMS.split(text) if term.strip()}
    return found.pop() if len(found) == 1 else frozenset()


def _once(term: str) -> list[str]:
    letters = Counter(letter for at in _ANY_INDEX.finditer(term) for letter in (at[1] or at[2]) if letter.isalpha())
    return [letter for letter, count in letters.items() if count == 1]
