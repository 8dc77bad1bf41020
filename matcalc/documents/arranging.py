"""What of the breaks, alignment marks and wide space of a formula separates statements, and what only sets one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matcalc.documents.cues import word_use
from matcalc.documents.pieces import Notation
from matcalc.documents.plain_remarks import with_remarks
from matcalc.documents.signs import Sign, SignKind

_UNSEEN = frozenset(["space", "cut", "column", "wide"])
_ADDITIVE = frozenset("+-−–")
_ONE_FORMULA = ("multline", "multlined")


def arranged(signs: Sequence[Sign], text: str, environment: str, notation: Notation) -> list[Sign]:
    """The signs with those cut that separate nothing; columns that separate statements are wide space."""
    named = _names(signs, text) if notation == "latex" else with_remarks(signs, text)
    whole = environment.rstrip("*") in _ONE_FORMULA or "\\begin{multlined}" in text
    lines = _lines(named)
    out: list[Sign] = []
    before: _Line | None = None
    for line in lines:
        goes_on = before is None or line.continues(before, whole)
        if line.ends is not None:
            out.append(replace(line.ends, kind="cut") if goes_on else line.ends)
        related = goes_on and before is not None and before.related
        out += line.columns(related)
        if line.first is not None:
            line.related = line.related or related
            before = line
    return _spaced(out)


def _names(signs: Sequence[Sign], text: str) -> list[Sign]:
    """Words that are a name or a side of an equation, as operands."""
    seen = [number for number, sign in enumerate(signs) if sign.kind not in ("space", "cut")]
    out = list(signs)
    for at, number in enumerate(seen):
        sign = signs[number]
        if sign.kind != "words" or text.startswith("%", sign.start):
            continue
        before = signs[seen[at - 1]].kind if at else "break"
        after = signs[seen[at + 1]].kind if at + 1 < len(seen) else "break"
        said = sign.value.strip()
        if not said or said in ".,;":
            out[number] = replace(sign, kind="stop")
            continue
        plain = not said.startswith("(") and word_use(said) != "joining" and not sign.value.startswith(("if ", "for "))
        related = before in ("relation", "operator") or after in ("relation", "operator")
        if (plain and related) or (sign.single and word_use(said) == "remark"):
            out[number] = replace(sign, kind="operand")
    return out


class _Line:
    """One line of a formula as it is set, with the break before it."""

    def __init__(self, ends: Sign | None, signs: list[Sign]) -> None:
        self.ends = ends
        self.signs = signs
        seen = [sign for sign in signs if sign.kind not in _UNSEEN]
        self.first = seen[0] if seen else None
        self.last: SignKind = seen[-1].kind if seen else "space"
        self.related = any(sign.kind == "relation" for sign in seen)
        self.indented = next((sign.kind == "column" for sign in signs if sign.kind not in ("space", "cut", "wide")), False)

    def continues(self, before: _Line, whole: bool) -> bool:
        """Whether this line goes on with the statement of the one before."""
        first = self.first
        if first is None or whole or first.kind == "relation" or before.last in ("operator", "relation"):
            return True
        if first.kind == "words":
            return word_use(first.value) in ("conditional", "remark") and not self.related
        if first.kind == "operator":
            return not self.related or self.indented or first.value not in _ADDITIVE
        return self.indented and not self.related and before.related and before.last not in ("comma", "stop", "semicolon")

    def columns(self, related: bool) -> list[Sign]:
        """The signs with the columns cut, save those that separate statements; ``related``: a relation goes before in the statement."""
        follows = self._relations_after()
        out: list[Sign] = []
        filled = related
        begun = False
        for number, sign in enumerate(self.signs):
            begun = begun or sign.kind not in _UNSEEN
            if sign.kind == "wide" and not begun:
                sign = replace(sign, kind="cut")
            elif sign.kind == "relation":
                related, filled = True, False
            elif sign.kind in ("wide", "comma", "semicolon", "joint", "words"):
                related = related and sign.kind in ("wide", "comma")
            elif sign.kind in ("operand", "cases"):
                filled = True
            if sign.kind == "column":
                following = next((other.kind for other in self.signs[number + 1 : number + 6] if other.kind not in _UNSEEN), "space")
                separates = related and filled and follows[number] and following not in ("relation", "operator", "words")
                sign = replace(sign, kind="wide" if separates else "cut")
                related = related and not separates
            out.append(sign)
        return out

    def _relations_after(self) -> list[bool]:
        found, out = False, []
        for sign in reversed(self.signs):
            out.append(found)
            found = found or sign.kind == "relation"
        return out[::-1]


def _lines(signs: Sequence[Sign]) -> list[_Line]:
    lines: list[_Line] = []
    ends: Sign | None = None
    current: list[Sign] = []
    for sign in signs:
        if sign.kind == "break":
            lines.append(_Line(ends, current))
            ends, current = sign, []
        else:
            current.append(sign)
    return [*lines, _Line(ends, current)]


def _spaced(signs: Sequence[Sign]) -> list[Sign]:
    """Wide space beside a relation or an operator, or at the beginning of a line, separates nothing."""
    seen = [sign for sign in signs if sign.kind not in ("space", "cut")]
    kept: set[int] = set()
    before: SignKind = "break"
    for number, sign in enumerate(seen):
        if sign.kind != "wide":
            before = sign.kind
            continue
        after = seen[number + 1] if number + 1 < len(seen) else None
        glued = before in ("relation", "operator", "break") or (after is not None and after.kind == "relation")
        if after is not None and after.kind == "operator" and before != "comma":
            glued = True
        if not glued:
            kept.add(sign.start)
    return [replace(sign, kind="cut") if sign.kind == "wide" and sign.start not in kept else sign for sign in signs]
