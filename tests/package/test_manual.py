"""What is made from the commands says what they say: manual pages, which are clean, and a picture."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.documents.running import ROOT
from tests.package.manual import pages, roff
from tests.package.terminal import picture


def test_the_pages_are_those_of_the_commands() -> None:
    kept = {path.name: path.read_text(encoding="ascii") for path in (ROOT / "man").glob("*")}
    assert kept == pages(), "python -m tests.package writes them anew"


def complaints(program: str, *paths: Path) -> str:
    command = {"mandoc": ("mandoc", "-T", "lint"), "groff": ("groff", "-ww", "-man", "-T", "utf8")}[program]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    done = subprocess.run([*command, *map(str, paths)], capture_output=True, encoding="utf-8", check=False)
    return done.stdout + done.stderr if program == "mandoc" else done.stderr


@pytest.mark.parametrize("program", ["mandoc", "groff"])
def test_the_pages_are_clean(program: str, tmp_path: Path) -> None:
    assert complaints(program, *sorted((ROOT / "man").glob("*.1"))) == ""
    wrong = tmp_path / "wrong.1"
    wrong.write_text((ROOT / "man" / "matcalc.1").read_text(encoding="ascii") + ".XY\n\\fQwrong\n", encoding="ascii")
    assert complaints(program, wrong) != ""


def test_what_means_something_to_roff_is_spelled_out() -> None:
    assert roff("x'A - B² \\top^") == r"x\(aqA \- B\[u00B2] \etop\(ha"


def test_the_picture_is_what_a_terminal_shows() -> None:
    kept = (ROOT / "docs" / "pictures" / "terminal.svg").read_text(encoding="utf-8")
    assert kept == picture(), "python -m tests.package draws it anew"
    assert ">2\N{NO-BREAK SPACE}Uᵀ\N{NO-BREAK SPACE}(U\N{NO-BREAK SPACE}V\N{NO-BREAK SPACE}−\N{NO-BREAK SPACE}X)<" in kept
