"""What is said of a name: ``n×n symmetric``, ``∈ R^{n×n}``, ``a symmetric n by n matrix``, ``n d``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from matcalc.base.errors import ParseError, Span
from matcalc.base.records import record
from matcalc.base.sizes import ONE, Shape, Size, shape_of
from matcalc.facts.table import canonical, spelled_apart
from matcalc.language.declare.measures import SHORTEST_WORD, SizeReader, expected, meaning_of
from matcalc.language.declare.scanning import Token
from matcalc.language.declare.sets import SetReader, begins_set
from matcalc.language.declare.words import FILLERS, KINDS, NO_FACTS, SIZES_TOO

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
    """Reads the tokens behind a name. ``member`` is True behind ``∈``, where R is the real numbers."""

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

    # ------------------------------------------------------------ parts

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
            said = f"a size is a name, a number or a product of them; {self.text[span.start : span.end]} needs a name of its own"
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

    # ------------------------------------------------------------ sizes

    def _sizes(self) -> bool:
        token = self.tokens[self.place]
        opened = token.text in ("(", "[")
        if not opened and token.kind not in ("word", "number"):
            return False
        start = self.place
        self.place += opened
        found = self.list_of_sizes(")]" if opened else "")
        if opened:
            if self.place >= len(self.tokens):
                close = ")" if token.text == "(" else "]"
                written = self.text[self.tokens[0].start : self.tokens[-1].end]
                advice = f"{self.name}: {written}{close}" if found else f"{self.name}: {written.rstrip('([ ')}"
                raise ParseError(f"{token.text!r} is never closed", span=Span(token.start, token.end), suggestion=advice)
            if self.tokens[self.place].text not in (")", "]"):
                raise self.not_understood(self.tokens[self.place])
            self.place += 1
            if self.place - start == 2:
                raise self.not_understood(token)
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

    def _check_word(self, token: Token) -> None:
        """A word that stands by itself where a size may: it is told from the words for facts that there are not."""
        if self.member and self.sizes is None:
            span = Span(token.start, token.end)
            raise ParseError(f"{token.text} is no set that is known", span=span, suggestion=f"{self.name}: {token.text}")
        later = self.sizes is not None and len(token.text) >= _SHORTEST_NOUN and token.text.isalpha()
        if later and not self._is_doubtful(token):
            sizes = "×".join([*map(str, self.sizes or ()), token.text])
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
            advice = f"{self.name}: {'×'.join([str(size) for size in self.sizes[:_MOST_SIZES]])}"
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

    # ------------------------------------------------------------ together

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
            if said.square and not said.properties:
                raise ParseError("the size of the square matrix is missing", span=self.span, suggestion=f"{self.name}: n×n")
            if not self.anything:
                raise ParseError("the declaration is empty", span=self.span, suggestion=f"{self.name}: n×m, or {self.name}: scalar")
            said.shape = () if said.kind == "scalar" else None
            return
        if said.square and len(sizes) == 1:
            sizes = sizes * 2
        if said.square and (len(sizes) != 2 or sizes[0] != sizes[1]):
            raise ParseError(
                "a square matrix has as many rows as columns", span=self.span, suggestion=f"{self.name}: {sizes[0]}×{sizes[0]}"
            )
        if len(sizes) == 1:
            said.shape = shape_of(ONE, sizes[0]) if said.row else shape_of(sizes[0], ONE)
        else:
            said.shape = shape_of(sizes[0], sizes[1]) if len(sizes) == 2 else tuple(sizes)

    # ------------------------------------------------------------ errors

    def _is_doubtful(self, token: Token) -> bool:
        """Whether a word is no size but the slip or the beginning of a fact, or the word for one that there is not."""
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
