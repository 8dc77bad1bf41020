"""Formulas cut into rows: each one relation, with its sides and its place.

The signs of a formula are first put in order (line ends that only continue a statement, alignment
marks and space that separates nothing are cut), then a statement is cut into passages at what
separates them, and each passage into its sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import cast

from matcalc.base.lazy import pattern
from matcalc.documents.arrangements import arranged, branches_of
from matcalc.documents.blocks import Formula, Placed, joined
from matcalc.documents.cues import WordUse, word_use
from matcalc.documents.sides import Row, is_zero
from matcalc.documents.signs import Sign, signs_of


@dataclass(slots=True)
class _Stretch:
    """Signs of a formula that stand together."""

    signs: list[Sign]

    @property
    def related(self) -> bool:
        return any(sign.kind == "relation" for sign in self.signs)

    @property
    def blank(self) -> bool:
        return not any(sign.kind in _MEANING for sign in self.signs)


@dataclass(slots=True)
class _Passage(_Stretch):
    """What is separated from the rest of a formula: signs of one relation or chain, and what is
    said before and behind it.

    ``behind`` are the remarks, each with the number of signs before it.
    """

    lead: list[str | list[Sign]]
    opens_condition: bool = False
    behind: list[tuple[int, list[Sign]]] = field(default_factory=list)


_INDEX = pattern(
    r"(?:\d\s*(?:[<≤]|\\leq?(?![A-Za-z]))\s*)?[i-nt](?:\s*,\s*[i-nt])*\s*(?:(?:=|≠|\\neq?(?![A-Za-z])|[<>≤≥]|\\(?:leq?|geq?|lt|gt)(?![A-Za-z]))"
    r"\s*[i-nrNMKT](?![A-Za-z(^_])|=\s*\d\s*(?:,\s*(?:\d\s*,\s*)?)?(?::|\\[lc]?dots|\.\.\.|…)|(?:∈|\\in(?![A-Za-z]))\s*(?:\[|\\?\{|\\lbrace))"
)
_MEANING = frozenset(["operand", "operator", "relation", "cases", "words"])
_OUTSIDE = frozenset(["space", "cut", "stop", "comma", "semicolon", "colon", "wide", "column", "break", "joint"])
"""What is no part of a side when it stands at its ends."""


def rows(formula: Formula, after: Row | None = None) -> Iterator[Row]:
    """The relations of a formula in reading order; nothing of it is lost: what is no relation is a
    row without one.

    ``after`` is the last row of the formula before, which one that begins with a relation goes on.

    >>> from matcalc.documents.blocks import Place, placed
    >>> [row.text for row in rows(Formula(placed("a &= b \\\\\\\\ &= c, \\\\quad d = e", Place("notes.md", 1))))]
    ['a = b', 'a = c', 'd = e']
    """
    text = formula.text
    signs = arranged(signs_of(text.text, formula.notation), text.text, formula.environment, formula.notation)
    writer = _Writer(text)
    some = False
    for passage in _passages(signs, text.text):
        for row in _links(passage, writer, after if not some else None):
            some = True
            yield row
    if not some:
        yield Row(text.stripped(), "", None, text.stripped())


# ---------------------------------------------------------------- passages


def _passages(signs: Sequence[Sign], text: str) -> Iterator[_Passage]:
    """The passages of a formula, those that say something of the one before put behind it."""
    held: _Passage | None = None
    for part in _parts(signs):
        if held is None:
            held = part.passage()
        elif not _join(held, part, text):
            if not held.blank or held.behind:
                yield held
            held = part.passage(held)
    if held is not None:
        yield held


@dataclass(slots=True)
class _Part(_Stretch):
    """What stands between two separators: signs of a formula, or words alone. ``after`` is the
    separator before it."""

    after: str
    lead: list[str]
    words: Sign | None = None
    use: WordUse | None = None
    separator: Sign | None = None
    lists_on: bool = False
    """Names before the last of a list: ``x, y`` of ``x, y, z ∈ R``."""

    @property
    def begins_with_relation(self) -> bool:
        return bool(self.signs) and self.first.kind == "relation"

    @property
    def goes_on(self) -> bool:
        """Whether it begins as what follows another part does."""
        return self.begins_with_relation or (self.after == "words" and self.first.kind == "operator")

    @property
    def first(self) -> Sign:
        return next((sign for sign in self.signs if sign.kind in _MEANING), self.signs[0])

    @property
    def is_name(self) -> bool:
        """Whether it is so short as names are."""
        few = sum(sign.kind in _MEANING for sign in self.signs) <= _MOST_OF_A_NAME
        return few and self.words is None and not self.related

    def counts(self, text: str) -> bool:
        """Whether it says what an index runs over, or is: ``i = 1, …, n``, ``i ≠ j``."""
        return _INDEX.match(text, self.first.start) is not None and self.after in ("comma", "wide", "semicolon")

    def passage(self, before: _Passage | None = None) -> _Passage:
        lead: list[str | list[Sign]] = list(self.lead)
        if before is not None and before.blank and not before.behind:
            lead = [*before.lead, *lead]
        if self.words is not None:
            return _Passage([], [*lead, self.words.value.strip()], self.use == "conditional")
        return _Passage(list(self.signs), lead)


def _parts(signs: Sequence[Sign]) -> list[_Part]:
    """The parts of a formula in order."""
    found = [part for part in _cut(signs) if part.words is not None or not part.blank]
    on, after = False, ""
    for part in reversed(found):  # only a list that ends in a relation is one
        names = after == "comma" and part.is_name
        part.lists_on = on and names
        on, after = part.related or part.lists_on, part.after
    return found


def _cut(signs: Sequence[Sign]) -> Iterator[_Part]:
    current = _Part([], "start", [])
    for sign in signs:
        if sign.kind in _SEPARATORS or (sign.kind == "colon" and current.after == "words"):
            if not current.blank:
                yield current
                current = _Part([], sign.kind, [], separator=sign)
            elif current.after not in ("joint", "break"):
                current = _Part([], sign.kind, current.lead)
            if sign.kind == "joint":
                current = _Part([], "joint", [*current.lead, sign.value])
        elif sign.kind == "words":
            yield current
            *said, current = _with_words(current, sign)
            yield from said
        elif _concludes(sign, current):
            yield current
            current = _Part([], "joint", [sign.value])
        else:
            current.signs.append(sign)
    yield current


def _with_words(before: _Part, sign: Sign) -> list[_Part]:
    """The part that words are, and the one that begins behind them: they lead it where they
    join."""
    use = word_use(sign.value) if not sign.value.startswith(("%", "#", "//")) else "remark"
    lead = [] if before.signs else before.lead
    clause = use == "accompanying" and "$" in sign.value  # \text{where $S$ is symmetric}
    if clause or use not in ("joining", "accompanying"):
        return [_Part([], before.after if not before.signs else "words", list(before.lead), sign, use), _Part([], "words", [])]
    said = sign.value.strip().removeprefix("then ") if sign.value.endswith(":") else sign.value.strip()
    return [_Part([], "joint", [*lead, said])]


_SEPARATORS = frozenset(["wide", "comma", "semicolon", "break", "joint"])
_MOST_OF_A_NAME = 4


def _concludes(sign: Sign, before: _Part) -> bool:
    """Whether a sign is an arrow behind an equation."""
    equates = any(one.kind == "relation" and one.value in ("=", ":=", "≡") for one in before.signs)
    return equates and sign.kind == "relation" and sign.value in "→↦←"


def _join(held: _Passage, part: _Part, text: str) -> bool:
    """Puts a part to the passage before it, where it belongs there."""
    if part.after in ("joint", "break"):
        return part.after == "break" and part.begins_with_relation and _go_on(held, part)
    if part.words is not None:
        return _join_words(held, part.words, part)
    if part.goes_on and held.related and not held.opens_condition:
        return _go_on(held, part)
    if held.opens_condition and (part.after in ("words", "comma") or not part.related):
        return _put_behind(held, part, part.signs)
    return _join_relation(held, part, text) if part.related else _join_operands(held, part)


def _join_relation(held: _Passage, part: _Part, text: str) -> bool:
    if held.related:
        return part.counts(text) and _put_behind(held, part, part.signs)
    return not held.opens_condition and _go_on(held, part) if held.blank else part.after == "comma" and _go_on(held, part)


def _join_operands(held: _Passage, part: _Part) -> bool:
    lists_on = part.lists_on and held.related
    if part.after == "comma" and not held.behind and not lists_on:
        return _go_on(held, part)
    return held.related and not part.lists_on and _put_behind(held, part, part.signs)


def _join_words(held: _Passage, words: Sign, part: _Part) -> bool:
    held.opens_condition = part.use == "conditional"
    if held.signs:
        return _put_behind(held, part, [words])
    held.lead.append(words.value.strip())
    return True


def _go_on(held: _Passage, part: _Part) -> bool:
    held.signs += [part.separator, *part.signs] if part.after == "comma" and part.separator is not None else part.signs
    held.lead += part.lead
    held.opens_condition = False
    return True


def _put_behind(held: _Passage, part: _Part, signs: list[Sign]) -> bool:
    if not held.signs:
        held.lead.append(signs)
    elif part.after == "comma" and part.separator is not None and held.behind and held.behind[-1][0] == len(held.signs):
        held.behind[-1][1].extend([part.separator, *signs])
    else:
        held.behind.append((len(held.signs), list(signs)))
    return True


# ---------------------------------------------------------------- sides


class _Writer:
    """Writes signs of a formula as text, what is cut and what stands elsewhere as a blank."""

    def __init__(self, text: Placed) -> None:
        self.text = text

    def side(self, signs: Sequence[Sign]) -> Placed | None:
        """The text of a side; None where nothing is left of it."""
        first, last = 0, len(signs)
        while first < last and signs[first].kind in _OUTSIDE:
            first += 1
        while last > first and signs[last - 1].kind in _OUTSIDE:
            last -= 1
        return self.written(signs[first:last]) if first < last else None

    def written(self, signs: Sequence[Sign]) -> Placed:
        """The text of signs."""
        parts: list[Placed] = []
        start = end = signs[0].start
        for sign in signs:
            if sign.kind not in ("cut", "column") and sign.start == end:
                end = sign.end
                continue
            if start < end:
                parts += [self.text.part(start, end), Placed(" ", ((0, self.text.place(end)),))]
            start, end = sign.start, sign.end if sign.kind not in ("cut", "column") else sign.start
        if start < end or not parts:
            parts.append(self.text.part(start, end))
        return joined(parts).stripped()


def _links(passage: _Passage, writer: _Writer, after: Row | None) -> Iterator[Row]:
    """The rows of a passage."""
    lead = " ".join([_shown(said, writer) for said in passage.lead]).strip()
    behind = [(at, _shown(signs, writer)) for at, signs in passage.behind]
    remarks = " ".join([said for _, said in behind])
    ends = [number for number, sign in enumerate(passage.signs) if sign.kind == "relation"]
    limits = [-1, *ends, len(passage.signs)]
    sides = [writer.side(passage.signs[start + 1 : end]) for start, end in pairwise(limits)]
    whole = writer.side(passage.signs)
    if whole is None:
        yield from _words_alone(f"{lead} {remarks}".strip(), writer)
    elif not ends or None in sides[1:]:
        yield Row(whole, "", None, whole, 0, lead, remarks)
    else:
        rights = cast(list[Placed], sides[1:])
        yield from _chain(passage.signs, limits[1:], rights, behind, _begun(sides[0], writer, after), lead)


def _words_alone(shown: str, writer: _Writer) -> Iterator[Row]:
    if shown:
        at = replace(writer.text.stripped(), text=shown)
        yield Row(at, "", None, at)


def _begun(left: Placed | None, writer: _Writer, after: Row | None) -> tuple[Placed, Placed, int]:
    """The side just before the first relation, the one that its chain begins with, and the number
    of the link."""
    if left is not None:
        return left, left, 0
    if after is None:
        return (nothing := writer.text.part(0, 0)), nothing, 0
    return after.right or writer.text.part(0, 0), after.first, after.link + 1


def _chain(
    signs: Sequence[Sign],
    limits: Sequence[int],
    sides: Sequence[Placed],
    behind: Sequence[tuple[int, str]],
    begun: tuple[Placed, Placed, int],
    lead: str,
) -> Iterator[Row]:
    """A row for each relation, at ``limits``, with what is said up to the next one behind it; the
    last one by cases may be several."""
    left, first, link = begun
    start = 0
    for number, ((end, following), right) in enumerate(zip(pairwise(limits), sides)):
        sign, said = signs[end], lead if not number else ""
        last = following == len(signs)
        branches = branches_of(right) if last and _is_cases(signs[end + 1 :]) else []
        yield from (Row(left, sign.value, value, first, link + number, said, condition) for value, condition in branches)
        if branches:
            return
        remarks = [remark for at, remark in behind if start <= at <= following]
        start = following + 1
        yield Row(left, sign.value, right, first, link + number, said, " ".join(remarks), sign.mark)
        first = first if sign.value == "=" and not is_zero(first.text) else right
        left = right


def _is_cases(signs: Sequence[Sign]) -> bool:
    return [sign.kind for sign in signs if sign.kind not in _OUTSIDE] == ["cases"]


def _shown(said: str | Sequence[Sign], writer: _Writer) -> str:
    side = None if isinstance(said, str) else writer.side(said)
    return said if isinstance(said, str) else "" if side is None else side.text
