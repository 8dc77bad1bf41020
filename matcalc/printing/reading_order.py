"""In which order the factors of a contraction are read, and which of their indices are in sight."""

from __future__ import annotations

from typing import assert_never, cast

from matcalc.einstein import nodes as t
from matcalc.functions import functions


def reading_order(product: t.Contraction) -> list[int]:
    """The operands as a chain: scalars first, then from each output index on along shared indices, then closed chains."""
    order = [k for k, axes in enumerate(product.indices) if not axes]
    left = {k: None for k, axes in enumerate(product.indices) if axes}
    holders: dict[int, list[int]] = {}
    for k in left:
        for label in dict.fromkeys(product.indices[k]):
            holders.setdefault(label, []).append(k)
    for label, found in holders.items():
        # Matrices before vectors, so that a chain ends in its vector; an operand that has the label first reads forwards.
        found.sort(key=lambda k: (-len(product.indices[k]), product.indices[k].index(label), _name(product.operands[k])))
    stack = list(dict.fromkeys(reversed(product.output)))
    # A closed chain starts at a vector if it has one: x_i A_ij x_j.
    starts = iter(sorted(left, key=lambda k: (len(product.indices[k]), _name(product.operands[k]))))
    while left:
        if not stack:
            start = next(k for k in starts if k in left)
            chosen = start
        else:
            label = stack[-1]
            while holders.get(label) and holders[label][0] not in left:
                holders[label].pop(0)
            if not holders.get(label):
                stack.pop()
                continue
            chosen = holders[label][0]
        del left[chosen]
        order.append(chosen)
        stack.extend(reversed(product.indices[chosen]))
    return order


def _name(tensor: t.Tensor) -> tuple[int, str]:
    """Symbols by name before anything else, so that the order does not hang on digests alone."""
    return (0, tensor.name) if isinstance(tensor, t.Symbol) else (1, "")


def shown_once(root: t.Tensor) -> dict[t.Tensor, tuple[bool, ...]]:
    """For every axis of every node, whether its letter stands exactly once in each term of the text, outside any function's argument."""
    once: dict[t.Tensor, tuple[bool, ...]] = {}
    for node in t.postorder(root):
        once[node] = _shown_once(cast("t.Node", node), once)
    return once


def _shown_once(node: t.Node, once: dict[t.Tensor, tuple[bool, ...]]) -> tuple[bool, ...]:
    match node:
        case t.Symbol() | t.Constant() | t.SizeValue() | t.Unit():
            return (True,) * node.order
        case t.Pairing():
            return (False, False, True)  # a pair of letters is written wherever the index stands that counts it
        case t.Sum():
            return tuple([bool(node.terms) and all(once[term][axis] for _, term in node.terms) for axis in range(node.order)])
        case t.Contraction():
            return tuple([_once_in_product(node, axis, once) for axis in range(node.order)])
        case t.Power() | t.Map():
            return (False,) * len(once[t.children(node)[0]])
        case t.Apply():
            orders = [len(once[argument]) for argument in node.arguments]
            # The letters of batch axes stand in the argument too.
            return tuple([not any(axis < order - own_axes(node.function, order) for order in orders) for axis in range(node.order)])
        case _:
            assert_never(node)


def own_axes(function: str, order: int) -> int:
    """How many of the last axes of an argument with ``order`` axes a function takes; those before them are a batch."""
    known = functions().get(function)
    if known is None:
        return order
    kind = known.signature.split("->")[0].rpartition(":")[2].strip()
    return min(order, 0 if kind == "scalar" else kind.count("×") + 1)


def _once_in_product(node: t.Contraction, axis: int, once: dict[t.Tensor, tuple[bool, ...]]) -> bool:
    label = node.output[axis]
    places = [
        once[operand][place]
        for operand, axes in zip(node.operands, node.indices, strict=True)
        for place, other in enumerate(axes)
        if other == label
    ]
    deltas = node.output.count(label) - 1
    if deltas and node.output.index(label) != axis:
        return True
    return len(places) + deltas == 1 and all(places)
