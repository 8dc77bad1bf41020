"""Claims about entries that are made for equal or for different indices alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcalc.documents.arrangements import by_indices, compared
from matcalc.documents.examination import verify_document
from tests.documents.notes import statuses

START = "Let $p = \\operatorname{softmax}(z)$.\n\n"
LEFT = r"\frac{\partial p_i}{\partial z_j}"


WAYS = [
    ("behind it", "We have ${left} = {other}$ for $i \\neq j$."),
    ("in brackets", "$$ {left} = {other} \\quad (i \\ne j) $$"),
    ("in front", "If $i = j$, then ${left} = {same}$. When $i \\neq j$, we get ${left} = {other}$."),
    ("in one sentence", "For $i = j$ we have ${left} = {same}$ and for $i \\ne j$ we have ${left} = {other}$."),
    ("a line of its own", "Case 1: $i = j$.\n\n$${left} = {same}$$\n\nCase 2: $i \\neq j$.\n\n$${left} = {other}$$"),
    ("headings", "## Case $i = j$\n\n$${left} = {same}$$\n\n## Case $i \\neq j$\n\n$${left} = {other}$$"),
    ("by cases", "$${left} = \\begin{cases} {same} & i = j \\\\ {other} & \\text{otherwise} \\end{cases}$$"),
]


@pytest.mark.parametrize("way", [way for _, way in WAYS], ids=[name for name, _ in WAYS])
def test_the_case_is_taken_from_the_text(way: str, tmp_path: Path) -> None:
    text = way.replace("{left}", LEFT).replace("{same}", "p_i (1 - p_i)")
    assert set(statuses(START + text.replace("{other}", "-p_i p_j"), tmp_path)) == {"proved"}
    assert statuses(START + text.replace("{other}", "p_i p_j"), tmp_path)[-1] == "refuted"


def test_without_a_case_it_is_a_condition(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text(f"{START}$${LEFT} = -p_i p_j$$\n", encoding="utf-8")
    entry = verify_document(path, cache=False).claims[0]
    assert entry.verdict is not None
    assert (entry.status, entry.verdict.condition) == ("conditional", "i ≠ j")


def test_a_case_ends_with_the_summary(tmp_path: Path) -> None:
    text = f"Case $i \\neq j$.\n\n$${LEFT} = -p_i p_j$$\n\nCombining the cases,\n\n$${LEFT} = p_i - p_i p_j$$"
    assert statuses(START + text, tmp_path)[-1] != "proved"


def test_what_a_part_of_a_computation_needs_is_no_case(tmp_path: Path) -> None:
    text = "The same is true of the other factor, for which we need $i = j$. We find\n\n$$p_i p_j = p_j p_i$$"
    assert statuses(START + text, tmp_path) == ["proved"]
    entry = verify_document(tmp_path / "notes.md", cache=False).claims[-1]
    assert not any(said.startswith("for i") for said in entry.context)


def test_zero_for_different_indices_is_a_claim(tmp_path: Path) -> None:
    assert statuses(START + "Let $y = 3x$. Then $\\frac{\\partial y_i}{\\partial x_j} = 0$ for $i \\neq j$.", tmp_path) == [
        "proved"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"\text{for } i \neq j", "i ≠ j"),
        ("i == k", "i = k"),
        ("i = j = k", None),
        ("x_i = j", None),
        ("i = j + 1", None),
        ("j = 1", None),
    ],
)
def test_comparisons_of_indices(text: str, said: str | None) -> None:
    found = compared(text)
    assert (None if found is None else str(found)) == said


def test_cases_of_other_things_are_no_cases_of_indices() -> None:
    assert by_indices(r"\begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}") is None
