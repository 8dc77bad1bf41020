"""``matcalc jvp``: the derivative along a direction."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.cli.arguments import read_expression, split_names
from matcalc.cli.choosing import in_words, names_asked
from matcalc.cli.front import Option
from matcalc.cli.options import BOLD, BUDGET, READING, Keywords, expression_command, form_option, wrt_option
from matcalc.cli.showing import show_equation
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
def command(expression: str, wrt: Sequence[str], direction: str, reading: Keywords, bold: bool, target: str | None) -> None:
    """Print what a change of the symbols does to EXPRESSION, to first order.

    \b
    matcalc jvp "A*X*B" --wrt X --direction V
    """
    text, wrt = in_words(read_expression(expression), wrt)
    show_equation(jvp(text, names_asked(text, wrt, reading), split_names(direction), **reading), target, bold=bold, whole=False)
