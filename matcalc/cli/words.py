"""Words from a shell, sorted into an expression and options: several words, options written in several ways."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterable, Sequence

import click

from matcalc.cli.arguments import GIVEN, Given, holding
from matcalc.cli.clicked import PlainHelp, with_options
from matcalc.cli.table import ExpressionCommand
from matcalc.errors import MatcalcError
from matcalc.patterns import pattern

_LONG = pattern(r"--[A-Za-z][A-Za-z-]*(=|$)")
_DASHED = pattern(r"[–—]{1,2}(?=[A-Za-z])")
"""A dash that a text processor made of two hyphens."""
_QUOTED_SURELY = pattern(r"[\s'\"()|&;<>]")
_OPERATOR_FIRST = pattern(r"[-+*/.^=,;)\]|'⊙⊗·−]")
_OPERATOR_LAST = pattern(r"[-+*/^=,;(\[|⊙⊗·−]$")
_REQUESTING = frozenset(["by", "of", "wrt", "with", "w.r.t."])
"""Words between a formula and a name: what stands around them is not two formulas."""
_GIVEN = "matcalc.given"


def as_click(command: ExpressionCommand) -> click.Command:
    """The command for click."""
    options = with_options(*command.options)
    return click.command(command.name, cls=_Expressed, short_help=command.summary)(click.argument("expression")(options(command.run)))


class _Expressed(PlainHelp):
    """A command whose argument is an expression, which may begin with a minus sign and come in several words."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words, options = self._sorted_out(ctx, args)
        ctx.meta[_GIVEN] = Given(ctx.command_path, tuple(words), tuple(options))
        if not words:
            words = [] if sys.stdin is None or sys.stdin.isatty() else ["-"]
        known = {name for parameter in self.get_params(ctx) for name in (*parameter.opts, *parameter.secondary_opts)}
        if any(name.partition("=")[0] not in known for name in options if _LONG.match(name)):
            words = words[:1]  # click says which option there is not
        return super().parse_args(ctx, [*options, "--", *([_joined(words)] if words else [])])

    def invoke(self, ctx: click.Context) -> object:
        with holding(GIVEN, ctx.meta[_GIVEN]):
            return super().invoke(ctx)

    def _sorted_out(self, ctx: click.Context, args: Iterable[str]) -> tuple[list[str], list[str]]:
        """The words of the expression, and the options."""
        spellings = {name: option for option in self.get_params(ctx) if isinstance(option, click.Option) for name in option.opts}
        words: list[str] = []
        options: list[str] = []
        rest = deque(args)
        while rest:
            argument = rest.popleft()
            if argument == "--":
                words += rest
                break
            name = _as_option(argument, spellings)
            option = spellings.get(name or "")
            valued = option is not None and not option.is_flag and not option.count
            if name is None or (valued and len(argument) == 2 and (not rest or _LONG.match(rest[0]))):  # -w alone is an expression
                words.append(argument)
                continue
            options.append(name)
            if valued and not rest:
                raise click.BadOptionUsage(name, f"{name} needs a value", ctx)
            if valued:
                options.append(rest.popleft())
        return words, options


def _as_option(argument: str, spellings: Iterable[str]) -> str | None:
    """The option that an argument is, in the spelling that click knows; None for a part of an expression."""
    dashed = _DASHED.sub("--", argument) if argument[:1] in "–—" else argument
    name, equals, value = dashed.partition("=")
    known = name.lower() if name.startswith("--") else name
    if known in spellings:
        return known + equals + value
    if f"-{name}" in spellings and len(name) > 2 and not equals:  # one hyphen, as other programs write it
        return f"-{name}"
    return argument if _LONG.match(argument) else None


def _joined(words: Sequence[str]) -> str:
    """The words of an expression that was not in quotes. Raises MatcalcError for several expressions, or names of files."""
    if len(words) == 1:
        return words[0]
    files = [word for word in words if _is_file(word)]
    if len(files) > 1:
        said = f"{files[0]} and {files[1]} are names of files: the shell puts them in place of a * that is not in quotes"
        raise MatcalcError(said, suggestion="put the formula in double quotes")
    alone = [
        f"{one} {other}"
        for one, other in zip(words, words[1:])
        if not (_OPERATOR_LAST.search(one.rstrip()) or _OPERATOR_FIRST.match(other.lstrip()))
    ]
    if alone and _REQUESTING.isdisjoint(words) and os.name != "nt" and any(_QUOTED_SURELY.search(word) for word in words):
        said = f"{len(words)} expressions were given: " + ", ".join(words)
        names = all(word.isidentifier() for word in words[1:]) and '"' not in words[0]
        advice = f'"{words[0]}" {" ".join(f"--wrt {word}" for word in words[1:])}' if names else None
        raise MatcalcError(said, expected="one expression, all of it in one pair of quotes", suggestion=advice)
    return " ".join(words)


def _is_file(word: str) -> bool:
    try:
        return len(word) > 2 and "." in word and os.path.exists(word)
    except (OSError, ValueError):
        return False
