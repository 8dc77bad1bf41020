"""Verdicts kept on disk from one run to the next, each under its question and the version of the program that gave it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any

from matcalc.base.files import folder, keep, kept
from matcalc.base.records import blake2b
from matcalc.documents.asking import Asked
from matcalc.verification.verdict import Carried, Counterexample, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOM = "verdicts"
_SOURCES = (".py", ".lark", ".toml", ".rules")
_LEFT_BEHIND = ("reading", "correction", "counterexample", "links", "notes", "holds_if", "declarations")


@dataclass(frozen=True, slots=True)
class Recalled:
    """A verdict without its expressions, the right answer beside it as text, and which of the readings it is on."""

    verdict: Verdict
    correction: Carried
    chosen: int
    reading: str = ""


def recalled(question: Sequence[Asked]) -> Recalled | None:
    """What was remembered of a question; None when there is nothing, or nothing that this version of the program said."""
    said = kept(_ROOM, _name(question), _key(question))
    try:
        return None if said is None else _read(said)
    except (KeyError, TypeError, ValueError):
        return None


def remember(question: Sequence[Asked], outcome: Recalled) -> None:
    """Keeps an outcome for later runs."""
    keep(_ROOM, _name(question), _key(question), _written(outcome))


def _written(outcome: Recalled) -> dict[str, Any]:
    verdict = outcome.verdict
    plain = {one.name: getattr(verdict, one.name) for one in fields(Verdict) if one.name not in _LEFT_BEHIND}
    return {
        "verdict": plain,
        "notes": list(verdict.notes),
        "holds_if": list(verdict.holds_if),
        "declarations": None if verdict.declarations is None else dict(verdict.declarations),
        "counterexample": None if verdict.counterexample is None else verdict.counterexample.to_dict(),
        "links": [[link.statement, link.status] for link in verdict.links],
        "correction": outcome.correction,
        "chosen": outcome.chosen,
        "reading": outcome.reading,
    }


def _read(said: Mapping[str, Any]) -> Recalled:
    plain, example = said["verdict"], said["counterexample"]
    verdict = Verdict(
        **plain,
        notes=tuple(said["notes"]),
        holds_if=tuple(said["holds_if"]),
        declarations=said["declarations"],
        counterexample=None if example is None else Counterexample(**example),
        links=tuple([Verdict(statement, status, plain["layout"]) for statement, status in said["links"]]),
    )
    correction = said["correction"]
    return Recalled(verdict, tuple(correction) if isinstance(correction, list) else correction, said["chosen"], said["reading"])


def _key(question: Sequence[Asked]) -> tuple[Any, ...]:
    asked = [tuple([getattr(one, name) for name in _ASKED]) for one in question]
    return _code(), *asked, *[side for one in question for left, right, _ in one.supposed for side in (left, right)]


_ASKED = tuple([one.name for one in fields(Asked) if one.name not in ("rests_on", "supposed")])


def _name(question: Sequence[Asked]) -> str:
    return blake2b(repr(_key(question)[1:]).encode(), digest_size=16).hexdigest()


@cache
def _code() -> str:
    """Which program this is, by names, sizes and times of all files that verdicts may depend on: a change of any is another program."""
    digest = blake2b(digest_size=16)
    for path in _files():
        found = os.stat(path)
        digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def _files() -> Iterator[str]:
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for base in (package, folder("grammar"), folder("rules")):
        for within, inner, names in os.walk(base):
            inner[:] = sorted(name for name in inner if name != "__pycache__")
            yield from (os.path.join(within, name) for name in sorted(names) if name.endswith(_SOURCES))
