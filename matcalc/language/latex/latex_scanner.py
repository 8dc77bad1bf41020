r"""LaTeX source to the raw tokens of the plain language, with places in the LaTeX source.

LaTeX has no grammar of its own here: what differs from the plain spelling is how things are set
(``\frac{a}{b}``, scripts, accents, fonts), not how they bind. So the source is rewritten into the
same tokens, and ``grammar/matcalc.lark`` stays the only definition of precedence; every token keeps
its place in the LaTeX source, so that errors point there. Commands with arguments are opened on an
explicit stack.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from matcalc.base.budgets import LONGEST_RUN, MOST_TOKENS
from matcalc.base.errors import LimitError, ParseError, Span, UnknownFunctionError
from matcalc.language.decisions import Decision
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
from matcalc.language.latex.latex_constructs import (
    INNER,
    Items,
    Range,
    Reading,
    bracketed_numerators,
    inner_product,
    labelled,
    list_entries,
    named_inner_product,
    norm_bars,
    quotient_of_differentials,
    second_argument,
    written_array,
    written_list,
)
from matcalc.language.latex.latex_scripts import Scripts
from matcalc.language.latex.lexeme_passes import lexemes_of
from matcalc.language.latex.lexemes import BEGINS, Lexeme
from matcalc.language.text.meanings import USUAL, nearest_function, unknown_function, written
from matcalc.language.text.scanner import OPERATOR_TYPE, inequality, too_long
from matcalc.language.text.spelling import ONES, SPELLED_GREEK, SUBSCRIPTS, SUPERSCRIPTS, Vocabulary, canonical_name
from matcalc.language.text.spelling import WORDS as KEYWORDS
from matcalc.language.text.terminals import Token

_LARGEST = {"lambda": "eigmax", "sigma": "spectral"}
"""Letters that with the index ``\\max`` stand for the largest eigenvalue and the largest singular
value."""

__all__ = ["LatexTokens", "scan_latex"]

Work: TypeAlias = Token | tuple[int, int]
"""A token to be written, or a range of lexemes to be read."""


@dataclass(frozen=True, slots=True)
class LatexTokens:
    """Raw tokens; ``names`` are those that the source shows to be one symbol (``ybar`` for
    ``\\bar y``), ``labelled`` those with a label, in which no letter is an index."""

    tokens: list[Token]
    names: frozenset[str]
    labelled: frozenset[str]
    decisions: list[Decision] = field(default_factory=list)


def scan_latex(text: str, vocabulary: Vocabulary) -> LatexTokens:
    """Raw tokens of LaTeX source; positions are offsets into it.

    Raises ParseError for a command that is not read or lacks its arguments and for brackets that do
    not match, UnknownFunctionError for an operator name that is no function; LimitError as ``scan``
    does.
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
        """What the lexeme at ``position`` stands for, and the position after it and its
        arguments."""
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
                return [self.r.token("NEWLINE", "\n", position)], position + 1
            case "command":
                return self._command(position, stop)
            case "char":
                return self._character(position, stop)
            case bar:
                return [Token(bar, lexeme.text, lexeme.start, lexeme.end)], position + 1

    # ------------------------------------------------------------ letters, numbers, signs

    def _letters(self, position: int, stop: int) -> tuple[Items, int]:
        lexemes, after = self.r.lexemes, position + 1
        while (following := self.r.at(after, stop)).start == lexemes[after - 1].end and self._continues_run(following):
            after += 1
        if after - position > LONGEST_RUN:
            raise too_long(Span(lexemes[position].start, lexemes[after - 1].end))
        value = "".join([lexeme.text for lexeme in lexemes[position:after]])
        value = self.r.vocabulary.function(value, called=following.kind in ("(", "[")) or value
        return [self.r.token("RUN", value, position, after - 1)], after

    def _continues_run(self, lexeme: Lexeme) -> bool:
        return lexeme.kind in ("letter", "digit") or (lexeme.kind == "char" and (lexeme.text in SUBSCRIPTS or lexeme.text == "′"))

    def _number(self, position: int, stop: int) -> tuple[Items, int]:
        r, after, dots = self.r, position + 1, 0
        while (lexeme := r.at(after, stop)).start == r.lexemes[after - 1].end:
            decimal = lexeme.text == "." and not dots and r.at(after + 1, stop).kind == "digit"
            if lexeme.kind != "digit" and not decimal:
                break
            dots += decimal
            after += 1
        value = "".join([lexeme.text for lexeme in r.lexemes[position:after]])
        return [r.token("NUMBER", value, position, after - 1)], after

    def _character(self, position: int, stop: int) -> tuple[Items, int]:
        r, lexeme = self.r, self.r.lexemes[position]
        character, following = lexeme.text, r.at(position + 1, stop)
        if character in "^_'":
            return self.scripts.read(position, stop)
        pair = character + following.text
        if following.start == lexeme.end and following.kind in ("char", "command") and pair in OPERATOR_TYPE:
            return [r.token(OPERATOR_TYPE[pair], pair, position, position + 1)], position + 2
        kind = _CHARACTERS.get(character)
        if kind is None:
            raise self._unknown_character(lexeme)
        after = position + 1
        while kind in _SMALL and (more := r.at(after, stop)).kind == "char" and _CHARACTERS.get(more.text) == kind:
            after += 1
        return [r.token(kind, "".join(r.texts(position, after, after - position)), position, after - 1)], after

    def _unknown_character(self, lexeme: Lexeme) -> ParseError:
        if lexeme.text in "<>≤≥≠":
            return inequality(lexeme.text, lexeme.span)
        if lexeme.text == ":":
            advice = "\\langle A, B \\rangle, or \\operatorname{tr}(A^\\top B)"
            return ParseError("':' is not used in expressions", span=lexeme.span, suggestion=advice)
        return ParseError(f"the character {lexeme.text!r} is not in the language", span=lexeme.span)

    # ------------------------------------------------------------ brackets

    def _bracket(self, position: int) -> Items:
        lexeme, r = self.r.lexemes[position], self.r
        match lexeme.kind:
            case "[" | "(" if (indices := self.scripts.ranged(position)) is not None:
                return indices
            case "[" if self._holds_positions(position):
                r.square.add(r.partner[position])
                return [r.token("LSQB", "[", position)]
            case "(" | "[":
                return [r.token("LPAR", "(", position)]
            case "]" if position in r.square:
                return [r.token("RSQB", "]", position)]
            case _:
                return [r.token("RPAR", ")", position)]

    def _listed(self, position: int) -> list[Range] | None:
        """The entries of a list in square brackets; None where these hold positions or group."""
        entries = list_entries(self.r, position)
        return entries if entries and self.scripts.ranged(position) is None and not self._holds_positions(position) else None

    def _holds_positions(self, position: int) -> bool:
        """Whether a square bracket is that of ``X[i,j]`` rather than one for grouping.

        After a space or ``\\left`` the positions must be numbers or indices of sums: ``\\mu [2]``,
        but ``x [b]`` is a product.
        """
        r = self.r
        lexeme, close, before = r.lexemes[position], r.partner[position], r.last
        if before is None or close - position >= 12 or before.type not in ("RUN", "RPAR"):
            return False
        if before.type == "RUN" and r.vocabulary.function(before.value, called=True) is not None:
            return False
        loose = lexeme.text == "\\left" or before.end != lexeme.start or before.value in USUAL
        inner = [part.text if part.kind != "digit" else "0" for part in r.lexemes[position + 1 : close]]
        return all(self._is_position(piece, loose) for piece in "".join(inner).split(","))

    def _is_position(self, piece: str, loose: bool) -> bool:
        letter = len(piece) == 1 and piece.isalpha() and (not loose or piece in self.r.bound)
        return letter or set(piece) == {"0"}

    # ------------------------------------------------------------ commands

    def _command(self, position: int, stop: int) -> tuple[Items, int]:
        r, lexeme = self.r, self.r.lexemes[position]
        name, after = lexeme.text, position + 1
        if name == "vec" and r.at(after, stop).kind == "(":
            return [r.token("RUN", "vec", position)], after
        reader = _READERS.get(name)
        if reader is not None and not (name in _DECLARABLE and r.vocabulary.declares(name)):
            return reader(self, position, stop)
        if name in POSTFIX_TRANSPOSES and r.last is not None and r.last.type in ("RUN", "RPAR", "TRANSPOSE", "ONES"):
            return [r.token("TRANSPOSE", "'", position)], after
        if name in OPERATORS:
            return [r.token(OPERATORS[name], "\\" + name, position)], after
        if name in SPELLED_GREEK:
            return self._greek(position, stop)
        function = name if name in r.vocabulary.functions else r.vocabulary.function(name, called=True)
        if function is not None:
            return self._function(function, lexeme.span, after, stop)
        if name not in ("max", "min") or not self._is_beside_zero(after, stop):
            raise self._unread(name, lexeme.span)
        return [Token("RUN", name, lexeme.start, r.lexemes[after].start)], after

    def _greek(self, position: int, stop: int) -> tuple[Items, int]:
        r, after = self.r, position + 1
        lexeme, following = r.lexemes[position], r.at(after, stop)
        if lexeme.text in USUAL and following.kind in ("(", "["):
            # A blank before brackets says nothing here.
            return [Token("RUN", lexeme.text, lexeme.start, following.start)], after
        end = self._largest(lexeme.text, after, stop) if lexeme.text in _LARGEST else None
        if end is None:
            return [r.token("RUN", lexeme.text, position)], after
        return [r.token("RUN", _LARGEST[lexeme.text], position, end - 1)], end

    def _unread(self, name: str, span: Span) -> ParseError:
        message, advice = REFUSED.get(name, (f"the command \\{name} is not read", None))
        if name not in REFUSED:
            near = nearest_function(name)
            known = written(name, ["x", "y"]) if len(name) > 1 else None
            advice = f"\\operatorname{{{near}}}" if near else known or "the plain spelling"
        return ParseError(message, span=span, suggestion=advice)

    def _is_beside_zero(self, after: int, stop: int) -> bool:
        r"""Whether brackets follow with two values of which one is 0: ``\max(0, u)``,
        ``\max\{u, 0\}``."""
        r = self.r
        if r.at(after, stop).kind != "(":
            return False
        texts = [text for text in r.texts(after + 1, r.partner[after], len(r.lexemes)) if text.strip()]
        return texts[:2] == ["0", ","] or texts[-2:] == [",", "0"]

    def _largest(self, name: str, after: int, stop: int) -> int | None:
        r"""The end of ``_{\max}`` before brackets, unless that is a declared name."""
        r = self.r
        if r.at(after, stop).text != "_" or r.vocabulary.declares(f"{name}_max"):
            return None
        (first, last), end = r.argument(after + 1, stop, after)
        return end if r.word(first, last) == "max" and r.at(end, stop).kind in ("(", "[") else None

    def over(self, first: int, last: int) -> Items | None:
        r"""``a \over b``; None when the range has no such sign outside brackets."""
        r = self.r
        for place in r.shallow(first, last):
            if r.lexemes[place].is_command(("over",)):
                return self._quotient(place, (first, place), (place + 1, last))
        return None

    def _quotient(self, owner: int, top: Range, bottom: Range) -> Items:
        r = self.r
        if top[0] == top[1] or bottom[0] == bottom[1]:
            raise ParseError(
                f"\\{r.lexemes[owner].text} has an empty side", span=r.lexemes[owner].span, suggestion="\\frac{a}{b}"
            )
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
        return self._quotient(position, top, bottom), after

    def _root(self, position: int, stop: int) -> tuple[Items, int]:
        r = self.r
        after, (opening, closing) = position + 1, r.bracket(position)
        if r.at(after, stop).kind == "[" and r.lexemes[after].text != "\\left":
            close = r.partner[after]
            body, end = r.argument(close + 1, stop, position)
            one, slash, power = (
                r.token("NUMBER", "1", position),
                r.token("DIVIDE", "/", position),
                r.token("POWER", "^", position),
            )
            degree: Items = [power, opening, one, slash, opening, (after + 1, close), closing, closing]
            return [opening, opening, body, closing, *degree, closing], end
        body, end = r.argument(after, stop, position)
        return [r.token("RUN", "sqrt", position), opening, body, r.token("RPAR", ")", end - 1)], end

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
        alone = r.lexemes[first].text if last - first == 1 else ""
        if alone in ("1", "0") and lexeme.text not in ("vec", "mathcal", "boxed", "ensuremath"):
            r.zeros.update([lexeme.start] if alone == "0" else [])
            return [
                r.token("NUMBER", "0", position, after - 1) if alone == "0" else r.token("ONES", ONES, position, after - 1)
            ], after
        if lexeme.text == "mathbb":
            if alone != "I" and (not (alone.isalpha() and alone.isascii()) or alone in SETS_AND_EXPECTATIONS):
                message, advice = REFUSED["mathbb"]
                raise ParseError(message, span=Span(lexeme.start, r.lexemes[after - 1].end), suggestion=advice)
            return [r.token("RUN", alone, position, after - 1)], after
        symbol, rest = r.symbol(first, last)
        if symbol is None or rest != last or lexeme.text == "boxed":
            return [(first, last)], after
        # The place of the symbol is that of the whole command.
        return [r.token("RUN", symbol, position, after - 1)], after

    def _word(self, position: int, stop: int) -> tuple[Items, int]:
        r = self.r
        lexeme = r.lexemes[position]
        (first, last), after = r.argument(position + 1, stop, position)
        span, word = Span(lexeme.start, r.lexemes[after - 1].end), r.word(first, last)
        if word == "d" and "d" not in r.vocabulary.symbols and r.at(after, stop).kind in ("letter", "(", "command"):
            return [Token("DIFFERENTIAL_SIGN", "d", span.start, span.end)], after
        together = all(r.lexemes[k].end == r.lexemes[k + 1].start for k in range(first, min(last, first + 40) - 1))
        if word is None or not word[:1].isalpha() or not together:
            self._refuse_words(lexeme.text, span)
            return [(first, last)], after
        identity = word == "Id" and not r.vocabulary.declares("Id")
        if identity or r.declared_with_subscript(word, after, stop):
            return [Token("RUN", "eye" if identity else word, span.start, span.end)], after
        declared = r.vocabulary.declares(canonical_name(word))
        # A name that is declared stands for itself, even where it is spelled as a function is.
        function = word if declared else r.vocabulary.function(word, called=True) or word
        if r.vocabulary.is_function(function) or function in r.vocabulary.functions:
            return self._function(function, span, after, stop)
        if (marked := self._marked_function(function, after, stop)) is not None:
            return self._function(marked[0], Span(span.start, r.lexemes[marked[1] - 1].end), marked[1], stop)
        new = len(word) > 1 and word not in SPELLED_GREEK and word not in KEYWORDS and not declared
        defined = new and self._new_word(position, word, after, stop)
        return [Token("RUN", word if defined else r.twin(position, word), span.start, span.end)], after

    def _refuse_words(self, command: str, span: Span) -> None:
        if command == "operatorname":
            advice = "\\operatorname{f}, with f declared as a function"
            raise UnknownFunctionError("there is no such function", span=span, suggestion=advice)
        if command in PROSE:
            raise ParseError("words inside the formula are not read", span=span, suggestion="the formula alone")

    def _new_word(self, position: int, word: str, after: int, stop: int) -> bool:
        """Whether the text defines a word as a function; else it is a name, if anything."""
        command, span = self.r.lexemes[position].text, Span(self.r.lexemes[position].start, self.r.lexemes[after - 1].end)
        called = self.r.at(after, stop).kind in ("(", "[")
        if called and self._is_defined(position, after, stop):
            self._defined.add(word)
        if word in self._defined:
            return True
        if called or command in ("operatorname", "mathop"):
            raise unknown_function(word, span)
        self._refuse_words(command, span)
        self.r.names.add(canonical_name(word))
        return False

    def _is_defined(self, position: int, after: int, stop: int) -> bool:
        r"""Whether a definition begins at a word before brackets: ``\mathrm{KL}(\mu, s) = ...``."""
        begins = position == 0 or self.r.lexemes[position - 1].text in (";", ",")
        close = self.r.partner.get(after, stop)
        return begins and self.r.at(close + 1, stop).text in ("=", "coloneqq", ":")

    def _function(self, name: str, span: Span, after: int, stop: int) -> tuple[Items, int]:
        r = self.r
        head, following = Token("RUN", name, span.start, span.end), r.at(after, stop)
        if name in ("log", "ln") and following.is_command(("det",)) and r.vocabulary.is_function("logdet"):
            return self._function("logdet", Span(span.start, following.end), after + 1, stop)
        opening = Token("LPAR", "(", span.start, span.end)
        if following.kind == "{":
            close = r.partner[after]
            return [head, opening, (after + 1, close), r.token("RPAR", ")", close)], close + 1
        if not following.is_char("^_") or name in r.vocabulary.functions:
            return [head], after
        if following.text == "_":
            marked = self._marked_function(name, after, stop)
            if marked is None:
                raise ParseError(
                    f"the subscript of {name} is not read", span=following.span, suggestion="log(x)/log(2) for another base"
                )
            return self._function(marked[0], Span(span.start, r.lexemes[marked[1] - 1].end), marked[1], stop)
        exponent, operand = r.argument(after + 1, stop, after)
        if r.texts(*exponent)[:1] == ["-"]:
            advice = f"1/{name}(x), or a{name}(x) for the inverse function"
            raise ParseError(f"a negative power of {name} has two readings", span=following.span, suggestion=advice)
        end = self._operand_end(operand, stop)
        if end is None:
            raise UnknownFunctionError(f"the function {name!r} needs an argument", span=span, suggestion=f"{name}(x)")
        closing = r.token("RPAR", ")", end - 1)
        return [opening, head, opening, (operand, end), closing, closing, *self.scripts.exponent(after, exponent, False)], end

    def _marked_function(self, name: str, after: int, stop: int) -> tuple[str, int] | None:
        r"""``\operatorname{divdiff}_{\exp}``: the function whose name has the subscript in it, and
        the position after that."""
        r = self.r
        if r.at(after, stop).text != "_":
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
        while r.at(end, stop).is_char("^_'"):
            end = end + 1 if r.lexemes[end].text == "'" else r.argument(end + 1, stop, end)[1]
        return end


Reader: TypeAlias = Callable[[_Scanner, int, int], tuple[Items, int]]
_READERS: Mapping[str, Reader] = {
    **dict.fromkeys(FRACTIONS, _Scanner._fraction),
    **dict.fromkeys(ACCENTS, _Scanner._accent),
    **dict.fromkeys((*FONTS, "mathbb"), _Scanner._font),
    **dict.fromkeys(WORDS, _Scanner._word),
    **dict.fromkeys(LABELLED, lambda scanner, position, stop: labelled(scanner.r, position, stop)),
    **dict.fromkeys(SECOND_MEANT, lambda scanner, position, stop: second_argument(scanner.r, position, stop)),
    **dict.fromkeys(INNER, lambda scanner, position, stop: named_inner_product(scanner.r, position, stop)),
    "norm": lambda scanner, position, stop: norm_bars(scanner.r, position, stop),
    "sqrt": _Scanner._root,
}
"""Commands with arguments, and what reads these."""
_DECLARABLE = INNER | {"norm"}
"""Those that are names where they are declared."""
_SMALL = ("SUPERSCRIPT", "SUBSCRIPT_RUN")
_CHARACTERS = OPERATOR_TYPE | {ONES: "ONES", "∂": "PARTIAL"}
_CHARACTERS |= dict.fromkeys(SUBSCRIPTS, "SUBSCRIPT_RUN") | dict.fromkeys(SUPERSCRIPTS, "SUPERSCRIPT")
