"""What the parts of the LaTeX reader share: the lexemes, what was written so far, and how arguments are taken."""

from __future__ import annotations

from typing import TypeAlias

from matcalc.base.errors import ParseError
from matcalc.language.decisions import Decision
from matcalc.language.latex.latex_commands import ACCENTS, FONTS, FRACTIONS, LABELLED, SECOND_MEANT, WORDS
from matcalc.language.latex.latex_lexeme import Lexeme
from matcalc.language.latex.latex_lexemes import Source
from matcalc.language.text.spelling import AS_LATIN, SPELLED_GREEK, canonical_name
from matcalc.language.text.terminals import Token
from matcalc.language.text.vocabulary import Vocabulary

Range: TypeAlias = tuple[int, int]
"""Lexemes from the first position up to the second."""

Items: TypeAlias = list[Token | Range]

_LONGEST_WORD = 60
_TAKING = frozenset(["sqrt", "mathbb", "norm"]) | LABELLED
"""Further commands with an argument."""
_TAKING_TWO = FRACTIONS | SECOND_MEANT
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
        self.decisions: list[Decision] = source.decisions
        self.square: set[int] = set()
        """Closing square brackets of entries."""
        self.ends: dict[int, int] = {}
        """Where the elements end that were measured."""
        self.zeros: set[int] = set()
        """Where a bold zero was written."""
        self.bound: set[str] = set()
        """Letters that are the index of a sum so far."""
        self.ranged: dict[int, int] = {}
        """Closing brackets of arrays with their ranges written behind, and where these end."""
        self._twins = _latin_twins(vocabulary)

    def bracket(self, position: int) -> tuple[Token, Token]:
        """Round brackets that no source shows, without a character, at the place of a lexeme."""
        lexeme = self.lexemes[position]
        return Token("LPAR", "", lexeme.start, lexeme.end), Token("RPAR", "", lexeme.start, lexeme.end)

    def is_raised(self, position: int) -> bool:
        """Whether an exponent stands behind a position, or behind the brace that closes there."""
        while position < len(self.lexemes) and self.lexemes[position].kind == "}":
            position += 1
        return position < len(self.lexemes) and self.lexemes[position].kind == "char" and self.lexemes[position].text == "^"

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
        end = self.ends.get(position) or self._measured(position)
        if end > stop:
            lexeme = self.lexemes[stop - 1]
            shown = f"\\{lexeme.text}" if lexeme.kind == "command" else repr(lexeme.text)
            raise ParseError(f"{shown} needs an argument after it", span=lexeme.span, suggestion="braces: {...}")
        return end

    def _measured(self, position: int) -> int:
        """Where the element at ``position`` ends, and all that it holds without braces: commands may be arguments of each other."""
        waiting: list[tuple[int, int]] = []  # commands and how many arguments they still need
        place = end = position
        while waiting or place == position:
            if place >= len(self.lexemes):
                end = len(self.lexemes) + 1
                self.ends.update({start: end for start, _ in waiting})
                break
            found = self.ends.get(place) or self._simple_end(place)
            if found is None:
                waiting.append((place, 2 if self.lexemes[place].text in _TAKING_TWO else 1))
                place = self._first_argument(place)
                continue
            place = end = found
            while waiting:
                start, wanted = waiting.pop()
                if wanted > 1:
                    waiting.append((start, wanted - 1))
                    break
                self.ends[start] = end
        self.ends[position] = end
        return end

    def _simple_end(self, position: int) -> int | None:
        """Where a bracket or a lexeme without arguments ends; None for a command that takes some."""
        lexeme = self.lexemes[position]
        if lexeme.kind in ("{", "(", "[", "<"):
            return self.partner[position] + 1
        takes = lexeme.kind == "command" and (
            lexeme.text in _TAKING_TWO or lexeme.text in FONTS or lexeme.text in WORDS or lexeme.text in ACCENTS or lexeme.text in _TAKING
        )
        return None if takes else position + 1

    def _first_argument(self, position: int) -> int:
        """The place of a command's first argument, after the degree of a root."""
        after = position + 1
        root = self.lexemes[position].text == "sqrt" and after < len(self.lexemes) and self.lexemes[after].kind == "["
        return self.partner[after] + 1 if root else after

    def word(self, first: int, last: int) -> str | None:
        """The letters and digits of a range, fonts and braces left out; None when anything else stands in it."""
        if last - first > _LONGEST_WORD:
            return None
        parts: list[str] = []
        upright = first < last and self.lexemes[first].text in WORDS
        for lexeme in self.lexemes[first:last]:
            if lexeme.kind in ("letter", "digit") or (lexeme.kind == "command" and lexeme.text in SPELLED_GREEK):
                parts.append(lexeme.text)
            elif last - first == 1 and lexeme.text in _NAMED_SIGNS:
                parts.append(_NAMED_SIGNS[lexeme.text])
            elif lexeme.kind == "command" and lexeme.text == "_" and parts:
                parts.append("_")
            elif lexeme.kind == "char" and lexeme.text == "_" and upright and len(parts) > 1:
                continue  # an index of a label in words belongs to it
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

    def twin(self, position: int, word: str) -> str:
        r"""The word, or the declared Greek letter that the upright letter at ``position`` looks like: ``\\mathrm{M}`` for Mu."""
        return self._twins.get(word, word) if self.lexemes[position].text in WORDS else word

    def declared_with_subscript(self, word: str, after: int, stop: int) -> bool:
        r"""Whether the word and the subscript behind it are one declared name: ``\mathrm{log}_{p}``."""
        if after >= stop or self.lexemes[after].text != "_" or self.lexemes[after].kind != "char":
            return False
        below = self.word(*self.argument(after + 1, stop, after)[0])
        return below is not None and self.vocabulary.declares(canonical_name(f"{word}_{below}"))


def _latin_twins(vocabulary: Vocabulary) -> dict[str, str]:
    """Latin letter -> the declared Greek letter that looks the same."""
    stems = {name.partition("_")[0] for name in vocabulary.symbols}
    return {latin: greek for greek, latin in AS_LATIN.items() if greek in stems}
