"""Expressions with some of their parts exchanged."""

from __future__ import annotations

from typing import Any, cast

from matcalc.expr import nodes as e


def replace(root: e.Expr, old: e.Expr, new: e.Expr) -> e.Expr:
    """``root`` with ``new`` in every place of ``old``; both have the same shape."""
    built: dict[e.Expr, e.Expr] = {}
    for node in e.postorder(root):
        if node is old:
            built[node] = new
            continue
        below = e.children(node)
        changed = tuple(built[child] for child in below)
        built[node] = node if changed == below else with_children(node, changed)
    return built[root]


def with_children(node: e.Expr, new: tuple[e.Expr, ...]) -> e.Expr:
    """The same operation on other operands."""
    match cast("e.Node", node):
        case e.Sum() | e.Product() | e.Hadamard() | e.Kronecker():
            return cast("e.Expr", cast("Any", type(node))(new))
        case e.Call(function=function, axis=axis, result_shape=shape):
            return e.Call(function, new, axis, shape)
        case e.Elementwise(function=function):
            return e.Elementwise(function, *new)
        case e.Total(axis=axis):
            return e.Total(new[0], axis)
        case e.Norm(kind=kind):
            return e.Norm(new[0], kind, *new[1:])
        case e.Reshape(m=m, n=n):
            return e.Reshape(new[0], m, n)
        case e.Entry(positions=positions):
            return e.Entry(new[0], positions)
        case e.IndexSum(index=index):
            return e.IndexSum(index, *new)
        case _:
            return type(node)(*new)
