"""One reading of a whole document for what it says, which is then asked row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import chain
from typing import Literal, TypeAlias, TypeVar

from matcalc.base.lazy import pattern
from matcalc.documents.arrangements import Indices
from matcalc.documents.blocks import Said
from matcalc.documents.context.conventions import (
    Conventions,
    Jacobian,
    Maps,
    Suppositions,
    WorkedValues,
    index_conditions,
    jacobians_in,
    layouts_in,
    maps_in,
    points_in,
    suppositions_in,
    symmetric_in,
    values_in,
    writes_rows,
)
from matcalc.documents.context.defined_names import Definition, Definitions, Obscured, definition_in, names_used, readable
from matcalc.documents.context.derived_facts import (
    diagonals_in,
    factors_in,
    function_names,
    functions_in,
    letters_of_factors,
    moment_in,
    shown_entrywise,
)
from matcalc.documents.context.facts import Facts, Told, kept_until_dropped, told_in, under_a_condition
from matcalc.documents.context.layers_and_steps import is_of_a_step, letter_of
from matcalc.documents.context.scripts import Scripts, scripts_of, with_layers
from matcalc.documents.context.wording import Line, Numbered, Outline, Spot, Wording, wordings
from matcalc.documents.context.written_names import NameAt, Weights, names_at, names_called, weights_in
from matcalc.documents.sides import is_function
from matcalc.language.declare.declared import Declaration, declared_sizes, declared_text
from matcalc.language.text.meanings import USUAL

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
    maps: Maps
    jacobians: tuple[Jacobian, ...]
    """The names that are said to be Jacobians."""
    values: WorkedValues
    points: Mapping[int, tuple[str, ...]]
    """The rows that are said of a point, with its coordinates."""
    factors: frozenset[str]
    """The letters that stand somewhere as those of an eigendecomposition do,
    ``U \\Lambda U^\\top``."""
    rows: bool = False
    """Whether vectors are rows in the products of the document."""

    def told(self, name: str, row: int, bold: bool | None = None) -> tuple[Declaration | None, tuple[Said, ...]]:
        """What is known of a name at a row, and where that is said; of one of a step also the facts
        that are told of its letter."""
        origins = self.origins.get(_section(self.spots.get(row)), ())
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

    def stands_for_something(self, name: str, line: Line) -> bool:
        """Whether anything is told of a name at a row, or it has a value."""
        return self.definitions.at(name, line.number) is not None or self.told(name, line.number)[0] is not None

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
        sizes = [name for name in sorted((self.sizes & names) - found.keys() - standing) if weights.of(name) is not True]
        found |= {name: Declaration(name, "scalar", ()) for name in sizes}
        texts = [f"{name}: {text}" for name, declaration in found.items() if (text := declared_text(declaration))]
        return "; ".join(texts), tuple(dict.fromkeys(places))


def survey(pieces: Sequence[Numbered]) -> Context:
    """The context of all rows of a document."""
    read = list(wordings(pieces, Outline(pieces)))
    lines = [(wording, line) for wording in read for line in wording.lines]
    formulas = [line.row for _, line in lines if line.notation == "latex"]
    texts = [row.text for row in formulas]
    scripts = scripts_of(formulas)
    twins = _twins(pieces)
    found = [definition_in(scripts.ordered(line), (wording.start, wording.reach), wording.spot) for wording, line in lines]
    given = [one for one in found if one is not None]
    told = _told(read, lines, given, scripts)
    moments = (moment_in(wording, scripts.ordered(line)) for wording, line in lines)
    facts = Facts(kept_until_dropped(told, read), twins)
    definitions = Definitions(with_layers(readable(given, function_names(told)), scripts, texts), twins)
    cases = index_conditions(read)
    return Context(
        facts,
        Facts([one for one in moments if one is not None], twins),
        definitions,
        Conventions(_each(layouts_in, read), "denominator"),
        Conventions(_each(symmetric_in, read), "projected"),
        {line.number: wording.spot for wording, line in lines},
        _origins(lines, definitions),
        facts.sizes() - _NO_SIZES,
        tuple([line for _, line in lines if line.role == "first-order condition"]),
        cases,
        frozenset(_each(under_a_condition, read)) - cases.keys(),
        Suppositions(_each(suppositions_in, read)),
        scripts,
        _seen(lines),
        facts.sizes(),
        Maps(_each(maps_in, read)),
        tuple(_each(jacobians_in, read)),
        WorkedValues(_each(values_in, read)),
        dict(_each(points_in, read)),
        frozenset(chain.from_iterable(letters_of_factors(line.row.text) for _, line in lines)),
        writes_rows(line.row.text for _, line in lines),
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
    told: list[Told] = []
    for wording in read:
        told += [*told_in(wording), *functions_in(wording, defined, scripts, shown)]
    told += chain.from_iterable(diagonals_in(wording, line) for wording, line in lines)
    factors = [one for wording in read for one in factors_in(wording, told)]
    return told + factors


def _seen(lines: Iterable[tuple[Wording, Line]]) -> dict[str, list[tuple[int, tuple[str, ...]]]]:
    """The arguments of names that stand with several: ``f(x, y)``."""
    found: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
    for _, line in lines:
        for one in _WITH_ARGUMENTS.finditer(line.row.text):
            found.setdefault(one["name"], []).append((line.number, tuple([part.strip() for part in one["arguments"].split(",")])))
    return found


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
        names = _whole_names(line)
        here = {at.base for at in names if at.bold}
        bold |= here
        plain |= {at.base for at in names} - here
    return frozenset(bold & plain)


def _whole_names(line: Line) -> list[NameAt]:
    """The names in a row that have no index."""
    sides = [side.text for side in (line.row.first, line.row.left, line.row.right) if side is not None]
    return [at for side in sides for at in names_at(side, line.notation) if at.name == at.base]


def _with_facts_alone(
    name: str, found: Declaration | None, said: tuple[Said, ...]
) -> tuple[Declaration | None, tuple[Said, ...]]:
    """The facts of another name of the same letter, if there are any, for this name."""
    return (Declaration(name, properties=found.properties), said) if found is not None and found.properties else (None, ())


_NO_SIZES = frozenset(["d"])
"""A letter that derivatives begin with is not declared, so that they can be read."""


def _section(spot: Spot | None) -> int:
    return spot.sections[-1].start if spot is not None and spot.sections else -1


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
            if one.number < line.number and _section(one.spot) != _section(wording.spot):
                found.setdefault(_section(wording.spot), set()).add(one.number)
    return {start: tuple(sorted(rows)) for start, rows in found.items()}
