"""Characters to raw tokens: numbers, runs of letters, operators, brackets, undecided bars, angle
brackets and limits of sums."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from matcalc.base.budgets import DEEPEST_NESTING, LONGEST_RUN, MOST_CHARACTERS, MOST_TOKENS
from matcalc.base.errors import LimitError, ParseError, Span
from matcalc.base.lazy import later, pattern
from matcalc.base.records import record
from matcalc.language.text.spelling import ACCENTS, FRACTIONS, ONES, SUBSCRIPTS, SUPERSCRIPTS, canonical_name, plain_letters
from matcalc.language.text.terminals import BRACKETS, Rewritten, Token, by_depth, partners, types_at

Limits: TypeAlias = tuple[tuple[str, str], ...]
Relations: TypeAlias = tuple[tuple[str, str, str], ...]

_LETTERS = pattern(r"\(?(?P<first>[a-z])(?P<rest>(?:,?[a-z])*)\)?")
_FROM = pattern(r"(?P<many>[a-z](?:,[a-z])*)=(?P<lower>[0-9]+|[a-z](?:\+1)?)(?P<rest>,.+)?")
_UP_TO = pattern(r"(?P<index>[a-z])∈(?:\\?\[(?P<set>\w+)\\?\]|\\?\{1,(?:2,)?(?:…|\.\.\.|,)*(?P<last>\w+)\\?\})")
_LISTED = pattern(r"(?P<index>[a-z])=1,(?:2,)?(?:…|\.\.\.),(?P<last>\w+)")
_IN_SET = pattern(r"\(?(?P<first>[a-z]),(?P<second>[a-z])\)?∈\{?(?P<set>[A-ZΓΔΘΛΞΠΣΦΨΩ]\w*)\}?")
_RANGE = pattern(r"1≤(?P<chain>[a-z](?:[<≤≠,][a-z])*)≤(?P<limit>\w[\w+-]*)")
_CHAIN = pattern(r"(?P<chain>[a-z](?:[<>≤≥≠][a-z])+)")
_STEP = pattern(r"[<>≤≥≠,]")
_NAME = pattern(r"[A-Za-z]\w*|[0-9]+")
_SUM_OF_SIZES = pattern(r"(?:[A-Za-z]\w*|[0-9]+)(?:[+-](?:[A-Za-z]\w*|[0-9]+))*")
_ADVICE = "Σ_i or Σ_{i=1}^n, Σ_{i<j}, Σ_{i≠j}; for a part of the positions multiply by numbers 0 and 1: Σ_i m_i x_i"


def sum_over(below: str, above: str, place: Span, above_place: Span | None = None) -> str:
    """What a sum runs over, as the value of its token: indices, limits and relations, separated by
    semicolons.

    ``below`` and ``above`` are what was written, without blanks. Raises ParseError for sums over
    other positions than all.

    >>> sum_over("i,j", "", Span(0, 1)), sum_over("i=1", "n", Span(0, 1)), sum_over("i<j", "", Span(0, 1))
    ('ij;;', 'i;i=n;', 'ij;;i<j')
    """
    above_place = above_place or place
    letters, start = _LETTERS.fullmatch(below), _FROM.fullmatch(below)
    if letters is not None:
        return _value(letters["first"] + letters["rest"].replace(",", ""), _upper(above, "1", above_place))
    counted = None if start is None else _counted(start, above, above_place)
    if counted is not None:
        return counted
    pairs = _IN_SET.fullmatch(below)
    if pairs is not None and not above:
        first, second = pairs["first"], pairs["second"]
        return _value(first + second, "", ((first, f"∈{canonical_name(pairs['set'])}", second),))
    chosen = _UP_TO.fullmatch(below) or _LISTED.fullmatch(below)
    if chosen is not None and not above:
        return _value(chosen["index"], chosen["last"] or chosen["set"])
    chain = _RANGE.fullmatch(below) or _CHAIN.fullmatch(below)
    if chain is not None:
        limit = _upper(chain.groupdict().get("limit") or above, "1", above_place)
        return _value("".join(_STEP.split(chain["chain"])), limit, _relations(chain["chain"]))
    raise ParseError("the index of the sum is not read", span=place, suggestion=_ADVICE)


def _counted(start: re.Match[str], above: str, place: Span) -> str | None:
    """``i=1``, ``i,j=1``, ``i=1,j=1`` and ``i=1,i<j``."""
    indices, rest = start["many"].replace(",", ""), (start["rest"] or ",")[1:]
    if rest and not rest[0].isalpha():
        return None
    if start["lower"][0].isalpha():  # Σ_{j=i+1}^n and Σ_{j=i}^n, i the index of a sum around it
        relation = (start["lower"][0], "<" if start["lower"][1:] else "≤", indices)
        return _value(indices, _upper(above, "1", place), (relation,)) if len(indices) == 1 and not rest else None
    upper, more, relations = _upper(above, start["lower"], place), _FROM.fullmatch(rest), _relations(rest)
    if more is not None and not more["rest"]:
        return _value(indices + more["many"].replace(",", ""), upper)
    related = bool(relations) and not {relations[0][0], relations[0][2]}.isdisjoint(indices)
    return _value(indices, upper, relations) if related or not rest else None


def _upper(above: str, lower: str, place: Span) -> str:
    """The number of positions from the upper limit, or the first and the last one, ``2:n-1``;
    ``0:n`` are all of n that are counted from 0."""
    if lower == "0" and above.endswith("-1"):
        return f"0:{above[:-2]}"
    if (not above and lower in ("0", "1")) or (_NAME.fullmatch(above) and lower == "1"):
        return above
    if lower == "0":
        raise ParseError("positions are counted from 1", span=place, suggestion="Σ_{i=1}^n")
    if _SUM_OF_SIZES.fullmatch(above):
        return f"{lower}:{above}"
    raise ParseError("the upper limit of the sum is not read", span=place, suggestion=_ADVICE)


def _relations(text: str) -> Relations:
    """The relations of a chain such as ``i<j<k``."""
    signs = _STEP.findall(text)
    names = _STEP.split(text)
    single = all(len(name) == 1 for name in names)
    return tuple([(left, sign, right) for left, sign, right in zip(names, signs, names[1:]) if single and sign != ","])


def _value(indices: str, upper: str, relations: Relations = ()) -> str:
    limits = ",".join(f"{index}={upper}" for index in indices) if upper else ""
    return f"{indices};{limits};{','.join(''.join(relation) for relation in relations)}"


OVER_INDICES = {**dict.fromkeys(("∑", "Σ", "sum"), ""), **dict.fromkeys(("∏", "prod"), "prod"), "max": "max", "min": "min"}
"""What takes the values of a formula at all positions together, with the function that it is of the
array of these; a sum has a node of its own."""


def over_positions(value: str, sign: str) -> str:
    """What runs over the positions that the value of a token says, by the sign or the word for it.

    >>> over_positions("i", "∑"), over_positions("i;i=n;", "max")
    ('i', 'i;i=n;;max')
    """
    function = OVER_INDICES[sign.lstrip("\\")]
    return ";".join([*(value + ";;").split(";")[:3], function]) if function else value


def summed(value: str) -> tuple[tuple[str, ...], Limits, Relations, str]:
    """Indices, limits, relations and the function from the value of a token.

    >>> summed("ij;i=n,j=n;i<j")
    (('i', 'j'), (('i', 'n'), ('j', 'n')), (('i', '<', 'j'),), '')
    """
    indices, limits, relations, function = (value + ";;;").split(";")[:4]
    found = tuple([(part[0], part[2:]) for part in limits.split(",") if part])
    related = tuple([(part[0], part[1:-1], part[-1]) for part in relations.split(",") if part])
    return tuple(indices), found, related, function


def unbound(sign: Token) -> ParseError:
    """What is said of the sign of a sum or product without an index."""
    word = OVER_INDICES[sign.value.lstrip("\\")] or "sum"
    what = {"prod": "product"}.get(word, word)
    return ParseError(
        f"the {what} needs an index", span=sign.span, suggestion=f"{sign.value}_i x_i, or {word}(x) for the {what} of all entries"
    )


def sum_sign(tokens: list[Token], position: int) -> Rewritten:
    """``∑_i``, ``∑ᵢ``."""
    sign, kinds = tokens[position], types_at(tokens, position + 1, 2)
    index, last = "", position
    if kinds[:1] == ["SUBSCRIPT_RUN"]:
        last = position + 1
        index = "".join(SUBSCRIPTS[c] for c in tokens[last].value)
    elif kinds == ["UNDERSCORE", "RUN"]:
        last = position + 2
        index = tokens[last].value
    if not index.isalpha():
        raise unbound(sign)
    return [Token("SUM_OVER", over_positions(index, sign.value), sign.start, tokens[last].end)], last + 1


def called_sums(tokens: list[Token]) -> list[Token]:
    """The tokens with ``sum(i=1:n-1, body)``, ``sum(i<=j, body)`` and products as sums that are
    written with a sign."""
    found = list(tokens)
    closing = partners(tokens)
    for start in reversed([place for place, token in enumerate(tokens) if token.value in _CALLED_SUMS]):
        stop = closing.get(start + 1)
        comma = (
            None
            if stop is None
            else next((at for at, one, depth in by_depth(tokens, start + 2) if one.type == "COMMA" and not depth), None)
        )
        if stop is None or comma is None or not start + 2 < comma < stop:
            continue
        place = Span(tokens[start + 2].start, tokens[comma - 1].end)
        value = _called_over("".join([token.value for token in tokens[start + 2 : comma]]), place)
        if value is not None and not _is_axis(tokens[comma + 1 : stop]):
            sign, opened, closed = tokens[start], tokens[start + 1], found[stop]
            found[stop : stop + 1] = [closed, closed]
            found[start : comma + 1] = [
                opened,
                Token("SUM_OVER", over_positions(value, sign.value), sign.start, place.end),
                opened,
            ]
            closing = partners(found)
    return found


_CALLED_SUMS = frozenset(["sum", "prod", "max", "min"])


def _is_axis(tokens: list[Token]) -> bool:
    """Whether a second argument says along which axis the first one is summed."""
    types = [token.type for token in tokens[:2]]
    return types == ["NUMBER"] or types == ["RUN", "EQUALS"] or (types == ["RUN"] and tokens[0].value in ("rows", "cols"))


_BETWEEN = pattern(r"(?P<index>[a-z])=(?P<first>[^:]+):(?P<last>[^:]+)")
_PAIRED = pattern(r"[a-z](?P<sign><=|>=|!=|[≤≥≠])[a-z]")
_ONE_SIGN = {"<=": "≤", ">=": "≥", "!=": "≠"}


def _called_over(head: str, place: Span) -> str | None:
    """What a sum runs over that is written as a call; None for another first argument."""
    between, paired = _BETWEEN.fullmatch(head), _PAIRED.fullmatch(head)
    if between is not None:
        return sum_over(f"{between['index']}={between['first']}", between["last"], place)
    if paired is not None:
        return sum_over(head.replace(paired["sign"], _ONE_SIGN.get(paired["sign"], paired["sign"])), "", place)
    return None


_MARK = pattern(r"_(?:\{?(?:F|Fro|fro|HS)\}?)(?!\w)")
_RELATION = pattern(r"[=-]>|<=|>=|<<|>>")


@record(eq=False)
class _Open:
    position: int
    depth: int
    commas: list[int]
    bars: list[int]


def angle_brackets(text: str) -> Mapping[int, tuple[list[Token], int]]:
    """By the place of each sign of an inner product, its tokens and where it ends. Signs of order,
    which have no partner, are none."""
    found: dict[int, tuple[list[Token], int]] = {}
    opened: list[_Open] = []
    depth = 0
    for position, character in enumerate(_RELATION.sub("  ", text)):
        depth += (character in "([") - (character in ")]")
        top = opened[-1] if opened else None
        if character in "<⟨":
            opened.append(_Open(position, depth, [], []))
        elif character in ";\n=":
            opened.clear()
        elif top is not None and depth == top.depth:
            if character in ",|∣":
                (top.commas if character == "," else top.bars).append(position)
            elif character in ">⟩":
                opened.pop()
                found |= _paired(text, top, position)
    return found


def _paired(text: str, top: _Open, close: int) -> dict[int, tuple[list[Token], int]]:
    cuts = top.commas or (top.bars[-1:] if text[close] == "⟩" else [])
    if len(cuts) != 1:
        return {}
    cut, start, mark = cuts[0], top.position, _MARK.match(text, close + 1)
    return {
        start: ([Token("RUN", "inner", start, start + 1), Token("LPAR", "(", start, start + 1)], start + 1),
        cut: ([Token("COMMA", ",", cut, cut + 1)], cut + 1),
        close: ([Token("RPAR", ")", close, close + 1)], mark.end() if mark else close + 1),
    }


if TYPE_CHECKING:
    from matcalc.language.text import meanings
else:
    meanings = later("matcalc.language.text.meanings")


_OPERATORS = {
    "PLUS": "+",
    "MINUS": "-−–‐",
    "TIMES": "*·⋅∙@×",
    "DIVIDE": "/÷∕",
    "ELEMENT_TIMES": "⊙∘∗",
    "ELEMENT_DIVIDE": "⊘",
    "KRONECKER": "⊗",
    "POWER": "^",
    "LEFT_DIVIDE": "\\",
    "COLON": ":",
    "TRANSPOSE": "'⊤’´ʹ′",
    "EQUALS": "=≔≜",
    "IMPLIES": "⇒⟹",
    "SEPARATOR": ";",
    "COMMA": ",",
    "LPAR": "(",
    "RPAR": ")",
    "LSQB": "[",
    "RSQB": "]",
    "NORM_BAR": "‖∥",
    "BAR": "|∣",
    "UNDERSCORE": "_",
    "NABLA": "∇",
    "SUM_SIGN": "∑∏",
    "ROOT": "√",
    "NEWLINE": "\n",
}
OPERATOR_TYPE = {character: kind for kind, characters in _OPERATORS.items() for character in characters}
OPERATOR_TYPE |= {
    "=>": "IMPLIES",
    ":=": "EQUALS",
    ".*": "ELEMENT_TIMES",
    "./": "ELEMENT_DIVIDE",
    ".^": "ELEMENT_POWER",
    "**": "POWER",
    ".+": "PLUS",
    ".-": "MINUS",
    "%*%": "TIMES",
    "%x%": "TIMES",
    "%o%": "TIMES",
}
_SUPER = "".join(re.escape(c) for c in SUPERSCRIPTS)
_SUB = "".join(SUBSCRIPTS)
_ACCENTS = "".join(ACCENTS)
_LETTER = r"[^\W\d_]"
_FRACTIONS = "".join(FRACTIONS)
_REMARKS = r"\#[^\n]*|\\[ \t]*\n|\.\.\.[ \t]*(?:%[^\n]*)?\n"
_IN_LINES = (
    r"(?P<COMMENT>%(?![*xo]%)[^\n]*)|(?P<NUMBER>(?:[0-9]+(?:\.(?![*/^'])[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+(?![^\W\d_]))?)"
)
_DOTTED = r"(?P<TRANSPOSE>\.(?:T(?!\w)|'))"
_QUOTES = r'\"{3}[\s\S]*?\"{3}|"[^"\n]*"'
_SIGNS = r"=>|:=|\.[*/^+-]|\*\*|%[*xo]%"
_COMPARED = r"(?P<RELATION>[<≤≥]=?|(?<![-|=])>=?|(?:!=|≠)(?=[ ]*[a-z][ ]*,))|(?P<POSITIVE_PART>(?<=[)\]])(?:_\+|_\{\+\}|₊))"
_DOT = r"(?P<DOT>\.(?=[^\W\d]|\())"
_TOKEN = pattern(
    rf"""
      (?P<FRACTION>[{_FRACTIONS}])
    | (?P<SPACE>[ \t\r\f\v\u00a0\u2000-\u200b\u2061-\u2064\u202f]+|{_REMARKS})
    | {_IN_LINES}
    | (?P<SUPERSCRIPT>[{_SUPER}]+)
    | (?P<ONES>{ONES})
    | (?P<INFINITY>∞)
    | (?P<SUM_OVER>[∑Σ∏][{_SUB}]+₌[₀-₉][{_SUPER}]*)
    | (?P<PARTIAL>∂)
    | (?P<SUBSCRIPT_RUN>[{_SUB}]+)
    | (?P<RUN>(?!{ONES}){_LETTER}(?:(?![{ONES}{_SUPER}])[^\W_{_FRACTIONS}]|[{_SUB}{_ACCENTS}]|_(?![{_SUPER}])[^\W_])*′*)
    | {_DOTTED}
    | (?P<STRING>{_QUOTES}|‘[^’\n]*’|“[^”\n]*”)
    | {_COMPARED}
    | (?P<OPERATOR>{_SIGNS}|[{re.escape("".join(k for k in OPERATOR_TYPE if len(k) == 1))}])
    | {_DOT}
    """,
    re.VERBOSE,
)
_PLAIN_TOKEN = pattern(
    rf"""
      (?P<SPACE>[ \t\r\f\v]+|{_REMARKS})
    | {_IN_LINES}
    | (?P<RUN>[A-Za-z](?:_?[A-Za-z0-9])*)
    | {_DOTTED}
    | (?P<STRING>{_QUOTES})
    | {_COMPARED}
    | (?P<OPERATOR>{_SIGNS}|[{re.escape("".join(k for k in OPERATOR_TYPE if len(k) == 1 and k.isascii()))}])
    | {_DOT}
    """,
    re.VERBOSE,
)
"""The same for a text in ASCII: sets of other characters take a hundred times longer to compile, a
tenth of a cold start."""
_BEFORE_WORDS = frozenset(["LPAR", "COMMA", "EQUALS"])
"""After what a quote opens a word, as in ``norm(X, 'fro')``, and is no transpose."""
_BEFORE_DOCSTRING = frozenset(["COLON", "NEWLINE", "SEPARATOR"])
_DOCSTRING = pattern(r"'{3}[\s\S]*?'{3}")
_QUOTED = pattern(r"'[^'\n]*'|’[^’\n]*’|´[^´\n]*´")


def scan(text: str) -> list[Token]:
    """Raw tokens of ``text``; positions are offsets into it.

    Raises ParseError for a character that is not in the language and for brackets that do not
    match; LimitError for a text that is too long or too deeply nested.
    """
    if len(text) > MOST_CHARACTERS:
        raise LimitError(f"the input has more than {MOST_CHARACTERS:,} characters")
    plain = plain_letters(text)
    token_at = (_PLAIN_TOKEN if text.isascii() else _TOKEN).match
    tokens: list[Token] = []
    paired = angle_brackets(plain) if "<" in plain or "⟨" in plain else {}
    position = 0
    while position < len(plain):
        if position in paired:
            made, position = paired[position]
            tokens += made
            continue
        match = token_at(plain, position)
        if match is None:
            raise _unknown_character(plain, position)
        kind, value, end = match.lastgroup or "", match[0], match.end()
        if kind not in _PLAIN:
            kind, value, end = _read(match, plain, position, tokens)
        if kind == "FRACTION":
            tokens += fraction(value, position)
        elif kind != "SPACE":
            tokens.append(Token(kind, value, position, end))
        position = end
        if len(tokens) > MOST_TOKENS:
            raise LimitError(f"the input has more than {MOST_TOKENS:,} symbols")
    _check_brackets(tokens)
    return tokens


_PLAIN = frozenset(["SPACE", "NUMBER"])
"""What is as it is found."""


def _read(match: re.Match[str], text: str, position: int, before: list[Token]) -> tuple[str, str, int]:
    """The type and the value of what was found at a position, and where it ends."""
    kind, value, end = match.lastgroup or "", match[0], match.end()
    if kind == "RUN" and len(value) > LONGEST_RUN:
        raise too_long(Span(position, end))
    if kind == "SUM_OVER":
        return kind, _small_limits(value, Span(position, end)), end
    if kind == "INFINITY":
        return "RUN", "infinity", end
    if kind != "OPERATOR":
        return kind, value, end
    kind = OPERATOR_TYPE[value]
    if kind == "ROOT":
        return "RUN", "sqrt", end
    quoted = _quotation(text, position, before) if kind == "TRANSPOSE" else None
    return (kind, value, end) if quoted is None else ("STRING", quoted[0], quoted.end())


def _quotation(text: str, position: int, before: list[Token]) -> re.Match[str] | None:
    """What stands in quotes from here, where the quote is no transpose; a docstring has three."""
    if not before or before[-1].type in _BEFORE_DOCSTRING:
        return _DOCSTRING.match(text, position)
    return _QUOTED.match(text, position) if before[-1].type in _BEFORE_WORDS else None


def _small_limits(written: str, place: Span) -> str:
    """``∑ᵢ₌₁ⁿ``: what the sum runs over."""
    below, _, above = written[1:].partition("₌")
    letters = "".join([SUBSCRIPTS[c] for c in below])
    value = sum_over(f"{letters}={SUBSCRIPTS[above[0]]}", "".join([SUPERSCRIPTS[c] for c in above[1:]]), place)
    return over_positions(value, written[0])


def too_long(span: Span) -> LimitError:
    """What is said of a run of letters that nobody would write."""
    return LimitError(f"a run of more than {LONGEST_RUN} letters", span=span, suggestion="spaces or operators between names")


def fraction(character: str, position: int) -> list[Token]:
    """``½`` as one divided by two, in brackets."""
    above, below = FRACTIONS[character]
    kinds = ("LPAR", "NUMBER", "DIVIDE", "NUMBER", "RPAR")
    return [Token(kind, value, position, position + 1) for kind, value in zip(kinds, ("(", above, "/", below, ")"))]


def inequality(character: str, span: Span) -> ParseError:
    """What is said of a sign of order between expressions."""
    said = f"{character!r} is not used in expressions: only equations are decided"
    return ParseError(
        "inequalities are not read" if character[:1] == "\\" else said,
        span=span,
        suggestion=None if character in "≠" else "step(a - b) for 1 where a > b, else 0",
    )


def _unknown_character(text: str, position: int) -> ParseError:
    character = text[position]
    span = Span(position, position + 1)
    if character == ".":
        return meanings.dot_in(text, position)
    if character in "∛∜":
        return ParseError("higher roots have no sign here", span=span, suggestion=f"x^(1/{3 + (character == '∜')})")
    if character in "{}":
        return ParseError(f"{character!r} is not used here", span=span, suggestion="round brackets")
    if character in ">" and text[position - 1 : position] in ("-", "|", "="):
        return ParseError(
            "arrows are not read",
            span=Span(position - 1, position + 1),
            suggestion="the formula alone, or f(x) = ... for a function",
        )
    if character in "<>≤≥≠":
        return inequality(character, span)
    return ParseError(
        f"the character {character!r} (U+{ord(character):04X}) is not in the language",
        span=span,
        suggestion=next((said for characters, said in _INSTEAD.items() if character in characters), "remove it"),
    )


_INSTEAD = {
    "⟨⟩": "x'*y, or tr(A'*B) for matrices",
    "&": "x.*y, of numbers 0 and 1",
    "~": "= in an equation; of a distribution write the log-likelihood: -(x - mu)'*inv(Sigma)*(x - mu)/2",
    "!": "remove it; factorials and negations are not read",
    "?": "where(c, a, b) for c ? a : b",
    "∐": "exp(sum(log(x))) for the product of positive entries",
    "∫∮": "remove it; integrals are not read",
}
"""What is written for a character that is not in the language."""
_SHOWN = {"LPAR": "(", "LSQB": "[", "RPAR": ")", "RSQB": "]"}


def _check_brackets(tokens: list[Token]) -> None:
    opened: list[Token] = []
    for token in tokens:
        if token.type in BRACKETS:
            opened.append(token)
            if len(opened) > DEEPEST_NESTING:
                raise LimitError(f"brackets are nested more than {DEEPEST_NESTING:,} deep", span=token.span)
        elif token.type in _SHOWN:
            if not opened:
                raise ParseError(
                    f"{token.value!r} closes nothing",
                    span=token.span,
                    suggestion=f"remove it, or open a {'(' if token.type == 'RPAR' else '['!r} before",
                )
            last = opened.pop()
            if BRACKETS[last.type] != token.type:
                said = f"{token.value!r} does not match {last.value!r}"
                raise ParseError(said, span=token.span, suggestion=_closing(last))
    if opened:
        several = f"s: {''.join(map(_closing, reversed(opened)))}" if len(opened) > 1 else ""
        said = f"{opened[-1].value!r} is never closed"
        raise ParseError(said, span=opened[-1].span, suggestion=f"add the closing bracket{several}")


def _closing(opened: Token) -> str:
    return _SHOWN[BRACKETS[opened.type]]
