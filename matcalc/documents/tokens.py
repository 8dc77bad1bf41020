"""Formulas as tokens with their brackets paired, for texts of any sort: what does not match is left without a partner."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from matcalc.documents.cues import environments, joints, relations
from matcalc.documents.pieces import Notation


@dataclass(frozen=True, slots=True)
class Raw:
    """One unit of a formula; ``kind`` is a group of the patterns below, and ``name`` the command or environment without its backslash."""

    kind: str
    text: str
    start: int
    end: int
    name: str = ""


_TABLE = r"(?:\s*\{(?:[^{}\n]|\{[^{}\n]{0,20}\}){0,60}\})?"
_LATEX = r"""
    (?P<break>\\\\\*?(?:[ \t]*\[\s*-?[\d.]+\s*[a-z]{2}\s*\])?)
  | \\begin\s*\{(?P<begin>[A-Za-z]*array|tabularx?|x?alignat|alignedat|(?:sub)?numcases|empheq)\*?\}(?:\[[^\]\n]{0,20}\])?TABLE
  | \\begin\s*\{(?P<begin_other>[A-Za-z]+)\*?\}(?:\[[^\]\n]{0,20}\])?
  | \\end\s*\{(?P<end>[A-Za-z]+)\*?\}
  | \\left(?![A-Za-z])\s*(?P<left>\\[A-Za-z]+|\\.|.)
  | \\right(?![A-Za-z])\s*(?P<right>\\[A-Za-z]+|\\.|.)
  | (?P<open>\\(?:\{|langle(?![A-Za-z]))) | (?P<close>\\(?:\}|rangle(?![A-Za-z])))
  | \\(?P<command>[A-Za-z]+)(?:(?<=operatorname)\*|(?<=tag)\*|(?<=hspace)\*)?
  | (?P<escape>\\.|\\\Z)
  | (?P<space>[\s~\u200b]+)
  | (?P<comment>%[^\n]*)
"""
_PLAIN = r"""
    (?P<break>\n)
  | (?P<space>(?:[ \t\r\f\v\u00a0\u2000-\u200b]|\.\.\.[ \t]*\n)+)
  | (?P<comment>(?:[#%]|//)[^\n]*)
  | (?P<string>"[^"\n]*")
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d_]\w*)
  | (?P<operand>\.['*/^](?!\s*=))
"""
_BOTH = r"""
    (?P<dots>\.\.\.|…|⋯)
  | (?P<digits>\d+(?:\.\d+)?)
  | (?P<brace>\{) | (?P<unbrace>\})
  | (?P<soft>[(\[]) | (?P<unsoft>[)\]])
  | (?P<column>&)
"""
_OPENING = {"brace": "brace", "begin": "begin", "left": "left", "soft": "soft", "open": "soft"}
_CLOSING = {"unbrace": "brace", "end": "begin", "right": "left", "unsoft": "soft", "close": "soft"}


def _compiled(own: str) -> re.Pattern[str]:
    signs = [sign for sign in [*relations(), *joints()] if not sign.isalpha() and sign != "~"]
    several = "|".join(re.escape(sign).replace(":=", r":\s*=") for sign in sorted(signs, key=lambda sign: (-len(sign), sign)))
    pattern = rf"{own.replace('TABLE', _TABLE)} | (?P<sign>{several}) | {_BOTH} | (?P<char>.)"
    return re.compile(pattern, re.VERBOSE | re.DOTALL)


_PATTERNS: dict[Notation, re.Pattern[str]] = {}


def tokens_of(text: str, notation: Notation) -> list[Raw]:
    """The tokens of a formula; together they are the whole of it."""
    if notation not in _PATTERNS:
        _PATTERNS[notation] = _compiled(_LATEX if notation == "latex" else _PLAIN)
    found: list[Raw] = []
    for match in _PATTERNS[notation].finditer(text):
        kind = match.lastgroup or "char"
        found.append(Raw(kind.removesuffix("_other"), match[0], match.start(), match.end(), match[kind] if match[kind] != match[0] else ""))
    return _without_splits(found) if notation == "latex" else found


def _without_splits(tokens: list[Raw]) -> list[Raw]:
    r"""The tokens with ``\right.`` at the end of a line and ``\left.`` on the next, which hold one bracket together, as splits."""
    waiting: int | None = None
    broken = False
    for position, token in enumerate(tokens):
        if token.kind == "right" and token.name == ".":
            waiting, broken = position, False
        elif token.kind == "left" and token.name == "." and waiting is not None and broken:
            for place in (waiting, position):
                tokens[place] = replace(tokens[place], kind="split")
            waiting = None
        elif token.kind == "break":
            broken = True
        elif token.kind not in ("space", "column", "comment") and not (token.kind == "command" and token.name in _BETWEEN):
            waiting = None
    return tokens


_BETWEEN = frozenset(["quad", "qquad", "nonumber", "notag"])


def partners_of(tokens: Sequence[Raw]) -> dict[int, int]:
    """For each bracket, brace, ``\\left`` and ``\\begin`` with a partner the place of that, both ways.

    Braces, ``\\left`` and environments close what was left open in them; round and square brackets may close each other: ``[0, 1)``.
    """
    partner: dict[int, int] = {}
    opened: list[int] = []
    waiting: Counter[str] = Counter()
    for position, token in enumerate(tokens):
        if token.kind in _OPENING:
            opened.append(position)
            waiting[_OPENING[token.kind]] += 1
            continue
        wanted = _CLOSING.get(token.kind)
        if wanted is None or not waiting[wanted] or (wanted == "soft" and _OPENING[tokens[opened[-1]].kind] != "soft"):
            continue
        while True:
            place = opened.pop()
            kind = _OPENING[tokens[place].kind]
            waiting[kind] -= 1
            if kind == wanted:
                break
        partner[place], partner[position] = position, place
    return partner


def is_row_environment(name: str, tables: bool = False) -> bool:
    """Whether the rows of an environment are rows of the formula it stands in."""
    return name in environments("tables" if tables else "rows")


def spelled(token: Raw, table: Mapping[str, str]) -> str | None:
    """The sign that a token is in a table of signs."""
    if token.kind == "command":
        return table.get(token.name)
    if token.kind in ("sign", "char") or token.text == "in":
        return table.get("".join(token.text.split())) if token.text != "~" else None
    return None


_BRACKETS = {"(": ")", "[": "]", "{": "}"}


def closing(text: str, start: int, bracket: str) -> int:
    """The place behind the bracket that closes the one before ``start``; 0 without one."""
    depth = 1
    for at in range(start, len(text)):
        depth += (text[at] == bracket) - (text[at] == _BRACKETS[bracket])
        if not depth:
            return at + 1
    return 0


_RIGHT = re.compile(r"\s*\\(?:right|[bB]igg?r?)\s*\Z")


def bracketed(text: str, opened: re.Match[str] | None, bracket: str = "(") -> tuple[str, int] | None:
    r"""What stands in the bracket that ``opened`` ends with, without the ``\right`` of its end, and the place behind; None without an end.

    >>> bracketed(r"f\left(x + 1\right) y", re.match(r"f\\left\(", r"f\left(x + 1\right) y"))
    ('x + 1', 19)
    """
    end = 0 if opened is None else closing(text, opened.end(), bracket)
    return None if opened is None or not end else (_RIGHT.sub("", text[opened.end() : end - 1]), end)
