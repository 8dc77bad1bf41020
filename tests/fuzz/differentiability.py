"""Derivatives that are not asked for, because no closed form and no rule for them is known to the engine."""

from __future__ import annotations

from matcalc.expr import nodes as e

# Their derivatives are made of eigenvectors and singular vectors, which are not differentiated again.
_ONCE = frozenset({"eigmax", "expm", "logm", "sqrtm"})
_ONCE_NORMS = frozenset({"nuclear", "spectral"})


def has_rule(expression: e.Expr, wrt: tuple[e.Symbol, ...]) -> bool:
    """Whether the derivative is one that the engine is meant to find."""
    order = e.postorder(expression)
    depends: set[e.Expr] = set()
    traced = {node.operand for node in order if isinstance(node, e.Trace)}
    compound = any(size.degree > 1 for size in expression.shape)
    if compound and len(wrt) > 1:
        return False
    for node in order:
        if node in wrt or any(child in depends for child in e.children(node)):
            depends.add(node)
            if not _node_has_rule(node, depends, node in traced, len(wrt) > 1):
                return False
    return True


def _node_has_rule(node: e.Expr, depends: set[e.Expr], traced: bool, twice: bool) -> bool:
    match node:
        case e.Call(function=name):
            return not (twice and name in _ONCE)
        case e.Norm(kind=kind):
            return not (twice and kind in _ONCE_NORMS)
        case e.MatrixPower(base=base, exponent=exponent) if not isinstance(exponent, e.Number):
            return exponent not in depends and (base not in depends or (traced and not twice))
        case _:
            return True
