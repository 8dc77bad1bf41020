"""What is said of a name: its kind, sizes and properties, or the set that it is a member of."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TypeAlias

from matcalc.base.errors import ParseError, Span
from matcalc.base.records import record
from matcalc.base.shapes import Shape, axes_of, shape_of, sizes_text
from matcalc.base.sizes import ONE, Size
from matcalc.facts.table import canonical, spelled_apart
from matcalc.language.declare.declared import ORDERS
from matcalc.language.declare.scanning import (
    FILLERS,
    INFINITE,
    KINDS,
    MARKS,
    NO_FACTS,
    SETS,
    SHORTEST_WORD,
    SIZES_TOO,
    SizeReader,
    Token,
    Tokens,
    begins_set,
    expected,
    meaning_of,
)

_MADE = "a size is made of names and numbers by +, - and *"
_SIGNS = frozenset("+*>≥≻⪰0")
_NUMBERS = {"real": (), "complex": ("complex",), "integer": ("integer",), "natural": ("integer", "nonnegative")}
_LISTED = dict.fromkeys(("0,1", "1,0"), "mask") | dict.fromkeys(("-1,1", "1,-1", "-1,+1", "+1,-1", "±1"), "sign")
_INTERVALS = {("0", "("): ("positive",), ("0", "["): ("nonnegative",), ("-", "("): ()}
"""Of the intervals without an upper bound, by the lower one and the bracket before it, what their
members are."""
_REFUSED = {
    "rational": ("that numbers are rational says nothing that is known", "{name}: {sizes}"),
    "orthonormal": ("which of the two sizes is the number of rows is not agreed on", "{name}: n×p orthonormal"),
}
"""Sets whose members no facts say: why, and what is written instead."""
_DEFINITE = {"positive": "positive_definite", "nonnegative": "positive_semidefinite"}


Membership: TypeAlias = tuple[str | None, list[Size] | None, tuple[str, ...]]
"""What the members of a set are: their kind, sizes and properties."""


class SetReader(SizeReader):
    """Reads one set, which begins at ``place``; ``described`` says whether anything is said
    before."""

    def __init__(self, tokens: Tokens, text: str, name: str, place: int, *, described: bool) -> None:
        super().__init__(tokens, text, name, place)
        self.start = place
        self.described = described

    def read(self) -> Membership:
        """What its members are. Raises ParseError for a set that no facts say."""
        token = self.ahead()
        if token.kind == "sign":
            return self._listed() if token.text == "{" else self._interval()
        base, _, below = token.text.partition("_")
        self.place += 1
        sizes: list[Size] | None = None
        marks = ""
        if below:
            sizes = [self.size_of(Token("number" if below.isdigit() else "word", below, token.start, token.end))]
        while self.ahead().text in ("^", "_", "(", "+"):
            found, mark = self._group()
            if found is not None and sizes is not None and [str(size) for size in found] not in (["R"], ["ℝ"]):  # GL_n(R)
                raise self._refused("sizes are given twice", f"{self.name}: {self._sizes_text(sizes)}")
            sizes = found if sizes is None else sizes
            marks += mark
        return self._members(SETS[base], base, sizes, marks)

    def _group(self) -> tuple[list[Size] | None, str]:
        """Sizes, or a mark such as + or > 0."""
        opening = self.ahead().text
        self.place += opening != "("
        if opening == "+":
            return None, "+"
        closing = {"{": "}", "(": ")"}.get(self.ahead().text)
        if closing is None and self.ahead().text:
            return self._bare()
        inside = self.place + 1
        end = self._end_of_group(inside, closing)
        if closing is None or end == inside:
            raise self.not_understood(self.tokens[-1])
        mark = "".join([token.text for token in self.tokens[inside:end]])
        below = opening == "_" and len(mark) > 1 and mark in MARKS
        if below or (_SIGNS.issuperset(mark) and mark != "0"):
            self.place = end + 1
            return None, mark
        self.place = inside
        sizes = self.list_of_sizes(closing)
        if self.place < end or not sizes:
            here = self.tokens[min(self.place, len(self.tokens) - 1)]
            raise ParseError(f"{_MADE}; another one needs a name of its own", span=here.span, suggestion=f"{self.name}: m")
        self.place = end + 1
        return sizes, ""

    def _end_of_group(self, inside: int, closing: str | None) -> int:
        """Where the bracket closes that is open at ``inside``; that itself where it never does."""
        depth = 0
        for k, token in enumerate(self.tokens[inside:], inside):
            if not depth and token.text == closing:
                return k
            depth += (token.text in ("(", "{")) - (token.text in (")", "}"))
        return inside

    def _bare(self) -> tuple[list[Size] | None, str]:
        """``R^n``, ``R^n×m``, ``R_+``, ``S_++``."""
        marks = ""
        while self.ahead().text in ("+", "*") and len(marks) < 2:
            marks += self.ahead().text
            self.place += 1
        if marks:
            return None, marks
        self.raised = True
        sizes = self.list_of_sizes()
        self.raised = False
        if not sizes:
            raise self.not_understood(self.tokens[min(self.place, len(self.tokens) - 1)])
        return sizes, ""

    def _members(self, sort: str, base: str, sizes: list[Size] | None, marks: str) -> Membership:
        if sort in _NUMBERS:
            return self._of_numbers(sort, sizes, marks)
        if sort in _REFUSED:
            said, instead = _REFUSED[sort]
            square = self._sizes_text(sizes, 2)
            raise self._refused(said, instead.format(name=self.name, sizes=self._sizes_text(sizes), square=square))
        below = [size + ONE for size in sizes or () if size.text.endswith("-1")]
        if sort == "simplex":
            return self._each("vector", below or sizes, "simplex")
        if base in ("S", "𝕊") and (below or self.name[:1].islower()):
            if len(below) == 1:
                return None, below, ("unit",)
            advice = f"{self.name}: n unit, or {self.name}: n×n symmetric"
            raise self._refused("S^n may be a sphere or the symmetric matrices", advice)
        return self._square(sort, base, sizes, marks)

    def _of_numbers(self, sort: str, sizes: list[Size] | None, marks: str) -> Membership:
        if sort == "real" and sizes is None and not marks and self.described:
            return None, None, ()  # an n×d matrix of reals
        return self._each("scalar", sizes, *_NUMBERS[sort], *self._marked(marks))

    def _each(self, kind: str, sizes: list[Size] | None, *facts: str) -> Membership:
        """Members of a kind where no sizes are given."""
        return kind if sizes is None else None, sizes, facts

    def _square(self, sort: str, base: str, sizes: list[Size] | None, marks: str) -> Membership:
        """Sets of square matrices, named by the number of rows."""
        given = sizes or []
        if len(given) == 2 and str(given[1]) in ("R", "ℝ"):  # GL(n, R)
            del given[1]
        if len(given) > 2 or len(set(given)) > 1:
            raise self._refused(f"the members of {base} are square matrices", f"{self.name}: {given[0]}×{given[0]}")
        both = [given[0]] * 2 if given else None
        if sort != "symmetric":
            return self._each("matrix", both, sort)
        marked = self._marked({"SPD": "++", "PSD": "+"}.get(base.upper(), marks)) or ("symmetric",)
        return self._each("matrix", both, *[_DEFINITE.get(one, one) for one in marked])

    def _marked(self, marks: str) -> tuple[str, ...]:
        if not marks:
            return ()
        if marks not in MARKS:
            raise self._refused(f"{marks} says nothing that is known", f"{self.name}: n nonnegative")
        return (MARKS[marks],)

    def _raised_sizes(self) -> list[Size] | None:
        return self._group()[0] if self.ahead().text == "^" else None

    def _inside(self, *closing: str) -> str | None:
        """What stands up to a bracket, which is passed; None where there is none."""
        end = next((k for k in range(self.place + 1, len(self.tokens)) if self.tokens[k].text in closing), None)
        if end is None:
            return None
        inside = "".join([token.text for token in self.tokens[self.place + 1 : end]])
        self.place = end + 1
        return inside

    def _listed(self) -> Membership:
        """``{0,1}^n``, ``{-1,1}^n``."""
        inside = self._inside("}")
        fact = _LISTED.get(inside or "")
        if fact is None:
            self.place += inside is None
            raise self._refused("this set is not known", f"{self.name}: scalar integer")
        return self._each("scalar", self._raised_sizes(), fact)

    def _interval(self) -> Membership:
        opening = self.ahead()
        inside = self._inside(")", "]")
        if inside is None:
            raise self.not_understood(opening)
        bounds = inside.split(",")
        sizes = self._raised_sizes()
        low = "-" if bounds[0].lstrip("-") in INFINITE else bounds[0]
        found = _INTERVALS.get((low, opening.text)) if bounds[-1].lstrip("+") in INFINITE else None
        if found is None:
            lower = "nonnegative" if bounds[0] == "0" else "scalar"
            instead = f"{self.name}: {self._sizes_text(sizes)} {lower}".replace("scalar scalar", "scalar")
            raise self._refused("bounds other than 0 cannot be declared", instead)
        return self._each("scalar", sizes, *found)

    def _sizes_text(self, sizes: list[Size] | None, least: int = 1) -> str:
        if sizes is None:
            return "scalar" if least == 1 else "n×n"
        return sizes_text(sizes * least if len(sizes) == 1 else sizes)

    def _refused(self, said: str, suggestion: str) -> ParseError:
        end = self.tokens[min(self.place, len(self.tokens)) - 1].end
        return ParseError(said, span=Span(self.tokens[self.start].start, end), suggestion=suggestion)


_MOST_WORDS = _MOST_SIZES = _SHORTEST_NOUN = 4


@record(frozen=False, eq=False)
class Said:
    """What the text after a name says, as far as it is read."""

    kind: str | None = None
    row: bool = False
    square: bool = False
    shape: Shape | None = None
    properties: tuple[str, ...] = ()
    alone: Token | None = None
    """The word that is the only size."""
    takes: tuple[Said, ...] = ()
    gives: Said | None = None
    """Of a function, ``R^n -> R^m``: what it takes and gives."""

    @property
    def order(self) -> int:
        """The number of axes."""
        if self.shape is not None:
            return len(axes_of(self.shape))
        return ORDERS.get(self.kind or "", 0)


class ValueReader(SizeReader):
    """Reads the tokens behind a name; ``member``: behind ``∈``, where R is the real numbers."""

    def __init__(self, tokens: Tokens, text: str, name: str, *, member: bool = False) -> None:
        super().__init__(tokens, text, name)
        self.member = member
        self.said = Said()
        self.sizes: list[Size] | None = None
        self.crossed = False
        self.fillers: list[Token] = []
        self.anything = False

    def read(self) -> Said:
        """All of it. Raises ParseError at the first token that is not understood."""
        ways = (self._set, self._axes, self._fact, self._hyphen, self._word, self._comma, self._sizes)
        while self.place < len(self.tokens):
            if not any(way() for way in ways):
                raise self.not_understood(self.ahead())
        if not self.anything:
            self._size_called_as_a_filler()
        self._finish()
        return self.said

    def _set(self) -> bool:
        if self._joined() or not begins_set(self.tokens, self.place, member=self.member):
            return False
        described = self.sizes is not None or self.said.kind is not None
        reader = SetReader(self.tokens, self.text, self.name, self.place, described=described)
        kind, sizes, properties = reader.read()
        self.place = reader.place
        self._property(*properties)
        if kind:
            self._kind(kind)
        if sizes is not None:
            self._take(sizes)
            self.crossed = True
        return True

    def _axes(self) -> bool:
        """``n rows and d columns``."""
        count, noun = self.ahead(), self.ahead(1).text.lower()
        word = count.text.lower()
        if (
            noun not in ("rows", "row", "columns", "cols", "column", "col")
            or count.kind not in ("word", "number")
            or word in FILLERS
        ):
            return False
        if count.kind == "word" and (noun in ("row", "column") or word in KINDS or canonical(count.text) is not None):
            return False  # a column vector
        size = self.size_of(count)
        self.sizes = [*(self.sizes or []), size] if noun.startswith("row") or self.sizes else [size]
        self.place += 2
        self.anything = True
        return True

    def _fact(self) -> bool:
        if not self._is_word():
            return False
        for count in range(min(_MOST_WORDS, len(self.tokens) - self.place), 0, -1):
            words, end = self._words(count)
            if len(words) == count and (count == 1 or " ".join(words).lower() in _apart()):
                found = canonical("_".join(words))
                if found is not None:
                    self.place = end
                    self._property(found)
                    return True
        return False

    def _words(self, count: int) -> tuple[list[str], int]:
        """As many words from here, over hyphens, and where they end."""
        words: list[str] = []
        place = self.place
        while place < len(self.tokens) and len(words) < count:
            token = self.tokens[place]
            if token.kind == "word":
                words.append(token.text)
            elif token.text != "-" or not words:
                break
            place += 1
        return words, place

    def _is_word(self) -> bool:
        return self.ahead().kind == "word" and not self._joined()

    def _word(self) -> bool:
        """Kinds, and words that say nothing."""
        if not self._is_word():
            return False
        token = self.ahead()
        word = token.text.lower()
        if word in KINDS:
            self._kind(KINDS[word])
        elif word == "row" and self.ahead(1).text.lower() in ("vector", "vectors"):
            self.said.row = True
        elif word == "square":
            self.said.square = True
            self.said.kind = self.said.kind or "matrix"
            self.fillers.append(token)
        elif word in FILLERS and (word != "a" or self.ahead(1).text):
            self.fillers.append(token)
        else:
            return False
        self.place += 1
        return True

    def _hyphen(self) -> bool:
        """A hyphen between words: ``n-dimensional``, ``m×n-matrix``."""
        if self.ahead().text != "-":
            return False
        around = self.tokens[max(0, self.place - 1) : self.place + 2]
        if len(around) < 3 or around[2].kind == "number":
            span = Span(around[0].start, around[-1].end)
            said = f"{_MADE}; {self.text[span.start : span.end]} needs a name of its own"
            raise ParseError(said, span=span, suggestion=f"{self.name}: m")
        self.place += 1
        return True

    def _comma(self) -> bool:
        if self.ahead().text not in (",", "∈") or not (self.anything or self.ahead(1).text):
            return False
        self.member |= self.ahead().text == "∈"
        self.place += 1
        return True

    def _joined(self) -> bool:
        """Whether what stands here is a factor or one of several sizes, whatever word it is."""
        return self.ahead(-1).text in ("×", "*") or self.ahead(1).text in ("×", "*")

    def _sizes(self) -> bool:
        token, start = self.ahead(), self.place
        opened = token.text in ("(", "[") and not self._opens_factor()
        if not opened and not token.begins_size:
            return False
        found = self._bracketed(token) if opened else self.list_of_sizes()
        if not found:
            return False
        crossed = opened or len(found) > 1
        if not crossed:
            self._check_word(token, self.place - start)
        if self.sizes is not None and (crossed or self.crossed):
            raise self.not_understood(token)
        self.crossed |= crossed
        self._take(found)
        return True

    def _bracketed(self, opening: Token) -> list[Size]:
        """The sizes in a bracket."""
        self.place += 1
        found = self.list_of_sizes(")]")
        if not self.ahead().text:
            written = self.text[self.tokens[0].start : self.tokens[-1].end]
            advice = f"{written}{')' if opening.text == '(' else ']'}" if found else written.rstrip("([ ")
            raise ParseError(f"{opening.text!r} is never closed", span=opening.span, suggestion=f"{self.name}: {advice}")
        if self.ahead().text not in (")", "]"):
            raise self.not_understood(self.ahead())
        if self.ahead(-1) is opening:
            raise self.not_understood(opening)
        self.place += 1
        return found

    def _opens_factor(self) -> bool:
        """Whether the bracket here is a part of a size, ``(n+1)×m``, and does not hold all."""
        depth = 0
        for token, following in pairwise(self.tokens[self.place :]):
            depth += (token.text in "([") - (token.text in ")]")
            if not depth:
                return following.text in ("×", "*", "^", "x", "X", "by")
        return False

    def _check_word(self, token: Token, length: int) -> None:
        """A word by itself where a size may stand: it is told from words for unknown facts."""
        if token.kind != "word" or length > 1:
            return
        if self.member and self.sizes is None:
            said = f"{token.text} is no set that is known"
            raise ParseError(said, span=token.span, suggestion=f"{self.name}: {token.text}")
        word = token.text.lower()
        slip = len(word) >= SHORTEST_WORD and word.isalpha() and meaning_of(word) is not None
        if slip or word in NO_FACTS:
            raise self.not_understood(token, f"{token.text} is neither a size nor a known property")
        if self.sizes is None:
            self.said.alone = token
        elif len(token.text) >= _SHORTEST_NOUN and token.text.isalpha():
            said, advice = f"{token.text} is no known property", f"{self.name}: {sizes_text([*self.sizes, token.text])}"
            raise ParseError(said, span=token.span, expected=expected(), suggestion=advice)

    def _take(self, found: list[Size]) -> None:
        """More sizes: those behind a comma or a space belong to those before."""
        self.said.alone = self.said.alone if self.sizes is None else None
        self.sizes = [*(self.sizes or []), *found]
        if len(self.sizes) > _MOST_SIZES:
            most = sizes_text(self.sizes[:_MOST_SIZES])
            raise ParseError("at most four sizes", span=self.span, suggestion=f"{self.name}: {most}")
        self.anything = True

    def _size_called_as_a_filler(self) -> None:
        if self.name[:1].islower() and any(token.text in ("real", "float") for token in self.fillers):
            self._kind("scalar")
            return
        token = next((token for token in self.fillers if token.text in SIZES_TOO), None)
        if token is not None:
            self._take([Size.of(token.text)])

    def _kind(self, kind: str) -> None:
        if self.said.kind not in (None, kind) and not (self.said.square and kind == "matrix"):
            raise ParseError(f"{self.said.kind} and {kind} at once", span=self.span, suggestion=f"{self.name}: {kind}")
        self.said.kind = kind
        self.anything = True

    def _property(self, *names: str) -> None:
        self.said.properties = tuple(dict.fromkeys((*self.said.properties, *names)))
        self.anything = True

    @property
    def span(self) -> Span:
        """All that is said."""
        return Span(self.tokens[0].start, self.tokens[-1].end) if self.tokens else Span(0, 0)

    def _finish(self) -> None:
        said, sizes = self.said, self.sizes
        if sizes is None:
            if said.square and not said.properties:
                raise ParseError("the size of the square matrix is missing", span=self.span, suggestion=f"{self.name}: n×n")
            if not self.anything:
                raise ParseError(
                    "the declaration is empty", span=self.span, suggestion=f"{self.name}: n×m, or {self.name}: scalar"
                )
            said.shape = () if said.kind == "scalar" else None
            return
        if said.square and len(sizes) == 1:
            sizes = sizes * 2
        if said.square and (len(sizes) != 2 or sizes[0] != sizes[1]):
            advice = f"{self.name}: {sizes[0]}×{sizes[0]}"
            raise ParseError("a square matrix has as many rows as columns", span=self.span, suggestion=advice)
        if len(sizes) == 1:
            sizes = [ONE, *sizes] if said.row else [*sizes, ONE]
        said.shape = shape_of(sizes[0], sizes[1]) if len(sizes) == 2 else tuple(sizes)


@cache
def _apart() -> frozenset[str]:
    """Facts of more than one word."""
    return frozenset(spelled_apart())
