"""The outcome for a document: an entry for everything in it that a reader sees as mathematics."""

from __future__ import annotations

from dataclasses import dataclass, field

from matcalc.documents.pieces import Fault, Place
from matcalc.documents.roles import Role
from matcalc.verification.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Entry:
    """A formula of a document: what it is for, and for a claim the verdict on it.

    ``text`` is as written (macros replaced), ``asked`` the statement that the verdict is on, in matcalc's language, ``section`` the titles
    above it, outermost first. A claim without a verdict has a ``reason`` why it was not read or decided. ``context`` says which
    definitions, facts and layout were used, and where they stand.
    """

    text: str
    place: Place
    role: Role
    section: tuple[str, ...] = ()
    asked: str = ""
    verdict: Verdict | None = None
    reason: str = ""
    context: tuple[str, ...] = ()
    expected: bool = True
    """False for a claim that is marked ``expect false``."""

    @property
    def status(self) -> str:
        """``proved``, ``confirmed``, ``conditional``, ``refuted``, ``undecided``, ``not read``, or the role of what is no claim."""
        if self.role != "claim":
            return self.role
        if self.verdict is None or self.verdict.problem:
            return "not read"
        return self.verdict.status


@dataclass(frozen=True, slots=True)
class Report:
    """What ``verify_document`` finds: the entries in reading order, the places that could not be read, and the files that were."""

    path: str
    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...] = ()
    files: tuple[str, ...] = field(default=())

    @property
    def claims(self) -> tuple[Entry, ...]:
        """The entries that are claims."""
        return tuple([entry for entry in self.entries if entry.role == "claim"])
