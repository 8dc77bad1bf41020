"""``matcalc verify --steps`` and ``--proof``, and ``matcalc check-proof``."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.test_derive_command import run

CLAIM = "d(x'Ax)/dx = (A + A')x"


def test_steps_are_the_lines_of_the_proof() -> None:
    status, out, _ = run("verify", CLAIM, "--steps")
    assert status == 0
    _, _, lines = out.partition("proof:\n")
    assert lines.splitlines()[0] == "d(xᵀ A x)/dx = (A + Aᵀ) x"
    assert "by differential: product rule" in lines


def test_a_saved_proof_is_accepted_and_a_changed_one_refused(tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    assert run("verify", CLAIM, "--proof", str(file))[0] == 0
    status, out, _ = run("check-proof", str(file))
    assert (status, out) == (0, "proved: d(xᵀ A x)/dx = (A + Aᵀ) x\n")
    proof = json.loads(file.read_text(encoding="utf-8"))
    proof["lines"].pop()
    file.write_text(json.dumps(proof), encoding="utf-8")
    status, out, _ = run("check-proof", str(file))
    assert status == 1
    assert out.startswith("refused: ")


def test_what_is_no_proof_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    file.write_text("no proof", encoding="utf-8")
    for name in (file, tmp_path / "missing.json"):
        status, _, err = run("check-proof", str(name))
        assert status == 2
        assert "is no file with a proof" in err


def test_there_is_no_proof_of_what_is_false(tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    status, _, err = run("verify", "d(x'Ax)/dx = 2Ax", "--proof", str(file))
    assert status == 2
    assert "no proof is saved" in err
    assert not file.exists()


def test_files_have_no_steps(tmp_path: Path) -> None:
    file = tmp_path / "claims.identities"
    file.write_text(f"[one] a book\n{CLAIM}\n", encoding="utf-8")
    status, _, err = run("verify", str(file), "--steps")
    assert status == 2
    assert "are for a statement" in err
