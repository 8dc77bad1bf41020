"""Raw tokens of program text in those of the language: modules, methods, keywords, words in quotes, ``X(:)``, ``x(3)``, ``log.(x)``.

What a program has and the language has not (slices, loops, options) is refused here, with what to write instead.
"""

from __future__ import annotations

from matcalc.base.errors import ParseError, Span
from matcalc.base.functions import functions, spellings
from matcalc.language.decisions import Decision
from matcalc.language.text.brackets import partners
from matcalc.language.text.called_names import LIKE_FUNCTIONS
from matcalc.language.text.code_statements import check_loops, in_one_line, straight, without_handle
from matcalc.language.text.dialects import Signs, Written, dialect_table, foreign_names
from matcalc.language.text.meanings import unknown_function
from matcalc.language.text.python_spellings import dot_in
from matcalc.language.text.terminals import Token
from matcalc.language.text.vocabulary import WORDS, Vocabulary

_BOTH = {"LPAR": "RPAR", "LSQB": "RSQB"}
_OPERAND_ENDS = frozenset(["RUN", "NUMBER", "RPAR", "RSQB", "TRANSPOSE", "SUPERSCRIPT", "VEC"])
_CONSTANTS = frozenset(["True", "False", "None"])
_REDUCTIONS = frozenset(["sum", "mean", "prod", "maximum", "minimum"])
_LONGEST_POSITIONS = 4
"""Tokens from an opening bracket to the closing one, of positions such as ``(2, 1)``."""
_ONE_NAME = frozenset(["numpy", "julia"])


def in_language(
    tokens: list[Token], signs: Signs, written: Written, vocabulary: Vocabulary, text: str, decisions: list[Decision]
) -> list[Token]:
    """The tokens of a text as the later stages know them.

    Raises ParseError for what a program may hold and a formula may not.
    """
    values = signs.values
    if "COMMENT" in signs.types:
        tokens = _without_comments(tokens, decisions)
    if "for" in values:
        check_loops(tokens)
    if "@" in values and not written.arrays:
        tokens = without_handle(tokens)
    if written.arrays:
        tokens = straight(tokens)
    return _Rewriting(tokens, written, vocabulary, text, decisions).done()


def known_names(tokens: list[Token], written: Written, vocabulary: Vocabulary) -> Vocabulary:
    """The words with the names of a program, which are never products of their letters."""
    if not (written.sure and written.dialect in _ONE_NAME):
        return vocabulary
    following = [*(token.type for token in tokens[1:]), ""]
    alone = {token.value for token, after in zip(tokens, following) if token.type == "RUN" and after != "LPAR"}
    return vocabulary.knowing([name for name in alone if len(name) > 1 and _is_one_name(name, alone, vocabulary)])


def _is_one_name(name: str, alone: set[str], vocabulary: Vocabulary) -> bool:
    """Whether a run of letters in a program is a name: unless it is a function, or each of its letters is a name of its own."""
    if name in WORDS or vocabulary.function(name, called=True) is not None or (name[0] == "d" and name[1:] in alone):
        return False
    return not (name.isalpha() and name.isascii() and all(letter in alone for letter in name))


def _without_comments(tokens: list[Token], decisions: list[Decision]) -> list[Token]:
    out: list[Token] = []
    for token in tokens:
        if token.type != "COMMENT":
            out.append(token)
        elif out and out[-1].type not in ("SEPARATOR", "NEWLINE"):
            said = f"what follows the sign % is read as a remark: {token.value[1:].strip() or 'nothing'}"
            decisions.append(Decision(said, "dialect", "doubtful", token.span, ("a remark: a semicolon before %", "a remainder: not read")))
    return out


class _Rewriting:
    """One pass over the tokens of a text."""

    def __init__(self, tokens: list[Token], written: Written, vocabulary: Vocabulary, text: str, decisions: list[Decision]) -> None:
        self._tokens = tokens
        self._written = written
        self._vocabulary = vocabulary
        self._text = text
        self._decisions = decisions
        self._partner = partners(tokens, _BOTH)
        self._out: list[Token] = []
        self._depth = 0
        self._defined = {
            tokens[opening - 1].value
            for opening, closing in self._partner.items()
            if opening and tokens[closing + 1 : closing + 2] and tokens[closing + 1].type == "EQUALS"
        }
        """Names that stand with brackets before an equals sign: functions, ``f(x) = ...``."""
        self._indices = {
            index.value
            for name, bracket, index, comma in zip(tokens, tokens[1:], tokens[2:], tokens[3:])
            if name.value == "sum" and bracket.type == "LPAR" and index.type == "RUN" and comma.type == "COMMA" and len(index.value) == 1
        }
        """Of sums, ``sum(i, x(i))``."""
        self._sliced = self._with_parts(("COLON",), ("end", "None", "newaxis"))
        """Opening brackets that hold, and not within other brackets, what takes a part of an array."""
        self._closes: dict[int, Token] = {}
        """Closing brackets that become others, or that another one stands before."""
        self._commas: set[int] = set()
        """Commas that open brackets: ``sum(abs2, x)``."""

    def _with_parts(self, types: tuple[str, ...], values: tuple[str, ...]) -> set[int]:
        found: set[int] = set()
        opened: list[int] = []
        for place, token in enumerate(self._tokens):
            if place in self._partner:
                opened.append(place)
            elif token.type in ("RPAR", "RSQB") and opened:
                opened.pop()
            elif opened and (token.type in types or token.value in values):
                found.add(opened[-1])
        return found

    def done(self) -> list[Token]:
        place = 0
        while place < len(self._tokens):
            place += self._take(place)
        return self._out

    def _take(self, place: int) -> int:
        """Writes what stands at a place; the number of tokens taken."""
        token = self._tokens[place]
        match token.type:
            case "RUN":
                return self._run(place)
            case "DOT":
                return self._dot(place)
            case "LPAR":
                return self._opening(place)
            case "LSQB" if place in self._sliced:
                self._check_slice(place)
            case "RPAR" | "RSQB":
                return self._closing(place)
            case "COMMA" if place in self._commas:
                self._out.append(Token("LPAR", "(", token.start, token.end))
                return 1
            case "COMMA" if place in self._closes:
                self._out.append(self._closes[place])
            case "STRING":
                token = Token("WORD", token.value.strip("'\"‘’“”´"), token.start, token.end)
            case "COLON":
                raise ParseError("':' is not used in expressions", span=token.span)
            case "SEPARATOR" if self._depth and self._written.dialect == "julia":
                token = Token("COMMA", ",", token.start, token.end)
        self._depth += token.type in _BOTH
        self._out.append(token)
        return 1

    # ------------------------------------------------------------ names

    def _run(self, place: int) -> int:
        token = self._tokens[place]
        following = self._type(place + 1)
        if following == "DOT" and (module := self._module(place)):
            return module
        if self._written.dialect == "numpy" and token.value in _CONSTANTS:
            self._out.append(Token("WORD", token.value, token.start, token.end))
            return 1
        if following == "EQUALS" and self._depth and self._type(place - 1) in ("LPAR", "COMMA", "SEPARATOR"):
            self._out.append(Token("KEYWORD", token.value, token.start, self._tokens[place + 1].end))
            return 2
        if following == "LPAR" and token.value in _REDUCTIONS:
            self._mapped(place + 1)
        self._out.append(token)
        return 1

    def _module(self, place: int) -> int:
        """The tokens of ``np.linalg.`` before a name; none when no module stands there."""
        table = dialect_table()["modules"]
        name, after = self._tokens[place].value, self._tokens[place + 2 : place + 4]
        if self._vocabulary.declares(name) or not after or after[0].type != "RUN":
            return 0
        of_letter = name in table["letters"] and after[0].value in table["of_letters"] and after[-1].type == "LPAR"
        if name not in table["names"] and not of_letter:
            return 0
        taken = 2
        while self._tokens[place + taken].value in table["inner"] and self._type(place + taken + 1) == "DOT":
            taken += 2
        last = self._tokens[place + taken] if place + taken < len(self._tokens) else self._tokens[place]
        if self._type(place + taken) == "RUN" and last.value in ("newaxis", "inf", "nan", "e"):
            span = Span(self._tokens[place].start, last.end)
            advice = "norm(x), norm(x, 1) or norm(X, spectral)" if last.value == "inf" else None
            raise ParseError(f"{self._tokens[place].value}.{last.value} is not read", span=span, suggestion=advice)
        return taken

    def _mapped(self, opening: int) -> None:
        """``sum(abs2, x)``: the sum of a function of each entry."""
        comma = opening + 2
        if self._type(comma) != "COMMA" or self._type(opening + 1) != "RUN" or opening not in self._partner:
            return
        function = self._vocabulary.function(self._tokens[opening + 1].value, called=True)
        if function is None or self._vocabulary.declares(self._tokens[opening + 1].value):
            return
        stop = self._partner[opening]
        place = comma + 1
        while place < stop and self._type(place) not in ("COMMA", "SEPARATOR"):
            place = self._partner.get(place, place) + 1
        self._commas.add(comma)
        end = self._tokens[place].start
        self._closes[place] = Token("RPAR", ")", end, end)

    # ------------------------------------------------------------ dots

    def _dot(self, place: int) -> int:
        """``log.(x)``, ``X.sum(...)``, ``X.shape``."""
        dot, after = self._tokens[place], self._tokens[place + 1]
        receiver = self._out[-1] if self._out else None
        if receiver is None or receiver.type not in _OPERAND_ENDS or receiver.end != dot.start:
            raise dot_in(self._text, dot.start)
        if after.type == "LPAR":
            if receiver.type != "RUN":
                raise dot_in(self._text, dot.start)
            self._out[-1] = Token("RUN", _entry_by_entry(receiver, self._vocabulary), receiver.start, dot.end)
            return 1
        called = self._type(place + 2) == "LPAR"
        self._out.append(Token("METHOD" if called else "ATTRIBUTE", after.value, dot.start, after.end))
        return 2

    # ------------------------------------------------------------ brackets

    def _opening(self, place: int) -> int:
        """``X(:)``, ``x(3)``, ``A(2, 1)``, or a bracket like any other."""
        token, stop = self._tokens[place], self._partner.get(place, place)
        before = self._out[-1] if self._out else None
        adjacent = before is not None and before.end == token.start and before.type in _OPERAND_ENDS
        inner = self._tokens[place + 1 : stop] if stop - place <= _LONGEST_POSITIONS else []
        if adjacent and len(inner) == 1 and inner[0].type == "COLON":
            self._out.append(Token("VEC", "(:)", token.start, self._tokens[stop].end))
            return stop + 1 - place
        if adjacent and place in self._sliced:
            self._check_slice(place)
        if adjacent and before is not None and before.type == "RUN" and self._is_entry(before, inner):
            self._closes[stop] = Token("RSQB", "]", self._tokens[stop].start, self._tokens[stop].end)
            said = f"{before.value}({', '.join(part.value for part in inner[::2])})"
            counted = ", counted from 1" if any(part.type == "NUMBER" for part in inner) else ""
            self._decisions.append(Decision(f"{said} is read as an entry of {before.value}{counted}", "dialect", span=before.span))
            token = Token("LSQB", "[", token.start, token.end)
        self._out.append(token)
        self._depth += 1
        return 1

    def _is_entry(self, before: Token, inner: list[Token]) -> bool:
        """Whether brackets after a name hold whole numbers and nothing else: nobody writes a product so."""
        numbers, commas = inner[::2], inner[1::2]
        if len(inner) % 2 == 0 or len(numbers) > 2 or any(part.type != "COMMA" for part in commas):
            return False
        name = before.value
        if self._vocabulary.function(name, called=True) is not None or name in self._vocabulary.functions or name in self._defined:
            return False
        if self._written.arrays or not all(part.value in self._indices or part.value.isdecimal() for part in numbers):
            return False
        if len(numbers) == 1 and name in LIKE_FUNCTIONS and not self._vocabulary.declares(name):
            return False
        return len(name) == 1 or self._vocabulary.declares(name) or not name.isalpha()

    def _closing(self, place: int) -> int:
        token = self._tokens[place]
        changed = self._closes.get(place)
        if changed is not None and changed.type == "RPAR":
            self._out.append(changed)
        elif changed is not None:
            token = changed
        self._depth -= 1
        self._out.append(token)
        return 1

    def _check_slice(self, place: int) -> None:
        """Raises ParseError for ``A(:, 2)``, ``X[1:3]`` and ``x[:, None]``."""
        stop = self._partner.get(place, place)
        inner = self._shallow(place, stop)
        colons = [part for part in inner if part.type == "COLON" or part.value == "end"]
        if not colons and not any(part.value in ("None", "newaxis") for part in inner if part.type == "RUN"):
            return
        if self._vocabulary.declares("end") and all(part.value == "end" for part in colons):
            return
        span = Span(self._tokens[place].start, self._tokens[stop].end)
        name = self._tokens[place - 1].value if place and self._tokens[place - 1].type == "RUN" else "A"
        raise ParseError(in_one_line(colons), span=span, suggestion=_instead_of_slice(name, inner, self._written.arrays))

    def _shallow(self, place: int, stop: int) -> list[Token]:
        """The tokens between brackets, without what stands in brackets within them."""
        found: list[Token] = []
        place += 1
        while place < stop:
            if place in self._partner:
                place = self._partner[place]
            else:
                found.append(self._tokens[place])
            place += 1
        return found

    def _type(self, place: int) -> str:
        return self._tokens[place].type if 0 <= place < len(self._tokens) else ""


def _counted(number: Token, from_zero: bool) -> int:
    """A position counted from 1; that of 0 can only be counted from 0."""
    return max(1, int(number.value) + from_zero)


def _instead_of_slice(name: str, inner: list[Token], from_zero: bool) -> str:
    """What to write for a row, a column, or a vector that stands as a column."""
    kinds = [part.type for part in inner]
    if any(part.value in ("None", "newaxis") for part in inner):
        return f"{name}*1' for {name} in every column, 1*{name}' for {name} in every row"
    if kinds == ["COLON", "COMMA", "NUMBER"] and inner[2].value.isdecimal():
        return f"{name}*e_{_counted(inner[2], from_zero)}, the column"
    if kinds == ["NUMBER", "COMMA", "COLON"] and inner[0].value.isdecimal():
        return f"{name}'*e_{_counted(inner[0], from_zero)}, the row as a vector"
    return f"a symbol of its own for the part of {name}, or {name}*e_1 for a column"


_POINTWISE = {"inv": "reciprocal", "transpose": "transpose", "adjoint": "transpose"}


def _entry_by_entry(function: Token, vocabulary: Vocabulary) -> str:
    """The function that ``f.(x)`` applies to each entry.

    Raises ParseError for a function of whole vectors or matrices.
    """
    name = function.value
    if name in _POINTWISE:
        return _POINTWISE[name]
    own = vocabulary.function(name, called=True)
    if name in vocabulary.functions or own in foreign_names("julia"):
        return name
    if own is None:
        raise unknown_function(name, function.span)
    entry = functions().get(spellings().get(own, ""))
    if entry is None or not (entry.kind == "elementwise" or entry.signature == "t -> t"):
        message = f"{name}.(...) takes {name} of each entry, and {name} is a function of the whole"
        raise ParseError(message, span=function.span, suggestion=f"{name}(...)")
    return name
