"""``matcalc gradient``: all gradients of one scalar from one reverse sweep."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import typesetting
from matcalc.base.layouts import Layout, Symmetric
from matcalc.cli.arguments import read_expression
from matcalc.cli.choosing import in_words, names_asked, says_itself
from matcalc.cli.derivatives import View, deriving_options, show_one, with_advice, with_view
from matcalc.cli.front import Option
from matcalc.cli.options import Keywords, expression_command, set_in_bold
from matcalc.cli.showing import show_json, show_reading, show_remarks
from matcalc.interface.api import gradient
from matcalc.interface.console import say, shows
from matcalc.interface.named_results import Gradients
from matcalc.interface.presentation import CODE
from matcalc.interface.results import Style

FORMATS = ("unicode", "ascii", *typesetting(), "json", *CODE)
"""Forms of several gradients."""


PARTIALS = Option(("--partials",), "partials", "flag", "Print the derivative of every single step first.", default=False)


@expression_command(
    "gradient",
    "Gradients by several names, from one sweep.",
    *deriving_options("Symbols and named results to differentiate by, as in W,b,z; may be repeated.", names="keep"),
    PARTIALS,
)
@with_view
def command(
    expression: str,
    wrt: Sequence[str],
    reading: Keywords,
    layout: Layout,
    symmetric: Symmetric,
    names: str,
    partials: bool,
    view: View,
) -> None:
    """Print the derivatives of a scalar EXPRESSION, often a program, by one or several names.

    \b
    matcalc gradient "x'Ax" --wrt x
    matcalc gradient "z = W*x + b; h = tanh(z); u'*h" --wrt W,b,x
    """
    text, wrt = in_words(read_expression(expression), wrt)
    if not wrt and says_itself(text, reading):
        show_one(gradient(text, None, layout=layout, symmetric=symmetric, **reading), view)
        return
    asked = names_asked(text, wrt, reading)
    shared = {"layout": layout, "symmetric": symmetric, "names": names, **reading}
    if view.of_one and not partials:
        for name in asked:
            show_one(gradient(text, name, **shared), view)
        return
    show_gradients(with_advice(lambda: gradient(text, asked, **shared), text), view.target, partials=partials, bold=view.bold)


def show_gradients(found: Gradients, target: str | None, *, partials: bool = False, bold: bool = False) -> None:
    """The gradients on standard output, what they rest on on standard error."""
    target = set_in_bold(target, bold) or ("unicode" if shows(found.written()) else "ascii")
    show_reading(found.reading)
    match target:
        case "json":
            show_json(found.to_dict())
            return
        case _ if target in typesetting():
            say(found.typeset(target, bold=bold))
        case _ if target in CODE:
            say(found.code(target).rstrip("\n"))
        case "unicode" | "ascii":
            style: Style = "ascii" if target == "ascii" else "unicode"
            if partials:
                say(found.chain(style))
            say(found.text(style))
        case _:
            raise MatcalcError(f"several gradients are not available as {target}", expected=", ".join(FORMATS))
    show_remarks(found.declarations, found.conditions, found.notes, found.warnings)
