"""What is known of the value of a matrix expression: each node once, operands first, by the rules
of ``matcalc/facts/known.py``."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias, assert_never

from matcalc.base.budgets import spend
from matcalc.base.functions import computable, is_entrywise
from matcalc.base.lazy import later
from matcalc.base.shapes import is_square, product_shape
from matcalc.base.traversal import without
from matcalc.expr import nodes as e
from matcalc.facts import known as k, ranges as r
from matcalc.facts.known import NOTHING, Known, plain
from matcalc.facts.ranges import ANY, ONE, Range
from matcalc.facts.table import implied

if TYPE_CHECKING:
    from matcalc.facts import function_values
else:
    function_values = later("matcalc.facts.function_values")


Factor: TypeAlias = tuple[e.Expr, bool]
"""A factor of a product, and whether its transpose is meant."""


def known(expression: e.Expr) -> Known:
    """What holds of the value of an expression wherever it has one."""
    if not hasattr(expression, "known"):
        for node in without(expression, "known"):
            spend(2 + len(node.below))
            object.__setattr__(node, "known", _with_rank(_known(node), node))
    return expression.known


def _with_rank(found: Known, node: e.Expr) -> Known:
    """A vector that is not 0 has full rank."""
    if "nonzero" not in found or node.is_scalar:
        return found
    return k.with_traits(found, ("full_column_rank",) if node.is_column else ("full_row_rank",) if node.is_row else ())


def is_positive(expression: e.Expr) -> bool:
    """Whether every entry is positive wherever the expression has a value."""
    return known(expression).entries.positive


def is_nonnegative(expression: e.Expr) -> bool:
    """Whether no entry can be negative."""
    return known(expression).entries.nonnegative


def is_symmetric(expression: e.Expr) -> bool:
    """Whether the value equals its transpose."""
    return expression.is_scalar or (is_square(expression.shape) and "symmetric" in known(expression))


def is_diagonal(expression: e.Expr) -> bool:
    """Whether the value is a diagonal matrix."""
    return "diagonal" in known(expression)


def _known(node: e.Node) -> Known:
    match node:
        case e.Symbol() | e.Number() | e.Constant() | e.SizeValue() | e.Identity() | e.Ones() | e.Zeros():
            return _leaf(node)
        case e.UnitVector() | e.Commutation():
            return _leaf(node)
        case e.Sum() | e.Negative() | e.Product() | e.Hadamard() | e.Quotient() | e.Power() | e.MatrixPower():
            return _arithmetic(node)
        case e.Elementwise(function=name, argument=argument):
            return function_values.of_entries(name, argument.known)
        case e.Call():
            return _call(node)
        case e.Norm():
            return _norm(node)
        case e.Index() | e.Entry() | e.IndexSum() | e.IndexArray():
            return _indexed(node)
        case e.Transpose() | e.Inverse() | e.Trace() | e.Total() | e.Diagonal() | e.DiagonalMatrix():
            return _structured(node)
        case e.Vec() | e.Reshape() | e.Kronecker():
            return _structured(node)
        case _:
            assert_never(node)


def _order(node: e.Expr) -> int:
    return 1 if node.is_row else len(node.shape)


# ---------------------------------------------------------------- leaves


_Leaf: TypeAlias = e.Symbol | e.Number | e.Constant | e.SizeValue | e.Identity | e.Ones | e.Zeros | e.UnitVector | e.Commutation


def _leaf(node: _Leaf) -> Known:
    match node:
        case e.Symbol():
            facts = implied(node.properties, square=is_square(node.shape))
            found = k.of_symbol(facts, _order(node), is_square(node.shape))
            return k.transposed(found) if node.is_row else found
        case e.Number():
            return plain(Range.at(node.value))
        case e.Constant(name="i1"):
            return k.known()
        case e.Constant():
            return plain(r.POSITIVE)
        case e.SizeValue():
            return plain(r.SIZE)
        case e.Identity():
            return k.identity()
        case e.Ones():
            square = is_square(node.shape)
            return k.known(ONE, ("symmetric", "nonnegative_form") if square else (), square=square)
        case e.Zeros():
            square = is_square(node.shape)
            return k.known(r.ZERO, ("antisymmetric", "diagonal") if square else (), square=square)
        case e.UnitVector():
            return k.known(r.BIT, ("orthonormal", "columns_sum_to_one"))
        case e.Commutation():
            symmetric = ("symmetric",) if node.m == node.n else ()
            return k.known(r.BIT, ("orthogonal", "rows_sum_to_one", "columns_sum_to_one", *symmetric), square=True)
        case _:
            assert_never(node)


def _norm(node: e.Norm) -> Known:
    operand = node.operand.known
    if node.kind in ("spectral", "nuclear"):
        return function_values.of_matrix(f"{node.kind}_norm", operand, order=0, square=False)
    if node.kind == "2" and not node.operand.is_matrix and operand.traits & {"orthonormal", "orthonormal_rows"}:
        return plain(ONE)
    weighted = node.kind == "A" and not (node.parameter is not None and "positive_form" in node.parameter.known)
    return plain(r.POSITIVE if "nonzero" in operand and not weighted else r.NONNEGATIVE)


def _call(node: e.Call) -> Known:
    """A function of a vector is taken of each row or column, or of all entries of a matrix."""
    if not node.arguments:
        return NOTHING
    if is_entrywise(node.function):
        return function_values.of_several(node.function, [argument.known for argument in node.arguments])
    argument = node.arguments[0]
    found = function_values.of_matrix(node.function, argument.known, order=_order(node), square=is_square(node.shape))
    if node.axis == "cols" or node.is_row:
        return k.transposed(found)
    known_function = computable().get(node.function)
    whole = node.axis is None and argument.is_matrix and known_function is not None and known_function.argument_order == 1
    return plain(found.entries, square=is_square(node.shape)) if whole else found


def _indexed(node: e.Index | e.Entry | e.IndexSum | e.IndexArray) -> Known:
    match node:
        case e.Entry(operand=operand) if node.is_member:
            return plain(operand.known.entries, square=is_square(node.shape))
        case e.Entry(operand=operand, positions=positions):
            same = len(positions) == 2 and positions[0] == positions[1] and is_square(operand.shape)
            return plain(operand.known.diagonal if same else operand.known.entries)
        case e.IndexSum(body=body):
            return k.sum_over_index(body.known)
        case e.IndexArray(body=body):
            return plain(body.known.entries, square=is_square(node.shape))
        case e.Index():
            return NOTHING
        case _:
            assert_never(node)


# ---------------------------------------------------------------- arithmetic


_Arithmetic: TypeAlias = e.Sum | e.Negative | e.Product | e.Hadamard | e.Quotient | e.Power | e.MatrixPower


def _arithmetic(node: _Arithmetic) -> Known:
    match node:
        case e.Sum(terms=terms):
            return k.sum_of([_multiple(term) for term in terms], _paired(terms) if is_square(node.shape) else ())
        case e.Negative(operand=operand):
            return k.scaled(Range.at(Fraction(-1)), operand.known)
        case e.Product():
            return _of_factors(node.factors)
        case e.Hadamard(factors=factors):
            return _hadamard(factors)
        case e.Quotient(numerator=above, denominator=below):
            return _quotient(above, below)
        case e.Power(base=base, exponent=exponent):
            return _power(base.known, exponent)
        case e.MatrixPower(base=base, exponent=exponent):
            return _matrix_power(base.known, exponent)
        case _:
            assert_never(node)


def _multiple(term: e.Expr) -> tuple[Range, Known]:
    """A term of a sum as a number times a value."""
    sign = Fraction(1)
    while isinstance(term, e.Negative):
        term, sign = term.operand, -sign
    if isinstance(term, e.Product) and isinstance(term.factors[0], e.Number):
        rest = term.factors[1:]
        sign *= term.factors[0].value
        return Range.at(sign), rest[0].known if len(rest) == 1 else _of_factors(rest)
    return Range.at(sign), term.known


def _paired(terms: Sequence[e.Expr]) -> tuple[str, ...]:
    """A sum is symmetric when its terms are, or come in pairs of transposes; with opposite signs it
    is antisymmetric."""
    signed = [(term.operand, -1) if isinstance(term, e.Negative) else (term, 1) for term in terms]
    loose = [(term, sign) for term, sign in signed if "symmetric" not in term.known]
    if all((_transpose(term), sign) in loose for term, sign in loose):
        return ("symmetric",)
    return ("antisymmetric",) if all((_transpose(term), -sign) in signed for term, sign in signed) else ()


def _transpose(factor: e.Expr) -> e.Expr:
    return factor.operand if isinstance(factor, e.Transpose) else e.Transpose(factor)


def _hadamard(factors: Sequence[e.Expr]) -> Known:
    counts = {factor: factors.count(factor) for factor in factors}
    whole = k.entrywise_product([factor.known for factor in factors])
    entries = r.product_of([r.power(factor.known.entries, Fraction(count)) for factor, count in counts.items()])
    return k.narrowed(whole, entries)


def _quotient(above: e.Expr, below: e.Expr) -> Known:
    turned = k.mapped(below.known, r.reciprocal(below.known.entries), diagonal=r.reciprocal(below.known.diagonal))
    if below.is_scalar:
        return k.scaled(turned.entries, above.known)
    if above.is_scalar:
        return k.scaled(above.known.entries, turned)
    return k.entrywise_product([above.known, turned])


def _power(base: Known, exponent: e.Expr) -> Known:
    if not isinstance(exponent, e.Number):
        image = r.POSITIVE if base.entries.positive else r.NONNEGATIVE if base.entries.nonnegative else ANY
        return plain(image, square=base.square)
    return k.entrywise_power(base, exponent.value)


def _matrix_power(base: Known, exponent: e.Expr) -> Known:
    while isinstance(exponent, e.Negative):
        base, exponent = k.inverse(base), exponent.operand
    if not isinstance(exponent, e.Number) or exponent.value.denominator > 1:
        return function_values.of_matrix("matrix_power", base, order=2, square=True)
    return k.power(base, exponent.value.numerator)


def _of_factors(factors: Sequence[e.Expr]) -> Known:
    """A product from the left: a scalar scales; where a row has met a column, the scalar scales
    what follows."""
    scale = ONE
    run: list[e.Expr] = []
    shape: tuple[object, ...] = ()
    for factor in factors:
        if factor.is_scalar:
            scale = r.times(scale, factor.known.entries)
            continue
        shape = product_shape(shape, factor.shape) if run else factor.shape  # type: ignore[arg-type]
        run.append(factor)
        if not shape:
            scale = r.times(scale, _chain(run).entries)
            run = []
    return k.scaled(scale, _chain(run)) if run else plain(scale)


def _chain(run: Sequence[e.Expr]) -> Known:
    if len(run) == 1:
        return run[0].known
    rows, cols = run[0].rows, run[-1].cols
    opened = opened_chain([(factor, False) for factor in run])
    chain = [function_values.Letter(node, turned, k.transposed(node.known) if turned else node.known) for node, turned in opened]
    traits = function_values.traits_of_chain(chain)
    found = k.product([factor.known for factor in run], square=rows == cols, more=traits)
    if rows.number == cols.number == 1:
        return k.narrowed(found, k.scalar_of(traits))
    return found


def opened_chain(chain: Sequence[Factor]) -> list[Factor]:
    """Factors with transposes taken to the leaves and nested products opened."""
    opened: list[Factor] = []
    stack = list(reversed(chain))
    while stack:
        factor, turned = stack.pop()
        if isinstance(factor, e.Transpose):
            stack.append((factor.operand, not turned))
        elif isinstance(factor, e.Product) and not factor.is_scalar and not any(inner.is_scalar for inner in factor.factors):
            parts = [(inner, turned) for inner in factor.factors]
            stack.extend(parts if turned else reversed(parts))
        else:
            opened.append((factor, turned))
    return opened


# ---------------------------------------------------------------- structure


_Structured: TypeAlias = (
    e.Transpose | e.Inverse | e.Trace | e.Total | e.Diagonal | e.DiagonalMatrix | e.Vec | e.Reshape | e.Kronecker
)


def _structured(node: _Structured) -> Known:
    match node:
        case e.Transpose(operand=operand):
            return k.transposed(operand.known)
        case e.Inverse(operand=operand):
            return k.inverse(operand.known) if operand.shape else plain(r.reciprocal(operand.known.entries))
        case e.Trace(operand=operand):
            return plain(r.total(operand.known.diagonal) if operand.shape else operand.known.entries)
        case e.Total(operand=operand, axis=axis):
            return _total(operand, axis)
        case e.Diagonal(operand=operand):
            return plain(operand.known.diagonal)
        case e.DiagonalMatrix(operand=operand):
            entries = operand.known.entries
            return k.known(r.union(entries, r.ZERO), ("diagonal",), diagonal=entries, square=True)
        case e.Vec(operand=operand) | e.Reshape(operand=operand):
            return k.known(operand.known.entries, operand.known.traits & {"nonzero"}, square=is_square(node.shape))
        case e.Kronecker(factors=factors):
            return k.kronecker([factor.known for factor in factors], square=is_square(node.shape))
        case _:
            assert_never(node)


def _total(operand: e.Expr, axis: str | None) -> Known:
    traits = operand.known.traits
    along = axis or ("cols" if operand.is_column else "rows" if operand.is_row else "")
    summed = {"rows": "rows_sum_to_one", "cols": "columns_sum_to_one"}.get(along, "")
    return plain(ONE if summed in traits else r.total(operand.known.entries))
