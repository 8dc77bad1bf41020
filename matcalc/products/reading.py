"""Programs and names as the calls of the Python interface take them, read into typed expressions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from matcalc.derivation.pipeline import Layout, Symmetric
from matcalc.errors import MatcalcError
from matcalc.expr.nodes import Symbol
from matcalc.inputs import Expression, Names, names_of, read, with_symbols
from matcalc.language import Elaborated
from matcalc.language.declare.texts import Declare, about_unused
from matcalc.language.elaboration import question_in
from matcalc.language.options import ReadingOptions
from matcalc.products.outlines import Outline, outline_of

LAYOUTS: tuple[Layout, ...] = get_args(Layout)
SYMMETRIC: tuple[Symmetric, ...] = get_args(Symmetric)
NAMES = ("substitute", "keep")
"""What becomes of the names of intermediate results in an answer."""


def named_in(expression: Expression, declare: Declare, options: ReadingOptions) -> tuple[str, ...]:
    """The names that a text itself says it is to be differentiated by. Raises MatcalcError when it says none."""
    question = question_in(expression, declare, options) if isinstance(expression, str) else None
    if question is None:
        symbols = tuple(read(expression, declare, options=options).declarations)
        advice = f'derive("{expression}", "{symbols[0]}")' if isinstance(expression, str) and symbols else 'derive(expression, "x")'
        raise MatcalcError(
            "what to differentiate by is not said", expected=f"one of {', '.join(symbols)}" if symbols else None, suggestion=advice
        )
    if not question.settled:
        raise MatcalcError(
            f"the function has {len(question.names)} arguments", expected=f"which to differentiate by: {' or '.join(question.names)}"
        )
    return question.names


def read_program(
    expression: Expression,
    wrt: Names,
    declare: Declare,
    options: ReadingOptions,
    *,
    question: bool = False,
    others: Sequence[str] = (),
) -> tuple[Elaborated, Outline, tuple[Symbol, ...]]:
    """The expression, its outline, and the symbols of these names, intermediate results among them.

    With ``question`` the text may say itself that it asks for a derivative; then that is by the same names. ``others`` are names that may
    be declared although they do not occur. Raises MatcalcError for names that are neither.
    """
    names = names_of(wrt)
    elaborated = read(expression, with_symbols(declare, wrt), wrt=names, results=True, options=options, question=question)
    elaborated = elaborated.with_more(about_unused(declare, tuple(elaborated.declarations), *names, *others))
    if elaborated.question is not None and elaborated.question.said:
        names = _agreed(elaborated.question.names, names)
    outline = outline_of(elaborated)
    return elaborated, outline, tuple([outline.names.get(name) or symbol_named(name, elaborated) for name in names])


def _agreed(said: tuple[str, ...], given: tuple[str, ...]) -> tuple[str, ...]:
    """The names that the text differentiates by. Raises MatcalcError when others are asked for, or another order."""
    if set(said) != set(given):
        advice = "the formula without the sign of differentiation, or d(d(f)/dx)/dA for a derivative of the derivative"
        shown, asked = " and ".join(dict.fromkeys(said)), " and ".join(dict.fromkeys(given))
        raise MatcalcError(f"the text is a derivative by {shown}, and one by {asked} is asked for", suggestion=advice)
    if len(given) > len(said):
        raise MatcalcError(
            "the text is a first derivative, and a second one is asked for", suggestion=f"∇²_{said[0]}(...), or the formula alone"
        )
    return said


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
