"""Every shipped identity has the status that its file asks for; none is undecided."""

from __future__ import annotations

import pytest

from matcalc.verification.items import Item, found, library
from matcalc.verification.judgement import verdict_on

ITEMS = [item for document in library() for item in document.items]
_UNPROVED = 0.02


@pytest.mark.parametrize("item", ITEMS, ids=[item.name for item in ITEMS])
def test_identity(item: Item) -> None:
    verdict = verdict_on(item)
    assert verdict.as_expected, verdict.explain()
    assert verdict.status != "undecided"
    if not item.expected:
        assert verdict.correction is not None
        assert verdict.counterexample is not None or "the right side" in verdict.reason


def test_there_are_enough_and_each_has_a_source() -> None:
    assert len(ITEMS) >= 400
    assert len({item.name for item in ITEMS}) == len(ITEMS)
    assert all(item.source for item in ITEMS)
    assert sum(not item.expected for item in ITEMS) >= 40


def test_search_finds_by_every_word() -> None:
    names = {item.name for _, item in found(("matrix cookbook", "det"))}
    assert "alg-det-product" in names
    assert all("det" in (item.statement + item.source + item.name).lower() for _, item in found(("det",)) if not item.declare)
    assert found(("no such identity anywhere",)) == []
