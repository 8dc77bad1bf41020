"""How commands show their results: on standard output in the form asked for, with what they rest on on standard error."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from matcalc.cli.options import set_in_bold
from matcalc.console import say, shows
from matcalc.presentation import remark_lines, remarks, rendered, steps_rendered
from matcalc.results import Derivation

SIGNS = "ᵀ−²"
"""Characters that a console must have to be shown results in Unicode."""


def show(derivation: Derivation, target: str | None, *, bold: bool = False) -> None:
    """The derivation on standard output, what it rests on on standard error."""
    target = set_in_bold(target, bold) or ("unicode" if shows(str(derivation)) else "ascii")
    say(rendered(derivation, target, ascii_json=not shows(SIGNS), bold=bold))
    if target != "json":
        show_lines(remarks(derivation, shown_as_index=target == "index"))


def show_steps(derivation: Derivation, target: str | None, style: str) -> None:
    """The derivation in steps on standard output, the result last; what it rests on on standard error."""
    found = steps_rendered(derivation, target or "unicode", style, ascii_json=not shows(SIGNS))
    say(found if target or shows(found) else steps_rendered(derivation, "ascii", style))
    if target != "json":
        show_lines(remarks(derivation))


def show_json(parts: Mapping[str, Any] | Sequence[Any]) -> None:
    """One JSON object, or a list."""
    say(json.dumps(parts, ensure_ascii=not shows(SIGNS), indent=2))


def show_remarks(declarations: Mapping[str, str], conditions: Sequence[str], notes: Sequence[str]) -> None:
    """What a result rests on, a labelled line each, on standard error."""
    show_lines(remark_lines(declarations, conditions, notes))


def show_lines(lines: Sequence[str]) -> None:
    """Lines on standard error."""
    for line in lines:
        say(line, err=True)
