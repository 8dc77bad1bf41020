"""How members of families and entries under sums are read: kinds, names, sizes and decisions (``readings.txt``)."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcalc.language import elaborate

TABLE = Path(__file__).with_name("readings.txt").read_text(encoding="utf-8").splitlines()


def rows() -> list[tuple[str, str, str, str, str]]:
    found = []
    for line in TABLE:
        if line and not line.startswith("#"):
            asked, expected = line.split("->")
            text, wrt, declare = [part.strip() for part in asked.rsplit("|", 2)]
            declarations, _, said = expected.partition("/")
            found.append((text, wrt, declare, declarations.strip(), said.strip()))
    return found


@pytest.mark.parametrize(("text", "wrt", "declare", "declarations", "said"), rows(), ids=[f"{row[0]} {row[2]}" for row in rows()])
def test_how_a_sum_is_read(text: str, wrt: str, declare: str, declarations: str, said: str) -> None:
    read = elaborate(text, declare or None, wrt=[wrt])
    assert "; ".join(f"{name}: {kind}" for name, kind in read.declarations.items()) == declarations
    samples = [decision for decision in read.decisions if decision.topic == "samples"]
    assert "; ".join(decision.words for decision in samples) == said
    assert all(decision.weight == "assumed" for decision in samples)


@pytest.mark.parametrize(("text", "wrt", "declare", "declarations", "said"), rows(), ids=[f"{row[0]} {row[2]}" for row in rows()])
def test_what_was_inferred_may_be_declared(text: str, wrt: str, declare: str, declarations: str, said: str) -> None:
    read = elaborate(text, declare or None, wrt=[wrt])
    assert elaborate(text, read.declarations).expression is read.expression
