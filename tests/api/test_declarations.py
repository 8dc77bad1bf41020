"""Declarations beside formulas: what is left over, arrays, the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import matcalc
from matcalc.cli.clicked import cli


@pytest.mark.parametrize(
    ("declare", "advice"),
    [
        ("B: n×n", "leave B out"),
        ("A: n×n; B: n×n", "A: n×n"),
        ("a: n×n symmetric", "A: n×n symmetric"),
        ("let a be symmetric", "A: symmetric"),
        ("A, B: n×n", "A: n×n"),
        ({"A": "n×n", "B": (3, 3)}, "A: n×n"),
    ],
)
def test_a_name_that_may_be_meant_for_another_is_refused(declare: object, advice: str) -> None:
    for call in (
        lambda given: matcalc.derive("x'A x", "x", declare=given),
        lambda given: matcalc.parse("x'A x", given),
        lambda given: matcalc.differential("x'A x", "x", declare=given),
        lambda given: matcalc.compile("x'A x", declare=given),
        lambda given: matcalc.verify("d(x'A x)/dx = (A + A')x", declare=given),
    ):
        with pytest.raises(matcalc.MatcalcError, match="declared, but does not occur") as caught:
            call(declare)
        assert caught.value.suggestion == advice
        call(None if advice == "leave B out" else advice)


def test_names_that_need_not_occur() -> None:
    assert str(matcalc.derive("a'x", "y", declare="y: m; x: n")) == "zeros(m)"
    assert str(matcalc.vjp("X*W", "W", declare="X: n×m; W: m×p; G: n×p")) == "Xᵀ G"
    assert str(matcalc.derive("sum(x)/n", "x", declare="x: n; n: scalar"))


def test_where_all_symbols_are_declared_others_are_left_over() -> None:
    said = matcalc.derive("x'A x", "x", declare="x: n; A: n×n symmetric; B: n×n")
    assert str(said) == "2 A x"
    assert [decision.weight for decision in said.reading.decisions if "B is declared" in decision.words] == ["plain"]


def test_shared_declarations() -> None:
    both = matcalc.shared("A: n×n symmetric; B, X: n×m")
    assert str(matcalc.derive("x'A x", "x", declare=both)) == "2 A x"
    assert str(matcalc.derive("tr(B'X)", "X", declare=matcalc.shared({"B": "n×m", "C": "k"}))) == "B"


def test_the_block_of_one_statement_is_warned_of_a_name_that_does_not_occur(tmp_path: Path) -> None:
    file = tmp_path / "one.identities"
    file.write_text("[a] here\ndeclare A: n×n symmetric; B: n×n\nd(x'*A*x)/dx = 2*A*x\n", encoding="utf-8")
    (verdict,) = matcalc.verify_file(file)
    assert verdict.status == "proved"
    assert verdict.warnings == ("B is declared, but does not occur",)


def test_a_document_shares_its_declarations(tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_text(
        "<!-- matcalc: declare A: n×n symmetric; B: n×n -->\n\n$$d(x'Ax)/dx = 2Ax$$\n\n$$d(tr(BX))/dX = B'$$\n", encoding="utf-8"
    )
    assert [(verdict.status, verdict.warnings) for verdict in matcalc.verify_file(file)] == [("proved", ()), ("proved", ())]


def test_arrays_declare_sizes() -> None:
    data = np.zeros((100, 3))
    derivation = matcalc.derive("||X w - y||^2", "w", declare={"X": data})
    assert derivation.declarations == {"X": "100×3", "w": "3", "y": "100"}
    assert derivation.shape == (3,)
    with pytest.raises(matcalc.ShapeError):
        matcalc.parse("X*w", declare={"X": data, "w": np.zeros(4)})


@pytest.mark.parametrize("option", ["--where", "--declare", "-d"])
def test_declarations_on_the_command_line(option: str) -> None:
    for command in (["derive", "x'A x", "--wrt", "x"], ["gradient", "x'A x", "--wrt", "x"], ["x'A x", "--wrt", "x"]):
        done = CliRunner().invoke(cli, [*command, option, "A is symmetric"])
        assert done.exit_code == 0
        assert "2 A x" in done.output
    assert "proved" in CliRunner().invoke(cli, ["verify", "d(x'A x)/dx = 2A x", option, "A = A'"]).output


def test_words_add_to_sizes_on_the_command_line() -> None:
    done = CliRunner().invoke(cli, ["derive", "x'A x", "--wrt", "x", "--declare", "A: n×n", "--where", "A symmetric"])
    assert "2 A x" in done.output
