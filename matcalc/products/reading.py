"""Texts and names as the calls of the Python interface take them, read into typed expressions; errors that know the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias, get_args

from matcalc.derivation.pipeline import Layout, Symmetric
from matcalc.errors import LimitError, MatcalcError
from matcalc.expr.nodes import Symbol
from matcalc.language import Elaborated, elaborate
from matcalc.language.spelling import canonical_name, is_name
from matcalc.products.outlines import Outline, outline_of

Declare: TypeAlias = str | Mapping[str, str] | None
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
SYMMETRIC: tuple[Symmetric, ...] = get_args(Symmetric)
NAMES = ("substitute", "keep")
"""What becomes of the names of intermediate results in an answer."""


@contextmanager
def explained(text: str) -> Iterator[None]:
    """Errors know the text they are about, and no error but MatcalcError gets out."""
    try:
        yield
    except MatcalcError as error:
        error.with_text(text)
        raise
    except RecursionError:
        raise LimitError("the expression is nested too deeply", text=text) from None


def checked_names(wrt: str | Sequence[str]) -> tuple[str, ...]:
    """The names in their one spelling. Raises MatcalcError for what is no name."""
    names = (wrt,) if isinstance(wrt, str) else tuple(wrt)
    for name in names:
        if not isinstance(name, str) or not is_name(name):
            raise MatcalcError(f"{name!r} is not the name of a symbol", expected="one name to differentiate by, such as x or W_1")
    return tuple([canonical_name(name) for name in names])


def read_program(text: str, wrt: Sequence[str], declare: Declare) -> tuple[Elaborated, Outline, tuple[Symbol, ...]]:
    """The expression, its outline, and the symbols of these names, intermediate results among them.

    Raises MatcalcError for names that are neither.
    """
    elaborated = elaborate(text, declare, wrt=wrt, results=True)
    outline = outline_of(elaborated)
    return elaborated, outline, tuple([outline.names.get(name) or symbol_named(name, elaborated) for name in wrt])


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
