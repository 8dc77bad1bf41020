"""What code for complex arrays is written from."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

from matcalc.expr.nodes import (
    Call,
    Constant,
    Elementwise,
    Expr,
    Hadamard,
    Indexed,
    Inverse,
    Leaf,
    Linear,
    Multilinear,
    Node,
    Nonlinear,
    Norm,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    Total,
)
from matcalc.expr.rewriting import rebuilt_with
from matcalc.facts.table import ARRAY_OF_COMPLEX, IMAGINARY_UNIT

_UNIT = Symbol("i", (), frozenset({IMAGINARY_UNIT}))
_COMPLEX = frozenset({ARRAY_OF_COMPLEX})


def for_complex_arrays(expression: Expr) -> Expr:
    """The expression as code for complex arrays has it: without facts, and without squares of
    absolute values and norms, which code for real arrays writes as squares."""
    return rebuilt_with(expression, _for_complex)


def _for_complex(node: Expr) -> Expr:
    match cast("Node", node):
        case Symbol(name=name):
            return Symbol(name, node.shape, _COMPLEX)
        case Constant(name="i1"):
            return _UNIT
        case Power(base=Elementwise(function="abs", argument=inner), exponent=Number(value=value)) if value % 2 == 0:
            return _raised(_product_with_conjugate(inner), value / 2)
        case Power(base=Norm(kind="2", operand=inner), exponent=Number(value=value)) if value % 2 == 0:
            square = _product_with_conjugate(inner)
            return _raised(Total(square) if square.shape else square, value / 2)
        case Call(function="adj", arguments=(inner,)):
            # Of real arrays det(X) inv(X) becomes one function of the code, through singular vectors.
            inverse = Elementwise("conj", Inverse(Elementwise("conj", inner)))
            return Product((Call("det", (inner,), None, ()), inverse))
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
            return node


def _raised(base: Expr, exponent: Fraction) -> Expr:
    return base if exponent == 1 else Power(base, Number(exponent))


def _product_with_conjugate(inner: Expr) -> Expr:
    pair = (Elementwise("conj", inner), inner)
    return Elementwise("re", Hadamard(pair) if inner.shape else Product(pair))
