"""Runs a page of documentation as a reader would, and compares everything that it shows.

``console`` blocks are commands after ``$`` with their output, ``pycon`` blocks are doctests, ``repl`` blocks are typed at ``matcalc repl``
(with a fresh prompt in every section). A block with ``file=NAME`` is a file that the page's later commands find; one with
``excerpt=PATH`` is a part of that file of the repository; one with ``add=PATH`` is added to that file, in a copy of the repository
that the page's later commands use. Three dots in an output or excerpt stand for anything. ``text``, ``mermaid`` and
``yaml`` blocks are only shown, and ``bash`` blocks are looked at by the test of their page.
"""

from __future__ import annotations

import doctest
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

from matcalc.cli import main
from matcalc.repl.session import Session
from matcalc.repl.terminal import MORE, PROMPT
from tests.documents.blocks import Block, blocks_of, commands, exchanges

ROOT = Path(__file__).resolve().parents[2]
SHOWN_ONLY = {"text", "mermaid", "yaml", "bash"}


class Page:
    """One page on its way through its blocks, in an empty folder of its own."""

    def __init__(self, text: str, folder: Path) -> None:
        self.blocks = blocks_of(text)
        self.folder = folder
        self.names: dict[str, object] = {}
        self.sessions: dict[str, Session] = {}
        self.status = 0
        self.root = ROOT
        bin = folder / ".bin"
        bin.mkdir()
        for name, words in (("matcalc", "-m matcalc"), ("python", ""), ("pytest", "-m pytest")):
            (bin / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
            (bin / name).chmod(0o755)

    def differences(self) -> Iterator[str]:
        """What the page shows and what really happens, wherever the two differ. The working directory must be the page's folder."""
        for block in self.blocks:
            yield from (f"line {block.line}: {difference}" for difference in self._differences(block))

    def rewritten(self, text: str) -> str:
        """The page with what really happens in place of what it shows, wherever the two differ."""
        for block in reversed([self._corrected(block) for block in self.blocks]):
            lines = text.split("\n")
            end = next(k for k in range(block.line, len(lines)) if lines[k] == "```")
            text = "\n".join([*lines[: block.line], *block.body.rstrip("\n").split("\n"), *lines[end:]])
        return text

    def _corrected(self, block: Block) -> Block:
        match block.language:
            case "console" if "file" not in block.attributes:
                pairs = [("$ " + command, shown, self._command(command)) for command, shown in commands(block)]
            case "repl":
                session = self.sessions.setdefault(block.section, Session())
                pairs = []
                for typed, shown in exchanges(block, PROMPT, MORE):
                    pairs.append((PROMPT + typed.replace("\n", "\n" + MORE), shown, answered(session, typed)))
            case "pycon":
                return replace(block, body=self._corrected_doctest(block))
            case _:
                list(self._differences(block))
                return block
        rows = [(typed, shown if _agrees(shown, found) else found) for typed, shown, found in pairs]
        return replace(block, body="\n".join(part for row in rows for part in row if part))

    def _corrected_doctest(self, block: Block) -> str:
        test = doctest.DocTestParser().get_doctest(block.body, {}, "page", "page", 0)
        test.globs = self.names
        found: dict[int, str] = {}

        class Corrections(doctest.DocTestRunner):
            def report_failure(self, out: object, test: doctest.DocTest, example: doctest.Example, got: str) -> None:
                found[example.lineno] = got

            def report_unexpected_exception(
                self, out: object, test: doctest.DocTest, example: doctest.Example, exc_info: Any
            ) -> None:
                raise exc_info[1]

        Corrections(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS).run(test, out=lambda _: None, clear_globs=False)
        rows = []
        for example in test.examples:
            first, *rest = example.source.rstrip("\n").split("\n")
            rows += [f">>> {first}", *(f"... {line}" for line in rest)]
            rows += [found.get(example.lineno, example.want).rstrip("\n")]
        return "\n".join(row for row in rows if row)

    def _differences(self, block: Block) -> Iterator[str]:
        if "file" in block.attributes:
            (self.folder / block.attributes["file"]).write_text(block.body, encoding="utf-8")
        elif "excerpt" in block.attributes:
            whole = (ROOT / block.attributes["excerpt"]).read_text(encoding="utf-8")
            if not _agrees(f"...{block.body}...", whole):
                yield f"this is no part of {block.attributes['excerpt']}:\n{block.body}"
        elif "add" in block.attributes:
            self._add(block)
        elif block.language == "console":
            for command, expected in commands(block):
                yield from _difference(command, expected, self._command(command))
        elif block.language == "pycon":
            yield from self._doctests(block)
        elif block.language == "repl":
            session = self.sessions.setdefault(block.section, Session())
            for typed, expected in exchanges(block, PROMPT, MORE):
                yield from _difference(typed, expected, answered(session, typed))
        elif block.language not in SHOWN_ONLY:
            yield f"blocks of {block.language!r} are not run"

    def _command(self, command: str) -> str:
        if command == "echo $?":
            return str(self.status)
        words = list(shlex.shlex(command, posix=True, punctuation_chars=True))
        if self.root == ROOT and words[0] == "matcalc" and not any(set(word) <= set("();<>|&") for word in words):
            self.status, output = called(shlex.split(command)[1:])
            return output
        path = f"{self.folder / '.bin'}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "PYTHONPATH": str(self.root), "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run(
            ["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, cwd=self.folder, env=environment
        )
        self.status = done.returncode
        return done.stdout.decode().rstrip("\n")

    def _add(self, block: Block) -> None:
        if self.root == ROOT:
            self.root = self.folder / ".copy"
            for name in ("matcalc", "grammar", "rules"):
                shutil.copytree(ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__"))
        with (self.root / block.attributes["add"]).open("a", encoding="utf-8") as file:
            file.write(f"\n{block.body}")

    def _doctests(self, block: Block) -> Iterator[str]:
        test = doctest.DocTestParser().get_doctest(block.body, {}, "page", "page", block.line)
        test.globs = self.names
        report: list[str] = []
        runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
        if runner.run(test, out=report.append, clear_globs=False).failed:
            yield "".join(report)


def called(arguments: list[str]) -> tuple[int, str]:
    """Exit status and output of ``matcalc`` with these arguments, standard error included, as a terminal shows it."""
    output = io.StringIO()
    with mock.patch.object(sys, "argv", ["matcalc", *arguments]), redirect_stdout(output), redirect_stderr(output):
        try:
            main()
            status = 0
        except SystemExit as leaving:
            status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    return status, output.getvalue().rstrip("\n")


def answered(session: Session, typed: str) -> str:
    """What the prompt shows for an input."""
    parts = []
    for answer in session.run(typed):
        parts += [answer.output, *answer.remarks, f"error: {answer.error}" if answer.error else ""]
    return "\n".join(part for part in parts if part).rstrip("\n")


def _difference(command: str, expected: str, output: str) -> Iterator[str]:
    if not _agrees(expected, output):
        yield f"{command}\nshown:\n{expected}\nfound:\n{output}\n"


def _agrees(expected: str, output: str) -> bool:
    """Whether an output is the one shown, where three dots stand for anything."""
    return re.fullmatch(".*?".join(re.escape(part) for part in expected.split("...")), output, re.DOTALL) is not None
