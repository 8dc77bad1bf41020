"""Forms that lose no digits and do not overflow, put in where their patterns stand: softplus, logsumexp, softmax, log1p, expm1.

Every rule replaces an expression by an equal one with fewer nodes below it or a function that stands for the whole pattern,
and operands are rewritten before their users, so one pass ends.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import cast

from matcalc.einstein.algebra import transposed
from matcalc.einstein.lowering import lower
from matcalc.expr.nodes import (
    Call,
    Diagonal,
    DiagonalMatrix,
    Elementwise,
    Expr,
    Hadamard,
    Inverse,
    Kronecker,
    MatrixPower,
    Negative,
    Node,
    Norm,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    Reshape,
    Sum,
    Total,
    Trace,
    Transpose,
    Vec,
    children,
    postorder,
)
from matcalc.stable.resolvents import resolvent_of

_ONE = Number(Fraction(1))


def stable(*roots: Expr) -> list[Expr]:
    """The expressions in their stable forms; a pattern that they share stays shared."""
    done: dict[Expr, Expr] = {}
    for node in postorder(*roots):
        done[node] = _rewritten(_rebuilt(node, tuple([done[child] for child in children(node)])))
    return [done[root] for root in roots]


def _rebuilt(node: Expr, below: tuple[Expr, ...]) -> Expr:
    if below == children(node):
        return node
    match cast("Node", node):
        case Sum():
            return Sum(below)
        case Product():
            return Product(below)
        case Hadamard():
            return Hadamard(below)
        case Kronecker():
            return Kronecker(below)
        case Call(function=name, axis=axis, result_shape=shape):
            return Call(name, below, axis, shape)
        case Quotient():
            return Quotient(below[0], below[1])
        case Power():
            return Power(below[0], below[1])
        case MatrixPower():
            return MatrixPower(below[0], below[1])
        case Elementwise(function=name):
            return Elementwise(name, below[0])
        case Negative():
            return Negative(below[0])
        case Transpose():
            return Transpose(below[0])
        case Inverse():
            return Inverse(below[0])
        case Trace():
            return Trace(below[0])
        case Total(axis=axis):
            return Total(below[0], axis)
        case Diagonal():
            return Diagonal(below[0])
        case DiagonalMatrix():
            return DiagonalMatrix(below[0])
        case Vec():
            return Vec(below[0])
        case Reshape(m=m, n=n):
            return Reshape(below[0], m, n)
        case Norm(kind=kind):
            return Norm(below[0], kind, below[1] if len(below) > 1 else None)
        case _:
            return node  # entries and explicit sums keep what they name


def _rewritten(node: Expr) -> Expr:
    match node:
        case Elementwise(function="log", argument=argument):
            return _logarithm(node, argument)
        case Sum(terms=terms) if len(terms) == 2:
            return _exponential_minus_one(node, terms)
        case Quotient(numerator=above, denominator=below):
            return _quotient(node, above, below)
        case Call(function="pinv"):
            return _resolvent(node)
        case _:
            return node


def _resolvent(node: Call) -> Expr:
    """``pinv(λ I - X)`` with the largest eigenvalue or singular value λ of X, from eigenvectors or singular vectors."""
    for part in postorder(node.arguments[0]):
        match part:
            case Call(function="eigmax", arguments=(matrix,)) | Norm(kind="spectral", operand=matrix):
                found = resolvent_of(lower(node).tensor)
                if found is not None and lower(matrix).tensor in (found.argument, transposed(found.argument)):
                    call = Call(found.name, (matrix,), None, node.shape)
                    return call if found.factor == 1 else Product((Number(found.factor), call))
            case _:
                pass
    return node


def _logarithm(node: Expr, argument: Expr) -> Expr:
    match argument:
        case Elementwise(function="sigmoid", argument=t):
            return Negative(Elementwise("softplus", _negated(t)))
        case Total(operand=Elementwise(function="exp", argument=t), axis=axis):
            if axis is None and t.is_matrix:
                return Call("logsumexp", (Vec(t),), None, ())
            return Call("logsumexp", (t,), axis, node.shape)
        case Product(factors=(Elementwise(function="exp", argument=t), Ones() as ones)) if ones.is_column and t.is_matrix:
            return Call("logsumexp", (t,), "rows", node.shape)
        case Call(function="softmax", arguments=(t,), axis=None):
            return Sum((t, Negative(Product((Call("logsumexp", (t,), None, ()), Ones(t.shape)))))) if not t.is_scalar else node
        case Call(function="det", arguments=(matrix,)):
            return Call("logdet", (matrix,), None, ())
        case Sum(terms=terms) if len(terms) == 2 and any(_is_one(term) for term in terms):
            other = terms[1] if _is_one(terms[0]) else terms[0]
            match other:
                case Elementwise(function="exp", argument=t):
                    return Elementwise("softplus", t)
                case Negative(operand=Elementwise(function="sigmoid", argument=t)):
                    return Negative(Elementwise("softplus", t))
                case _:
                    return Elementwise("log1p", other)
        case _:
            return node


def _exponential_minus_one(node: Expr, terms: tuple[Expr, ...]) -> Expr:
    for first, second in (terms, terms[::-1]):
        match first, second:
            case Elementwise(function="exp", argument=t), Negative(operand=one) if _is_one(one):
                return Elementwise("expm1", t)
            case Negative(operand=Elementwise(function="exp", argument=t)), one if _is_one(one):
                return Negative(Elementwise("expm1", t))
    return node


def _quotient(node: Expr, above: Expr, below: Expr) -> Expr:
    sigmoid = _sigmoid(above, below)
    if sigmoid is not None:
        return sigmoid
    total = _total_of_exponentials(below)
    if total is None:
        return node
    exponential, count = total
    factors = above.factors if isinstance(above, Product) else (above,)
    replaced: list[Expr] = []
    left = count
    for factor in factors:
        new = _with_softmax(factor, exponential) if left else None
        left -= new is not None
        replaced.append(factor if new is None else new)
    if left:
        return node
    return replaced[0] if len(replaced) == 1 else Product(tuple(replaced))


def _sigmoid(above: Expr, below: Expr) -> Expr | None:
    """``1/(1 + exp(-t))`` and ``exp(t)/(1 + exp(t))``."""
    if not isinstance(below, Sum) or len(below.terms) != 2 or not any(_is_one(term) for term in below.terms):
        return None
    other = below.terms[1] if _is_one(below.terms[0]) else below.terms[0]
    if not isinstance(other, Elementwise) or other.function != "exp":
        return None
    if _is_one(above):
        return Elementwise("sigmoid", _negated(other.argument))
    return Elementwise("sigmoid", other.argument) if above is other else None


def _total_of_exponentials(below: Expr) -> tuple[Expr, int] | None:
    """``exp(t)`` and p when ``below`` is ``sum(exp(t))^p`` for a vector t."""
    count = Fraction(1)
    if isinstance(below, Power) and isinstance(below.exponent, Number):
        count, below = below.exponent.value, below.base
    match below:
        case Total(operand=Elementwise(function="exp") as exponential, axis=None) if count.denominator == 1 and count > 0:
            return (exponential, int(count)) if not exponential.is_matrix and not exponential.is_scalar else None
        case _:
            return None


def _with_softmax(factor: Expr, exponential: Expr) -> Expr | None:
    """The factor, one exponential in it made a softmax; None when there is none."""
    assert isinstance(exponential, Elementwise)
    softmax = Call("softmax", (exponential.argument,), None, exponential.shape)
    if factor is exponential:
        return softmax
    if isinstance(factor, Transpose) and factor.operand is exponential:
        return Transpose(softmax)
    if isinstance(factor, DiagonalMatrix) and factor.operand is exponential:
        return DiagonalMatrix(softmax)
    if isinstance(factor, Hadamard) and Counter(factor.factors)[exponential] == 1:
        return Hadamard(tuple([softmax if inner is exponential else inner for inner in factor.factors]))
    return None


def _negated(expression: Expr) -> Expr:
    return expression.operand if isinstance(expression, Negative) else Negative(expression)


def _is_one(expression: Expr) -> bool:
    return expression is _ONE or isinstance(expression, Ones)
