"""The upstream gradient of a product with a Jacobian's transpose: a symbol of the shape of the value, paired with the value."""

from __future__ import annotations

from matcalc.errors import MatcalcError, ShapeError
from matcalc.expr.nodes import Expr, Hadamard, Product, Symbol, Total, shape_text
from matcalc.language import Elaborated
from matcalc.language.text.spelling import canonical_name, is_name


def upstream_symbol(name: str, elaborated: Elaborated, value: Expr) -> Symbol:
    """The symbol for the derivative of a scalar by ``value``; declared facts of that name are kept.

    Raises MatcalcError when the name is in use, ShapeError when it is declared with another shape.
    """
    if not is_name(name):
        raise MatcalcError(f"{name!r} is not a name", expected="one name for the upstream gradient, such as G")
    spelled = canonical_name(name)
    sizes = {part for symbol in elaborated.symbols.values() for size in symbol.shape for part in size.names}
    if spelled in elaborated.declarations or spelled in elaborated.steps or spelled in sizes:
        raise MatcalcError(
            f"{name} is already a name in the expression, so it cannot name the upstream gradient",
            suggestion="another name, as in upstream=" + ("'U'" if spelled == "G" else "'G'"),
        )
    declared = elaborated.symbols.get(spelled)
    if declared is None:
        return Symbol(spelled, value.shape)
    if declared.shape != value.shape:
        raise ShapeError(f"{name} is declared as {shape_text(declared.shape)}, but the expression is {shape_text(value.shape)}")
    return declared


def paired_with(value: Expr, upstream: Symbol) -> Expr:
    """The scalar whose derivatives are what the upstream gradient becomes: the sum of products of the entries."""
    return Product((upstream, value)) if value.is_scalar else Total(Hadamard((upstream, value)))
