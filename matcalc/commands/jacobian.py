"""``matcalc jacobian``: the derivative of a vector or matrix."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.base.layouts import Layout, Symmetric
from matcalc.cli.arguments import read_expression
from matcalc.cli.choosing import in_words, names_asked
from matcalc.cli.derivatives import View, deriving_options, show_all, with_advice, with_view
from matcalc.cli.options import Keywords, expression_command
from matcalc.interface.api import jacobian


@expression_command(
    "jacobian",
    "The derivative of a vector or matrix.",
    *deriving_options("The symbol to differentiate by; may be repeated.", names=None),
)
@with_view
def command(expression: str, wrt: Sequence[str], reading: Keywords, layout: Layout, symmetric: Symmetric, view: View) -> None:
    """Print the derivative of EXPRESSION, which is a vector or a matrix, by the symbol --wrt.

    \b
    matcalc jacobian "A*x" --wrt x
    matcalc jacobian "A*x" --wrt x --layout numerator
    """
    text, wrt = in_words(read_expression(expression), wrt)
    asked = names_asked(text, wrt, reading)
    shared = {"layout": layout, "symmetric": symmetric, **reading}
    show_all(with_advice(lambda: [jacobian(text, name, **shared) for name in asked], text), view)
