"""How large a tensor is when it is written out, the measure that simplification makes smaller."""

from __future__ import annotations

from matcalc.einstein.nodes import Contraction, Power, Sum, Tensor
from matcalc.traversal import postordered


def weight(tensor: Tensor) -> float:
    """Number of symbols, factors and functions in the written-out formula; shared parts count each time."""
    if not hasattr(tensor, "weight"):
        for node in postordered([tensor], _not_weighed):
            object.__setattr__(node, "weight", _own(node) + sum([operand.weight for operand in node.below]))
    return tensor.weight


def _not_weighed(node: Tensor) -> list[Tensor]:
    return [operand for operand in node.below if not hasattr(operand, "weight")]


def _own(node: Tensor) -> float:
    match node:
        case Sum(terms=terms):
            return sum(0.5 if abs(coefficient) != 1 else 0.0 for coefficient, _ in terms) + max(0, len(terms) - 1)
        case Contraction(operands=operands):
            return max(1, len(operands) - 1) if operands else 1
        case Power():
            return 1
        case _:
            return 1
