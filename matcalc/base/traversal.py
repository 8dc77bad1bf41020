"""Walking a DAG without recursion, shared by terms, expressions and tensors."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from matcalc.base.budgets import spend

Node = TypeVar("Node")


@lru_cache(maxsize=8)
def latest_postordered(roots: tuple[Any, ...], operands: Callable[[Any], Sequence[Any]]) -> Sequence[Any]:
    """``postordered``, kept for the latest few: one derivation asks for the order of its expression and of its tensors in many places."""
    return postordered(roots, operands)


def postordered(roots: Sequence[Node], operands: Callable[[Node], Sequence[Node]], known: Container[Node] = ()) -> list[Node]:
    """Every node below ``roots`` once, operands before their users. Nodes in ``known`` are left out with all below."""
    if len(roots) == 1:
        for operand in operands(roots[0]):
            if operand not in known:
                break
        else:  # a leaf, or new above what is known
            return [] if roots[0] in known else [roots[0]]
    seen: set[Node] = set()
    order: list[Node] = []
    stack: list[Node | None] = list(reversed(roots))
    pop, visit, append = stack.pop, seen.add, order.append
    while stack:
        node = pop()
        if node is None:  # all below the node under this mark is in order
            append(pop())  # type: ignore[arg-type]
        elif node not in seen and node not in known:
            visit(node)
            below = operands(node)
            if below:
                stack += (node, None, *below[::-1])
            else:
                append(node)
    spend(len(order) >> 4)
    return order
