"""What names of markup mean for a reader: the tables of ``rules/markup.toml`` and, of LaTeX's environments, ``rules/latex_text.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from matcalc.base.files import read

_ENVIRONMENT = re.compile(r"(?P<name>[A-Za-z0-9]+)(?P<arguments>[\[{]*)")


@cache
def _markup() -> Mapping[str, Any]:
    return tomllib.loads(read("rules", "markup.toml"))


@cache
def _latex() -> Mapping[str, Any]:
    return tomllib.loads(read("rules", "latex_text.toml"))


@cache
def blocks(use: str) -> frozenset[str]:
    """Names of blocks of Markdown and directives of reStructuredText by use."""
    return frozenset(_markup()["blocks"][use])


@cache
def html(use: str) -> frozenset[str]:
    """Names of elements and classes of HTML by use."""
    return frozenset(_markup()["html"][use])


def labelled(prefix: str) -> str:
    """The theorem that a label of Quarto with this beginning is for; empty for others."""
    return str(_markup()["labels"].get(prefix, ""))


@cache
def displays() -> Mapping[str, int]:
    """Environments that are formulas by themselves, whose names say only how they are set, and how many arguments stand behind those."""
    latex = _latex()["environments"]
    outer = {*latex["outer"], *latex["inline"], "xalignat", "xxalignat"}
    return {name: count for name, count in _mathematics().items() if name in outer}


@cache
def within() -> frozenset[str]:
    """Environments that stand in formulas, some of which writers leave without delimiters."""
    return frozenset(_mathematics()) - frozenset(displays())


@cache
def theorems() -> Mapping[str, str]:
    """Environments for theorems, proofs and the like, and how they are called."""
    titles = _latex()["titles"]
    return {name: titles.get(name, name) for name in _latex()["environments"]["theorems"]}


def _mathematics() -> Mapping[str, int]:
    found = [_ENVIRONMENT.fullmatch(entry) for entry in _latex()["environments"]["mathematics"]]
    return {match["name"]: len(match["arguments"]) for match in found if match is not None}
