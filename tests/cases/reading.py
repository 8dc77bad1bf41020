"""Reads ``*.cases`` files: one derivation a line, ``expression | wrt | declarations | expected text``.

Fields are separated by a vertical bar with blanks around it (so ``||x||`` is no separator). ``wrt`` is a name, or two names
for a second derivative (``x x``, ``x y``). Lines beginning with ``#`` name the source of the cases below them;
``@layout numerator`` and ``@symmetric cookbook`` set an option for the cases below. An expected text after ``≈`` is any formula of the
same value: for answers whose wording is not fixed, such as long ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_SEPARATOR = re.compile(r"\s+\|(?=\s|$)")
DEFAULTS = {"layout": "denominator", "symmetric": "projected"}


@dataclass(frozen=True)
class Case:
    """One line of a file."""

    file: str
    line: int
    source: str
    expression: str
    wrt: tuple[str, ...]
    declare: str
    expected: str
    exact: bool
    options: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def read_cases(path: Path) -> list[Case]:
    """Every case of a file; a ValueError names the line that is not understood."""
    source, options, cases = "", dict(DEFAULTS), []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#"):
            source = line.lstrip("# ")
        elif line.startswith("@"):
            name, value = line[1:].split()
            if name not in DEFAULTS:
                raise ValueError(f"{path.name}:{number}: no option {name!r}")
            options[name] = value
        elif line.strip():
            parts = [part.strip() for part in _SEPARATOR.split(line)]
            if len(parts) != 4 or not (parts[0] and parts[1] and parts[3]):
                raise ValueError(f"{path.name}:{number}: expected 'expression | wrt | declarations | expected text'")
            expression, wrt, declare, expected = parts
            exact = not expected.startswith("≈")
            cases.append(
                Case(
                    path.name,
                    number,
                    source,
                    expression,
                    tuple(wrt.split()),
                    declare,
                    expected.lstrip("≈ "),
                    exact,
                    dict(options),
                )
            )
    return cases
