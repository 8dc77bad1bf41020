"""``matcalc simplify``: another form of an expression."""

from __future__ import annotations

from matcalc.base.errors import MatcalcError
from matcalc.cli.arguments import Asked, expression_command
from matcalc.cli.front import Option
from matcalc.cli.options import BOLD, BUDGET, READING, form_option
from matcalc.cli.showing import View, show, show_way
from matcalc.interface.presentation import FORMATS
from matcalc.interface.simplify_call import simplify
from matcalc.printing.notations import STEP_FORMATS
from matcalc.simplifying.shortest_forms import FORMS

_FORMS = tuple([form for form in FORMATS if form != "index"])
_FORM = Option(("--form",), "form", "word", f"What is looked for: {', '.join(FORMS)}.  [default: shortest]", "FORM", None, FORMS)
_STEPS = Option(("--steps",), "steps", "flag", "Print the way to the form, each step with its rule.", default=False)


@expression_command(
    "simplify",
    "A shorter form, or one multiplied out or factored.",
    _FORM,
    _STEPS,
    *READING,
    BUDGET,
    BOLD,
    form_option(tuple(dict.fromkeys((*_FORMS, *STEP_FORMATS))), _FORMS),
)
def simplify_command(asked: Asked, view: View, form: str | None) -> None:
    """Print EXPRESSION in the shortest form that is found: inverses, projectors, traces,
    determinants and exponentials are collapsed by the equations of rules/.

    Other forms are expanded (multiplied out), collected (common factors taken out) and factored (as
    few terms as there can be).

    \b
    matcalc simplify "inv(A) - inv(A)*inv(inv(A) + inv(B))*inv(A)" --steps
    matcalc simplify "(x + y)'*S*(x + y)" --form expanded --declare "S: n×n symmetric"
    """
    found = asked.advised(lambda: simplify(asked.text, form=form or FORMS[0], **asked.settings))
    if view.steps and not found.steps:
        raise MatcalcError(f"the {found.form} form is the one that was given", suggestion="without --steps")
    if view.steps:
        show_way(found, view.target)
    else:
        show(found, view.target, bold=view.bold)
