"""Replacing symbols in a tensor, keeping the normal form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import assert_never, cast

from matcalc.einstein.algebra import add, apply, apply_map, contract, power, symbolic_power
from matcalc.einstein.nodes import Apply, Constant, Contraction, Map, Node, Power, SizeValue, Sum, Symbol, Tensor, Unit, postorder


def substituted(tensor: Tensor, values: Mapping[Tensor, Tensor]) -> Tensor:
    """``tensor`` with each node that is a key of ``values`` replaced; shapes must agree."""
    return rebuilt(tensor, lambda node: values.get(node))


def rebuilt(tensor: Tensor, replacement: Callable[[Tensor], Tensor | None]) -> Tensor:
    """``tensor`` built again from its leaves; ``replacement`` may give another tensor for a node, tried after its operands were rebuilt."""
    built: dict[Tensor, Tensor] = {}
    for node in postorder(tensor):
        again = _again(cast("Node", node), built)
        built[node] = replacement(again) or again
    return built[tensor]


def _again(node: Node, built: Mapping[Tensor, Tensor]) -> Tensor:
    match node:
        case Symbol() | Constant() | SizeValue() | Unit():
            return node
        case Sum():
            if all(built[term] is term for _, term in node.terms):
                return node
            return add([(coefficient, built[term]) for coefficient, term in node.terms], node.shape)
        case Contraction():
            if all(built[operand] is operand for operand in node.operands):
                return node
            return contract([built[operand] for operand in node.operands], node.indices, node.output, dict(enumerate(node.sizes)))
        case Power():
            return node if built[node.base] is node.base else power(built[node.base], Fraction(node.exponent))
        case Map(function="pow", arguments=(base, exponent)):
            return symbolic_power(built[base], built[exponent])
        case Map():
            return node if built[node.arguments[0]] is node.arguments[0] else apply_map(node.function, built[node.arguments[0]])
        case Apply():
            if all(built[argument] is argument for argument in node.arguments):
                return node
            return apply(node.function, tuple([built[argument] for argument in node.arguments]), node.shape)
        case _:
            assert_never(node)
