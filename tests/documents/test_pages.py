"""Every example of the README and of ``docs/`` runs and shows what it says; every link and path in them leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from matcalc.documents.examination import verify_document
from tests.documents.blocks import blocks_of
from tests.documents.running import ROOT, Page

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


def differences(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(folder)
    return list(Page(text, folder).differences())


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_example_shows_what_happens(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.count("```") == 2 * len(blocks_of(text)), "a fence is not closed"
    found = differences(text, tmp_path, monkeypatch)
    assert not found, "\n".join([str(page), *found])


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_and_path_leads_somewhere(page: Path) -> None:
    assert missing(page.read_text(encoding="utf-8"), page) == []


def missing(text: str, page: Path) -> list[str]:
    """Relative links, and paths in backquotes that begin with a folder of the repository, which do not exist."""
    found = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        other = (page.parent / path).resolve() if path else page
        if not other.exists() or (anchor and anchor not in anchors(other.read_text(encoding="utf-8"))):
            found.append(target)
    for path in re.findall(r"`((?:matcalc|rules|grammar|tests|docs|benchmarks)/[\w/.]*)`", text):
        if not (ROOT / path).exists():
            found.append(path)
    return found


def anchors(text: str) -> set[str]:
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_formula_in_the_text_is_true(page: Path, tmp_path: Path) -> None:
    """Claims such as ``∂(b'x)/∂x = b`` between the examples."""
    assert false_claims(page.read_text(encoding="utf-8"), tmp_path) == []


def false_claims(text: str, folder: Path) -> list[str]:
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^.*\bProve or refute:.*$", "", prose, flags=re.MULTILINE)  # asked in an exercise, and claimed by nobody
    page = folder / "page.md"
    page.write_text(prose, encoding="utf-8")
    claims = verify_document(page, cache=False).claims
    return [f"{entry.status}: {entry.text}: {entry.remark}" for entry in claims if entry.severity in ("refuted", "conditional")]


def test_a_false_formula_in_the_text_is_seen(tmp_path: Path) -> None:
    assert len(false_claims("so `d(x'Ax)/dx = 2Ax`, and `d(b'x)/dx = b`", tmp_path)) == 1


def test_every_page_is_linked_from_the_readme_or_the_index() -> None:
    linked = (ROOT / "README.md").read_text(encoding="utf-8") + (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in PAGES[1:]:
        assert f"{page.name})" in linked, f"{page.name} is linked from nowhere"


WRONG = [
    ('```console\n$ matcalc derive "x\'*A*x" --wrt x --to ascii\n2*A*x\n...\n```\n', "(A + A')*x"),
    ('```console\n$ matcalc verify "d(x\'Ax)/dx = 2Ax"\n...\n$ echo $?\n0\n```\n', "found:\n1"),
    ("```console\n$ echo hello | cat\ngoodbye\n```\n", "found:\nhello"),
    ("```pycon\n>>> 1 + 1\n3\n```\n", "Got:\n    2"),
    ("```repl\nmatcalc> x'*A*x wrt x\n2 A x\n...\n```\n", "(A + Aᵀ) x"),
    ("```repl\nmatcalc> x'*(A +\n     ... B)*x wrt x\n2 A x\n...\n```\n", "(A + B + (A + B)ᵀ) x"),
    ("```toml excerpt=rules/functions.toml\n[sine]\n```\n", "no part"),
    ("```python\n1/0\n```\n", "not run"),
]


@pytest.mark.parametrize(("text", "complaint"), WRONG)
def test_a_wrong_example_is_seen(text: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = differences(text, tmp_path, monkeypatch)
    assert complaint in found


def test_a_prompt_is_fresh_in_every_section(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = "```repl\nmatcalc> X: n×m\ndeclared: X: n×m\n```\n"
    listed = "```repl\nmatcalc> :list\n{}\n```\n"
    known, unknown = listed.format("X: n×m"), listed.format("nothing is declared, defined or set")
    assert differences(f"## One\n{typed}{known}## Two\n{unknown}", tmp_path, monkeypatch) == []


def test_a_file_is_found_by_later_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "```text file=a.txt\nhello\n```\n```console\n$ cat a.txt\nhello\n```\n"
    assert differences(text, tmp_path, monkeypatch) == []


def test_a_broken_link_is_seen() -> None:
    text = "[a](docs/nowhere.md) [b](README.md#nowhere) `matcalc/nowhere.py` [c](README.md#set-up) `matcalc/interface/api.py`"
    assert missing(text, ROOT / "README.md") == ["docs/nowhere.md", "README.md#nowhere", "matcalc/nowhere.py"]
