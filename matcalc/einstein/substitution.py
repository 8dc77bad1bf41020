"""Replacing symbols in a tensor, keeping the normal form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol, assert_never, cast

from matcalc.einstein.algebra import apply_map, contract, power, symbolic_power
from matcalc.einstein.linear import add
from matcalc.einstein.nodes import Apply, Constant, Contraction, Map, Node, Pairing, Power, SizeValue, Sum, Symbol, Tensor, Unit, postorder
from matcalc.later import later
from matcalc.sizes import Size

if TYPE_CHECKING:
    from matcalc.einstein import application
else:
    application = later("matcalc.einstein.application")


def substituted(tensor: Tensor, values: Mapping[Tensor, Tensor], sizes: Mapping[Size, Size] | None = None) -> Tensor:
    """``tensor`` with each node that is a key of ``values`` replaced, and its sizes renamed by ``sizes``; shapes must agree."""
    if not sizes:
        return rebuilt(tensor, values.get)
    built: dict[Tensor, Tensor] = {}
    for node in postorder(tensor):
        built[node] = values[node] if node in values else _resized(cast("Node", node), built, sizes)
    return built[tensor]


class Marks(Protocol):
    """A set of nodes to ask and to add to."""

    def __contains__(self, node: object, /) -> bool: ...

    def add(self, node: Tensor, /) -> None: ...


class _Kept(dict[Tensor, Tensor]):
    """What nodes became; a node that was left out stays as it is."""

    def __missing__(self, node: Tensor) -> Tensor:
        return node


def rebuilt(tensor: Tensor, replacement: Callable[[Tensor], Tensor | None], settled: Marks | None = None) -> Tensor:
    """``tensor`` built again from its leaves; ``replacement`` may give another tensor for a node, tried after its operands were rebuilt.

    Nodes in ``settled`` are left alone with all below them; those for which nothing is found are added.
    """
    built = _Kept()
    for node in postorder(tensor, known=() if settled is None else settled):
        again = _again(cast("Node", node), built)
        found = replacement(again)
        built[node] = again if found is None else found
        if settled is not None and found is None and again is node:
            settled.add(node)
    return built[tensor]


def _resized(node: Node, built: Mapping[Tensor, Tensor], sizes: Mapping[Size, Size]) -> Tensor:
    match node:
        case Sum():
            return add(
                [(coefficient, built[term]) for coefficient, term in node.terms], tuple([sizes.get(size, size) for size in node.sizes])
            )
        case Contraction():
            labels = {label: sizes.get(size, size) for label, size in enumerate(node.sizes)}
            return contract([built[operand] for operand in node.operands], node.indices, node.output, labels)
        case Apply():
            arguments = tuple([built[argument] for argument in node.arguments])
            return application.apply(node.function, arguments, tuple([sizes.get(size, size) for size in node.sizes]))
        case SizeValue():
            return SizeValue(sizes.get(node.size, node.size))
        case Unit():
            return Unit(node.position, sizes.get(node.size, node.size))
        case Pairing():
            return Pairing(sizes.get(node.slow, node.slow), sizes.get(node.fast, node.fast))
        case _:
            return _again(node, built)


def _again(node: Node, built: Mapping[Tensor, Tensor]) -> Tensor:
    match node:
        case Symbol() | Constant() | SizeValue() | Unit() | Pairing():
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
            return application.apply(node.function, tuple([built[argument] for argument in node.arguments]), node.shape)
        case _:
            assert_never(node)
