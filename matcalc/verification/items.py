"""Statements with what stands around them: in identity files, and those that are shipped with the
package."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from matcalc.base.errors import ParseError, Span
from matcalc.base.files import folder
from matcalc.language.declare.declarations import written


@dataclass(frozen=True, slots=True)
class Item:
    """A statement to be verified. ``line`` counts from 1; ``expected`` is False for a statement
    marked ``expect false``. What cannot be read in the ``dialect`` is read as its text shows."""

    statement: str
    line: int
    name: str = ""
    source: str = ""
    declare: str = ""
    layout: str = "denominator"
    symmetric: str = "projected"
    expected: bool = True
    dialect: str | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A formula that looks like a claim and could not be read; or a directive, which is then left
    out and a fault of the document."""

    text: str
    line: int
    reason: str
    is_directive: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """The statements of a file, in order, and the claims in it that are not in the language."""

    path: str
    items: tuple[Item, ...]
    unread: tuple[Unread, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Settings:
    """Directives that hold for the statements after them: ``declare``, ``layout``, ``symmetric``
    and, for the next one only, ``expect``."""

    declare: tuple[str, ...] = ()
    layout: str = "denominator"
    symmetric: str = "projected"
    expected: bool = True

    def changed(self, word: str, rest: str) -> Settings | None:
        """The settings after one directive; None for a word or value that is none."""
        match word, rest.strip():
            case "declare", text if text:
                return replace(self, declare=declared_again(self.declare, text))
            case "layout", ("denominator" | "numerator" | "tensor") as name:
                return replace(self, layout=name)
            case "symmetric", ("projected" | "independent" | "cookbook") as name:
                return replace(self, symmetric=name)
            case "expect", ("true" | "false") as value:
                return replace(self, expected=value == "true")
            case _:
                return None

    def item(self, statement: str, line: int, name: str = "", source: str = "") -> Item:
        return Item(statement, line, name, source, "; ".join(self.declare), self.layout, self.symmetric, self.expected)


def declared_again(before: tuple[str, ...], text: str) -> tuple[str, ...]:
    """The declarations with those of a new directive; what it says of a name takes the place of
    what was said of it before.

    >>> declared_again(("A: n×n", "x, y: n"), "A: n×n symmetric; y: m")
    ('x: n', 'A: n×n symmetric', 'y: m')
    """
    new = written(text)
    named = {name for one in new if not one.adds for name in one.names}
    kept = []
    for part in before:
        for one in written(part):
            rest = [name for name in one.names if name not in named]
            if len(rest) == len(one.names) and one.text not in [other.text for other in new]:
                kept.append(one.text)
            elif rest:
                kept.append(f"{', '.join(rest)}: {one.value}")
    return (*kept, *[one.text for one in new])


_HEADER = re.compile(r"\[\s*([^\]]*[^\]\s])\s*\]\s*(.*)")
_DIRECTIVE = re.compile(r"(declare|layout|symmetric|expect)\b\s*(.*)")


def read_identities(text: str, path: str = "") -> Document:
    """The identities of a file, each with its name and source. Raises ParseError with the line that
    is wrong.

    >>> read_identities("[product] Magnus\\ntr(A*B) = tr(B*A)").items[0].name
    'product'
    """
    items: list[Item] = []
    seen: dict[str, int] = {}
    header: tuple[str, str, int] | None = None
    statement: tuple[list[str], int] | None = None
    settings = Settings()

    def finish() -> None:
        if header is None:
            return
        name, source, line = header
        if statement is None:
            raise _error(path, text, line, f"the identity {name} has no statement")
        items.append(settings.item(" ".join(statement[0]), statement[1], name, source))

    for number, line in enumerate(text.splitlines(), 1):
        content = line.split("#", 1)[0].strip()
        found = _HEADER.match(content)
        if found and not found[2].startswith("="):
            finish()
            header, statement, settings = (found[1], found[2].strip(), number), None, Settings()
            if found[1] in seen:
                raise _error(path, text, number, f"the name {found[1]} was used before, in line {seen[found[1]]}")
            seen[found[1]] = number
        elif content:
            if header is None:
                raise _error(path, text, number, "a block begins with its name and source", "[name] source")
            directive = _DIRECTIVE.fullmatch(content)
            if directive and statement is None:
                changed = settings.changed(directive[1], directive[2])
                if changed is None:
                    raise _error(path, text, number, f"{directive[2]!r} is not a value of {directive[1]}")
                settings = changed
            elif statement is None:
                statement = ([content], number)
            else:
                statement[0].append(content)
    finish()
    return Document(path, tuple(items))


def _error(path: str, text: str, number: int, message: str, expected: str | None = None) -> ParseError:
    lines = text.splitlines(keepends=True)
    start = sum(len(line) for line in lines[: number - 1])
    width = len(lines[number - 1].rstrip()) if number <= len(lines) else 1
    place = f"{path}:{number}: " if path else f"line {number}: "
    return ParseError(place + message, text=text, span=Span(start, start + max(1, width)), expected=expected)


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
