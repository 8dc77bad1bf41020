"""Code for read expressions and derivations: what to ask of ``codegen``, and the evaluator where it has no code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matcalc.calling import expression_function, symbols_of, tensor_function
from matcalc.codegen import Check, Derivative, LaidOut, Output, function, generate, target_named
from matcalc.derivation import Outcome
from matcalc.errors import MatcalcError
from matcalc.expr.nodes import Expr, Symbol
from matcalc.sizes import axes_of


def expression_code(expression: Expr, target: str) -> str:
    """The source of a function for an expression."""
    return generate({"value": expression}, target, name="value")


def expression_callable(expression: Expr, target: str) -> Callable[..., Any]:
    """A callable for an expression; of a target that evaluates, the evaluator takes what there is no code for."""
    try:
        return function({"value": expression}, target, name="value")
    except MatcalcError:
        if not target_named(target).evaluates:
            raise
        return expression_function(expression)


def derivative_output(outcome: Outcome, source: Expr, wrt: tuple[Symbol, ...], layout: str) -> Output:
    """What code is generated for: the closed form, or the tensor laid out when there is none."""
    if outcome.expression is not None:
        return outcome.expression
    return LaidOut(outcome.tensor, axes_of(source.shape), tuple([len(axes_of(symbol.shape)) for symbol in wrt if symbol.shape]), layout)


def derivative_name(source: Expr, wrt: tuple[Symbol, ...]) -> str:
    """What the function of a derivative is called."""
    if source.is_scalar:
        return "hessian" if len(wrt) == 2 else "gradient"
    return "jacobian" if len(wrt) == 1 else "derivative"


def derivative_code(outcome: Outcome, source: Expr, wrt: tuple[Symbol, ...], layout: str, symmetric: str, target: str) -> str:
    """The source of a function for a derivative, which checks itself by finite differences when it is run."""
    name = derivative_name(source, wrt)
    check = Check(source, {name: Derivative(wrt, layout, symmetric)})
    return generate({name: derivative_output(outcome, source, wrt, layout)}, target, name=name, check=check)


def derivative_callable(outcome: Outcome, source: Expr, wrt: tuple[Symbol, ...], layout: str, target: str) -> Callable[..., Any]:
    """A callable for a derivative; of a target that evaluates, the evaluator takes what there is no code for."""
    others = (*symbols_of(source), *wrt)
    try:
        return function(
            {"result": derivative_output(outcome, source, wrt, layout)}, target, name=derivative_name(source, wrt), others=others
        )
    except MatcalcError:
        if not target_named(target).evaluates:
            raise
    if outcome.expression is not None:
        return expression_function(outcome.expression, others)
    return tensor_function(outcome.tensor, source, wrt, layout)
