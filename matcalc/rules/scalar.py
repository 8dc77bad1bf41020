"""Derivatives of the elementwise functions, from the formulas in ``rules/functions.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache

from matcalc.einstein.algebra import apply_map, broadcast, elementwise, power, symbolic_power
from matcalc.einstein.linear import add
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Contraction, Map, Power, Sum, Symbol, Tensor, postorder
from matcalc.functions import functions
from matcalc.language import elaborate
from matcalc.sizes import Shape


@cache
def formula(text: str) -> Tensor:
    """A scalar formula in ``t``, as a scalar tensor."""
    return lower(elaborate(text, {"t": "scalar"}).expression).tensor


def derivative_of(function: str, argument: Tensor) -> Tensor:
    """f'(argument), entry by entry. A function that is not in the table is the user's own: its derivative is written f'."""
    if function == "exp":
        return apply_map("exp", argument)
    entry = functions().get(function)
    if entry is None:
        return Map(f"{function}'", (argument,))
    return instantiated(formula(entry.derivative), {"t": argument})


def instantiated(scalar: Tensor, values: Mapping[str, Tensor]) -> Tensor:
    """A scalar formula with its symbols replaced by tensors of one shape, entry by entry."""
    shape = next(iter(values.values())).shape
    built: dict[Tensor, Tensor] = {}
    for node in postorder(scalar):
        match node:
            case Symbol() if node.name in values:
                built[node] = values[node.name]
            case Sum():
                built[node] = add([(c, _spread(built[t], shape)) for c, t in node.terms], shape)
            case Contraction():
                built[node] = elementwise([built[operand] for operand in node.operands], shape)
            case Power():
                built[node] = power(built[node.base], node.exponent)
            case Map(function="pow"):
                base, exponent = (_spread(built[argument], shape) for argument in node.arguments)
                built[node] = symbolic_power(base, exponent)
            case Map():
                built[node] = apply_map(node.function, built[node.arguments[0]])
            case _:
                built[node] = node
    return _spread(built[scalar], shape)


def _spread(tensor: Tensor, shape: Shape) -> Tensor:
    return tensor if tensor.shape == shape else broadcast(tensor, shape)


def times_power(exponent: Fraction, base: Tensor) -> Tensor:
    """d base**exponent / d base."""
    return add([(exponent, power(base, exponent - 1))], base.shape)
