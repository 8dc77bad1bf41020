"""How commands show their results: on standard output in the form asked for, with what they rest on
on standard error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matcalc.base.functions import typesetting
from matcalc.cli.arguments import EXPLAINS
from matcalc.cli.options import set_in_bold
from matcalc.interface.console import say, shows
from matcalc.interface.presentation import CODE, reading_lines, remark_lines, remarks, rendered, steps_rendered
from matcalc.interface.results import Derivation
from matcalc.objects.parsed import Reading

if TYPE_CHECKING:
    from matcalc.interface.equations import Equation

SIGNS = "ᵀ−²"
"""Characters that a console must have to be shown results in Unicode."""


def show(derivation: Derivation, target: str | None, *, bold: bool = False) -> None:
    """The derivation on standard output, what it rests on on standard error."""
    target = set_in_bold(target, bold) or ("unicode" if shows(derivation.written()) else "ascii")
    show_reading(derivation.reading)
    say(rendered(derivation, target, ascii_json=not shows(SIGNS), bold=bold))
    if target != "json":
        show_lines(remarks(derivation, shown_as_index=target == "index"))


def show_steps(derivation: Derivation, target: str | None, style: str) -> None:
    """The derivation in steps on standard output, the result last; what it rests on on standard
    error."""
    show_reading(derivation.reading)
    found = steps_rendered(derivation, target or "unicode", style, ascii_json=not shows(SIGNS))
    say(found if target or shows(found) else steps_rendered(derivation, "ascii", style))
    if target != "json":
        show_lines(remarks(derivation))


def show_json(parts: Mapping[str, Any] | Sequence[Any]) -> None:
    """One JSON object, or a list."""
    import json

    say(json.dumps(parts, ensure_ascii=not shows(SIGNS), indent=2))


def show_reading(reading: Reading) -> None:
    """How the formula was read, on standard error, before the result."""
    show_lines(reading_lines(reading, whole=EXPLAINS.get(), style="unicode" if shows(SIGNS) else "ascii"))


def show_remarks(
    declarations: Mapping[str, str], conditions: Sequence[str], notes: Sequence[str], warnings: Sequence[str] = ()
) -> None:
    """What a result rests on, a labelled line each, on standard error; notes that were said as
    ``warnings`` are left out."""
    show_lines(remark_lines(declarations, conditions, notes, warnings))


def show_lines(lines: Sequence[str]) -> None:
    """Lines on standard error."""
    for line in lines:
        say(line, err=True)


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
