"""Raw tokens to the terminals of ``grammar/matcalc.lark``: separators, derivatives, names, calls,
bars, juxtaposition."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from matcalc.base.budgets import LONGEST_QUOTED_NAME
from matcalc.base.errors import ParseError, Span, UnknownFunctionError
from matcalc.base.lazy import later, pattern
from matcalc.base.records import record
from matcalc.language.decisions import Decision, Dialect
from matcalc.language.text.dialects import Signs, Written, foreign_names, is_program, recognised
from matcalc.language.text.runs import resolve_runs
from matcalc.language.text.scanner import inequality, scan
from matcalc.language.text.spelling import (
    DERIVATIVE_LETTERS,
    NORM_NAMES,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    Vocabulary,
)
from matcalc.language.text.terminals import (
    BARS,
    ENDS_OPERAND,
    STARTS_OPERAND,
    Fork,
    Rewritten,
    Token,
    by_depth,
    exponent_width,
    partners,
    rewritten,
    type_at,
    types_at,
    with_parts,
)  # fmt: skip

if TYPE_CHECKING:
    from matcalc.language.latex import latex_scanner
    from matcalc.language.text import (
        block_tokens,
        code_tokens,
        derivative_tokens,
        doubtful_signs,
        equation_tokens,
        meanings,
        sum_limits,
    )
else:
    latex_scanner = later("matcalc.language.latex.latex_scanner")
    block_tokens = later("matcalc.language.text.block_tokens")
    code_tokens = later("matcalc.language.text.code_tokens")
    derivative_tokens = later("matcalc.language.text.derivative_tokens")
    doubtful_signs = later("matcalc.language.text.doubtful_signs")
    equation_tokens = later("matcalc.language.text.equation_tokens")
    meanings = later("matcalc.language.text.meanings")
    sum_limits = later("matcalc.language.text.sum_limits")


__all__ = ["Tokens", "is_latex", "tokenize"]

_INFIX = frozenset(
    [
        "PLUS", "MINUS", "TIMES", "DIVIDE", "LEFT_DIVIDE", "ELEMENT_TIMES", "ELEMENT_DIVIDE", "KRONECKER", "POWER", "ELEMENT_POWER",
        "EQUALS", "COMMA", "IMPLIES",
    ]
)  # fmt: skip


_ENDS = frozenset(["NEWLINE", "SEPARATOR"])
_EXPONENTS = frozenset(["SUPERSCRIPT", "POWER"])
_SUBSCRIPTS = frozenset(["UNDERSCORE", "SUBSCRIPT_RUN"])


@record
class Tokens:
    """The terminals of a text, what was decided on the way (splits, readings among several), what
    it is written in, the runs of letters that could be read otherwise, and the names with a label,
    in which no letter is an index."""

    terminals: list[Token]
    decisions: list[Decision]
    written: Written
    forks: tuple[Fork, ...] = ()
    labelled: frozenset[str] = frozenset()


def tokenize(text: str, vocabulary: Vocabulary, dialect: Dialect | None = None, flipped: frozenset[str] = frozenset()) -> Tokens:
    """The terminals of ``text``, LaTeX or plain; ``dialect`` says what it is written in, which is
    recognised otherwise, and ``flipped`` which runs of letters are not read as they usually are.

    Raises ParseError, UnknownFunctionError or LimitError with the place.
    """
    raw, vocabulary = _raw(text, vocabulary, dialect, flipped)
    tokens, decisions = raw.terminals, raw.decisions
    if not tokens:
        raise ParseError("the input is empty", span=Span(0, 0), suggestion="a formula such as x'*A*x")
    latex, types = raw.written.dialect == "latex", frozenset([token.type for token in tokens])
    if "RELATION" in types:
        tokens = doubtful_signs.without_indicators(tokens, vocabulary)
    if "EQUALS" in types:
        tokens, vocabulary = equation_tokens.resolve_statements(tokens, vocabulary)
    if not types.isdisjoint(_EXPONENTS):
        tokens = _superscripts(tokens, vocabulary, decisions)
    if vocabulary.complex and raw.written.dialect in ("matlab", "julia"):
        tokens = [token.as_a("TRANSPOSE", "H'") if (token.type, token.value) == ("TRANSPOSE", "'") else token for token in tokens]
    if "UNDERSCORE" in types:
        tokens = _norm_names(tokens, vocabulary)
    tokens, vocabulary = _derivatives(tokens, types, vocabulary, raw.written)
    tokens, forks = resolve_runs(tokens, vocabulary, decisions, latex, flipped)
    tokens = _grouped(tokens, types, latex)
    if "DIVIDE" in types:
        tokens = doubtful_signs.with_whole_divisors(tokens, decisions)
    if "×" in text or "\\times" in text:
        decisions += doubtful_signs.crosses(text, tokens, vocabulary)
    return Tokens(tokens, decisions, raw.written, (*raw.forks, *forks), raw.labelled)


_BEFORE_BARE_OPERANDS = frozenset(["APPLY", "DERIVATIVE_BY"])


def _grouped(tokens: list[Token], types: frozenset[str], latex: bool) -> list[Token]:
    """The tokens with bars that open and close, what hangs on those of norms, brackets around
    operands, and signs between factors."""
    present = frozenset([token.type for token in tokens])
    if not present.isdisjoint(BARS):
        tokens = doubtful_signs.resolve_bars(tokens)
    if not types.isdisjoint(_SUBSCRIPTS):
        tokens = _norm_subscripts(tokens)
    if latex or not present.isdisjoint(_BEFORE_BARE_OPERANDS):
        tokens = doubtful_signs.bracketed_operands(tokens, latex)
    return _juxtaposed(tokens)


def _raw(text: str, vocabulary: Vocabulary, dialect: Dialect | None, flipped: frozenset[str]) -> tuple[Tokens, Vocabulary]:
    """The signs of a text one by one, as the language has them; the words with those of what it is
    written in."""
    if dialect == "latex" or (dialect is None and is_latex(text)):
        found = latex_scanner.scan_latex(text, vocabulary)
        known = vocabulary.knowing(found.names | found.labelled)
        return Tokens(_separated(found.tokens), found.decisions, Written("latex"), labelled=found.labelled), known
    decisions: list[Decision] = []
    declared = vocabulary
    raw, primed = _scanned(text, vocabulary, flipped, decisions)
    signs = Signs.of(raw)
    written = recognised(raw, signs) if dialect is None else Written(dialect)
    if written.dialect != "math" or not signs.values.isdisjoint(foreign_names("math")):
        vocabulary = vocabulary.with_calls(foreign_names(written.dialect))
    if is_program(raw, signs, written):
        raw = code_tokens.in_language(raw, signs, written, vocabulary, text, decisions)
        vocabulary = code_tokens.known_names(raw, written, vocabulary)
    if not signs.values.isdisjoint(_INFINITE):
        raw = _infinite_orders(raw, declared)
    if "POSITIVE_PART" in signs.types and "LSQB" in signs.types:
        raw = _positive_parts(raw)
    if "LSQB" in signs.types and not written.arrays:
        raw = block_tokens.with_blocks(raw, vocabulary)
    return Tokens(raw if signs.types.isdisjoint(_ENDS) else _separated(raw), decisions, written, primed), vocabulary


def _positive_parts(tokens: list[Token]) -> list[Token]:
    """``[1 - y x]_+`` with round brackets: no row of an array."""
    out = list(tokens)
    for opened, closed in partners(tokens, {"LSQB": "RSQB"}).items():
        position = opened > 0 and tokens[opened - 1].end == tokens[opened].start and tokens[opened - 1].type == "RUN"
        if type_at(tokens, closed + 1) == "POSITIVE_PART" and not position:
            out[opened], out[closed] = tokens[opened].as_a("LPAR", "("), tokens[closed].as_a("RPAR", ")")
    return out


_INFINITE = frozenset([*(name for name, norm in NORM_NAMES.items() if norm == "infinity"), "Inf", "Infinity"])


def _infinite_orders(tokens: list[Token], vocabulary: Vocabulary) -> list[Token]:
    """``norm(x, Inf)`` with infinity as a word. Raises ParseError for one that is no order of a
    norm: there it is no number, and no name."""
    out: list[Token] = []
    calls: list[str] = []
    for place, token in enumerate(tokens):
        before = type_at(tokens, place - 1)
        if token.type == "LPAR":
            calls.append(tokens[place - 1].value if before == "RUN" else "")
        elif token.type == "RPAR" and calls:
            calls.pop()
        if token.type == "RUN" and token.value in _INFINITE and not vocabulary.declares(token.value):
            last, of_norm = type_at(tokens, place + 1) == "RPAR", calls[-1:] == ["norm"]
            given = last and before in ("COMMA", "KEYWORD")
            below = last and types_at(tokens, place - 2, 2) == ["UNDERSCORE", "LPAR"]
            sign = token.end - token.start == 1 and before != "UNDERSCORE"
            if given and of_norm:
                token = token.as_a("WORD", "inf")
            elif token.value != "oo" and (given or below or sign or (last and of_norm)):
                raise ParseError("infinity is not read here", span=token.span, suggestion="norm(x, inf)")
        out.append(token)
    return out


def _with_called_sums(tokens: list[Token]) -> list[Token]:
    """Raises ParseError for a sign of inequality that is not that of a sum."""
    found = sum_limits.called_sums(tokens)
    for token in found:
        if token.type == "RELATION" and token.value in ("!=", "≠"):
            raise inequality(token.value, token.span)
    return found


def _scanned(
    text: str, vocabulary: Vocabulary, flipped: frozenset[str], decisions: list[Decision]
) -> tuple[list[Token], tuple[Fork, ...]]:
    """The raw tokens of plain text, and the names that their primes could be a part of."""
    raw = scan(text)
    primed: tuple[Fork, ...] = ()
    if "′" in text:
        raw, primed = doubtful_signs.turned(raw, vocabulary, flipped, decisions)
    if ":" in text or "end" in text:
        raw, named = with_parts(raw, lambda name: vocabulary.function(name, called=True) is not None)
        decisions += [
            Decision(f"{name.value}(...) is read as a part of {name.value}, counted from 1", "dialect", span=name.span)
            for name in named
        ]
    if any(token.type in ("COLON", "RELATION", "EQUALS") for token in raw):
        raw = _with_called_sums(raw)
    if "%" in text and any(token.value[:1] == "%" and token.type == "TIMES" for token in raw):
        raw = code_tokens.in_arrays(raw)
    return raw, primed


_DERIVATIVE_SIGNS = frozenset(["PARTIAL", "NABLA"])
_DIFFERENTIAL_SIGNS = frozenset(["PARTIAL", "DIFFERENTIAL_SIGN"])


def _derivatives(
    tokens: list[Token], types: frozenset[str], vocabulary: Vocabulary, written: Written
) -> tuple[list[Token], Vocabulary]:
    """The tokens with the signs of derivatives and differentials resolved, where there may be
    any."""
    if "IMPLIES" in types:
        tokens, vocabulary = equation_tokens.resolve_implication(tokens, vocabulary)
    letters = {token.value[:1] for token in tokens}
    if vocabulary.definitions or not types.isdisjoint(_DERIVATIVE_SIGNS) or not letters.isdisjoint(DERIVATIVE_LETTERS):
        tokens = derivative_tokens.resolve_derivatives(tokens, vocabulary)
    tokens = _entry_by_entry(tokens, written)
    if "d" in letters or not types.isdisjoint(_DIFFERENTIAL_SIGNS):
        tokens, vocabulary = equation_tokens.resolve_differentials(tokens, vocabulary)
    return tokens, vocabulary


_LOOKS_LIKE_LATEX = pattern(r"[\w^]\{|^\s*\$|[\x07\x08\x0b\x0c][A-Za-z]|\^\top(?![A-Za-z])|\\(?:[^\s\w(]|[^\W\d_]{2})|\\\)")
_LATEX_MARKS = frozenset("{$\\\t\x07\x08\x0b\x0c")
"""Without any of these no text looks like LaTeX."""
_BACKSLASH = pattern(r"\\(?![ \t]*\n)")
_DIVIDEND = pattern(r"(?:(?<!\\)[^\W\d]\w*|[)\]'’ᵀ])[ \t]*\Z")


def is_latex(text: str) -> bool:
    r"""Whether a text is written in LaTeX: a command, ``^{`` or ``_{`` stands in it, or it begins
    with a dollar sign.

    A backslash between a name or brackets and a single letter or brackets is MATLAB's division from
    the left, if nothing else is LaTeX.

    >>> is_latex(r"\|x\|^2"), is_latex("x^{-1}"), is_latex("||x||^2"), is_latex(r"A\b"), is_latex(r"(A*B) \ b"), is_latex(r"A\beta")
    (True, True, False, False, False, True)
    """
    if _LATEX_MARKS.isdisjoint(text):
        return False
    if _LOOKS_LIKE_LATEX.search(text) is not None:
        return True
    places = [found.start() for found in _BACKSLASH.finditer(text)]
    return any(_DIVIDEND.search(text, max(0, place - LONGEST_QUOTED_NAME), place) is None for place in places)


_OF_ARRAYS = {"*": "ELEMENT_TIMES", "/": "ELEMENT_DIVIDE", "**": "ARRAY_POWER"}


def _entry_by_entry(tokens: list[Token], written: Written) -> list[Token]:
    """In NumPy ``*`` and ``/`` go entry by entry; ``**`` does so wherever it stands, and takes the
    operand before it from the right."""
    if written.dialect != "numpy":
        return tokens
    return [
        token.as_a(_OF_ARRAYS.get(token.value, token.type) if written.sure or token.value == "**" else token.type)
        for token in tokens
    ]


def _separated(tokens: list[Token]) -> list[Token]:
    """Newlines end a statement unless brackets are open or an operator continues it."""
    out: list[Token] = []
    for position, token, depth in by_depth(tokens):
        last = out[-1].type if out else "SEPARATOR"
        continued = token.type == "NEWLINE" and (depth or last in _INFIX or type_at(tokens, position + 1) in _INFIX)
        if token.type not in _ENDS:
            out.append(token)
        elif not continued and (depth or last != "SEPARATOR"):
            out.append(token.as_a("SEPARATOR"))
    while type_at(out, len(out) - 1) == "SEPARATOR":
        out.pop()
    return out


_EXPONENT = pattern(r"(?P<power>-?\d+|-?[a-z]|-T)?(?P<transposes>T*)")


def _superscripts(tokens: list[Token], vocabulary: Vocabulary, decisions: list[Decision]) -> list[Token]:
    """Superscript characters and ``^T`` as ``SUPERSCRIPT`` and ``TRANSPOSE``."""
    if any(token.value[:1] in ("t", "ᵗ") for token in tokens):
        tokens = doubtful_signs.turned_by_small_t(tokens, vocabulary, decisions)

    def exponent(position: int) -> Rewritten | None:
        token = tokens[position]
        if token.type == "POWER":
            return _power(tokens, position, vocabulary)
        if token.value == "⁻" and types_at(tokens, position, 2) == ["SUPERSCRIPT", "TRANSPOSE"]:
            return [Token("SUPERSCRIPT", "-T", token.start, tokens[position + 1].end)], position + 2
        return (_superscript(token, vocabulary), position + 1) if token.type == "SUPERSCRIPT" else None

    return rewritten(tokens, exponent)


def _power(tokens: list[Token], position: int, vocabulary: Vocabulary) -> Rewritten | None:
    """``^+``, ``^'``, ``^²``, ``^T`` and ``^-T``; None for another power."""
    start, following = tokens[position].start, tokens[position + 1 : position + 3]
    kind = type_at(tokens, position + 1)
    if kind == "SUPERSCRIPT":
        return _superscript(following[0], vocabulary), position + 2
    if kind == "TIMES" and vocabulary.complex and following[0].start == tokens[position].end:
        return [Token("TRANSPOSE", "*", start, following[0].end)], position + 2
    if kind == "TRANSPOSE":
        return [Token("TRANSPOSE", "'", start, following[0].end)], position + 2
    if _marks_pseudoinverse(tokens, position):
        return [Token("SUPERSCRIPT", "+", start, following[0].end)], position + 2
    negative = kind == "MINUS"
    run = _marks_transpose(following[negative:], vocabulary)
    if run is None:
        return None
    mark = "H" if run.value[0] == "H" else "'"
    sign = ("SUPERSCRIPT", "-H" if mark == "H" else "-T") if negative else ("TRANSPOSE", mark)
    made = [Token(*sign, start, run.start + 1), Token("RUN", run.value[1:], run.start + 1, run.end)]
    return made if len(run.value) > 1 else made[:1], position + 2 + negative


def _marks_pseudoinverse(tokens: list[Token], position: int) -> bool:
    """Whether ``^+`` ends an operand, as in ``A^+ b``; ``x^+2`` is a power."""
    if type_at(tokens, position + 1) != "PLUS":
        return False
    operand = type_at(tokens, position + 2) in ("NUMBER", "RUN", "LPAR")
    return not operand or tokens[position + 2].start > tokens[position + 1].end


def _marks_transpose(following: list[Token], vocabulary: Vocabulary) -> Token | None:
    """The run of letters in ``^T...`` when T is no declared name."""
    run = following[0] if type_at(following, 0) == "RUN" else None
    if run is not None and "H" in vocabulary.complex and re.match(r"H(?![\d_′])", run.value):
        return run
    if run is None or not vocabulary.symbols.isdisjoint((run.value, run.value[0])):
        return None
    if run.value == "H" and not vocabulary.complex:
        raise _conjugate(run, "'")
    return run if re.match(r"T(?![\d_′])", run.value) else None


def _conjugate(sign: Token, transpose: str) -> ParseError:
    return ParseError(
        "the conjugate transpose is not read: all symbols are real",
        span=sign.span,
        suggestion=f"the transpose, A{transpose}, or declare A: n×n complex",
    )


def _superscript(token: Token, vocabulary: Vocabulary) -> list[Token]:
    if vocabulary.complex and token.value in ("†", "ᴴ"):
        return [token.as_a("TRANSPOSE", "H" if token.value == "ᴴ" else "†")]
    if token.value in ("⁺", "†"):
        return [token.as_a("SUPERSCRIPT", "+")]
    plain = "".join(SUPERSCRIPTS[c] for c in token.value).replace("+", "")
    if "H" in plain:
        raise _conjugate(token, "ᵀ")
    match = _EXPONENT.fullmatch(plain)
    if match is None or not plain:
        raise ParseError(f"the superscript {token.value!r} is not understood", span=token.span, suggestion="brackets: x^(...)")
    power = [token.as_a("SUPERSCRIPT", match["power"])] * bool(match["power"])
    return power + [token.as_a("TRANSPOSE", "'")] * len(match["transposes"])


def _norm_names(tokens: list[Token], vocabulary: Vocabulary) -> list[Token]:
    """Words that name a norm behind its bars, ``||X||_fro``, in the spelling of the language."""

    def name(position: int) -> Rewritten | None:
        token = tokens[position]
        below = types_at(tokens, position - 1, 2) == ["UNDERSCORE", "RUN"] and type_at(tokens, position - 2) in _NORM_ENDS
        if not below or vocabulary.declares(token.value):
            return None
        word = token.value.lower()
        if word == "max":
            raise meanings.norm_of_the_largest(token.span)
        return ([token.as_a("NAME", NORM_NAMES[word])], position + 1) if word in NORM_NAMES else None

    return rewritten(tokens, name)


_NORM_ENDS = frozenset(["NORM_BAR", "NORM_CLOSE", "BAR", "SUPERSCRIPT", "NUMBER"])
"""What stands before the mark of a subscript of norm bars, which may have an exponent first."""


def _norm_subscripts(tokens: list[Token]) -> list[Token]:
    """What hangs on closing norm bars: ``_F``, ``_1``, ``_*``, ``₂``."""
    tokens = rewritten(tokens, lambda position: _subscript_first(tokens, position))
    return rewritten(tokens, lambda position: _norm_subscript(tokens, position))


_BELOW_NORMS = frozenset(["NUMBER", "NAME", "LPAR", "CALL", "TIMES", "NORM_OPEN", "BAR_OPEN"])


def _norm_subscript(tokens: list[Token], position: int) -> Rewritten | None:
    token, after = tokens[position], type_at(tokens, position + 1)
    if token.type not in _SUBSCRIPTS:
        return None
    if type_at(tokens, position - 1) != "NORM_CLOSE":
        raise ParseError("a subscript belongs to a letter or to norm bars", span=token.span, suggestion="x_1, x[1] or ||X||_F")
    if token.type == "SUBSCRIPT_RUN":
        plain = "".join(SUBSCRIPTS[c] for c in token.value)
        below = token.as_a("NUMBER" if plain.isdecimal() else "NAME", plain)
        return [Token("SUBSCRIPT", "_", token.start, token.start), below], position + 1
    if after not in _BELOW_NORMS:
        raise ParseError("the norm's subscript is missing", span=token.span, suggestion="||X||_F, ||x||_1 or ||x||_A")
    star = [tokens[position + 1].as_a("NAME", "nuclear")] if after == "TIMES" else []
    return [token.as_a("SUBSCRIPT"), *star], position + 1 + len(star)


def _subscript_first(tokens: list[Token], position: int) -> Rewritten | None:
    """``||x||^2_F`` as ``||x||_F^2``: the subscript goes before the exponent."""
    cut = position + 1 + exponent_width(tokens, position + 1)
    length = {"UNDERSCORE": 2, "SUBSCRIPT_RUN": 1}.get(type_at(tokens, cut), 0)
    if tokens[position].type != "NORM_CLOSE" or not length:
        return None
    return [tokens[position], *tokens[cut : cut + length], *tokens[position + 1 : cut]], cut + length


def _juxtaposed(tokens: list[Token]) -> list[Token]:
    """``JUXT`` where two factors stand side by side."""
    out: list[Token] = []
    for position, token in enumerate(tokens):
        if token.type == "APPLY" and type_at(tokens, position + 1) not in STARTS_OPERAND:
            raise UnknownFunctionError(
                f"the function {token.value!r} needs an argument", span=token.span, suggestion=f"{token.value}(x)"
            )
        if position and token.type in STARTS_OPERAND and _stand_beside(tokens[position - 1], token):
            out.append(Token("JUXT", "", token.start, token.start))
        # 11' can only be the product of a column and a row of ones.
        if token.value == "11" and types_at(tokens, position, 2) == ["NUMBER", "TRANSPOSE"]:
            middle = token.start + 1
            out += Token("NUMBER", "1", token.start, middle), Token("JUXT", "", middle, middle)
            token = Token("NUMBER", "1", middle, token.end)
        out.append(token)
    return out


def _stand_beside(before: Token, token: Token) -> bool:
    """Whether a token is a factor with the operand that begins behind it. Raises ParseError for a
    number that belongs to what is at once before it, or may do so."""
    if token.type == "NUMBER" and before.end == token.start:
        if before.type == "NORM_CLOSE":
            raise ParseError(
                "a number at once behind norm bars may be an index or an exponent",
                span=token.span,
                suggestion="||x||_2 or ||x||^2; with * between them it is a product",
            )
        if before.type == "NUMBER" and token.value.startswith("."):
            product = f"{before.value.rstrip('.')}*0{token.value}"
            raise ParseError("a number has one point", span=Span(before.start, token.end), suggestion=product)
    return before.type in ENDS_OPERAND
