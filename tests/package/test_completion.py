"""Shells complete commands, options, words, symbols and functions, with the scripts that ``docs/installation.md`` tells to load."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest
from click.shell_completion import BashComplete

from matcalc.cli.clicked import COMPLETING, cli
from matcalc.cli.front import LAZY
from tests.documents.running import ROOT

BEFORE = {
    ("", ()): [*LAZY],
    ("hes", ()): ["hessian"],
    ("--lay", ("derive",)): ["--layout"],
    ("n", ("derive", "x'Ax", "--layout")): ["numerator"],
    ("N", ("derive", "x'Ax", "--layout")): ["numerator"],
    ("", ("derive", "x'Ax + b'z", "-w")): ["x", "A", "b", "z"],
    ("x,", ("hessian", "x'Ax", "--wrt")): ["x,A"],
    ("", ("x'Ax", "-d", "A: n×n constant", "--wrt")): ["x"],
    ("x'Ax + softma", ("derive",)): ["x'Ax + softmax"],
    ("\\alpha", ("derive",)): [],
    ("sar", ("verify", "--to")): ["sarif"],
    ("symm", ("help",)): ["symmetric"],
    ("", ("derive", "x'A(", "--wrt")): [],
}
"""What may follow, by the word that is begun and the words before it."""


@pytest.mark.parametrize(("begun", "before"), BEFORE)
def test_what_is_offered(begun: str, before: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COMPLETING, "bash_complete")
    offered = BashComplete(cli, {}, "matcalc", COMPLETING).get_completions(list(before), begun)
    assert [item.value for item in offered] == BEFORE[begun, before]


@pytest.mark.parametrize(
    ("before", "kind"), [("verify", "file"), ("check-proof", "file"), ("verify --root", "dir"), ("verify -o", "file")]
)
def test_names_of_files_are_left_to_the_shell(before: str, kind: str) -> None:
    (offered,) = BashComplete(cli, {}, "matcalc", COMPLETING).get_completions(before.split(), "pa")
    assert (offered.type, offered.value) == (kind, "pa")


SHELLS = {
    "bash": r"""
        LINE
        ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _matcalc_completion matcalc; printf '%s\n' "${COMPREPLY[@]}"; }
        ask matcalc derive "\"x'Ax\"" --wrt ''; ask matcalc dervie x --wrt ''
        """,
    "fish": r"""
        LINE
        complete -C "matcalc derive \"x'Ax\" --wrt "
        """,
    "zsh": r"""
        autoload -U compinit && compinit -u -D
        LINE
        compadd() { print -l -- ${completions[@]}; }; _describe() { }
        ask() { words=("$@"); CURRENT=$#; _matcalc_completion; }
        ask matcalc derive "\"x'Ax\"" --wrt ''
        """,
}
"""Programs that load what stands in place of LINE, and complete a command line; bash also one that cannot be read."""


@pytest.mark.parametrize("shell", SHELLS)
def test_shells_complete(shell: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    folder = tmp_path_factory.mktemp("bin")
    (folder / "matcalc").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m matcalc "$@"\n')
    (folder / "matcalc").chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "HOME": str(folder)}
    done = subprocess.run(
        [shell, "-c", SHELLS[shell].replace("LINE", documented(shell))],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        check=False,
    )
    assert (sorted(done.stdout.split()), done.stderr) == (["A", "x"], "")


def documented(shell: str) -> str:
    """The line of the page that loads the script."""
    page = (ROOT / "docs" / "installation.md").read_text(encoding="utf-8")
    (line,) = re.findall(rf"`([^`]*_MATCALC_COMPLETE={shell}_source[^`]*)` \|$", page, re.MULTILINE)
    return str(line).replace("\\|", "|")
