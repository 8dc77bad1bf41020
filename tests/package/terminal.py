"""The picture of a terminal in the README, drawn from what commands really print: ``python -m tests.package`` draws it anew."""

from __future__ import annotations

import io
import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from html import escape
from unittest import mock

from matcalc.cli import main

SHOWN = (
    'matcalc derive "||X - UV||²" --wrt V',
    'matcalc verify "d(x\'Ax)/dx = 2Ax"',
)
WIDTH, LINE, SIDE, TOP, COLUMN = 640, 20, 20, 52, 8.4
INK = {"prompt": "#7ee787", "typed": "#ffffff", "result": "#79c0ff", "said": "#8b949e"}


class Recorder(io.StringIO):
    """A stream that notes its lines in a list that others share."""

    def __init__(self, lines: list[tuple[str, str]], kind: str) -> None:
        super().__init__()
        self.lines, self.kind = lines, kind

    def write(self, text: str) -> int:
        self.lines += [(self.kind, line) for line in text.splitlines() if line]
        return len(text)


def transcript() -> Iterator[tuple[str, str]]:
    """(what it is, a line) of every command and what it prints."""
    for command in SHOWN:
        yield "typed", command
        lines: list[tuple[str, str]] = []
        streams = redirect_stdout(Recorder(lines, "result")), redirect_stderr(Recorder(lines, "said"))
        with streams[0], streams[1], mock.patch("sys.argv", shlex.split(command)), suppress(SystemExit):
            main()
        yield from lines
        yield "said", ""


def picture() -> str:
    """A drawing that needs no fonts or files from elsewhere; every line keeps its columns in any font."""
    rows = [*transcript()][:-1]
    height = TOP + LINE * len(rows) + SIDE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">',
        "<title>matcalc at a terminal</title>",
        f'<rect width="{WIDTH}" height="{height}" rx="10" fill="#0d1117" stroke="#30363d"/>',
        *(f'<circle cx="{22 + 20 * k}" cy="22" r="6" fill="{ink}"/>' for k, ink in enumerate(("#ff5f57", "#febc2e", "#28c840"))),
        '<g font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="14">',
    ]
    for number, (kind, line) in enumerate(rows):
        y = TOP + LINE * number + 14
        start = SIDE
        if kind == "typed":
            parts.append(_text(SIDE, y, "$", INK["prompt"]))
            start += round(2 * COLUMN)
        if line:
            parts.append(_text(start, y, line, INK[kind]))
    return "\n".join([*parts, "</g>", "</svg>"]) + "\n"


def _text(x: int, y: int, line: str, ink: str) -> str:
    kept = escape(line, quote=False).replace(" ", "\N{NO-BREAK SPACE}")
    return f'<text x="{x}" y="{y}" textLength="{COLUMN * len(line):.1f}" fill="{ink}">{kept}</text>'
