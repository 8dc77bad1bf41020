"""Streams and how the program ends: encodings, pipes that are closed, Ctrl-C, standard input of other systems."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from matcalc.cli import front
from matcalc.interface.console import ascii_text
from tests.cli.test_derive_command import run

MATCALC = [sys.executable, "-m", "matcalc"]


def environment(encoding: str) -> dict[str, str]:
    return {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}


EVERYTHING = [
    ("derive", "-h"),
    ("derive", "x'Ax", "--wrt", "x"),
    ("verify", "d(x'Ax)/dx = 2Ax"),
    ("derive", "∇ ≠ ⟨", "--wrt", "x"),
    ("||X - UV||²", "--wrt", "V", "--steps"),
    ("β²x", "--wrt", "β", "--to", "json"),
    ("x'Ax",),
]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437"])
def test_consoles_without_unicode(encoding: str) -> None:
    """Help, results, notes, errors and verdicts can all be written; ``run`` decodes strictly."""
    found = [run(*words, encoding=encoding) for words in EVERYTHING]
    assert [status for status, _, _ in found] == [0, 0, 1, 2, 0, 0, 2]
    assert found[1][1] == "(A + A')*x\n"
    if encoding == "ascii":
        assert "A: nxn" in found[1][2]
        assert "true if and only if A = A'" in found[2][1]


def test_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in "".join(run("x'x")[1:])


@pytest.mark.parametrize(
    "content", ["x'Ax\r\n".encode("utf-8-sig"), "x'Ax\r\n".encode("utf-16"), b"x'Ax\r", b"z = A*x;\r\nx'z\r\n"]
)
def test_standard_input_of_other_systems(content: bytes) -> None:
    assert run("derive", "-", "--wrt", "x", stdin=content)[:2] == (0, "(A + Aᵀ) x\n")


def test_a_pipe_that_nobody_reads_ends_quietly() -> None:
    words = "'" + "' '".join([*MATCALC, "identities", "--no-check"]) + "'"
    done = subprocess.run(["sh", "-c", f"{words} | head -n 1"], capture_output=True, check=False, env=environment("utf-8"))
    assert done.stdout.count(b"\n") == 1
    assert b"Traceback" not in done.stderr and b"BrokenPipe" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupt_is_one_line() -> None:
    code = "import matcalc.cli as c; print('ready', flush=True); c.main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "derive", "-", "--wrt", "x"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment("utf-8"), preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.5)  # it waits for standard input by then
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.decode().strip() == "interrupted"


def test_every_character_has_a_spelling() -> None:
    text = "".join(map(chr, range(0x80, 0x3000))) + "𝐗𝔸😀\udcff"
    assert ascii_text(text).isascii()
    assert ascii_text("x⁻¹ᵀ, Aᵀ, W₁₂, x̂, é, 3×4 — “a”") == 'x^-1T, A\', W_12, x_hat, e_acute, 3x4 - "a"'


def test_an_error_of_its_own_is_said_with_its_place(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["matcalc", "derive", "x'x", "--wrt", "x"])
    monkeypatch.setattr("matcalc.cli.front.understood", lambda arguments: lambda: {}["planted"])
    with pytest.raises(SystemExit) as ended:
        front.main()
    assert ended.value.code == 70
    out, said = capsys.readouterr()
    assert out == ""
    assert said.startswith("internal error (KeyError in matcalc.cli.front, line ")
    assert "planted" not in said
    assert "report" in said
