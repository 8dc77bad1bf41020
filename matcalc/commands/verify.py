"""``matcalc verify``: one statement, or the statements of files."""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from matcalc.base.budgets import DOCUMENT_SECONDS
from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import later
from matcalc.base.records import record
from matcalc.cli.arguments import EXPLAINS, read_expression
from matcalc.cli.clicked import OneOf, PlainHelp, with_options
from matcalc.cli.options import BUDGET, LAYOUT, READING, SYMMETRY, Keywords, with_budget, with_reading
from matcalc.cli.showing import SIGNS, show_json
from matcalc.documents.blocks import Place
from matcalc.documents.formats import IDENTITIES, READERS
from matcalc.interface.console import say, shows
from matcalc.verification.judgement import verify
from matcalc.verification.verdict import BAD_INPUT, HOLDS, UNDECIDED, Verdict, exit_status

if TYPE_CHECKING:
    from matcalc.commands import verifying_files
    from matcalc.documents import reports
    from matcalc.documents.reports import interchange
    from matcalc.proofs import printed
else:
    printed = later("matcalc.proofs.printed")
    verifying_files = later("matcalc.commands.verifying_files")
    reports = later("matcalc.documents.reports")
    interchange = later("matcalc.documents.reports.interchange")

_TARGETS = ("text", "json", "junit", "sarif", "html", "markdown")
_FAILURES = ("refuted", "conditional", "unread")
_FILE_NAME = re.compile(r"[^\s()=]*[\w/]\.[A-Za-z][A-Za-z0-9]{1,9}")
"""A name with an extension of two letters or more: ``b.ipynb``, though not ``X.T``."""


@click.command(
    "verify",
    cls=PlainHelp,
    short_help="Is a formula true? Also of whole files.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("subjects", metavar="STATEMENT... | FILE...", nargs=-1, required=True)
@with_options(*READING, LAYOUT, SYMMETRY, BUDGET)
@click.option(
    "--jobs", type=click.IntRange(1), help="Processes that share the claims of a file.  [default: as many as processors]"
)
@click.option(
    "--to", "target", type=OneOf(_TARGETS, {"md": "markdown"}), default="text", show_default=True, help="Form of the report."
)
@click.option("-o", "--output", metavar="FILE", help="Write the report to FILE.")
@click.option("--fail-on", type=OneOf(_FAILURES), help="The mildest that gives status 1 for files.  [default: refuted]")
@click.option("--lenient", is_flag=True, help="Status 0 for files where nothing is to be checked or claims stay undecided.")
@click.option("--all", "everything", is_flag=True, help="List also the formulas of files that are no claims, with their roles.")
@click.option(
    "--root", metavar="FOLDER", help="The folder below which files that are taken in must lie.  [default: the file's own]"
)
@click.option("--cache/--no-cache", default=True, show_default=True, help="Keep verdicts on files for the next run.")
@click.option("--file-budget", type=float, metavar="SECONDS", help=f"How long a file may take.  [default: {DOCUMENT_SECONDS:g}]")
@click.option("--steps", is_flag=True, help="Print the proof of a statement line by line.")
@click.option("--proof", "saved", metavar="FILE", help="Save the proof of a statement for matcalc check-proof.")
@click.option("--watch", is_flag=True, help="Verify files again whenever they change.")
@with_budget
@with_reading
def command(
    subjects: tuple[str, ...],
    reading: Keywords,
    layout: str,
    symmetric: str,
    target: str,
    watch: bool,
    steps: bool,
    saved: str | None,
    **wishes: Any,
) -> None:
    """Decide whether STATEMENTs hold, or every claim in FILEs.  A STATEMENT of - reads standard
    input.

    FILEs are LaTeX, Markdown, Quarto, notebooks, reStructuredText, HTML, plain text and
    .identities.

    Exit status for STATEMENTs: 0 true, 1 refuted or conditional, 2 bad input, 3 undecided.  For
    FILEs: 2 when one is unreadable or nothing could be checked, else 1 when a claim is as bad as
    --fail-on, else 3 when claims remain undecided, else 0.

    \b
    matcalc verify "d(x'Ax)/dx = (A + A')x"
    matcalc verify notes.md paper.tex --to html -o report.html
    """
    if any(_names_a_file(subject) for subject in subjects):
        _refuse_settings("declare", "layout", "symmetric", "strict", "dialect")
        _refuse_proofs(steps or saved is not None)
        wanted = verifying_files.Wishes(target=target, **_given(wishes))
        sys.exit((verifying_files.watch_files if watch else verifying_files.verify_files)(subjects, wanted))
    if watch or any(wishes[name] for name in ("output", "fail_on", "lenient", "everything", "root", "file_budget")):
        raise MatcalcError(
            "this option is for files, and no file is named", suggestion="matcalc verify notes.md --fail-on conditional"
        )
    asked = Proving(steps, saved)
    texts = [read_expression(subject) for subject in _whole(subjects)]
    sys.exit(_statements(texts, {"layout": layout, "symmetric": symmetric, **reading}, target, asked))


@record
class Proving:
    """What is wanted of the proofs of statements: to see their lines, and the file to save one
    in."""

    steps: bool
    file: str | None


def _refuse_proofs(asked: bool) -> None:
    if asked:
        suggestion = "matcalc verify \"d(x'Ax)/dx = (A + A')x\" --steps"
        raise MatcalcError("--steps and --proof are for a statement", suggestion=suggestion)


def _given(wishes: Keywords) -> Keywords:
    """The options as ``Wishes`` has them, without those that were not given."""
    named = {"seconds" if name == "file_budget" else name: value for name, value in wishes.items()}
    return {name: value for name, value in named.items() if value is not None}


def _whole(subjects: Sequence[str]) -> Sequence[str]:
    """Several statements, or one that came in several words. Raises MatcalcError for what may be
    either."""
    if len(subjects) == 1 or all("=" in subject.strip("= ") for subject in subjects):
        return subjects
    if any(" " in subject for subject in subjects):
        wrong = next(subject for subject in subjects if "=" not in subject.strip("= "))
        raise MatcalcError(f"{wrong!r} is no equation", expected="statements, each in quotes of its own, or files")
    return [" ".join(subjects)]


def _refuse_settings(*names: str) -> None:
    """Raises MatcalcError for options that say how one statement is read: a file says that itself,
    statement by statement."""
    context = click.get_current_context()
    given = [name for name in names if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    if given:
        directive = "declare A: n×n symmetric" if given[0] == "declare" else f"{given[0]} {context.params[given[0]]}"
        raise MatcalcError(
            f"--{given[0]} is for one statement; a file has lines of its own for that",
            suggestion=f"{directive} in .identities, <!-- matcalc: {directive} --> in Markdown, % matcalc: {directive} in LaTeX",
        )


def _statements(texts: Sequence[str], how: Keywords, target: str, asked: Proving) -> int:
    found, faults = _verdicts_on(texts, how)
    if not found:
        raise faults[0]
    for verdict in found:
        if verdict.reading is not None and EXPLAINS.get():
            say(verdict.reading.explain(), err=True)
    if target not in ("text", "json", "junit"):
        raise MatcalcError(f"the form {target} is for files", suggestion="text, json or junit for a statement")
    if target == "json":
        show_json(found[0].to_dict() if len(found) == 1 else {"verdicts": [verdict.to_dict() for verdict in found]})
    elif target == "junit":
        entries = [
            reports.Entry(one.statement, Place("statement", 1), "claim", verdict=one, notation="plain", name=one.statement)
            for one in found
        ]
        say(interchange.as_junit([reports.Report("statement", tuple(entries))], "conditional"))
    else:
        say("\n\n".join(_explained(verdict, asked.steps) for verdict in found))
    if asked.file is not None:
        _save(found, asked.file)
    for fault in faults:
        say(f"error: {fault}", err=True)
    status = exit_status(found)
    return BAD_INPUT if faults and status in (HOLDS, UNDECIDED) else status


def _explained(verdict: Verdict, steps: bool) -> str:
    """The verdict in words, and the lines of its proof."""
    lines = [verdict.explain()]
    for one in (verdict.links or (verdict,)) if steps else ():
        style: printed.Style = "unicode" if shows(SIGNS) else "ascii"
        proof = one.proof
        lines += [] if proof is None else ["proof:", *printed.proof_lines(proof, style)]
        lines += [f"  no proof line by line is known of {one.statement}"] if proof is None and one.ok else []
    return "\n".join(lines)


def _save(found: Sequence[Verdict], file: str) -> None:
    """Writes the proof of the one statement there is. Raises MatcalcError where there is none."""
    proof = found[0].proof if len(found) == 1 else None
    if proof is None:
        known = "several statements" if len(found) > 1 else "no proof line by line is known of it"
        raise MatcalcError(f"no proof is saved: {known}", expected="one statement that is proved")
    try:
        Path(file).write_text(proof.json() + "\n", encoding="utf-8")
    except OSError as error:
        raise MatcalcError(f"{file} cannot be written: {error.strerror}") from None


def _verdicts_on(texts: Sequence[str], how: Keywords) -> tuple[list[Verdict], list[MatcalcError]]:
    """The verdicts, and what is wrong with the statements that have none. Lines that are no
    statement together are one each."""
    found: list[Verdict] = []
    faults: list[MatcalcError] = []
    waiting = deque(texts)
    while waiting:
        text = waiting.popleft()
        try:
            found.append(verify(text, **how))
        except MatcalcError as error:
            lines = [line for line in text.splitlines() if line.strip()]
            if len(lines) > 1 and all("=" in line for line in lines):
                waiting.extendleft(reversed(lines))
            else:
                faults.append(error)
    return found, faults


def _names_a_file(subject: str) -> bool:
    """Whether a subject is the path of a file, be it of a kind that is not read, and no
    statement."""
    place = Path(subject)
    if place.suffix.lower() in {*READERS, IDENTITIES}:
        return True
    try:
        return "=" not in subject and (place.exists() or _FILE_NAME.fullmatch(subject) is not None)
    except (OSError, ValueError):  # too long for a path, or with a character that none has
        return False
