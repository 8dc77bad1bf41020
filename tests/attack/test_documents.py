"""Some random documents; and reports that lose, invent or change something, which have to be seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.attack.documents import attack, by_command, document
from tests.attack.running import run_here


def test_planted_claims_are_all_reported() -> None:
    summary = run_here(attack, range(30))
    assert [fault for _, fault in summary.faults] == []
    assert summary.counts["claim"] > 60


def test_documents_are_of_every_kind_and_the_same_again() -> None:
    made = [document(number) for number in range(30)]
    assert made == [document(number) for number in range(30)]
    assert {one.suffix for one in made} == {".md", ".tex", ".identities"}
    claims = [claim for one in made for claim in one.claims]
    assert {(claim.true, claim.expected) for claim in claims} == {(True, True), (True, False), (False, True), (False, False)}
    for one in made:
        lines = one.text.splitlines()
        assert all("=" in lines[claim.line - 1] for claim in one.claims)


def changed(change: Callable[[list[Any]], None], status: int | None = None) -> Callable[[Path], tuple[int, str]]:
    """The command's report with something done to its verdicts."""

    def reported(path: Path) -> tuple[int, str]:
        code, output = by_command(path)
        if not output.startswith("{"):
            return code, output
        report = json.loads(output)
        (file,) = report["files"]
        file["entries"] = [entry for entry in file["entries"] if entry["role"] == "claim"]
        change(file["entries"])
        return code if status is None else status, json.dumps(report)

    return reported


def confirm(verdicts: list[Any]) -> None:
    for verdict in verdicts:
        verdict["status"] = "confirmed"


def move(verdicts: list[Any]) -> None:
    for verdict in verdicts:
        verdict["line"] += 1000


WITH_CLAIMS = [number for number in range(20) if {claim.true for claim in document(number).claims} == {True, False}][:4]


@pytest.mark.parametrize(
    ("reported", "complaint"),
    [
        (changed(lambda verdicts: verdicts.pop()), "is lost"),
        (changed(confirm), "is False, and confirmed"),
        (changed(move), "nothing was planted"),
        (changed(lambda verdicts: None, status=3), "exit status 3"),
        (lambda path: (1, "Traceback"), "no JSON"),
    ],
    ids=["drops a line", "confirms everything", "moves lines", "exit status", "no report"],
)
def test_a_report_that_is_wrong_is_seen(reported: Callable[[Path], tuple[int, str]], complaint: str) -> None:
    summary = run_here(lambda number: attack(number, reported=reported), WITH_CLAIMS)
    assert len(WITH_CLAIMS) == 4
    assert {number for number, fault in summary.faults if complaint in fault} == set(WITH_CLAIMS)


def test_a_file_in_which_nothing_is_read_is_no_success() -> None:
    empty = next(number for number in range(100) if not document(number).claims)
    summary = run_here(lambda number: attack(number, reported=lambda path: (0, "")), [empty])
    assert "instead of 2" in summary.faults[0][1]
