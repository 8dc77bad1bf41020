"""``matcalc vjp``: what an upstream gradient becomes at a symbol."""

from __future__ import annotations

from matcalc.cli.arguments import Asked, expression_command
from matcalc.cli.front import Option
from matcalc.cli.options import BOLD, BUDGET, LAYOUT, READING, SYMMETRY, form_option, names_option, wrt_option
from matcalc.cli.showing import View, show, show_gradients
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
def command(asked: Asked, view: View, upstream: str) -> None:
    """Print the derivative of a scalar by a symbol, given its derivative by EXPRESSION; the
    Jacobian is never formed.

    \b
    matcalc vjp "X*W + 1*b'" --wrt W --upstream G
    matcalc vjp "softmax(Q*K'/c, rows)*V" --wrt Q,K,V
    """
    names = asked.names
    if len(names) == 1:
        show(vjp(asked.text, names[0], upstream, **asked.settings), view.target, bold=view.bold)
    else:
        show_gradients(vjp(asked.text, names, upstream, **asked.settings), view)
