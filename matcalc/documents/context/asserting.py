"""Whether a clause asserts what it says, or supposes it for the text at hand.

Nothing is told by what is denied or doubted, only seems so, is wished for, is what others say or assume, holds in another place of the
text, is taken back behind it, or is asked.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from matcalc.documents.context.phrases import Description, Token
from matcalc.documents.context.vocabulary import vocabulary

TURNS = frozenset(["but", "while", "whereas", "however", "although"])
_CLAUSE_ENDS = frozenset([";", ":", "(", ")", ",", "."])
_COPULAS = frozenset(["is", "are", "was", "were", "be", "been"])
_NO_SUBJECTS = frozenset(["the", "a", "an", "and", "or", "as", "of"])
_NEAR = 4
"""Words before a verb among which its subject is looked for."""


class Doubts:
    """The words of a sentence that take away what is said in their clause: ``not necessarily symmetric``, ``only if``."""

    def __init__(self, tokens: Sequence[Token], text: str) -> None:
        self._tokens = tokens
        self._text = text
        self._clauses: list[int] = []
        """For each token, and the end, where its clause begins."""
        self._words = [number for number in range(len(tokens)) if self._says("doubt", number)]
        self._verbs = [
            number for number in range(len(tokens)) if self._says("seeming", number) or self._is_wish(number) or self._is_report(number)
        ]
        self._elsewhere = [found.start() for found in vocabulary().elsewhere.finditer(text)]
        clause = 0
        for number, token in enumerate(tokens):
            self._clauses.append(clause)
            clause = number + 1 if token.text in _CLAUSE_ENDS or token.text in TURNS else clause
        self._clauses.append(clause)

    def about(self, first: int, last: int) -> bool:
        """Whether one of them is about what the tokens from ``first`` up to ``last`` say."""
        number = bisect_left(self._words, self._clauses[first])
        if number < len(self._words) and self._words[number] < last:
            return True
        return self._is_governed(first, last) or self._is_elsewhere(first) or self._is_weakened(first, last) or self._is_retracted(last)

    def about_description(self, found: Description) -> bool:
        """Whether what a description says is not asserted."""
        return self.about(found.first, found.last) or (found.with_verb and self._is_asked(found.first))

    def _says(self, sort: str, number: int) -> bool:
        token = self._tokens[number]
        return token.mention is None and vocabulary().says(sort, token.text)

    def _word(self, number: int) -> str:
        return self._tokens[number].text if 0 <= number < len(self._tokens) and self._tokens[number].mention is None else ""

    def _is_passed(self, number: int) -> bool:
        return self._says("passed", number) or self._word(number).endswith("ly")

    def _is_wish(self, number: int) -> bool:
        """Whether a word says that something is wished for; not ``we want to minimize``, which is about something else."""
        if not self._says("wishing", number):
            return False
        behind = number + 1 + (self._word(number + 1) in _COPULAS)
        return self._word(behind) != "to" or any(vocabulary().says(sort, self._word(behind + 1)) for sort in ("passed", "proving"))

    def _is_report(self, number: int) -> bool:
        """Whether a word says what others say or assume: ``Smith assumes``; not ``this section assumes``."""
        before = [self._word(at) for at in range(max(0, number - _NEAR), number)]
        own = any(vocabulary().says("own", word) for word in before if word)
        if self._says("reporting", number):
            return not own
        if self._says("stating", number) and self._word(number + 1) == "that":
            return not own and not any(vocabulary().says("proven", word) for word in before if word)
        if own or not self._says("reported", number) or not before or not before[-1].isalpha() or before[-1] in _NO_SUBJECTS:
            return False
        behind = number + 1
        told = self._word(behind) in ("that", "the") or (behind < len(self._tokens) and self._tokens[behind].mention is not None)
        return told and not any(word in _COPULAS for word in before)

    def _is_governed(self, first: int, last: int) -> bool:
        """Whether a verb of seeming, wishing or reporting governs what is said."""
        for at in self._verbs[bisect_left(self._verbs, self._clauses[first]) :]:
            if at >= last:
                return False
            between = range(at + 1, first)
            if any(self._says("conditional", k) and self._word(k - 1) != "as" for k in between):
                continue  # "it says that for a symmetric ⟨A⟩"
            if all(self._is_passed(k) for k in between):
                return True
            if any(self._word(k) == "that" and self._word(k - 1) not in ("such", "so") for k in between):
                return True
        return False

    def _is_elsewhere(self, first: int) -> bool:
        """Whether a sentence says before what it tells that this is so in another place: ``in Section ⟨5⟩``."""
        start = self._tokens[first].start if first < len(self._tokens) else len(self._text)
        return any(at <= start and ";" not in self._text[at:start] for at in self._elsewhere)

    def _is_weakened(self, first: int, last: int) -> bool:
        """Whether an adverb that does not affirm stands before a fact: ``supposedly symmetric``."""
        for at in range(max(first - 1, self._clauses[first]), min(last, len(self._tokens)) - 1):
            word = self._word(at)
            behind = at + 1 + (self._word(at + 1) in ("a", "an", "the") and self._word(at - 1) in _COPULAS)
            if word.endswith("ly") and not vocabulary().says("affirming", word) and vocabulary().nouns.get(self._word(behind)):
                return True
        return False

    def _is_retracted(self, last: int) -> bool:
        """Whether the words behind what is said take it back: ``, or so one might think``."""
        end = self._tokens[last - 1].end if 0 < last <= len(self._tokens) else len(self._text)
        return vocabulary().retracted.match(self._text, end) is not None

    def _is_asked(self, first: int) -> bool:
        """Whether a clause is a question: ``⟨A⟩ is symmetric?``; not what is supposed in one."""
        if not self._text.rstrip().endswith("?"):
            return False
        return not any(self._says("conditional", at) or self._says("introducing", at) for at in range(self._clauses[first], first))
