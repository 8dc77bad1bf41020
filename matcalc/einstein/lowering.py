"""Lowering: a matrix expression becomes an index expression, one line an operator.

The page to read first: each case is the index formula of its operator. A lowered value keeps which axes are rows and which are columns,
so that ``vec`` and ``kron``, whose rows are pairs of axes, are index formulas too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import assert_never, cast

from matcalc.einstein import algebra
from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import add, apply, apply_map, broadcast, contract, elementwise, permuted, power, symbolic_power
from matcalc.errors import NotDifferentiableError, ShapeError
from matcalc.expr import nodes as ex
from matcalc.sizes import ONE, Shape, Size

HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Lowered:
    """A tensor whose first ``split`` axes together are the rows, and whose others together are the columns."""

    tensor: ix.Tensor
    split: int

    @property
    def rows(self) -> Shape:
        return self.tensor.shape[: self.split]

    @property
    def cols(self) -> Shape:
        return self.tensor.shape[self.split :]


def lower(expression: ex.Expr, symbols: Mapping[str, ix.Tensor] | None = None) -> Lowered:
    """The index form of ``expression``. ``symbols`` may give tensors to use in place of named symbols."""
    lowered: dict[ex.Expr, Lowered] = {}
    for node in ex.postorder(expression):
        lowered[node] = _lowered(cast("ex.Node", node), lowered, symbols or {})
    return lowered[expression]


def _lowered(node: ex.Node, done: Mapping[ex.Expr, Lowered], symbols: Mapping[str, ix.Tensor]) -> Lowered:
    split = _row_axes(node)
    match node:
        case ex.Symbol():
            return Lowered(symbols.get(node.name) or ix.Symbol(node.name, axes_of(node.shape), node.properties), split)
        case ex.Number():
            return Lowered(algebra.number(node.value), 0)
        case ex.Constant():
            return Lowered(ix.Constant(node.name), 0)
        case ex.SizeValue():
            return Lowered(_size_value(node.size), 0)
        case ex.Identity():
            return Lowered(algebra.delta((node.size,)), 1)
        case ex.Ones():
            return Lowered(algebra.ones(axes_of(node.shape)), split)
        case ex.Zeros():
            return Lowered(algebra.zero(axes_of(node.shape)), split)
        case ex.UnitVector():
            return Lowered(ix.Unit(node.position, node.size), 1)
        case ex.Commutation():
            return Lowered(contract([], [], (0, 1, 1, 0), {0: node.m, 1: node.n}), 2)
        case ex.Sum():
            parts = _aligned([done[term] for term in node.terms])
            return Lowered(add([(Fraction(1), part.tensor) for part in parts], parts[0].tensor.shape), parts[0].split)
        case ex.Negative():
            operand = done[node.operand]
            return Lowered(algebra.scale(Fraction(-1), operand.tensor), operand.split)
        case ex.Product():
            return _product([done[factor] for factor in node.factors])
        case ex.Hadamard():
            parts = _aligned([done[factor] for factor in node.factors])
            return Lowered(elementwise([part.tensor for part in parts], parts[0].tensor.shape), parts[0].split)
        case ex.Quotient():
            return _quotient(done[node.numerator], done[node.denominator])
        case ex.Power():
            return _power(node, done[node.base], done[node.exponent])
        case ex.MatrixPower():
            return _matrix_power(node, done[node.base], done[node.exponent])
        case ex.Elementwise():
            argument = done[node.argument]
            return Lowered(apply_map(node.function, argument.tensor), argument.split)
        case ex.Transpose():
            return transposed(done[node.operand])
        case ex.Inverse():
            operand = _plain(done[node.operand], "the inverse")
            return Lowered(apply("inv", (operand.tensor,), operand.tensor.shape), 1)
        case ex.Trace():
            operand = done[node.operand]
            rows = tuple(range(operand.split))
            _same(operand.rows, operand.cols)
            return Lowered(contract([operand.tensor], [rows + rows], (), dict(enumerate(operand.rows))), 0)
        case ex.Total():
            return _total(done[node.operand], node.axis)
        case ex.Diagonal():
            operand = _plain(done[node.operand], "the diagonal")
            return Lowered(contract([operand.tensor], [(0, 0)], (0,), {0: operand.tensor.shape[0]}), 1)
        case ex.DiagonalMatrix():
            operand = done[node.operand]
            axes = tuple(range(operand.tensor.order))
            return Lowered(contract([operand.tensor], [axes], axes + axes, dict(enumerate(operand.tensor.shape))), len(axes))
        case ex.Vec():
            operand = done[node.operand]
            rows, cols = tuple(range(operand.split)), tuple(range(operand.split, operand.tensor.order))
            return Lowered(permuted(operand.tensor, cols + rows), operand.tensor.order)
        case ex.Kronecker():
            return _kronecker([done[factor] for factor in node.factors])
        case ex.Norm():
            return Lowered(_norm(node, done), 0)
        case ex.Call():
            return _call(node, [done[argument] for argument in node.arguments])
        case ex.Index() | ex.Entry() | ex.IndexSum():
            raise NotDifferentiableError("entries and explicit sums are not lowered yet", suggestion="write the sum in matrix form")
        case _:
            assert_never(node)


def axes_of(shape: Shape) -> Shape:
    """The axes of a tensor for an expression of this shape: a row vector has one."""
    return shape[1:] if len(shape) == 2 and shape[0] == ONE else shape


def _row_axes(node: ex.Expr) -> int:
    return 0 if node.is_row or node.is_scalar else 1


def _size_value(size: Size) -> ix.Tensor:
    factors: list[ix.Tensor] = [ix.SizeValue(Size.of(name)) for name in size.names]
    return algebra.scale(Fraction(size.factor), elementwise(factors, ()))


def transposed(value: Lowered) -> Lowered:
    """Rows and columns exchanged."""
    rows, cols = tuple(range(value.split)), tuple(range(value.split, value.tensor.order))
    return Lowered(permuted(value.tensor, cols + rows), len(cols))


def _same(left: Shape, right: Shape) -> None:
    if left != right:
        raise ShapeError(
            f"an axis of size {'*'.join(map(str, left))} meets one of size {'*'.join(map(str, right))}; "
            "Kronecker and vec forms combine only with forms of the same factors"
        )


def _aligned(parts: list[Lowered]) -> list[Lowered]:
    for part in parts[1:]:
        _same(parts[0].rows, part.rows)
        _same(parts[0].cols, part.cols)
    return parts


def _plain(value: Lowered, what: str) -> Lowered:
    if value.tensor.order != 2:
        raise NotDifferentiableError(f"{what} of a Kronecker or vec form is not supported", suggestion="take it of the factors")
    return value


def _product(factors: list[Lowered]) -> Lowered:
    """Left to right: a scalar (or scalar so far) scales, else the columns so far meet the rows of the next factor."""
    operands: list[ix.Tensor] = []
    indices: list[tuple[int, ...]] = []
    sizes: dict[int, Size] = {}
    rows: tuple[int, ...] = ()
    cols: tuple[int, ...] = ()
    for factor in factors:
        order = factor.tensor.order
        fresh = tuple(range(len(sizes), len(sizes) + order))
        sizes.update(zip(fresh, factor.tensor.shape))
        labels = list(fresh)
        if not order or not (rows or cols):
            if order:
                rows, cols = fresh[: factor.split], fresh[factor.split :]
        else:
            _same(tuple([sizes[label] for label in cols]), factor.rows)
            labels[: factor.split] = cols
            cols = fresh[factor.split :]
        operands.append(factor.tensor)
        indices.append(tuple(labels))
    used = {label for index in indices for label in index}
    return Lowered(contract(operands, indices, rows + cols, {label: size for label, size in sizes.items() if label in used}), len(rows))


def _quotient(numerator: Lowered, denominator: Lowered) -> Lowered:
    shaped = denominator if denominator.tensor.order else numerator
    inverse = power(denominator.tensor, Fraction(-1))
    return Lowered(elementwise([numerator.tensor, inverse], shaped.tensor.shape), shaped.split)


def _power(node: ex.Power, base: Lowered, exponent: Lowered) -> Lowered:
    known = algebra.value_of(exponent.tensor)
    if known is not None:
        return Lowered(power(base.tensor, known), base.split)
    upper = exponent.tensor if exponent.tensor.order == base.tensor.order else broadcast(exponent.tensor, base.tensor.shape)
    return Lowered(symbolic_power(base.tensor, upper), base.split)


_LARGEST_POWER = 10_000


def _matrix_power(node: ex.MatrixPower, base: Lowered, upper: Lowered) -> Lowered:
    _plain(base, "a power")
    exponent = node.exponent
    sign = 1
    while isinstance(exponent, ex.Negative):
        exponent, sign = exponent.operand, -sign
    if not isinstance(exponent, ex.Number):
        return Lowered(apply("matrix_power", (base.tensor, upper.tensor), base.tensor.shape), 1)
    if exponent.value.denominator != 1 or abs(exponent.value) > _LARGEST_POWER:
        raise NotDifferentiableError(
            "a numeric matrix power needs an integer exponent",
            expected=f"an integer up to {_LARGEST_POWER}",
            suggestion="expm and logm give other powers",
        )
    count = sign * exponent.value.numerator
    if count == 0:
        return Lowered(algebra.delta(base.rows), 1)
    factor = base if count > 0 else Lowered(apply("inv", (base.tensor,), base.tensor.shape), 1)
    return _product([factor] * abs(count))


def _total(operand: Lowered, axis: str | None) -> Lowered:
    labels = tuple(range(operand.tensor.order))
    output = () if axis is None else labels[: operand.split] if axis == "rows" else labels[operand.split :]
    return Lowered(contract([operand.tensor], [labels], output, dict(enumerate(operand.tensor.shape))), len(output))


def _kronecker(factors: list[Lowered]) -> Lowered:
    indices: list[tuple[int, ...]] = []
    rows: list[int] = []
    cols: list[int] = []
    sizes: dict[int, Size] = {}
    for factor in factors:
        labels = tuple(range(len(sizes), len(sizes) + factor.tensor.order))
        sizes.update(zip(labels, factor.tensor.shape))
        indices.append(labels)
        rows.extend(labels[: factor.split])
        cols.extend(labels[factor.split :])
    return Lowered(contract([factor.tensor for factor in factors], indices, rows + cols, sizes), len(rows))


def _norm(node: ex.Norm, done: Mapping[ex.Expr, Lowered]) -> ix.Tensor:
    operand = done[node.operand]
    tensor = operand.tensor
    labels = tuple(range(tensor.order))
    sizes = dict(enumerate(tensor.shape))
    match node.kind:
        case "2":
            return power(contract([tensor, tensor], [labels, labels], (), sizes), HALF)
        case "1":
            return contract([apply_map("abs", tensor)], [labels], (), sizes)
        case "p":
            assert node.parameter is not None
            upper = done[node.parameter].tensor
            raised = symbolic_power(apply_map("abs", tensor), broadcast(upper, tensor.shape))
            return symbolic_power(contract([raised], [labels], (), sizes), power(upper, Fraction(-1)))
        case "A":
            assert node.parameter is not None
            weight = done[node.parameter]
            flat = tensor.order
            return power(
                contract([tensor, weight.tensor, tensor], [labels, (0, flat), (flat, *labels[1:])], (), {**sizes, flat: sizes[0]}), HALF
            )
        case "spectral" | "nuclear":
            return apply(f"{node.kind}_norm", (tensor,), ())
        case _:
            raise ShapeError(f"the norm {node.kind!r} is not known", expected="2, 1, p, A, nuclear or spectral")


def _call(node: ex.Call, arguments: list[Lowered]) -> Lowered:
    """The function acts on the last axes; along columns the argument is turned round first."""
    first = arguments[0]
    if any(argument.tensor.order > 2 for argument in arguments):
        raise NotDifferentiableError(f"{node.function} of a Kronecker or vec form is not supported", suggestion="take it of the factors")
    shape = axes_of(node.shape)
    if node.axis == "cols" and first.tensor.order == 2:
        turned = (transposed(first).tensor, *(argument.tensor for argument in arguments[1:]))
        result = apply(node.function, turned, shape if len(shape) < 2 else (shape[1], shape[0]))
        return Lowered(result if result.order < 2 else permuted(result, (1, 0)), _row_axes(node))
    return Lowered(apply(node.function, tuple([argument.tensor for argument in arguments]), shape), _row_axes(node))
