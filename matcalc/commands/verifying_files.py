"""What ``matcalc verify FILE...`` does: the reports on files, their form, and watching files that
are edited."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from matcalc.base.budgets import DOCUMENT_SECONDS
from matcalc.base.errors import MatcalcError
from matcalc.documents.deciding import Memory
from matcalc.documents.examination import Progress, examined
from matcalc.documents.reports import Report, Severity, status_of
from matcalc.documents.reports.interchange import as_json, as_junit, as_sarif
from matcalc.documents.reports.pages import as_page, as_review, as_table
from matcalc.interface.console import say
from matcalc.verification.verdict import BAD_INPUT

_LONG = 20
_PAUSE = 0.3
"""Seconds between two looks at watched files."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How files are to be verified and what is to become of the reports."""

    target: str = "text"
    jobs: int | None = None
    root: str | None = None
    fail_on: Severity = "refuted"
    lenient: bool = False
    everything: bool = False
    cache: bool = True
    output: str | None = None
    seconds: float = DOCUMENT_SECONDS


def verify_files(paths: Sequence[str], wishes: Wishes) -> int:
    """Reports on files, and the exit status. Raises MatcalcError when none can be read, and for an
    output that cannot be written."""
    return _told(*_examined(paths, wishes, Memory(kept=wishes.cache)), wishes)


def watch_files(paths: Sequence[str], wishes: Wishes) -> int:
    """As ``verify_files``, again whenever one of the files, or of those that they take in, changes,
    until it is interrupted.

    The exit status is that of the last time.
    """
    memory = Memory(kept=wishes.cache)
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
                reports, unreadable = _examined(paths, wishes, memory)
                status = _told(reports, unreadable, wishes)
            except MatcalcError as error:
                say(f"error: {error}", err=True)
                status = BAD_INPUT
                continue
            more = [file for report in reports for file in report.files if file not in watched]
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


def _examined(paths: Sequence[str], wishes: Wishes, memory: Memory) -> tuple[list[Report], list[MatcalcError]]:
    """The reports, and what is wrong with the files that have none. Raises MatcalcError when no
    file has one."""
    reports: list[Report] = []
    unreadable: list[MatcalcError] = []
    for path in paths:
        try:
            with _progress(path) as progress:
                made = examined(
                    path, root=wishes.root, jobs=wishes.jobs, memory=memory, seconds=wishes.seconds, progress=progress
                )
                reports.append(made)
        except MatcalcError as error:
            unreadable.append(error)
    if not reports:
        raise unreadable[0]
    return reports, unreadable


def _told(reports: Sequence[Report], unreadable: Sequence[MatcalcError], wishes: Wishes) -> int:
    _show(reports, wishes)
    for fault in unreadable:
        say(f"error: {fault}", err=True)
    for said in _nothing_checked(reports):
        say(said if wishes.lenient else f"error: {said}", err=True)
    return status_of(reports, wishes.fail_on, unreadable=bool(unreadable), lenient=wishes.lenient)


def _show(reports: Sequence[Report], wishes: Wishes) -> None:
    text = _shown(reports, wishes)
    if wishes.output is None:
        say(text)
        return
    try:
        Path(wishes.output).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise MatcalcError(f"{wishes.output} cannot be written: {error.strerror or error}") from error
    if wishes.target != "text":
        say("\n".join(as_table(report).splitlines()[-1] for report in reports), err=True)


def _shown(reports: Sequence[Report], wishes: Wishes) -> str:
    match wishes.target:
        case "json":
            return as_json(reports)
        case "junit":
            return as_junit(reports, wishes.fail_on)
        case "sarif":
            return as_sarif(reports)
        case "html":
            return as_page(reports)
        case "markdown":
            return as_review(reports)
        case _:
            return "\n\n".join(as_table(report, everything=wishes.everything) for report in reports)


def _nothing_checked(reports: Sequence[Report]) -> Iterator[str]:
    """What is said of files in which claims stand and none could be read; where no file has a
    claim, of all."""
    whole = not any(report.claims for report in reports)
    for report in reports:
        if whole and not report.claims:
            yield f"{report.path}: nothing to check was found"
        elif report.claims and all(entry.status == "not read" for entry in report.claims):
            first = report.claims[0]
            yield f"{report.path}: nothing could be read: {' '.join(first.text.split())[:72]} (line {first.place.line}: {first.said_why})"


@contextmanager
def _progress(path: str) -> Iterator[Progress | None]:
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
