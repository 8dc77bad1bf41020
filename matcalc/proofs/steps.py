"""The next steps towards one form: expanded sums of products in canonical order, in which functions
are said by exponentials, logarithms, sines and signs, and powers are taken of what is a sum."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matcalc.einstein.nodes import Apply, Contraction, Map, Power, Sum, Tensor, children
from matcalc.proofs.drafting import Macro, Step
from matcalc.proofs.matrix_steps import MATRICES
from matcalc.proofs.power_steps import FUNCTIONS, POWERS, power_of_power
from matcalc.proofs.product_steps import PRODUCTS, collected
from matcalc.rules.entries import Refused

_RULES: Mapping[type[Tensor], Sequence[Callable[[Any], Macro | None]]] = {
    Sum: (collected,),
    Contraction: PRODUCTS,
    Power: POWERS,
    Map: FUNCTIONS,
    Apply: MATRICES,
}


def next_steps(node: Tensor) -> Sequence[Step]:
    """The first steps that apply to a tensor whose parts are in normal form; none when it is."""
    return _first(node, _RULES.get(type(node), ()))


def early_steps(node: Tensor) -> Sequence[Step]:
    """Steps that come before the parts of a tensor are changed: a power of a power is one."""
    return _first(node, [power_of_power] if isinstance(node, Power) else [])


def _first(node: Tensor, rules: Sequence[Callable[[Any], Macro | None]]) -> Sequence[Step]:
    for rule in rules:
        try:
            found = rule(node)
        except Refused:
            continue
        if found is not None and found.steps:
            return found.steps
    return ()


def parts_of(node: Tensor) -> list[Tensor]:
    """What must be in normal form before a node is: products within products and sums within sums
    are opened as they stand."""
    found: list[Tensor] = []
    stack = list(children(node))
    while stack:
        part = stack.pop()
        scaled = isinstance(part, Sum) and len(part.terms) == 1
        inner = isinstance(node, Contraction) and (scaled or isinstance(part, Contraction))
        if inner or (isinstance(node, Sum) and isinstance(part, Sum)):
            stack += children(part)
        else:
            found.append(part)
    return found
