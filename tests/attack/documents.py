"""``python -m tests.attack.documents --count 500``: documents made at random, with claims planted in them that must all be reported.

Number k is one Markdown, LaTeX or identity file: true and false claims among prose, code, comments and formulas that claim nothing.
The report of ``matcalc verify FILE --to json`` must have each planted claim at its line with the right verdict, and the exit status must
be that of the worst. Exit status 1 when one is not.
"""

from __future__ import annotations

import json
import random
import tempfile
import tomllib
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any, TypeAlias

import click

from matcalc.base.errors import MatcalcError
from matcalc.cli.clicked import cli
from matcalc.cli.front import BAD_INPUT
from tests.attack.running import Limits, Outcome, report

_PARTS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("documents.toml").read_text(encoding="utf-8"))
_RIGHT, _WRONG = ("proved", "confirmed"), ("refuted", "conditional")
_NO_DIRECTIVE = "matcalc: nonsense"
_KINDS = (".md", ".tex", ".identities")

Report: TypeAlias = Callable[[Path], tuple[int, str]]
"""Exit status and standard output of ``matcalc verify FILE --to json``."""


def by_command(path: Path) -> tuple[int, str]:
    """What the command line says, in this process."""
    out, err = StringIO(), StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            cli(
                ["verify", str(path), "--to", "json", "--fail-on", "conditional", "--no-cache"],
                prog_name="matcalc",
                standalone_mode=False,
            )
        status = 0
    except SystemExit as left:
        status = int(left.code or 0)
    except MatcalcError:
        status = BAD_INPUT
    return status, out.getvalue()


@dataclass(frozen=True)
class Planted:
    """A claim: the line it begins in, and whether it is true; ``expected`` is False where the document says that it is false."""

    line: int
    true: bool
    expected: bool


@dataclass(frozen=True)
class Made:
    """A document, its suffix and the claims that are in it."""

    suffix: str
    text: str
    claims: tuple[Planted, ...]


def attack(number: int, seed: int = 0, reported: Report = by_command) -> Outcome:
    """One document."""
    made = document(number, seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"document{made.suffix}")
        path.write_text(made.text, encoding="utf-8", newline="")
        status, output = reported(path)
    faults = _faults(made, status, output)
    return Outcome((made.suffix, *("claim",) * len(made.claims)), tuple([f"{fault}\n{_numbered(made.text)}" for fault in faults]))


def _faults(made: Made, status: int, output: str) -> list[str]:
    if not made.claims:
        return [] if status == 2 else [f"exit status {status} of a file without claims, instead of 2"]
    try:
        (file,) = json.loads(output)["files"]
    except ValueError:
        return [f"no JSON, exit status {status}: {output[:300]}"]
    faults = []
    found = {entry["line"]: entry for entry in file["entries"] if entry["role"] == "claim"}
    for claim in made.claims:
        verdict = found.pop(claim.line, None)
        if verdict is None:
            others = [entry["role"] for entry in file["entries"] if entry["line"] == claim.line]
            faults.append(f"the claim in line {claim.line} is lost" + "".join(f" (a {role})" for role in others))
        elif verdict["status"] not in (_RIGHT if claim.true else _WRONG):
            faults.append(f"the claim in line {claim.line} is {claim.true}, and {verdict['status']}: {verdict['text']}")
    faults += [f"nothing was planted in line {line}: {verdict['text']}" for line, verdict in found.items()]
    wrong = any(claim.true is not claim.expected for claim in made.claims)
    wanted = 1 if wrong else 2 if _NO_DIRECTIVE in made.text else 3 if file["faults"] else 0
    return faults if status == wanted or faults else [f"exit status {status} instead of {wanted}"]


def _numbered(text: str) -> str:
    return "\n".join(f"{number:>4} {line!r}" for number, line in enumerate(text.split("\n"), 1))


# ---------------------------------------------------------------- documents


def document(number: int, seed: int = 0) -> Made:
    """The document of this number."""
    chooser = random.Random(f"{seed}/{number}/document")
    suffix = _KINDS[number % len(_KINDS)]
    writer = _Writer(chooser, suffix, chooser.choice(("\n", "\n", "\n", "\r\n")))
    for _ in range(chooser.randrange(1, 12)):
        if chooser.randrange(2):
            writer.junk()
        else:
            writer.claim()
    return Made(suffix, writer.newline.join(writer.lines) + writer.newline * chooser.randrange(3), tuple(writer.planted))


class _Writer:
    """Writes a document piece by piece, and keeps where the claims are."""

    def __init__(self, chooser: random.Random, suffix: str, newline: str) -> None:
        self.chooser, self.suffix, self.newline = chooser, suffix, newline
        self.lines: list[str] = []
        self.planted: list[Planted] = []
        self.declared: dict[str, str] = {}

    def add(self, piece: str) -> None:
        self.lines += piece.split("\n")

    def junk(self) -> None:
        kind = {".md": "markdown", ".tex": "latex", ".identities": "identities"}[self.suffix]
        among = [*_PARTS["junk"][kind], *([] if kind == "identities" else _PARTS["junk"]["both"])]
        piece = self.chooser.choice(among)
        self.add(piece * 40 if piece.endswith("line ") else piece)

    def claim(self) -> None:
        entry = self.chooser.choice(_PARTS["claims"])
        true = self.chooser.randrange(3) > 0
        expected = self.chooser.randrange(4) > 0
        sides = entry["right" if true else "wrong"]
        if self.suffix == ".identities":
            self._block(entry, f"{entry['plain']} = {sides[0]}", true, expected)
        else:
            self._directives(entry, expected)
            self._formula(f"{entry['plain']} = {sides[0]}", f"{entry['latex']} = {sides[1]}", true, expected)

    def _block(self, entry: dict[str, Any], statement: str, true: bool, expected: bool) -> None:
        self.add(f"[claim-{len(self.planted)}] {self.chooser.choice(('', 'a source', 'p. 3, eq. (4)'))}".rstrip())
        if "declare" in entry:
            self.add(f"declare {entry['declare']}")
        if not expected:
            self.add("expect false")
        left, right = statement.split(" = ")
        self.planted.append(Planted(len(self.lines) + 1, true, expected))
        self.add(self.chooser.choice((statement, f"{left} =\n  {right}", f"{statement}  # why")))
        self.add("")

    def _directives(self, entry: dict[str, Any], expected: bool) -> None:
        wanted = [
            f"declare {part.strip()}" for part in entry.get("declare", "").split(";") if part.strip() and self._is_new(part)
        ]
        wanted += [] if expected else ["expect false"]
        for directive in wanted:
            self.add(f"<!-- matcalc: {directive} -->" if self.suffix == ".md" else f"% matcalc: {directive}")

    def _is_new(self, part: str) -> bool:
        name, kind = part.split(":")
        return self.declared.setdefault(name.strip(), kind) == kind

    def _formula(self, plain: str, latex: str, true: bool, expected: bool) -> None:
        """The claim in one of the ways in which documents have formulas."""
        ways = ["${}$", "text before ${}$, and after.", "$$ {} $$", "$$\n{}\n$$", r"\[ {} \]", r"\({}\)", "$$\n{},\n$$"]
        if self.suffix == ".md":
            ways += ["`{}`", "see `{}` there", "```\n{}\n```", "```text\n{}\n```", "> ${}$", "- ${}$"]
        else:
            ways += [
                "\\begin{equation}\n{}\n\\end{equation}",
                "\\begin{align*}\n{} \\label{eq}\n\\end{align*}",
                "\\begin{equation*}{}.\\end{equation*}",
            ]
        way = self.chooser.choice(ways)
        before = way.split("{}")[0].count("\n")
        self.planted.append(Planted(len(self.lines) + 1 + before, true, expected))
        self.add(way.replace("{}", plain if "`" in way else latex))
        self.add("")


@click.command(help=__doc__)
@click.option("--count", default=500, show_default=True, help="Number of documents.")
@click.option("--seed", default=0, show_default=True)
@click.option("--start", default=0, show_default=True, help="Number of the first document, to run one again.")
@click.option("--workers", default=1, show_default=True)
def main(count: int, seed: int, start: int, workers: int) -> None:
    again = f"python -m tests.attack.documents --seed {seed}"
    limits = Limits(seconds=120.0, memory=1 << 30)
    summary = report("documents", range(start, start + count), partial(attack, seed=seed), workers, limits, again)
    raise SystemExit(1 if summary.faults else 0)


if __name__ == "__main__":
    main()
