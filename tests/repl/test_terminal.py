"""``matcalc repl`` as a program: through a pipe, and in a pseudo-terminal with history, completion and interrupts."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from matcalc.cli.clicked import cli
from matcalc.repl.answers import Answer
from matcalc.repl.session import Session
from matcalc.repl.terminal import PROMPT, _exchange, answers, completions, gathered


def piped(text: str, *options: str, encoding: str = "utf-8") -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "matcalc", "repl", *options],
        input=text.encode(),
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
    )
    return done.returncode, done.stdout.decode(encoding, "replace"), done.stderr.decode(encoding, "replace")


def test_a_pipe_gets_results_and_no_prompt() -> None:
    status, out, err = piped("f = ||X - UV||²\nderive f by V\n\n# a comment\nnorm2(X*w -\n  y)^2 wrt w\n:quit\nx'x\n")
    assert status == 0
    assert out == "f = ‖X − U V‖²\n2 Uᵀ (U V − X)\n2 Xᵀ (X w − y)\n"
    assert "matcalc>" not in err
    assert "shape:    p×m, denominator layout\n" in err


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("x'x", 0),
        ("d(x'Ax)/dx = 2Ax", 1),
        ("x'*(x", 2),
        ("x'*(x\nx'x\n", 2),
        ("d(x'Ax)/dx = 2Ax\nfoo(x)\n", 2),
        ("", 0),
        (":nonsense", 2),
    ],
)
def test_the_exit_status_of_a_pipe(text: str, status: int) -> None:
    done = CliRunner().invoke(cli, ["repl"], input=text)
    assert done.exit_code == status
    assert ("error: " in done.stderr) == (status == 2)


def test_options_and_an_output_without_unicode() -> None:
    status, out, _ = piped("x'Ax wrt x\nd(A*x)/dx\n", "--declare", "A: n×n symmetric", "--layout", "numerator", encoding="ascii")
    assert (status, out) == (0, "2*x'*A\nA\n")


def test_lines_that_belong_together() -> None:
    assert list(gathered(iter(["a(", "b", ")", "c", "d +", "", "(", ""]))) == ["a(\nb\n)", "c", "d +\n", "(\n"]
    assert list(gathered(iter(["x", "(y"]))) == ["x", "(y"]


def test_an_error_of_its_own_does_not_end_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    list(session.run("f = x'x"))
    monkeypatch.setattr("matcalc.repl.session.derived", lambda *_: 1 / 0)
    (answer,) = answers(session, "f wrt x")
    assert answer.status == 2
    assert answer.error.startswith("internal error (ZeroDivisionError in matcalc.repl.")
    assert "please report it with this line" in answer.error
    assert list(session.state.definitions) == ["f"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (":la", [":latex ", ":layout "]), (":layout n", ["numerator"]), (":help lay", ["layout"]), (":forget l", ["loss"]),
        (r"\bet", [r"\beta"]), (r"x \beta", ["β"]), ("softs", ["softshrink(", "softsign("]), ("los", ["loss"]), ("", []),
        (":steps lo", ["loss"]), ("derive", ["derive "]), ("loss wrt w", ["w"]), ("derive loss by X, ", ["loss", "X", "w", "y"]),
    ],
)  # fmt: skip
def test_completion(line: str, found: list[str]) -> None:
    session = Session()
    list(session.run("loss = ||X*w - y||²"))
    start = max(line.rfind(" "), line.rfind("("), line.rfind(",")) + 1
    offered = completions(session, line, start, len(line))
    assert (offered[:1] if line == ":steps lo" else offered) == found


# ---------------------------------------------------------------- a terminal

pty = pytest.importorskip("pty", reason="pseudo-terminals are needed")


AT_A_TERMINAL = """
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGINT, signal.SIG_DFL)  # in the background of a shell it is ignored
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C typed there interrupts
os.execv(sys.executable, [sys.executable, "-m", "matcalc", "repl"])
"""


class Terminal:
    """The prompt in a pseudo-terminal. A program of its own, not a fork: other tests may have started threads in this process."""

    def __init__(self, state: Path) -> None:
        environment = {
            **os.environ,
            "XDG_STATE_HOME": str(state),
            "TERM": "dumb",
            "INPUTRC": os.devnull,
            "PYTHONIOENCODING": "utf-8",
        }
        self.end, other = pty.openpty()
        command = [sys.executable, "-c", AT_A_TERMINAL]
        self.process = subprocess.Popen(command, stdin=other, stdout=other, stderr=other, env=environment, start_new_session=True)
        os.close(other)
        self.seen = ""

    def read_until(self, text: str, seconds: float = 30.0) -> str:
        """What came since the last call, up to and with the text."""
        assert self.comes(text, seconds), f"{text!r} did not come; got {self.seen!r}"
        before, _, self.seen = self.seen.partition(text)
        return before + text

    def comes(self, text: str, seconds: float) -> bool:
        """Whether the text comes in time, before the process ends."""
        stop = time.monotonic() + seconds
        while text not in self.seen:
            if not select.select([self.end], [], [], max(0.0, stop - time.monotonic()))[0]:
                return False
            try:
                self.seen += os.read(self.end, 4096).decode("utf-8", "replace")
            except OSError:  # the process ended
                return text in self.seen
        return True

    def type(self, keys: str, answer: str) -> str:
        os.write(self.end, keys.encode())
        return self.read_until(answer)

    def interrupt(self) -> None:
        """Ctrl-C, once more if it came while the reader was not listening yet."""
        for seconds in (2.0, 5.0, 30.0):
            os.write(self.end, b"\x03")
            if self.comes(PROMPT, seconds):
                break
        self.read_until(PROMPT, 0.0)

    def status(self) -> int:
        return self.process.wait(timeout=30)

    def close(self) -> None:
        self.process.kill()  # does nothing once it has ended
        self.process.wait()
        os.close(self.end)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    with contextlib.closing(Terminal(tmp_path)) as opened:
        opened.read_until(PROMPT)
        yield opened


def test_a_conversation(terminal: Terminal, tmp_path: Path) -> None:
    assert "2 Uᵀ (U V − X)" in terminal.type("f = ||X - UV||²; derive f by V\n", "denominator layout") or terminal.seen
    terminal.read_until(PROMPT)
    terminal.type("norm2(X*w -\n", "... ")
    terminal.type("y)^2 wrt w\n", "2 Xᵀ (X w − y)")
    terminal.read_until(PROMPT)
    assert "^" in terminal.type("x'*(x\n", "... ") + terminal.type("\n", "try: add the closing bracket")
    terminal.read_until(PROMPT)
    terminal.type(":lay\t", ":layout ")
    terminal.type("num\t", "numerator")
    terminal.type("\n", "numerator from now on")
    terminal.read_until(PROMPT)
    terminal.type("\x1b[A", "layout numerator")  # the line before, from the history
    terminal.interrupt()  # leaves the line, not the session
    terminal.type("(x\n", "... ")
    terminal.interrupt()
    terminal.type(":list\n", "f = ||X - UV||²")
    terminal.read_until(PROMPT)
    os.write(terminal.end, b"\x04")  # Ctrl-D
    assert terminal.status() == 0
    assert "norm2(X*w -" in (tmp_path / "matcalc" / "history").read_text(encoding="utf-8")


def test_history_of_the_session_before(tmp_path: Path) -> None:
    (tmp_path / "matcalc").mkdir()
    (tmp_path / "matcalc" / "history").write_text("tr(A*X) wrt X\n", encoding="utf-8")
    with contextlib.closing(Terminal(tmp_path)) as opened:
        opened.read_until(PROMPT)
        opened.type("\x1b[A", "tr(A*X) wrt X")
        opened.type("\n", "Aᵀ")
        opened.type(":quit\n", ":quit")
        assert opened.status() == 0


def test_an_interrupt_ends_the_computation_and_not_the_session(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = iter(["x'x wrt x", "x'x wrt x", ":quit"])
    session, run = Session(), Session.run
    interrupted: list[str] = []

    def once(self: Session, text: str) -> Iterator[Answer]:
        if not interrupted:
            interrupted.append(text)
            raise KeyboardInterrupt
        return run(self, text)

    monkeypatch.setattr("builtins.input", lambda _: next(typed))
    monkeypatch.setattr(Session, "run", once)
    assert [_exchange(session) for _ in range(3)] == [True, True, False]
    assert capsys.readouterr().out.startswith("\ninterrupted\n2 x\n")
