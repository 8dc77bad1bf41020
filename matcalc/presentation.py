"""Results as lines of text for the command line and the prompt: in the form asked for, and with what they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matcalc.results import Derivation

FORMATS = ("unicode", "ascii", "latex", "markdown", "json", "index", "numpy", "jax", "torch", "sympy")
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
        case "numpy" | "jax" | "torch" | "sympy":
            return derivation.code(target).rstrip("\n")
        case _:
            return str(derivation)


def steps_rendered(derivation: Derivation, target: str, style: str = "index", *, ascii_json: bool = False) -> str:
    """The derivation in steps, in one of ``STEP_FORMATS``; JSON is the object of ``rendered`` with the steps in it.

    Raises MatcalcError for another form.
    """
    import json

    if target != "json":
        return derivation.steps_text(target, style)
    steps = [step.to_dict() for step in derivation.derivation_steps(style)]
    return json.dumps({**derivation.to_dict(), "derivation": steps}, ensure_ascii=ascii_json, indent=2)


def remark_lines(declarations: Mapping[str, str], conditions: Sequence[str], notes: Sequence[str]) -> list[str]:
    """What a result rests on, a labelled line each."""
    rows = [("where", "; ".join(f"{name}: {kind}" for name, kind in declarations.items()))]
    rows += [("holds if", condition) for condition in conditions]
    rows += [("note", note) for note in notes]
    return _labelled(rows)


def remarks(derivation: Derivation, *, shown_as_index: bool = False) -> list[str]:
    """What a derivation rests on, a labelled line each, with the shape of the result."""
    rows = [("where", "; ".join(f"{name}: {kind}" for name, kind in derivation.declarations.items()))]
    rows.append(("shape", f"{shape_words(derivation.shape)}, {derivation.layout} layout"))
    rows += [("holds if", condition) for condition in derivation.conditions]
    rows += [("note", note) for note in derivation.notes]
    if not derivation.closed and not shown_as_index:
        rows.append(("note", "no closed matrix form is known; this is index notation"))
    return _labelled(rows)


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
