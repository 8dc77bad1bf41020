"""Programs and names as the calls of the Python interface take them, read into typed expressions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from matcalc.derivation.pipeline import Layout, Symmetric
from matcalc.errors import MatcalcError
from matcalc.expr.nodes import Symbol
from matcalc.inputs import Expression, Names, names_of, read, with_symbols
from matcalc.language import Elaborated
from matcalc.language.declare.declarations import Declare
from matcalc.language.options import ReadingOptions
from matcalc.products.outlines import Outline, outline_of

LAYOUTS: tuple[Layout, ...] = get_args(Layout)
SYMMETRIC: tuple[Symmetric, ...] = get_args(Symmetric)
NAMES = ("substitute", "keep")
"""What becomes of the names of intermediate results in an answer."""


def read_program(
    expression: Expression, wrt: Names, declare: Declare, options: ReadingOptions
) -> tuple[Elaborated, Outline, tuple[Symbol, ...]]:
    """The expression, its outline, and the symbols of these names, intermediate results among them.

    Raises MatcalcError for names that are neither.
    """
    names = names_of(wrt)
    elaborated = read(expression, with_symbols(declare, wrt), wrt=names, results=True, options=options)
    outline = outline_of(elaborated)
    return elaborated, outline, tuple([outline.names.get(name) or symbol_named(name, elaborated) for name in names])


def symbol_named(name: str, elaborated: Elaborated) -> Symbol:
    """The symbol of this name: one of the expression's, or a declared one. Raises MatcalcError when there is none."""
    if name in elaborated.symbols:
        return elaborated.symbols[name]
    there = ", ".join([*elaborated.symbols, *elaborated.steps])
    raise MatcalcError(
        f"{name} does not occur in the expression, and it is not declared",
        expected=f"one of its symbols: {there}" if there else None,
        suggestion=f'declare="{name}: n" to get a zero of its shape',
    )


def require_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Raises MatcalcError when ``value`` is not one of the choices."""
    if value not in choices:
        raise MatcalcError(f"there is no {name} {value!r}", expected=", ".join(choices))
