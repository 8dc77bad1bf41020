"""How a text is read: its options, its places, what was taken one way although it could be taken
another, and the reading of least cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from types import MappingProxyType
from typing import TYPE_CHECKING, Generic, Literal, Protocol, TypeAlias, TypeVar, get_args

from matcalc.base.budgets import spend
from matcalc.base.errors import MatcalcError, ParseError, ShapeError, Span
from matcalc.base.records import record, replace
from matcalc.base.sizes import Size
from matcalc.language.text.terminals import Fork

if TYPE_CHECKING:
    from matcalc.expr.nodes import Expr, Symbol
    from matcalc.language.declare.declared import Declaration

Dialect: TypeAlias = Literal["math", "matlab", "numpy", "latex", "julia"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)


@record
class SettledSize:
    """A declared name of a size that stands for a composed one, as a part of the text needs."""

    name: str
    size: Size
    needed_by: str

    @property
    def words(self) -> str:
        return f"{self.name} is {self.size}, as {self.needed_by} needs"


@record
class ReadingOptions:
    """``strict``: what is doubtful is refused, with the readings and how each is said. ``dialect``:
    one of ``DIALECTS``, or None for what the text shows. ``flipped`` are runs of letters that are
    not read as they usually are."""

    strict: bool = False
    dialect: Dialect | None = None
    flipped: frozenset[str] | None = None
    apart: bool = False
    """Whether capitals are no arrays of what is written with the small letter and an index."""
    otherwise: frozenset[str] = frozenset()
    """Choices that are taken the other way than usual: the ``otherwise`` of their decisions."""
    settled: tuple[SettledSize, ...] = ()
    """What declared names of sizes turned out to be."""
    complex: bool = False
    """Whether symbols may be complex; without it they are refused."""


AS_USUAL = ReadingOptions()
WITH_COMPLEX = ReadingOptions(complex=True)


def reading_options(strict: bool = False, dialect: str | None = None) -> ReadingOptions:
    """The options of a call. Raises MatcalcError for a dialect that there is not.

    >>> reading_options(True, "NumPy").dialect
    'numpy'
    """
    if dialect is None:
        return ReadingOptions(bool(strict)) if strict else AS_USUAL
    for known in DIALECTS:
        if isinstance(dialect, str) and dialect.lower() == known:
            return ReadingOptions(bool(strict), known)
    raise MatcalcError(f"there is no dialect {dialect!r}", expected=", ".join(DIALECTS))


@record
class Places:
    """A text and, for each of its characters, the range of the given text that it comes from."""

    text: str
    starts: list[int]
    ends: list[int]

    def place(self, span: Span, length: int) -> Span:
        """The span of the given text, which has ``length`` characters, behind a span of this
        one."""
        if span.start >= len(self.starts):
            return Span(length, length)
        start = self.starts[span.start]
        stop = max(self.ends[span.start : max(span.end, span.start + 1)])
        return Span(start, stop if span.end > span.start else start)


@record
class Source:
    """A text as it is to be read, with all commands of its writer replaced, and the text that was
    given."""

    text: str
    given: str
    places: Places | None = None
    fault: ParseError | None = None
    """A call that could not be replaced, or definitions without an end, with which nothing is
    replaced."""
    letters: tuple[str, ...] = ()
    """Commands that nobody defines and that were taken for letters."""

    def offset(self, position: int) -> int:
        """The place in the given text of a character of ``text``."""
        return position if self.places is None else self.places.place(Span(position, position), len(self.given)).start

    def located(self, error: MatcalcError) -> MatcalcError:
        """The error, pointing into the given text."""
        if error.text is None and error.span is not None and self.places is not None:
            error.span = self.places.place(error.span, len(self.given))
        return error.with_text(self.given)


Weight: TypeAlias = Literal["plain", "assumed", "doubtful"]
"""``plain``: not worth saying; ``assumed``: a note; ``doubtful``: a warning, which a strict reading
refuses."""
Topic: TypeAlias = Literal[
    "convention", "names", "kinds", "sizes", "broadcasting", "dialect", "alias", "samples", "notation", "scope"
]
"""``convention``: a kind that the letter has anyway; it is a note, but no surprise."""
_CONVENTIONAL = frozenset(["convention", "sizes"])


@record
class Decision:
    """One choice in a reading.

    ``words`` say it in one line, in the user's names. ``span`` is its place in the text, if it has
    one. ``instead`` are the readings it was chosen among and how each is said beyond doubt, such as
    ``("C is a scalar: declare C: scalar", "C is a matrix: declare C: n×n")``; a doubtful decision
    has at least two. ``otherwise`` names the choice where the same words could mean something else
    that a reading can be asked for (``ReadingOptions.otherwise``). ``name`` is the symbol that the
    choice is about, ``choice`` its kind, or ``sum`` for one that is not written.

    >>> Decision("sigma(...) is read as the logistic function").weight
    'assumed'
    """

    words: str
    topic: Topic = "notation"
    weight: Weight = "assumed"
    span: Span | None = None
    instead: tuple[str, ...] = ()
    otherwise: str = ""
    name: str = ""
    choice: str = ""

    @property
    def told(self) -> bool:
        """Whether it is worth saying."""
        return self.weight != "plain"

    @property
    def surprising(self) -> bool:
        """Whether the reading should be shown because of it: more than the usual kinds and the
        names of sizes."""
        return self.told and (self.weight == "doubtful" or self.topic not in _CONVENTIONAL)


def notes_of(decisions: tuple[Decision, ...]) -> tuple[str, ...]:
    """The words of what is worth saying, what is doubtful first, each once."""
    ranked = sorted([decision for decision in decisions if decision.told], key=lambda decision: decision.weight != "doubtful")
    return tuple(dict.fromkeys(decision.words for decision in ranked))


def warnings_of(decisions: tuple[Decision, ...]) -> tuple[str, ...]:
    """The words of what is doubtful, each once."""
    return tuple(dict.fromkeys(decision.words for decision in decisions if decision.weight == "doubtful"))


def warned(warnings: tuple[str, ...]) -> str:
    """What stands behind a result on one line, so that a doubtful reading shows wherever the result
    does."""
    return f" (warning: {'; '.join(warnings)})" if warnings else ""


def doubt_in(decisions: tuple[Decision, ...]) -> ParseError | None:
    """The error for the first decision in the text that is doubtful, with the readings and how each
    is said; None where all are certain."""
    doubtful = [decision for decision in decisions if decision.weight == "doubtful"]
    first = min(doubtful, key=lambda decision: decision.span.start if decision.span is not None else 0, default=None)
    if first is None:
        return None
    return ParseError(f"the reading is doubtful: {first.words}", span=first.span, suggestion="; or ".join(first.instead) or None)


class Apart(Exception):
    """A name in the text is no array that has what is written with an index as its parts."""


class Decided(Protocol):
    """What is read with decisions."""

    @property
    def decisions(self) -> tuple[Decision, ...]: ...


class Settled(Exception):
    """A declared name of a size must be a composed one; ``otherwise`` is what is wrong where that
    does not do; ``is_open``: other names than the user's are in the size."""

    def __init__(self, found: SettledSize, otherwise: MatcalcError, *, is_open: bool) -> None:
        self.found, self.otherwise, self.is_open = found, otherwise, is_open


Read = TypeVar("Read", bound=Decided)

_MOST_READINGS = 16
_MOST_CHARACTERS = 20_000
"""Characters read again, over all readings."""
_WORK = 4
"""Units of work for a character."""


@record
class Differentiated:
    """A derivative that is asked for within an expression: in denominator layout, or in numerator
    layout if ``turned``; the directional one ``along`` a direction for each order."""

    function: Expr
    wrt: tuple[Symbol, ...]
    turned: bool = False
    along: tuple[Expr, ...] = ()


@record
class Derived:
    """A derivative within an expression, and what was put in its place."""

    question: Differentiated
    form: Expr


Calculus: TypeAlias = "Callable[[Differentiated], Expr | None]"
"""What differentiates: the closed form, or None where there is none. It lies in a layer above this
one."""


@record
class Question:
    """What a text asks for by itself: ``d/dx f``, ``∇²f(x)``; of a definition ``f(x) = ...`` the
    derivative by its arguments.

    ``names`` are those differentiated by, one for each order. ``turned``: by a transpose, in
    numerator layout. ``said``: a derivative stands in the text, so that another one contradicts it.
    """

    names: tuple[str, ...]
    turned: bool = False
    said: bool = True

    @property
    def settled(self) -> bool:
        """Whether it is clear by what to differentiate: a derivative says it, a function of one
        argument leaves no choice."""
        return self.said or len(self.names) == 1


@record
class Elaborated:
    """A typed expression and what reading it rested on.

    ``symbols`` are the variables by name (``beta`` for ``β``), declared ones that do not occur
    included. ``declarations`` gives kind, sizes and properties of those that occur, in the
    ``declare`` syntax, so that a text can be read again in the same way. ``decisions`` say what was
    chosen in reading, ``notes`` those of them that are worth saying. ``intermediates`` are the
    named intermediate results, with the names in them replaced by their values; ``steps`` are the
    same as they were written, in terms of the names before them, and ``outline`` is the expression
    in terms of them. ``origin`` is the object of another system that it was read from, if it was no
    text. ``text`` is what was read, ``dialect`` what it is written in, and ``given`` what was
    declared. ``derived`` are the derivatives within the expression, with what stands in their
    place; ``question`` is the derivative that the text asks for, if it was read as a question: then
    the expression is what is to be differentiated. ``families`` are the names before indices with
    those of the symbols that they are parts of, where these differ. ``options`` are those that it
    was read with.
    """

    expression: Expr
    symbols: Mapping[str, Symbol]
    declarations: Mapping[str, str]
    decisions: tuple[Decision, ...]
    intermediates: Mapping[str, Expr]
    steps: Mapping[str, Expr]
    outline: Expr
    origin: object = None
    text: str = ""
    dialect: Dialect = "math"
    given: Mapping[str, Declaration] | None = None
    derived: tuple[Derived, ...] = ()
    question: Question | None = None
    families: Mapping[str, str] = MappingProxyType({})
    options: ReadingOptions = AS_USUAL

    def with_more(self, decisions: tuple[Decision, ...]) -> Elaborated:
        """The same with decisions of those who read it on."""
        return replace(self, decisions=(*self.decisions, *decisions)) if decisions else self

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth saying of the decisions."""
        return notes_of(self.decisions)


@record(eq=False)
class Attempt(Generic[Read]):
    """One reading, or why there is none; its cost without that of the changes, and the runs of
    letters that could be read otherwise.

    A reading with an ``error`` is not certain, where that is wanted; its cost is that of the
    reading.
    """

    forks: tuple[Fork, ...]
    cost: float = float("inf")
    read: Read | None = None
    error: MatcalcError | None = None

    def value(self) -> Read:
        """What was read; raises why it could not be."""
        if self.error is not None:
            raise self.error
        assert self.read is not None
        return self.read


def _fitted(attempt: Callable[[ReadingOptions], Attempt[Read]], options: ReadingOptions) -> Attempt[Read]:
    """A reading in which capitals are the arrays of small letters with an index, if that can be,
    and declared sizes are what they have to be."""
    otherwise: MatcalcError | None = None
    while True:
        try:
            found = attempt(options)
        except Apart:
            options = replace(options, apart=True)
        except Settled as settled:
            options = replace(options, settled=(*options.settled, settled.found))
            otherwise = otherwise or (settled.otherwise if settled.is_open else None)
        else:
            failed = otherwise is not None and isinstance(found.error, ShapeError)
            return replace(found, error=otherwise) if failed else found


def least(attempt: Callable[[ReadingOptions], Attempt[Read]], text: str, options: ReadingOptions) -> Read:
    """The reading of least cost.

    Only kinds and sizes that do not fit, or that cost too much, are a reason to try others. Where
    nothing fits, the error is that of the usual reading.
    """
    if options.flipped is not None:
        return _fitted(attempt, options).value()
    first, length = _fitted(attempt, options), len(text)
    forks = sorted(first.forks, key=lambda fork: (fork.cost, fork.run))
    readable = first.read is not None or isinstance(first.error, ShapeError)
    if not forks or not readable or first.cost <= forks[0].cost:
        return first.value()
    best, least_cost = first, first.cost
    left = min(_MOST_READINGS, _MOST_CHARACTERS // max(1, length))
    waiting: list[tuple[float, int, tuple[int, ...]]] = [(forks[0].cost, 0, (0,))]
    while waiting and left > 0:
        cost, last, chosen = heappop(waiting)
        if cost >= least_cost:
            break
        left -= 1
        spend(_WORK * length)
        turned = frozenset([forks[place].run for place in chosen])
        found = _fitted(attempt, replace(options, flipped=turned))
        if cost + found.cost < least_cost:
            best, least_cost = found, cost + found.cost
        if last + 1 < len(forks):
            following = forks[last + 1].cost
            heappush(waiting, (cost + following, last + 1, (*chosen, last + 1)))
            heappush(waiting, (cost - forks[last].cost + following, last + 1, (*chosen[:-1], last + 1)))
    return best.value()
