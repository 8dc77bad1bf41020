"""The fenced blocks of a Markdown page."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCED = re.compile(r"^```(\w*)[ \t]*([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """``language`` and ``attributes`` stand after the fence, as in ``python file=test_formulas.py``; ``line`` is that of the fence."""

    language: str
    attributes: dict[str, str]
    body: str
    line: int
    section: str
    """The last heading of the first or second level above."""


def blocks_of(page: str) -> list[Block]:
    found = []
    for match in _FENCED.finditer(page):
        headings = re.findall(r"^##? (.*)$", _FENCED.sub("", page[: match.start()]), re.MULTILINE)
        attributes = dict(part.partition("=")[::2] for part in match[2].split())
        line = page.count("\n", 0, match.start()) + 1
        found.append(Block(match[1], attributes, match[3], line, headings[-1] if headings else ""))
    return found


def commands(block: Block) -> list[tuple[str, str]]:
    """(command, output) for every ``$`` line of a console block."""
    parts = re.split(r"^\$ ", block.body, flags=re.MULTILINE)[1:]
    return [(command, output.rstrip("\n")) for command, _, output in (part.partition("\n") for part in parts)]


def exchanges(block: Block, prompt: str, more: str) -> list[tuple[str, str]]:
    """(input, output) for every prompt of a transcript; lines after the continuation prompt belong to the input."""
    found: list[tuple[str, str]] = []
    for line in block.body.splitlines():
        if line.startswith(prompt):
            found.append((line.removeprefix(prompt), ""))
        elif line.startswith(more) and not found[-1][1]:
            found[-1] = (f"{found[-1][0]}\n{line.removeprefix(more)}", "")
        else:
            typed, output = found[-1]
            found[-1] = (typed, f"{output}\n{line}" if output else line)
    return found
