"""Every code block of the README runs and shows what it says.

``console`` blocks are commands after ``$`` with their output, ``pycon`` blocks are doctests; ``bash`` blocks hold the commands that
take long: those of the set-up are run, verbatim, by the continuous integration script, of the others a shorter form is run here.
"""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = [(match[1], match[2]) for match in re.finditer(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)]

SHORTER = {
    "python -m tests.fuzz --count 2000 --oracle jax": "python -m tests.fuzz --count 3 --oracle differences",
    "python -m benchmarks": "python -m benchmarks",
}


def commands() -> list[tuple[str, str]]:
    """(command, output) for every ``$`` line of the console blocks."""
    found = []
    for language, body in BLOCKS:
        if language == "console":
            for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                found.append((command, output.rstrip("\n")))
    return found


def bash_lines() -> list[str]:
    return [line for language, body in BLOCKS if language == "bash" for line in body.splitlines() if line and not line.startswith("#")]


def test_every_block_is_of_a_kind_that_is_run() -> None:
    kinds = {language for language, _ in BLOCKS}
    assert kinds == {"bash", "console", "pycon"}
    assert README.count("```") == 2 * len(BLOCKS)


@pytest.mark.parametrize(("command", "output"), commands())
def test_console_blocks(command: str, output: str) -> None:
    words = shlex.split(command)
    assert words[0] == "matcalc"
    done = subprocess.run(
        [sys.executable, "-m", "matcalc", *words[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, cwd=ROOT
    )
    assert done.stdout.rstrip("\n") == output


def test_python_blocks() -> None:
    sessions = "\n".join(body for language, body in BLOCKS if language == "pycon")
    test = doctest.DocTestParser().get_doctest(sessions, {}, "README.md", "README.md", 0)
    assert len(test.examples) >= 5
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=report.append)
    assert result.failed == 0, "".join(report)


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


def test_a_wrong_output_would_be_seen() -> None:
    with pytest.raises(AssertionError):
        test_console_blocks('matcalc derive "x\'*A*x" --wrt x', "2 A x")
