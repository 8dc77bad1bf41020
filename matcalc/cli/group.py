"""The command line as click reads it: all that is not plain, help pages, and what is wrong with arguments."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from matcalc.cli.clicked import PlainHelp
from matcalc.cli.front import BAD_INPUT, INTERRUPTED, without_a_reader
from matcalc.cli.table import LAZY, OTHER_NAMES, ExpressionCommand, command_called
from matcalc.cli.words import as_click
from matcalc.console import say
from matcalc.version import VERSION

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

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = command_called(cmd_name)
        return as_click(found) if isinstance(found, ExpressionCommand) else found

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args:
            say(SHORT_HELP)
            ctx.exit()
        if args[0].lower() not in (*LAZY, *OTHER_NAMES, "--help", "-h", "--version"):
            args = import_module("matcalc.commands.formulas").as_command(args)
        else:
            args = [args[0].lower(), *args[1:]]
        return super().parse_args(ctx, args)

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

    A formula alone is differentiated, an equation alone is verified. The result goes to standard output, what it rests on to standard
    error. The exit status is 2 for input that could not be read. matcalc COMMAND --help says more about a command.
    """


def run() -> object:
    """What the arguments of the program ask for."""
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
