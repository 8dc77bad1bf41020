"""Some of the expressions that are printed and read back; and printers that leave something out, which has to be seen."""

from __future__ import annotations

import re

from tests.attack import round_trip
from tests.attack.printed import KINDS, drawn
from tests.attack.round_trip import SPELLINGS, same_value
from tests.attack.running import run_here


def test_what_is_printed_is_read_back_as_the_same_object() -> None:
    summary = run_here(round_trip.attack, range(160))
    assert [fault for _, fault in summary.faults] == []
    assert all(summary.counts[kind] == 40 for kind in KINDS)
    assert summary.counts["the same tree"] > 80


def test_the_same_number_is_the_same_expression() -> None:
    assert all(drawn(number) == drawn(number) for number in range(8))
    assert drawn(0).expression is not drawn(0, seed=1).expression


def test_a_printer_that_forgets_a_transpose_or_an_index_is_seen() -> None:
    latex = SPELLINGS["latex"]
    for forgotten in (r"\^\{\\top\}", r"_\{[^{}]*\}", r"\\operatorname\{diag\}"):
        planted = {"latex": lambda expression, forgotten=forgotten: re.sub(forgotten, "", latex(expression))}
        faults = run_here(lambda number, planted=planted: round_trip.attack(number, spellings=planted), range(80)).faults
        assert len(faults) > 5, forgotten


def test_another_value_is_seen() -> None:
    one, other = (drawn(number).expression for number in (0, 2))
    assert same_value(one, one)
    assert not same_value(one, other)
