"""Derivatives by complex symbols and by their conjugates: what derive gives where a symbol is
complex."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias, cast

from matcalc.analysis.conjugates import Formal, agree
from matcalc.base.budgets import as_call
from matcalc.base.errors import MatcalcError
from matcalc.base.functions import of_complex_numbers, over
from matcalc.base.layouts import Layout, Symmetric, laid_out
from matcalc.base.lazy import later, pattern
from matcalc.base.records import guarded, record, replace
from matcalc.base.shapes import axes_of, shape_text
from matcalc.derivation.pipeline import Outcome, derivative_of
from matcalc.expr.nodes import Expr, Number, Symbol, Zeros
from matcalc.expr.rewriting import symbols_in
from matcalc.facts.table import COMPLEX, essential
from matcalc.interface.results import Derivation
from matcalc.language import Elaborated, parse_declarations
from matcalc.language.decisions import ReadingOptions
from matcalc.language.declare.declared import Declare, declaration_text
from matcalc.language.elaboration import about_unused, question_in
from matcalc.language.text.spelling import bracket_depths, canonical_name, is_name
from matcalc.objects.inputs import (
    Expression,
    Name,
    Names,
    also_declared,
    listed,
    named_in,
    names_of,
    read,
    require_choices,
    symbol_named,
    with_symbols,
)
from matcalc.objects.parsed import ParsedExpression, array_function, programs
from matcalc.printing import text

if TYPE_CHECKING:
    from matcalc.analysis import complex_results
    from matcalc.entries import Entries
    from matcalc.evaluation import complex_points, tensor_interpreter
    from matcalc.evaluation.complex_points import By
    from matcalc.evaluation.sampling import Point
    from matcalc.interface.equations import Equation
    from matcalc.language.build import complex_calls
    from matcalc.simplifying.shown_forms import Named
    from matcalc.steps import step
    from matcalc.steps.step import Steps
else:
    complex_calls = later("matcalc.language.build.complex_calls")
    step = later("matcalc.steps.step")
    complex_results = later("matcalc.analysis.complex_results")
    complex_points = later("matcalc.evaluation.complex_points")
    tensor_interpreter = later("matcalc.evaluation.tensor_interpreter")

_CALLED = pattern(
    r"\s*(?:\w+\.)?(?P<function>\w+)\s*\(\s*(?P<name>[^()]+?)\s*\)\s*|\s*(?P<receiver>[^().]+)\.conj(?:ugate)?\(\)\s*"
)
_MARKED = pattern(r"\s*(?P<name>.+?)\s*\^\s*\{?\s*(?:\*|\\ast|\\star)\s*\}?\s*")
_CONVENTION = "d/dz = (d/dx − i d/dy)/2 and d/dconj(z) = (d/dx + i d/dy)/2 of z = x + i y, the other one held fixed"
_GRADIENT = (
    "the value is real: its gradient, the direction of steepest ascent, is 2 d/dconj({0}), which PyTorch gives;"
    " jax.grad gives the conjugate of that, 2 d/d{0}"
)


@guarded
class WirtingerDerivation(Derivation):
    """The derivative by a complex symbol or by its conjugate, the other one held fixed.

    ``wrt`` are formal symbols: that of a conjugate has a bar. ``formal`` is the derivation in which
    a symbol and its conjugate are two symbols; ``holds`` are conditions.
    """

    formal: Derivation
    there: Formal
    holds: tuple[str, ...]

    @property
    def conditions(self) -> tuple[str, ...]:
        return self.holds

    @cached_property
    def _short(self) -> Outcome:
        return self.outcome

    @cached_property
    def _named(self) -> Named:
        names, body = self.formal._named
        found = tuple([(symbol, _shown_back(part, self.there)) for symbol, part in names])
        return found, None if body is None else _shown_back(body, self.there)

    def with_cost(self, cost: str) -> Derivation:
        """The same derivative in the form that has least of something; see ``Derivation``."""
        other = self.formal.with_cost(cost)
        return self if other is self.formal else replace(self, formal=other, outcome=_outcome_back(other, self.there))

    @as_call
    def derivation_steps(self, style: str = "index") -> Steps:
        """The derivation in steps, in formal symbols: z and z̄ are two symbols."""
        made = self.formal.derivation_steps(style)
        names = [step.Writing.of(partial(text, Symbol(other, ()))) for other in self._conjugates.values()]
        listed = [part for name in names for part in (", ", name)][1:]
        said = (" With ", *listed, " for the conjugates as symbols of their own.") if names else ()
        return type(made).of(made, (*made.statement, *said))

    def _not_for_this(self, what: str) -> NoReturn:
        raise MatcalcError(f"{what} is not there for derivatives by complex symbols", suggestion=".text(), .function(), .steps")

    def samples(self) -> Derivation:
        """Not available."""
        self._not_for_this("a sum over samples")

    def differential(self) -> Equation:
        """Not available."""
        self._not_for_this("the differential")

    def slice(self, *positions: int | str) -> Equation:
        """Not available."""
        self._not_for_this("the derivative by an entry")

    def entries(self, **sizes: int) -> Entries:
        """Not available."""
        self._not_for_this("the derivative entry by entry")

    def sympy(self, symbols: Sequence[Any] = ()) -> Any:
        """Not available."""
        self._not_for_this("SymPy's form")

    @as_call
    def function(
        self, target: str = "numpy", *, batched: Names = (), sparse: Names = (), shard: str | None = None
    ) -> Callable[..., Any]:
        """A callable of complex arrays, as of other derivatives."""
        if self.expression is not None:
            return self.expression.function(target, batched=batched, sparse=sparse, shard=shard)
        if target != "numpy" or batched or sparse or shard:
            raise MatcalcError("there is no closed form, and only NumPy evaluates others", suggestion='function("numpy")')
        arguments = self.outcome.tensor, self.formal.source.node, self.wrt, self.layout, self._conjugates
        return array_function(_tensor_callable, *arguments, declarations=self.declarations, result=declaration_text(self.shape))

    @property
    def _conjugates(self) -> dict[str, str]:
        return {name: pair.conjugate.name for name, pair in self.there.pairs.items() if isinstance(pair.conjugate, Symbol)}

    @as_call
    def code(self, target: str = "numpy", *, batched: Names = (), sparse: Names = (), shard: str | None = None) -> str:
        """The source text of a function of complex arrays, without a check of itself. Raises
        MatcalcError where there is no closed form."""
        if self.expression is None:
            self._not_for_this("code of what has no closed form")
        return self.expression.code(over(target, shard), batched=batched, sparse=sparse)

    @as_call
    def to_dict(self) -> dict[str, Any]:
        return {**super().to_dict(), "wrt": [_spelled(symbol.name, self._conjugates) for symbol in self.wrt]}

    def __repr__(self) -> str:
        by = ", ".join(_spelled(symbol.name, self._conjugates) for symbol in self.wrt)
        return f"<WirtingerDerivation of {self.source.text()} by {by}: {self.text()}>"


def _tensor_callable(tensor: Any, source: Expr, wrt: tuple[Symbol, ...], layout: str, conjugates: Mapping[str, str]) -> Any:
    """What evaluates a derivative without a closed form, of complex arrays."""
    plain = programs().tensor_function(tensor, source, wrt, layout)
    return lambda **values: plain(**values, **_conjugated(values, conjugates))


def _conjugated(values: Mapping[str, Any], conjugates: Mapping[str, str]) -> dict[str, Any]:
    return {other: complex_points.conjugate(values[name]) for name, other in conjugates.items() if name in values}


def _spelled(name: str, conjugates: Mapping[str, str]) -> str:
    return next((f"conj({plain})" for plain, other in conjugates.items() if other == name), name)


# ------------------------------------------------------------ what is asked


@record
class _By:
    """The name of a symbol, and whether its conjugate is meant."""

    name: Name
    conjugate: bool


def _by(wrt: Name, declared: Mapping[str, Any]) -> _By:
    """What a name differentiates by: ``conj(z)``, ``z̄``, ``z^*``, or a symbol itself."""
    if not isinstance(wrt, str):
        return _By(wrt, False)
    called, marked = _CALLED.fullmatch(wrt), _MARKED.fullmatch(wrt)
    if called and (called["receiver"] or of_complex_numbers().get(called["function"]) == "conj"):
        return _By(called["receiver"] or called["name"], True)
    if marked:
        return _By(marked["name"], True)
    if is_name(wrt):
        stem, mark = complex_calls.unmarked(canonical_name(wrt))
        if mark and canonical_name(wrt) not in declared:
            return _By(stem, True)
    return _By(wrt, False)


def _asking_text(text: str) -> str:
    """A text that itself says what it is differentiated by, with bars for conjugates there. Raises
    MatcalcError where it asks for a gradient, which the libraries have in two conventions."""
    if _NAMES_GRADIENT.search(text) is not None:
        raise MatcalcError(
            "the gradient by a complex symbol is 2 d/dconj(z), or in other books d/dconj(z)",
            expected="the derivative by z or by conj(z)",
            suggestion="d/dz̄ (...), or the formula with wrt",
        )
    return _BY_CONJUGATE.sub(lambda found: f"{found['sign']}{found['name']}_bar", text)


_NAMES_GRADIENT = pattern(r"\b[Gg]radient\b|\b[Hh]essian\b|\b[Jj]acobian\b|∇|\\nabla")
_BY_CONJUGATE = pattern(
    r"(?P<sign>(?:/\s*|\b)[d∂]\s*|\b(?:by|wrt|w\.r\.t\.|with\s+respect\s+to)\s+)(?:np\.)?conj\(\s*(?P<name>[^\W_]\w*)\s*\)"
)


def derived(
    expression: Expression,
    wrt: Names | None,
    declare: Declare,
    options: ReadingOptions,
    order: int,
    layout: Layout,
    symmetric: Symmetric,
) -> WirtingerDerivation:
    """The derivative of an expression with complex symbols, which is confirmed by differences at
    complex points before it is given."""
    require_choices(layout, symmetric)
    options, declared = replace(options, complex=True), parse_declarations(declare)
    if wrt is None and isinstance(expression, str):
        expression = _asking_text(expression)
    asked = named_in(expression, declare, options) if wrt is None else listed(wrt)
    asked = asked * order if len(asked) == 1 else asked
    if len(asked) != 2 and (len(asked) != 1 or order != 1):
        raise MatcalcError(f"cannot differentiate by {len(asked)} names", expected="one name, or a pair")
    ways = [_by(one, declared) for one in asked]
    names = names_of([way.name for way in ways])
    given = () if wrt is None else names
    elaborated = read(expression, with_symbols(declare, names), wrt=given, results=True, options=options, question=True)
    elaborated = elaborated.with_more(about_unused(declare, tuple(elaborated.declarations), *names))
    _require_agreement(elaborated, names, ways, declared)
    variables = [_variable(name, way.conjugate, elaborated) for name, way in zip(names, ways, strict=True)]
    return _derivation(elaborated, variables, layout, symmetric)


def _require_agreement(read: Elaborated, names: Sequence[str], ways: Sequence[_By], declared: Mapping[str, Any]) -> None:
    """Raises MatcalcError where the text asks for another derivative than the call."""
    if read.question is not None and read.question.said:
        said = [_by(one, declared) for one in read.question.names]
        if [(one.name, one.conjugate) for one in said] != [(name, way.conjugate) for name, way in zip(names, ways, strict=True)]:
            raise MatcalcError("the text is another derivative than what is asked for", suggestion="the formula alone")


def _variable(name: str, conjugate: bool, read: Elaborated) -> By:
    if name in read.steps:
        raise MatcalcError("the derivative by an intermediate result is not there for complex symbols")
    symbol = symbol_named(name, read)
    if conjugate and COMPLEX not in symbol.properties:
        raise MatcalcError(f"{name} is real: it is its own conjugate", suggestion=f"declare {name}: complex")
    return complex_points.By(symbol, conjugate)


def _derivation(found: Elaborated, by: Sequence[By], layout: Layout, symmetric: Symmetric) -> WirtingerDerivation:
    source = found.expression
    symbols = {**symbols_in(source), **{one.symbol.name: one.symbol for one in by}}
    there = Formal(symbols, frozenset(found.declarations))
    pair = there.pair(source)
    wrt = tuple(
        [there.variable(one.symbol.name, one.conjugate) if COMPLEX in one.symbol.properties else one.symbol for one in by]
    )
    plain = ParsedExpression(pair.plain, _formal_declarations(symbols_in(pair.plain), wrt), (), None)
    formal = Derivation(plain, wrt, derivative_of(pair.plain, wrt, layout, symmetric), layout, symmetric, ())
    outcome = _outcome_back(formal, there)
    _confirm(source, by, symbols, outcome, formal, there)
    notes = [*found.notes, *_said_of_kinds(symbols, found), _CONVENTION]
    if pair.is_real and not source.shape and len(by) == 1 and COMPLEX in by[0].symbol.properties:
        notes.append(_GRADIENT.format(by[0].symbol.name))
    given = ParsedExpression(source, found.declarations, found.notes, found.origin, found)
    holds = complex_results.conditions(source, outcome.shown, there)
    said = tuple(dict.fromkeys([*notes, *outcome.notes]))
    return WirtingerDerivation(given, wrt, outcome, layout, symmetric, said, formal, there, holds)


def _formal_declarations(symbols: Mapping[str, Symbol], wrt: Sequence[Symbol]) -> dict[str, str]:
    every = {**symbols, **{one.name: one for one in wrt}}
    return {name: declaration_text(symbol.shape, essential(symbol.properties)) for name, symbol in every.items()}


def _said_of_kinds(symbols: Mapping[str, Symbol], read: Elaborated) -> list[str]:
    """That what was not declared is real."""
    real = [name for name in symbols if name not in (read.given or {})]
    return [f"{', '.join(real)}: real, since not declared as complex"] if real else []


def _outcome_back(formal: Derivation, there: Formal) -> Outcome:
    """The outcome in the complex symbols, as it is shown."""
    short = formal._short
    form = None if short.closed_form is None else _shown_back(short.closed_form, there)
    sums = None if short.sums is None else _shown_back(short.sums, there)
    return replace(short, expression=form, sums=sums, short=None)


def _shown_back(form: Expr, there: Formal) -> Expr:
    return complex_results.shortened(there.back(form))


def _confirm(
    source: Expr, by: Sequence[By], symbols: Mapping[str, Symbol], outcome: Outcome, formal: Derivation, there: Formal
) -> None:
    """Raises MatcalcError where differences do not confirm the derivative."""
    form = outcome.shown
    given = [*symbols.values()]
    laid_out = _arrangement(by, formal.layout if form is not None else "tensor")
    conjugates = {name: pair.conjugate.name for name, pair in there.pairs.items() if isinstance(pair.conjugate, Symbol)}

    def claimed(point: Point) -> Any:
        if form is not None:
            return complex_points.value_of(form, point)
        values = {**point.values, **_conjugated(point.values, conjugates), "i": 1j}
        return tensor_interpreter.evaluate_tensor(outcome.tensor, values, point.sizes)

    others = [] if form is None else [form]
    found = complex_points.confirmed(source, by, given, claimed, laid_out, others, formal.symmetric)
    if found != "right":
        raise MatcalcError(
            "differences at complex points do not confirm what was found"
            if found == "wrong"
            else "no point was found at which what was found could be confirmed",
            expected="a formula whose rules hold for complex numbers, too",
            suggestion="the same formula written by conj, re, im and abs of its symbols",
        )


def _arrangement(by: Sequence[By], layout: str) -> Callable[[Any, Expr], Any]:
    """How the axes of a numerical derivative stand in the layout."""

    def arranged(value: Any, source: Expr) -> Any:
        axes = tuple(value.shape[: len(axes_of(source.shape))])
        return laid_out(value, axes, tuple([len(axes_of(one.symbol.shape)) for one in by if one.symbol.shape]), layout)

    return arranged


# ------------------------------------------------------------ claims


Status: TypeAlias = Literal["proved", "confirmed", "refuted", "undecided"]


@record
class Judged:
    """What is found of a claim: its ``status``, the numbers of both sides at a point where they
    differ, and the right answer where a derivative is claimed."""

    status: Status
    reason: str = ""
    points: int = 0
    at: Point | None = None
    left: Any = None
    right: Any = None
    answer: ParsedExpression | None = None
    declarations: Mapping[str, str] | None = None
    notes: tuple[str, ...] = ()
    holds_if: tuple[str, ...] = ()


@record
class _Side:
    """One side of a claim: what it stands for, and of a derivative the answer."""

    node: Expr
    declarations: Mapping[str, str]
    notes: tuple[str, ...]
    holds_if: tuple[str, ...] = ()
    answer: ParsedExpression | None = None


def judged(claim: str, declare: Declare, options: ReadingOptions, layout: str, symmetric: str) -> Judged:
    """Whether an equation with complex symbols holds: by index notation of formal symbols, and at
    complex points.

    Raises MatcalcError for what is no equation of two expressions, or of a derivative and one.
    """
    options = replace(options, complex=True)
    sides = _equated(claim)
    if len(sides) != 2:
        raise MatcalcError("a claim about complex symbols is one equation", suggestion="d(z^H*A*z)/dconj(z) = A*z")
    left = _side(sides[0], declare, options, layout, symmetric)
    right = _side(sides[1], also_declared(declare, left.declarations), options, layout, symmetric)
    node = Zeros(left.node.shape) if left.node.shape and right.node is _ZERO else right.node
    known = Judged(
        "undecided",
        answer=left.answer or right.answer,
        declarations={**right.declarations, **left.declarations},
        notes=tuple(dict.fromkeys([*left.notes, *right.notes])),
        holds_if=tuple(dict.fromkeys([*left.holds_if, *right.holds_if])),
    )
    if left.node.shape != node.shape:
        reason = f"the left side is {shape_text(left.node.shape)}, the right side {shape_text(node.shape)}"
        return replace(known, status="refuted", reason=reason)
    symbols = symbols_in(left.node, node)
    point, points = complex_points.difference([left.node, node], [*symbols.values()])
    if point is not None:
        one, other = [complex_points.value_of(side, point) for side in (left.node, node)]
        return replace(known, status="refuted", points=points, at=point, left=one, right=other)
    there = Formal(symbols, frozenset({**right.declarations, **left.declarations}))
    proved = points >= complex_points.POINTS and agree(there.pair(left.node).plain, there.pair(node).plain)
    status: Status = "proved" if proved else "confirmed" if points >= complex_points.POINTS else "undecided"
    return replace(known, status=status, points=points)


_ZERO = Number(Fraction(0))


def _equated(claim: str) -> list[str]:
    """The sides of an equation: what stands between equals signs outside brackets."""
    text = claim.replace("==", "=")
    signs = [place for place, (sign, depth) in enumerate(zip(text, bracket_depths(text))) if sign == "=" and not depth]
    return [text[start + 1 : end] for start, end in pairwise([-1, *signs, len(text)])]


def _side(written: str, declare: Declare, options: ReadingOptions, layout: str, symmetric: str) -> _Side:
    asking = _asking_text(written)
    question = question_in(asking, declare, options)
    if question is None or not question.said:
        found = read(asking, declare, options=options)
        return _Side(found.expression, found.declarations, found.notes)
    derivation = derived(asking, None, declare, options, 1, cast("Layout", layout), cast("Symmetric", symmetric))
    if derivation.outcome.shown is None:
        raise MatcalcError("the derivative has no closed form, and is not compared", suggestion="derive(...), for its index form")
    said = derivation.declarations, derivation.notes, derivation.conditions
    return _Side(derivation.outcome.shown, *said, derivation.expression)
