r"""Layers that are told apart by the letters of their indices alone: ``z_k = b_k + \sum_j w_{jk} a_j`` and ``a_j = g_j(z_j)``.

As entries of one array each such definitions go in a circle, z resting on a, and a on z again with another letter. There the letter belongs
to the name: what has the index j is of another layer than what has k. What is said of one layer holds for the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from matcalc.base.lazy import pattern
from matcalc.documents.context.names import NameAt, names_at, trimmed, whole_name
from matcalc.documents.shapes import is_derivative
from matcalc.language.text.spelling import INDEX_LETTERS

_LABEL = "layer"
_MARKED = pattern(rf"\^\{{\({_LABEL}(?P<letters>[a-z]+)\)\}}(?P<below>_\{{[a-z]+\}})?")
_IN_A_NAME = pattern(rf"_{_LABEL}(?P<letters>[a-z]+?)(?=_|\Z)(?P<below>_[a-z]+)?")
_BELOW = pattern(r"\s*_\s*(?:\{[^{}]*\}|[A-Za-z])\s*\Z")
_PRIMES_FIRST = pattern(
    r"(?P<primes>'+|\^\s*\{?\s*(?:\\prime\s*)+\}?)\s*(?P<below>_\s*(?:[a-z](?![A-Za-z])|\{\s*[a-z]\s*\}))(?=\s*(?:\\left)?\()"
)
_LABEL_AND_PRIME = pattern(
    r"\^\s*\{\s*(?:(?:'|\\prime)\s*(?P<before>[\[(][^{}()\[\]]{1,12}[\])])|(?P<label>[\[(][^{}()\[\]]{1,12}[\])])\s*(?:'|\\prime))\s*\}"
)
_SPACED = pattern(r"(?P<primed>\\(?:sigma|phi|varphi|psi)\s*'+)\s+(?=(?:\\left\s*)?\()")
_APPLIED = pattern(r"(?P<function>.{1,40}?)\s*(?:\\left)?\((?P<argument>[^()]{1,40}?)(?:\\right)?\)")
_ARGUMENT = pattern(r"(?:'|\^\s*\{?\s*(?:\\prime\s*)+\}?)*\s*(?:\\left)?\((?P<argument>[^()]{1,40}?)(?:\\right)?\)")
_SUM = pattern(r"\\sum(?:\\limits)?\s*_\s*(?:\{\s*(?P<braced>[a-z])[^{}]*\}|(?P<bare>[a-z])(?![A-Za-z]))(?:\s*\^\s*(?:\{[^{}]*\}|\w))?")
_CALL = pattern(r"[A-Za-z](?:\^\{\([a-z]+\)\})?\s*(?:\\left)?\([A-Za-z]\^\{\([a-z]+\)\}_\{[a-z]\}\s*(?:\\right)?\)")
_SPACE = pattern(r"\s+|\\left(?![A-Za-z])|\\right(?![A-Za-z])")
_POWERED = pattern(r"\s*\^")
_TWO = 2


@dataclass(frozen=True, slots=True)
class LetteredLayers:
    """``letters`` tell the layers of a document apart, each from the one ``below`` it; ``functions`` have the letter of their layer."""

    letters: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    below: Mapping[str, str] = field(default_factory=dict)

    def as_names(self, text: str) -> str:
        r"""A formula in which the letters of layers are part of the names.

        >>> LetteredLayers(frozenset("jk"), frozenset("g")).as_names(r"g_k'(z_k) w_{jk}^2 x_n")
        "g^{(layerk)}'(z^{(layerk)}_{k}) {w^{(layerjk)}_{jk}}^2 x_n"
        """
        if not self.letters or "_" not in text:
            return text
        out, end = [], 0
        for at in names_at(text):
            if (named := self._named(at, text)) is not None:
                out += [text[end : at.start], named]
                end = at.end
        return "".join([*out, text[end:]])

    def _named(self, at: NameAt, text: str) -> str | None:
        symbol, letters = text[at.start : at.end], _indices(at)
        if at.base in self.functions:
            layer = letters or self._layer_behind(at, text)
            return f"{_BELOW.sub('', symbol)}^{{({_LABEL}{layer})}}" if layer in self.letters else None
        layers = "".join([letter for letter in letters if letter in self.letters])
        if not layers or "^" in symbol or (at.base == "delta" and len(letters) >= _TWO):
            return None
        named = f"{_BELOW.sub('', symbol)}^{{({_LABEL}{layers})}}_{{{letters}}}"
        return f"{{{named}}}" if _POWERED.match(text, at.end) else named

    def _layer_behind(self, at: NameAt, text: str) -> str:
        """The letter of what a function without a letter is called with."""
        called = _ARGUMENT.match(text, at.end)
        return _indices_of(whole_name(trimmed(called["argument"])) or "") if called is not None else ""

    def siblings(self, name: str) -> Iterator[str]:
        """The functions of the other layers that a function of one is as well."""
        found = _IN_A_NAME.search(name)
        for letter in sorted(self.letters) if found is not None and len(found["letters"]) == 1 else ():
            yield self.in_name(name, {found["letters"]: letter} if found is not None else {})

    def steps(self, name: str, value: str) -> Iterator[Mapping[str, str]]:
        """The letters to put for those of a definition to have that of another layer; none for one of no layer, or of an array of two."""
        own = _IN_A_NAME.search(name)
        used = {letter for found in _MARKED.finditer(value) for letter in found["letters"]}
        if own is None or len(own["letters"]) != 1:
            return
        for letter in sorted(self.letters - {own["letters"]}):
            step = self._moved(own["letters"], letter, used)
            if step is not None:
                yield step

    def _moved(self, old: str, new: str, used: Iterable[str]) -> Mapping[str, str] | None:
        step = {old: new}
        while step.keys() < {old, *used}:
            old, new = self.below.get(old, ""), self.below.get(new, "")
            if not old or not new or old in step:
                return None
            step[old] = new
        return step

    def tells(self, name: str) -> bool:
        """Whether a name has the letter of its layer."""
        return bool(self.letters) and _IN_A_NAME.search(name) is not None

    @staticmethod
    def compact(text: str) -> str:
        """A formula without space, as it is compared."""
        return _SPACE.sub("", text)

    def is_applied(self, value: str) -> bool:
        """Whether a value is a function at one name: ``g_j(z_j)``."""
        return _CALL.fullmatch(trimmed(value)) is not None

    def with_values_named(self, value: str, names: Mapping[str, str]) -> str:
        """A formula with names for what functions give in it."""
        return _CALL.sub(lambda found: names.get(self.compact(found[0]), found[0]), value)

    @staticmethod
    def in_name(name: str, step: Mapping[str, str]) -> str:
        """The name of the same thing of another layer."""
        return _IN_A_NAME.sub(lambda found: f"_{_LABEL}{_put(found['letters'], step)}{_put(found['below'] or '', step)}", name)

    @staticmethod
    def in_formula(text: str, step: Mapping[str, str]) -> str:
        """The formula of the same thing of another layer, the sizes of which are others."""
        text = _SUM.sub(lambda found: _sum_over(found, step), text)
        return _MARKED.sub(lambda found: f"^{{({_LABEL}{_put(found['letters'], step)})}}{_put(found['below'] or '', step)}", text)


NO_LETTERS = LetteredLayers()


def primes_first(text: str) -> str:
    r"""A formula with the primes of functions behind their indices and labels.

    >>> primes_first(r"g'_k(z_k) + f^{\prime}_{j}(x)")
    "g_k'(z_k) + f_{j}^{\\prime}(x)"
    """
    if "'" not in text and "\\prime" not in text:
        return text
    text = _SPACED.sub(lambda found: found["primed"], text)
    text = _LABEL_AND_PRIME.sub(lambda found: f"^{{{found['label'] or found['before']}}}'", text)
    return _PRIMES_FIRST.sub(lambda found: f"{found['below']}{found['primes']}", text)


def _put(letters: str, step: Mapping[str, str]) -> str:
    return "".join([step.get(letter, letter) for letter in letters])


def _sum_over(found: re.Match[str], step: Mapping[str, str]) -> str:
    letter = found["braced"] or found["bare"]
    return rf"\sum_{{{step[letter]}}}" if letter in step else found[0]


def _indices(at: NameAt) -> str:
    """The letters that count on a name."""
    letters = at.name[len(at.base) + 1 :]
    return letters if at.name != at.base and INDEX_LETTERS.issuperset(letters) else ""


def _indices_of(name: str) -> str:
    base, _, letters = name.rpartition("_")
    return letters if base and INDEX_LETTERS.issuperset(letters) else ""


@dataclass(frozen=True, slots=True)
class _Given:
    """A definition by entries: the name and the letter that it is of, the names with one letter in it, and the pairs of letters."""

    name: str
    letter: str
    used: frozenset[tuple[str, str]]
    pairs: frozenset[str]

    def is_of_one_array(self) -> bool:
        """Whether two letters hang on one name, and nothing leads from one to the other: ``e^{z_j} / \\sum_k e^{z_k}``."""
        letters: dict[str, set[str]] = {}
        for name, letter in (*self.used, (self.name, self.letter)):
            letters.setdefault(name, set()).add(letter)
        return any(not their <= self._reached(min(their)) for their in letters.values())

    def _reached(self, letter: str) -> set[str]:
        found = {letter}
        for _ in self.pairs:
            found |= {other for pair in self.pairs if not found.isdisjoint(pair) for other in pair}
        return found


def lettered_layers_of(equations: Sequence[tuple[str, str]], texts: Iterable[str]) -> LetteredLayers:
    """What tells the layers apart in a document, whose equations have these sides."""
    given = [one for left, right in equations if (one := _given(left, right)) is not None]
    letters = {letter for one in given for letter in _letters_around(one, given)}
    if not letters or any(one.is_of_one_array() for one in given if one.letter in letters):
        return NO_LETTERS
    names = [at for text in texts for at in names_at(text)]
    pairs = {pair for at in names if len(pair := _indices(at)) == _TWO}
    if any(at.base == "delta" and len(_indices(at)) == _TWO and letters.issuperset(_indices(at)) for at in names):
        return NO_LETTERS  # a Kronecker delta: both letters count in one array
    letters |= {other for pair in pairs for other in pair if not letters.isdisjoint(pair) and _is_of_both(other, given, names)}
    functions = frozenset([name for _, right in equations if (name := _function(right, letters))])
    return LetteredLayers(frozenset(letters), functions, _below(given, pairs, letters))


def _given(left: str, right: str) -> _Given | None:
    name = whole_name(left)
    letter = _indices_of(name or "")
    if name is None or len(letter) != 1 or is_derivative(right):
        return None
    found = [(at.base, _indices(at)) for at in names_at(right)]
    used = frozenset([(base, letters) for base, letters in found if len(letters) == 1])
    return _Given(name.rpartition("_")[0], letter, used, frozenset([letters for _, letters in found if len(letters) == _TWO]))


def _letters_around(start: _Given, given: Sequence[_Given]) -> set[str]:
    """The letters in a circle of definitions that leads from a name with one letter through another name to it with another letter."""
    seen: dict[tuple[str, str], int] = {}
    waiting = [((start.name, start.letter), 0)]
    while waiting:
        (name, letter), steps = waiting.pop()
        if (name, letter) in seen:
            continue
        seen[name, letter] = steps
        for one in given:
            if one.name == name and (one.letter == letter or all(other == one.letter for _, other in one.used)):
                waiting += [((base, letter if other == one.letter else other), steps + 1) for base, other in one.used]
    around = {letter for (name, letter), steps in seen.items() if name == start.name and steps >= _TWO}
    return {start.letter, *around} if around - {start.letter} else set()


def _is_of_both(letter: str, given: Sequence[_Given], names: Sequence[NameAt]) -> bool:
    """Whether names that are defined entry by entry stand with a letter, too."""
    return any(_indices(at) == letter and any(one.name == at.base for one in given) for at in names)


def _function(right: str, letters: set[str]) -> str:
    """f of the value ``f_j(z_j)``; empty for another value."""
    found = _APPLIED.fullmatch(trimmed(right))
    name, argument = (whole_name(found["function"]), whole_name(found["argument"])) if found is not None else (None, None)
    letter = _indices_of(name or "")
    return name.rpartition("_")[0] if name and letter in letters and letter == _indices_of(argument or "") else ""


def _below(given: Sequence[_Given], pairs: Iterable[str], letters: set[str]) -> dict[str, str]:
    """The letter of the layer below each: that of the sum in a definition, and for others as their pairs are written."""
    summed = [(one.letter, other) for one in given for _, other in one.used if {one.letter + other, other + one.letter} & one.pairs]
    found = {letter: other for letter, other in summed if {letter, other} <= letters}
    upward = any(pair[0] == found.get(pair[1]) for pair in pairs)
    for pair in sorted(pairs):
        high, low = (pair[1], pair[0]) if upward else (pair[0], pair[1])
        if {high, low} <= letters and found.get(low) != high:
            found.setdefault(high, low)
    return found
