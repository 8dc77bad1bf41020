"""How the commands show an equation such as ``dY = A dX B``."""

from __future__ import annotations

import json

import click

from matcalc.cli import set_in_bold, show_remarks, shows
from matcalc.products.equations import Equation


def show_equation(found: Equation, target: str | None, *, whole: bool, bold: bool = False) -> None:
    """The equation, or its right side, on standard output; what it rests on on standard error."""
    target = set_in_bold(target, bold) or ("unicode" if shows(found.equation()) else "ascii")
    match target:
        case "json":
            click.echo(json.dumps(found.to_dict(), ensure_ascii=not shows("ᵀ−²"), indent=2))
            return
        case "latex":
            click.echo(found.latex(equation=whole, bold=bold))
        case "markdown":
            click.echo(found.markdown(bold=bold))
        case "index":
            click.echo(found.index_form)
        case "numpy" | "jax" | "torch" | "sympy":
            click.echo(found.code(target).rstrip("\n"))
        case "ascii":
            click.echo(found.equation("ascii") if whole else found.text("ascii"))
        case _:
            click.echo(found.equation() if whole else found.text())
    show_remarks(found.declarations, found.conditions, found.notes)
