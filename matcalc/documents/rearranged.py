"""Equations that say in another form what the equation above them says: its terms on other sides, or a side of it kept."""

from __future__ import annotations

from matcalc.base.lazy import pattern
from matcalc.documents.rows import Row

_UNSEEN = pattern(r"\s+|\\(?:left|right|[bB]igg?[lr]?)(?![A-Za-z])|\\[,;:! ]|\{\}")
_OPENING, _CLOSING = "([{", ")]}"


def is_rearranged(row: Row, above: Row) -> bool:
    r"""Whether an equation is the one above it in another form: ``AX = B`` below ``AX - B = 0``."""
    if row.right is None or above.right is None:
        return False
    sides, before = ([_bare(side) for side in (one.left.text, one.right.text)] for one in (row, above) if one.right is not None)
    if any(side in before and side != "0" for side in sides):
        return True
    known = {term for side in before for term in terms_of(side)} | {"0"}
    return known.issuperset(term for side in sides for term in terms_of(side))


def terms_of(side: str) -> list[str]:
    """What the signs outside of brackets separate, without these and without space.

    >>> terms_of(r"-A^{-1} B + (C - D)")
    ['A^{-1}B', '(C-D)']
    """
    depth, found = 0, [""]
    text = _bare(side)
    for at, sign in enumerate(text):
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if not depth and sign in "+-" and text[at - 1 : at] not in ("^", "_"):
            found.append("")
        else:
            found[-1] += sign
    return [term for term in found if term]


def _bare(side: str) -> str:
    return _UNSEEN.sub("", side)
