"""The verdict on a claim whose readings are given in the order in which they are to be tried."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.documents.asking import Asked
from matcalc.verification.documents import verdict_on
from matcalc.verification.items import Item
from matcalc.verification.verdict import Verdict


def judge(asked: Sequence[Asked]) -> tuple[Verdict, Asked]:
    """The verdict, and the reading that it is on. Raises nothing; ``asked`` is not empty.

    What holds in one reading holds; what does not is false only if it is in every reading.
    """
    found: list[tuple[Verdict, Asked]] = []
    for one in asked:
        verdict = verdict_on(Item(one.statement, 0, declare=one.declare, layout=one.layout, symmetric=one.symmetric))
        if verdict.ok:
            return verdict, one
        if not (one.lossy and verdict.is_false and len(asked) > 1):
            found.append((verdict, one))
    order = ("undecided", "conditional", "refuted")
    return min(found, key=lambda pair: order.index(pair[0].status))
