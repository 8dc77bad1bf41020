"""How commands show their results: on standard output in the form asked for, with what they rest on
on standard error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import over, typesetting
from matcalc.base.lazy import later
from matcalc.base.records import record, replace
from matcalc.cli.front import EXPLAINS
from matcalc.cli.options import VIEWS, set_in_bold
from matcalc.interface.console import fitting, say, shows
from matcalc.interface.presentation import (
    CODE,
    FORMATS,
    NO_ARRAYS,
    OF_MANIFOLDS,
    as_json,
    is_code,
    joint_remarks,
    left_side,
    reading_lines,
    remarks,
    rendered,
    steps_rendered,
)
from matcalc.interface.results import Derivation
from matcalc.objects.parsed import Reading, Style
from matcalc.printing import text
from matcalc.printing.notations import STEP_FORMATS, STEP_STYLES

if TYPE_CHECKING:
    import matcalc.entries as entries
    from matcalc.interface.equations import Equation
    from matcalc.interface.named_results import Gradients
    from matcalc.interface.with_steps import ExpressionWithSteps
    from matcalc.objects.parsed import ParsedExpression
else:
    entries = later("matcalc.entries")

SIGNS = "ᵀ−²"
"""Characters that a console must have to be shown results in Unicode."""
ENTRY_FORMS = ("unicode", "ascii", *typesetting(), "markdown", "json")
GRADIENT_FORMATS = ("unicode", "ascii", *typesetting(), "json", *CODE)
VALUE_FORMS = ("unicode", "ascii", "json")


def show(
    found: Derivation | Equation | Gradients | ParsedExpression,
    target: str | None,
    *,
    bold: bool = False,
    whole: bool = False,
    before: Callable[[Style], str] | None = None,
    arrays: Mapping[str, Sequence[str]] = NO_ARRAYS,
) -> None:
    """A result on standard output, as text behind what stands ``before`` it, of an equation the
    right side or the ``whole``; what it rests on on standard error."""
    shown: Any = found
    if target is None:
        target = "unicode" if shows(shown.equation() if hasattr(shown, "equation") else found.written()) else "ascii"
    show_reading(shown.reading)
    if before is not None and target in ("unicode", "ascii"):
        say(before("ascii" if target == "ascii" else "unicode"))
    say(rendered(found, target, equation=whole, bold=bold, ascii_json=not shows(SIGNS), arrays=arrays))
    if target != "json":
        show_lines(remarks(found, shown_as_index=target == "index"))


def show_json(parts: Mapping[str, Any] | Sequence[Any]) -> None:
    """One JSON object, or a list."""
    say(as_json(parts, ascii=not shows(SIGNS)))


def show_reading(reading: Reading) -> None:
    """How the formula was read, on standard error, before the result."""
    show_lines(reading_lines(reading, whole=EXPLAINS.get(), style="unicode" if shows(SIGNS) else "ascii"))


def show_lines(lines: Sequence[str]) -> None:
    """Lines on standard error."""
    for line in lines:
        say(line, err=True)


@record
class View:
    """How a derivative is to be shown."""

    target: str | None = None
    bold: bool = False
    steps: bool = False
    style: str | None = None
    entries: str | None = None
    point: str | None = None
    samples: str = "matrix"
    batched: str | None = None
    sparse: str | None = None
    cost: str = "shortest"
    shard: str | None = None

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
        if steps:
            self._check_steps()
        elif self.target not in (None, *FORMATS, *OF_MANIFOLDS, *VIEWS):
            raise MatcalcError("only a derivation in steps is available as html", suggestion="--steps --to html")
        if self.in_numbers:
            self._check_numbers()
        if (self.batched or self.sparse) and (steps or self.in_numbers or self.target not in CODE):
            asked = "--batched" if self.batched else "--sparse"
            raise MatcalcError(f"{asked} is of code", suggestion=f"{asked} with --to numpy or --to jax")
        target, shard = set_in_bold(self.target, self.bold), self._checked_shard()
        target = target and over(target, shard)
        return replace(self, target=target, steps=steps, style=self.style or STEP_STYLES[0])

    def _checked_shard(self) -> str | None:
        if self.shard is not None and self.target not in CODE:
            raise MatcalcError("--shard is for code that several devices run", suggestion=f"--to jax --shard {self.shard}")
        return self.shard

    @property
    def arrays(self) -> dict[str, tuple[str, ...]]:
        """The names of arrays with a leading axis, and of sparse ones, as they are asked for of
        code."""
        asked = {"batched": self.batched, "sparse": self.sparse}
        return {key: tuple([name.strip() for name in names.split(",")]) for key, names in asked.items() if names}

    def _check_steps(self) -> None:
        if self.target not in (None, *STEP_FORMATS):
            raise MatcalcError(f"steps are not available as {self.target}", expected=", ".join(STEP_FORMATS))
        if self.bold:
            raise MatcalcError(
                "there is no bold type in a derivation in steps: entries are not bold", suggestion="--steps without --bold"
            )

    def _check_numbers(self) -> None:
        asked = "--entries" if self.entries is not None else "--at"
        if self.steps or self.style or self.bold or (self.entries is not None and self.point is not None):
            raise MatcalcError(f"{asked} shows a result by itself", suggestion=f"{asked} without --at, --steps and --bold")
        forms = ENTRY_FORMS if self.entries is not None else VALUE_FORMS
        if self.target not in (None, *forms):
            raise MatcalcError(f"{asked} is not available as {self.target}", expected=", ".join(forms))


def show_all(found: Sequence[Derivation], view: View, jointly: Callable[[], Gradients] | None = None) -> None:
    """One derivative, or several, each with what stands left of it; ``jointly`` makes code for all
    of them."""
    if view.samples == "sum":
        found = [one.samples() for one in found]
    found = [one.with_cost(view.cost) for one in found]
    if len(found) == 1:
        show_one(found[0], view)
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
        _show_several(found, view, jointly)


def _show_several(found: Sequence[Derivation], view: View, jointly: Callable[[], Gradients] | None) -> None:
    if view.target == "json":
        show_json({"derivatives": {left_side(one, "ascii"): one.to_dict() for one in found}})
    elif view.target is None or not is_code(view.target):
        _show_equations(found, view)
    elif jointly is None:
        raise MatcalcError("there is code for several gradients of a scalar only", suggestion="one --wrt")
    else:
        say(jointly().code(view.target, **view.arrays, shard=None).rstrip("\n"))


def show_gradients(found: Gradients, view: View, *, partials: bool = False) -> None:
    """Several gradients, behind those of every single step if the ``partials`` are wanted, too."""
    if view.target is not None and view.target not in GRADIENT_FORMATS and not is_code(view.target):
        show_reading(found.reading)
        raise MatcalcError(f"several gradients are not available as {view.target}", expected=", ".join(GRADIENT_FORMATS))
    before = found.chain if partials else None
    show(found, view.target, bold=view.bold, before=before, arrays=view.arrays)


def show_one(derivation: Derivation, view: View) -> None:
    """The derivation on standard output, what it rests on on standard error."""
    derivation = derivation.with_cost(view.cost)
    if view.in_numbers and view.target == "json":
        show_json({**derivation.to_dict(), **_numbers_as_json(derivation, view)})
    elif view.in_numbers:
        show_reading(derivation.reading)
        say(_in_numbers(derivation, view))
        show_lines(remarks(derivation, shown_as_index=True))
    elif view.steps:
        _show_steps(derivation, view.target, view.style or STEP_STYLES[0])
    elif view.target in VIEWS:
        show(derivation.differential() if view.target == "differential" else derivation.slice(), None, whole=True)
    else:
        show(derivation, view.target, bold=view.bold, arrays=view.arrays)


def _show_steps(derivation: Derivation, target: str | None, style: str) -> None:
    """The derivation in steps on standard output, the result last; what it rests on on standard
    error."""
    show_reading(derivation.reading)
    found = steps_rendered(derivation, target or "unicode", style, ascii_json=not shows(SIGNS))
    say(found if target or shows(found) else steps_rendered(derivation, "ascii", style))
    if target != "json":
        show_lines(remarks(derivation))


def show_way(found: ExpressionWithSteps, target: str | None) -> None:
    """The steps of another result on standard output; what it rests on on standard error."""
    show_reading(found.reading)
    written = found.steps_text(target or "unicode")
    say(written if target or shows(written) else found.steps_text("ascii"))
    if target != "json":
        show_lines(remarks(found))


def _in_numbers(derivation: Derivation, view: View) -> str:
    """The result entry by entry, or its value at a point."""
    if view.entries is None:
        return entries.shown(derivation.at(**entries.point_of(view.point or "")))
    found = derivation.entries(**_sizes(view.entries, derivation))
    if view.target is not None and view.target in typesetting():
        return found.typeset(view.target)
    if view.target == "markdown":
        return f"${found.latex()}$"
    return found.text("ascii" if view.target == "ascii" or not (view.target or shows(found.text())) else "unicode")


def _numbers_as_json(derivation: Derivation, view: View) -> dict[str, Any]:
    if view.entries is None:
        return {"value": derivation.at(**entries.point_of(view.point or "")).tolist()}
    found = derivation.entries(**_sizes(view.entries, derivation))
    return {"entries": [text(entry, "ascii") for entry in found.data], "entries_shape": list(found.shape)}


def _sizes(written: str, derivation: Derivation) -> dict[str, int]:
    """Numbers for the sizes; one number alone is for all of them."""
    if written.strip().isdecimal():
        return dict.fromkeys(entries.size_names([derivation.source.node, *derivation.wrt]), int(written))
    return entries.point_of(written)


def _show_equations(found: Sequence[Derivation], view: View) -> None:
    target = view.target or ("unicode" if all(shows(one.written()) for one in found) else "ascii")
    show_reading(found[0].reading)
    for one in found:
        if target in typesetting():
            say(one.typeset(target, equation=True, bold=view.bold))
        elif target == "markdown":
            say(rendered(one, target, equation=True, bold=view.bold))
        else:
            say(f"{left_side(one, 'ascii' if target == 'ascii' else 'unicode')} = {rendered(one, target)}")
    show_lines(joint_remarks(found))
