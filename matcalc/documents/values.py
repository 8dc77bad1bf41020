r"""Values as they are written: numbers, arrays entry by entry, lists of coordinates, and the names that get them.

``x^0 = [3, 1]^\top`` gives a value to a point with a number above it, which is no power.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from matcalc.base.lazy import pattern
from matcalc.documents.heads import head_of
from matcalc.documents.pieces import Notation
from matcalc.documents.rows import Row
from matcalc.documents.shapes import holds
from matcalc.documents.tokens import bracketed, closing

_FONT = r"\\(?:mathbf|boldsymbol|bm|vec|pmb|bs)"
_POINT = pattern(
    rf"(?P<base>{_FONT}\s*\{{\s*[a-z]\s*\}}|{_FONT}\s+[a-z]|[a-z])\s*\^\s*(?:(?P<digit>\d)|\{{\s*(?P<braced>\d|\(\d+\))\s*\}}|(?P<round>\(\d+\)))"
)
_POINT_INSIDE = pattern(rf"(?P<font>{_FONT})\s*\{{\s*(?P<letter>[a-z])\s*\^\s*\{{?\s*(?P<digit>\d)\s*\}}?\s*\}}")
_TURNED = r"(?:\s*\^\s*(?:\{\s*(?:T|\\top|\\intercal|\\mathsf\{T\})\s*\}|T|\\top|\\intercal))?"
_LIST = pattern(r"\s*(?:\\left|\\[bB]igg?l?)?\s*(?P<bracket>[(\[])")
_BEHIND_LIST = pattern(rf"{_TURNED}[\s.,;]*")
_ARRAY = pattern(
    r"\s*(?:\\left)?[(\[]?\s*\\begin\s*\{(?P<name>[bp]?(?:small)?matrix|array)\}.*\\end\s*\{(?P=name)\}\s*(?:\\right)?[)\]]?"
    rf"{_TURNED}[\s.,;]*",
    re.DOTALL,
)
_FURNITURE = pattern(
    r"\\(?:begin|end)\s*\{[A-Za-z]+\}(?:\s*\{[lcr|]+\})?|\^\s*\{?\s*T\s*\}?|\\[\\,;:! ]"
    r"|\\(?:left|right|[tdc]?frac|sqrt|pi|top|intercal|cdot|quad|[bB]igg?[lr]?)(?![A-Za-z])"
)
"""What stands in values besides numbers."""
_DIGIT = pattern(r"\d")


@dataclass(frozen=True, slots=True)
class Value:
    """What a name gets as a value: as it is written, and in the language."""

    name: str
    written: str
    text: str
    is_array: bool

    @property
    def is_numeric(self) -> bool:
        """Whether it is made of numbers alone."""
        return is_numeric(self.text)


def value_given(row: Row, notation: Notation) -> Value | None:
    """The value that a row gives to the name at its beginning; None for another row."""
    if notation != "latex" or row.right is None or row.relation not in ("=", ":="):
        return None
    text = as_list(row.right.text)
    if not is_value(text):
        return None
    is_array = _ARRAY.fullmatch(text) is not None or _is_list(text)
    point = _POINT.fullmatch(row.first.text.strip()) or _POINT_INSIDE.fullmatch(row.first.text.strip())
    head = head_of(row.first.text, notation)
    if point is not None and is_array:
        written = _as_name(point)
        named = head_of(written)
        return None if named is None else Value(named.name, written, text, True)
    return None if head is None or head.arguments else Value(head.name, row.first.text.strip(), text, is_array)


def is_value(text: str) -> bool:
    """Whether a side is made of numbers alone, or is an array without omissions."""
    if holds(text, "cases") or holds(text, "ellipsis"):
        return False
    if is_numeric(text):
        return _DIGIT.search(text) is not None
    return _ARRAY.fullmatch(text) is not None or _is_list(text)


def is_numeric(text: str) -> bool:
    """Whether a value is made of numbers alone."""
    return re.search(r"[A-Za-z]", _FURNITURE.sub(" ", text)) is None


def as_list(text: str) -> str:
    r"""A side with square brackets for the round ones of a list of coordinates, which are those of a column.

    >>> as_list(r"\left(1, -2\right)"), as_list("(a + b)(c, d)")
    ('[1, -2]^\\top', '(a + b)(c, d)')
    """
    opened = _LIST.match(text)
    found = bracketed(text, opened) if opened is not None and opened["bracket"] == "(" else None
    if found is None or _BEHIND_LIST.fullmatch(text, found[1]) is None:
        return text
    inside, end = found
    behind = text[end:] if "^" in text[end:] else rf"^\top{text[end:]}"
    return f"[{inside}]{behind}" if _commas(inside) else text


def coordinates_of(text: str) -> tuple[str, ...]:
    r"""The entries of a list of coordinates; none of another value.

    >>> coordinates_of("[1, -2]"), coordinates_of("3")
    (('1', '-2'), ())
    """
    opened = _LIST.match(text)
    found = bracketed(text, opened, opened["bracket"]) if opened is not None and _is_list(text) else None
    inside = "" if found is None else found[0]
    return tuple([part.strip() for part in inside.split(",")]) if inside and not re.search(r"[(\[{]", inside) else ()


def _is_list(text: str) -> bool:
    opened = _LIST.match(text)
    end = closing(text, opened.end(), opened["bracket"]) if opened is not None else 0
    return bool(opened is not None and end and _commas(text[opened.end() : end - 1]) and _BEHIND_LIST.fullmatch(text, end))


def _commas(inside: str) -> bool:
    """Whether commas stand in a text outside of brackets."""
    depth = 0
    for sign in inside:
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and not depth:
            return True
    return False


def _as_name(point: re.Match[str]) -> str:
    found = point.groupdict()
    if "letter" in found:
        return f"{found['font']}{{{found['letter']}}}_{{{found['digit']}}}"
    number = (found["digit"] or found["braced"] or found["round"]).strip("()")
    return f"{found['base']}_{{{number}}}"


def with_points(text: str, names: frozenset[str]) -> str:
    r"""A formula in which points with a number above them have these names.

    >>> with_points(r"\nabla f(\mathbf{x}^0) - 2 y^0", frozenset(["x_0"]))
    '\\nabla f(\\mathbf{x}_{0}) - 2 y^0'
    """

    def named(found: re.Match[str]) -> str:
        written = _as_name(found)
        head = head_of(written)
        return written if head is not None and head.name in names else found[0]

    return _POINT.sub(named, _POINT_INSIDE.sub(named, text))
