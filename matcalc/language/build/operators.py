"""Operators: sums, products, quotients, powers and norms as terms, by what the text is written in,
and what is said of how they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from matcalc.base.errors import ShapeError, Span
from matcalc.base.lazy import later, pattern
from matcalc.language.build import terms as t
from matcalc.language.build.assembly import Assembly
from matcalc.language.build.scope import Scope, letter_class
from matcalc.language.decisions import Weight
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.trees import parts
from matcalc.language.typing import constraints as c
from matcalc.language.typing.kinds import ANY, COLUMN, COUNT_LETTERS, DIVIDING_COUNTS, MATRIX, ROW, SCALAR, Cell, Constraint

if TYPE_CHECKING:
    from matcalc.language.typing import kind_relations
else:
    kind_relations = later("matcalc.language.typing.kind_relations")

_READ_AS = {
    "1": "the sum of the absolute values of all entries; the largest column sum is norm(X, 1)",
    "2": "the Frobenius norm; the spectral norm is norm(X, spectral)",
}
"""What norm bars with a number mean of a matrix."""
_ARRAY_PRODUCTS: Mapping[str, type[Constraint]] = {"*": c.Starred, "@": c.ArrayMultiplied, "·": c.Dotted}


class Operators(Assembly):
    """Makes terms of operators."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self.matrices_divide = True
        """Whether ``A/B`` may be A B⁻¹ outside of MATLAB, too; a claim in mathematics that divides
        by a matrix is none."""
        self._summed_up: list[bool] = [False]
        """Whether what is built is summed up entry by entry, innermost last."""

    def _part(self, name: s.Name, positions: tuple[t.Position, ...], span: Span) -> t.Term:
        raise NotImplementedError

    def position(self, node: s.Syntax) -> t.Position:
        raise NotImplementedError

    def counts_by_sizes(self, node: s.Syntax) -> bool:
        raise NotImplementedError

    def numbered_norm(self, order: int) -> str:
        """``norm(x, 1)`` and ``norm(x, 2)``, which of a matrix is the spectral norm, except in
        Julia."""
        if order == 1:
            return "1" if self.written.dialect == "julia" else "columns"
        return "2" if self.written.dialect == "julia" else "induced"

    def _negative(self, node: s.Minus, operands: list[t.Term]) -> t.Term:
        return t.NegativeTerm(operands[0].cell, self.place(node.span), (operands[0],))

    def _number(self, node: s.NumberLiteral, operands: list[t.Term]) -> t.Term:
        return t.NumberTerm(Cell(SCALAR, self.place(node.span), literal=True), self.place(node.span), node.value)

    def _binary(self, node: s.Binary, operands: list[t.Term]) -> t.Term:
        match node.operator:
            case "+" | "-":
                negative = tuple([sign == "-" for _, sign in spine(node, ("+", "-"))])
                return self.total(operands, negative, node.span)
            case "*" if not self._starred(node.operator_span):
                return self.product(operands, node.span)
            case "*" | "@" | "·" as sign:
                return self._array_product(sign, node, operands)
            case "/":
                return self._quotient(node, operands)
            case "\\":
                return self.left_quotient(node, operands)
            case ".*" | "./" as sign:
                return self._elementwise(sign, node, operands)
            case _:
                return self.kronecker(operands, node.span)

    def _elementwise(self, sign: str, node: s.Binary, operands: list[t.Term]) -> t.Term:
        if sign == ".*" and self._is_mixed_up(node):
            return self.product(operands, node.span)
        self.evidence = True
        if sign == ".*":
            return t.ElementProductTerm(self.folded(c.ElementMultiplied, operands), self.place(node.span), tuple(operands))
        relation = c.DividedByCount if self._is_counted(node) else c.ElementDivided
        return t.QuotientTerm(self.folded(relation, operands), self.place(node.span), (operands[0], operands[1]), True)

    def _starred(self, sign: Span) -> bool:
        """Whether a product is written with the star of a program that may mean something else by
        it; juxtaposition never does."""
        return not self.written.sure and not self.depth and sign.start < sign.end

    def _is_mixed_up(self, node: s.Binary) -> bool:
        """Whether a star of NumPy stands between a matrix and another one that is transposed: these
        hardly have one shape."""
        left, right = node.left, node.right
        other = right.operand if isinstance(right, s.Transposed) else None
        if not self.written.arrays or self.depth or node.operator_span.end - node.operator_span.start != 1:
            return False
        if not isinstance(left, s.Name) or not isinstance(other, s.Name) or left.name == other.name:
            return False
        if not (left.name[0].isupper() and other.name[0].isupper()) or self._declared(left, other):
            return False
        self.decide(
            f"{left.name} * {other.name}.T beside @ is read as the matrix product; NumPy's * goes entry by entry",
            "dialect",
            "doubtful",
            span=self.place(node.span),
            instead=("the matrix product: @", "entry by entry: .*"),
        )
        return True

    def _array_product(self, sign: str, node: s.Binary, operands: list[t.Term]) -> t.Term:
        left, right = operands
        self.evidence |= sign == "@"
        cell = self.folded(_ARRAY_PRODUCTS[sign], operands)
        made = t.ArrayProductTerm(cell, self.place(node.span), (left, right), sign)
        span = self.place(node.operator_span)

        def of(kind: int, other: int) -> bool:
            return left.cell.mask == kind and right.cell.mask == other

        match sign:
            case "·":
                self.decide(
                    "the dot of two vectors is read as their inner product",
                    "notation",
                    span=span,
                    when=lambda: of(COLUMN, COLUMN),
                )
                self._doubt_number(node, lambda: of(SCALAR, COLUMN))
            case "*":
                said = "* beside ** is read as the matrix product; entry by entry it is .*"
                ways = ("the matrix product: @", "entry by entry: .*")
                whole = lambda: MATRIX in (left.cell.mask, right.cell.mask) and SCALAR not in (left.cell.mask, right.cell.mask)  # noqa: E731
                self.decide(said, "dialect", "doubtful", span=span, instead=ways, when=whole)
                self.decide(
                    "* of two vectors goes entry by entry, as in NumPy", "dialect", span=span, when=lambda: of(COLUMN, COLUMN)
                )
            case _:
                self.decide(
                    "@ of a vector and a transposed vector is read as their outer product; NumPy's arrays of one axis have no transpose",
                    "dialect",
                    "doubtful",
                    span=span,
                    instead=("the outer product: outer(x, y)", "the inner product: x @ y"),
                    when=lambda: of(COLUMN, ROW),
                )
        return made

    def _doubt_number(self, node: s.Binary, scaled: Callable[[], bool]) -> None:
        """``a·x``, where nothing shows that a is a number, may as well be meant as an inner
        product."""
        one, other = node.left, node.right
        if (
            isinstance(one, s.Name)
            and isinstance(other, s.Name)
            and letter_class(one.name) == "early"
            and not self._declared(one)
        ):
            self.decide(
                f"{one.name} before the dot is read as a number",
                "kinds",
                "doubtful",
                span=self.place(node.span),
                instead=(f"a number: declare {one.name}: scalar", f"an inner product: {one.name}'*{other.name}"),
                when=scaled,
            )

    def _may_solve(self, node: s.Binary) -> bool:
        """Whether a divisor may be a matrix: no letter that counts things, and not behind a small
        letter."""
        left, divisor, declared = node.left, node.right, self.scope.declarations
        if isinstance(divisor, s.Name) and divisor.name in COUNT_LETTERS and divisor.name not in declared:
            return False
        if isinstance(left, s.Name) and left.name[0].islower() and left.name not in declared:
            return False
        return self.matrices_divide or self.written.dialect == "matlab"

    def _quotient(self, node: s.Binary, operands: list[t.Term]) -> t.Term:
        """``a/b``: by a scalar, or ``A/B`` as MATLAB has it. Letters that count things are no
        matrices."""
        left, right = operands
        solves = self._may_solve(node)
        span = self.place(node.span)
        result = left.cell
        if self._goes_by_entries():
            result = self.cell(ANY, node.span)
            divided = c.DividedEntriesByMatrix if solves else c.DividedEntries
            self.relate(divided(span, left.cell, right.cell, result).at(left.span, right.span))
            self.decide(
                "a quotient by a vector is read entry by entry", "notation", span=span, when=lambda: right.cell.mask == COLUMN
            )
        else:
            relation = c.DividedByMatrix if solves else c.Divided
            self.relate(relation(span, left.cell, right.cell).at(left.span, right.span))
        self._note_rayleigh(node.right)
        sure = self.written.dialect == "matlab"
        self.decide(
            "a quotient by a matrix is read as a product with its inverse, A/B as A*inv(B)",
            "dialect",
            "assumed" if sure else "doubtful",
            span=span,
            instead=("by a matrix: A*inv(B)", "by a scalar: declare B: scalar"),
            when=lambda: right.cell.mask == MATRIX,
        )
        return t.QuotientTerm(result, span, (left, right), False)

    def _is_counted(self, node: s.Binary) -> bool:
        """Whether a slash of NumPy has a letter that counts things behind it, and more than a name,
        which may be its like, before it."""
        written = node.operator_span.end - node.operator_span.start == 1
        return (
            written
            and isinstance(node.right, s.Name)
            and node.right.name in DIVIDING_COUNTS
            and not isinstance(node.left, s.Name)
        )

    def _note_rayleigh(self, divisor: s.Syntax) -> None:
        """Brackets that nobody wrote around the divisor: ``x'*A*x / x'*x``."""
        if isinstance(divisor, s.Binary):
            starred = divisor.operator_span.start < divisor.operator_span.end
            self.decide(
                "what follows the slash is read as one divisor, since nothing is divided by a row",
                "notation",
                "doubtful" if starred else "assumed",
                span=self.place(divisor.span),
                instead=("one divisor: a/(x'*x)", "a quotient by x' and then a factor: (a/x')*x"),
            )

    def _transposed(self, node: s.Transposed, operands: list[t.Term]) -> t.Term:
        operand, span = operands[0], node.span
        self.evidence = True
        if operand in self._rows:
            return self._rows[operand]
        if isinstance(operand, t.NumberTerm):
            if operand.value != 1:
                raise ShapeError("a number has no transpose; only 1' is read, as a row of ones", span=span)
            operand = t.FilledTerm(self.cell(COLUMN, operand.span), operand.span, Fraction(1))
        return self.transpose(operand, span)

    def _is_part(self, node: s.Raised) -> bool:
        """Whether an exponent is the index of a sum in brackets: ``x^(i)``."""
        index = node.exponent.operand if isinstance(node.exponent, s.Group) else node
        bound = isinstance(index, s.Name) and self.scope.bound_index(index.name) is not None
        return bound and isinstance(node.base, s.Name) and not node.elementwise

    def _power_of_euler(self, exponent: t.Term, span: Span) -> t.Term:
        self.relate(kind_relations.EulerOf(span, exponent.cell, self._goes_by_entries()))
        self.decide(
            "e^ of a vector is read entry by entry, as exp", "notation", span=span, when=lambda: exponent.cell.mask == COLUMN
        )
        self.decide("e is read as the base of the exponential function", "alias", span=span)
        self.decide(
            "e^ of a matrix is read as the matrix exponential", "alias", span=span, when=lambda: exponent.cell.mask == MATRIX
        )
        return t.EulerTerm(exponent.cell, span, (exponent,))

    def _raised(self, node: s.Raised, operands: list[t.Term]) -> t.Term:
        span = self.place(node.span)
        if not operands:
            assert isinstance(node.base, s.Name) and isinstance(node.exponent, s.Group)
            return self._part(node.base, (self.position(node.exponent.operand),), node.span)
        if len(operands) == 1:
            return self._power_of_euler(operands[0], span)
        base, exponent = operands
        if node.elementwise:
            self.evidence |= self.written.sure
            cell = self.folded(c.ElementRaised, operands)
            self._note_array_power(span, base, exponent)
            return t.PowerTerm(cell, span, (base, exponent), True)
        if self._summed_up[-1] and not self.depth:
            return self._summed_power(base, exponent, span)
        if _is_minus_one(exponent):
            self.relate(c.Raised(span, base.cell, exponent.cell).at(base.span, exponent.span))
            return t.InverseTerm(base.cell, span, (base,))
        relation = c.RaisedEntries if self._goes_by_entries() else c.Raised
        self.relate(relation(span, base.cell, exponent.cell).at(base.span, exponent.span))
        self.decide(
            "a power of a vector is read entry by entry",
            "notation",
            "doubtful",
            span=span,
            instead=("entry by entry: x^{\\odot 2}", "the square of its norm: \\|x\\|^2"),
            when=lambda: base.cell.mask == COLUMN,
        )
        return t.PowerTerm(base.cell, span, (base, exponent), False)

    def _goes_by_entries(self) -> bool:
        """Whether powers and quotients of vectors go entry by entry: in LaTeX there is no other
        sign for it in use."""
        return self.written.dialect == "latex" and not self.depth

    def _summed_power(self, base: t.Term, exponent: t.Term, span: Span) -> t.Term:
        """A power in what is summed up, which of a vector goes entry by entry: ``sum(x^2)``,
        ``sum(2^x)``."""
        if base.cell.mask == MATRIX and _is_minus_one(exponent):
            self.relate(c.Raised(span, base.cell, exponent.cell).at(base.span, exponent.span))
            return t.InverseTerm(base.cell, span, (base,))
        result = self.cell(ANY, span)
        self.relate(c.SummedRaised(span, base.cell, exponent.cell, result).at(base.span, exponent.span))
        self.decide(
            "a power of a vector in a sum goes entry by entry, as .^ does",
            "notation",
            span=span,
            when=lambda: result.mask == COLUMN,
        )
        return t.PowerTerm(result, span, (base, exponent), False)

    def _note_array_power(self, span: Span, base: t.Term, exponent: t.Term) -> None:
        """``X**2`` goes entry by entry; ``X**-1`` is hardly meant so."""
        if self.written.dialect != "numpy" or self.depth:
            return
        inverse = _is_minus_one(exponent)
        said = f"** of a matrix goes entry by entry, as in NumPy; the {'inverse is inv(X)' if inverse else 'matrix power is X^2'}"
        ways = ("entry by entry: .^", f"of the matrix: {'inv(X)' if inverse else '^'}")
        weight: Weight = "doubtful" if inverse or not self.written.sure else "plain"
        self.decide(said, "dialect", weight, span=span, instead=ways, when=lambda: base.cell.mask == MATRIX)

    def _norm_bars(self, node: s.NormBars, operands: list[t.Term]) -> t.Term:
        fixed = fixed_subscript(node, self.scope)
        if isinstance(node.subscript, s.NumberLiteral) and fixed in _READ_AS:
            operand = operands[0]
            self.decide(
                f"||.||_{fixed} of a matrix is read as {_READ_AS[fixed]}",
                "alias",
                span=self.place(node.span),
                when=lambda: operand.cell.mask == MATRIX,
            )
        if fixed == "infinity":
            operand = operands[0]
            self.decide(
                "||.||_inf of a matrix is read as the largest row sum of absolute values",
                "notation",
                "doubtful",
                span=self.place(node.span),
                instead=("the largest row sum: norm(X, inf)", "the largest absolute value: max(abs(vec(X)))"),
                when=lambda: operand.cell.mask == MATRIX,
            )
        return self.norm(operands, fixed, node.span)


def spine(node: s.Syntax, operators: tuple[str, ...]) -> list[tuple[s.Syntax, str]]:
    """The operands of a chain grouped from the left, each with the sign before it (``+`` before the
    first)."""
    found: list[tuple[s.Syntax, str]] = []
    while isinstance(node, s.Binary) and node.operator in operators:
        found.append((node.right, node.operator))
        node = node.left
    found.append((node, "+"))
    return found[::-1]


def _is_minus_one(exponent: t.Term) -> bool:
    match exponent:
        case t.NegativeTerm(operands=(t.NumberTerm(value=value),)):
            return value == 1
        case t.NumberTerm(value=value):
            return value == -1
        case _:
            return False


def fixed_subscript(norm: s.NormBars, scope: Scope) -> str:
    """The norm that a subscript names by itself: ``1``, ``2``, ``F``, ``nuclear``, ``spectral``;
    empty when it is a parameter."""
    match norm.subscript:
        case None:
            return "2"
        case s.NumberLiteral(value=value) if value in (1, 2):
            return str(value)
        case s.Name(name="F"):
            return "" if weighs(norm.operand, scope) else "2"
        case s.Name(name="nuclear" | "spectral" | "infinity" as name) if (
            name not in scope.declarations and name not in scope.values
        ):
            return name
        case _:
            return ""


_SCHATTEN = pattern(r"S_(?:([0-9]+)|([a-z]))")


def schatten_exponent(norm: s.NormBars, scope: Scope) -> s.Syntax | None:
    """The p of a norm with the subscript ``S_p``, unless that is a declared name."""
    written = norm.subscript.operand if isinstance(norm.subscript, s.Group) else norm.subscript
    found = _SCHATTEN.fullmatch(written.name) if isinstance(written, s.Name) else None
    if written is None or found is None or {found[0], "S"} & {*scope.declarations, *scope.values}:
        return None
    span = written.span
    return s.NumberLiteral(span, Fraction(found[1])) if found[1] else s.Name(span, found[2])


def norm_operands(norm: s.NormBars, scope: Scope) -> list[s.Syntax]:
    """What a norm is made of: the array, and a parameter."""
    exponent = schatten_exponent(norm, scope)
    if exponent is not None:
        return [norm.operand, exponent]
    return [norm.operand] if fixed_subscript(norm, scope) else [*parts(norm)]


def weighs(operand: s.Syntax, scope: Scope) -> bool:
    """Whether F at a norm is the declared matrix of ``sqrt(x'Fx)``: of a vector. Else it is
    Frobenius', whatever else is called F."""
    while isinstance(operand, s.Group):
        operand = operand.operand
    weight = scope.declarations.get("F")
    of = scope.declarations.get(operand.name) if isinstance(operand, s.Name) else None
    return weight is not None and of is not None and weight.kind == "matrix" and of.kind == "vector"
