r"""Claims about entries that the text makes for equal or for different indices alone: ``for $i \neq j$``, ``Case 1: $i = j$``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from matcalc.base.lazy import pattern
from matcalc.documents.context.outline import Line, Spot
from matcalc.documents.context.wording import CLOSE, OPEN, Mention, Wording
from matcalc.documents.index_cases import Indices, compared

_FRONT = ("for", "if", "when", "whenever", "where", "case", "with", "provided", "assuming", "suppose", "consider", "take", "now")
_WORDS = ("cases", "let", "all", "any", "every", "the", "that", "of", "in", "and", "while", "both", "but")
_BEFORE = pattern(rf"(?i)(?:\W|\d|\b(?:{'|'.join([*_FRONT, *_WORDS])})\b)*")
"""The words between a claim and its condition."""
_ORDINALS = ("first", "second", "third", "next", "then", "other", "remaining", "case", "same", "different", "indices", "if")
_LEADING = pattern(rf"(?i)(?:\W|\d|\b(?:{'|'.join([*_FRONT, *_WORDS, *_ORDINALS])})\b)*")
"""All words before a condition that claims in other sentences are made for: what a term needs is not the case of the whole."""
_FRONTED = pattern(rf"(?i)\b(?:{'|'.join(_FRONT)})\b")
"""Words before a condition in front of claims."""
_TOGETHER = (
    "in general",
    "combin",
    "together",
    "both",
    "overall",
    "altogether",
    "in total",
    "in short",
    "putting",
    "compactly",
    "in matrix",
)
_ENDS = pattern(rf"(?i)\s*(?:{'|'.join(_TOGETHER)})")
_LONGEST = 90


def index_conditions(wordings: Iterable[Wording]) -> Mapping[int, Indices]:
    """The condition on indices of each row that has one, by the number of the row."""
    found: dict[int, Indices] = {}
    held: tuple[Indices, Spot] | None = None
    for wording in wordings:
        conditions = [case for mention in wording.mentions if (case := _compared_in(mention)) is not None]
        claims = [line for mention in wording.mentions for line in mention.lines if line.role == "claim"]
        if held is not None and (conditions or held[1].sections != wording.spot.sections or _ENDS.match(wording.text)):
            held = None
        if conditions and claims:
            found |= {**_of_section(wording.spot, claims), **_in_sentence(wording)}
        elif conditions:
            before = wording.text.partition(OPEN)[0]
            leads = len(conditions) == 1 and len(wording.text) <= _LONGEST and _FRONTED.search(before) and _LEADING.fullmatch(before)
            held = (conditions[0], wording.spot) if leads else None
        elif held is not None:
            found |= {line.number: held[0] for line in claims}
        else:
            found |= _of_section(wording.spot, claims)
    return found


def _compared_in(mention: Mention) -> Indices | None:
    """The comparison that a formula of a sentence is; None for one that says more."""
    text = mention.formula.text.text.strip(" .,;:()")
    case = compared(text)
    return case if case is not None and len(text) <= _LONGEST // 3 and len(mention.lines) == 1 else None


def _of_section(spot: Spot, claims: Iterable[Line]) -> Mapping[int, Indices]:
    case = compared(spot.sections[-1].name) if spot.sections else None
    return {} if case is None else {line.number: case for line in claims}


def _in_sentence(wording: Wording) -> Mapping[int, Indices]:
    """The conditions of the claims of a sentence: those in front of them, or else those behind."""
    parts = list(_parts(wording))
    first = next(part for part in parts if isinstance(part[0], Indices) or part[1])
    return dict(_fronted(parts) if isinstance(first[0], Indices) else _behind(parts))


def _parts(wording: Wording) -> Iterator[tuple[Indices | None, list[Line], str]]:
    """The mentions of a sentence: the condition that each is, or its claims, and the words before it."""
    at = 0
    for number, mention in enumerate(wording.mentions):
        start = wording.text.find(f"{OPEN}{number}{CLOSE}", at)
        words = wording.text[at : max(start, at)]
        at = max(start, at) + len(f"{OPEN}{number}{CLOSE}")
        yield _compared_in(mention), [line for line in mention.lines if line.role == "claim"], words


def _fronted(parts: Iterable[tuple[Indices | None, list[Line], str]]) -> Iterator[tuple[int, Indices]]:
    held: Indices | None = None
    for case, claims, words in parts:
        if case is not None:
            held = case if _FRONTED.search(words) else None
        elif held is not None:
            yield from ((line.number, held) for line in claims)


def _behind(parts: Iterable[tuple[Indices | None, list[Line], str]]) -> Iterator[tuple[int, Indices]]:
    waiting: list[Line] = []
    for case, claims, words in parts:
        if case is not None and _BEFORE.fullmatch(words):
            yield from ((line.number, case) for line in waiting)
        waiting = claims[-1:]
