"""Derivatives as linear maps: ``matcalc differential``, ``matcalc jvp`` and ``matcalc hvp`` along a
direction, and ``matcalc vjp``, what an upstream gradient becomes at a symbol."""

from __future__ import annotations

from matcalc.cli.arguments import Asked, expression_command
from matcalc.cli.front import Option
from matcalc.cli.options import BOLD, BUDGET, LAYOUT, READING, STEPS, SYMMETRY, form_option, names_option, wrt_option
from matcalc.cli.showing import View, show, show_all, show_gradients, show_one
from matcalc.interface.api import derive
from matcalc.interface.presentation import FORMATS
from matcalc.interface.product_calls import differential, hvp, jvp, vjp
from matcalc.objects.inputs import split_names
from matcalc.printing.notations import STEP_FORMATS

CHANGES = wrt_option("The symbol that changes; several, as in X,Y.")
DIRECTION = Option(("--direction",), "direction", "text", "Name of the change of each of them.  [default: V]", "NAMES")
UPSTREAM = Option(("--upstream",), "upstream", "text", "Name of the derivative by EXPRESSION.  [default: G]", "NAME", "G")
RESULT = (BOLD, form_option(FORMATS))


@expression_command("differential", "The differential: df = tr(G' dX), dY = A dX B.", CHANGES, *READING, BUDGET, *RESULT, order=1)
def differential_command(asked: Asked, view: View) -> None:
    """Print the differential of EXPRESSION: df = tr(G' dX), dY = A dX B.

    \b
    matcalc differential "||X - U V||^2" --wrt V
    """
    show(differential(asked.text, asked.names, **asked.settings), view.target, bold=view.bold, whole=True)


@expression_command("jvp", "The derivative along a direction.", CHANGES, DIRECTION, *READING, BUDGET, *RESULT, order=1)
def jvp_command(asked: Asked, view: View, direction: str | None) -> None:
    """Print what a change of the symbols does to EXPRESSION, to first order.

    \b
    matcalc jvp "A*X*B" --wrt X --direction V
    """
    found = jvp(asked.text, asked.names, split_names(asked.direction(direction) or "V"), **asked.settings)
    show(found, view.target, bold=view.bold)


@expression_command(
    "hvp",
    "The Hessian along a direction.",
    wrt_option("The symbol to differentiate by twice; of two, as in X,Y, the second one changes."),
    Option(("--direction",), "direction", "text", "Name of the change of the symbol.  [default: V]", "NAME"),
    *READING,
    LAYOUT,
    SYMMETRY,
    BUDGET,
    *STEPS,
    BOLD,
    form_option(tuple(dict.fromkeys((*FORMATS, *STEP_FORMATS))), FORMATS),
    order=2,
)
def hvp_command(asked: Asked, view: View, direction: str | None) -> None:
    """Print the Hessian of a scalar EXPRESSION times a direction, which has the shape of the symbol;
    the Hessian is never formed.

    \b
    matcalc hvp "sum(log(1 + exp(X*W)))" --wrt W --direction D
    matcalc hvp "x'Ax wrt x along v" --steps
    """
    names, along = asked.names, asked.direction(direction) or "V"
    found = asked.advised(lambda: hvp(asked.text, names, along, **asked.settings))
    if view.steps:
        show_all([derive(asked.text, names[-1], **asked.settings), found], view)
    else:
        show_one(found, view)


@expression_command(
    "vjp",
    "The gradient by a symbol, given that by the expression.",
    wrt_option("The symbol to differentiate by; several, as in Q,K,V, from one sweep."),
    UPSTREAM,
    *READING,
    LAYOUT,
    SYMMETRY,
    BUDGET,
    names_option("substitute"),
    *RESULT,
    order=1,
)
def vjp_command(asked: Asked, view: View, upstream: str) -> None:
    """Print the derivative of a scalar by a symbol, given its derivative by EXPRESSION; the
    Jacobian is never formed.

    \b
    matcalc vjp "X*W + 1*b'" --wrt W --upstream G
    matcalc vjp "softmax(Q*K'/c, rows)*V" --wrt Q,K,V
    """
    names = asked.names
    if len(names) == 1:
        show(vjp(asked.text, names[0], upstream, **asked.settings), view.target, bold=view.bold)
    else:
        show_gradients(vjp(asked.text, names, upstream, **asked.settings), view)
