r"""Indices that count steps of time, with the signs beside them, as parts of names: ``x_{k-1}``, ``P_{k|k-1}``, ``\hat x_k^-``.

A filter or a network that works step by step has a symbol of its own for each of these: no entry ``k - 1``, no power. Which letters count
steps is told by the whole document: they stand with a step up or down on several names, no sum runs over them, they never stand for a
number, and no name that has one of them has another index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from matcalc.base.lazy import pattern

_BASE = r"(?P<base>\\[A-Za-z]+(?:\s*\{\s*\\?[A-Za-z]+\s*\})?|[A-Za-z])"
_BELOW = r"_\s*(?:(?P<bare>[a-z])(?![A-Za-z])|(?P<bare_before>[a-z])(?=[A-Z\\])|\{\s*(?P<index>[^{}_^]{1,24}?)\s*\})"
_ABOVE = r"\^\s*(?:(?P<sign>[-+])(?![\d{])|\{\s*(?P<braced>[-+])\s*(?P<turned>T|\\top|\\intercal)?\s*\})"
_INDEXED = pattern(rf"{_BASE}\s*{_BELOW}(?:\s*{_ABOVE})?")
_SIGN_FIRST = pattern(rf"{_BASE}\s*{_ABOVE}\s*{_BELOW}")
_INVERTED = pattern(rf"{_BASE}\s*(?:_\s*(?:[A-Za-z]|\{{[^{{}}]*\}})\s*)?\^\s*(?:-\s*1|\{{\s*-\s*1\s*\}})")
_ALONE = pattern(r"(?:\s|\\[,;:! ])*(?:$|[-+=)\]}&,.;]|\\(?:right|end|\\))")
"""What stands behind a sign that is not the beginning of an exponent: ``P_k^- + Q``."""
_STEP = pattern(r"(?P<letter>[a-z])\s*(?P<sign>[-+])\s*1")
_WORD_BEHIND = pattern(r"(?P<letter>[a-z])\s*,\s*[a-z]{3,}")
"""What else stands behind a step: ``x_{k,measured}``."""
_GIVEN = pattern(r"(?P<what>[a-z](?:\s*[-+]\s*1)?)\s*(?:\||\\mid(?![A-Za-z])|\\vert(?![A-Za-z]))\s*(?P<given>[a-z](?:\s*[-+]\s*1)?)")
_BOUND = pattern(r"\\(?:sum|prod|max|min|bigcup|bigcap)(?:\\limits)?\s*_\s*(?:\{\s*([a-z])(?![A-Za-z])|([a-z])(?![A-Za-z]))")
_FREE = pattern(r"(?<![\\A-Za-z_^{\[])[a-z](?![A-Za-z])")
_BRACED = pattern(r"_\s*\{[^{}]*\}")
_COUNTED = pattern(r"\s*\$?\s*[a-zA-Z]\s*(?:[=\\,.<>+\-\d\s\[\]{}]|ldots|dots|cdots|in|leq?|ge?q?|[LKNT])*")
_WORDS = {"-": "minus", "+": "plus"}
_STEPS = {"-1": "previous", "+1": "next"}
_FEW = 2


@dataclass(frozen=True, slots=True)
class Steps:
    """``letters`` count steps, ``signed`` are the names that carry a sign beside them, and ``inverted`` those with an inverse besides."""

    letters: frozenset[str] = frozenset()
    signed: frozenset[str] = frozenset()
    inverted: frozenset[str] = frozenset()

    def as_names(self, text: str) -> str:
        r"""A formula in which what belongs to a step has a name without signs.

        >>> Steps(frozenset("k"), frozenset("P")).as_names(r"A P_{k-1} A^\top + P_{k|k-1} - P_k^- H")
        'A P_{\\text{previousk}} A^\\top + P_{\\text{givenpreviouskforherek}} - P_{\\text{minusherek}} H'
        """
        if "_" not in text:
            return text
        return _INDEXED.sub(self._named, _SIGN_FIRST.sub(self._named, text) if self.signed else text)

    def _named(self, found: re.Match[str]) -> str:
        index = _index(found)
        sign = self._sign(found, index)
        label = self._label(index)
        if not label:
            return found[0]
        kept = found[0][len(found["base"]) :] if not sign else ""
        above = kept[kept.index("^") :] if "^" in kept else ""
        return f"{found['base']}_{{\\text{{{sign}{label}}}}}{above}" + (r"^\top " if sign and found["turned"] else "")

    def _sign(self, found: re.Match[str], index: str) -> str:
        """The word for the sign of a name; empty where that is the beginning of an exponent."""
        sign = found["sign"] or found["braced"]
        if not sign or found["base"] not in self.signed or not self._is_of_steps(index):
            return ""
        return "" if found["turned"] and found["base"] in self.inverted else _WORDS[sign]

    def _is_of_steps(self, index: str) -> bool:
        return bool(self._label(index))

    def _label(self, index: str) -> str:
        """A step up or down, or one given another, as a word; empty for another index."""
        if (given := _GIVEN.fullmatch(index)) is not None and given["what"][0] == given["given"][0]:
            return f"given{_word(given['given'])}for{_word(given['what'])}"
        if index in self.letters:
            return _word(index)
        step = _STEP.fullmatch(index) or _WORD_BEHIND.fullmatch(index)
        return _word(index) if step is not None and step["letter"] in self.letters else ""


NO_STEPS = Steps()
_NAMED = pattern(r"(?P<letter>.+)_(?:given\w+for)?(?:minus|plus)?(?:[a-z]*here|previous|next)[a-z]")


def is_of_a_step(name: str) -> bool:
    """Whether a name was made of one with a step: it is another symbol than what has its letter alone."""
    return _NAMED.fullmatch(name) is not None


def letter_of(name: str) -> str:
    """The name without what tells its step."""
    found = _NAMED.fullmatch(name)
    return name if found is None else found["letter"]


def _word(step: str) -> str:
    """A step as a word that no other one begins with."""
    letter, rest = step[0], step[1:].replace(" ", "").lstrip(",")
    return (_STEPS.get(rest) or f"{rest}here") + letter


def _index(found: re.Match[str]) -> str:
    return found["bare"] or found["bare_before"] or found["index"] or ""


def steps_of(texts: Iterable[str]) -> Steps:
    """What counts steps in the formulas of a document."""
    seen = _Seen()
    for text in texts:
        seen.add(text)
    letters = frozenset(letter for letter, bases in seen.stepped.items() if seen.are_steps(letter, bases))
    return Steps(letters, frozenset(base for base, letter in seen.signed if letter in letters), frozenset(seen.inverted))


@dataclass(slots=True)
class _Seen:
    """What formulas show: which names each letter hangs on with a step, the letters that hang on each name alone, the names with signs
    and those with an inverse, and the letters that stand for a number or that a sum runs over."""

    stepped: dict[str, set[str]] = field(default_factory=dict)
    alone: dict[str, set[str]] = field(default_factory=dict)
    signed: set[tuple[str, str]] = field(default_factory=set)
    inverted: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)

    def are_steps(self, letter: str, bases: set[str]) -> bool:
        """Whether a letter that stands with a step on some names counts steps everywhere."""
        return letter not in self.taken and len(bases) >= _FEW and all(self.alone.get(base, set()) <= {letter} for base in bases)

    def add(self, text: str) -> None:
        """Takes in a formula."""
        for found in (*_INDEXED.finditer(text), *_SIGN_FIRST.finditer(text)):
            self._add_index(found, text)
        self.inverted.update(found["base"] for found in _INVERTED.finditer(text))
        self.taken.update(letter for found in _BOUND.findall(text) for letter in found)
        if _COUNTED.fullmatch(text) is None:
            self.taken.update(_FREE.findall(_BRACED.sub("_", text)))

    def _add_index(self, found: re.Match[str], text: str) -> None:
        index, base = _index(found), found["base"]
        if len(index) == 1 and index.isalpha():
            self.alone.setdefault(base, set()).add(index)
        if (step := _STEP.fullmatch(index) or _GIVEN.fullmatch(index)) is not None:
            self.stepped.setdefault(step[0][0], set()).add(base)
        if found["braced"] or (found["sign"] and _ALONE.match(text, found.end())):
            self.signed.add((base, index[:1]))
