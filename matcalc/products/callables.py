"""Functions and code for equations and for several derivatives at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matcalc.calling import expression_function, symbols_of, tensor_function
from matcalc.codegen import Check, Derivative, LaidOut, Output, function, generate
from matcalc.derivation import Outcome
from matcalc.einstein.nodes import Tensor
from matcalc.errors import MatcalcError
from matcalc.expr.nodes import Expr, Symbol
from matcalc.programs import checked_target, derivative_output
from matcalc.sizes import Shape, axes_of


def value_callable(node: Expr | None, tensor: Tensor, shape: Shape, inputs: Sequence[Symbol], target: str) -> Callable[..., Any]:
    """A callable for one side of an equation; for NumPy the evaluator takes what there is no code for."""
    checked = checked_target(target)
    try:
        return function({"value": _output(node, tensor, shape)}, checked, name="value", others=inputs)
    except MatcalcError:
        if checked != "numpy" or node is None:
            raise
        return expression_function(node, inputs)


def value_code(node: Expr | None, tensor: Tensor, shape: Shape, target: str) -> str:
    """The source of a function for one side of an equation."""
    return generate({"value": _output(node, tensor, shape)}, checked_target(target), name="value")


def _output(node: Expr | None, tensor: Tensor, shape: Shape) -> Output:
    return node if node is not None else LaidOut(tensor, axes_of(shape), (), "tensor")


def gradients_callable(
    outcomes: Mapping[Symbol, Outcome], source: Expr, inputs: Sequence[Symbol], layout: str, target: str
) -> Callable[..., dict[str, Any]]:
    """A callable that returns every derivative by name, computing what they share once."""
    checked = checked_target(target)
    outputs = _outputs(outcomes, source, layout)
    names = [symbol.name for symbol in outcomes]
    try:
        made = function(outputs, checked, name="gradients", others=inputs)
    except MatcalcError:
        if checked != "numpy":
            raise
        singles = {symbol.name: _evaluated(outcome, symbol, source, inputs, layout) for symbol, outcome in outcomes.items()}
        return lambda **values: {name: single(**values) for name, single in singles.items()}

    def gradients(**values: Any) -> dict[str, Any]:
        found = made(**values)
        return dict(zip(names, (found,) if len(names) == 1 else found, strict=True))

    return gradients


def gradients_code(outcomes: Mapping[Symbol, Outcome], source: Expr, layout: str, symmetric: str, target: str) -> str:
    """The source of a function that returns every derivative; unless one is by a named result, it checks itself when it is run."""
    outputs = _outputs(outcomes, source, layout)
    check = None
    if set(outcomes) <= set(symbols_of(source)):
        check = Check(source, {f"gradient_{symbol.name}": Derivative((symbol,), layout, symmetric) for symbol in outcomes})
    return generate(outputs, checked_target(target), name="gradients", check=check)


def _outputs(outcomes: Mapping[Symbol, Outcome], source: Expr, layout: str) -> dict[str, Output]:
    return {f"gradient_{symbol.name}": derivative_output(outcome, source, (symbol,), layout) for symbol, outcome in outcomes.items()}


def _evaluated(outcome: Outcome, symbol: Symbol, source: Expr, inputs: Sequence[Symbol], layout: str) -> Callable[..., Any]:
    if outcome.expression is not None:
        return expression_function(outcome.expression, inputs)
    return tensor_function(outcome.tensor, source, (symbol,), layout)
