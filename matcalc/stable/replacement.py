"""Forms that lose no digits and do not overflow, put in where their patterns stand: softplus, logsumexp, softmax, norms, adjugates.

Every rule replaces an expression by an equal one, and operands are rewritten before their users, so one pass ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container

from matcalc.einstein.algebra import transposed
from matcalc.einstein.lowering import lower
from matcalc.expr.nodes import (
    Call,
    Elementwise,
    Expr,
    Norm,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
    children,
    postorder,
)
from matcalc.expr.rewriting import with_operands
from matcalc.stable.adjugates import with_adjugate
from matcalc.stable.exponentials import difference, exponential_product, exponential_quotient
from matcalc.stable.forms import scaled
from matcalc.stable.logarithms import logarithm
from matcalc.stable.norms import normalised, root
from matcalc.stable.resolvents import resolvent_of


def stable(*roots: Expr) -> list[Expr]:
    """The expressions in their stable forms; a pattern that they share stays shared."""
    nodes = postorder(*roots)
    uses = Counter(child for node in nodes for child in set(children(node)))
    done: dict[Expr, Expr] = {}
    shared: set[Expr] = set()
    for node in nodes:
        changed = any(done[child] is not child for child in children(node))
        done[node] = _rewritten(with_operands(node, done) if changed else node, shared)
        if uses[node] > 1:
            shared.add(done[node])
    return [done[root] for root in roots]


def _rewritten(node: Expr, shared: Container[Expr]) -> Expr:
    match node:
        case Elementwise(function="log", argument=argument):
            return logarithm(argument)
        case Sum(terms=(one, other)):
            return difference(one, other, shared) or node
        case Quotient(numerator=above, denominator=below):
            return exponential_quotient(above, below) or normalised(above, below) or node
        case Product():
            return exponential_product(node) or with_adjugate(node) or node
        case Power(base=base, exponent=Number(value=exponent)):
            return root(base, exponent) or node
        case Call(function="pinv"):
            return _resolvent(node)
        case _:
            return node


def _resolvent(node: Call) -> Expr:
    """``pinv(λ I - X)`` with the largest eigenvalue or singular value λ of X, from eigenvectors or singular vectors."""
    for part in postorder(node.arguments[0]):
        if (isinstance(part, Call) and part.function == "eigmax") or (isinstance(part, Norm) and part.kind == "spectral"):
            matrix = part.below[0]
            found = resolvent_of(lower(node).tensor)
            if found is not None and lower(matrix).tensor in (found.argument, transposed(found.argument)):
                return scaled(found.factor, Call(found.name, (matrix,), None, node.shape))
    return node
