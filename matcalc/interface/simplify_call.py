"""The call simplify, and what it gives: an expression in another form, with the way to it."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from matcalc.base.budgets import as_call, explained
from matcalc.base.lazy import later
from matcalc.base.records import guarded
from matcalc.derivation.conditions import conditions_of_value
from matcalc.interface.with_steps import ExpressionWithSteps
from matcalc.language.decisions import reading_options, warned
from matcalc.language.declare.declared import Declare
from matcalc.objects.inputs import Expression, read
from matcalc.objects.parsed import ParsedExpression

if TYPE_CHECKING:
    from matcalc.simplifying import shortest_forms
    from matcalc.simplifying.shortest_forms import Line
    from matcalc.steps.step import Steps
else:
    shortest_forms = later("matcalc.simplifying.shortest_forms")


@guarded
class Simplification(ExpressionWithSteps):
    """An expression that equals ``given``, in the ``form`` asked for; what can be done with
    expressions can be done with it."""

    form: str = "shortest"
    lines: tuple[Line, ...] = ()

    @property
    def conditions(self) -> tuple[str, ...]:
        """Where the form has a value, beside where the expression given has one."""
        known = () if self.given is None else conditions_of_value(self.given.node)
        return tuple([said for said in conditions_of_value(self.node) if said not in known])

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that were used, in order, each once."""
        return tuple(dict.fromkeys([line.rule for line in self.lines[1:]]))

    @cached_property
    def steps(self) -> Steps:
        """The way to the form, each step an equality with the rule it rests on."""
        made: Steps = import_module("matcalc.steps.simplified").steps_of(self.lines)
        return made

    @as_call
    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-ready values."""
        return {
            "expression": "" if self.given is None else self.given.text(),
            "form": self.form,
            "unicode": self.text("unicode"),
            "ascii": self.text("ascii"),
            "latex": self.latex(),
            "declarations": dict(self.declarations),
            "rules": list(self.rules),
            "conditions": list(self.conditions),
            "notes": list(self.notes),
            "reading": self.reading.to_dict(),
        }

    def __repr__(self) -> str:
        return f"<Simplification {self.text()}{warned(self.warnings)}>"


def simplify(
    expression: Expression,
    declare: Declare = None,
    *,
    form: str = "shortest",
    strict: bool = False,
    dialect: str | None = None,
) -> Simplification:
    """The same value in the shortest form that is found, or in another one.

    ``form`` is ``"shortest"``; ``"expanded"``, with products of sums, and functions of products,
    multiplied out; ``"collected"``, with as few terms as taking out common factors leaves;
    ``"factored"``, with as few terms as all equations leave. ``expression`` is a text, an expression
    built from ``symbols``, or a SymPy expression; ``strict`` and ``dialect`` are as for ``parse``.
    The result is an expression, with ``steps``.

    Raises MatcalcError (ParseError, ShapeError, UnknownFunctionError, LimitError).

    >>> print(simplify("inv(A) - inv(A)*inv(inv(A) + inv(B))*inv(A)"))
    (A + B)⁻¹
    >>> print(simplify("(x + y)'*S*(x + y)", "S: n×n symmetric", form="expanded"))
    xᵀ S x + 2 xᵀ S y + yᵀ S y
    """
    with explained(expression):
        elaborated = read(expression, declare, options=reading_options(strict, dialect))
        given = ParsedExpression(elaborated.expression, elaborated.declarations, elaborated.notes, elaborated.origin, elaborated)
        found = shortest_forms.simplest(given.node, form)
        return Simplification(
            found.expression, given.declarations, given.notes, given.origin, given.source, None, given, form, found.lines
        )
