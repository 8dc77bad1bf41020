"""The words of ``rules/prose.toml``, and what they say."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from matcalc.base.files import read
from matcalc.facts.table import facts, spelled_apart


@dataclass(frozen=True, slots=True)
class Factorization:
    """A factorization of a matrix: its names in a text, its factors as letters with their marks,
    and what the name says of each letter."""

    words: re.Pattern[str]
    form: tuple[tuple[str, str], ...]
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tables of the file; lists of words are patterns that find one of them as a whole word."""

    abbreviations: frozenset[str]
    lists: Mapping[str, re.Pattern[str]]
    nouns: Mapping[str, str]
    longest: int
    of: Mapping[tuple[str, str], str]
    possessed: Mapping[str, str]
    layouts: Mapping[str, re.Pattern[str]]
    symmetric: Mapping[str, re.Pattern[str]]
    factorizations: tuple[Factorization, ...]
    elsewhere: re.Pattern[str]
    """Words that say before what is told that it is so in another place, or for others."""
    retracted: re.Pattern[str]
    """Words that take back what stands before them."""

    def is_setting(self, title: str) -> bool:
        """Whether a title is that of a section whose facts hold everywhere."""
        return self.lists["settings"].search(title) is not None

    def says(self, sort: str, word: str) -> bool:
        """Whether a word, or several, are in one of the lists."""
        return self.lists[sort].fullmatch(word) is not None


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary, read once."""
    table = tomllib.loads(read("rules", "prose.toml"))
    nouns = {**{name: name for name in _facts()}, **table["nouns"]}
    lists = (
        "settings",
        "everywhere",
        "introducing",
        "conditional",
        "doubt",
        "doubtful_sentence",
        "qualifying",
        "seeming",
        "wishing",
        "proving",
        "reporting",
        "stating",
        "reported",
        "own",
        "proven",
        "passed",
        "affirming",
        "supposing",
        "taken",
        "plain",
        "another",
        "dropping",
        "assumption",
        "constraining",
        "ending",
        "entrywise",
        "general",
        "square_zero",
    )
    return Vocabulary(
        frozenset(table["abbreviations"]),
        {name: _words(table[name]) for name in lists},
        nouns,
        max(len(words.split()) for words in nouns),
        {(noun, word): fact for words, fact in table["of"].items() for noun, word in [words.split()]},
        table["possessed"],
        {name: _either(_words(phrases), _sentences(table["rows"], name)) for name, phrases in table["layouts"].items()},
        {name: _words(phrases) for name, phrases in table["symmetric"].items()},
        tuple([_factorization(one) for one in table["factorizations"]]),
        _elsewhere(table["elsewhere"]),
        _retracted(table["retracting"]),
    )


def _elsewhere(words: Mapping[str, list[str]]) -> re.Pattern[str]:
    """``In Section ⟨5⟩``, ``in the previous example``, ``in Smith's paper``, ``they assume``; not
    ``as in Section ⟨5⟩``."""
    places, numbered, parts, others, who, verbs, sources = (
        _words(words[sort]).pattern for sort in ("places", "numbered", "parts", "others", "who", "verbs", "sources")
    )
    begins = r"(?:\A|[,;:.(]|\b(?:that|and|but|while|whereas|(?:assume|suppose)(?:\s+that)?)\b)\s*"
    other = rf"(?:(?:the|an?|our)\s+)?(?:{others}|\w+[’']s)\s+(?:{others}\s+)?(?:\w+\s+)?{places}"
    place = rf"(?:the\s+)?following\s+{parts}|(?:{numbered}|§)\s*(?:[⟨\d,(§]|[A-Za-z]\b)"
    source = rf"{sources}(?!\s+(?:the|our|this|these|an?|{places})\b)"
    return re.compile(
        rf"{begins}(?:(?:in|for|from)\s+{other}|in\s+(?:{place}))|{who}\s+(?:\w+ly\s+)?{verbs}|{source}", re.IGNORECASE
    )


def _retracted(phrases: Iterable[str]) -> re.Pattern[str]:
    """Words that take back what stands before them, up to the end of their clause, with no formula
    in it."""
    return re.compile(
        rf"\s*[,(–—-]*\s*(?:(?:but|and|so|as|at least)\s+)?{_words(phrases).pattern}[^⟨,;.:]*(?:[,;.:]|\Z)", re.IGNORECASE
    )


def _factorization(one: Mapping[str, Any]) -> Factorization:
    form = tuple([(factor[0], factor[1:]) for factor in one["form"].split()])
    return Factorization(_words(one["words"]), form, one["facts"])


def _facts() -> Iterable[str]:
    """The facts in the words of prose: those of several words with spaces."""
    yield from spelled_apart()
    for fact in facts().values():
        yield from (word for word in (fact.name, *fact.aliases) if "_" not in word and len(word) > 2)


def _words(phrases: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(re.escape(phrase) for phrase in longest_first)})(?![\w-])", re.IGNORECASE)


_BETWEEN = r"(?:[\w’'-]+\s+|⟨\d+⟩\s*,?\s*){0,9}?"
"""Words and formulas between those of a phrase."""


def _sentences(words: Mapping[str, list[str]], layout: str) -> re.Pattern[str]:
    """The sentences that say whether derivatives are rows or columns."""
    of, says, shapes = (_words(words[sort]).pattern for sort in ("of", "says", layout))
    return re.compile(
        rf"(?:{of})\s+{_BETWEEN}(?:{says})\s+(?:(?:an?|the|always|also|then|written|taken|treated|represented|considered)\s+)*(?:as\s+an?\s+|as\s+)?(?:{shapes})",
        re.IGNORECASE,
    )


def _either(*patterns: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile("|".join(one.pattern for one in patterns), re.IGNORECASE)
