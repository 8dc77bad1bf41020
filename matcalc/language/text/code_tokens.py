"""Raw tokens of program text in those of the language: modules, methods, keywords, slices, lines of
Python, signs of R."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from matcalc.base.errors import ParseError, Span
from matcalc.base.files import stored_table
from matcalc.base.functions import functions, of_entries, spellings
from matcalc.base.lazy import later
from matcalc.language.decisions import Decision
from matcalc.language.text.dialects import Signs, Written, foreign_names, of_lists
from matcalc.language.text.meanings import LIKE_FUNCTIONS, dot_in, unknown_function
from matcalc.language.text.spelling import WORDS, Vocabulary
from matcalc.language.text.terminals import BRACKETS, Token, by_depth, closing, partners, type_at, types_at

if TYPE_CHECKING:
    from matcalc.language.text import python_slices
else:
    python_slices = later("matcalc.language.text.python_slices")

PRODUCT, KRONECKER, OUTER = "%*%", "%x%", "%o%"
_IN_PYTHON = {PRODUCT: "@", "^": "**"}


def in_arrays(tokens: list[Token]) -> list[Token]:
    """The tokens with the products and the powers of R as those of NumPy, with which the rest of R
    agrees.

    Raises ParseError for the outer product, which has an axis for each of both.
    """
    for token in tokens:
        if token.value == OUTER:
            raise ParseError("outer products of arrays are not read", span=token.span, suggestion="u %*% t(v) for two vectors")
    kinds = {KRONECKER: "KRONECKER"}
    return [token.as_a(kinds.get(token.value, token.type), _IN_PYTHON.get(token.value)) for token in tokens]


_DROPPED = frozenset(["import", "from"])
_BRANCHING = frozenset(["for", "while", "if", "with", "try", "class", "assert", "raise"])
_STRAIGHT_ONLY = "code is read when it goes straight on: assignments and a value"


def straight(tokens: list[Token]) -> list[Token]:
    """The statements of a text of Python: without imports, headers of functions, docstrings and
    ``return``.

    Raises ParseError for loops, branches and ``+=``.
    """
    if not any(token.type in ("NEWLINE", "SEPARATOR", "STRING", "EQUALS") or token.value in _HEADS for token in tokens):
        return tokens
    headed = "lambda" if any(token.type == "COLON" for token in tokens) else None  # else it is λ
    out: list[Token] = []
    begins, assigns, done = True, False, 0
    for place, token, depth in by_depth(tokens):
        if place < done:
            continue
        if begins and (taken := _beginning(tokens, place)):
            out[-1:] = map(_ended, out[-1:]) if token.value == "return" else out[-1:]
            done = place + taken
            continue
        assigns = types_at(tokens, place, 2) == ["RUN", "EQUALS"] if begins else assigns
        if token.type == "RUN" and token.value == headed:
            done = _after_header(tokens, place)
            out = [] if types_at(out, 0, 3) == ["RUN", "EQUALS"] else out
            continue
        _check_augmented(tokens, place, depth)
        out.append(_ended(token) if assigns and not depth else token)
        begins = token.type in _LINE_ENDS and not depth
    return out


_LINE_ENDS = frozenset(["NEWLINE", "SEPARATOR"])
_VALUE_BEGINS = frozenset(["RUN", "NUMBER", "LPAR", "MINUS", "NORM_BAR", "BAR", "LSQB"])


def _ended(token: Token) -> Token:
    """The end of a line as the end of a statement, whatever sign the next line begins with."""
    return token.as_a("SEPARATOR") if token.type == "NEWLINE" else token


_HEADS = frozenset(["def", "lambda", "return", "import", "from"]) | _BRANCHING


def _beginning(tokens: list[Token], place: int) -> int:
    """The tokens at the beginning of a statement that have no meaning in a formula."""
    token, following = tokens[place], type_at(tokens, place + 1)
    if token.type == "STRING":
        return int(following in ("", *_LINE_ENDS))
    if token.type != "RUN" or following not in _VALUE_BEGINS:
        return 0
    if token.value == "return" or following != "RUN":
        return int(token.value == "return")
    if token.value in _DROPPED:
        return next((end for end in range(place, len(tokens)) if tokens[end].type in _LINE_ENDS), len(tokens)) - place
    if token.value == "def":
        return _after_header(tokens, place) - place
    if token.value in _BRANCHING:
        raise ParseError(
            f"{token.value!r} is not read: {_STRAIGHT_ONLY}", span=token.span, suggestion="r = X @ w - y; np.sum(r**2)"
        )
    return 0


def _after_header(tokens: list[Token], place: int) -> int:
    """The position after the colon that ends the header of a function.

    Raises ParseError when there is none.
    """
    for position, token, depth in by_depth(tokens, place):
        if depth == 0 and token.type == "COLON":
            return position + 1
    raise ParseError(f"the colon after {tokens[place].value!r} is missing", span=tokens[place].span)


def _check_augmented(tokens: list[Token], place: int, depth: int) -> None:
    token = tokens[place]
    if token.type != "EQUALS" or depth or not place or tokens[place - 1].end != token.start:
        return
    sign = tokens[place - 1]
    if sign.type in ("PLUS", "MINUS", "TIMES", "DIVIDE"):
        raise ParseError(
            f"'{sign.value}=' changes a value, and every name has one value",
            span=Span(sign.start, token.end),
            suggestion="a new name for the sum",
        )


def without_handle(tokens: list[Token]) -> list[Token]:
    """The tokens without the head of an anonymous function of MATLAB, ``f = @(x)``."""
    start = 2 if types_at(tokens, 0, 2) == ["RUN", "EQUALS"] else 0
    if type_at(tokens, start + 1) != "LPAR" or tokens[start].value != "@":
        return tokens
    stop = next((place for place in range(start + 2, len(tokens)) if tokens[place].type not in ("RUN", "COMMA")), start)
    return tokens[stop + 1 :] if tokens[stop].type == "RPAR" else tokens


_OPERAND_ENDS = frozenset(["RUN", "NUMBER", "RPAR", "RSQB", "TRANSPOSE", "SUPERSCRIPT", "VEC", "POSITIVE_PART"])
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
    for first, second, third in zip(tokens, tokens[1:], tokens[2:]) if "for" in values else ():
        if first.value == "for" and second.type == "RUN" and third.value == "in":
            raise ParseError("loops are not read", span=Span(first.start, third.end), suggestion="sum(i, x[i]^2), or sum(x.^2)")
    if "@" in values and not written.arrays:
        tokens = without_handle(tokens)
    if written.arrays:
        listed = any(not of_lists(sort).isdisjoint(values) for sort in ("names", "of_rows"))
        tokens = straight(_with_round_lists(tokens) if listed else tokens)
        if "LSQB" in signs.types:
            tokens = python_slices.in_positions(tokens, decisions)
    return _Rewriting(tokens, written, vocabulary, text, decisions).done()


def _with_round_lists(tokens: list[Token]) -> list[Token]:
    """``concatenate([x, y])`` with round brackets, which hold lists as well; those around all rows
    of an array are left out."""
    out = list(tokens)
    closes = partners(tokens, BRACKETS)
    gone: set[int] = set()
    for called, end in closes.items():
        name = tokens[called - 1].value if called and tokens[called].type == "LPAR" else ""
        last = closes.get(called + 1, end)
        if name in of_lists("of_rows") and name != "block" and not _has_rows_or_commas(tokens, called + 1, last):
            continue
        for place in range(called + 1, end) if name in of_lists() | of_lists("of_rows") else ():
            if tokens[place].type == "LSQB" and tokens[place - 1].type in _BEFORE_LISTS and place in closes:
                out[place], out[closes[place]] = tokens[place].as_a("LPAR", "("), tokens[closes[place]].as_a("RPAR", ")")
        if name in of_lists("of_rows") and (last == end - 1 or types_at(tokens, last + 1, 3) == ["COMMA", "RUN", "EQUALS"]):
            gone |= {called + 1, last}
    return [token for place, token in enumerate(out) if place not in gone]


def _has_rows_or_commas(tokens: list[Token], start: int, stop: int) -> bool:
    """Whether a list holds several entries, or lists."""
    return type_at(tokens, start + 1) == "LSQB" or any(
        token.type == "COMMA" and not depth for _, token, depth in by_depth(tokens[:stop], start + 1)
    )


_BEFORE_LISTS = frozenset(["LPAR", "LSQB", "COMMA"])


def known_names(tokens: list[Token], written: Written, vocabulary: Vocabulary) -> Vocabulary:
    """The words with the names of a program, which are never products of their letters."""
    if not (written.sure and written.dialect in _ONE_NAME):
        return vocabulary
    following = [*(token.type for token in tokens[1:]), ""]
    alone = {token.value for token, after in zip(tokens, following) if token.type == "RUN" and after != "LPAR"}
    return vocabulary.knowing([name for name in alone if len(name) > 1 and _is_one_name(name, alone, vocabulary)])


def _is_one_name(name: str, alone: set[str], vocabulary: Vocabulary) -> bool:
    """Whether a run of letters in a program is a name: unless it is a function, or each of its
    letters is a name of its own."""
    change = name[0] == "d" and name[1:] in alone
    product = name.isalpha() and name.isascii() and alone.issuperset(name)
    return not (name in WORDS or change or product or vocabulary.function(name, called=True) is not None)


def _without_comments(tokens: list[Token], decisions: list[Decision]) -> list[Token]:
    out: list[Token] = []
    for token in tokens:
        if token.type != "COMMENT":
            out.append(token)
        elif out and out[-1].type not in ("SEPARATOR", "NEWLINE"):
            decisions.append(
                Decision(
                    f"what follows the sign % is read as a remark: {token.value[1:].strip() or 'nothing'}",
                    "dialect",
                    "doubtful",
                    token.span,
                    ("a remark: a semicolon before %", "a remainder: not read"),
                )
            )
    return out


class _Rewriting:
    """One pass over the tokens of a text."""

    def __init__(
        self, tokens: list[Token], written: Written, vocabulary: Vocabulary, text: str, decisions: list[Decision]
    ) -> None:
        self._tokens, self._written, self._vocabulary = tokens, written, vocabulary
        self._text, self._decisions = text, decisions
        self._partner = partners(tokens, BRACKETS)
        self._out: list[Token] = []
        self._depth = 0
        self._defined = {
            tokens[start - 1].value for start, stop in self._partner.items() if start and self._type(stop + 1) == "EQUALS"
        }
        """Names that stand with brackets before an equals sign: functions, ``f(x) = ...``."""
        self._indices = {
            tokens[place + 2].value
            for place, token in enumerate(tokens)
            if token.value == "sum"
            and types_at(tokens, place + 1, 3) == ["LPAR", "RUN", "COMMA"]
            and len(tokens[place + 2].value) == 1
        }
        """Of sums, ``sum(i, x(i))``."""
        self._sliced = self._with_parts()
        """Opening brackets that hold, and not within other brackets, what takes a part of an
        array."""
        self._instead: dict[int, list[Token]] = {}
        """What stands for brackets that become others, and for commas and brackets around what is
        mapped: ``sum(abs2, x)``."""

    def _with_parts(self) -> set[int]:
        found: set[int] = set()
        opened: list[int] = []
        for place, token in enumerate(self._tokens):
            if place in self._partner:
                opened.append(place)
            elif token.type in ("RPAR", "RSQB") and opened:
                opened.pop()
            elif token.type in ("COLON", "RANGE", "WHOLE") or token.value in ("end", "None", "newaxis"):
                found.update(opened[-1:])
        return found

    def done(self) -> list[Token]:
        place = 0
        while place < len(self._tokens):
            place += self._take(place)
        return self._out

    def _take(self, place: int) -> int:
        """Writes what stands at a place; the number of tokens taken."""
        token = self._tokens[place]
        self._depth -= token.type in ("RPAR", "RSQB")
        if place in self._instead:
            self._out += self._instead[place]
            return 1
        match token.type:
            case "RUN":
                return self._run(place)
            case "DOT":
                return self._dot(place)
            case "LPAR":
                return self._opening(place)
            case "LSQB" if place in self._sliced:
                self._check_slice(place)
            case "STRING":
                token = token.as_a("WORD", token.value.strip("'\"‘’“”´"))
            case "COLON":
                raise ParseError("':' is not used in expressions", span=token.span)
            case "SEPARATOR" if self._depth and self._written.dialect == "julia":
                token = token.as_a("COMMA", ",")
        self._depth += token.type in BRACKETS
        self._out.append(token)
        return 1

    # ------------------------------------------------------------ names

    def _run(self, place: int) -> int:
        token, following = self._tokens[place], self._type(place + 1)
        if types_at(self._tokens, place + 1, 2) == ["DOT", "RUN"] and (module := self._module(place)):
            return module
        if self._written.dialect == "numpy" and token.value in _CONSTANTS:
            self._out.append(token.as_a("WORD"))
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
        table = stored_table("dialects")["modules"]
        name, after = self._tokens[place].value, self._tokens[place + 2].value
        of_letter = name in table["letters"] and after in table["of_letters"] and self._type(place + 3) == "LPAR"
        if self._vocabulary.declares(name) or not (of_letter or name in table["names"]):
            return 0
        taken = 2
        while self._tokens[place + taken].value in table["inner"] and self._type(place + taken + 1) == "DOT":
            taken += 2
        last = self._tokens[place + taken]
        module = name if taken == 2 else self._tokens[place + taken - 2].value
        own = table["of_their_own"].get(f"{module}.{last.value}")
        if own is not None and self._type(place + taken + 1) == "LPAR":
            self._instead[place + taken] = [last.as_a("RUN", own)]
        as_order = self._type(place - 1) in ("COMMA", "EQUALS") and self._type(place + taken + 1) == "RPAR"
        if last.value == "inf" and as_order:
            return taken
        if last.type == "RUN" and last.value in ("newaxis", "inf", "nan", "e"):
            raise ParseError(
                f"{name}.{last.value} is not read",
                span=Span(self._tokens[place].start, last.end),
                suggestion="norm(x, inf), norm(x) or norm(X, spectral)" if last.value == "inf" else None,
            )
        return taken

    def _mapped(self, opening: int) -> None:
        """``sum(abs2, x)``: the sum of a function of each entry."""
        comma = opening + 2
        if types_at(self._tokens, opening + 1, 2) != ["RUN", "COMMA"] or opening not in self._partner:
            return
        function = self._tokens[opening + 1].value
        if self._vocabulary.function(function, called=True) is None or self._vocabulary.declares(function):
            return
        stop = self._partner[opening]
        place = next((place for place in self._shallow(comma, stop) if self._type(place) in ("COMMA", "SEPARATOR")), stop)
        last = self._tokens[place]
        if last.type == "SEPARATOR" and self._written.dialect == "julia":
            last = last.as_a("COMMA", ",")
        self._instead[comma] = [self._tokens[comma].as_a("LPAR", "(")]
        self._instead[place] = [closing(last.start), last]

    # ------------------------------------------------------------ dots

    def _dot(self, place: int) -> int:
        """``log.(x)``, ``X.sum(...)``, ``X.shape``."""
        dot, after = self._tokens[place], self._tokens[place + 1]
        receiver, called_dot = self._before(place), after.type == "LPAR"
        if receiver is None or (called_dot and receiver.type != "RUN"):
            raise dot_in(self._text, dot.start)
        if called_dot:
            self._out[-1] = Token("RUN", _entry_by_entry(receiver, self._vocabulary), receiver.start, dot.end)
            return 1
        called = self._type(place + 2) == "LPAR"
        self._out.append(Token("METHOD" if called else "ATTRIBUTE", after.value, dot.start, after.end))
        return 2

    def _before(self, place: int) -> Token | None:
        """The end of an operand at once before a place."""
        last = self._out[-1] if self._out else None
        return last if last is not None and last.type in _OPERAND_ENDS and last.end == self._tokens[place].start else None

    # ------------------------------------------------------------ brackets

    def _opening(self, place: int) -> int:
        """``X(:)``, ``x(3)``, ``A(2, 1)``, or a bracket like any other."""
        token, stop, before = self._tokens[place], self._partner.get(place, place), self._before(place)
        inner = self._tokens[place + 1 : stop] if stop - place <= _LONGEST_POSITIONS else []
        if before is not None and types_at(inner, 0, 2) == ["COLON"]:
            self._out.append(Token("VEC", "(:)", token.start, self._tokens[stop].end))
            return stop + 1 - place
        if before is not None and place in self._sliced:
            self._check_slice(place)
        if before is not None and before.type == "RUN" and self._is_entry(before.value, inner):
            self._instead[stop] = [self._tokens[stop].as_a("RSQB", "]")]
            self._say_entry(before, inner)
            token = token.as_a("LSQB", "[")
        self._out.append(token)
        self._depth += 1
        return 1

    def _is_entry(self, name: str, inner: list[Token]) -> bool:
        """Whether brackets after a name hold whole numbers and nothing else: nobody writes a
        product so."""
        numbers, declared = inner[::2], self._vocabulary.declares(name)
        if self._written.arrays or [part.type for part in inner[1::2]] not in ([], ["COMMA"]) or len(inner) % 2 == 0:
            return False
        called = self._vocabulary.function(name, called=True) is not None or name in self._vocabulary.functions
        return (
            not called
            and name not in self._defined
            and all(part.value in self._indices or part.value.isdecimal() for part in numbers)
            and (declared or not name.isalpha() or (len(name) == 1 and (len(numbers) == 2 or name not in LIKE_FUNCTIONS)))
        )

    def _say_entry(self, name: Token, inner: list[Token]) -> None:
        said = f"{name.value}({', '.join(part.value for part in inner[::2])}) is read as an entry of {name.value}"
        counted = ", counted from 1" if any(part.type == "NUMBER" for part in inner) else ""
        self._decisions.append(Decision(said + counted, "dialect", span=name.span))

    def _check_slice(self, place: int) -> None:
        """Raises ParseError for ``A(:, 2)``, ``X[1:3]`` and ``x[:, None]``."""
        stop = self._partner.get(place, place)
        inner = [self._tokens[k] for k in self._shallow(place, stop)]
        types = {part.type for part in inner}
        axes = any(part.value in ("None", "newaxis") for part in inner if part.type == "RUN")
        if "COLON" not in types and not types.isdisjoint(("RANGE", "WHOLE")) and not axes:
            return
        colons = [part for part in inner if part.type in ("COLON", "RANGE", "WHOLE") or (part.type, part.value) == ("RUN", "end")]
        if not (colons or axes) or (self._vocabulary.declares("end") and all(part.value == "end" for part in colons)):
            return
        span = Span(self._tokens[place].start, self._tokens[stop].end)
        name = self._tokens[place - 1].value if place and self._tokens[place - 1].type == "RUN" else "A"
        raise ParseError(
            "slices are not read" if colons else "an axis of size 1 cannot be put in",
            span=span,
            suggestion=_instead_of_slice(name, inner, self._written.arrays),
        )

    def _shallow(self, place: int, stop: int) -> Iterator[int]:
        """The places behind one and up to another, without what stands in brackets between them."""
        place += 1
        while place < stop:
            if place not in self._partner:
                yield place
            place = self._partner.get(place, place) + 1

    def _type(self, place: int) -> str:
        return type_at(self._tokens, place)


def _counted(number: Token, from_zero: bool) -> int:
    """A position counted from 1; that of 0 can only be counted from 0."""
    return max(1, int(number.value) + from_zero)


def _instead_of_slice(name: str, inner: list[Token], from_zero: bool) -> str:
    """What to write for a row, a column, or a vector that stands as a column."""
    kinds = ["COLON" if part.type == "WHOLE" else part.type for part in inner]
    if any(part.value in ("None", "newaxis") for part in inner):
        return f"{name}*1' for {name} in every column, 1*{name}' for {name} in every row"
    if kinds == ["COLON", "COMMA", "NUMBER"] and inner[2].value.isdecimal():
        return f"{name}*e_{_counted(inner[2], from_zero)}, the column"
    if kinds == ["NUMBER", "COMMA", "COLON"] and inner[0].value.isdecimal():
        return f"{name}'*e_{_counted(inner[0], from_zero)}, the row as a vector"
    return f"a symbol of its own for the part of {name}, or {name}*e_1 for a column"


_POINTWISE = {"inv": "reciprocal", "transpose": "transpose", "adjoint": "transpose", "gamma": "Gamma"}


def _entry_by_entry(function: Token, vocabulary: Vocabulary) -> str:
    """The function that ``f.(x)`` applies to each entry.

    Raises ParseError for a function of whole vectors or matrices.
    """
    name = function.value
    own = vocabulary.function(name, called=True)
    if name in vocabulary.functions or own in foreign_names("julia"):
        return name
    if name in _POINTWISE:
        return _POINTWISE[name]
    if own is None:
        raise unknown_function(name, function.span)
    entry = functions().get(spellings().get(own, ""))
    if entry is not None and entry.name in of_entries():
        return of_entries()[entry.name]
    if entry is None or (entry.kind != "elementwise" and ":" in entry.signature):
        raise ParseError(
            f"{name}.(...) takes {name} of each entry, and {name} is a function of the whole",
            span=function.span,
            suggestion=f"{name}(...)",
        )
    return name
