"""How the commands show an equation such as ``dY = A dX B``."""

from __future__ import annotations

from matcalc.base.functions import typesetting
from matcalc.cli.options import set_in_bold
from matcalc.cli.showing import show_json, show_reading, show_remarks
from matcalc.interface.console import say, shows
from matcalc.interface.equations import Equation
from matcalc.interface.presentation import CODE


def show_equation(found: Equation, target: str | None, *, whole: bool, bold: bool = False) -> None:
    """The equation, or its right side, on standard output; what it rests on on standard error."""
    target = set_in_bold(target, bold) or ("unicode" if shows(found.equation()) else "ascii")
    show_reading(found.reading)
    match target:
        case "json":
            show_json(found.to_dict())
            return
        case _ if target in typesetting():
            say(found.typeset(target, equation=whole, bold=bold))
        case "markdown":
            say(found.markdown(bold=bold))
        case "index":
            say(found.index_form)
        case _ if target in CODE:
            say(found.code(target).rstrip("\n"))
        case "ascii":
            say(found.equation("ascii") if whole else found.text("ascii"))
        case _:
            say(found.equation() if whole else found.text())
    show_remarks(found.declarations, found.conditions, found.notes, found.warnings)
