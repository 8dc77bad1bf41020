"""The tables of ``rules/rows.toml``: what the signs and words of a formula do where it is cut into rows."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from matcalc.base.files import read

WordUse: TypeAlias = Literal["joining", "conditional", "accompanying", "remark"]
"""What a word within a formula does: see ``[words]``; ``remark`` is none of these."""

_LONGEST_CUE = 4
"""Words of the longest cue."""


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(read("rules", "rows.toml"))


@cache
def relations() -> Mapping[str, str]:
    """How a relation is written -> its sign."""
    return _turned("relations")


@cache
def joints() -> Mapping[str, str]:
    """How a sign between statements is written -> that sign."""
    return _turned("joints")


@cache
def above() -> Mapping[str, str]:
    """What stands above an equals sign -> what that then means."""
    return _turned("marks")


@cache
def commands(use: str) -> frozenset[str]:
    """The LaTeX commands of one use, without their backslash."""
    return frozenset(_table()["commands"][use])


@cache
def environments(use: str) -> frozenset[str]:
    """The LaTeX environments of one use, without a star."""
    return frozenset(_table()["environments"][use])


def _turned(name: str) -> Mapping[str, str]:
    return MappingProxyType({spelled: sign for sign, spellings in _table()[name].items() for spelled in spellings})


@cache
def _word_uses() -> Mapping[str, WordUse]:
    uses: tuple[WordUse, ...] = ("joining", "conditional", "accompanying")
    return MappingProxyType({cue: use for use in uses for cue in _table()["words"][use]})


def word_use(text: str) -> WordUse:
    """What words within a formula do, by their beginning.

    >>> word_use("for all "), word_use("i.e."), word_use("(chain rule)")
    ('conditional', 'joining', 'remark')
    """
    words = text.lower().split(maxsplit=_LONGEST_CUE)[:_LONGEST_CUE]
    for count in range(len(words), 0, -1):
        use = _word_uses().get(" ".join(words[:count]).strip(",;:() "))
        if use is not None:
            return use
    return "remark"
