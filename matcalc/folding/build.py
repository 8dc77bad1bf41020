"""Building matrix expressions for reading: transposes cancelled, products flat, quotients gathered,
rows told from columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from matcalc.base.functions import functions
from matcalc.base.lazy import later
from matcalc.base.records import blake2b, field_names
from matcalc.base.shapes import is_square
from matcalc.base.sizes import Size
from matcalc.base.traversal import with_operands, without
from matcalc.expr.nodes import (
    Call,
    Commutation,
    Diagonal,
    DiagonalMatrix,
    Elementwise,
    Entry,
    Expr,
    Hadamard,
    Identity,
    Index,
    IndexArray,
    Indexed,
    IndexSum,
    Inverse,
    Kronecker,
    Leaf,
    Linear,
    MatrixPower,
    Multilinear,
    Negative,
    Node,
    Nonlinear,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    Sum,
    Symbol,
    Total,
    Transpose,
    UnitVector,
    Zeros,
    postorder,
)
from matcalc.expr.rewriting import indices_at, khatri_rao_factors, product_of, rebuilt_with, sum_of

if TYPE_CHECKING:
    from matcalc.expr import deduction
else:
    deduction = later("matcalc.expr.deduction")

# ------------------------------------------------------------
# Building matrix expressions for reading: transposes cancelled, products flat, quotients gathered,
# and what each form costs to read.

UNIT = Number(Fraction(1))


def transpose(expression: Expr) -> Expr:
    """The transpose in its shortest spelling."""
    if isinstance(expression, Product) and not is_own_transpose(expression):
        return _reversed([factor if isinstance(factor, Product) else transpose(factor) for factor in expression.factors])
    outside = _outer_transpose(expression)
    if not (isinstance(outside, Transpose) and isinstance(expression, Sum | Hadamard | Quotient)):
        return outside
    pushed = with_operands(expression, dict(zip(expression.below, map(_outer_transpose, expression.below))))
    # A symmetric factor stays as it is, so that ``L ⊙ M + (L ⊙ M)'`` is seen as ``L ⊙ (M + M')``.
    fixed = isinstance(expression, Hadamard) and any(is_own_transpose(factor) for factor in expression.factors)
    return pushed if cost(pushed) < cost(outside) + fixed else outside


def is_own_transpose(expression: Expr) -> bool:
    """Whether the value is a scalar or symmetric."""
    shape = expression.shape
    if not shape:
        return True
    if not is_square(shape) or (isinstance(expression, Symbol) and not expression.properties):
        return False  # most are told at once
    return deduction.is_symmetric(expression)


def _outer_transpose(expression: Expr) -> Expr:
    """The transpose without looking into sums and elementwise products, which bounds the depth."""
    if is_own_transpose(expression):
        return expression
    if isinstance(expression, Transpose):
        return expression.operand
    if isinstance(expression, Symbol):
        return Transpose(expression)  # most are
    match expression := cast("Node", expression):
        case Negative():
            return Negative(_outer_transpose(expression.operand))
        case Quotient(numerator=top, denominator=bottom) if bottom.is_scalar:
            return Quotient(_outer_transpose(top), bottom)
        case Product():
            return _reversed([_outer_transpose(factor) for factor in expression.factors])
        case IndexSum(index=index, body=body):
            return IndexSum(index, _outer_transpose(body))
        case Ones() if expression.is_matrix:
            return Ones((expression.cols, expression.rows))
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
            return _transposed_inside(expression)


def _transposed_inside(expression: Expr) -> Expr:
    """The transpose of a function by those of its arguments, where that is shorter."""
    match expression := cast("Node", expression):
        case Commutation():
            turned: Expr = Commutation(expression.n, expression.m)
        case Kronecker():
            turned = Kronecker(tuple([_turned_factor(factor) for factor in expression.factors]))
        case Elementwise(argument=Transpose(operand=argument)):
            turned = Elementwise(expression.function, argument)
        case Call(function=name, arguments=arguments) if name in functions() and functions()[name].linear:
            turned = Call(name, tuple([_outer_transpose(argument) for argument in arguments]), None, expression.shape)
        case Power(base=Transpose(operand=base)) if expression.exponent.is_scalar:
            turned = Power(base, expression.exponent)
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
            return Transpose(expression)
    return turned if cost(turned) <= cost(expression) + 1 else Transpose(expression)


def _reversed(turned: Sequence[Expr]) -> Expr:
    """The product of transposed factors in reverse, scalars in front as they were."""
    scalars = [factor for factor in turned if factor.is_scalar]
    return product([*scalars, *(factor for factor in reversed(turned) if not factor.is_scalar)])


def _turned_factor(factor: Expr) -> Expr:
    """The transpose of a factor of a Kronecker product, which is not looked into."""
    if isinstance(factor, (Transpose, Ones, Commutation)) or is_own_transpose(factor):
        return _outer_transpose(factor)
    return Transpose(factor)


def transposed_chain(chain: Sequence[Expr]) -> tuple[Expr, ...]:
    return tuple([transpose(factor) for factor in reversed(chain)])


def product(factors: Iterable[Expr]) -> Expr:
    """A product with nested products opened where that keeps the meaning, and without factors of
    one."""
    flat: list[Expr] = []
    for factor in factors:
        if factor is UNIT:
            continue
        for part in factor.factors if isinstance(factor, Product) and factor.shape else (factor,):
            merged = _merged(flat[-1], part) if flat and part.shape else None
            if merged is None:
                flat.append(part)
            else:
                flat[-1] = merged
    return product_of(flat) if flat else UNIT


def _merged(last: Expr, factor: Expr) -> Expr | None:
    """Neighbours as one factor: equal square ones as a power, a column and a row of ones as a
    matrix of ones."""
    if last is not factor and not (isinstance(last, _WITH_BASE) or isinstance(factor, _WITH_BASE)):
        return None  # most are told at once
    base, count = _as_power(last)
    other, more = _as_power(factor)
    if base is other and (count > 0) == (more > 0):
        square = base.is_matrix and base.rows == base.cols and not isinstance(base, DiagonalMatrix)
        return _matrix_power(base, count + more) if square else None
    if isinstance(last, Ones) and last.is_column and isinstance(factor, Transpose) and isinstance(factor.operand, Ones):
        return Ones((last.rows, factor.cols))
    return None


def _as_power(factor: Expr) -> tuple[Expr, int]:
    """A matrix as the power of a base, an inverse as a negative one; the transpose belongs to the
    base."""
    if isinstance(factor, Inverse):
        return factor.operand, -1
    if isinstance(factor, Transpose) and isinstance(factor.operand, (Inverse, MatrixPower)):
        base, count = _as_power(factor.operand)
        return transpose(base), count
    if isinstance(factor, MatrixPower) and isinstance(factor.exponent, Number) and factor.exponent.value.denominator == 1:
        return factor.base, int(factor.exponent.value)
    return factor, 1


_WITH_BASE = (Inverse, MatrixPower, Transpose)
"""What may be a power of another factor, or join it."""


def _matrix_power(base: Expr, count: int) -> Expr:
    if isinstance(base, Transpose):
        return Transpose(_matrix_power(base.operand, count))
    return MatrixPower(base, Number(Fraction(count)))


def hadamard(factors: Sequence[Expr]) -> Expr:
    """An elementwise product; reciprocals among the factors become one denominator."""
    above: list[Expr] = []
    below: list[Expr] = []
    for factor in factors:
        if isinstance(factor, Quotient) and not factor.denominator.is_scalar:
            below += _elementwise_factors(factor.denominator)
            above += () if factor.numerator.is_scalar else _elementwise_factors(factor.numerator)
        elif not isinstance(factor, Ones):
            above += _elementwise_factors(factor)
    _cancel(above, below)
    if not below:
        return _masked(above) if above else Ones(next(factor.shape for factor in factors if factor.shape))
    return Quotient(_masked(above) if above else UNIT, _entrywise(below))


def _entrywise(factors: list[Expr]) -> Expr:
    return factors[0] if len(factors) == 1 else Hadamard(tuple(factors))


def _cancel(above: list[Expr], below: list[Expr]) -> None:
    """Takes away what stands in both."""
    for factor in [factor for factor in above if factor in below]:
        if factor in below:
            above.remove(factor)
            below.remove(factor)


def _elementwise_factors(expression: Expr) -> tuple[Expr, ...]:
    return expression.factors if isinstance(expression, Hadamard) else (expression,)


def _masked(factors: Sequence[Expr]) -> Expr:
    """An elementwise product, what keeps some entries as a function of the rest:
    ``tril(ones(n, n)) ⊙ X`` is ``tril(X)``."""
    masks = [mask for factor in factors if (mask := _mask(factor)) is not None]
    rest = [factor for factor in factors if _mask(factor) is None]
    if not rest:
        masks, rest = [], list(factors)
    found = _entrywise(rest)
    for name, others in dict.fromkeys(masks):
        found = Call(name, (found, *others), None, found.shape)
    return found


_TURNED = {
    "tril": "triu",
    "triu": "tril",
    "tril_from": "triu_from",
    "triu_from": "tril_from",
    "band": "band",
    "cyclic_band": "cyclic_band",
    "selection": "band",
}
"""What masks are as seen from the other axis."""


def _mask(factor: Expr) -> tuple[str, tuple[Expr, ...]] | None:
    """The function that keeps the entries where ``factor`` is one, with its other arguments, where
    it is such a function of ones. The k-th diagonal of the transpose is the one of -k."""
    match factor.operand if isinstance(factor, Transpose) else factor:
        case Call(function=name, arguments=(Ones(), *others)) if name in functions() and functions()[name].masks:
            if isinstance(factor, Transpose):
                return _TURNED[name], tuple([_opposite(other) for other in others])
            return _TURNED[_TURNED[name]], tuple(others)
    return None


def _opposite(number: Expr) -> Expr:
    return Number(-number.value) if isinstance(number, Number) else negative(number)


def kronecker(left: Expr, right: Expr) -> Expr:
    """A Kronecker product; identities and ones of both factors become one."""
    if isinstance(left, Identity) and isinstance(right, Identity):
        return Identity(left.size * right.size)
    if all(isinstance(factor, Ones) and factor.is_column for factor in (left, right)):
        return Ones((left.rows * right.rows,))
    return Kronecker(
        tuple([part for side in (left, right) for part in (side.factors if isinstance(side, Kronecker) else (side,))])
    )


def spread(terms: Iterable[Expr]) -> list[Expr]:
    """The terms, those of sums among them one by one."""
    return [part for term in terms for part in (term.terms if isinstance(term, Sum) else (term,))]


def total(terms: Sequence[Expr]) -> Expr:
    """The sum of the terms, the first without a minus sign in front."""
    first = next((k for k, term in enumerate(terms) if not isinstance(term, Negative)), 0)
    flat = spread([terms[first], *terms[:first], *terms[first + 1 :]])
    return sum_of(flat)


def negative(expression: Expr) -> Expr:
    return expression.operand if isinstance(expression, Negative) else Negative(expression)


def scaled(coefficient: Fraction, expression: Expr) -> Expr:
    """A number times an expression; the number joins a quotient that is there."""
    if abs(coefficient.numerator) == coefficient.denominator:
        return expression if coefficient.numerator > 0 else negative(expression)
    if coefficient < 0:
        return Negative(scaled(-coefficient, expression))
    if isinstance(expression, Number):
        return Number(coefficient * expression.value)
    if isinstance(expression, Quotient) and (expression.denominator.is_scalar or expression.numerator is not UNIT):
        top, bottom = Fraction(coefficient.numerator), Fraction(coefficient.denominator)
        below = expression.denominator if bottom == 1 else product((Number(bottom), expression.denominator))
        return Quotient(scaled(top, expression.numerator), below)
    if isinstance(expression, Quotient):
        return Quotient(Number(coefficient), expression.denominator)
    return Product((Number(coefficient), *(expression.factors if isinstance(expression, Product) else (expression,))))


def raised(base: Expr, exponent: Fraction) -> Expr:
    """An elementwise or scalar power; a negative one becomes a quotient."""
    if exponent == 1:
        return base
    if exponent < 0:
        return Quotient(UNIT, raised(base, -exponent))
    return Power(base, Number(exponent))


def diagonal_matrix(vector: Expr) -> Expr:
    if isinstance(vector, Ones):
        return Identity(vector.shape[0])
    if isinstance(vector, Diagonal) and deduction.is_diagonal(vector.operand):
        return vector.operand
    return DiagonalMatrix(vector)


def merged_diagonals(chain: Sequence[Expr]) -> list[Expr]:
    """Neighbours that are diagonal matrices as one: ``(2 diag(x) - I) diag(y)`` is
    ``diag((2 x - 1) ⊙ y)``."""
    merged: list[Expr] = []
    last: Expr | None = None
    opened = [
        part
        for factor in chain
        for part in (factor.factors if isinstance(factor, Product) and not factor.is_scalar else (factor,))
    ]
    for factor in opened:
        entries = _diagonal_entries(factor) if len(opened) > 1 else None
        if entries is not None and last is not None:
            entries = hadamard((last, entries))
            merged[-1] = diagonal_matrix(entries)
        else:
            merged.append(factor)
        last = entries
    return merged


def _diagonal_entries(expression: Expr) -> Expr | None:
    """The diagonal of a diagonal matrix or of a sum of multiples of such; None for other
    matrices."""
    if isinstance(expression, DiagonalMatrix):
        return expression.operand
    if not isinstance(expression, Sum) or not expression.is_matrix:
        return None
    terms = [_diagonal_of_multiple(term) for term in expression.terms]
    kept = tuple([term for term in terms if term is not None])
    return Sum(kept) if len(kept) == len(terms) else None


def _diagonal_of_multiple(term: Expr) -> Expr | None:
    bare = term.operand if isinstance(term, Negative) else term
    *scalars, last = bare.factors if isinstance(bare, Product) else (bare,)
    if not isinstance(last, (DiagonalMatrix, Identity)) or not all(scalar.is_scalar for scalar in scalars):
        return None
    vector = product((*scalars, Ones((last.rows,)) if isinstance(last, Identity) else last.operand))
    return Negative(vector) if isinstance(term, Negative) else vector


def cost(expression: Expr) -> int:
    """How much there is to read: one for each symbol, operator, function name and pair of brackets
    that stays."""
    if not hasattr(expression, "cost"):
        for node in without(expression, "cost"):
            object.__setattr__(node, "cost", _own_cost(node) + sum([operand.cost for operand in node.below]))
    return expression.cost


def _own_cost(node: Node) -> int:
    match node:
        case Number():
            return 1 if node.value.denominator in (1, 2, 4, 5, 8, 10) else 3
        case Zeros() | UnitVector() | Commutation() | Index() | IndexSum() | IndexArray() | Total(axis="rows" | "cols"):
            return 2
        case Sum():
            return sum([not isinstance(part, Negative) for part in node.terms[1:]])
        case Hadamard(factors=(Kronecker(), Kronecker())) if khatri_rao_factors(node) is not None:
            return -2  # it is written as the function of the two matrices
        case Product(factors=parts) | Hadamard(factors=parts) | Kronecker(factors=parts):
            return len(parts) - 1
        case Power(exponent=Number(value=value)) if value == Fraction(1, 2):
            return 0
        case Entry():
            return 0 if node.is_member else 2
        case Call():
            return len(node.arguments) + (node.axis is not None)
        case Leaf() | Linear() | Nonlinear():
            return 1


def merges_columns(form: Expr) -> bool:
    """Whether columnwise Kronecker products stand in a sum, whose terms may share more without
    them."""
    nodes = postorder(form)
    return any(isinstance(node, Sum) for node in nodes) and any(khatri_rao_factors(node) is not None for node in nodes)


def digest(expression: Expr) -> int:
    """A process-independent name of the structure, to break ties in orderings."""
    if not hasattr(expression, "digest"):
        for node in without(expression, "digest"):
            values = [getattr(node, name) for name in field_names(node)]
            own = [str(value) for value in values if not isinstance(value, (Expr, tuple, frozenset))]
            if isinstance(node, Indexed):
                own += [index.name if isinstance(index, Index) else str(index) for index in indices_at(node)]
            parts = "|".join([type(node).__name__, *own, *map(str, node.shape), *[str(operand.digest) for operand in node.below]])
            object.__setattr__(node, "digest", int.from_bytes(blake2b(parts.encode(), digest_size=8).digest(), "big"))
    return expression.digest


# ------------------------------------------------------------
# Symbols that are rows: a tensor has one axis for a row as for a column, so they are told apart
# after folding.


def row_symbols(*expressions: Expr) -> dict[str, Symbol]:
    """The symbols of expressions that are rows, by name."""
    return {node.name: node for node in postorder(*expressions) if isinstance(node, Symbol) and node.is_row}


def with_rows(expression: Expr, rows: Mapping[str, Symbol]) -> Expr:
    """A folded expression, in which every symbol of one axis is a column, with transposed rows in
    place of those that are rows."""
    if not rows:
        return expression

    def replacement(node: Expr) -> Expr:
        if isinstance(node, Symbol) and node.name in rows and node.is_column:
            return Transpose(rows[node.name])
        if isinstance(node, Transpose) and isinstance(node.operand, Transpose):
            return node.operand.operand
        return node

    return rebuilt_with(expression, replacement)


# ------------------------------------------------------------
# Entries, which are products with unit vectors where they are folded.


def with_entries(expression: Expr) -> Expr:
    """A folded expression with ``x[1]`` and ``X[1, 2]`` in place of products with unit vectors."""
    if UnitVector not in map(type, postorder(expression)):
        return expression
    return rebuilt_with(expression, lambda node: _entry(node) if isinstance(node, Product) and node.is_scalar else node)


def _entry(node: Product) -> Expr:
    scalars = [factor for factor in node.factors if factor.is_scalar]
    shaped = [factor for factor in node.factors if not factor.is_scalar]
    if not shaped:
        return node
    first, *inner, last = shaped
    row, column = _position(transpose(first)), _position(last)
    match row, column:
        case Size(), Size() if inner:
            found: Expr = Entry(product_of(inner), (row, column))
        case Size(), None if last.is_column:
            found = Entry(product_of([*inner, last]), (row,))
        case None, Size() if not inner and first.is_row:
            found = Entry(transpose(first), (column,))
        case _:
            return node
    return product_of([*scalars, found])


def _position(node: Expr) -> Size | None:
    return node.position if isinstance(node, UnitVector) else None
