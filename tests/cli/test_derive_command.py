"""``matcalc derive``: what goes to which stream, and the exit status."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from unittest import mock

import pytest

from matcalc.cli import main


def run(*arguments: str, stdin: str | bytes = "", encoding: str = "utf-8") -> tuple[int, str, str]:
    """Exit status, standard output and standard error of the command line, in this process, with streams of the encoding."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding, write_through=True) for _ in range(2))
    given = io.TextIOWrapper(io.BytesIO(stdin.encode() if isinstance(stdin, str) else stdin), "utf-8")
    with (
        mock.patch.multiple(sys, argv=["matcalc", *arguments], stdin=given, stdout=out, stderr=err),
        pytest.raises(SystemExit) as leaving,
    ):
        main()
    status = leaving.value.code
    assert isinstance(status, int)
    return status, out.buffer.getvalue().decode(encoding), err.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]


def test_as_a_program() -> None:
    """One real process, to see that the others run what a user runs."""
    done = subprocess.run(
        [sys.executable, "-m", "matcalc", "derive", "x'Ax", "--wrt", "x", "--to", "ascii"], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"(A + A')*x\n")
    assert done.stderr.decode() == run("derive", "x'Ax", "--wrt", "x")[2]


def test_the_result_and_nothing_else_is_on_standard_output() -> None:
    status, out, err = run("derive", "||X - UV||²", "--wrt", "V")
    assert status == 0
    assert out == "2 Uᵀ (U V − X)\n"
    assert "U: " in err
    assert "denominator" in err


def test_conditions_and_notes_are_on_standard_error() -> None:
    status, out, err = run("derive", "a'*inv(X)*b", "--wrt", "X")
    assert status == 0
    assert out == "−X⁻ᵀ a bᵀ X⁻ᵀ\n"
    assert "holds if:" in err
    assert "invertible" in err


@pytest.mark.parametrize(
    ("target", "expected"),
    [("unicode", "(A + Aᵀ) x"), ("ascii", "(A + A')*x"), ("latex", "A^{\\top}"), ("markdown", "$"), ("index", "A")],
)
def test_the_forms_of_a_result(target: str, expected: str) -> None:
    status, out, _ = run("derive", "xᵀAx", "--wrt", "x", "--to", target)
    assert status == 0
    assert expected in out
    assert out.count("\n") == 1


def test_json_is_one_object_and_standard_error_is_silent() -> None:
    status, out, err = run("derive", "xᵀAx", "--wrt", "x", "--to", "json")
    assert (status, err) == (0, "")
    assert json.loads(out)["unicode"] == "(A + Aᵀ) x"


def test_declarations_order_and_layout() -> None:
    assert run("derive", "x'Ax", "--wrt", "x", "--declare", "A: n×n symmetric")[1] == "2 A x\n"
    assert run("derive", "x'Ax", "--wrt", "x", "--declare", "A: n×n symmetric", "--order", "2")[1] == "2 A\n"
    assert run("derive", "A*x", "--wrt=x", "--layout=numerator")[1] == "A\n"
    assert run("derive", "x*y^2", "--wrt", "x,y")[1] == "2 y\n"
    assert run("derive", "x'Ax", "--wrt", "x", "--declare", "A: n×n symmetric", "--declare", "x: n")[1] == "2 A x\n"


@pytest.mark.parametrize("arguments", [("-x'x", "--wrt", "x"), ("--wrt", "x", "-x'x"), ("--wrt", "x", "--", "-x'x")])
def test_an_expression_may_begin_with_a_minus(arguments: tuple[str, ...]) -> None:
    assert run("derive", *arguments)[:2] == (0, "−2 x\n")


def test_a_dash_reads_standard_input() -> None:
    assert run("derive", "-", "--wrt", "x", stdin="x'Ax\n")[:2] == (0, "(A + Aᵀ) x\n")


def test_bad_input_has_status_two_and_a_caret() -> None:
    status, out, err = run("derive", "x'*(A*x", "--wrt", "x")
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert "^" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("derive", "x'Ax"),
        ("derive", "x'x", "--wrt"),
        ("derive", "x'x", "--wrt", "y"),
        ("derive", "x'x", "--wrt", ""),
        ("derive", "x'x", "--wrt", "x", "--to", "fortran"),
        ("derive", "x'x", "--wrt", "x", "--layuot", "tensor"),
        ("derive", "x'x", "--wrt", "x", "--declare", "x: banana split"),
        ("derive", "", "--wrt", "x"),
        ("derive", "-", "--wrt", "x"),
        ("derivate", "x'x", "--wrt", "x"),
    ],
)
def test_every_misuse_has_status_two_and_a_message(arguments: tuple[str, ...]) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.strip()
    assert "Traceback" not in err


def test_input_that_is_no_utf8_is_bad_input() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "matcalc", "derive", "-", "--wrt", "x"], input=b"x'\xff x", capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_stream_without_the_characters_gets_ascii(encoding: str) -> None:
    status, out, err = run("derive", "x'*A*x", "--wrt", "x", encoding=encoding)
    assert (status, out) == (0, "(A + A')*x\n")
    assert "Traceback" not in err
    status, out, _ = run("derive", "x'*A*x", "--wrt", "x", "--to", "json", encoding=encoding)
    assert json.loads(out)["unicode"] == "(A + Aᵀ) x"


def test_sympy_source() -> None:
    status, out, _ = run("derive", "||X-UV||^2", "--wrt", "V", "--to", "sympy")
    assert status == 0
    scope: dict[str, object] = {}
    exec(out, scope)
    assert str(scope["result"]) == "2*U.T*(U*V - X)"
