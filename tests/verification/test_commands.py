"""The subcommands ``verify`` and ``identities``: output, exit status, formats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from matcalc.base.errors import MatcalcError
from matcalc.cli.clicked import cli


def run(*arguments: str, given: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(cli, list(arguments), input=given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_one_statement() -> None:
    assert run("verify", "d(x'Ax)/dx = (A + A')x")[0] == 0
    status, shown = run("verify", "d(x'Ax)/dx = 2Ax")
    assert status == 1
    assert "true if and only if A = Aᵀ" in shown
    assert run("verify", "d(x'Ax)/dx = 2Ax", "--declare", "A: n×n symmetric")[0] == 0
    assert run("verify", "d(A*x)/dx = A", "--layout", "numerator")[0] == 0
    assert run("verify", "d(log(-norm2(x)^2))/dx = 2*x/norm2(x)^2", "--declare", "x: n")[0] == 3


def test_statement_from_standard_input_and_one_that_begins_with_a_minus() -> None:
    assert run("verify", "-", given="tr(A*B) = tr(B*A)\n")[0] == 0
    assert run("verify", "-x'*A*x = x'*(-A)*x")[0] == 0


def test_json_and_junit_of_one_statement() -> None:
    status, shown = run("verify", "d(x'Ax)/dx = 2Ax", "--to", "json")
    data = json.loads(shown)
    assert status == 1
    assert (data["status"], data["condition"], data["correction"]) == ("conditional", "A symmetric", "(A + A')*x")
    report = run("verify", "d(x'Ax)/dx = 2Ax", "--to", "junit")[1]
    assert "<failure" in report
    assert 'name="d(x\'Ax)/dx = 2Ax"' in report


def test_files(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.identities", tmp_path / "bad.md"
    good.write_text("[a] source\ntr(A*B) = tr(B*A)\n", encoding="utf-8")
    bad.write_text("$d(x'*x)/dx = x$\n", encoding="utf-8")
    assert run("verify", str(good))[0] == 0
    status, shown = run("verify", str(good), str(bad))
    assert status == 1
    assert "1 proved" in shown
    assert "1 refuted" in shown
    assert len(json.loads(run("verify", str(good), str(bad), "--to", "json")[1])["files"]) == 2
    assert run("verify", str(good), "--to", "junit")[1].startswith("<?xml")


@pytest.mark.parametrize(
    ("option", "value", "directive"),
    [
        ("--declare", "A: n×n", "declare A: n×n symmetric"),
        ("--layout", "numerator", "layout numerator"),
        ("--symmetric", "cookbook", "cookbook"),
    ],
)
def test_what_a_file_says_itself_is_no_option(tmp_path: Path, option: str, value: str, directive: str) -> None:
    place = tmp_path / "notes.md"
    place.write_text("$d(A*x)/dx = A$\n", encoding="utf-8")
    with pytest.raises(MatcalcError, match=f"{option} is for one statement") as refused:
        run("verify", str(place), option, value)
    assert directive in str(refused.value)


def test_several_statements() -> None:
    status, shown = run("verify", "tr(A) = tr(A')", "tr(AB) = tr(BA)")
    assert status == 0
    assert [line.split(":")[0] for line in shown.splitlines() if line[:1] == "p"] == ["proved", "proved"]
    assert run("verify", "tr(A) = tr(A')", "d(x'Ax)/dx = 2Ax")[0] == 1
    assert run("verify", "tr(A) = tr(A')", "foo(x) = x")[0] == 2
    assert len(json.loads(run("verify", "x = x", "y = y", "--to", "json")[1])["verdicts"]) == 2
    with pytest.raises(MatcalcError, match="no equation"):
        run("verify", "tr(A) = tr(A')", "a word")


def test_one_statement_in_several_words_and_lines_of_statements() -> None:
    assert run("verify", "tr(A)", "=", "tr(A')")[0] == 0
    done = CliRunner().invoke(cli, ["verify", "-"], input="tr(A) = tr(A')\ntr(AB) = tr(BA)\n")
    assert done.exit_code == 0
    assert done.stdout.count("proved") == 2


def test_identities() -> None:
    status, shown = run("identities", "--search", "woodbury")
    assert status == 0
    assert "alg-woodbury " in shown
    assert "proved" in shown
    assert "Matrix Cookbook (2012) eq. 156" in shown
    rows = json.loads(run("identities", "--no-check", "--to", "json")[1])
    assert len(rows) >= 400
    assert {row["status"] for row in rows} == {"not checked"}
    wrong = json.loads(run("identities", "--search", "x-mask", "--to", "json")[1])
    assert [(row["status"], row["expected"]) for row in wrong] == [("conditional", False)]


def test_a_file_of_another_kind_is_no_statement(tmp_path: Path) -> None:
    place = tmp_path / "notes.docx"
    place.write_text("x = x", encoding="utf-8")
    with pytest.raises(MatcalcError, match="this kind of file is not read"):
        run("verify", str(place))
    with pytest.raises(MatcalcError) as caught:
        run("verify", str(tmp_path / "missing.md"))
    assert str(caught.value).count("missing.md") == 1


def test_nothing_checked_is_no_success(tmp_path: Path) -> None:
    texts = {
        "good.md": "$d(x'*x)/dx = 2x$", "wrong.md": "$d(x'*x)/dx = x$", "plain.md": "# nothing here", "unread.md": "$∂ L/∂ w = ???$",
        "broken.identities": "[a] b\nx = (",
    }  # fmt: skip
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    def status(*names: str) -> int:
        return run("verify", *[str(tmp_path / name) for name in names])[0]

    assert status("good.md") == 0
    assert status("good.md", "plain.md") == status("good.md", "unread.md") == 0  # a text without claims among others
    assert status("plain.md") == status("unread.md") == status("broken.identities") == 2
    assert status("good.md", "missing.md") == status("good.md", "b.ipynb") == 2
    assert status("wrong.md", "b.ipynb") == 2  # not all was read
    assert status("unread.md", "wrong.md") == 1
    assert "nothing to check was found" in CliRunner().invoke(cli, ["verify", str(tmp_path / "unread.md")]).stderr
    shown = CliRunner().invoke(cli, ["verify", str(tmp_path / "good.md"), "b.ipynb"])
    assert "1 proved" in shown.stdout
    assert "b.ipynb cannot be read" in shown.stderr


@pytest.mark.parametrize("directive", ["declare S: n×n orthogonal positive", "declare", "expekt false"])
def test_a_directive_that_cannot_be_followed_is_a_fault_and_costs_no_claim(directive: str, tmp_path: Path) -> None:
    paper = tmp_path / "paper.md"
    paper.write_text(f"$d(x'*x)/dx = 2*x$\n\n<!-- matcalc: {directive} -->\n\n$d(y'*y)/dy = 2*y$\n", encoding="utf-8")
    status, shown = run("verify", str(paper))
    assert status == 2
    assert "2 claims: 2 proved; 1 place not readable" in shown
    paper.write_text(paper.read_text(encoding="utf-8") + "\n$d(z'*z)/dz = z$\n", encoding="utf-8")
    assert run("verify", str(paper))[0] == 1
