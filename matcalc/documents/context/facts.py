"""What a document asserts of its symbols, and how far that reaches."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice, takewhile

from matcalc.base.errors import MatcalcError
from matcalc.documents.blocks import Place, Said
from matcalc.documents.context.phrases import Description, descriptions
from matcalc.documents.context.prose import vocabulary
from matcalc.documents.context.wording import END, Line, Reaches, Spot, Token, Wording, remark, tokens_of
from matcalc.documents.context.written_names import weights_in, without_index
from matcalc.language.declare.declared import Declaration, declared_sizes, declared_text, parse_declarations
from matcalc.language.text.meanings import USUAL

TURNS = frozenset(["but", "while", "whereas", "however", "although"])
_CLAUSE_ENDS = frozenset([";", ":", "(", ")", ",", "."])
_COPULAS = frozenset(["is", "are", "was", "were", "be", "been"])
_NO_SUBJECTS = frozenset(["the", "a", "an", "and", "or", "as", "of"])
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
        begins = [token.text in _CLAUSE_ENDS or token.text in TURNS for token in tokens]
        self._clauses = list(accumulate((number + 1 if begun else 0 for number, begun in enumerate(begins)), max, initial=0))
        """For each token, and the end, where its clause begins."""

    def _is_verb(self, number: int) -> bool:
        """Whether a word says that something seems so, is wished for or is said by others."""
        return self._says("seeming", number) or self._is_wish(number) or self._is_report(number)

    def about(self, first: int, last: int) -> bool:
        """Whether one of them is about what the tokens from ``first`` up to ``last`` say."""
        number = bisect_left(self._words, self._clauses[first])
        if number < len(self._words) and self._words[number] < last:
            return True
        return (
            self._is_governed(first, last)
            or self._is_elsewhere(first)
            or self._is_weakened(first, last)
            or self._is_retracted(last)
        )

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
        """Whether a word says that something is wished for; not ``we want to minimize``, which is
        about something else."""
        if not self._says("wishing", number):
            return False
        behind = number + 1 + (self._word(number + 1) in _COPULAS)
        return self._word(behind) != "to" or any(
            vocabulary().says(sort, self._word(behind + 1)) for sort in ("passed", "proving")
        )

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
        if not self._says("reported", number) or not subject.isalpha() or subject in _NO_SUBJECTS:
            return False
        return self._tells(number + 1) and _COPULAS.isdisjoint(before)

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
        if all(self._is_passed(k) for k in between):
            return True
        return any(self._word(k) == "that" and self._word(k - 1) not in ("such", "so") for k in between)

    def _is_elsewhere(self, first: int) -> bool:
        """Whether a sentence says before what it tells that this is so in another place:
        ``in Section ⟨5⟩``."""
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
        return not any(
            self._says("conditional", at) or self._says("introducing", at) for at in range(self._clauses[first], first)
        )


def _any_says(sort: str, words: Iterable[str]) -> bool:
    return any(vocabulary().says(sort, word) for word in words if word)


_FORWARD = frozenset(["which", "and", "then", *TURNS])
_ALWAYS_NARROW = frozenset(["if", "when", "whenever", "provided", "in case", "since", "because"])
_TELLING = frozenset(["∈", "≻", "⪰", ">", "≥"])
_LONGEST_DECLARATION = 400
_ELLIPSIS = re.compile(r"\\[lc]?dots|…|\.\.\.")
_MOST_TOLD = 200
"""Things told of one name that are looked at together, and rows where something may be told of it;
the latest of more."""
_NEAR_AN_EQUATION = 12
"""Characters between a word and the equation that it is about."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one name, from the row ``start`` up to ``end``.

    ``anew``: the name is introduced, so that nothing told of it in a ``sentence`` before counts;
    ``general``: nothing at all. ``narrow``: for its sentence alone.
    """

    name: str
    declaration: Declaration
    said: Said
    start: int
    end: int
    anew: bool
    narrow: bool
    spot: Spot
    sentence: Place
    bold: bool | None = None
    """Whether the name is set in bold there."""
    general: bool = False


def told_in(wording: Wording) -> Iterator[Told]:
    """Everything that a sentence tells of names."""
    if vocabulary().lists["doubtful_sentence"].search(wording.text) or _drops(wording):
        return
    yield from _said_in(wording)
    for line in wording.lines:
        if line.row.behind or line.row.lead:
            yield from _remarked(wording, line)


# ---------------------------------------------------------------- what is told


def _described(wording: Wording, tokens: Sequence[Token], found: Description) -> Iterator[Told]:
    """What words say of names."""
    start, end, narrow = reach_of(wording, tokens, found)
    if start >= end:
        return
    text = wording.text[tokens[found.first].start : tokens[min(found.last, len(tokens)) - 1].end]
    said = Said(_shown(text, wording), wording.place(tokens[found.first].start))
    introduced = not found.with_verb and not _is_resumed(tokens, found.first)
    for written in found.names:
        declaration = _declaration_of(written, found.said)
        if declaration is not None and not _is_usual(declaration, text):
            anew = found.general or declaration.shape is not None or (declaration.kind is not None and introduced)
            name, place = declaration.name, wording.place(0)
            yield Told(name, declaration, said, start, end, anew, narrow, wording.spot, place, found.bold, found.general)


def _declaration_of(written: str, said: str) -> Declaration | None:
    """What is said of a name; of a member of a family, the vector w_i, only the facts of all of
    them."""
    name = without_index(written)
    declaration = _declaration(name, said)
    if declaration is None or name == written or declaration.shape == ():
        return declaration
    return Declaration(name, properties=declaration.properties)


def _is_usual(declaration: Declaration, text: str) -> bool:
    """Whether words say of a function that it is the usual one of its letter, as
    ``the sigmoid activation function`` of a sigma does."""
    usual = USUAL.get(declaration.name) if declaration.kind == "function" else None
    return usual is not None and any(word in text.lower() for word in (usual.function, *usual.words.split()[1:2]))


def _is_resumed(tokens: Sequence[Token], position: int) -> bool:
    """Whether a description is of what is known already: ``applied to the vector z``, not
    ``consider the vector z``."""
    before = [token.text for token in tokens[: position + 1] if token.mention is None]
    return "the" in before[-2:] and not any(vocabulary().says("introducing", word) for word in before)


def _stated(wording: Wording, tokens: Sequence[Token], position: int, line: Line) -> Iterator[Told]:
    """What a formula says of names: a set that they are in, an equation that is supposed."""
    row = line.row
    told = line.role == "fact" or (row.relation in _TELLING and line.role == "declaration")
    if row.right is None or row.link or not told:
        return
    text = f"{row.left.text} {row.relation} {row.right.text}"
    if len(text) > _LONGEST_DECLARATION or (row.relation == "=" and _is_constraint(wording.text[: tokens[position].start])):
        return
    try:
        declarations = parse_declarations(_readable(text))
    except MatcalcError:
        return
    if _ELLIPSIS.search(row.left.text) is not None:
        return  # members of a family: x_1, ..., x_N
    start, end, narrow = reach_of(wording, tokens, Description((), "", position, position + 1))
    said = Said(text, row.left.place())
    weights = weights_in(row.left.text, line.notation)
    for name, declaration in declarations.items():
        plain = without_index(name)
        if plain != name:
            if declaration.shape not in (None, ()):
                continue  # a member of a family
            declaration = Declaration(plain, properties=declaration.properties)
        anew = declaration.shape is not None
        yield Told(plain, declaration, said, start, end, anew, narrow, wording.spot, wording.place(0), weights.of(plain))


def _remarked(wording: Wording, line: Line) -> Iterator[Told]:
    """What the words at a row say: ``\\quad\\text{if } K^\\top = -K``."""
    own = remark(line, wording.spot)
    if vocabulary().lists["doubtful_sentence"].search(own.text):
        return
    wide = own.text.lstrip().lower().startswith(("where", "with", "here"))
    for one in _said_in(own, supposed=True):
        yield replace(one, start=wording.start, end=wording.reach) if wide else one


def _said_in(wording: Wording, *, supposed: bool = False) -> Iterator[Told]:
    """What the words and the formulas of a sentence tell; ``supposed``: its own formulas alone, as
    facts."""
    tokens = tokens_of(wording)
    doubts = Doubts(tokens, wording.text)
    for found in descriptions(tokens):
        if not doubts.about_description(found):
            yield from _described(wording, tokens, found)
    for position, token in enumerate(tokens):
        if token.mention is None or (supposed and token.mention.number >= 0) or doubts.about(position, position + 1):
            continue
        for line in token.mention.lines:
            yield from _stated(wording, tokens, position, replace(line, role="fact") if supposed else line)


def _is_constraint(before: str) -> bool:
    """Whether the words before an equation say that it is to be met, which does not make it a fact
    about what is varied."""
    return any(
        found.end() >= len(before.rstrip()) - _NEAR_AN_EQUATION for found in vocabulary().lists["constraining"].finditer(before)
    )


def _declaration(name: str, said: str) -> Declaration | None:
    """The words as a declaration; what cannot be one is left out, from the end. Words that say
    nothing declare nothing."""
    parts = _readable(said).split()
    while parts:
        for words in (parts, [part for part in parts if part != "square"]):
            try:
                return parse_declarations(f"{name}: {' '.join(words)}").get(name)
            except MatcalcError:
                continue
        parts.pop()
    return Declaration(name) if not said else None


def _readable(text: str) -> str:
    """A declaration as that of a formula is written, without the commands that the language has no
    use for."""
    return text.replace(r"\times", "×").replace(r"\quad", " ")


def _shown(text: str, wording: Wording) -> str:
    """Words with their formulas in place."""
    return re.sub(r"⟨(\d+)⟩", lambda found: wording.mentions[int(found[1])].formula.text.text.strip(), text)


# ---------------------------------------------------------------- reach


def _lead(tokens: Sequence[Token], first: int) -> tuple[str, int]:
    """The nearest word before a token, or at it, that says how its clause is meant, and its
    position."""
    for position in range(min(first, len(tokens) - 1), -1, -1):
        token = tokens[position]
        if token.text in (";", ":") and position < first:
            break
        if token.mention is None and vocabulary().says("conditional", token.text):
            return token.text, position
        if token.mention is None and vocabulary().says("introducing", token.text):
            return "let", position
    return "", -1


def reach_of(wording: Wording, tokens: Sequence[Token], found: Description) -> tuple[int, int, bool]:
    """The rows that something said reaches, and whether they are those of its sentence alone."""
    lead, position = _lead(tokens, found.first)
    if vocabulary().lists["everywhere"].search(wording.text) and lead not in _ALWAYS_NARROW:
        return wording.start, END, False
    narrow = lead in _ALWAYS_NARROW or (lead not in ("", "let") and not _introduces(wording, tokens))
    start = _start(wording, tokens, position, found) if narrow or found.general else wording.start
    if narrow:
        return start, wording.reach, True
    block = wording.spot.block
    if block is None or found.listed or (block.name == "item" and only_defines(wording)):
        return start, wording.around, False
    return start, block.end, False


def _introduces(wording: Wording, tokens: Sequence[Token]) -> bool:
    """Whether a sentence says what names stand for from here on."""
    first_word = next((token.text for token in tokens if token.mention is None and token.text[0].isalpha()), "")
    return vocabulary().says("introducing", first_word) or only_defines(wording)


def only_defines(wording: Wording) -> bool:
    """Whether the formulas of a sentence say what names stand for, and claim nothing."""
    roles = {line.role for line in wording.lines}
    return "definition" in roles and "claim" not in roles


def _start(wording: Wording, tokens: Sequence[Token], lead: int, found: Description) -> int:
    """The first row that a condition is for: not what stands before a turn of the sentence, such as
    ``which for symmetric M becomes``."""
    if lead <= 0:
        return wording.start if lead == 0 or not found.general else _next_row(wording, tokens, found.first)
    before = tokens[lead - 1].text
    if before in _FORWARD or found.general:
        return _next_row(wording, tokens, found.first)
    turn = next((k for k in range(lead - 1, -1, -1) if tokens[k].text in TURNS or tokens[k].text == ";"), -1)
    return _next_row(wording, tokens, turn) if turn >= 0 else wording.start


def _next_row(wording: Wording, tokens: Sequence[Token], position: int) -> int:
    """The first row of the formulas behind a token."""
    found = [token.mention.number for token in tokens[max(position, 0) :] if token.mention is not None]
    return found[0] if found else wording.end


_CONDITION = re.compile(
    r"\s*(?:(?:only )?(?:holds|is true|is valid|is right)(?: only)? |only )?(?:if|when|whenever|provided|as long as|unless)\b[^.;⟨⟩]*"
)
"""Words behind a formula that say when it holds, without a formula in them."""


def under_a_condition(wording: Wording) -> Iterator[int]:
    """The rows behind which words say when they hold, of which nothing is understood:
    ``holds if A and B commute``."""
    for number, mention in enumerate(wording.mentions):
        mark = f"⟨{number}⟩"
        said = _CONDITION.match(wording.text, wording.text.index(mark) + len(mark))
        understood = said is None or any(token.text in vocabulary().nouns for token in tokens_of(replace(wording, text=said[0])))
        if not understood:
            yield from (line.number for line in mention.lines)


# ---------------------------------------------------------------- together


def kept_until_dropped(told: Iterable[Told], read: Iterable[Wording]) -> Iterator[Told]:
    """What is told, up to the sentences that say of assumptions that they are made no longer; kinds
    and sizes stay."""
    ends = sorted([wording.start for wording in read if _drops(wording)])
    for one in told:
        at = bisect_left(ends, one.start + 1)
        if one.declaration.properties and at < len(ends) and ends[at] < one.end:
            yield replace(one, end=ends[at])
            if one.declaration.kind is not None:
                kind = Declaration(one.name, one.declaration.kind, one.declaration.shape)
                yield replace(one, declaration=kind, start=ends[at], anew=False)
        else:
            yield one


def _drops(wording: Wording) -> bool:
    lists = vocabulary().lists
    return lists["dropping"].search(wording.text) is not None and lists["assumption"].search(wording.text) is not None


class Facts:
    """What is told in a document, asked for a row."""

    def __init__(self, told: Iterable[Told], twins: frozenset[str] = frozenset()) -> None:
        self._by_name: dict[str, list[Told]] = {}
        self._twins = twins
        self._kinds: dict[str, set[tuple[str, bool | None]]] = {}
        for one in told:
            self._by_name.setdefault(one.name, []).append(one)
            if one.declaration.kind is not None:
                self._kinds.setdefault(one.name, set()).add((one.declaration.kind, one.bold))
        self.names = frozenset(self._by_name)
        """The names that anything is told of."""
        ordered = {name: sorted(its, key=lambda one: (one.start, one.narrow)) for name, its in self._by_name.items()}
        self._reaches = {name: Reaches(its) for name, its in ordered.items()}

    def _holding(self, name: str, row: int, bold: bool | None = None) -> Iterator[Told]:
        """What is told of a name that holds at a row, the latest first."""
        told = self._reaches.get(name)
        either = name not in self._twins or bold is None
        return (one for one in (told.at(row) if told is not None else ()) if either or one.bold in (bold, None))

    def at(
        self, name: str, row: int, origins: Sequence[int] = (), bold: bool | None = None
    ) -> tuple[Declaration | None, tuple[Said, ...]]:
        """What is known of a name at a row, and where it is said; of what contradicts itself the
        latest.

        ``origins`` are earlier rows whose symbols are spoken of again: what is told of them there
        counts where nothing is told later.
        """
        told = _latest(self._holding(name, row, bold))
        if told or name not in self._by_name:
            return together(told)
        for origin in islice(reversed(origins), _MOST_TOLD):
            earlier = _latest(one for one in self._holding(name, origin, bold) if not one.narrow)
            if earlier and not self.introduced_between(name, origin, row):
                return together(earlier)
        return None, ()

    def sizes(self) -> frozenset[str]:
        """The names of sizes in all that is told."""
        return declared_sizes(
            {f"{name}{number}": one.declaration for name, told in self._by_name.items() for number, one in enumerate(told)}
        )

    def introduced_between(self, name: str, first: int, last: int) -> bool:
        """Whether a name is introduced anew behind one row and up to another."""
        later = takewhile(lambda one: one.start > first, self._holding(name, last))
        return any(one.anew for one in later)

    def kind(self, name: str, bold: bool | None = None) -> Declaration | None:
        """The kind that a name has in the whole document, where all of it agrees."""
        either = name not in self._twins or bold is None
        kinds = {kind for kind, weight in self._kinds.get(name, ()) if either or weight in (bold, None)}
        return Declaration(name, kinds.pop()) if len(kinds) == 1 else None


def _latest(told: Iterable[Told]) -> list[Told]:
    """What counts of the things told of one name, given the latest first: nothing from before it
    was introduced anew."""
    found: list[Told] = []
    for one in islice(told, _MOST_TOLD):
        if found and _is_fresh(found[-1], one):
            break
        found.append(one)
    return found[::-1]


def _is_fresh(one: Told, before: Told) -> bool:
    """Whether nothing told before counts any more."""
    return one.general or (one.anew and before.sentence != one.sentence)


def together(told: Sequence[Told]) -> tuple[Declaration | None, tuple[Said, ...]]:
    """Several things told of one name, in order, as one declaration; ``None`` for nothing."""
    found: Declaration | None = None
    said: list[Said] = []
    last: Told | None = None
    for one in told:
        fresh = last is None or _is_fresh(one, last)
        joined = None if found is None or fresh else _both(found, one.declaration)
        if joined is None:
            found, said = one.declaration, [one.said]
        else:
            found, said = joined, [*said, one.said]
        last = one
    if found is not None and found.kind is None and found.shape is None and not found.properties:
        return None, ()
    return found, tuple(dict.fromkeys(said))


def _both(one: Declaration, other: Declaration) -> Declaration | None:
    """Both declarations of a name; None where they cannot hold together."""
    kinds = {one.kind or other.kind, other.kind or one.kind}
    shapes = {declaration.shape for declaration in (one, other)} - {None}
    if len(kinds) > 1 or len(shapes) > 1:
        return None
    properties = tuple(dict.fromkeys((*one.properties, *other.properties)))
    whole = Declaration(one.name, kinds.pop(), next(iter(shapes), None), properties)
    text = declared_text(whole)
    if not text:
        return one
    try:
        return parse_declarations(f"{one.name}: {text}").get(one.name)
    except MatcalcError:
        return None
