"""The table of facts: what follows, what cannot be, and that a table that is not consistent is refused."""

from __future__ import annotations

import copy
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from matcalc.base.files import read
from matcalc.base.sizes import Size
from matcalc.facts.membership import untested
from matcalc.facts.table import canonical, contradiction, entries_of, facts, implied, kinds, read_table

ROWS = tomllib.loads(read("rules", "facts.toml"))


@pytest.mark.parametrize(
    ("said", "follows"),
    [
        ({"positive_definite"}, {"symmetric", "invertible", "positive_semidefinite"}),
        ({"diagonal"}, {"symmetric", "lower_triangular", "upper_triangular"}),
        ({"orthogonal"}, {"orthonormal", "invertible"}),
        ({"projection"}, {"symmetric", "idempotent", "positive_semidefinite"}),
        ({"symmetric", "idempotent"}, {"projection"}),
        ({"lower_triangular", "upper_triangular"}, {"diagonal"}),
        ({"symmetric", "upper_triangular"}, {"diagonal"}),
        ({"diagonal", "orthogonal"}, {"invertible"}),
        ({"diagonal", "sign"}, {"orthogonal", "invertible"}),
        ({"symmetric", "simplex"}, {"doubly_stochastic"}),
        ({"idempotent", "invertible"}, {"diagonal", "positive_definite", "mask", "orthogonal"}),
        ({"mask"}, {"nonnegative", "integer"}),
        ({"orthonormal", "symmetric"}, {"orthogonal"}),
    ],
)
def test_what_follows(said: set[str], follows: set[str]) -> None:
    assert said | follows <= implied(said)


def test_what_does_not_follow() -> None:
    assert "orthogonal" not in implied(["orthonormal"])
    assert "orthogonal" in implied(["orthonormal"], square=True)
    assert "positive_definite" not in implied(["positive_semidefinite"])
    assert "positive" not in implied(["nonnegative", "positive_definite"])


def test_spellings() -> None:
    assert canonical("spd") == canonical("PD") == canonical("positive definite") == "positive_definite"
    assert canonical("lower") == "lower_triangular"
    assert canonical("stochastic") == "simplex"
    assert canonical("large") is None


@pytest.mark.parametrize(
    "pair",
    [("antisymmetric", "symmetric"), ("antisymmetric", "psd"), ("orthogonal", "positive"), ("unit", "sign"), ("unit", "symmetric"),
     ("lower", "positive"), ("simplex", "sign"), ("projection", "sign")],
)  # fmt: skip
def test_a_contradiction_names_both(pair: tuple[str, str]) -> None:
    said = contradiction(pair)
    assert said is not None
    for name in pair:
        assert str(canonical(name)) in said


def test_consistent_facts_are_not_refused() -> None:
    for pair in [
        ("diagonal", "positive"),
        ("diagonal", "sign"),
        ("symmetric", "orthogonal"),
        ("mask", "sign"),
        ("lower", "mask"),
    ]:
        assert contradiction(pair) is None


def test_shapes() -> None:
    n, m = Size.of("n"), Size.of("m")
    assert contradiction(["symmetric"], (n, n)) is None
    assert "square" in str(contradiction(["symmetric"], (n, m)))
    assert "vector" in str(contradiction(["unit"], (n, m)))
    assert contradiction(["orthonormal"], (n, m)) is None
    assert "columns" in str(contradiction(["orthonormal"], (Size.of(2), Size.of(3))))
    assert contradiction(["simplex"], ()) is not None
    assert kinds(["unit"]) == {"vector"}


def test_complex_symbols_have_facts_of_their_own() -> None:
    for names in (["hermitian"], ["unitary"], ["complex", "symmetric"], ["hermitian_positive_definite", "invertible"]):
        assert contradiction(names) is None
        assert "complex" in implied(names)
    for names in (
        ["complex", "positive"],
        ["hermitian", "positive_definite"],
        ["complex", "orthogonal"],
        ["hermitian", "symmetric"],
    ):
        assert contradiction(names) is not None


def test_the_page_lists_every_fact() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "facts.md").read_text(encoding="utf-8")
    rows = {cells[1].strip(): cells for cells in (line.split("|") for line in page.splitlines()) if len(cells) == 7}
    for fact in facts().values():
        if not fact.refused:
            cells = rows[f"`{fact.name}`"]
            assert set(re.findall(r"`(\w+)`", cells[2])) <= set(fact.aliases), fact.name
            assert re.findall(r"`(\w+)`", cells[5]) == list(fact.implies), fact.name


def test_entries_together() -> None:
    assert entries_of(implied(["mask", "positive"])).values == (1,)
    assert entries_of(implied(["sign"])).values == (1, -1)
    assert entries_of(frozenset()).values is None


def test_every_fact_has_a_test_and_a_meaning() -> None:
    assert untested() == {"constant"}
    assert all(fact.meaning for fact in facts().values())


def test_the_table_is_read_as_it_is() -> None:
    table, combinations = read_table(ROWS)
    assert table == facts()
    assert len(combinations) == len(ROWS["combinations"])


def damaged(change: str) -> dict[str, Any]:
    rows = copy.deepcopy(ROWS)
    match change:
        case "unknown":
            rows["symmetric"]["implies"] = ["symetric"]
        case "excluded":
            rows["projection"]["excludes"] = {"symmetric": "planted"}
        case "alias":
            rows["unit"]["aliases"] = ["spd"]
        case "shape":
            rows["unit"]["shape"] = "round"
        case "entries":
            rows["mask"]["entries"] = "t is small"
        case "combination":
            rows["combinations"].append({"of": ["mask", "sgin"], "implies": ["positive"]})
        case "impossible":
            rows["combinations"].append({"of": ["symmetric", "orthogonal"], "implies": ["antisymmetric"]})
    return rows


@pytest.mark.parametrize("change", ["unknown", "excluded", "alias", "shape", "entries", "combination", "impossible"])
def test_a_table_that_is_not_consistent_is_refused(change: str) -> None:
    with pytest.raises(ValueError):
        read_table(damaged(change))
