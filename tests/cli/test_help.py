"""The help pages: nothing is cut off, and their examples run."""

from __future__ import annotations

import re
import shlex

import pytest
from click.testing import CliRunner

from matcalc.cli.clicked import cli
from matcalc.cli.front import LAZY
from tests.documents.running import called

COMMANDS = list(LAZY)


def page(*arguments: str) -> str:
    done = CliRunner().invoke(cli, [*arguments, "--help"])
    assert done.exit_code == 0
    return done.output


def examples(text: str) -> list[str]:
    return [line.strip().split("  ")[0] for line in re.findall(r"^  matcalc (?!COMMAND)[a-z]+ .*$", text, re.MULTILINE)]


def test_the_list_of_commands() -> None:
    rows = re.findall(r"^  ([a-z-]+)  +(\S.*)$", page().partition("Commands:")[2], re.MULTILINE)
    assert [name for name, _ in rows] == COMMANDS
    for _, purpose in rows:
        assert purpose.endswith(".") and not purpose.endswith("...")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_examples_of_a_page_run(command: str) -> None:
    found = [line for line in examples(page(*command.split())) if not re.search(r"repl|identities|web|FILE|\.md|\.tex", line)]
    without = ("repl", "identities", "check", "check-proof", "web", "worksheet", "mcp", "json-lines", "json-schema")
    assert found or command in without
    for line in found:
        status, output = called(shlex.split(line)[1:])
        assert status == ("2Ax" in line), f"{line}\n{output}"


def test_a_wrong_example_would_be_seen() -> None:
    assert examples('  matcalc derive "x\'*(A" --wrt x\n  text\n') == ['matcalc derive "x\'*(A" --wrt x']
    assert called(["derive", "x'*(A", "--wrt", "x"])[0] == 2
