"""What the parts of the LaTeX reader share: the lexemes, what was written so far, and how arguments are taken."""

from __future__ import annotations

from typing import TypeAlias

from matcalc.errors import ParseError
from matcalc.language.latex_commands import ACCENTS, FONTS, FRACTIONS, WORDS
from matcalc.language.latex_lexemes import Lexeme, Source
from matcalc.language.scanner import Token
from matcalc.language.spelling import SPELLED_GREEK
from matcalc.language.vocabulary import Vocabulary

Range: TypeAlias = tuple[int, int]
"""Lexemes from the first position up to the second."""

Items: TypeAlias = list[Token | Range]

_LONGEST_WORD = 60
_NAMED_SIGNS = {"*": "star", "ast": "star", "star": "star", "max": "max", "min": "min"}
"""What stands for a word when it is the whole of a subscript: ``x_*``, ``x_{\\max}``."""


class Reading:
    """The state of reading one text."""

    def __init__(self, source: Source, vocabulary: Vocabulary) -> None:
        self.lexemes: list[Lexeme] = source.lexemes
        self.partner = source.partner
        self.vocabulary = vocabulary
        self.out: list[Token] = []
        self.names: set[str] = set()
        self.notes: list[str] = []
        self.square: set[int] = set()
        """Closing square brackets of entries."""
        self.zeros: set[int] = set()
        """Where a bold zero was written."""

    def bracket(self, position: int) -> tuple[Token, Token]:
        """Round brackets that no source shows, at the place of a lexeme."""
        lexeme = self.lexemes[position]
        return Token("LPAR", "(", lexeme.start, lexeme.end), Token("RPAR", ")", lexeme.start, lexeme.end)

    def argument(self, position: int, stop: int, owner: int) -> tuple[Range, int]:
        """The argument at ``position``, without its braces, and the position after it; ``owner`` is the lexeme that needs it."""
        if position >= stop or self.lexemes[position].kind in ("}", "newline"):
            lexeme = self.lexemes[owner]
            shown = f"\\{lexeme.text}" if lexeme.kind == "command" else repr(lexeme.text)
            raise ParseError(f"{shown} needs an argument after it", span=lexeme.span, suggestion="braces: {...}")
        end = self.element_end(position, stop)
        first, last = position, end
        while first < last and self.lexemes[first].kind == "{" and self.partner[first] == last - 1:
            first, last = first + 1, last - 1
        return (first, last), end

    def element_end(self, position: int, stop: int) -> int:
        """The position after one lexeme with its arguments, or after a bracket with what it holds."""
        wanted = 1
        while wanted:
            if position >= stop:
                lexeme = self.lexemes[stop - 1]
                shown = f"\\{lexeme.text}" if lexeme.kind == "command" else repr(lexeme.text)
                raise ParseError(f"{shown} needs an argument after it", span=lexeme.span, suggestion="braces: {...}")
            lexeme = self.lexemes[position]
            wanted -= 1
            if lexeme.kind in ("{", "(", "[", "<"):
                position = self.partner[position] + 1
                continue
            position += 1
            if lexeme.kind != "command":
                continue
            if lexeme.text in FRACTIONS:
                wanted += 2
            elif lexeme.text in FONTS or lexeme.text in WORDS or lexeme.text in ACCENTS or lexeme.text in ("sqrt", "mathbb"):
                if lexeme.text == "sqrt" and position < stop and self.lexemes[position].kind == "[":
                    position = self.partner[position] + 1
                wanted += 1
        return position

    def word(self, first: int, last: int) -> str | None:
        """The letters and digits of a range, fonts and braces left out; None when anything else stands in it."""
        if last - first > _LONGEST_WORD:
            return None
        parts: list[str] = []
        for lexeme in self.lexemes[first:last]:
            if lexeme.kind in ("letter", "digit") or (lexeme.kind == "command" and lexeme.text in SPELLED_GREEK):
                parts.append(lexeme.text)
            elif last - first == 1 and lexeme.text in _NAMED_SIGNS:
                parts.append(_NAMED_SIGNS[lexeme.text])
            elif lexeme.kind not in ("{", "}") and not (lexeme.kind == "command" and (lexeme.text in FONTS or lexeme.text in WORDS)):
                return None
        greek = [part for part in parts if len(part) > 1]
        return None if not parts or (greek and len(parts) > 1) else "".join(parts)

    def symbol(self, first: int, last: int) -> tuple[str | None, int]:
        """One letter, Greek letter or styled letter at the beginning of a range, and the position after it."""
        if first >= last:
            return None, first
        end = self.element_end(first, last)
        word = self.word(first, end)
        if word is None or not word.isalpha() or (len(word) > 1 and word not in SPELLED_GREEK):
            return None, end
        return word, end
