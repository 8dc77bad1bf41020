"""``matcalc jvp``: the derivative along a direction."""

from __future__ import annotations

import click

from matcalc.cli import BOLD, BUDGET, ExpressionCommand, read_expression, split_names
from matcalc.commands.equations import show_equation
from matcalc.presentation import FORMATS
from matcalc.product_calls import jvp


@click.command("jvp", short_help="The derivative along a direction.", cls=ExpressionCommand)
@click.argument("expression")
@click.option("--wrt", required=True, metavar="NAMES", help="The symbol that changes; several, as in X,Y.")
@click.option("--direction", default="V", show_default=True, metavar="NAMES", help="Name of the change of each of them.")
@click.option("--declare", multiple=True, metavar="TEXT", help='Kinds, sizes and facts: "X: n×m; A: n×n symmetric; a: scalar".')
@BUDGET
@BOLD
@click.option("--to", "target", type=click.Choice(FORMATS), help="Form of the result.  [default: unicode]")
def command(expression: str, wrt: str, direction: str, declare: tuple[str, ...], bold: bool, target: str | None) -> None:
    """Print what a change of the symbols does to EXPRESSION, to first order.

    \b
    matcalc jvp "A*X*B" --wrt X --direction V
    """
    facts = "; ".join(declare) or None
    show_equation(jvp(read_expression(expression), split_names(wrt), split_names(direction), declare=facts), target, bold=bold, whole=False)
