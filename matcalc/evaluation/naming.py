"""Which sizes an expression names."""

from __future__ import annotations

from collections.abc import Iterable

from matcalc.expr.nodes import Commutation, Entry, Expr, Index, IndexArray, IndexSum, SizeValue


def size_names(nodes: Iterable[Expr]) -> frozenset[str]:
    """The names in the sizes that the nodes have or mention."""
    names: set[str] = set()
    for node in nodes:
        for size in node.shape:
            names.update(size.names)
        match node:
            case SizeValue(size=size) | Index(size=size):
                names.update(size.names)
            case IndexSum(index=index):
                names.update(index.size.names)
            case IndexArray(indices=indices):
                names.update(name for index in indices for name in index.size.names)
            case Entry(positions=positions):
                names.update(name for position in positions if isinstance(position, Index) for name in position.size.names)
            case Commutation(m=m, n=n):
                names.update(m.names + n.names)
    return frozenset(names)
