"""What a shell is told may go on from what has been typed: functions and symbols of a formula,
words of the language, files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress

from click import ClickException, Command, Context, Parameter
from click.shell_completion import CompletionItem

from matcalc.base.errors import MatcalcError
from matcalc.interface.presentation import variables
from matcalc.language.text.spelling import known_functions
from matcalc.reference.lookup import topics

_LAST_WORD = re.compile(r"(?<![\w\\])[A-Za-z]\w*$")


def answer(cli: Command) -> object:
    """Answers what the shell asks in its variables; nothing is said of a command that cannot be
    read as yet."""
    with suppress(MatcalcError, ClickException):
        return cli.main(prog_name="matcalc", standalone_mode=False)
    return None


def functions(_given: Context, _of: Parameter, begun: str) -> list[CompletionItem]:
    """A formula with the functions that its last word may become.

    >>> [item.value for item in functions(None, None, "x'*softplus_")]
    ["x'*softplus_scaled"]
    """
    found = _LAST_WORD.search(begun)
    if found is None:
        return []
    names = [name for name in sorted(known_functions()) if name.startswith(found[0])]
    return items(begun[: found.start()] + name for name in names)


def functions_or_files(given: Context, of: Parameter, begun: str) -> list[CompletionItem]:
    """For what may be a statement or the name of a file: files where no function is meant."""
    return functions(given, of, begun) or files(given, of, begun)


def symbols(given: Context, _of: Parameter, begun: str) -> list[CompletionItem]:
    """The symbols of the formula given; of several names, the last goes on."""
    before, comma, last = begun.rpartition(",")
    declare = "; ".join(given.params["declare"]) or None
    try:
        names = variables(given.params.get("expression") or "", declare=declare)
    except MatcalcError:
        return []
    others = [name for name in names if name not in before.split(",")]
    return items(before + comma + name for name in others if name.startswith(last))


def words(_given: Context, _of: Parameter, begun: str) -> list[CompletionItem]:
    """What ``matcalc help`` knows by a name."""
    return items(name for name in topics() if name.isidentifier() and name.startswith(begun))


def files(_given: Context, _of: Parameter, begun: str) -> list[CompletionItem]:
    """The shell's own completion of names of files."""
    return [CompletionItem(begun, type="file")]


def items(values: Iterable[str]) -> list[CompletionItem]:
    """Plain values."""
    return [CompletionItem(value) for value in values]
