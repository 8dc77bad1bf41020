"""What is meant by words on the command line: a command, a formula, a claim, a mistyped command; and by which symbol."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from matcalc.base.version import VERSION
from matcalc.cli import arguments
from matcalc.cli.clicked import cli
from tests.documents.running import called

GRADIENT = "(A + Aᵀ) x"


def first(*arguments: str) -> tuple[int, str]:
    """Exit status and first line of what a terminal shows."""
    status, output = called(list(arguments))
    return status, output.split("\n")[0]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("x'x",), "2 x"),
        (("x'Ax", "--wrt", "x"), GRADIENT),
        (("x'Ax", "-w", "x", "--to", "ascii"), "(A + A')*x"),
        (("--wrt", "x", "x'Ax"), GRADIENT),
        (("--layout", "numerator", "derive", "A*x", "--wrt", "x"), "A"),
        (("-x'x",), "−2 x"),
        (("x'Ax wrt x",), GRADIENT),
        (("gradient of x'Ax with respect to x",), f"∂f/∂x = {GRADIENT}"),
        (("grad x'x",), "∂f/∂x = 2 x"),
        (("hessian x'x",), "2 eye(n)"),
        (("hessian of x'Ax by x",), "A + Aᵀ"),
        (("jacobian of A*x w.r.t. x",), "Aᵀ"),
        (("derive", "hessian of x'A x", "--wrt", "x"), "A + Aᵀ"),
        (("hessian of x'A x", "--wrt", "x", "--order", "2"), "A + Aᵀ"),
        (("derive", "what is the second derivative of x'A x with respect to x?"), "A + Aᵀ"),
        (("derive", "second derivative of x'x"), "2 eye(n)"),
        (("gradient", "gradient of x'Ax", "--wrt", "x"), f"∂f/∂x = {GRADIENT}"),
        (("derive", "x'Ax wrt x", "--wrt", "x"), GRADIENT),
        (("derive", "f = x'Ax; hessian of f", "--wrt", "x"), "A + Aᵀ"),
        (("hvp x'A x wrt x along v",), "(A + Aᵀ) v"),
        (("Hessian of x'Ax along v by x", "-d", "A symmetric"), "2 A v"),
        (("x'Ax along v wrt x",), "xᵀ A v + vᵀ A x"),
        (("f = x'x; grad f",), "∂f/∂x = 2 x"),
        (("derive", "x'Ax wrt x"), GRADIENT),
        (("d/dx x'Ax",), GRADIENT),
        (("∇(x'x)",), "∂f/∂x = 2 x"),
        (("∇²(x'x)",), "2 eye(n)"),
        (("d(x'x)",), "df = 2 xᵀ dx"),
        (("f(x) = x'Ax",), GRADIENT),
        (("x'Ax", "-w", "x", "-w", "x"), GRADIENT),
        (("version",), f"matcalc, version {VERSION}"),
        (("help", "derive"), "Usage: matcalc derive [OPTIONS] EXPRESSION"),
        (("tr(AB) = tr(BA)",), "proved: tr(AB) = tr(BA)"),
        (("DERIVE", "x'x"), "2 x"),
        (("grad", "x'Ax", "--wrt", "x"), f"∂f/∂x = {GRADIENT}"),
        (("c*w'w",), "2 c w"),
        (("sum(exp(a*t))", "-d", "a: scalar; t: scalar", "-w", "t"), "a exp(a t)"),
        (("sum(f(w))", "-d", "f: function"), "f'(w)"),
    ],
)
def test_what_is_meant(arguments: tuple[str, ...], line: str) -> None:
    assert first(*arguments) == (0, line)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("dervie", "x'Ax", "--wrt", "x"), "did you mean matcalc derive?"),
        (("hesian",), "did you mean matcalc hessian?"),
        (("Verfy", "x = x"), "did you mean matcalc verify?"),
        (("foo",), 'as a formula: matcalc derive "foo"'),
        (("frobnicate", "x'Ax"), "there is no command frobnicate"),
        (("x'Ax",), "by which symbol?"),
        (("derive", "derivative of x'Ax with respect to A", "--wrt", "x"), "by A, and the one by x is asked for"),
        (("gradient", "hessian of x'Ax", "--wrt", "x"), "asks for a second derivative, and a first one"),
        (("derive", "gradient of x'Ax", "--wrt", "x", "--order", "2"), "asks for a first derivative, and a second one"),
        (("hvp", "x'x wrt x along v", "--direction", "w"), "the text says the direction v"),
        (("derive", "x'x wrt x along v"), "matcalc derive has no direction"),
        (("3",), "there is no symbol"),
        (("x'x", "--to", "latx"), "did you mean latex?"),
        (("derive", "x'x", "--entires", "n=2"), "--entries"),
        (("derive", "x'x", "y'y", "--wrt", "x"), "2 expressions were given"),
        (("derive", "x'Ax", "x", "A"), 'try: "x\'Ax" --wrt x --wrt A'),
        (("x'x", "--wrt"), "--wrt needs a value"),
        (("derive", "f(x, y) = x'A*y"), "by which symbol?"),
    ],
)
def test_what_is_not_meant(arguments: tuple[str, ...], said: str) -> None:
    status, output = called(list(arguments))
    assert status == 2
    assert output.startswith("error: ")
    assert said in output


def test_nothing_is_short_help() -> None:
    status, output = called([])
    assert status == 0
    assert output.count("\n  matcalc ") == 3
    assert len(output.splitlines()) < 10


def test_the_choices_are_commands_that_work() -> None:
    for command in ("derive", "gradient", "hessian"):
        _, output = called([command, "x'Ax", "--layout", "numerator", "--declare", "A: n×n symmetric"])
        ways = [line.split("matcalc ", 1)[1] for line in output.splitlines() if "matcalc " in line]
        assert len(ways) == 3
        for way in ways:
            words = [word.strip('"') for word in way.replace('" ', '"\n').replace(' "', '\n"').split("\n")]
            arguments = [part for word in words for part in ([word] if "'" in word or "×" in word else word.split())]
            assert called(arguments)[0] == 0, way


def test_at_a_terminal_there_is_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arguments, "_is_conversation", lambda: True)
    for typed, out in [
        ("1\n", GRADIENT),
        ("A\n", "x xᵀ"),
        ("9\nx\n", GRADIENT),
        ("3\n", f"∂f/∂x = {GRADIENT}\n∂f/∂A = x xᵀ"),
        ("x, A\n", "∂f/∂x"),
    ]:
        done = CliRunner().invoke(cli, ["x'Ax"], input=typed)
        assert done.stdout.startswith(out), typed
        assert "  1  x         vector of size n\n  2  A         n×n matrix\n  3  all of them\n" in done.stderr
    done = CliRunner().invoke(cli, ["x'Ax"], input="")
    assert done.exit_code != 0


@pytest.mark.parametrize(
    ("wrt", "lines"),
    [
        (("-w", "x", "-w", "y"), ["∂f/∂x = y²", "∂f/∂y = 2 x y"]),
        (("--wrt", "x and y"), ["∂f/∂x = y²", "∂f/∂y = 2 x y"]),
        (("--wrt", "x,y"), ["2 y"]),
        (("--wrt=x", "--order", "2"), ["0"]),
        (("--wrt", "x", "--wrt", "y", "--order", "2"), ["∂²f/∂x² = 0", "∂²f/∂y² = 2 x"]),
        (("—wrt", "x"), ["y²"]),
        (("-wrt", "x"), ["y²"]),
    ],
)
def test_several_names(wrt: tuple[str, ...], lines: list[str]) -> None:
    status, output = called(["derive", "x*y^2", *wrt])
    assert status == 0
    assert output.split("\n")[: len(lines)] == lines
    assert ("mixed second derivative" in output) == ("x,y" in wrt)


def test_several_results_in_every_form() -> None:
    for form in ("unicode", "ascii", "latex", "markdown", "json", "index", "numpy", "differential"):
        status, output = called(["x'Ax", "-w", "x", "-w", "A", "--to", form])
        assert status == 0, output
        assert "A" in output and "x" in output


@pytest.mark.parametrize(
    ("written", "meant"), [("tex", "latex"), ("LaTeX", "latex"), ("md", "markdown"), ("Python", "numpy"), ("JSON", "json")]
)
def test_other_names_of_forms(written: str, meant: str) -> None:
    assert called(["x'x", "--to", written]) == called(["x'x", "--to", meant])


@pytest.mark.parametrize(
    "command", ["", "derive", "gradient", "hessian", "jacobian", "vjp", "jvp", "differential", "verify", "identities", "repl"]
)
def test_short_option_for_help(command: str) -> None:
    assert called([*command.split(), "-h"]) == called([*command.split(), "--help"])
    assert called([*command.split(), "-h"])[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("derive", "xAx", "--wrt", "x"), '"x\'Ax" in double quotes'),
        (("derive", "frac{1}{2} x^top A x", "--wrt", "x"), "put LaTeX in single quotes"),
        (("derive", "A", "*", "x", "--wrt", "x"), "read as:  A * x"),
        (("x'Ax", "wrt", "x"), "read as:  x'Ax wrt x"),
    ],
)
def test_what_a_shell_took_away_is_said(arguments: tuple[str, ...], said: str) -> None:
    assert said in called(list(arguments))[1]


def test_files_in_place_of_a_star(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    for name in ("notes.md", "data.csv"):
        open(name, "w").close()
    status, output = called(["derive", "A", "data.csv", "notes.md", "x", "--wrt", "x"])
    assert status == 2
    assert "names of files" in output


@pytest.mark.parametrize("text", ["'x^T A x'", '"x\'Ax"', "“x'Ax”", "\ufeffx'Ax\r\n", "x’Ax", "x'\u00a0A\u202fx"])
def test_quotes_and_marks_around_an_expression(text: str) -> None:
    assert first("derive", text, "--wrt", "x") == (0, GRADIENT)


def test_declarations_from_a_file_of_another_system() -> None:
    assert first("x'Ax", "-w", "x", "-d", "\ufeffA:\u00a0n×n\u00a0symmetric\r\nx: n\r\n") == (0, "2 A x")
