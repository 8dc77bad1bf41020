"""``matcalc jacobian``: the derivative of a vector or matrix."""

from __future__ import annotations

from matcalc.cli.arguments import Asked, expression_command
from matcalc.cli.options import deriving_options
from matcalc.cli.showing import View, show_all
from matcalc.interface.api import jacobian


@expression_command(
    "jacobian",
    "The derivative of a vector or matrix.",
    *deriving_options("The symbol to differentiate by; may be repeated.", names=None),
)
def command(asked: Asked, view: View) -> None:
    """Print the derivative of EXPRESSION, which is a vector or a matrix, by the symbol --wrt.

    \b
    matcalc jacobian "A*x" --wrt x
    matcalc jacobian "A*x" --wrt x --layout numerator
    """
    show_all(asked.each(jacobian, [[name] for name in asked.names]), view)
