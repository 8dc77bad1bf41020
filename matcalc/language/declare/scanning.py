"""The words of declarations, declarations cut into tokens, in ASCII, Unicode and LaTeX alike, each
with its place in the text, and sizes read from these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Literal, TypeAlias

from matcalc.base.errors import ParseError, Span
from matcalc.base.files import stored_table
from matcalc.base.lazy import pattern
from matcalc.base.records import record
from matcalc.base.sizes import ONE, Size, not_whole, smaller
from matcalc.facts.table import canonical, facts
from matcalc.language.latex.latex_commands import ACCENTS, FONTS, WORDS
from matcalc.language.text.spelling import GREEK_NAMES, SUBSCRIPTS, SUPERSCRIPTS, canonical_name, nearest_spelling

_TABLE: Mapping[str, Any] = stored_table("declarations")
_WORDS = {name: frozenset(words) for name, words in _TABLE["words"].items()}
FILLERS, SIZES_TOO, OPENING, JOINING = _WORDS["fillers"], _WORDS["sizes_too"], _WORDS["opening"], _WORDS["joining"]
LINKS, ADDING, ALWAYS_SETS, SMOOTH = _WORDS["links"], _WORDS["adding"], _WORDS["always_sets"], _WORDS["smooth"]


def _by_word(table: str) -> Mapping[str, str]:
    return {word: meaning for meaning, words in _TABLE[table].items() for word in words}


KINDS, SETS, MARKS = _by_word("kinds"), _by_word("sets"), _by_word("marks")
NO_FACTS: Mapping[str, str] = dict.fromkeys(_WORDS["no_facts"], "") | _TABLE["meant"]
"""Words that are no sizes although they stand where sizes do, and the fact that is meant, if there
is one."""


Kind: TypeAlias = Literal["word", "number", "sign", "relation"]


@record
class Token:
    """``text`` is the one spelling of what stands from ``start`` to ``end``; ``accent`` marks
    LaTeX's command for one."""

    kind: Kind
    text: str
    start: int
    end: int
    accent: bool = False

    @property
    def span(self) -> Span:
        return Span(self.start, max(self.end, self.start + 1))

    @property
    def begins_size(self) -> bool:
        return self.kind in ("word", "number") or self.text == "("


Tokens: TypeAlias = Sequence[Token]
_NOTHING = Token("sign", "", -1, -1)


def at(tokens: Tokens, place: int) -> Token:
    """The token at a place; one that is nothing where none stands there."""
    return tokens[place] if 0 <= place < len(tokens) else _NOTHING


_SUPER = "".join(SUPERSCRIPTS) + "ˣ"
_SUB = "".join(SUBSCRIPTS) + "₊"
_PLAIN = {**SUPERSCRIPTS, **SUBSCRIPTS, "ˣ": "×", "₊": "+"}
_FONT_NAMES = "|".join(sorted(FONTS | WORDS | {"mathbb", "Bbb"}, key=len, reverse=True))
_TOKEN = pattern(
    rf"(?P<row>\\\\|[^\S\n]*\n\s*)"
    rf"|(?P<space>\s+|[$~&]|\\[,;:! ()\[\]]|\\(?:left|right|quad|qquad|displaystyle|bigl|bigr|big|Big)(?![A-Za-z]))"
    rf"|(?P<font>\\(?:{_FONT_NAMES})(?![A-Za-z])\*?)\s*(?:(?P<open>\{{)[^{{}}]*(?P<close>\}}))?"
    r"|(?P<command>\\(?:[A-Za-z]+|[{}|]))"
    r"|(?P<dotted>(?:[A-Za-z]\.){2,})"
    rf"|(?P<raised>[{_SUPER}]+)"
    rf"|(?P<lowered>(?<![^\W_])[{_SUB}]+|₊+)"
    r"|(?P<glued>(?<![^\W_])(?:[A-Za-z]|\d+)(?:[xX](?:[A-Za-z]|\d+))+(?![\w']))"
    r"|(?P<number>\d+(?:\.\d+)?[eE]\d+|\d+\.\d+|\d+)"
    rf"|(?P<word>(?:(?![{_SUPER}])[^\W\d_])(?:(?![{_SUPER}])[^\W_]|[\u0300-\u030c]|_(?=[^\W_]))*[′']*)"
    r"|(?P<link>->|=>|:=|→|↦|≔)"
    r"|(?P<relation>>=|<=|==|!=|>>|<<|[=<>≥≤≠⩾⩽≧≦≻≺⪰⪯≽≼≿≾])"
    r"|(?P<sign>\S)"
)
_GLUED = pattern(r"[A-Za-z]|\d+")
_COMMANDS = {
    "times": "×", "cdot": "*", "ast": "*", "in": "∈", "colon": ":", "to": "→", "infty": "∞", "pm": "±", "{": "{", "}": "}",
    "R": "ℝ", "RR": "ℝ", "Re": "ℝ", "Reals": "ℝ", "reals": "ℝ", "N": "ℕ", "NN": "ℕ", "Z": "ℤ", "ZZ": "ℤ", "C": "ℂ", "CC": "ℂ",
    "SS": "𝕊", "Sym": "Sym", "simplex": "Δ", "top": "T",
}  # fmt: skip
_RELATIONS = {
    "ge": "≥", "geq": "≥", "geqslant": "≥", "geqq": "≥", "le": "≤", "leq": "≤", "leqslant": "≤", "leqq": "≤", "gt": ">", "lt": "<",
    "ne": "≠", "neq": "≠", "succ": "≻", "prec": "≺", "succeq": "⪰", "preceq": "⪯", "succcurlyeq": "⪰", "preccurlyeq": "⪯",
    "succsim": "⪰", "precsim": "⪯",
    ">=": "≥", "⩾": "≥", "≧": "≥", "<=": "≤", "⩽": "≤", "≦": "≤", "==": "=", "!=": "≠", ">>": "⪰", "<<": "⪯",
    "≽": "⪰", "≿": "⪰", "≼": "⪯", "≾": "⪯",
}  # fmt: skip
_DOUBLE_STRUCK = dict(zip("RSZNCQ", "ℝ𝕊ℤℕℂℚ", strict=True))
_DOUBLED_FONTS = ("mathbb", "mathds", "Bbb", "mathbbm")
_SPELLED = {name: letter for letter, name in GREEK_NAMES.items()}
_FIXED = {"link": "→", "row": ";"}
_SIGNS = {"⋅": "*", "·": "*", "−": "-", "–": "-", "∊": "∈", "✕": "×", "✖": "×", "⨯": "×", "：": ":", "，": ",", "；": ";"}


def scanned(text: str, start: int = 0) -> list[Token]:
    """The tokens of a part of a text. A line break, and LaTeX's, is the sign ``;``."""
    return list(_tokens(text, start))


def _tokens(text: str, place: int) -> Iterator[Token]:
    hidden: set[int] = set()
    doubled = -1
    while place < len(text):
        match = _TOKEN.match(text, place)
        assert match is not None
        kind, (first, last) = match.lastgroup or "sign", match.span()
        if match["font"] is not None:  # what the font is of, in braces of its own or not, is read on
            hidden |= {match.start("open"), match.start("close")}
            last = match.end("font") if match["open"] is None else match.end("open")
            doubled = last if match["font"].lstrip("\\") in _DOUBLED_FONTS else -1
            place = last
            continue
        if kind != "space" and first not in hidden:
            yield from _made(kind, match[0], first, last, doubled >= 0 and not text[doubled:first].strip())
            doubled = doubled if kind == "row" else -1
        place = last


def _made(kind: str, written: str, first: int, last: int, doubled: bool) -> Iterator[Token]:
    match kind:
        case "command":
            yield _command(written[1:], first, last)
        case "dotted":
            yield Token("word", written.replace(".", ""), first, last)
        case "raised" | "lowered":
            yield from _small(kind, written, first, last)
        case "glued":
            yield from _glued(written, first)
        case "number" | "word":
            yield Token(kind, _DOUBLE_STRUCK.get(written, written) if doubled else written, first, last)
        case "relation":
            yield Token("relation", _RELATIONS.get(written, written), first, last)
        case _:
            yield Token("sign", _FIXED.get(kind) or _SIGNS.get(written, written), first, last)


def _glued(written: str, first: int) -> Iterator[Token]:
    """``nxm``: every second one is the cross."""
    for place, found in enumerate(_GLUED.finditer(written)):
        sort: Kind = "sign" if place % 2 else "number" if found[0].isdigit() else "word"
        yield Token(sort, "×" if place % 2 else found[0], first + found.start(), first + found.end())


def _small(kind: str, written: str, first: int, last: int) -> Iterator[Token]:
    """Small letters and digits, as what stands in braces above or below."""
    yield Token("sign", "^" if kind == "raised" else "_", first, first)
    yield Token("sign", "{", first, first)
    yield from (
        Token(inner.kind, inner.text, first + inner.start, first + inner.end)
        for inner in scanned("".join([_PLAIN[letter] for letter in written]))
    )
    yield Token("sign", "}", last, last)


def _command(name: str, first: int, last: int) -> Token:
    if name in _RELATIONS:
        return Token("relation", _RELATIONS[name], first, last)
    if name in _COMMANDS:
        text = _COMMANDS[name]
        return Token("word" if text.isalpha() else "sign", text, first, last)
    return Token("word", _SPELLED.get(name, name), first, last, accent=name in ACCENTS)


INFINITE = ("∞", "inf", "infty", "Inf", "infinity")
_LETTERS_WITH_POWERS = frozenset(["S", "Z", "N", "C", "O", "U", "V"])
"""Of which a power with a number may be the power of a size."""
_LETTERS_WITH_INDICES = frozenset(["R", "N", "Z", "C", "S", "U", "V"])
_BEHIND_SETS = frozenset(["", "^", "_", "(", "+"])


def begins_set(tokens: Tokens, place: int, *, member: bool) -> bool:
    """Whether a set is named here."""
    token, following = tokens[place], at(tokens, place + 1).text
    if token.kind == "sign":
        return token.text == "{" or (token.text in ("[", "(") and _is_interval(tokens, place, member))
    base, _, below = token.text.partition("_")
    if base not in SETS or (below and base in _LETTERS_WITH_INDICES and not member):
        return False
    named = base in ALWAYS_SETS or (member and (below or following in _BEHIND_SETS))
    return bool(named) or _is_set_before(following, base, at(tokens, place + 2))


def _is_set_before(sign: str, base: str, raised: Token) -> bool:
    """Whether a letter names a set by the sign behind it."""
    if sign == "(":
        return base not in ("R", "N", "Z", "C", "V")
    if sign == "_":
        return base in ("R", "S", "Z", "N")
    return sign == "^" and not (base in _LETTERS_WITH_POWERS and raised.kind == "number")


def _is_interval(tokens: Tokens, place: int, member: bool) -> bool:
    inside = tokens[place + 1 : place + 6]
    comma = next((k for k, token in enumerate(inside) if token.text == ","), None)
    if comma is None:
        return False
    raised = at(tokens, place + 1 + comma + 3).text == "^"
    infinite = any(token.text in INFINITE for token in inside[: comma + 3])
    return infinite or ((member or raised) and inside[0].kind != "word")


SHORTEST_WORD = 3
_MOST_BRACKETS = 5
_FRACTIONS = ("frac", "tfrac", "dfrac")


class SizeReader:
    """Reads sizes from a list of tokens; ``place`` is where it has got to, ``name`` what is
    declared."""

    def __init__(self, tokens: Tokens, text: str, name: str, place: int = 0) -> None:
        self.tokens = tokens
        self.text = text
        self.name = name
        self.place = place

    raised = False
    """Whether what is read stands above a set without braces, where no sum does: ``R^n+``."""

    def ahead(self, count: int = 0) -> Token:
        """The token that so many others stand before; one that is nothing behind the last."""
        place = self.place + count
        return self.tokens[place] if 0 <= place < len(self.tokens) else _NOTHING

    def list_of_sizes(self, closing: str = "") -> list[Size]:
        """Sizes from here on, with ``×``, ``x``, ``by`` or a comma between them (in brackets
        spaces, too)."""
        found: list[Size] = []
        while (first := self.ahead()).text not in (closing or ")]}"):
            start = self.place
            size = self.one_size(int(bool(closing)))
            if size is None:
                break
            if not size.is_whole:
                raise self._no_size(start, not_whole(size), "n, 2*n, n*(n+1)/2")
            found.append(size)
            following = self.ahead().kind
            if self._separator(closing):
                # Behind a cross stands another size; behind a comma in brackets, (n,), there may be none.
                if not self.ahead().begins_size and not (closing and self.ahead(-1).text == ","):
                    raise self.not_understood(self.ahead(-1))
            elif not closing or following not in ("word", "number") or (first.kind, following) == ("number", "word"):
                break
        return found

    def _separator(self, closing: str) -> bool:
        """Steps over what stands between two sizes."""
        hyphen = self.ahead().text == "-" and self.ahead(1).text == "by"
        sign, following = self.ahead(hyphen).text, self.ahead(hyphen + 1)
        crossed = sign in ("x", "X", "by", "By") and (following.begins_size or following.text == "-")
        if not crossed and sign != "×" and not (sign == "," and closing):
            return False
        self.place += hyphen + 1 + (crossed and following.text == "-")
        return True

    def one_size(self, depth: int = 0) -> Size | None:
        """A sum of products of names and numbers, in so many brackets."""
        if depth > _MOST_BRACKETS:
            return None
        first = self.place
        total = self._product(depth)
        while total is not None and (sign := self._sign(depth)):
            self.place += 1
            part = self._product(depth)
            if part is None:
                raise self.not_understood(self.ahead(-1))
            total = total + part if sign == "+" else total - part
        if total is not None and not total.can_be_positive:
            raise self._no_size(first, f"a size cannot be {total}", "a size that can be 1 or more")
        return total

    def _no_size(self, first: int, said: str, expected: str) -> ParseError:
        return ParseError(said, span=Span(self.tokens[first].start, self.ahead(-1).end), expected=expected)

    def _sign(self, depth: int) -> str:
        """The plus or minus between two parts of a size. Outside brackets a hyphen that joins two
        words is none: ``n-dimensional``."""
        before, token, following = self.ahead(-1), self.ahead(), self.ahead(1)
        if self.raised or token.text not in ("+", "-"):
            return ""
        if following.kind == "word":
            joined = token.text == "-" and before.end == token.start and token.end == following.start
            return token.text if (depth or not joined) and _is_plain_size(following) else ""
        return token.text if following.begins_size else ""

    def _product(self, depth: int) -> Size | None:
        """A product of names, numbers and sums in brackets, perhaps over a number."""
        size, place = ONE, self.place
        while (token := self.ahead()).text:
            if token.text == "/" and self.place > place:
                self.place += 1
                size = size.over(self._divisor())
                continue
            if token.text == "*" and self.place > place:
                if not self.ahead(1).text:
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
        token, before = self.ahead(), self.ahead(-1)
        if token.text in _FRACTIONS and self.ahead(1).text == "{":
            return self._fraction(token, depth)
        # Behind a name glued brackets are a factor where a sum stands in them: n(n+1).
        glued = before.end == token.start and (before.kind == "number" or self.ahead(2).text in ("+", "-"))
        if token.text == "(" and (self.place == first or before.text == "*" or glued):
            self.place += 1
            inner = self.one_size(depth + 1)
            if inner is None or self.ahead().text != ")":
                raise self.not_understood(token)
            self.place += 1
            return inner
        if token.text == "min" and self.ahead(1).text == "(":
            return self._least(depth)
        if token.kind not in ("word", "number") or (self.place > first and self._begins_another(first)):
            return None
        self.place += 1
        return self.size_of(token)

    def _divisor(self) -> int:
        """The whole number that a size is divided by."""
        token = self.ahead()
        if token.kind != "number" or not token.text.isdigit() or int(token.text) == 0:
            raise self.not_understood(token if token.text else self.ahead(-1))
        self.place += 1
        return int(token.text)

    def _fraction(self, command: Token, depth: int) -> Size:
        """LaTeX's fraction of a size and a number."""
        self.place += 2
        above = self.one_size(depth + 1)
        if above is None or self.ahead().text != "}" or self.ahead(1).text != "{" or self.ahead(3).text != "}":
            raise self.not_understood(command)
        self.place += 2
        size = above.over(self._divisor())
        self.place += 1
        return size

    def _least(self, depth: int) -> Size:
        """``min(m, n)``."""
        self.place += 2
        found = self.one_size(depth + 1)
        while found is not None and self.ahead().text == ",":
            self.place += 1
            other = self.one_size(depth + 1)
            found = smaller(found, other) if other is not None else None
        if found is None or self.ahead().text != ")":
            raise self.not_understood(self.ahead() if self.ahead().text else self.ahead(-1))
        self.place += 1
        return found

    def _begins_another(self, first: int) -> bool:
        """Whether a name or number that follows a factor without a sign is something else: ``2n``
        is a product, ``n symmetric`` not."""
        before, token = self.ahead(-1), self.ahead()
        if before.text == "*":
            return False
        if (before.kind, token.kind) != ("number", "word"):
            return True
        if before.end == token.start or not _is_plain_size(token):
            return before.end != token.start
        alone = at(self.tokens, first - 1).text not in ("×", "*") and self.tokens[first].text != "x"
        if alone and self.ahead(1).text not in ("×", "*", "x", "^", ")"):
            a, b = before.text, token.text
            span = Span(before.start, token.end)
            raise ParseError(f"{a} {b} may be {a}×{b} or {a}*{b}", span=span, suggestion=f"{self.name}: {a}×{b}")
        return False

    def _power(self) -> int:
        if self.ahead().text != "^" or not self.ahead(1).text:
            return 1
        braced = self.ahead(1).text == "{"
        exponent = self.ahead(1 + braced)
        if exponent.kind != "number" or len(exponent.text) > 1 or exponent.text == "0":
            raise self.not_understood(exponent if exponent.text else self.ahead())
        self.place += 2 + 2 * braced
        return int(exponent.text)

    def size_of(self, token: Token) -> Size:
        """A token as a size. Raises ParseError for a number that is none."""
        if token.kind != "number":
            if token.text in ("by", "x", "rows", "columns") or token.text[-1] in "'′":
                raise self.not_understood(token)
            return Size.of(canonical_name(token.text))
        if not token.text.isdigit() or len(token.text) > 9 or int(token.text) == 0:
            raise ParseError(f"{token.text} cannot be a size", span=token.span, expected="a number from 1 to 999999999")
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

    def not_understood(self, token: Token, said: str = "") -> ParseError:
        """The error for what is neither sizes nor facts, with the facts whose spelling is near, or
        else all of them."""
        span, meant = token.span, meaning_of(token.text.lower()) if token.kind == "word" else None
        said = said or f"{self.text[span.start : span.end]!r} is not understood as a size or a property"
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


def _is_plain_size(token: Token) -> bool:
    word = token.text.lower()
    return word not in KINDS and word not in FILLERS and word not in ("by", "x") and canonical(word) is None


def expected() -> str:
    """What a declaration may say."""
    names = ", ".join(name for name, fact in facts().items() if not fact.refused)
    return f"n×m, n, 3×4, scalar, function, or properties: {names}"


@cache
def _known() -> list[str]:
    """The spellings of all that a declaration may say."""
    said = [spelling for fact in facts().values() if not fact.refused for spelling in (fact.name, *fact.aliases)]
    return [*KINDS, *(word for word, fact in NO_FACTS.items() if fact), *said]


def meaning_of(word: str) -> str | None:
    """The fact or kind that a word is the slip or the beginning of."""
    if NO_FACTS.get(word):
        return NO_FACTS[word]
    near = nearest_spelling(word, _known())
    if near is None and len(word) >= SHORTEST_WORD:
        return next((name for name in _known() if name.startswith(word)), None)
    return NO_FACTS.get(near or "") or near
