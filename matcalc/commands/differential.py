"""``matcalc differential``: the differential."""

from __future__ import annotations

import click

from matcalc.cli import BOLD, BUDGET, ExpressionCommand, read_expression, split_names
from matcalc.commands.equations import show_equation
from matcalc.presentation import FORMATS
from matcalc.product_calls import differential


@click.command("differential", short_help="The differential: df = tr(G' dX), dY = A dX B.", cls=ExpressionCommand)
@click.argument("expression")
@click.option("--wrt", required=True, metavar="NAMES", help="The symbol that changes; several, as in X,Y.")
@click.option("--declare", multiple=True, metavar="TEXT", help='Kinds, sizes and facts: "X: n×m; A: n×n symmetric; a: scalar".')
@BUDGET
@BOLD
@click.option("--to", "target", type=click.Choice(FORMATS), help="Form of the result.  [default: unicode]")
def command(expression: str, wrt: str, declare: tuple[str, ...], bold: bool, target: str | None) -> None:
    """Print the differential of EXPRESSION: df = tr(G' dX), dY = A dX B.

    \b
    matcalc differential "||X - U V||^2" --wrt V
    """
    facts = "; ".join(declare) or None
    show_equation(differential(read_expression(expression), split_names(wrt), declare=facts), target, bold=bold, whole=True)
