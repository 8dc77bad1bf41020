"""Functions of ``rules/functions.toml``: their signatures, applied to the whole or along an axis,
and their formulas in their place."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from matcalc.base.errors import LimitError, ParseError, Span
from matcalc.base.functions import Function, functions, spellings
from matcalc.base.lazy import later
from matcalc.base.records import record, replace
from matcalc.base.shapes import Shape
from matcalc.base.sizes import ONE, Size, names_in
from matcalc.language.build import terms as t
from matcalc.language.build.builder import Builder, polynomial
from matcalc.language.build.construction import MATRIX_COUNTERPART, MATRIX_FUNCTIONS
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.parser import parse_syntax
from matcalc.language.syntax.trees import mapped, number_in
from matcalc.language.text.spelling import STRUCTURAL, Vocabulary
from matcalc.language.typing import constraints as c, kind_relations
from matcalc.language.typing.dimensions import Dimension, Unknown, resolved
from matcalc.language.typing.kinds import ANY, COLUMN, KINDS, MATRIX, ROW, SCALAR, Cell, Relation, extent, kind_of

if TYPE_CHECKING:
    from matcalc.language.build import complex_calls
    from matcalc.language.syntax import open_indices
    from matcalc.language.text import meanings
else:
    complex_calls = later("matcalc.language.build.complex_calls")
    open_indices = later("matcalc.language.syntax.open_indices")
    meanings = later("matcalc.language.text.meanings")


_DEEPEST_DEFINITION = 8
_OF_VECTORS = frozenset(["sum", "norm", "norm1", "norm2", "dot", "inner", "vdot", "outer", "diag"])


@record
class Signature:
    """Shapes of each parameter and of the result, polynomials in names of sizes; ``()`` is a scalar
    (in ``t -> t``: any shape), or a size where these are the parameters."""

    parameters: dict[str, Shape]
    result: Shape

    @property
    def size_names(self) -> tuple[str, ...]:
        return names_in([size for shape in (*self.parameters.values(), self.result) for size in shape])


@cache
def signature_of(function: Function) -> Signature:
    """The signature of a function of ``rules/functions.toml``."""
    left, _, right = function.signature.partition("->")
    parameters: dict[str, Shape] = {}
    for part in left.split(","):
        name, colon, shape = part.partition(":")
        parameters[name.strip()] = _sizes(shape if colon else "scalar")
    result = right.strip()
    return Signature(parameters, () if result in parameters else _sizes(result))


def _decimal(value: Fraction) -> str:
    return str(float(value)) if value == Fraction(str(float(value))) else str(value)


def _sizes(text: str) -> Shape:
    text = text.strip()
    return () if text in ("scalar", "size") else tuple([_size(part.strip()) for part in text.split("×")])


def _size(text: str) -> Size:
    return Size.of(text) if text.isidentifier() else polynomial(_parsed(text))


def _formula(function: str, field: str) -> s.Syntax:
    """The syntax tree of a formula that the table has of a function."""
    return _parsed(getattr(functions()[function], field))


@cache
def _parsed(formula: str) -> s.Syntax:
    return parse_syntax(formula, Vocabulary.of("tX")).program.value


@cache
def derivative_of(function: str) -> s.Syntax:
    """The syntax tree of the derivative of an elementwise function, entry by entry of an array
    ``t``."""
    return mapped(_formula(function, "derivative"), _by_entries)


def _by_entries(node: s.Syntax) -> s.Syntax:
    """A part of the formula of a number as one of the entries of an array."""
    match node:
        case s.Binary(operator="*" | "/" as operator):
            return replace(node, operator=f".{operator}")
        case s.Raised():
            return replace(node, elementwise=True)
        case _:
            return node


class TableFunctions(Builder):
    """The builder with the functions of the table."""

    def reduced_over(self, node: s.Summation, names: tuple[str, ...], body: t.Term) -> t.Term:
        if meanings.is_of_problems(node.function) and not all(map(self.stands_at, names)):
            raise meanings.optimum(node.function, node.span)
        for name in names:
            if not self.stands_at(name) and name not in dict(node.limits):
                raise meanings.not_indexed(node.function, name, node.span)
        several = tuple([name for name in names for index in self.scope.indices[name][-1:] if resolved(index.size) is not ONE])
        self._doubt_reach(node, body)
        call = s.Applied(node.span, node.function, (node.body,), node.span)
        while several:
            several, last = several[:-2], several[-2:]
            values = self._at_all(last, body) or self.index_array(last, body, node.span)
            array = values if len(last) == 1 else self._vec(call, [values], None)
            body = self.function(functions()[node.function], call, [array], None)
        return body

    def _doubt_reach(self, node: s.Summation, body: t.Term) -> None:
        """Says that a number behind the values is taken into them: only for a sum it makes no
        difference."""
        if not isinstance(node.body, s.Binary) or not isinstance(body, t.ProductTerm):
            return
        last, factor = node.body.right, body.operands[-1].cell
        if number_in(last) is not None or open_indices.free_letters(last, frozenset(node.indices)):
            return
        self.decide(
            f"the last factor is taken into what {node.function} is of",
            "notation",
            "doubtful",
            span=self.place(last.span),
            instead=("into it: brackets around the product", f"a factor of its own: brackets around what {node.function} is of"),
            when=lambda: factor.mask == SCALAR,
        )

    def _at_all(self, names: tuple[str, ...], body: t.Term) -> t.Term | None:
        """The array whose entries at these indices are meant, if it is written: x of x_i."""
        indices = tuple([self.scope.bound_index(name) for name in names])
        if not isinstance(body, t.EntryTerm) or body.positions != indices:
            return None
        return body.operands[0] if all(one is not None and one.ends is None for one in indices) else None

    def _count(self, node: s.Applied, arguments: list[t.Term], wanted: int) -> None:
        if len(arguments) != wanted:
            plural = "argument" if wanted == 1 else "arguments"
            along = len(arguments) == 2 and wanted == 1 and self._has_axis(node.function)
            advice = (
                meanings.along_an_axis(node.function) if along else f"{node.function}({_arguments_of(node.function, wanted)})"
            )
            raise ParseError(f"{node.function} takes {wanted} {plural}, not {len(arguments)}", span=node.span, suggestion=advice)

    @staticmethod
    def _check_whole(function: str, argument: t.Term) -> None:
        """Raises ParseError for a number of places that is written and is not whole."""
        value = t.value_of(argument)
        if value is not None and value.denominator > 1:
            said = f"{function} needs a whole number, not {_decimal(value)}"
            raise ParseError(said, span=argument.span, expected="0, 1, 2, ... or a negative one")

    def _are_single(self, entry: Function, signature: Signature, arguments: list[t.Term]) -> bool:
        """Whether the arguments that are arrays are numbers, so that there is a formula of
        these."""
        said = (self.single(one) for one, shape in zip(arguments, signature.parameters.values()) if shape)
        return any(said) if entry.of_any else all(said)

    def lifted(self, operand: t.Term, axis: str, span: Span, function: str, of_sample: bool = False) -> t.Term:
        """A function with a definition, of every row or column."""
        sizes: dict[str, Dimension] = {"m": Unknown(), "n": Unknown()}
        size = sizes["m"], sizes["n"]
        words = f"a function along {axis}"
        self.relate(kind_relations.Measured(span, frozenset({(MATRIX,)}), words, (operand.cell,), (size,)))
        field = f"definition_{axis}_sample" if of_sample else f"definition_{axis}"
        return self._opened(_formula(function, field), {"X": operand}, sizes, span)

    @staticmethod
    def _has_axis(name: str) -> bool:
        """Whether a function may be taken along the rows or columns of a matrix."""
        return name == "sum" or (name in spellings() and functions()[spellings()[name]].axis)

    def function(self, entry: Function, node: s.Applied, arguments: list[t.Term], axis: str | None) -> t.Term:
        """A function of ``rules/functions.toml``, applied to the whole, or to each row or
        column."""
        span = self.place(node.span)
        if axis == "sample":
            return self._of_sample(entry, node, arguments)
        if axis and not entry.axis:
            raise ParseError(f"{entry.name} is not taken along {axis}", span=node.span, suggestion=f"{node.function}(X)")
        if entry.more and len(arguments) > 1 and axis is None:
            return self._of_several(functions()[entry.more], node, arguments)
        signature = signature_of(entry)
        if entry.of_sizes:
            return self._of_sizes(entry, signature, node)
        if entry.usual and len(arguments) == len(signature.parameters) - 1:
            arguments = [*arguments, self._usual(entry, signature, node)]
        self._count(node, arguments, len(signature.parameters))
        if entry.whole:
            self._check_whole(node.function, arguments[list(signature.parameters).index(entry.whole)])
        if entry.name in MATRIX_COUNTERPART:
            self._note_counterpart(entry.name, node.function, arguments[0])
        if len(signature.parameters) > 1 and entry.kind == "elementwise":
            return t.CallTerm(self.folded(c.ElementMultiplied, arguments), span, tuple(arguments), entry.name, None)
        if entry.kind == "elementwise":
            return t.ElementwiseTerm(arguments[0].cell, span, (arguments[0],), entry.name)
        if entry.of_one and self._are_single(entry, signature, arguments):
            if self.scope.complex and entry.conjugate != "kept" and entry.of_one != "t":
                complex_calls.require_real(self, node, arguments)
            self.evidence = True
            values = {**dict(zip(signature.parameters, arguments)), "t": arguments[0]}
            return arguments[0] if entry.of_one == "t" else self._opened(_formula(entry.name, "of_one"), values, {}, span)
        whole = self._of_whole_matrix(entry, signature, node, arguments) if entry.axis and axis is None else None
        if whole is not None:
            return whole
        if entry.kind == "defined":
            return self._defined(entry, signature, node, arguments, axis)
        self.evidence = True
        if entry.name == "inv":
            return self._inverse(node, arguments, None)
        if axis is not None:
            return self._along_axis(entry, signature, node, arguments[0], axis)
        return self._measured(entry, signature, node, arguments)

    def _usual(self, entry: Function, signature: Signature, node: s.Applied) -> t.Term:
        """The last parameter, which is not given."""
        last = list(signature.parameters)[-1]
        self.decide(f"{node.function} is read with {last} = {entry.usual}", "convention", span=node.span)
        return t.NumberTerm(self.cell(SCALAR, node.span), self.place(node.span), Fraction(entry.usual))

    def _of_sizes(self, entry: Function, signature: Signature, node: s.Applied) -> t.Term:
        """A constant array, which sizes determine."""
        given = [argument for argument in node.arguments if not isinstance(argument, s.Word)]
        if len(given) != len(signature.parameters) or len(given) < len(node.arguments):
            wanted = ", ".join(signature.parameters)
            raise ParseError(f"{node.function} needs sizes", span=node.span, suggestion=f"{node.function}({wanted})")
        self.evidence = True
        values = dict(zip(signature.parameters, map(self.size, given), strict=True))
        known = {name: size for name, size in values.items() if isinstance(size, Size)}
        shape = [size.replaced(known) for size in signature.result]
        if all(size is ONE for size in shape):
            return self._opened(_formula(entry.name, "of_one"), {}, {}, self.place(node.span))
        result, span = self.cell(ANY, node.span), self.place(node.span)
        kinds = frozenset({(kind_of(shape),)})
        self.relate(kind_relations.Measured(span, kinds, node.function, (result,), (extent(signature.result),), values))
        sizes = [t.SizeTerm(self.cell(SCALAR, one.span), self.place(one.span), values[name]) for name, one in zip(values, given)]
        return t.CallTerm(result, span, tuple(sizes), entry.name, None)

    def _of_sample(self, entry: Function, node: s.Applied, arguments: list[t.Term]) -> t.Term:
        """``var(x, sample)``, divided by n - 1."""
        if not entry.definition_sample:
            raise ParseError(f"{entry.name} is not that of a sample", span=node.span, suggestion="var(x, sample)")
        if entry.more and len(arguments) > 1:
            entry = functions()[entry.more]
        signature = signature_of(entry)
        self._count(node, arguments, len(signature.parameters))
        return self._defined(replace(entry, definition=entry.definition_sample), signature, node, arguments, None)

    def _of_several(self, entry: Function, node: s.Applied, arguments: list[t.Term]) -> t.Term:
        """``max(a, b, c)`` as the larger of the larger of two, and the third."""
        first, *others = arguments
        if not entry.commutes:
            return self.function(entry, node, arguments, None)
        for other in others:
            first = self.function(entry, node, [first, other], None)
        return first

    def _along_axis(self, entry: Function, signature: Signature, node: s.Applied, operand: t.Term, axis: str) -> t.Term:
        span, result = self.place(node.span), operand.cell
        if signature.result == ():
            result = self.related(kind_relations.Totalled, node.span, axis, node.function, operand.cell)
        else:
            self.relate(kind_relations.InRelation(span, frozenset({(MATRIX,)}), node.function, result))
        return t.CallTerm(result, span, (operand,), entry.name, axis)

    def _of_whole_matrix(self, entry: Function, signature: Signature, node: s.Applied, arguments: list[t.Term]) -> t.Term | None:
        """A function of a vector that is given a matrix without an axis: a mean is that of all
        entries, a softmax that of each row."""
        operand = arguments[0]
        span = self.place(node.span)
        if not signature.size_names:
            return None

        def of_matrix() -> bool:
            return operand.cell.mask == MATRIX

        if signature.result and entry.kind == "defined":  # by a function that is taken of each row itself
            (parameter,) = signature.parameters
            return self._opened(_formula(entry.name, "definition"), {parameter: operand}, {}, span)
        if signature.result:
            self.evidence = True
            shapes = frozenset({(COLUMN, COLUMN), (ROW, ROW), (MATRIX, MATRIX)})
            result = self.cell(ANY, node.span)
            self.relate(c.SameShape(span, operand.cell, result))
            self.relate(kind_relations.InRelation(span, shapes, node.function, operand.cell, result))
            self.decide(
                f"{node.function} of a matrix is read as that of each row; of each column: {node.function}(X, cols)",
                "dialect",
                span=span,
                when=of_matrix,
            )
            return t.CallTerm(result, span, (operand,), entry.name, None)
        if entry.of_one == "t" and operand.cell.made and operand.cell.mask == SCALAR:
            return operand  # MATLAB's mean(mean(X))
        if entry.kind == "defined":
            self.decide(
                f"{node.function} of a matrix is read as that of all entries; of each row: {node.function}(X, rows)",
                "dialect",
                span=span,
                when=of_matrix,
            )
            self.relate(kind_relations.InRelation(span, frozenset({(COLUMN,), (ROW,), (MATRIX,)}), node.function, operand.cell))
            arguments[0] = self._vec(node, [operand], None)
        return None

    def _measured(self, entry: Function, signature: Signature, node: s.Applied, arguments: list[t.Term]) -> t.Term:
        shapes = [*signature.parameters.values(), signature.result]
        result = self.cell(ANY, node.span)
        cells = [*[argument.cell for argument in arguments], result]
        sizes = _open_sizes(signature)
        self._in_shapes(node, shapes, cells, _signature_kinds(shapes), sizes)
        result.made = signature.result == () and any(signature.parameters.values())
        return t.CallTerm(result, self.place(node.span), tuple(arguments), entry.name, None)

    def _in_shapes(
        self, node: s.Applied, shapes: list[Shape], cells: list[Cell], kinds: Relation, sizes: Mapping[str, Dimension]
    ) -> None:
        """Cells have the kinds and the shapes that a signature says."""
        dimensions = tuple([extent(shape) for shape in shapes])
        self.relate(kind_relations.Measured(self.place(node.span), kinds, node.function, tuple(cells), dimensions, sizes))

    def _note_counterpart(self, name: str, written: str, argument: t.Term) -> None:
        counterpart, meaning = MATRIX_COUNTERPART[name]
        cell = argument.cell

        def square() -> bool:
            return cell.mask == MATRIX and resolved(cell.rows) == resolved(cell.cols)

        if MATRIX_FUNCTIONS in self.otherwise:
            self.decide(f"{written} of a matrix is read as the matrix {meaning}", "alias", span=argument.span, when=square)
            return
        self.decide(
            f"{written} of a matrix is elementwise; the matrix {meaning} is {counterpart}",
            "alias",
            span=argument.span,
            otherwise=MATRIX_FUNCTIONS,
            when=square,
        )

    def _defined(
        self, entry: Function, signature: Signature, node: s.Applied, arguments: list[t.Term], axis: str | None
    ) -> t.Term:
        if self.depth >= _DEEPEST_DEFINITION:
            raise LimitError(f"the definition of {entry.name} is nested too deeply", span=node.span)
        span = self.place(node.span)
        if axis is not None:
            self.evidence = True
            return self.lifted(arguments[0], axis, span, entry.name)
        sizes = _open_sizes(signature)
        if signature.size_names:
            self.evidence = True
            shapes = list(signature.parameters.values())
            kinds = frozenset({tuple([kind_of(shape) for shape in shapes])})
            self._in_shapes(node, shapes, [argument.cell for argument in arguments], kinds, sizes)
        built = self._opened(_parsed(entry.definition), dict(zip(signature.parameters, arguments, strict=True)), sizes, span)
        self.evidence |= bool(signature.size_names)
        return built

    def _opened(self, definition: s.Syntax, values: dict[str, t.Term], sizes: dict[str, Dimension], span: Span) -> t.Term:
        """A definition with these values of its parameters, which sees no other names."""
        scope = self.scope
        outer = scope.values, scope.sizes, scope.indices, scope.declarations, scope.definitions, self.depth, self.evidence
        self.depth += 1
        try:
            scope.values, scope.sizes, scope.indices, scope.declarations, scope.definitions = values, sizes, {}, {}, {}
            return self.build(definition, span)
        finally:
            scope.values, scope.sizes, scope.indices, scope.declarations, scope.definitions, self.depth, self.evidence = outer

    def _inverse(self, node: s.Applied, arguments: list[t.Term], axis: str | None) -> t.Term:
        self._needs(node, arguments[0], SCALAR | MATRIX, square=True)
        return t.InverseTerm(arguments[0].cell, self.place(node.span), (arguments[0],))

    def _needs(self, node: s.Applied, argument: t.Term, mask: int, square: bool = False) -> None:
        self.evidence = True
        kinds: Relation = frozenset({(kind,) for kind in KINDS if kind & mask})
        self.relate(kind_relations.InRelation(self.place(node.span), kinds, node.function, argument.cell, square=square))

    def _vec(self, node: s.Applied, arguments: list[t.Term], axis: str | None) -> t.Term:
        result = self.related(kind_relations.Stacked, node.span, arguments[0].cell)
        return t.VecTerm(result, self.place(node.span), (arguments[0],))


def _open_sizes(signature: Signature) -> dict[str, Dimension]:
    """The sizes of a signature, which are open."""
    return {name: Unknown() for name in signature.size_names}


def _signature_kinds(shapes: list[Shape]) -> Relation:
    """The kinds of a signature; a function of one vector takes a row too, and gives a row where it
    gives a vector."""
    kinds = [kind_of(shape) for shape in shapes]
    found = {tuple(kinds)}
    if kinds[0] == COLUMN and len(kinds) == 2:
        found.add((ROW, ROW if kinds[1] == COLUMN else kinds[1]))
    return frozenset(found)


def _arguments_of(name: str, wanted: int) -> str:
    """Letters for the arguments of a function, by what it takes."""
    entry = functions().get(spellings().get(name, ""))
    small = entry.argument_order < 2 if entry is not None else name in _OF_VECTORS or name not in STRUCTURAL
    return ", ".join(("xyz" if small else "ABC")[:wanted])
