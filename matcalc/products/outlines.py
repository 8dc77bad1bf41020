"""Programs with named intermediate results, as the expressions that were written."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, count

from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import replaced, symbols_in
from matcalc.language import Elaborated
from matcalc.language.text.spelling import canonical_name

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
