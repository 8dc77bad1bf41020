"""Plain arguments, as most are: a command, its expression in one word, and options as the help page spells them.

They need no click, which takes longer to load than the derivative takes to find. Whatever is not entirely plain is left to click: what
is wrong, what could be meant in another way, and every spelling but one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from matcalc.cli.arguments import GIVEN, Given, holding
from matcalc.cli.table import LAZY, ExpressionCommand, Option, command_called

_DASHES = ("-", "–", "—")
"""What an option may begin with, and an expression that click has to tell from one."""


def understood(arguments: Sequence[str]) -> Callable[[], object] | None:
    """What plain arguments ask for, to be called; None for others."""
    if len(arguments) < 2 or arguments[0] not in LAZY or os.name == "nt":  # there click puts in what stars and the like stand for
        return None
    command = command_called(arguments[0])
    found = sorted_out(arguments[1:], command.options) if isinstance(command, ExpressionCommand) else None
    if found is None:
        return None
    expression, options, values = found

    def run() -> object:
        with holding(GIVEN, Given(f"matcalc {arguments[0]}", (expression,), options)):
            return command.run(expression=expression, **values)

    return run


def sorted_out(arguments: Sequence[str], known: Sequence[Option]) -> tuple[str, tuple[str, ...], dict[str, Any]] | None:
    """The expression, the options as they are written, and their values by argument; None for arguments that are not plain.

    >>> sorted_out(["x'Ax", "--wrt", "x"], [Option(("-w", "--wrt"), "wrt", "texts", "", default=())])
    ("x'Ax", ('--wrt', 'x'), {'wrt': ('x',)})
    """
    spelled = {spelling: option for option in known for spelling in option.spellings}
    values = {option.argument: option.default for option in known}
    words: list[str] = []
    options: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        option = spelled.get(argument)
        if option is None:
            words.append(argument)
            continue
        options.append(argument)
        if option.kind == "flag":
            values[option.argument] = True
            continue
        value = next(rest, "")
        if not _is_plain(value) or option.kind == "number" or (option.kind == "word" and value not in option.words):
            return None
        options.append(value)
        values[option.argument] = (*values[option.argument], value) if option.kind == "texts" else value
    return (words[0], tuple(options), values) if len(words) == 1 and _is_plain(words[0]) else None


def _is_plain(argument: str) -> bool:
    return bool(argument.strip()) and not argument.startswith(_DASHES)
