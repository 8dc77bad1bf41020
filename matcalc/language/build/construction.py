"""Terms whose kinds and sizes are known to typed expressions; the ones vectors of broadcasting are
put in here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

from matcalc.base.errors import MatcalcError, NotDifferentiableError, ParseError, ShapeError, Span
from matcalc.base.functions import function_called, functions, is_entrywise
from matcalc.base.lazy import later
from matcalc.base.shapes import Shape, axes_of, is_square, shape_of, sizes_text
from matcalc.base.sizes import ONE, Size
from matcalc.expr import nodes as e
from matcalc.expr.rewriting import replaced, symbols_in
from matcalc.language.build import terms as t
from matcalc.language.build.forms import (
    LONGEST_OPENED,
    array_product,
    block_array,
    diagonals_of_one,
    filled,
    finite_where_equal,
    first_order,
    function_of,
    hadamard,
    largest_sum,
    merged,
    product,
    quotient,
    scaled_ones,
    settled,
)
from matcalc.language.decisions import Calculus, Decision, Derived, Differentiated
from matcalc.language.typing.dimensions import Dimension, resolved
from matcalc.language.typing.kinds import COLUMN, ROW, SCALAR, Cell

if TYPE_CHECKING:
    from matcalc.expr import deduction
    from matcalc.facts import known as traits
else:
    deduction = later("matcalc.expr.deduction")
    traits = later("matcalc.facts.known")

Functions: TypeAlias = Mapping[str, Mapping[str, t.Term]]
"""Names that are functions without a formula -> the names that each depends on, with what these
stand for."""

MATRIX_COUNTERPART = MappingProxyType(
    {"exp": ("expm", "exponential"), "log": ("logm", "logarithm"), "sqrt": ("sqrtm", "square root")}
)
"""Elementwise functions with the functions of matrices that are written in the same way, and what
these are called."""
MATRIX_FUNCTIONS = "matrix functions"
"""The choice that those are meant where the argument is a square matrix."""
NO_FUNCTIONS: Functions = MappingProxyType({})
_MINUS_ONE = e.Number(Fraction(-1))
_SECOND = "second derivatives of a function without a formula are not known"
_INDEX_LETTERS = "ijklpqrstuvwxyzabcdfgh"


def size_of(dimension: Dimension) -> Size:
    """The size, which inference has found."""
    found = resolved(dimension)
    assert isinstance(found, Size)
    return found


def shape_of_cell(cell: Cell) -> Shape:
    return tuple([size_of(axis) for axis in cell.axes]) if cell.deep else shape_of(size_of(cell.rows), size_of(cell.cols))


class Construction:
    """Builds the expressions of terms; ``decisions`` collects what broadcasting put in, in order,
    ``derived`` the derivatives found."""

    def __init__(
        self,
        symbols: Mapping[str, e.Expr],
        text: str,
        kept: Mapping[t.Term, e.Symbol] | None = None,
        calculus: Calculus | None = None,
        functions: Functions = NO_FUNCTIONS,
        otherwise: frozenset[str] = frozenset(),
    ) -> None:
        """``symbols`` are what names stand for; ``kept`` gives symbols that stand for terms as they
        are; ``functions`` are names without a formula that are functions of others; ``otherwise``
        are choices taken the other way than usual."""
        self._otherwise = otherwise
        self._symbols = symbols
        self._functions = functions
        self._turns: set[bool] = set()
        self._text = text
        self._kept = kept or {}
        self._calculus = calculus
        self._bound: dict[t.BoundTerm, e.Symbol] = {}
        self._built: dict[t.Term, e.Expr] = {}
        self.decisions: list[Decision] = []
        self.derived: list[Derived] = []

    def build(self, root: t.Term) -> e.Expr:
        """The expression of a term.

        Raises ShapeError for a position outside a numeric size.
        """
        return self.build_all((root,))[0]

    def build_all(self, roots: tuple[t.Term, ...]) -> list[e.Expr]:
        """The expressions of several terms, which may share parts; no recursion over depth."""
        for term in t.postorder(*roots):
            if term not in self._built:
                self._built[term] = self._kept.get(term) or self._make(term)
        return [self._built[root] for root in roots]

    def _make(self, term: t.Term) -> e.Expr:
        return _MADE[type(term)](self, term, [self._built[operand] for operand in t.operands_of(term)])

    def _element_quotient(self, term: t.QuotientTerm, built: list[e.Expr]) -> e.Expr:
        above, below = self._paired(term, built) if term.elementwise and not any(part.is_scalar for part in built) else built
        if isinstance(below, e.Zeros) or (isinstance(below, e.Number) and not below.value):
            raise ShapeError("division by zero", span=term.operands[1].span)
        return quotient(above, below) if term.elementwise or not below.is_matrix else product([above, e.Inverse(below)])

    def _elementwise(self, term: t.ElementwiseTerm, built: list[e.Expr]) -> e.Expr:
        square = built[0].is_matrix and built[0].rows == built[0].cols
        if square and term.function in MATRIX_COUNTERPART and MATRIX_FUNCTIONS in self._otherwise:
            return e.Call(MATRIX_COUNTERPART[term.function][0], (built[0],), None, built[0].shape)
        return e.Elementwise(term.function, built[0])

    def _variable(self, term: t.SymbolTerm | t.BoundTerm) -> e.Symbol:
        """What is differentiated by. A bound variable has a name that no text has: it is replaced
        before anyone sees it."""
        if isinstance(term, t.SymbolTerm):
            found = self._symbols[term.name]
            assert isinstance(found, e.Symbol)
            return found
        if term not in self._bound:
            self._bound[term] = e.Symbol(f"{term.name}°{len(self._bound)}", shape_of_cell(term.cell))
        return self._bound[term]

    def _derivative(self, term: t.DerivativeTerm, built: list[e.Expr]) -> e.Expr:
        """The closed form of a derivative within an expression.

        Raises NotDifferentiableError where it has none.
        """
        if self._calculus is None:
            raise ParseError(
                "a derivative cannot be part of an expression",
                span=term.span,
                suggestion="derive(f, x), or verify a statement d(f)/dx = ...",
            )
        points = built[1 : len(built) - term.directed]
        wrt = tuple([self._variable(variable) for variable in term.wrt])
        inner = self._with_free_results(term, wrt[0])
        function = inner.build(term.operands[0]) if term.uses else built[0]
        still = e.Symbol(f"{wrt[0].name}°", wrt[0].shape, wrt[0].properties)
        if self._functions:
            inner.check_second(function, [variable.name for variable in wrt], term.span)
            function = self._as_functions(function, inner, wrt[0], still, term)
        question = Differentiated(function, wrt, term.turned, tuple(built[len(built) - term.directed :]))
        try:
            form = self._calculus(question)
        except MatcalcError as error:
            error.span = error.span or term.span
            raise
        if form is None:
            shown = self._text[term.span.start : term.span.end].strip()
            raise NotDifferentiableError(
                f"{shown} has no closed matrix form", span=term.span, suggestion="derive(...) for its index form"
            )
        self.derived.append(Derived(question, form))
        form = settled(form, still, wrt[0]) if self._functions else form
        bound = [variable.name for variable in dict.fromkeys(wrt) if variable in self._bound.values()]
        return replaced(form, dict(zip(bound, points, strict=True))) if bound else form

    def _with_free_results(self, term: t.DerivativeTerm, variable: e.Symbol) -> Construction:
        """What builds the same terms with the intermediate result that is differentiated by as a
        free variable."""
        kept = {**self._kept, **dict.fromkeys(term.uses, variable)}
        inner = Construction(self._symbols, self._text, kept, self._calculus, self._functions, self._otherwise)
        inner._bound = self._bound
        inner._turns = self._turns
        return inner

    def check_second(self, function: e.Expr, by: Collection[str], place: Span) -> None:
        """Raises NotDifferentiableError where a derivative of a function without a formula is
        differentiated by what that depends on."""
        derived = {name for symbol in symbols_in(function).values() if (name := function_of(symbol)) in self._functions}
        for argument, value in (pair for name in sorted(derived) for pair in self._functions[name].items()):
            if argument in by or not symbols_in(self.build(value)).keys().isdisjoint(by):
                raise NotDifferentiableError(_SECOND, span=place)

    def _as_functions(
        self, function: e.Expr, inner: Construction, variable: e.Symbol, still: e.Symbol, term: t.DerivativeTerm
    ) -> e.Expr:
        """What is differentiated, with every name that depends on the variable as a function of it:
        to first order around ``still``."""
        moving: dict[str, e.Expr] = {}
        for name, arguments in self._functions.items():
            own = self._symbols.get(name)
            if not isinstance(own, e.Symbol) or own is variable:
                continue
            steps: list[e.Expr] = []
            for argument, value in arguments.items():
                here = replaced(inner.build(value), moving)
                if variable.name in symbols_in(here):
                    step = e.Sum((here, e.Negative(replaced(here, {variable.name: still}))))
                    steps.append(first_order(own, argument, step, term.turned, term.span))
            if steps:
                moving[name] = e.Sum((own, *steps))
        self._turns |= {term.turned} if moving else set()
        if len(self._turns) > 1:  # one symbol would stand for a derivative and for its transpose
            raise NotDifferentiableError(
                "derivatives of a function without a formula are not known by an array and by a transpose in one statement",
                span=term.span,
            )
        if moving and len(term.wrt) > 1:
            raise NotDifferentiableError(_SECOND, span=term.span)
        return replaced(function, moving)

    def _sum(self, term: t.SumTerm, built: list[e.Expr]) -> e.Expr:
        shape = shape_of_cell(term.cell)
        parts: list[e.Expr] = []
        for operand, negative, part in zip(term.operands, term.negative, built, strict=True):
            whole = self._repeated(part, shape, operand, "added to")
            if negative:
                parts.append(e.Negative(whole))
            else:
                parts.extend(whole.terms if isinstance(whole, e.Sum) and len(whole.terms) <= LONGEST_OPENED else (whole,))
        return e.Sum(tuple(parts))

    def _element_product(self, term: t.ElementProductTerm, built: list[e.Expr]) -> e.Expr:
        scalars = [part for part in built if part.is_scalar]
        shaped = [(operand, part) for operand, part in zip(term.operands, built, strict=True) if not part.is_scalar]
        if len(shaped) < 2:
            return product(built)
        shape = shape_of_cell(term.cell)
        factors: list[e.Expr] = []
        for operand, part in shaped:
            whole = self._repeated(part, shape, operand, "multiplied with")
            factors.extend(whole.factors if isinstance(whole, e.Hadamard) and len(whole.factors) <= LONGEST_OPENED else (whole,))
        whole = hadamard(merged(factors))
        return product([*scalars, whole]) if scalars else whole

    def _power(self, term: t.PowerTerm, built: list[e.Expr]) -> e.Expr:
        base, exponent = built[0], _exponent(built[1])
        if not term.elementwise and (base.is_matrix or exponent.is_scalar):
            if exponent == _MINUS_ONE and base.is_matrix:
                return e.Inverse(base)
            return _matrix_power(base, exponent) if base.is_matrix else e.Power(base, exponent)
        if not exponent.is_scalar:
            base, exponent = self._paired(term, [base, exponent])
        return e.Power(base, exponent)

    def _paired(self, term: t.QuotientTerm | t.PowerTerm, built: list[e.Expr]) -> list[e.Expr]:
        shape = shape_of_cell(term.cell)
        return [self._repeated(part, shape, operand, "combined with") for operand, part in zip(term.operands, built, strict=True)]

    def _call(self, term: t.CallTerm, built: list[e.Expr]) -> e.Expr:
        if len(built) > 1 and term.function in functions() and is_entrywise(term.function):
            shape, pairs = shape_of_cell(term.cell), zip(term.operands, built, strict=True)
            built = [part if part.is_scalar else self._repeated(part, shape, each, "combined with") for each, part in pairs]
        return _call(term, built)

    def _repeated(self, part: e.Expr, shape: Shape, operand: t.Term, verb: str) -> e.Expr:
        """The part, which is the value of ``operand``, in the given shape, repeated with ones where
        it is smaller."""
        if part.shape == shape:
            return part
        shown = self._text[operand.span.start : operand.span.end].strip()
        if len(shape) > 2 and not part.is_scalar:
            return self._copied(part, shape, shown, verb)
        if part.is_scalar:
            return self._scaled(part, shape, f"{shown} is {verb} every entry")
        rows, cols = shape
        if part.is_row:
            self._note(f"{shown} is {verb} every row (as 1*({shown}))")
            return e.Product((e.Ones((rows,)), part))
        if part.rows == rows and not operand.cell.lying:
            self._note(f"{shown} is {verb} every column (as {shown}*1')")
            return e.Product((part, e.Transpose(e.Ones((cols,)))))
        self._note(f"{shown} is {verb} every row (as 1*{shown}')")
        return product([e.Ones((rows,)), part.operand if isinstance(part, e.Transpose) else e.Transpose(part)])

    def _scaled(self, part: e.Expr, shape: Shape, said: str) -> e.Expr:
        """A number in every entry. Numbers beside vectors, as in 1 + exp(x), need no remark; beside
        a matrix I might have been meant."""
        if not isinstance(part, e.Number) or is_square(shape):
            self._note(f"{said} (times a {('vector', 'matrix', 'tensor')[min(len(shape), 3) - 1]} of ones)")
        return scaled_ones(part, shape)

    def _copied(self, part: e.Expr, shape: Shape, shown: str, verb: str) -> e.Expr:
        """The part as a tensor: NumPy's broadcasting of an array with rows and columns, the last
        axes aligned."""
        letters = [letter for letter in _INDEX_LETTERS if letter not in self._symbols][: len(shape)]
        if len(letters) < len(shape):
            raise ShapeError("all letters for indices are names of symbols", suggestion="tensor(i, j, k, ...)")
        indices = tuple([e.Index(letter, size) for letter, size in zip(letters, shape, strict=True)])
        if part.is_row:
            source = part.operand if isinstance(part, e.Transpose) and part.operand.is_column else e.Transpose(part)
            positions: tuple[Size | e.Index, ...] = (indices[-1],)
        else:
            # A column has two axes, the last one of size one.
            source, last = part, len(shape) - part.is_column
            aligned = indices[last - len(part.shape) : last]
            positions = tuple([ONE if own == ONE else index for own, index in zip(part.shape, aligned, strict=True)])
        entry = e.Entry(source, positions)
        used = [position.name for position in positions if isinstance(position, e.Index)]
        copied = [str(k) for k, letter in enumerate(letters, 1) if letter not in used]
        axes = f"axis {copied[0]}" if len(copied) == 1 else f"axes {', '.join(copied)}"
        column = " (a vector of size n broadcasts as an n×1 array)" if part.is_column else ""
        wide = sizes_text(shape)
        self._note(f"{shown} is {verb} a {wide} tensor" + (f", copied along its {axes}{column}" if copied else ""))
        return e.IndexArray(indices, entry)

    def _note(self, text: str) -> None:
        decision = Decision(text, "broadcasting")
        if decision not in self.decisions:
            self.decisions.append(decision)


def _inner(left: e.Expr, right: e.Expr) -> e.Expr:
    """The sum of the products of all entries."""
    if left.is_scalar:
        return product([left, right])
    inner = product([right, e.Transpose(left)] if left.is_row else [e.Transpose(left), right])
    return e.Trace(inner) if left.is_matrix else inner


def _matrix_power(base: e.Expr, exponent: e.Expr) -> e.Expr:
    """A power of a matrix; halves are powers of its root."""
    if not isinstance(exponent, e.Number) or exponent.value.denominator != 2 or base.rows != base.cols:
        return e.MatrixPower(base, exponent)
    root: e.Expr = e.Call("sqrtm", (base,), None, base.shape)
    times = exponent.value.numerator
    return root if times == 1 else e.Inverse(root) if times == -1 else e.MatrixPower(root, e.Number(Fraction(times)))


def _exponent(exponent: e.Expr) -> e.Expr:
    """A negated number as an exponent is a negative number."""
    if isinstance(exponent, e.Negative) and isinstance(exponent.operand, e.Number):
        return e.Number(-exponent.operand.value)
    return exponent


def _norm(term: t.NormTerm, built: list[e.Expr]) -> e.Expr:
    operand, *parameter = built
    if parameter:
        _check_power_of_norm(_exponent(parameter[0]), term.operands[1].span)
    if operand.is_scalar:
        return e.Elementwise("abs", operand)
    if term.kind == "infinity" or (term.kind == "columns" and operand.is_matrix):
        return largest_sum(operand, "cols" if term.kind == "columns" else "rows")
    if parameter:
        return e.Norm(operand, "p" if parameter[0].is_scalar else "A", parameter[0])
    kind = {"columns": "1", "induced": "spectral" if operand.is_matrix else "2"}.get(term.kind, term.kind)
    return e.Norm(operand, kind, None)


def _check_power_of_norm(power: e.Expr, span: Span) -> None:
    if isinstance(power, e.Number) and power.value <= 0:
        raise ShapeError(f"there is no norm with p = {power.value}", span=span, expected="a number above 0", suggestion="1")


def _bars(term: t.BarsTerm, operand: e.Expr) -> e.Expr:
    if term.cell.mask == SCALAR and operand.is_column:
        return e.Norm(operand, "2", None)
    return e.Call("det", (operand,), None, ()) if operand.is_matrix else e.Elementwise("abs", operand)


def _size_value(size: Size) -> e.Expr:
    return e.SizeValue(size) if size.number is None else e.Number(Fraction(size.number))


def _unit(term: t.UnitTerm) -> e.Expr:
    size = size_of(term.cell.rows)
    return e.UnitVector(_place(term.position, size, term.span), size)


def _unless_scalar(operand: e.Expr, change: Callable[[e.Expr], e.Expr]) -> e.Expr:
    """What an operation makes of an array; a number stays as it is."""
    return operand if operand.is_scalar else change(operand)


def _call(term: t.CallTerm, built: list[e.Expr]) -> e.Expr:
    """A function of a vector, or of each row or column of a matrix, of each row where that is not
    said; of a row it is that of the vector."""
    shape, operand = shape_of_cell(term.cell), built[0]
    _check_required(term, operand)
    if function_called(term.function).masks:
        kept = diagonals_of_one(term.function, built, shape)
        if kept is not None:
            return kept
    if len(built) > 1:
        return e.Call(term.function, tuple(built), term.axis, shape)
    along = function_called(term.function).axis
    if along and operand.is_matrix:
        return e.Call(term.function, (operand,), term.axis or "rows", shape)
    lies = operand.is_row if along else term.axis is None and term.operands[0].cell.mask == ROW
    if not lies:
        return e.Call(term.function, (operand,), None if along else term.axis, shape)
    column = e.Transpose(operand)
    found = e.Call(term.function, (column,), None, column.shape if shape else ())
    return e.Transpose(found) if shape else found


def _check_required(term: t.CallTerm, operand: e.Expr) -> None:
    """Raises ShapeError where the operand has not the fact that a function needs."""
    needed = function_called(term.function).requires
    if needed and not traits.has(deduction.known(operand), needed):
        fact = needed.replace("_", " ")
        raise ShapeError(f"{term.function} needs a {fact} matrix", span=term.operands[0].span, suggestion=f"X: n×n {needed}")


def _stacked(operand: e.Expr) -> e.Expr:
    if operand.is_scalar or operand.is_column:
        return operand
    return e.Transpose(operand) if operand.is_row else e.Vec(operand)


def _index(index: t.BoundIndex) -> e.Index:
    return e.Index(index.name, size_of(index.size))


def _entry(term: t.EntryTerm, operand: e.Expr) -> e.Expr:
    axes = operand.shape if len(term.positions) > 1 else axes_of(operand.shape)
    positions = tuple(
        [
            _index(position) if isinstance(position, t.BoundIndex) else _place(position, size, term.span)
            for position, size in zip(term.positions, (*axes, *[ONE] * len(term.positions)))
        ]
    )
    return operand if operand.is_scalar else e.Entry(operand, positions)  # a scalar is an array of one entry


def _place(position: int | Dimension, size: Size, span: Span) -> Size:
    """A position on an axis of this size."""
    place = Size.of(position) if isinstance(position, int) else size_of(position)
    if not place.can_be_positive or not (size - place + ONE).can_be_positive:
        raise ShapeError(f"position {place} is outside a size of {size}", span=span)
    return place


_MADE: Mapping[type[t.Base], Callable[[Construction, Any, list[e.Expr]], e.Expr]] = {
    t.SymbolTerm: lambda own, term, _: own._symbols[term.name],
    t.NumberTerm: lambda _, term, __: e.Ones(shape_of_cell(term.cell)) if term.cell.mask == COLUMN else e.Number(term.value),
    t.ConstantTerm: lambda _, term, __: e.Constant(term.name),
    t.SizeTerm: lambda _, term, __: _size_value(size_of(term.size)),
    t.IdentityTerm: lambda _, term, __: e.Identity(size_of(term.cell.rows)),
    t.FilledTerm: lambda _, term, __: filled(term.value, shape_of_cell(term.cell)),
    t.UnitTerm: lambda _, term, __: _unit(term),
    t.CommutationTerm: lambda _, term, __: e.Commutation(size_of(term.m), size_of(term.n)),
    t.BoundTerm: lambda own, term, _: own._variable(term),
    t.SumTerm: Construction._sum,
    t.ProductTerm: lambda _, __, built: product(built),
    t.ZeroTerm: lambda _, __, built: filled(Fraction(0), built[0].shape),
    t.ElementProductTerm: Construction._element_product,
    t.QuotientTerm: Construction._element_quotient,
    t.PowerTerm: Construction._power,
    t.NegativeTerm: lambda _, __, built: e.Negative(built[0]),
    t.TransposeTerm: lambda _, __, built: _unless_scalar(built[0], e.Transpose),
    t.ElementwiseTerm: Construction._elementwise,
    t.InverseTerm: lambda _, __, built: e.Power(built[0], _MINUS_ONE) if built[0].is_scalar else e.Inverse(built[0]),
    t.InnerTerm: lambda _, __, built: _inner(built[0], built[1]),
    t.TraceTerm: lambda _, __, built: _unless_scalar(built[0], e.Trace),
    t.TotalTerm: lambda _, term, built: _unless_scalar(
        built[0], lambda operand: e.Total(operand, term.axis if term.cell.mask != SCALAR else None)
    ),
    t.DiagonalTerm: lambda _, __, built: e.Diagonal(built[0]) if built[0].is_matrix else e.DiagonalMatrix(built[0]),
    t.VecTerm: lambda _, __, built: _stacked(built[0]),
    t.ReshapeTerm: lambda _, term, built: e.Reshape(built[0], size_of(term.m), size_of(term.n)),
    t.KroneckerTerm: lambda _, __, built: e.Kronecker(tuple(built)),
    t.BlockTerm: lambda _, term, built: block_array(
        dict(zip(term.places, built, strict=True)), [*map(size_of, term.rows)], [*map(size_of, term.cols)]
    ),
    t.NormTerm: lambda _, term, built: _norm(term, built),
    t.BarsTerm: lambda _, term, built: _bars(term, built[0]),
    t.EulerTerm: lambda _, __, built: (
        e.Call("expm", (built[0],), None, built[0].shape) if built[0].is_matrix else e.Elementwise("exp", built[0])
    ),
    t.ArrayProductTerm: lambda _, term, built: array_product(term.sign, *built),
    t.CallTerm: Construction._call,
    t.EntryTerm: lambda _, term, built: _entry(term, built[0]),
    t.IndexSumTerm: lambda _, term, built: e.IndexSum(_index(term.index), built[0]),
    t.RestrictedTerm: lambda _, term, built: product([built[0], finite_where_equal(built[1], *map(_index, term.same))]),
    t.IndexArrayTerm: lambda _, term, built: e.IndexArray(tuple([_index(index) for index in term.indices]), built[0]),
    t.DerivativeTerm: Construction._derivative,
}
"""What is made of each term, from the expressions of its operands."""
assert _MADE.keys() == {*get_args(t.Leaf), *get_args(t.Operation)}
