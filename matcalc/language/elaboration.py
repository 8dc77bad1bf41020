"""Text to typed expression, and one operation of the language applied to typed expressions, as
operators in Python need it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import reduce
from importlib import import_module
from typing import TYPE_CHECKING

from matcalc.base.errors import MatcalcError, ParseError, Span
from matcalc.base.lazy import later, pattern
from matcalc.base.records import record, replace
from matcalc.base.shapes import Shape
from matcalc.base.sizes import Size
from matcalc.expr import nodes as e
from matcalc.language.build import terms as t
from matcalc.language.build.construction import Construction
from matcalc.language.build.forms import TIES, filled
from matcalc.language.decisions import (
    AS_USUAL,
    Attempt,
    Calculus,
    Decision,
    Elaborated,
    Question,
    ReadingOptions,
    least,
    notes_of,
)
from matcalc.language.declare.declared import BlockText, Declaration, Declare, SharedNames, SharedText, declaration_text, unused
from matcalc.language.reader import Reader
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.trees import ungrouped
from matcalc.language.typing.kinds import extent, kind_of

if TYPE_CHECKING:
    from matcalc.language.syntax import open_indices
    from matcalc.language.text import asked_in_words
    from matcalc.language.typing import kind_relations
else:
    asked_in_words = later("matcalc.language.text.asked_in_words")
    kind_relations = later("matcalc.language.typing.kind_relations")
    open_indices = later("matcalc.language.syntax.open_indices")

_ASKS = pattern(r"(?:\A|[;\n])\s*(?:[Tt]he|[A-Za-z'-]{3,}|a|2nd)\s+\S|\b(?:wrt|w\.r\.t|respect)\b")
"""How the last statement of a text may begin, or end, that asks in words."""


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

    ``declare`` gives kinds, sizes and properties of names, the rest is inferred; ``wrt`` are names
    that must be symbols of the expression (with ``results`` intermediate results too); ``shape`` is
    the shape that the expression is to have, which settles sizes of ``eye``, ``vector(1)`` and the
    literal 0. ``options`` say what the reader may decide. ``calculus`` evaluates derivatives within
    the expression, which are refused without it; with ``question`` a derivative that is the whole
    of the text is given back as the ``question``, not evaluated.

    Tensors of order 3 and 4 are declared (``T: n×m×p``) or made:
    ``tensor(i, k, sum(j, T[i,j,k]*x[j]))`` is the array whose entry at i, k is the scalar behind
    them, so that contractions over named indices, traces, outer products and axes in another order
    are all written with entries and ``sum``. Along an index that the scalar does not have, the
    entries are copied. Elementwise operations broadcast as in NumPy, the last axes aligned, axes of
    size one and missing ones copied; a vector is an array of n×1 in this, its transpose one of 1×n.

    Raises ParseError, ShapeError, UnknownFunctionError or LimitError, which know the text and the
    place in it.
    """
    wrt = tuple(wrt)
    request = _request(text) if question else None
    text = text if request is None else request.formula

    def attempt(chosen: ReadingOptions) -> Attempt[Elaborated]:
        reader = _ExpressionReader(text, declare, wrt, results=results, options=chosen, calculus=calculus)
        return reader.attempted(lambda: reader.expression(shape, question))

    if request is None:
        return least(attempt, text, options)
    try:
        found = least(attempt, text, options)
        return replace(found, question=_asked_in_words(request, wrt, found.question))
    except MatcalcError as error:
        raise request.told(error) from None


def _request(text: str) -> asked_in_words.Request | None:
    """What words around the formula ask for."""
    return asked_in_words.request_in(text) if _ASKS.search(text) is not None else None


def _asked_in_words(request: asked_in_words.Request, wrt: Sequence[str], signed: Question | None) -> Question | None:
    """What is asked for by words around a formula and by the formula itself. Raises ParseError
    where both ask for a derivative, or contradict each other."""
    if signed is not None and signed.said and request.noun:
        said = f"the text asks for the {request.noun} of a derivative"
        raise ParseError(said, suggestion="the sign of differentiation alone, d/dx(d(f)/dx), or the words alone")
    asked = request.question(wrt or (signed.names if signed is not None and signed.settled else ()))
    return signed if asked is None or (signed is not None and signed.said) else asked


def question_in(text: str, declare: Declare = None, options: ReadingOptions = AS_USUAL) -> Question | None:
    """The derivative that a text asks for by itself; None when it names none. Raises as
    ``elaborate`` does.

    >>> question_in("d/dx x'Ax").names, question_in("f(w) = ||Xw - y||^2").names, question_in("x'Ax")
    (('x',), ('w',), None)
    """
    request = _request(text)
    if request is None:
        return _signed(text, declare, options)
    try:
        return _asked_in_words(request, (), _signed(request.formula, declare, options))
    except MatcalcError as error:
        raise request.told(error) from None


def _signed(text: str, declare: Declare, options: ReadingOptions) -> Question | None:
    """What the signs of a text ask for."""
    reader = _ExpressionReader(text, declare, options=options)
    try:
        return reader.asked(reader.ordered(reader.parse()))[1]
    except MatcalcError as error:
        raise reader.source.located(error) from None


def about_unused(declare: Declare, occurring: Sequence[str], *others: str) -> tuple[Decision, ...]:
    """What is to be said of declared names that do not occur; ``others`` are names that may be
    declared all the same.

    Raises ParseError where such a name may be meant for a symbol that is not declared.
    """
    if not declare or (isinstance(declare, (SharedNames, SharedText)) and not isinstance(declare, BlockText)):
        return ()
    names = unused(declare, [*occurring, *others])
    return import_module("matcalc.language.declare.unused_names").about(declare, names, occurring) if names else ()


class _ExpressionReader(Reader):
    """Reads a text that is one expression, or what asks for a derivative of one."""

    def expression(self, shape: Shape | None, as_question: bool = False) -> Elaborated:
        """The whole of ``elaborate``, without the text in its errors."""
        program = self.ordered(self.parse())
        question = None
        if as_question:
            program, question = self.asked(program)
        self.build_assignments(program)
        root = self.value_of(self._over_free_indices(program.value))
        if shape is not None:
            if shape and isinstance(root, t.NumberTerm) and root.value == 0:
                self.solve([])
                return self.result(filled(root.value, shape), Construction({}, self.text))
            self.expect(root, shape)
        self.check_indices()
        self.check_wrt()
        self.solve([root])
        construction = self.construction(self.symbols())
        found = self.result(construction.build(root), construction, root)
        return replace(found, question=question) if question else found

    def asked(self, program: s.Program) -> tuple[s.Program, Question | None]:
        """The program without the derivative that is the whole of it, and that derivative."""
        value, assignments = _whole_of(program)
        if isinstance(value, s.Definition):
            return program, Question(value.parameters, said=False)
        inner = ungrouped(value.operand) if isinstance(value, s.Transposed) else value
        turned = inner is not value
        if not isinstance(inner, s.DerivativeOf) or inner.point is not None or inner.along or (turned and len(inner.wrt) > 1):
            return program, None
        asked = Question(inner.wrt, turned != inner.turned)
        return replace(program, assignments=assignments, value=inner.body), asked

    def value_of(self, value: s.Syntax) -> t.Term:
        """The term of what is the whole: of ``y = f`` and ``f(x) = ...`` that of the right side."""
        if isinstance(value, s.Definition):
            self.define(value)
            return self.builder.function_value(value, None, value.span)
        if isinstance(value, s.Equation) and isinstance(value.left, s.Name):
            name = value.left
            self._require_undeclared(name)
            root = self.builder.build(value.right)
            if name.name in self.scope.variables:
                there = "what is differentiated by" if name.name in self.wrt else "in its own value"
                raise ParseError(
                    f"{name.name} is given a value, and stands {there}", span=name.span, suggestion="the right side alone"
                )
            return root
        return self.builder.build(value)

    def _over_free_indices(self, value: s.Syntax) -> s.Syntax:
        """An expression with indices that no sum binds as the array over them."""
        if not self.indexed or isinstance(value, s.Equation | s.Definition) or not open_indices.shows_indices(value):
            return value
        return open_indices.over(value, self.free_indices(value))

    def expect(self, root: t.Term, shape: Shape) -> None:
        """Asks for a shape of the whole."""
        words = f"the expected shape ({declaration_text(shape, ())})"
        if len(shape) > 2:
            self.builder.relate(kind_relations.ArrayOf(root.span, words, shape, root.cell))
            return
        kinds = frozenset({(kind_of(shape),)})
        self.builder.relate(kind_relations.Measured(root.span, kinds, words, (root.cell,), (extent(shape),)))

    def _check_member(self, name: str) -> None:
        """By members that are tied in themselves no derivative is known: an array has no such
        property."""
        for (base, _), declaration in self.scope.declared_members.items():
            if base == name and declaration.facts & TIES:
                raise ParseError(
                    f"there is no derivative by all {declaration.name} where each is {' and '.join(declaration.properties)}",
                    suggestion=f"one of them alone: {base}_1: n×n {declaration.properties[0]}",
                )

    def check_wrt(self) -> None:
        """Every name differentiated by must be a symbol, of the expression or declared."""
        for name in self.wrt:
            if name in self.scope.values:
                if self.results:
                    continue
                raise ParseError(f"{name} is an intermediate result, not a symbol to differentiate by")
            self._check_member(name)
            name = self.of_family(name)
            declaration = self.declarations.get(name)
            if declaration is not None and declaration.kind == "function":
                raise ParseError(f"{name} is declared as a function, not as a symbol to differentiate by")
            if name not in self.scope.variables and declaration is None:
                names = ", ".join(self.scope.variables) or "no symbol"
                raise ParseError(f"{name} does not occur in the expression", expected=f"one of its symbols: {names}")


def _whole_of(program: s.Program) -> tuple[s.Syntax, tuple[tuple[s.Name, s.Syntax], ...]]:
    """What a program is for, without a name that it is given, and the other assignments."""
    value = ungrouped(program.value)
    if isinstance(value, s.Equation) and isinstance(value.left, s.Name):
        return ungrouped(value.right), program.assignments
    given = next((pair for pair in program.assignments if pair[0] is program.value), None)
    if given is None or not isinstance(ungrouped(given[1]), s.DerivativeOf):
        return value, program.assignments
    return ungrouped(given[1]), tuple([pair for pair in program.assignments if pair is not given])


Make = Callable[[Sequence[s.Syntax], Span], s.Syntax]
"""Makes the syntax of an operation from that of its operands and the place of the whole."""


@record
class Operated:
    """The value of an operation, and what is to be told about it."""

    expression: e.Expr
    notes: tuple[str, ...]


def operate(pieces: Sequence[str | e.Expr], make: Make, shown: Callable[[e.Expr], str]) -> Operated:
    """The value of one operation.

    ``pieces`` are the operands with the signs around them, as in ``(A, " + ", B)``; ``shown`` gives
    the text of an operand, which is asked for only when a message needs it. Raises ShapeError or
    ParseError with that text and the place in it.
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

    settles = False

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
    """A size as it is written as an argument: ``n``, ``3``, ``2*m*n``, ``n+1``, ``n*n/2+n/2``."""

    def joined(left: s.Syntax | None, operator: str, right: s.Syntax) -> s.Syntax:
        return right if left is None else s.Binary(place, operator, left, right, place)

    whole: s.Syntax | None = None
    for names, factor in size.in_writing:
        count = Fraction(abs(factor.numerator))
        number: list[s.Syntax] = [s.NumberLiteral(place, count)] if count != 1 or not names else []
        product = reduce(lambda left, right: joined(left, "*", right), [*number, *[s.Name(place, name) for name in names]])
        if factor.denominator != 1:
            product = joined(product, "/", s.NumberLiteral(place, Fraction(factor.denominator)))
        whole = joined(whole, "-" if factor < 0 else "+", product)
    assert whole is not None
    return whole
