r"""What a text says in words behind a formula: ``x'Ax where A is symmetric``, ``\|r\|^2 \text{ where } r = Xw - y``.

Facts become declarations and leave the text; names that are given a value stay, behind a plain ``where``. Every character keeps its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from matcalc.base.errors import MatcalcError, ParseError, Span
from matcalc.base.lazy import pattern
from matcalc.base.records import record
from matcalc.language.declare.declared import Declaration, joined
from matcalc.language.declare.texts import SAID_BEHIND_A_COMMA, parse_declarations
from matcalc.language.text.spelling import ONE_NAME
from matcalc.language.text.vocabulary import CONNECTIVES

_WORDS = "|".join(CONNECTIVES)
_SETS_WORDS = r"\\(?:text(?:rm|it|sf|up|normal)?|mbox|hbox|mathrm)\s*\{"
_CONNECTIVE = pattern(
    rf"{_SETS_WORDS}[\s~,]*(?P<tex>{_WORDS})(?=[\s}}$~])(?:[\s~]*\}})?|(?<![\w\\{{])(?P<plain>{_WORDS})(?=\s)(?!\s*=)|{SAID_BEHIND_A_COMMA}"
)
_SET_IN_WORDS = pattern(rf"{_SETS_WORDS}|\\(?:q?quad|[,;:! ])|~")
_NAMED = pattern(rf"\s*(?P<name>{ONE_NAME}|\\?[A-Za-z]+|\\\w+\{{\w+\}})\s*(?:\([^()=]*\))?\s*(?::=|=)(?P<value>.*)", re.DOTALL)
_AND = pattern(rf"{_SETS_WORDS}\s*and\s*\}}|\band\b")
_QUANTIFIED = pattern(r"\s*(?:all|any|every|each|some)\b")
_OF_A_LOOP = pattern(r"(?<!\\)\bin\b(?!\s*R)")
"""``for x in y`` of a program, which says nothing of sizes."""
_BARE = pattern(rf"\s*(?:{ONE_NAME}|[A-Za-z]+)(?:\s*(?:,|and)\s*(?:{ONE_NAME}|[A-Za-z]+))*\s*")

_PREMISE = pattern(r"\s*(?:[Ii]f|[Ff]or|[Ww]hen|[Gg]iven|[Aa]ssum(?:e|ing)|[Ss]uppose|[Ll]et)\s+(?:that\s+)?(?=[^\s=])")
"""``If A is symmetric, then``, ``Let A be symmetric. Then``, ``for symmetric A,`` before what is said under it."""
_ENDS_PREMISE = pattern(r"\s*(?:[,:.](?:\s+(?:[Tt]hen|we\s+have)\b[,:]?)?|\bthen\b[,:]?)\s")
_LONGEST_PREMISE = 200


@record
class Clauses:
    """The text without the facts that stand behind it, and these as declarations."""

    text: str
    declarations: Mapping[str, Declaration]


def clauses_in(text: str) -> Clauses:
    """Takes apart what stands behind ``where``, ``with``, ``for`` and the like.

    Raises ParseError, with the place, for words that declare nothing.

    >>> clauses_in("x'Ax where A is symmetric").declarations["A"].properties
    ('symmetric',)
    >>> clauses_in("||r||^2 where r = Xw - y").text
    '||r||^2 where r = Xw - y'
    """
    said: dict[str, Declaration] = {}
    premise = _PREMISE.match(text)
    if premise is not None:
        text, said = _without_premise(text, premise.end())
    found = _first_connective(text)
    if found is None:
        return Clauses(text, said)
    start, end = found
    kept: list[Span] = []
    for span, is_value in _runs(text, end):
        if is_value:
            kept.append(span)
            continue
        for name, declaration in _declared(text, span).items():
            said[name] = joined(said[name], declaration) if name in said else declaration
    return Clauses(_rest(text, start, kept), said)


def _without_premise(text: str, start: int) -> tuple[str, dict[str, Declaration]]:
    """The text with what is said before it left blank, and that as declarations; as it is where no part of it declares any."""
    stop = text.find("=", start)
    for end in _ENDS_PREMISE.finditer(text, start, min(len(text), start + _LONGEST_PREMISE) if stop < 0 else stop):
        try:
            return " " * end.end() + text[end.end() :], dict(_declared(text, Span(start, end.start())))
        except ParseError:
            continue
    return text, {}


def _first_connective(text: str) -> tuple[int, int] | None:
    """Where the connective begins, and where what it introduces begins."""
    round_open, square_open, blank, at = 0, 0, True, 0
    for match in _CONNECTIVE.finditer(text):
        between = text[at : match.start()]
        round_open += between.count("(") - between.count(")")
        square_open += between.count("[") - between.count("]")
        blank, at = blank and not between.strip(), match.start()
        if not (blank or round_open or square_open):
            return match.start(), match.end()
    return None


def _pieces(text: str, start: int) -> Iterator[Span]:
    """What stands between commas, semicolons, ``and`` and further connectives, outside brackets."""
    depth, begin, place = 0, start, start
    given: bool | None = None  # whether the piece gives a value: of a long one the part before the first "and" tells
    while place <= len(text):
        character = text[place] if place < len(text) else ";"
        depth += (character in "([") - (character in ")]")
        ends, width = (place, 1) if not depth and character in ",;\n" else (None, 1)
        if not depth and ends is None:
            another = _CONNECTIVE.match(text, place)
            joint = None if another is not None else _AND.match(text, place)
            if another is not None:
                ends, width = place, another.end() - place
            elif joint is not None:
                given = _gives_a_value(text[begin:place]) if given is None else given
                if given or _NAMED.match(text, joint.end()):
                    ends, width = place, joint.end() - place
        if ends is not None:
            given = None
            if text[begin:ends].strip(" \t.~}$"):
                yield Span(begin, ends)
            begin = place + width
        place += width


def _runs(text: str, start: int) -> Iterator[tuple[Span, bool]]:
    """Every name that is given a value, and what else is said between these, as a whole: ``A, B symmetric``."""
    facts: Span | None = None
    for span in _pieces(text, start):
        if _gives_a_value(text[span.start : span.end]):
            if facts is not None:
                yield facts, False
            yield span, True
            facts = None
        else:
            facts = span if facts is None else Span(facts.start, span.end)
    if facts is not None:
        yield facts, False


def _gives_a_value(piece: str) -> bool:
    """Whether a name is given a value, which it does not stand in: ``A = A'`` is a fact."""
    named = _NAMED.fullmatch(_formula(piece))
    if named is None:
        return False
    name = named["name"]
    return re.search(rf"(?<![A-Za-z\\]){re.escape(name)}(?![A-Za-z])", named["value"]) is None


def _plain(piece: str) -> str:
    """The piece without the commands that set words in a formula."""
    return _formula(_SET_IN_WORDS.sub(lambda match: " " * len(match[0]), piece))


def _declared(text: str, span: Span) -> Mapping[str, Declaration]:
    """What a part of the text declares; of ``all X, Y`` nothing. Raises ParseError for other words."""
    piece = _plain(text[span.start : span.end])
    quantified = _QUANTIFIED.match(piece)
    piece = piece[quantified.end() :] if quantified else piece
    if quantified and _BARE.fullmatch(piece):
        return {}
    for parts in ([piece], _AND.split(piece)):
        try:
            if _OF_A_LOOP.search(piece) is None:
                return dict(pair for part in parts for pair in parse_declarations(part).items())
        except MatcalcError:
            continue
    advice = 'the formula alone, and declare="A: n×n symmetric"'
    raise ParseError("words inside the formula are not read", span=_trimmed(text, span), suggestion=advice)


def _trimmed(text: str, span: Span) -> Span:
    inside = text[span.start : span.end]
    return Span(span.start + len(inside) - len(inside.lstrip()), span.end - (len(inside) - len(inside.rstrip())))


def _rest(text: str, start: int, kept: list[Span]) -> str:
    """The text up to the connective, then ``where`` and what is kept, with everything else left blank."""
    front = text[:start].rstrip()
    front = front[:-1].rstrip() if front.endswith((",", ";")) else front
    out, at = [front], len(front)
    for number, span in enumerate(kept):
        gap = span.start - at
        joint = " where " if not number and gap >= len(" where ") else ";"
        out += [" " * (gap - len(joint)), joint, _formula(text[span.start : span.end])]
        at = span.end
    return "".join(out)


def _formula(piece: str) -> str:
    """The piece without dollar signs and braces that close words before it."""
    out, depth = [], 0
    for character in piece:
        depth += (character == "{") - (character == "}")
        out.append(" " if character == "$" or depth < 0 else character)
        depth = max(depth, 0)
    return "".join(out)
