"""``matcalc gradient``: all gradients of one scalar from one reverse sweep."""

from __future__ import annotations

import json

import click

from matcalc.api import gradient
from matcalc.cli import BOLD, BUDGET, LAYOUT, SYMMETRY, ExpressionCommand, read_expression, set_in_bold, show_remarks, shows, split_names
from matcalc.derivation.pipeline import Layout, Symmetric
from matcalc.named_results import Gradients
from matcalc.products.reading import NAMES

FORMATS = ("unicode", "ascii", "latex", "json", "numpy", "jax", "torch", "sympy")


@click.command("gradient", short_help="Gradients by several names, from one sweep.", cls=ExpressionCommand)
@click.argument("expression")
@click.option("--wrt", required=True, metavar="NAMES", help="Symbols and named results to differentiate by, as in W,b,z.")
@click.option("--declare", multiple=True, metavar="TEXT", help='Kinds, sizes and facts: "X: n×m; A: n×n symmetric; a: scalar".')
@LAYOUT
@SYMMETRY
@BUDGET
@click.option("--names", type=click.Choice(NAMES), default="keep", show_default=True, help="What becomes of names given in EXPRESSION.")
@click.option("--partials", is_flag=True, help="Print the derivative of every single step first.")
@BOLD
@click.option("--to", "target", type=click.Choice(FORMATS), help="Form of the results.  [default: unicode]")
def command(
    expression: str,
    wrt: str,
    declare: tuple[str, ...],
    layout: Layout,
    symmetric: Symmetric,
    names: str,
    partials: bool,
    bold: bool,
    target: str | None,
) -> None:
    """Print the derivatives of a scalar EXPRESSION, usually a program, by several names.

    \b
    matcalc gradient "z = W*x + b; h = tanh(z); u'*h" --wrt W,b,x
    """
    facts = "; ".join(declare) or None
    found = gradient(read_expression(expression), split_names(wrt), declare=facts, layout=layout, symmetric=symmetric, names=names)
    show_gradients(found, target, partials=partials, bold=bold)


def show_gradients(found: Gradients, target: str | None, *, partials: bool = False, bold: bool = False) -> None:
    """The gradients on standard output, what they rest on on standard error."""
    target = set_in_bold(target, bold) or ("unicode" if shows(str(found)) else "ascii")
    match target:
        case "json":
            click.echo(json.dumps(found.to_dict(), ensure_ascii=not shows("ᵀ−²"), indent=2))
            return
        case "latex":
            click.echo(found.latex(bold=bold))
        case "numpy" | "jax" | "torch" | "sympy":
            click.echo(found.code(target).rstrip("\n"))
        case _:
            style = "ascii" if target == "ascii" else "unicode"
            if partials:
                click.echo(found.chain("ascii" if target == "ascii" else "unicode"))
            click.echo(found.text("ascii" if style == "ascii" else "unicode"))
    show_remarks(found.declarations, found.conditions, found.notes)
