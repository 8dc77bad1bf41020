"""SymPy expressions to typed expressions.

A matrix expression of n×1 is a column vector, of 1×n a row, of 1×1 a scalar. Sizes and shapes are
SymPy's own; a symbol that is used as a size is that size wherever it stands. ``positive=True`` of a
scalar, and what ``sympy.assuming(Q.symmetric(A))`` says of matrices, become properties. Everything
is real: the adjoint is the transpose. Entries are counted from 0 in SymPy and from 1 here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import islice, takewhile
from typing import Any, TypeAlias

from matcalc.base.errors import MatcalcError, ShapeError, Span, UnknownFunctionError
from matcalc.base.records import record
from matcalc.base.shapes import shape_of
from matcalc.base.sizes import ONE, Size
from matcalc.base.traversal import on_demand
from matcalc.expr import nodes as e
from matcalc.language.build.forms import filled, product, scaled_ones
from matcalc.language.elaboration import operate
from matcalc.language.syntax import trees as s
from matcalc.language.text.spelling import canonical_name
from matcalc.printing import text
from matcalc.sympy_exchange.sympy_objects import (
    above_and_below,
    assumed_facts,
    class_name,
    elementwise_templates,
    functions_by_class,
    is_below,
    is_entry,
    number_of,
    place_of,
    quoted,
    scalar_facts,
    size_of,
    symbol_name,
    sympy,
    unit,
    unknown,
    upright,
    user_function_name,
    walked,
)

_PLAIN = frozenset(
    [
        "Pow", "MatPow", "Transpose", "Adjoint", "Trace", "Determinant", "HadamardProduct", "HadamardPower", "KroneckerProduct",
        "DiagMatrix", "DiagonalMatrix", "DiagonalOf", "DotProduct",
    ]
)  # fmt: skip
"""Classes of which all arguments are expressions."""
_CALLS = {
    "Inverse": "inv", "Transpose": "transpose", "Adjoint": "transpose", "Trace": "tr", "Determinant": "det",
    "KroneckerProduct": "kron", "DiagonalOf": "diag",
}  # fmt: skip
"""Classes that are functions of the language."""
_OF_MATRICES = frozenset(["Determinant", "DiagMatrix", "DiagonalMatrix", "DiagonalOf"])
"""What a scalar is left alone by."""
_LETTERS = "ijklpqrstuvwxyzabcdfgh"


@record
class Read:
    """What a SymPy expression is here, and what was put in by broadcasting."""

    expression: e.Expr
    notes: tuple[str, ...]


@record(eq=False)
class _Scope:
    """What a bound symbol stands for inside an expression: an index, or an expression read in the
    scope outside."""

    symbol: Any
    meaning: e.Index | tuple[Any, _Scope | None]
    outer: _Scope | None

    def find(self, symbol: Any) -> e.Index | tuple[Any, _Scope | None] | None:
        return next((scope.meaning for scope in _outwards(self) if scope.symbol == symbol), None)

    def innermost(self, count: int) -> list[e.Index]:
        """The indices that are the last to stand for symbols, from inside out."""
        meanings = [scope.meaning for scope in islice(_outwards(self), count)]
        return list(takewhile(lambda meaning: isinstance(meaning, e.Index), meanings))  # type: ignore[arg-type]


def _outwards(scope: _Scope | None) -> Iterator[_Scope]:
    """A scope, and those around it."""
    while scope is not None:
        yield scope
        scope = scope.outer


_Part: TypeAlias = tuple[Any, _Scope | None]
"""Something to be read in a scope."""


def read(expression: Any) -> Read:
    """The typed expression of a SymPy expression.

    Raises MatcalcError for what has no counterpart, naming it, and ShapeError for what does not
    fit.

    >>> from sympy import MatrixSymbol, Symbol, Trace
    >>> n = Symbol("n")
    >>> A, x = MatrixSymbol("A", n, n), MatrixSymbol("x", n, 1)
    >>> text(read(Trace(A) * x - A.T * x).expression)
    'tr(A) x − Aᵀ x'
    """
    if isinstance(expression, sympy.MatrixBase):
        raise unknown("a SymPy matrix of given entries", "a MatrixSymbol, whose entries are given to function(...)")
    return _Reader(expression).read()


def _atoms() -> tuple[type, ...]:
    """SymPy's classes of what has no parts."""
    return (
        sympy.MatrixSymbol, sympy.Number, sympy.NumberSymbol, sympy.Identity, sympy.OneMatrix, sympy.ZeroMatrix,
        sympy.KroneckerDelta,
    )  # fmt: skip


class _Reader:
    def __init__(self, root: Any) -> None:
        self._root = root
        self._notes: dict[str, None] = {}
        self._sizes: set[Any] = set()
        self._names: set[str] = set()
        for node in walked(root):
            self._survey(node)

    def _survey(self, node: Any) -> None:
        """Notes symbols used as sizes, and all names."""
        if isinstance(node, sympy.MatrixSymbol | sympy.Identity | sympy.OneMatrix | sympy.ZeroMatrix | sympy.FunctionMatrix):
            for size in node.shape:
                self._sizes |= size.free_symbols
        if isinstance(node, sympy.Symbol | sympy.MatrixSymbol):
            self._names.add(canonical_name(str(node.name)))

    def read(self) -> Read:
        """Each part after its own parts."""
        root: _Part = (self._root, None)
        found = on_demand(root, lambda part: self._parts(*part), lambda part, parts: self._made(*part, parts))
        return Read(found, tuple(self._notes))

    # ------------------------------------------------------------ parts

    def _parts(self, node: Any, scope: _Scope | None) -> tuple[_Part, ...]:
        """What must be read first, each in its scope. Raises MatcalcError for what has no
        counterpart."""
        read: Sequence[Any] | None = None
        match node:
            case sympy.Symbol():
                meaning = None if scope is None else scope.find(node)
                return (meaning,) if isinstance(meaning, tuple) else ()
            case sympy.Add() | sympy.MatAdd():
                read = sorted(node.args, key=lambda term: bool(term.could_extract_minus_sign()))
            case sympy.Mul() | sympy.MatMul() | sympy.HadamardProduct():
                read = [part for side in above_and_below(node.args) for part in side]
            case sympy.Pow() | sympy.HadamardPower() if is_below(node):
                read = [upright(node)]
            case sympy.Max() if len(node.args) == 2 and 0 in node.args:
                read = [part for part in node.args if part != 0]
            case sympy.Sum() | sympy.FunctionMatrix():
                return ((node.function if isinstance(node, sympy.Sum) else node.args[2].expr, self._scoped(node, scope)),)
            case _ if class_name(node) == "ElementwiseApplyFunction" or isinstance(node, sympy.Subs | sympy.Derivative):
                return self._applied_parts(node, scope)
        return tuple([(part, scope) for part in (self._arguments(node) if read is None else read)])

    def _arguments(self, node: Any) -> Sequence[Any]:
        """What must be read first of what has no scope of its own."""
        name = class_name(node)
        user = isinstance(node, sympy.core.function.AppliedUndef) and len(node.args) == 1
        if isinstance(node, _atoms()):
            return ()
        if isinstance(node, sympy.Inverse | sympy.Heaviside) or is_entry(node):
            return node.args[:1]  # type: ignore[no-any-return]
        if user or name in _PLAIN or name in functions_by_class():
            return node.args  # type: ignore[no-any-return]
        if isinstance(node, sympy.Function):
            expected = "one of " + ", ".join(functions_by_class().values())
            raise UnknownFunctionError(
                f"SymPy's {class_name(node)}, in {quoted(node)}, has no counterpart here", expected=expected
            )
        raise unknown(f"SymPy's {class_name(node)}, in {quoted(node)},")  # SymPy's classes are an open set

    def _applied_parts(self, node: Any, scope: _Scope | None) -> tuple[_Part, ...]:
        """Of a function of every entry its body, in which the operand has the place of the entry;
        of a derivative what a function is applied to."""
        if isinstance(node, sympy.Subs) and len(node.variables) == 1:
            return ((node.expr, _Scope(node.variables[0], (node.point[0], scope), scope)),)
        if isinstance(node, sympy.Derivative):
            inner = node.expr
            user = isinstance(inner, sympy.core.function.AppliedUndef) and len(inner.args) == 1
            if not user or {variable for variable, _ in node.variable_count} != set(inner.args):
                raise unknown("a derivative", "matcalc.derive(...) of the expression itself")
            return ((inner.args[0], scope),)
        if isinstance(node, sympy.Subs):
            raise unknown(f"SymPy's {class_name(node)}, in {quoted(node)},")
        function, operand = node.args
        if len(function.variables) != 1:
            raise unknown("an elementwise function of several variables")
        return ((function.expr, _Scope(function.variables[0], (operand, scope), scope)), (operand, scope))

    def _scoped(self, node: Any, scope: _Scope | None) -> _Scope | None:
        """The scope inside a sum or an array; the same names are found again when it is made
        again."""
        if isinstance(node, sympy.Sum):
            for index, low, high in reversed(node.limits):
                scope = _Scope(index, self._index(index, low, high, scope), scope)
        else:
            for index, size in zip(node.args[2].variables, node.shape, strict=True):
                scope = _Scope(index, self._fresh(index, size_of(size), scope), scope)
        return scope

    def _index(self, index: Any, low: Any, high: Any, scope: _Scope | None) -> e.Index:
        if low != 0:
            raise MatcalcError(
                f"the index {index} of a sum begins at {low}",
                expected=f"a sum over ({index}, 0, n - 1), as entries are counted from 0 in SymPy",
            )
        return self._fresh(index, size_of((high + 1).expand()), scope)

    def _fresh(self, index: Any, size: Size, scope: _Scope | None) -> e.Index:
        """An index whose name no symbol and no index around it has."""
        around = {one.meaning.name for one in _outwards(scope) if isinstance(one.meaning, e.Index)}
        taken = (self._names - {str(index)}) | around
        own = [str(index)] if str(index) in _LETTERS else []
        name = next((name for name in (*own, *_LETTERS) if name not in taken), None)
        if name is None:
            raise MatcalcError("all letters for indices are names of symbols")
        return e.Index(name, size)

    # ------------------------------------------------------------ values

    def _made(self, node: Any, scope: _Scope | None, parts: list[e.Expr]) -> e.Expr:
        name = class_name(node)
        if name in _OF_MATRICES and parts[0].is_scalar:
            return parts[0]
        if name in _CALLS:
            return self._call(_CALLS[name], parts)
        made = self._leaf(node, scope, parts) or self._operated(node, parts) or self._indexed(node, scope, parts)
        if made is None:
            raise unknown(f"SymPy's {name}, in {quoted(node)},")
        return made

    def _leaf(self, node: Any, scope: _Scope | None, parts: list[e.Expr]) -> e.Expr | None:
        match node:
            case sympy.Symbol():
                return parts[0] if parts else self._scalar(node, scope)
            case sympy.MatrixSymbol():
                return e.Symbol(symbol_name(node), shape_of(*map(size_of, node.shape)), assumed_facts(node))
            case sympy.Rational() | sympy.Float():
                return number_of(node)
            case sympy.NumberSymbol():
                return self._constant(node)
            case sympy.Identity():
                size = size_of(node.shape[0])
                return e.Identity(size) if size != ONE else unit()
            case sympy.OneMatrix() | sympy.ZeroMatrix():
                return filled(Fraction(isinstance(node, sympy.OneMatrix)), shape_of(*map(size_of, node.shape)))
        return None

    def _operated(self, node: Any, parts: list[e.Expr]) -> e.Expr | None:
        """An operation on what its parts are."""
        match node:
            case sympy.Add() | sympy.MatAdd():
                return self._chain("+", parts)
            case sympy.Mul() | sympy.MatMul() | sympy.HadamardProduct():
                return self._fraction_of(node, parts)
            case sympy.Pow() | sympy.HadamardPower() if is_below(node):
                return self._operation("./", [unit(), parts[0]]) if parts[0].shape else e.Quotient(unit(), parts[0])
            case sympy.Pow() | sympy.HadamardPower():
                return self._raised(parts[0], parts[1], elementwise=True)
            case sympy.MatPow() if node.args[1] == sympy.Rational(1, 2):
                return self._call("sqrtm", parts[:1])
            case sympy.MatPow():
                return self._raised(parts[0], parts[1], elementwise=parts[0].is_scalar)
            case sympy.DiagMatrix() | sympy.DiagonalMatrix():
                return e.DiagonalMatrix(parts[0] if isinstance(node, sympy.DiagMatrix) else e.Diagonal(parts[0]))
            case sympy.DotProduct():
                left = parts[0] if parts[0].is_row else e.Transpose(parts[0])
                return product([left, e.Transpose(parts[1]) if parts[1].is_row else parts[1]])
        return None

    def _indexed(self, node: Any, scope: _Scope | None, parts: list[e.Expr]) -> e.Expr | None:
        """What has indices or variables of its own, and functions of entries."""
        match node:
            case sympy.Sum():
                return self._summed(node, scope, parts[0])
            case sympy.FunctionMatrix():
                return self._array(node, scope, parts[0])
            case sympy.KroneckerDelta():
                return self._delta(node, scope)
            case sympy.Subs():
                return parts[0]
            case sympy.Derivative():
                return e.Elementwise(user_function_name(node.expr) + "'" * node.derivative_count, parts[0])
            case sympy.core.function.AppliedUndef() if len(parts) == 1:
                return e.Elementwise(user_function_name(node), parts[0])
            case _ if is_entry(node):
                return self._entry(node, scope, parts[0])
            case _ if class_name(node) == "ElementwiseApplyFunction":
                return self._applied(node, *parts)
        name = functions_by_class().get(class_name(node))
        if isinstance(node, sympy.Heaviside):  # the second argument is the value at 0
            name = {sympy.S.Zero: "step", sympy.S.One: "nonnegative"}.get(node.args[1], "heaviside")
        return None if name is None else e.Elementwise(name, parts[0])

    def _scalar(self, node: Any, scope: _Scope | None) -> e.Expr:
        if scope is not None and scope.find(node) is not None:
            raise MatcalcError(f"the index {node} stands outside the brackets of an entry", expected=f"X[{node}, 0]")
        if node in self._sizes:
            return e.SizeValue(size_of(node))
        return e.Symbol(symbol_name(node), (), scalar_facts(node))

    def _constant(self, node: Any) -> e.Expr:
        if node is sympy.pi:
            return e.Constant("pi")
        if node is sympy.E:
            return e.Elementwise("exp", unit())
        raise unknown(f"the constant {node}", "its value")

    def _fraction_of(self, node: Any, parts: list[e.Expr]) -> e.Expr:
        """A product over a product of scalars, or of entries where the parts have any."""
        above, below = above_and_below(node.args)
        tops, bottoms = parts[: len(above)], parts[len(above) :]
        top = self._multiplied(node, tops) if tops else unit()
        if not bottoms:
            return top
        bottom = self._multiplied(node, bottoms)
        return self._operation("/" if bottom.is_scalar else "./", [top, bottom])

    def _multiplied(self, node: Any, parts: list[e.Expr]) -> e.Expr:
        shaped = [part for part in parts if not part.is_scalar]
        if node.is_MatMul or len(shaped) < 2:
            return product(parts)
        scalars = [part for part in parts if part.is_scalar]
        return product([*scalars, self._chain(".*", shaped)])

    def _applied(self, node: Any, body: e.Expr, operand: e.Expr) -> e.Expr:
        """A function of every entry; its body has been read with the whole operand in place of the
        entry."""
        function = node.args[0]
        for name, (variable, template) in elementwise_templates().items():
            if function.expr == template.xreplace({variable: function.variables[0]}):
                return e.Elementwise(name, operand)
        return body if body.shape == operand.shape else scaled_ones(body, operand.shape)

    # ------------------------------------------------------------ entries and indices

    def _entry(self, node: Any, scope: _Scope | None, operand: e.Expr) -> e.Expr:
        if operand.is_scalar:
            return operand
        sizes = (operand.rows, operand.cols)
        given = [self._position(position, size, scope) for position, size in zip(node.args[1:], sizes, strict=True)]
        for position, size in zip(given, sizes, strict=True):
            if isinstance(position, e.Index) and position.size != size:
                raise ShapeError(f"the index {position.name} runs over {position.size}, but {text(operand)} has {size} there")
            if isinstance(position, Size) and not (position.can_be_positive and (size - position + ONE).can_be_positive):
                raise ShapeError(f"there is no entry {position - ONE} along a size of {size}, in {quoted(node)}")
        return e.Entry(operand, tuple([position for position, size in zip(given, sizes, strict=True) if size != ONE]))

    def _position(self, position: Any, size: Size, scope: _Scope | None) -> Size | e.Index:
        found = None if scope is None else scope.find(position)
        if isinstance(found, e.Index):
            return found
        place = place_of(position, size)
        if place is not None:
            return place
        raise MatcalcError(
            f"the position {position} of an entry cannot be read", expected="a whole number, or the index of a sum around it"
        )

    def _delta(self, node: Any, scope: _Scope | None) -> e.Expr:
        known = [None if scope is None else scope.find(position) for position in node.args[:2]]
        sizes = [index.size for index in known if isinstance(index, e.Index)]
        if not sizes or len(set(sizes)) > 1:
            raise unknown(f"{node}")
        positions = [self._position(position, sizes[0], scope) for position in node.args[:2]]
        return e.Entry(e.Identity(sizes[0]), tuple(positions))

    def _summed(self, node: Any, scope: _Scope | None, body: e.Expr) -> e.Expr:
        if not body.is_scalar:
            raise unknown("a sum of matrices over an index", "the entries summed, or a product with a vector of ones")
        for index in self._indices(node, scope):
            body = e.IndexSum(index, body)
        return body

    def _array(self, node: Any, scope: _Scope | None, body: e.Expr) -> e.Expr:
        indices = self._indices(node, scope)[::-1]
        kept = [index for index in indices if index.size != ONE]
        if not kept:
            return body
        array = e.IndexArray(tuple(kept), body)
        return e.Transpose(array) if indices[0].size == ONE else array

    def _indices(self, node: Any, scope: _Scope | None) -> list[e.Index]:
        inner = self._scoped(node, scope)
        return [] if inner is None else inner.innermost(len(node.limits) if isinstance(node, sympy.Sum) else 2)

    # ------------------------------------------------------------ operations of the language

    def _call(self, name: str, parts: Sequence[e.Expr]) -> e.Expr:
        pieces: list[str | e.Expr] = [f"{name}("]
        for place, part in enumerate(parts):
            pieces += [", ", part] if place else [part]
        return self._operate([*pieces, ")"], lambda names, place: s.Applied(place, name, tuple(names), place))

    def _raised(self, base: e.Expr, exponent: e.Expr, *, elementwise: bool) -> e.Expr:
        def make(names: Sequence[s.Syntax], place: Span) -> s.Syntax:
            return s.Raised(place, names[0], names[1], elementwise and bool(base.shape or exponent.shape))

        return self._operate([base, "^", exponent], make)

    def _operation(self, operator: str, parts: Sequence[e.Expr]) -> e.Expr:
        return self._operate(
            [parts[0], f" {operator} ", parts[1]], lambda names, place: s.Binary(place, operator, names[0], names[1], place)
        )

    def _chain(self, operator: str, parts: Sequence[e.Expr]) -> e.Expr:
        pieces: list[str | e.Expr] = [parts[0]]
        for part in parts[1:]:
            pieces += [f" {operator} ", part]

        def make(names: Sequence[s.Syntax], place: Span) -> s.Syntax:
            whole = names[0]
            for name in names[1:]:
                whole = s.Binary(place, operator, whole, name, place)
            return whole

        return self._operate(pieces, make)

    def _operate(self, pieces: Sequence[str | e.Expr], make: Callable[[Sequence[s.Syntax], Span], s.Syntax]) -> e.Expr:
        found = operate(pieces, make, text)
        self._notes.update(dict.fromkeys(found.notes))
        return found.expression
