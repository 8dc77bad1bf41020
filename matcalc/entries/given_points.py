"""Points as people write them: ``x=[1,2], A=[1 2; 3 4], c=1/2`` and the value of a result there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from itertools import accumulate, zip_longest
from math import isinf
from typing import Any

from matcalc.base.errors import LimitError, MatcalcError, ParseError, Span
from matcalc.base.lazy import pattern
from matcalc.evaluation.interpreter import evaluate
from matcalc.expr.nodes import Symbol, postorder
from matcalc.language import elaborate
from matcalc.language.text.spelling import canonical_name, is_name

_OPENING, _CLOSING = "([{", ")]}"
_WRAPPED = pattern(r"(?:[A-Za-z]+\.)?(?:array|asarray|tensor|matrix|Matrix|mat|vector|list|tuple)\s*\((.*)\)", re.DOTALL)
_ROW = pattern(r"\[[^\[\],;\n]*\]")
_LITERAL = pattern(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_TIGHT = pattern(r"\s*([*/^])\s*")
_LOOSE = pattern(r"(?<=\S)\s+([-+])\s+(?=\S)")
_DIGITS = 10
_TRANSPOSES = ("'", "ᵀ", ".T")
MOST_AXES, MOST_BRACKETS = 20, 10_000


def point_of(text: str) -> dict[str, Any]:
    """The values that a text gives to names: numbers, lists, MATLAB's rows between semicolons.

    Raises ParseError for what is not understood.

    >>> point_of("x=[1,2], A=[[1,2],[3,4]]"), point_of("A = [1 2; 3 -4]; c = 1/2; n=3")
    ({'x': [1, 2], 'A': [[1, 2], [3, 4]]}, {'A': [[1, 2], [3, -4]], 'c': 0.5, 'n': 3})
    """
    found: dict[str, Any] = {}
    text = text.replace("−", "-").replace("\u00a0", " ")
    if text.count("[") > MOST_BRACKETS or _depth(text) > MOST_AXES:
        raise LimitError("the values have too many brackets", expected="arrays of a few axes")
    for start, part in _parts(text, ",;\n"):
        if not part.strip():
            continue
        name, sign, value = _divided(part)
        span = Span(start, start + len(part.rstrip()))
        if not sign or not is_name(name.strip()) or not value.strip():
            raise ParseError(
                "a name with its value is expected here", text=text, span=span, suggestion="x=[1,2], A=[[1,2],[3,4]]"
            )
        if canonical_name(name) in found:
            raise ParseError(f"{name.strip()} is given two values", text=text, span=span)
        try:
            found[canonical_name(name)] = _whole(value.strip())
        except MatcalcError as error:
            suggestion = error.suggestion or "numbers, [1,2] for a vector, [[1,2],[3,4]] or [1 2; 3 4] for a matrix"
            raise ParseError(
                f"the value of {name.strip()}: {error.message}", text=text, span=span, suggestion=suggestion
            ) from None
    if not found:
        raise ParseError("no values are given", suggestion="x=[1,2], A=[[1,2],[3,4]]")
    return found


def _depth(text: str) -> int:
    """How deep brackets stand within one another."""
    return max(accumulate([(character in _OPENING) - (character in _CLOSING) for character in text]), default=0)


def _divided(part: str) -> tuple[str, str, str]:
    """Name and value, with an equals sign or a colon between them."""
    place = min([part.find(sign) for sign in "=:" if sign in part], default=-1)
    if place < 0:
        return part, "", ""
    return part[:place], part[place], part[place + 1 :].removeprefix("=")


def _parts(text: str, signs: str) -> list[tuple[int, str]]:
    """The parts between signs that stand outside brackets, with their places."""
    found, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += (character in _OPENING) - (character in _CLOSING)
        if character in signs and depth <= 0:
            found.append((start, text[start:place]))
            start = place + 1
    return [*found, (start, text[start:])]


def _whole(text: str) -> Any:
    """The value of a name; MATLAB's ``[1 2]`` is a row."""
    value = _value(text)
    is_row = _ROW.fullmatch(text) is not None and isinstance(value, list) and len(value) > 1
    return [value] if is_row else value


def _value(text: str) -> Any:
    """A number, or lists of numbers."""
    if not text:
        raise ParseError("a number is missing")
    wrapped = _WRAPPED.fullmatch(text)
    if wrapped is not None:
        return _value(wrapped[1].strip())
    if text.endswith(_TRANSPOSES) and text[0] in _OPENING:
        end, turned = len(text), False
        while mark := next((mark for mark in _TRANSPOSES if text.endswith(mark, 0, end)), ""):
            end, turned = end - len(mark), not turned
        value = _value(text[:end].rstrip())
        return _transposed(value) if turned else value
    if text[0] == "[" or (text[0] == "(" and len(_parts(text[1:-1], ",")) > 1):
        if text[-1] != ("]" if text[0] == "[" else ")"):
            raise ParseError("a bracket is not closed, or something follows it")
        return _list(text[1:-1])
    return _number(text, scalar=False)


def _list(text: str) -> list[Any]:
    """What stands between brackets: lists, entries, or rows of entries between semicolons."""
    rows = [row.strip() for _, row in _parts(text, ";\n") if row.strip()]
    if len(rows) > 1 and not any(row.startswith("[") for row in rows):
        return [_entries(row) for row in rows]
    return [entry for row in rows for entry in _entries(row.rstrip(","))]


def _entries(row: str) -> list[Any]:
    """The entries of a row, between commas or spaces."""
    if "[" in row or "(" in row:
        parts = [part.strip() for _, part in _parts(row, ",")]
        if len(parts) == 1 and row.startswith("["):
            parts = [part.strip() for _, part in _parts(row, " ") if part.strip()]
        return [_value(part) for part in parts]
    joined = _LOOSE.sub(r"\1", _TIGHT.sub(r"\1", row.strip()))
    return [_number(part) for part in joined.replace(",", " ").split()]


def _number(text: str, *, scalar: bool = True) -> Any:
    """A number, or a formula without symbols such as ``1/2``, ``pi/4`` or, unless a ``scalar`` is
    asked for, ``eye(2)``."""
    if _LITERAL.fullmatch(text):
        value = float(text)
        if isinf(value):
            raise ParseError("the number is too large")
        return int(text) if text.lstrip("+-").isdecimal() else value
    read = elaborate(text)
    if any(isinstance(node, Symbol) for node in postorder(read.expression)):
        raise ParseError(f"{text!r} is no number")
    found = evaluate(read.expression, {})
    if found.ndim and scalar:
        raise ParseError(f"{text!r} is no number")
    return found.tolist()


def _transposed(value: Any) -> Any:
    if not isinstance(value, list) or not value or not isinstance(value[0], list):
        return value
    if len({len(row) for row in value}) > 1:
        raise ParseError("the rows of a matrix have different lengths")
    return [list(column) for column in zip_longest(*value)]


def value_at(call: Callable[..., Any], declarations: Mapping[str, str], sizes: Iterable[str], values: Mapping[str, Any]) -> Any:
    """The value of a callable that ignores names it does not know. Raises MatcalcError for such
    names, and for values that do not fit."""
    known = [*declarations, *sizes]
    given = {canonical_name(name): value for name, value in values.items()}
    for name, value in given.items():
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5) or [other for other in known if other.lower() == name.lower()]
            raise MatcalcError(
                f"{name} is no symbol of this formula",
                expected=f"values for {', '.join(declarations)}" if declarations else None,
                suggestion=f"{near[0]}=..." if near else None,
            )
        if isinstance(value, list) and _ragged(value):
            raise MatcalcError(f"the rows given for {name} have different lengths", suggestion=f"{name}=[[1,2],[3,4]]")
    return call(**given)


def _ragged(value: list[Any]) -> bool:
    lengths = {len(part) if isinstance(part, list) else -1 for part in value}
    return len(lengths) > 1 or any(_ragged(part) for part in value if isinstance(part, list))


def shown(value: Any) -> str:
    """A number or an array as text.

    >>> shown(2.0), shown([[1.0, 0.5], [1e-20, 3.0]])
    ('2', '[[1, 0.5], [1e-20, 3]]')
    """
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join([shown(part) for part in value]) + "]"
    return f"{value:.{_DIGITS}g}"
