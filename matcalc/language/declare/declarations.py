"""Declarations: ``X: n×m; A: n×n symmetric; x: n; a: scalar; f: function``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import TypeAlias

from matcalc.errors import MatcalcError, ParseError, ShapeError, Span
from matcalc.facts.table import NOUNS, canonical, contradiction, facts, fits, spelled_apart
from matcalc.facts.ties import tie_of
from matcalc.language.declare.declared import Declaration
from matcalc.language.declare.stated_facts import Form, missing, not_known, stated, states_fact, symbol_in
from matcalc.language.text.meanings import nearest_spelling
from matcalc.language.text.spelling import canonical_name, is_name
from matcalc.patterns import pattern
from matcalc.records import record
from matcalc.sizes import ONE, Shape, Size, shape_of

Declare: TypeAlias = str | Mapping[str, str] | None

KINDS = ("scalar", "vector", "matrix", "function")
_KIND_SPELLINGS = {"number": "scalar"}
_FILLERS = ("and", "real")
"""Words that say nothing more: ``A: n×n real symmetric and positive``."""


def parse_declarations(declare: Declare) -> dict[str, Declaration]:
    """Every declared name with what was said about it, in order.

    A text separates declarations with ``;``, newlines, or commas before the next ``name:``; a mapping gives each name its own text.
    Raises ParseError for what is not understood, ShapeError for a property that the shape cannot have.

    >>> parse_declarations("X: n×m")["X"].shape
    (Size(names=('n',), factor=1), Size(names=('m',), factor=1))
    """
    if declare is None:
        return {}
    said = _Said()
    if isinstance(declare, Mapping):
        for name, value in declare.items():
            if not isinstance(value, (str, int, tuple)) or isinstance(value, bool):
                wrong = f"a value of type {type(value).__name__} declares nothing about {name}"
                raise MatcalcError(wrong, expected="sizes and properties as text", suggestion='{"X": "n×m", "a": "scalar"}')
            entry = f"{name}: {value}"
            said.place(entry, Span(0, len(entry)))
            said.entry(str(name), str(value))
        return said.declarations()
    if not isinstance(declare, str):
        wrong = f"a value of type {type(declare).__name__} is no declaration"
        raise MatcalcError(wrong, expected="a text or a mapping", suggestion='"X: n×m; a: scalar" or {"X": "n×m", "a": "scalar"}')
    for span in _entries(declare):
        written = declare[span.start : span.end]
        names, colon, value = written.partition(":")
        said.place(declare, span)
        if not colon:
            said.equation(written)
        for name in names.split(",") if colon else ():
            said.entry(name, value)
    return said.declarations()


def separate_entries(text: str) -> tuple[str, ...]:
    """The single declarations of a text.

    >>> separate_entries("X: n×m, A: (n, n), symmetric; x, y: n, x'*x = 1")
    ('X: n×m', 'A: (n, n), symmetric', "x, y: n, x'*x = 1")
    """
    return tuple([text[span.start : span.end] for span in _entries(text)])


def _entries(text: str) -> Iterator[Span]:
    """Where each declaration stands. A comma stands between two only before the names and the colon of the next one."""
    hidden = _IN_BRACKETS.sub(lambda match: match[0].replace(",", "·"), text)
    for match in _STATEMENT.finditer(hidden):
        begins = [0, *_further(match[0]), len(match[0]) + 1]
        for begin, end in pairwise(begins):
            part = match[0][begin : end - 1]
            if part.strip():
                yield Span(match.start() + end - 1 - len(part.lstrip()), match.start() + begin + len(part.rstrip()))


def _further(statement: str) -> list[int]:
    """Offsets of the declarations behind the first one."""
    found: list[int] = []
    start, place, opened = 0, 0, False
    names = False
    for part in statement.split(","):
        name, colon, _ = part.partition(":")
        is_one = _BARE_NAME.fullmatch(name) is not None and name.strip() not in KINDS and canonical(name) is None
        if is_one and not names:
            start = place
        names = is_one and not colon
        if is_one and colon and opened:
            found.append(start)
        opened |= bool(colon) or states_fact(part)
        place += len(part) + 1
    return found


_STATEMENT = pattern(r"[^;\n]+")
_IN_BRACKETS = pattern(r"[(\[][^()\[\]]*[)\]]")
_BARE_NAME = pattern(r"\s*[^\W\d_][\w\u0300-\u030c]*[′']*\s*")


class _Said:
    """What declarations say, in order; the facts of equations are known when all names are."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._equations: list[tuple[str, str, Span]] = []
        self._text, self._span = "", Span(0, 0)

    def place(self, text: str, span: Span) -> None:
        """Where what follows stands."""
        self._text, self._span = text, span

    def entry(self, name: str, value: str) -> None:
        """``name: value``, with equations behind commas."""
        try:
            parts = value.split(",") if states_fact(value) else [value]
            equations = [part for part in parts if states_fact(part)]
            plain = ",".join(part for part in parts if not states_fact(part))
            entry = _entry(name, plain, self._span) if plain.strip() or not equations else _Entry(canonical_name(name))
            if entry.name in self._entries:
                raise ParseError(f"{name.strip()} is declared twice", span=self._span)
        except MatcalcError as error:
            raise error.with_text(self._text) from None
        entry.text, entry.span = self._text, self._span
        self._entries[entry.name] = entry
        for equation in equations:
            self.equation(equation)

    def equation(self, text: str) -> None:
        """``X'*X = eye``."""
        if not states_fact(text):
            said = "a declaration is a name, a colon and a kind or size"
            error = ParseError(said, span=self._span, suggestion="x: n; A: n×n symmetric")
            raise error.with_text(self._text)
        self._equations.append((text, self._text, self._span))

    def declarations(self) -> dict[str, Declaration]:
        """Everything together. Raises ShapeError for facts that a symbol cannot have."""
        stated_as: list[tuple[_Entry, Form | str, str]] = []
        for text, whole, span in self._equations:
            try:
                name, form = symbol_in(text, self._entries, span)
                entry = self._entries.setdefault(canonical_name(name), _Entry(canonical_name(name), text=whole, span=span))
            except MatcalcError as error:
                raise error.with_text(whole) from None
            stated_as.append((entry, form, text))
        for part in (0, 1):  # first those that need no others
            for entry, form, text in stated_as:
                entry.state(form, text, last=bool(part))
        return {name: entry.declaration() for name, entry in self._entries.items()}


@record(frozen=False, eq=False)
class _Entry:
    """What is said of one name, not yet checked."""

    name: str
    kind: str | None = None
    shape: Shape | None = None
    properties: tuple[str, ...] = ()
    text: str = ""
    span: Span = Span(0, 0)

    def state(self, form: Form | str, text: str, *, last: bool) -> None:
        """Adds the fact that an equation states; one that needs others waits until these are known."""
        fact = stated(form, self.kind, self.shape)
        if fact is not None and fact.entries and isinstance(form, str) and tie_of(self.properties) == "symmetric":
            said = f"{text.strip()} may be said of the entries of {self.name} or of its eigenvalues"
            error = ParseError(
                said, span=self.span, suggestion=f"{self.name}: n×n symmetric {fact.name}, or {self.name}: n×n positive_definite"
            )
            raise error.with_text(self.text)
        if fact is None:
            raise not_known(text, self.span).with_text(self.text)
        needed = missing(fact, self.properties)
        if needed is None:
            self.properties = tuple(dict.fromkeys((*self.properties, fact.name)))
        elif last:
            said = f"{text.strip()} alone does not say that {self.name} is {facts()[needed].called}"
            sizes = declaration_text(self.shape, ()) if self.shape else _EXAMPLES[fact.shape]
            error = ParseError(said, span=self.span, suggestion=f"{self.name}: {sizes} {fact.name}")
            raise error.with_text(self.text)

    def declaration(self) -> Declaration:
        try:
            _check_facts(self.name, self.kind, self.shape, self.properties, self.span)
        except MatcalcError as error:
            raise error.with_text(self.text) from None
        return Declaration(self.name, self.kind, self.shape, self.properties)


def declared_sizes(declarations: Mapping[str, Declaration]) -> frozenset[str]:
    """The size names that occur in declarations."""
    return frozenset(name for d in declarations.values() for size in d.shape or () for name in size.names)


def declaration_text(shape: Shape, properties: tuple[str, ...]) -> str:
    """A kind, sizes and properties in the ``declare`` syntax.

    >>> declaration_text((Size.of("n"), Size.of("n")), ("symmetric",))
    'n×n symmetric'
    """
    sizes = "×".join(str(size) for size in shape) if shape else "scalar"
    return " ".join([sizes, *properties])


def _entry(name: str, value: str, span: Span) -> _Entry:
    """What the text after the colon says."""
    key = canonical_name(name)
    if not is_name(key):
        raise ParseError(f"{name.strip()!r} cannot be a name", span=span, expected="letters, with digits or an index after them")
    kind, sizes, properties = _words(value, span)
    shape = _shape(sizes, span) if sizes else () if kind == "scalar" else None
    if shape is not None and kind is not None and not _agrees(kind, shape):
        raise ShapeError(f"{name.strip()} is declared as a {kind} with the sizes {sizes}", span=span)
    if shape is not None and kind != "function" and (shape or kind):
        kind = _kind_of(shape)
    if kind == "function" and (properties or shape is not None):
        raise ParseError("a function is declared without sizes and properties", span=span, suggestion=f"{name.strip()}: function")
    return _Entry(key, kind, shape, properties)


_EXAMPLES = {"any": "", "array": "n", "vector": "n", "matrix": "n×m", "square": "n×n", "tall": "n×p"}
"""Sizes for an example of each shape that a fact may ask for."""


def _check_facts(name: str, kind: str | None, shape: Shape | None, properties: tuple[str, ...], span: Span) -> None:
    """Raises ShapeError for facts that the symbol cannot have, or not at once."""
    unfit = next((facts()[written] for written in properties if not fits(facts()[written], kind, shape)), None)
    if unfit is not None:
        said, example = f"only a {NOUNS[unfit.shape]} can be {unfit.called}", f"{_EXAMPLES[unfit.shape]} {unfit.name}"
        wider = next((facts()[other] for other in unfit.implies if fits(facts()[other], kind, shape)), None)
        if wider is not None and wider.relations[:1] == unfit.relations[:1]:  # the same said of another shape
            example = declaration_text(shape or (), (wider.name,))
        raise ShapeError(said, span=span, suggestion=f"{name}: {example.strip()}")
    contradictory = contradiction(properties, shape)
    if contradictory is not None:
        raise ShapeError(contradictory, span=span)


@cache
def _apart() -> re.Pattern[str]:
    """Facts of more than one word."""
    return re.compile("|".join(words.replace(" ", r"[\s-]+") for words in spelled_apart()))


def _words(value: str, span: Span) -> tuple[str | None, str, tuple[str, ...]]:
    """Kind, sizes and properties of the text after the colon."""
    text = _apart().sub(lambda match: re.sub(r"[\s-]+", "_", match[0]), value.strip())
    kind: str | None = None
    properties: list[str] = []

    def take(match: re.Match[str]) -> str:
        nonlocal kind
        word = _KIND_SPELLINGS.get(match[0], match[0])
        fact = canonical(word)
        if word in KINDS:
            if kind not in (None, word):
                raise ParseError(f"{kind} and {word} at once", span=span)
            kind = word
        elif fact is not None:
            properties.append(fact)
        elif word not in _FILLERS:
            return match[0]
        return " "

    rest = _WORD.sub(take, text)
    sizes = rest.strip().strip(",").strip()
    if not sizes and kind is None and not properties:
        raise ParseError("the declaration is empty", span=span, suggestion="a size such as n×m, or scalar")
    return kind, sizes, tuple(dict.fromkeys(properties))


_WORD = pattern(r"[A-Za-z_]{3,}|(?<!\S)(?!x\b)[A-Za-z]{2}(?!\S)")
_SEPARATORS = pattern(r"\s*[×,]\s*|\s+[xX]\s+|(?<=\d)[xX](?=\w)|(?<=\b[A-Za-z])x(?=[A-Za-z0-9]\b)")
_FACTOR = pattern(r"\s*(?:(?P<number>\d+)|(?P<name>[^\W\d_]\w*))\s*(?:\^\s*(?P<power>\d))?\s*")


def _shape(text: str, span: Span) -> Shape:
    if text[0] in "([" and text[-1] in ")]":
        text = text[1:-1].strip().rstrip(",")
    sizes = tuple([_size(part, text, span) for part in _SEPARATORS.split(text)])
    if len(sizes) > 4:
        raise ParseError("at most four sizes", span=span)
    if len(sizes) == 1:
        return shape_of(sizes[0], ONE)
    return shape_of(*sizes) if len(sizes) == 2 else sizes


def _size(part: str, text: str, span: Span) -> Size:
    size, position = ONE, 0
    while position < len(part):
        match = _FACTOR.match(part, position)
        if match is None or not match[0].strip():
            break
        value = match["number"]
        if value is not None and (len(value) > 9 or int(value) == 0):
            raise ParseError(f"{value} cannot be a size", span=span, expected="a number from 1 to 999999999")
        factor = Size.of(int(value)) if value is not None else Size.of(canonical_name(match["name"]))
        for _ in range(int(match["power"] or 1)):
            size = size * factor
        position = match.end()
        if position < len(part) and part[position] in "*·⋅":
            position += 1
            if position == len(part):
                position = 0
                break
        elif position < len(part) and match["number"] is None:
            break
    if not part.strip() or position < len(part):
        raise _not_understood(" ".join(text.split()), span)
    return size


def _not_understood(text: str, span: Span) -> ParseError:
    """The error for what is neither sizes nor facts, with the facts whose spelling is near, or else all of them."""
    said = f"{text!r} is not understood as sizes or properties"
    known = [spelling for fact in facts().values() for spelling in (fact.name, *fact.aliases)]
    for word in _WORD.findall(text):
        meant = nearest_spelling(word.lower(), known)
        if meant is not None:
            return ParseError(said, span=span, suggestion=f"{meant} for {word}")
    expected = "n×m, n, 3×4, scalar, function, or properties: " + ", ".join(name for name, fact in facts().items() if not fact.refused)
    return ParseError(said, span=span, expected=expected)


def _kind_of(shape: Shape) -> str:
    return "scalar" if not shape else "tensor" if len(shape) > 2 else "vector" if len(shape) == 1 or shape[0] == ONE else "matrix"


def _agrees(kind: str, shape: Shape) -> bool:
    return kind == "function" or kind == _kind_of(shape) or (kind == "matrix" and len(shape) == 2)
