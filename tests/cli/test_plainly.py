"""Plain arguments are read without click exactly as click reads them, and all others are left to it."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from matcalc.cli import front
from matcalc.cli.clicked import as_click
from matcalc.cli.front import GIVEN, LAZY, ExpressionCommand, Given, Option, command_called, sorted_out, understood
from tests.documents.running import called

FORMULA = "x'*A*x"
COMMANDS = [command for command in map(command_called, LAZY) if isinstance(command, ExpressionCommand)]


def written(option: Option) -> list[list[str]]:
    """An option in each spelling, with each value that is plain."""
    match option.kind:
        case "flag":
            values: list[list[str]] = [[]]
        case "word":
            values = [[word] for word in option.words]
        case "text":
            values = [["n=2"]]
        case "texts":
            values = [["x"], ["A: n×n symmetric"]]
        case "number":
            values = []
    return [[spelling, *value] for spelling, value in product(option.spellings, values)]


def by_click(command: ExpressionCommand, arguments: list[str]) -> tuple[Given, dict[str, Any]]:
    context = as_click(command).make_context(f"matcalc {command.name}", list(arguments))
    (given,) = context.meta.values()
    return given, context.params


def differences(command: ExpressionCommand, arguments: list[str]) -> list[str]:
    """What is read otherwise without click."""
    given, params = by_click(command, arguments)
    found = sorted_out(arguments, command.options)
    if found is None:
        return ["not understood"]
    expression, options, values = found
    plain = {"expression": expression, **values}
    return [
        *[f"{name}: {plain.get(name)!r}, {params.get(name)!r}" for name in plain | params if plain.get(name) != params.get(name)],
        *(["what was given"] if given != Given(given.command, (expression,), options) else []),
    ]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_option_is_read_as_click_reads_it(command: ExpressionCommand) -> None:
    singles = [form for option in command.options for form in written(option)]
    assert len(singles) > 20
    for first, second in zip([[], *singles], [*singles, []]):
        for arguments in ([FORMULA, *first, *second], [*first, FORMULA, *second], [*second, *first, "x"]):
            assert differences(command, arguments) == [], arguments


def test_a_difference_is_seen() -> None:
    command = COMMANDS[0]
    other = Option(("--to",), "target", "text", "", default="ascii")
    planted = ExpressionCommand(command.name, "", (*command.options[:-2], other, command.options[-1]), command.run)
    found = sorted_out([FORMULA], planted.options)
    assert found is not None and found[2]["target"] != by_click(command, [FORMULA])[1]["target"]


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["derive"], ["derive", "--help"], ["derive", FORMULA, "-h"], ["--version"], ["derive", "-"], ["derive", ""], ["derive", " "],
        ["Derive", FORMULA], ["grad", FORMULA], ["dervie", FORMULA], [FORMULA, "--wrt", "x"], ["verify", "x = x"], ["help", "softmax"],
        ["derive", "-x'x"], ["derive", "−x'x", "--wrt", "–x"], ["derive", FORMULA, "--wrt"], ["derive", FORMULA, "--wrt", "--strict"],
        ["derive", FORMULA, "--wrt", ""],
        ["derive", FORMULA, "--wrt=x"], ["derive", FORMULA, "-wrt", "x"], ["derive", FORMULA, "—wrt", "x"],
        ["derive", FORMULA, "--WRT", "x"], ["derive", FORMULA, "-wx"], ["derive", "A", "*", "x"], ["derive", FORMULA, "--", "x"],
        ["derive", "--", FORMULA], ["derive", FORMULA, "--to", "tex"], ["derive", FORMULA, "--to", "JSON"], ["derive", FORMULA, "--bolt"],
        ["derive", FORMULA, "--order", "3"], ["derive", FORMULA, "--budget", "5"], ["derive", FORMULA, "--str"],
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_click(arguments: list[str]) -> None:
    assert understood(arguments) is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["derive", FORMULA, "--wrt", "x"],
        ["derive", FORMULA, "--wrt", "x", "--declare", "A: n×n symmetric", "--to", "latex", "--bold"],
        ["derive", FORMULA, "--explain-reading", "-w", "x", "-w", "A"],
        ["derive", FORMULA, "--layout", "numerator"],
        ["derive", "x'*A*", "--wrt", "x"],
        ["derive", "xAx", "--wrt", "x"],
        ["derive", FORMULA, "--wrt", "x", "--bold", "--to", "json"],
        ["hessian", "x'Ax by x"],
        ["gradient", "z = W*x; u'*z", "--wrt", "W,x"],
        ["jvp", "A*X", "--wrt", "X", "--direction", "V"],
    ],
)
def test_the_answer_is_that_of_click(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert understood(arguments) is not None
    plain = called(arguments)
    monkeypatch.setattr(front, "understood", lambda _: None)
    assert plain == called(arguments)
    assert GIVEN.get().words == ()


def test_where_click_puts_in_what_stars_stand_for_all_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["derive", FORMULA, "--wrt", "x"]
    assert understood(arguments) is not None
    monkeypatch.setattr(front.os, "name", "nt")
    assert understood(arguments) is None
