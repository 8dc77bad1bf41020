"""The command line: results on standard output, everything said about them on standard error."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

import click

from matcalc.api import derive
from matcalc.budgets import budget
from matcalc.derivation.pipeline import Layout, Symmetric
from matcalc.errors import MatcalcError
from matcalc.limits import DERIVATION_SECONDS, VERDICT_SECONDS
from matcalc.patterns import pattern
from matcalc.presentation import FORMATS, STEP_FORMATS, STEP_STYLES, remark_lines, remarks, rendered, steps_rendered
from matcalc.products.reading import LAYOUTS, NAMES, SYMMETRIC
from matcalc.results import Derivation
from matcalc.version import VERSION

VIEWS = ("differential", "slice")
"""Forms of a first derivative besides the closed matrix form and the index form."""
BAD_INPUT = 2

_OPTION_SHAPED = pattern(r"--[A-Za-z][A-Za-z-]+(=|$)")


class ExpressionCommand(click.Command):
    """A command whose argument is an expression, which may begin with a minus sign."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with_value = [option for option in self.get_params(ctx) if isinstance(option, click.Option) and not option.is_flag]
        valued = {spelling for option in with_value for spelling in option.opts}
        options: list[str] = []
        expressions: list[str] = []
        rest = iter(args)
        for argument in rest:
            if argument == "--":
                expressions += rest
            elif argument in valued:
                options.append(argument)
                value = next(rest, None)
                if value is None:  # click itself says what is missing
                    return super().parse_args(ctx, options)
                options.append(value)
            elif _OPTION_SHAPED.match(argument):
                options.append(argument)
            else:
                expressions.append(argument)
        return super().parse_args(ctx, [*options, "--", *expressions])


LAZY = {
    "gradient": "matcalc.commands.gradient",
    "vjp": "matcalc.commands.vjp",
    "jvp": "matcalc.commands.jvp",
    "differential": "matcalc.commands.differential",
    "verify": "matcalc.commands.verify",
    "identities": "matcalc.commands.identities",
    "repl": "matcalc.commands.repl",
}
"""Subcommands by the module that holds them as ``command``, imported when they are first asked for."""


class LazyGroup(click.Group):
    """A group that also knows the subcommands in ``LAZY``, listed in that order after its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *LAZY]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in LAZY:
            return super().get_command(ctx, cmd_name)
        found: click.Command = import_module(LAZY[cmd_name]).command
        return found


LAYOUT = click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    default=LAYOUTS[0],
    metavar="LAYOUT",
    help="denominator: a gradient has the shape of the variable; numerator: the transposes; tensor: nothing is flattened.  "
    "[default: denominator]",
)
SYMMETRY = click.option(
    "--symmetric",
    type=click.Choice(SYMMETRIC),
    default=SYMMETRIC[0],
    metavar="CONVENTION",
    help="By a variable declared symmetric: projected ½(G + Gᵀ), independent G, or cookbook G + Gᵀ − diag(G).  [default: projected]",
)


def _set_budget(ctx: click.Context, _: click.Parameter, seconds: float | None) -> None:
    """The budget holds until the command ends."""
    if seconds is not None:
        ctx.with_resource(budget(seconds))


BUDGET = click.option(
    "--budget",
    type=float,
    metavar="SECONDS",
    expose_value=False,
    callback=_set_budget,
    help=f"How long a derivation or a verdict may take.  [default: {DERIVATION_SECONDS:g} and {VERDICT_SECONDS:g}]",
)
BOLD = click.option("--bold", is_flag=True, help="Vectors and matrices in bold type, in LaTeX and Markdown.")


def set_in_bold(target: str | None, bold: bool) -> str | None:
    """The form of the result: LaTeX where ``--bold`` stands alone. Raises MatcalcError for a form that has no bold type."""
    if not bold:
        return target
    if target not in (None, "latex", "markdown"):
        raise MatcalcError(f"there is no bold type in the form {target}", suggestion="--bold with --to latex or --to markdown")
    return target or "latex"


@click.group(cls=LazyGroup, context_settings={"max_content_width": 100})
@click.version_option(VERSION, prog_name="matcalc")
def cli() -> None:
    """Derivatives of formulas with vectors and matrices.

    \b
    matcalc derive "||X - UV||²" --wrt V      prints 2 Uᵀ (U V − X)
    matcalc verify "d(x'Ax)/dx = 2Ax"         conditional: true only if A = Aᵀ
    matcalc repl                              starts a prompt

    The result goes to standard output, what it rests on to standard error. The exit status is 2 for input that could not be read.
    matcalc COMMAND --help says more about a command.
    """


@cli.command("derive", cls=ExpressionCommand, short_help="The derivative of an expression by a symbol.")
@click.argument("expression")
@click.option("--wrt", required=True, metavar="NAME", help="The symbol to differentiate by; x,y for a mixed second derivative.")
@click.option("--declare", multiple=True, metavar="TEXT", help='Kinds, sizes and facts: "X: n×m; A: n×n symmetric; a: scalar".')
@click.option("--order", type=click.IntRange(1, 2), default=1, metavar="1|2", help="First or second derivative.  [default: 1]")
@LAYOUT
@SYMMETRY
@BUDGET
@click.option(
    "--names",
    type=click.Choice(NAMES),
    default=NAMES[0],
    metavar="TREATMENT",
    help="Names given in EXPRESSION are replaced by their values in the answer (substitute), or kept (keep).  [default: substitute]",
)
@BOLD
@click.option("--steps", is_flag=True, help=f"Print the derivation step by step; FORM is then one of {', '.join(STEP_FORMATS)}.")
@click.option(
    "--style",
    type=click.Choice(STEP_STYLES),
    metavar="STYLE",
    help="Steps entry by entry (index) or by differentials (differential); implies --steps.  [default: index]",
)
@click.option(
    "--to",
    "target",
    type=click.Choice(tuple(dict.fromkeys((*FORMATS, *VIEWS, *STEP_FORMATS)))),
    metavar="FORM",
    help=f"Form of the result: {', '.join((*FORMATS, *VIEWS))}.  [default: unicode]",
)
def derive_command(
    expression: str,
    wrt: str,
    declare: tuple[str, ...],
    order: int,
    layout: Layout,
    symmetric: Symmetric,
    names: str,
    bold: bool,
    steps: bool,
    style: str | None,
    target: str | None,
) -> None:
    """Print the derivative of EXPRESSION by the symbol --wrt.

    Write EXPRESSION as in MATLAB (X'*(X*w - y), and .* ./ .^ entry by entry), in Unicode (Xᵀ(Xw − y), ⊙, ‖x‖²), in LaTeX, or mixed. Upper
    case letters are matrices and lower case letters vectors, unless their use or --declare says otherwise; sizes are worked out. Named
    results are allowed: "z = W*x + b; h = tanh(z); u'*h". An EXPRESSION of - reads standard input.

    \b
    matcalc derive "||X - UV||²" --wrt V
    matcalc derive "x'Ax" --wrt x --declare "A: n×n symmetric"
    matcalc derive "x'Ax" --wrt x --steps
    matcalc derive "x'Ax" --wrt x --steps --style differential
    """
    steps = steps or style is not None
    if target is not None and target not in (STEP_FORMATS if steps else (*FORMATS, *VIEWS)):
        said = f"steps are not available as {target}" if steps else "only a derivation in steps is available as html"
        raise MatcalcError(said, expected=", ".join(STEP_FORMATS) if steps else "", suggestion="" if steps else "--steps --to html")
    if steps and bold:
        raise MatcalcError("there is no bold type in a derivation in steps: entries are not bold", suggestion="--steps without --bold")
    target = set_in_bold(target, bold)
    asked = split_names(wrt)
    derivation = derive(
        read_expression(expression),
        asked[0] if len(asked) == 1 else asked,
        declare="; ".join(declare) or None,
        order=order,
        layout=layout,
        symmetric=symmetric,
        names=names,
    )
    if steps:
        show_steps(derivation, target, style or STEP_STYLES[0])
        return
    if target in VIEWS:
        view = derivation.differential() if target == "differential" else derivation.slice()
        click.echo(view.equation("unicode" if shows(view.equation()) else "ascii"))
        show_remarks(view.declarations, view.conditions, view.notes)
        return
    show(derivation, target, bold=bold)


def show(derivation: Derivation, target: str | None, *, bold: bool = False) -> None:
    """The derivation on standard output, what it rests on on standard error."""
    target = target or ("unicode" if shows(str(derivation)) else "ascii")
    click.echo(rendered(derivation, target, ascii_json=not shows("ᵀ−²"), bold=bold))
    if target != "json":
        for line in remarks(derivation, shown_as_index=target == "index"):
            click.echo(line, err=True)


def show_steps(derivation: Derivation, target: str | None, style: str) -> None:
    """The derivation in steps on standard output, the result last; what it rests on on standard error."""
    found = steps_rendered(derivation, target or "unicode", style, ascii_json=not shows("ᵀ−²"))
    click.echo(found if target or shows(found) else steps_rendered(derivation, "ascii", style))
    if target != "json":
        for line in remarks(derivation):
            click.echo(line, err=True)


def main() -> None:
    """Run the command line and exit: 0, or 2 for bad input, whose message goes to standard error."""
    try:
        cli(prog_name="matcalc")
    except MatcalcError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(BAD_INPUT)


def read_expression(expression: str) -> str:
    """The expression given, or standard input when it is ``-``."""
    if expression != "-":
        return expression
    return sys.stdin.buffer.read().decode("utf-8", errors="replace").strip()


def shows(text: str) -> bool:
    """Whether standard output can show the text."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def split_names(wrt: str) -> list[str]:
    """The names of a list separated by commas or spaces."""
    return [name for name in re.split(r"[,\s]+", wrt) if name]


def show_remarks(declarations: Mapping[str, str], conditions: Sequence[str], notes: Sequence[str]) -> None:
    """What a result rests on, a labelled line each, on standard error."""
    for line in remark_lines(declarations, conditions, notes):
        click.echo(line, err=True)
