"""The shortest, the expanded, the collected and the factored form of an expression, with the way to
it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from matcalc.base.budgets import SpentError, during, share, valued
from matcalc.base.errors import LimitError, MatcalcError
from matcalc.base.lazy import later, np
from matcalc.base.records import record
from matcalc.calculus.simplification import simplified
from matcalc.derivation.pipeline import folded, reading_order
from matcalc.einstein.linear import is_zero, scale, zero
from matcalc.einstein.lowered import Lowered
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Sum as TensorSum, Tensor, postorder as nodes_of
from matcalc.einstein.substitution import substituted
from matcalc.expr.nodes import Expr, Number, Power, Sum, Symbol, postorder
from matcalc.expr.rewriting import symbols_in
from matcalc.folding.build import cost, row_symbols, with_entries, with_rows
from matcalc.folding.fold import Folder
from matcalc.folding.matrix_terms import ReadingOrder, joined
from matcalc.folding.sums import sign_apart
from matcalc.printing.expressions import length
from matcalc.rewrite.distribution import spread
from matcalc.rewrite.normal_form import proves_zero
from matcalc.simplifying.equation_schemas import expands, instances
from matcalc.simplifying.form_search import MULTIPLIED, Move, State, reached

if TYPE_CHECKING:
    from matcalc.evaluation import interpreter, sampling
    from matcalc.facts import membership
else:
    interpreter = later("matcalc.evaluation.interpreter")
    sampling = later("matcalc.evaluation.sampling")
    membership = later("matcalc.facts.membership")

FORMS = ("shortest", "expanded", "collected", "factored")
_MOST_STATES = 160
_SHARE, _WORK = 0.6, 120_000
_ROUNDS = 12
"""How often functions of products are opened within each other."""


@record
class Line:
    """A form on the way, and what it comes by from the one before."""

    expression: Expr
    rule: str
    source: str = ""


@record
class Simplified:
    """What an expression is in the form asked for; ``lines`` lead from the expression to it, each
    equal to the one before."""

    expression: Expr
    lines: tuple[Line, ...]


def simplest(expression: Expr, form: str) -> Simplified:
    """The expression in one of ``FORMS``.

    Raises MatcalcError for another form, LimitError where the expanded form would be too long.
    """
    if form not in FORMS:
        raise MatcalcError(f"there is no form {form!r}", expected=", ".join(FORMS))
    during("looking for a shorter form" if form == "shortest" else f"looking for the {form} form")
    writer = Writer(expression)
    found = _expanded(writer) if form == "expanded" else _searched(writer, form)
    if found.expression is not expression:
        confirm(expression, found.expression)
        if _loses_a_point(expression, found.expression):
            return Simplified(expression, (Line(expression, ""),))
    return found


class Writer:
    """Writes tensors that equal an expression, in its order of reading or that of ``names``."""

    def __init__(self, expression: Expr, names: Mapping[str, int] | None = None) -> None:
        self.expression = expression
        self.value: Lowered = lower(expression)
        self.names = reading_order(expression) if names is None else names
        self._rows = row_symbols(expression)
        self._order = ReadingOrder(self.names)
        self._folder = Folder(self._order)
        self._forms: dict[Tensor, Expr | None] = {}

    def form(self, tensor: Tensor) -> Expr | None:
        """A matrix form of a tensor, None where it has none."""
        if tensor not in self._forms:
            self._forms[tensor] = self._form(tensor)
        return self._forms[tensor]

    def _form(self, tensor: Tensor) -> Expr | None:
        if len(self.expression.shape) > 2:
            return None
        if is_zero(tensor):
            return self.best(tensor)
        found = self._folder.matrix(tensor, self.value.split)
        return None if found is None else with_entries(with_rows(found, self._rows))

    def simplified(self) -> Expr | None:
        """A form of the expression itself, simplified; None where that has none."""
        return self.best(simplified(self.value.tensor))

    def best(self, tensor: Tensor) -> Expr | None:
        """The matrix form that reads best."""
        return folded(tensor, self.value.split, self.names, self._rows)

    def termwise(self, tensor: Tensor) -> Expr | None:
        """The terms of a sum one by one, nothing taken out of them."""
        if not isinstance(tensor, TensorSum) or not tensor.terms:
            return self.best(tensor)
        forms = [self.best(scale(coefficient, term)) for coefficient, term in tensor.terms]
        found = [form for form in forms if form is not None]
        return joined([sign_apart(form) for form in found], self._order) if len(found) == len(forms) else None


# ------------------------------------------------------------
# By search.


def _searched(writer: Writer, form: str) -> Simplified:
    fired: list[tuple[str, Tensor]] = []
    start = simplified(writer.value.tensor, fired)
    measure = _shortness if form == "shortest" else _togetherness

    def weighed(tensor: Tensor) -> tuple[int, ...] | None:
        found = writer.form(tensor)
        return None if found is None else measure(found)

    states = _states(start, weighed, form, 1 if len(writer.expression.shape) > 2 else _MOST_STATES)
    typed = measure(writer.expression)

    def is_better(measured: tuple[int, ...], least: tuple[int, ...]) -> bool:
        """Whether a form comes first, and is not longer than what was typed."""
        return measured < least and measured[_LENGTH] <= typed[_LENGTH]

    found = [(one, number) for number, state in enumerate(states) if (one := weighed(state.tensor)) is not None]
    if not found:
        return Simplified(writer.expression, (Line(writer.expression, ""),))
    least, number = min([pair for pair in found if pair[0][_LENGTH] <= typed[_LENGTH]], default=min(found))
    last = writer.best(states[number].tensor)
    lines = _lines(writer, states[number], last if last is not None and is_better(measure(last), least) else None, fired)
    kept = lines if is_better(measure(lines[-1].expression), typed) else lines[:1]
    return Simplified(kept[-1].expression, kept)


def _states(start: Tensor, weighed: Callable[[Tensor], tuple[int, ...] | None], form: str, most: int) -> list[State]:
    """The forms that are found; zero among them where that is proved."""
    states: list[State] = []
    with suppress(SpentError), share(_SHARE, _WORK):
        states.extend(reached(start, weighed, most, with_equations=form != "collected"))
    if isinstance(start, TensorSum) and start.terms and proves_zero(start):
        nothing = zero(start.shape)
        move = Move("the terms cancel", "", nothing)
        states.append(State(nothing, State(start, None, None), move))
    return states


def _shortness(expression: Expr) -> tuple[int, ...]:
    return length(expression), cost(expression)


_LENGTH = -2
"""Where the length stands in what forms are measured by."""


def _togetherness(expression: Expr) -> tuple[int, ...]:
    """The fewest terms come first."""
    return len(expression.terms) if isinstance(expression, Sum) else 1, length(expression), cost(expression)


def _lines(writer: Writer, state: State, last: Expr | None, fired: Sequence[tuple[str, Tensor]]) -> tuple[Line, ...]:
    """The forms from the expression to a state; those that read like the one before are left
    out."""
    way: list[State] = []
    at: State | None = state
    while at is not None:
        way.append(at)
        at = at.before
    lines = [Line(writer.expression, "")]
    used = ", ".join(dict.fromkeys([name for name, _ in fired]))
    for one in reversed(way):
        form = writer.form(one.tensor)
        rule, source = (used or _ALGEBRA, "") if one.move is None else (one.move.name, one.move.source)
        if form is not None and form is not lines[-1].expression:
            lines.append(Line(form, rule, source))
    if last is not None and last is not lines[-1].expression:
        lines.append(Line(last, _ALGEBRA))
    return tuple(lines)


_ALGEBRA = "like terms and factors collected"

# ------------------------------------------------------------
# Multiplied out.


def _expanded(writer: Writer) -> Simplified:
    tensor = spread(simplified(writer.value.tensor))
    names: list[str] = []
    for _ in range(_ROUNDS):
        values: dict[Tensor, Tensor] = {}
        for one in instances(nodes_of(tensor), expanding=True):
            for place, (_, term) in enumerate(one.terms):
                if expands(term) and term not in values:
                    values[term] = one.rest(place)
                    names.append(one.name)
                    break
        if not values:
            break
        tensor = spread(substituted(tensor, values))
    found = writer.termwise(tensor)
    if found is None or found is writer.expression:
        return Simplified(writer.expression, (Line(writer.expression, ""),))
    rules = ", ".join(dict.fromkeys([*names, MULTIPLIED]))
    return Simplified(found, (Line(writer.expression, ""), Line(found, rules)))


# ------------------------------------------------------------
# By numbers.

_POINTS = 3
_TOLERANCE = 1e-6


def confirm(expression: Expr, result: Expr) -> None:
    """Compares two expressions at random points. Raises MatcalcError where they differ at one of
    them; where no point is found nothing is said."""
    for seed in range(_POINTS):
        try:
            point = sampling.find_point([expression, result], seed, attempts=8)
        except SpentError:
            raise
        except LimitError:
            return
        if point is None:
            return
        one, other = (interpreter.evaluate(side, point.values, point.sizes) for side in (expression, result))
        if abs(one - other).max(initial=0.0) > _TOLERANCE * (1 + abs(one).max(initial=0.0)):
            raise MatcalcError(
                "internal error: the shorter form is not equal to the expression",
                suggestion="report this expression; no answer is better than a wrong one",
            )


def _loses_a_point(expression: Expr, result: Expr) -> bool:
    """Whether the expression has a value where the result has none: at zeros of its symbols, the
    others of either sign. A root of a product is looked at alone: ``sqrt(s*t)`` is 0 where s is,
    and ``sqrt(s)*sqrt(t)`` is not there unless t is nonnegative."""
    if not any(isinstance(node, Power) and _is_root(node) for node in postorder(result)):
        return False
    point = sampling.find_point([expression, result], _POINTS, attempts=8)
    if point is None:
        return False
    symbols = {name: symbol for name, symbol in symbols_in(expression).items() if not callable(point.values.get(name, len))}
    return any(_is_lost(expression, result, values, point.sizes) for values in _at_zeros(symbols, point.values))


def _is_root(node: Power) -> bool:
    return isinstance(node.exponent, Number) and node.exponent.value.denominator % 2 == 0


def _at_zeros(symbols: Mapping[str, Symbol], values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The values with one symbol 0, the others positive or negative, as far as their facts
    allow."""
    for name in symbols:
        for sign in (1, -1):
            found = dict(values)
            for other, symbol in symbols.items():
                wanted = 0 * values[other] if other == name else sign * abs(values[other])
                found[other] = wanted if membership.belongs(wanted, symbol.properties) else values[other]
            yield found


def _is_lost(expression: Expr, result: Expr, values: Mapping[str, Any], sizes: Mapping[str, int]) -> bool:
    given, found = (valued(partial(interpreter.evaluate, side, values, sizes)) for side in (expression, result))
    return given is not None and np.isfinite(given).all() and (found is None or not np.isfinite(found).all())
