"""What a document agrees on: layouts, where functions go, equations that are supposed, cases of
indices, values of names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from matcalc.base.lazy import pattern
from matcalc.documents.arrangements import Indices, compared
from matcalc.documents.blocks import LayoutSaid, Said
from matcalc.documents.context.defined_names import names_used
from matcalc.documents.context.facts import Doubts, reach_of
from matcalc.documents.context.phrases import Description
from matcalc.documents.context.prose import vocabulary
from matcalc.documents.context.wording import CLOSE, END, OPEN, Line, Mention, Reaches, Spot, Wording, tokens_of
from matcalc.documents.context.written_names import whole_name
from matcalc.documents.sides import head_of, is_derivative, is_zero
from matcalc.documents.symbols import Value, as_list, coordinates_of, is_numeric, value_given

_SHOWN = 120
_WHOLE = re.compile(r"(?i)layout|formulation|convention|notation")


@dataclass(frozen=True, slots=True)
class Convention:
    """A layout or the like that holds from the row ``start`` up to ``end``."""

    value: str
    said: Said
    start: int
    end: int
    about: LayoutSaid = "all"
    """That a gradient is a column says nothing of a Jacobian."""


class Conventions:
    """The conventions of one sort, asked for a row; the latest counts."""

    def __init__(self, found: Iterable[Convention], usual: str) -> None:
        self._found = Reaches(sorted(found, key=lambda one: one.start))
        self._usual = usual

    def at(self, row: int) -> tuple[str, tuple[Said, ...]]:
        """The convention at a row, and where it is said; the usual one where nothing is."""
        latest = next(self._found.at(row), None)
        return (self._usual, ()) if latest is None else (latest.value, (latest.said,))

    def told(self, row: int) -> LayoutSaid:
        """Of which derivatives a convention is said at a row."""
        latest = next(self._found.at(row), None)
        return "" if latest is None else latest.about


def layouts_in(wording: Wording) -> Iterator[Convention]:
    """The layout that a sentence says is used."""
    yield from _in(wording, vocabulary().layouts)


def symmetric_in(wording: Wording) -> Iterator[Convention]:
    """The meaning of derivatives by symmetric matrices that a sentence gives."""
    yield from _in(wording, vocabulary().symmetric)


def _of(wording: Wording, number: int) -> str:
    """What stands for a formula in the words of its sentence: that it is a derivative, or
    nothing."""
    lines = wording.mentions[number].lines
    return "derivative" if lines and lines[0].role == "notation" and is_derivative(lines[0].row.left.text) else ""


def _in(wording: Wording, phrases: Mapping[str, re.Pattern[str]]) -> Iterator[Convention]:
    text = re.sub(r"⟨(\d+)⟩", lambda found: _of(wording, int(found[1])), wording.text)
    found = [(value, match) for value, phrase in phrases.items() if (match := phrase.search(text)) is not None]
    lists = vocabulary().lists
    if len(found) != 1 or lists["doubtful_sentence"].search(text):
        return
    value, match = found[0]
    before = text[: match.start()].lower().split()[-4:]
    if any(vocabulary().says("doubt", word.strip(",;")) for word in before):
        return
    said = Said(" ".join(text.split())[:_SHOWN], wording.place(0))
    whole = lists["everywhere"].search(text) or wording.spot.is_setting or not wording.spot.sections
    start, end = (0, END) if whole else (wording.start, wording.around)
    yield Convention(value, said, start, end, _about(value, match[0]))


def _about(layout: str, words: str) -> LayoutSaid:
    """Of which derivatives words say a layout."""
    return "all" if layout != "denominator" or _WHOLE.search(words) else "gradients"


_BOLD = r"\\(?:mathbf|boldsymbol|bm|vec)\s*"
_SCRIPT = r"(?:\s*_\s*(?:\w|\{[^{}]*\}))?"
_SPACE = r"(?:\s|\\[,;:! ])*"
_VECTOR = rf"{_BOLD}(?:\{{\s*[a-z]\s*\}}|[a-z](?![A-Za-z])){_SCRIPT}"
_MATRIX = rf"(?:{_BOLD}(?:\{{\s*[A-Z]\s*\}}|[A-Z](?![A-Za-z])){_SCRIPT}|[A-Z](?![A-Za-z]){_SCRIPT})"
_OF_ROWS = pattern(rf"{_VECTOR}{_SPACE}(?:{_MATRIX}|\\(?:text|operatorname|mathrm)\s*\{{\s*diag\s*\}})")
_OF_COLUMNS = pattern(rf"{_MATRIX}{_SPACE}{_VECTOR}")
_FEW = 2


def writes_rows(texts: Iterable[str]) -> bool:
    """Whether a document multiplies vectors from the right by matrices, as rows, more often than it
    multiplies matrices by columns."""
    rows = columns = 0
    for text in texts:
        rows += len(_OF_ROWS.findall(text))
        columns += len(_OF_COLUMNS.findall(text))
    return rows >= _FEW and rows > columns


Kind: TypeAlias = Literal["number", "vector", ""]
"""What a function takes or gives; empty where that is not known."""

_REALS = r"(?:\\(?:mathbb|mathbf|mathrm|bm|bf)\s*(?:\{\s*R\s*\}|R)|\\(?:R|Reals|RR|real|reals)(?![A-Za-z])|ℝ|R(?=\s*(?:\^|\Z)))"
_MAP = pattern(r"(?P<names>[^:]{1,60}?)\s*(?::|\\colon(?![A-Za-z]))\s*(?P<domain>.{1,60})", re.DOTALL)
_SPACES = pattern(rf"\s*{_REALS}\s*(?:\^\s*(?:\{{\s*(?P<braced>[^{{}}]{{1,20}})\s*\}}|(?P<sign>\\?[A-Za-z]+|\d)))?\s*")


@dataclass(frozen=True, slots=True)
class Map:
    """That a function takes and gives something of these kinds, from the row ``start`` up to
    ``end``."""

    name: str
    domain: Kind
    values: Kind
    start: int
    end: int


class Maps:
    """The maps of a document, asked for a row."""

    def __init__(self, found: Iterable[Map]) -> None:
        self._by_name: dict[str, list[Map]] = {}
        for one in found:
            self._by_name.setdefault(one.name, []).append(one)

    def at(self, name: str, row: int) -> Map | None:
        """What was said last of a function at a row; None where nothing was."""
        return next((one for one in reversed(self._by_name.get(name, [])) if one.start <= row < one.end), None)


_OF = r"(?:\s*\bmatrix\b)?\s+of\s+(?:the\s+)?(?:[a-z]+\s+){0,3}"
_JACOBIANS = (
    pattern(
        rf"{OPEN}(?P<name>\d+){CLOSE},?\s+(?:(?:is|be|denotes?|as|for|of|being)\s+)?(?:the|its)?\s*[Jj]acobian{_OF}{OPEN}(?P<of>\d+){CLOSE}"
    ),
    pattern(
        rf"[Jj]acobian(?:\s+matrix)?\s+{OPEN}(?P<name>\d+){CLOSE}\s+of\s+(?:the\s+)?(?:[a-z]+\s+){{0,3}}{OPEN}(?P<of>\d+){CLOSE}"
    ),
)


@dataclass(frozen=True, slots=True)
class Jacobian:
    """That a name is said to be the Jacobian of a function, from the row ``start`` up to
    ``end``."""

    name: str
    of: str
    start: int
    end: int


def jacobians_in(wording: Wording) -> Iterator[Jacobian]:
    """The names that a sentence has for Jacobians of functions: ``⟨0⟩ is the Jacobian of ⟨1⟩``."""
    for form in _JACOBIANS:
        for found in form.finditer(wording.text) if "acobian" in wording.text else ():
            name, of = (_called(wording, int(found[group])) for group in ("name", "of"))
            if name and of:
                yield Jacobian(name, of, wording.start, wording.around)


def _called(wording: Wording, number: int) -> str:
    """The name that a formula of a sentence is, perhaps with an argument: J of ``J(x)``."""
    lines = wording.mentions[number].lines if number < len(wording.mentions) else ()
    head = head_of(lines[0].row.left.text) if len(lines) == 1 and lines[0].row.right is None else None
    return head.name if head is not None and len(head.arguments) < _SEVERAL else ""


_SEVERAL = 2


def maps_in(wording: Wording) -> Iterator[Map]:
    """The maps that a sentence speaks of."""
    for line in wording.lines:
        yield from _maps_of(line, wording.start, wording.around)


def _maps_of(line: Line, start: int, end: int) -> Iterator[Map]:
    row = line.row
    if row.relation != "→" or row.right is None:
        return
    found, values = _MAP.fullmatch(row.left.text), _kind(row.right.text)
    if found is None or values is None:
        return
    domain, names = _kind(found["domain"]), [whole_name(part, line.notation) for part in found["names"].split(",")]
    if all(names):
        yield from (Map(name, domain or "", values, start, end) for name in names if name)


def _kind(space: str) -> Kind | None:
    """What the members of a set are; None for one that is no space of real numbers or vectors."""
    found = _SPACES.fullmatch(space)
    if found is None or "times" in (found["braced"] or ""):
        return None
    return "number" if (found["braced"] or found["sign"] or "1").strip() == "1" else "vector"


_MOST = 4
"""Suppositions that are weighed beside one claim."""


@dataclass(frozen=True, slots=True)
class Supposed:
    """``left = right``, from the row ``start`` up to ``end``, with the names in it."""

    left: str
    right: str
    names: frozenset[str]
    said: Said
    start: int
    end: int

    number: str = ""
    """That whose square is said to be zero, as it is written, where the sentence says that such
    numbers are meant."""


_SQUARE = pattern(r"(?P<number>[a-z]|\\[a-z]+)\s*\^\s*(?:2|\{\s*2\s*\})")


def suppositions_in(wording: Wording) -> Iterator[Supposed]:
    """The equations that a sentence supposes."""
    tokens = tokens_of(wording)
    doubts = Doubts(tokens, wording.text)
    for position, token in enumerate(tokens):
        for line in token.mention.lines if token.mention is not None else ():
            row = line.row
            if line.role != "fact" or row.relation != "=" or row.right is None or row.link:
                continue
            if not doubts.about(position, position + 1):
                start, end, _ = reach_of(wording, tokens, Description((), "", position, position + 1))
                text = f"{row.left.text} = {row.right.text}"
                names = names_used(text, line.notation)
                found = Supposed(row.left.text, row.right.text, names, Said(text, row.left.place()), start, end)
                number = _with_square_zero(found, wording)
                yield replace(found, number=number, end=max(end, wording.spot.section_end)) if number else found


def _with_square_zero(one: Supposed, wording: Wording) -> str:
    """What is said to be a number, other than zero, whose square is zero; empty where nothing
    is."""
    square = _SQUARE.fullmatch(one.left.strip())
    meant = square is not None and is_zero(one.right) and vocabulary().lists["square_zero"].search(wording.text)
    return square["number"] if square is not None and meant else ""


class Suppositions:
    """All that a document supposes in this way, asked for a row."""

    def __init__(self, found: Iterable[Supposed]) -> None:
        self._by_name: dict[str, list[Supposed]] = {}
        for one in found:
            for name in one.names:
                self._by_name.setdefault(name, []).append(one)

    def at(self, line: Line, names: Set[str]) -> tuple[Supposed, ...]:
        """The last that is supposed of names at a row, what stands behind it as its condition
        first."""
        latest = [one for name in sorted(names) for one in self._by_name.get(name, ())[-_MOST:]]
        found = [*_own(line), *(one for one in latest if one.start <= line.number < one.end)]
        return tuple(dict.fromkeys(found))[:_MOST]

    def square_zero(self, line: Line, names: Set[str]) -> Supposed | None:
        """That the square of a number is zero, which is no fact about any number but zero itself,
        at a row; None without such a one."""
        said = (one for name in sorted(names) for one in self._by_name.get(name, ())[-_MOST:] if one.number)
        return next((one for one in said if one.start <= line.number < one.end), None)


def _own(line: Line) -> Iterator[Supposed]:
    left, equals, right = (part.strip(" .,") for part in _WORDS.sub(" ", line.row.condition).partition("="))
    if equals and left and right and "=" not in right:
        text = f"{left} = {right}"
        yield Supposed(
            left, right, names_used(text, line.notation), Said(text, line.row.left.place()), line.number, line.number + 1
        )


_WORDS = pattern(
    r"\\(?:text|textrm|mbox|mathrm)\s*\{([^{}]*)\}|\\q?quad|\\[,;:! ]|\b(?:if|when|for|whenever|provided|that|where)\b",
    re.IGNORECASE,
)


_FRONT = ("for", "if", "when", "whenever", "where", "case", "with", "provided", "assuming", "suppose", "consider", "take", "now")
_LINKING_WORDS = ("cases", "let", "all", "any", "every", "the", "that", "of", "in", "and", "while", "both", "but")
_BEFORE = pattern(rf"(?i)(?:\W|\d|\b(?:{'|'.join([*_FRONT, *_LINKING_WORDS])})\b)*")
"""The words between a claim and its condition."""
_ORDINALS = ("first", "second", "third", "next", "then", "other", "remaining", "case", "same", "different", "indices", "if")
_LEADING = pattern(rf"(?i)(?:\W|\d|\b(?:{'|'.join([*_FRONT, *_LINKING_WORDS, *_ORDINALS])})\b)*")
"""All words before a condition that claims in other sentences are made for: what a term needs is
not the case of the whole."""
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
        claims = [line for line in wording.lines if line.role == "claim"]
        if held is not None and (conditions or held[1].sections != wording.spot.sections or _ENDS.match(wording.text)):
            held = None
        if conditions and not claims:
            held = (conditions[0], wording.spot) if len(conditions) == 1 and _leads(wording.text) else None
        elif held is not None:
            found |= {line.number: held[0] for line in claims}
        else:
            found |= {**_of_section(wording.spot, claims), **(_in_sentence(wording) if conditions else {})}
    return found


def _leads(text: str) -> bool:
    """Whether the words before a condition say that the claims behind its sentence are made for
    it."""
    before = text.partition(OPEN)[0]
    return len(text) <= _LONGEST and _FRONTED.search(before) is not None and _LEADING.fullmatch(before) is not None


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
    """The mentions of a sentence: the condition that each is, or its claims, and the words before
    it."""
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


@dataclass(frozen=True, slots=True)
class Valued:
    """That a name has a value from behind the row ``start`` up to ``end``; ``sentence`` are the
    rows of the sentence that says so."""

    value: Value
    said: Said
    start: int
    end: int
    sentence: tuple[int, int]
    spot: Spot


class WorkedValues:
    """The values of a document, asked for a row."""

    def __init__(self, found: Iterable[Valued]) -> None:
        self._by_name: dict[str, list[Valued]] = {}
        for one in found:
            self._by_name.setdefault(one.value.name, []).append(one)

    def at(self, name: str, row: int) -> Valued | None:
        """The last value that a name got before a row, and still has."""
        return next((one for one in reversed(self._by_name.get(name, [])) if one.start < row < one.end), None)

    @property
    def names(self) -> frozenset[str]:
        """All names that have a value somewhere."""
        return frozenset(self._by_name)


def values_in(wording: Wording) -> Iterator[Valued]:
    """The values that a sentence gives to names."""
    end = wording.spot.sections[-1].end if wording.spot.sections else END
    for mention in wording.mentions:
        for line in mention.lines:
            value = value_given(line.row, line.notation) if line.role in _GIVING else None
            if value is not None and line.row.right is not None:
                said = Said(f"{value.written} = {line.row.right.text.strip()}", line.row.left.place())
                yield Valued(value, said, line.number, end, (wording.start, wording.end), wording.spot)


_AT = pattern(r"\bat(?: the)?(?: points?| position| location)?\s*\Z", re.IGNORECASE)


def points_in(wording: Wording) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The rows of a sentence behind a point at which they are meant,
    ``at the point ⟨0⟩ we have ⟨1⟩``, with its coordinates."""
    point: tuple[str, ...] = ()
    for number, mention in enumerate(wording.mentions):
        before = wording.text.partition(f"{OPEN}{number}{CLOSE}")[0]
        if _is_expression(mention) and _AT.search(before) is not None:
            text = as_list(mention.lines[0].row.left.text)
            point = coordinates_of(text) if is_numeric(text) else ()
        elif point:
            yield from ((one.number, point) for one in mention.lines)


def _is_expression(mention: Mention) -> bool:
    """Whether a formula of a sentence is one of LaTeX without a relation."""
    return len(mention.lines) == 1 and mention.lines[0].row.right is None and mention.lines[0].notation == "latex"


_GIVING = frozenset(["definition", "number", "claim", "fact", "not an equation", "solution"])
