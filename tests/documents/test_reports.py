"""The forms of a report, what makes a run fail, what is kept between runs, and the doors through which others run it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from matcalc.documents import deciding
from matcalc.documents.blocks import Asked, Fault, Place
from matcalc.documents.deciding import Memory, decided
from matcalc.documents.examination import examined, verify_document
from matcalc.documents.reports import Entry, Report, Severity, status_of
from matcalc.documents.reports.interchange import as_sarif
from matcalc.documents.reports.pages import as_page, as_review, as_table
from matcalc.verification.verdict import Status, Verdict
from tests.documents.running import ROOT

NOTES = """\
# Notes

True: $\\nabla_x \\mathbf{a}^\\top x = \\mathbf{a}$, false: $\\nabla_x \\|x\\|^2 = 3x$.

## Conditional

$$\\frac{\\partial}{\\partial x} x^\\top A x = 2Ax$$
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def _notes(folder: Path, text: str = NOTES) -> Path:
    path = folder / "notes.md"
    path.write_text(text, encoding="utf-8")
    return path


def _run(*args: str | Path, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "matcalc", *map(str, args)]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env={**os.environ, "PYTHONPATH": str(ROOT), **env}, timeout=300
    )


def _entry(status: Status | None, *, expected: bool = True) -> Entry:
    verdict = None if status is None else Verdict("a = b", status, "denominator")
    return Entry("a = b", Place("a.md", 1), "claim", verdict=verdict, expected=expected)


@pytest.mark.parametrize(
    ("statuses", "fail_on", "lenient", "wanted"),
    [
        (["proved"], "refuted", False, 0),
        (["proved", "refuted"], "refuted", False, 1),
        (["proved", "conditional"], "refuted", False, 0),
        (["proved", "conditional"], "conditional", False, 1),
        (["proved", "refuted"], "unread", False, 1),
        (["proved", "undecided"], "conditional", False, 3),
        (["proved", "undecided"], "unread", False, 1),
        (["proved", None], "refuted", False, 3),
        (["proved", None], "refuted", True, 0),
        ([None], "refuted", False, 2),
        ([None], "refuted", True, 0),
        ([], "refuted", False, 2),
        (["refuted", "undecided"], "refuted", True, 1),
    ],
)
def test_exit_status(statuses: list[Status | None], fail_on: Severity, lenient: bool, wanted: int) -> None:
    report = Report("a.md", tuple([_entry(status) for status in statuses]))
    assert status_of([report], fail_on, lenient=lenient) == wanted
    assert status_of([report], fail_on, unreadable=True, lenient=lenient) == 2


def test_a_claim_that_is_to_be_false_and_holds_fails() -> None:
    assert status_of([Report("a.md", (_entry("proved", expected=False),))]) == 1
    assert status_of([Report("a.md", (_entry("refuted", expected=False),))]) == 0


def test_sarif_puts_each_remark_at_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _notes(tmp_path)
    run = json.loads(as_sarif([verify_document("notes.md")]))["runs"][0]
    found = [(result["ruleId"], result["level"], _line(result)) for result in run["results"]]
    assert found == [("refuted", "error", 3), ("conditional", "warning", 7)]
    assert "right answer: 2 x" in run["results"][0]["message"]["text"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "notes.md"


def _line(result: dict[str, list[dict[str, dict[str, dict[str, int]]]]]) -> int:
    return result["locations"][0]["physicalLocation"]["region"]["startLine"]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


def _hostile() -> Report:
    verdict = Verdict(HOSTILE, "refuted", "denominator", HOSTILE, condition=HOSTILE, declarations={"a": HOSTILE})
    entry = Entry(HOSTILE, Place(HOSTILE, 1), "claim", (HOSTILE,), HOSTILE, verdict, "", (HOSTILE,), "latex", HOSTILE, HOSTILE)
    return Report(HOSTILE, (entry,), (Fault(HOSTILE, Place(HOSTILE, 2), HOSTILE, HOSTILE),))


def test_a_page_escapes_everything_and_asks_for_nothing() -> None:
    page = as_page([_hostile()])
    tags = _Tags()
    tags.feed(page)
    assert tags.tags.count("script") == 2
    assert "img" not in tags.tags
    assert not [name for name, _ in tags.attributes if name in ("src", "href", "onerror")]
    assert "alert(1)</script" not in page
    assert len(re.findall("data:font/woff2;base64,", page)) == 20
    assert not re.search(r"url\((?!data:)", page)


def test_a_page_shows_the_right_answer_beside_the_formula(tmp_path: Path) -> None:
    page = as_page([verify_document(_notes(tmp_path))])
    assert 'right answer: <span data-tex="2 x">' in page
    assert r'data-tex="\nabla_x \|x\|^2 = 3x"' in page
    assert "✗ refuted" in page and "△ conditional" in page and "Notes › Conditional" in page


def test_remarks_in_markdown_cannot_leave_their_cells() -> None:
    review = as_review([_hostile()])
    assert "<script>" not in re.sub(r"`[^`]*`", "", review)
    row = next(line for line in review.splitlines() if "refuted" in line and line.startswith("| 1 "))
    assert len(re.findall(r"(?<!\\)\|", row)) == 5


def test_verdicts_are_kept_and_forgotten_with_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _notes(tmp_path)
    first = verify_document(path)

    def never(question: object) -> object:
        raise AssertionError("decided again")

    monkeypatch.setattr(deciding, "judge", never)
    again = verify_document(path)
    assert [entry.status for entry in again.entries] == [entry.status for entry in first.entries]
    assert [entry.remark for entry in again.entries] == [entry.remark for entry in first.entries]
    shown = [entry.verdict.explain() for entry in again.claims if entry.verdict is not None]
    assert "counterexample" in "\n".join(shown)
    with pytest.raises(AssertionError, match="decided again"):
        verify_document(path, cache=False)
    monkeypatch.setattr(deciding, "_code", lambda: "another program")
    with pytest.raises(AssertionError, match="decided again"):
        verify_document(path)


def test_verdicts_on_claims_in_doubt_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _notes(tmp_path, "Let $s(u) = u^2$. Then $s(2u) = 4s(u)$.")
    assert [entry.status for entry in verify_document(path).claims] == ["proved"]
    monkeypatch.setattr(deciding, "judge", None)
    assert [entry.status for entry in verify_document(path).claims] == ["proved"]


def test_a_damaged_memory_is_not_believed(tmp_path: Path) -> None:
    path = _notes(tmp_path)
    verify_document(path)
    kept = list((tmp_path / "cache").rglob("*.matcalc"))
    assert len(kept) == 3
    for entry in kept:
        content = entry.read_bytes().replace(b"refuted", b"proved!")
        entry.write_bytes(content[: len(content) // 2] if b"proved!" not in content else content)
    assert [entry.status for entry in verify_document(path).claims] == ["proved", "refuted", "conditional"]


def test_what_was_not_decided_in_time_is_not_kept(tmp_path: Path) -> None:
    path = _notes(tmp_path)
    late = examined(path, memory=Memory(), seconds=-1.0)
    assert {entry.said_why for entry in late.claims} == {"the time for the whole file was spent"}
    assert [entry.status for entry in verify_document(path).claims] == ["proved", "refuted", "conditional"]


def test_equal_questions_are_decided_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    judge = deciding.judge

    def counted(question: tuple[Asked, ...]) -> tuple[Verdict, Asked]:
        asked.append(question)
        return judge(question)

    monkeypatch.setattr(deciding, "judge", counted)
    question = (Asked("tr(A*B) = tr(B*A)"),)
    outcomes = list(decided([question, (Asked("tr(A) = 2*tr(A)"),), question], memory=Memory(kept=False)))
    assert [outcome.verdict.status for outcome in outcomes] == ["proved", "refuted", "proved"]
    assert len(asked) == 2


def test_the_command_writes_reports_and_says_what_failed(tmp_path: Path) -> None:
    _notes(tmp_path)
    made = _run("verify", "notes.md", "--to", "html", "-o", "report.html", cwd=tmp_path)
    assert (made.returncode, made.stdout) == (1, "")
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert "3 claims: 1 proved, 1 conditional, 1 refuted" in made.stderr
    refused = _run("verify", "x = x", "--fail-on", "unread")
    assert refused.returncode == 2
    assert "for files" in refused.stderr


def test_a_file_that_is_edited_is_verified_again(tmp_path: Path) -> None:
    path = _notes(tmp_path)
    out = tmp_path / "seen.txt"
    command = [sys.executable, "-u", "-m", "matcalc", "verify", "--watch", str(path)]
    with (
        out.open("w") as seen,
        subprocess.Popen(command, stdout=seen, stderr=seen, env={**os.environ, "PYTHONPATH": str(ROOT)}) as watching,
    ):
        try:
            _wait(lambda: out.read_text().count("3 claims") == 1)
            _notes(tmp_path, NOTES.replace("3x", "2x"))
            _wait(lambda: "2 proved, 1 conditional" in out.read_text())
        finally:
            watching.terminate()


def _wait(done: object) -> None:
    end = time.monotonic() + 120
    while not done():  # type: ignore[operator]
        assert time.monotonic() < end, "nothing was seen"
        time.sleep(0.1)


def test_pytest_collects_claims(tmp_path: Path) -> None:
    _notes(tmp_path)
    command = [sys.executable, "-m", "pytest", "-p", "matcalc.pytest_plugin", "-p", "no:cacheprovider", "--matcalc", "-rs", "."]
    plugins = {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env={**os.environ, **plugins})
    assert done.returncode == 1
    assert "1 failed, 1 passed, 1 skipped" in done.stdout
    assert "right answer: 2 x" in done.stdout
    strict = subprocess.run(
        [*command, "--matcalc-fail-on", "conditional"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, **plugins},
    )
    assert "2 failed, 1 passed" in strict.stdout


def _on_the_path(folder: Path) -> dict[str, str]:
    """An environment in which ``matcalc`` is this checkout."""
    script = folder / "bin" / "matcalc"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m matcalc "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return {**os.environ, "PATH": f"{script.parent}{os.pathsep}{os.environ['PATH']}"}


def test_the_hook_refuses_what_is_false_and_nothing_else(tmp_path: Path) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert hook["additional_dependencies"] == project["optional-dependencies"]["documents"]
    env = _on_the_path(tmp_path)
    (tmp_path / "plain.md").write_text("Nothing to see, $x$ is a vector.\n", encoding="utf-8")
    for text, wanted in ((NOTES, 1), (NOTES.replace("3x", "2x"), 0), ("$\\nabla_x f = \\int_0^1 g$\n", 0)):
        _notes(tmp_path, text)
        assert (
            re.search(hook["files"], "notes.md")
            and re.search(hook["files"], "paper.tex")
            and not re.search(hook["files"], "a.py")
        )
        command = [*hook["entry"].split(), "plain.md", "notes.md"]
        assert subprocess.run(command, cwd=tmp_path, env=env, capture_output=True).returncode == wanted, text


@pytest.mark.skipif(shutil.which("bash") is None, reason="the action runs in bash")
def test_the_action_reports_and_fails(tmp_path: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    step = action["runs"]["steps"][-1]
    _notes(tmp_path)
    inputs = {name: given.get("default", "**/*.md") for name, given in action["inputs"].items()}
    env = {name: inputs[re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", value)[1]] for name, value in step["env"].items()}  # type: ignore[index]
    summary = tmp_path / "summary.md"
    for fail_on, text, wanted in (
        ("refuted", NOTES, 1),
        ("refuted", NOTES.replace("3x", "2x"), 0),
        ("conditional", NOTES.replace("3x", "2x"), 1),
    ):
        _notes(tmp_path, text)
        given = {**_cached(tmp_path), **env, "FAIL_ON": fail_on, "GITHUB_STEP_SUMMARY": str(summary)}
        done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, env=given, capture_output=True, text=True)
        assert done.returncode == wanted, done.stderr
    assert json.loads((tmp_path / inputs["sarif"]).read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert "### matcalc" in summary.read_text(encoding="utf-8")
    assert not re.search(r"\$\{\{", step["run"]), "what comes from outside must not be part of a script"
    assert (
        subprocess.run(
            ["bash", "-e", "-c", step["run"]], cwd=tmp_path, env={**given, "FILES": "*.nothing"}, capture_output=True
        ).returncode
        == 2
    )


def _cached(folder: Path) -> dict[str, str]:
    return (
        {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
        if (folder / "bin").exists()
        else _on_the_path(folder)
    )


def test_a_message_on_one_line_quotes_what_it_is_about(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("$$\\nabla f(x) = x^T x + \\infty y$$\n\n$$a^T (b + c = a^T b + a^T c$$\n\n$$a = a$$\n", encoding="utf-8")
    table = as_table(verify_document(path, cache=False))
    assert "^^" not in table
    assert r"infinity is not read: \infty" in table
    assert "'(' is never closed; try: add the closing bracket" in table
