"""The proof normal form of a tensor: an expanded sum of products in which functions have been brought to a small basis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never, cast

from matcalc.einstein.algebra import contract, transposed
from matcalc.einstein.linear import YES, add, delta, ones, scale
from matcalc.einstein.nodes import Apply, Constant, Contraction, Map, Node, Pairing, Power, SizeValue, Sum, Symbol, Tensor, Unit, postorder
from matcalc.einstein.tensor_deduction import known
from matcalc.errors import LimitError
from matcalc.verification.matrix_laws import apply_law, matrix_power_law
from matcalc.verification.rewriting import spread
from matcalc.verification.scalar_laws import map_law, power_law, symbolic_power_law

_MOST_NODES = 20_000


def normal_form(tensor: Tensor) -> Tensor:
    """The normal form; equal results mean equal tensors (for all sizes and all values at which both are defined).

    Raises LimitError when it would become too large.
    """
    order = postorder(tensor)
    if len(order) > _MOST_NODES:
        raise LimitError("the expression is too large for a proof")
    built: dict[Tensor, Tensor] = {}
    for node in order:
        built[node] = _built(cast("Node", node), built)
    return built[tensor]


def _built(node: Node, done: Mapping[Tensor, Tensor]) -> Tensor:
    match node:
        case Symbol():
            return _free_parameters(node)
        case Constant() | SizeValue() | Unit() | Pairing():
            return node
        case Sum():
            return add([(c, done[term]) for c, term in node.terms], node.shape)
        case Contraction():
            return spread(contract([done[o] for o in node.operands], node.indices, node.output, dict(enumerate(node.sizes))))
        case Power():
            return power_law(done[node.base], node.exponent)
        case Map(function="pow", arguments=(base, exponent)):
            return symbolic_power_law(done[base], done[exponent])
        case Map(arguments=(argument,)):
            return map_law(node.function, done[argument])
        case Map():
            return Map(node.function, tuple([done[argument] for argument in node.arguments]))
        case Apply(arguments=(argument,)):
            return apply_law(node.function, done[argument], node.shape)
        case Apply(function="matrix_power", arguments=(base, exponent)):
            return matrix_power_law(done[base], done[exponent], node.shape)
        case Apply():
            return Apply(node.function, tuple([done[argument] for argument in node.arguments]), node.shape)
        case _:
            assert_never(node)


def _facts_of_diagonal(symbol: Symbol) -> frozenset[str]:
    """What the facts of a diagonal matrix say of the entries on its diagonal."""
    entries = known(symbol).diagonal
    signs = {"positive"} if entries.positive else {"nonnegative"} if entries.nonnegative else set()
    kinds = {"mask"} if entries.bit else {"sign"} if entries.signed else {"integer"} if entries.whole else set()
    return frozenset(signs | kinds)


def _free_parameters(symbol: Symbol) -> Tensor:
    """A diagonal matrix as diag of a free vector, an antisymmetric one as B - B' of a free matrix: then no relation is left to know. A
    symbol that facts leave one value is that value."""
    value = known(symbol).entries.value if symbol.properties else None
    if value is not None:
        return scale(value, ones(symbol.shape))
    if symbol.order != 2:
        return symbol
    if "identity" in known(symbol):
        return delta(symbol.shape[:1])
    if "diagonal" in symbol.properties:
        vector = Symbol(f"diagonal of {symbol.name}", symbol.sizes[:1], _facts_of_diagonal(symbol))
        return contract([vector], [(0,)], (0, 0), {0: symbol.sizes[0]})
    if "antisymmetric" in symbol.properties and not symbol.reduces:
        free = Symbol(f"half of {symbol.name}", symbol.sizes)
        return add([(YES, free), (-YES, transposed(free))], symbol.sizes)
    return symbol
