r"""Subscripts, exponents and primes of LaTeX: ``x_{ij}``, ``A^{-\top}``, ``\|X\|_F^2``, ``\sum_{i=1}^n``, ``I_n``."""

from __future__ import annotations

from itertools import pairwise

from matcalc.base.errors import ParseError, Span
from matcalc.base.lazy import pattern
from matcalc.language.decisions import Decision
from matcalc.language.latex.latex_commands import TRANSPOSES, WORDS
from matcalc.language.latex.latex_constructs import Items, Range, comma
from matcalc.language.latex.latex_sums import RELATIONS, Above, Below, Sums
from matcalc.language.latex.lexemes import Lexeme
from matcalc.language.text.doubtful_signs import is_indicator
from matcalc.language.text.meanings import PROJECTIONS, norm_of_the_largest
from matcalc.language.text.spelling import INDEX_LETTERS, MIXED_NORM, NORM_NAMES, NORMS_SAID, SPELLED_GREEK, canonical_name
from matcalc.language.text.sum_limits import OVER_INDICES
from matcalc.language.text.terminals import Token, closing, opening

_INDEX = pattern(r"(?:[^\W_]+_)*(?:[0-9]+|[^\W\d_]+[0-9]*)")
_BEFORE_UNDERSCORE = frozenset(["NORM_BAR", "NORM_CLOSE", "BAR", "BAR_CLOSE"])
_SPACES = pattern(r"(?P<letter>ell|L|l)[_^]\{?(?P<order>1|2|infty)\}?")
"""The names of spaces that mark a norm: ``\\|x\\|_{\\ell_1}``."""
_MAPS = pattern(r"(\w|infty)(?:to|rightarrow)(\w|infty)")
_SPELLED_TRANSPOSES = frozenset(["top", "intercal", "transpose", "prime"])
_IN_SIZES = frozenset(["_", "cdot", "times", "+", "-", "(", ")"])
_IN_RANGES = frozenset(":,+-")
_LONGEST_RANGES = 40
_RANGES = pattern(r"(?P<from>[a-z](?:=#)?(?:,[a-z](?:=#)?)*=#)|[a-z](?:,[a-z])*")
_UNIT = pattern(r"e_([0-9]+)")
_MOST_AXES = 4
_ORDERS = RELATIONS - {"=", "≠", "∈", ",", "ne", "neq", "in", "ldots", "dots"}
_SUBSCRIPTED = _BEFORE_UNDERSCORE | {"RUN", "RPAR", "RSQB", "TRANSPOSE", "NUMBER", "ONES", "SUPERSCRIPT"}
"""What a subscript may hang on."""


def _in_size(lexeme: Lexeme) -> bool:
    return lexeme.kind in ("letter", "digit", "{", "}") or lexeme.text in _IN_SIZES or lexeme.text in WORDS


def _is_index(lexeme: Lexeme) -> bool:
    return lexeme.kind == "letter" and lexeme.text in INDEX_LETTERS


class Scripts(Sums):
    """Reads what hangs on the last token that was written."""

    def scripts(self, position: int, stop: int) -> tuple[Items, int]:
        """Tokens for all scripts at ``position``, subscript first, and the position after them."""
        if (after := self.ranges.get(position - 1)) is not None:
            return [], after
        under = position
        below: Below = None
        above: Above = []
        while self.at(position, stop).is_char("^_'"):
            mark = self.lexemes[position].text
            if mark == "'":
                above.append((position, None))
                position += 1
                continue
            if any(exponent is not None for _, exponent in above) if mark == "^" else below is not None:
                said, advice = (
                    f"a second {'exponent' if mark == '^' else 'subscript'}",
                    "braces around the first part, or (x^2)^3",
                )
                raise ParseError(said, span=self.lexemes[position].span, suggestion=advice)
            found, after = self._script(position, stop)
            if mark == "_":
                below, under = (position, found), after
            elif set(self.texts(*found)) == {"'"}:
                above += [(place, None) for place in range(*found)]  # A^{'}
            else:
                above.append((position, found))
            position = after
        return self._hanging(below, above, under), position

    def _script(self, position: int, stop: int) -> tuple[Range, int]:
        """What a sign is of, and the position after that."""
        found, after = self.argument(position + 1, stop, position)
        if self.lexemes[position].text == "^" and after == position + 2 and after < stop and self.lexemes[after - 1].text == "-":
            found, after = self._signed(after, stop)  # x^-1 is set as x⁻1, and means x⁻¹
        after, found = self._bound_together(position, after, stop, found)
        first, last = self.lexemes[after - 1], self.at(after, stop)
        if after <= position + 3 and first.kind == last.kind == "digit" and first.end == last.start:  # x^10 is set as x¹0
            raise ParseError(
                "only the first digit belongs to the script",
                span=Span(first.start, last.end),
                suggestion=f"{self.lexemes[position].text}{{{first.text}{last.text}}}, or a space after the first digit",
            )
        return found, after

    def _bound_together(self, position: int, after: int, stop: int, found: Range) -> tuple[int, Range]:
        """A subscript of one index with those at once behind it, which are no factors: ``X_ij``."""
        if self.lexemes[position].text == "_" and after == position + 2 and self.lexemes[position + 1].text in self.bound:
            while (more := self.at(after, stop)).text in self.bound and more.start == self.lexemes[after - 1].end:
                after += 1
                found = (position + 1, after)
        return after, found

    def _hanging(self, below: Below, above: Above, under: int) -> Items:
        """The tokens of the scripts on what was written last; the subscript ends before ``under``."""
        base = self.last
        if below is not None and above and (placed := self._placed_unit(below[1], above)) is not None:
            return placed
        if base is not None:
            special = self._special(base, below, above)
            if special is not None:
                return special
            below, above = self._with_primes(base, below, above)
        if below is not None and above and (entry := self._entry_of_transpose(below, above[0])) is not None:
            return entry
        items = self._below(*below, self.lexemes[under - 1].end) if below is not None else []
        items = self._before_brackets(items, under)
        named = self.last is not None and self.last.type == "RUN"
        if above and (unit := self._unit_vector(items, above[0][1])) is not None:
            items, above = unit, above[1:]
        for place, exponent in above:
            items += self.exponent(place, exponent, named)
        return items

    def _before_brackets(self, items: Items, after: int) -> Items:
        """A sign of an operation before brackets, where a blank before these says nothing."""
        sign = items[0] if len(items) == 1 else None
        following = self.at(after, len(self.lexemes))
        if following.kind != "(" or not isinstance(sign, Token) or canonical_name(sign.value) not in PROJECTIONS:
            return items
        return [Token(sign.type, sign.value, sign.start, following.start)]

    def _special(self, base: Token, below: Below, above: Above) -> Items | None:
        """Scripts of signs of sums and derivatives, and of members of a family."""
        if base.type == "SUM_SIGN" or (base.value in OVER_INDICES and below is not None and self._limits(base, *below[1])):
            return self._sum(base, below, above)
        if base.type in ("NABLA", "PARTIAL"):
            return self._gradient(base, below, above)
        return self._part(below[1], above) if base.type == "RUN" and below is not None else None

    def _with_primes(self, base: Token, below: Below, above: Above) -> tuple[Below, Above]:
        """The scripts without those that belong to a declared name: ``x'``, ``A_{1}'``."""
        primes = next((count for count, (_, exponent) in enumerate(above) if exponent is not None), len(above))
        word = self.word(*below[1]) if below is not None else ""
        if not primes or base.type != "RUN" or word is None:
            return below, above
        name = canonical_name(f"{base.value}{'_' * bool(word)}{word}{'′' * primes}")
        if not self.vocabulary.declares(name):
            return below, above
        self.out[-1] = Token("RUN", name, base.start, self.lexemes[above[primes - 1][0]].end)
        return None, above[primes:]

    def _signed(self, position: int, stop: int) -> tuple[Range, int]:
        """An exponent of a minus sign before ``position`` and what follows it, ``^-1`` or
        ``^-\\top``, and the position after it."""
        if self.lexemes[position].kind not in ("digit", "letter", "command", "{"):
            raise ParseError("the exponent is a sign alone", span=self.lexemes[position - 1].span, suggestion="x^{-1}")
        after = self.element_end(position, stop)
        return (position - 1, after), after

    # ------------------------------------------------------------ above

    def exponent(self, place: int, found: Range | None, named: bool) -> Items:
        """A superscript, or a prime when ``found`` is None; ``named``: it stands on a single name."""
        if found is None:
            return [self.token("TRANSPOSE", "'", place)]
        first, last = found
        if first == last:
            raise ParseError("the exponent is empty", span=self.lexemes[place].span, suggestion="x^{2}")
        whole, head = Span(self.lexemes[place].start, self.lexemes[last - 1].end), self.lexemes[first]
        sign = self._sign(first, last, whole)
        if sign is not None:
            return [Token(*sign, whole.start, whole.end)]
        if head.kind in ("(", "[") and (bracketed := self._bracketed(place, first, last, named)) is not None:
            return bracketed
        if not head.is_command(("odot", "circ")):
            return [self.token("POWER", "^", place), *self._small(first, last)]
        if last - first == 1:
            raise ParseError("the elementwise power needs an exponent", span=whole, suggestion="x^{\\odot 2}")
        return [Token("ELEMENT_POWER", ".^", whole.start, head.end), *self._small(first + 1, last)]

    def _sign(self, first: int, last: int, whole: Span) -> tuple[str, str] | None:
        """The token of an exponent that is a transpose, its inverse or a pseudoinverse."""
        head = self.lexemes[first]
        if self._is_transpose(first, last):
            return "TRANSPOSE", "'"
        alone = head.text if last - first == 1 else ""
        if self.vocabulary.complex and alone in ("*", "ast", "dagger"):
            return "TRANSPOSE", "†" if alone == "dagger" else "*"
        if alone == "dagger":
            said = "\\dagger is read as the sign of the pseudoinverse; the transpose is A^\\top"
            self.decisions.append(Decision(said, "alias", span=whole))
        if alone in ("*", "ast"):
            advice = "the transpose, A^\\top, or a name such as x_*"
            raise ParseError("the conjugate transpose is not read", span=whole, suggestion=advice)
        if alone in ("+", "dagger"):
            return "SUPERSCRIPT", "⁺"
        if not head.is_char("-"):
            return None
        one = last - first > 2 and self.lexemes[first + 1].text == "1" and self.lexemes[first + 2].kind in ("command", "letter")
        return ("SUPERSCRIPT", "⁻ᵀ") if self._is_transpose(first + 1 + one, last) else None

    def _bracketed(self, place: int, first: int, last: int, named: bool) -> Items | None:
        """An exponent that begins with brackets around sizes or the index of a member; None for a
        power."""
        close = self.partner[first]
        round_one = self.lexemes[first].kind == "("
        if round_one and close == last - 1 and (sized := self._commutation(first, last)) is not None:
            return sized
        if named and round_one and self._member(first, close + 1):
            opening = Token("LSQB", "[", self.lexemes[place].start, self.lexemes[first].end)
            member: Items = [opening, (first + 1, close), self.token("RSQB", "]", close)]
            return member if close == last - 1 else [*member, *self.exponent(place, (close + 1, last), False)]  # x^{(i)\top}
        if named and close == last - 1:
            said, advice = (
                "an exponent in brackets is read by people as a label",
                "a subscript, such as W_1 or x_i; x^2 for a power",
            )
            raise ParseError(said, span=self.span(place, close), suggestion=advice)
        return None

    def _member(self, first: int, last: int) -> bool:
        """Whether brackets hold the index of a sum: ``x^{(i)}`` is a member as ``x_i`` is."""
        return self.word(first + 1, last - 1) in self.bound

    def _part(self, below: Range, above: Above) -> Items | None:
        """``x_j^{(i)}`` as the entry at i, j."""
        found = above[0][1] if len(above) == 1 else None
        if found is None or self.lexemes[found[0]].kind != "(" or not self._member(*found):
            return None
        mark = above[0][0]
        indices = [place for place in range(*below) if self.lexemes[place].text != ","]
        others: Items = [item for place in indices for item in (self.token("COMMA", ",", mark), (place, place + 1))]
        return [self.token("LSQB", "[", mark), (found[0] + 1, found[1] - 1), *others, self.token("RSQB", "]", found[1] - 1)]

    def _entry_of_transpose(self, below: tuple[int, Range], above: tuple[int, Range | None]) -> Items | None:
        r"""``A^\\top_{ij}`` and ``(A B)^\\top_{ij}`` as entries of the transpose; None for others,
        and where the exponent is last."""
        (mark, (first, last)), (place, found), base = below, above, self.last
        if found is None or place > mark or base is None or not self._is_plain_transpose(*found):
            return None
        indices = [lexeme for lexeme in self.lexemes[first:last] if lexeme.text != ","]
        matrix = base.type == "RPAR" or (base.type == "RUN" and base.value[-1:].isupper())
        if not matrix or len(indices) != 2 or not all(map(_is_index, indices)):
            return None
        row, column = [Token("RUN", index.text, index.start, index.end) for index in indices]
        end = self.lexemes[last - 1].end
        marks = self.token("TRANSPOSE", "'", place), self.token("LSQB", "[", mark)
        return [*marks, row, comma(column.start), column, Token("RSQB", "]", end - 1, end)]

    def _is_plain_transpose(self, first: int, last: int) -> bool:
        """Whether an exponent is a transpose, or a letter T that is no declared name."""
        return self._is_transpose(first, last) or (self.word(first, last) == "T" and not self.vocabulary.declares("T"))

    def _is_transpose(self, first: int, last: int) -> bool:
        r"""Whether ``\\top`` or its like is the whole of an exponent, perhaps in braces or without
        its backslash."""
        first, last = self.unbraced(first, last)
        if last - first == 1 and self.lexemes[first].kind == "command":
            return self.lexemes[first].text in TRANSPOSES
        word = self.word(first, last) if last - first > 1 else None
        return word in _SPELLED_TRANSPOSES and not self.vocabulary.declares(word)

    def _commutation(self, first: int, last: int) -> Items | None:
        """``K^{(m, n)}``, the commutation matrix, when K is no declared name; the letter that was
        written becomes the function."""
        base = self.last
        if base is None or base.type != "RUN" or base.value != "K" or self.vocabulary.declares("K"):
            return None
        if self.texts(first + 1, last - 1).count(",") != 1:
            return None
        self.out[-1] = base.as_a("RUN", "commutation")
        return [self.token("LPAR", "(", first), (first + 1, last - 1), self.token("RPAR", ")", last - 1)]

    def _unit_vector(self, items: Items, exponent: Range | None) -> Items | None:
        """``e_{2}^{(n)}``, a unit vector of n entries, when e is no declared name."""
        base = items[0] if len(items) == 1 else None
        if exponent is None or not isinstance(base, Token) or (position := _UNIT.fullmatch(base.value)) is None:
            return None
        first, last = exponent
        if not self.is_bracket(first, last) or self.vocabulary.declares("e") or self.vocabulary.declares(base.value):
            return None
        bracket, number = self.token("LPAR", "(", first), base.as_a("NUMBER", position[1])
        size: Items = [comma(bracket.start), (first + 1, last - 1), self.token("RPAR", ")", last - 1)]
        return [base.as_a("RUN", "unit"), bracket, number, *size]

    def _placed_unit(self, below: Range, above: Above) -> Items | None:
        """``e_{n-1}^{(n)}``, a unit vector whose position is written with names in its size; None for
        others, and when e or the whole is a declared name."""
        base, exponent = self.last, above[0][1]
        written = {lexeme.text for lexeme in self.lexemes[slice(*below)] if lexeme.kind in ("letter", "command")}
        if exponent is None or not written or base is None or (base.type, base.value) != ("RUN", "e"):
            return None
        first, last = exponent
        if not self.is_bracket(first, last) or not written.issubset(self.texts(first, last)):
            return None
        if self._declares_one_of("e", f"e_{self.word(*below)}"):
            return None
        self.out[-1] = base.as_a("RUN", "unit")
        opened, closed = self.token("LPAR", "(", below[0]), self.token("RPAR", ")", last - 1)
        unit: Items = [opened, below, comma(self.lexemes[first].start), (first + 1, last - 1), closed]
        return [*unit, *[item for place, found in above[1:] for item in self.exponent(place, found, False)]]

    def _small(self, first: int, last: int) -> Items:
        """An exponent: a number or name with an optional minus, else in brackets."""
        negative = last - first > 1 and self.lexemes[first].is_char("-")
        begin = first + negative
        sign: Items = [self.token("MINUS", "-", first)] if negative else []
        word = self.word(begin, last)
        if word is not None and word.isdecimal():
            return [*sign, self.token("NUMBER", word, begin, last - 1)]
        if word is not None and (len(word) == 1 or word in SPELLED_GREEK):
            return [*sign, self.token("RUN", self.twin(begin, word), begin, last - 1)]
        return [opening(self.lexemes[begin].start), *sign, (begin, last), closing(self.lexemes[last - 1].end)]

    # ------------------------------------------------------------ below

    def _below(self, place: int, found: Range, end: int) -> Items:
        """A subscript whose last character stands before ``end``."""
        first, last = found
        base, under = self.last, self.token("UNDERSCORE", "_", place)
        if first == last:
            raise ParseError("the subscript is empty", span=under.span, suggestion="x_{1}")
        if base is not None and base.type in ("RPAR", "RSQB") and self.texts(first, last, 2) == ["+"]:
            return [under.as_a("POSITIVE_PART", "_+")]
        if base is None or base.type not in _SUBSCRIPTED:
            return [under]
        word = self.word(first, last)
        if is_indicator(base, self.vocabulary) and not _ORDERS.isdisjoint(self.texts(first, last)):
            self.out.pop()
            return [opening(self.lexemes[first].start), (first, last), closing(self.lexemes[last - 1].end)]
        if base.type in _BEFORE_UNDERSCORE:
            return [under, *self._norm_kind(first, last, word)]
        sized = self._sized_array(base, word, first, last)
        if sized:
            self.out[-1] = base.as_a("RUN", sized)
            return [under.as_a("LPAR", "("), *self._sizes(first, last, sized == "eye"), Token("RPAR", ")", end - 1, end)]
        declared = self.vocabulary.declares(f"{canonical_name(base.value)}_{word}")
        if base.type == "RUN" and word is not None and (declared or _INDEX.fullmatch(word)):
            self.out.pop()
            return self._indexed(base, word, end)
        square, close = under.as_a("LSQB", "["), Token("RSQB", "]", end - 1, end)
        return [square, *(self._slice(first, last) or self._entry(first, last, Span(square.start, end))), close]

    def _sized_array(self, base: Token, word: str | None, first: int, last: int) -> str:
        """The function of a letter with its size below, ``I_n``, ``\\mathbf{1}_n``,
        ``0_{m \\times n}``; empty for another."""
        size = last - first <= 20 and all(map(_in_size, self.lexemes[first:last]))
        what = base.type, base.value
        if base.type == "ONES" or (size and what == ("NUMBER", "1")):
            return "ones"
        if base.start in self.zeros:
            return "zeros"
        identity = what == ("RUN", "eye") or (what == ("RUN", "I") and not self._declares_one_of("I", f"I_{word}"))
        return "eye" if size and identity else ""

    def _declares_one_of(self, *names: str) -> bool:
        return any(map(self.vocabulary.declares, names))

    def _entry(self, first: int, last: int, whole: Span) -> Items:
        """What stands between the square brackets of an entry."""
        if not {":", "cdot", "bullet", "*"}.isdisjoint(self.texts(first, last, 9)):
            raise ParseError(
                "rows and columns are not read as entries", span=whole, suggestion="e_1^\\top A for a row, A e_1 for a column"
            )
        if last - first > _MOST_AXES or any(lexeme.kind not in ("letter", "digit") for lexeme in self.lexemes[first:last]):
            return [(first, last)]
        return self.separated([(place, place + 1) for place in range(first, last)])

    def _slice(self, first: int, last: int) -> Items | None:
        """What stands in the brackets of ``X_{i,:}``, ``X_{:,k}`` and ``X_{1:k,2:n}``; None for
        another subscript."""
        texts = [lexeme.text for lexeme in self.lexemes[first:last]]
        plain = all(lexeme.kind in ("letter", "digit") or lexeme.text in _IN_RANGES for lexeme in self.lexemes[first:last])
        if ":" not in texts or not plain or len(texts) > _LONGEST_RANGES:
            return None
        commas = [first - 1, *[first + place for place, text in enumerate(texts) if text == ","], last]
        places = [(before + 1, after) for before, after in pairwise(commas)]
        if len(places) > _MOST_AXES or all(texts[begin - first : end - first] == [":"] for begin, end in places):
            return None
        found: Items = []
        for begin, end in places:
            colons = [place for place in range(begin, end) if self.lexemes[place].text == ":"]
            if begin == end or len(colons) > 1 or (colons and end - begin > 1 and colons[0] in (begin, end - 1)):
                return None
            found += [self.token("COMMA", ",", begin - 1)] if found else []
            if not colons or end - begin == 1:
                found.append(self.token("WHOLE", ":", begin) if colons else (begin, end))
            else:
                found += [(begin, colons[0]), self.token("RANGE", ":", colons[0]), (colons[0] + 1, end)]
        return found

    def ranged(self, position: int) -> Items | None:
        """The beginning of the array in brackets that open at ``position``, for
        ``[...]_{i=1,j=1}^{n,m}``."""
        close, end = self.partner[position], len(self.lexemes)
        brace = close + 2
        if (self.at(close + 1, end).text, self.at(brace, end).kind) != ("_", "{"):
            return None
        inner = self.lexemes[brace + 1 : self.partner[brace]]
        text = "".join(["#" if lexeme.kind == "digit" else lexeme.text for lexeme in inner[:38]])
        found = _RANGES.fullmatch(text)
        if found is None:
            return None
        letters = set(filter(str.isalpha, text))
        if not found["from"]:
            self.bound |= letters.intersection(self.texts(position, close))  # [x]_{n} is an entry
            return None
        self.bound |= letters
        after = self.partner[brace] + 1
        self.ranges[close] = self.argument(after + 1, end, after)[1] if self.at(after, end).text == "^" else after
        indices: Items = [
            item for one in inner if one.kind == "letter" for item in (Token("RUN", one.text, one.start, one.end), comma(one.end))
        ]
        return [self.token("RUN", "tensor", position), self.token("LPAR", "(", position), *indices]

    def _sizes(self, first: int, last: int, square: bool) -> Items:
        r"""The sizes in ``\\mathbf{1}_{m \\times n}``; those of a square matrix must be the
        same."""
        cuts = [place for place in range(first, last) if self.lexemes[place].text in ("times", "×")]
        if len(cuts) != 1:
            return [(first, last)]
        left, right = (first, cuts[0]), (cuts[0] + 1, last)
        if not square:
            return [left, self.token("COMMA", ",", cuts[0]), right]
        if self.word(*left) != self.word(*right):
            raise ParseError("an identity matrix is square", span=self.span(first, last - 1), suggestion="I_n")
        return [left]

    def _indexed(self, base: Token, index: str, end: int) -> Items:
        name, whole = base.value, canonical_name(f"{base.value}_{index}")
        together = canonical_name(name + index)
        if index.isdecimal() and self.vocabulary.declares(together) and not self.vocabulary.declares(whole):
            return [Token("RUN", together, base.start, end)]
        known = name in self.names or name[0] == "d" or self._declares_one_of(whole, name)
        if name in self.names:
            self.names.add(whole)
        if known or len(name) == 1 or not name.isalpha() or canonical_name(name) in SPELLED_GREEK:
            return [Token("RUN", f"{name}_{index}", base.start, end)]
        cut = base.end - 1  # a product of letters, the last of which has the index
        return [Token("RUN", name[:-1], base.start, cut), Token("RUN", f"{name[-1]}_{index}", cut, end)]

    def _norm_kind(self, first: int, last: int, word: str | None) -> Items:
        """What a subscript says of which norm its bars are."""
        whole, texts = self.span(first, last - 1), self.texts(first, last, 9)
        if len(texts) == 1 and texts[0] in ("*", "ast", "star"):
            return [Token("TIMES", "*", whole.start, whole.end)]
        maps = _MAPS.fullmatch("".join(texts))
        if maps is not None:
            if maps.groups() != ("2", "2"):
                raise ParseError("norms of operators between these spaces are not read", span=whole, suggestion=NORMS_SAID)
            return [Token("NAME", "spectral", whole.start, whole.end)]
        spaced = _SPACES.fullmatch("".join(texts[:7]))
        if spaced is not None and not self.vocabulary.declares(f"{spaced['letter']}_{spaced['order']}"):
            first, word = last - 1 - (self.lexemes[last - 1].kind == "}"), spaced["order"]
        if word is not None or self.lexemes[first].text == "infty":
            return [Token(*self._named_norm(word or "infty", first, whole), whole.start, whole.end)]
        if texts == [*MIXED_NORM]:
            return [Token("NAME", MIXED_NORM, whole.start, whole.end)]
        if "," in texts:
            raise ParseError(
                "this mixed norm is not read", span=whole, suggestion="\\|X\\|_{2,1}, \\|X\\|_F, \\|X\\|_2 or \\|X\\|_*"
            )
        return [opening(whole.start), (first, last), closing(whole.end)]

    def _named_norm(self, word: str, place: int, whole: Span) -> tuple[str, str]:
        """The order of a norm, or its name, which may be that of a matrix."""
        known = None if self.vocabulary.declares(word) else NORM_NAMES.get(word.lower())
        if word == "max" and not self.vocabulary.declares(word):
            raise norm_of_the_largest(whole)
        if known is None and word.isdecimal():
            return "NUMBER", word
        return "NAME", known or canonical_name(self.twin(place, word))

    # ------------------------------------------------------------ sums and gradients

    def _digits(self, first: int, last: int) -> str:
        """What stands below a sign where that is digits alone; empty for anything else."""
        shown = "".join([lexeme.text for lexeme in self.lexemes[first:last] if lexeme.kind not in ("{", "}")])
        return shown if shown.isdecimal() else ""

    def _gradient(self, sign: Token, below: Below, above: Above) -> Items:
        items: Items = []
        for place, exponent in above:
            if exponent is None or self.word(*exponent) != "2":
                said, advice = "only the second derivative is written this way", "\\nabla_x^2 f"
                raise ParseError(said, span=self.lexemes[place].span, suggestion=advice)
            items += [self.token("POWER", "^", place), self.token("NUMBER", "2", place)]
        if below is None:
            return items
        place, (first, last) = below
        under = self.token("UNDERSCORE", "_", place)
        if digits := self._digits(first, last):  # of a function's arguments
            return [*items, under, self.token("NUMBER", digits, first)]
        _, end = self.symbol(first, last)
        second, after = self.symbol(end, last)
        self.out[-1] = sign.as_a("NABLA", "∇")
        if second is not None and after == last:
            opening, closing = self.bracket(place)
            return [*items, under, opening, (first, end), (end, last), closing]
        if first == last or (end < last and self.lexemes[end].text != "_"):
            advice = "\\nabla_x f or \\frac{\\partial f}{\\partial x}"
            raise ParseError("differentiate by one name", span=under.span, suggestion=advice)
        return [*items, under, (first, last)]
