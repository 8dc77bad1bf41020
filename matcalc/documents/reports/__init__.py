"""The outcome for a document: an entry for everything in it that a reader sees as mathematics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Literal, TypeAlias

from matcalc.base.errors import on_one_line
from matcalc.documents.blocks import Asked, Fault, Notation, Place, Role
from matcalc.verification.verdict import BAD_INPUT, HOLDS, REFUTED, STATUSES, UNDECIDED, Verdict

Severity: TypeAlias = Literal["none", "unread", "conditional", "refuted"]
SEVERITIES: tuple[Severity, ...] = ("none", "unread", "conditional", "refuted")
"""From what is well to what is worst."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A formula of a document: what it is for, and for a claim the verdict on it.

    ``text`` is as written (macros replaced), ``asked`` the statement that the verdict is on, in
    matcalc's language, ``section`` the titles above it, outermost first. A claim without a verdict
    has a ``reason`` why it was not read or decided. ``context`` says which definitions, facts and
    layout were used, and where they stand; ``reading`` how the claim was read, where that is more
    than plain. ``name`` and ``source`` are those of an identity file.
    """

    text: str
    place: Place
    role: Role
    section: tuple[str, ...] = ()
    asked: str = ""
    verdict: Verdict | None = None
    reason: str = ""
    context: tuple[str, ...] = ()
    notation: Notation = "latex"
    reading: str = ""
    name: str = ""
    source: str = ""
    expected: bool = True
    """False for a claim that is marked ``expect false``."""

    @property
    def status(self) -> str:
        """``proved``, ``confirmed``, ``conditional``, ``refuted``, ``undecided``, ``not read``, or
        the role of what is no claim."""
        if self.role != "claim":
            return self.role
        return "not read" if self.verdict is None or self.verdict.problem else self.verdict.status

    @property
    def as_expected(self) -> bool:
        """Whether a claim is true, or one that is marked ``expect false`` is not; what is no claim
        is always as expected."""
        return self.role != "claim" or (
            self.verdict is not None
            and not self.verdict.problem
            and (self.verdict.ok if self.expected else self.verdict.is_false)
        )

    @property
    def severity(self) -> Severity:
        """What is the matter with a claim: nothing, or that it is undecided or not read,
        conditional, refuted, or true where ``expect false`` stands."""
        if self.as_expected:
            return "none"
        if self.status in ("undecided", "not read"):
            return "unread"
        return "conditional" if self.status == "conditional" else "refuted"

    @property
    def remark(self) -> str:
        """What is to be said beside the claim, in a sentence or two; empty for one that is as
        expected."""
        if self.as_expected:
            return ""
        if not self.expected:
            return f"expected false, and {self.status}" + (f": {self.said_why}" if self.said_why else "")
        parts = [] if self.verdict is None else _remarks(self.verdict)
        return "; ".join(filter(None, (self.said_why, *parts)))

    @property
    def said_why(self) -> str:
        """The reason, on one line."""
        return on_one_line(self.reason or (self.verdict.reason if self.verdict is not None else ""))


def _remarks(verdict: Verdict) -> list[str]:
    """When a claim is true, and what would be."""
    parts: list[str] = []
    if verdict.condition is not None:
        parts.append(
            f"true {'if and only if' if verdict.condition_exact else 'if'} {verdict.condition_text or verdict.condition}"
        )
    if verdict.other_layout is not None and verdict.is_false:
        parts.append(f"true in {verdict.other_layout} layout (read in {verdict.layout} layout)")
    if verdict.correction is not None:
        parts.append(f"right answer: {verdict.correction.text()}")
    return parts


@dataclass(frozen=True, slots=True)
class Open:
    """An entry whose verdict is still to come where it has a question: the readings of a claim."""

    entry: Entry
    question: tuple[Asked, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What ``verify_document`` finds: the entries in reading order, the places that could not be
    read, and the files that were."""

    path: str
    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...] = ()
    files: tuple[str, ...] = field(default=())

    @property
    def claims(self) -> tuple[Entry, ...]:
        """The entries that are claims."""
        return tuple([entry for entry in self.entries if entry.role == "claim"])

    @property
    def counts(self) -> dict[str, int]:
        """How many claims have which status, and how many other formulas and unreadable places
        there are, in a fixed order."""
        found = Counter(entry.status for entry in self.claims)
        others = {"no claims": len(self.entries) - len(self.claims), "unreadable places": len(self.faults)}
        return {name: found[name] for name in _STATUSES} | others

    @property
    def not_read(self) -> dict[str, int]:
        """Why claims were not read or decided, each reason with how often, the most frequent
        first."""
        reasons = Counter(
            entry.said_why.partition("; ")[0] or entry.status
            for entry in self.claims
            if entry.status in ("not read", "undecided")
        )
        return dict(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])))

    def __str__(self) -> str:
        return str(import_module("matcalc.documents.reports.pages").as_table(self))

    def _repr_html_(self) -> str:
        """For notebooks: the table of claims."""
        return str(import_module("matcalc.documents.reports.pages").as_html(self))


_STATUSES = (*STATUSES, "not read")


def status_of(
    reports: Sequence[Report], fail_on: Severity = "refuted", *, unreadable: bool = False, lenient: bool = False
) -> int:
    """2 when a file is ``unreadable`` or nothing could be checked; else 1 when a claim is at least
    as bad as ``fail_on``; else 3 when claims remain undecided or places unreadable; else 0.
    ``lenient``: 1 and 2 only for what fails and for unreadable files, all else is 0.
    """
    claims = [entry for report in reports for entry in report.claims]
    faults = [fault for report in reports for fault in report.faults]
    found = {entry.severity for entry in claims}
    checked = any(entry.status != "not read" for entry in claims)
    if unreadable or not (checked or lenient):
        return BAD_INPUT
    if not found.isdisjoint(SEVERITIES[SEVERITIES.index(fail_on) :]):
        return REFUTED
    if any(fault.is_directive for fault in faults):
        return BAD_INPUT
    return UNDECIDED if not lenient and ("unread" in found or faults) else HOLDS
