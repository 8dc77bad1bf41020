"""Passes over the lexemes of a text, one after the other: rows of arrays, environments,
punctuation, labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from matcalc.base.budgets import MOST_CHARACTERS, MOST_TOKENS
from matcalc.base.errors import LimitError, ParseError, Span
from matcalc.base.records import record
from matcalc.language.decisions import Decision
from matcalc.language.latex.latex_commands import (
    ACCENTS,
    DROPPED_WITH_ARGUMENT,
    FONTS,
    FRACTIONS,
    PROSE,
    SIGNS,
    TRANSPOSES,
    WORDS,
)
from matcalc.language.latex.lexemes import (
    STOPS,
    STYLES,
    Lexeme,
    Source,
    closing_braces,
    inside_delimiters,
    is_doubled,
    next_lexeme,
    partners,
    restored,
    with_cells,
)
from matcalc.language.text.spelling import INDEX_LETTERS, SPELLED_GREEK, Vocabulary, canonical_name, plain_letters
from matcalc.language.text.terminals import rewritten

_BRACKETS = {"[": "]", "(": ")"}
_LONGEST_LABEL = 12
_LONGEST_EXPONENT = 40
"""In lexemes; a symbol is not longer, either."""
_STATEMENT_ENDS = frozenset([";", ","])
_RELATIONS = frozenset(["=", ":", "coloneqq", "triangleq", "equiv", "doteq"])
"""What stands behind a name that is given a value."""


@record
class _Exponent:
    """An exponent: where its sign and its end are, what it holds, and the symbol it hangs on, which
    begins at ``start`` and ends at ``stop``, with the index between that and the exponent."""

    place: int
    after: int
    inner: list[Lexeme]
    start: int
    stop: int
    base: str
    index: str


Labels: TypeAlias = tuple[list[Lexeme], frozenset[str], frozenset[str]]
"""The lexemes with labels as subscripts, the names that these make, and those with an index beside
the label."""


def with_labels(lexemes: list[Lexeme], vocabulary: Vocabulary) -> Labels:
    """Raises ParseError where a name would be another one too: ``W^{[1]}`` beside ``W_1``."""
    if not any(lexeme.is_char("^") for lexeme in lexemes):
        return lexemes, frozenset(), frozenset()
    return _Reader(lexemes, vocabulary).labels()


class _Reader:
    def __init__(self, lexemes: list[Lexeme], vocabulary: Vocabulary) -> None:
        self._lexemes = lexemes
        self._vocabulary = vocabulary
        self._closing = closing_braces(lexemes)
        self._opening = {close: start for start, close in self._closing.items()}
        self._bound = self._below_sums()
        self._exponents = [found for place in range(len(lexemes)) if (found := self._exponent(place)) is not None]
        self._differentiated = {_text(one.inner) for one in self._exponents if self._text_at(one.start - 1) == "partial"}
        self._differentiated -= {"", "T", "H"}
        single = [one for one in self._exponents if len(one.inner) == 1]
        self._given = {f"{one.base}^{one.inner[0].text}" for one in single if self._is_given(one)}
        self._names: dict[str, Lexeme] = {}
        self._entries: dict[str, Lexeme] = {}

    def labels(self) -> Labels:
        out: list[Lexeme] = []
        done = 0
        for exponent in self._exponents:
            found = self._label(exponent) if exponent.stop >= done else None
            if found is not None:
                label, rest = found
                made, after = self._subscript(exponent, label, rest)
                out += [*self._lexemes[done : exponent.stop], *made]
                done = after
        self._check()
        return [*out, *self._lexemes[done:]], frozenset(self._names), frozenset(self._entries)

    def _check(self) -> None:
        """No name that a label makes is made by a subscript, too."""
        for place, lexeme in enumerate(self._lexemes):
            if not self._names or lexeme.kind != "char" or lexeme.text != "_":
                continue
            found = self._symbol_before(place)
            name = f"{found[1]}_{_text(self._argument(place + 1)[0])}" if found is not None else ""
            made = self._names.get(name) or self._entries.get(name)
            if made is not None:
                raise ParseError(
                    f"{name} would be one name for two symbols", span=made.span, suggestion="another letter for one of them"
                )

    def _subscript(self, exponent: _Exponent, label: str, rest: list[Lexeme]) -> tuple[list[Lexeme], int]:
        """The lexemes of a label, with the index beside it and what stands behind it, and the
        position after all of them."""
        mark, last = self._lexemes[exponent.place], self._lexemes[exponent.after - 1]
        after, index = exponent.after, exponent.index
        if not index and self._text_at(after) == "_":
            below, end = self._argument(after + 1)
            index, after = (read, end) if (read := _text(below)) else ("", after)
        name = canonical_name(f"{exponent.base}_{label}")
        self._names[name] = mark
        if index:
            self._entries[f"{name}_{index}"] = mark
        parts = [label, index] if index else [label]
        made = [Lexeme("char", "_", mark.start, mark.end), Lexeme("{", "{", mark.end, mark.end)]
        for character in "_".join(parts):
            kind = "digit" if character.isdigit() else "letter"
            between = Lexeme("command", "_", mark.end, mark.end)
            made.append(between if character == "_" else Lexeme(kind, character, mark.end, last.end))
        made.append(Lexeme("}", "}", last.end, last.end))
        if rest:
            made += [Lexeme("char", "^", mark.start, mark.start), Lexeme("{", "{", mark.start, mark.start)]
            made += [*rest, Lexeme("}", "}", last.end, last.end)]
        return made, after

    # ------------------------------------------------------------ what is a label

    def _label(self, one: _Exponent) -> tuple[str, list[Lexeme]] | None:
        """The label, and what of the exponent stands behind it; None where it is a power, a
        transpose or a member of a family."""
        first, rest = one.inner[0], one.inner[1:]
        if first.kind in _BRACKETS:
            return self._bracketed(one)
        if first.text in SIGNS:
            return (SIGNS[first.text], rest) if self._is_marked(one, first) else None
        label = _text(one.inner)
        words = first.is_command(WORDS) and len(label) > 1 and label.isalpha() and label not in TRANSPOSES
        named = self._vocabulary.declares(canonical_name(f"{one.base}_{label}")) or label in self._differentiated
        return (label, []) if label and (words or (named and not label.isdecimal())) else None

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
        label_alone = _BEHIND_BRACKETS.issuperset([lexeme.text for lexeme in inner])
        return ("_".join(labels), inner) if label_alone else None  # e^{(s+t)A}

    def _means_otherwise(self, one: _Exponent, label: str) -> bool:
        """``f^{(2)}(x)``, a derivative, and ``e_2^{(n)}``, a unit vector."""
        called = label.isdecimal() and self._text_at(one.after) == "(" and not self._vocabulary.declares(f"{one.base}_{label}")
        return called or (one.base == "e" and bool(one.index) and not self._vocabulary.declares("e"))

    def _is_marked(self, one: _Exponent, sign: Lexeme) -> bool:
        """Whether a sign belongs to a name that is declared or given a value. A star or a plus also
        does elsewhere, except on a capital, of which it could be the adjoint or the pseudoinverse,
        and on x in ``x^* A x``."""
        if not _BEHIND_LABELS.issuperset([lexeme.text for lexeme in one.inner[1:]]):
            return False
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
        """The exponent at a sign; None where there is none, or it is empty or hangs on no
        symbol."""
        if not self._lexemes[place].is_char("^") or self._closing.get(place + 1, place) - place > _LONGEST_EXPONENT:
            return None
        inner, after = self._argument(place + 1)
        index, stop = "", place
        below = self._opening.get(place - 1, place - 1) - 1
        if place > 2 and self._lexemes[below].is_char("_"):
            index, stop = _text(self._lexemes[below + 1 : place]), below
        found = self._symbol_before(stop)
        if not inner or found is None or (stop < place and not index):
            return None
        return _Exponent(place, after, inner, found[0], stop, found[1], index)

    def _argument(self, place: int) -> tuple[list[Lexeme], int]:
        """What stands at a position without the braces around it, and the position after it."""
        end = self._closing.get(place, place) + 1
        if end == place + 1 and self._text_at(place) in STYLES and end in self._closing:
            end = self._closing[end] + 1
        first, last = place, min(end, len(self._lexemes))
        while first < last and self._lexemes[first].kind == "{" and self._closing.get(first) == last - 1:
            first, last = first + 1, last - 1
        return self._lexemes[first:last], end

    def _symbol_before(self, end: int) -> tuple[int, str] | None:
        """Where the letter with its accent and font begins that ends at a position, and its
        name."""
        start = self._opening.get(end - 1, end - 1)
        if end - start > _LONGEST_EXPONENT:
            return None
        inner = [part for part in self._lexemes[start:end] if part.kind not in ("{", "}") and part.text not in FONTS]
        accents = _accents(inner)
        letter = _letter(inner[-1]) if len(inner) == len(accents) + 1 else ""
        while start > 0 and self._lexemes[start - 1].is_command(_STYLES):
            start -= 1
            accents += _accents([self._lexemes[start]])
        return (start, "_".join([letter, *accents])) if letter else None

    def _below_sums(self) -> frozenset[str]:
        """The letters below signs of sums and products, which are no labels."""
        found: set[str] = set()
        for place, lexeme in enumerate(self._lexemes):
            if lexeme.is_command(("sum", "prod")) and self._text_at(place + 1) == "_":
                found.update(part.text for part in self._argument(place + 2)[0] if part.kind == "letter")
        return frozenset(found)


_STYLES = (STYLES | ACCENTS.keys()) - PROSE
_BEHIND_LABELS = TRANSPOSES | {"{", "}"}
_BEHIND_BRACKETS = _BEHIND_LABELS | set("-0123456789")


def _accents(lexemes: list[Lexeme]) -> list[str]:
    return [ACCENTS[lexeme.text] for lexeme in lexemes if lexeme.is_command(ACCENTS)]


def _letter(lexeme: Lexeme) -> str:
    if lexeme.kind == "letter":
        return canonical_name(lexeme.text)
    return lexeme.text if lexeme.is_command(SPELLED_GREEK) else ""


def _text(inner: list[Lexeme]) -> str:
    """A label as a part of a name: ``l-1`` is lminus1; empty for what is none."""
    if not 0 < len(inner) <= _LONGEST_LABEL + 8:
        return ""
    parts: list[str] = []
    for lexeme in inner:
        if lexeme.is_symbol:
            parts.append(lexeme.text)
        elif lexeme.is_char("+-") and parts:
            parts.append(SIGNS[lexeme.text])
        elif not lexeme.is_style:
            return ""
    text = "".join(parts)
    return text if text.isalnum() and len(text) <= _LONGEST_LABEL else ""


def lexemes_of(text: str, vocabulary: Vocabulary) -> Source:
    """The lexemes of LaTeX source, without space, comments, dollar signs and the delimiters of
    displays; labels are subscripts.

    Raises ParseError for brackets that do not match or a delimiter that is missing; LimitError as
    ``scan`` does.
    """
    if len(text) > MOST_CHARACTERS:
        raise LimitError(f"the input has more than {MOST_CHARACTERS:,} characters")
    plain = plain_letters(text)
    decisions: list[Decision] = []
    doubled = is_doubled(plain)
    if doubled:
        # The first of two backslashes is a blank, so that places stay the same.
        plain = plain.replace("\\\\", " \\")
        decisions.append(Decision("doubled backslashes are read as single ones"))
    start, stop = inside_delimiters(plain)
    found: list[Lexeme] = []
    position = start
    while position < stop:
        position = next_lexeme(plain, position, stop, found)
        if len(found) > MOST_TOKENS:
            raise LimitError(f"the input has more than {MOST_TOKENS:,} symbols")
    lexemes = restored(plain, with_cells(found, decisions), decisions)
    for one_pass in _PASSES:
        lexemes = one_pass(lexemes)
    lexemes = _with_variations(lexemes, vocabulary, decisions)
    lexemes, names, entries = with_labels(lexemes, vocabulary)
    return Source(lexemes, partners(lexemes), decisions, names, entries)


def _without_punctuation(lexemes: list[Lexeme]) -> list[Lexeme]:
    r"""Without the full stop of a sentence, or ``\text{.}``."""
    while lexemes and lexemes[-1].text in STOPS and lexemes[-1].kind == "char":
        lexemes.pop()
    first = len(lexemes) - 4
    texts = [lexeme.text for lexeme in lexemes[max(first, 0) :]]
    if len(texts) == 4 and texts[0] in PROSE and texts[1] == "{" and texts[2] in STOPS:
        del lexemes[first:]
    return lexemes


def _unbraced(lexemes: list[Lexeme], fits: Callable[[int], bool], before: int = 0) -> list[Lexeme]:
    """The lexemes without the braces of which the first ``fits``, and without so many lexemes
    before them."""
    found = [(opening, close) for opening, close in closing_braces(lexemes).items() if fits(opening)]
    gone = {place for opening, close in found for place in (*range(opening - before, opening + 1), close)}
    return [lexeme for place, lexeme in enumerate(lexemes) if place not in gone]


def _with_scripts(lexemes: list[Lexeme]) -> list[Lexeme]:
    r"""Without the braces of ``x{^{\top}}``, which macros leave around a script."""
    return _unbraced(lexemes, lambda place: place > 0 and lexemes[place + 1].is_char("^_"))


def _without_spaced(lexemes: list[Lexeme]) -> list[Lexeme]:
    r"""Differentials without the ``\mathop{\partial x}`` around them, which is there for the space
    before it."""

    def spaced(place: int) -> bool:
        return place > 0 and lexemes[place - 1].is_command(("mathop",)) and _begins_differential(lexemes[place + 1 : place + 4])

    return _unbraced(lexemes, spaced, before=1)


def _begins_differential(lexemes: list[Lexeme]) -> bool:
    r"""``\partial``, or a d before one symbol."""
    return (
        bool(lexemes)
        and lexemes[0].text in ("partial", "d")
        and (lexemes[0].kind == "command" or len(lexemes) < 3 or lexemes[1].kind == "command" or lexemes[2].kind != "letter")
    )


_PAIR = 6
"""Lexemes of ``_{i,j}``."""


def _with_pairs(lexemes: list[Lexeme]) -> list[Lexeme]:
    """Two indices without the comma between them: ``W_{i,j}`` is ``W_{ij}``."""
    out: list[Lexeme] = []
    for place, lexeme in enumerate(lexemes):
        around = lexemes[place - 3 : place + 3] if lexeme.text == "," and place >= _PAIR // 2 else []
        texts = [one.text for one in around]
        pair = len(around) == _PAIR and texts[:2] == ["_", "{"] and texts[5] == "}" and {texts[2], texts[4]} <= INDEX_LETTERS
        if not pair or _is_number(lexemes, place - 4):
            out.append(lexeme)
    return out


def _is_number(lexemes: list[Lexeme], place: int) -> bool:
    """Whether a digit ends at a place, as in the array of ones of two sizes."""
    while place > 0 and lexemes[place].kind == "}":
        place -= 1
    return place >= 0 and lexemes[place].kind == "digit"


def _without_environments(lexemes: list[Lexeme]) -> list[Lexeme]:
    """Without the beginnings and ends of displays, which must be those of each other."""
    opened: list[Lexeme] = []
    for lexeme in lexemes:
        if lexeme.kind == "begin":
            opened.append(lexeme)
        elif lexeme.kind == "end":
            begun = opened.pop().text if opened else None
            if begun is None:
                raise ParseError(
                    f"\\end{{{lexeme.text}}} closes nothing",
                    span=lexeme.span,
                    suggestion=f"remove it, or write \\begin{{{lexeme.text}}} before",
                )
            if begun != lexeme.text:
                raise ParseError(
                    f"\\end{{{lexeme.text}}} does not match \\begin{{{begun}}}", span=lexeme.span, suggestion=f"\\end{{{begun}}}"
                )
    if opened:
        name = opened[-1].text
        raise ParseError(f"\\begin{{{name}}} is never closed", span=opened[-1].span, suggestion=f"\\end{{{name}}} at the end")
    return [lexeme for lexeme in lexemes if lexeme.kind not in ("begin", "end")]


def _without_dropped(lexemes: list[Lexeme]) -> list[Lexeme]:
    r"""Leaves out ``\label{...}`` and its like."""
    if not any(lexeme.is_command(DROPPED_WITH_ARGUMENT) for lexeme in lexemes):
        return lexemes
    closing = closing_braces(lexemes)

    def dropped(position: int) -> tuple[list[Lexeme], int] | None:
        lexeme, brace = lexemes[position], position + 1
        if not lexeme.is_command(DROPPED_WITH_ARGUMENT):
            return None
        if brace == len(lexemes) or lexemes[brace].kind != "{":
            raise ParseError(f"\\{lexeme.text} needs an argument in braces", span=lexeme.span)
        if brace not in closing:
            raise ParseError("'{' is never closed", span=lexeme.span, suggestion="add the closing brace")
        return [], closing[brace] + 1

    return rewritten(lexemes, dropped)


def _norm_bars(lexemes: list[Lexeme]) -> list[Lexeme]:
    r"""``\left|\left|`` and ``\right|\right|`` as the bars of a norm."""
    out: list[Lexeme] = []
    for lexeme in lexemes:
        before = out[-1] if out else None
        if before is not None and before.kind == lexeme.kind in ("BAR_OPEN", "BAR_CLOSE"):
            out[-1] = Lexeme(lexeme.kind.replace("BAR", "NORM"), lexeme.text, before.start, lexeme.end)
        else:
            out.append(lexeme)
    return out


_PASSES = (_without_environments, _without_dropped, _norm_bars, _without_punctuation, _with_scripts, _without_spaced, _with_pairs)


def _with_variations(lexemes: list[Lexeme], vocabulary: Vocabulary, decisions: list[Decision]) -> list[Lexeme]:
    r"""``\frac{\delta f}{\delta x}`` as a derivative where nothing is called delta: a factor would
    stand on both sides of the line."""
    if vocabulary.declares("delta"):
        return lexemes
    closing, out = closing_braces(lexemes), list(lexemes)
    for place, lexeme in enumerate(lexemes):
        middle = closing.get(place + 1, -1) + 1
        end = closing.get(middle, 0)
        if not lexeme.is_command(FRACTIONS) or end < middle + 3 or lexemes[middle + 2].text in ("_", "^"):
            continue
        signs = [at for at in (place + 2, *range(middle + 1, end)) if lexemes[at].is_command(("delta",))]
        if signs[:2] == [place + 2, middle + 1]:
            for at in signs:
                out[at] = Lexeme("command", "partial", lexemes[at].start, lexemes[at].end)
            span = Span(lexemes[place + 2].start, lexemes[end - 1].end)
            decisions.append(Decision("\\delta above and below the line is read as \\partial", "alias", span=span))
    return out
