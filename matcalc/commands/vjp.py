"""``matcalc vjp``: what an upstream gradient becomes at a symbol."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.base.layouts import Layout, Symmetric
from matcalc.cli.arguments import read_expression
from matcalc.cli.choosing import in_words, names_asked
from matcalc.cli.front import Option
from matcalc.cli.options import (
    BOLD,
    BUDGET,
    LAYOUT,
    READING,
    SYMMETRY,
    Keywords,
    expression_command,
    form_option,
    names_option,
    set_in_bold,
    wrt_option,
)
from matcalc.cli.showing import show
from matcalc.commands.gradient import show_gradients
from matcalc.interface.presentation import FORMATS
from matcalc.interface.product_calls import vjp


@expression_command(
    "vjp",
    "The gradient by a symbol, given that by the expression.",
    wrt_option("The symbol to differentiate by; several, as in Q,K,V, from one sweep."),
    Option(("--upstream",), "upstream", "text", "Name of the derivative by EXPRESSION.  [default: G]", "NAME", "G"),
    *READING,
    LAYOUT,
    SYMMETRY,
    BUDGET,
    names_option("substitute"),
    BOLD,
    form_option(FORMATS),
)
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
    """Print the derivative of a scalar by a symbol, given its derivative by EXPRESSION; the
    Jacobian is never formed.

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
