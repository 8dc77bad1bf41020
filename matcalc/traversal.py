"""Walking a DAG without recursion, shared by terms, expressions and tensors."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import TypeVar

Node = TypeVar("Node")


def postordered(roots: Sequence[Node], operands: Callable[[Node], Sequence[Node]], known: Container[Node] = ()) -> list[Node]:
    """Every node below ``roots`` once, operands before their users. Nodes in ``known`` are left out with all below."""
    seen: set[Node] = set()
    order: list[Node] = []
    stack: list[tuple[Node, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen and node not in known:
            seen.add(node)
            stack.append((node, True))
            stack.extend((operand, False) for operand in reversed(operands(node)) if operand not in seen)
    return order
