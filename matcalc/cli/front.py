"""The front door: which command is meant, and how the program ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

import click

from matcalc.cli.arguments import PlainHelp
from matcalc.console import prepare, say
from matcalc.errors import MatcalcError
from matcalc.version import VERSION

BAD_INPUT, INTERRUPTED, CLOSED_PIPE = 2, 130, 141

LAZY = {
    "derive": "matcalc.commands.derive",
    "gradient": "matcalc.commands.gradient",
    "jacobian": "matcalc.commands.jacobian",
    "hessian": "matcalc.commands.hessian",
    "vjp": "matcalc.commands.vjp",
    "jvp": "matcalc.commands.jvp",
    "differential": "matcalc.commands.differential",
    "verify": "matcalc.commands.verify",
    "identities": "matcalc.commands.identities",
    "repl": "matcalc.commands.repl",
    "help": "matcalc.commands.help",
}
"""Subcommands by the module that holds them as ``command``, imported when they are first asked for."""

OTHER_NAMES = {
    "grad": "gradient", "gradients": "gradient", "jac": "jacobian", "hess": "hessian", "derivative": "derive", "differentiate": "derive",
    "diff": "derive", "prompt": "repl", "shell": "repl",
}  # fmt: skip
"""Other names of commands."""

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
        name = OTHER_NAMES.get(cmd_name, cmd_name)
        if name not in LAZY:
            return None
        found: click.Command = import_module(LAZY[name]).command
        return found

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
            _without_a_reader()


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


def main() -> None:
    """Run the command line and exit.

    The status is 0, or 2 for bad input, whose message goes to standard error; 130 after Ctrl-C and 141 when nobody reads the output.
    """
    prepare()
    try:
        status = cli(prog_name="matcalc", standalone_mode=False)
        sys.stdout.flush()
        sys.exit(status if isinstance(status, int) else 0)
    except BrokenPipeError:
        _without_a_reader()
    except (KeyboardInterrupt, click.Abort):
        say("interrupted", err=True)
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        _say_wrong(error.format_message(), _help_of(error))
    except MatcalcError as error:
        _say_wrong(str(error), "")


def _without_a_reader() -> NoReturn:
    """Ends the program when nobody reads what it writes."""
    with suppress(OSError, ValueError):  # a stream without a file has no reader to lose
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(CLOSED_PIPE)


def _help_of(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"\ntry: {context.command_path} --help" if context is not None else ""


def _say_wrong(message: str, advice: str) -> None:
    say(f"error: {message}{advice}", err=True)
    sys.exit(BAD_INPUT)
