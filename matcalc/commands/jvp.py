"""``matcalc jvp``: the derivative along a direction."""

from __future__ import annotations

from matcalc.cli.arguments import Asked, expression_command, split_names
from matcalc.cli.front import Option
from matcalc.cli.options import BOLD, BUDGET, READING, form_option, wrt_option
from matcalc.cli.showing import View, show
from matcalc.interface.presentation import FORMATS
from matcalc.interface.product_calls import jvp


@expression_command(
    "jvp",
    "The derivative along a direction.",
    wrt_option("The symbol that changes; several, as in X,Y."),
    Option(("--direction",), "direction", "text", "Name of the change of each of them.  [default: V]", "NAMES", "V"),
    *READING,
    BUDGET,
    BOLD,
    form_option(FORMATS),
)
def command(asked: Asked, view: View, direction: str) -> None:
    """Print what a change of the symbols does to EXPRESSION, to first order.

    \b
    matcalc jvp "A*X*B" --wrt X --direction V
    """
    show(jvp(asked.text, asked.names, split_names(direction), **asked.settings), view.target, bold=view.bold)
