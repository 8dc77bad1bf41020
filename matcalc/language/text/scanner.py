"""Characters to raw tokens: numbers, runs of letters, operators, brackets, undecided bars and angle
brackets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from matcalc.base.budgets import DEEPEST_NESTING, LONGEST_RUN, MOST_CHARACTERS, MOST_TOKENS
from matcalc.base.errors import LimitError, ParseError, Span
from matcalc.base.lazy import later, pattern
from matcalc.base.records import record
from matcalc.language.text.spelling import ACCENTS, FRACTIONS, ONES, SUBSCRIPTS, SUPERSCRIPTS, plain_letters
from matcalc.language.text.terminals import BRACKETS, Token

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
    from matcalc.language.text import meanings, sum_limits
else:
    meanings = later("matcalc.language.text.meanings")
    sum_limits = later("matcalc.language.text.sum_limits")


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
    value = sum_limits.sum_over(f"{letters}={SUBSCRIPTS[above[0]]}", "".join([SUPERSCRIPTS[c] for c in above[1:]]), place)
    return sum_limits.over_positions(value, written[0])


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
