"""Angle brackets of inner products in plain text: ``<A, B>``, ``⟨x, y⟩_F``, ``⟨x|y⟩``."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.base.lazy import pattern
from matcalc.base.records import record
from matcalc.language.text.terminals import Token

_MARK = pattern(r"_(?:\{?(?:F|Fro|fro|HS)\}?)(?!\w)")
_RELATION = pattern(r"[=-]>|<=|>=|<<|>>")


@record(eq=False, frozen=False)
class _Open:
    position: int
    depth: int
    comma: int | None = None
    bar: int | None = None
    several: bool = False


def angle_brackets(text: str) -> Mapping[int, tuple[list[Token], int]]:
    """By the place of each sign of an inner product, its tokens and where it ends. Signs of order, which have no partner, are none."""
    found: dict[int, tuple[list[Token], int]] = {}
    opened: list[_Open] = []
    depth = 0
    relations = {place for match in _RELATION.finditer(text) for place in range(*match.span())}
    for position, character in enumerate(text):
        if position in relations:
            continue
        depth += (character in "([") - (character in ")]")
        top = opened[-1] if opened else None
        if character in "<⟨":
            opened.append(_Open(position, depth))
        elif character in ";\n=":
            opened.clear()
        elif top is None or depth != top.depth:
            continue
        elif character == ",":
            top.several |= top.comma is not None
            top.comma = position
        elif character in "|∣":
            top.bar = position
        elif character in ">⟩":
            opened.pop()
            found |= _paired(text, top, position)
    return found


def _paired(text: str, top: _Open, close: int) -> dict[int, tuple[list[Token], int]]:
    cut = top.comma if top.comma is not None else top.bar if text[close] == "⟩" else None
    if cut is None or top.several:
        return {}
    mark = _MARK.match(text, close + 1)
    start = top.position
    return {
        start: ([Token("RUN", "inner", start, start + 1), Token("LPAR", "(", start, start + 1)], start + 1),
        cut: ([Token("COMMA", ",", cut, cut + 1)], cut + 1),
        close: ([Token("RPAR", ")", close, close + 1)], mark.end() if mark else close + 1),
    }
