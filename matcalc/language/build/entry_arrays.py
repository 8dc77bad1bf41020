"""Arrays written by their entries: ``[x_i y_j]_{i,j}`` is the matrix of all products, where nothing binds i and j."""

from __future__ import annotations

from matcalc.base.budgets import spend
from matcalc.language.build.scope import Scope
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.survey import walk


def as_array(node: s.Entries, scope: Scope) -> s.Syntax:
    """The array that is meant where the positions behind brackets are indices of what stands in them; else the node itself."""
    if not isinstance(node.operand, s.Group):
        return node
    names = [position.name for position in node.positions if isinstance(position, s.Name)]
    free = len(names) == len(node.positions) and not any(scope.bound_index(name) or name in scope.declarations for name in names)
    if not free or not set(names) <= _indices_in(node.operand.operand):
        return node
    return s.Applied(node.span, "tensor", (*node.positions, node.operand), node.span)


def _indices_in(body: s.Syntax) -> set[str]:
    """Single letters that stand as an index somewhere in the body."""
    found: set[str] = set()
    nodes = walk(body)
    spend(len(nodes) >> 4)
    for node in nodes:
        if isinstance(node, s.Name):
            found.update(node.name.partition("_")[2])
        elif isinstance(node, s.Entries):
            found.update(position.name for position in node.positions if isinstance(position, s.Name))
    return found
