"""``matcalc jvp``: the derivative along a direction."""

from __future__ import annotations

from collections.abc import Sequence

import click

from matcalc.cli.arguments import ExpressionCommand, read_expression, split_names
from matcalc.cli.choosing import in_words, names_asked
from matcalc.cli.options import BOLD, BUDGET, Keywords, form, reading_options, wrt_option
from matcalc.commands.equations import show_equation
from matcalc.presentation import FORMATS
from matcalc.product_calls import jvp


@click.command("jvp", short_help="The derivative along a direction.", cls=ExpressionCommand)
@click.argument("expression")
@wrt_option("The symbol that changes; several, as in X,Y.")
@click.option("--direction", default="V", show_default=True, metavar="NAMES", help="Name of the change of each of them.")
@reading_options
@BUDGET
@BOLD
@click.option("--to", "target", type=form(FORMATS), metavar="FORM", help=f"Form of the result: {', '.join(FORMATS)}.  [default: unicode]")
def command(expression: str, wrt: Sequence[str], direction: str, reading: Keywords, bold: bool, target: str | None) -> None:
    """Print what a change of the symbols does to EXPRESSION, to first order.

    \b
    matcalc jvp "A*X*B" --wrt X --direction V
    """
    text, wrt = in_words(read_expression(expression), wrt)
    show_equation(jvp(text, names_asked(text, wrt, reading), split_names(direction), **reading), target, bold=bold, whole=False)
