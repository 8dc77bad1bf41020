"""The growth benchmark derives what it says, and its figures mean what it says."""

from __future__ import annotations

import math
from importlib.util import find_spec

import pytest

from benchmarks.scaling import FAMILIES, Answer, factors, layers_in_names, layers_substituted, network, rows_of, slope, terms
from tests.oracle.derivations import check_derivation


def test_slope() -> None:
    assert slope([(n, 3e-4 * n**1.5) for n in (10.0, 100.0, 1000.0)]) == pytest.approx(1.5)
    assert math.isnan(slope([(10, 1)]))


def test_the_network_is_differentiated_rightly() -> None:
    program, declare = network(3)
    check_derivation(program, "W1", declare)


@pytest.mark.parametrize("work", [layers_substituted, terms, factors])
def test_results_grow_by_the_same_for_each_step(work: object) -> None:
    assert callable(work)
    sizes = [work(count).nodes for count in (4, 8, 12, 16)]
    assert sizes[1] - sizes[0] == sizes[2] - sizes[1] == sizes[3] - sizes[2] > 0


def test_named_results_grow_in_proportion() -> None:
    small, large = layers_in_names(10).characters, layers_in_names(40).characters
    assert small is not None and large is not None
    assert large < 5 * small  # names with two digits are longer


def test_a_contestant_that_fails_is_shown_and_asked_no_more() -> None:
    asked = []

    def failing(count: int) -> Answer:
        asked.append(count)
        raise RecursionError

    def endless(count: int) -> Answer:
        while True:
            pass

    rows = rows_of("terms", {"failing": failing, "endless": endless}, (2, 4), rounds=1, limit=0.05)
    assert [row[1:4] for row in rows] == [["failing", "2", "RecursionError"], ["endless", "2", "> 0.05 s"]]
    assert asked == [2]


def test_a_failure_of_matcalc_ends_the_benchmark() -> None:
    def failing(count: int) -> Answer:
        raise RecursionError

    with pytest.raises(RecursionError):
        rows_of("terms", {"matcalc": failing}, (2,), rounds=1, limit=1)


def test_every_contestant_runs() -> None:
    for family, works in FAMILIES.items():
        for name, work in works.items():
            if name.startswith("tensorgrad") and find_spec("tensorgrad") is None:
                continue
            assert isinstance(work(2), Answer), (family, name)
