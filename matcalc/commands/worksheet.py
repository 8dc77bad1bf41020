"""``matcalc worksheet``: sheets of exercises with solutions, and grades."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from matcalc.base.errors import MatcalcError
from matcalc.base.files import save
from matcalc.base.lazy import later
from matcalc.cli.clicked import OneOf, PlainHelp
from matcalc.interface.console import say
from matcalc.teaching.problems import answers_of, credited, sheet_of, shuffled
from matcalc.teaching.sheets import ENGINES, FORMS, SOLUTIONS, as_pdf, solved, written

if TYPE_CHECKING:
    from matcalc.teaching import grading
else:
    grading = later("matcalc.teaching.grading")

_REPORTS = ("text", "json", "csv", "html")
_KINDS = (*FORMS, "pdf")


@click.command("worksheet", cls=PlainHelp, short_help="A sheet of exercises with solutions; grades answers.")
@click.argument("file", metavar="FILE")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help=f"Write to FILE; its ending says what: {', '.join(_KINDS)}.",
)
@click.option(
    "--solutions",
    type=OneOf(SOLUTIONS),
    default="none",
    show_default=True,
    help="What of the solutions is on the sheet.",
)
@click.option(
    "--shuffle",
    type=int,
    metavar="SEED",
    help="The problems in another order, the same for every SEED.",
)
@click.option("--title", metavar="TEXT", help="The title, in place of that in FILE.")
@click.option(
    "--engine",
    type=OneOf(tuple(ENGINES)),
    help="What makes a PDF.  [default: the first that is installed]",
)
@click.option(
    "--grade",
    "answers",
    metavar="ANSWERS",
    help="Grade the answers in a file, or in all files of a folder.",
)
@click.option(
    "--to",
    "target",
    type=OneOf(_REPORTS),
    default="text",
    show_default=True,
    help="Form of the grades.",
)
@click.option(
    "--credit",
    metavar="KIND=PART,...",
    help="Parts of the points for what is nearly right: sign=0.5,layout=1.",
)
@click.option(
    "--budget",
    "seconds",
    type=float,
    metavar="SECONDS",
    help="How long one answer may take.  [default: 10]",
)
def worksheet_command(
    file: str,
    output: str | None,
    solutions: str,
    shuffle: int | None,
    title: str | None,
    engine: str | None,
    answers: str | None,
    target: str,
    credit: str | None,
    seconds: float | None,
) -> None:
    """Make a sheet of exercises from the problems in FILE, which is TOML or a numbered list in
    Markdown.

    Every solution is checked by numbers before it is written. Exit status of --grade: 0, or 3 where
    an answer is left for the teacher to decide.

    \b
    matcalc worksheet problems.md --solutions steps -o sheet.html
    matcalc worksheet problems.md --grade answers/ --to csv
    """
    sheet = shuffled(sheet_of(file), shuffle)
    if title is not None:
        sheet = replace(sheet, title=title)
    if answers is not None:
        if credit is not None:
            sheet = replace(sheet, credit=credited({**sheet.credit, **_parts(credit)}, "--credit"))
        marks = grading.graded(sheet, answers_of(answers), grading.SECONDS if seconds is None else seconds)
        _give(grading.report(marks, target).encode() + b"\n", output)
        sys.exit(3 if any(one.open for one in marks) else 0)
    kind = _kind(output)
    found = [solved(problem) for problem in sheet.problems]

    def source(kind: str) -> str:
        return written(sheet, found, kind, solutions)

    _give(as_pdf(source, engine) if kind == "pdf" else source(kind).encode(), output)


def _kind(output: str | None) -> str:
    """What kind of file is asked for by its name; Markdown where it is printed."""
    if output is None:
        return "md"
    kind = Path(output).suffix.removeprefix(".").lower()
    if kind not in _KINDS:
        raise MatcalcError(
            f"{output} is no kind of file that there is",
            expected=", ".join(f".{one}" for one in _KINDS),
        )
    return kind


def _parts(text: str) -> dict[str, object]:
    """``sign=0.5,layout=1``."""
    found: dict[str, object] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            raise MatcalcError(f"--credit: {part!r} is no part", suggestion="--credit sign=0.5,layout=1") from None
    return found


def _give(data: bytes, output: str | None) -> None:
    if output is None:
        say(data.decode().rstrip("\n"))
    else:
        save(output, data)
