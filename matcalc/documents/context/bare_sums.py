r"""Sums whose index is left out, ``\sum (y_i - \hat{y}_i)^2``: they run over the one index that stands behind them."""

from __future__ import annotations

from collections.abc import Set

from matcalc.base.lazy import pattern
from matcalc.documents.tokens import closing

_INDEX = "[i-np-s]"
_SUM = pattern(
    r"\\sum(?![A-Za-z])(?P<limits>\s*\\limits)?(?!\s*_)(?P<above>\s*\^\s*(?:\{[^{}]{1,12}\}|\w))?(?!\s*(?:[_^]|\\limits|['′/=+)}]|\Z))"
)
_BOUND = pattern(r"\\sum(?:\s*\\limits)?(?:\s*\^\s*(?:\{[^{}]*\}|\w))?\s*_\s*(?:\{\s*([a-z])(?![A-Za-z])|([a-z])(?![A-Za-z]))")
_SUBSCRIPT = pattern(rf"_\s*(?:(?P<one>{_INDEX})(?![A-Za-z])|\{{\s*(?P<run>{_INDEX}(?:\s*,?\s*{_INDEX})?)\s*\}})")
_SAMPLE = pattern(rf"\^\s*\{{\s*[(\[]\s*(?P<one>{_INDEX})\s*[)\]]\s*\}}")
_OPENING = {"(": "(", "[": "[", "{": "{"}
_ENDS = frozenset(")]}&=")


def with_indices(text: str, free: Set[str] = frozenset()) -> str:
    r"""A formula in which each sum has its index, where only one can be meant: none of those that are ``free`` in the equation.

    >>> with_indices(r"\frac{1}{m}\sum (w x_i - y_i)^2 + \sum^n z_j")
    '\\frac{1}{m}\\sum_{i} (w x_i - y_i)^2 + \\sum_{j}^n z_j'
    >>> with_indices(r"\sum x_{ij} + \sum_i x_i + \sum^{n}_{j=1} z_j")
    '\\sum x_{ij} + \\sum_i x_i + \\sum^{n}_{j=1} z_j'
    """
    for found in reversed(list(_SUM.finditer(text))):
        letters = _letters(text[found.end() : _end(text, found.end())]) - free
        if len(letters) == 1:
            index = rf"_{{{letters.pop()}}}"
            text = rf"{text[: found.start()]}\sum{found['limits'] or ''}{index}{(found['above'] or '').strip()}{text[found.end() :]}"
    return text


def _letters(summed: str) -> set[str]:
    """The indices in what is summed that no other sum binds."""
    found = {one["one"] for one in _SAMPLE.finditer(summed)}
    found |= {letter for one in _SUBSCRIPT.finditer(summed) for letter in one["one"] or one["run"] if letter.isalpha()}
    return found - {one[1] or one[2] for one in _BOUND.finditer(summed)}


def _end(text: str, start: int) -> int:
    """Where what is summed ends: at a sign of addition that stands in no bracket, or with the bracket around the sum."""
    at, begun = start, False
    while at < len(text):
        sign = text[at]
        if sign == "\\" and at + 1 < len(text):
            at += 2
            continue
        if sign in _ENDS or (sign in "+-" and begun):
            return at
        at = (closing(text, at + 1, sign) or len(text)) if sign in _OPENING else at + 1
        begun = begun or not sign.isspace()
    return len(text)
