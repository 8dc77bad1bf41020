"""What ``derive``, ``gradient``, ``jacobian`` and ``hessian`` have in common: their options, and
how their results are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import typesetting
from matcalc.base.records import record, replace
from matcalc.cli.arguments import GIVEN, damage
from matcalc.cli.front import Command, Option
from matcalc.cli.options import (
    BOLD,
    BUDGET,
    LAYOUT,
    READING,
    SYMMETRY,
    form_option,
    names_option,
    set_in_bold,
    wrt_option,
)
from matcalc.cli.showing import show, show_json, show_lines, show_reading, show_remarks, show_steps
from matcalc.interface.console import fitting, say, shows
from matcalc.interface.presentation import CODE, FORMATS, joint_remarks, left_side, remarks, rendered
from matcalc.interface.results import Derivation
from matcalc.printing import text
from matcalc.printing.notations import STEP_FORMATS, STEP_STYLES

if TYPE_CHECKING:
    from matcalc.interface.named_results import Gradients

SAMPLES = ("matrix", "sum")
VIEWS = ("differential", "slice")
"""Forms of a first derivative besides the closed matrix form and the index form."""
Found = TypeVar("Found")
ENTRY_FORMS = ("unicode", "ascii", *typesetting(), "markdown", "json")
VALUE_FORMS = ("unicode", "ascii", "json")


@record
class View:
    """How a derivative is to be shown."""

    target: str | None
    bold: bool
    steps: bool
    style: str | None
    entries: str | None
    point: str | None
    samples: str = "matrix"

    @property
    def of_one(self) -> bool:
        """Whether only a derivative by one name can be shown so."""
        return self.steps or self.in_numbers or self.target in (*VIEWS, "markdown", "index")

    @property
    def in_numbers(self) -> bool:
        """Whether entries or values are asked for."""
        return self.entries is not None or self.point is not None

    def checked(self) -> View:
        """The view with its defaults. Raises MatcalcError for what does not go together."""
        steps = self.steps or self.style is not None
        target = self.target
        if target is not None and target not in (STEP_FORMATS if steps else (*FORMATS, *VIEWS)):
            said = f"steps are not available as {target}" if steps else "only a derivation in steps is available as html"
            raise MatcalcError(
                said, expected=", ".join(STEP_FORMATS) if steps else "", suggestion="" if steps else "--steps --to html"
            )
        if steps and self.bold:
            raise MatcalcError(
                "there is no bold type in a derivation in steps: entries are not bold", suggestion="--steps without --bold"
            )
        if self.in_numbers:
            self._check_numbers()
        return replace(self, target=set_in_bold(target, self.bold), steps=steps, style=self.style or STEP_STYLES[0])

    def _check_numbers(self) -> None:
        asked = "--entries" if self.entries is not None else "--at"
        if self.steps or self.style or self.bold or (self.entries is not None and self.point is not None):
            raise MatcalcError(f"{asked} shows a result by itself", suggestion=f"{asked} without --at, --steps and --bold")
        forms = ENTRY_FORMS if self.entries is not None else VALUE_FORMS
        if self.target not in (None, *forms):
            raise MatcalcError(f"{asked} is not available as {self.target}", expected=", ".join(forms))


def deriving_options(wrt: str, *, names: str | None) -> tuple[Option, ...]:
    """The options of a command that differentiates. ``names`` is the default of ``--names``, which
    there is only where there is a default."""
    return (
        wrt_option(wrt),
        *READING,
        LAYOUT,
        SYMMETRY,
        BUDGET,
        *([names_option(names)] if names else []),
        BOLD,
        Option(
            ("--steps",),
            "steps",
            "flag",
            f"Print the derivation step by step; FORM is then one of {', '.join(STEP_FORMATS)}.",
            default=False,
        ),
        Option(
            ("--style",),
            "style",
            "word",
            "Steps entry by entry (index) or by differentials (differential); implies --steps.  [default: index]",
            "STYLE",
            None,
            STEP_STYLES,
        ),
        Option(("--entries",), "entries", "text", "Write the result out entry by entry at small sizes, as in n=2,m=3.", "SIZES"),
        Option(("--at",), "point", "text", 'The value of the result: "x=[1,2], A=[1 2; 3 4]".', "VALUES"),
        Option(
            ("--samples",),
            "samples",
            "word",
            "Of a formula with samples x_i: the result in matrices, or as a sum over them.  [default: matrix]",
            "matrix|sum",
            SAMPLES[0],
            SAMPLES,
        ),
        form_option(tuple(dict.fromkeys((*FORMATS, *VIEWS, *STEP_FORMATS))), (*FORMATS, *VIEWS)),
    )


def with_view(command: Command) -> Command:
    """The command with the options about the form of the result as its argument ``view``."""

    @wraps(command)
    def viewed(**values: Any) -> Any:
        said = {name: values.pop(name) for name in View.__match_args__}
        return command(view=View(**said).checked(), **values)

    made: Any = viewed
    found: Command = made
    return found


def with_advice(make: Callable[[], Found], text: str) -> Found:
    """What ``make`` gives; its errors say what a shell may have taken away."""
    said = damage(text, GIVEN.get().words)
    try:
        found = make()
    except MatcalcError as error:
        error.suggestion = "\n     ".join(filter(None, [error.suggestion, said])) or None
        raise
    if said is not None:
        say(f"{'note:':<10}{said}", err=True)
    return found


def show_all(found: Sequence[Derivation], view: View, jointly: Callable[[], Gradients] | None = None) -> None:
    """One derivative, or several, each with what stands left of it; ``jointly`` makes code for all
    of them."""
    if view.samples == "sum":
        found = [one.samples() for one in found]
    if len(found) == 1:
        show_one(found[0], view)
    elif view.target == "json" and not view.steps and not view.in_numbers:
        show_json({"derivatives": {left_side(one, "ascii"): one.to_dict() for one in found}})
    elif view.target in CODE:
        if jointly is None:
            raise MatcalcError("there is code for several gradients of a scalar only", suggestion="one --wrt")
        say(jointly().code(view.target).rstrip("\n"))
    elif view.in_numbers and view.target != "json":
        show_reading(found[0].reading)
        for one in found:
            say(f"{fitting(left_side(one, 'unicode'))} = {_in_numbers(one, view)}")
        show_lines(joint_remarks(found))
    elif view.steps or view.in_numbers or view.target in VIEWS:
        for one in found:
            say(fitting(f"{left_side(one, 'unicode')}:"))
            show_one(one, view)
    else:
        _show_equations(found, view)


def show_one(derivation: Derivation, view: View) -> None:
    """The derivation on standard output, what it rests on on standard error."""
    if view.in_numbers and view.target == "json":
        show_json({**derivation.to_dict(), **_numbers_as_json(derivation, view)})
    elif view.in_numbers:
        show_reading(derivation.reading)
        say(_in_numbers(derivation, view))
        show_lines(remarks(derivation, shown_as_index=True))
    elif view.steps:
        show_steps(derivation, view.target, view.style or STEP_STYLES[0])
    elif view.target in VIEWS:
        made = derivation.differential() if view.target == "differential" else derivation.slice()
        show_reading(made.reading)
        say(made.equation("unicode" if shows(made.equation()) else "ascii"))
        show_remarks(made.declarations, made.conditions, made.notes, made.warnings)
    else:
        show(derivation, view.target, bold=view.bold)


def _in_numbers(derivation: Derivation, view: View) -> str:
    """The result entry by entry, or its value at a point."""
    if view.entries is None:
        entries = _entries()
        return str(entries.shown(derivation.at(**entries.point_of(view.point or ""))))
    found = derivation.entries(**_sizes(view.entries, derivation))
    if view.target is not None and view.target in typesetting():
        return found.typeset(view.target)
    if view.target == "markdown":
        return f"${found.latex()}$"
    return found.text("ascii" if view.target == "ascii" or not (view.target or shows(found.text())) else "unicode")


def _numbers_as_json(derivation: Derivation, view: View) -> dict[str, Any]:
    if view.entries is None:
        return {"value": derivation.at(**_entries().point_of(view.point or "")).tolist()}
    found = derivation.entries(**_sizes(view.entries, derivation))
    return {"entries": [text(entry, "ascii") for entry in found.data], "entries_shape": list(found.shape)}


def _sizes(written: str, derivation: Derivation) -> dict[str, int]:
    """Numbers for the sizes; one number alone is for all of them."""
    if written.strip().isdecimal():
        return dict.fromkeys(_entries().size_names([derivation.source.node, *derivation.wrt]), int(written))
    found: dict[str, int] = _entries().point_of(written)
    return found


def _entries() -> Any:
    """Writing out and points, loaded when they are first asked for."""
    return import_module("matcalc.entries")


def _show_equations(found: Sequence[Derivation], view: View) -> None:
    target = view.target or ("unicode" if all(shows(one.written()) for one in found) else "ascii")
    show_reading(found[0].reading)
    for one in found:
        if target in typesetting():
            say(one.typeset(target, equation=True, bold=view.bold))
        elif target == "markdown":
            say(one.markdown(equation=True, bold=view.bold))
        else:
            say(f"{left_side(one, 'ascii' if target == 'ascii' else 'unicode')} = {rendered(one, target)}")
    show_lines(joint_remarks(found))
