"""Declarations of members: ``x_i: d for i = 1..n`` declares all rows of a matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from matcalc.base.lazy import pattern
from matcalc.base.records import record
from matcalc.base.sizes import Size
from matcalc.language.declare.declared import Declaration
from matcalc.language.text.spelling import INDEX_LETTERS

_DOTS = r"(?:\.{2,3}|…|\\[lc]?dots)"
_UP_TO = rf"(?:{_DOTS}|,\s*(?:2\s*,\s*)?{_DOTS}\s*,|:|\bto\b|-)"
_RANGE = pattern(
    rf"(?:,?\s*\bfor(?:\s+(?:all|each|every))?\s+|,\s*|\(\s*)(?P<index>[a-z])\s*=\s*1\s*{_UP_TO}\s*(?P<last>[A-Za-z]\w*|[0-9]+)\s*\)?"
    r"|,?\s*\bfor\s+(?:all|each|every)\s+(?P<any>[a-z])\b(?!\s*=)"
)
_LETTERS = INDEX_LETTERS | {"t"}
"""Members are often counted by time."""

Members: TypeAlias = Mapping[tuple[str, int], Declaration]
"""What is declared of the members of families, by what stands before their indices and the number of these."""


@record
class Range:
    """``for i = 1..n``, with its place; no size is said in ``for each i``."""

    index: str
    size: Size | None
    start: int
    end: int


def without_ranges(text: str) -> tuple[str, tuple[Range, ...]]:
    """A text of declarations with blanks where ranges of indices stand, and the ranges.

    >>> without_ranges("x_i: d for i = 1..n; b: n")[0]
    'x_i: d               ; b: n'
    """
    if "=" not in text and "for" not in text:
        return text, ()
    found = [_range(match["index"] or match["any"], match["last"], match.start(), match.end()) for match in _RANGE.finditer(text)]
    plain = text
    for one in found:
        plain = plain[: one.start] + " " * (one.end - one.start) + plain[one.end :]
    return plain, tuple(found)


def _range(index: str, last: str | None, start: int, end: int) -> Range:
    return Range(index, None if last is None else Size.of(int(last) if last.isdecimal() else last), start, end)


def index_of(name: str) -> str:
    """The indices in the name of a member; empty for other names.

    >>> index_of("x_i"), index_of("mu_ik"), index_of("x_max"), index_of("x")
    ('i', 'ik', '', '')
    """
    base, _, index = name.rpartition("_")
    return index if base and len(index) < 4 and set(index) <= _LETTERS else ""


def declared_members(declarations: Mapping[str, Declaration]) -> Members:
    """What the declarations say of members of families."""
    found: dict[tuple[str, int], Declaration] = {}
    for name, declaration in declarations.items():
        index = index_of(name)
        base = name.rpartition("_")[0]
        if index and base not in declarations and declaration.kind != "function":
            found[base, len(index)] = declaration
    return found
