"""What ``derive``, ``gradient``, ``jacobian`` and ``hessian`` have in common: their options, and how their results are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import click

from matcalc.cli.expressions import arguments_given, damage
from matcalc.cli.options import (
    BOLD,
    BUDGET,
    LAYOUT,
    SYMMETRY,
    Command,
    OneOf,
    form,
    names_option,
    reading_options,
    set_in_bold,
    wrt_option,
)
from matcalc.cli.showing import show, show_json, show_lines, show_reading, show_remarks, show_steps
from matcalc.console import fitting, say, shows
from matcalc.errors import MatcalcError
from matcalc.named_results import Gradients
from matcalc.presentation import FORMATS, STEP_FORMATS, STEP_STYLES, joint_remarks, left_side, rendered
from matcalc.results import Derivation

VIEWS = ("differential", "slice")
"""Forms of a first derivative besides the closed matrix form and the index form."""
Found = TypeVar("Found")
CODE = ("numpy", "jax", "torch", "sympy")


@dataclass(frozen=True, slots=True)
class View:
    """How a derivative is to be shown."""

    target: str | None
    bold: bool
    steps: bool
    style: str | None

    @property
    def of_one(self) -> bool:
        """Whether only a derivative by one name can be shown so."""
        return self.steps or self.target in (*VIEWS, "markdown", "index")

    def checked(self) -> View:
        """The view with its defaults. Raises MatcalcError for what does not go together."""
        steps = self.steps or self.style is not None
        target = self.target
        if target is not None and target not in (STEP_FORMATS if steps else (*FORMATS, *VIEWS)):
            said = f"steps are not available as {target}" if steps else "only a derivation in steps is available as html"
            raise MatcalcError(said, expected=", ".join(STEP_FORMATS) if steps else "", suggestion="" if steps else "--steps --to html")
        if steps and self.bold:
            raise MatcalcError("there is no bold type in a derivation in steps: entries are not bold", suggestion="--steps without --bold")
        return View(set_in_bold(target, self.bold), self.bold, steps, self.style or STEP_STYLES[0])


def deriving_options(wrt: str, *, names: str | None) -> Callable[[Command], Command]:
    """The options of a command that differentiates; those about the form of the result come as ``view``. ``names`` is the default of
    ``--names``, which there is only where there is a default."""

    def decorated(command: Command) -> Command:
        @wraps(command)
        def with_view(*, target: str | None, bold: bool, steps: bool, style: str | None, **others: Any) -> Any:
            return command(view=View(target, bold, steps, style).checked(), **others)

        forms = ", ".join((*FORMATS, *VIEWS))
        options: list[Callable[[Any], Any]] = [
            click.argument("expression"),
            wrt_option(wrt),
            reading_options,
            LAYOUT,
            SYMMETRY,
            BUDGET,
            *([names_option(names)] if names else []),
            BOLD,
            click.option(
                "--steps", is_flag=True, help=f"Print the derivation step by step; FORM is then one of {', '.join(STEP_FORMATS)}."
            ),
            click.option(
                "--style",
                type=OneOf(STEP_STYLES),
                metavar="STYLE",
                help="Steps entry by entry (index) or by differentials (differential); implies --steps.  [default: index]",
            ),
            click.option(
                "--to",
                "target",
                type=form(tuple(dict.fromkeys((*FORMATS, *VIEWS, *STEP_FORMATS)))),
                metavar="FORM",
                help=f"Form of the result: {forms}.  [default: unicode]",
            ),
        ]
        made: Any = with_view
        for option in reversed(options):
            made = option(made)
        found: Command = made
        return found

    return decorated


def with_advice(make: Callable[[], Found], text: str) -> Found:
    """What ``make`` gives; its errors say what a shell may have taken away."""
    words, _ = arguments_given(click.get_current_context())
    said = damage(text, words)
    try:
        found = make()
    except MatcalcError as error:
        error.suggestion = "\n     ".join(filter(None, [error.suggestion, said])) or None
        raise
    if said is not None:
        say(f"{'note:':<10}{said}", err=True)
    return found


def show_all(found: Sequence[Derivation], view: View, jointly: Callable[[], Gradients] | None = None) -> None:
    """One derivative, or several, each with what stands left of it; ``jointly`` makes code for all of them."""
    if len(found) == 1:
        show_one(found[0], view)
    elif view.target == "json" and not view.steps:
        show_json({"derivatives": {left_side(one, "ascii"): one.to_dict() for one in found}})
    elif view.target in CODE:
        if jointly is None:
            raise MatcalcError("there is code for several gradients of a scalar only", suggestion="one --wrt")
        say(jointly().code(view.target).rstrip("\n"))
    elif view.steps or view.target in VIEWS:
        for one in found:
            say(fitting(f"{left_side(one, 'unicode')}:"))
            show_one(one, view)
    else:
        _show_equations(found, view)


def show_one(derivation: Derivation, view: View) -> None:
    """The derivation on standard output, what it rests on on standard error."""
    if view.steps:
        show_steps(derivation, view.target, view.style or STEP_STYLES[0])
    elif view.target in VIEWS:
        made = derivation.differential() if view.target == "differential" else derivation.slice()
        show_reading(made.reading)
        say(made.equation("unicode" if shows(made.equation()) else "ascii"))
        show_remarks(made.declarations, made.conditions, made.notes, made.warnings)
    else:
        show(derivation, view.target, bold=view.bold)


def _show_equations(found: Sequence[Derivation], view: View) -> None:
    target = view.target or ("unicode" if all(shows(one.written()) for one in found) else "ascii")
    show_reading(found[0].reading)
    for one in found:
        if target in ("latex", "markdown"):
            made = one.latex(equation=True, bold=view.bold) if target == "latex" else one.markdown(equation=True, bold=view.bold)
            say(made)
        else:
            say(f"{left_side(one, 'ascii' if target == 'ascii' else 'unicode')} = {rendered(one, target)}")
    show_lines(joint_remarks(found))
