"""Typed expressions to SymPy expressions, and these as Python source."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import reduce
from operator import mul
from typing import Any, assert_never, cast

from matcalc.base.errors import ComplexError, LimitError, MatcalcError
from matcalc.base.functions import functions
from matcalc.base.own_functions import own_function, written_function
from matcalc.base.shapes import Shape, product_shape
from matcalc.base.sizes import ONE, Least, Size
from matcalc.einstein.linear import rational_power
from matcalc.expr import nodes as e
from matcalc.expr.block_arrays import selection
from matcalc.expr.rewriting import replaced
from matcalc.facts.table import COMPLEX
from matcalc.language import elaborate
from matcalc.language.build.table_functions import signature_of
from matcalc.language.declare.declared import declaration_text
from matcalc.language.text.spelling import canonical_name
from matcalc.sympy_exchange.sympy_objects import elementwise_templates, of_several, scalar_assumptions, sympy

# ------------------------------------------------------------
# Typed expressions to SymPy expressions.
#
# A vector becomes an n×1 ``MatrixSymbol``, a size a positive integer symbol, a scalar a real one.
# An expression with the shape of a scalar becomes a scalar of SymPy: an inner product ``x.T*y``, a
# 1×1 matrix there, stands in a ``Trace``. Entries are counted from 0 in SymPy.

_DEEPEST = 100
_MOST_PARTS = 5000


def written(expression: e.Expr, symbols: Sequence[Any] = (), origin: object = None) -> Any:
    """The SymPy expression of a typed expression.

    ``symbols`` are SymPy symbols (of scalars, sizes and matrices) to be used for the names that
    they have, those of the SymPy expression ``origin`` after them; others are made. Raises
    MatcalcError for what SymPy's matrix expressions have no counterpart of: tensors of order 3 and
    4, ``expm``, ``pinv``. Raises LimitError for expressions of more than 5,000 parts or 100
    operations inside each other.
    """
    _check_extent(expression)
    return _Writer([*_symbols_of(origin), *symbols]).write(expression)


def _check_extent(expression: e.Expr) -> None:
    """Raises LimitError where SymPy would take minutes: it visits a shared part once for each use,
    and its time is cubic in the depth."""
    depth: dict[e.Expr, int] = {}
    parts: dict[e.Expr, int] = {}
    for node in e.postorder(expression):
        below = e.children(node)
        depth[node] = 1 + max([depth[child] for child in below], default=0)
        # A function that SymPy has not is spelled out, with its argument in it twice; of norms
        # inside norms SymPy takes four times as long.
        uses = 2 if isinstance(node, e.Call) else 4 if isinstance(node, e.Norm) else 1
        parts[node] = min(1 + uses * sum([parts[child] for child in below]), _MOST_PARTS + 1)
    if depth[expression] > _DEEPEST or parts[expression] > _MOST_PARTS:
        expected = f"at most {_MOST_PARTS} parts, and {_DEEPEST} operations inside each other"
        raise LimitError(
            "the expression is too large for SymPy", expected=expected, suggestion='code("numpy") for a program of it'
        )


def _symbols_of(origin: object) -> list[Any]:
    if not isinstance(origin, sympy.Basic):
        return []
    found = origin.atoms(sympy.Symbol, sympy.MatrixSymbol) - origin.atoms(sympy.Dummy)
    return sorted(found, key=lambda symbol: (str(symbol.name), isinstance(symbol, sympy.MatrixSymbol)))


class _Writer:
    def __init__(self, symbols: Sequence[Any]) -> None:
        self._given = {canonical_name(str(symbol.name)): symbol for symbol in symbols}
        self._done: dict[e.Expr, Any] = {}

    def write(self, root: e.Expr) -> Any:
        for node in e.postorder(root, known=self._done):
            if len(node.shape) > 2:
                raise MatcalcError(
                    f"SymPy's matrix expressions have no tensors of order {len(node.shape)}", suggestion="index_form"
                )
            self._done[node] = self._made(node, [self._done[child] for child in e.children(node)])
        return self._done[root]

    def _made(self, node: e.Expr, parts: list[Any]) -> Any:
        match cast("e.Node", node):
            case e.Symbol() as symbol:
                return self._symbol(symbol)
            case e.Number(value=value):
                return sympy.Rational(value.numerator, value.denominator)
            case e.Constant():
                return sympy.pi
            case e.SizeValue(size=size):
                return self.size(size)
            case e.Identity(size=size):
                return sympy.Identity(self.size(size))
            case e.Ones() | e.Zeros():
                return (sympy.OneMatrix if isinstance(node, e.Ones) else sympy.ZeroMatrix)(*self._lengths(node.shape))
            case e.UnitVector(position=position, size=size):
                i, j = sympy.symbols("i j", integer=True)
                return sympy.FunctionMatrix(
                    self.size(size), 1, sympy.Lambda((i, j), sympy.KroneckerDelta(i, self.size(position - ONE)))
                )
            case e.Sum():
                return sympy.Add(*parts) if node.is_scalar else _done(sympy.MatAdd(*parts))
            case e.Negative():
                return -parts[0]
            case e.Product(factors=factors):
                return _product(*self._sliced(factors, parts))
            case e.Hadamard():
                return reduce(mul, parts) if node.is_scalar else _done(sympy.HadamardProduct(*parts))
            case e.Quotient(numerator=above, denominator=below):
                return self._quotient(above, below, *parts)
            case e.Power(base=base, exponent=exponent):
                if not base.shape and exponent.shape:
                    raise _missing("a number to a vector of exponents")
                return _power(*parts) if node.is_scalar else sympy.HadamardPower(*parts)
            case e.MatrixPower() | e.Inverse():
                return _done(sympy.MatPow(*parts)) if len(parts) == 2 else sympy.Inverse(parts[0])
            case e.Elementwise(function=name):
                return _elementwise(name, parts[0])
            case e.Transpose():
                return parts[0].T
            case e.Trace() | e.Diagonal():
                return (sympy.Trace if isinstance(node, e.Trace) else sympy.DiagonalOf)(parts[0])
            case e.Total(operand=operand, axis=axis):
                return self._total(operand, axis, parts[0])
            case e.DiagonalMatrix(operand=operand):
                return sympy.DiagMatrix(parts[0].T if operand.is_row else parts[0])
            case e.Kronecker():
                shaped = [part for part in parts if part.is_Matrix]
                scale = reduce(mul, [part for part in parts if not part.is_Matrix], sympy.Integer(1))
                return scale * (sympy.KroneckerProduct(*shaped) if len(shaped) > 1 else reduce(mul, shaped)) if shaped else scale
            case e.Norm(operand=operand, kind=kind):
                return self._norm(operand, kind, *parts)
            case e.Call() as call:
                return self._call(call, parts)
            case e.Index(name=name):
                return _index(name)
            case e.Entry() as entry:
                return self._entry(entry, parts[0])
            case e.IndexSum(index=index):
                if node.shape:
                    raise _missing("sums of vectors and matrices over an index")
                return sympy.Sum(parts[0], (_index(index.name), 0, self.size(index.size) - 1))
            case e.IndexArray(indices=indices):
                names = [_index(index.name) for index in indices]
                names += [sympy.Dummy("j", integer=True)] if len(names) == 1 else []
                return sympy.FunctionMatrix(*self._lengths(node.shape), sympy.Lambda(tuple(names), parts[0]))
            case e.Vec() | e.Reshape() | e.Commutation():
                raise _missing("the commutation matrix" if isinstance(node, e.Commutation) else type(node).__name__.lower())
            case other:
                assert_never(other)

    def _sliced(self, factors: Sequence[e.Expr], parts: Sequence[Any]) -> tuple[list[Shape], list[Any]]:
        """The shapes and parts of a product; what rows of an identity matrix select from the factor
        beside them is a slice of that."""
        found: list[tuple[Shape, Any, e.Expr]] = []
        for factor, part in reversed(list(zip(factors, parts, strict=True))):
            place = next((k for k in reversed(range(len(found))) if found[k][0]), None)
            rows = selection(factor)
            if rows is None or place is None or _is_selection(found[place][2]):
                found.append((factor.shape, part, factor))
            else:
                shape, whole, inner = found[place]
                start = self.size(rows.before)
                cut = sympy.MatrixSlice(whole, (start, start + self.size(rows.size)), (0, whole.cols))
                found[place] = product_shape(factor.shape, shape), cut, inner
        result: list[tuple[Shape, Any, e.Expr]] = []
        for shape, part, factor in reversed(found):
            place = next((k for k in reversed(range(len(result))) if result[k][0]), None)
            columns = selection(factor.operand) if isinstance(factor, e.Transpose) else None
            if columns is None or place is None or _is_selection(result[place][2]):
                result.append((shape, part, factor))
            else:
                before, whole, inner = result[place]
                start = self.size(columns.before)
                cut = sympy.MatrixSlice(whole, (0, whole.rows), (start, start + self.size(columns.size)))
                result[place] = product_shape(before, shape), cut, inner
        return [shape for shape, _, _ in result], [part for _, part, _ in result]

    def _entry(self, node: e.Entry, value: Any) -> Any:
        where = [_index(at.name) if isinstance(at, e.Index) else self.size(at - ONE) for at in node.positions]
        if node.is_member:
            along, one = sympy.Dummy("k", integer=True), sympy.Dummy("j", integer=True)
            return sympy.FunctionMatrix(self.size(node.rows), 1, sympy.Lambda((along, one), _element(value, *where, along)))
        if len(where) == 1:
            where.insert(0 if node.operand.is_row else 1, sympy.Integer(0))
        return _element(value, *where)

    # ------------------------------------------------------------ leaves

    def _symbol(self, symbol: e.Symbol) -> Any:
        if COMPLEX in symbol.properties:
            raise ComplexError(f"{symbol.name} is complex, and what is written for SymPy is real", suggestion='code("numpy")')
        given = self._given.get(symbol.name)
        if given is not None and bool(symbol.shape) == isinstance(given, sympy.MatrixSymbol):
            return given
        if symbol.shape:
            return sympy.MatrixSymbol(symbol.name, *self._lengths(symbol.shape))
        return sympy.Symbol(symbol.name, **scalar_assumptions(symbol.properties))

    def size(self, size: Size) -> Any:
        """A size as a polynomial in positive integer symbols."""
        known = {name: sympy.Symbol(name, integer=True, positive=True) for name in size.names}
        known |= {name: given for name in size.names if (given := self._given.get(name)) is not None}
        least = [name for names, _ in size.terms for name in names if isinstance(name, Least)]
        known |= {name: sympy.Min(*map(self.size, name.of)) for name in least}
        return sympy.Add(*[sympy.Mul(factor, *[known[name] for name in names]) for names, factor in size.terms])

    def _lengths(self, shape: Shape) -> tuple[Any, Any]:
        rows, cols = (shape[0], shape[1] if len(shape) == 2 else ONE) if shape else (ONE, ONE)
        return self.size(rows), self.size(cols)

    # ------------------------------------------------------------ operations

    def _quotient(self, above: e.Expr, below: e.Expr, top: Any, bottom: Any) -> Any:
        if below.is_scalar:
            return top / bottom
        inverted = sympy.HadamardPower(bottom, -1)
        return top * inverted if above.is_scalar else _done(sympy.HadamardProduct(top, inverted))

    def _total(self, operand: e.Expr, axis: str | None, value: Any) -> Any:
        rows, cols = self._lengths(operand.shape)
        if axis == "rows":
            return _times(value, sympy.OneMatrix(cols, 1))
        if axis == "cols":
            return _times(value.T, sympy.OneMatrix(rows, 1))
        before = [] if operand.is_row else [sympy.OneMatrix(1, rows)]
        after = [] if operand.is_column else [sympy.OneMatrix(cols, 1)]
        return sympy.Trace(_times(*before, value, *after))

    def _norm(self, operand: e.Expr, kind: str, value: Any, parameter: Any = None) -> Any:
        match kind:
            case "2":
                return sympy.sqrt(sympy.Trace(_times(value.T, value)))
            case "A":
                return sympy.sqrt(sympy.Trace(_times(value.T, parameter, value)))
            case "1":
                return self._total(operand, None, _elementwise("abs", value))
            case "p":
                return self._total(operand, None, sympy.HadamardPower(_elementwise("abs", value), parameter)) ** (1 / parameter)
            case "nuclear":
                return sympy.Trace(sympy.MatPow(_times(value.T, value), sympy.Rational(1, 2)))
            case _:
                raise _missing(f"the {kind} norm")

    def _call(self, node: e.Call, parts: list[Any]) -> Any:
        if own_function(node.function) is not None:
            raise _missing(
                f"functions without a formula of arrays or of several numbers, such as {written_function(node.function)}"
            )
        entry = functions()[node.function]
        if entry.partials and all(argument.is_scalar for argument in node.arguments):
            return of_several(node.function, parts)
        if (chosen := selection(node)) is not None:
            i, j = sympy.symbols("i j", integer=True)
            place = sympy.Lambda((i, j), sympy.KroneckerDelta(i + self.size(chosen.before), j))
            return sympy.FunctionMatrix(*self._lengths(node.shape), place)
        if node.function == "det":
            return sympy.Determinant(parts[0])
        if node.function in ("sqrtm", "matrix_power"):
            return sympy.MatPow(parts[0], *parts[1:] or [sympy.Rational(1, 2)])
        if not (entry.elementary_rows if node.axis else entry.elementary):
            raise _missing(node.function)
        return self.write(_in_elementary_terms(node))


def _in_elementary_terms(node: e.Call) -> e.Expr:
    """A function by others, as ``rules/functions.toml`` gives it."""
    entry, argument, across = functions()[node.function], node.arguments[0], node.axis == "cols"
    if node.axis is None:
        return _defined(entry.elementary, next(iter(signature_of(entry).parameters)), argument)
    body = _defined(entry.elementary_rows, "X", e.Transpose(argument) if across else argument)
    return e.Transpose(body) if across and body.is_matrix else body


def _defined(definition: str, name: str, argument: e.Expr) -> e.Expr:
    """A definition of a parameter, for an argument."""
    return replaced(elaborate(definition, {name: declaration_text(argument.shape, ())}).expression, {name: argument})


# ---------------------------------------------------------------- pieces


def _element(matrix: Any, *positions: Any) -> Any:
    return sympy.matrices.expressions.matexpr.MatrixElement(matrix, *positions)


def _index(name: str) -> Any:
    return sympy.Symbol(name, integer=True)


def _power(base: Any, exponent: Any) -> Any:
    """Raises LimitError for a number that would have thousands of digits: SymPy writes it out."""
    if base.is_Rational and exponent.is_Rational:
        rational_power(Fraction(int(base.p), int(base.q)), -(-abs(int(exponent.p)) // int(exponent.q)))
    return base**exponent


def _done(expression: Any) -> Any:
    """The operation carried out, but none within it."""
    return expression.doit(deep=False)


def _times(*factors: Any) -> Any:
    return _done(sympy.MatMul(*factors))


def _is_selection(factor: e.Expr) -> bool:
    return selection(factor.operand if isinstance(factor, e.Transpose) else factor) is not None


def _product(shapes: Sequence[Shape], parts: Sequence[Any]) -> Any:
    """A product from the left; wherever vectors have met to a scalar it scales the rest."""
    scale: Any = sympy.Integer(1)
    chain: list[Any] = []
    shape: Shape = ()
    for own, part in zip(shapes, parts, strict=True):
        if not own:
            scale = scale * part
            continue
        shape = product_shape(shape, own)
        chain.append(part)
        if not shape:
            scale = scale * sympy.Trace(_times(*chain))
            chain = []
    return scale * _times(*chain) if chain else scale


def _elementwise(name: str, argument: Any) -> Any:
    """A function of a scalar, or of every entry."""
    variable, template = elementwise_templates().get(name) or _own_template(name)
    if argument.is_Matrix:
        return argument.applyfunc(sympy.Lambda(variable, template))
    if isinstance(template, sympy.Derivative):
        return sympy.Subs(template, variable, argument)
    return template.xreplace({variable: argument})


def _own_template(name: str) -> tuple[Any, Any]:
    """A function of the user's own, or a derivative of it."""
    variable, stem = sympy.Symbol("t"), name.rstrip("'")
    function, order = sympy.Function(stem)(variable), len(name) - len(stem)
    return variable, sympy.Derivative(function, (variable, order)) if order else function


def _missing(what: str) -> MatcalcError:
    return MatcalcError(f"SymPy's matrix expressions have no {what}", suggestion='function("numpy"), or the index form')


# ------------------------------------------------------------
# SymPy expressions as Python source that builds them again.

_FACTS = ("integer", "positive", "nonnegative", "real")
_WORD = re.compile(r"(?<![\w.'])[^\W\d]\w*")


def source(expressions: Mapping[str, Any]) -> str:
    """A program that imports what it needs from SymPy, makes the symbols, and binds each expression
    to its name.

    >>> from sympy import MatrixSymbol, Symbol
    >>> n = Symbol("n", integer=True, positive=True)
    >>> print(source({"result": MatrixSymbol("A", n, n) * MatrixSymbol("x", n, 1)}))
    from sympy import MatrixSymbol, Symbol
    <BLANKLINE>
    n = Symbol('n', integer=True, positive=True)
    A = MatrixSymbol('A', n, n)
    x = MatrixSymbol('x', n, 1)
    result = A*x
    """
    expressions = {re.sub(r"\W", "_", name): expression for name, expression in expressions.items()}
    printer = _printer(sympy.Tuple(*expressions.values()), frozenset(expressions))
    lines: list[str] = []
    for symbol in printer.symbols:
        facts = [f", {fact}=True" for fact in _FACTS if fact in symbol._assumptions_orig and symbol.assumptions0.get(fact)]
        lines.append(f"{printer.identifiers[symbol]} = Symbol({str(symbol.name)!r}{''.join(facts)})")
    for matrix in printer.matrices:
        shape = ", ".join(printer.doprint(size) for size in matrix.shape)
        lines.append(f"{printer.identifiers[matrix]} = MatrixSymbol({str(matrix.name)!r}, {shape})")
    lines += [f"{function} = Function({function!r})" for function in printer.functions]
    for name, expression in expressions.items():
        shown = printer.doprint(expression)
        lines.append(f"{name} = Integer({shown})" if expression.is_Integer else f"{name} = {shown}")
    own = {*printer.identifiers.values(), *printer.functions, *expressions}
    words = {word for line in lines for word in _WORD.findall(line)} - own
    imports = [f"from sympy import {', '.join(sorted(word for word in words if hasattr(sympy, word)))}"]
    if "MatrixElement" in words:
        imports.append("from sympy.matrices.expressions.matexpr import MatrixElement")
    return "\n".join([*imports, "", *lines])


def _printer(expression: Any, taken: frozenset[str]) -> Any:
    """SymPy's own printer of texts, with a constructor wherever that text is no Python or would be
    evaluated to something else."""

    class SourcePrinter(sympy.printing.str.StrPrinter):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()

            def order(symbol: Any) -> tuple[bool, str, bool]:
                return not symbol.is_integer, str(symbol), not symbol.is_real  # beside a symbol t, the t of a function of entries

            self.symbols = sorted(expression.atoms(sympy.Symbol), key=order)
            self.matrices = sorted(expression.atoms(sympy.MatrixSymbol), key=lambda symbol: str(symbol.name))
            self.functions = sorted({str(application.func) for application in expression.atoms(sympy.core.function.AppliedUndef)})
            self.identifiers: dict[Any, str] = {}
            for symbol in [*self.symbols, *self.matrices]:
                self.identifiers[symbol] = self._identifier(str(symbol.name))

        def _listed(self, nodes: Any) -> str:
            return ", ".join(map(self.doprint, nodes))

        def _identifier(self, name: str) -> str:
            """A name of Python that hides neither a keyword, nor a function of SymPy, nor another
            symbol."""
            plain = re.sub(r"\W", "_", name)
            if keyword.iskeyword(plain) or hasattr(sympy, plain) or not plain.isidentifier():
                plain += "_"
            while plain in self.identifiers.values() or plain in self.functions or plain in taken:
                plain += "_"
            return plain

        def _print_Symbol(self, symbol: Any) -> str:
            return self.identifiers[symbol]

        _print_MatrixSymbol = _print_Dummy = _print_Symbol

        def _constructed(self, node: Any) -> str:
            return f"{type(node).__name__}({self._listed(node.args)})"

        _print_Identity = _print_ZeroMatrix = _print_OneMatrix = _print_HadamardProduct = _print_HadamardPower = _constructed
        _print_KroneckerProduct = _print_FunctionMatrix = _print_Subs = _constructed

        def _print_MatMul(self, node: Any) -> str:
            # A number before a sum would be multiplied into it.
            text: str = super()._print_MatMul(node)
            return self._constructed(node) if node.args[0].is_number and node.args[1].is_MatAdd else text

        def _print_Rational(self, number: Any) -> str:
            return f"Rational({number.p}, {number.q})"

        _print_Half = _print_Rational

        def _print_Inverse(self, node: Any) -> str:
            return f"Inverse({self.doprint(node.args[0])})"

        def _print_MatrixElement(self, node: Any) -> str:
            if not isinstance(node.args[0], sympy.MatrixSymbol):
                return self._constructed(node)  # brackets would multiply a product out
            return f"{self.doprint(node.args[0])}[{self._listed(node.args[1:])}]"

        def _print_ElementwiseApplyFunction(self, node: Any) -> str:
            operand = self.doprint(node.args[1])
            return f"{operand if operand.isidentifier() else f'({operand})'}.applyfunc({self.doprint(node.args[0])})"

        def _print_Lambda(self, node: Any) -> str:
            variables = self._listed(node.signature)
            return f"Lambda({variables if len(node.signature) == 1 else f'({variables})'}, {self.doprint(node.expr)})"

    return SourcePrinter()
