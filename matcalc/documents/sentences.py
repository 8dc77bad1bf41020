"""What the words of a sentence before a formula say that the formula is: supposed, named, to be solved, said to hold."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

from matcalc.base.files import read
from matcalc.facts.table import facts

_LONGEST = 600
"""Characters before a formula that are looked at."""
_GOVERNING = ("naming", "supposing", "stating")
_DOMINANT = frozenset(["where", "let", "denote", "write", "put", "define"])
"""What governs the whole of a sentence, up to one of the words below."""
_ENDING = frozenset(
    [
        "then",
        "we have",
        "one has",
        "hence",
        "therefore",
        "thus",
        "gives",
        "yields",
        "we get",
        "get",
        "obtain",
        "find",
        "follows",
        "it holds",
    ]
)
_HYPOTHESES = frozenset(
    [
        "if",
        "suppose",
        "assume",
        "such that",
        "subject to",
        "because",
        "since",
        "assuming",
        "provided",
        "when",
        "whenever",
        "constraint",
        "constraints",
        "assumed",
        "given",
    ]
)
_LETTING = frozenset(["let", "letting", "put", "putting"])
_NEXT = 1
"""Words that may stand between a cue and what it supposes."""
_FRONT = 2
"""Words within which a sentence begins: ``And if``."""


@cache
def cue_table() -> Mapping[str, Any]:
    """``rules/roles.toml``."""
    return MappingProxyType(tomllib.loads(read("rules", "roles.toml")))


@cache
def _cues() -> Mapping[str, tuple[str, ...]]:
    """Each cue with the sorts that it is of."""
    found: dict[str, tuple[str, ...]] = {}
    for sort, cues in cue_table()["cues"].items():
        for cue in cues:
            found[cue] = (*found.get(cue, ()), sort)
    return MappingProxyType(found)


@cache
def _pattern() -> re.Pattern[str]:
    longest_first = sorted(_cues(), key=lambda cue: (-len(cue), cue))
    cues = "|".join([re.escape(cue).replace(r"\ ", r"\s+") for cue in longest_first])
    return re.compile(rf"(?<![\w-])(?:{cues})(?![\w-])|[,;]|\$[^$]*\$|\([^()$]*\)")


@cache
def _properties() -> re.Pattern[str]:
    """What names a property, from the table of facts."""
    names = {name.replace("_", " ") for fact in facts().values() for name in (fact.name, *fact.aliases)}
    words = sorted(names | set(cue_table()["names"]["properties"]), key=lambda name: (-len(name), name))
    return re.compile(r"(?<![\w-])(?:" + "|".join([word.replace(" ", "[ -]") for word in words]) + r")(?![\w-])")


@dataclass(frozen=True, slots=True)
class Sentence:
    """What was found: the sorts of its cues, which of naming, supposing and stating governs its end, and by which cue."""

    sorts: frozenset[str]
    governing: str
    cue: str
    first: frozenset[str]
    in_brackets: bool
    supposes_next: bool
    """Whether the words right before make any equation a hypothesis, not only one that states a fact about a symbol."""

    qualifies: bool
    """Whether they, or ``with``, stand right before it: it says then of which things something holds."""

    lets_next: bool
    """Whether the word right before is one that lets something be so: an equation of products behind it is supposed."""

    follows: bool
    """Whether the words say that what comes follows from what was said: ``If O is orthogonal,``, ``hence``."""
    names_property: bool
    """Whether a property of matrices or vectors is named."""

    def has(self, sort: str) -> bool:
        """Whether a cue of a sort stands in the sentence."""
        return sort in self.sorts

    def begins(self, sort: str) -> bool:
        """Whether one stands at its beginning."""
        return sort in self.first


@lru_cache(maxsize=256)
def sentence(before: str, lead: str) -> Sentence:
    """What the words before a formula say, those in front of it in the formula itself (``lead``) last."""
    text = f"{before[-_LONGEST:]} {lead}".lower()
    sorts: set[str] = set()
    first: set[str] = set()
    governing, cue, fronted, start, ends = "", "", False, len(text) - len(text.lstrip()), 0
    for match in _pattern().finditer(text):
        if match[0] == "," and fronted:
            governing, cue, fronted = "stating", "", False
        if match[0] == ";" and cue not in _DOMINANT:
            governing, cue, fronted = "", "", False
        if match[0][0] in ",;$(":
            continue
        said = " ".join(match[0].split())
        found = _cues()[said]
        sorts |= set(found)
        if text.count(" ", start, match.start()) <= 2 * _FRONT:
            first |= set(found)
        sort = next((sort for sort in _GOVERNING if sort in found), None)
        if sort is None or (sort == "stating" and (fronted or cue in _DOMINANT) and said not in _ENDING):
            continue
        at_front = text.count(" ", start, match.start()) < _FRONT
        governing, cue, ends = sort, said, match.end()
        fronted = sort == "supposing" and at_front and said not in _DOMINANT
    next_to = cue in _HYPOTHESES and len(text[ends:].split()) <= _NEXT
    lets = cue in _LETTING and not text[ends:].strip()
    follows = governing == "stating" and (not cue or cue in _ENDING)
    named = _properties().search(text) is not None
    qualifies = governing == "supposing" and cue not in _DOMINANT and not text[ends:].strip()
    in_brackets = text.rstrip().endswith("(")
    return Sentence(frozenset(sorts), governing, cue, frozenset(first), in_brackets, next_to, qualifies, lets, follows, named)
