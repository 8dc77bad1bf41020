"""Products that read the same from both ends: ``B' W B``. They are symmetric when W is, and have its definiteness."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from matcalc.facts.known import Known
from matcalc.records import record


@record
class Letter:
    """A factor of a product: what it is, whether its transpose is meant, and what is known of it, turned as it stands."""

    value: Hashable
    turned: bool
    known: Known


def traits_of_chain(chain: Sequence[Letter]) -> frozenset[str]:
    """The traits that a product has because it reads the same from both ends, but for the sign that antisymmetric factors bring."""
    first, last = 0, len(chain) - 1
    negative = False
    while first < last:
        sign = _mirrored(chain[first], chain[last])
        if not sign:
            return frozenset()
        first, last, negative = first + 1, last - 1, negative != (sign < 0)
    outer = chain[last + 1 :] if first == last else chain[first:]
    found = _of_middle(chain[first].known, outer) if first == last else _of_pairs(outer)
    return found & _OF_NEGATIVE if negative else found


_OF_NEGATIVE = frozenset({"symmetric", "antisymmetric"})


def _of_pairs(outer: Sequence[Letter]) -> frozenset[str]:
    """Of ``B' B`` with the factors of B."""
    found = {"symmetric", "nonnegative_form"}
    if _all_have(outer, "full_column_rank"):
        found.add("positive_form")
    if _all_have(outer, "orthonormal"):
        found.add("identity")
    if _all_have(outer, "orthonormal_rows"):
        found.add("idempotent")
    return frozenset(found)


def _of_middle(middle: Known, outer: Sequence[Letter]) -> frozenset[str]:
    """Of ``B' W B`` with the factors of B."""
    kept = {"symmetric", "antisymmetric", "nonnegative_form"}
    if _all_have(outer, "full_column_rank"):
        kept.add("positive_form")
    if _all_have(outer, "orthonormal_rows"):
        kept.add("idempotent")
    return middle.traits & kept


def _all_have(factors: Sequence[Letter], trait: str) -> bool:
    return all(trait in factor.known for factor in factors)


def _mirrored(one: Letter, other: Letter) -> int:
    """1 when one factor is the transpose of the other, -1 when it is minus its transpose, 0 when neither is known."""
    if one.value != other.value:
        return 0
    if one.turned != other.turned or "symmetric" in one.known:
        return 1
    return -1 if "antisymmetric" in one.known else 0
