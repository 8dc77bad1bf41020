"""Reading ``.identities`` files: blocks of ``[id] source``, directives, and one statement."""

from __future__ import annotations

import re

from matcalc.errors import ParseError, Span
from matcalc.verification.items import Document, Item, Settings

_HEADER = re.compile(r"\[\s*([^\]]*[^\]\s])\s*\]\s*(.*)")
_DIRECTIVE = re.compile(r"(declare|layout|symmetric|expect)\b\s*(.*)")


def read_identities(text: str, path: str = "") -> Document:
    """The identities of a file, each with its name and source. Raises ParseError with the line that is wrong.

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
