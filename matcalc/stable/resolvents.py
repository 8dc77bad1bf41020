"""Pseudoinverses of singular matrices λ I - X, recognised as the resolvents that
``rules/matrix_functions.rules`` defines: few formulas have one, so that this is loaded late."""

from __future__ import annotations

from fractions import Fraction

from matcalc.base.records import record
from matcalc.einstein.algebra import transposed
from matcalc.einstein.linear import content, scale
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Apply, Tensor, postorder as tensor_postorder
from matcalc.einstein.substitution import rebuilt, substituted
from matcalc.expr.nodes import Call, Expr, Norm, postorder
from matcalc.rewrite.distribution import expanded
from matcalc.rules.entrywise import defined, definitions
from matcalc.stable.exponentials import scaled

_EXTREMES = {
    "resolvent": "eigmax", "leftresolvent": "spectral_norm", "rightresolvent": "spectral_norm",
    "lowresolvent": "eigmin", "leftlowresolvent": "sigma_min", "rightlowresolvent": "sigma_min",
}  # fmt: skip
"""The function whose value is λ, or whose square is, in each definition."""


@record
class Resolvent:
    """``factor`` times the computed function ``name`` of ``argument``."""

    name: str
    argument: Tensor
    factor: Fraction


def resolvent_of(node: Tensor) -> Resolvent | None:
    """The resolvent that a tensor is a multiple of, written as the pseudoinverse of its definition
    in any scale; None when it is none."""
    if not isinstance(node, Apply) or node.function != "pinv":
        return None
    factor, core = content(expanded(node.arguments[0]))
    extremes = [part for part in tensor_postorder(core) if isinstance(part, Apply) and part.function in _EXTREMES.values()]
    for name in definitions():
        variable, formula = defined(name)
        if not isinstance(formula, Apply):
            continue
        for extreme in extremes:
            if extreme.function != _EXTREMES.get(name):
                continue
            argument = extreme.arguments[0]
            sizes = dict(zip(variable.shape, argument.shape))
            wanted, same = content(expanded(substituted(formula.arguments[0], {variable: argument}, sizes)))
            if same is core:
                return Resolvent(name, argument, wanted / factor)
    return None


def with_resolvents(tensor: Tensor) -> Tensor:
    """The tensor with every such pseudoinverse as the function that computes it from eigenvectors
    or singular vectors."""
    if not any(isinstance(node, Apply) and node.function == "pinv" for node in tensor_postorder(tensor)):
        return tensor
    return rebuilt(tensor, _replacement)


def _replacement(node: Tensor) -> Tensor | None:
    found = resolvent_of(node)
    return None if found is None else scale(found.factor, Apply(found.name, (found.argument,), node.shape))


def as_resolvent(node: Call) -> Expr:
    """``pinv(λ I - X)`` with the largest eigenvalue or singular value λ of X, from eigenvectors or
    singular vectors."""
    for part in postorder(node.arguments[0]):
        if isinstance(part, Call) and part.function in _EXTREMES.values() or isinstance(part, Norm) and part.kind == "spectral":
            matrix = part.below[0]
            found = resolvent_of(lower(node).tensor)
            if found is not None and lower(matrix).tensor in (found.argument, transposed(found.argument)):
                return scaled(found.factor, Call(found.name, (matrix,), None, node.shape))
    return node
