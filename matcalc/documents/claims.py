"""A row and its context as the statements that are asked about, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.documents.asking import Asked
from matcalc.documents.rows import Row


def asked_of(row: Row) -> Sequence[Asked]:
    """The statements that a claim may be."""
    return [Asked(row.text)]
