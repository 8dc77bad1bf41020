"""The options as click takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from matcalc.cli.table import Command, Option
from matcalc.console import fitting

if TYPE_CHECKING:
    _ParamType = click.ParamType[str]
else:  # takes no argument in earlier versions of click
    _ParamType = click.ParamType


class PlainHelp(click.Command):
    """A command whose help page is spelled out where the console does not have its characters."""

    def get_help(self, ctx: click.Context) -> str:
        return fitting(super().get_help(ctx))


class OneOf(_ParamType):
    """One of several words, whatever their case; other names of them are understood."""

    name = "choice"

    def __init__(self, choices: Sequence[str], others: Mapping[str, str] | None = None) -> None:
        self.choices = tuple(choices)
        self.others = {name: choice for name, choice in (others or {}).items() if choice in self.choices}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        word = str(value).strip().lower()
        known = {choice.lower(): choice for choice in self.choices} | self.others
        if word not in known:
            import difflib

            near = difflib.get_close_matches(word, known, n=1)
            hint = f"; did you mean {known[near[0]]}?" if near else ""
            self.fail(f"there is no {value!r} here, only {', '.join(self.choices)}{hint}", param, ctx)
        return known[word]

    def get_metavar(self, *_: Any, **__: Any) -> str:
        return f"[{'|'.join(self.choices)}]"


def with_options(*options: Option) -> Callable[[Command], Command]:
    """Gives a function these options, for ``click.command``."""

    def decorated(command: Command) -> Command:
        made: Any = command
        for option in reversed(options):
            made = _clicked(option)(made)
        found: Command = made
        return found

    return decorated


def _clicked(option: Option) -> Callable[[Any], Any]:
    said: dict[str, Any] = {"help": option.help, "metavar": option.metavar, "default": option.default}
    match option.kind:
        case "text":
            said["type"] = str
        case "texts":
            said["multiple"] = True
        case "word":
            said["type"] = OneOf(option.words, option.others)
        case "number":
            said["type"] = float
        case "flag":
            said["is_flag"] = True
    return click.option(*option.spellings, option.argument, **said)
