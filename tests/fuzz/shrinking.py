"""Makes an expression smaller while a property of it, such as a wrong derivative, stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace as altered

from matcalc.base.errors import MatcalcError
from matcalc.expr import nodes as e
from tests.fuzz.rebuilding import replace
from tests.fuzz.vocabulary import Case


def shrink(case: Case, fails: Callable[[Case], bool], *, attempts: int = 400) -> Case:
    """A smallest case found, by greedy replacement of parts, that still ``fails``."""
    again = True
    while again:
        again = False
        for candidate in _smaller(case.expression):
            if attempts <= 0:
                return case
            if not all(wrt in e.postorder(candidate) for wrt in case.wrt):
                continue
            attempts -= 1
            smaller = altered(case, expression=candidate)
            if fails(smaller):
                case, again = smaller, True
                break
    return case


def _weight(expression: e.Expr) -> int:
    """The number of nodes of the expression written out, shared parts counted each time."""
    weights: dict[e.Expr, int] = {}
    for node in e.postorder(expression):
        weights[node] = 1 + sum(weights[child] for child in e.children(node))
    return weights[expression]


def _smaller(root: e.Expr) -> Iterator[e.Expr]:
    """Expressions of the same shape with fewer nodes, the smallest first."""
    found: dict[e.Expr, int] = {}
    limit = _weight(root)
    order = e.postorder(root)
    for node in reversed(order):
        below = e.postorder(node)[:-1]
        candidates = [other for other in below if other.shape == node.shape]
        candidates += [
            other for other in order if isinstance(other, e.Symbol) and other.shape == node.shape and other is not node
        ]
        match node:
            case e.Sum(terms=parts) | e.Hadamard(factors=parts) | e.Product(factors=parts) if len(parts) > 2:
                for k in range(len(parts)):
                    try:
                        fewer = type(node)(parts[:k] + parts[k + 1 :])
                    except MatcalcError:
                        continue
                    if fewer.shape == node.shape:
                        candidates.append(fewer)
        for candidate in candidates:
            replaced = replace(root, node, candidate)
            weight = _weight(replaced)
            if weight < limit:
                found.setdefault(replaced, weight)
    yield from sorted(found, key=lambda expression: found[expression])
