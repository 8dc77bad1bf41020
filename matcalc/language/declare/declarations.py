"""Declarations: ``X: n×m; A: n×n symmetric; x ∈ R^n; a is a scalar; f: function; Σ ≻ 0``; and
declared names that do not occur."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from itertools import pairwise
from operator import mul
from typing import TYPE_CHECKING

from matcalc.base.errors import MatcalcError, ParseError, ShapeError, Span
from matcalc.base.lazy import later
from matcalc.base.own_functions import signed_names
from matcalc.base.records import record
from matcalc.base.shapes import Shape, is_square, kind_of
from matcalc.base.sizes import Size, names_in
from matcalc.facts.table import COMPLEX, NOUNS, Fact, contradiction, facts, fits, implied, tie_of
from matcalc.language.declare.clauses import Entry, entries, relations_in, sign_of, value_entry
from matcalc.language.declare.declared import (
    Declaration,
    declaration_text,
    declared_text,
    index_of,
    resized,
)
from matcalc.language.declare.function_reader import said_of
from matcalc.language.declare.objects import as_text, described
from matcalc.language.declare.scanning import Token, Tokens, meaning_of, scanned
from matcalc.language.declare.value_reader import Said
from matcalc.language.text.spelling import GREEK_NAMES, canonical_name, is_name

if TYPE_CHECKING:
    from matcalc.language.declare import stated_facts
else:
    stated_facts = later("matcalc.language.declare.stated_facts")

_LONGEST_KEPT = 1000
_MOST_FACTORS = 3
_MOST_SIDES = 8
_N = Size.of("n")
_CAPITALS = frozenset(name for name in GREEK_NAMES.values() if name[:1].isupper())
KINDS = ("scalar", "vector", "matrix", "function")


def declarations_in(declare: str | Sequence[str] | Mapping[str, object]) -> dict[str, Declaration]:
    """What ``parse_declarations`` gives of declarations."""
    texts: tuple[tuple[str | None, str], ...] = (
        tuple([(str(name), f"{name}: {described(name, value)}") for name, value in declare.items()])
        if isinstance(declare, Mapping)
        else ((None, as_text(declare)),)
    )
    return dict((_parsed if sum(len(text) for _, text in texts) <= _LONGEST_KEPT else _latest_parsed)(texts))


@lru_cache(maxsize=128)
def _parsed(texts: tuple[tuple[str | None, str], ...]) -> Mapping[str, Declaration]:
    """Declarations are read several times on the way of a formula, and the same ones stand beside
    many. A text may be that of one name alone."""
    said = _Said()
    for name, text in texts:
        for entry in _entries(text) if name is None else [value_entry(text, len(name) + 2, name)]:
            said.entry(entry, text)
    return said.declarations()


_latest_parsed = lru_cache(maxsize=1)(_parsed.__wrapped__)  # of long ones: one formula asks for them twice


def _entries(text: str) -> list[Entry]:
    return entries(text, _value)


def _value(tokens: Tokens, text: str, name: str) -> Declaration | None:
    """What tokens say of a name; None where they are not understood."""
    try:
        said = said_of(tokens, text, name)
    except MatcalcError:
        return None
    return _declared(name, said)


def _declared(name: str, said: Said) -> Declaration:
    takes = tuple([_part(name, one) for one in said.takes])
    gives = None if said.gives is None else _part(name, said.gives)
    return Declaration(name, said.kind, said.shape, said.properties, None, takes, gives)


def _part(name: str, said: Said) -> Declaration:
    """What a function takes or gives."""
    return Declaration(name, said.kind if said.shape is None else kind_of(said.shape), said.shape)


@record
class Written:
    """One declaration as it is written: ``value`` is what is said of its ``names``, ``text`` all of
    it. ``adds`` tells what is said in addition to another declaration of the name; there are no
    names where only an equation or inequality says something."""

    names: tuple[str, ...]
    value: str
    text: str
    adds: bool


@lru_cache(maxsize=1024)
def written(text: str) -> tuple[Written, ...]:
    """The single declarations of a text.

    >>> [(one.names, one.value) for one in written("X: n×m, A: (n, n), symmetric; x, y: n, x'*x = 1")]
    [(('X',), 'n×m'), (('A',), '(n, n), symmetric'), (('x', 'y'), "n, x'*x = 1")]
    """
    found = []
    for entry in _entries(text):
        names = tuple([canonical_name(name) for name, _ in entry.names])
        link = "∈ " if entry.member else ""
        pieces = [link + _source(text, entry.value), *(_source(text, equation) for equation in entry.equations)]
        pieces[0] += "".join(f" {text[one.start : one.end].strip(' ,()')}" for one in entry.ranges)
        found.append(Written(names, ", ".join(filter(None, pieces)), text[entry.start : entry.end].strip(), entry.adds))
    return tuple(found)


def places(text: str) -> dict[str, Span]:
    """Where each name is declared."""
    return {canonical_name(name): span for entry in _entries(text) for name, span in entry.names}


def owners(equation: str, declarations: Iterable[str]) -> tuple[str, ...]:
    """The name that an equation or inequality is about, beside those that are declared."""
    said = _Said(declarations)
    for entry in _entries(equation):
        said.entry(entry, equation)
    return said.stated_of()


def _in_place(tokens: Tokens) -> Tokens:
    """The tokens without a name in front that stands elsewhere."""
    return tokens[1:] if len(tokens) > 1 and tokens[0].end > tokens[1].start else tokens


def _source(text: str, tokens: Tokens) -> str:
    """What the tokens were read from; a name in front that stands elsewhere is put there."""
    own = _in_place(tokens)
    front = "" if len(own) == len(tokens) else f"{tokens[0].text} "
    return front + text[own[0].start : own[-1].end] if own else ""


class _Said:
    """What declarations say, in order; the facts of equations are known when all names are."""

    def __init__(self, elsewhere: Iterable[str] = ()) -> None:
        self._entries = {name: _Entry(name) for name in elsewhere}
        self._equations: list[tuple[Tokens, str, str, Span]] = []
        self._alone: list[_Entry] = []

    def entry(self, entry: Entry, text: str) -> None:
        """One declaration of a text."""
        try:
            if not entry.names and not entry.equations:
                raise _no_declaration(entry, text)
            for name, span in entry.names:
                self._name(name, span, entry, text)
        except MatcalcError as error:
            raise error.with_text(text) from None
        for equation in entry.equations:
            self._equations += [(part, shown, text, entry.span) for part, shown in _links_of(equation, text)]

    def _name(self, name: str, place: Span, entry: Entry, text: str) -> None:
        key = canonical_name(name)
        if not is_name(key):
            raise _no_name(name, key, place, _source(text, entry.value))
        found = _Entry(key, text=text, span=entry.span)
        if entry.value or not entry.equations:
            found.read(entry, name)
        self._alone += [found] if found.alone is not None else []
        found.count = next((one.size for one in entry.ranges if one.index == index_of(key)[:1]), None)
        if key in self._entries:
            found.join(self._entries[key], place)
        self._entries[key] = found

    def stated_of(self) -> tuple[str, ...]:
        """The names that the equations are about."""
        return tuple(dict.fromkeys([self._stated(equation, shown, whole)[0] for equation, shown, whole, _ in self._equations]))

    def declarations(self) -> dict[str, Declaration]:
        """Everything together. Raises ShapeError for facts that a symbol cannot have."""
        stated_as: list[tuple[_Entry, stated_facts.Form | str, str]] = []
        for equation, shown, whole, span in self._equations:
            try:
                name, form = self._stated(equation, shown, whole)
                entry = self._entries.setdefault(name, _Entry(name, text=whole, span=span))
            except MatcalcError as error:
                raise error.with_text(whole) from None
            stated_as.append((entry, form, shown))
        for part in (0, 1):  # first those that need no others
            for entry, form, text in stated_as:
                entry.state(form, text, last=bool(part))
        for entry in self._alone:
            entry.check_letter(self._entries.values())
        self._open_products()
        found = {name: entry.declaration() for name, entry in self._entries.items()}
        self._check_derivatives(found)
        return found

    def _check_derivatives(self, declarations: Mapping[str, Declaration]) -> None:
        """Raises ParseError for a name that is that of a derivative of a function, too."""
        for function in [one.function for one in declarations.values() if one.function is not None]:
            name = next((name for name in signed_names(function) if name in declarations), None)
            if name is not None:
                entry = self._entries[name]
                said = f"{name} is the name of a derivative of {function.stem}"
                raise ParseError(said, text=entry.text, span=entry.span, expected="another name for one of the two")

    def _stated(self, equation: Tokens, written: str, whole: str) -> tuple[str, stated_facts.Form | str]:
        """The symbol that an equation is about, and the equation as it is compared."""
        first = _in_place(equation)[0]
        span = Span(first.start, max(equation[-1].end, first.start))
        simple = sign_of(equation)
        if simple is not None:
            tokens, relation = simple
            name = canonical_name(tokens[0].text if len(tokens) == 1 else whole[tokens[0].start : tokens[-1].end])
            return self._owner(name), stated_facts.order_form(relation, name, span)
        determinant = _determinant_of(equation)
        if determinant:
            return canonical_name(determinant), "det(X) ≠ 0"
        order = next((token.text for token in equation if token.kind == "relation" and token.text != "="), None)
        if order is not None:
            about = next((token.text for token in equation if token.kind == "word"), "")
            raise stated_facts.no_order(written, about, order, span)
        name, form = stated_facts.symbol_in(written.replace("==", "=").replace("$", " ").replace("\n", " "), self._entries, span)
        return canonical_name(name), form

    def _open_products(self) -> None:
        """``mn`` beside sizes m and n is their product."""
        names = set(names_in([size for entry in self._entries.values() for size in entry.all_sizes()]))
        joint = {name for name in names if 1 < len(name) <= _MOST_FACTORS and set(name) <= names}
        opened = {name: reduce(mul, map(Size.of, name)) for name in joint}
        for entry in self._entries.values() if opened else ():
            entry.open_sizes(opened)

    def _owner(self, name: str) -> str:
        """The vector or matrix that an entry is one of: ``x_i ≥ 0`` is said of x."""
        base, _, index = name.rpartition("_")
        return base if name not in self._entries and base in self._entries and index.isalpha() and len(index) <= 2 else name


def _determinant_of(equation: Tokens) -> str:
    """The name whose determinant is said not to be 0; empty for another equation."""
    inner = [token.text for token in equation[:-2] if token.text not in ("det", "(", ")", "|")]
    behind = [token.text for token in equation[-2:]]
    return inner[0] if behind == ["≠", "0"] and len(inner) == 1 and len(equation) > 3 else ""


def _no_name(written: str, name: str, place: Span, said: str) -> ParseError:
    """The error for what is no name, with one that is like it: ``W_1`` for ``W^{(1,2)}``."""
    plain = "".join([letter for letter in name if letter.isalnum()]).lstrip("0123456789")
    stem = plain.rstrip("0123456789")
    other = f"{stem}_{plain[len(stem) :]}" if stem and plain != stem else plain
    return ParseError(
        f"{written.strip()!r} cannot be a name",
        span=place,
        expected="letters, with digits or an index after them",
        suggestion=f"{other}: {said or 'n'}" if is_name(other) else None,
    )


def _links_of(equation: Tokens, whole: str) -> list[tuple[Tokens, str]]:
    """Each equation with its text; ``Q'*Q = Q*Q' = I`` are two, with the last side."""
    places = [place for place in relations_in(equation) if equation[place].text == "="]
    if not 1 < len(places) < _MOST_SIDES:
        return [(equation, _source(whole, equation))]
    last = _source(whole, equation[places[-1] + 1 :])
    sides = [equation[a + 1 : b] for a, b in pairwise([-1, *places])]
    return [(equation, f"{_source(whole, side)} = {last}") for side in sides]


def _no_declaration(entry: Entry, text: str) -> ParseError:
    """The error for what declares nothing."""
    said = "a declaration is a name, a colon and a kind or size"
    for place, token in enumerate(entry.value):
        meant = meaning_of(token.text.lower()) if token.kind == "word" and len(token.text) > 2 else None
        if meant is not None and place:
            before = text[entry.value[0].start : token.start].strip()
            return ParseError(
                f"{token.text!r} is not understood as a size or a property",
                span=token.span,
                suggestion=f"{before}: {meant}",
            )
    return ParseError(said, span=entry.span, suggestion="x: n; A: n×n symmetric")


@record(frozen=False, eq=False)
class _Entry:
    """What is said of one name, not yet checked."""

    name: str
    kind: str | None = None
    shape: Shape | None = None
    properties: tuple[str, ...] = ()
    text: str = ""
    span: Span = Span(0, 0)
    alone: Token | None = None
    count: Size | None = None
    takes: tuple[Declaration, ...] = ()
    gives: Declaration | None = None

    def read(self, entry: Entry, name: str) -> None:
        """What the text after the name says."""
        name = name.strip()
        if not entry.value:
            raise ParseError("the declaration is empty", span=entry.span, suggestion=f"{name}: n×m, or {name}: scalar")
        try:
            found = said_of(entry.value, self.text, name, member=entry.member)
        except ParseError as error:
            if error.suggestion is not None and not _is_read(error.suggestion):
                error.suggestion = f"{name}: {'n×n' if name[:1].isupper() else 'n'}"
            raise
        self.shape, self.properties, self.alone = found.shape, found.properties, found.alone
        function = _declared(self.name, found)
        self.takes, self.gives = function.takes, function.gives
        self.kind = self._checked_kind(found.kind, name, entry.span)

    def _checked_kind(self, kind: str | None, name: str, place: Span) -> str | None:
        """The kind that is said, or that the sizes have. Raises an error where the two do not
        fit."""
        shape = self.shape
        if kind == "function":
            if self.properties or shape is not None:
                raise ParseError(
                    "a function is declared without sizes and properties", span=place, suggestion=f"{name}: function"
                )
            return kind
        if shape is None or not (shape or kind):
            return kind
        if kind is not None and not _agrees(kind, shape):
            sizes = declaration_text(shape)
            advice = f"{sizes}×{sizes}" if kind == "matrix" and len(shape) == 1 else sizes
            raise ShapeError(f"{name} is declared as a {kind} with the sizes {sizes}", span=place, suggestion=f"{name}: {advice}")
        return kind_of(shape)

    def join(self, before: _Entry, place: Span) -> None:
        """What was said before of the same name holds, too. Raises ParseError where the two
        differ."""
        if before.kind == self.kind == "function" and (before.takes, before.gives) != (self.takes, self.gives):
            said = f"{self.name} is declared twice, and in two ways"
            raise ParseError(said, span=place, suggestion=f"{self.name}: {declared_text(self.declaration())}")
        for one, two in ((before.sizes, self.sizes), (before.kind, self.kind)):
            if one and two and one != two:
                said, advice = (
                    f"{self.name} is declared twice, as {one} and as {two}",
                    f"{self.name}: {self.sizes or self.kind or ''}",
                )
                raise ParseError(said, span=place, suggestion=advice)
        self.shape = before.shape if self.shape is None else self.shape
        self.kind = self.kind or before.kind
        self.properties = tuple(dict.fromkeys((*before.properties, *self.properties)))

    def all_sizes(self) -> list[Size]:
        """The sizes that are said, those of what a function takes and gives among them."""
        said = self._unchecked()
        return [size for part in (said, *said.parts) for size in part.shape or ()]

    def open_sizes(self, opened: Mapping[str, Size]) -> None:
        """Puts sizes in the place of names."""
        said = resized(self._unchecked(), opened)
        self.shape, self.takes, self.gives = said.shape, said.takes, said.gives

    @property
    def sizes(self) -> str:
        """The sizes that are said; empty without them."""
        return "" if self.shape is None else declaration_text(self.shape)

    def check_letter(self, entries: Iterable[_Entry]) -> None:
        """``x: R`` is a number, or as long as R is in other entries; ``A: sparse`` is no vector."""
        token = self.alone
        if token is None or len(self.shape or ()) != 1:
            return
        matrix = len(self.name) == 1 and self.name.isupper() and len(token.text) > 1 and token.text.isalpha()
        if (token.text != "R" and not matrix) or canonical_name(token.text) in self._sizes_beside(entries):
            return
        said, instead = f"{token.text} is no property that is known", "n×n"
        if token.text == "R":
            said, instead = "R may be the real numbers or a size", "scalar"
        advice = f"{self.name}: {instead}, or {self.name}: {token.text}×1"
        raise ParseError(said, span=token.span, suggestion=advice).with_text(self.text)

    def _sizes_beside(self, entries: Iterable[_Entry]) -> Collection[str]:
        """The names in the sizes of the other entries."""
        return names_in([size for one in entries if one is not self for size in one.all_sizes()])

    def state(self, form: stated_facts.Form | str, text: str, *, last: bool) -> None:
        """Adds the fact that an equation states; one that needs others waits until these are
        known."""
        fact = stated_facts.stated(form, self.kind, self.shape)
        if fact is None:
            raise stated_facts.not_known(text, self.span).with_text(self.text)
        if fact.entries and isinstance(form, str) and self._has_eigenvalues():
            raise self._twofold(fact, text)
        needed = stated_facts.missing(fact, self.properties)
        if needed is None:
            self.properties = tuple(dict.fromkeys((*self.properties, fact.name)))
        elif last:
            said = f"{text.strip()} alone does not say that {self.name} is {facts()[needed].called}"
            sizes = declaration_text(self.shape) if self.shape else _EXAMPLES[fact.shape]
            error = ParseError(said, span=self.span, suggestion=f"{self.name}: {sizes} {fact.name}")
            raise error.with_text(self.text)

    def _twofold(self, fact: Fact, text: str) -> MatcalcError:
        """The error for a sign that may be said of entries or of eigenvalues."""
        said = f"{text.strip()} may be said of the entries of {self.name} or of its eigenvalues"
        definite = "positive_definite" if fact.name == "positive" else "positive_semidefinite"
        shape = self.shape or (_N, _N)
        ways = [declaration_text(shape, (*self.properties, fact.name)), declaration_text(shape, (definite,))]
        ways += [] if self.shape or self.properties or self.kind else [f"scalar {fact.name}"]
        return ParseError(said, span=self.span, suggestion=", or ".join([f"{self.name}: {way}" for way in ways])).with_text(
            self.text
        )

    def _has_eigenvalues(self) -> bool:
        """Whether it may be meant of a square matrix."""
        if self.shape is not None:
            return is_square(self.shape)
        if self.kind is not None or self.properties:
            return tie_of(self.properties) == "symmetric"
        return len(self.name) == 1 and self.name.isupper() or self.name in _CAPITALS

    def declaration(self) -> Declaration:
        self.properties = _of_numbers(self.properties)
        try:
            self._check_shapes()
            self._check_together()
        except MatcalcError as error:
            raise error.with_text(self.text) from None
        return self._unchecked()

    def _unchecked(self) -> Declaration:
        return Declaration(self.name, self.kind, self.shape, self.properties, self.count, self.takes, self.gives)

    def _check_shapes(self) -> None:
        """Raises ShapeError for a fact that the symbol cannot have."""
        unfit = next((fact for fact in map(facts().__getitem__, self.properties) if not self._fits(fact)), None)
        if unfit is not None:
            said, example = f"only a {NOUNS[unfit.shape]} can be {unfit.called}", f"{_EXAMPLES[unfit.shape]} {unfit.name}"
            wider = next((facts()[other] for other in unfit.implies if self._fits(facts()[other])), None)
            if wider is not None and wider.relations[:1] == unfit.relations[:1]:  # the same said of another shape
                example = declaration_text(self.shape or (), (wider.name,))
            raise ShapeError(said, span=self.span, suggestion=f"{self.name}: {example.strip()}")

    def _fits(self, fact: Fact) -> bool:
        return fits(fact, self.kind, self.shape)

    def _check_together(self) -> None:
        """Raises ShapeError for facts that the symbol cannot have at once."""
        contradictory = contradiction(self.properties, self.shape)
        if contradictory is not None:
            other = next((facts()[one].instead for one in self.properties if facts()[one].refused), self.properties[0])
            advice = f"{self.name}: {self.sizes} {other}".replace(":  ", ": ")
            raise ShapeError(contradictory, span=self.span, suggestion=advice)


def _of_numbers(names: tuple[str, ...]) -> tuple[str, ...]:
    """What words mean of a symbol, complex if one of them says so.

    >>> _of_numbers(("hermitian", "positive_definite")), _of_numbers(("positive_definite",))
    (('hermitian', 'hermitian_positive_definite'), ('positive_definite',))
    """
    if not names or COMPLEX not in implied(names):
        return names
    return tuple(dict.fromkeys([facts()[name].of_complex or name for name in names]))


def _is_read(advice: str) -> bool:
    """Whether every declaration that is advised can be read."""
    for one in advice.split(", or "):
        name, _, value = one.partition(":")
        try:
            said = said_of(scanned(value), value, name)
            if said.alone is not None and said.alone.text == "R":
                return False
        except ParseError:
            return False
    return True


_EXAMPLES = {"any": "", "array": "n", "vector": "n", "matrix": "n×m", "square": "n×n", "tall": "n×p"}
"""Sizes for an example of each shape that a fact may ask for."""


def _agrees(kind: str, shape: Shape) -> bool:
    return kind == "function" or kind == kind_of(shape) or (kind == "matrix" and len(shape) == 2)
