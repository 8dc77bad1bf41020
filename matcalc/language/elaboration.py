"""Text to typed expression, and one operation of the language applied to typed expressions, as operators in Python need it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, TypeVar

from matcalc.base.errors import MatcalcError, Span
from matcalc.base.lazy import later, pattern
from matcalc.base.records import record, replace
from matcalc.base.sizes import Shape, Size
from matcalc.expr import nodes as e
from matcalc.language.build.construction import Construction
from matcalc.language.build.scope import Apart
from matcalc.language.decisions import AS_USUAL, Attempt, Calculus, Decision, Elaborated, Question, ReadingOptions, least, notes_of
from matcalc.language.declare.declared import BlockText, Declaration, Declare, SharedNames, SharedText
from matcalc.language.reader import Reader
from matcalc.language.syntax import trees as s

if TYPE_CHECKING:

    class Decided(Protocol):
        """What is read with decisions."""

        @property
        def decisions(self) -> tuple[Decision, ...]: ...


if TYPE_CHECKING:
    from matcalc.language.build import dialect_calls
    from matcalc.language.latex import latex_macros
    from matcalc.language.syntax import dependence, open_indices
    from matcalc.language.typing import failures, kind_relations
else:
    kind_relations = later("matcalc.language.typing.kind_relations")
    failures = later("matcalc.language.typing.failures")
    open_indices = later("matcalc.language.syntax.open_indices")
    dialect_calls = later("matcalc.language.build.dialect_calls")
    dependence = later("matcalc.language.syntax.dependence")
    dependence = later("matcalc.language.syntax.dependence")
    latex_macros = later("matcalc.language.latex.latex_macros")

_ASKS = pattern(r"\s*[A-Za-z']{3,}\s+\S")
"""How a text may begin that asks in words."""
Read = TypeVar("Read", bound="Decided")


def elaborate(
    text: str,
    declare: Declare = None,
    *,
    wrt: Iterable[str] = (),
    shape: Shape | None = None,
    results: bool = False,
    options: ReadingOptions = AS_USUAL,
    question: bool = False,
    calculus: Calculus | None = None,
) -> Elaborated:
    """The typed expression that a text stands for.

    ``declare`` gives kinds, sizes and properties of names, the rest is inferred; ``wrt`` are names that must be symbols of the
    expression (with ``results`` intermediate results too); ``shape`` is the shape that the expression is to have, which settles sizes of
    ``eye``, ``vector(1)`` and the literal 0. ``options`` say what the reader may decide. ``calculus`` evaluates derivatives within the
    expression, which are refused without it; with ``question`` a derivative that is the whole of the text is given back as the
    ``question``, not evaluated.

    Tensors of order 3 and 4 are declared (``T: n×m×p``) or made: ``tensor(i, k, sum(j, T[i,j,k]*x[j]))`` is the array whose entry at i, k
    is the scalar behind them, so that contractions over named indices, traces, outer products and axes in another order are all written
    with entries and ``sum``. Along an index that the scalar does not have, the entries are copied. Elementwise operations broadcast as in
    NumPy, the last axes aligned, axes of size one and missing ones copied; a vector is an array of n×1 in this, its transpose one of 1×n.

    Raises ParseError, ShapeError, UnknownFunctionError or LimitError, which know the text and the place in it.
    """
    wrt = tuple(wrt)
    if question and _ASKS.match(text) is not None:
        text = import_module("matcalc.language.text.requests").formula_asked_for(text, wrt)

    def attempt(chosen: ReadingOptions) -> Attempt[Elaborated]:
        reader = Reader(text, declare, wrt, results=results, options=chosen, calculus=calculus)
        return reader.attempted(lambda: reader.expression(shape, question))

    return least(lambda flipped: joined_or_apart(attempt, options.flipping(flipped)), text, options)


def joined_or_apart(read: Callable[[ReadingOptions], Attempt[Read]], options: ReadingOptions) -> Attempt[Read]:
    """A reading in which capitals are the arrays of small letters with an index, if that can be."""
    try:
        return read(options)
    except Apart:
        return read(replace(options, apart=True))


def question_in(text: str, declare: Declare = None, options: ReadingOptions = AS_USUAL) -> Question | None:
    """The derivative that a text asks for by itself; None when it names none. Raises as ``elaborate`` does.

    >>> question_in("d/dx x'Ax").names, question_in("f(w) = ||Xw - y||^2").names, question_in("x'Ax")
    (('x',), ('w',), None)
    """
    reader = Reader(text, declare, options=options)
    try:
        return reader.asked(reader.ordered(reader.parse()))[1]
    except MatcalcError as error:
        raise reader.source.located(error) from None


def about_unused(declare: Declare, occurring: Sequence[str], *others: str) -> tuple[Decision, ...]:
    """What is to be said of declared names that do not occur; ``others`` are names that may be declared all the same.

    Raises ParseError where such a name may be meant for a symbol that is not declared.
    """
    if not declare or (isinstance(declare, (SharedNames, SharedText)) and not isinstance(declare, BlockText)):
        return ()
    found: tuple[Decision, ...] = import_module("matcalc.language.declare.declarations").about(declare, occurring, others)
    return found


Make = Callable[[Sequence[s.Syntax], Span], s.Syntax]
"""Makes the syntax of an operation from that of its operands and the place of the whole."""


@record
class Operated:
    """The value of an operation, and what is to be told about it."""

    expression: e.Expr
    notes: tuple[str, ...]


def operate(pieces: Sequence[str | e.Expr], make: Make, shown: Callable[[e.Expr], str]) -> Operated:
    """The value of one operation.

    ``pieces`` are the operands with the signs around them, as in ``(A, " + ", B)``; ``shown`` gives the text of an operand, which is
    asked for only when a message needs it. Raises ShapeError or ParseError with that text and the place in it.
    """
    try:
        found = _operated(pieces, make, lambda _: "?")
    except MatcalcError:
        found = None
    return found if found is not None and not found.notes else _operated(pieces, make, shown)


def _operated(pieces: Sequence[str | e.Expr], make: Make, shown: Callable[[e.Expr], str]) -> Operated:
    text = ""
    values: dict[str, e.Expr] = {}
    names: list[s.Syntax] = []
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
            continue
        name = f"operand {len(names) + 1}"  # no name of the language, so it hides none
        start, text = len(text), text + shown(piece)
        values[name] = piece
        names.append(s.Name(Span(start, len(text)), name))
    reader = _Operation(text, values)
    try:
        return reader.value(make(names, Span(0, len(text))))
    except MatcalcError as error:
        raise error.with_text(text) from None


class _Operation(Reader):
    """A reader of which the parts are typed expressions already."""

    def __init__(self, text: str, values: dict[str, e.Expr]) -> None:
        super().__init__(text, None)
        self._values = values
        self.declarations = {name: Declaration(name, None, value.shape) for name, value in values.items()}
        self.scope.declarations = self.declarations

    def value(self, syntax: s.Syntax) -> Operated:
        root = self.builder.build(syntax)
        self.solve([root])
        construction = Construction(self._values, self.text)
        built = construction.build(root)
        return Operated(built, notes_of((*self.decisions, *construction.decisions, *self.builder.answers())))


def size_syntax(size: Size, place: Span) -> s.Syntax:
    """A size as it is written as an argument: ``n``, ``3``, ``2*m*n``."""
    parts: list[s.Syntax] = [s.Name(place, name) for name in size.names]
    if size.factor != 1 or not parts:
        parts.insert(0, s.NumberLiteral(place, Fraction(size.factor)))
    whole = parts[0]
    for part in parts[1:]:
        whole = s.Binary(place, "*", whole, part, place)
    return whole
