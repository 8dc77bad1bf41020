"""Checks of products of derivatives against numerical derivatives of the independent evaluator."""

from __future__ import annotations

from typing import Any

import numpy as np

import matcalc
from matcalc import Equation
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.differences import numerical_derivative
from matcalc.evaluation.interpreter import compile_function, evaluate
from matcalc.evaluation.sampling import find_point
from matcalc.expr.nodes import Expr, Symbol
from matcalc.interface.results import Derivation
from matcalc.language import elaborate
from tests.oracle import Disagreement, check_answer, check_derivation, points


def check_vjp(expression: str, wrt: str, declare: str | None = None, expected: str | None = None, **options: Any) -> Derivation:
    """The pullback, compared as the derivative of the scalar that pairs the expression with G; its texts are read again."""

    def derive(text: str, by: str, *, declare: str | None, order: int, layout: str, symmetric: str) -> Derivation:
        assert order == 1
        return matcalc.vjp(text, by, declare=declare, layout=layout, symmetric=symmetric, **options)  # type: ignore[arg-type]

    return check_derivation(expression, wrt, declare, expected, closed=True, derive=derive)


def expected_change(expression: Expr, moves: dict[Symbol, Any], values: dict[str, Any], sizes: dict[str, int]) -> Any:
    """The numerical derivative of the expression along directions; ``None`` where it cannot be trusted."""
    total: Any = 0.0
    for symbol, move in moves.items():
        found = numerical_derivative(expression, symbol, values, sizes, symmetric="independent")
        if not found.reliable:
            return None
        total = total + np.tensordot(found.value, move, axes=np.ndim(move))
    return total


def check_equation(equation: Equation, expression: Expr, moves: dict[Symbol, Any | None]) -> None:
    """Compares the function and both texts of an equation with the numerical change along ``moves``, at prime and at equal sizes.

    ``moves`` gives for each variable the symbol of its change, or a function of the sizes that gives the array.
    """
    news = [move for move in moves.values() if isinstance(move, Symbol)]
    units = [symbol for symbol in equation.inputs if symbol.name.startswith("e_")]
    for seed, equal in ((0, False), (1, False), (0, True)):
        values, sizes, expected = _point(expression, moves, news, units, seed, equal)
        given = {**sizes, **values}
        _compare(equation.function()(**given), expected, f"the function of {equation!r}", sizes)
        if equation.closed:
            for style in ("ascii", "unicode"):
                text = equation.text(style)  # type: ignore[arg-type]
                read = elaborate(text, dict(equation.declarations), shape=expression.shape).expression
                _compare(evaluate(read, values, sizes), expected, f"the {style} text {text}", sizes)


def _point(expression: Expr, moves: dict[Symbol, Any], news: list[Symbol], units: list[Symbol], seed: int, equal: bool) -> Any:
    for attempt in range(12):
        point = find_point([expression], seed + 1000 * attempt, equal=equal, extra=(*moves, *news))
        assert point is not None
        values = dict(point.values)
        arrays = {}
        for symbol, move in moves.items():
            if isinstance(move, Symbol):
                arrays[symbol] = values[move.name]
            else:
                found = move(symbol, point.sizes, seed)
                arrays[symbol] = found.pop("move")
                values |= found
        expected = expected_change(expression, arrays, values, point.sizes)
        if expected is not None:
            return values, point.sizes, expected
    raise AssertionError("no point")


def unit_vectors(positions: tuple[str, ...]) -> Any:
    """What a slice moves along: the matrix with a one at some place, and the unit vectors for it."""

    def move(symbol: Symbol, sizes: dict[str, int], seed: int) -> dict[str, Any]:
        axes = symbol.shape[1:] if symbol.is_row else symbol.shape
        found: dict[str, Any] = {}
        whole = np.ones(())
        for k, (name, size) in enumerate(zip(positions, axes, strict=True)):
            unit = np.eye(size.value(sizes))[(seed + k) % size.value(sizes)]
            found[f"e_{name}"] = unit
            whole = np.multiply.outer(whole, unit)
        return {**found, "move": whole}

    return move


def _compare(found: Any, expected: Any, what: str, sizes: dict[str, int]) -> None:
    found, expected = np.asarray(found), np.asarray(expected)
    if not agrees(
        found.reshape(expected.shape) if found.size == expected.size else found, expected, relative=1e-6, absolute=1e-8
    ):
        raise Disagreement(f"{what} is wrong at sizes {sizes}\nfound\n{found}\nexpected\n{expected}")


def check_named(derivation: Derivation) -> None:
    """Compares the function of a derivative by a symbol, and both of its texts read as programs, with the numerical derivative."""
    source = derivation.source.node
    checkpoints = list(points(source, derivation.wrt, layout=derivation.layout, symmetric=derivation.symmetric))
    check_answer(derivation.function("numpy"), checkpoints, what=f"the function of {derivation!r}")
    assert derivation.closed
    for style in ("ascii", "unicode"):
        text = derivation.text(style)  # type: ignore[arg-type]
        read = elaborate(text, derivation.declarations, shape=derivation.outcome.shape).expression
        check_answer(compile_function(read), checkpoints, what=f"the {style} text {text}")
