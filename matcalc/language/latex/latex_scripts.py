r"""Subscripts, exponents and primes of LaTeX: ``x_{ij}``, ``A^{-\top}``, ``\|X\|_F^2``, ``\sum_{i=1}^n``, ``I_n``."""

from __future__ import annotations

from typing import TypeAlias

from matcalc.base.errors import ParseError, Span
from matcalc.base.lazy import pattern
from matcalc.language.decisions import Decision
from matcalc.language.latex.latex_commands import TRANSPOSES, WORDS
from matcalc.language.latex.latex_constructs import Items, Range, Reading
from matcalc.language.latex.lexemes import Lexeme
from matcalc.language.text.scanner import sum_over
from matcalc.language.text.spelling import INDEX_LETTERS, INFINITE_NORMS, NORM_NAMES, NORMS_SAID, SPELLED_GREEK, canonical_name
from matcalc.language.text.terminals import Token, closing, opening

_INDEX = pattern(r"(?:[^\W_]+_)*(?:[0-9]+|[^\W\d_]+[0-9]*)")
_BEFORE_UNDERSCORE = frozenset(["NORM_BAR", "NORM_CLOSE", "BAR", "BAR_CLOSE"])
_SPACES = pattern(r"(?P<letter>ell|L|l)[_^]\{?(?P<order>1|2|infty)\}?")
"""The names of spaces that mark a norm: ``\\|x\\|_{\\ell_1}``."""
_MAPS = pattern(r"(\w|infty)(?:to|rightarrow)(\w|infty)")
_SPELLED_TRANSPOSES = frozenset(["top", "intercal", "transpose", "prime"])
_IN_SIZES = frozenset(["_", "cdot", "times", "+", "-", "(", ")"])
_RANGES = pattern(r"(?P<from>[a-z](?:=#)?(?:,[a-z](?:=#)?)*=#)|[a-z](?:,[a-z])*")
_UNIT = pattern(r"e_([0-9]+)")
_MOST_AXES = 4
_TWO = 2
_LONGEST_LIMIT = 40
_IN_LIMITS = {
    **dict.fromkeys(("ne", "neq"), "≠"), **dict.fromkeys(("le", "leq", "leqslant"), "≤"), **dict.fromkeys(("ge", "geq", "geqslant"), "≥"),
    "lt": "<", "gt": ">", "in": "∈", "ldots": "...", "dots": "...", "−": "-",
}  # fmt: skip
"""Signs below and above a sum."""
_RELATIONS = frozenset(["=", "<", ">", "≠", "≤", "≥", "∈", ",", *_IN_LIMITS]) - {"-", "−"}
_OPERANDS = frozenset(["RUN", "RPAR", "RSQB", "TRANSPOSE", "NUMBER", "ONES", "SUPERSCRIPT"])


Above: TypeAlias = list[tuple[int, Range | None]]
"""Exponents, each behind its sign; primes have none."""
Below: TypeAlias = tuple[int, Range] | None
"""The sign of a subscript and the subscript."""


class Scripts:
    """Reads what hangs on the last token that was written."""

    def __init__(self, reading: Reading) -> None:
        self.r = reading

    def read(self, position: int, stop: int) -> tuple[Items, int]:
        """Tokens for all scripts at ``position``, subscript first, and the position after them."""
        if (after := self.r.ranged.get(position - 1)) is not None:
            return [], after
        r, under = self.r, position
        below: Below = None
        above: Above = []
        while r.at(position, stop).is_char("^_'"):
            mark = r.lexemes[position].text
            if mark == "'":
                above.append((position, None))
                position += 1
                continue
            if any(exponent is not None for _, exponent in above) if mark == "^" else below is not None:
                what = "exponent" if mark == "^" else "subscript"
                raise ParseError(
                    f"a second {what}", span=r.lexemes[position].span, suggestion="braces around the first part, or (x^2)^3"
                )
            found, after = self._script(position, stop)
            if mark == "_":
                below, under = (position, found), after
            elif set(r.texts(*found)) == {"'"}:
                above += [(place, None) for place in range(*found)]  # A^{'}
            else:
                above.append((position, found))
            position = after
        return self._hanging(below, above, under), position

    def _script(self, position: int, stop: int) -> tuple[Range, int]:
        """What a sign is of, and the position after that."""
        r = self.r
        found, after = r.argument(position + 1, stop, position)
        if r.lexemes[position].text == "^" and after == position + 2 and after < stop and r.lexemes[after - 1].text == "-":
            found, after = self._signed(after, stop)  # x^-1 is set as x⁻1, and means x⁻¹
        self._check_digits(position, after, stop)
        return found, after

    def _hanging(self, below: Below, above: Above, under: int) -> Items:
        """The tokens of the scripts on what was written last; the subscript ends before
        ``under``."""
        r, base = self.r, self.r.last
        if base is not None:
            special = self._special(base, below, above)
            if special is not None:
                return special
            below, above = self._with_primes(base, below, above)
        if below is not None and above and (entry := self._entry_of_transpose(below, above[0])) is not None:
            return entry
        items = self._below(*below, r.lexemes[under - 1].end) if below is not None else []
        named = r.last is not None and r.last.type == "RUN"
        if above and (unit := self._unit_vector(items, above[0][1])) is not None:
            items, above = unit, above[1:]
        for place, exponent in above:
            items += self.exponent(place, exponent, named)
        return items

    def _special(self, base: Token, below: Below, above: Above) -> Items | None:
        """Scripts of signs of sums and derivatives, and of members of a family."""
        if base.type == "SUM_SIGN" or (base.value in ("Σ", "sum") and below is not None and self._limits(*below[1])):
            return self._sum(base, below, above)
        if base.type in ("NABLA", "PARTIAL"):
            return self._gradient(base, below, above)
        return self._part(below[1], above) if base.type == "RUN" and below is not None else None

    def _with_primes(self, base: Token, below: Below, above: Above) -> tuple[Below, Above]:
        """The scripts without those that belong to a declared name."""
        primes = next((count for count, (_, exponent) in enumerate(above) if exponent is not None), len(above))
        name = self._primed_name(below, primes)
        if name is None:
            return below, above
        self.r.out[-1] = Token("RUN", name, base.start, self.r.lexemes[above[primes - 1][0]].end)
        return None, above[primes:]

    def _primed_name(self, below: Below, primes: int) -> str | None:
        """The declared name that the last letter is with its subscript and primes: ``x'``,
        ``A_{1}'``."""
        r = self.r
        base = r.last
        if not primes or base is None or base.type != "RUN":
            return None
        word = r.word(*below[1]) if below is not None else ""
        name = canonical_name(f"{base.value}{'_' * bool(word)}{word}{'′' * primes}") if word is not None else ""
        return name if r.vocabulary.declares(name) else None

    def _signed(self, position: int, stop: int) -> tuple[Range, int]:
        """An exponent of a minus sign before ``position`` and what follows it, ``^-1`` or
        ``^-\\top``, and the position after it."""
        r = self.r
        if r.lexemes[position].kind not in ("digit", "letter", "command", "{"):
            advice = "x^{-1}"
            raise ParseError("the exponent is a sign alone", span=r.lexemes[position - 1].span, suggestion=advice)
        after = r.element_end(position, stop)
        return (position - 1, after), after

    def _check_digits(self, position: int, after: int, stop: int) -> None:
        """``x^10`` is set as x¹0."""
        r = self.r
        first, last = r.lexemes[after - 1], r.at(after, stop)
        if after <= position + 3 and first.kind == last.kind == "digit" and first.end == last.start:
            advice = f"{r.lexemes[position].text}{{{first.text}{last.text}}}, or a space after the first digit"
            raise ParseError("only the first digit belongs to the script", span=Span(first.start, last.end), suggestion=advice)

    # ------------------------------------------------------------ above

    def exponent(self, place: int, found: Range | None, named: bool) -> Items:
        """A superscript, or a prime when ``found`` is None; ``named`` says that it stands on a
        single name."""
        r = self.r
        if found is None:
            return [r.token("TRANSPOSE", "'", place)]
        first, last = found
        if first == last:
            raise ParseError("the exponent is empty", span=r.lexemes[place].span, suggestion="x^{2}")
        whole, head = Span(r.lexemes[place].start, r.lexemes[last - 1].end), r.lexemes[first]
        sign = self._sign(first, last, whole)
        if sign is not None:
            return [Token(*sign, whole.start, whole.end)]
        if head.kind in ("(", "[") and (bracketed := self._bracketed(place, first, last, named)) is not None:
            return bracketed
        if not head.is_command(("odot", "circ")):
            return [r.token("POWER", "^", place), *self._small(first, last)]
        if last - first == 1:
            raise ParseError("the elementwise power needs an exponent", span=whole, suggestion="x^{\\odot 2}")
        return [Token("ELEMENT_POWER", ".^", whole.start, head.end), *self._small(first + 1, last)]

    def _sign(self, first: int, last: int, whole: Span) -> tuple[str, str] | None:
        """The token of an exponent that is a transpose, its inverse or a pseudoinverse."""
        r, head = self.r, self.r.lexemes[first]
        if self._is_transpose(first, last):
            return "TRANSPOSE", "'"
        alone = head.text if last - first == 1 else ""
        if alone == "dagger":
            said = "\\dagger is read as the sign of the pseudoinverse; the transpose is A^\\top"
            r.decisions.append(Decision(said, "alias", span=whole))
        if alone in ("*", "ast"):
            raise ParseError(
                "the conjugate transpose is not read", span=whole, suggestion="the transpose, A^\\top, or a name such as x_*"
            )
        if alone in ("+", "dagger"):
            return "SUPERSCRIPT", "⁺"
        if not head.is_char("-"):
            return None
        one = last - first > 2 and r.lexemes[first + 1].text == "1" and r.lexemes[first + 2].kind in ("command", "letter")
        return ("SUPERSCRIPT", "⁻ᵀ") if self._is_transpose(first + 1 + one, last) else None

    def _bracketed(self, place: int, first: int, last: int, named: bool) -> Items | None:
        """An exponent that begins with brackets around sizes or the index of a member; None for a
        power."""
        r, close = self.r, self.r.partner[first]
        round_one = r.lexemes[first].kind == "("
        if round_one and close == last - 1 and (sized := self._commutation(first, last)) is not None:
            return sized
        if named and round_one and self._member(first, close + 1):
            opening = Token("LSQB", "[", r.lexemes[place].start, r.lexemes[first].end)
            member: Items = [opening, (first + 1, close), r.token("RSQB", "]", close)]
            return member if close == last - 1 else [*member, *self.exponent(place, (close + 1, last), False)]  # x^{(i)\top}
        if named and close == last - 1:
            span = Span(r.lexemes[place].start, r.lexemes[close].end)
            advice = "a subscript, such as W_1 or x_i; x^2 for a power"
            raise ParseError("an exponent in brackets is read by people as a label", span=span, suggestion=advice)
        return None

    def _member(self, first: int, last: int) -> bool:
        """Whether brackets hold the index of a sum: ``x^{(i)}`` is a member as ``x_i`` is."""
        return self.r.word(first + 1, last - 1) in self.r.bound

    def _part(self, below: Range, above: Above) -> Items | None:
        """``x_j^{(i)}`` as the entry at i, j."""
        r, found = self.r, above[0][1] if len(above) == 1 else None
        if found is None or r.lexemes[found[0]].kind != "(" or not self._member(*found):
            return None
        mark = above[0][0]
        indices = [place for place in range(*below) if r.lexemes[place].text != ","]
        others: Items = [item for place in indices for item in (r.token("COMMA", ",", mark), (place, place + 1))]
        return [r.token("LSQB", "[", mark), (found[0] + 1, found[1] - 1), *others, r.token("RSQB", "]", found[1] - 1)]

    def _entry_of_transpose(self, below: tuple[int, Range], above: tuple[int, Range | None]) -> Items | None:
        r"""``A^\\top_{ij}`` and ``(A B)^\\top_{ij}`` as entries of the transpose; None for others,
        and where the exponent is last."""
        r = self.r
        (mark, (first, last)), (place, found) = below, above
        base = r.last
        if found is None or place > mark or base is None or not (self._is_transpose(*found) or self._is_plain_transpose(found)):
            return None
        if base.type != "RPAR" and not (base.type == "RUN" and base.value[-1:].isupper()):
            return None
        letters = [lexeme for lexeme in r.lexemes[first:last] if lexeme.text != ","]
        if len(letters) != _TWO or any(one.kind != "letter" or one.text not in INDEX_LETTERS for one in letters):
            return None
        end = r.lexemes[last - 1].end
        comma = Token("COMMA", ",", letters[1].start, letters[1].start)
        names = [Token("RUN", one.text, one.start, one.end) for one in letters]
        closing = Token("RSQB", "]", end - 1, end)
        return [r.token("TRANSPOSE", "'", place), r.token("LSQB", "[", mark), names[0], comma, names[1], closing]

    def _is_plain_transpose(self, found: Range) -> bool:
        return self.r.word(*found) == "T" and not self.r.vocabulary.declares("T")

    def _is_transpose(self, first: int, last: int) -> bool:
        r"""Whether ``\\top`` or its like is the whole of an exponent, perhaps in braces or without
        its backslash."""
        r = self.r
        first, last = r.unbraced(first, last)
        if last - first == 1 and r.lexemes[first].kind == "command":
            return r.lexemes[first].text in TRANSPOSES
        word = r.word(first, last) if last - first > 1 else None
        return word in _SPELLED_TRANSPOSES and not r.vocabulary.declares(word)

    def _commutation(self, first: int, last: int) -> Items | None:
        """``K^{(m, n)}``, the commutation matrix, when K is no declared name; the letter that was
        written becomes the function."""
        r = self.r
        base = r.last
        if base is None or base.type != "RUN" or base.value != "K" or r.vocabulary.declares("K"):
            return None
        if r.texts(first + 1, last - 1).count(",") != 1:
            return None
        r.out[-1] = base.as_a("RUN", "commutation")
        return [r.token("LPAR", "(", first), (first + 1, last - 1), r.token("RPAR", ")", last - 1)]

    def _unit_vector(self, items: Items, exponent: Range | None) -> Items | None:
        """``e_{2}^{(n)}``, a unit vector of n entries, when e is no declared name."""
        r = self.r
        base = items[0] if len(items) == 1 else None
        if exponent is None or not isinstance(base, Token) or (position := _UNIT.fullmatch(base.value)) is None:
            return None
        first, last = exponent
        if not r.is_bracket(first, last) or r.vocabulary.declares("e") or r.vocabulary.declares(base.value):
            return None
        bracket = r.token("LPAR", "(", first)
        comma, number = Token("COMMA", ",", bracket.start, bracket.start), base.as_a("NUMBER", position[1])
        return [base.as_a("RUN", "unit"), bracket, number, comma, (first + 1, last - 1), r.token("RPAR", ")", last - 1)]

    def _small(self, first: int, last: int) -> Items:
        """An exponent: a number or name with an optional minus, else in brackets."""
        r = self.r
        negative = last - first > 1 and r.lexemes[first].is_char("-")
        begin = first + negative
        sign: Items = [r.token("MINUS", "-", first)] if negative else []
        word = r.word(begin, last)
        if word is not None and word.isdecimal():
            return [*sign, r.token("NUMBER", word, begin, last - 1)]
        if word is not None and (len(word) == 1 or word in SPELLED_GREEK):
            return [*sign, r.token("RUN", r.twin(begin, word), begin, last - 1)]
        return [opening(r.lexemes[begin].start), *sign, (begin, last), closing(r.lexemes[last - 1].end)]

    # ------------------------------------------------------------ below

    def _below(self, place: int, found: Range, end: int) -> Items:
        """A subscript whose last character stands before ``end``."""
        r = self.r
        first, last = found
        base, under = r.last, r.token("UNDERSCORE", "_", place)
        if first == last:
            raise ParseError("the subscript is empty", span=under.span, suggestion="x_{1}")
        if base is None or not (base.type in _OPERANDS or base.type in _BEFORE_UNDERSCORE):
            return [under]
        word = r.word(first, last)
        if base.type in _BEFORE_UNDERSCORE:
            return [under, *self._norm_kind(first, last, word)]
        sized = self._sized_array(base, word, first, last)
        if sized:
            r.out[-1] = base.as_a("RUN", sized)
            return [under.as_a("LPAR", "("), *self._sizes(first, last, sized == "eye"), Token("RPAR", ")", end - 1, end)]
        named = word is not None and r.vocabulary.declares(f"{canonical_name(base.value)}_{word}")
        if base.type == "RUN" and word is not None and (named or _INDEX.fullmatch(word)):
            r.out.pop()
            return self._indexed(base, word, end)
        square, close = under.as_a("LSQB", "["), Token("RSQB", "]", end - 1, end)
        return [square, *(self._slice(first, last) or self._entry(first, last, Span(square.start, end))), close]

    def _sized_array(self, base: Token, word: str | None, first: int, last: int) -> str:
        """The function of a letter with its size below, ``I_n``, ``\\mathbf{1}_n``,
        ``0_{m \\times n}``; empty for another."""
        number = base.type == "NUMBER" and base.value == "1" and self._is_size(first, last)
        if base.type == "ONES" or number:
            return "ones"
        if base.start in self.r.zeros:
            return "zeros"
        return "eye" if self._is_identity(base, word, first, last) else ""

    def _entry(self, first: int, last: int, whole: Span) -> Items:
        """What stands between the square brackets of an entry."""
        r = self.r
        if not {":", "cdot", "bullet", "*"}.isdisjoint(r.texts(first, last, 9)):
            advice = "e_1^\\top A for a row, A e_1 for a column"
            raise ParseError("rows and columns are not read as entries", span=whole, suggestion=advice)
        if last - first > _MOST_AXES or any(lexeme.kind not in ("letter", "digit") for lexeme in r.lexemes[first:last]):
            return [(first, last)]
        starts = [r.lexemes[place].start for place in range(first, last)]
        parts: Items = [item for k, at in enumerate(starts) for item in (Token("COMMA", ",", at, at), (first + k, first + k + 1))]
        return parts[1:]

    def _slice(self, first: int, last: int) -> Items | None:
        """What stands in the brackets of ``X_{i,:}`` and ``X_{:,k}``; None for another
        subscript."""
        lexemes = self.r.lexemes[first:last]
        places, commas = lexemes[::2], lexemes[1::2]
        colons = [lexeme for lexeme in places if lexeme.text == ":"]
        if not 0 < len(colons) < len(places) == len(commas) + 1 <= _MOST_AXES or any(comma.text != "," for comma in commas):
            return None
        if any(lexeme.kind != "letter" for lexeme in places if lexeme not in colons):
            return None
        names = {":": "WHOLE", ",": "COMMA"}
        return [Token(names.get(lexeme.text, "RUN"), lexeme.text, lexeme.start, lexeme.end) for lexeme in lexemes]

    def ranged(self, position: int) -> Items | None:
        """The beginning of the array in brackets that open at ``position``, for
        ``[...]_{i=1,j=1}^{n,m}``."""
        r = self.r
        close = r.partner[position]
        under, brace = close + 1, close + 2
        if r.at(under, len(r.lexemes)).text != "_" or r.at(brace, len(r.lexemes)).kind != "{":
            return None
        inner = r.lexemes[brace + 1 : r.partner[brace]]
        text = "".join(["#" if lexeme.kind == "digit" else lexeme.text for lexeme in inner[:38]])
        found = _RANGES.fullmatch(text)
        if found is not None:
            r.bound.update(character for character in text if character.isalpha())
        if found is None or not found["from"]:
            return None
        after = r.partner[brace] + 1
        if r.at(after, len(r.lexemes)).text == "^":
            after = r.argument(after + 1, len(r.lexemes), after)[1]
        r.ranged[close] = after
        items: Items = [r.token("RUN", "tensor", position), r.token("LPAR", "(", position)]
        for index in inner:
            if index.kind == "letter":
                items += [Token("RUN", index.text, index.start, index.end), Token("COMMA", ",", index.end, index.end)]
        return items

    def _is_identity(self, base: Token, word: str | None, first: int, last: int) -> bool:
        r = self.r
        if base.type != "RUN" or base.value not in ("I", "eye"):
            return False
        if base.value == "I" and (r.vocabulary.declares("I") or r.vocabulary.declares(f"I_{word}")):
            return False
        return self._is_size(first, last)

    def _is_size(self, first: int, last: int) -> bool:
        return last - first <= 20 and all(self._in_size(lexeme) for lexeme in self.r.lexemes[first:last])

    def _sizes(self, first: int, last: int, square: bool) -> Items:
        r"""The sizes in ``\\mathbf{1}_{m \\times n}``; those of a square matrix must be the
        same."""
        r = self.r
        cuts = [place for place in range(first, last) if r.lexemes[place].text in ("times", "×")]
        if len(cuts) != 1:
            return [(first, last)]
        left, right = (first, cuts[0]), (cuts[0] + 1, last)
        if not square:
            sign = r.lexemes[cuts[0]]
            return [left, Token("COMMA", ",", sign.start, sign.end), right]
        if r.word(*left) != r.word(*right):
            place = Span(r.lexemes[first].start, r.lexemes[last - 1].end)
            raise ParseError("an identity matrix is square", span=place, suggestion="I_n")
        return [left]

    def _in_size(self, lexeme: Lexeme) -> bool:
        return lexeme.kind in ("letter", "digit", "{", "}") or lexeme.text in _IN_SIZES or lexeme.text in WORDS

    def _indexed(self, base: Token, index: str, end: int) -> Items:
        r = self.r
        whole = canonical_name(f"{base.value}_{index}")
        together = canonical_name(base.value + index)
        declared = r.vocabulary.declares(whole)
        if index.isdecimal() and not declared and r.vocabulary.declares(together):
            return [Token("RUN", together, base.start, end)]
        alone = base.value in r.names
        if alone:
            r.names.add(whole)
        plain = base.value.isalpha() and len(base.value) > 1 and canonical_name(base.value) not in SPELLED_GREEK
        known = alone or declared or r.vocabulary.declares(base.value) or base.value[0] == "d"
        cut = base.start if known or not plain else base.end - 1
        last = base.value if known or not plain else base.value[-1]
        before = [Token("RUN", base.value[:-1], base.start, cut)] if plain and not known else []
        return [*before, Token("RUN", f"{last}_{index}", cut, end)]

    def _norm_kind(self, first: int, last: int, word: str | None) -> Items:
        r = self.r
        whole, texts = Span(r.lexemes[first].start, r.lexemes[last - 1].end), r.texts(first, last, 9)
        if len(texts) == 1 and texts[0] in ("*", "ast", "star"):
            return [Token("TIMES", "*", whole.start, whole.end)]
        spaced = _SPACES.fullmatch("".join(texts[:7]))
        if spaced is not None and not r.vocabulary.declares(f"{spaced['letter']}_{spaced['order']}"):
            first, word = last - 1 - (last - first > 1 and r.lexemes[last - 1].kind == "}"), spaced["order"]
        maps = _MAPS.fullmatch("".join(texts))
        if maps is not None and not maps[1] == maps[2] == "2":
            raise ParseError("norms of operators between these spaces are not read", span=whole, suggestion=NORMS_SAID)
        lower = (word or "").lower()
        if r.lexemes[first].text == "infty" or lower in INFINITE_NORMS:
            raise ParseError("the norm of infinite order is not read", span=whole, suggestion=NORMS_SAID)
        if word is None and maps is None:
            if "," in texts:
                raise ParseError("mixed norms are not read", span=whole, suggestion="\\|X\\|_F, \\|X\\|_2 or \\|X\\|_*")
            return [opening(whole.start), (first, last), closing(whole.end)]
        known = NORM_NAMES.get(lower) if not r.vocabulary.declares(word or "") else None
        name = "spectral" if maps is not None else known or canonical_name(r.twin(first, word or ""))
        decimal = maps is None and known is None and (word or "").isdecimal()
        return [Token("NUMBER" if decimal else "NAME", (word or "") if decimal else name, whole.start, whole.end)]

    # ------------------------------------------------------------ sums and gradients

    def _sum(self, sign: Token, below: Below, above: Above) -> Items:
        r = self.r
        span = Span(sign.start, sign.end)
        if below is None:
            raise ParseError("the sum needs an index", span=span, suggestion="\\sum_{i}")
        first, last = below[1]
        start = r.lexemes[below[0]].start
        place = Span(start, r.lexemes[last - 1].end if first < last else start + 1)
        upper, upper_place = "", place
        for mark, limit in above:
            upper_place = r.lexemes[mark].span
            upper = self._limit(*limit) if limit is not None else "'"
        value = sum_over(self._limit(first, last), upper, place, upper_place)
        r.bound.update(value.partition(";")[0])
        r.out[-1] = Token("SUM_OVER", value, sign.start, place.end)
        return []

    def _limits(self, first: int, last: int) -> bool:
        """Whether what stands below a letter Σ or the word sum says what a sum runs over."""
        return not _RELATIONS.isdisjoint(self.r.texts(first, last, 9))

    def _limit(self, first: int, last: int) -> str:
        """What stands below or above a sum."""
        lexemes = self.r.lexemes[first:last]
        if len(lexemes) > _LONGEST_LIMIT:
            return "?"
        if (word := self.r.word(first, last) or self._sized(first, last)) is not None:
            return word
        return "".join(
            [
                _IN_LIMITS.get(part.text, "?") if part.kind == "command" else _IN_LIMITS.get(part.text, part.text)
                for part in lexemes
            ]
        )

    def _sized(self, first: int, last: int) -> str | None:
        r"""A size with a label, ``d_{\ell+1}``; None for another limit."""
        if last - first < _TWO + 1 or self.r.lexemes[first].kind != "letter" or self.r.lexemes[first + 1].text != "_":
            return None
        signs = {"+": "plus", "-": "minus"}
        inner = [signs.get(one.text, one.text) for one in self.r.lexemes[first + 2 : last] if one.kind not in ("{", "}")]
        label = "".join(inner)
        return f"{self.r.lexemes[first].text}_{label}" if label.isalnum() else None

    def _gradient(self, sign: Token, below: Below, above: Above) -> Items:
        r = self.r
        items: Items = []
        for place, exponent in above:
            if exponent is None or r.word(*exponent) != "2":
                advice = "\\nabla_x^2 f"
                raise ParseError("only the second derivative is written this way", span=r.lexemes[place].span, suggestion=advice)
            items += [r.token("POWER", "^", place), r.token("NUMBER", "2", place)]
        if below is None:
            return items
        place, (first, last) = below
        _, end = r.symbol(first, last)
        under, (second, after) = r.token("UNDERSCORE", "_", place), r.symbol(end, last)
        if second is not None and after == last:
            r.out[-1] = sign.as_a("NABLA", "∇")
            brackets = r.bracket(place)
            return [*items, under, brackets[0], (first, end), (end, last), brackets[1]]
        if first == last or (end < last and r.lexemes[end].text != "_"):
            raise ParseError(
                "differentiate by one name", span=under.span, suggestion="\\nabla_x f or \\frac{\\partial f}{\\partial x}"
            )
        r.out[-1] = sign.as_a("NABLA", "∇")
        return [*items, under, (first, last)]
