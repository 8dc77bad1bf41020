"""What a document says, asked for the row that it is needed at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Literal, TypeAlias

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import pattern
from matcalc.base.records import grouped
from matcalc.documents.arrangements import Indices
from matcalc.documents.blocks import LayoutSaid, Said
from matcalc.documents.context.assertions import Told
from matcalc.documents.context.defined_names import Definition, Definitions, names_used
from matcalc.documents.context.layers_and_steps import is_of_a_step, letter_of
from matcalc.documents.context.outline import Line, Named, Reaches, Register, Span, Spot
from matcalc.documents.context.written_names import Weights, names_called, weights_in
from matcalc.documents.sides import is_function
from matcalc.documents.symbols import Value
from matcalc.language.declare.declared import Declaration, declared_sizes, declared_text, parse_declarations
from matcalc.language.text.meanings import USUAL

if TYPE_CHECKING:
    from matcalc.documents.context.scripts import Scripts

_MOST_TOLD = 200
"""Things told of one name that are looked at together, and rows where something may be told of it;
the latest of more."""


class Facts:
    """What is told in a document, asked for a row."""

    def __init__(self, told: Iterable[Told], twins: frozenset[str] = frozenset()) -> None:
        told = sorted(told, key=lambda one: one.narrow)
        self._told = Register(told)
        self._twins = twins
        kinds = dict.fromkeys((one.name, (one.declaration.kind, one.bold)) for one in told if one.declaration.kind is not None)
        self._kinds = grouped(kinds)
        self.names = self._told.names
        """The names that anything is told of."""
        self.sizes = declared_sizes({f"{number} {one.name}": one.declaration for number, one in enumerate(told)})
        """The names of sizes in all that is told."""

    def _holding(self, name: str, row: int, bold: bool | None = None) -> Iterator[Told]:
        """What is told of a name that holds at a row, the latest first."""
        either = name not in self._twins or bold is None
        return (one for one in self._told.at(name, row) if either or one.bold in (bold, None))

    def at(
        self, name: str, row: int, origins: Sequence[int] = (), bold: bool | None = None
    ) -> tuple[Declaration | None, tuple[Said, ...]]:
        """What is known of a name at a row, and where it is said; of what contradicts itself the
        latest.

        ``origins`` are earlier rows whose symbols are spoken of again: what is told of them there
        counts where nothing is told later.
        """
        told = _latest(self._holding(name, row, bold))
        if told or name not in self.names:
            return together(told)
        for origin in islice(reversed(origins), _MOST_TOLD):
            earlier = _latest(one for one in self._holding(name, origin, bold) if not one.narrow)
            if earlier and not self.introduced_between(name, origin, row):
                return together(earlier)
        return None, ()

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
    for before, one in zip((None, *told), told, strict=False):
        joined = None if found is None or before is None or _is_fresh(one, before) else _both(found, one.declaration)
        found, said = (one.declaration, [one.said]) if joined is None else (joined, [*said, one.said])
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


@dataclass(frozen=True, slots=True)
class Convention(Span):
    """A layout or the like."""

    value: str
    said: Said
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


Kind: TypeAlias = Literal["number", "vector", ""]
"""What a function takes or gives; empty where that is not known."""


@dataclass(frozen=True, slots=True)
class Map(Named):
    """That a function takes and gives something of these kinds."""

    domain: Kind
    values: Kind


@dataclass(frozen=True, slots=True)
class Jacobian(Named):
    """That a name is said to be the Jacobian of a function."""

    of: str


_MOST = 4
"""Suppositions that are weighed beside one claim."""


@dataclass(frozen=True, slots=True)
class Supposed(Span):
    """``left = right``, with the names in it."""

    left: str
    right: str
    names: frozenset[str]
    said: Said
    number: str = ""
    """That whose square is said to be zero, as it is written, where the sentence says that such
    numbers are meant."""


class Suppositions:
    """All that a document supposes in this way, asked for a row."""

    def __init__(self, found: Iterable[Supposed]) -> None:
        by_name = grouped((name, one) for one in sorted(found, key=lambda one: one.start) for name in one.names)
        self._reaches = {name: Reaches(its) for name, its in by_name.items()}

    def _said(self, line: Line, names: Set[str]) -> Iterator[Supposed]:
        """The last that is supposed of each name of what holds at a row."""
        for name in sorted(names & self._reaches.keys()):
            yield from reversed([*islice(self._reaches[name].at(line.number), _MOST)])

    def at(self, line: Line, names: Set[str]) -> tuple[Supposed, ...]:
        """The last that is supposed of names at a row, what stands behind it as its condition
        first."""
        return tuple(dict.fromkeys((*_own(line), *self._said(line, names))))[:_MOST]

    def square_zero(self, line: Line, names: Set[str]) -> Supposed | None:
        """That the square of a number is zero, which is no fact about any number but zero itself,
        at a row; None without such a one."""
        return next((one for one in self._said(line, names) if one.number), None)


def _own(line: Line) -> Iterator[Supposed]:
    left, equals, right = (part.strip(" .,") for part in _WORDS.sub(" ", line.row.condition).partition("="))
    if equals and left and right and "=" not in right:
        text = f"{left} = {right}"
        said = Said(text, line.row.left.place())
        yield Supposed(line.number, line.number + 1, left, right, names_used(text, line.notation), said)


_WORDS = pattern(
    r"\\(?:text|textrm|mbox|mathrm)\s*\{([^{}]*)\}|\\q?quad|\\[,;:! ]|\b(?:if|when|for|whenever|provided|that|where)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Valued(Named):
    """That a name has a value from behind the row ``start`` on; ``sentence`` are the rows of the
    sentence that says so."""

    value: Value
    said: Said
    sentence: tuple[int, int]
    spot: Spot


How: TypeAlias = Literal["told", "kinds", "unsized"]
"""What declarations say: what is told; with it the kinds that names have in the rest of the
document; or what is told but for the sizes."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a document says: asked for the row that it is needed at.

    ``origins`` are, for the start of each section, the rows before it that define what it speaks
    of; ``sizes`` the names of sizes, ``conditions`` the first-order conditions, ``index_cases`` the
    rows that are said of equal or of different indices, ``conditional`` those that are said to hold
    under a condition of which nothing is understood, ``suppositions`` the equations that are
    supposed, ``scripts`` how names are written, ``seen`` the arguments that names have somewhere,
    with the rows, ``moments`` which matrices are second moments, ``maps`` from where to where
    functions go, ``values`` the numbers and arrays that names stand for.
    """

    facts: Facts
    moments: Facts
    definitions: Definitions
    layouts: Conventions
    symmetric: Conventions
    spots: Mapping[int, Spot]
    origins: Mapping[int, tuple[int, ...]]
    sizes: frozenset[str]
    conditions: tuple[Line, ...]
    index_cases: Mapping[int, Indices]
    conditional: frozenset[int]
    suppositions: Suppositions
    scripts: Scripts
    seen: Mapping[str, Sequence[tuple[int, tuple[str, ...]]]]
    array_sizes: frozenset[str]
    """The sizes, and d among them if it is one."""
    maps: Register[Map]
    jacobians: Register[Jacobian]
    """The names that are said to be Jacobians."""
    values: Register[Valued]
    points: Mapping[int, tuple[str, ...]]
    """The rows that are said of a point, with its coordinates."""
    factors: frozenset[str]
    """The letters that stand somewhere as those of an eigendecomposition do,
    ``U \\Lambda U^\\top``."""
    rows: bool = False
    """Whether vectors are rows in the products of the document."""
    data: frozenset[int] = frozenset()
    """The rows that say how data come about."""
    varied: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """For the start of each section what is differentiated by in it, or sought."""

    def told(self, name: str, row: int, bold: bool | None = None) -> tuple[Declaration | None, tuple[Said, ...]]:
        """What is known of a name at a row, and where that is said; of one of a step also the facts
        that are told of its letter."""
        origins = self.origins.get(self.spots[row].section, ()) if row in self.spots else ()
        found, said = self.facts.at(name, row, origins, bold)
        if found is not None or not is_of_a_step(name):
            return found, said
        return _with_facts_alone(name, *self.facts.at(letter_of(name), row, origins, bold))

    def of_free(self, name: str, row: int, bold: bool | None = None) -> tuple[Declaration | None, tuple[Said, ...]]:
        """What is known of a name that has no value in a claim: what is told of it, or that it is
        the second moment of something."""
        found, said = self.told(name, row, bold)
        if found is not None and found.properties:
            return found, said
        moment, where = self.moments.at(name, row, (), bold)
        if moment is None and is_of_a_step(name):
            moment, where = _with_facts_alone(name, *self.moments.at(letter_of(name), row, (), bold))
        if moment is None or (found is not None and found.kind not in (None, "matrix")):
            return found, said
        own = moment if found is None else found
        return Declaration(name, own.kind, own.shape, moment.properties), (*said, *where)

    def map_of(self, name: str, line: Line) -> Map | None:
        """What was said last of where a function goes; None where nothing was."""
        return next(self.maps.at(name, line.number), None)

    def value_at(self, name: str, row: int) -> Valued | None:
        """The last value that a name got before a row, and still has."""
        return next((one for one in self.values.at(name, row) if one.start < row), None)

    def has_value(self, name: str, line: Line) -> bool:
        """Whether a name stands for a formula or a value at a row."""
        return self.definitions.at(name, line.number) is not None or self.value_at(name, line.number) is not None

    def is_untold(self, name: str, line: Line) -> bool:
        """Whether nothing is told of a name at a row."""
        return self.told(name, line.number)[0] is None

    def stands_for_something(self, name: str, line: Line) -> bool:
        """Whether anything is told of a name at a row, or it has a value."""
        return self.definitions.at(name, line.number) is not None or not self.is_untold(name, line)

    def may_be_number(self, name: str, line: Line) -> bool:
        """Whether nothing is told of a name at a row but that it is a number."""
        told, _ = self.told(name, line.number)
        return told is None or told.kind == "scalar" or told.shape == ()

    def may_be_any_function(self, name: str, line: Line) -> bool:
        """Whether nothing is told of a name at a row but that it is a function, and it is none of
        the language."""
        told, _ = self.told(name, line.number)
        free = told is None or (told.kind == "function" and told.shape is None and not told.properties)
        return free and not is_function(name) and name not in USUAL

    def arguments(self, name: str, line: Line) -> tuple[str, ...]:
        """The arguments of the function that a name stands for at a row; none for another name."""
        one = self.definitions.at(name, line.number)
        return one.head.arguments if one is not None else ()

    def seen_of(self, name: str, row: int) -> tuple[str, ...]:
        """The several arguments that a name had last up to a row; none for one that had none."""
        return next((arguments for number, arguments in reversed(self.seen.get(name, ())) if number <= row), ())

    def partly_derived(self, name: str, line: Line) -> tuple[str, ...]:
        """The arguments of the function that a name with letters below is a derivative of: one of
        the same section."""
        one, spot = self.definitions.at(name, line.number), self.spots.get(line.number)
        here = one is not None and spot is not None and one.spot.sections[-1:] == spot.sections[-1:]
        return one.head.arguments if one is not None and here and self._stands(one, line) else ()

    def behind(self, names: Iterable[str], line: Line, *, unread: bool = False) -> tuple[Definition, ...]:
        """The definitions that names in a row rest on, in an order in which each has its value
        before it is used."""
        text = line.row.text
        weights, called = weights_in(text, line.notation), names_called(text, line.notation)
        return self.definitions.behind(names, line.number, weights, lambda one: self._stands(one, line), called, unread=unread)

    def _stands(self, one: Definition, line: Line) -> bool:
        return one.notation == line.notation and not self.facts.introduced_between(one.name, one.number, line.number)

    def declared(self, names: Set[str], row: int, weights: Weights, *, how: How = "told") -> tuple[str, tuple[Said, ...]]:
        """What is known of names at a row, as declarations, and where it is said."""
        found: dict[str, Declaration] = {}
        places: list[Said] = []
        for name in sorted(names):
            bold = weights.of(name)
            declaration, said = self.of_free(name, row, bold)
            if declaration is None and how == "kinds":
                declaration = self.facts.kind(name, bold)
            if declaration is not None:
                found[name] = (
                    declaration if how != "unsized" else Declaration(name, declaration.kind, None, declaration.properties)
                )
                places += said
        standing = declared_sizes(found) if how != "unsized" else names
        sizes = sorted((self.sizes & names) - found.keys() - standing)
        found |= {name: Declaration(name, "scalar", ()) for name in sizes if weights.of(name) is not True}
        texts = [f"{name}: {text}" for name, declaration in found.items() if (text := declared_text(declaration))]
        return "; ".join(texts), tuple(dict.fromkeys(places))


def _with_facts_alone(
    name: str, found: Declaration | None, said: tuple[Said, ...]
) -> tuple[Declaration | None, tuple[Said, ...]]:
    """The facts of another name of the same letter, if there are any, for this name."""
    return (Declaration(name, properties=found.properties), said) if found is not None and found.properties else (None, ())
