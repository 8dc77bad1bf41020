"""Words in formulas of plain text: ``dh/dx = Q*x   if Q = Q'``, ``h = x'*Q*x    (Q is any square matrix)``, ``optimality: df/dx = 0``.

No markup tells words from names there; what stands apart from operators, in words that are known to join statements, is taken for words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matcalc.base.lazy import pattern
from matcalc.documents.cues import word_use
from matcalc.documents.signs import Sign

_PROSE = pattern(r"\(?[^\W\d_]+(?:[ \t,;:-]+[^\W\d_]+)+[.]?\)?")
_WORD = pattern(r"[^\W\d_]{3,}")
_NAME = pattern(r"[^\W\d_]+[.)]?")
_MOST_OF_A_LABEL = 4
_APART = 3
"""Blanks that set a remark apart from a formula."""


def with_remarks(signs: Sequence[Sign], text: str) -> list[Sign]:
    """The signs with words in the place of what is prose."""
    out = list(signs)
    seen = [number for number, sign in enumerate(signs) if sign.kind != "space"]
    for at, number in enumerate(seen):
        sign = signs[number]
        before = signs[seen[at - 1]] if at else None
        after = signs[seen[at + 1]] if at + 1 < len(seen) else None
        if sign.kind != "operand":
            continue
        if _is_cue(text, sign, before, after) or _is_remark(text, sign, before, after):
            out[number] = replace(sign, kind="words", value=text[sign.start : sign.end])
    return _set_apart(_labelled(out, text), text)


def _is_cue(text: str, sign: Sign, before: Sign | None, after: Sign | None) -> bool:
    said = text[sign.start : sign.end]
    if len(said) < 2 or not said.isalpha() or word_use(said) == "remark":
        return False
    apart_before = before is None or before.kind == "break" or (before.end < sign.start and before.kind not in ("operator", "relation"))
    return apart_before and after is not None and after.start > sign.end and after.kind in ("operand", "words")


def _is_remark(text: str, sign: Sign, before: Sign | None, after: Sign | None) -> bool:
    """Whether brackets at the end of a line hold words: ``(S symmetric)``."""
    said = text[sign.start : sign.end]
    ends = after is None or after.kind in ("break", "words", "stop")
    if not said.startswith("(") or not ends or before is None or before.end == sign.start or before.kind in ("operator", "relation"):
        return False
    inner = said[1:-1]
    return (_PROSE.fullmatch(said) is not None and _WORD.search(said) is not None) or (" " in inner and word_use(inner) != "remark")


def _labelled(signs: list[Sign], text: str) -> list[Sign]:
    """The signs with a label in front of an equation, as in ``optimality: df/dx = 0``, as words."""
    out: list[Sign] = []
    begins = 0
    for number, sign in enumerate(signs):
        out.append(sign)
        if sign.kind == "break":
            begins = len(out)
        elif sign.kind == "colon" and 0 < len(out) - 1 - begins <= 2 * _MOST_OF_A_LABEL and text[sign.end : sign.end + 1] in " \t":
            label = text[out[begins].start : sign.start].strip()
            line = next((other.kind for other in signs[number:] if other.kind in ("break", "relation")), "break")
            named = all(_NAME.fullmatch(word) for word in label.split()) and _WORD.search(label) is not None
            if named and line == "relation":
                out[begins:] = [Sign("words", out[begins].start, sign.end, f"then {label}:")]
    return out


def _set_apart(signs: list[Sign], text: str) -> list[Sign]:
    """The signs with words at the end of a line that wide space sets apart, as in ``d(c'*x)/dx = c     numerator layout``."""
    out: list[Sign] = []
    apart: int | None = None
    """Where the last wide space of the line stands, with names alone behind it."""
    related = False
    for sign in [*signs, None]:
        if sign is None or sign.kind in ("break", "words"):
            if apart is not None and apart + 1 < len(out):
                said = Sign("words", out[apart + 1].start, out[-1].end, text[out[apart + 1].start : out[-1].end].strip())
                if _PROSE.fullmatch(said.value) is not None and _WORD.search(said.value) is not None:
                    out[apart + 1 :] = [said]
            apart, related = None, False
        elif sign.kind == "space" and related and sign.end - sign.start >= _APART:
            apart = len(out)
        elif sign.kind not in ("operand", "space", "comma", "stop"):
            apart, related = None, related or sign.kind == "relation"
        out += [sign] if sign is not None else []
    return out
