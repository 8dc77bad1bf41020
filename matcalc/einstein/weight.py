"""How large a tensor is when it is written out, the measure that simplification makes smaller."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from matcalc.einstein.nodes import Contraction, Power, Sum, Tensor, children, postorder

_KNOWN: WeakKeyDictionary[Tensor, float] = WeakKeyDictionary()


def weight(tensor: Tensor) -> float:
    """Number of symbols, factors and functions in the written-out formula; shared parts count each time."""
    known = _KNOWN.get(tensor)
    if known is not None:
        return known
    for node in postorder(tensor):
        if node not in _KNOWN:
            _KNOWN[node] = _own(node) + sum(_KNOWN[child] for child in children(node))
    return _KNOWN[tensor]


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
