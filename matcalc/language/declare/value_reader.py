"""What is said of a name: its kind, sizes and properties, or the set that it is a member of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from matcalc.base.errors import ParseError, Span
from matcalc.base.records import record
from matcalc.base.sizes import ONE, Shape, Size, shape_of, sizes_text
from matcalc.facts.table import canonical, spelled_apart
from matcalc.language.declare.measures import SHORTEST_WORD, SizeReader, expected, meaning_of
from matcalc.language.declare.scanning import (
    FILLERS,
    INFINITE,
    KINDS,
    MARKS,
    NO_FACTS,
    SETS,
    SIZES_TOO,
    Token,
    begins_set,
    text_at,
)

_SIGNS = frozenset("+*>≥≻⪰0")
_NUMBERS = {"real": (), "integer": ("integer",), "natural": ("integer", "nonnegative")}


@record
class Membership:
    """What the members of a set are."""

    kind: str | None
    sizes: list[Size] | None
    properties: tuple[str, ...] = ()


def _is_mark(mark: str, opening: str) -> bool:
    return (_SIGNS.issuperset(mark) and mark != "0") or (opening == "_" and mark in MARKS and len(mark) > 1)


class SetReader(SizeReader):
    """Reads one set, which begins at ``place``."""

    def __init__(self, tokens: Sequence[Token], text: str, name: str, place: int) -> None:
        super().__init__(tokens, text, name, place)
        self.start = place
        self.described = False
        """Whether a kind or sizes have been said before."""

    def read(self) -> Membership:
        """What its members are. Raises ParseError for a set that no facts say."""
        token = self.tokens[self.place]
        if token.kind == "sign":
            return self._listed() if token.text == "{" else self._interval()
        base, _, below = token.text.partition("_")
        self.place += 1
        sizes: list[Size] | None = None
        marks = ""
        if below:
            sizes = [self._size(below, token)]
        while self.place < len(self.tokens) and self.tokens[self.place].text in ("^", "_", "(", "+"):
            if self.tokens[self.place].text == "+":
                marks += "+"
                self.place += 1
                continue
            found, mark = self._group()
            if found is not None and sizes is not None and [str(size) for size in found] not in (["R"], ["ℝ"]):  # GL_n(R)
                raise self._refused("sizes are given twice", f"{self.name}: {self._sizes_text(sizes)}")
            sizes = found if sizes is None else sizes
            marks += mark
        return self._members(SETS[base], base, sizes, marks)

    def _group(self) -> tuple[list[Size] | None, str]:
        """Sizes, or a mark such as + or > 0."""
        opening = self.tokens[self.place].text
        self.place += opening != "("
        closing = {"{": "}", "(": ")"}.get(text_at(self.tokens, self.place))
        if closing is None and self.place < len(self.tokens):
            return self._bare()
        inside = self.place + 1
        end = self._end_of_group(inside, closing)
        if closing is None or end == inside:
            raise self.not_understood(self.tokens[-1])
        mark = "".join([token.text for token in self.tokens[inside:end]])
        if _is_mark(mark, opening):
            self.place = end + 1
            return None, mark
        self.place = inside
        sizes = self.list_of_sizes(closing)
        if self.place < end or not sizes:
            raise self._no_size(self.place)
        self.place = end + 1
        return sizes, ""

    def _end_of_group(self, inside: int, closing: str | None) -> int:
        """Where the bracket closes that is open at ``inside``; ``inside`` itself where it never
        does."""
        depth = 0
        for k, token in enumerate(self.tokens[inside:], inside):
            if not depth and token.text == closing:
                return k
            depth += (token.text in ("(", "{")) - (token.text in (")", "}"))
        return inside

    def _bare(self) -> tuple[list[Size] | None, str]:
        """``R^n``, ``R^n×m``, ``R_+``, ``S_++``."""
        marks = ""
        while self.place < len(self.tokens) and self.tokens[self.place].text in ("+", "*") and len(marks) < 2:
            marks += self.tokens[self.place].text
            self.place += 1
        if marks:
            return None, marks
        self.raised = True
        sizes = self.list_of_sizes()
        self.raised = False
        if not sizes:
            raise self.not_understood(self.tokens[min(self.place, len(self.tokens) - 1)])
        return sizes, ""

    def _size(self, written: str, token: Token) -> Size:
        return self.size_of(Token("number" if written.isdigit() else "word", written, token.start, token.end))

    def _members(self, sort: str, base: str, sizes: list[Size] | None, marks: str) -> Membership:
        if sort in _NUMBERS:
            return self._of_numbers(sort, sizes, marks)
        below = [size + ONE for size in sizes or () if size.text.endswith("-1")]
        if sort == "symmetric" and base in ("S", "𝕊") and (below or self.name[:1].islower()):
            if len(below) == 1:
                return Membership(None, below, ("unit",))
            raise self._refused(
                "S^n may be a sphere or the symmetric matrices", f"{self.name}: n unit, or {self.name}: n×n symmetric"
            )
        match sort:
            case "complex":
                raise self._refused("symbols are real", f"{self.name}: {self._sizes_text(sizes)}")
            case "simplex":
                return Membership("vector" if sizes is None else None, below or sizes, ("simplex",))
            case "unitary":
                raise self._refused("symbols are real", f"{self.name}: {self._sizes_text(sizes, 2)} orthogonal")
            case "orthonormal":
                raise self._refused(
                    "which of the two sizes is the number of rows is not agreed on", f"{self.name}: n×p orthonormal"
                )
            case _:
                return self._square(sort, base, sizes, marks)

    def _of_numbers(self, sort: str, sizes: list[Size] | None, marks: str) -> Membership:
        if sort == "real" and sizes is None and not marks and self.described:
            return Membership(None, None)  # an n×d matrix of reals
        return Membership("scalar" if sizes is None else None, sizes, (*_NUMBERS[sort], *self._marked(marks)))

    def _square(self, sort: str, base: str, sizes: list[Size] | None, marks: str) -> Membership:
        """Sets of square matrices, named by the number of rows."""
        if sizes is not None and len(sizes) == 2 and str(sizes[1]) in ("R", "ℝ"):  # GL(n, R)
            sizes = sizes[:1]
        if sizes is not None and (len(sizes) > 2 or (len(sizes) == 2 and sizes[0] != sizes[1])):
            raise self._refused(f"the members of {base} are square matrices", f"{self.name}: {sizes[0]}×{sizes[0]}")
        both = None if sizes is None else [sizes[0], sizes[0]]
        kind = "matrix" if sizes is None else None
        if sort != "symmetric":
            return Membership(kind, both, (sort,))
        marks = {"SPD": "++", "PSD": "+"}.get(base.upper(), marks)
        fact = {"positive": "positive_definite", "nonnegative": "positive_semidefinite"}
        found = [fact.get(one, one) for one in self._marked(marks)] or ["symmetric"]
        return Membership(kind, both, tuple(found))

    def _marked(self, marks: str) -> tuple[str, ...]:
        if not marks:
            return ()
        if marks not in MARKS:
            raise self._refused(f"{marks} says nothing that is known", f"{self.name}: n nonnegative")
        return (MARKS[marks],)

    def _raised_sizes(self) -> list[Size] | None:
        if self.place < len(self.tokens) and self.tokens[self.place].text == "^":
            return self._group()[0]
        return None

    def _listed(self) -> Membership:
        """``{0,1}^n``, ``{-1,1}^n``."""
        end = next((k for k in range(self.place, len(self.tokens)) if self.tokens[k].text == "}"), None)
        inside = "" if end is None else "".join([token.text for token in self.tokens[self.place + 1 : end]])
        fact = {"0,1": "mask", "1,0": "mask", "-1,1": "sign", "1,-1": "sign", "-1,+1": "sign", "+1,-1": "sign", "±1": "sign"}.get(
            inside
        )
        if end is None or fact is None:
            self.place = (self.place if end is None else end) + 1
            raise self._refused("this set is not known", f"{self.name}: scalar integer")
        self.place = end + 1
        sizes = self._raised_sizes()
        return Membership("scalar" if sizes is None else None, sizes, (fact,))

    def _interval(self) -> Membership:
        end = next((k for k in range(self.place + 1, len(self.tokens)) if self.tokens[k].text in (")", "]")), None)
        if end is None:
            raise self.not_understood(self.tokens[self.place])
        opening = self.tokens[self.place].text
        bounds = "".join([token.text for token in self.tokens[self.place + 1 : end]]).split(",")
        self.place = end + 1
        sizes = self._raised_sizes()
        facts = {("0", True): ("positive",), ("0", False): ("nonnegative",), ("-", True): ()}
        low = "-" if bounds[0].lstrip("-") in INFINITE else bounds[0]
        found = facts.get((low, opening == "(")) if bounds[-1].lstrip("+") in INFINITE else None
        if found is None:
            lower = "nonnegative" if bounds[0] == "0" else "scalar"
            shape = "scalar" if sizes is None else self._sizes_text(sizes)
            raise self._refused(
                "bounds other than 0 cannot be declared", f"{self.name}: {shape} {lower}".replace("scalar scalar", "scalar")
            )
        return Membership("scalar" if sizes is None else None, sizes, found)

    def _sizes_text(self, sizes: list[Size] | None, least: int = 1) -> str:
        if sizes is None:
            return "scalar" if least == 1 else "n×n"
        return sizes_text(sizes * least if len(sizes) == 1 else sizes)

    def _refused(self, said: str, suggestion: str) -> ParseError:
        end = self.tokens[min(self.place, len(self.tokens)) - 1].end
        return ParseError(said, span=Span(self.tokens[self.start].start, end), suggestion=suggestion)

    def _no_size(self, place: int) -> ParseError:
        token = self.tokens[min(place, len(self.tokens) - 1)]
        return ParseError(
            "a size is made of names and numbers by +, - and *; another one needs a name of its own",
            span=Span(token.start, max(token.end, token.start + 1)),
            suggestion=f"{self.name}: m",
        )


_MOST_WORDS = 4
_MOST_SIZES = 4
_SHORTEST_NOUN = 4


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


class ValueReader(SizeReader):
    """Reads the tokens behind a name. ``member`` is True behind ``∈``, where R is the real
    numbers."""

    def __init__(self, tokens: Sequence[Token], text: str, name: str, *, member: bool = False) -> None:
        super().__init__(tokens, text, name)
        self.member = member
        self.said = Said()
        self.sizes: list[Size] | None = None
        self.crossed = False
        self.fillers: list[Token] = []
        self.anything = False

    def read(self) -> Said:
        """All of it. Raises ParseError at the first token that is not understood."""
        while self.place < len(self.tokens):
            if not (self._set() or self._axes() or self._fact() or self._word() or self._comma() or self._sizes()):
                raise self.not_understood(self.tokens[self.place])
        if not self.anything:
            self._size_called_as_a_filler()
        self._finish()
        return self.said

    def _set(self) -> bool:
        if self._joined() or not begins_set(self.tokens, self.place, member=self.member):
            return False
        reader = SetReader(self.tokens, self.text, self.name, self.place)
        reader.described = self.sizes is not None or self.said.kind is not None
        found = reader.read()
        self.place = reader.place
        self._property(*found.properties)
        if found.kind:
            self._kind(found.kind, self.tokens[self.place - 1])
        if found.sizes is not None:
            self._take(found.sizes)
            self.crossed = True
        self.anything = True
        return True

    def _axes(self) -> bool:
        """``n rows and d columns``."""
        ahead = self.tokens[self.place : self.place + 2]
        if len(ahead) < 2 or ahead[0].kind not in ("word", "number"):
            return False
        noun = ahead[1].text.lower()
        if noun not in ("rows", "row", "columns", "cols", "column", "col") or ahead[0].text.lower() in FILLERS - {"n", "m"}:
            return False
        if noun in ("row", "column") and ahead[0].kind == "word":
            return False  # a column vector
        if ahead[0].kind == "word" and (canonical(ahead[0].text) is not None or ahead[0].text.lower() in KINDS):
            return False
        size = self.size_of(ahead[0])
        self.sizes = [*(self.sizes or []), size] if noun.startswith("row") or self.sizes else [size]
        self.place += 2
        self.anything = True
        return True

    def _fact(self) -> bool:
        if self.tokens[self.place].kind != "word" or self._joined():
            return False
        for count in range(min(_MOST_WORDS, len(self.tokens) - self.place), 0, -1):
            words, end = self._words(count)
            if len(words) == count and (count == 1 or " ".join(words).lower() in _apart()):
                found = canonical("_".join(words))
                if found is not None:
                    self.place = end
                    self._property(found)
                    self.anything = True
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

    def _word(self) -> bool:
        """Kinds, and words that say nothing."""
        token = self.tokens[self.place]
        if token.text == "-":
            return self._hyphen()
        if token.kind != "word" or self._joined():
            return False
        word = token.text.lower()
        following = self.tokens[self.place + 1].text.lower() if self.place + 1 < len(self.tokens) else ""
        if word in KINDS:
            self._kind(KINDS[word], token)
        elif word == "row" and following in ("vector", "vectors"):
            self.said.row = True
        elif word == "square":
            self.said.square = True
            self.said.kind = self.said.kind or "matrix"
            self.fillers.append(token)
        elif word in FILLERS and not (word == "a" and self.place == len(self.tokens) - 1):
            self.fillers.append(token)
        else:
            return False
        self.place += 1
        return True

    def _hyphen(self) -> bool:
        """A hyphen between words: ``n-dimensional``, ``m×n-matrix``."""
        around = self.tokens[max(0, self.place - 1) : self.place + 2]
        if len(around) < 3 or around[2].kind == "number":
            span = Span(around[0].start, around[-1].end)
            said = (
                f"a size is made of names and numbers by +, - and *; {self.text[span.start : span.end]} needs a name of its own"
            )
            raise ParseError(said, span=span, suggestion=f"{self.name}: m")
        self.place += 1
        return True

    def _comma(self) -> bool:
        if self.tokens[self.place].text not in (",", "∈") or (self.place == len(self.tokens) - 1 and not self.anything):
            return False
        if self.tokens[self.place].text == "∈":
            self.member = True
        self.place += 1
        return True

    def _joined(self) -> bool:
        """Whether what stands here is a factor or one of several sizes, whatever word it is."""
        before = self.tokens[self.place - 1].text if self.place else ""
        after = self.tokens[self.place + 1].text if self.place + 1 < len(self.tokens) else ""
        return before in ("×", "*") or after in ("×", "*")

    def _sizes(self) -> bool:
        token, start = self.tokens[self.place], self.place
        opened = token.text in ("(", "[") and not self._opens_factor()
        if not opened and token.text != "(" and token.kind not in ("word", "number"):
            return False
        self.place += opened
        found = self.list_of_sizes(")]" if opened else "")
        if opened:
            self._close(token, start, bool(found))
        if not found:
            return False
        crossed = opened or len(found) > 1
        if not crossed and token.kind == "word" and self.place - start == 1:
            self._check_word(token)
        if self.sizes is not None and (crossed or self.crossed):
            raise self.not_understood(token)
        self.crossed |= crossed
        self._take(found)
        return True

    def _close(self, opening: Token, start: int, found: bool) -> None:
        """Steps over the bracket that closes sizes."""
        if self.place >= len(self.tokens):
            written = self.text[self.tokens[0].start : self.tokens[-1].end]
            advice = f"{written}{')' if opening.text == '(' else ']'}" if found else written.rstrip("([ ")
            span = Span(opening.start, opening.end)
            raise ParseError(f"{opening.text!r} is never closed", span=span, suggestion=f"{self.name}: {advice}")
        if self.tokens[self.place].text not in (")", "]"):
            raise self.not_understood(self.tokens[self.place])
        self.place += 1
        if self.place - start == 2:
            raise self.not_understood(opening)

    def _opens_factor(self) -> bool:
        """Whether the bracket here is a part of a size, ``(n+1)×m``, and does not hold all
        sizes."""
        depth = 0
        for token, following in pairwise(self.tokens[self.place :]):
            depth += (token.text in "([") - (token.text in ")]")
            if not depth:
                return following.text in ("×", "*", "^", "x", "X", "by")
        return False

    def _check_word(self, token: Token) -> None:
        """A word that stands by itself where a size may: it is told from the words for facts that
        there are not."""
        if self.member and self.sizes is None:
            span = Span(token.start, token.end)
            raise ParseError(f"{token.text} is no set that is known", span=span, suggestion=f"{self.name}: {token.text}")
        later = self.sizes is not None and len(token.text) >= _SHORTEST_NOUN and token.text.isalpha()
        if later and not self._is_doubtful(token):
            sizes = sizes_text([*(self.sizes or ()), token.text])
            said = f"{token.text} is no known property"
            span = Span(token.start, token.end)
            raise ParseError(said, span=span, expected=expected(), suggestion=f"{self.name}: {sizes}")
        if self._is_doubtful(token):
            raise self.no_size(token)
        if self.sizes is None:
            self.said.alone = token

    def _take(self, found: list[Size]) -> None:
        """More sizes: those behind a comma or a space belong to those before."""
        if self.sizes is not None:
            self.said.alone = None
        self.sizes = [*(self.sizes or []), *found]
        if len(self.sizes) > _MOST_SIZES:
            advice = f"{self.name}: {sizes_text(self.sizes[:_MOST_SIZES])}"
            raise ParseError("at most four sizes", span=Span(self.tokens[0].start, self.tokens[-1].end), suggestion=advice)
        self.anything = True

    def _size_called_as_a_filler(self) -> None:
        if self.name[:1].islower() and any(token.text in ("real", "float") for token in self.fillers):
            self._kind("scalar", self.fillers[0])
            return
        token = next((token for token in self.fillers if token.text in SIZES_TOO), None)
        if token is None:
            return
        self.sizes = [Size.of(token.text)]
        self.anything = True

    def _kind(self, kind: str, token: Token) -> None:
        if self.said.kind not in (None, kind) and not (self.said.square and kind == "matrix"):
            raise ParseError(f"{self.said.kind} and {kind} at once", span=self.span, suggestion=f"{self.name}: {kind}")
        self.said.kind = kind
        self.anything = True

    def _property(self, *names: str) -> None:
        self.said.properties = tuple(dict.fromkeys((*self.said.properties, *names)))

    @property
    def span(self) -> Span:
        """All that is said."""
        return Span(self.tokens[0].start, self.tokens[-1].end) if self.tokens else Span(0, 0)

    def _finish(self) -> None:
        said, sizes = self.said, self.sizes
        if sizes is None:
            self._check_without_sizes()
            said.shape = () if said.kind == "scalar" else None
            return
        if said.square and len(sizes) == 1:
            sizes = sizes * 2
        if said.square and (len(sizes) != 2 or sizes[0] != sizes[1]):
            wrong = "a square matrix has as many rows as columns"
            raise ParseError(wrong, span=self.span, suggestion=f"{self.name}: {sizes[0]}×{sizes[0]}")
        if len(sizes) == 1:
            said.shape = shape_of(ONE, sizes[0]) if said.row else shape_of(sizes[0], ONE)
        else:
            said.shape = shape_of(sizes[0], sizes[1]) if len(sizes) == 2 else tuple(sizes)

    def _check_without_sizes(self) -> None:
        if self.said.square and not self.said.properties:
            raise ParseError("the size of the square matrix is missing", span=self.span, suggestion=f"{self.name}: n×n")
        if not self.anything:
            raise ParseError("the declaration is empty", span=self.span, suggestion=f"{self.name}: n×m, or {self.name}: scalar")

    def _is_doubtful(self, token: Token) -> bool:
        """Whether a word is no size but the slip or the beginning of a fact, or the word for one
        that there is not."""
        word = token.text.lower()
        if len(word) < SHORTEST_WORD or not word.isalpha():
            return word in NO_FACTS
        return meaning_of(word) is not None or word in NO_FACTS

    def no_size(self, token: Token) -> ParseError:
        """The error for a word that stands where a size does, and is none."""
        word = token.text
        meant = meaning_of(word.lower())
        said = f"{word} is neither a size nor a known property"
        span = Span(token.start, token.end)
        if meant is None:
            return ParseError(said, span=span, expected=expected(), suggestion=self._without(token))
        return ParseError(said, span=span, suggestion=self._with(token, meant))


@cache
def _apart() -> frozenset[str]:
    """Facts of more than one word."""
    return frozenset(spelled_apart())
