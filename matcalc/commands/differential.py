"""``matcalc differential``: the differential."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.cli.arguments import read_expression
from matcalc.cli.choosing import in_words, names_asked
from matcalc.cli.options import BOLD, BUDGET, READING, Keywords, expression_command, form_option, wrt_option
from matcalc.cli.showing import show_equation
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
def command(expression: str, wrt: Sequence[str], reading: Keywords, bold: bool, target: str | None) -> None:
    """Print the differential of EXPRESSION: df = tr(G' dX), dY = A dX B.

    \b
    matcalc differential "||X - U V||^2" --wrt V
    """
    text, wrt = in_words(read_expression(expression), wrt)
    show_equation(differential(text, names_asked(text, wrt, reading), **reading), target, bold=bold, whole=True)
