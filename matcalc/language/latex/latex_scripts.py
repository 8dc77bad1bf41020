r"""Subscripts, exponents and primes of LaTeX: ``x_{ij}``, ``A^{-\top}``, ``\|X\|_F^2``, ``\sum_{i=1}^n``, ``I_n``."""

from __future__ import annotations

from matcalc.base.errors import ParseError, Span
from matcalc.base.lazy import pattern
from matcalc.language.decisions import Decision
from matcalc.language.latex.latex_commands import TRANSPOSES, WORDS
from matcalc.language.latex.latex_lexeme import Lexeme
from matcalc.language.latex.latex_reading import Items, Range, Reading
from matcalc.language.text.spelling import INDEX_LETTERS, SPELLED_GREEK, canonical_name
from matcalc.language.text.sum_limits import sum_over
from matcalc.language.text.terminals import Token
from matcalc.language.text.vocabulary import INFINITE_NORMS, NORM_NAMES, NORMS_SAID

_INDEX = pattern(r"(?:[^\W_]+_)*(?:[0-9]+|[^\W\d_]+[0-9]*)")
_BEFORE_UNDERSCORE = frozenset(["NORM_BAR", "NORM_CLOSE", "BAR", "BAR_CLOSE"])
_SPACES = pattern(r"(?P<letter>ell|L|l)[_^]\{?(?P<order>1|2|infty)\}?")
"""The names of spaces that mark a norm: ``\\|x\\|_{\\ell_1}``."""
_MAPS = pattern(r"(\w|infty)(?:to|rightarrow)(\w|infty)")
_SPELLED_TRANSPOSES = frozenset(["top", "intercal", "transpose", "prime"])
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


def _ends(lexeme: Lexeme) -> tuple[int, int]:
    return lexeme.start, lexeme.end


class Scripts:
    """Reads what hangs on the last token that was written."""

    def __init__(self, reading: Reading) -> None:
        self.r = reading

    def read(self, position: int, stop: int) -> tuple[Items, int]:
        """Tokens for all scripts at ``position``, subscript first, and the position after them."""
        r = self.r
        if (after := r.ranged.get(position - 1)) is not None:
            return [], after
        below: tuple[int, Range] | None = None
        under = position
        above: list[tuple[int, Range | None]] = []
        raised = False
        while position < stop and r.lexemes[position].kind == "char" and r.lexemes[position].text in "^_'":
            lexeme = r.lexemes[position]
            if lexeme.text == "'":
                above.append((position, None))
                position += 1
                continue
            if raised if lexeme.text == "^" else below is not None:
                what = "exponent" if lexeme.text == "^" else "subscript"
                raise ParseError(f"a second {what}", span=lexeme.span, suggestion="braces around the first part, or (x^2)^3")
            found, after = r.argument(position + 1, stop, position)
            if lexeme.text == "^" and after == position + 2 and after < stop and r.lexemes[after - 1].text == "-":
                found, after = self._signed(after, stop)  # x^-1 is set as x⁻1, and means x⁻¹
            self._check_digits(position, after, stop)
            if lexeme.text == "^" and found[0] < found[1] and all(part.text == "'" for part in r.lexemes[slice(*found)]):
                above += [(place, None) for place in range(*found)]  # A^{'}
            elif lexeme.text == "^":
                raised = True
                above.append((position, found))
            else:
                below, under = (position, found), after
            position = after
        base = r.out[-1] if r.out else None
        if base is not None and (base.type == "SUM_SIGN" or (base.value in ("Σ", "sum") and below is not None and self._limits(*below[1]))):
            return self._sum(base, below, above), position
        if base is not None and base.type in ("NABLA", "PARTIAL"):
            return self._gradient(base, below, above), position
        if base is not None and base.type == "RUN" and below is not None and (both := self._part(below[1], above)) is not None:
            return both, position
        primes = next((count for count, (_, exponent) in enumerate(above) if exponent is not None), len(above))
        if base is not None and (name := self._primed_name(below, primes)) is not None:
            r.out[-1] = Token("RUN", name, base.start, r.lexemes[above[primes - 1][0]].end)
            below, above = None, above[primes:]
        if below is not None and above and (entry := self._entry_of_transpose(below, above[0])) is not None:
            return entry, position
        items = self._below(*below, r.lexemes[under - 1].end) if below is not None else []
        base = r.out[-1] if r.out else None
        if above and (unit := self._unit_vector(items, above[0][1])) is not None:
            items, above = unit, above[1:]
        for place, exponent in above:
            items += self.exponent(place, exponent, base is not None and base.type == "RUN")
        return items, position

    def _primed_name(self, below: tuple[int, Range] | None, primes: int) -> str | None:
        """The declared name that the last letter is with its subscript and primes: ``x'``, ``A_{1}'``."""
        r = self.r
        base = r.out[-1] if r.out else None
        if not primes or base is None or base.type != "RUN":
            return None
        word = r.word(*below[1]) if below is not None else ""
        name = canonical_name(f"{base.value}{'_' * bool(word)}{word}{'′' * primes}") if word is not None else ""
        return name if r.vocabulary.declares(name) else None

    def _signed(self, position: int, stop: int) -> tuple[Range, int]:
        """An exponent of a minus sign before ``position`` and what follows it, ``^-1`` or ``^-\\top``, and the position after it."""
        r = self.r
        if r.lexemes[position].kind not in ("digit", "letter", "command", "{"):
            advice = "x^{-1}"
            raise ParseError("the exponent is a sign alone", span=r.lexemes[position - 1].span, suggestion=advice)
        after = r.element_end(position, stop)
        return (position - 1, after), after

    def _check_digits(self, position: int, after: int, stop: int) -> None:
        """``x^10`` is set as x¹0."""
        r = self.r
        if after < stop and after <= position + 3 and r.lexemes[after - 1].kind == r.lexemes[after].kind == "digit":
            first, last = r.lexemes[after - 1], r.lexemes[after]
            if first.end == last.start:
                mark = r.lexemes[position].text
                advice = f"{mark}{{{first.text}{last.text}}}, or a space after the first digit"
                raise ParseError("only the first digit belongs to the script", span=Span(first.start, last.end), suggestion=advice)

    # ------------------------------------------------------------ above

    def exponent(self, place: int, found: Range | None, named: bool) -> Items:
        """A superscript, or a prime when ``found`` is None; ``named`` says that it stands on a single name."""
        r = self.r
        sign = r.lexemes[place]
        start, end = sign.start, sign.end
        if found is None:
            return [Token("TRANSPOSE", "'", start, end)]
        first, last = found
        if first == last:
            raise ParseError("the exponent is empty", span=sign.span, suggestion="x^{2}")
        end = r.lexemes[last - 1].end
        power = Token("POWER", "^", start, sign.end)
        head = r.lexemes[first]
        whole = Span(start, end)
        if self._is_transpose(first, last):
            return [Token("TRANSPOSE", "'", start, end)]
        if last - first == 1 and head.text in ("+", "dagger"):
            if head.text == "dagger":
                said = "\\dagger is read as the sign of the pseudoinverse; the transpose is A^\\top"
                r.decisions.append(Decision(said, "alias", span=whole))
            return [Token("SUPERSCRIPT", "⁺", start, end)]
        if last - first == 1 and head.text in ("*", "ast"):
            raise ParseError("the conjugate transpose is not read", span=whole, suggestion="the transpose, A^\\top, or a name such as x_*")
        if head.kind == "(" and r.partner[first] == last - 1:
            sized = self._commutation(first, last)
            if sized is not None:
                return sized
        if head.kind == "(" and named and self._member(first, (close := r.partner[first]) + 1):
            member: Items = [Token("LSQB", "[", start, head.end), (first + 1, close), Token("RSQB", "]", *_ends(r.lexemes[close]))]
            if close == last - 1:
                return member
            return [*member, *self.exponent(place, (close + 1, last), False)]  # x^{(i)\top}
        if head.kind in ("(", "[") and r.partner[first] == last - 1 and named:
            advice = "a subscript, such as W_1 or x_i; x^2 for a power"
            raise ParseError("an exponent in brackets is read by people as a label", span=whole, suggestion=advice)
        if head.kind == "command" and head.text in ("odot", "circ"):
            if last - first == 1:
                raise ParseError("the elementwise power needs an exponent", span=whole, suggestion="x^{\\odot 2}")
            return [Token("ELEMENT_POWER", ".^", start, head.end), *self._small(first + 1, last)]
        if head.text == "-" and head.kind == "char":
            one = last - first > 2 and r.lexemes[first + 1].text == "1" and r.lexemes[first + 2].kind in ("command", "letter")
            if self._is_transpose(first + 1 + one, last):
                return [Token("SUPERSCRIPT", "⁻ᵀ", start, end)]
        return [power, *self._small(first, last)]

    def _member(self, first: int, last: int) -> bool:
        """Whether brackets hold the index of a sum: ``x^{(i)}`` is a member as ``x_i`` is."""
        return self.r.word(first + 1, last - 1) in self.r.bound

    def _part(self, below: Range, above: list[tuple[int, Range | None]]) -> Items | None:
        """``x_j^{(i)}`` as the entry at i, j."""
        found = above[0][1] if len(above) == 1 else None
        if found is None or self.r.lexemes[found[0]].kind != "(" or not self._member(*found):
            return None
        mark, last = self.r.lexemes[above[0][0]], self.r.lexemes[found[1] - 1]
        items: Items = [Token("LSQB", "[", mark.start, mark.end), (found[0] + 1, found[1] - 1)]
        for place in range(*below):
            if self.r.lexemes[place].text != ",":
                items += [Token("COMMA", ",", mark.start, mark.end), (place, place + 1)]
        return [*items, Token("RSQB", "]", last.start, last.end)]

    def _entry_of_transpose(self, below: tuple[int, Range], above: tuple[int, Range | None]) -> Items | None:
        r"""``A^\\top_{ij}`` and ``(A B)^\\top_{ij}`` as entries of the transpose; None for others, and where the exponent is last."""
        r = self.r
        (mark, (first, last)), (place, found) = below, above
        if found is None or place > mark or not r.out or r.out[-1].type not in ("RUN", "RPAR"):
            return None
        if not (self._is_transpose(*found) or (r.word(*found) == "T" and not r.vocabulary.declares("T"))):
            return None
        letters = [lexeme for lexeme in r.lexemes[first:last] if lexeme.text != ","]
        if len(letters) != _TWO or any(one.kind != "letter" or one.text not in INDEX_LETTERS for one in letters):
            return None
        if r.out[-1].type == "RUN" and not r.out[-1].value[-1:].isupper():
            return None
        sign, end = r.lexemes[place], r.lexemes[last - 1].end
        comma = Token("COMMA", ",", letters[1].start, letters[1].start)
        names = [Token("RUN", one.text, one.start, one.end) for one in letters]
        opening, closing = Token("LSQB", "[", r.lexemes[mark].start, r.lexemes[mark].end), Token("RSQB", "]", end - 1, end)
        return [Token("TRANSPOSE", "'", sign.start, sign.end), opening, names[0], comma, names[1], closing]

    def _is_transpose(self, first: int, last: int) -> bool:
        r"""Whether ``\\top`` or its like is the whole of an exponent, perhaps in braces or without its backslash."""
        r = self.r
        while first < last and r.lexemes[first].kind == "{" and r.partner[first] == last - 1:
            first, last = first + 1, last - 1
        if last - first == 1 and r.lexemes[first].kind == "command":
            return r.lexemes[first].text in TRANSPOSES
        word = r.word(first, last) if last - first > 1 else None
        return word in _SPELLED_TRANSPOSES and not r.vocabulary.declares(word)

    def _commutation(self, first: int, last: int) -> Items | None:
        """``K^{(m, n)}``, the commutation matrix, when K is no declared name; the letter that was written becomes the function."""
        r = self.r
        base = r.out[-1] if r.out else None
        if base is None or base.type != "RUN" or base.value != "K" or r.vocabulary.declares("K"):
            return None
        if sum(lexeme.text == "," for lexeme in r.lexemes[first + 1 : last - 1]) != 1:
            return None
        r.out[-1] = Token("RUN", "commutation", base.start, base.end)
        return [Token("LPAR", "(", *_ends(r.lexemes[first])), (first + 1, last - 1), Token("RPAR", ")", *_ends(r.lexemes[last - 1]))]

    def _unit_vector(self, items: Items, exponent: Range | None) -> Items | None:
        """``e_{2}^{(n)}``, a unit vector of n entries, when e is no declared name."""
        r = self.r
        base = items[0] if len(items) == 1 else None
        if exponent is None or not isinstance(base, Token) or (position := _UNIT.fullmatch(base.value)) is None:
            return None
        first, last = exponent
        bracketed = first < last and r.lexemes[first].kind == "(" and r.partner[first] == last - 1
        if not bracketed or r.vocabulary.declares("e") or r.vocabulary.declares(base.value):
            return None
        opening, closing = Token("LPAR", "(", *_ends(r.lexemes[first])), Token("RPAR", ")", *_ends(r.lexemes[last - 1]))
        comma, number = Token("COMMA", ",", opening.start, opening.start), Token("NUMBER", position[1], base.start, base.end)
        return [Token("RUN", "unit", base.start, base.end), opening, number, comma, (first + 1, last - 1), closing]

    def _small(self, first: int, last: int) -> Items:
        """An exponent: a number or name with an optional minus, else in brackets."""
        r = self.r
        begin = first
        sign: Items = []
        if r.lexemes[first].text == "-" and r.lexemes[first].kind == "char" and last - first > 1:
            lexeme = r.lexemes[first]
            sign, begin = [Token("MINUS", "-", lexeme.start, lexeme.end)], first + 1
        word = r.word(begin, last)
        start, end = r.lexemes[begin].start, r.lexemes[last - 1].end
        if word is not None and word.isdecimal():
            return [*sign, Token("NUMBER", word, start, end)]
        if word is not None and (len(word) == 1 or word in SPELLED_GREEK):
            return [*sign, Token("RUN", r.twin(begin, word), start, end)]
        opening, closing = Token("LPAR", "(", start, start), Token("RPAR", ")", end, end)
        return [opening, (first, last), closing] if not sign else [opening, *sign, (begin, last), closing]

    # ------------------------------------------------------------ below

    def _below(self, place: int, found: Range, end: int) -> Items:
        """A subscript whose last character stands before ``end``."""
        r = self.r
        first, last = found
        mark = r.lexemes[place]
        under = Token("UNDERSCORE", "_", mark.start, mark.end)
        base = r.out[-1] if r.out else None
        if first == last:
            raise ParseError("the subscript is empty", span=mark.span, suggestion="x_{1}")
        if base is None or not (base.type in _OPERANDS or base.type in _BEFORE_UNDERSCORE):
            return [under]
        word = r.word(first, last)
        if base.type in _BEFORE_UNDERSCORE:
            return [under, *self._norm_kind(first, last, word)]
        opening, closing = Token("LPAR", "(", mark.start, mark.end), Token("RPAR", ")", end - 1, end)
        identity = "eye" if self._is_identity(base, word, first, last) else ""
        number = base.type == "NUMBER" and base.value == "1" and self._is_size(first, last)
        sized = "ones" if base.type == "ONES" or number else "zeros" if base.start in r.zeros else identity
        if sized:
            r.out[-1] = Token("RUN", sized, base.start, base.end)
            return [opening, *self._sizes(first, last, sized == "eye"), closing]
        named = word is not None and r.vocabulary.declares(f"{canonical_name(base.value)}_{word}")
        square, close = Token("LSQB", "[", mark.start, mark.end), Token("RSQB", "]", end - 1, end)
        if base.type == "RUN" and word is not None and (named or _INDEX.fullmatch(word)):
            r.out.pop()
            return self._indexed(base, word, end)
        if (part := self._slice(first, last, square, close)) is not None:
            return part
        if any(lexeme.text in (":", "cdot", "bullet", "*") for lexeme in r.lexemes[first : min(last, first + 9)]):
            advice = "e_1^\\top A for a row, A e_1 for a column"
            raise ParseError("rows and columns are not read as entries", span=Span(mark.start, end), suggestion=advice)
        if last - first <= _MOST_AXES and all(lexeme.kind in ("letter", "digit") for lexeme in r.lexemes[first:last]):
            items: Items = []
            for place in range(first, last):
                comma = Token("COMMA", ",", r.lexemes[place].start, r.lexemes[place].start)
                items += [comma, (place, place + 1)] if items else [(place, place + 1)]
            return [square, *items, close]
        return [square, (first, last), close]

    def _slice(self, first: int, last: int, square: Token, close: Token) -> Items | None:
        """The brackets of ``X_{i,:}`` and ``X_{:,k}``; None for another subscript."""
        lexemes = self.r.lexemes[first:last]
        places, commas = lexemes[::2], lexemes[1::2]
        colons = [lexeme for lexeme in places if lexeme.text == ":"]
        if not 0 < len(colons) < len(places) == len(commas) + 1 <= _MOST_AXES or any(comma.text != "," for comma in commas):
            return None
        if any(lexeme.kind != "letter" for lexeme in places if lexeme not in colons):
            return None
        names = {":": "WHOLE", ",": "COMMA"}
        return [square, *[Token(names.get(lexeme.text, "RUN"), lexeme.text, lexeme.start, lexeme.end) for lexeme in lexemes], close]

    def ranged(self, position: int) -> Items | None:
        """The beginning of the array in brackets that open at ``position``, for ``[...]_{i=1,j=1}^{n,m}``."""
        r = self.r
        close = r.partner[position]
        under = close + 1
        if under + 1 >= len(r.lexemes) or r.lexemes[under].text != "_" or r.lexemes[under + 1].kind != "{":
            return None
        after = r.partner[under + 1] + 1
        text = "".join(["#" if lexeme.kind == "digit" else lexeme.text for lexeme in r.lexemes[under + 2 : min(after - 1, under + 40)]])
        found = _RANGES.fullmatch(text)
        if found is not None:
            r.bound.update(character for character in text if character.isalpha())
        if found is None or not found["from"]:
            return None
        if after < len(r.lexemes) and r.lexemes[after].text == "^":
            after = r.argument(after + 1, len(r.lexemes), after)[1]
        r.ranged[close] = after
        lexeme = r.lexemes[position]
        items: Items = [Token("RUN", "tensor", lexeme.start, lexeme.end), Token("LPAR", "(", lexeme.start, lexeme.end)]
        for index in r.lexemes[under + 2 : after]:
            if index.kind == "letter" and index.end <= r.lexemes[r.partner[under + 1]].start:
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
        r"""The sizes in ``\\mathbf{1}_{m \\times n}``; those of a square matrix must be the same."""
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
        return lexeme.kind in ("letter", "digit", "{", "}") or lexeme.text in ("_", "cdot", "times") or lexeme.text in WORDS

    def _indexed(self, base: Token, index: str, end: int) -> Items:
        r = self.r
        whole = canonical_name(f"{base.value}_{index}")
        together = canonical_name(base.value + index)
        if r.vocabulary.declares(together) and not r.vocabulary.declares(whole) and index.isdecimal():
            return [Token("RUN", together, base.start, end)]
        alone = base.value in r.names
        if alone:
            r.names.add(whole)
        plain = base.value.isalpha() and len(base.value) > 1 and canonical_name(base.value) not in SPELLED_GREEK
        if not plain or alone or r.vocabulary.declares(whole) or r.vocabulary.declares(base.value) or base.value[0] == "d":
            return [Token("RUN", f"{base.value}_{index}", base.start, end)]
        cut = base.end - 1
        return [Token("RUN", base.value[:-1], base.start, cut), Token("RUN", f"{base.value[-1]}_{index}", cut, end)]

    def _norm_kind(self, first: int, last: int, word: str | None) -> Items:
        r = self.r
        start, end = r.lexemes[first].start, r.lexemes[last - 1].end
        if last - first == 1 and r.lexemes[first].text in ("*", "ast", "star"):
            return [Token("TIMES", "*", start, end)]
        spaced = _SPACES.fullmatch("".join([lexeme.text for lexeme in r.lexemes[first : min(last, first + 7)]]))
        if spaced is not None and not r.vocabulary.declares(f"{spaced['letter']}_{spaced['order']}"):
            first, word = last - 1 - (last - first > 1 and r.lexemes[last - 1].kind == "}"), spaced["order"]
        if (maps := _MAPS.fullmatch("".join([lexeme.text for lexeme in r.lexemes[first : min(last, first + 9)]]))) is not None:
            if maps[1] == maps[2] == "2":
                return [Token("NAME", "spectral", start, end)]
            raise ParseError("norms of operators between these spaces are not read", span=Span(start, end), suggestion=NORMS_SAID)
        if r.lexemes[first].text == "infty" or (word or "").lower() in INFINITE_NORMS:
            raise ParseError("the norm of infinite order is not read", span=Span(start, end), suggestion=NORMS_SAID)
        named = NORM_NAMES.get((word or "").lower())
        if named is not None and not r.vocabulary.declares(word or ""):
            return [Token("NAME", named, start, end)]
        if word is not None and word.isdecimal():
            return [Token("NUMBER", word, start, end)]
        if word is not None:
            return [Token("NAME", canonical_name(r.twin(first, word)), start, end)]
        if any(lexeme.text == "," for lexeme in r.lexemes[first : min(last, first + 9)]):
            raise ParseError("mixed norms are not read", span=Span(start, end), suggestion="\\|X\\|_F, \\|X\\|_2 or \\|X\\|_*")
        return [Token("LPAR", "(", start, start), (first, last), Token("RPAR", ")", end, end)]

    # ------------------------------------------------------------ sums and gradients

    def _sum(self, sign: Token, below: tuple[int, Range] | None, above: list[tuple[int, Range | None]]) -> Items:
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
        return any(lexeme.text in _RELATIONS for lexeme in self.r.lexemes[first : min(last, first + 9)])

    def _limit(self, first: int, last: int) -> str:
        """What stands below or above a sum."""
        lexemes = self.r.lexemes[first:last]
        if len(lexemes) > _LONGEST_LIMIT:
            return "?"
        if (word := self.r.word(first, last) or self._sized(first, last)) is not None:
            return word
        return "".join(
            [_IN_LIMITS.get(part.text, "?") if part.kind == "command" else _IN_LIMITS.get(part.text, part.text) for part in lexemes]
        )

    def _sized(self, first: int, last: int) -> str | None:
        r"""A size with a label, ``d_{\ell+1}``; None for another limit."""
        if last - first < _TWO + 1 or self.r.lexemes[first].kind != "letter" or self.r.lexemes[first + 1].text != "_":
            return None
        signs = {"+": "plus", "-": "minus"}
        inner = [signs.get(one.text, one.text) for one in self.r.lexemes[first + 2 : last] if one.kind not in ("{", "}")]
        label = "".join(inner)
        return f"{self.r.lexemes[first].text}_{label}" if label.isalnum() else None

    def _gradient(self, sign: Token, below: tuple[int, Range] | None, above: list[tuple[int, Range | None]]) -> Items:
        r = self.r
        items: Items = []
        for place, exponent in above:
            if exponent is None or r.word(*exponent) != "2":
                advice = "\\nabla_x^2 f"
                raise ParseError("only the second derivative is written this way", span=r.lexemes[place].span, suggestion=advice)
            lexeme = r.lexemes[place]
            items += [Token("POWER", "^", lexeme.start, lexeme.end), Token("NUMBER", "2", lexeme.start, lexeme.end)]
        if below is None:
            return items
        place, (first, last) = below
        _, end = r.symbol(first, last)
        mark = r.lexemes[place]
        two = end < last and r.symbol(end, last)[1] == last and r.symbol(end, last)[0] is not None
        if two:
            r.out[-1] = Token("NABLA", "∇", sign.start, sign.end)
            opening, closing = r.bracket(place)
            return [*items, Token("UNDERSCORE", "_", mark.start, mark.end), opening, (first, end), (end, last), closing]
        if first == last or (end < last and r.lexemes[end].text != "_"):
            raise ParseError("differentiate by one name", span=mark.span, suggestion="\\nabla_x f or \\frac{\\partial f}{\\partial x}")
        r.out[-1] = Token("NABLA", "∇", sign.start, sign.end)
        return [*items, Token("UNDERSCORE", "_", mark.start, mark.end), (first, last)]
