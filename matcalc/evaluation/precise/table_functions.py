"""Elementwise functions of the table that have no formula of their own here: what the table says in NumPy, read as decimal arithmetic."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from types import CodeType, SimpleNamespace

from matcalc.errors import UnknownFunctionError
from matcalc.evaluation.precise.number_systems import Decimals
from matcalc.evaluation.precise.scalar_functions import applied, pi, real_power
from matcalc.functions import functions

_AS_IN_NUMPY: Mapping[str, str] = {"arcsin": "asin", "arccos": "acos", "arctan": "atan"}
_NAMES = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "abs", "sign")


class _Exact(ast.NodeTransformer):
    """Numbers as they are written instead of floating-point ones."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if not isinstance(node.value, (int, float)):
            return node
        return ast.Call(ast.Name("number", ast.Load()), [ast.Constant(repr(node.value))], [])


def by_table(ar: Decimals, name: str, value: Decimal) -> Decimal:
    """The value of a function of the table by its ``numpy`` text.

    Raises UnknownFunctionError where the text uses what has no decimal form.
    """
    try:
        found = eval(_compiled(name), {"__builtins__": {}}, {"np": _numpy(ar), "number": Decimal, "t": value})
    except (AttributeError, NameError, TypeError, SyntaxError):
        raise UnknownFunctionError(f"the function {name} has no value at many digits") from None
    return Decimal(found)


@cache
def _compiled(name: str) -> CodeType:
    """The text is part of the package's table, not of anybody's input."""
    tree = _Exact().visit(ast.parse(functions()[name].numpy, mode="eval"))
    return compile(ast.fix_missing_locations(tree), f"<{name}>", "eval")


def _numpy(ar: Decimals) -> SimpleNamespace:
    def function(name: str) -> Callable[[Decimal], Decimal]:
        def call(value: Decimal) -> Decimal:
            found = applied(ar, _AS_IN_NUMPY.get(name, name), value)
            if found is None:
                raise NameError(name)
            return found

        return call

    def larger(one: Decimal, other: Decimal) -> Decimal:
        return one if ar.sign(one - other) > 0 else other

    def smaller(one: Decimal, other: Decimal) -> Decimal:
        return other if ar.sign(one - other) > 0 else one

    def chosen(condition: bool, one: Decimal, other: Decimal) -> Decimal:
        ar.branches.append(int(condition))
        return one if condition else other

    more = {
        "maximum": larger,
        "minimum": smaller,
        "where": chosen,
        "pi": pi(ar.digits),
        "sqrt": ar.root,
        "square": lambda value: value * value,
        "power": lambda base, exponent: real_power(ar, base, exponent),
        "log1p": lambda value: function("log")(1 + value),
        "expm1": lambda value: function("exp")(value) - 1,
    }
    return SimpleNamespace(**{name: function(name) for name in _NAMES}, **more)
