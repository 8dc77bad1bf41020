"""Expressions that were made of another one in steps."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from matcalc.base.budgets import as_call
from matcalc.base.records import guarded
from matcalc.objects.parsed import ParsedExpression

if TYPE_CHECKING:
    from matcalc.steps.step import Steps


@guarded
class ExpressionWithSteps(ParsedExpression):
    """What was made of the expression ``given``, and the way to it."""

    given: ParsedExpression | None = None

    @property
    def steps(self) -> Steps:
        """The way, each step an equality with the rule it rests on."""
        raise NotImplementedError

    @as_call
    def steps_text(self, form: str = "unicode") -> str:
        """All steps as ``"unicode"``, ``"ascii"``, ``"latex"``, ``"markdown"``, ``"html"`` or
        ``"json"``."""
        return str(import_module("matcalc.steps").presented(self.steps, form))
