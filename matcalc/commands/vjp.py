"""``matcalc vjp``: what an upstream gradient becomes at a symbol."""

from __future__ import annotations

from collections.abc import Sequence

import click

from matcalc.cli.arguments import ExpressionCommand, read_expression
from matcalc.cli.choosing import in_words, names_asked
from matcalc.cli.options import BOLD, BUDGET, LAYOUT, SYMMETRY, Keywords, form, names_option, reading_options, set_in_bold, wrt_option
from matcalc.cli.showing import show
from matcalc.commands.gradient import show_gradients
from matcalc.derivation.pipeline import Layout, Symmetric
from matcalc.presentation import FORMATS
from matcalc.product_calls import vjp


@click.command("vjp", short_help="The gradient by a symbol, given that by the expression.", cls=ExpressionCommand)
@click.argument("expression")
@wrt_option("The symbol to differentiate by; several, as in Q,K,V, from one sweep.")
@click.option("--upstream", default="G", show_default=True, metavar="NAME", help="Name of the derivative by EXPRESSION.")
@reading_options
@LAYOUT
@SYMMETRY
@BUDGET
@names_option("substitute")
@BOLD
@click.option("--to", "target", type=form(FORMATS), metavar="FORM", help=f"Form of the result: {', '.join(FORMATS)}.  [default: unicode]")
def command(
    expression: str,
    wrt: Sequence[str],
    upstream: str,
    reading: Keywords,
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
    text, wrt = in_words(read_expression(expression), wrt)
    asked = names_asked(text, wrt, reading)
    if len(asked) == 1:
        show(vjp(text, asked[0], upstream, layout=layout, symmetric=symmetric, names=names, **reading), target, bold=bold)
    else:
        show_gradients(vjp(text, asked, upstream, layout=layout, symmetric=symmetric, names=names, **reading), target, bold=bold)
