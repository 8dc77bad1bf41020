r"""Commands that nobody in sight defines: those of packages, such as ``\pdv``, and bold letters, such as ``\x`` and ``\bA``.

A chapter without its preamble, a page whose macros stand in another file and a formula that was pasted have them. What they stand for is
said in ``rules/latex_commands.toml``; a single letter is believed to be one where it stands as operands do.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from matcalc.base.files import read
from matcalc.base.lazy import pattern
from matcalc.language.latex.latex_commands import is_known_command
from matcalc.language.latex.latex_parameters import Macro, specified
from matcalc.language.text.spelling import GREEK_NAMES, SPELLED_GREEK

_COMMENT = pattern(r"(?<!\\)%[^\n]*")
_CALL = pattern(r"\\([A-Za-z]+)")
_OPENS = pattern(
    r"(?:^|[({\[=+\-,&|_;:]|\\(?:left|big|Big|bigg|Bigg)l?[(\[|]|\\(?:nabla|partial|in|cdot|times|quad))\s*\\([A-Za-z])(?![A-Za-z])"
)
"""A command of one letter where an operand begins: what stands behind an operand does not stand there."""
_CLOSES = pattern(r"\\([A-Za-z])(?![A-Za-z])\s*(?:$|[)}\]=+\-,&|_^;:.]|\\(?:right|[bB]igg?r|in|cdot|times|quad|qquad|\\))")
"""One where an operand ends: what stands before an operand or between two does not stand there."""


def conventional(text: str, defined: Collection[str] = (), used: Collection[str] | None = None) -> dict[str, Macro]:
    r"""What those commands of a text stand for that are not read and not ``defined``. Single letters count where they are among
    those that are ``used`` as operands in a document, or else in the text itself.

    >>> sorted(conventional(r"\nabla_\x (\x^\top \bA \x) = \pdv{f}{\x}, \foo \A"))
    ['bA', 'pdv', 'x']
    """
    names = [name for name in dict.fromkeys(_CALL.findall(text)) if name not in defined and not _is_read(name)]
    found = {name: macro for name in names if (macro := _macro(name)) is not None}
    letters = {name for name in found if len(name) == 1}
    doubtful = letters.difference(operands(text) if used is None else used) if letters else letters
    return {name: macro for name, macro in found.items() if name not in doubtful}


def is_letter(name: str) -> bool:
    r"""Whether a command stands for a letter by its name alone: the reader is told so."""
    return _letter(name) is not None and name not in _commands()


def _is_read(name: str) -> bool:
    return is_known_command(name) or name in SPELLED_GREEK or name in GREEK_NAMES.values()


def operands(text: str) -> frozenset[str]:
    """Commands of one letter that stand as operands do: at the beginning of one and at the end."""
    text = _COMMENT.sub("", text)
    return frozenset(_OPENS.findall(text)) & frozenset(_CLOSES.findall(text))


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(read("rules", "latex_commands.toml"))


@cache
def _commands() -> Mapping[str, Macro]:
    table = _table()
    found: dict[str, Macro] = {}
    for name, (taken, body) in table["commands"].items():
        parameters = specified(taken)
        assert parameters is not None, name
        found |= dict.fromkeys([name, *table["spellings"].get(name, ())], Macro(body, parameters))
    return found


def _macro(name: str) -> Macro | None:
    known = _commands().get(name)
    if known is not None:
        return known
    letter = _letter(name)
    return None if letter is None else Macro(rf"\mathbf{{{letter}}}")


@cache
def _letter(name: str) -> str | None:
    letters = _table()["letters"]
    if len(name) == 1:
        return None if name in letters["others"] else name
    if name in letters["words"]:
        return None
    rest = next((name[len(prefix) :] for prefix in sorted(letters["prefixes"], key=len, reverse=True) if name.startswith(prefix)), "")
    if len(rest) == 1:
        return rest
    return f"\\{rest}" if rest in SPELLED_GREEK or rest in GREEK_NAMES.values() else None
