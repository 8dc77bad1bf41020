r"""Diagonal matrices by their first and last entries: ``\mathrm{diag}(w_1, \dots, w_n)`` is that of all ``w_i``."""

from __future__ import annotations

from matcalc.base.lazy import pattern
from matcalc.documents.context.names import names_at
from matcalc.documents.tokens import closing

_DIAG = pattern(
    r"\\(?:(?:mathrm|operatorname|text|textrm|mathop|rm)\s*\{\s*[dD]iag\s*\}|[dD]iag(?![A-Za-z]))\s*(?:\\left|\\[bB]igg?l?)?\s*(?P<open>[(\[{])"
)
_DOTS = pattern(r"\s*,?\s*(?:\\(?:[lc]?dots|dotsc|dotsb|hdots)(?![A-Za-z])|\.\.\.|…|⋯)\s*,?\s*")
_LAST = pattern(r"_\s*(?:\{\s*(?P<braced>[A-Za-z])\s*\}|(?P<bare>[A-Za-z])(?![A-Za-z]))")
_CLOSE = pattern(r"(?:\\(?:right|[bB]igg?r?))?\s*\Z")
_INDICES = "ijkl"


def with_listed_diagonals(text: str) -> str:
    r"""A formula in which a diagonal is said entry by entry.

    >>> with_listed_diagonals(r"A \operatorname{diag}(s_1^2, s_2^2, \dots, s_r^2)")
    'A \\operatorname{diag}(\\operatorname{tensor}(i, s_{i}^2))'
    >>> with_listed_diagonals(r"\operatorname{diag}(a_1, \dots, b_n)")
    '\\operatorname{diag}(a_1, \\dots, b_n)'
    """
    for found in reversed(list(_DIAG.finditer(text))):
        end = closing(text, found.end(), found["open"])
        entry = _entry(_CLOSE.sub("", text[found.end() : end - 1])) if end else None
        if entry is not None:
            text = rf"{text[: found.start()]}\operatorname{{diag}}(\operatorname{{tensor}}({entry[0]}, {entry[1]})){text[end:]}"
    return text


def listed_names(text: str) -> frozenset[str]:
    r"""The names of the entries in such diagonals, which are those of vectors.

    >>> sorted(listed_names(r"\operatorname{diag}(s_1^2, \dots, s_r^2)"))
    ['s']
    """
    found = list(_WRITTEN.finditer(with_listed_diagonals(text)))
    names = [(at, one["index"]) for one in found for at in names_at(one["entry"])]
    return frozenset(at.base for at, index in names if at.name == f"{at.base}_{index}")


_WRITTEN = pattern(r"\\operatorname\{diag\}\(\\operatorname\{tensor\}\((?P<index>[ijkl]), (?P<entry>[^()]*)\)\)")


def _entry(listed: str) -> tuple[str, str] | None:
    """The index and the formula of any entry of a list; None for a list of other things."""
    parts = _DOTS.split(listed)
    if len(parts) != len(("first", "last")):
        return None
    last = parts[1].strip()
    letters = {one["braced"] or one["bare"] for one in _LAST.finditer(last)}
    if len(letters) != 1 or "," in last:
        return None
    size = letters.pop()
    firsts = [part.strip() for part in parts[0].split(",")]
    if any(_LAST.sub(rf"_{{{number}}}", last) != _numbered(part, number) for number, part in enumerate(firsts, 1)):
        return None
    index = next(letter for letter in _INDICES if letter != size)
    return index, _LAST.sub(rf"_{{{index}}}", last)


_NUMBER = pattern(r"_\s*(?:\{\s*(\d)\s*\}|(\d))")


def _numbered(part: str, number: int) -> str:
    """An entry with its number in braces."""
    return _NUMBER.sub(lambda found: rf"_{{{found[1] or found[2]}}}", part) if number else part
