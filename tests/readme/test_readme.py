"""The set-up commands of the README are run, verbatim, by the continuous integration script. Of the long commands on the pages about
testing and speed a shorter form is run here. All other examples are run by ``tests/documents``."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import click
import pytest

from matcalc.cli.clicked import cli
from matcalc.cli.front import LAZY
from tests.documents.blocks import Block, blocks_of
from tests.documents.running import ROOT, called

PAGES = ("README.md", "docs/testing.md", "docs/benchmarks.md")
MOST_LINES = 200

SHORTER = {
    "python -m tests.attack.mutations --count 2000": "python -m tests.attack.mutations --count 2",
    "python -m tests.fuzz --count 2000 --oracle jax": "python -m tests.fuzz --count 3 --oracle differences",
    "python -m benchmarks": "python -m benchmarks",
}


def blocks(page: str) -> list[Block]:
    return blocks_of((ROOT / page).read_text(encoding="utf-8"))


def bash_lines(page: str) -> list[str]:
    bodies = [block.body for block in blocks(page) if block.language == "bash"]
    return [line for body in bodies for line in body.splitlines() if line and not line.startswith("#")]


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_every_block_is_of_a_kind_that_is_run() -> None:
    assert {block.language for block in blocks("README.md")} == {"bash", "console", "pycon"}


def test_set_up_commands_are_run_by_the_continuous_integration() -> None:
    script = [line.strip() for line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()]
    set_up = bash_lines("README.md")
    assert len(set_up) == 2
    for line in set_up:
        assert line in script


def table() -> list[str]:
    """The commands that the README has an example of for what one may want to do."""
    rows = [row for row in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if row.startswith("|")]
    return [command for row in rows for command in re.findall(r"`(matcalc [^`]+)`", row)]


@pytest.mark.parametrize("command", table())
def test_commands_of_the_table_are_understood(command: str) -> None:
    assert wrong_in(command) == []


def wrong_in(command: str) -> list[str]:
    """What is no command or no option; statements and formulas are given to the program."""
    words = shlex.split(command)[1:]
    found = cli.get_command(click.Context(cli, info_name="matcalc"), words[0] if words[0] in LAZY else "derive")
    assert found is not None
    options = {name for parameter in found.params for name in (*parameter.opts, *parameter.secondary_opts)}
    if words[0] in ("derive", "verify") and not any("." in word and not word.startswith("d(") for word in words[1:2]):
        status, output = called(words)
        return [] if status in (0, 1) else [output]
    return [word for word in words if word.startswith("-") and word not in options] + (
        [] if words[0] in LAZY or " " in words[0] else words[:1]
    )


def test_a_wrong_command_in_the_table_would_be_seen() -> None:
    assert wrong_in("matcalc web --nothing") == ["--nothing"]
    assert "is never closed" in wrong_in('matcalc derive "x\'(A" --wrt x')[0]
    assert len(table()) > 8


@pytest.mark.parametrize("command", list(SHORTER))
def test_long_commands_in_a_shorter_form(command: str) -> None:
    assert any(line.startswith(command) for page in PAGES for line in bash_lines(page))
    words = shlex.split(SHORTER[command])
    done = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
