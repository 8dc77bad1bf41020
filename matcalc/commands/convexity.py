"""``matcalc convexity``: whether a function is convex or concave, with what shows it."""

from __future__ import annotations

from matcalc.cli.arguments import Asked, expression_command
from matcalc.cli.front import Option
from matcalc.cli.options import BUDGET, READING, form_option, wrt_option
from matcalc.cli.showing import View, show_json, show_lines, show_reading
from matcalc.interface.console import say, shows
from matcalc.interface.convexity_call import convexity

_FORMS = ("unicode", "ascii", "latex", "json")
_STEPS = Option(("--steps",), "steps", "flag", "Print which parts are curved first, and by which rules.", default=False)


@expression_command(
    "convexity",
    "Convex, concave, or neither.",
    wrt_option("The symbols in which it is meant, jointly: a name, or several with commas."),
    _STEPS,
    *READING,
    BUDGET,
    form_option(_FORMS, _FORMS),
)
def convexity_command(asked: Asked, view: View) -> None:
    """Say whether EXPRESSION, a scalar, is convex, concave, affine or neither in the symbols: with its
    second derivative in a form that shows it, under a condition, or with a chord that refutes it.

    \b
    matcalc convexity "logsumexp(A*x)" --wrt x
    matcalc convexity "x'*x/t" --wrt x,t --declare "t: scalar positive"
    matcalc convexity "x'*A*x" --wrt x
    """
    found = asked.advised(lambda: convexity(asked.text, asked.names, **asked.settings))
    target = view.target or ("unicode" if shows(found.text()) else "ascii")
    show_reading(found.reading)
    if target == "json":
        show_json(found.to_dict())
        return
    if view.steps:
        say(found.steps_text(target))
    if target != "latex" or not view.steps:
        say(found.latex() if target == "latex" else found.text(target))
    show_lines(found.remarks(target))
