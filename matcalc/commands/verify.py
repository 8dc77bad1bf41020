"""``matcalc verify``: one statement, or the statements of files."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from click.core import ParameterSource

from matcalc.cli.options import BUDGET, LAYOUT, SYMMETRY, Keywords, explains_reading, reading_options
from matcalc.errors import MatcalcError
from matcalc.verification.documents import READERS, read_document, verdicts
from matcalc.verification.items import Document
from matcalc.verification.judgement import verify
from matcalc.verification.reports import BAD_INPUT, HOLDS, UNDECIDED, as_json, as_junit, exit_status, fault_of, table
from matcalc.verification.verdict import Verdict

_LONG = 20
_FILE_NAME = re.compile(r"[^\s()=]*[\w/]\.[A-Za-z][A-Za-z0-9]{1,9}")
"""A name with an extension of two letters or more: ``b.ipynb``, though not ``X.T``."""


@click.command("verify", short_help="Is a formula true? Also of whole files.", context_settings={"ignore_unknown_options": True})
@click.argument("subjects", metavar="STATEMENT | FILE...", nargs=-1, required=True)
@reading_options
@LAYOUT
@SYMMETRY
@BUDGET
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes that share the statements of a file.")
@click.option("--to", "target", type=click.Choice(("text", "json", "junit")), default="text", show_default=True, help="Form of the report.")
def command(subjects: tuple[str, ...], reading: Keywords, layout: str, symmetric: str, jobs: int, target: str) -> None:
    """Decide whether a STATEMENT holds, or every statement of FILEs (.identities, .md, .tex).  A STATEMENT of - reads standard input.

    Exit status: 0 true, 1 refuted or conditional, 2 bad input or nothing checked, 3 undecided.

    \b
    matcalc verify "d(x'Ax)/dx = (A + A')x"
    matcalc verify notes.md paper.tex --to junit
    """
    if any(_names_a_file(subject) for subject in subjects):
        _refuse_settings("declare", "layout", "symmetric", "strict", "dialect")
        sys.exit(_files(subjects, jobs, target))
    if len(subjects) > 1:
        raise MatcalcError(
            f"{len(subjects)} statements were given",
            expected=f"one statement, or files ({', '.join(READERS)})",
            suggestion="put the statement in quotes",
        )
    text = subjects[0] if subjects[0] != "-" else sys.stdin.buffer.read().decode("utf-8", errors="replace").strip()
    sys.exit(_statement(text, reading, layout, symmetric, target))


def _refuse_settings(*names: str) -> None:
    """Raises MatcalcError for options that say how one statement is read: a file says that itself, statement by statement."""
    context = click.get_current_context()
    given = [name for name in names if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    if given:
        directive = "declare A: n×n symmetric" if given[0] == "declare" else f"{given[0]} {context.params[given[0]]}"
        raise MatcalcError(
            f"--{given[0]} is for one statement; a file has lines of its own for that",
            suggestion=f"{directive} in .identities, <!-- matcalc: {directive} --> in Markdown, % matcalc: {directive} in LaTeX",
        )


def _statement(text: str, reading: Keywords, layout: str, symmetric: str, target: str) -> int:
    verdict = verify(text, layout=layout, symmetric=symmetric, **reading)
    if verdict.reading is not None and explains_reading():
        click.echo(verdict.reading.explain(), err=True)
    if target == "json":
        click.echo(json.dumps(verdict.to_dict(), ensure_ascii=False, indent=2))
    elif target == "junit":
        click.echo(as_junit([(Document("statement", ()), [verdict])]))
    else:
        click.echo(verdict.explain())
    return exit_status([verdict])


def _names_a_file(subject: str) -> bool:
    """Whether a subject is the path of a file, be it of a kind that is not read, and no statement."""
    place = Path(subject)
    if place.suffix.lower() in READERS:
        return True
    try:
        return "=" not in subject and (place.exists() or _FILE_NAME.fullmatch(subject) is not None)
    except (OSError, ValueError):  # too long for a path, or with a character that none has
        return False


def _files(paths: Sequence[str], jobs: int, target: str) -> int:
    documents: list[Document] = []
    unreadable: list[MatcalcError] = []
    for path in paths:
        try:
            documents.append(read_document(path))
        except MatcalcError as error:
            unreadable.append(error)
    if not documents:
        raise unreadable[0]
    results: list[tuple[Document, Sequence[Verdict]]] = []
    for document in documents:
        results.append((document, _with_progress(document, jobs)))
    if target == "json":
        click.echo(as_json(results))
    elif target == "junit":
        click.echo(as_junit(results))
    else:
        for document, found in results:
            click.echo(table(document, found))
            for verdict in found:
                if not verdict.as_expected:
                    click.echo(f"\n{document.path}:{verdict.line}: {verdict.explain()}", err=True)
    faults = [*map(str, unreadable), *_nothing_checked(documents), *_bad_directives(documents)]
    for fault in faults:
        click.echo(f"error: {fault}", err=True)
    status = exit_status([verdict for _, found in results for verdict in found])
    return BAD_INPUT if faults and status in (HOLDS, UNDECIDED) else status


def _nothing_checked(documents: Sequence[Document]) -> list[str]:
    """The files in which claims stand and none could be read; when no file has any claim, all of them."""
    whole = not any(document.items for document in documents)
    return [fault for document in documents if (whole or document.unread) and (fault := fault_of(document)) is not None]


def _bad_directives(documents: Sequence[Document]) -> list[str]:
    return [
        f"{document.path}:{unread.line}: {unread.text!r} is left out: {unread.reason}"
        for document in documents
        for unread in document.unread
        if unread.is_directive
    ]


def _with_progress(document: Document, jobs: int) -> list[Verdict]:
    """The verdicts; long files show on standard error how far they are."""
    if len(document.items) < _LONG or not sys.stderr.isatty():
        return list(verdicts(document.items, jobs=jobs))
    with click.progressbar(verdicts(document.items, jobs=jobs), length=len(document.items), label=document.path, file=sys.stderr) as bar:
        return list(bar)
