"""What is said of the package in several places is the same everywhere, and what the hosted workflows run is there."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from matcalc.base.extras import DISTRIBUTION
from matcalc.base.version import VERSION
from tests.documents.running import ROOT
from tests.package.metadata import CITATION, PROJECT

SECTIONS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
LATEST = r"[\w-]+/[\w-]+@(v\d+|release/v\d+)"
"""An action by its major version."""


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_name_version_and_authors_are_the_same_everywhere() -> None:
    project = PROJECT["project"]
    assert project["name"] == DISTRIBUTION
    assert CITATION["version"] == VERSION
    assert project["license"] == CITATION["license"] == "MIT"
    names = [author["name"] for author in CITATION["authors"]]
    assert names == [author["name"] for author in project["authors"]]
    assert all(name in text_of("LICENSE") for name in names)
    assert set(CITATION) >= {"cff-version", "message", "title", "authors"}


def test_the_versions_of_python_are_those_that_are_tested() -> None:
    named = re.findall(r"Python :: (3\.\d+)", " ".join(PROJECT["project"]["classifiers"]))
    jobs = yaml.safe_load(text_of(".github/workflows/tests.yml"))["jobs"]
    assert named == ["3.11", *jobs["tests"]["strategy"]["matrix"]["python-version"]]
    assert PROJECT["project"]["requires-python"] == f">={named[0]}"
    assert PROJECT["tool"]["mypy"]["python_version"] == named[0]


def test_every_extra_is_documented_and_asked_for_by_its_name() -> None:
    extras = set(PROJECT["project"]["optional-dependencies"])
    rows = [row for row in text_of("docs/installation.md").splitlines() if row.startswith("| `")]
    assert extras == {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    calls = [
        found
        for path in (ROOT / "matcalc").rglob("*.py")
        for found in re.findall(r'needs_extra\([^)]*, "(\w+)", ', path.read_text(encoding="utf-8"))
    ]
    assert calls and set(calls) <= extras


def test_the_changelog_has_its_form() -> None:
    versions = re.findall(r"^## (.*)$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", version) for version in versions[1:])
    sections = re.findall(r"^### (\w+)", text_of("CHANGELOG.md"), re.MULTILINE)
    assert set(sections) <= set(SECTIONS)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.stem))
def test_workflows_are_careful(path: Path) -> None:
    """They may only read unless they say otherwise, end by themselves, and run actions by their major versions."""
    assert problems(yaml.safe_load(path.read_text(encoding="utf-8"))) == []


def problems(workflow: dict[str, Any]) -> list[str]:
    found = [] if workflow.get("permissions") == {"contents": "read"} else ["permissions"]
    for name, job in workflow["jobs"].items():
        found += [] if "timeout-minutes" in job else [f"{name}: no timeout"]
        steps = job["steps"]
        found += [step["uses"] for step in steps if "uses" in step and not re.fullmatch(LATEST, step["uses"])]
        paths = [path for step in steps for path in re.findall(r"(?:^|\s)((?:\.ci|tests|matcalc)/[\w./]+)", step.get("run", ""))]
        found += [path for path in paths if not (ROOT / path).exists()]
        found += [f"{name}: text from outside in a script" for step in steps if "${{" in step.get("run", "")]
    return found


def test_a_careless_workflow_is_seen() -> None:
    steps = [{"uses": "actions/checkout@main"}, {"run": ".ci/nothing"}, {"run": "echo ${{ github.head_ref }}"}]
    assert len(problems({"jobs": {"a": {"steps": steps}}})) == 5


def test_what_is_published_has_the_address_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    for name in (".ci/addressed", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    command = [str(tmp_path / ".ci" / "addressed")]
    assert subprocess.run([*command, "nowhere", "v1"], capture_output=True, check=False).returncode == 2
    subprocess.run([*command, "https://example.org/a/b", "v1.0.0"], check=True)
    urls = tomllib.loads((tmp_path / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    assert set(urls.values()) >= {"https://example.org/a/b", "https://example.org/a/b/blob/v1.0.0/CHANGELOG.md"}
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((?!https:|#)[^)]*\)|src(?:set)?=\"(?!https:)", readme) == []
    assert "](https://example.org/a/b/blob/v1.0.0/docs/tutorial.md)" in readme
    assert "urls" not in PROJECT["project"], "an address that is written down may be wrong in a copy"
