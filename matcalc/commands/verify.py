"""``matcalc verify``: one statement, or the statements of files, which may be watched while they
are edited."""

from __future__ import annotations

import os
import re
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from matcalc.base.budgets import DOCUMENT_SECONDS
from matcalc.base.errors import MatcalcError
from matcalc.base.files import save
from matcalc.base.lazy import later
from matcalc.base.records import record
from matcalc.cli.arguments import read_expression
from matcalc.cli.clicked import OneOf, PlainHelp, completed_by, with_options
from matcalc.cli.front import EXPLAINS
from matcalc.cli.options import BUDGET, LAYOUT, ON, READING, SYMMETRY, Keywords, with_budget, with_reading
from matcalc.cli.showing import SIGNS, show_json
from matcalc.documents.blocks import Place
from matcalc.documents.formats import IDENTITIES, READERS, documents_below
from matcalc.interface.console import say, shows
from matcalc.verification.judgement import verify
from matcalc.verification.verdict import BAD_INPUT, HOLDS, UNDECIDED, Verdict, exit_status

if TYPE_CHECKING:
    from matcalc.documents import clusters, deciding, examination, reports
    from matcalc.documents.reports import interchange, pages
    from matcalc.proofs import printed
else:
    printed = later("matcalc.proofs.printed")
    clusters = later("matcalc.documents.clusters")
    deciding = later("matcalc.documents.deciding")
    examination = later("matcalc.documents.examination")
    pages = later("matcalc.documents.reports.pages")
    reports = later("matcalc.documents.reports")
    interchange = later("matcalc.documents.reports.interchange")

_TARGETS = ("text", "json", "junit", "sarif", "html", "markdown")
_FAILURES = ("refuted", "conditional", "unread")
_FILE_NAME = re.compile(r"[^\s()=]*[\w/]\.[A-Za-z][A-Za-z0-9]{1,9}")
"""A name with an extension of two letters or more: ``b.ipynb``, though not ``X.T``."""


_LONG = 20
_PAUSE = 0.3
"""Seconds between two looks at watched files."""


@record
class Wishes:
    """How files are to be verified and what is to become of the reports."""

    target: str = "text"
    jobs: int | None = None
    root: str | None = None
    fail_on: reports.Severity = "refuted"
    lenient: bool = False
    everything: bool = False
    cache: bool = True
    output: str | None = None
    seconds: float = DOCUMENT_SECONDS
    scheduler: str | None = None


@click.command(
    "verify",
    cls=PlainHelp,
    short_help="Is a formula true? Also of whole files.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument(
    "subjects", metavar="STATEMENT... | FILE...", nargs=-1, required=True, shell_complete=completed_by("functions_or_files")
)
@with_options(*READING, LAYOUT, SYMMETRY, BUDGET, *ON)
@click.option(
    "--jobs", type=click.IntRange(1), help="Processes that share the claims of a file.  [default: as many as processors]"
)
@click.option(
    "--to", "target", type=OneOf(_TARGETS, {"md": "markdown"}), default="text", show_default=True, help="Form of the report."
)
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="Write the report to FILE.")
@click.option("--fail-on", type=OneOf(_FAILURES), help="The mildest that gives status 1 for files.  [default: refuted]")
@click.option("--lenient", is_flag=True, help="Status 0 for files where nothing is to be checked or claims stay undecided.")
@click.option("--all", "everything", is_flag=True, help="List also the formulas of files that are no claims, with their roles.")
@click.option(
    "--root",
    type=click.Path(file_okay=False),
    metavar="FOLDER",
    help="The folder below which files that are taken in must lie.  [default: the file's own]",
)
@click.option("--cache/--no-cache", default=True, show_default=True, help="Keep verdicts on files for the next run.")
@click.option("--file-budget", type=float, metavar="SECONDS", help=f"How long a file may take.  [default: {DOCUMENT_SECONDS:g}]")
@click.option("--scheduler", metavar="ADDRESS", help="Verify files by the workers of the Dask cluster with this scheduler.")
@click.option("--steps", is_flag=True, help="Print the proof of a statement line by line.")
@click.option(
    "--proof", "saved", type=click.Path(), metavar="FILE", help="Save the proof of a statement for matcalc check-proof."
)
@click.option("--watch", is_flag=True, help="Verify files again whenever they change.")
@with_budget
@with_reading
def verify_command(
    subjects: tuple[str, ...],
    reading: Keywords,
    layout: str,
    symmetric: str,
    target: str,
    watch: bool,
    steps: bool,
    saved: str | None,
    on: str | None,
    metric: str | None,
    **wishes: Any,
) -> None:
    """Decide whether STATEMENTs hold, or every claim in FILEs.  A STATEMENT of - reads standard
    input.

    FILEs are LaTeX, Markdown, Quarto, notebooks, reStructuredText, HTML, plain text and
    .identities, or folders of them.

    Exit status for STATEMENTs: 0 true, 1 refuted or conditional, 2 bad input, 3 undecided.  For
    FILEs: 2 when one is unreadable or nothing could be checked, else 1 when a claim is as bad as
    --fail-on, else 3 when claims remain undecided, else 0.

    \b
    matcalc verify "d(x'Ax)/dx = (A + A')x"
    matcalc verify notes.md paper.tex --to html -o report.html
    """
    if any(_names_a_file(subject) for subject in subjects):
        _refuse_settings("declare", "layout", "symmetric", "strict", "dialect")
        if on is not None or metric is not None:
            raise MatcalcError("--on and --metric are for a statement", suggestion="the statement in place of the file")
        if steps or saved is not None:
            raise MatcalcError(
                "--steps and --proof are for a statement", suggestion="matcalc verify \"d(x'Ax)/dx = (A + A')x\" --steps"
            )
        wanted = Wishes(target=target, **_given(wishes))
        if wanted.scheduler is not None and (watch or wanted.jobs is not None):
            raise MatcalcError("--scheduler takes neither --jobs nor --watch", suggestion="--scheduler alone")
        sys.exit((_watch_files if watch else _verify_files)(subjects, wanted))
    if watch or any(wishes[name] for name in ("output", "fail_on", "lenient", "everything", "root", "file_budget", "scheduler")):
        raise MatcalcError(
            "this option is for files, and no file is named", suggestion="matcalc verify notes.md --fail-on conditional"
        )
    texts = [read_expression(subject) for subject in _whole(subjects)]
    sys.exit(
        _statements(
            texts,
            {"layout": layout, "symmetric": symmetric, "on": on, "metric": metric, **reading},
            target,
            steps=steps,
            saved=saved,
        )
    )


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


def _statements(texts: Sequence[str], how: Keywords, target: str, *, steps: bool, saved: str | None) -> int:
    """What is found of statements: ``steps`` shows the lines of their proofs, and one is ``saved``
    in a file."""
    found, faults = _verdicts_on(texts, how)
    if not found:
        raise faults[0]
    for verdict in found:
        if verdict.reading is not None and EXPLAINS.get():
            say(verdict.reading.explain(), err=True)
    _show_verdicts(found, target, steps)
    if saved is not None:
        _save(found, saved)
    for fault in faults:
        say(f"error: {fault}", err=True)
    status = exit_status(found)
    return BAD_INPUT if faults and status in (HOLDS, UNDECIDED) else status


def _show_verdicts(found: Sequence[Verdict], target: str, steps: bool) -> None:
    match target:
        case "text":
            say("\n\n".join(_explained(verdict, steps) for verdict in found))
        case "json":
            show_json(found[0].to_dict() if len(found) == 1 else {"verdicts": [verdict.to_dict() for verdict in found]})
        case "junit":
            entries = [
                reports.Entry(one.statement, Place("statement", 1), "claim", verdict=one, notation="plain", name=one.statement)
                for one in found
            ]
            say(interchange.as_junit([reports.Report("statement", tuple(entries))], "conditional"))
        case _:
            raise MatcalcError(f"the form {target} is for files", suggestion="text, json or junit for a statement")


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
    save(file, f"{proof.json()}\n".encode())


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


# ---------------------------------------------------------------- files


def _verify_files(paths: Sequence[str], wishes: Wishes) -> int:
    """Reports on files, and the exit status. Raises MatcalcError when none can be read, and for an
    output that cannot be written."""
    return _told(*_examined(paths, wishes, deciding.Memory(kept=wishes.cache)), wishes)


def _watch_files(paths: Sequence[str], wishes: Wishes) -> int:
    """As ``_verify_files``, again whenever one of the files, or of those that they take in,
    changes, until it is interrupted.

    The exit status is that of the last time.
    """
    memory = deciding.Memory(kept=wishes.cache)
    known: dict[str, tuple[int, int]] | None = None
    watched = list(paths)
    status = 0
    try:
        while True:
            if _states(watched) == known:
                time.sleep(_PAUSE)
                continue
            if known is not None:
                say(f"\n— {time.strftime('%H:%M:%S')} —")
            known = _states(watched)
            try:
                found, unreadable = _examined(paths, wishes, memory)
                status = _told(found, unreadable, wishes)
            except MatcalcError as error:
                say(f"error: {error}", err=True)
                status = BAD_INPUT
                continue
            more = [file for report in found for file in (report.path, *report.files) if file not in watched]
            watched += more
            known |= _states(more)
    except KeyboardInterrupt:
        return status


def _states(paths: Sequence[str]) -> dict[str, tuple[int, int]]:
    """When each file was changed last, and its size; nothing of one that is not there, as between
    two steps of an editor that saves."""
    found = {}
    for path in paths:
        try:
            stated = os.stat(path)
            found[path] = (stated.st_mtime_ns, stated.st_size)
        except OSError:
            continue
    return found


def _examined(paths: Sequence[str], wishes: Wishes, memory: deciding.Memory) -> tuple[list[reports.Report], list[MatcalcError]]:
    """The reports, and what is wrong with the files that have none. Raises MatcalcError when no
    file has one."""
    files, below = _files(paths)
    found = list((_here if wishes.scheduler is None else _on_cluster)(files, wishes, memory))
    made = [one for one in found if not isinstance(one, MatcalcError)]
    unreadable = [one for one in found if isinstance(one, MatcalcError)]
    if not made:
        raise unreadable[0]
    # What another document of a folder takes in is reported there.
    taken = {file for report in made for file in report.files}
    return [report for report in made if report.path not in below or report.path not in taken], unreadable


def _files(paths: Sequence[str]) -> tuple[list[str], set[str]]:
    """The files that are named and those of folders that are, each once, and these alone."""
    below = [documents_below(path) if Path(path).is_dir() else [] for path in paths]
    files = dict.fromkeys(file for path, found in zip(paths, below, strict=True) for file in found or [path])
    return list(files), {file for found in below for file in found} - set(paths)


def _here(files: Sequence[str], wishes: Wishes, memory: deciding.Memory) -> Iterator[reports.Report | MatcalcError]:
    for path in files:
        try:
            with _progress(path) as progress:
                yield examination.examined(
                    path, root=wishes.root, jobs=wishes.jobs, memory=memory, seconds=wishes.seconds, progress=progress
                )
        except MatcalcError as error:
            yield error


def _on_cluster(files: Sequence[str], wishes: Wishes, memory: deciding.Memory) -> Iterator[reports.Report | MatcalcError]:
    terms = clusters.Terms(os.getcwd(), wishes.root, memory.kept, wishes.seconds)
    with _progress(wishes.scheduler or "") as progress:
        for done, found in enumerate(clusters.examined_on(wishes.scheduler or "", files, terms), 1):
            if progress is not None:
                progress(done, len(files))
            yield found


def _told(found: Sequence[reports.Report], unreadable: Sequence[MatcalcError], wishes: Wishes) -> int:
    _show(found, wishes)
    for fault in unreadable:
        say(f"error: {fault}", err=True)
    for said in _nothing_checked(found):
        say(said if wishes.lenient else f"error: {said}", err=True)
    return reports.status_of(found, wishes.fail_on, unreadable=bool(unreadable), lenient=wishes.lenient)


def _show(found: Sequence[reports.Report], wishes: Wishes) -> None:
    text = _shown(found, wishes)
    if wishes.output is None:
        say(text)
        return
    save(wishes.output, f"{text}\n".encode())
    if wishes.target != "text":
        say("\n".join(pages.as_table(report).splitlines()[-1] for report in found), err=True)


def _shown(found: Sequence[reports.Report], wishes: Wishes) -> str:
    match wishes.target:
        case "json":
            return interchange.as_json(found)
        case "junit":
            return interchange.as_junit(found, wishes.fail_on)
        case "sarif":
            return interchange.as_sarif(found)
        case "html":
            return pages.as_page(found)
        case "markdown":
            return pages.as_review(found)
        case _:
            return "\n\n".join(pages.as_table(report, everything=wishes.everything) for report in found)


def _nothing_checked(found: Sequence[reports.Report]) -> Iterator[str]:
    """What is said of files in which claims stand and none could be read; where no file has a
    claim, of all."""
    whole = not any(report.claims for report in found)
    for report in found:
        if whole and not report.claims:
            yield f"{report.path}: nothing to check was found"
        elif report.claims and all(entry.status == "not read" for entry in report.claims):
            first = report.claims[0]
            yield f"{report.path}: nothing could be read: {' '.join(first.text.split())[:72]} (line {first.place.line}: {first.said_why})"


@contextmanager
def _progress(path: str) -> Iterator[examination.Progress | None]:
    """A bar on standard error while a long file is verified, where somebody sees it."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = None

    def advance(done: int, count: int) -> None:
        nonlocal bar
        if count < _LONG:
            return
        if bar is None:
            bar = click.progressbar(length=count, label=path, file=sys.stderr)
            bar.__enter__()
        bar.update(1)

    try:
        yield advance
    finally:
        if bar is not None:
            bar.__exit__(None, None, None)
