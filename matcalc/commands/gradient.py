"""``matcalc gradient``: all gradients of one scalar from one reverse sweep."""

from __future__ import annotations

from matcalc.cli.arguments import Asked, expression_command
from matcalc.cli.front import Option
from matcalc.cli.options import deriving_options
from matcalc.cli.showing import View, show_gradients, show_one
from matcalc.interface.api import gradient

PARTIALS = Option(("--partials",), "partials", "flag", "Print the derivative of every single step first.", default=False)


@expression_command(
    "gradient",
    "Gradients by several names, from one sweep.",
    *deriving_options("Symbols and named results to differentiate by, as in W,b,z; may be repeated.", names="keep"),
    PARTIALS,
)
def command(asked: Asked, view: View, partials: bool) -> None:
    """Print the derivatives of a scalar EXPRESSION, often a program, by one or several names.

    \b
    matcalc gradient "x'Ax" --wrt x
    matcalc gradient "z = W*x + b; h = tanh(z); u'*h" --wrt W,b,x
    """
    if not asked.wrt and asked.says_itself:
        show_one(gradient(asked.text, None, **{**asked.settings, "names": None}), view)
        return
    names = asked.names
    if view.of_one and not partials:
        for name in names:
            show_one(gradient(asked.text, name, **asked.settings), view)
        return
    show_gradients(asked.advised(lambda: gradient(asked.text, names, **asked.settings)), view, partials=partials)
