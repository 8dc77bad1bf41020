"""The verdict on a claim whose readings are given in the order in which they are to be tried."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.documents.asking import Asked
from matcalc.verification.documents import verdict_on
from matcalc.verification.items import Item
from matcalc.verification.verdict import Verdict


def judge(asked: Sequence[Asked]) -> Verdict:
    """The verdict on the first reading. Raises nothing; ``asked`` is not empty."""
    first = asked[0]
    return verdict_on(Item(first.statement, 0, declare=first.declare, layout=first.layout, symmetric=first.symmetric))
