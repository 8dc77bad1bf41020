"""Sizes in declarations, and what is said of words that are none."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.base.errors import ParseError, Span
from matcalc.base.sizes import ONE, Size
from matcalc.facts.table import canonical, facts
from matcalc.language.declare.scanning import FILLERS, KINDS, NO_FACTS, Token
from matcalc.language.text.meanings import nearest_spelling
from matcalc.language.text.spelling import canonical_name

SHORTEST_WORD = 3
_MOST_BRACKETS = 5


class SizeReader:
    """Reads sizes from a list of tokens; ``place`` is where it has got to, ``name`` what is
    declared."""

    def __init__(self, tokens: Sequence[Token], text: str, name: str, place: int = 0) -> None:
        self.tokens = tokens
        self.text = text
        self.name = name
        self.place = place

    raised = False
    """Whether what is read stands above a set without braces, where no sum does: ``R^n+``."""

    def list_of_sizes(self, closing: str = "") -> list[Size]:
        """Sizes from here on, with ``×``, ``x``, ``by`` or a comma between them (in brackets
        spaces, too)."""
        found: list[Size] = []
        while self.place < len(self.tokens) and self.tokens[self.place].text not in (closing or ")]}"):
            before = self.place
            size = self.one_size(int(bool(closing)))
            if size is None:
                break
            found.append(size)
            if self.place >= len(self.tokens):
                break
            if self._separator(closing):
                self._check_another(closing)
            else:
                if not (closing and self.tokens[self.place].kind in ("word", "number")):
                    break
                if self.tokens[before].kind == "number" and self.tokens[self.place].kind == "word":
                    break
        return found

    def _check_another(self, closing: str) -> None:
        """Behind a cross stands another size; behind a comma in brackets (``(n,)``) there may be
        none."""
        another = self.place < len(self.tokens) and _begins_size(self.tokens[self.place])
        if not another and not (closing and self.tokens[self.place - 1].text == ","):
            raise self.not_understood(self.tokens[self.place - 1])

    def _separator(self, closing: str) -> bool:
        """Steps over what stands between two sizes."""
        tokens, place = self.tokens, self.place
        if tokens[place].text == "-" and place + 1 < len(tokens) and tokens[place + 1].text == "by":
            place += 1
        token = tokens[place]
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        if token.text in ("×", ",") and (token.text == "×" or closing):
            self.place = place + 1
            return True
        if token.text in ("x", "X", "by", "By") and following is not None and (_begins_size(following) or following.text == "-"):
            self.place = place + 1 + (following.text == "-")
            return True
        return False

    def one_size(self, depth: int = 0) -> Size | None:
        """A sum of products of names and numbers, in so many brackets."""
        first = self.place
        total = self._product(depth)
        while total is not None and (sign := self._sign(depth)):
            self.place += 1
            part = self._product(depth)
            if part is None:
                raise self.not_understood(self.tokens[self.place - 1])
            total = total + part if sign == "+" else total - part
        if total is not None and not total.can_be_positive:
            span = Span(self.tokens[first].start, self.tokens[self.place - 1].end)
            raise ParseError(f"a size cannot be {total}", span=span, expected="a size that can be 1 or more")
        return total

    def _sign(self, depth: int) -> str:
        """The plus or minus between two parts of a size. Outside brackets a hyphen that joins two
        words is none: ``n-dimensional``."""
        if self.raised or self.place + 1 >= len(self.tokens) or self.tokens[self.place].text not in ("+", "-"):
            return ""
        before, token, following = self.tokens[self.place - 1 : self.place + 2]
        if following.kind == "word":
            joined = token.text == "-" and before.end == token.start and token.end == following.start
            return token.text if (depth or not joined) and self._is_plain_size(following) else ""
        return token.text if _begins_size(following) else ""

    def _product(self, depth: int) -> Size | None:
        """A product of names, numbers and sums in brackets."""
        size, place = ONE, self.place
        while self.place < len(self.tokens):
            token = self.tokens[self.place]
            if token.kind == "sign" and token.text == "*" and self.place > place:
                if self.place + 1 >= len(self.tokens):
                    raise self.not_understood(token)
                self.place += 1
                continue
            factor = self._factor(place, depth)
            if factor is None:
                break
            for _ in range(self._power()):
                size = size * factor
        return size if self.place > place else None

    def _factor(self, first: int, depth: int) -> Size | None:
        token, before = self.tokens[self.place], self.tokens[self.place - 1]
        if token.text == "(" and (
            self.place == first or before.text == "*" or (before.kind == "number" and before.end == token.start)
        ):
            self.place += 1
            inner = self.one_size(depth + 1) if depth < _MOST_BRACKETS else None
            if inner is None or self.place >= len(self.tokens) or self.tokens[self.place].text != ")":
                raise self.not_understood(token)
            self.place += 1
            return inner
        if token.kind not in ("word", "number") or (self.place > first and self._begins_another(first)):
            return None
        self.place += 1
        return self.size_of(token)

    def _begins_another(self, first: int) -> bool:
        """Whether a name or number that follows a factor without a sign is something else: ``2n``
        is a product, ``n symmetric`` not."""
        before, token = self.tokens[self.place - 1], self.tokens[self.place]
        if before.text == "*":
            return False
        if before.kind == "number" and token.kind == "word" and before.end == token.start:
            return False
        if before.kind == "number" and token.kind == "word" and self._is_plain_size(token):
            following = self.tokens[self.place + 1].text if self.place + 1 < len(self.tokens) else ""
            first_of_all = first == 0 or self.tokens[first - 1].text not in ("×", "*")
            if first_of_all and following not in ("×", "*", "x", "^", ")") and self.tokens[first].text != "x":
                a, b = before.text, token.text
                span = Span(before.start, token.end)
                raise ParseError(f"{a} {b} may be {a}×{b} or {a}*{b}", span=span, suggestion=f"{self.name}: {a}×{b}")
            return False
        return True

    def _is_plain_size(self, token: Token) -> bool:
        word = token.text.lower()
        return word not in KINDS and word not in FILLERS and word not in ("by", "x") and canonical(word) is None

    def _power(self) -> int:
        tokens, place = self.tokens, self.place
        if place + 1 >= len(tokens) or tokens[place].text != "^":
            return 1
        braced = tokens[place + 1].text == "{"
        exponent = tokens[place + 1 + braced] if place + 1 + braced < len(tokens) else tokens[place]
        if exponent.kind != "number" or len(exponent.text) > 1 or exponent.text == "0":
            raise self.not_understood(exponent)
        self.place = place + 2 + 2 * braced
        return int(exponent.text)

    def size_of(self, token: Token) -> Size:
        """A token as a size. Raises ParseError for a number that is none."""
        if token.kind != "number":
            if token.text in ("by", "x", "rows", "columns") or token.text[-1] in "'′":
                raise self.not_understood(token)
            return Size.of(canonical_name(token.text))
        if not token.text.isdigit() or len(token.text) > 9 or int(token.text) == 0:
            raise ParseError(
                f"{token.text} cannot be a size", span=Span(token.start, token.end), expected="a number from 1 to 999999999"
            )
        return Size.of(int(token.text))

    # ------------------------------------------------------------ errors

    def _with(self, token: Token, meant: str) -> str:
        """The declaration with another word in the place of one."""
        place = self.tokens.index(token)
        first = token
        if place and self.tokens[place - 1].kind == "word":  # positive definit
            joint = meaning_of(f"{self.tokens[place - 1].text}_{token.text}".lower())
            if joint is not None and "_" in joint:
                first, meant = self.tokens[place - 1], joint
        before = self.text[self.tokens[0].start : first.start]
        after = self.text[token.end : self.tokens[-1].end]
        return f"{self.name}: {before}{meant}{after}"

    def not_understood(self, token: Token) -> ParseError:
        """The error for what is neither sizes nor facts, with the facts whose spelling is near, or
        else all of them."""
        span = Span(token.start, max(token.end, token.start + 1))
        meant = meaning_of(token.text.lower()) if token.kind == "word" else None
        said = f"{self.text[span.start : span.end]!r} is not understood as a size or a property"
        if meant is not None:
            return ParseError(said, span=span, suggestion=self._with(token, meant))
        return ParseError(said, span=span, expected=expected(), suggestion=self._without(token))

    def _without(self, token: Token) -> str:
        """The declaration without what is not understood, as far as it is read then."""
        place = self.tokens.index(token) if token in self.tokens else 0
        rest = self.tokens[:place]
        while rest and rest[-1].text in (",", "×", "*", "-", "^", "(", "["):
            rest = rest[:-1]
        if not rest:
            return f"{self.name}: {'n×n' if self.name[:1].isupper() else 'n'}"
        return f"{self.name}: {self.text[rest[0].start : rest[-1].end]}"


def _begins_size(token: Token) -> bool:
    return token.kind in ("word", "number") or token.text == "("


def expected() -> str:
    """What a declaration may say."""
    names = ", ".join(name for name, fact in facts().items() if not fact.refused)
    return f"n×m, n, 3×4, scalar, function, or properties: {names}"


def meaning_of(word: str) -> str | None:
    """The fact or kind that a word is the slip or the beginning of."""
    if NO_FACTS.get(word):
        return NO_FACTS[word]
    known = [
        *KINDS,
        *(word for word, fact in NO_FACTS.items() if fact),
        *(spelling for fact in facts().values() if not fact.refused for spelling in (fact.name, *fact.aliases)),
    ]
    near = nearest_spelling(word, known)
    near = NO_FACTS.get(near or "") or near
    if near is None and len(word) >= SHORTEST_WORD:
        near = next((name for name in known if name.startswith(word)), None)
    return near
