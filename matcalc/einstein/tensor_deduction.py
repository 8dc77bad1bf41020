"""What is known of the value of a tensor: each node once, operands first, by the rules of
``matcalc/facts/known.py``; and which factors of a contraction cancel for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias, assert_never

from matcalc.base.budgets import spend
from matcalc.base.lazy import later
from matcalc.base.shapes import is_square
from matcalc.base.traversal import without
from matcalc.einstein.nodes import (
    Apply,
    Constant,
    Contraction,
    Map,
    Node,
    Pairing,
    Power,
    SizeValue,
    Sum,
    Symbol,
    Tensor,
    Unit,
    is_symmetric,
    postorder,
    turned_forms,
)
from matcalc.facts import known as k, ranges as r
from matcalc.facts.known import Known, plain
from matcalc.facts.ranges import ANY, Range

if TYPE_CHECKING:
    from matcalc.einstein import factor_chains, pairing_laws
    from matcalc.einstein.linear import Labels
    from matcalc.einstein.nodes import Factor
    from matcalc.facts import function_values
else:
    factor_chains = later("matcalc.einstein.factor_chains")
    pairing_laws = later("matcalc.einstein.pairing_laws")
    function_values = later("matcalc.facts.function_values")


def known(tensor: Tensor) -> Known:
    """What holds of the value of a tensor wherever it has one. A vector is a column."""
    if not hasattr(tensor, "known"):
        for node in without(tensor, "known"):
            spend(2 + len(node.below))
            found = _known(node)
            if node.order == 1 and "nonzero" in found:  # a column that is not 0
                found = k.with_traits(found, ("full_column_rank",))
            object.__setattr__(node, "known", found)
    return tensor.known


def is_positive(tensor: Tensor) -> bool:
    """Whether every entry is positive wherever the tensor has a value."""
    return known(tensor).entries.positive


def is_nonnegative(tensor: Tensor) -> bool:
    """Whether no entry can be negative."""
    return known(tensor).entries.nonnegative


def _known(node: Node) -> Known:
    square = is_square(node.shape)
    match node:
        case Symbol():
            return k.of_symbol(node.properties, node.order, square)
        case Constant():
            return plain(r.POSITIVE)
        case SizeValue():
            return plain(r.SIZE)
        case Unit():
            return k.known(r.BIT, ("orthonormal", "columns_sum_to_one"))
        case Pairing():
            return plain(r.BIT)
        case Sum():
            return _sum(node)
        case Contraction():
            return _contraction(node)
        case Power(base=base, exponent=exponent):
            return k.entrywise_power(base.known, exponent)
        case Map():
            return _map(node)
        case Apply(function="inv", arguments=(argument,)) if square:
            return k.inverse(argument.known)
        case Apply(arguments=(argument, *_)):
            return function_values.of_matrix(node.function, argument.known, order=node.order, square=square)
        case Apply():
            return plain(ANY)
        case _:
            assert_never(node)


def _sum(node: Sum) -> Known:
    square = is_square(node.shape)
    if not node.terms:
        return k.known(r.ZERO, ("antisymmetric", "diagonal") if square else (), square=square)
    more = [name for name, test in (("symmetric", is_symmetric), ("antisymmetric", is_antisymmetric)) if square and test(node)]
    return k.sum_of([(Range.at(c), term.known) for c, term in node.terms], more)


def _map(node: Map) -> Known:
    base = node.arguments[0].known
    if node.function != "pow" and len(node.arguments) > 1:
        return function_values.of_several(node.function, [argument.known for argument in node.arguments])
    if node.function != "pow":
        return function_values.of_entries(node.function, base)
    return plain(r.POSITIVE if base.entries.positive else r.NONNEGATIVE if base.entries.nonnegative else ANY, square=base.square)


def may_vanish(tensor: Tensor) -> bool:
    """Whether entries may be 0 at more than a few exceptional points, so that their sign may be
    0."""
    if known(tensor).entries.nonzero:
        return False
    return any(_is_often_zero(node) for node in postorder(tensor))


def _is_often_zero(node: Tensor) -> bool:
    if isinstance(node, (Unit, Pairing)) or (isinstance(node, Contraction) and len(set(node.output)) < node.order):
        return True
    if isinstance(node, Map):
        return node.function in _ZERO_ON_ONE_SIDE
    if not isinstance(node, Symbol) or known(node).entries.nonzero:
        return False
    definite = {"positive_semidefinite"} if "positive_definite" in node.properties else set()
    return not node.properties - definite <= _SELDOM_ZERO


_ZERO_ON_ONE_SIDE = frozenset({"relu", "step", "sign"})
"""Functions that are 0 on a half-line, and that of which 1 + f is."""
_SELDOM_ZERO = frozenset({"symmetric", "invertible", "positive_definite", "orthogonal", "orthonormal", "unit", "constant"})


# ---------------------------------------------------------------- relations


def unit_sums(tensor: Tensor) -> tuple[int, ...]:
    """The axes along which the entries add to one."""
    if isinstance(tensor, Pairing):
        return (2,)
    if isinstance(tensor, Power):
        traits = known(tensor.base).traits
        names = ("orthonormal", "orthonormal_rows") if tensor.exponent == 2 else ()
    else:
        traits = known(tensor).traits
        names = ("columns_sum_to_one", "rows_sum_to_one")
    return tuple([axis for axis, name in zip((0, tensor.order - 1), names) if name in traits])


_NONE: Mapping[tuple[int, int], int] = {}


def unit_products(tensor: Tensor) -> Mapping[tuple[int, int], int]:
    """The pairs of axes such that a matrix and itself, summed over them, give the identity or, for
    -1, minus the identity."""
    if not tensor.reduces or tensor.order != 2:
        return _NONE
    traits = known(tensor).traits
    found = {(axis, axis): 1 for axis, name in enumerate(("orthonormal", "orthonormal_rows")) if name in traits}
    tied = -1 if "antisymmetric" in traits else 1 if "symmetric" in traits else 0
    return found | {(0, 1): tied, (1, 0): tied} if found and tied else found


def is_own_square(tensor: Tensor, place: int, position: int) -> bool:
    """Whether a matrix and itself, summed over these two axes, give the matrix again."""
    if not tensor.reduces or tensor.order != 2 or "idempotent" not in known(tensor):
        return False
    return place != position or is_symmetric(tensor)


def square_on_diagonal(tensor: Tensor) -> bool:
    """Whether the tensor holds the squares of the entries of a symmetric P = P P: their sums along
    an axis are the diagonal of P."""
    return (
        isinstance(tensor, Power)
        and tensor.exponent == 2
        and tensor.order == 2
        and "idempotent" in known(tensor.base)
        and is_symmetric(tensor)
    )


# ---------------------------------------------------------------- contractions


def _contraction(node: Contraction) -> Known:
    entries = _entries(node)
    if node.order != 2 and (node.order or len(node.operands) < 2):
        return plain(entries)
    if node.order == 2 and node.output[0] == node.output[1]:
        traits = ("diagonal",) if node.operands else ("identity",)
        return k.known(r.union(entries, r.ZERO), traits, diagonal=entries, square=True)
    found = _as_product(node)
    square = is_square(node.shape)
    if square and is_symmetric(node):
        found = k.with_traits(found, ("symmetric",))
    return k.narrowed(found, entries)


def _entries(node: Contraction) -> Range:
    """The range of the products of entries, summed where there are bound labels; the zeros off a
    diagonal are left out."""
    parts = []
    for operand, index in zip(node.operands, node.indices):
        on_diagonal = len(index) == 2 and index[0] == index[1]
        parts.append(operand.known.diagonal if on_diagonal else operand.known.entries)
    product = r.product_of(parts)
    return product if set(range(len(node.sizes))) <= set(node.output) else r.total(product)


def _as_product(node: Contraction) -> Known:
    """What the form of a product of matrices and vectors says, for one that is a scalar or a
    matrix."""
    square = is_square(node.shape)
    found = factor_chains.chain_of_factors(node)
    if found is None:
        return plain(ANY, square=square)
    scalars, chain = found
    scale = r.product_of([scalar.known.entries for scalar in scalars])
    if not chain:
        return plain(scale)
    traits = function_values.traits_of_chain(chain)
    if not node.order:
        return plain(r.times(scale, k.scalar_of(traits)))
    return k.scaled(scale, k.product([factor.known for factor in chain], square=square, more=traits))


# ---------------------------------------------------------------- symmetry


def is_antisymmetric(tensor: Tensor) -> bool:
    """Whether a tensor of order two is known to be minus its transpose."""
    if not is_square(tensor.shape):
        return False
    is_symmetric(tensor)
    if not isinstance(tensor, Sum):
        return "antisymmetric" in known(tensor) or any(form is tensor and sign < 0 for sign, form in turned_forms(tensor))
    own = {term: c for c, term in tensor.terms}
    return all(any(own.get(form) == -sign * c for sign, form in turned_forms(term)) for c, term in tensor.terms)


# ---------------------------------------------------------------- factors that cancel

Cancelling: TypeAlias = "tuple[tuple[int, ...], tuple[tuple[int, int], ...], int, tuple[Factor, ...]]"
"""The places of factors that go, pairs of labels that become one, the sign that is left or 0, and
the factors that come instead."""


def without_unit_sums(factors: list[Factor], output: tuple[int, ...], labels: Labels) -> list[Factor]:
    """Leaves out a factor whose entries sum to one along an axis, where nothing else is on that
    axis."""
    kept = list(factors)
    for factor in factors:
        operand, index = factor
        alone = [axis for axis, label in enumerate(index) if operand.reduces and _is_alone(label, kept, output)]
        axis = next((axis for axis in unit_sums(operand) if axis in alone), None) if alone else None
        if axis is not None:
            kept.remove(factor)
            labels.retire(index[axis])
        elif alone and square_on_diagonal(operand):
            assert isinstance(operand, Power)
            other = index[1 - alone[0]]
            kept[kept.index(factor)] = (operand.base, (other, other))
            labels.retire(index[alone[0]])
    return kept


def _is_alone(label: int, factors: list[Factor], output: tuple[int, ...]) -> bool:
    return label not in output and sum([index.count(label) for _, index in factors]) == 1


def needless_pairing(factors: list[Factor], output: tuple[int, ...], labels: Labels) -> Cancelling | None:
    """A pairing that others make needless, and the labels that it joins."""
    found = pairing_laws.redundant_pairing(factors, output)
    if found is None:
        return None
    place, joined = found
    if not joined:  # a whole sum, which is one: its labels go with it
        for label in factors[place][1][:2]:
            labels.retire(label)
    return (place,), joined, 1, ()


def cancelling_pair(factors: list[Factor], output: tuple[int, ...]) -> Cancelling | None:
    """Two factors whose product is an identity, and the labels that it joins."""
    special = [
        own for own, (operand, index) in enumerate(factors) if len(index) == 2 and (operand.reduces or _is_inverse(operand))
    ]
    if not special:
        return None
    where: dict[int, list[int]] = {}
    for own, (_, index) in enumerate(factors):
        for label in set(index):
            where.setdefault(label, []).append(own)
    for own in special:
        operand, index = factors[own]
        for place in (0, 1):
            bound = index[place]
            if bound in output or index[0] == index[1] or len(where[bound]) != 2:
                continue
            other = where[bound][0] if where[bound][1] == own else where[bound][1]
            partner, around = factors[other]
            if len(around) != 2 or around[0] == around[1]:
                continue
            position = around.index(bound)
            sign = _cancels(operand, place, partner, position)
            if sign:
                one = index[1 - place]
                return (own, other), ((one, around[1 - position]), (one, bound)), sign, ()
            if operand is partner and is_own_square(operand, place, position):
                return (other,), ((bound, around[1 - position]),), 1, ()
    return None


def _is_inverse(operand: Tensor) -> bool:
    return isinstance(operand, Apply) and operand.function == "inv"


def _cancels(operand: Tensor, place: int, partner: Tensor, position: int) -> int:
    """1 when summing axis ``place`` of ``operand`` with axis ``position`` of ``partner`` gives the
    identity, -1 for minus the identity."""
    if operand is partner:
        return unit_products(operand).get((place, position), 0)
    if not isinstance(operand, Apply) or not _is_inverse(operand):
        return 0
    return int(operand.arguments[0] is partner and (place != position or is_symmetric(partner)))
