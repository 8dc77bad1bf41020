"""What the words of a sentence say of the symbols in it: ``where ⟨Q⟩ is orthogonal``,
``an ⟨m×n⟩ matrix ⟨A⟩``.

Which words belong to which symbol is found here; what they say is read as a declaration.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from matcalc.documents.context.wording import Token, says, vocabulary
from matcalc.documents.context.written_names import names_at, names_listed, trimmed

_BY = re.compile(r"(\w+)-by-(\w+)\Z", re.IGNORECASE)
_SIZES = re.compile(r"\(?\s*[A-Za-z0-9]\w*\s*(?:(?:\\times|×|x|,|\\cdot)\s*[A-Za-z0-9]\w*\s*)*\)?|\\mathbb\{?R\}?.*")
_TELLING_WORDS = ("ending", "doubt", "general", "qualifying")
"""Sorts of words that an attribute which says nothing is not of."""
_PLURAL = re.compile(r"[^s]s\Z")
_MOST_UNKNOWN = 2
_MOST_ATTRIBUTES = 3
_MOST_TAKEN = 2
_MOST_DESCRIBING = 40
_SUBJECT_RELATIONS = frozenset(["", "∈", "≻", "⪰", "=", ":=", ">", "≥"])


@dataclass(frozen=True, slots=True)
class Description:
    """What is said of some names, in the words of declarations. ``first`` and ``last`` are the
    tokens that it takes up.

    ``general``: no more is to be known of the names than this. ``with_verb``: it is a clause, no
        attribute.
    """

    names: tuple[str, ...]
    said: str
    first: int
    last: int
    general: bool = False
    with_verb: bool = False
    listed: bool = False
    """Whether it is an entry of a list of symbols."""
    bold: bool | None = None


@dataclass(slots=True)
class _Words:
    """A description as far as it is read; ``end`` is the token behind it."""

    end: int
    said: list[str] = field(default_factory=list)
    general: bool = False
    single: bool = False
    unknown: int = 0

    @property
    def content(self) -> bool:
        return bool(self.said) or self.general


def descriptions(tokens: Sequence[Token]) -> Iterator[Description]:
    """Everything that the words say of names, in order."""
    reader = _Phrases(tokens)
    position = 0
    while position < len(tokens):
        found = reader.at(position)
        if found is None:
            position += 1
            continue
        yield replace(found, bold=_weight(tokens[found.first : found.last]))
        position = max(reader.goes_on_at(found), position + 1)


def _weight(tokens: Sequence[Token]) -> bool | None:
    """Whether the names of a description are bold; None where some are and some are not."""
    sides = [token.mention.lines[0].row.left.text for token in tokens if token.mention is not None and token.mention.lines]
    found = {at.bold for side in sides for at in names_at(side) if len(names_listed(side)) > 0}
    return found.pop() if len(found) == 1 else None


class _Phrases:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._listed: dict[int, tuple[str, ...]] = {}
        self._last: list[str] = []
        """What was said last of a formula that is no name, for ``⟨AB⟩ is symmetric if ⟨A⟩ is``."""
        self._spoken: tuple[str, ...] = ()
        """The names that the sentence spoke of last, and the token behind them."""
        self._spoken_end = 0
        self._every: dict[str, None] = {}
        """All names that it spoke of."""

    def at(self, position: int) -> Description | None:
        """The description that begins at a token."""
        token = self._tokens[position]
        if token.mention is not None:
            return self._of_subject(position)
        if not token.text[0].isalpha():
            return None
        return self._of_pronoun(position) or self._of_parts(position) or self._attribute(position)

    def goes_on_at(self, found: Description) -> int:
        """Where more is said: behind a description, or of its subject:
        ``the matrix ⟨A⟩ is symmetric``."""
        subject = found.last - 1
        if (
            self._tokens[found.first].mention is not None
            or (not self._says(self._relative(found.last), "verbs") and self._text(found.last) != "(")
            or not self._names(subject)
        ):
            return found.last
        while subject - 2 > found.first and self._names(subject - 2) and self._joint(subject - 1):
            subject -= 2
        return subject

    # ------------------------------------------------------------ the three forms

    def _attribute(self, position: int) -> Description | None:
        """``a symmetric matrix ⟨A⟩``, and what may stand behind it."""
        if position and self._text(position - 1) in ("of", "-") and self._text(position - 2) in ("part", "function", "side"):
            return None
        words = self._described(position)
        copula = bool(words.said) and self._says(words.end, "present")
        single = words.single and not _PLURAL.search(self._text(words.end - 1))
        names, end = self._subject(words.end + copula, single=single)
        if not words.content or not names or (copula and not self._says(end, "ends")):
            return None
        self._speaks_of(names, words.end + copula)
        behind = self._size_behind(end)
        return Description(names, " ".join([*words.said, *behind.said]), position, max(end, behind.end), words.general)

    def _of_subject(self, position: int) -> Description | None:
        """``⟨A⟩ and ⟨B⟩ are invertible``, ``⟨D⟩ invertible``, ``⟨S⟩, a symmetric matrix``,
        ``⟨U⟩ of size ⟨n×k⟩``."""
        names, end = self._subject(position)
        if not names:
            if self._says(position + 1, "verbs"):
                self._last = self._described(position + 2).said
            return None
        self._speaks_of(names, position)
        return self._clause(names, position, end)

    def _of_pronoun(self, position: int) -> Description | None:
        """``both are symmetric``, ``both of which are symmetric``, ``, both symmetric``,
        ``they are symmetric``: what is said of the names spoken of last."""
        text, before = self._text(position), self._text(position - 1)
        if text == "which":
            return self._of_what_it_is(position)
        names = self._both() if text == "both" else self._spoken
        if not says("pronouns", text) or len(names) < 2 or before in ("of", "if", "when", "for"):
            return None
        end = position + (3 if self._text(position + 1) == "of" and self._text(position + 2) in ("which", "them") else 1)
        apposed = text == "both" and before == ","
        return self._clause(names, position, end) if apposed or self._says(end, "verbs") else None

    def _both(self) -> tuple[str, ...]:
        """The two names spoken of last, or in the whole sentence."""
        return next((names for names in (self._spoken, tuple(self._every)) if len(names) == 2), ())

    def _of_what_it_is(self, position: int) -> Description | None:
        """``let ⟨K⟩ be the stiffness matrix, which is symmetric``: what is said of a name behind
        what it is."""
        between = range(self._spoken_end, position - 1)
        said = self._says(self._spoken_end, "verbs") and self._text(position - 1) == ","
        plain = all(self._text(at).isalpha() and not self._says(at, "ending") for at in between[1:])
        if len(self._spoken) != 1 or not (said and plain and self._says(position + 1, "present")):
            return None
        return self._clause(self._spoken, position, position + 1)

    def _clause(self, names: tuple[str, ...], position: int, end: int) -> Description | None:
        """What the words behind names say of them, from ``end`` on."""
        if self._says(end, "verbs") and self._says(end + 1, "ends") and self._last:
            return Description(names, " ".join(self._last), position, end + 1, with_verb=True)
        end = self._relative(end)
        applied = end + (self._says(end, "verbs"))
        if self._says(applied, "applying") and says("entrywise", self._text(applied + 1)):
            return Description(names, "function", position, applied + 2)
        return self._predicate(names, position, end + (self._says(end, "adverbs")))

    def _predicate(self, names: tuple[str, ...], position: int, end: int) -> Description | None:
        """What a verb, an apposition or brackets at a token say of names."""
        text, taken = self._text(end), self._taken(end)
        verb = taken > 0 or says("verbs", text)
        apposed = text == "," and self._text(end + 1) in ("a", "an")
        listed = position == 0 and says("dashes", text)
        led, opened = any((verb, apposed, listed)), text == "("
        words = self._said_from(end + (taken or led or opened), silent=led, opened=opened)
        if not words.content or (verb and (self._is_of_part(position) or self._is_qualified(words.end))):
            return None
        if says("owning", text) and words.said and not self._is_measure(end + 1):
            return self._of_own_part(names, position, end + 1, words.end)
        if (apposed and self._subject(words.end)[0]) or not self._is_closed(words, text, led=led):
            return None
        return Description(names, " ".join(words.said), position, words.end, words.general, verb, listed)

    def _said_from(self, start: int, *, silent: bool, opened: bool) -> _Words:
        """The description from a token on; behind a verb or an article attributes that say nothing
        are passed."""
        passed = not opened and (silent or self._says(start, "articles"))
        return self._described(start + (self._attributes(start) if passed else 0))

    def _is_closed(self, words: _Words, text: str, *, led: bool) -> bool:
        """Whether a description behind names, which begins with a text, ends as one does."""
        after = self._text(words.end)
        return after == ")" if text == "(" else led or text in ("of", "the") or says("closing", after)

    def _of_parts(self, position: int) -> Description | None:
        """``columns of ⟨Q⟩ are orthonormal``, ``by the symmetry of ⟨A⟩``."""
        names, end = self._subject(position + 2) if self._text(position + 1) == "of" else ((), position)
        possessed = vocabulary().possessed.get(self._text(position))
        if names and possessed and self._rests(position) and not self._is_qualified(end):
            return Description(names, possessed, position, self._clause_end(end))
        if not names or not self._says(end, "verbs"):
            return None
        fact = vocabulary().of.get((self._text(position), self._text(end + 1)))
        if self._is_qualified(end + 2):
            return None
        return Description(names, fact, position, end + 2, with_verb=True) if fact else None

    def _relative(self, position: int) -> int:
        """The verb of the relative clause that begins at a token, ``⟨A⟩, which is``; the token
        itself without one."""
        start = position + (self._text(position) == ",")
        return start + 1 if self._text(start) in ("which", "that") and self._says(start + 1, "verbs") else position

    def _is_measure(self, position: int) -> bool:
        """Whether a size stands at a token, perhaps behind an article."""
        text = self._text(position + (self._says(position, "articles")))
        return says("sizes", text) or text == "⟨" or _BY.match(text) is not None

    def _of_own_part(self, names: tuple[str, ...], position: int, first: int, last: int) -> Description | None:
        """``⟨Q⟩ has orthonormal columns``: nothing for other parts than those of which the
        vocabulary says what it means."""
        first += self._says(first, "articles")
        words = [self._text(at) for at in range(first, last)]
        of_parts = vocabulary().of.get((words[1], words[0])) if len(words) == len(("columns", "orthonormal")) else None
        fact = of_parts or vocabulary().nouns.get(" ".join(words))
        return Description(names, fact, position, last, with_verb=True) if fact and self._text(last) != "⟨" else None

    def _is_of_part(self, position: int) -> bool:
        """Whether a subject only says whose part or property is spoken of:
        ``the spectrum of ⟨A⟩ and ⟨B⟩ is``."""
        while position > 1 and self._names(position - 2) and self._joint(position - 1):
            position -= 2
        return self._text(position - 1) == "of" and not self._says(position - 2, "wholes")

    def _is_qualified(self, position: int) -> bool:
        """Whether the words at a token take back a part of what was said before: ``for ⟨n = 1⟩``,
        ``up to ⟨B⟩``."""
        text, following = self._text(position), self._text(position + 1)
        if (text, following) == ("with", "respect"):
            return True
        if text in ("for", "in") and (says("general", following) or following == "each" or (text == "in" and following == "⟨")):
            return False
        return says("qualifying", text)

    def _taken(self, position: int) -> int:
        """The words up to what names are said to be: ``is assumed to be``, ``to be``,
        ``are taken``; 0 for a verb alone.

        ``to be`` alone says it only where something is supposed, ``suppose ⟨A⟩ to be``; not where
        it is wished for.
        """
        verb = self._says(position, "verbs")
        end = position + verb
        sorts = ("taken", "affirming") if verb else ("taken",)
        while end - position - verb < _MOST_TAKEN and self._says(end, *sorts):
            end += 1
        if (self._text(end), self._text(end + 1)) == ("to", "be"):
            taken = any(self._says(at, "taken") for at in range(position, end))
            end += 2 if taken or (not verb and self._is_supposed(position)) else 0
        return end - position if end > position + verb else 0

    def _says(self, position: int, *sorts: str) -> bool:
        """Whether a word is of one of some sorts."""
        return any(says(sort, self._text(position)) for sort in sorts)

    def _is_supposed(self, position: int) -> bool:
        """Whether a word of the clause before a token supposes something."""
        while position > 0 and not self._says(position - 1, "breaks"):
            position -= 1
            if says("supposing", self._text(position)):
                return True
        return False

    def _rests(self, position: int) -> bool:
        """Whether the noun at a token is what something rests on: ``by the symmetry``; not what is
        broken or asked for."""
        return says("resting", self._text(position - 1 - (self._text(position - 1) == "the")))

    def _clause_end(self, position: int) -> int:
        """The token behind the clause that goes on at a token."""
        behind = range(position, len(self._tokens))
        return next((at for at in behind if self._says(at, "ends") or self._text(at) == "⟨"), max(position, len(self._tokens)))

    def _attributes(self, position: int) -> int:
        """The words before a noun that is known which say nothing of their own:
        ``the sample covariance``; 0 for none.

        Without an article they may say much: ``is believed symmetric``; before a mere kind they do
        not: ``are extended vectors``.
        """
        end = position
        determined = self._says(position, "articles") or self._says(position - 1, "dashes")
        while self._says(end, "articles") or (end - position < _MOST_ATTRIBUTES and not self._known(_Words(end))):
            if not self._text(end).replace("-", "").isalpha() or self._says(end, *_TELLING_WORDS):
                return 0
            end += 1
        words = self._described(end)
        if end == position or not self._is_whole(words):
            return 0
        may = any((determined, {"vector", "matrix", "scalar", "function"}.issuperset(words.said), self._are_plain(position, end)))
        return end - position if may else 0

    def _is_whole(self, words: _Words) -> bool:
        """Whether a description is understood and nothing follows."""
        joined = self._text(words.end) == "and" and self._text(words.end + 1) == "⟨"
        return bool(words.said) and not words.unknown and (joined or self._says(words.end, "ends"))

    def _are_plain(self, first: int, last: int) -> bool:
        """Whether words are articles or such as say nothing."""
        words = [self._text(at) for at in range(first, last)]
        return all(says("articles", word) or says("plain", word) for word in words)

    # ------------------------------------------------------------ parts

    def _text(self, position: int) -> str:
        if not 0 <= position < len(self._tokens):
            return ""
        token = self._tokens[position]
        return token.text if token.mention is None else "⟨"

    def _subject(self, position: int, *, single: bool = False) -> tuple[tuple[str, ...], int]:
        """The names that stand at a token, and the token behind them."""
        found: list[str] = []
        while names := self._names(position):
            found += names
            position += 1
            joint = self._joint(position)
            if single or not joint or not self._names(position + joint):
                break
            position += joint
        return tuple(found), position

    def _speaks_of(self, names: tuple[str, ...], position: int) -> None:
        """Notes that names stand at a token, unless they are the last ones of a longer list."""
        if position >= self._spoken_end and not self._is_of_part(position):
            self._spoken, self._spoken_end = names, self._subject(position)[1]
            self._every |= dict.fromkeys(names)

    def _joint(self, position: int) -> int:
        """How many tokens join two subjects here."""
        if self._text(position) == ",":
            return 2 if self._text(position + 1) in ("and", "or") else 1
        return 1 if self._text(position) in ("and", "or") else 0

    def _names(self, position: int) -> tuple[str, ...]:
        """The names that a formula is, or that it is about."""
        found = self._listed.get(position)
        if found is None:
            found = self._listed[position] = self._names_of(position)
        return found

    def _names_of(self, position: int) -> tuple[str, ...]:
        if not 0 <= position < len(self._tokens):
            return ()
        mention = self._tokens[position].mention
        if mention is None or len(mention.lines) != 1 or mention.formula.display:
            return ()
        row = mention.lines[0].row
        return () if row.relation not in _SUBJECT_RELATIONS or row.link else names_listed(row.left.text, mention.formula.notation)

    def _described(self, position: int, end: int | None = None) -> _Words:
        """The words of a description from a token on, before ``end``."""
        words = _Words(position)
        end = min(len(self._tokens), position + _MOST_DESCRIBING) if end is None else end
        while words.end < end:
            step = self._known(words) or self._size(words) or self._joined(words, end) or self._unknown(words)
            if not step:
                break
            words.end += step
        return words

    def _known(self, words: _Words) -> int:
        """Takes words of the vocabulary, articles and words that say that nothing more is known."""
        text = self._text(words.end)
        if says("general", text):
            words.general = words.general or text not in ("all", "every")
            return 1
        for count in range(vocabulary().longest, 0, -1):
            said = self._noun(words.end, count)
            if said is not None:
                words.said += [part for part in said.split() if part not in words.said]
                return count
        if text == "of":
            return self._of(words)
        words.single = words.single or says("single", text)
        return int(says("articles", text) or says("sizes", text))

    def _noun(self, position: int, count: int) -> str | None:
        """What so many words mean together; None for others."""
        parts = [self._text(position + k) for k in range(count)]
        if not all(parts) or "⟨" in parts:
            return None
        spelled, nouns = " ".join(parts), vocabulary().nouns
        return nouns.get(spelled, nouns.get(spelled.replace("-", " ")))

    def _of(self, words: _Words) -> int:
        """``of size ⟨n×k⟩``, ``matrix of multipliers ⟨Λ⟩``."""
        following = self._text(words.end + 1)
        if says("sizes", following):
            return 2
        kind = self._text(words.end - 1) in ("matrix", "vector", "matrices", "vectors")
        noun = (
            following.isalpha()
            and not says("ending", following)
            and following not in vocabulary().nouns
            and not says("articles", following)
        )
        return 2 if kind and noun and self._text(words.end + 2) == "⟨" else 0

    def _size(self, words: _Words) -> int:
        """Takes a size: ``⟨n×k⟩``, ``n-by-p``."""
        crossed = _BY.match(self._text(words.end))
        if crossed is not None:
            words.said.insert(0, f"{crossed[1]}×{crossed[2]}")
            return 1
        mention = self._tokens[words.end].mention
        if mention is None or len(mention.lines) != 1 or mention.lines[0].row.relation:
            return 0
        size = trimmed(mention.lines[0].row.left.text)
        if not _SIZES.fullmatch(size) or not self._is_size(size, words):
            return 0
        words.said.insert(0, size)
        return 1

    def _is_size(self, size: str, words: _Words) -> bool:
        """Whether the words around a formula that may be a size, or some names, make it one."""
        before, after = self._text(words.end - 1), self._text(words.end + 1)
        if says("sizes", before):
            return True
        is_crossed = not re.fullmatch(r"\w+", size) and ("," not in size or size.startswith("("))  # A, B are two matrices
        return is_crossed and (
            before == "(" or self._says(words.end - 1, "verbs", "articles") or after in vocabulary().nouns or bool(words.said)
        )

    def _joined(self, words: _Words, end: int) -> int:
        """Goes on over ``and``, a comma or brackets where more of the vocabulary follows."""
        text = self._text(words.end)
        if text == "(":
            return self._in_brackets(words, end)
        joint = self._joint(words.end) if words.said and text != "or" else 0
        ahead = _Words(words.end + joint)
        goes_on = joint and not self._says(ahead.end, "articles") and self._known(ahead) and ahead.said
        return joint if goes_on else 0

    def _in_brackets(self, words: _Words, end: int) -> int:
        """Takes a description in brackets behind one, or behind an article."""
        if not words.said and not self._says(words.end - 1, "articles"):
            return 0
        inner = self._described(words.end + 1, end)
        if not inner.said or self._text(inner.end) != ")" or inner.unknown:
            return 0
        words.said += inner.said
        return inner.end + 1 - words.end

    def _unknown(self, words: _Words) -> int:
        """Takes a noun that says nothing: ``a symmetric weight matrix``."""
        text = self._text(words.end)
        word = text.replace("-", "")
        if not word.isalpha() or says("ending", text) or words.unknown >= _MOST_UNKNOWN or says("doubt", text):
            return 0
        if says("qualifying", text) or not words.content:
            return 0
        words.unknown += 1
        return 1

    def _size_behind(self, position: int) -> _Words:
        """``of size ⟨n×k⟩`` behind a name."""
        if self._text(position) == "of" and self._says(position + 1, "sizes"):
            words = _Words(position + 2)
            if words.end < len(self._tokens) and (step := self._size(words)):
                words.end += step
                return words
        return _Words(position)
