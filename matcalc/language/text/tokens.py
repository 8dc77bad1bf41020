"""Raw tokens to the terminals of ``grammar/matcalc.lark``: separators, derivatives, names, calls, bars, juxtaposition."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING

from matcalc.base.budgets import LONGEST_QUOTED_NAME
from matcalc.base.errors import ParseError, Span, UnknownFunctionError
from matcalc.base.lazy import later, pattern
from matcalc.base.records import record
from matcalc.language.decisions import Decision, Dialect
from matcalc.language.text.dialects import Signs, Written, foreign_names, is_program, recognised
from matcalc.language.text.forks import Fork
from matcalc.language.text.runs import resolve_runs
from matcalc.language.text.scanner import scan
from matcalc.language.text.spelling import DERIVATIVE_LETTERS, SUBSCRIPTS, SUPERSCRIPTS
from matcalc.language.text.terminals import BARS, ENDS_OPERAND, STARTS_OPERAND, Token
from matcalc.language.text.vocabulary import INFINITE_NORMS, NORM_NAMES, NORMS_SAID, Vocabulary

if TYPE_CHECKING:
    from matcalc.language.text import bars, brackets
else:
    bars = later("matcalc.language.text.bars")
    brackets = later("matcalc.language.text.brackets")


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
    """The terminals of a text, what was decided on the way (splits, readings among several), what it is written in, the runs of letters
    that could be read otherwise, and the names with a label, in which no letter is an index."""

    terminals: list[Token]
    decisions: list[Decision]
    written: Written
    forks: tuple[Fork, ...] = ()
    labelled: frozenset[str] = frozenset()


@record
class _Raw:
    """The signs of a text one by one, as the language has them, and what it is written in; the words with those of that."""

    tokens: list[Token]
    decisions: list[Decision]
    written: Written
    vocabulary: Vocabulary
    labelled: frozenset[str] = frozenset()
    forks: tuple[Fork, ...] = ()


def tokenize(text: str, vocabulary: Vocabulary, dialect: Dialect | None = None, flipped: frozenset[str] = frozenset()) -> Tokens:
    """The terminals of ``text``, LaTeX or plain; ``dialect`` says what it is written in, which is recognised otherwise, and ``flipped``
    which runs of letters are not read as they usually are.

    Raises ParseError, UnknownFunctionError or LimitError with the place.
    """
    raw = _raw(text, vocabulary, dialect, flipped)
    tokens, decisions, written, vocabulary = raw.tokens, raw.decisions, raw.written, raw.vocabulary
    if not tokens:
        raise ParseError("the input is empty", span=Span(0, 0), suggestion="a formula such as x'*A*x")
    latex, types = written.dialect == "latex", {token.type for token in tokens}
    if "EQUALS" in types:
        tokens, vocabulary = import_module("matcalc.language.text.function_tokens").resolve_statements(tokens, vocabulary)
    tokens = tokens if types.isdisjoint(_EXPONENTS) else _superscripts(tokens, vocabulary, decisions)
    tokens = _norm_names(tokens, vocabulary) if "UNDERSCORE" in types else tokens
    tokens, vocabulary = _derivatives(tokens, types, vocabulary, written)
    tokens, forks = resolve_runs(tokens, vocabulary, decisions, latex, flipped)
    tokens = bars.resolve_bars(tokens) if any(token.type in BARS for token in tokens) else tokens
    tokens = tokens if types.isdisjoint(_SUBSCRIPTS) else _norm_subscripts(tokens)
    if latex or any(token.type in ("APPLY", "DERIVATIVE_BY") for token in tokens):
        tokens = import_module("matcalc.language.text.reach").bracketed_operands(tokens, latex)
    tokens = _juxtaposed(tokens)
    if "DIVIDE" in types:
        tokens = import_module("matcalc.language.text.doubtful_signs").with_whole_divisors(tokens, decisions)
    if "×" in text or "\\times" in text:
        decisions += import_module("matcalc.language.text.doubtful_signs").crosses(text, tokens, vocabulary)
    return Tokens(tokens, decisions, written, (*raw.forks, *forks), raw.labelled)


def _raw(text: str, vocabulary: Vocabulary, dialect: Dialect | None, flipped: frozenset[str]) -> _Raw:
    if dialect == "latex" or (dialect is None and is_latex(text)):
        found = import_module("matcalc.language.latex.latex_scanner").scan_latex(text, vocabulary)
        known = vocabulary.knowing(found.names | found.labelled)
        if any(token.value in _OF_TWO for token in found.tokens):
            known = known.with_calls(_OF_TWO)
        return _Raw(_separated(found.tokens), found.decisions, Written("latex"), known, found.labelled)
    decisions: list[Decision] = []
    primed: tuple[Fork, ...] = ()
    raw = scan(text)
    if "′" in text:
        raw, primed = import_module("matcalc.language.text.primes").turned(raw, vocabulary, flipped, decisions)
    if ":" in text:
        raw = brackets.with_parts(raw)
    if "%" in text and any(token.value[:1] == "%" and token.type == "TIMES" for token in raw):
        raw = import_module("matcalc.language.text.r_signs").in_arrays(raw)
    signs = Signs.of(raw)
    written = recognised(raw, signs) if dialect is None else Written(dialect)
    if written.dialect != "math" or not signs.values.isdisjoint(foreign_names("math")):
        vocabulary = vocabulary.with_calls(foreign_names(written.dialect))
    if is_program(raw, signs, written):
        program = import_module("matcalc.language.text.code_tokens")
        raw = program.in_language(raw, signs, written, vocabulary, text, decisions)
        vocabulary = program.known_names(raw, written, vocabulary)
    return _Raw(raw if signs.types.isdisjoint(_ENDS) else _separated(raw), decisions, written, vocabulary, forks=primed)


_OF_TWO = frozenset(["max", "min"])
"""Of the functions that are known anywhere, those that LaTeX has, too."""
_DERIVATIVE_SIGNS = frozenset(["PARTIAL", "NABLA"])
_DIFFERENTIAL_SIGNS = frozenset(["PARTIAL", "DIFFERENTIAL_SIGN"])


def _derivatives(tokens: list[Token], types: set[str], vocabulary: Vocabulary, written: Written) -> tuple[list[Token], Vocabulary]:
    """The tokens with the signs of derivatives and differentials resolved, where there may be any."""
    differentials = "matcalc.language.text.differential_tokens"
    if "IMPLIES" in types:
        tokens, vocabulary = import_module(differentials).resolve_implication(tokens, vocabulary)
    letters = {token.value[:1] for token in tokens}
    if vocabulary.definitions or not types.isdisjoint(_DERIVATIVE_SIGNS) or not letters.isdisjoint(DERIVATIVE_LETTERS):
        tokens = import_module("matcalc.language.text.derivative_tokens").resolve_derivatives(tokens, vocabulary)
    tokens = _entry_by_entry(tokens, written)
    if "d" in letters or not types.isdisjoint(_DIFFERENTIAL_SIGNS):
        tokens, vocabulary = import_module(differentials).resolve_differentials(tokens, vocabulary)
    return tokens, vocabulary


_LOOKS_LIKE_LATEX = pattern(r"[\w^]\{|^\s*\$|[\x07\x08\x0b\x0c][A-Za-z]|\^\top(?![A-Za-z])|\\(?:[^\s\w(]|[^\W\d_]{2})|\\\)")
_LATEX_MARKS = frozenset("{$\\\t\x07\x08\x0b\x0c")
"""Without any of these no text looks like LaTeX."""
_BACKSLASH = pattern(r"\\(?![ \t]*\n)")
_DIVIDEND = pattern(r"(?:(?<!\\)[^\W\d]\w*|[)\]'’ᵀ])[ \t]*\Z")


def is_latex(text: str) -> bool:
    r"""Whether a text is written in LaTeX: a command, ``^{`` or ``_{`` stands in it, or it begins with a dollar sign.

    A backslash between a name or brackets and a single letter or brackets is MATLAB's division from the left, if nothing else is LaTeX.

    >>> is_latex(r"\|x\|^2"), is_latex("x^{-1}"), is_latex("||x||^2"), is_latex(r"A\b"), is_latex(r"(A*B) \ b"), is_latex(r"A\beta")
    (True, True, False, False, False, True)
    """
    if _LATEX_MARKS.isdisjoint(text):
        return False
    if _LOOKS_LIKE_LATEX.search(text) is not None:
        return True
    places = [found.start() for found in _BACKSLASH.finditer(text)]
    return any(_DIVIDEND.search(text, max(0, place - LONGEST_QUOTED_NAME), place) is None for place in places)


_OF_ARRAYS = {"*": "ELEMENT_TIMES", "/": "ELEMENT_DIVIDE"}


def _entry_by_entry(tokens: list[Token], written: Written) -> list[Token]:
    """In NumPy ``*`` and ``/`` go entry by entry; ``**`` does so wherever it stands, and takes the operand before it from the right."""
    if written.dialect != "numpy":
        return tokens
    of_arrays = {**_OF_ARRAYS, "**": "ARRAY_POWER"} if written.sure else {"**": "ARRAY_POWER"}
    return [Token(of_arrays.get(token.value, token.type), token.value, token.start, token.end) for token in tokens]


def _separated(tokens: list[Token]) -> list[Token]:
    """Newlines end a statement unless brackets are open or an operator continues it."""
    out: list[Token] = []
    depth = 0
    for position, token in enumerate(tokens):
        depth += (token.type in ("LPAR", "LSQB")) - (token.type in ("RPAR", "RSQB"))
        if token.type == "NEWLINE":
            after = next((t.type for t in tokens[position + 1 : position + 2]), "")
            if depth or not out or out[-1].type in _INFIX or after in _INFIX:
                continue
            token = Token("SEPARATOR", token.value, token.start, token.end)
        if token.type == "SEPARATOR" and not depth and (not out or out[-1].type == "SEPARATOR"):
            continue
        out.append(token)
    while out and out[-1].type == "SEPARATOR":
        out.pop()
    return out


_EXPONENT = pattern(r"(?P<power>-?\d+|-?[a-z]|-T)?(?P<transposes>T*)")


def _superscripts(tokens: list[Token], vocabulary: Vocabulary, decisions: list[Decision]) -> list[Token]:
    """Superscript characters and ``^T`` as ``SUPERSCRIPT`` and ``TRANSPOSE``."""
    if any(token.value[:1] in ("t", "ᵗ") for token in tokens):
        tokens = import_module("matcalc.language.text.small_t").turned_by_small_t(tokens, vocabulary, decisions)
    out: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        following = tokens[position + 1 : position + 3]
        if token.type == "SUPERSCRIPT" and token.value == "⁻" and following and following[0].type == "TRANSPOSE":
            out.append(Token("SUPERSCRIPT", "-T", token.start, following[0].end))
            position += 1
        elif token.type == "SUPERSCRIPT":
            out += _superscript(token)
        elif token.type == "POWER" and _marks_pseudoinverse(tokens, position):
            out.append(Token("SUPERSCRIPT", "+", token.start, following[0].end))
            position += 1
        elif token.type == "POWER" and following and following[0].type == "TRANSPOSE":
            out.append(Token("TRANSPOSE", "'", token.start, following[0].end))
            position += 1
        elif token.type == "POWER" and following and following[0].type == "SUPERSCRIPT":
            out += _superscript(following[0])
            position += 1
        elif token.type == "POWER" and (run := _marks_transpose(following, vocabulary)) is not None:
            negative = following[0].type == "MINUS"
            out.append(Token("SUPERSCRIPT" if negative else "TRANSPOSE", "-T" if negative else "'", token.start, run.start + 1))
            position += 2 if negative else 1
            if len(run.value) > 1:
                out.append(Token("RUN", run.value[1:], run.start + 1, run.end))
        else:
            out.append(token)
        position += 1
    return out


def _marks_pseudoinverse(tokens: list[Token], position: int) -> bool:
    """Whether ``^+`` ends an operand, as in ``A^+ b``; ``x^+2`` is a power."""
    if position + 1 >= len(tokens) or tokens[position + 1].type != "PLUS":
        return False
    after = tokens[position + 2] if position + 2 < len(tokens) else None
    return after is None or after.type not in ("NUMBER", "RUN", "LPAR") or after.start > tokens[position + 1].end


def _marks_transpose(following: list[Token], vocabulary: Vocabulary) -> Token | None:
    """The run of letters in ``^T...`` or ``^-T...`` when T is no declared name."""
    if len(following) > 1 and following[0].type == "MINUS":
        following = following[1:]
    if not following or following[0].type != "RUN":
        return None
    run = following[0]
    if run.value == "H" and "H" not in vocabulary.symbols:
        raise ParseError("the conjugate transpose is not read: all symbols are real", span=run.span, suggestion="the transpose, A'")
    if not re.match(r"T(?![\d_′])", run.value) or "T" in vocabulary.symbols or run.value in vocabulary.symbols:
        return None
    return run


def _superscript(token: Token) -> list[Token]:
    if token.value in ("⁺", "†"):
        return [Token("SUPERSCRIPT", "+", token.start, token.end)]
    plain = "".join(SUPERSCRIPTS[c] for c in token.value).replace("+", "")
    if "H" in plain:
        raise ParseError("the conjugate transpose is not read: all symbols are real", span=token.span, suggestion="the transpose, Aᵀ")
    match = _EXPONENT.fullmatch(plain)
    if match is None or not plain:
        raise ParseError(f"the superscript {token.value!r} is not understood", span=token.span, suggestion="brackets: x^(...)")
    out = [Token("SUPERSCRIPT", match["power"], token.start, token.end)] if match["power"] else []
    return out + [Token("TRANSPOSE", "'", token.start, token.end)] * len(match["transposes"])


def _norm_names(tokens: list[Token], vocabulary: Vocabulary) -> list[Token]:
    """Words that name a norm behind its bars, ``||X||_fro``, in the spelling of the language."""
    out = list(tokens)
    for position, token in enumerate(tokens):
        if token.type != "RUN" or position < 2 or tokens[position - 1].type != "UNDERSCORE" or vocabulary.declares(token.value):
            continue
        if tokens[position - 2].type in _NORM_ENDS:
            word = token.value.lower()
            if word in INFINITE_NORMS:
                raise ParseError("the norm of infinite order is not read", span=token.span, suggestion=NORMS_SAID)
            if word in NORM_NAMES:
                out[position] = Token("NAME", NORM_NAMES[word], token.start, token.end)
    return out


_NORM_ENDS = frozenset(["NORM_BAR", "NORM_CLOSE", "BAR", "SUPERSCRIPT", "NUMBER"])
"""What stands before the mark of a subscript of norm bars, which may have an exponent first."""


def _norm_subscripts(tokens: list[Token]) -> list[Token]:
    """What hangs on closing norm bars: ``_F``, ``_1``, ``_*``, ``₂``."""
    tokens = _subscript_first(tokens)
    out: list[Token] = []
    for position, token in enumerate(tokens):
        before = out[-1] if out else None
        if before is not None and before.type == "NORM_CLOSE" and token.type == "UNDERSCORE":
            after = tokens[position + 1] if position + 1 < len(tokens) else None
            if after is None or after.type not in ("NUMBER", "NAME", "LPAR", "CALL", "TIMES", "NORM_OPEN", "BAR_OPEN"):
                raise ParseError("the norm's subscript is missing", span=token.span, suggestion="||X||_F, ||x||_1 or ||x||_A")
            out.append(Token("SUBSCRIPT", "_", token.start, token.end))
        elif before is not None and before.type == "SUBSCRIPT" and token.type == "TIMES":
            out.append(Token("NAME", "nuclear", token.start, token.end))
        elif before is not None and before.type == "NORM_CLOSE" and token.type == "SUBSCRIPT_RUN":
            plain = "".join(SUBSCRIPTS[c] for c in token.value)
            out.append(Token("SUBSCRIPT", "_", token.start, token.start))
            out.append(Token("NUMBER" if plain.isdecimal() else "NAME", plain, token.start, token.end))
        elif token.type in ("UNDERSCORE", "SUBSCRIPT_RUN"):
            raise ParseError("a subscript belongs to a letter or to norm bars", span=token.span, suggestion="x_1, x[1] or ||X||_F")
        else:
            out.append(token)
    return out


def _subscript_first(tokens: list[Token]) -> list[Token]:
    """``||x||^2_F`` as ``||x||_F^2``: the subscript goes before the exponent."""
    out = list(tokens)
    for position, token in enumerate(out):
        if token.type != "NORM_CLOSE":
            continue
        kinds = [other.type for other in out[position + 1 : position + 4]]
        width = 1 if kinds[:1] == ["SUPERSCRIPT"] else 2 if kinds[:2] == ["POWER", "NUMBER"] else 0
        following = kinds[width : width + 1]
        if width and following and following[0] in ("UNDERSCORE", "SUBSCRIPT_RUN"):
            start = position + 1
            length = 2 if following[0] == "UNDERSCORE" else 1
            out[start : start + width + length] = out[start + width : start + width + length] + out[start : start + width]
    return out


def _juxtaposed(tokens: list[Token]) -> list[Token]:
    """``JUXT`` where two factors stand side by side."""
    out: list[Token] = []
    for position, token in enumerate(tokens):
        if token.type == "APPLY" and (position + 1 == len(tokens) or tokens[position + 1].type not in STARTS_OPERAND):
            raise UnknownFunctionError(f"the function {token.value!r} needs an argument", span=token.span, suggestion=f"{token.value}(x)")
        if out and out[-1].type == "NORM_CLOSE" and token.type == "NUMBER" and out[-1].end == token.start:
            advice = "||x||_2 or ||x||^2; with * between them it is a product"
            raise ParseError("a number at once behind norm bars may be an index or an exponent", span=token.span, suggestion=advice)
        if out and token.type == out[-1].type == "NUMBER" and token.value.startswith(".") and out[-1].end == token.start:
            product = f"{out[-1].value.rstrip('.')}*0{token.value}"
            raise ParseError("a number has one point", span=Span(out[-1].start, token.end), suggestion=product)
        if out and out[-1].type in ENDS_OPERAND and token.type in STARTS_OPERAND:
            out.append(Token("JUXT", "", token.start, token.start))
        # 11' can only be the product of a column and a row of ones.
        if token.type == "NUMBER" and token.value == "11" and position + 1 < len(tokens) and tokens[position + 1].type == "TRANSPOSE":
            middle = token.start + 1
            out += [Token("NUMBER", "1", token.start, middle), Token("JUXT", "", middle, middle), Token("NUMBER", "1", middle, token.end)]
        else:
            out.append(token)
    return out
