"""Expressions as they arrive from a shell: several words, options written in several ways, standard input, and what the shell took away."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterable, Sequence

import click

from matcalc.console import fitting, say
from matcalc.decoding import decoded, plain
from matcalc.errors import MatcalcError
from matcalc.patterns import pattern

_LONG = pattern(r"--[A-Za-z][A-Za-z-]*(=|$)")
_DASHED = pattern(r"[–—]{1,2}(?=[A-Za-z])")
"""A dash that a text processor made of two hyphens."""
_QUOTED_SURELY = pattern(r"[\s'\"()|&;<>]")
_OPERATOR_FIRST = pattern(r"[-+*/.^=,;)\]|'⊙⊗·−]")
_OPERATOR_LAST = pattern(r"[-+*/^=,;(\[|⊙⊗·−]$")
_MIRRORED = pattern(r"(?<![^\W\d])([a-z])[A-Z]+[0-9]*\1(?![^\W\d])")
"""``xAx``: what is left of ``x'Ax`` without its quote."""
_BARE_LATEX = pattern(
    r"(?<![\\\w])(frac|partial|mathbf|mathrm|operatorname|lVert|rVert|cdot|left|right|text|nabla)\s*[{_^|(]|\^\s*(top|intercal)\b"
)
_REQUESTING = frozenset(["by", "of", "wrt", "with", "w.r.t."])
"""Words between a formula and a name: what stands around them is not two formulas."""
_GIVEN = "matcalc.given"


class PlainHelp(click.Command):
    """A command whose help page is spelled out where the console does not have its characters."""

    def get_help(self, ctx: click.Context) -> str:
        return fitting(super().get_help(ctx))


class ExpressionCommand(PlainHelp):
    """A command whose argument is an expression, which may begin with a minus sign and come in several words."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words, options = self._sorted_out(ctx, args)
        ctx.meta[_GIVEN] = (tuple(words), tuple(options))
        if not words:
            words = [] if sys.stdin is None or sys.stdin.isatty() else ["-"]
        known = {name for parameter in self.get_params(ctx) for name in (*parameter.opts, *parameter.secondary_opts)}
        if any(name.partition("=")[0] not in known for name in options if _LONG.match(name)):
            words = words[:1]  # click says which option there is not
        return super().parse_args(ctx, [*options, "--", *([_joined(words)] if words else [])])

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


def read_expression(expression: str) -> str:
    """The expression given, or standard input when it is ``-``, without quotes around it."""
    text = standard_input() if expression.strip() == "-" else expression
    if len(arguments_given(click.get_current_context())[0]) > 1:
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
    """What a shell seems to have taken away from an expression that could not be read; None when nothing tells so."""
    unquoted = len(words) > 1 or " " not in text
    if "\\" not in text and ("{" in text or "^" in text) and _BARE_LATEX.search(text):
        return "a shell takes backslashes away that are not in single quotes: put LaTeX in single quotes"
    if unquoted and "'" not in text and _MIRRORED.search(text):
        found = _MIRRORED.search(text)
        assert found is not None
        whole = found[0]
        return f"a shell takes ' away outside double quotes: \"{whole[0]}'{whole[1:]}\" in double quotes, if that was meant by {whole}"
    return None


def arguments_given(ctx: click.Context) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of the expression, and the options."""
    found: tuple[tuple[str, ...], tuple[str, ...]] = ctx.meta.get(_GIVEN, ((), ()))
    return found


def split_names(wrt: str) -> list[str]:
    """The names of a list separated by commas, semicolons or spaces."""
    return wrt.replace(",", " ").replace(";", " ").split()


def groups_of_names(wrt: Sequence[str]) -> list[list[str]]:
    """What ``--wrt`` asks for: a derivative for each group of names, which are one name, or a pair for a mixed second derivative.

    >>> groups_of_names(["x", "W,b"]), groups_of_names(["x and y"])
    ([['x'], ['W', 'b']], [['x'], ['y']])
    """
    return [split_names(part) for text in wrt for part in " ".join(text.split()).replace(" & ", " and ").split(" and ")]
