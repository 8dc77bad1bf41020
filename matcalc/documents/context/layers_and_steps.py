"""Layers that are told apart by the letters of their indices, and steps of time: what tells them
belongs to the name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain

from matcalc.base.lazy import pattern
from matcalc.base.records import grouped
from matcalc.documents.context.written_names import NameAt, index_of, names_at, respelled, trimmed, whole_name, without_script
from matcalc.documents.sides import is_derivative

_LABEL = "layer"
_MARKED = pattern(rf"\^\{{\({_LABEL}(?P<letters>[a-z]+)\)\}}(?P<below>_\{{[a-z]+\}})?")
_IN_A_NAME = pattern(rf"_{_LABEL}(?P<letters>[a-z]+?)(?=_|\Z)(?P<below>_[a-z]+)?")
_PRIMES_FIRST = pattern(
    r"(?P<primes>'+|\^\s*\{?\s*(?:\\prime\s*)+\}?)\s*(?P<below>_\s*(?:[a-z](?![A-Za-z])|\{\s*[a-z]\s*\}))(?=\s*(?:\\left)?\()"
)
_LABEL_AND_PRIME = pattern(
    r"\^\s*\{\s*(?:(?:'|\\prime)\s*(?P<before>[\[(][^{}()\[\]]{1,12}[\])])|(?P<label>[\[(][^{}()\[\]]{1,12}[\])])\s*(?:'|\\prime))\s*\}"
)
_SPACED = pattern(r"(?P<primed>\\(?:sigma|phi|varphi|psi)\s*'+)\s+(?=(?:\\left\s*)?\()")
_APPLIED = pattern(r"(?P<function>.{1,40}?)\s*(?:\\left)?\((?P<argument>[^()]{1,40}?)(?:\\right)?\)")
_ARGUMENT = pattern(r"(?:'|\^\s*\{?\s*(?:\\prime\s*)+\}?)*\s*(?:\\left)?\((?P<argument>[^()]{1,40}?)(?:\\right)?\)")
_SUM = pattern(
    r"\\sum(?:\\limits)?\s*_\s*(?:\{\s*(?P<braced>[a-z])[^{}]*\}|(?P<bare>[a-z])(?![A-Za-z]))(?:\s*\^\s*(?:\{[^{}]*\}|\w))?"
)
_CALL = pattern(r"[A-Za-z](?:\^\{\([a-z]+\)\})?\s*(?:\\left)?\([A-Za-z]\^\{\([a-z]+\)\}_\{[a-z]\}\s*(?:\\right)?\)")
_SPACE = pattern(r"\s+|\\left(?![A-Za-z])|\\right(?![A-Za-z])")
_POWERED = pattern(r"\s*\^")


@dataclass(frozen=True, slots=True)
class LetteredLayers:
    """``letters`` tell the layers of a document apart, each from the one ``below`` it;
    ``functions`` have the letter of their layer."""

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
        named = ((at, self._named(at, text)) for at in names_at(text))
        return respelled(text, ((at.start, at.end, name) for at, name in named if name is not None))

    def _named(self, at: NameAt, text: str) -> str | None:
        symbol, letters = text[at.start : at.end], at.indices
        stem = without_script(symbol)
        if at.base in self.functions:
            layer = letters or self._layer_behind(at, text)
            return f"{stem}^{{({_LABEL}{layer})}}" if layer in self.letters else None
        layers = "".join(filter(self.letters.__contains__, letters))
        if not layers or "^" in symbol or (at.base == "delta" and len(letters) >= 2):
            return None
        named = f"{stem}^{{({_LABEL}{layers})}}_{{{letters}}}"
        return f"{{{named}}}" if _POWERED.match(text, at.end) else named

    def _layer_behind(self, at: NameAt, text: str) -> str:
        """The letter of what a function without a letter is called with."""
        called = _ARGUMENT.match(text, at.end)
        return index_of(whole_name(trimmed(called["argument"])) or "") if called is not None else ""

    def siblings(self, name: str) -> Iterator[str]:
        """The functions of the other layers that a function of one is as well."""
        found = _IN_A_NAME.search(name)
        yield from (
            self.in_name(name, {found["letters"]: letter} if found is not None else {})
            for letter in (sorted(self.letters) if found is not None and len(found["letters"]) == 1 else ())
        )

    def steps(self, name: str, value: str) -> Iterator[Mapping[str, str]]:
        """The letters to put for those of a definition to have that of another layer; none for one
        of no layer, or of an array of two."""
        own = _IN_A_NAME.search(name)
        used = {letter for found in _MARKED.finditer(value) for letter in found["letters"]}
        if own is None or len(own["letters"]) != 1:
            return
        steps = (self._moved(own["letters"], letter, used) for letter in sorted(self.letters - {own["letters"]}))
        yield from filter(None, steps)

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


@dataclass(frozen=True, slots=True)
class _Given:
    """A definition by entries: the name and the letter that it is of, the names with one letter in
    it, and the pairs of letters."""

    name: str
    letter: str
    used: frozenset[tuple[str, str]]
    pairs: frozenset[str]

    def uses_of(self, name: str, letter: str) -> Iterator[tuple[str, str]]:
        """What a name with a letter rests on by this definition, the letter in the place of its
        own."""
        own = self.letter == letter or all(other == self.letter for _, other in self.used)
        if self.name == name and own:
            yield from ((base, letter if other == self.letter else other) for base, other in self.used)

    def is_of_one_array(self) -> bool:
        """Whether two letters hang on one name, and nothing leads from one to the other:
        ``e^{z_j} / \\sum_k e^{z_k}``."""
        letters = grouped([*self.used, (self.name, self.letter)])
        return any(not self._reached(min(their)).issuperset(their) for their in letters.values())

    def _reached(self, letter: str) -> set[str]:
        found = {letter}
        for _ in self.pairs:
            found |= {other for pair in self.pairs if not found.isdisjoint(pair) for other in pair}
        return found


def lettered_layers_of(equations: Sequence[tuple[str, str]], texts: Iterable[str]) -> LetteredLayers:
    """What tells the layers apart in a document, whose equations have these sides.

    As entries of one array each, ``z_k = b_k + \\sum_j w_{jk} a_j`` and ``a_j = g_j(z_j)`` go in a
    circle, z resting on a, and a on z again with another letter. There the letter belongs to the
    name: what has the index j is of another layer than what has k.
    """
    given = [one for left, right in equations if (one := _given(left, right)) is not None]
    letters = set[str]().union(*(_letters_around(one, given) for one in given))
    names = [at for text in texts for at in names_at(text)] if letters else []
    if not letters or _are_of_one_array(letters, given, names):
        return LetteredLayers()
    pairs = {at.indices for at in names if len(at.indices) == 2}
    beside = set("".join(pair for pair in pairs if not letters.isdisjoint(pair)))
    letters |= {other for other in beside if _is_of_both(other, given, names)}
    functions = frozenset(_function(right, letters) for _, right in equations) - {""}
    return LetteredLayers(frozenset(letters), functions, _below(given, pairs, letters))


def _are_of_one_array(letters: set[str], given: Iterable[_Given], names: Iterable[NameAt]) -> bool:
    """Whether letters count in one array, as definitions or a Kronecker delta show."""
    return any(one.is_of_one_array() for one in given if one.letter in letters) or any(
        at.base == "delta" and len(at.indices) == 2 and letters.issuperset(at.indices) for at in names
    )


def _given(left: str, right: str) -> _Given | None:
    name = whole_name(left)
    letter = index_of(name or "")
    if name is None or len(letter) != 1 or is_derivative(right):
        return None
    found = [(at.base, at.indices) for at in names_at(right)]
    used = frozenset([(base, letters) for base, letters in found if len(letters) == 1])
    return _Given(name.rpartition("_")[0], letter, used, frozenset([letters for _, letters in found if len(letters) == 2]))


def _letters_around(start: _Given, given: Sequence[_Given]) -> set[str]:
    """The letters in a circle of definitions that leads from a name with one letter through another
    name to it with another letter."""
    seen: dict[tuple[str, str], int] = {}
    waiting = [((start.name, start.letter), 0)]
    while waiting:
        used, steps = waiting.pop()
        if used not in seen:
            seen[used] = steps
            waiting += [(other, steps + 1) for one in given for other in one.uses_of(*used)]
    around = {letter for (name, letter), steps in seen.items() if name == start.name and steps >= 2}
    return {start.letter, *around} if around - {start.letter} else set()


def _is_of_both(letter: str, given: Sequence[_Given], names: Sequence[NameAt]) -> bool:
    """Whether names that are defined entry by entry stand with a letter, too."""
    return any(at.indices == letter and any(one.name == at.base for one in given) for at in names)


def _function(right: str, letters: set[str]) -> str:
    """f of the value ``f_j(z_j)``; empty for another value."""
    found = _APPLIED.fullmatch(trimmed(right))
    name, argument = (whole_name(found["function"]), whole_name(found["argument"])) if found is not None else (None, None)
    letter = index_of(name or "")
    return name.rpartition("_")[0] if name and letter in letters and letter == index_of(argument or "") else ""


def _below(given: Sequence[_Given], pairs: Iterable[str], letters: set[str]) -> dict[str, str]:
    """The letter of the layer below each: that of the sum in a definition, and for others as their
    pairs are written."""
    summed = [
        (one.letter, other) for one in given for _, other in one.used if {one.letter + other, other + one.letter} & one.pairs
    ]
    found = {letter: other for letter, other in summed if {letter, other} <= letters}
    upward = any(pair[0] == found.get(pair[1]) for pair in pairs)
    for pair in sorted(pairs):
        high, low = (pair[1], pair[0]) if upward else (pair[0], pair[1])
        if {high, low} <= letters and found.get(low) != high:
            found.setdefault(high, low)
    return found


_BASE = r"(?P<base>\\[A-Za-z]+(?:\s*\{\s*\\?[A-Za-z]+\s*\})?|[A-Za-z])"
_STEP_BELOW = r"_\s*(?:(?P<bare>[a-z])(?![A-Za-z])|(?P<bare_before>[a-z])(?=[A-Z\\])|\{\s*(?P<index>[^{}_^]{1,24}?)\s*\})"
_ABOVE = r"\^\s*(?:(?P<sign>[-+])(?![\d{])|\{\s*(?P<braced>[-+])\s*(?P<turned>T|\\top|\\intercal)?\s*\})"
_INDEXED = pattern(rf"{_BASE}\s*{_STEP_BELOW}(?:\s*{_ABOVE})?")
_SIGN_FIRST = pattern(rf"{_BASE}\s*{_ABOVE}\s*{_STEP_BELOW}")
_INVERTED = pattern(rf"{_BASE}\s*(?:_\s*(?:[A-Za-z]|\{{[^{{}}]*\}})\s*)?\^\s*(?:-\s*1|\{{\s*-\s*1\s*\}})")
_ALONE = pattern(r"(?:\s|\\[,;:! ])*(?:$|[-+=)\]}&,.;]|\\(?:right|end|\\))")
"""What stands behind a sign that is not the beginning of an exponent: ``P_k^- + Q``."""
_STEP = pattern(r"(?P<letter>[a-z])\s*(?P<sign>[-+])\s*1")
_WORD_BEHIND = pattern(r"(?P<letter>[a-z])\s*,\s*[a-z]{3,}")
"""What else stands behind a step: ``x_{k,measured}``."""
_GIVEN = pattern(
    r"(?P<what>[a-z](?:\s*[-+]\s*1)?)\s*(?:\||\\mid(?![A-Za-z])|\\vert(?![A-Za-z]))\s*(?P<given>[a-z](?:\s*[-+]\s*1)?)"
)
_BOUND = pattern(r"\\(?:sum|prod|max|min|bigcup|bigcap)(?:\\limits)?\s*_\s*(?:\{\s*([a-z])(?![A-Za-z])|([a-z])(?![A-Za-z]))")
FREE = pattern(r"(?<![\\A-Za-z_^{\[])[a-z](?![A-Za-z])")
_BRACED = pattern(r"_\s*\{[^{}]*\}")
_COUNTED = pattern(r"\s*\$?\s*[a-zA-Z]\s*(?:[=\\,.<>+\-\d\s\[\]{}]|ldots|dots|cdots|in|leq?|ge?q?|[LKNT])*")


@dataclass(frozen=True, slots=True)
class Steps:
    """``letters`` count steps, ``signed`` are the names that carry a sign beside them, and
    ``inverted`` those with an inverse besides."""

    letters: frozenset[str] = frozenset()
    signed: frozenset[str] = frozenset()
    inverted: frozenset[str] = frozenset()

    def as_names(self, text: str) -> str:
        r"""A formula in which what belongs to a step has a name without signs.

        >>> Steps(frozenset("k"), frozenset("P")).as_names(r"A P_{k-1} A^\top + P_{k|k-1} - P_k^- H")
        'A P_{\\text{previousk}} A^\\top + P_{\\text{givenpreviouskforherek}} - P_{\\text{minusherek}} H'
        """
        return text if "_" not in text else _INDEXED.sub(self._named, _SIGN_FIRST.sub(self._named, text) if self.signed else text)

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
        if not sign or found["base"] not in self.signed or not self._label(index):
            return ""
        return "" if found["turned"] and found["base"] in self.inverted else {"-": "minus", "+": "plus"}[sign]

    def _label(self, index: str) -> str:
        """A step up or down, or one given another, as a word; empty for another index."""
        if (given := _GIVEN.fullmatch(index)) is not None and given["what"][0] == given["given"][0]:
            return f"given{_word(given['given'])}for{_word(given['what'])}"
        if index in self.letters:
            return _word(index)
        step = _STEP.fullmatch(index) or _WORD_BEHIND.fullmatch(index)
        return _word(index) if step is not None and step["letter"] in self.letters else ""


_NAMED = pattern(r"(?P<letter>.+)_(?:given\w+for)?(?:minus|plus)?(?:[a-z]*here|previous|next)[a-z]")


def is_of_a_step(name: str) -> bool:
    """Whether a name was made of one with a step: it is another symbol than what has its letter
    alone."""
    return _NAMED.fullmatch(name) is not None


def letter_of(name: str) -> str:
    """The name without what tells its step."""
    found = _NAMED.fullmatch(name)
    return name if found is None else found["letter"]


def _word(step: str) -> str:
    """A step as a word that no other one begins with."""
    letter, rest = step[0], step[1:].replace(" ", "").lstrip(",")
    return ({"-1": "previous", "+1": "next"}.get(rest) or f"{rest}here") + letter


def _index(found: re.Match[str]) -> str:
    return found["bare"] or found["bare_before"] or found["index"] or ""


def steps_of(texts: Iterable[str]) -> Steps:
    """What counts steps in the formulas of a document."""
    texts = tuple(texts)
    found = [(_index(one), one) for text in texts for one in (*_INDEXED.finditer(text), *_SIGN_FIRST.finditer(text))]
    alone = grouped((one["base"], index) for index, one in found if len(index) == 1 and index.isalpha())
    steps = ((_STEP.fullmatch(index) or _GIVEN.fullmatch(index), one["base"]) for index, one in found)
    stepped = grouped((step[0][0], base) for step, base in steps if step is not None)
    letters = frozenset(_counting(stepped, alone)) - _taken(texts)
    inverted = frozenset(chain.from_iterable(_INVERTED.findall(text) for text in texts))
    return Steps(letters, _signed(found, letters), inverted)


def _counting(stepped: Mapping[str, Iterable[str]], alone: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """The letters that stand with a step on several names and count steps everywhere, as no other
    one hangs on these ``alone``."""
    several = ((letter, set(bases)) for letter, bases in stepped.items())
    others = ((letter, bases, chain.from_iterable(alone.get(base, ()) for base in bases)) for letter, bases in several)
    return (letter for letter, bases, beside in others if len(bases) >= 2 and {letter}.issuperset(beside))


def _signed(found: Iterable[tuple[str, re.Match[str]]], letters: Set[str]) -> frozenset[str]:
    """The names that carry a sign beside one of these letters."""
    shown = ((index[:1], one) for index, one in found if one["braced"] or (one["sign"] and _ALONE.match(one.string, one.end())))
    return frozenset(one["base"] for letter, one in shown if letter in letters)


def _taken(texts: Iterable[str]) -> set[str]:
    """The letters that stand for a number or that a sum runs over."""
    bound = {letter for text in texts for found in _BOUND.findall(text) for letter in found}
    return bound.union(*(FREE.findall(_BRACED.sub("_", text)) for text in texts if _COUNTED.fullmatch(text) is None))
