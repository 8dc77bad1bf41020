"""Pairs of indices counted as one: what contractions with a ``Pairing`` come to."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.einstein.nodes import Contraction, Factor, Pairing, Tensor


def rearranged(tensor: Tensor) -> int | None:
    """The place of the operand whose entries, each once, are those of a contraction that only
    splits and joins axes; None for another one.

    Functions of single entries may be taken of that operand instead.
    """
    if not isinstance(tensor, Contraction) or len(set(tensor.output)) != len(tensor.output):
        return None
    others = [k for k, operand in enumerate(tensor.operands) if not isinstance(operand, Pairing)]
    if len(others) != 1 or len(others) == len(tensor.operands):
        return None
    seen = list(tensor.indices[others[0]])
    if len(set(seen)) != len(seen):
        return None
    left = [index for k, index in enumerate(tensor.indices) if k != others[0]]
    while left:
        for index in left:
            slow, fast, whole = index
            if slow != fast and seen.count(whole) == 1 and not {slow, fast} & {*seen, whole}:
                seen.remove(whole)
                seen += [slow, fast]
                break
            if slow in seen and fast in seen and slow != fast and whole not in seen:
                seen.remove(slow)
                seen.remove(fast)
                seen.append(whole)
                break
        else:
            return None
        left.remove(index)
    return others[0] if sorted(seen) == sorted(tensor.output) else None


def redundant_pairing(factors: Sequence[Factor], output: Sequence[int]) -> tuple[int, tuple[tuple[int, int], ...]] | None:
    """The place of a pairing that others make needless, and the labels that are to be joined when
    it goes; None when there is none.

    Two pairings of the same sizes that count to one index pair the same indices, and two of the
    same indices count to one index; the sum of all entries along the paired axes is one.
    """
    places = [k for k, (operand, _) in enumerate(factors) if isinstance(operand, Pairing)]
    for position, k in enumerate(places):
        pairing, (slow, fast, whole) = factors[k]
        for other in places[:position]:
            if factors[other][0] is not pairing:
                continue
            left, right, joint = factors[other][1]
            if joint == whole:
                return k, ((slow, left), (fast, right))
            if (left, right) == (slow, fast):
                return k, ((whole, joint),)
        used = {label for place, (_, index) in enumerate(factors) if place != k for label in index} | set(output)
        if slow != fast and not used & {slow, fast}:
            return k, ()
    return None
