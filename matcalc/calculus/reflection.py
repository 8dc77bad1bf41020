"""Functions of t and of -t in one formula: with the values at -t written by those at t more terms are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.einstein.linear import MINUS, content, scale
from matcalc.einstein.nodes import Map, Tensor, postorder
from matcalc.einstein.substitution import rebuilt
from matcalc.functions import functions
from matcalc.later import later

if TYPE_CHECKING:
    from matcalc.rules import scalar
else:
    scalar = later("matcalc.rules.scalar")


def reflected(tensor: Tensor) -> Tensor:
    """The tensor with ``sigmoid(-t)`` written ``1 - sigmoid(t)`` where ``sigmoid(t)`` stands in it too, and the like."""
    found = dict.fromkeys(node for node in postorder(tensor) if isinstance(node, Map) and _reflection(node))
    values: dict[Tensor, Tensor] = {}
    for node in found:
        opposite = Map(node.function, (scale(MINUS, node.arguments[0]),))
        if opposite in found and _rank(opposite) < _rank(node):
            values[node] = scalar.instantiated(scalar.formula(_reflection(node)), {"t": opposite.arguments[0]})
    return rebuilt(tensor, values.get) if values else tensor


def _reflection(node: Map) -> str:
    known = functions().get(node.function)
    return known.reflection if known is not None else ""


def _rank(node: Map) -> tuple[bool, int]:
    """Arguments without a minus come first."""
    return content(node.arguments[0])[0] < 0, node.digest
