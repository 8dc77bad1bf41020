r"""Letters that are indices because sums run over them, ``\sum_{c=1}^C t_c \log y_c``, in the place of the usual ones.

A letter such as c or d is an index where a document sums over it, and then ``y_c`` is an entry of y. Such letters are replaced by ones that
are always indices and stand nowhere else in the document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from matcalc.base.lazy import pattern
from matcalc.language.text.spelling import INDEX_LETTERS

_UNUSUAL = "abcdfghouvw"
_SPARE = "rsqpkjilmn"
_BOUND = pattern(
    r"\\(?:sum|prod|max|min)(?![A-Za-z])(?:\s*\\limits)?\s*(?:\^\s*(?:\{[^{}]*\}|\w)\s*)?_\s*(?:\{(?P<braced>[^{}]*)\}|(?P<bare>[a-z]))"
)
_RANGE = pattern(r"\s*(?P<first>[a-z])\s*(?:,\s*(?P<second>[a-z])\s*)?(?:(?:=|\\neq?(?![A-Za-z])|≠|<|>)[^{}]*)?")
_BELOW = pattern(r"_\s*(?:(?P<bare>[a-z])(?![A-Za-z])|\{\s*(?P<run>[a-z](?:\s*,?\s*[a-z]){0,2})\s*\})")
_LABELLED = pattern(r"(?P<capital>(?<![A-Za-z\\])[A-Z]|[A-Z]\s*\})\s*_\s*(?:(?P<bare>[a-z])(?![A-Za-z])|\{\s*(?P<braced>[a-z])\s*\})")
_LETTER = pattern(r"(?<![\\A-Za-z])[a-z](?![A-Za-z])")
_SHOWN = pattern(r"_\{?[i-s]{1,4}\}?(?![a-z])|\[[i-s](?:,\s*[i-s])*\]|\bsum\([i-s](?:,\s*[i-s])*,")
_SINGLE = pattern(r"[i-s](?![a-z]*\()")
_COMMAND = pattern(r"\\[A-Za-z]+\s*(?:\{\s*[A-Za-z]{2,}\s*\})?")


@dataclass(frozen=True, slots=True)
class IndexLetters:
    """The letters of a document that sums run over, each with the usual index that stands for it."""

    usual: Mapping[str, str] = field(default_factory=dict)

    def as_usual(self, text: str) -> str:
        r"""A formula with usual indices.

        >>> IndexLetters({"c": "r", "d": "s"}).as_usual(r"y_c = e^{z_c} / \sum_{d=1}^C e^{z_d}, c w_{ic}")
        'y_r = e^{z_r} / \\sum_{s=1}^C e^{z_s}, c w_{ir}'
        """
        if not self.usual or "_" not in text:
            return text
        return _BELOW.sub(self._below, _BOUND.sub(self._bound, text))

    def as_written(self, text: str) -> str:
        r"""An answer in index notation with the letters of the document.

        >>> IndexLetters({"c": "r"}).as_written("-t_r + Σ_r y_rj"), IndexLetters({"c": "r"}).as_written("sum(r, y[r,j])")
        ('-t_c + Σ_c y_cj', 'sum(c, y[c,j])')
        """
        written = {usual: letter for letter, usual in self.usual.items()}
        return _SHOWN.sub(lambda found: _SINGLE.sub(lambda letter: written.get(letter[0], letter[0]), found[0]), text) if written else text

    def _bound(self, found: re.Match[str]) -> str:
        at = "braced" if found["braced"] is not None else "bare"
        start, end = found.start(at) - found.start(), found.end(at) - found.start()
        inside = _LETTER.sub(lambda letter: self.usual.get(letter[0], letter[0]), found[at])
        return f"{found[0][:start]}{inside}{found[0][end:]}"

    def _below(self, found: re.Match[str]) -> str:
        if found["bare"]:
            return f"_{self.usual.get(found['bare'], found['bare'])}"
        letters = [letter for letter in found["run"] if letter.isalpha()]
        if not all(letter in self.usual or letter in INDEX_LETTERS for letter in letters):
            return found[0]  # a word, or a name for something else
        return "_{" + "".join([self.usual.get(sign, sign) for sign in found["run"]]) + "}"


NO_OTHER_LETTERS = IndexLetters()


def index_letters_of(texts: Sequence[str]) -> IndexLetters:
    """The letters that sums of a document run over, and which are nothing else in the formulas that have them as an index. Those that stand
    beside other indices alone, ``V_{ja}``, are known as indices by that."""
    bound: set[str] = set()
    alone: set[str] = set()
    taken: set[str] = set()
    used: set[str] = set()
    for text in texts:
        runs = [_RANGE.fullmatch(found["braced"] or found["bare"]) for found in _BOUND.finditer(text)]
        here = {letter for run in runs if run is not None for letter in (run["first"], run["second"]) if letter}
        bound |= here
        used.update(letter for letter in _LETTER.findall(_COMMAND.sub(" ", text)))
        used.update(letter for found in _BELOW.finditer(text) for letter in found["bare"] or found["run"] if letter.isalpha())
        alone.update(
            letter for found in _BELOW.finditer(_BOUND.sub(" ", text)) if len(letter := found["bare"] or found["run"].strip()) == 1
        )
        free = _LETTER.findall(_COMMAND.sub(" ", _BELOW.sub(" ", _BOUND.sub(" ", text))))
        taken.update(set(free) & _indices(text))
        taken.update(found["bare"] or found["braced"] for found in _LABELLED.finditer(text))
    spare = [letter for letter in _SPARE if letter not in used]
    return IndexLetters(dict(zip(sorted(bound & alone & set(_UNUSUAL) - taken), spare, strict=False)))


def _indices(text: str) -> set[str]:
    """The letters that stand below names or sums in a formula."""
    below = {letter for found in _BELOW.finditer(text) for letter in found["bare"] or found["run"]}
    return below | {letter for found in _BOUND.finditer(text) for letter in found["braced"] or found["bare"]}
