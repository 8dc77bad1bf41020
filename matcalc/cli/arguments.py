"""What came from the shell: expressions in quotes and on standard input, what the shell took away,
and what messages repeat of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from matcalc.base.files import decoded, plain
from matcalc.base.lazy import pattern
from matcalc.base.records import record
from matcalc.interface.console import say

Value = TypeVar("Value")
_MIRRORED = pattern(r"(?<![^\W\d])([a-z])[A-Z]+[0-9]*\1(?![^\W\d])")
"""``xAx``: what is left of ``x'Ax`` without its quote."""
_COMMANDS = ("frac", "partial", "mathbf", "mathrm", "operatorname", "lVert", "rVert", "cdot", "left", "right", "text", "nabla")
_TRANSPOSES = ("top", "intercal")
_BARE_LATEX = pattern(rf"(?<![\\\w])({'|'.join(_COMMANDS)})\s*[{{_^|(]|\^\s*({'|'.join(_TRANSPOSES)})\b")


@record
class Given:
    """The name of the command, the words of its expression, and its options."""

    command: str = "matcalc"
    words: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


_NOTHING = Given()
GIVEN: ContextVar[Given] = ContextVar("given", default=_NOTHING)
EXPLAINS: ContextVar[bool] = ContextVar("explains", default=False)
"""Whether the command is asked to say all about how its formula is read."""


@contextmanager
def holding(variable: ContextVar[Value], value: Value) -> Iterator[None]:
    """The variable has the value until the command ends."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


def read_expression(expression: str) -> str:
    """The expression given, or standard input when it is ``-``, without quotes around it."""
    text = standard_input() if expression.strip() == "-" else expression
    if len(GIVEN.get().words) > 1:
        say(f"{'read as:':<10}{text}  (in double quotes it is safe from the shell)", err=True)
    text = plain(text).strip()
    for opening, closing in ("''", '""', "‘’", "``"):
        if len(text) > 1 and text[0] == opening and text[-1] == closing:
            return text[1:-1].strip()
    return text


def standard_input() -> str:
    """All of standard input, as UTF-8, or UTF-16 with its mark, as some shells write it."""
    return decoded(sys.stdin.buffer.read())


def damage(text: str, words: Sequence[str]) -> str | None:
    """What a shell seems to have taken away from an expression that could not be read; None when
    nothing tells so."""
    unquoted = len(words) > 1 or " " not in text
    commands = "\\" not in text and ("{" in text or "^" in text) and any(word in text for word in (*_COMMANDS, *_TRANSPOSES))
    if commands and _BARE_LATEX.search(text):
        return "a shell takes backslashes away that are not in single quotes: put LaTeX in single quotes"
    if unquoted and "'" not in text and _MIRRORED.search(text):
        found = _MIRRORED.search(text)
        assert found is not None
        whole = found[0]
        return f"a shell takes ' away outside double quotes: \"{whole[0]}'{whole[1:]}\" in double quotes, if that was meant by {whole}"
    return None


def split_names(wrt: str) -> list[str]:
    """The names of a list separated by commas, semicolons or spaces."""
    return wrt.replace(",", " ").replace(";", " ").split()


def groups_of_names(wrt: Sequence[str]) -> list[list[str]]:
    """What ``--wrt`` asks for: a derivative for each group of names, which are one name, or a pair
    for a mixed second derivative.

    >>> groups_of_names(["x", "W,b"]), groups_of_names(["x and y"])
    ([['x'], ['W', 'b']], [['x'], ['y']])
    """
    return [split_names(part) for text in wrt for part in " ".join(text.split()).replace(" & ", " and ").split(" and ")]
