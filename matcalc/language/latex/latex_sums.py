r"""What stands below and above the signs of sums and products in LaTeX: ``\sum_{i=1}^{n}``."""

from __future__ import annotations

from typing import TypeAlias

from matcalc.base.errors import ParseError, Span
from matcalc.language.latex.latex_commands import PROSE
from matcalc.language.latex.latex_constructs import Items, Range, Reading
from matcalc.language.latex.lexemes import Lexeme
from matcalc.language.text.meanings import is_of_problems, optimum
from matcalc.language.text.spelling import INDEX_LETTERS, SPELLED_GREEK
from matcalc.language.text.sum_limits import over_positions, sum_over, unbound
from matcalc.language.text.terminals import Token

Above: TypeAlias = list[tuple[int, Range | None]]
"""Exponents, each behind its sign; primes have none."""
Below: TypeAlias = tuple[int, Range] | None
"""The sign of a subscript and the subscript."""
_LONGEST_LIMIT = 40
_IN_LIMITS = {
    **dict.fromkeys(("ne", "neq"), "≠"), **dict.fromkeys(("le", "leq", "leqslant"), "≤"), **dict.fromkeys(("ge", "geq", "geqslant"), "≥"),
    "lt": "<", "gt": ">", "in": "∈", "ldots": "...", "dots": "...", "−": "-",
}  # fmt: skip
"""Signs below and above a sum."""
_BARS = dict.fromkeys(("vert", "mid", "∣", "\\lvert", "\\rvert"), "|")
_SHAPED = frozenset(["mathcal", "mathbb", "mathscr", "mathsf", "mathrm", "cal"])
"""Commands that say how a letter is set."""
RELATIONS = frozenset(["=", "<", ">", "≠", "≤", "≥", "∈", ",", *_IN_LIMITS]) - {"-", "−"}


def _named(lexeme: Lexeme) -> str:
    """What a command below or above a sum stands for, a capital Greek letter or nothing."""
    capital = lexeme.text[:1].isupper() and lexeme.text.lower() in SPELLED_GREEK
    return lexeme.text if capital else "" if lexeme.text in _SHAPED else "?"


class Sums(Reading):
    """Reads what sums and products run over."""

    def _sum(self, sign: Token, below: Below, above: Above) -> Items:
        if below is None:
            raise unbound(sign)
        first, last = below[1]
        start = self.lexemes[below[0]].start
        place = Span(start, self.lexemes[last - 1].end if first < last else start + 1)
        upper, upper_place = "", place
        for mark, limit in above:
            upper_place = self.lexemes[mark].span
            upper = self._limit(*limit) if limit is not None else "'"
        try:
            value = sum_over(
                self._limit(first, last) if not self._has_words(first, last) else "?", upper, place, upper_place, self.bound
            )
        except ParseError:
            if is_of_problems(sign.value):  # over all vectors, say
                raise optimum(sign.value, sign.span) from None
            raise
        self.bound.update(value.partition(";")[0])
        self.out[-1] = Token("SUM_OVER", over_positions(value, sign.value), sign.start, place.end)
        return []

    def _has_words(self, first: int, last: int) -> bool:
        r"""Whether a word stands beside the index, ``i \text{ even}``."""
        words = [place for place in range(first, last) if self.lexemes[place].is_command(PROSE)]
        single = len(words) == 1 and self.partner.get(words[0] + 1) == last - 1 and words[0] == first
        return not single and any(self.partner.get(place + 1, place) > place + 3 for place in words)

    def _limits(self, base: Token, first: int, last: int) -> bool:
        """Whether what stands below a letter Σ or the word sum says what a sum runs over."""
        texts = self.texts(first, last, 9)
        return not RELATIONS.isdisjoint(texts) or (len(base.value) > 1 and INDEX_LETTERS.issuperset(texts))

    def _limit(self, first: int, last: int) -> str:
        """What stands below or above a sum."""
        lexemes = self.lexemes[first:last]
        if len(lexemes) > _LONGEST_LIMIT:
            return "?"
        signs = _IN_LIMITS | _BARS
        if (word := self.word(first, last) or self._sized(first, last)) is not None:
            return word
        return "".join([signs.get(part.text, _named(part) if part.kind == "command" else part.text) for part in lexemes])

    def _sized(self, first: int, last: int) -> str | None:
        r"""A size with a label, ``d_{\ell+1}``; None for another limit."""
        if last - first < 3 or self.lexemes[first].kind != "letter" or self.lexemes[first + 1].text != "_":
            return None
        signs = {"+": "plus", "-": "minus"}
        label = "".join([signs.get(one.text, one.text) for one in self.lexemes[first + 2 : last] if one.kind not in ("{", "}")])
        return f"{self.lexemes[first].text}_{label}" if label.isalnum() else None
