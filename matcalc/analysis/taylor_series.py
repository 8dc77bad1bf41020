"""Derivatives of any order along one direction, and the Taylor polynomials that they make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from math import factorial
from typing import TYPE_CHECKING, Any

from matcalc.base.budgets import SpentError
from matcalc.base.errors import MatcalcError, NotDifferentiableError
from matcalc.base.lazy import later
from matcalc.base.records import record
from matcalc.calculus.simplification import simplified
from matcalc.derivation.pipeline import released
from matcalc.einstein.algebra import broadcast, elementwise, power
from matcalc.einstein.linear import is_zero, scale
from matcalc.einstein.nodes import Symbol as TensorSymbol, Tensor
from matcalc.expr.nodes import Expr, Negative, Number, Sum, Symbol, Zeros
from matcalc.expr.rewriting import replaced, symbols_in
from matcalc.folding.build import cost
from matcalc.folding.sums import sign_apart
from matcalc.objects.inputs import fresh_name
from matcalc.products.differentials import differential_form
from matcalc.simplifying.shortest_forms import Writer

if TYPE_CHECKING:
    from matcalc.evaluation import differences, interpreter, sampling
else:
    differences = later("matcalc.evaluation.differences")
    interpreter = later("matcalc.evaluation.interpreter")
    sampling = later("matcalc.evaluation.sampling")

MOST_ORDER = 12
ORIGIN = Number(Fraction(0))


@record
class Expansion:
    """The derivatives of orders 0, 1, ... along a direction, and the polynomial that they make.

    ``along`` are those of a series in a scalar before 0 is put in.
    """

    symbol: Symbol
    move: Symbol | None
    along: tuple[Expr, ...]
    derivatives: tuple[Expr, ...]
    polynomial: Expr


def expanded_along(expression: Expr, symbol: Symbol, move: Symbol, order: int) -> Expansion:
    """The Taylor polynomial of ``expression`` at ``symbol`` in a change ``move`` of it: the sum of
    D^k f[h, ..., h]/k! up to ``order``.

    Raises MatcalcError where a derivative has no closed form, or is not what differences say.
    """
    derivatives = _derivatives(expression, symbol, move, order)
    terms = [_scaled(one, Fraction(1, factorial(k))) for k, one in enumerate(derivatives)]
    return Expansion(symbol, move, tuple(derivatives), tuple(derivatives), _sum(terms, expression))


def expanded_at_zero(expression: Expr, symbol: Symbol, order: int) -> Expansion:
    """The Taylor polynomial in a scalar ``symbol`` at zero: the derivatives are those there.

    Raises MatcalcError where the expression or a derivative of it has no value there.
    """
    move = Symbol(fresh_name("step", {*symbols_in(expression)}), symbol.shape)
    along = _derivatives(expression, symbol, move, order)
    there = [_refolded(replaced(one, {move.name: Number(Fraction(1))})) for one in along]
    derivatives = [_at_origin(one, symbol) for one in there]
    _confirm_limits(there, derivatives, symbol)
    terms = [_times_power(one, symbol, k) for k, one in enumerate(derivatives)]
    return Expansion(symbol, None, tuple(there), tuple(derivatives), _sum(terms, expression))


def _derivatives(expression: Expr, symbol: Symbol, move: Symbol, order: int) -> list[Expr]:
    """The derivatives of all orders along the direction, of the variable with those of its facts
    that it keeps while it moves. Where the forms for those have no derivative, those for any matrix
    may."""
    if not 0 <= order <= MOST_ORDER:
        raise MatcalcError(f"the order is {order}", expected=f"0 to {MOST_ORDER}")
    free = released(symbol)
    try:
        return _freely(expression, symbol, free, move, order)
    except NotDifferentiableError:
        if not free.properties:
            raise
    return _freely(expression, symbol, Symbol(symbol.name, symbol.shape), move, order)


def _freely(expression: Expr, symbol: Symbol, free: Symbol, move: Symbol, order: int) -> list[Expr]:
    found = _along(replaced(expression, {symbol.name: free}), free, move, order)
    _confirm_slopes(found, free, move)
    return found if free is symbol else [expression, *(_refolded(replaced(one, {symbol.name: symbol})) for one in found[1:])]


def _along(expression: Expr, symbol: Symbol, move: Symbol, order: int) -> list[Expr]:
    found = [expression]
    for k in range(order):
        if symbol.name not in symbols_in(found[-1]):
            found.append(_nothing(expression))
            continue
        one = differential_form(found[-1], {symbol: move})
        if one is None:
            raise MatcalcError(
                f"the derivative of order {k + 1} along {move.name} has no closed form", suggestion=f"an order of {k}"
            )
        found.append(_refolded(one))
    return found


def _nothing(expression: Expr) -> Expr:
    return Zeros(expression.shape) if expression.shape else ORIGIN


def _refolded(expression: Expr) -> Expr:
    """The shorter of an expression and what folding makes of it."""
    form = Writer(expression).simplified()
    return expression if form is None or cost(form) > cost(expression) else form


def _at_origin(expression: Expr, symbol: Symbol) -> Expr:
    try:
        return _refolded(replaced(expression, {symbol.name: ORIGIN}))
    except SpentError:
        raise
    except (MatcalcError, ZeroDivisionError):
        raise _no_series(symbol) from None


def _no_series(symbol: Symbol) -> MatcalcError:
    return MatcalcError(
        f"there is no Taylor series at {symbol.name} = 0: a value or a derivative does not exist there",
        suggestion=f"a direction, for the polynomial in a change of {symbol.name}",
    )


# ------------------------------------------------------------ terms


def _scaled(expression: Expr, factor: Fraction) -> Expr:
    return _written(expression, lambda tensor: scale(factor, tensor)) if factor != 1 else expression


def _times_power(expression: Expr, symbol: Symbol, exponent: int) -> Expr:
    base = TensorSymbol(symbol.name, (), symbol.properties)

    def times(tensor: Tensor) -> Tensor:
        raised = broadcast(power(base, Fraction(exponent)), tensor.shape)
        return scale(Fraction(1, factorial(exponent)), elementwise([raised, tensor], tensor.shape))

    return _written(expression, times) if exponent else expression


def _written(expression: Expr, change: Callable[[Tensor], Tensor]) -> Expr:
    writer = Writer(expression)
    tensor = change(simplified(writer.value.tensor))
    form = writer.best(tensor)
    if form is None:
        raise MatcalcError("a term of the polynomial has no closed form")
    return form


def _sum(terms: list[Expr], expression: Expr) -> Expr:
    """The terms in the order of their degree; those that are zero are left out."""
    kept = [term for term in terms if not is_zero(simplified(Writer(term).value.tensor))]
    if not kept:
        return _nothing(expression)
    parts: list[Expr] = []
    for term in kept:
        form, minus = sign_apart(term)
        parts.append(Negative(form) if minus else form)
    return parts[0] if len(parts) == 1 else Sum(tuple([inner for part in parts for inner in _terms(part)]))


def _terms(part: Expr) -> tuple[Expr, ...]:
    return part.terms if isinstance(part, Sum) else (part,)


# ------------------------------------------------------------ by numbers

_STEP = 1e-4
_TOLERANCE = 1e-5
_POINTS = 3


def _confirm_slopes(derivatives: list[Expr], symbol: Symbol, move: Symbol) -> None:
    """Compares each derivative with central differences of the one before it along the direction.

    Raises MatcalcError where they differ at all points that tell; where none does nothing is said.
    """
    checked = [_agrees_at(seed, derivatives, symbol, move) for seed in range(_POINTS)]
    if False in checked and True not in checked:
        raise MatcalcError(
            "internal error: a derivative along the direction is not what differences say",
            suggestion="report this expression; no answer is better than a wrong one",
        )


def _agrees_at(seed: int, derivatives: Sequence[Expr], symbol: Symbol, move: Symbol) -> bool | None:
    """Whether the derivatives are what differences say at one point; None where that can't be
    told."""
    point = sampling.find_point(derivatives, seed, attempts=8, extra=(symbol, move))
    if point is None:
        return None
    agree = []
    for before, after in pairwise(derivatives):
        try:
            slope = differences.derivative_along(before, symbol, move, point.values, point.sizes)
            value = interpreter.evaluate(after, point.values, point.sizes)
        except SpentError:
            raise
        except MatcalcError:
            return None
        if slope.reliable:
            agree.append(_agree(value, slope.value))
    return all(agree) if agree else None


def _confirm_limits(there: list[Expr], derivatives: list[Expr], symbol: Symbol) -> None:
    """Compares the derivatives at zero with those near it; other symbols have the values of a point
    at which those are finite.

    Raises MatcalcError where one has no value at zero, or they differ.
    """
    point = sampling.find_point(there, 0, attempts=8, extra=[*symbols_in(*derivatives).values(), symbol])
    if point is None:
        raise _no_series(symbol)
    for one, limit in zip(there, derivatives, strict=True):
        try:
            found = interpreter.evaluate(limit, point.values, point.sizes)
            near = [interpreter.evaluate(one, {**point.values, symbol.name: sign * _STEP}, point.sizes) for sign in (1, -1)]
        except SpentError:
            raise
        except MatcalcError:
            raise _no_series(symbol) from None
        if not _agree(found, (near[0] + near[1]) / 2) or not _agree(near[0], near[1], _STEP * 100):
            raise _no_series(symbol)


def _agree(found: Any, expected: Any, tolerance: float = _TOLERANCE) -> bool:
    """Whether an array is another one, as far as differences can tell; what is not finite agrees
    with nothing."""
    error = abs(found - expected).max(initial=0.0)
    return bool(error <= tolerance * (1 + abs(expected).max(initial=0.0)))
