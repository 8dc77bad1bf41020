"""``matcalc hessian``: the second derivative of a scalar."""

from __future__ import annotations

from matcalc.cli.arguments import Asked, expression_command
from matcalc.cli.options import deriving_options
from matcalc.cli.showing import View, show_all
from matcalc.interface.api import hessian


@expression_command(
    "hessian",
    "The second derivative of a scalar.",
    *deriving_options("The symbol to differentiate by twice; may be repeated. x,y asks for the mixed derivative.", names=None),
)
def command(asked: Asked, view: View) -> None:
    """Print the second derivative of EXPRESSION, which is a scalar, by the symbol --wrt.

    \b
    matcalc hessian "x'Ax" --wrt x
    matcalc hessian "x'*A*y" --wrt x,y
    """
    show_all(asked.each(hessian, asked.groups), view)
