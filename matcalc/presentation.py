"""Results as lines of text for the command line and the prompt: in the form asked for, and with what they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from matcalc.functions import code_targets
from matcalc.parsed import Reading, Style
from matcalc.printing.names import ascii_name, unicode_name
from matcalc.results import Derivation

CODE = (*code_targets(), "sympy")
"""What a result can be written as a program for."""
FORMATS = ("unicode", "ascii", "latex", "markdown", "json", "index", *CODE)
STEP_FORMATS = ("unicode", "ascii", "latex", "markdown", "html", "json")
STEP_STYLES = ("index", "differential")


def rendered(derivation: Derivation, target: str, *, ascii_json: bool = False, bold: bool = False) -> str:
    """The derivation in one of ``FORMATS``; JSON with nothing but ASCII characters where the output can show no others."""
    match target:
        case "ascii":
            return derivation.text("ascii")
        case "latex":
            return derivation.latex(bold=bold)
        case "markdown":
            return derivation.markdown(bold=bold)
        case "json":
            import json

            return json.dumps(derivation.to_dict(), ensure_ascii=ascii_json, indent=2)
        case "index":
            return derivation.index_form
        case _ if target in CODE:
            return derivation.code(target).rstrip("\n")
        case _:
            return derivation.written()


def steps_rendered(derivation: Derivation, target: str, style: str = "index", *, ascii_json: bool = False) -> str:
    """The derivation in steps, in one of ``STEP_FORMATS``; JSON is the object of ``rendered`` with the steps in it.

    Raises MatcalcError for another form.
    """
    import json

    if target != "json":
        return derivation.steps_text(target, style)
    steps = [step.to_dict() for step in derivation.derivation_steps(style)]
    return json.dumps({**derivation.to_dict(), "derivation": steps}, ensure_ascii=ascii_json, indent=2)


def reading_lines(reading: Reading, *, whole: bool = False, style: Style = "unicode") -> list[str]:
    """How the input was read, which comes before the result: what is doubtful, and the reading itself where it is more than usual.

    ``whole`` tells every decision, and what else the input could mean.
    """
    lines = [f"warning: {warning}" for warning in reading.warnings]
    if whole:
        return [*lines, *reading.explain(style).splitlines()]
    return [*lines, reading.echo(style)] if reading.surprising else lines


def remark_lines(
    declarations: Mapping[str, str], conditions: Sequence[str], notes: Sequence[str], warnings: Sequence[str] = ()
) -> list[str]:
    """What a result rests on, a labelled line each; notes that were said as ``warnings`` are left out."""
    rows = [("where", "; ".join(f"{name}: {kind}" for name, kind in declarations.items()))]
    rows += [("holds if", condition) for condition in conditions]
    rows += [("note", note) for note in notes if note not in warnings]
    return _labelled(rows)


def remarks(derivation: Derivation, *, shown_as_index: bool = False) -> list[str]:
    """What a derivation rests on, a labelled line each, with the shape of the result."""
    rows = [("where", "; ".join(f"{name}: {kind}" for name, kind in derivation.declarations.items()))]
    rows.append(("shape", f"{shape_words(derivation.shape)}, {derivation.layout} layout"))
    rows += [("holds if", condition) for condition in derivation.conditions]
    rows += [("note", note) for note in derivation.notes if note not in derivation.warnings]
    if not derivation.closed and not shown_as_index:
        form = "index notation" if derivation.outcome.shown is None else "a form with explicit sums"
        rows.append(("note", f"no closed matrix form is known; this is {form}"))
    return _labelled(rows)


def joint_remarks(derivations: Sequence[Derivation]) -> list[str]:
    """What several derivatives of one expression rest on, each thing once."""
    declarations = {name: kind for one in derivations for name, kind in one.declarations.items()}
    shapes = "; ".join(f"{left_side(one, 'unicode')}: {shape_words(one.shape)}" for one in derivations)
    rows = [("where", "; ".join(f"{name}: {kind}" for name, kind in declarations.items()))]
    rows.append(("shape", f"{shapes}, {derivations[0].layout} layout"))
    rows += [("holds if", condition) for condition in dict.fromkeys(said for one in derivations for said in one.conditions)]
    rows += [("note", note) for note in dict.fromkeys(said for one in derivations for said in one.notes if said not in one.warnings)]
    rows += [("note", f"no closed matrix form of {left_side(one, 'unicode')} is known") for one in derivations if not one.closed]
    return _labelled(rows)


def left_side(derivation: Derivation, style: Literal["unicode", "ascii"]) -> str:
    """What stands left of the equals sign: ``∂f/∂x``, ``d2f/dx2``."""
    ascii = style == "ascii"
    sign, spell = ("d", ascii_name) if ascii else ("∂", unicode_name)
    value = next(name for name in ("f", "F", "y", "value") if name not in derivation.declarations or name == "value")
    names = [spell(symbol.name) for symbol in derivation.wrt]
    if len(names) == 1:
        return f"{sign}{value}/{sign}{names[0]}"
    two = "2" if ascii else "²"
    below = f"{sign}{names[0]}{two}" if names[0] == names[1] else f"{sign}{names[0]} {sign}{names[1]}"
    return f"{sign}{two}{value}/{below}" if names[0] == names[1] else f"{sign}{two}{value}/({below})"


def shape_words(shape: tuple[Any, ...]) -> str:
    """A shape in words.

    >>> shape_words(()), shape_words(("n",)), shape_words(("n", "m*p"))
    ('scalar', 'vector of size n', 'n×(m*p)')
    """
    sizes = [f"({size})" if len(shape) > 1 and "*" in str(size) else str(size) for size in shape]
    match len(sizes):
        case 0:
            return "scalar"
        case 1:
            return f"vector of size {sizes[0]}"
        case _:
            return "×".join(sizes)


def _labelled(rows: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{label + ':':<10}{content}" for label, content in rows if content]
