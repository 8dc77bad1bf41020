"""The identities that are shipped with the package."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from matcalc.resources import folder
from matcalc.verification.identity_files import read_identities
from matcalc.verification.items import Document, Item


@cache
def library() -> tuple[Document, ...]:
    """Every shipped identity file, by name."""
    files = sorted(Path(folder("rules"), "identities").glob("*.identities"))
    return tuple([read_identities(file.read_text(encoding="utf-8"), file.name) for file in files])


def found(words: Sequence[str] = ()) -> list[tuple[Document, Item]]:
    """The identities whose name, source, declarations or statement hold every word, in any case."""
    wanted = [word.casefold() for word in words]
    result = []
    for document in library():
        for item in document.items:
            text = " ".join((item.name, item.source, item.declare, item.statement, document.path)).casefold()
            if all(word in text for word in wanted):
                result.append((document, item))
    return result
