"""Expressions as text with brackets around every part, written without the package's printers."""

from __future__ import annotations

from typing import cast

from matcalc.expr import nodes as e

_INFIX = {e.Product: "*", e.Hadamard: " .* ", e.Sum: " + "}
_CALLED: dict[type[e.Expr], str] = {
    e.Inverse: "inv", e.Trace: "tr", e.Diagonal: "diag", e.DiagonalMatrix: "diag", e.Vec: "vec", e.Kronecker: "kron",
}  # fmt: skip


def bracketed(root: e.Expr) -> str:
    """The text that the language reads as the expression, but for brackets in sums and products, which it drops."""
    done: dict[e.Expr, str] = {}
    for node in e.postorder(root):
        done[node] = _written(node, [done[child] for child in e.children(node)])
    return done[root]


def _written(node: e.Expr, parts: list[str]) -> str:
    leaf = _leaf(node)
    if leaf is not None:
        return leaf
    if type(node) in _INFIX:
        return f"({_INFIX[type(node)].join(parts)})"
    if type(node) in _CALLED:
        return _call(_CALLED[type(node)], *parts)
    match cast("e.Node", node):
        case e.Negative():
            return f"(-{parts[0]})"
        case e.Quotient(denominator=denominator):
            return f"({parts[0]} {'./' if denominator.shape else '/'} {parts[1]})"
        case e.Power(base=base):
            return f"({parts[0]}{'.^' if base.shape else '^'}{parts[1]})"
        case e.MatrixPower():
            return f"({parts[0]}^{parts[1]})"
        case e.Transpose():
            return f"({parts[0]}')"
        case e.Entry(positions=positions):
            at = [position.name if isinstance(position, e.Index) else str(position) for position in positions]
            rest = len(e.children(node)[0].shape) - len(at)
            # A row is written as one; a member is a column.
            return f"({parts[0]}[{','.join([*at, *[':'] * rest])}]{chr(39) * (rest == 1)})"
        case _:
            return _function(cast("e.Node", node), parts)


def _function(node: e.Node, parts: list[str]) -> str:
    match node:
        case e.Elementwise(function=name):
            return _call(name, *parts)
        case e.Total(axis=axis):
            return _call("sum", *parts, *([axis] if axis else []))
        case e.Reshape(m=m, n=n):
            return _call("reshape", *parts, str(m), str(n))
        case e.Call(function=name, axis=axis):
            return _call(name, *parts, *([axis] if axis else []))
        case e.Norm(kind=kind):
            if kind in "12":
                return _call(f"norm{kind}", *parts)
            return _call(
                "norm", parts[0], parts[1].strip("()") if isinstance(node.parameter, e.Number) else (parts[1:] or [kind])[0]
            )
        case e.IndexSum(index=index):
            return _call("sum", index.name, *parts)
        case e.IndexArray(indices=indices):
            return _call("tensor", *[index.name for index in indices], *parts)
        case _:
            raise NotImplementedError(type(node).__name__)


def _leaf(node: e.Expr) -> str | None:
    match node:
        case e.Symbol(name=name) | e.Constant(name=name) | e.Index(name=name):
            return name
        case e.Number(value=value):
            return f"({value})"
        case e.SizeValue(size=size):
            return f"({size})"
        case e.Identity(size=size):
            return _call("eye", str(size))
        case e.Ones(sizes=sizes) | e.Zeros(sizes=sizes):
            return _call("ones" if isinstance(node, e.Ones) else "zeros", *[str(size) for size in sizes])
        case e.UnitVector(position=position, size=size):
            return _call("unit", str(position), str(size))
        case e.Commutation(m=m, n=n):
            return _call("commutation", str(m), str(n))
        case _:
            return None


def _call(function: str, *arguments: str) -> str:
    return f"{function}({', '.join(arguments)})"
