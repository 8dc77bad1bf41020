"""Declarations: ``X: n×m; A: n×n symmetric; x ∈ R^n; a is a scalar; f: function; Σ ≻ 0``; and
declared names that do not occur."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from itertools import pairwise
from operator import mul

from matcalc.base.errors import MatcalcError, ParseError, ShapeError, Span
from matcalc.base.records import record
from matcalc.base.sizes import Shape, Size, kind_of, names_in
from matcalc.facts.table import NOUNS, Fact, contradiction, facts, fits, is_square, tie_of
from matcalc.language.decisions import Decision
from matcalc.language.declare.clauses import Entry, entries, outside, sign_of, value_entry
from matcalc.language.declare.declared import (
    BlockText,
    Declaration,
    Declare,
    declaration_text,
    declared_sizes,
    index_of,
    parse_declarations,
)
from matcalc.language.declare.measures import meaning_of
from matcalc.language.declare.objects import as_text, described
from matcalc.language.declare.scanning import Token, scanned
from matcalc.language.declare.stated_facts import Form, missing, no_order, not_known, order_form, stated, symbol_in
from matcalc.language.declare.value_reader import ValueReader
from matcalc.language.text.meanings import nearest_spelling
from matcalc.language.text.spelling import GREEK_NAMES, canonical_name, is_name

_LONGEST_KEPT = 1000
_MOST_FACTORS = 3
_MOST_SIDES = 8
_N = Size.of("n")
_CAPITALS = frozenset(name for name in GREEK_NAMES.values() if name[:1].isupper())
KINDS = ("scalar", "vector", "matrix", "function")


def declarations_in(declare: str | Sequence[str] | Mapping[str, object]) -> dict[str, Declaration]:
    """What ``parse_declarations`` gives of declarations."""
    if isinstance(declare, Mapping):
        said = _Said()
        for name, value in declare.items():
            said.text = f"{name}: {described(name, value)}"
            said.entry(value_entry(said.text, len(str(name)) + 2, str(name)))
        return said.declarations()
    text = as_text(declare)
    return dict(_parsed(text) if len(text) <= _LONGEST_KEPT else _parsed.__wrapped__(text))


@lru_cache(maxsize=128)
def _parsed(text: str) -> Mapping[str, Declaration]:
    """A text is read several times on the way of a formula, and the same declarations stand beside
    many."""
    said = _Said()
    said.text = text
    for entry in entries(text):
        said.entry(entry)
    return said.declarations()


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
    for entry in entries(text):
        names = tuple([canonical_name(name) for name, _ in entry.names])
        link = "∈ " if entry.member else ""
        pieces = [link + _source(text, entry.value), *(_source(text, equation) for equation in entry.equations)]
        pieces[0] += "".join(f" {text[one.start : one.end].strip(' ,()')}" for one in entry.ranges)
        found.append(Written(names, ", ".join(filter(None, pieces)), text[entry.start : entry.end].strip(), entry.adds))
    return tuple(found)


def places(text: str) -> dict[str, Span]:
    """Where each name is declared."""
    return {canonical_name(name): span for entry in entries(text) for name, span in entry.names}


def owners(equation: str, declarations: Iterable[str]) -> tuple[str, ...]:
    """The name that an equation or inequality is about, beside those that are declared."""
    said = _Said()
    for name in declarations:
        said.known(name)
    for entry in entries(equation):
        said.text = equation
        said.entry(entry)
    return said.stated_of()


def _source(text: str, tokens: Sequence[Token]) -> str:
    """What the tokens were read from; a name in front that stands elsewhere is put there."""
    if not tokens:
        return ""
    if len(tokens) > 1 and not tokens[0].start <= tokens[0].end <= tokens[1].start:
        return f"{tokens[0].text} {text[tokens[1].start : tokens[-1].end]}"
    return text[tokens[0].start : tokens[-1].end]


class _Said:
    """What declarations say, in order; the facts of equations are known when all names are."""

    def __init__(self) -> None:
        self.text = ""
        self._entries: dict[str, _Entry] = {}
        self._equations: list[tuple[Sequence[Token], str, str, Span]] = []
        self._alone: list[tuple[_Entry, Token, str]] = []

    def entry(self, entry: Entry) -> None:
        """One declaration."""
        try:
            if not entry.names and not entry.equations:
                raise _no_declaration(entry, self.text)
            for name, span in entry.names:
                self._name(name, span, entry)
        except MatcalcError as error:
            raise error.with_text(self.text) from None
        for equation in entry.equations:
            self._equations += [(part, text, self.text, entry.span) for part, text in _links_of(equation, self.text)]

    def _name(self, name: str, place: Span, entry: Entry) -> None:
        key = canonical_name(name)
        if not is_name(key):
            raise _no_name(name, key, place, _source(self.text, entry.value))
        found = _Entry(key, text=self.text, span=entry.span)
        if entry.value or not entry.equations:
            found.read(entry, self.text, name)
        if found.alone is not None:
            self._alone.append((found, found.alone, self.text))
        found.count = next((one.size for one in entry.ranges if one.index == index_of(key)[:1]), None)
        before = self._entries.get(key)
        if before is not None:
            found.join(before, place)
        self._entries[key] = found

    def known(self, name: str) -> None:
        """A name that is declared elsewhere."""
        self._entries[name] = _Entry(name)

    def stated_of(self) -> tuple[str, ...]:
        """The names that the equations are about."""
        return tuple(dict.fromkeys([self._stated(equation, shown, whole)[0] for equation, shown, whole, _ in self._equations]))

    def declarations(self) -> dict[str, Declaration]:
        """Everything together. Raises ShapeError for facts that a symbol cannot have."""
        stated_as: list[tuple[_Entry, Form | str, str]] = []
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
        self._check_letters()
        self._open_products()
        return {name: entry.declaration() for name, entry in self._entries.items()}

    def _stated(self, equation: Sequence[Token], written: str, whole: str) -> tuple[str, Form | str]:
        """The symbol that an equation is about, and the equation as it is compared."""
        first = equation[1] if len(equation) > 1 and equation[0].end > equation[1].start else equation[0]
        span = Span(first.start, max(equation[-1].end, first.start))
        simple = sign_of(equation)
        if simple is not None:
            tokens, relation = simple
            name = canonical_name(tokens[0].text if len(tokens) == 1 else whole[tokens[0].start : tokens[-1].end])
            return self._owner(name), order_form(relation, name, span)
        determinant = _determinant_of(equation)
        if determinant:
            return canonical_name(determinant), "det(X) ≠ 0"
        order = next((token.text for token in equation if token.kind == "relation" and token.text != "="), None)
        if order is not None:
            about = next((token.text for token in equation if token.kind == "word"), "")
            raise no_order(written, about, order, span)
        name, form = symbol_in(written.replace("==", "=").replace("$", " ").replace("\n", " "), self._entries, span)
        return canonical_name(name), form

    def _open_products(self) -> None:
        """``mn`` beside sizes m and n is their product."""
        names = set(names_in([size for entry in self._entries.values() for size in entry.shape or ()]))
        joint = {name for name in names if 1 < len(name) <= _MOST_FACTORS and name.isalpha() and set(name) <= names}
        for entry in self._entries.values() if joint else ():
            if entry.shape is not None:
                entry.shape = tuple([_opened(size, joint) for size in entry.shape])

    def _owner(self, name: str) -> str:
        """The vector or matrix that an entry is one of: ``x_i ≥ 0`` is said of x."""
        base, _, index = name.rpartition("_")
        return base if name not in self._entries and base in self._entries and index.isalpha() and len(index) <= 2 else name

    def _check_letters(self) -> None:
        """``x: R`` is a number, or as long as R is; ``A: sparse`` is no vector."""
        for entry, token, text in self._alone:
            word, name = token.text, entry.name
            if entry.shape is None or len(entry.shape) != 1 or not _may_be_no_size(word, name):
                continue
            others = [one for other in self._entries.values() if other is not entry for one in other.shape or ()]
            if any(canonical_name(word) in one.names for one in others):
                continue
            said = f"{word} may be the real numbers or a size" if word == "R" else f"{word} is no property that is known"
            advice = f"{name}: {'scalar' if word == 'R' else 'n×n'}, or {name}: {word}×1"
            raise ParseError(said, span=Span(token.start, token.end), suggestion=advice).with_text(text)


def _determinant_of(equation: Sequence[Token]) -> str:
    """The name whose determinant is said not to be 0; empty for another equation."""
    inner = [token.text for token in equation[:-2] if token.text not in ("det", "(", ")", "|")]
    nonzero = [token.text for token in equation[-2:]] == ["≠", "0"]
    return inner[0] if nonzero and len(inner) == 1 and len(equation) > 3 else ""


def _may_be_no_size(word: str, name: str) -> bool:
    """Whether what stands by itself where a size may is the real numbers, or a word behind the
    letter of a matrix."""
    return word == "R" or (len(word) > 1 and word.isalpha() and len(name) == 1 and name.isupper())


def _opened(size: Size, joint: Collection[str]) -> Size:
    """A size with names of several letters replaced by the product of the letters."""
    return size.replaced({name: reduce(mul, map(Size.of, name)) for name in joint})


def _no_name(written: str, name: str, place: Span, said: str) -> ParseError:
    """The error for what is no name, with one that is like it: ``W_1`` for ``W^{(1,2)}``."""
    plain = "".join([letter for letter in name if letter.isalnum()]).lstrip("0123456789")
    stem = plain.rstrip("0123456789")
    other = f"{stem}_{plain[len(stem) :]}" if stem and plain != stem else plain
    advice = f"{other}: {said or 'n'}" if is_name(other) else None
    expected = "letters, with digits or an index after them"
    return ParseError(f"{written.strip()!r} cannot be a name", span=place, expected=expected, suggestion=advice)


def _links_of(equation: Sequence[Token], whole: str) -> list[tuple[Sequence[Token], str]]:
    """Each equation with its text; ``Q'*Q = Q*Q' = I`` are two, with the last side."""
    places = [k for k, _ in outside(equation) if equation[k].text == "=" and equation[k].kind == "relation"]
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
                span=Span(token.start, token.end),
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

    def read(self, entry: Entry, text: str, name: str) -> None:
        """What the text after the name says."""
        name = name.strip()
        if not entry.value:
            raise ParseError("the declaration is empty", span=entry.span, suggestion=f"{name}: n×m, or {name}: scalar")
        try:
            found = ValueReader(entry.value, text, name, member=entry.member).read()
        except ParseError as error:
            if error.suggestion is not None and not _is_read(error.suggestion):
                error.suggestion = f"{name}: {'n×n' if name[:1].isupper() else 'n'}"
            raise
        self.shape, self.properties, self.alone = found.shape, found.properties, found.alone
        self.kind = self._checked_kind(found.kind, name, entry.span)

    def _checked_kind(self, kind: str | None, name: str, place: Span) -> str | None:
        """The kind that is said, or that the sizes have. Raises an error where the two do not
        fit."""
        shape = self.shape
        if kind == "function":
            if self.properties or shape is not None:
                said = "a function is declared without sizes and properties"
                raise ParseError(said, span=place, suggestion=f"{name}: function")
            return kind
        if shape is None or not (shape or kind):
            return kind
        if kind is not None and not _agrees(kind, shape):
            sizes = declaration_text(shape, ())
            advice = f"{sizes}×{sizes}" if kind == "matrix" and len(shape) == 1 else sizes
            raise ShapeError(f"{name} is declared as a {kind} with the sizes {sizes}", span=place, suggestion=f"{name}: {advice}")
        return kind_of(shape)

    def join(self, before: _Entry, place: Span) -> None:
        """What was said before of the same name holds, too. Raises ParseError where the two
        differ."""
        if before.shape is not None and self.shape is not None and before.shape != self.shape:
            one, two = declaration_text(before.shape, ()), declaration_text(self.shape, ())
            raise ParseError(
                f"{self.name} is declared twice, as {one} and as {two}", span=place, suggestion=f"{self.name}: {_said_of(self)}"
            )
        if before.kind is not None and self.kind is not None and before.kind != self.kind:
            raise ParseError(
                f"{self.name} is declared twice, as {before.kind} and as {self.kind}",
                span=place,
                suggestion=f"{self.name}: {_said_of(self)}",
            )
        self.shape = before.shape if self.shape is None else self.shape
        self.kind = before.kind if self.kind is None else self.kind
        self.properties = tuple(dict.fromkeys((*before.properties, *self.properties)))

    def state(self, form: Form | str, text: str, *, last: bool) -> None:
        """Adds the fact that an equation states; one that needs others waits until these are
        known."""
        fact = stated(form, self.kind, self.shape)
        if fact is None:
            raise not_known(text, self.span).with_text(self.text)
        if fact.entries and isinstance(form, str) and self._has_eigenvalues():
            raise self._twofold(fact, text)
        needed = missing(fact, self.properties)
        if needed is None:
            self.properties = tuple(dict.fromkeys((*self.properties, fact.name)))
        elif last:
            said = f"{text.strip()} alone does not say that {self.name} is {facts()[needed].called}"
            sizes = declaration_text(self.shape, ()) if self.shape else _EXAMPLES[fact.shape]
            error = ParseError(said, span=self.span, suggestion=f"{self.name}: {sizes} {fact.name}")
            raise error.with_text(self.text)

    def _twofold(self, fact: Fact, text: str) -> MatcalcError:
        """The error for a sign that may be said of entries or of eigenvalues."""
        said = f"{text.strip()} may be said of the entries of {self.name} or of its eigenvalues"
        definite = "positive_definite" if fact.name == "positive" else "positive_semidefinite"
        shape = self.shape or (_N, _N)
        ways = [declaration_text(shape, (*self.properties, fact.name)), declaration_text(shape, (definite,))]
        ways += [] if self.shape or self.properties or self.kind else [f"scalar {fact.name}"]
        advice = ", or ".join([f"{self.name}: {way}" for way in ways])
        return ParseError(said, span=self.span, suggestion=advice).with_text(self.text)

    def _has_eigenvalues(self) -> bool:
        """Whether it may be meant of a square matrix."""
        if self.shape is not None:
            return is_square(self.shape)
        if self.kind is not None or self.properties:
            return tie_of(self.properties) == "symmetric"
        return len(self.name) == 1 and self.name.isupper() or self.name in _CAPITALS

    def declaration(self) -> Declaration:
        try:
            _check_facts(self.name, self.kind, self.shape, self.properties, self.span)
        except MatcalcError as error:
            raise error.with_text(self.text) from None
        return Declaration(self.name, self.kind, self.shape, self.properties, self.count)


def _is_read(advice: str) -> bool:
    """Whether every declaration that is advised can be read."""
    for one in advice.split(", or "):
        name, _, value = one.partition(":")
        try:
            said = ValueReader(scanned(value), value, name).read()
            if said.alone is not None and said.alone.text == "R":
                return False
        except ParseError:
            return False
    return True


def _said_of(entry: _Entry) -> str:
    return declaration_text(entry.shape, ()) if entry.shape is not None else entry.kind or ""


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
        other = next((facts()[written].instead for written in properties if facts()[written].refused), properties[0])
        sizes = declaration_text(shape, ()) if shape is not None else ""
        raise ShapeError(contradictory, span=span, suggestion=f"{name}: {sizes} {other}".replace(":  ", ": "))


def _agrees(kind: str, shape: Shape) -> bool:
    return kind == "function" or kind == kind_of(shape) or (kind == "matrix" and len(shape) == 2)


_MOST_SAID = 8


def unused(declare: Declare, occurring: Iterable[str]) -> tuple[str, ...]:
    """The declared names that are neither symbols of the formula nor sizes."""
    said = parse_declarations(declare)
    known = {*occurring}
    if all(name in known for name in said):
        return ()
    known |= declared_sizes(said)
    return tuple([name for name, one in said.items() if name not in known and one.count is None])


def about(declare: Declare, occurring: Sequence[str], others: Sequence[str]) -> tuple[Decision, ...]:
    """What is to be said of declared names that do not occur; ``others`` are names that may be
    declared all the same.

    Raises ParseError where such a name may be meant for a symbol that is not declared.
    """
    names = unused(declare, [*occurring, *others])
    if not names:
        return ()
    if isinstance(declare, BlockText):
        return tuple([_doubt(name, occurring) for name in names])
    said = parse_declarations(declare)
    undeclared = [name for name in occurring if name not in said]
    if undeclared:
        raise _refused(declare, names, occurring, undeclared)
    return (
        Decision(f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} declared, but {_not_there(names)}", "names", "plain"),
    )


def _doubt(name: str, occurring: Sequence[str]) -> Decision:
    instead = (f"leave {name} out", f"the names are {', '.join(occurring[:_MOST_SAID])}")
    return Decision(f"{name} is declared, but does not occur", "names", "doubtful", None, instead)


def _refused(declare: Declare, names: tuple[str, ...], occurring: Sequence[str], undeclared: Sequence[str]) -> ParseError:
    said = (
        f"{', '.join(names[:_MOST_SAID])} {'is' if len(names) == 1 else 'are'} declared, but {_not_there(names)} in the formula"
    )
    among = ", ".join(occurring[:_MOST_SAID]) or "no symbol"
    meant = {name: other for name in names for other in [_meant(name, undeclared)] if other is not None}
    instead = _instead(declare, names, meant)
    error = ParseError(
        said,
        expected=f"declarations of its symbols: {among}",
        suggestion=instead or f"leave {' and '.join(names[:_MOST_SAID])} out",
    )
    if isinstance(declare, str):
        place = places(declare).get(names[0])
        error.span = place or Span(0, len(declare))
        error.text = declare
    return error


def _not_there(names: tuple[str, ...]) -> str:
    return "does not occur" if len(names) == 1 else "do not occur"


def _meant(name: str, occurring: Sequence[str]) -> str | None:
    """The symbol that a name is a slip of."""
    same = [other for other in occurring if other.lower() == name.lower()]
    return same[0] if same else nearest_spelling(name, occurring)


def _instead(declare: Declare, names: tuple[str, ...], meant: Mapping[str, str]) -> str:
    """The declarations as they can be meant."""
    if isinstance(declare, Mapping):
        kept = [name for name in declare if name not in names or name in meant]
        return "; ".join(f"{meant.get(name, name)}: {described(name, declare[name])}" for name in kept)
    parts = []
    for one in written(declare or ""):
        mine = [meant.get(name, name) for name in one.names if name not in names or name in meant]
        if len(mine) == len(one.names) and mine == list(one.names):
            parts.append(one.text)
        elif mine:
            parts.append(f"{', '.join(mine)}: {one.value}")
    return "; ".join(parts)
