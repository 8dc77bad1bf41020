r"""LaTeX source to the raw tokens of the plain language, with places in the LaTeX source.

LaTeX has no grammar of its own here: what differs from the plain spelling is how things are set
(``\frac{a}{b}``, scripts, accents, fonts), not how they bind. So the source is rewritten into the
same tokens, and ``grammar/matcalc.lark`` stays the only definition of precedence; every token keeps
its place in the LaTeX source, so that errors point there. Commands with arguments are opened on an
explicit stack.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TypeAlias

from matcalc.base.budgets import LONGEST_RUN, MOST_TOKENS
from matcalc.base.errors import LimitError, ParseError, Span, UnknownFunctionError
from matcalc.base.records import record
from matcalc.language.decisions import Decision
from matcalc.language.latex.latex_cases import written_cases
from matcalc.language.latex.latex_commands import (
    ACCENTS,
    FONTS,
    FRACTIONS,
    LABELLED,
    OPERATORS,
    POSTFIX_TRANSPOSES,
    PROSE,
    SECOND_MEANT,
    SETS_AND_EXPECTATIONS,
    WORDS,
    refused,
)
from matcalc.language.latex.latex_constructs import (
    INNER,
    Items,
    Range,
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
from matcalc.language.latex.lexemes import BEGINS, BEGINS_CASES, Lexeme
from matcalc.language.text.meanings import USUAL, nearest_function, unknown_function, written
from matcalc.language.text.scanner import OPERATOR_TYPE, inequality, too_long
from matcalc.language.text.spelling import (
    ONES,
    SPELLED_GREEK,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    WORDS as KEYWORDS,
    Vocabulary,
    canonical_name,
)
from matcalc.language.text.sum_limits import OVER_INDICES
from matcalc.language.text.terminals import Token

_LARGEST = {"lambda": "eigmax", "sigma": "spectral"}
"""Letters that with the index ``\\max`` stand for the largest eigenvalue and the largest singular
value."""

__all__ = ["LatexTokens", "scan_latex"]

Work: TypeAlias = Token | tuple[int, int]
"""A token to be written, or a range of lexemes to be read."""


@record
class LatexTokens:
    """Raw tokens; ``names`` are those that the source shows to be one symbol (``ybar`` for
    ``\\bar y``), ``labelled`` those with a label, in which no letter is an index."""

    tokens: list[Token]
    names: frozenset[str]
    labelled: frozenset[str]
    decisions: list[Decision]


def scan_latex(text: str, vocabulary: Vocabulary) -> LatexTokens:
    """Raw tokens of LaTeX source; positions are offsets into it.

    Raises ParseError for a command that is not read or lacks its arguments and for brackets that do
    not match, UnknownFunctionError for an operator name that is no function; LimitError as ``scan``
    does.
    """
    source = lexemes_of(text, vocabulary)
    scanner = _Scanner(source, vocabulary)
    whole: Range = (0, len(source.lexemes))
    work: list[Work] = list(reversed(scanner.over(*whole) or [whole]))
    out = scanner.out
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
    return LatexTokens(bracketed_numerators(out), frozenset(scanner.names) | source.entries, source.labelled, scanner.decisions)


class _Scanner(Scripts):
    """Reads one lexeme with its arguments at a time."""

    def read(self, position: int, stop: int) -> tuple[Items, int]:
        """What the lexeme at ``position`` stands for, and the position after it and its
        arguments."""
        lexeme = self.lexemes[position]
        reader = _OF_KINDS.get(lexeme.kind)
        if reader is not None:
            return reader(self, position, stop)
        match lexeme.kind:
            case "{":
                inner = position + 1, self.partner[position]
                return self.over(*inner) or [inner], inner[1] + 1
            case "(" if lexeme.text == BEGINS:
                return written_array(self, position)
            case "(" if lexeme.text == BEGINS_CASES:
                return written_cases(self, position)
            case "[" if (entries := self._listed(position)) is not None:
                return written_list(self, position, entries)
            case "}" | "(" | ")" | "[" | "]":
                return self._bracket(position), position + 1
            case "newline":
                return [self.token("NEWLINE", "\n", position)], position + 1
            case bar:
                return [Token(bar, lexeme.text, lexeme.start, lexeme.end)], position + 1

    # ------------------------------------------------------------ letters, numbers, signs

    def _letters(self, position: int, stop: int) -> tuple[Items, int]:
        lexemes, after = self.lexemes, position + 1
        while (following := self.at(after, stop)).start == lexemes[after - 1].end and self._continues_run(following):
            after += 1
        if after - position > LONGEST_RUN:
            raise too_long(self.span(position, after - 1))
        value = "".join([lexeme.text for lexeme in lexemes[position:after]])
        value = self.vocabulary.function(value, called=following.kind in ("(", "[")) or value
        return [self.token("RUN", value, position, after - 1)], after

    def _continues_run(self, lexeme: Lexeme) -> bool:
        return lexeme.kind in ("letter", "digit") or (lexeme.kind == "char" and (lexeme.text in SUBSCRIPTS or lexeme.text == "′"))

    def _number(self, position: int, stop: int) -> tuple[Items, int]:
        after, dots = position + 1, 0
        while (lexeme := self.at(after, stop)).start == self.lexemes[after - 1].end:
            decimal = lexeme.text == "." and not dots and self.at(after + 1, stop).kind == "digit"
            if lexeme.kind != "digit" and not decimal:
                break
            dots += decimal
            after += 1
        value = "".join([lexeme.text for lexeme in self.lexemes[position:after]])
        return [self.token("NUMBER", value, position, after - 1)], after

    def _character(self, position: int, stop: int) -> tuple[Items, int]:
        lexeme = self.lexemes[position]
        character, following = lexeme.text, self.at(position + 1, stop)
        if character in "^_'":
            return self.scripts(position, stop)
        pair = character + following.text
        if following.start == lexeme.end and following.kind in ("char", "command") and pair in OPERATOR_TYPE:
            return [self.token(OPERATOR_TYPE[pair], pair, position, position + 1)], position + 2
        kind = _CHARACTERS.get(character)
        if kind is None:
            raise self._unknown_character(lexeme)
        after = position + 1
        while kind in _SMALL and (more := self.at(after, stop)).kind == "char" and _CHARACTERS.get(more.text) == kind:
            after += 1
        return [self.token(kind, "".join(self.texts(position, after, after - position)), position, after - 1)], after

    def _unknown_character(self, lexeme: Lexeme) -> ParseError:
        if lexeme.text in "<>≤≥≠":
            return inequality(lexeme.text, lexeme.span)
        said, advice = f"the character {lexeme.text!r} is not in the language", None
        if lexeme.text == ":":
            said, advice = "':' is not used in expressions", "\\langle A, B \\rangle, or \\operatorname{tr}(A^\\top B)"
        return ParseError(said, span=lexeme.span, suggestion=advice)

    # ------------------------------------------------------------ brackets

    def _bracket(self, position: int) -> Items:
        lexeme = self.lexemes[position]
        match lexeme.kind:
            case "[" | "(" if (indices := self.ranged(position)) is not None:
                return indices
            case "[" if self._holds_positions(position):
                self.square.add(self.partner[position])
                return [self.token("LSQB", "[", position)]
            case "(" | "[":
                return [self.token("LPAR", "(", position)]
            case "]" if position in self.square:
                return [self.token("RSQB", "]", position)]
            case _:
                return [self.token("RPAR", ")", position)]

    def _listed(self, position: int) -> list[Range] | None:
        """The entries of a list in square brackets; None where these hold positions or group."""
        entries = list_entries(self, position)
        return entries if entries and self.ranged(position) is None and not self._holds_positions(position) else None

    def _holds_positions(self, position: int) -> bool:
        """Whether a square bracket is that of ``X[i,j]`` rather than one for grouping.

        After a space or ``\\left`` the positions must be numbers or indices of sums: ``\\mu [2]``,
        but ``x [b]`` is a product.
        """
        lexeme, close, before = self.lexemes[position], self.partner[position], self.last
        if before is None or close - position >= 12 or before.type not in ("RUN", "RPAR"):
            return False
        if before.type == "RUN" and self.vocabulary.function(before.value, called=True) is not None:
            return False
        loose = lexeme.text == "\\left" or before.end != lexeme.start or before.value in USUAL
        inner = [part.text if part.kind != "digit" else "0" for part in self.lexemes[position + 1 : close]]
        return all(self._is_position(piece, loose) for piece in "".join(inner).split(","))

    def _is_position(self, piece: str, loose: bool) -> bool:
        letter = len(piece) == 1 and piece.isalpha() and (not loose or piece in self.bound)
        return letter or set(piece) == {"0"}

    # ------------------------------------------------------------ commands

    def _command(self, position: int, stop: int) -> tuple[Items, int]:
        name, after = self.lexemes[position].text, position + 1
        reader = _READERS.get(name)
        if reader is not None and not (name in _DECLARABLE and self.vocabulary.declares(name)):
            return reader(self, position, stop)
        if name in POSTFIX_TRANSPOSES and self.last is not None and self.last.type in ("RUN", "RPAR", "TRANSPOSE", "ONES"):
            return [self.token("TRANSPOSE", "'", position)], after
        if name in OPERATORS:
            return [self.token(OPERATORS[name], "\\" + name, position)], after
        return self._greek(position, stop) if name in SPELLED_GREEK else self._named_function(position, stop)

    def _named_function(self, position: int, stop: int) -> tuple[Items, int]:
        lexeme, after = self.lexemes[position], position + 1
        name = lexeme.text
        function = name if name in self.vocabulary.functions else self.vocabulary.function(name, called=True)
        if function is not None:
            return self._function(function, lexeme.span, after, stop)
        message, advice = refused().get(name, (f"the command \\{name} is not read", None))
        if name not in refused():
            near = nearest_function(name)
            known = written(name, ["x", "y"]) if len(name) > 1 else None
            advice = f"\\operatorname{{{near}}}" if near else known or "the plain spelling"
        raise ParseError(message, span=lexeme.span, suggestion=advice)

    def _greek(self, position: int, stop: int) -> tuple[Items, int]:
        after = position + 1
        lexeme, following = self.lexemes[position], self.at(after, stop)
        if lexeme.text in USUAL and following.kind in ("(", "["):
            # A blank before brackets says nothing here.
            return [Token("RUN", lexeme.text, lexeme.start, following.start)], after
        end = self._largest(lexeme.text, after, stop) if lexeme.text in _LARGEST else None
        if end is None:
            return [self.token("RUN", lexeme.text, position)], after
        return [self.token("RUN", _LARGEST[lexeme.text], position, end - 1)], end

    def _largest(self, name: str, after: int, stop: int) -> int | None:
        r"""The end of ``_{\max}`` before brackets, unless that is a declared name."""
        if self.at(after, stop).text != "_" or self.vocabulary.declares(f"{name}_max"):
            return None
        (first, last), end = self.argument(after + 1, stop, after)
        return end if self.word(first, last) == "max" and self.at(end, stop).kind in ("(", "[") else None

    def over(self, first: int, last: int) -> Items | None:
        r"""``a \over b``; None when the range has no such sign outside brackets."""
        for place in self.shallow(first, last):
            if self.lexemes[place].is_command(("over",)):
                return self._quotient(place, (first, place), (place + 1, last))
        return None

    def _quotient(self, owner: int, top: Range, bottom: Range) -> Items:
        if top[0] == top[1] or bottom[0] == bottom[1]:
            raise ParseError(
                f"\\{self.lexemes[owner].text} has an empty side", span=self.lexemes[owner].span, suggestion="\\frac{a}{b}"
            )
        opening, closing = self.bracket(owner)
        last = self.lexemes[bottom[1] - 1]
        end = Token("RPAR", ")", last.start, last.end)
        derivative = quotient_of_differentials(self, owner, top, bottom)
        if derivative is not None:  # an exponent behind it belongs to all of it, not to what stands below the line
            return [opening, *derivative, end] if self.is_raised(bottom[1]) else derivative
        slash = Token("DIVIDE", "/", opening.start, opening.end)
        return [opening, opening, top, closing, slash, opening, bottom, end, end]

    def _fraction(self, position: int, stop: int) -> tuple[Items, int]:
        top, middle = self.argument(position + 1, stop, position)
        bottom, after = self.argument(middle, stop, position)
        return self._quotient(position, top, bottom), after

    def _root(self, position: int, stop: int) -> tuple[Items, int]:
        after, (opening, closing) = position + 1, self.bracket(position)
        if self.at(after, stop).kind == "[" and self.lexemes[after].text != "\\left":
            close = self.partner[after]
            body, end = self.argument(close + 1, stop, position)
            one, slash, power = [self.token(*sign, position) for sign in _INVERTED]
            degree: Items = [power, opening, one, slash, opening, (after + 1, close), closing, closing]
            return [opening, opening, body, closing, *degree, closing], end
        body, end = self.argument(after, stop, position)
        return [self.token("RUN", "sqrt", position), opening, body, self.token("RPAR", ")", end - 1)], end

    def _accent(self, position: int, stop: int) -> tuple[Items, int]:
        lexeme = self.lexemes[position]
        (first, last), after = self.argument(position + 1, stop, position)
        word, rest = self.symbol(first, last)
        span = self.span(position, after - 1)
        if word is None or (rest < last and self.lexemes[rest].text != "_"):
            if self.vocabulary.complex and ACCENTS[lexeme.text] == "bar":
                called = [self.token("RUN", "conj", position), self.token("LPAR", "(", position)]
                return [*called, (first, last), self.token("RPAR", ")", after - 1)], after
            raise ParseError(f"\\{lexeme.text} belongs over one symbol", span=span, suggestion=f"\\{lexeme.text}{{x}}")
        name = f"{word}_{ACCENTS[lexeme.text]}"
        if not self.vocabulary.declares(name) and self.vocabulary.declares(word + ACCENTS[lexeme.text]):
            name = word + ACCENTS[lexeme.text]
        end = self.argument(after + 1, stop, after)[1] if self.at(after, stop).text == "_" else after
        if self.at(end, stop).kind == "(" and self._is_defined(position, end, stop):
            self.defined.add(name)  # \hat{f}(x) = ...
        self.names.update({name} - self.defined)
        return [Token("RUN", name, lexeme.start, span.end), (rest, last)], after

    def _vector(self, position: int, stop: int) -> tuple[Items, int]:
        r"""An arrow over a symbol; before brackets ``\vec`` is the function."""
        if self.at(position + 1, stop).kind == "(":
            return [self.token("RUN", "vec", position)], position + 1
        return self._font(position, stop)

    def _font(self, position: int, stop: int) -> tuple[Items, int]:
        lexeme = self.lexemes[position]
        (first, last), after = self.argument(position + 1, stop, position)
        alone = self.lexemes[first].text if last - first == 1 else ""
        if alone in _BOLD and lexeme.text not in ("vec", "mathcal", "boxed", "ensuremath"):
            self.zeros.update([lexeme.start] if alone == "0" else [])
            return [self.token(*_BOLD[alone], position, after - 1)], after
        if lexeme.text == "mathbb":
            if not (alone.isalpha() and alone.isascii()) or alone in SETS_AND_EXPECTATIONS:
                message, advice = refused()["mathbb"]
                raise ParseError(message, span=self.span(position, after - 1), suggestion=advice)
            return [self.token("RUN", alone, position, after - 1)], after
        symbol, rest = self.symbol(first, last)
        if symbol is None or rest != last or lexeme.text == "boxed":
            return [(first, last)], after
        # The place of the symbol is that of the whole command.
        return [self.token("RUN", symbol, position, after - 1)], after

    def _word(self, position: int, stop: int) -> tuple[Items, int]:
        (first, last), after = self.argument(position + 1, stop, position)
        span, word = self.span(position, after - 1), self.word(first, last)
        if word == "d" and "d" not in self.vocabulary.symbols and self.at(after, stop).kind in ("letter", "(", "command"):
            return [Token("DIFFERENTIAL_SIGN", "d", span.start, span.end)], after
        together = all(one.end == other.start for one, other in pairwise(self.lexemes[first : min(last, first + 40)]))
        if word is None or not word[:1].isalpha() or not together:
            self._refuse_words(self.lexemes[position].text, span)
            return [(first, last)], after
        if word == "Id" and not self.vocabulary.declares("Id"):
            return [Token("RUN", "eye", span.start, span.end)], after
        if self.declared_with_subscript(word, after, stop):
            return [Token("RUN", word, span.start, span.end)], after
        return self._name(position, word, after, stop)

    def _name(self, position: int, word: str, after: int, stop: int) -> tuple[Items, int]:
        """A word that ends before ``after``: a function, or a name."""
        span, declared = self.span(position, after - 1), self.vocabulary.declares(canonical_name(word))
        # A name that is declared stands for itself, even where it is spelled as a function is.
        function = word if declared else self.vocabulary.function(word, called=True) or word
        if self.vocabulary.is_function(function) or function in self.vocabulary.functions:
            return self._function(function, span, after, stop)
        if (marked := self._marked_function(function, span, after, stop)) is not None:
            return marked
        new = len(word) > 1 and word not in SPELLED_GREEK and word not in KEYWORDS and not declared
        defined = new and self._new_word(position, word, after, stop)
        return [Token("RUN", word if defined else self.twin(position, word), span.start, span.end)], after

    def _refuse_words(self, command: str, span: Span) -> None:
        if command == "operatorname":
            raise UnknownFunctionError(
                "there is no such function", span=span, suggestion="\\operatorname{f}, with f declared as a function"
            )
        if command in PROSE:
            raise ParseError("words inside the formula are not read", span=span, suggestion="the formula alone")

    def _new_word(self, position: int, word: str, after: int, stop: int) -> bool:
        """Whether the text defines a word as a function; else it is a name, if anything."""
        command, span = self.lexemes[position].text, self.span(position, after - 1)
        called = self.at(after, stop).kind in ("(", "[")
        if called and self._is_defined(position, after, stop):
            self.defined.add(word)
        if word in self.defined:
            return True
        if called or command in ("operatorname", "mathop"):
            raise unknown_function(word, span)
        self._refuse_words(command, span)
        self.names.add(canonical_name(word))
        return False

    def _is_defined(self, position: int, after: int, stop: int) -> bool:
        r"""Whether a definition begins at a word before brackets: ``\mathrm{KL}(\mu, s) = ...``."""
        begins = position == 0 or self.lexemes[position - 1].text in (";", ",")
        return begins and self.at(self.partner.get(after, stop) + 1, stop).text in ("=", "coloneqq", ":")

    def _function(self, name: str, span: Span, after: int, stop: int) -> tuple[Items, int]:
        head, following = Token("RUN", name, span.start, span.end), self.at(after, stop)
        if name in ("log", "ln") and following.is_command(("det",)) and self.vocabulary.is_function("logdet"):
            return self._function("logdet", Span(span.start, following.end), after + 1, stop)
        opening = Token("LPAR", "(", span.start, span.end)
        if following.kind == "{":
            close = self.partner[after]
            return [head, opening, (after + 1, close), self.token("RPAR", ")", close)], close + 1
        if not following.is_char("^_") or name in self.vocabulary.functions:
            return [head], after
        if following.text == "_":
            marked = self._marked_function(name, span, after, stop)
            if marked is None and name in OVER_INDICES:
                return [head.as_a("SUM_SIGN")], after
            if marked is None:
                said, advice = f"the subscript of {name} is not read", "log(x)/log(2) for another base"
                raise ParseError(said, span=following.span, suggestion=advice)
            return marked
        exponent, operand = self.argument(after + 1, stop, after)
        if self.texts(*exponent)[:1] == ["-"]:
            advice = f"1/{name}(x), or a{name}(x) for the inverse function"
            raise ParseError(f"a negative power of {name} has two readings", span=following.span, suggestion=advice)
        end = self._operand_end(operand, stop)
        if end is None:
            raise UnknownFunctionError(f"the function {name!r} needs an argument", span=span, suggestion=f"{name}(x)")
        closing = self.token("RPAR", ")", end - 1)
        return [opening, head, opening, (operand, end), closing, closing, *self.exponent(after, exponent, False)], end

    def _marked_function(self, name: str, span: Span, after: int, stop: int) -> tuple[Items, int] | None:
        r"""``\operatorname{divdiff}_{\exp}``: the function whose name has the subscript in it."""
        if self.at(after, stop).text != "_":
            return None
        (first, last), beyond = self.argument(after + 1, stop, after)
        whole = f"{name}_{self.word(first, last) or self.lexemes[first].text}" if first < last else ""
        whole = _WITH_BASE.get(whole, whole)
        if not self.vocabulary.is_function(whole):
            return None
        return self._function(whole, Span(span.start, self.lexemes[beyond - 1].end), beyond, stop)

    def _operand_end(self, position: int, stop: int) -> int | None:
        """The end of one factor with its scripts."""
        lexeme = self.at(position, stop)
        if position >= stop or (lexeme.kind in ("char", "newline") and lexeme.text not in SUBSCRIPTS):
            return None
        end = self.element_end(position, stop)
        while self.at(end, stop).is_char("^_'"):
            end = end + 1 if self.lexemes[end].text == "'" else self.argument(end + 1, stop, end)[1]
        return end


_WITH_BASE = {"log_2": "log2", "log_10": "log10", "log_e": "log"}
"""Logarithms to a base that have a name."""

Reader: TypeAlias = Callable[[_Scanner, int, int], tuple[Items, int]]
_OF_KINDS: Mapping[str, Reader] = {
    "letter": _Scanner._letters, "digit": _Scanner._number, "command": _Scanner._command, "char": _Scanner._character, "<": inner_product,
}  # fmt: skip
_READERS: Mapping[str, Reader] = {
    **dict.fromkeys(FRACTIONS, _Scanner._fraction),
    **dict.fromkeys(ACCENTS, _Scanner._accent),
    **dict.fromkeys((*FONTS, "mathbb"), _Scanner._font),
    **dict.fromkeys(WORDS, _Scanner._word),
    **dict.fromkeys(LABELLED, labelled),
    **dict.fromkeys(SECOND_MEANT, second_argument),
    **dict.fromkeys(INNER, named_inner_product),
    "norm": norm_bars,
    "sqrt": _Scanner._root,
    "vec": _Scanner._vector,
}
"""Commands with arguments, and what reads these."""
_DECLARABLE = INNER | {"norm"}
"""Those that are names where they are declared."""
_BOLD = {"0": ("NUMBER", "0"), "1": ("ONES", ONES)}
"""Numbers that in bold are arrays."""
_INVERTED = (("NUMBER", "1"), ("DIVIDE", "/"), ("POWER", "^"))
_SMALL = ("SUPERSCRIPT", "SUBSCRIPT_RUN")
_CHARACTERS = OPERATOR_TYPE | {ONES: "ONES", "∂": "PARTIAL"}
_CHARACTERS |= (
    dict.fromkeys("<>≤≥", "RELATION") | dict.fromkeys(SUBSCRIPTS, "SUBSCRIPT_RUN") | dict.fromkeys(SUPERSCRIPTS, "SUPERSCRIPT")
)
