"""``matcalc verify``: one statement, or the statements of files."""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import click
from click.core import ParameterSource

from matcalc.cli.arguments import read_expression
from matcalc.cli.clicked import OneOf, PlainHelp, with_options
from matcalc.cli.given import EXPLAINS
from matcalc.cli.options import BUDGET, LAYOUT, READING, SYMMETRY, Keywords, with_budget, with_reading
from matcalc.cli.showing import show_json
from matcalc.console import say
from matcalc.documents.examination import verify_document
from matcalc.documents.listing import as_dict
from matcalc.errors import MatcalcError
from matcalc.verification.documents import READERS, read_document, verdicts
from matcalc.verification.items import Document
from matcalc.verification.judgement import verify
from matcalc.verification.reports import BAD_INPUT, HOLDS, UNDECIDED, as_json, as_junit, exit_status, fault_of, table
from matcalc.verification.verdict import Verdict

_LONG = 20
MORE = (".qmd", ".ipynb", ".rst", ".html", ".htm", ".txt", ".markdown")
_FILE_NAME = re.compile(r"[^\s()=]*[\w/]\.[A-Za-z][A-Za-z0-9]{1,9}")
"""A name with an extension of two letters or more: ``b.ipynb``, though not ``X.T``."""


@click.command(
    "verify", cls=PlainHelp, short_help="Is a formula true? Also of whole files.", context_settings={"ignore_unknown_options": True}
)
@click.argument("subjects", metavar="STATEMENT... | FILE...", nargs=-1, required=True)
@with_options(*READING, LAYOUT, SYMMETRY, BUDGET)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes that share the statements of a file.")
@click.option("--to", "target", type=OneOf(("text", "json", "junit")), default="text", show_default=True, help="Form of the report.")
@with_budget
@with_reading
def command(subjects: tuple[str, ...], reading: Keywords, layout: str, symmetric: str, jobs: int, target: str) -> None:
    """Decide whether STATEMENTs hold, or every statement of FILEs (.identities, .md, .tex).  A STATEMENT of - reads standard input.

    Exit status: 0 true, 1 refuted or conditional, 2 bad input or nothing checked, 3 undecided.

    \b
    matcalc verify "d(x'Ax)/dx = (A + A')x"
    matcalc verify notes.md paper.tex --to junit
    """
    if any(_names_a_file(subject) for subject in subjects):
        _refuse_settings("declare", "layout", "symmetric", "strict", "dialect")
        sys.exit(_files(subjects, jobs, target))
    sys.exit(_statements([read_expression(subject) for subject in _whole(subjects)], reading, layout, symmetric, target))


def _whole(subjects: Sequence[str]) -> Sequence[str]:
    """Several statements, or one that came in several words. Raises MatcalcError for what may be either."""
    if len(subjects) == 1 or all("=" in subject.strip("= ") for subject in subjects):
        return subjects
    if any(" " in subject for subject in subjects):
        wrong = next(subject for subject in subjects if "=" not in subject.strip("= "))
        raise MatcalcError(f"{wrong!r} is no equation", expected="statements, each in quotes of its own, or files")
    return [" ".join(subjects)]


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


def _statements(texts: Sequence[str], reading: Keywords, layout: str, symmetric: str, target: str) -> int:
    found, faults = _verdicts_on(texts, {"layout": layout, "symmetric": symmetric, **reading})
    if not found:
        raise faults[0]
    for verdict in found:
        if verdict.reading is not None and EXPLAINS.get():
            say(verdict.reading.explain(), err=True)
    if target == "json":
        show_json(found[0].to_dict() if len(found) == 1 else {"verdicts": [verdict.to_dict() for verdict in found]})
    elif target == "junit":
        say(as_junit([(Document("statement", ()), found)]))
    else:
        say("\n\n".join(verdict.explain() for verdict in found))
    for fault in faults:
        say(f"error: {fault}", err=True)
    status = exit_status(found)
    return BAD_INPUT if faults and status in (HOLDS, UNDECIDED) else status


def _verdicts_on(texts: Sequence[str], how: Keywords) -> tuple[list[Verdict], list[MatcalcError]]:
    """The verdicts, and what is wrong with the statements that have none. Lines that are no statement together are one each."""
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
    """Whether a subject is the path of a file, be it of a kind that is not read, and no statement."""
    place = Path(subject)
    if place.suffix.lower() in {*READERS, *MORE}:
        return True
    try:
        return "=" not in subject and (place.exists() or _FILE_NAME.fullmatch(subject) is not None)
    except (OSError, ValueError):  # too long for a path, or with a character that none has
        return False


def _files(paths: Sequence[str], jobs: int, target: str) -> int:
    if target == "json" and not any(path.endswith(".identities") for path in paths):
        return _whole_documents(paths, jobs)
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
        say(as_json(results))
    elif target == "junit":
        say(as_junit(results))
    else:
        for document, found in results:
            say(table(document, found))
            for verdict in found:
                if not verdict.as_expected:
                    say(f"\n{document.path}:{verdict.line}: {verdict.explain()}", err=True)
    faults = [*map(str, unreadable), *_nothing_checked(documents), *_bad_directives(documents)]
    for fault in faults:
        say(f"error: {fault}", err=True)
    status = exit_status([verdict for _, found in results for verdict in found])
    return BAD_INPUT if faults and status in (HOLDS, UNDECIDED) else status


def _whole_documents(paths: Sequence[str], jobs: int) -> int:
    reports = [verify_document(path, jobs=jobs) for path in paths]
    show_json({"files": [as_dict(report) for report in reports]})
    found = [entry.verdict for report in reports for entry in report.claims if entry.verdict is not None]
    return exit_status(found) if found else BAD_INPUT


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
