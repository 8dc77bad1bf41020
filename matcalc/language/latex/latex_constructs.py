"""What the parts of the LaTeX reader share, and arrays, brackets and derivatives that stand for an
operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TypeAlias

from matcalc.base.budgets import spend
from matcalc.base.errors import ParseError, Span, UnknownFunctionError
from matcalc.language.decisions import Decision
from matcalc.language.latex.latex_commands import ACCENTS, FONTS, FRACTIONS, LABELLED, SECOND_MEANT, TRANSPOSES, WORDS
from matcalc.language.latex.lexemes import CELL, Lexeme, Source
from matcalc.language.text.spelling import AS_LATIN, SPELLED_GREEK, Vocabulary, canonical_name
from matcalc.language.text.terminals import WRITTEN_OUT, Token, by_depth, closing, opening, type_at, types_at

Range: TypeAlias = tuple[int, int]
"""Lexemes from the first position up to the second."""

Items: TypeAlias = list[Token | Range]

_LONGEST_WORD = 60
_TAKING_TWO = FRACTIONS | SECOND_MEANT
_TAKING = _TAKING_TWO | FONTS | WORDS | ACCENTS.keys() | LABELLED | {"sqrt", "mathbb", "norm"}
"""Commands with an argument or two."""
_NAMED_SIGNS = {"*": "star", "ast": "star", "star": "star", "max": "max", "min": "min"}
"""What stands for a word when it is the whole of a subscript: ``x_*``, ``x_{\\max}``."""


def comma(place: int) -> Token:
    """A comma that the text does not show."""
    return Token("COMMA", ",", place, place)


_NONE = Lexeme("", "", -1, -1)


class Reading:
    """The state of reading one text."""

    def __init__(self, source: Source, vocabulary: Vocabulary) -> None:
        self.lexemes: list[Lexeme] = source.lexemes
        self.partner = source.partner
        self.vocabulary = vocabulary
        self.out: list[Token] = []
        self.names: set[str] = set()
        self.decisions: list[Decision] = source.decisions
        self.square: set[int] = set()
        """Closing square brackets of entries."""
        self.ends: dict[int, int] = {}
        """Where the elements end that were measured."""
        self.zeros: set[int] = set()
        """Where a bold zero was written."""
        self.bound: set[str] = set()
        """Letters that are the index of a sum so far."""
        self.defined: set[str] = set()
        """Words that the text defines as functions."""
        self.ranges: dict[int, int] = {}
        """Closing brackets of arrays with their ranges written behind, and where these end."""
        stems = {name.partition("_")[0] for name in vocabulary.symbols}
        self._twins = {latin: greek for greek, latin in AS_LATIN.items() if greek in stems}
        """Latin letter -> the declared Greek letter that looks the same."""

    @property
    def last(self) -> Token | None:
        """What was written last."""
        return self.out[-1] if self.out else None

    def at(self, position: int, stop: int) -> Lexeme:
        """The lexeme at a position before ``stop``; one that is nothing where none stands there."""
        return self.lexemes[position] if position < stop else _NONE

    def token(self, kind: str, value: str, first: int, last: int | None = None) -> Token:
        """A token at the place of a lexeme, or of those up to another one."""
        return Token(kind, value, self.lexemes[first].start, self.lexemes[first if last is None else last].end)

    def span(self, first: int, last: int) -> Span:
        """The place of the lexemes from one to another."""
        return Span(self.lexemes[first].start, self.lexemes[last].end)

    def separated(self, parts: Iterable[Range]) -> Items:
        """The parts with commas between them that the text does not show."""
        items: Items = [item for part in parts for item in (comma(self.lexemes[part[0]].start), part)]
        return items[1:]

    def texts(self, first: int, last: int, most: int = _LONGEST_WORD) -> list[str]:
        """What is written in a range, of so many lexemes at most."""
        return [lexeme.text for lexeme in self.lexemes[first : min(last, first + most)]]

    def shallow(self, first: int, last: int) -> Iterator[int]:
        """The positions of a range, without what stands in brackets within it."""
        while first < last:
            yield first
            first = self.partner.get(first, first) + 1

    def is_bracket(self, first: int, last: int, kinds: str = "(") -> bool:
        """Whether a range is one bracket with what it holds."""
        return first < last and self.lexemes[first].kind in kinds and self.partner[first] == last - 1

    def unbraced(self, first: int, last: int) -> Range:
        """A range without the braces around all of it."""
        while self.is_bracket(first, last, "{"):
            first, last = first + 1, last - 1
        return first, last

    def bracket(self, position: int) -> tuple[Token, Token]:
        """Round brackets that no source shows, without a character, at the place of a lexeme."""
        return self.token("LPAR", "", position), self.token("RPAR", "", position)

    def is_raised(self, position: int) -> bool:
        """Whether an exponent stands behind a position, or behind the brace that closes there."""
        while self.at(position, len(self.lexemes)).kind == "}":
            position += 1
        return self.at(position, len(self.lexemes)).is_char("^")

    def argument(self, position: int, stop: int, owner: int) -> tuple[Range, int]:
        """The argument at ``position``, without its braces, and the position after it; ``owner`` is
        the lexeme that needs it."""
        if position >= stop or self.lexemes[position].kind in ("}", "newline"):
            raise self._needs_argument(owner)
        end = self.element_end(position, stop)
        return self.unbraced(position, end), end

    def element_end(self, position: int, stop: int) -> int:
        """The position after one lexeme with its arguments, or a bracket with what it holds."""
        end = self.ends.get(position) or self._measured(position)
        if end > stop:
            raise self._needs_argument(stop - 1)
        return end

    def _needs_argument(self, owner: int) -> ParseError:
        lexeme = self.lexemes[owner]
        shown = f"\\{lexeme.text}" if lexeme.kind == "command" else repr(lexeme.text)
        return ParseError(f"{shown} needs an argument after it", span=lexeme.span, suggestion="braces: {...}")

    def _measured(self, position: int) -> int:
        """Where the element at ``position`` ends, and all that it holds without braces: commands
        may be arguments of each other."""
        waiting: list[tuple[int, int]] = []  # commands and how many arguments they still need
        place = end = position
        while waiting or place == position:
            if place >= len(self.lexemes):
                end = len(self.lexemes) + 1
                self.ends.update({start: end for start, _ in waiting})
                break
            found = self.ends.get(place) or self._simple_end(place)
            if found is None:
                waiting.append((place, 2 if self.lexemes[place].text in _TAKING_TWO else 1))
                root = self.lexemes[place].text == "sqrt" and self.at(place + 1, len(self.lexemes)).kind == "["
                place = self.partner[place + 1] + 1 if root else place + 1  # a root may have a degree
                continue
            place = end = found
            while waiting:
                start, wanted = waiting.pop()
                if wanted > 1:
                    waiting.append((start, wanted - 1))
                    break
                self.ends[start] = end
        self.ends[position] = end
        return end

    def _simple_end(self, position: int) -> int | None:
        """Where a bracket or a lexeme without arguments ends; None for a command that takes
        some."""
        lexeme = self.lexemes[position]
        if lexeme.kind in ("{", "(", "[", "<"):
            return self.partner[position] + 1
        return None if lexeme.is_command(_TAKING) else position + 1

    def word(self, first: int, last: int) -> str | None:
        """The letters and digits of a range, fonts and braces left out; None when anything else
        stands in it."""
        if last - first > _LONGEST_WORD:
            return None
        lexemes = self.lexemes[first:last]
        if len(lexemes) == 1 and lexemes[0].text in _NAMED_SIGNS:
            return _NAMED_SIGNS[lexemes[0].text]
        parts = _spelled(lexemes)
        return "".join(parts) if len(parts) == 1 or set(map(len, parts)) == {1} else None  # a Greek letter stands alone

    def symbol(self, first: int, last: int) -> tuple[str | None, int]:
        """One letter, Greek letter or styled letter at the beginning of a range, and the position
        after it."""
        if first >= last:
            return None, first
        end = self.element_end(first, last)
        word = self.word(first, end)
        if word is None or not word.isalpha() or (len(word) > 1 and word not in SPELLED_GREEK):
            return None, end
        return word, end

    def twin(self, position: int, word: str) -> str:
        r"""The word, or the declared Greek letter that the upright letter at ``position`` looks
        like: ``\\mathrm{M}`` for Mu."""
        return self._twins.get(word, word) if self.lexemes[position].text in WORDS else word

    def declared_with_subscript(self, word: str, after: int, stop: int) -> bool:
        r"""Whether the word and the subscript behind it are one declared name:
        ``\mathrm{log}_{p}``."""
        if not self.at(after, stop).is_char("_"):
            return False
        below = self.word(*self.argument(after + 1, stop, after)[0])
        return below is not None and self.vocabulary.declares(canonical_name(f"{word}_{below}"))


def _spelled(lexemes: list[Lexeme]) -> list[str]:
    """The letters and digits of a word; none where anything else stands in it."""
    parts: list[str] = []
    for lexeme in lexemes:
        if lexeme.is_symbol or (lexeme.is_command("_") and parts):
            parts.append(lexeme.text)
        # An index of a label in words belongs to it.
        elif not lexeme.is_style and not (lexeme.is_char("_") and lexemes[0].text in WORDS and len(parts) > 1):
            return []
    return parts


def written_array(r: Reading, position: int) -> tuple[Items, int]:
    """The tokens of the array that begins at a position, and the position after it."""
    return _called(r, position, written_rows(r, position)), r.partner[position] + 1


def written_rows(r: Reading, position: int) -> list[list[Range]]:
    """The entries of each row of the array that begins at a position."""
    close = r.partner[position]
    breaks = [place for place in r.shallow(position + 1, close) if r.lexemes[place].kind == "newline"]
    rows = [row for row in _parts(position + 1, close, breaks) if row[0] < row[1]]
    return [_parts(*row, [place for place in r.shallow(*row) if r.lexemes[place].kind == CELL]) for row in rows]


def _parts(first: int, last: int, cuts: list[int]) -> list[Range]:
    """The parts of a range between the cuts in it."""
    return [(start + 1, stop) for start, stop in pairwise([first - 1, *cuts, last])]


def list_entries(r: Reading, position: int) -> list[Range] | None:
    """The entries of ``[a, b]``; None for brackets without a comma of their own."""
    inside = position + 1, r.partner[position]
    commas = [place for place in r.shallow(*inside) if r.lexemes[place].is_char(",")]
    return _parts(*inside, commas) if commas else None


def written_list(r: Reading, position: int, entries: list[Range]) -> tuple[Items, int]:
    """The tokens of a list as a row, and the position after it."""
    return _called(r, position, [entries]), r.partner[position] + 1


def _called(r: Reading, position: int, rows: list[list[Range]]) -> Items:
    opening, closing = r.token("LPAR", "(", position), r.token("RPAR", ")", r.partner[position])
    if any(first >= last for row in rows for first, last in row):
        raise ParseError("an entry of this array is missing", span=opening.span, suggestion="0")
    column = all(len(row) == 1 for row in rows)
    out: Items = []
    for row in rows:
        entries = [item for entry in row for item in (comma(r.lexemes[entry[0]].start), opening, entry, closing)]
        out += entries if column else [entries[0], opening, *entries[1:], closing]
    return [opening.as_a("CALL", WRITTEN_OUT), opening, *out[1:], closing]


INNER = frozenset(["inner", "ip", "innerproduct", "innerprod", "inprod", "iprod", "inp", "dotp", "dotprod", "dprod"])
"""Names that writers give to their command for the inner product."""
_FROBENIUS = frozenset(["F", "Fro", "fro", "HS", "2", "frob", "Frob"])


def inner_product(r: Reading, position: int, stop: int) -> tuple[Items, int]:
    r"""``\langle x, y \rangle``, perhaps with the mark F or a weight behind it, and the position
    after it."""
    close = r.partner[position]
    cut = _separator(r, position + 1, close)
    if cut is None:
        advice = "\\langle x, y \\rangle, or \\operatorname{mean}(x) for a mean"
        raise ParseError("an inner product has two parts", span=r.span(position, close), suggestion=advice)
    weight, end = _weight(r, close, stop)
    return _inner(r, (position, close), (position + 1, cut), (cut + 1, close), weight), end


def named_inner_product(r: Reading, position: int, stop: int) -> tuple[Items, int]:
    r"""``\inner{x}{y}`` or ``\inner{x, y}``."""
    after = position + 1
    if r.at(after, stop).kind in ("(", "{"):
        close = r.partner[after]
        cut = _separator(r, after + 1, close)
        if cut is not None:
            return _inner(r, (position, close), (after + 1, cut), (cut + 1, close), None), close + 1
    if r.at(after, stop).kind != "{":
        here = r.lexemes[position]
        raise UnknownFunctionError(f"\\{here.text} needs two arguments", span=here.span, suggestion="\\langle x, y \\rangle")
    left, middle = r.argument(after, stop, position)
    right, end = r.argument(middle, stop, position)
    return _inner(r, (position, end - 1), left, right, None), end


def _separator(r: Reading, first: int, last: int) -> int | None:
    """Where the parts of a bracket meet: at the only comma, else at the only bar."""
    places = list(r.shallow(first, last))
    commas = [place for place in places if r.lexemes[place].is_char(",")]
    found = commas or [place for place in places if r.lexemes[place].text in _BARS and r.lexemes[place].kind not in ("(", "[")]
    return found[0] if len(found) == 1 and first < found[0] < last - 1 else None


_BARS = frozenset(["|", "mid", "\\middle|", ";"])


def _weight(r: Reading, close: int, stop: int) -> tuple[Range | None, int]:
    """The weight in the subscript behind an inner product; None where there is none or it is the
    mark of Frobenius."""
    after = close + 1
    if not r.at(after, stop).is_char("_"):
        return None, after
    found, end = r.argument(after + 1, stop, after)
    word = r.word(*found)
    if found[0] == found[1] or (word in _FROBENIUS and not r.vocabulary.declares(word)):
        return None, end
    return found, end


def _inner(r: Reading, ends: Range, left: Range, right: Range, weight: Range | None) -> Items:
    opening, closing = r.token("LPAR", "(", ends[0]), r.token("RPAR", ")", ends[1])
    comma, times, transpose = (Token(kind, sign, closing.start, closing.start) for kind, sign in _BETWEEN)
    if weight is None:
        return [opening.as_a("RUN", "inner"), opening, left, comma, right, closing]
    factors: Items = [opening, left, closing, transpose, times, opening, weight, closing, times, opening, right, closing]
    return [opening, *factors, closing]


_BETWEEN = (("COMMA", ","), ("TIMES", "*"), ("TRANSPOSE", "'"))


def norm_bars(r: Reading, position: int, stop: int) -> tuple[Items, int]:
    r"""``\norm{Ax - b}`` as the bars of a norm."""
    after = position + 1
    if r.at(after, stop).kind == "[" and r.partner[after] + 1 < stop:
        after = r.partner[after] + 1  # a size: \norm[\big]{x}
    (first, last), end = r.argument(after, stop, position)
    inside = (first + 1, last - 1) if r.is_bracket(first, last) else (first, last)
    return [r.token("NORM_OPEN", "‖", position), inside, r.token("NORM_CLOSE", "‖", end - 1)], end


def labelled(r: Reading, position: int, stop: int) -> tuple[Items, int]:
    r"""``\underbrace{x}_{\text{label}}``: what stands above the label, in brackets."""
    found, end = r.argument(position + 1, stop, position)
    if r.at(end, stop).is_char("_^"):
        end = r.argument(end + 1, stop, end)[1]
    opening, closing = r.bracket(position)
    return [opening, found, closing], end


def second_argument(r: Reading, position: int, stop: int) -> tuple[Items, int]:
    r"""``\textcolor{red}{x}``, ``\overset{!}{=}``: what is meant is the second argument."""
    _, middle = r.argument(position + 1, stop, position)
    found, end = r.argument(middle, stop, position)
    return [found], end


def quotient_of_differentials(r: Reading, owner: int, top: Range, bottom: Range) -> Items | None:
    """The tokens of a fraction that is a derivative; None when it is a quotient. Raises ParseError
    for a denominator that begins as one of a derivative and goes on otherwise."""
    above, below = _differential(r, *top), _differential(r, *bottom)
    if above is None or below is None or below == bottom[1]:
        return None
    items: Items = [r.token("PARTIAL", "∂", owner)]
    above, order = _second(r, above, top[1])
    if order == 2:
        items += _square(r, owner)
    if above < top[1]:
        opening, closing = r.bracket(owner)
        items += [opening, (above, top[1]), closing]
    return [*items, r.token("DIVIDE", "/", owner), *_names(r, bottom, order)]


def _square(r: Reading, position: int) -> list[Token]:
    return [r.token("POWER", "^", position), r.token("NUMBER", "2", position)]


def _differential(r: Reading, first: int, last: int) -> int | None:
    r"""The position after ``\partial``, ``d`` or ``\mathrm{d}`` at the beginning of a range."""
    if first >= last:
        return None
    lexeme = r.lexemes[first]
    if lexeme.kind == "{":
        inner = _differential(r, first + 1, r.partner[first])
        return r.partner[first] + 1 if inner == r.partner[first] else None
    letter = lexeme.kind == "letter" and lexeme.text == "d" and "d" not in r.vocabulary.symbols
    if letter or lexeme.is_command(("partial",)):
        return first + 1
    end = r.element_end(first, last) if lexeme.is_command(WORDS) else first
    return end if end > first and r.word(first, end) == "d" else None


def _second(r: Reading, position: int, stop: int) -> tuple[int, int]:
    """The position after an optional exponent 2, and the order."""
    if r.at(position, stop).text != "^":
        return position, 1
    exponent, after = r.argument(position + 1, stop, position)
    if r.word(*exponent) == "1":
        return after, 1
    if r.word(*exponent) != "2":
        raise ParseError("only first and second derivatives are read", span=r.lexemes[position].span, suggestion="\\partial^2")
    return after, 2


def _names(r: Reading, bottom: Range, order: int) -> Items:
    r"""``\partial x \partial x^\top`` or ``\partial x^2`` below the line."""
    position, stop = bottom
    items: Items = []
    while position < stop:
        start = _differential(r, position, stop)
        name, end = (None, stop) if start is None or start == stop else r.symbol(start, stop)
        if start is None or start == stop or (name is None and r.lexemes[start].kind != "command"):
            raise ParseError(
                "differentiate by one name",
                span=r.span(position, stop - 1),
                suggestion="\\frac{\\partial f}{\\partial x}",
            )
        items += [r.token("PARTIAL", "∂", position), (start, r.element_end(start, stop))]
        scripts, position = _scripts_of_name(r, end, stop, order, position)
        items += scripts
    return items


def _scripts_of_name(r: Reading, place: int, stop: int, order: int, sign: int) -> tuple[Items, int]:
    r"""The subscripts of the name behind a sign of a differential, then an exponent of its order
    and a mark of transposition; and the position after them."""
    items: Items = []
    square: Items = []
    marks: Items = []
    while r.at(place, stop).is_char("^_'"):
        # A subscript before or after the exponent.
        mark = r.lexemes[place].text
        found, end = ((place, place), place + 1) if mark == "'" else r.argument(place + 1, stop, place)
        if mark == "_":
            items.append((place, end))
        elif mark == "'" or _is_transpose(r, *found):
            marks = [r.token("TRANSPOSE", "'", place, end - 1)]
        elif r.word(*found) == "2" and order == 2:
            square = [*_square(r, sign)]
        else:
            raise ParseError(
                "differentiate by one name", span=r.lexemes[place].span, suggestion="\\frac{\\partial^2 f}{\\partial x^2}"
            )
        place = end
    return [*items, *square, *marks], place


def _is_transpose(r: Reading, first: int, last: int) -> bool:
    return r.word(first, last) == "T" or (last - first == 1 and r.lexemes[first].text in TRANSPOSES)


def bracketed_numerators(tokens: list[Token]) -> list[Token]:
    r"""``\partial f/\partial x`` with brackets around what is differentiated."""
    tokens = _upright_quotients(tokens)
    if not any(token.type == "PARTIAL" for token in tokens):
        return tokens
    out: list[Token] = []
    ends: set[int] = set()
    for position, token in enumerate(tokens):
        out += [closing(token.start), token] if position in ends else [token]
        slash = _slash(tokens, position + 1) if _ends_sign(tokens, position) else None
        if slash is not None:
            ends.add(slash)
            out.append(opening(token.end))
    return out


def _upright_quotients(tokens: list[Token]) -> list[Token]:
    r"""``\mathrm{d}f/\mathrm{d}x`` as a derivative: nobody divides a differential by another."""
    below = {at for at, token in enumerate(tokens) if token.type == _UPRIGHT and type_at(tokens, at - 1) == "DIVIDE"}
    tokens = [token.as_a("PARTIAL") if at in below else token for at, token in enumerate(tokens)]
    above = {at for at, token in enumerate(tokens) if below and token.type == _UPRIGHT and _slash(tokens, at + 1) is not None}
    return [token.as_a("PARTIAL") if at in above else token for at, token in enumerate(tokens)]


_UPRIGHT = "DIFFERENTIAL_SIGN"


def _ends_sign(tokens: list[Token], position: int) -> bool:
    """Whether a sign of a derivative above a line ends here: ``∂``, ``∂^2``."""
    if tokens[position].type == "PARTIAL":
        return type_at(tokens, position - 1) != "DIVIDE" and type_at(tokens, position + 1) != "POWER"
    return position > 1 and types_at(tokens, position - 2, 3) == ["PARTIAL", "POWER", "NUMBER"]


def _slash(tokens: list[Token], first: int) -> int | None:
    """The slash of ``∂ ... / ∂`` when something without its own brackets stands before it."""
    for position, token, depth in by_depth(tokens, first):
        if not position & 63:
            spend()
        if depth < 0 or token.type == "PARTIAL" or (not depth and token.type in _ENDS):
            return None
        if depth == 0 and token.type == "DIVIDE" and type_at(tokens, position + 1) == "PARTIAL":
            return position if position > first else None
    return None


_ENDS = frozenset(["EQUALS", "PLUS", "COMMA", "SEPARATOR"])
