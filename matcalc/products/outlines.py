"""Programs with named intermediate results: as they are written, and as the calls of the Python interface take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, count
from typing import get_args

from matcalc.derivation.pipeline import Layout, Symmetric
from matcalc.errors import MatcalcError
from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import replaced, symbols_in
from matcalc.inputs import Expression, Names, names_of, read, with_symbols
from matcalc.language import Elaborated
from matcalc.language.declare.texts import Declare, about_unused
from matcalc.language.elaboration import question_in
from matcalc.language.options import ReadingOptions
from matcalc.language.text.spelling import canonical_name

# ------------------------------------------------------------
# Programs with named intermediate results, as the expressions that were written.

_VALUE_NAMES = {True: ("f", "s", "L", "loss"), False: ("y", "Y", "F", "result")}


class Outline:
    """``steps`` in the order of computation, each in terms of symbols and the names before it, then ``value`` in terms of all of them.

    ``names`` are the symbols that stand for the steps; ``value_name`` is what the value is called, a step's name where it is that step,
    else one that is not ``taken``.
    """

    def __init__(
        self,
        steps: Mapping[str, Expr],
        value: Expr,
        expanded: Mapping[str, Expr],
        expression: Expr,
        taken: frozenset[str] = frozenset(),
    ) -> None:
        self.steps, self.value, self.expanded, self.expression = steps, value, expanded, expression
        self.names = {name: Symbol(name, step.shape) for name, step in steps.items()}
        known = {*steps, *symbols_in(expression), *taken}
        names = _VALUE_NAMES[expression.is_scalar]
        fresh = next((name for name in names if name not in known), None) or fresh_name(names[-1], known)
        self.value_name = value.name if isinstance(value, Symbol) and value.name in steps else fresh

    @property
    def is_step(self) -> bool:
        """Whether the value is one of the steps."""
        return self.value_name in self.steps

    def parts(self) -> dict[str, Expr]:
        """Every step and the value by name, in the order of computation."""
        return dict(self.steps) if self.is_step else {**self.steps, self.value_name: self.value}

    def opened(self, *but: str) -> Expr:
        """The value with all names but these replaced by what they stand for."""
        if not but:
            return self.expression
        known: dict[str, Expr] = {}
        for name, step in self.steps.items():
            known[name] = self.names[name] if name in but else replaced(step, known)
        return replaced(self.value, known)

    def needed(self, *expressions: Expr) -> dict[str, Expr]:
        """The steps that expressions rest on, in the order of computation."""
        wanted = set(symbols_in(*expressions))
        found: dict[str, Expr] = {}
        for name in reversed(tuple(self.steps)):
            if name in wanted:
                found[name] = self.steps[name]
                wanted.update(symbols_in(self.steps[name]))
        return dict(reversed(found.items()))


def outline_of(elaborated: Elaborated) -> Outline:
    taken = frozenset({*elaborated.declarations, *elaborated.symbols})
    return Outline(elaborated.steps, elaborated.outline, elaborated.intermediates, elaborated.expression, taken)


def fresh_name(stem: str, taken: set[str]) -> str:
    """``delta_z`` for ``delta`` and ``z``, or the first such name that is free."""
    candidates = chain([stem], (f"{stem}_{k}" for k in count(1)))
    return next(name for name in map(canonical_name, candidates) if name not in taken)


# ------------------------------------------------------------
# Programs and names as the calls of the Python interface take them, read into typed expressions.

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
