"""``matcalc vjp``: what an upstream gradient becomes at a symbol."""

from __future__ import annotations

import click

from matcalc.cli import BOLD, BUDGET, LAYOUT, SYMMETRY, ExpressionCommand, read_expression, set_in_bold, show, split_names
from matcalc.commands.gradient import show_gradients
from matcalc.derivation.pipeline import Layout, Symmetric
from matcalc.presentation import FORMATS
from matcalc.product_calls import vjp
from matcalc.products.reading import NAMES


@click.command("vjp", short_help="The gradient by a symbol, given that by the expression.", cls=ExpressionCommand)
@click.argument("expression")
@click.option("--wrt", required=True, metavar="NAMES", help="The symbol to differentiate by; several, as in Q,K,V, from one sweep.")
@click.option("--upstream", default="G", show_default=True, metavar="NAME", help="Name of the derivative by EXPRESSION.")
@click.option("--declare", multiple=True, metavar="TEXT", help='Kinds, sizes and facts: "X: n×m; A: n×n symmetric; a: scalar".')
@LAYOUT
@SYMMETRY
@BUDGET
@click.option("--names", type=click.Choice(NAMES), default=NAMES[0], show_default=True, help="What becomes of names given in EXPRESSION.")
@BOLD
@click.option("--to", "target", type=click.Choice(FORMATS), help="Form of the result.  [default: unicode]")
def command(
    expression: str,
    wrt: str,
    upstream: str,
    declare: tuple[str, ...],
    layout: Layout,
    symmetric: Symmetric,
    names: str,
    bold: bool,
    target: str | None,
) -> None:
    """Print the derivative of a scalar by a symbol, given its derivative by EXPRESSION; the Jacobian is never formed.

    \b
    matcalc vjp "X*W + 1*b'" --wrt W --upstream G
    matcalc vjp "softmax(Q*K'/c, rows)*V" --wrt Q,K,V
    """
    target = set_in_bold(target, bold)
    asked, text, facts = split_names(wrt), read_expression(expression), "; ".join(declare) or None
    if len(asked) == 1:
        show(
            vjp(text, asked[0], upstream, declare=facts, layout=layout, symmetric=symmetric, names=names),
            set_in_bold(target, bold),
            bold=bold,
        )
    else:
        show_gradients(vjp(text, asked, upstream, declare=facts, layout=layout, symmetric=symmetric, names=names), target, bold=bold)
