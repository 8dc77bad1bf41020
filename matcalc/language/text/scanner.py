"""Characters to raw tokens: numbers, runs of letters, operators, brackets and undecided bars."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from matcalc.base.budgets import DEEPEST_NESTING, LONGEST_RUN, MOST_CHARACTERS, MOST_TOKENS
from matcalc.base.errors import LimitError, ParseError, Span
from matcalc.base.lazy import later, pattern
from matcalc.language.text.spelling import ACCENTS, FRACTIONS, ONES, SUBSCRIPTS, SUPERSCRIPTS, plain_letters
from matcalc.language.text.terminals import Token

if TYPE_CHECKING:
    from matcalc.language.text import angles, python_spellings, sum_limits
else:
    angles = later("matcalc.language.text.angles")
    python_spellings = later("matcalc.language.text.python_spellings")
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
    "SUM_SIGN": "∑",
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
_IN_LINES = r"(?P<COMMENT>%(?![*xo]%)[^\n]*)|(?P<NUMBER>(?:[0-9]+(?:\.(?![*/^'])[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+(?![^\W\d_]))?)"
_DOTTED = r"(?P<TRANSPOSE>\.(?:T(?!\w)|'))"
_QUOTES = r'\"{3}[\s\S]*?\"{3}|"[^"\n]*"'
_SIGNS = r"=>|:=|\.[*/^+-]|\*\*|%[*xo]%"
_DOT = r"(?P<DOT>\.(?=[^\W\d]|\())"
_TOKEN = pattern(
    rf"""
      (?P<FRACTION>[{_FRACTIONS}])
    | (?P<SPACE>[ \t\r\f\v\u00a0\u2000-\u200b\u2061-\u2064\u202f]+|{_REMARKS})
    | {_IN_LINES}
    | (?P<SUPERSCRIPT>[{_SUPER}]+)
    | (?P<ONES>{ONES})
    | (?P<SUM_OVER>[∑Σ][{_SUB}]+₌[₀₁][{_SUPER}]*)
    | (?P<PARTIAL>∂)
    | (?P<SUBSCRIPT_RUN>[{_SUB}]+)
    | (?P<RUN>(?!{ONES}){_LETTER}(?:(?![{ONES}{_SUPER}])[^\W_{_FRACTIONS}]|[{_SUB}{_ACCENTS}]|_(?![{_SUPER}])[^\W_])*′*)
    | {_DOTTED}
    | (?P<STRING>{_QUOTES}|‘[^’\n]*’|“[^”\n]*”)
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
    | (?P<OPERATOR>{_SIGNS}|[{re.escape("".join(k for k in OPERATOR_TYPE if len(k) == 1 and k.isascii()))}])
    | {_DOT}
    """,
    re.VERBOSE,
)
"""The same for a text in ASCII: sets of other characters take a hundred times longer to compile, a tenth of a cold start."""
_BEFORE_WORDS = frozenset(["LPAR", "COMMA", "EQUALS"])
"""After what a quote opens a word, as in ``norm(X, 'fro')``, and is no transpose."""
_BEFORE_DOCSTRING = frozenset(["COLON", "NEWLINE", "SEPARATOR"])
_DOCSTRING = pattern(r"'{3}[\s\S]*?'{3}")
_QUOTED = pattern(r"'[^'\n]*'|’[^’\n]*’|´[^´\n]*´")


def scan(text: str) -> list[Token]:
    """Raw tokens of ``text``; positions are offsets into it.

    Raises ParseError for a character that is not in the language and for brackets that do not match; LimitError for a text
    that is too long or too deeply nested.
    """
    if len(text) > MOST_CHARACTERS:
        raise LimitError(f"the input has more than {MOST_CHARACTERS:,} characters")
    plain = plain_letters(text)
    token_at = (_PLAIN_TOKEN if text.isascii() else _TOKEN).match
    tokens: list[Token] = []
    paired = angles.angle_brackets(plain) if "<" in plain or "⟨" in plain else {}
    position = 0
    while position < len(plain):
        if position in paired:
            made, position = paired[position]
            tokens += made
            continue
        match = token_at(plain, position)
        if match is None:
            raise _unknown_character(plain, position)
        kind, value = match.lastgroup or "", match[0]
        end = match.end()
        if kind == "RUN":
            if len(value) > LONGEST_RUN:
                raise too_long(Span(position, end))
        elif kind == "OPERATOR":
            kind = OPERATOR_TYPE[value]
            if kind == "TRANSPOSE" and (quoted := _quotation(plain, position, tokens)) is not None:
                kind, value, end = "STRING", quoted[0], quoted.end()
            elif kind == "ROOT":
                kind, value = "RUN", "sqrt"
        elif kind == "SUM_OVER":
            value = _small_limits(value, Span(position, end))
        if kind == "FRACTION":
            tokens += fraction(value, position)
        elif kind != "SPACE":
            tokens.append(Token(kind, value, position, end))
        position = end
        if len(tokens) > MOST_TOKENS:
            raise LimitError(f"the input has more than {MOST_TOKENS:,} symbols")
    _check_brackets(tokens)
    return tokens


def _quotation(text: str, position: int, before: list[Token]) -> re.Match[str] | None:
    """What stands in quotes from here, where the quote is no transpose; a docstring has three."""
    if not before or before[-1].type in _BEFORE_DOCSTRING:
        return _DOCSTRING.match(text, position)
    return _QUOTED.match(text, position) if before[-1].type in _BEFORE_WORDS else None


def _small_limits(written: str, place: Span) -> str:
    """``∑ᵢ₌₁ⁿ``: what the sum runs over."""
    below, _, above = written[1:].partition("₌")
    letters = "".join([SUBSCRIPTS[c] for c in below])
    return sum_limits.sum_over(f"{letters}={SUBSCRIPTS[above[0]]}", "".join([SUPERSCRIPTS[c] for c in above[1:]]), place)


def too_long(span: Span) -> LimitError:
    """What is said of a run of letters that nobody would write."""
    return LimitError(f"a run of more than {LONGEST_RUN} letters", span=span, suggestion="spaces or operators between names")


def fraction(character: str, position: int) -> list[Token]:
    """``½`` as one divided by two, in brackets."""
    above, below = FRACTIONS[character]
    parts = (("LPAR", "("), ("NUMBER", above), ("DIVIDE", "/"), ("NUMBER", below), ("RPAR", ")"))
    return [Token(kind, value, position, position + 1) for kind, value in parts]


def inequality(character: str, span: Span) -> ParseError:
    """What is said of a sign of order between expressions."""
    advice = None if character in "≠" else "step(a - b) for 1 where a > b, else 0"
    return ParseError(f"{character!r} is not used in expressions: only equations are decided", span=span, suggestion=advice)


def _unknown_character(text: str, position: int) -> ParseError:
    character = text[position]
    span = Span(position, position + 1)
    if character == ".":
        return python_spellings.dot_in(text, position)
    if character in "∛∜":
        return ParseError("higher roots have no sign here", span=span, suggestion=f"x^(1/{3 + (character == '∜')})")
    if character in "{}":
        return ParseError(f"{character!r} is not used here", span=span, suggestion="round brackets")
    if character in ">" and text[position - 1 : position] in ("-", "|", "="):
        advice = "the formula alone, or f(x) = ... for a function"
        return ParseError("arrows are not read", span=Span(position - 1, position + 1), suggestion=advice)
    if character in "<>≤≥≠":
        return inequality(character, span)
    advice = next((said for characters, said in _INSTEAD.items() if character in characters), "remove it")
    return ParseError(f"the character {character!r} (U+{ord(character):04X}) is not in the language", span=span, suggestion=advice)


_INSTEAD = {
    "⟨⟩": "x'*y, or tr(A'*B) for matrices",
    "&": "x.*y, of numbers 0 and 1",
    "~": "= in an equation; of a distribution write the log-likelihood: -(x - mu)'*inv(Sigma)*(x - mu)/2",
    "!": "remove it; factorials and negations are not read",
    "∏∐": "exp(sum(log(x))) for the product of positive entries",
    "∫∮": "remove it; integrals are not read",
}
"""What is written for a character that is not in the language."""
_PAIRS = {"RPAR": "LPAR", "RSQB": "LSQB"}
_SHOWN = {"LPAR": "(", "LSQB": "[", "RPAR": ")", "RSQB": "]"}
_CLOSING = {"LPAR": ")", "LSQB": "]"}


def _check_brackets(tokens: list[Token]) -> None:
    opened: list[Token] = []
    for token in tokens:
        if token.type in ("LPAR", "LSQB"):
            opened.append(token)
            if len(opened) > DEEPEST_NESTING:
                raise LimitError(f"brackets are nested more than {DEEPEST_NESTING:,} deep", span=token.span)
        elif token.type in _PAIRS:
            if not opened:
                advice = f"remove it, or open a {_SHOWN[_PAIRS[token.type]]!r} before"
                raise ParseError(f"{token.value!r} closes nothing", span=token.span, suggestion=advice)
            if opened[-1].type != _PAIRS[token.type]:
                said = f"{token.value!r} does not match {opened[-1].value!r}"
                raise ParseError(said, span=token.span, suggestion=_CLOSING[opened[-1].type])
            opened.pop()
    if opened:
        closing = "".join(_CLOSING[token.type] for token in reversed(opened))
        advice = "add the closing bracket" if len(opened) == 1 else f"add the closing brackets: {closing}"
        raise ParseError(f"{opened[-1].value!r} is never closed", span=opened[-1].span, suggestion=advice)
