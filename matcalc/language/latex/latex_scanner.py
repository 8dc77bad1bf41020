r"""LaTeX source to the raw tokens of the plain language, with places in the LaTeX source.

LaTeX has no grammar of its own here: what differs from the plain spelling is how things are set (``\frac{a}{b}``, scripts, accents,
fonts), not how they bind. So the source is rewritten into the same tokens, and ``grammar/matcalc.lark`` stays the only definition of
precedence; every token keeps its place in the LaTeX source, so that errors point there. Commands with arguments
are opened on an explicit stack.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from matcalc.base.budgets import LONGEST_RUN, MOST_TOKENS
from matcalc.base.errors import LimitError, ParseError, Span, UnknownFunctionError
from matcalc.language.decisions import Decision
from matcalc.language.latex.latex_arrays import list_entries, written_array, written_list
from matcalc.language.latex.latex_brackets import INNER, inner_product, labelled, named_inner_product, norm_bars, second_argument
from matcalc.language.latex.latex_cells import BEGINS
from matcalc.language.latex.latex_commands import (
    ACCENTS,
    FONTS,
    FRACTIONS,
    LABELLED,
    OPERATORS,
    POSTFIX_TRANSPOSES,
    PROSE,
    REFUSED,
    SECOND_MEANT,
    SETS_AND_EXPECTATIONS,
    WORDS,
)
from matcalc.language.latex.latex_derivatives import bracketed_numerators, quotient_of_differentials
from matcalc.language.latex.latex_lexeme import Lexeme
from matcalc.language.latex.latex_lexemes import lexemes_of
from matcalc.language.latex.latex_reading import Items, Range, Reading
from matcalc.language.latex.latex_scripts import Scripts
from matcalc.language.text.called_names import USUAL
from matcalc.language.text.meanings import nearest_function, unknown_function, written
from matcalc.language.text.scanner import OPERATOR_TYPE, inequality, too_long
from matcalc.language.text.spelling import GREEK_NAMES, ONES, SPELLED_GREEK, SUBSCRIPTS, SUPERSCRIPTS, canonical_name
from matcalc.language.text.terminals import Token
from matcalc.language.text.vocabulary import WORDS as KEYWORDS
from matcalc.language.text.vocabulary import Vocabulary

_LARGEST = {"lambda": "eigmax", "sigma": "spectral"}
"""Letters that with the index ``\\max`` stand for the largest eigenvalue and the largest singular value."""

__all__ = ["LatexTokens", "scan_latex"]

Work: TypeAlias = Token | tuple[int, int]
"""A token to be written, or a range of lexemes to be read."""


@dataclass(frozen=True, slots=True)
class LatexTokens:
    """Raw tokens; ``names`` are those that the source shows to be one symbol (``ybar`` for ``\\bar y``), ``labelled`` those with a label,
    in which no letter is an index."""

    tokens: list[Token]
    names: frozenset[str]
    labelled: frozenset[str]
    decisions: list[Decision] = field(default_factory=list)


def scan_latex(text: str, vocabulary: Vocabulary) -> LatexTokens:
    """Raw tokens of LaTeX source; positions are offsets into it.

    Raises ParseError for a command that is not read or lacks its arguments and for brackets that do not match,
    UnknownFunctionError for an operator name that is no function; LimitError as ``scan`` does.
    """
    source = lexemes_of(text, vocabulary)
    reading = Reading(source, vocabulary)
    scanner = _Scanner(reading)
    whole: Range = (0, len(source.lexemes))
    work: list[Work] = list(reversed(scanner.over(*whole) or [whole]))
    out = reading.out
    while work:
        item = work.pop()
        if isinstance(item, Token):
            out.append(item)
            if len(out) > MOST_TOKENS:
                raise LimitError(f"the input has more than {MOST_TOKENS:,} symbols")
        elif item[0] < item[1]:
            items, after = scanner.read(*item)
            work.append((after, item[1]))
            work.extend(reversed(items))
    return LatexTokens(bracketed_numerators(out), frozenset(reading.names) | source.entries, source.labelled, reading.decisions)


class _Scanner:
    """Reads one lexeme with its arguments at a time."""

    def __init__(self, reading: Reading) -> None:
        self.r = reading
        self.scripts = Scripts(reading)
        self._defined: set[str] = set()
        """Words that the text defines as functions."""

    def read(self, position: int, stop: int) -> tuple[Items, int]:
        """What the lexeme at ``position`` stands for, and the position after it and its arguments."""
        lexeme = self.r.lexemes[position]
        match lexeme.kind:
            case "letter":
                return self._letters(position, stop)
            case "digit":
                return self._number(position, stop)
            case "{":
                inner = position + 1, self.r.partner[position]
                return self.over(*inner) or [inner], inner[1] + 1
            case "<":
                return inner_product(self.r, position, stop)
            case "(" if lexeme.text == BEGINS:
                return written_array(self.r, position)
            case "[" if (entries := self._listed(position)) is not None:
                return written_list(self.r, position, entries)
            case "}" | "(" | ")" | "[" | "]":
                return self._bracket(position), position + 1
            case "newline":
                return [Token("NEWLINE", "\n", lexeme.start, lexeme.end)], position + 1
            case "command":
                return self._command(position, stop)
            case "char":
                return self._character(position, stop)
            case bar:
                return [Token(bar, lexeme.text, lexeme.start, lexeme.end)], position + 1

    # ------------------------------------------------------------ letters, numbers, signs

    def _letters(self, position: int, stop: int) -> tuple[Items, int]:
        lexemes, after = self.r.lexemes, position + 1
        while after < stop and lexemes[after].start == lexemes[after - 1].end and self._continues_run(lexemes[after]):
            after += 1
        if after - position > LONGEST_RUN:
            raise too_long(Span(lexemes[position].start, lexemes[after - 1].end))
        value = "".join([lexeme.text for lexeme in lexemes[position:after]])
        value = self.r.vocabulary.function(value, called=after < stop and lexemes[after].kind in ("(", "[")) or value
        return [Token("RUN", value, lexemes[position].start, lexemes[after - 1].end)], after

    def _continues_run(self, lexeme: Lexeme) -> bool:
        return lexeme.kind in ("letter", "digit") or (lexeme.kind == "char" and (lexeme.text in SUBSCRIPTS or lexeme.text == "′"))

    def _number(self, position: int, stop: int) -> tuple[Items, int]:
        lexemes, after, dots = self.r.lexemes, position + 1, 0
        while after < stop and lexemes[after].start == lexemes[after - 1].end:
            following = lexemes[after + 1] if after + 1 < stop else None
            decimal = lexemes[after].text == "." and not dots and following is not None and following.kind == "digit"
            if lexemes[after].kind != "digit" and not decimal:
                break
            dots += decimal
            after += 1
        value = "".join([lexeme.text for lexeme in lexemes[position:after]])
        return [Token("NUMBER", value, lexemes[position].start, lexemes[after - 1].end)], after

    def _character(self, position: int, stop: int) -> tuple[Items, int]:
        lexeme = self.r.lexemes[position]
        character = lexeme.text
        if character in "^_'":
            return self.scripts.read(position, stop)
        following = self.r.lexemes[position + 1] if position + 1 < stop else None
        if following is not None and following.start == lexeme.end and following.kind in ("char", "command"):
            pair = character + following.text
            if pair in OPERATOR_TYPE:
                return [Token(OPERATOR_TYPE[pair], pair, lexeme.start, following.end)], position + 2
            if pair == ":=":
                return [Token("EQUALS", pair, lexeme.start, following.end)], position + 2
        for kind, fits in (
            ("SUPERSCRIPT", character in SUPERSCRIPTS), ("SUBSCRIPT_RUN", character in SUBSCRIPTS), ("ONES", character == ONES),
            ("PARTIAL", character == "∂"),
        ):  # fmt: skip
            if fits:
                after = position + 1
                while kind.startswith("SU") and after < stop and (more := self.r.lexemes[after]).text in (SUPERSCRIPTS | SUBSCRIPTS):
                    if more.kind != "char" or (more.text in SUPERSCRIPTS) != (kind == "SUPERSCRIPT"):
                        break
                    after += 1
                value = "".join([part.text for part in self.r.lexemes[position:after]])
                return [Token(kind, value, lexeme.start, self.r.lexemes[after - 1].end)], after
        if character in OPERATOR_TYPE:
            return [Token(OPERATOR_TYPE[character], character, lexeme.start, lexeme.end)], position + 1
        if character in "<>≤≥≠":
            raise inequality(character, lexeme.span)
        if character == ":":
            advice = "\\langle A, B \\rangle, or \\operatorname{tr}(A^\\top B)"
            raise ParseError("':' is not used in expressions", span=lexeme.span, suggestion=advice)
        raise ParseError(f"the character {character!r} is not in the language", span=lexeme.span)

    # ------------------------------------------------------------ brackets

    def _bracket(self, position: int) -> Items:
        lexeme, r = self.r.lexemes[position], self.r
        match lexeme.kind:
            case "[" | "(" if (indices := self.scripts.ranged(position)) is not None:
                return indices
            case "[" if self._holds_positions(position):
                r.square.add(r.partner[position])
                return [Token("LSQB", "[", lexeme.start, lexeme.end)]
            case "(" | "[":
                return [Token("LPAR", "(", lexeme.start, lexeme.end)]
            case "]" if position in r.square:
                return [Token("RSQB", "]", lexeme.start, lexeme.end)]
            case _:
                return [Token("RPAR", ")", lexeme.start, lexeme.end)]

    def _listed(self, position: int) -> list[Range] | None:
        """The entries of a list in square brackets; None where these hold positions or group."""
        entries = list_entries(self.r, position)
        return entries if entries and self.scripts.ranged(position) is None and not self._holds_positions(position) else None

    def _holds_positions(self, position: int) -> bool:
        """Whether a square bracket is that of ``X[i,j]`` rather than one for grouping.

        After a space or ``\\left`` the positions must be numbers or indices of sums: ``\\mu [2]``, but ``x [b]`` is a product.
        """
        r = self.r
        lexeme, close = r.lexemes[position], r.partner[position]
        before = r.out[-1] if r.out else None
        if before is None or close - position >= 12 or before.type not in ("RUN", "RPAR"):
            return False
        if before.type == "RUN" and r.vocabulary.function(before.value, called=True) is not None:
            return False
        inner = [part.text if part.kind != "digit" else "0" for part in r.lexemes[position + 1 : close]]
        pieces = "".join(inner).split(",")
        loose = lexeme.text == "\\left" or before.end != lexeme.start or before.value in USUAL
        return all(set(piece) == {"0"} or (len(piece) == 1 and piece.isalpha() and (not loose or piece in r.bound)) for piece in pieces)

    # ------------------------------------------------------------ commands

    def _command(self, position: int, stop: int) -> tuple[Items, int]:
        r = self.r
        lexeme = r.lexemes[position]
        name, after = lexeme.text, position + 1
        if name in FRACTIONS:
            return self._fraction(position, stop)
        if name == "sqrt":
            return self._root(position, stop)
        if name in ACCENTS:
            return self._accent(position, stop)
        if name == "vec" and after < stop and r.lexemes[after].kind == "(":
            return [Token("RUN", "vec", lexeme.start, lexeme.end)], after
        if name in FONTS or name == "mathbb":
            return self._font(position, stop)
        if name in WORDS:
            return self._word(position, stop)
        if name in LABELLED:
            return labelled(r, position, stop)
        if name in SECOND_MEANT:
            return second_argument(r, position, stop)
        if name == "norm" and not r.vocabulary.declares("norm"):
            return norm_bars(r, position, stop)
        if name in INNER and not r.vocabulary.declares(name):
            return named_inner_product(r, position, stop)
        if name in POSTFIX_TRANSPOSES and r.out and r.out[-1].type in ("RUN", "RPAR", "TRANSPOSE", "ONES"):
            return [Token("TRANSPOSE", "'", lexeme.start, lexeme.end)], after
        if name in OPERATORS:
            return [Token(OPERATORS[name], "\\" + name, lexeme.start, lexeme.end)], after
        if name in SPELLED_GREEK or name in GREEK_NAMES.values():
            if name in USUAL and after < stop and r.lexemes[after].kind in ("(", "["):
                # A blank before brackets says nothing here.
                return [Token("RUN", name, lexeme.start, r.lexemes[after].start)], after
            if name in _LARGEST and (end := self._largest(name, after, stop)) is not None:
                return [Token("RUN", _LARGEST[name], lexeme.start, r.lexemes[end - 1].end)], end
            return [Token("RUN", name, lexeme.start, lexeme.end)], after
        function = name if name in r.vocabulary.functions else r.vocabulary.function(name, called=True)
        if function is not None:
            return self._function(function, lexeme.span, after, stop)
        if name in ("max", "min") and self._is_beside_zero(after, stop):
            return [Token("RUN", name, lexeme.start, r.lexemes[after].start)], after
        if name in REFUSED:
            message, advice = REFUSED[name]
            raise ParseError(message, span=lexeme.span, suggestion=advice)
        near = nearest_function(name)
        known = written(name, ["x", "y"]) if len(name) > 1 else None
        advice = f"\\operatorname{{{near}}}" if near else known or "the plain spelling"
        raise ParseError(f"the command \\{name} is not read", span=lexeme.span, suggestion=advice)

    def _is_beside_zero(self, after: int, stop: int) -> bool:
        r"""Whether brackets follow with two values of which one is 0: ``\max(0, u)``, ``\max\{u, 0\}``."""
        r = self.r
        if after >= stop or r.lexemes[after].kind != "(" or after not in r.partner:
            return False
        inner = [lexeme for lexeme in r.lexemes[after + 1 : r.partner[after]] if lexeme.text.strip()]
        texts = [lexeme.text for lexeme in inner]
        return texts[:2] == ["0", ","] or texts[-2:] == [",", "0"]

    def _largest(self, name: str, after: int, stop: int) -> int | None:
        r"""The end of ``_{\max}`` before brackets, unless that is a declared name."""
        r = self.r
        if after >= stop or r.lexemes[after].text != "_" or r.vocabulary.declares(f"{name}_max"):
            return None
        (first, last), end = r.argument(after + 1, stop, after)
        return end if r.word(first, last) == "max" and end < stop and r.lexemes[end].kind in ("(", "[") else None

    def over(self, first: int, last: int) -> Items | None:
        r"""``a \over b``; None when the range has no such sign outside brackets."""
        r = self.r
        position = first
        while position < last:
            lexeme = r.lexemes[position]
            if lexeme.kind == "command" and lexeme.text == "over":
                return self._quotient(position, (first, position), (position + 1, last))
            position = r.partner.get(position, position) + 1
        return None

    def _quotient(self, owner: int, top: Range, bottom: Range) -> Items:
        r = self.r
        if top[0] == top[1] or bottom[0] == bottom[1]:
            raise ParseError(f"\\{r.lexemes[owner].text} has an empty side", span=r.lexemes[owner].span, suggestion="\\frac{a}{b}")
        opening, closing = r.bracket(owner)
        last = r.lexemes[bottom[1] - 1]
        end = Token("RPAR", ")", last.start, last.end)
        derivative = quotient_of_differentials(r, owner, top, bottom)
        if derivative is not None:  # an exponent behind it belongs to all of it, not to what stands below the line
            return [opening, *derivative, end] if r.is_raised(bottom[1]) else derivative
        slash = Token("DIVIDE", "/", opening.start, opening.end)
        return [opening, opening, top, closing, slash, opening, bottom, end, end]

    def _fraction(self, position: int, stop: int) -> tuple[Items, int]:
        r = self.r
        top, middle = r.argument(position + 1, stop, position)
        bottom, after = r.argument(middle, stop, position)
        self._read_variations(top, bottom)
        return self._quotient(position, top, bottom), after

    def _read_variations(self, top: Range, bottom: Range) -> None:
        r"""``\frac{\delta f}{\delta x}`` is a derivative where nothing is called delta: a factor would stand on both sides of the line."""
        r = self.r
        above = [top[0]] if top[1] > top[0] else []
        below = [place for place in range(*bottom) if _is_delta(r.lexemes[place])]
        followed = bottom[1] > bottom[0] + 1 and r.lexemes[bottom[0] + 1].text not in ("_", "^")
        if not above or not _is_delta(r.lexemes[above[0]]) or below[:1] != [bottom[0]] or not followed or r.vocabulary.declares("delta"):
            return
        for place in above + below:
            lexeme = r.lexemes[place]
            r.lexemes[place] = Lexeme("command", "partial", lexeme.start, lexeme.end)
        span = Span(r.lexemes[top[0]].start, r.lexemes[bottom[1] - 1].end)
        r.decisions.append(Decision("\\delta above and below the line is read as \\partial", "alias", span=span))

    def _root(self, position: int, stop: int) -> tuple[Items, int]:
        r = self.r
        lexeme, after = r.lexemes[position], position + 1
        opening, closing = r.bracket(position)
        if after < stop and r.lexemes[after].kind == "[" and r.lexemes[after].text != "\\left":
            close = r.partner[after]
            body, end = r.argument(close + 1, stop, position)
            one, slash = Token("NUMBER", "1", lexeme.start, lexeme.end), Token("DIVIDE", "/", lexeme.start, lexeme.end)
            power = Token("POWER", "^", lexeme.start, lexeme.end)
            degree: Items = [power, opening, one, slash, opening, (after + 1, close), closing, closing]
            return [opening, opening, body, closing, *degree, closing], end
        body, end = r.argument(after, stop, position)
        last = r.lexemes[end - 1]
        return [Token("RUN", "sqrt", lexeme.start, lexeme.end), opening, body, Token("RPAR", ")", last.start, last.end)], end

    def _accent(self, position: int, stop: int) -> tuple[Items, int]:
        r = self.r
        lexeme = r.lexemes[position]
        (first, last), after = r.argument(position + 1, stop, position)
        word, rest = r.symbol(first, last)
        span = Span(lexeme.start, r.lexemes[after - 1].end)
        if word is None or (rest < last and r.lexemes[rest].text != "_"):
            raise ParseError(f"\\{lexeme.text} belongs over one symbol", span=span, suggestion=f"\\{lexeme.text}{{x}}")
        name = f"{word}_{ACCENTS[lexeme.text]}"
        if not r.vocabulary.declares(name) and r.vocabulary.declares(word + ACCENTS[lexeme.text]):
            name = word + ACCENTS[lexeme.text]
        r.names.add(name)
        return [Token("RUN", name, lexeme.start, span.end), (rest, last)], after

    def _font(self, position: int, stop: int) -> tuple[Items, int]:
        r = self.r
        lexeme = r.lexemes[position]
        (first, last), after = r.argument(position + 1, stop, position)
        end = r.lexemes[after - 1].end
        if last - first == 1 and r.lexemes[first].text in ("1", "0") and lexeme.text not in ("vec", "mathcal", "boxed", "ensuremath"):
            if r.lexemes[first].text == "1":
                return [Token("ONES", ONES, lexeme.start, end)], after
            r.zeros.add(lexeme.start)
            return [Token("NUMBER", "0", lexeme.start, end)], after
        if lexeme.text == "mathbb":
            letter = r.lexemes[first].text if last - first == 1 else ""
            if letter == "I" or (letter.isalpha() and letter.isascii() and letter not in SETS_AND_EXPECTATIONS):
                return [Token("RUN", letter, lexeme.start, end)], after
            message, advice = REFUSED["mathbb"]
            raise ParseError(message, span=Span(lexeme.start, end), suggestion=advice)
        symbol, rest = r.symbol(first, last)
        if symbol is not None and rest == last and lexeme.text != "boxed":
            # The place of the symbol is that of the whole command.
            return [Token("RUN", symbol, lexeme.start, end)], after
        return [(first, last)], after

    def _word(self, position: int, stop: int) -> tuple[Items, int]:
        r = self.r
        lexeme = r.lexemes[position]
        (first, last), after = r.argument(position + 1, stop, position)
        span = Span(lexeme.start, r.lexemes[after - 1].end)
        word = r.word(first, last)
        together = all(r.lexemes[k].end == r.lexemes[k + 1].start for k in range(first, min(last, first + 40) - 1))
        if word == "d" and "d" not in r.vocabulary.symbols and after < stop and r.lexemes[after].kind in ("letter", "(", "command"):
            return [Token("DIFFERENTIAL_SIGN", "d", span.start, span.end)], after
        if word is None or not word[:1].isalpha() or not together:
            if lexeme.text == "operatorname":
                raise UnknownFunctionError(
                    "there is no such function", span=span, suggestion="\\operatorname{f}, with f declared as a function"
                )
            if lexeme.text in PROSE:
                raise ParseError("words inside the formula are not read", span=span, suggestion="the formula alone")
            return [(first, last)], after
        if word == "Id" and not r.vocabulary.declares("Id"):
            return [Token("RUN", "eye", span.start, span.end)], after
        if r.declared_with_subscript(word, after, stop):
            return [Token("RUN", word, span.start, span.end)], after
        # A name that is declared stands for itself, even where it is spelled as a function is.
        declared = r.vocabulary.declares(canonical_name(word))
        function = word if declared else r.vocabulary.function(word, called=True) or word
        if r.vocabulary.is_function(function) or function in r.vocabulary.functions:
            return self._function(function, span, after, stop)
        if (marked := self._marked_function(function, after, stop)) is not None:
            return self._function(marked[0], Span(span.start, r.lexemes[marked[1] - 1].end), marked[1], stop)
        if len(word) > 1 and word not in SPELLED_GREEK and word not in KEYWORDS and not r.vocabulary.declares(canonical_name(word)):
            called = after < stop and r.lexemes[after].kind in ("(", "[")
            if called and self._is_defined(position, after, stop):
                self._defined.add(word)
            if word in self._defined:
                return [Token("RUN", word, span.start, span.end)], after
            if lexeme.text in ("operatorname", "mathop") or called:
                raise unknown_function(word, span)
            if lexeme.text in PROSE:
                raise ParseError("words inside the formula are not read", span=span, suggestion="the formula alone")
            r.names.add(canonical_name(word))
        return [Token("RUN", r.twin(position, word), span.start, span.end)], after

    def _is_defined(self, position: int, after: int, stop: int) -> bool:
        r"""Whether a definition begins at a word before brackets: ``\mathrm{KL}(\mu, s) = ...``."""
        lexemes = self.r.lexemes
        begins = position == 0 or lexemes[position - 1].text in (";", ",")
        close = self.r.partner.get(after, stop)
        return begins and close + 1 < stop and lexemes[close + 1].text in ("=", "coloneqq", ":")

    def _function(self, name: str, span: Span, after: int, stop: int) -> tuple[Items, int]:
        r = self.r
        head = Token("RUN", name, span.start, span.end)
        following = r.lexemes[after] if after < stop else None
        if following is None:
            return [head], after
        if name in ("log", "ln") and following.kind == "command" and following.text == "det" and r.vocabulary.is_function("logdet"):
            return self._function("logdet", Span(span.start, following.end), after + 1, stop)
        opening = Token("LPAR", "(", span.start, span.end)
        if following.kind == "{":
            close = r.partner[after]
            return [head, opening, (after + 1, close), Token("RPAR", ")", *_ends(r.lexemes[close]))], close + 1
        if following.kind != "char" or following.text not in "^_" or name in r.vocabulary.functions:
            return [head], after
        if following.text == "_":
            marked = self._marked_function(name, after, stop)
            if marked is not None:
                return self._function(marked[0], Span(span.start, r.lexemes[marked[1] - 1].end), marked[1], stop)
            raise ParseError(f"the subscript of {name} is not read", span=following.span, suggestion="log(x)/log(2) for another base")
        exponent, operand = r.argument(after + 1, stop, after)
        if exponent[0] < exponent[1] and r.lexemes[exponent[0]].text == "-":
            advice = f"1/{name}(x), or a{name}(x) for the inverse function"
            raise ParseError(f"a negative power of {name} has two readings", span=following.span, suggestion=advice)
        end = self._operand_end(operand, stop)
        if end is None:
            raise UnknownFunctionError(f"the function {name!r} needs an argument", span=span, suggestion=f"{name}(x)")
        closing = Token("RPAR", ")", *_ends(r.lexemes[end - 1]))
        raised = self.scripts.exponent(after, exponent, False)
        return [opening, head, opening, (operand, end), closing, closing, *raised], end

    def _marked_function(self, name: str, after: int, stop: int) -> tuple[str, int] | None:
        r"""``\operatorname{divdiff}_{\exp}``: the function whose name has the subscript in it, and the position after that."""
        r = self.r
        if after >= stop or r.lexemes[after].text != "_":
            return None
        (first, last), beyond = r.argument(after + 1, stop, after)
        if first == last:
            return None
        whole = f"{name}_{r.word(first, last) or r.lexemes[first].text}"
        return (whole, beyond) if r.vocabulary.is_function(whole) else None

    def _operand_end(self, position: int, stop: int) -> int | None:
        """The end of one factor with its scripts."""
        r = self.r
        if position >= stop or (r.lexemes[position].kind in ("char", "newline") and r.lexemes[position].text not in SUBSCRIPTS):
            return None
        end = r.element_end(position, stop)
        while end < stop and r.lexemes[end].kind == "char" and r.lexemes[end].text in "^_'":
            end = end + 1 if r.lexemes[end].text == "'" else r.argument(end + 1, stop, end)[1]
        return end


def _ends(lexeme: Lexeme) -> tuple[int, int]:
    return lexeme.start, lexeme.end


def _is_delta(lexeme: Lexeme) -> bool:
    return lexeme.kind == "command" and lexeme.text == "delta"
