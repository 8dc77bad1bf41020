"""``matcalc differential``: the differential."""

from __future__ import annotations

from collections.abc import Sequence

import click

from matcalc.cli.arguments import ExpressionCommand, read_expression
from matcalc.cli.choosing import in_words, names_asked
from matcalc.cli.options import BOLD, BUDGET, Keywords, form, reading_options, wrt_option
from matcalc.commands.equations import show_equation
from matcalc.presentation import FORMATS
from matcalc.product_calls import differential


@click.command("differential", short_help="The differential: df = tr(G' dX), dY = A dX B.", cls=ExpressionCommand)
@click.argument("expression")
@wrt_option("The symbol that changes; several, as in X,Y.")
@reading_options
@BUDGET
@BOLD
@click.option("--to", "target", type=form(FORMATS), metavar="FORM", help=f"Form of the result: {', '.join(FORMATS)}.  [default: unicode]")
def command(expression: str, wrt: Sequence[str], reading: Keywords, bold: bool, target: str | None) -> None:
    """Print the differential of EXPRESSION: df = tr(G' dX), dY = A dX B.

    \b
    matcalc differential "||X - U V||^2" --wrt V
    """
    text, wrt = in_words(read_expression(expression), wrt)
    show_equation(differential(text, names_asked(text, wrt, reading), **reading), target, bold=bold, whole=True)
