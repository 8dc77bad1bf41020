"""The lines of rule files: ``name | variables | left = right | source``."""

from __future__ import annotations

from matcalc.records import record


@record
class RuleLine:
    """One line, not yet parsed."""

    name: str
    variables: str
    left: str
    right: str
    source: str


def rule_lines(file: str, text: str) -> list[RuleLine]:
    """The lines of ``text``, which is that of ``file``; empty lines and those with ``#`` in front are left out.

    Raises ValueError for a line of another form.
    """
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        parts = [part.strip() for part in line.split(" | ")]
        if len(parts) != 4 or parts[2].count("=") != 1 or " = " not in parts[2]:
            raise ValueError(f"{file} line {number}: expected 'name | variables | left = right | source'")
        name, variables, identity, source = parts
        left, _, right = identity.partition(" = ")
        lines.append(RuleLine(name, variables, left.strip(), right.strip(), source))
    return lines
