"""The factors of a contraction in normal form: those that cancel, such as inverses beside their
matrices, are gone; the others stand in one order, and of a tensor and its transpose one is
chosen."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from matcalc.base.lazy import later
from matcalc.einstein.canonical import canonical
from matcalc.einstein.linear import YES, Factor, Labels, add, content, scale, terms_of, zero
from matcalc.einstein.nodes import Apply, Contraction, Power, Sum, Symbol, Tensor
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


# ------------------------------------------------------------
# Order and orientation.


def interned(factors: list[Factor], output: tuple[int, ...], labels: Labels) -> Tensor:
    """The contraction of factors in which nothing is left to do."""
    odd = [k for k, (operand, _) in enumerate(factors) if isinstance(operand, Symbol) and "antisymmetric" in operand.properties]
    if odd:
        return _oriented(factors, odd, output, labels)
    return _settled(factors, output, labels)


_MOST_ODD = 5


def _oriented(factors: list[Factor], odd: list[int], output: tuple[int, ...], labels: Labels) -> Tensor:
    """Of the ways to write antisymmetric factors as minus their transposes, the one that comes
    first; zero when two with opposite signs are the same."""
    best: tuple[int, Tensor, int] | None = None
    for choice in range(2 ** min(len(odd), _MOST_ODD)):
        turned = list(factors)
        sign = 1
        for place, k in enumerate(odd[:_MOST_ODD]):
            operand, index = factors[k]
            if index[0] == index[1]:
                return zero(tuple([labels.sizes[label] for label in output]))
            if choice >> place & 1:
                turned[k] = (operand, index[::-1])
                sign = -sign
        form = _settled(turned, output, labels)
        if best is not None and form is best[1] and sign != best[2]:
            return zero(form.shape)
        if best is None or form.digest < best[0]:
            best = (form.digest, form, sign)
    assert best is not None
    plain = next((o for o, i in factors if len(factors) == 1 and i in (output, output[::-1]) and len(set(output)) == 2), None)
    if plain is not None:
        return plain if factors[0][1] == output else scale(-YES, plain)
    return scale(Fraction(best[2]), best[1])


def _settled(factors: list[Factor], output: tuple[int, ...], labels: Labels) -> Tensor:
    if len(factors) == 1:
        operand, index = factors[0]
        distinct = len(set(output)) == len(output)
        if distinct and (index == output or (len(index) == 2 and index == output[::-1] and is_symmetric(operand))):
            return operand
        # The axes of a diagonal matrix are one label in every product; alone on both it is the
        # symbol itself again.
        if index == output and len(index) == 2 and isinstance(operand, Symbol) and "diagonal" in operand.properties:
            return operand
    if (
        len(factors) == 1
        and isinstance(factors[0][0], Sum)
        and sorted(factors[0][1]) == sorted(output)
        and len(set(output)) == len(output)
    ):
        return permuted(factors[0][0], [factors[0][1].index(label) for label in output])
    edges = [(operand.digest, len(index) == 2 and is_symmetric(operand), index) for operand, index in factors]
    order, indices, result, old = canonical(edges, output, labels.sizes)
    return Contraction(tuple([factors[k][0] for k in order]), indices, result, tuple([labels.sizes[label] for label in old]))


def transposed(tensor: Tensor) -> Tensor:
    """The tensor of order two with its axes swapped."""
    return permuted(tensor, (1, 0))


def permuted(tensor: Tensor, axes: Sequence[int]) -> Tensor:
    """The tensor whose axis ``k`` is axis ``axes[k]`` of ``tensor``."""
    if tuple(axes) == tuple(range(tensor.order)):
        return tensor
    if isinstance(tensor, Sum):
        shape = tuple([tensor.shape[axis] for axis in axes])
        return add([(c, permuted(t, axes)) for c, t in tensor.terms], shape)
    if isinstance(tensor, Contraction):  # in normal form but for the order of its labels
        factors, output = list(zip(tensor.operands, tensor.indices)), tuple([tensor.output[axis] for axis in axes])
        return interned(factors, output, Labels(dict(enumerate(tensor.sizes))))
    if isinstance(tensor, Symbol) and "diagonal" in tensor.properties:
        return tensor
    return interned([(tensor, tuple(range(tensor.order)))], tuple(axes), Labels(dict(enumerate(tensor.shape))))


def prefers_transposed(tensor: Tensor) -> bool:
    """Whether functions and products are written with the transpose of this tensor of order two: of
    the two one is canonical.

    So ``(A + B)'(A + B)`` is a product of equal factors, and ``exp(X')`` is the transpose of
    ``exp(X)``.
    """
    if not isinstance(tensor, (Sum, Contraction)) or tensor.order != 2:
        return False
    if not hasattr(tensor, "turned"):
        # Without numbers: a tensor and its negative must prefer the same, or powers of sums would
        # turn for ever.
        (_, own), (_, other) = content(tensor), content(transposed(tensor))
        object.__setattr__(tensor, "turned", (_transpositions(other), other.digest) < (_transpositions(own), own.digest))
    return tensor.turned


def _transpositions(tensor: Tensor) -> int:
    """How many terms are bare transposes."""
    return sum(
        isinstance(term, Contraction) and len(term.operands) == 1 and term.output == (0, 1) and term.indices[0] == (1, 0)
        for _, term in terms_of(tensor)
    )
