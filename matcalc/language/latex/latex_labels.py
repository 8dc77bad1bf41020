r"""Exponents that are labels: ``W^{[1]}``, ``a^{(l-1)}``, ``\theta^{\text{old}}``, ``w^*`` and ``x^{+}`` are names, as with a subscript.

The lexemes of such an exponent become those of a subscript, so that everything behind reads one kind of label. An index beside a label is
kept apart: ``z^{[2]}_j`` is entry j of what is called z_2.
"""

from __future__ import annotations

from matcalc.base.errors import ParseError
from matcalc.base.records import record
from matcalc.language.latex.latex_commands import ACCENTS, FONTS, PROSE, TRANSPOSES, WORDS
from matcalc.language.latex.latex_lexeme import Lexeme
from matcalc.language.latex.latex_names import SIGNS
from matcalc.language.text.spelling import GREEK_NAMES, SPELLED_GREEK, canonical_name
from matcalc.language.text.vocabulary import Vocabulary

_BRACKETS = {"[": "]", "(": ")"}
_LONGEST_LABEL = 12
_LONGEST_EXPONENT = 40
"""In lexemes; a symbol is not longer, either."""
_STATEMENT_ENDS = frozenset([";", ","])
_RELATIONS = frozenset(["=", ":", "coloneqq", "triangleq", "equiv", "doteq"])
"""What stands behind a name that is given a value."""


@record
class Labels:
    """The lexemes with labels as subscripts, and the names that these make; ``entries`` are those with an index beside the label."""

    lexemes: list[Lexeme]
    names: frozenset[str]
    entries: frozenset[str] = frozenset()


@record
class _Exponent:
    """An exponent: where its sign and its end are, what it holds, and the symbol it hangs on, which begins at ``start`` and ends at
    ``stop``, with the index between that and the exponent."""

    place: int
    after: int
    inner: list[Lexeme]
    start: int
    stop: int
    base: str
    index: str


def with_labels(lexemes: list[Lexeme], vocabulary: Vocabulary) -> Labels:
    """Raises ParseError where a name would be another one too: ``W^{[1]}`` beside ``W_1``."""
    if not any(lexeme.kind == "char" and lexeme.text == "^" for lexeme in lexemes):
        return Labels(lexemes, frozenset())
    return _Reader(lexemes, vocabulary).labels()


class _Reader:
    def __init__(self, lexemes: list[Lexeme], vocabulary: Vocabulary) -> None:
        self._lexemes = lexemes
        self._vocabulary = vocabulary
        self._closing = _closing_braces(lexemes)
        self._opening = {close: start for start, close in self._closing.items()}
        self._bound = self._below_sums()
        marks = [place for place, lexeme in enumerate(lexemes) if lexeme.kind == "char" and lexeme.text == "^"]
        self._exponents = [found for place in marks if (found := self._exponent(place)) is not None]
        self._differentiated = {_text(one.inner) for one in self._exponents if self._text_at(one.start - 1) == "partial"} - {"", "T", "H"}
        self._given = {f"{one.base}^{one.inner[0].text}" for one in self._exponents if len(one.inner) == 1 and self._is_given(one)}
        self._names: dict[str, Lexeme] = {}
        self._entries: dict[str, Lexeme] = {}

    def labels(self) -> Labels:
        out: list[Lexeme] = []
        done = 0
        for exponent in self._exponents:
            found = self._label(exponent) if exponent.stop >= done else None
            if found is None:
                continue
            label, rest = found
            made, after = self._subscript(exponent, label, rest)
            out += [*self._lexemes[done : exponent.stop], *made]
            done = after
        self._check()
        return Labels([*out, *self._lexemes[done:]], frozenset(self._names), frozenset(self._entries))

    def _check(self) -> None:
        """No name that a label makes is made by a subscript, too."""
        for place, lexeme in enumerate(self._lexemes):
            if not self._names or lexeme.kind != "char" or lexeme.text != "_":
                continue
            found = self._symbol_before(place)
            name = f"{found[1]}_{_text(self._argument(place + 1)[0])}" if found is not None else ""
            made = self._names.get(name) or self._entries.get(name)
            if made is not None:
                said = f"{name} would be one name for two symbols"
                raise ParseError(said, span=made.span, suggestion="another letter for one of them")

    def _subscript(self, exponent: _Exponent, label: str, rest: list[Lexeme]) -> tuple[list[Lexeme], int]:
        """The lexemes of a label, with the index beside it and what stands behind it, and the position after all of them."""
        mark, last, after, index = self._lexemes[exponent.place], self._lexemes[exponent.after - 1], exponent.after, exponent.index
        if not index and self._text_at(after) == "_":
            below, end = self._argument(after + 1)
            index, after = (read, end) if (read := _text(below)) else ("", after)
        name = canonical_name(f"{exponent.base}_{label}")
        self._names[name] = mark
        if index:
            self._entries[f"{name}_{index}"] = mark
        parts = [*label.split("_"), *([index] if index else [])]
        made = [Lexeme("char", "_", mark.start, mark.end), Lexeme("{", "{", mark.end, mark.end)]
        for position, text in enumerate(parts):
            made += [Lexeme("command", "_", mark.end, mark.end)] if position else []
            made += [Lexeme("digit" if c.isdigit() else "letter", c, mark.end, last.end) for c in text]
        made.append(Lexeme("}", "}", last.end, last.end))
        if rest:
            made += [Lexeme("char", "^", mark.start, mark.start), Lexeme("{", "{", mark.start, mark.start)]
            made += [*rest, Lexeme("}", "}", last.end, last.end)]
        return made, after

    # ------------------------------------------------------------ what is a label

    def _label(self, one: _Exponent) -> tuple[str, list[Lexeme]] | None:
        """The label, and what of the exponent stands behind it; None where it is a power, a transpose or a member of a family."""
        first, rest = one.inner[0], one.inner[1:]
        if first.kind in _BRACKETS:
            return self._bracketed(one)
        if first.text in SIGNS and first.kind in ("char", "command"):
            transposed = all(lexeme.text in TRANSPOSES or lexeme.text in "{}" for lexeme in rest)
            return (SIGNS[first.text], rest) if transposed and self._is_marked(one, first) else None
        label = _text(one.inner)
        if len(label) > 1 and label.isalpha() and first.kind == "command" and first.text in WORDS and label not in TRANSPOSES:
            return label, []
        named = self._vocabulary.declares(canonical_name(f"{one.base}_{label}")) or label in self._differentiated
        return (label, []) if named and label and not label.isdecimal() else None

    def _bracketed(self, one: _Exponent) -> tuple[str, list[Lexeme]] | None:
        """``[1]``, ``(l-1)``, ``[1](i)``, perhaps with a transpose behind."""
        labels: list[str] = []
        inner = one.inner
        while inner and inner[0].kind in _BRACKETS:
            close = next((k for k, lexeme in enumerate(inner) if lexeme.kind == _BRACKETS[inner[0].kind]), len(inner))
            label = _text(inner[1:close])
            if not label or label in self._bound or (inner[0].kind == "(" and self._means_otherwise(one, label)):
                return None
            labels.append(label)
            inner = inner[close + 1 :]
        power = any(lexeme.text not in TRANSPOSES and lexeme.kind != "digit" and lexeme.text not in "{}-" for lexeme in inner)
        return None if power else ("_".join(labels), inner)  # e^{(s+t)A}

    def _means_otherwise(self, one: _Exponent, label: str) -> bool:
        """``f^{(2)}(x)``, a derivative, and ``e_2^{(n)}``, a unit vector."""
        called = label.isdecimal() and self._text_at(one.after) == "(" and not self._vocabulary.declares(f"{one.base}_{label}")
        return called or (one.base == "e" and bool(one.index) and not self._vocabulary.declares("e"))

    def _is_marked(self, one: _Exponent, sign: Lexeme) -> bool:
        """Whether a sign belongs to a name that is declared or given a value. A star or a plus also does elsewhere, except on a capital, of
        which it could be the adjoint or the pseudoinverse, and on x in ``x^* A x``."""
        if self._vocabulary.declares(f"{one.base}_{SIGNS[sign.text]}") or f"{one.base}^{sign.text}" in self._given:
            return True
        following = self._lexemes[one.after] if one.after < len(self._lexemes) else None
        factor = following is not None and (following.kind in ("letter", "(") or following.text in FONTS)
        return one.base[0].islower() and (len(one.inner) > 1 or not factor) and sign.text != "-"

    def _is_given(self, one: _Exponent) -> bool:
        """Whether a statement begins here that gives it a value: ``K^* = ...``."""
        starts = one.start == 0 or self._lexemes[one.start - 1].text in _STATEMENT_ENDS
        return starts and self._text_at(one.after) in _RELATIONS

    # ------------------------------------------------------------ lexemes

    def _text_at(self, place: int) -> str:
        return self._lexemes[place].text if 0 <= place < len(self._lexemes) else ""

    def _exponent(self, place: int) -> _Exponent | None:
        """The exponent at a sign; None where it is empty or hangs on no symbol."""
        if self._closing.get(place + 1, place) - place > _LONGEST_EXPONENT:
            return None
        inner, after = self._argument(place + 1)
        index, stop = "", place
        below = self._opening.get(place - 1, place - 1) - 1
        if place > 2 and self._text_at(below) == "_" and self._lexemes[below].kind == "char":
            index, stop = _text(self._lexemes[below + 1 : place]), below
        found = self._symbol_before(stop)
        if not inner or found is None or (stop < place and not index):
            return None
        return _Exponent(place, after, inner, found[0], stop, found[1], index)

    def _argument(self, place: int) -> tuple[list[Lexeme], int]:
        """What stands at a position without the braces around it, and the position after it."""
        end = self._closing.get(place, place) + 1
        if end == place + 1 and self._text_at(place) in WORDS | FONTS and end in self._closing:
            end = self._closing[end] + 1
        first, last = place, min(end, len(self._lexemes))
        while first < last and self._lexemes[first].kind == "{" and self._closing.get(first) == last - 1:
            first, last = first + 1, last - 1
        return self._lexemes[first:last], end

    def _symbol_before(self, end: int) -> tuple[int, str] | None:
        """Where the letter with its accent and font begins that ends at a position, and its name."""
        if not end:
            return None
        start = self._opening.get(end - 1, end - 1)
        if end - start > _LONGEST_EXPONENT:
            return None
        inner = [part for part in self._lexemes[start:end] if part.kind not in ("{", "}") and part.text not in FONTS]
        accents = [ACCENTS[part.text] for part in inner if part.kind == "command" and part.text in ACCENTS]
        letter = _letter(inner[-1]) if len(inner) == len(accents) + 1 else ""
        while start > 0 and self._lexemes[start - 1].kind == "command" and self._text_at(start - 1) in _STYLES:
            start -= 1
            accents += [ACCENTS[self._text_at(start)]] if self._text_at(start) in ACCENTS else []
        return (start, "_".join([letter, *accents])) if letter else None

    def _below_sums(self) -> frozenset[str]:
        """The letters below signs of sums and products, which are no labels."""
        found: set[str] = set()
        for place, lexeme in enumerate(self._lexemes):
            if lexeme.kind == "command" and lexeme.text in ("sum", "prod") and self._text_at(place + 1) == "_":
                found.update(part.text for part in self._argument(place + 2)[0] if part.kind == "letter")
        return frozenset(found)


_STYLES = (FONTS | WORDS | ACCENTS.keys()) - PROSE


def _letter(lexeme: Lexeme) -> str:
    if lexeme.kind == "letter":
        return canonical_name(lexeme.text)
    return lexeme.text if lexeme.kind == "command" and (lexeme.text in SPELLED_GREEK or lexeme.text in GREEK_NAMES.values()) else ""


def _text(inner: list[Lexeme]) -> str:
    """A label as a part of a name: ``l-1`` is lminus1; empty for what is none."""
    if not 0 < len(inner) <= _LONGEST_LABEL + 8:
        return ""
    parts: list[str] = []
    for lexeme in inner:
        if lexeme.kind in ("letter", "digit") or lexeme.kind == "command" and lexeme.text in SPELLED_GREEK:
            parts.append(lexeme.text)
        elif lexeme.kind == "char" and lexeme.text in "+-" and parts:
            parts.append(SIGNS[lexeme.text])
        elif lexeme.kind not in ("{", "}") and not (lexeme.kind == "command" and lexeme.text in WORDS | FONTS):
            return ""
    text = "".join(parts)
    return text if text.isalnum() and len(text) <= _LONGEST_LABEL else ""


def _closing_braces(lexemes: list[Lexeme]) -> dict[int, int]:
    """Opening brace -> closing one, where they match."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for place, lexeme in enumerate(lexemes):
        if lexeme.kind == "{":
            opened.append(place)
        elif lexeme.kind == "}" and opened:
            found[opened.pop()] = place
    return found
