"""Calls: the functions with a place of their own in the language, those of
``rules/functions.toml``, and the user's."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from matcalc.base.errors import ParseError, Span
from matcalc.base.functions import functions, of_sizes, spellings
from matcalc.base.lazy import later
from matcalc.base.sizes import ONE, Size
from matcalc.language.build import terms as t
from matcalc.language.build.builder import Builder
from matcalc.language.build.operators import weighs
from matcalc.language.build.own_calls import OwnFunctions
from matcalc.language.build.scope import Scope, letter_class
from matcalc.language.build.table_functions import derivative_of
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.trees import names_among, number_in
from matcalc.language.text.spelling import NORM_NAMES, SPELLED_GREEK
from matcalc.language.text.terminals import MASKED, PARTIALS, WRITTEN_OUT
from matcalc.language.typing import constraints as c, kind_relations
from matcalc.language.typing.dimensions import Dimension, Unknown
from matcalc.language.typing.kinds import ANY, COLUMN, MATRIX, SCALAR

if TYPE_CHECKING:
    from matcalc.language.build import complex_calls, selections
    from matcalc.language.syntax import array_arithmetic
    from matcalc.language.text import meanings
else:
    selections = later("matcalc.language.build.selections")
    complex_calls = later("matcalc.language.build.complex_calls")
    array_arithmetic = later("matcalc.language.syntax.array_arithmetic")
    meanings = later("matcalc.language.text.meanings")


_SIZED = {
    "eye": (range(2), "eye(n)"), "ones": (range(5), "ones(n)"), "zeros": (range(5), "zeros(n)"), "unit": (range(1, 3), "unit(3, n)"),
    "vector": (range(1, 3), "vector(1)"), "matrix": (range(1, 4, 2), "matrix(0)"), "commutation": (range(2, 3), "commutation(m, n)"),
}  # fmt: skip
"""Constants with sizes, with how many arguments they take, and how they are written."""
_VALUED = frozenset(["unit", "vector", "matrix"])
"""Those of them that begin with a number."""
_READINGS_OF_NORMS = {
    "matlab": (
        "norm(X) of a matrix is read as the Frobenius norm; MATLAB's is the spectral norm, norm(X, 2)",
        "the Frobenius norm: norm(X, 'fro')", "the spectral norm: norm(X, 2)",
    ),
    "induced": ("norm(X, 2) of a matrix is read as the spectral norm; the Frobenius norm is norm(X, 'fro')",),
    "columns": ("norm(X, 1) of a matrix is read as the largest column sum; the sum of the absolute values of all entries is norm1(X)",),
    "infinity": ("norm(X, inf) of a matrix is read as the largest row sum of absolute values; the largest is max(abs(vec(X)))",),
}  # fmt: skip
"""By the kind of norm that is written, or where none is by the dialect, what is said of a matrix,
and the readings where that is doubtful."""
_NORMS = {"norm1": "1", "norm2": "2", "spectral": "spectral", "nuclear": "nuclear"}
_SUMS = frozenset(["sum", "mean"])


class CallBuilder(OwnFunctions):
    """The builder with calls."""

    def sums_up(self, node: s.Applied, outer: bool) -> bool:
        if node.function in _SUMS:
            return len(node.arguments) == 1
        known = spellings().get(node.function)
        return outer and (self.of_entries(node.function) or (known is not None and functions()[known].kind == "elementwise"))

    def argument_terms(self, node: s.Applied) -> list[s.Syntax]:
        name, arguments = node.function, node.arguments
        if self.is_users(name) or name in self.scope.definitions:
            return [*arguments] if self.is_users(name) or not self._as_defined(node) else []
        if name in _SIZED or name in of_sizes():
            return []
        if name == WRITTEN_OUT:
            return selections.entries_of(node)
        if name in PARTIALS:
            raise array_arithmetic.misplaced(node, self.scope.definitions)
        if self._bound(node):
            return [arguments[-1]]
        if name == "reshape" or (name == "norm" and len(arguments) == 2 and _norm_kind(node, self)):
            return [*arguments[:1]]
        return [argument for argument in arguments if not isinstance(argument, s.Word)]

    def call(self, node: s.Applied, arguments: list[t.Term]) -> t.Term:
        name, span = node.function, node.span
        if name in self.scope.definitions:
            return self.function_value(self.scope.definitions[name], None if self._as_defined(node) else arguments, span)
        if self.is_users(name):
            return self.users_call(node, arguments)
        if self.scope.complex and (of_complex := complex_calls.call(self, node, arguments)) is not None:
            return of_complex
        if name in _SIZED:
            return self._sized(node)
        if name == WRITTEN_OUT:
            return selections.blocks(self, node, arguments)
        if name.endswith("'") and name[:-1] in functions():
            self._count(node, arguments, 1)
            return self._opened(derivative_of(name[:-1]), {"t": arguments[0]}, {}, self.place(span))
        if name == "pinv":
            self._refuse_sign_on_a_vector(node)
        if name not in _STRUCTURAL and name not in spellings():
            raise meanings.unknown_function(name, node.function_span)
        axis = _axis_of(node)
        if name not in _STRUCTURAL:
            return self.function(functions()[spellings()[name]], node, arguments, axis)
        if axis and (name != "sum" or axis == "sample"):
            raise ParseError(f"{name} is not taken along {axis}", span=node.span, suggestion=f"{name}(X)")
        build, wanted = _STRUCTURAL[name]
        if wanted:
            self._count(node, arguments, wanted)
        return build(self, node, arguments, axis)

    def _as_defined(self, node: s.Applied) -> bool:
        """Whether a function of the text stands with the arguments that it is defined with."""
        names = names_among(node.arguments)
        return len(names) == len(node.arguments) and names == self.scope.definitions[node.function].parameters

    # ------------------------------------------------------------ constants with sizes

    def _sized(self, node: s.Applied) -> t.Term:
        name, span, arguments = node.function, node.span, node.arguments
        _refuse_words(arguments)
        counts, usage = _SIZED[name]
        if len(arguments) not in counts:
            counted = f"{len(arguments)} argument{'s' if len(arguments) != 1 else ''}"
            raise ParseError(f"{name} does not take {counted}", span=span, suggestion=usage)
        sizes = [self.size(argument) for argument in arguments[name in _VALUED :]]
        match name:
            case "eye":
                return self.identity(span, *sizes)
            case "commutation":
                return self._commutation(sizes[0], sizes[1], span)
            case "unit":
                return self.unit(self._place_in(arguments[0]), span, *sizes)
            case "ones" | "zeros":
                return self.filled(Fraction(name == "ones"), sizes, span)
            case _:
                return self.filled(self._value(arguments[0]), sizes or [Unknown() for _ in range(counts[-1] - 1)], span)

    def _commutation(self, m: Dimension, n: Dimension, span: Span) -> t.Term:
        self.evidence = True
        if not isinstance(m, Size) or not isinstance(n, Size):
            raise ParseError("commutation needs two sizes", span=span, suggestion="commutation(m, n)")
        if ONE in (m, n):  # the vec's of a row and of its transpose are the same
            return self.identity(span, n if m == ONE else m)
        cell = self.cell(MATRIX, span)
        self.relate(kind_relations.Commuting(self.place(span), m, n, cell))
        return t.CommutationTerm(cell, self.place(span), m, n)

    def _value(self, node: s.Syntax) -> Fraction:
        value = number_in(node)
        if value is None:
            raise ParseError("a number is expected", span=node.span, suggestion="vector(1), matrix(0)")
        return value

    def _place_in(self, node: s.Syntax) -> Size:
        """The position of a unit vector."""
        return self.polynomial(node) if self.counts_by_sizes(node) else Size.of(self._whole(node))

    def _whole(self, node: s.Syntax) -> int:
        value = self._value(node)
        if value.denominator != 1:
            raise ParseError("a whole number is expected", span=node.span)
        return int(value)

    # ------------------------------------------------------------ functions with their own classes

    def _trace(self, node: s.Applied, arguments: list[t.Term], axis: str | None) -> t.Term:
        self.relate(kind_relations.TraceOf(self.place(node.span), node.function, arguments[0].cell))
        return t.TraceTerm(self.made(node.span), self.place(node.span), (arguments[0],))

    def _sum(self, node: s.Applied, arguments: list[t.Term], axis: str | None) -> t.Term:
        index = self.summed_index(node)
        if index is not None:
            return self.index_sum(index, arguments[0], node.span)
        return self.total_of(arguments[0], axis, node.span)

    def _tensor(self, node: s.Applied, arguments: list[t.Term], axis: str | None) -> t.Term:
        return self.index_array(self.array_indices(node), arguments[0], node.span)

    def _diag(self, node: s.Applied, arguments: list[t.Term], axis: str | None) -> t.Term:
        self.evidence = True
        if self.single(arguments[0]):
            return arguments[0]
        result = self.related(kind_relations.DiagonalOf, node.span, arguments[0].cell)
        return t.DiagonalTerm(result, self.place(node.span), (arguments[0],))

    def _reshape(self, node: s.Applied, arguments: list[t.Term], axis: str | None) -> t.Term:
        if len(node.arguments) != 3:
            raise ParseError("reshape takes an expression and two sizes", span=node.span, suggestion="reshape(x, m, n)")
        m, n = [self.size(argument) for argument in node.arguments[1:]]
        if m == n == ONE:
            raise ParseError("reshape gives a vector or a matrix", span=node.span, suggestion="x[1] for the only entry")
        result = self.cell(ANY, node.span)
        self.relate(kind_relations.Reshaped(self.place(node.span), m, n, arguments[0].cell, result))
        return t.ReshapeTerm(result, self.place(node.span), (arguments[0],), m, n)

    def _kron(self, node: s.Applied, arguments: list[t.Term], axis: str | None) -> t.Term:
        if len(arguments) < 2:
            self._count(node, arguments, 2)
        return self.kronecker(arguments, node.span)

    def _transpose(self, node: s.Applied, arguments: list[t.Term], axis: str | None) -> t.Term:
        self.evidence = True
        return self.transpose(arguments[0], node.span)

    def _outer(self, node: s.Applied, arguments: list[t.Term], axis: str | None) -> t.Term:
        for argument in arguments:
            self._needs(node, argument, COLUMN)
        return self.product([arguments[0], self.transpose(arguments[1], arguments[1].span)], node.span)

    def _inner(self, node: s.Applied, arguments: list[t.Term], axis: str | None) -> t.Term:
        """Of vectors, or of matrices; ``dot`` of matrices is another thing in every program, as
        ``inner`` is in NumPy, so that only vectors have one."""
        left, right = arguments
        if node.function == "dot" or self.written.dialect == "numpy":
            self._needs(node, left, COLUMN)
            self._needs(node, right, COLUMN)
            self._doubt_capitals(node)
        self.evidence = True
        self.relate(c.Paired(self.place(node.span), left.cell, right.cell).at(left.span, right.span))
        return t.InnerTerm(self.cell(SCALAR, node.span), self.place(node.span), (left, right))

    def _refuse_sign_on_a_vector(self, node: s.Applied) -> None:
        """Raises ParseError for ``x^†`` and ``x^+`` of a small letter that is not declared: nobody
        means the pseudoinverse of a vector."""
        base = node.arguments[0] if len(node.arguments) == 1 else None
        if not isinstance(base, s.Name) or node.function_span.start < base.span.end or base.name in self.scope.declared:
            return
        if base.name not in self.scope.values and letter_class(base.name) in ("lower", "early"):
            raise ParseError(
                f"the sign of the pseudoinverse on {base.name}, which is no matrix",
                span=node.span,
                suggestion=f"{base.name}' for the transpose, relu({base.name}) for the positive part, or declare {base.name}: n×m",
            )

    def _doubt_capitals(self, node: s.Applied) -> None:
        """``dot(A, B)`` of capitals that are not declared: of matrices it is the product in NumPy,
        and tr(A'B) in Julia."""
        known = {*self.scope.declarations, *self.scope.values}
        open_names = [name for name in names_among(node.arguments) if letter_class(name) == "upper" and name not in known]
        if open_names:
            one, other = [part.name if isinstance(part, s.Name) else "B" for part in node.arguments[:2]]
            vectors, product = f"vectors: declare {open_names[0]}: n", f"the product of matrices: {one}*{other}"
            self.decide(
                f"{node.function} is read as the inner product of vectors, although {open_names[0]} is a capital",
                "kinds",
                "doubtful",
                span=self.place(node.span),
                instead=(vectors, product, f"their inner product: tr({one}'*{other})"),
            )

    def _masked(self, node: s.Applied, arguments: list[t.Term], axis: str | None) -> t.Term:
        """The entries of a matrix where another one is 1, and 0 for the others."""
        self.evidence = True
        mask, array = arguments
        place = self.place(node.span)
        words = "the choice of observed entries"
        self.relate(kind_relations.InRelation(place, frozenset({(MATRIX, MATRIX)}), words, array.cell, mask.cell))
        if isinstance(mask, t.SymbolTerm):
            self.scope.variables[mask.name].meant = ("mask",)
        return t.ElementProductTerm(self.folded(c.ElementMultiplied, arguments), place, (mask, array))

    def _norm_of_kind(self, node: s.Applied, arguments: list[t.Term], axis: str | None) -> t.Term:
        return self.norm(arguments, _NORMS[node.function], node.span)

    def _norm(self, node: s.Applied, arguments: list[t.Term], axis: str | None) -> t.Term:
        if len(node.arguments) not in (1, 2):
            self._count(node, arguments, 1)
        kind = "2" if len(node.arguments) == 1 else _norm_kind(node, self)
        if len(arguments) != (1 if kind else 2):
            raise ParseError(
                "norm takes an expression and the sort of norm", span=node.span, suggestion="norm(x), norm(X, nuclear)"
            )
        self._note_norm(kind if len(node.arguments) == 2 else "", arguments[0], node.span)
        return self.norm(arguments, kind, node.span)

    def _note_norm(self, kind: str, operand: t.Term, span: Span) -> None:
        """What programs differ in: ``norm(X)``, ``norm(X, 1)`` and ``norm(X, 2)`` of a matrix."""
        said, *ways = _READINGS_OF_NORMS.get(kind or self.written.dialect, ("",))
        if said:
            self.decide(
                said,
                "dialect",
                "doubtful" if ways else "assumed",
                span=self.place(span),
                instead=tuple(ways),
                when=lambda: operand.cell.mask == MATRIX,
            )


def _refuse_words(arguments: tuple[s.Syntax, ...]) -> None:
    for argument in arguments:
        if isinstance(argument, s.Word):
            raise ParseError(f"{argument.word!r} cannot stand here", span=argument.span)


def _axis_of(node: s.Applied) -> str | None:
    """The axis that a call names by a word. Raises ParseError for words that stand elsewhere, or
    say something else."""
    *others, last = node.arguments or (node,)
    axis = last.word if isinstance(last, s.Word) and last.word in ("rows", "cols", "sample") else None
    of_norm = node.function == "norm" and isinstance(last, s.Word)
    _refuse_words(tuple(others if axis or of_norm else node.arguments))
    return axis


def _norm_kind(call: s.Applied, builder: Builder) -> str:
    """The norm that the second argument of ``norm`` names by itself; empty when it is a
    parameter."""
    operand, node = call.arguments
    match node:
        case s.Word(word="nuclear" | "spectral" as word):
            return word
        case s.Name(name=word) if NORM_NAMES.get(word.lower()) == "infinity" and not _is_known(word, builder.scope):
            return "infinity"
        case s.Word(word=word) if word.lower() in NORM_NAMES or word == "F":
            return {"F": "2"}.get(name := NORM_NAMES.get(word.lower(), "F"), name)
        case s.Word(word=word):
            raise ParseError(f"there is no norm {word!r}", span=node.span, suggestion="norm(X, nuclear), norm(X, spectral)")
        case s.NumberLiteral(value=value) if value in (1, 2):
            return builder.numbered_norm(int(value))
        case s.Name(name="F") if not weighs(operand, builder.scope):
            return "2"
        case s.Name(name=name) if len(name) > 2 and name.isalpha() and not _is_known(name, builder.scope):
            raise ParseError(
                "there is no norm of that name",
                span=node.span,
                expected="a number, one name for p, nuclear or spectral",
                suggestion="norm(x, p), norm(x, 3), norm(X, nuclear)",
            )
        case _:
            return ""


def _is_known(name: str, scope: Scope) -> bool:
    return name in scope.declarations or name in scope.values or name in scope.variables or name in SPELLED_GREEK


_Structural = Callable[[CallBuilder, s.Applied, list[t.Term], str | None], t.Term]
_STRUCTURAL: dict[str, tuple[_Structural, int]] = {
    "tr": (CallBuilder._trace, 1), "trace": (CallBuilder._trace, 1), "sum": (CallBuilder._sum, 1), "diag": (CallBuilder._diag, 1),
    "inv": (CallBuilder._inverse, 1), "vec": (CallBuilder._vec, 1), "reshape": (CallBuilder._reshape, 0), "kron": (CallBuilder._kron, 0),
    "transpose": (CallBuilder._transpose, 1), "ctranspose": (CallBuilder._transpose, 1), "outer": (CallBuilder._outer, 2),
    "inner": (CallBuilder._inner, 2), "dot": (CallBuilder._inner, 2), "vdot": (CallBuilder._inner, 2), "norm": (CallBuilder._norm, 0),
    "norm1": (CallBuilder._norm_of_kind, 1), "norm2": (CallBuilder._norm_of_kind, 1), "spectral": (CallBuilder._norm_of_kind, 1),
    "nuclear": (CallBuilder._norm_of_kind, 1), "tensor": (CallBuilder._tensor, 0), MASKED: (CallBuilder._masked, 2),
}  # fmt: skip
"""What builds each of the functions with a place of their own, and how many arguments it takes, 0
where that is told there."""
