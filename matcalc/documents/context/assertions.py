"""What is told of a name, whether a sentence asserts it, and how far that reaches."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile

from matcalc.documents.blocks import Place, Said
from matcalc.documents.context.outline import END, Named
from matcalc.documents.context.wording import Token, Wording, says, vocabulary, words_of
from matcalc.language.declare.declared import Declaration

_NEAR = 4
"""Words before a verb among which its subject is looked for."""


class Doubts:
    """The words of a sentence that take away what is said in their clause:
    ``not necessarily symmetric``, ``only if``."""

    def __init__(self, tokens: Sequence[Token], text: str) -> None:
        self._tokens = tokens
        self._text = text
        numbers = range(len(tokens))
        self._words = [number for number in numbers if self._says("doubt", number)]
        self._verbs = [number for number in numbers if self._is_verb(number)]
        self._elsewhere = [found.start() for found in vocabulary().elsewhere.finditer(text)]
        begins = [token.text == "," or says("breaks", token.text) or says("turns", token.text) for token in tokens]
        self._clauses = list(accumulate((number + 1 if begun else 0 for number, begun in enumerate(begins)), max, initial=0))
        """For each token, and the end, where its clause begins."""

    def _is_verb(self, number: int) -> bool:
        """Whether a word says that something seems so, is wished for or is said by others."""
        return self._says("seeming", number) or self._is_wish(number) or self._is_report(number)

    def about(self, first: int, last: int) -> bool:
        """Whether one of them is about what the tokens from ``first`` up to ``last`` say."""
        number = bisect_left(self._words, self._clauses[first])
        return (
            any(word < last for word in self._words[number : number + 1])
            or self._is_governed(first, last)
            or self._is_elsewhere(first)
            or self._is_weakened(first, last)
            or self._is_retracted(last)
        )

    def about_clause(self, first: int, last: int, *, with_verb: bool) -> bool:
        """Whether what a description says is not asserted, which is one ``with_verb`` or not."""
        return self.about(first, last) or (with_verb and self._is_asked(first))

    def _says(self, sort: str, number: int) -> bool:
        token = self._tokens[number]
        return token.mention is None and says(sort, token.text)

    def _word(self, number: int) -> str:
        return self._tokens[number].text if 0 <= number < len(self._tokens) and self._tokens[number].mention is None else ""

    def _is_passed(self, number: int) -> bool:
        return self._says("passed", number) or self._word(number).endswith("ly")

    def _is_wish(self, number: int) -> bool:
        """Whether a word says that something is wished for; not ``we want to minimize``, which is
        about something else."""
        if not self._says("wishing", number):
            return False
        behind = number + 1 + says("copulas", self._word(number + 1))
        return self._word(behind) != "to" or any(says(sort, self._word(behind + 1)) for sort in ("passed", "proving"))

    def _is_report(self, number: int) -> bool:
        """Whether a word says what others say or assume: ``Smith assumes``; not
        ``this section assumes``."""
        before = [self._word(at) for at in range(max(0, number - _NEAR), number)]
        if _any_says("own", before):
            return False
        if self._says("reporting", number):
            return True
        if self._says("stating", number) and self._word(number + 1) == "that":
            return not _any_says("proven", before)
        subject = "".join(before[-1:])
        return (
            self._says("reported", number)
            and subject.isalpha()
            and not says("no_subjects", subject)
            and self._tells(number + 1)
            and not _any_says("copulas", before)
        )

    def _tells(self, number: int) -> bool:
        """Whether what is reported begins at a token."""
        formula = number < len(self._tokens) and self._tokens[number].mention is not None
        return formula or self._word(number) in ("that", "the")

    def _is_governed(self, first: int, last: int) -> bool:
        """Whether a verb of seeming, wishing or reporting governs what is said."""
        verbs = self._verbs[bisect_left(self._verbs, self._clauses[first]) :]
        return any(self._governs(at, first) for at in takewhile(lambda at: at < last, verbs))

    def _governs(self, verb: int, first: int) -> bool:
        """Whether nothing stands between a verb and what is said, or that it is what the verb
        says."""
        between = range(verb + 1, first)
        if any(self._says("conditional", k) and self._word(k - 1) != "as" for k in between):
            return False  # "it says that for a symmetric ⟨A⟩"
        return all(self._is_passed(k) for k in between) or any(
            self._word(k) == "that" and self._word(k - 1) not in ("such", "so") for k in between
        )

    def _is_elsewhere(self, first: int) -> bool:
        """Whether a sentence says before what it tells that this is so in another place:
        ``in Section ⟨5⟩``."""
        start = self._tokens[first].start if first < len(self._tokens) else len(self._text)
        return any(at <= start and ";" not in self._text[at:start] for at in self._elsewhere)

    def _is_weakened(self, first: int, last: int) -> bool:
        """Whether an adverb that does not affirm stands before a fact: ``supposedly symmetric``."""
        for at in range(max(first - 1, self._clauses[first]), min(last, len(self._tokens)) - 1):
            word = self._word(at)
            behind = at + 1 + (self._word(at + 1) in ("a", "an", "the") and says("copulas", self._word(at - 1)))
            if word.endswith("ly") and not says("affirming", word) and vocabulary().nouns.get(self._word(behind)):
                return True
        return False

    def _is_retracted(self, last: int) -> bool:
        """Whether the words behind what is said take it back: ``, or so one might think``."""
        end = self._tokens[last - 1].end if 0 < last <= len(self._tokens) else len(self._text)
        return vocabulary().retracted.match(self._text, end) is not None

    def _is_asked(self, first: int) -> bool:
        """Whether a clause is a question: ``⟨A⟩ is symmetric?``; not what is supposed in one."""
        return self._text.rstrip().endswith("?") and not any(
            self._says("conditional", at) or self._says("introducing", at) for at in range(self._clauses[first], first)
        )


def _any_says(sort: str, words: Iterable[str]) -> bool:
    return any(says(sort, word) for word in words if word)


@dataclass(frozen=True, slots=True)
class Told(Named):
    """What is told of one name.

    ``anew``: the name is introduced, so that nothing told of it in a ``sentence`` before counts;
    ``general``: nothing at all. ``narrow``: for its sentence alone.
    """

    declaration: Declaration
    said: Said
    sentence: Place
    narrow: bool = False
    anew: bool = False
    bold: bool | None = None
    """Whether the name is set in bold there."""
    general: bool = False


# ---------------------------------------------------------------- reach


def _lead(tokens: Sequence[Token], first: int) -> tuple[str, int]:
    """The nearest word before a token, or at it, that says how its clause is meant, and its
    position."""
    for position in range(min(first, len(tokens) - 1), -1, -1):
        token = tokens[position]
        if token.text in (";", ":") and position < first:
            break
        if token.mention is None and says("conditional", token.text):
            return token.text, position
        if token.mention is None and says("introducing", token.text):
            return "let", position
    return "", -1


def reach_of(
    wording: Wording, tokens: Sequence[Token], first: int, *, general: bool = False, listed: bool = False
) -> tuple[int, int, bool]:
    """The rows that something said from the token ``first`` on reaches, and whether they are those
    of its sentence alone.

    ``general``: it is all that is known; ``listed``: it is said in a list of symbols.
    """
    lead, position = _lead(tokens, first)
    if words_of("everywhere").search(wording.text) and not says("narrow", lead):
        return wording.start, END, False
    introduced = _introduces(wording, tokens) or (lead == "where" and _is_named(tokens, first))
    narrow = says("narrow", lead) or (lead not in ("", "let") and not introduced)
    if narrow:
        return _start(wording, tokens, position, first, general), wording.reach, True
    start = _start(wording, tokens, position, first, general) if general else wording.start
    return start, wording.around if listed else section_of(wording), False


def section_of(wording: Wording) -> int:
    """The row up to which counts what a sentence introduces."""
    block = wording.spot.block
    return wording.around if block is None or (block.name == "item" and only_defines(wording)) else block.end


def _is_named(tokens: Sequence[Token], first: int) -> bool:
    """Whether a clause says which thing a name stands for: ``where ⟨S⟩ is the covariance``."""
    words = [token.text for token in tokens[first + 1 : first + 3]]
    return words[1:] == ["the"] and says("verbs", words[0])


def _introduces(wording: Wording, tokens: Sequence[Token]) -> bool:
    """Whether a sentence says what names stand for from here on."""
    first_word = next((token.text for token in tokens if token.mention is None and token.text[0].isalpha()), "")
    return says("introducing", first_word) or only_defines(wording)


def only_defines(wording: Wording) -> bool:
    """Whether the formulas of a sentence say what names stand for, and claim nothing."""
    roles = {line.role for line in wording.lines}
    return "definition" in roles and "claim" not in roles


def _start(wording: Wording, tokens: Sequence[Token], lead: int, first: int, general: bool) -> int:
    """The first row that a condition is for: not what stands before a turn of the sentence, such as
    ``which for symmetric M becomes``."""
    if general or (lead > 0 and any(says(sort, tokens[lead - 1].text) for sort in ("forward", "turns"))):
        return wording.start if lead == 0 else _next_row(wording, tokens, first)
    turn = next((k for k in range(lead - 1, -1, -1) if says("turns", tokens[k].text) or tokens[k].text == ";"), -1)
    return _next_row(wording, tokens, turn) if turn >= 0 else wording.start


def _next_row(wording: Wording, tokens: Sequence[Token], position: int) -> int:
    """The first row of the formulas behind a token."""
    found = [token.mention.number for token in tokens[max(position, 0) :] if token.mention is not None]
    return found[0] if found else wording.end
