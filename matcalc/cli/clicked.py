"""The command line as click reads it: all that is not plain, help pages, what is wrong with
arguments, and what is meant where they begin with no command: a formula, a claim, a file."""

from __future__ import annotations

import os
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import later, pattern
from matcalc.base.version import VERSION
from matcalc.cli.front import (
    BAD_INPUT,
    GIVEN,
    INTERRUPTED,
    LAZY,
    OTHER_NAMES,
    Command,
    ExpressionCommand,
    Given,
    Option,
    command_called,
    holding,
    without_a_reader,
)
from matcalc.interface.console import fitting, say

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from matcalc.cli import shell_completion
    from matcalc.documents import formats
    from matcalc.repl import alone

    _ParamType = click.ParamType[str]
else:
    shell_completion = later("matcalc.cli.shell_completion")
    formats = later("matcalc.documents.formats")
    alone = later("matcalc.repl.alone")
    _ParamType = click.ParamType  # takes no argument in earlier versions of click


def completed_by(name: str) -> Callable[..., list[CompletionItem]]:
    """A function of ``matcalc.cli.shell_completion``, which is loaded when a shell asks."""
    return lambda *asked: getattr(shell_completion, name)(*asked)


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

    def shell_complete(self, ctx: click.Context, param: Any, incomplete: str) -> list[CompletionItem]:
        begun = incomplete.lower()
        return shell_completion.items(word for word in self.choices if word.lower().startswith(begun))

    def get_metavar(self, *_: Any, **__: Any) -> str:
        return f"[{'|'.join(self.choices)}]"


def with_options(*options: Option) -> Callable[[Command], Command]:
    """Gives a function these options, for ``click.command``."""

    def decorated(command: Command) -> Command:
        for option in reversed(options):
            command = _clicked(option)(command)
        return command

    return decorated


def _clicked(option: Option) -> Callable[[Any], Any]:
    kinds: dict[str, dict[str, Any]] = {
        "text": {"type": str},
        "texts": {"multiple": True},
        "word": {"type": OneOf(option.words, option.others)},
        "number": {"type": float},
        "flag": {"is_flag": True},
    }
    said = {"help": option.help, "metavar": option.metavar, "default": option.default, **kinds[option.kind]}
    if option.symbols:
        said["shell_complete"] = completed_by("symbols")
    return click.option(*option.spellings, option.argument, **said)


_LONG = pattern(r"--[A-Za-z][A-Za-z-]*(=|$)")
_DASHED = pattern(r"[–—]{1,2}(?=[A-Za-z])")
"""A dash that a text processor made of two hyphens."""
_QUOTED_SURELY = pattern(r"[\s'\"()|&;<>]")
_OPERATOR_FIRST = pattern(r"[-+*/.^=,;)\]|'⊙⊗·−]")
_OPERATOR_LAST = pattern(r"[-+*/^=,;(\[|⊙⊗·−]$")
_REQUESTING = frozenset(["by", "of", "wrt", "with", "w.r.t."])
"""Words between a formula and a name: what stands around them is not two formulas."""
_GIVEN = "matcalc.given"
COMPLETING = "_MATCALC_COMPLETE"
"""The variable in which a shell says that it asks, and which shell it is."""


def as_click(command: ExpressionCommand) -> click.Command:
    """The command for click."""
    options = with_options(*command.options)
    return click.command(command.name, cls=_Expressed, short_help=command.summary)(
        click.argument("expression", shell_complete=completed_by("functions"))(options(command.run))
    )


class _Expressed(PlainHelp):
    """A command whose argument is an expression, which may begin with a minus sign and come in
    several words."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words, options = self._sorted_out(ctx, args)
        if ctx.resilient_parsing:  # a shell asks what may follow
            return super().parse_args(ctx, [*options, *(["--", " ".join(words)] if words else [])])
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
        known = [option for option in self.get_params(ctx) if isinstance(option, click.Option)]
        valued = {name: not option.is_flag and not option.count for option in known for name in option.opts}
        words: list[str] = []
        options: list[str] = []
        rest = deque(args)
        while rest:
            argument = rest.popleft()
            if argument == "--":
                words += rest
                break
            name = _as_option(argument, valued)
            last = not rest and not ctx.resilient_parsing  # a shell asks for the value that follows
            alone = len(argument) == 2 and (last or (rest and _LONG.match(rest[0])))  # an expression
            if name is None or (valued.get(name) and alone):
                words.append(argument)
            elif not valued.get(name):
                options.append(name)
            elif rest:
                options += name, rest.popleft()
            elif ctx.resilient_parsing:
                options.append(name)
            else:
                raise click.BadOptionUsage(name, f"{name} needs a value", ctx)
        return words, options


def _as_option(argument: str, spellings: Iterable[str]) -> str | None:
    """The option that an argument is, in the spelling that click knows; None for a part of an
    expression."""
    dashed = _DASHED.sub("--", argument) if argument[:1] in "–—" else argument
    name, equals, value = dashed.partition("=")
    known = name.lower() if name.startswith("--") else name
    if known in spellings:
        return known + equals + value
    if f"-{name}" in spellings and len(name) > 2 and not equals:  # one hyphen, as other programs write it
        return f"-{name}"
    return argument if _LONG.match(argument) else None


def _joined(words: Sequence[str]) -> str:
    """The words of an expression that was not in quotes. Raises MatcalcError for several
    expressions, or names of files."""
    files = [word for word in words if _is_file(word)] if len(words) > 1 else []
    if len(files) > 1:
        raise MatcalcError(
            f"{files[0]} and {files[1]} are names of files: the shell puts them in place of a * that is not in quotes",
            suggestion="put the formula in double quotes",
        )
    _refuse_several(words)
    return " ".join(words)


def _refuse_several(words: Sequence[str]) -> None:
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


def _is_file(word: str) -> bool:
    try:
        return len(word) > 2 and "." in word and os.path.exists(word)
    except (OSError, ValueError):
        return False


# ---------------------------------------------------------------- arguments without a command

_BARE_WORD = pattern(r"[A-Za-z][A-Za-z_-]{2,}")
_LIKE = 0.7
_COMMANDS = (*LAZY, *OTHER_NAMES)


def as_command(args: Sequence[str]) -> list[str]:
    """The arguments with the command that they mean. Raises UsageError for a word that is no
    command and no formula."""
    first = args[0]
    if first in ("version", "-V", "-v") and len(args) == 1:
        return ["--version"]
    if first.startswith("--") and first != "--":
        return _behind_options(args)
    if os.path.splitext(first)[1].lower() in (*formats.READERS, formats.IDENTITIES):
        return ["verify", *args]
    if _is_mistyped(first, args[1:]):
        raise _unknown(first, args[1:])
    return _of_formula(args)


def _behind_options(args: Sequence[str]) -> list[str]:
    """Options that stand before the command are put behind it."""
    place = next((k for k, word in enumerate(args) if word.lower() in _COMMANDS), None)
    return ["derive", *args] if place is None else [args[place].lower(), *args[:place], *args[place + 1 :]]


def _of_formula(args: Sequence[str]) -> list[str]:
    """``derive`` or ``verify`` before a formula, or the command that its words ask for."""
    first, rest = args[0], list(args[1:])
    verb, formula = alone.asked(first)
    if verb not in ("jvp", "hvp", "vjp") and any(re.match(r"(--wrt|-w)(=|$)", word) for word in rest):
        return ["derive", *args]
    return [verb, *([] if rest or formula == first else ["--"]), formula, *rest]


def _is_mistyped(first: str, rest: Sequence[str]) -> bool:
    """Whether a word that is no command was meant to be one: it is like a command's name, or a
    whole formula follows."""
    if not _BARE_WORD.fullmatch(first) or not (first.islower() or first.istitle()):
        return False
    expressions = [word for word in rest if not word.startswith("-")]
    return _near(first) is not None or not rest or bool(expressions and re.search(r"\W", expressions[0]))


def _near(word: str) -> str | None:
    import difflib

    found = difflib.get_close_matches(word.lower(), _COMMANDS, n=1, cutoff=_LIKE)
    return found[0] if found else None


def _unknown(word: str, rest: Sequence[str]) -> click.UsageError:
    near = _near(word)
    meant = f"did you mean matcalc {OTHER_NAMES.get(near, near)}?" if near else "matcalc --help lists the commands"
    formula = "" if rest else f'; as a formula: matcalc derive "{word}"'
    return click.UsageError(f"there is no command {word}: {meant}{formula}")


SHORT_HELP = """\
Derivatives of formulas with vectors and matrices.

  matcalc derive "||X - UV||²" --wrt V      prints 2 Uᵀ (U V − X)
  matcalc verify "d(x'Ax)/dx = 2Ax"         conditional: true only if A = Aᵀ
  matcalc repl                              starts a prompt

matcalc --help lists all commands, matcalc COMMAND --help says more about one, matcalc help all functions and signs."""


class LazyGroup(PlainHelp, click.Group):
    """A group of the subcommands in ``LAZY``, in that order."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(LAZY)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        if incomplete.startswith("-") or not os.environ.get(COMPLETING, "").startswith("bash"):
            return super().shell_complete(ctx, incomplete)
        return shell_completion.items(name for name in LAZY if name.startswith(incomplete))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = command_called(cmd_name)
        return as_click(found) if isinstance(found, ExpressionCommand) else found

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            say(SHORT_HELP)
            ctx.exit()
        known = not args or args[0].lower() in (*LAZY, *OTHER_NAMES, "--help", "-h", "--version")
        meant = [*map(str.lower, args[:1]), *args[1:]] if known else as_command(args)
        return super().parse_args(ctx, meant)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # click's own answer is the status of a refuted formula
            without_a_reader()


@click.group(cls=LazyGroup, context_settings={"max_content_width": 100, "help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="matcalc")
def cli() -> None:
    """Derivatives of formulas with vectors and matrices.

    \b
    matcalc derive "||X - UV||²" --wrt V      prints 2 Uᵀ (U V − X)
    matcalc verify "d(x'Ax)/dx = 2Ax"         conditional: true only if A = Aᵀ
    matcalc repl                              starts a prompt

    A formula alone is differentiated, an equation alone is verified. The result goes to standard
    output, what it rests on to standard error. The exit status is 2 for input that could not be
    read. matcalc COMMAND --help says more about a command.
    """


def run() -> object:
    """What the arguments of the program ask for, or a shell that completes them."""
    if COMPLETING in os.environ:
        return shell_completion.answer(cli)
    try:
        return cli(prog_name="matcalc", standalone_mode=False)
    except click.Abort:  # click has begun a new line
        say("interrupted", err=True)
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        say(f"error: {error.format_message()}{_help_of(error)}", err=True)
        sys.exit(BAD_INPUT)


def _help_of(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"\ntry: {context.command_path} --help" if context is not None else ""
