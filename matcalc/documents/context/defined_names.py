"""What names stand for in a document, and which of that a formula rests on."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import pattern
from matcalc.base.records import grouped
from matcalc.documents.blocks import Notation, Placed, Said
from matcalc.documents.context.outline import Line, Spot
from matcalc.documents.context.written_names import (
    CALLED,
    NameAt,
    Weights,
    is_called,
    names_at,
    names_called,
    weights_in,
    with_constants,
    without_index,
)
from matcalc.documents.roles import named_by
from matcalc.documents.sides import Head, head_of, holds, inverted, is_entries, is_expected, powered
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.parser import parse_syntax
from matcalc.language.syntax.trees import walk
from matcalc.language.text.spelling import Vocabulary
from matcalc.language.text.terminals import WRITTEN_OUT

_MOST = 24
"""Definitions that one claim rests on."""
_MOST_BEHIND = 200
"""Definitions that are looked at for them."""


@dataclass(frozen=True, slots=True)
class Definition:
    """``L(w) = ...``: what a name stands for from the row number ``number`` on. ``uses`` are the
    names in its value, ``weights`` which of them are bold, ``bold`` whether it is itself."""

    head: Head
    left: str
    value: str
    notation: Notation
    uses: frozenset[str]
    said: Said
    number: int
    sentence: tuple[int, int]
    spot: Spot
    weights: Weights
    bold: bool
    special: frozenset[str] = frozenset()
    """The names in the arguments of functions that the language does not have, the values of which
    are constants in ``value``."""
    link: int = 0
    """Of what a later side of a chain gives, how many sides were before it:
    ``P = \\mathbb{E}[ee^\\top] = A P_0 A^\\top``."""
    perhaps: bool = False
    """Whether it was said of another layer of a network, and may be otherwise here."""

    def of_another(self, left: str, value: str) -> Definition | None:
        """The same said of something else; None for a side that is no name."""
        head = head_of(left, self.notation)
        if head is None:
            return None
        uses = _uses(names_used(value, self.notation), head)
        return replace(self, head=head, left=left, value=value, uses=uses, weights=weights_in(value, self.notation))

    @property
    def name(self) -> str:
        """The name that has a value, without the index of one that gets it entry by entry."""
        return without_index(self.head.name)

    @property
    def written(self) -> str:
        """The name as it is written, without arguments."""
        return self.left.partition("(")[0].removesuffix("\\left").strip() if self.is_function else self.left.strip()

    @property
    def text(self) -> str:
        """The definition as a statement."""
        return f"{self.left} = {self.value}"

    @property
    def is_function(self) -> bool:
        """Whether it has parameters."""
        return bool(self.head.arguments)


@dataclass(frozen=True, slots=True)
class Obscured:
    """A name that gets a value in a row that cannot be taken for a definition: an array, cases,
    words."""

    name: str
    number: int
    is_function: bool
    unread: Definition | None = None
    """What it is defined as, where only that is not read: in terms of functions without a
    formula."""


def definition_in(line: Line, sentence: tuple[int, int], spot: Spot) -> Definition | Obscured | None:
    """The definition that a row is; None for one that gives no name a value."""
    row = line.row
    if (chained := _of_chain(line)) is not None:
        given = definition_in(chained, sentence, spot)
        return replace(given, link=row.link) if isinstance(given, Definition) else None
    if (
        row.right is None
        or row.relation not in _GIVING
        or line.role not in ("definition", "solution", "not an equation")
        or _goes_on(line)
    ):
        return None
    if (inverse := _of_inverse(line)) is not None:
        return definition_in(inverse, sentence, spot)
    if powered(row.left.text) and row.relation != "=:":
        return None  # a variance, which the other side is no name of
    head, side, value = named_by(row, line.notation) or (None, row.left, row.right)
    value = row.first if row.link and value is row.left else value  # of a = b := c, all are c
    first = next(iter(names_at(side.text, line.notation)), None)
    unread = is_expected(value.text, ()) or holds(value.text, "event") or is_entries(value.text) or holds(value.text, "integral")
    if head is None or line.role == "not an equation" or unread:
        return _obscured(line, side.text, head, first)
    return _definition(line, head, side.text, value.text, first is not None and first.bold, sentence, spot)


def _goes_on(line: Line) -> bool:
    """Whether an equation only goes on with a chain: not behind a function with its arguments,
    ``f(x, y)`` in ``z = f(x, y) = x + y``."""
    row = line.row
    head = head_of(row.left.text, line.notation)
    return bool(row.link) and row.relation != ":=" and not (head is not None and head.arguments) and not _ends_with_name(line)


def _definition(
    line: Line, head: Head, side: str, value: str, bold: bool, sentence: tuple[int, int], spot: Spot
) -> Definition | None:
    """A definition with its value as the language has it; None for a value that is made of the name
    itself, or of no names."""
    notation = line.notation
    text, special = with_constants(value) if notation == "latex" else (value, frozenset[str]())
    again = head_of(value, notation)
    if again is not None and again.name == head.name:
        return None  # y = y(x) says what y depends on
    used = names_used(text, notation)
    itself = any(at.name == head.name for at in names_at(text, notation))
    if not used or (itself and (head.arguments or not is_called(text, head.name))):
        return None  # j = 1, 2; H = H', x = x - g, f(x) = f(0) + x f'(0)
    said, weights = Said(f"{side} = {value}", line.row.left.place()), weights_in(text, notation)
    return Definition(head, side, text, notation, _uses(used, head), said, line.number, sentence, spot, weights, bold, special)


def _uses(names: frozenset[str], head: Head) -> frozenset[str]:
    """The names in a value that are neither what gets it nor its arguments."""
    return names - {head.name, without_index(head.name), *head.arguments}


def _of_inverse(line: Line) -> Line | None:
    r"""What an equation for the inverse of a name says of the name itself: ``S^{-1} = A + B`` gives
    ``S = (A + B)^{-1}``."""
    row = line.row
    written = inverted(row.left.text) if line.notation == "latex" and row.relation in ("=", ":=") else None
    if written is None or row.right is None:
        return None
    name, value = Placed(written, row.left.marks[:1]), Placed(rf"\left({row.right.text}\right)^{{-1}}", row.right.marks[:1])
    return replace(line, row=replace(row, left=name, right=value, first=name))


def _obscured(line: Line, side: str, head: Head | None, first: NameAt | None) -> Obscured | None:
    """That a name has a value which is not read; None for a side that begins with no name, and for
    a list of numbers."""
    called = first is not None and CALLED.match(side, first.end) is not None
    if head is not None and line.role != "not an equation":
        return Obscured(without_index(head.name), line.number, called)
    if line.row.right is not None and _COUNTS_FROM.match(line.row.right.text):
        return None  # i, j = 1, ..., n
    return Obscured(first.base, line.number, called) if first is not None and not first.start else None


def head_and_value(line: Line) -> tuple[str, str] | None:
    """The name that an equation at the beginning of a chain is of, without arguments, and its value
    as it is written."""
    row = line.row
    if row.link or row.right is None or row.relation not in _GIVING or line.role not in ("definition", "claim", "probability"):
        return None
    head = head_of(row.left.text, line.notation)
    return None if head is None or head.arguments else (without_index(head.name), row.right.text)


_COUNTS_FROM = pattern(r"[01]\s*(?:\Z|,?\s*(?:\\[lc]?dots|\.\.|…|⋯))")
_GIVING = frozenset(["=", ":=", "=:", "≡"])


def _ends_with_name(line: Line) -> bool:
    r"""Whether a chain from a formula ends with the name that it gives it:
    ``\partial L/\partial z = y - t = \delta``."""
    last = None if line.row.right is None else head_of(line.row.right.text, line.notation)
    return (
        last is not None
        and not last.arguments
        and all(head_of(one.text, line.notation) is None for one in (line.row.first, line.row.left))
    )


def _of_chain(line: Line) -> Line | None:
    """A later equation of a chain that a name begins, as one for the name."""
    row = line.row
    if (
        not row.link
        or line.role not in ("claim", "probability")
        or row.relation != "="
        or head_of(row.first.text, line.notation) is None
    ):
        return None
    return replace(line, row=replace(row, left=row.first, link=0), role="definition")


def readable(found: Sequence[Definition | Obscured], called: Collection[str] = ()) -> list[Definition | Obscured]:
    """Definitions whose values are formulas of the language, with functions that are ``called``;
    the others only tell that a name has one.

    What a later side of a chain gives counts where the first one is no formula. An array that is
    written out is none; as the value of a function of several numbers it tells what the derivatives
    of that are.
    """
    vocabulary = vocabulary_of([one for one in found if isinstance(one, Definition)], called=called)
    last: dict[str, Definition | Obscured] = {}
    out: list[Definition | Obscured] = []
    for one in found:
        kept = _as_far_as_read(one, last.get(one.name), vocabulary)
        if kept is not None:
            out.append(kept)
            last[one.name] = kept
    return _without_unread(out)


def vocabulary_of(definitions: Sequence[Definition], declared: Iterable[str] = (), called: Collection[str] = ()) -> Vocabulary:
    """The vocabulary in which definitions give names a meaning, and others are ``declared``, or
    ``called`` as functions."""
    functions = {one.name: one.head.arguments for one in definitions if one.is_function}
    return Vocabulary.of((), called).defining(functions, [one.name for one in definitions if not one.is_function], declared)


def _as_far_as_read(
    one: Definition | Obscured, before: Definition | Obscured | None, vocabulary: Vocabulary
) -> Definition | Obscured | None:
    """A definition, that there is one which is not read, or None for what only goes on or lists
    entries."""
    if isinstance(one, Obscured):
        return one
    if one.link and not (isinstance(before, Obscured) and before.number == one.number - one.link):
        return None
    if _IN_BRACKETS.fullmatch(one.value.strip()) is not None and _lists_entries(one):
        return None
    if is_readable(one.value, vocabulary, arrays=len(one.head.arguments) > 1):
        return one
    return None if one.link or _lists_entries(one) else _unread(one)


def _unread(one: Definition) -> Obscured:
    return Obscured(one.name, one.number, one.is_function, one)


def _without_unread(found: Sequence[Definition | Obscured]) -> list[Definition | Obscured]:
    """The definitions; those that call a function of which no definition can be read, not as
    such."""
    read = {one.name for one in found if one.is_function and isinstance(one, Definition)}
    called = {one.name for one in found if one.is_function} - read
    if not called:
        return list(found)
    return [
        _unread(one) if isinstance(one, Definition) and names_called(one.value, one.notation) & called else one for one in found
    ]


_IN_BRACKETS = pattern(r"(?:\\left|\\[bB]igg?l?)?\s*[\[(][^=+]*[\])]\s*(?:\^\s*(?:T|\\top|\{[^{}]*\}))?")


def _lists_entries(one: Definition) -> bool:
    """Whether a value only names the entries of what it is of: ``x = (x_1, ..., x_n)'``,
    ``X = [x_1, ..., x_n]``."""
    bases = {without_index(at.base) for at in names_at(one.value, one.notation)} - set("tnmdijkrpqNMDTK")
    return {base.lower() for base in bases} == {one.name.lower()}


def is_readable(text: str, vocabulary: Vocabulary, *, arrays: bool) -> bool:
    """Whether a text is in the language, as far as its syntax tells; with ``arrays`` one that is
    written out entry by entry is, too."""
    program = program_of(text, vocabulary)
    nodes = () if program is None or arrays else walk(program)
    return program is not None and not any(isinstance(node, s.Applied) and node.function == WRITTEN_OUT for node in nodes)


def program_of(text: str, vocabulary: Vocabulary) -> s.Program | None:
    """The syntax tree of a text; None for one that is not in the language."""
    try:
        return parse_syntax(text, vocabulary).program
    except MatcalcError:
        return None


def names_used(text: str, notation: Notation) -> frozenset[str]:
    """The names in a formula, with and without their indices; a Kronecker delta speaks of nothing
    that is called delta."""
    found = names_at(text, notation)
    return frozenset(name for at in found for name in ((at.name,) if _KRONECKER.fullmatch(at.name) else (at.name, at.base)))


_KRONECKER = pattern(r"delta_[i-np-s]{2}")


class Definitions:
    """The definitions of a document, asked for a row: the latest before it, or one in the same
    sentence behind it.

    ``twins`` are the letters that stand in the document in bold and otherwise, as two names.
    """

    def __init__(self, found: Iterable[Definition | Obscured], twins: frozenset[str] = frozenset()) -> None:
        self._asked: dict[tuple[str, bool | None, bool], Sequence[Definition | Obscured]] = {}
        self._twins = twins
        found = sorted(found, key=_number)
        self._by_name = grouped((one.name, one) for one in found)
        self._obscured = {one.name for one in found if isinstance(one, Obscured)}
        self._functions = [one for one in found if isinstance(one, Definition) and one.is_function]
        self._of_letter = grouped((one.name.partition("_")[0], one) for one in self._functions if "_" in one.name)

    def _known(self, name: str, bold: bool | None, called: bool) -> Sequence[Definition | Obscured]:
        """The definitions of a name in order, found once for each way in which it stands."""
        asked = name, bold if name in self._twins else None, called
        if asked not in self._asked:
            every = self._by_name.get(name, [])
            known = [one for one in every if asked[1] is None or isinstance(one, Obscured) or one.bold == bold]
            functions = [one for one in known if one.is_function] if called else []
            self._asked[asked] = functions or known
        return self._asked[asked]

    def at(self, name: str, row: int, bold: bool | None = None, *, called: bool = False) -> Definition | None:
        """What a name stands for at a row; None for one whose last definition cannot be read.

        Where it is ``called``, what was said of it as a function: ``f(x) = (2x + 1)^3``, which goes
        on with ``f = u^3``.
        """
        known = self._known(name, bold, called)
        place = bisect_left(known, row, key=_number)
        if place:
            last = known[place - 1]
            return None if isinstance(last, Obscured) else last
        later = (one for one in islice(known, _MOST_BEHIND) if isinstance(one, Definition) and one.number > row)
        return next((one for one in later if one.sentence[0] <= row < one.sentence[1]), None)

    def _last(self, name: str, row: int) -> Definition | Obscured | None:
        """What a name was said to stand for last before a row."""
        known = self._by_name.get(name, [])
        place = bisect_left(known, row, key=_number)
        return known[place - 1] if place else None

    def _meant(self, name: str, row: int, bold: bool | None, *, called: bool, unread: bool) -> Definition | None:
        """What a name stands for at a row, perhaps by functions without a formula."""
        last = self._last(name, row) if unread else None
        return self.at(name, row, bold, called=called) or (last.unread if isinstance(last, Obscured) else None)

    def is_obscure(self, name: str, row: int) -> bool:
        """Whether the last definition of a name before a row, or one of it later in the document,
        cannot be read."""
        last = self._last(name, row)
        return name in self._obscured if last is None else isinstance(last, Obscured)

    def others(self, one: Definition, row: int) -> Iterator[Definition]:
        """Other definitions of a name than this one, those before a row first, the nearest of them
        first."""
        known = self._by_name.get(one.name, [])
        place = bisect_right(known, row, key=_number)
        return (other for other in (*known[:place][::-1], *known[place:]) if isinstance(other, Definition) and other is not one)

    def __contains__(self, name: object) -> bool:
        """Whether a name is given a value anywhere in the document."""
        return name in self._by_name

    def of_letter(self, name: str, after: int, before: int) -> tuple[str, ...]:
        """The functions with the letter of a name and an index that are defined between two
        rows."""
        return tuple([one.name for one in self._of_letter.get(name, ()) if after < one.number < before])

    def functions_before(self, row: int) -> Iterator[Definition]:
        """The functions with parameters that are defined before a row, the last first."""
        return reversed(self._functions[: bisect_left(self._functions, row, key=_number)])

    def behind(
        self,
        names: Iterable[str],
        row: int,
        weights: Weights,
        keep: Callable[[Definition], bool] = lambda one: True,
        called: Collection[str] = (),
        *,
        unread: bool = False,
    ) -> tuple[Definition, ...]:
        """All that names rest on, directly or not, each after what it rests on itself; what goes in
        a circle is left out.

        ``called`` are the names that stand as functions. ``unread``: what is defined by functions
        without a formula counts, too.
        """
        done: dict[str, Definition] = {}
        opened: set[str] = set()
        waiting: list[tuple[str, bool | None, Definition | None]] = [
            (name, weights.of(name), None) for name in sorted(names, reverse=True)
        ]
        while waiting and len(done) < _MOST:
            name, bold, closing = waiting.pop()
            if closing is not None:
                done[closing.name] = closing
                continue
            one = self._meant(name, row, bold, called=name in called, unread=unread)
            if one is not None and one.name not in opened and len(opened) < _MOST_BEHIND and keep(one):
                opened.add(one.name)
                waiting.append((name, bold, one))
                waiting += [(used, one.weights.of(used), None) for used in sorted(one.uses - opened, reverse=True)]
        return _in_order(done)


def is_foreign(one: Definition, spot: Spot, names: Iterable[str]) -> bool:
    """Whether a name without arguments at a spot hardly means this function: one of another
    section, with variables not among these."""
    return one.is_function and one.spot.sections[-1:] != spot.sections[-1:] and not set(one.head.arguments) <= set(names)


def _number(one: Definition | Obscured) -> int:
    return one.number


def _in_order(found: Mapping[str, Definition]) -> tuple[Definition, ...]:
    """The definitions without those that need one behind them, as those of names that are defined
    by each other do."""
    names = list(found)
    return tuple([one for number, one in enumerate(found.values(), 1) if one.uses.isdisjoint(names[number:])])


class Dependence:
    """Which of some definitions depend on which names, through each other."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self._uses = {one.name: one.uses for one in definitions}

    def of(self, name: str, others: Iterable[str]) -> bool:
        """Whether the value of a name depends on one of the others; it does on itself only through
        others."""
        return not closed(self._uses.get(name, ()), self._uses).isdisjoint(others)


def closed(names: Iterable[str], uses: Mapping[str, Collection[str]]) -> set[str]:
    """Names with all that they use, through each other."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += uses.get(name, ())
    return found


def reached(names: Iterable[str], definitions: Sequence[Definition], stop: Collection[str]) -> tuple[Definition, ...]:
    """The definitions that names rest on, but for those of the names to ``stop`` at and what only
    these rest on."""
    uses = {one.name: one.uses.difference(stop) for one in definitions}
    found = closed((name for name in names if name not in stop), uses)
    return tuple([one for one in definitions if one.name in found])
