"""The commands of the README that take long: those of the set-up are run, verbatim, by the continuous integration script, of the others
a shorter form is run here. All other examples are run by ``tests/documents``."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest

from tests.documents.blocks import blocks_of
from tests.documents.running import ROOT

BLOCKS = blocks_of((ROOT / "README.md").read_text(encoding="utf-8"))

SHORTER = {
    "python -m tests.attack.mutations --count 2000": "python -m tests.attack.mutations --count 2",
    "python -m tests.fuzz --count 2000 --oracle jax": "python -m tests.fuzz --count 3 --oracle differences",
    "python -m benchmarks": "python -m benchmarks",
}


def bash_lines() -> list[str]:
    return [line for block in BLOCKS if block.language == "bash" for line in block.body.splitlines() if line and not line.startswith("#")]


def test_every_block_is_of_a_kind_that_is_run() -> None:
    assert {"bash", "console", "pycon"} <= {block.language for block in BLOCKS} <= {"bash", "console", "pycon", "repl"}


def test_set_up_commands_are_run_by_the_continuous_integration() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    set_up = [line for line in bash_lines() if line not in {short.replace("python", ".venv/bin/python") for short in SHORTER}]
    assert len(set_up) == 2
    for line in set_up:
        assert line in script


@pytest.mark.parametrize("command", list(SHORTER))
def test_long_commands_in_a_shorter_form(command: str) -> None:
    assert command.replace("python", ".venv/bin/python", 1) in bash_lines()
    words = shlex.split(SHORTER[command])
    done = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
