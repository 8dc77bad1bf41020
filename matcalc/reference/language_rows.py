"""The parts of the language that are no functions of the table, from ``rules/language.toml``, and how tightly its operators bind."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from matcalc.language.syntax.tables import tables
from matcalc.records import record
from matcalc.resources import read
from matcalc.stored import stored

SECTIONS = ("operators", "functions", "constants", "sums", "derivatives", "declarations", "dialects")


@record
class Row:
    """A part of the language; the fields are those of ``rules/language.toml``."""

    section: str
    written: tuple[str, ...]
    meaning: str
    latex: tuple[str, ...] = ()
    matlab: tuple[str, ...] = ()
    numpy: tuple[str, ...] = ()
    julia: tuple[str, ...] = ()
    declare: str = ""
    action: str = ""
    by: str = ""
    names: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What is written in each dialect that has a spelling of its own."""
        return tuple((name, found) for name in ("latex", "matlab", "numpy", "julia") if (found := getattr(self, name)))


@cache
def rows() -> tuple[Row, ...]:
    """Every row, in the order of the file."""
    table: Mapping[str, list[Mapping[str, Any]]] = stored("language", read("rules", "language.toml"), _read)
    return tuple([_row(section, fields) for section in SECTIONS for fields in table[section]])


def of_section(section: str) -> tuple[Row, ...]:
    return tuple([row for row in rows() if row.section == section])


def _read(text: str) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(text)


def _row(section: str, fields: Mapping[str, Any]) -> Row:
    parts: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
    return Row(section=section, **parts)


@cache
def levels() -> Mapping[str, int]:
    """How tightly the operators bind, by their names in the grammar: 1 is the loosest, and what closes itself in brackets the tightest.

    >>> levels()["add"] == levels()["subtract"] < levels()["multiply"] < levels()["minus"] < levels()["power"] < levels()["bars"]
    True
    """
    order = list(dict.fromkeys(rule.origin for rule in tables().rules if rule.origin in _LEVELS))
    tightest: dict[str, int] = {}
    for rule in tables().rules:
        if rule.origin in order and not rule.passes_on:
            tightest[rule.action] = max(order.index(rule.origin) + 1, tightest.get(rule.action, 0))
    return tightest


_LEVELS = frozenset(["sum", "product", "unary", "postfix", "atom"])
"""The rules of the grammar, loosest first there, each of which takes the next for its operands."""
