"""``matcalc differential``: the differential."""

from __future__ import annotations

from matcalc.cli.arguments import Asked, expression_command
from matcalc.cli.options import BOLD, BUDGET, READING, form_option, wrt_option
from matcalc.cli.showing import View, show
from matcalc.interface.presentation import FORMATS
from matcalc.interface.product_calls import differential


@expression_command(
    "differential",
    "The differential: df = tr(G' dX), dY = A dX B.",
    wrt_option("The symbol that changes; several, as in X,Y."),
    *READING,
    BUDGET,
    BOLD,
    form_option(FORMATS),
)
def command(asked: Asked, view: View) -> None:
    """Print the differential of EXPRESSION: df = tr(G' dX), dY = A dX B.

    \b
    matcalc differential "||X - U V||^2" --wrt V
    """
    show(differential(asked.text, asked.names, **asked.settings), view.target, bold=view.bold, whole=True)
