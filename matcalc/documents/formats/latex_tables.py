"""What commands and environments of LaTeX mean for a reader (``rules/latex_text.toml``), and what pylatexenc knows besides."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from pylatexenc.latex2text import LatexNodes2Text
from pylatexenc.latex2text import get_default_latex_context_db as get_default_texts
from pylatexenc.latexwalker import get_default_latex_context_db as get_default_arguments

from matcalc.base.files import read
from matcalc.base.lazy import pattern

_NAMED = pattern(r"(?P<name>.[A-Za-z0-9]*\*?)(?P<arguments>[\[<{+]*)")
_COMMAND = pattern(r"(?P<name>[A-Za-z]+)(?P<arguments>\*?[\[<{+]*)")
_LONGEST_ACCENTED = 8


class Tables(NamedTuple):
    """The tables: names with the arguments they take, as in the file."""

    mathematics: Mapping[str, str]
    inline: frozenset[str]
    outer: frozenset[str]
    verbatim: frozenset[str]
    unseen: frozenset[str]
    drawings: frozenset[str]
    lists: frozenset[str]
    tables: Mapping[str, str]
    theorems: frozenset[str]
    others: Mapping[str, str]
    titles: Mapping[str, str]
    headings: Mapping[str, int]
    commands: Mapping[str, str]
    spaces: frozenset[str]
    references: frozenset[str]
    prose: frozenset[str]
    packages: Mapping[str, str]

    @property
    def kept(self) -> frozenset[str]:
        """Names that keep their meaning when a writer redefines them."""
        return self.theorems | self.lists | frozenset(self.headings) | frozenset(self.mathematics) | _STRUCTURE


_STRUCTURE = frozenset(
    [
        "begin", "end", "item", "footnote", "caption", "label", "ref", "eqref", "cite", "input", "include", "title", "thanks", "document",
        "maketitle", "abstract", "documentclass", "usepackage", "verb", "[", "]", "(", ")", "\\", "cref", "autoref",
    ]
)  # fmt: skip


@cache
def tables() -> Tables:
    """The tables of the file."""
    data: dict[str, Any] = tomllib.loads(read("rules", "latex_text.toml"))
    environments, commands = data["environments"], data["commands"]
    return Tables(
        _with_arguments(environments["mathematics"], _NAMED),
        frozenset(environments["inline"]),
        frozenset(environments["outer"]),
        frozenset(environments["verbatim"]),
        frozenset(environments["unseen"]),
        frozenset(environments["drawings"]),
        frozenset(environments["lists"]),
        _with_arguments(environments["tables"], _NAMED),
        frozenset(environments["theorems"]),
        _with_arguments(environments["others"], _NAMED),
        data["titles"],
        data["headings"],
        _with_arguments(commands["arguments"], _COMMAND),
        frozenset(commands["space"]),
        frozenset(commands["references"]),
        frozenset(commands["prose"]),
        data["packages"],
    )


def _with_arguments(entries: list[str], form: re.Pattern[str]) -> dict[str, str]:
    found = [form.fullmatch(entry) for entry in entries]
    return {match["name"]: match["arguments"] for match in found if match is not None}


@cache
def symbols() -> Symbols:
    """The symbols that pylatexenc knows."""
    return Symbols()


class Symbols:
    """The text that commands stand for in prose: accents and symbols, as pylatexenc knows them."""

    def __init__(self) -> None:
        self._reader = LatexNodes2Text()
        self._texts = get_default_texts()
        self._arguments = get_default_arguments()
        self._known: dict[str, str] = {}

    def text(self, name: str) -> str | None:
        """What a command without arguments stands for; None for one that is not known."""
        known = self._known.get(name)
        if known is None:
            found = self._texts.get_macro_spec(name)
            shown = getattr(found, "simplify_repl", None)
            known = self._known[name] = shown if isinstance(shown, str) and "%" not in shown and not self.arguments(name) else ""
        return known or None

    def arguments(self, name: str) -> str:
        """What a command takes, ``[{``."""
        found = self._arguments.get_macro_spec(name)
        given = getattr(getattr(found, "args_parser", None), "argspec", None)
        return given if isinstance(given, str) else ""

    def accented(self, name: str, letters: str) -> str:
        r"""What an accent makes of letters: ``\"`` of ``o``."""
        if len(letters) > _LONGEST_ACCENTED:
            return letters
        written = f"\\{name}{{{letters}}}"
        if written not in self._known:
            self._known[written] = str(self._reader.latex_to_text(written)).strip()
        return self._known[written]
