"""The derivation entry by entry, in index notation."""

from __future__ import annotations

from matcalc.printing import index_text, latex, text
from matcalc.steps.question import Question
from matcalc.steps.step import DerivativeSide, ExpressionSide, Side, Step, TensorSide, Writing


def index_steps(question: Question) -> tuple[Step, ...]:
    """The steps from the expression in index notation to the engine's answer."""
    return (_last(question),)


def _last(question: Question) -> Step:
    outcome = question.outcome
    left = DerivativeSide(question.expression, question.wrt, question.symmetric, question.layout)
    right: Side
    if outcome.expression is None:
        written = Writing(index_text(outcome.tensor), index_text(outcome.tensor, "ascii"), index_text(outcome.tensor, "latex"))
        left, right = DerivativeSide(question.expression, question.wrt, question.symmetric), TensorSide(outcome.tensor)
    else:
        form = outcome.expression
        written, right = Writing(text(form), text(form, "ascii"), latex(form)), ExpressionSide(form)
    name = question.wrt[0].name
    return Step(
        "fold", Writing(f"∂f/∂{name}", f"df/d{name}", rf"\frac{{\partial f}}{{\partial {latex(question.wrt[0])}}}"), written, left, right
    )
