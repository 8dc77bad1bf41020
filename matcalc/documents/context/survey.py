"""One reading of a whole document for what it says, its conventions among that."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TypeVar

from matcalc.base.lazy import pattern
from matcalc.base.records import grouped
from matcalc.documents.arrangements import Indices, compared
from matcalc.documents.blocks import LayoutSaid, Said
from matcalc.documents.context.assertions import Doubts, Told, reach_of
from matcalc.documents.context.defined_names import Definition, Definitions, Obscured, definition_in, names_used, readable
from matcalc.documents.context.facts import (
    diagonals_in,
    factors_in,
    function_names,
    functions_in,
    kept_until_dropped,
    letters_of_factors,
    moment_in,
    shown_entrywise,
    told_in,
    under_a_condition,
)
from matcalc.documents.context.observed import noises_in, rows_of_data, varied_in
from matcalc.documents.context.outline import END, Line, Numbered, Outline, Register, Spot
from matcalc.documents.context.overview import (
    Context,
    Convention,
    Conventions,
    Facts,
    Jacobian,
    Kind,
    Map,
    Supposed,
    Suppositions,
    Valued,
)
from matcalc.documents.context.scripts import Scripts, scripts_of, with_layers
from matcalc.documents.context.wording import CLOSE, OPEN, Mention, Wording, says, tokens_of, vocabulary, wordings, words_of
from matcalc.documents.context.written_names import names_at, weights_in, whole_name
from matcalc.documents.sides import head_of, is_derivative, is_zero
from matcalc.documents.symbols import as_list, coordinates_of, is_numeric, value_given

_SHOWN = 120
_WHOLE = re.compile(r"(?i)layout|formulation|convention|notation")


def conventions_in(wording: Wording, phrases: Mapping[str, re.Pattern[str]]) -> Iterator[Convention]:
    """What a sentence says is used of several things, each with what says so."""
    firsts = [next(iter(mention.lines), None) for mention in wording.mentions]
    derived = [one is not None and one.role == "notation" and is_derivative(one.row.left.text) for one in firsts]
    text = re.sub(r"⟨(\d+)⟩", lambda found: "derivative" * derived[int(found[1])], wording.text)
    found = [(value, match) for value, phrase in phrases.items() if (match := phrase.search(text)) is not None]
    if len(found) != 1 or words_of("doubtful_sentence").search(text):
        return
    value, match = found[0]
    before = text[: match.start()].lower().split()[-4:]
    if any(says("doubt", word.strip(",;")) for word in before):
        return
    said = Said(" ".join(text.split())[:_SHOWN], wording.place(0))
    whole = words_of("everywhere").search(text) or wording.is_setting or not wording.spot.sections
    start, end = (0, END) if whole else (wording.start, wording.around)
    about: LayoutSaid = "all" if value != "denominator" or _WHOLE.search(match[0]) else "gradients"
    yield Convention(start, end, value, said, about)


_BOLD = r"\\(?:mathbf|boldsymbol|bm|vec)\s*"
_SCRIPT = r"(?:\s*_\s*(?:\w|\{[^{}]*\}))?"
_SPACE = r"(?:\s|\\[,;:! ])*"
_VECTOR = rf"{_BOLD}(?:\{{\s*[a-z]\s*\}}|[a-z](?![A-Za-z])){_SCRIPT}"
_MATRIX = rf"(?:{_BOLD}(?:\{{\s*[A-Z]\s*\}}|[A-Z](?![A-Za-z])){_SCRIPT}|[A-Z](?![A-Za-z]){_SCRIPT})"
_OF_ROWS = pattern(rf"{_VECTOR}{_SPACE}(?:{_MATRIX}|\\(?:text|operatorname|mathrm)\s*\{{\s*diag\s*\}})")
_OF_COLUMNS = pattern(rf"{_MATRIX}{_SPACE}{_VECTOR}")


def writes_rows(texts: Sequence[str]) -> bool:
    """Whether a document multiplies vectors from the right by matrices, as rows, more often than it
    multiplies matrices by columns."""
    rows, columns = (sum(len(form.findall(text)) for text in texts) for form in (_OF_ROWS, _OF_COLUMNS))
    return rows >= 2 and rows > columns


_REALS = r"(?:\\(?:mathbb|mathbf|mathrm|bm|bf)\s*(?:\{\s*R\s*\}|R)|\\(?:R|Reals|RR|real|reals)(?![A-Za-z])|ℝ|R(?=\s*(?:\^|\Z)))"
_MAP = pattern(r"(?P<names>[^:]{1,60}?)\s*(?::|\\colon(?![A-Za-z]))\s*(?P<domain>.{1,60})", re.DOTALL)
_SPACES = pattern(rf"\s*{_REALS}\s*(?:\^\s*(?:\{{\s*(?P<braced>[^{{}}]{{1,20}})\s*\}}|(?P<sign>\\?[A-Za-z]+|\d)))?\s*")


_OF = r"(?:\s*\bmatrix\b)?\s+of\s+(?:the\s+)?(?:[a-z]+\s+){0,3}"
_JACOBIANS = (
    pattern(
        rf"{OPEN}(?P<name>\d+){CLOSE},?\s+(?:(?:is|be|denotes?|as|for|of|being)\s+)?(?:the|its)?\s*[Jj]acobian{_OF}{OPEN}(?P<of>\d+){CLOSE}"
    ),
    pattern(
        rf"[Jj]acobian(?:\s+matrix)?\s+{OPEN}(?P<name>\d+){CLOSE}\s+of\s+(?:the\s+)?(?:[a-z]+\s+){{0,3}}{OPEN}(?P<of>\d+){CLOSE}"
    ),
)


def jacobians_in(wording: Wording) -> Iterator[Jacobian]:
    """The names that a sentence has for Jacobians of functions: ``⟨0⟩ is the Jacobian of ⟨1⟩``."""
    for form in _JACOBIANS:
        for found in form.finditer(wording.text) if "acobian" in wording.text else ():
            name, of = (_called(wording, int(found[group])) for group in ("name", "of"))
            if name and of:
                yield Jacobian(wording.start, wording.around, name, of)


def _called(wording: Wording, number: int) -> str:
    """The name that a formula of a sentence is, perhaps with an argument: J of ``J(x)``."""
    lines = wording.mentions[number].lines if number < len(wording.mentions) else ()
    head = head_of(lines[0].row.left.text) if len(lines) == 1 and lines[0].row.right is None else None
    return head.name if head is not None and len(head.arguments) < 2 else ""


def _with_square_zero(one: Supposed, wording: Wording) -> str:
    """What is said to be a number, other than zero, whose square is zero; empty where nothing
    is."""
    square = _SQUARE.fullmatch(one.left.strip())
    meant = is_zero(one.right) and words_of("square_zero").search(wording.text)
    return square["number"] if square is not None and meant else ""


def maps_in(wording: Wording) -> Iterator[Map]:
    """The maps that a sentence speaks of."""
    for line in wording.lines:
        row = line.row
        if row.relation != "→" or row.right is None:
            continue
        found, values = _MAP.fullmatch(row.left.text), _kind(row.right.text)
        if found is not None and values is not None:
            domain, names = _kind(found["domain"]) or "", [whole_name(part, line.notation) for part in found["names"].split(",")]
            if all(names):
                yield from (Map(wording.start, wording.around, name, domain, values) for name in names if name)


def _kind(space: str) -> Kind | None:
    """What the members of a set are; None for one that is no space of real numbers or vectors."""
    found = _SPACES.fullmatch(space)
    if found is None or "times" in (found["braced"] or ""):
        return None
    return "number" if (found["braced"] or found["sign"] or "1").strip() == "1" else "vector"


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
                start, end, _ = reach_of(wording, tokens, position)
                text = f"{row.left.text} = {row.right.text}"
                names, said = names_used(text, line.notation), Said(text, row.left.place())
                found = Supposed(start, end, row.left.text, row.right.text, names, said)
                number = _with_square_zero(found, wording)
                yield replace(found, number=number, end=max(end, wording.spot.section_end)) if number else found


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
            titled = compared(wording.spot.sections[-1].name) if wording.spot.sections else None
            found |= {} if titled is None else {line.number: titled for line in claims}
            found |= _in_sentence(wording) if conditions else {}
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


def values_in(wording: Wording) -> Iterator[Valued]:
    """The values that a sentence gives to names."""

    for mention in wording.mentions:
        for line in mention.lines:
            value = (
                value_given(line.row, line.notation)
                if line.role in ("definition", "number", "claim", "fact", "not an equation", "solution")
                else None
            )
            if value is not None and line.row.right is not None:
                said = Said(f"{value.written} = {line.row.right.text.strip()}", line.row.left.place())
                sentence = wording.start, wording.end
                yield Valued(line.number, wording.spot.section_end, value.name, value, said, sentence, wording.spot)


_AT = pattern(r"\bat(?: the)?(?: points?| position| location)?\s*\Z", re.IGNORECASE)


def points_in(wording: Wording) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The rows of a sentence behind a point at which they are meant,
    ``at the point ⟨0⟩ we have ⟨1⟩``, with its coordinates."""
    point: tuple[str, ...] = ()
    for number, mention in enumerate(wording.mentions):
        before = wording.text.partition(f"{OPEN}{number}{CLOSE}")[0]
        alone = len(mention.lines) == 1 and mention.lines[0].row.right is None and mention.lines[0].notation == "latex"
        if alone and _AT.search(before) is not None:
            text = as_list(mention.lines[0].row.left.text)
            point = coordinates_of(text) if is_numeric(text) else ()
        elif point:
            yield from ((one.number, point) for one in mention.lines)


def survey(pieces: Sequence[Numbered]) -> Context:
    """The context of all rows of a document."""
    read = list(wordings(pieces, Outline(pieces)))
    lines = [(wording, line) for wording in read for line in wording.lines]
    formulas = [line.row for _, line in lines if line.notation == "latex"]

    every = [line.row.text for _, line in lines]
    scripts = scripts_of(formulas)
    twins = _twins(pieces)
    found = [definition_in(scripts.ordered(line), (wording.start, wording.reach), wording.spot) for wording, line in lines]
    given: list[Definition | Obscured] = list(filter(None, found))
    told = _told(read, lines, given, scripts)
    moments = filter(None, (moment_in(wording, scripts.ordered(line)) for wording, line in lines))
    facts = Facts(kept_until_dropped(told, read), twins)
    definitions = Definitions(with_layers(readable(given, function_names(told)), scripts, formulas), twins)
    cases = index_conditions(read)
    return Context(
        facts,
        Facts(moments, twins),
        definitions,
        Conventions(_each(partial(conventions_in, phrases=vocabulary().layouts), read), "denominator"),
        Conventions(_each(partial(conventions_in, phrases=vocabulary().symmetric), read), "projected"),
        {line.number: wording.spot for wording, line in lines},
        _origins(lines, definitions),
        facts.sizes - _NO_SIZES,
        tuple([line for _, line in lines if line.role == "first-order condition"]),
        cases,
        frozenset(_each(under_a_condition, read)) - cases.keys(),
        Suppositions(_each(suppositions_in, read)),
        scripts,
        _seen(lines),
        facts.sizes,
        Register(_each(maps_in, read)),
        Register(_each(jacobians_in, read)),
        Register(_each(values_in, read)),
        dict(_each(points_in, read)),
        frozenset(chain.from_iterable(map(letters_of_factors, every))),
        writes_rows(every),
        rows_of_data(given, frozenset(_each(noises_in, read))),
        {
            section: frozenset().union(*names)
            for section, names in grouped((one.spot.section, varied_in(one)) for one in read).items()
        },
    )


T = TypeVar("T")


def _each(find: Callable[[Wording], Iterable[T]], read: Iterable[Wording]) -> Iterator[T]:
    """What is found in all sentences of a document."""
    return chain.from_iterable(map(find, read))


def _told(
    read: Sequence[Wording], lines: Sequence[tuple[Wording, Line]], found: Sequence[Definition | Obscured], scripts: Scripts
) -> list[Told]:
    """What the sentences of a document tell of names."""
    defined = frozenset(one.name for one in found if isinstance(one, Definition) and one.is_function)
    shown = shown_entrywise(scripts.in_order(line.row.text) for _, line in lines if line.notation == "latex")
    told = [one for wording in read for one in (*told_in(wording), *functions_in(wording, defined, scripts, shown))]
    told += chain.from_iterable(diagonals_in(wording, line) for wording, line in lines)
    return told + [one for wording in read for one in factors_in(wording, told)]


def _seen(lines: Iterable[tuple[Wording, Line]]) -> dict[str, list[tuple[int, tuple[str, ...]]]]:
    """The arguments of names that stand with several: ``f(x, y)``."""
    found = ((line.number, one) for _, line in lines for one in _WITH_ARGUMENTS.finditer(line.row.text))
    return grouped((one["name"], (row, tuple(map(str.strip, one["arguments"].split(","))))) for row, one in found)


_WITH_ARGUMENTS = pattern(
    r"(?<![A-Za-z\\])(?P<name>[A-Za-z])(?:\\left)?\((?P<arguments>\s*[A-Za-z]\s*(?:,\s*[A-Za-z]\s*)+)(?:\\right)?\)"
)


def _twins(pieces: Sequence[Numbered]) -> frozenset[str]:
    """The letters that a document has both in bold and otherwise, as two names: not in one row,
    where the bold type is forgotten.

    Those with an index do not count, being entries of the bold ones.
    """
    bold: set[str] = set()
    plain: set[str] = set()
    for line in chain.from_iterable(one.lines for one in pieces):
        sides = [side.text for side in (line.row.first, line.row.left, line.row.right) if side is not None]
        names = [at for side in sides for at in names_at(side, line.notation) if at.name == at.base]
        here = {at.base for at in names if at.bold}
        bold |= here
        plain |= {at.base for at in names} - here
    return frozenset(bold & plain)


_NO_SIZES = frozenset(["d"])
"""A letter that derivatives begin with is not declared, so that they can be read."""


def _origins(lines: Iterable[tuple[Wording, Line]], definitions: Definitions) -> dict[int, tuple[int, ...]]:
    """For the start of each section the rows outside of it that define functions which it uses."""
    found: dict[int, set[int]] = {}
    for wording, line in lines:
        if line.role not in ("claim", "definition"):
            continue
        row = line.row
        anew = line.role == "definition" and not row.link  # what gets a value here may have been something else before
        text = row.right.text if anew and row.right is not None else row.text
        for one in definitions.behind(names_used(text, line.notation), line.number, weights_in(text, line.notation)):
            if one.number < line.number and one.spot.section != wording.spot.section:
                found.setdefault(wording.spot.section, set()).add(one.number)
    return {start: tuple(sorted(rows)) for start, rows in found.items()}
