"""``matcalc taylor``: derivatives of any order along a direction, and the polynomial of them."""

from __future__ import annotations

from matcalc.analysis.taylor_series import MOST_ORDER
from matcalc.base.errors import MatcalcError
from matcalc.cli.arguments import Asked, expression_command
from matcalc.cli.front import Option
from matcalc.cli.options import BOLD, BUDGET, READING, form_option, wrt_option
from matcalc.cli.showing import View, show, show_way
from matcalc.interface.presentation import FORMATS
from matcalc.interface.taylor_call import taylor
from matcalc.printing.notations import STEP_FORMATS

_FORMS = tuple([form for form in FORMATS if form != "index"])
_ORDER = Option(("--order",), "order", "text", f"Degree of the polynomial, up to {MOST_ORDER}.  [default: 2]", "K", "2")
_DIRECTION = Option(
    ("--direction",),
    "direction",
    "text",
    "Name of the change of the symbol.  [default: h or H; of a scalar symbol the polynomial is at 0]",
    "NAME",
)
_DERIVATIVE = Option(
    ("--derivative",), "derivative", "flag", "Print the derivative of order K along the direction alone.", default=False
)
_STEPS = Option(("--steps",), "steps", "flag", "Print the derivatives of all orders first.", default=False)


@expression_command(
    "taylor",
    "The Taylor polynomial, and its derivatives.",
    wrt_option("The symbol that changes."),
    _ORDER,
    _DIRECTION,
    _DERIVATIVE,
    _STEPS,
    *READING,
    BUDGET,
    BOLD,
    form_option(tuple(dict.fromkeys((*_FORMS, *STEP_FORMATS))), _FORMS),
)
def taylor_command(asked: Asked, view: View, order: str, direction: str | None, derivative: bool) -> None:
    """Print the Taylor polynomial of EXPRESSION: f(x) + D f[h] + D²f[h, h]/2 + ...; of degree 2 it
    is the quadratic model. Of a scalar symbol without --direction it is the series at 0.

    \b
    matcalc taylor "logsumexp(x)" --wrt x --direction h
    matcalc taylor "logdet(X)" --wrt X --order 3 --direction H --derivative
    matcalc taylor "inv(eye(n) - t*A)" --wrt t --order 3
    """
    if not order.isdecimal():
        raise MatcalcError(f"the order is {order}", expected=f"a number from 0 to {MOST_ORDER}")
    names = asked.names
    wrt = names[0] if len(names) == 1 else names
    along = asked.direction(direction)
    found = asked.advised(lambda: taylor(asked.text, wrt, int(order), along, **asked.settings))
    if view.steps:
        show_way(found, view.target)
    elif derivative:
        show(found.derivative, view.target, bold=view.bold)
    else:
        show(found, view.target, bold=view.bold)
