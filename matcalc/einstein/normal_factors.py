"""Factors of a contraction that go together: inverses beside their matrices, transposes of
orthogonal ones, sums that are one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from matcalc.base.lazy import later
from matcalc.einstein.linear import Factor, Labels
from matcalc.einstein.nodes import Apply, Power, Tensor
from matcalc.einstein.tensor_deduction import is_own_square, is_symmetric, square_on_diagonal, unit_products, unit_sums

if TYPE_CHECKING:
    from matcalc.einstein import pairing_laws
else:
    pairing_laws = later("matcalc.einstein.pairing_laws")

Cancelling: TypeAlias = tuple[tuple[int, ...], tuple[tuple[int, int], ...], int]
"""The places of factors that go, pairs of labels that become one, and the sign that is left."""


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
    return (place,), joined, 1


def cancelling_pair(factors: list[Factor], output: tuple[int, ...]) -> Cancelling | None:
    """Two factors whose product is an identity, and the labels that it joins."""
    special = [k for k, (operand, index) in enumerate(factors) if len(index) == 2 and (operand.reduces or _is_inverse(operand))]
    if not special:
        return None
    where: dict[int, list[int]] = {}
    for k, (_, index) in enumerate(factors):
        for label in set(index):
            where.setdefault(label, []).append(k)
    for k in special:
        operand, index = factors[k]
        for place in (0, 1):
            bound = index[place]
            if bound in output or index[0] == index[1] or len(where[bound]) != 2:
                continue
            other = where[bound][0] if where[bound][1] == k else where[bound][1]
            partner, around = factors[other]
            if len(around) != 2 or around[0] == around[1]:
                continue
            position = around.index(bound)
            sign = _cancels(operand, place, partner, position)
            if sign:
                one = index[1 - place]
                return (k, other), ((one, around[1 - position]), (one, bound)), sign
            if operand is partner and is_own_square(operand, place, position):
                return (other,), ((bound, around[1 - position]),), 1
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
