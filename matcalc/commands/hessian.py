"""``matcalc hessian``: the second derivative of a scalar."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.base.layouts import Layout, Symmetric
from matcalc.cli.arguments import read_expression
from matcalc.cli.choosing import groups_asked, in_words
from matcalc.cli.derivatives import View, deriving_options, show_all, with_advice, with_view
from matcalc.cli.options import Keywords, expression_command
from matcalc.interface.api import hessian


@expression_command(
    "hessian",
    "The second derivative of a scalar.",
    *deriving_options("The symbol to differentiate by twice; may be repeated. x,y asks for the mixed derivative.", names=None),
)
@with_view
def command(expression: str, wrt: Sequence[str], reading: Keywords, layout: Layout, symmetric: Symmetric, view: View) -> None:
    """Print the second derivative of EXPRESSION, which is a scalar, by the symbol --wrt.

    \b
    matcalc hessian "x'Ax" --wrt x
    matcalc hessian "x'*A*y" --wrt x,y
    """
    text, wrt = in_words(read_expression(expression), wrt)
    asked = groups_asked(text, wrt, reading)
    shared = {"layout": layout, "symmetric": symmetric, **reading}
    show_all(
        with_advice(lambda: [hessian(text, group[0] if len(group) == 1 else group, **shared) for group in asked], text), view
    )
