"""``--strict``, ``--dialect`` and ``--explain-reading``, and the reading before the result."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from matcalc.cli.clicked import cli

COMMANDS = (
    ["derive", "e^(a'x)", "--wrt", "x"],
    ["gradient", "e^(a'x)", "--wrt", "x"],
    ["vjp", "e^(a'x)", "--wrt", "x"],
    ["jvp", "e^(a'x)", "--wrt", "x"],
    ["differential", "e^(a'x)", "--wrt", "x"],
    ["verify", "d(e^(a'x))/dx = e^(a'x) a"],
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_every_command_that_reads_has_the_options(command: list[str]) -> None:
    found = CliRunner().invoke(cli, [*command, "--strict", "--dialect", "Math", "--explain-reading"])
    assert found.exit_code == 0, found.output
    assert "dialect: math" in found.stderr
    assert "assumed: e is read as the base of the exponential function" in found.stderr
    assert "read as" not in found.stdout or command[0] == "verify"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_the_reading_is_shown_where_it_is_more_than_usual(command: list[str]) -> None:
    found = CliRunner().invoke(cli, command)
    assert "exp(aᵀ x)" in next(line for line in found.output.splitlines() if "read as:" in line)


def test_the_usual_reading_is_not_shown() -> None:
    assert "read as" not in CliRunner().invoke(cli, ["derive", "x'A x", "--wrt", "x"]).output
