"""Lowering: a matrix expression becomes an index expression, one line an operator.

The page to read first: each case is the index formula of its operator. A lowered value keeps which axes are rows and which are columns,
so that ``vec`` and ``kron``, whose rows are pairs of axes, are index formulas too.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import assert_never, cast

from matcalc.einstein import linear
from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import apply_map, broadcast, contract, elementwise, permuted, power, symbolic_power
from matcalc.einstein.application import apply
from matcalc.einstein.linear import MINUS, YES, add
from matcalc.einstein.lowered import Lowered, aligned, finer, plain, transposed, with_cols, with_rows
from matcalc.einstein.splitting import divided_between
from matcalc.errors import NotDifferentiableError, ShapeError
from matcalc.expr import nodes as ex
from matcalc.records import replace
from matcalc.sizes import ONE, Shape, Size

HALF = Fraction(1, 2)


def lower(expression: ex.Expr, symbols: Mapping[str, ix.Tensor] | None = None) -> Lowered:
    """The index form of ``expression``. ``symbols`` may give tensors to use in place of named symbols."""
    lowered: dict[ex.Expr, Lowered] = {}
    for node in ex.postorder(expression):
        if isinstance(node, (ex.Entry, ex.IndexSum, ex.IndexArray)) or any(lowered[child].free for child in ex.children(node)):
            lowered[node] = _indexed(cast("ex.Node", node), lowered)
        else:
            lowered[node] = _lowered(cast("ex.Node", node), lowered, symbols or {})
    if lowered[expression].free:
        raise ShapeError(f"the index {lowered[expression].free[0]} is not bound", suggestion=f"sum({lowered[expression].free[0]}, ...)")
    return replace(lowered[expression], separate=len(expression.shape) > 2)


def _lowered(node: ex.Node, done: Mapping[ex.Expr, Lowered], symbols: Mapping[str, ix.Tensor]) -> Lowered:
    split = _row_axes(node)
    match node:
        case ex.Symbol():
            return Lowered(symbols.get(node.name) or ix.Symbol(node.name, axes_of(node.shape), node.properties), split)
        case ex.Number():
            return Lowered(linear.number(node.value), 0)
        case ex.Constant():
            return Lowered(ix.Constant(node.name), 0)
        case ex.SizeValue():
            return Lowered(_size_value(node.size), 0)
        case ex.Identity():
            return Lowered(linear.delta((node.size,)), 1)
        case ex.Ones():
            return Lowered(linear.ones(axes_of(node.shape)), split)
        case ex.Zeros():
            return Lowered(linear.zero(axes_of(node.shape)), split)
        case ex.UnitVector():
            return Lowered(ix.Unit(node.position, node.size), 1)
        case ex.Commutation():
            return Lowered(contract([], [], (0, 1, 1, 0), {0: node.m, 1: node.n}), 2)
        case ex.Sum():
            parts = aligned([done[term] for term in node.terms])
            return Lowered(add([(YES, part.tensor) for part in parts], parts[0].tensor.shape), parts[0].split)
        case ex.Negative():
            operand = done[node.operand]
            return Lowered(linear.scale(MINUS, operand.tensor), operand.split)
        case ex.Product():
            return _product([done[factor] for factor in node.factors])
        case ex.Hadamard():
            parts = aligned([done[factor] for factor in node.factors])
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
            kronecker = node.operand
            if isinstance(kronecker, ex.Kronecker) and all(factor.rows == factor.cols for factor in kronecker.factors):
                return _kronecker([_inverse(done[factor]) for factor in kronecker.factors])
            return _inverse(done[kronecker])
        case ex.Trace():
            operand = _square(done[node.operand])
            rows = tuple(range(operand.split))
            return Lowered(contract([operand.tensor], [rows + rows], (), dict(enumerate(operand.rows))), 0)
        case ex.Total():
            return _total(done[node.operand], node.axis)
        case ex.Diagonal():
            operand = _square(done[node.operand])
            rows = tuple(range(operand.split))
            return Lowered(contract([operand.tensor], [rows + rows], rows, dict(enumerate(operand.rows))), len(rows))
        case ex.DiagonalMatrix():
            operand = done[node.operand]
            axes = tuple(range(operand.tensor.order))
            return Lowered(contract([operand.tensor], [axes], axes + axes, dict(enumerate(operand.tensor.shape))), len(axes))
        case ex.Vec():
            operand = done[node.operand]
            axes = tuple(range(operand.tensor.order))
            order = axes[::-1] if len(node.operand.shape) > 2 else axes[operand.split :] + axes[: operand.split]
            return Lowered(permuted(operand.tensor, order), operand.tensor.order)
        case ex.Reshape(m=m, n=n):
            operand = done[node.operand]
            stacked = permuted(operand.tensor, (*range(operand.split, operand.tensor.order), *range(operand.split)))
            tensor, wide = divided_between(stacked, n, m)
            return Lowered(permuted(tensor, (*range(wide, tensor.order), *range(wide))), tensor.order - wide)
        case ex.Kronecker():
            return _kronecker([done[factor] for factor in node.factors])
        case ex.Norm():
            return Lowered(_norm(node, done), 0)
        case ex.Call():
            return _call(node, [done[argument] for argument in node.arguments])
        case ex.Index() | ex.Entry() | ex.IndexSum() | ex.IndexArray():
            raise ShapeError("an index stands only inside square brackets", suggestion="x[i]")
        case _:
            assert_never(node)


def _indexed(node: ex.Node, done: Mapping[ex.Expr, Lowered]) -> Lowered:
    """A scalar that depends on named indices: every operation is entry by entry over them."""
    match node:
        case ex.Entry():
            return _entry(node, done[node.operand])
        case ex.IndexSum():
            body = done[node.body]
            return _summed(body, node.index)
        case ex.IndexArray():
            return _array(node, done[node.body])
        case ex.Negative():
            operand = done[node.operand]
            return Lowered(linear.scale(MINUS, operand.tensor), 0, operand.free)
        case ex.Sum():
            names, shape, parts = _over_common_indices([done[term] for term in node.terms])
            return Lowered(add([(YES, part) for part in parts], shape), 0, names)
        case ex.Product() | ex.Hadamard():
            names, shape, parts = _over_common_indices([done[factor] for factor in node.factors])
            return Lowered(elementwise(parts, shape), 0, names)
        case ex.Quotient():
            names, shape, (above, below) = _over_common_indices([done[node.numerator], done[node.denominator]])
            return Lowered(elementwise([above, power(below, MINUS)], shape), 0, names)
        case ex.Power():
            exponent = linear.value_of(done[node.exponent].tensor)
            names, _, (base, upper) = _over_common_indices([done[node.base], done[node.exponent]])
            return Lowered(power(base, exponent) if exponent is not None else symbolic_power(base, upper), 0, names)
        case ex.Elementwise():
            argument = done[node.argument]
            return Lowered(apply_map(node.function, argument.tensor), 0, argument.free)
        case _:
            raise ShapeError("under an index entries may only be added, multiplied, divided and put into elementwise functions")


def _entry(node: ex.Entry, operand: Lowered) -> Lowered:
    """``X[i, j]``: a named index stays as an axis, a number picks with a unit vector."""
    # A row may be given both positions, the first of which is 1.
    positions = node.positions[-1:] if node.operand.is_row else node.positions
    if operand.free or len(positions) != operand.tensor.order:
        raise ShapeError(f"an entry of {ex.shape_text(node.operand.shape)} has {operand.tensor.order} indices, not {len(positions)}")
    names = tuple(dict.fromkeys(position.name for position in positions if isinstance(position, ex.Index)))
    operands: list[ix.Tensor] = [operand.tensor]
    labels: list[int] = []
    picked: list[tuple[int, ...]] = []
    for place, (position, size) in enumerate(zip(positions, operand.tensor.shape)):
        if isinstance(position, ex.Index):
            labels.append(names.index(position.name))
        else:
            labels.append(len(names) + place)
            if size != ONE:  # the sum over a single entry is that entry
                operands.append(ix.Unit(position, size))
                picked.append((labels[-1],))
    sizes = dict(zip(labels, operand.tensor.shape))
    indices = [tuple(labels), *picked]
    return Lowered(contract(operands, indices, tuple(range(len(names))), sizes), 0, names)


def _summed(body: Lowered, index: ex.Index) -> Lowered:
    if index.name not in body.free:
        return Lowered(elementwise([_size_value(index.size), body.tensor], body.tensor.shape), 0, body.free)
    axis = body.free.index(index.name)
    labels = tuple(range(body.tensor.order))
    kept = tuple([label for label in labels if label != axis])
    total = contract([body.tensor], [labels], kept, dict(enumerate(body.tensor.shape)))
    return Lowered(total, 0, tuple([name for name in body.free if name != index.name]))


def _array(node: ex.IndexArray, body: Lowered) -> Lowered:
    """The axes in the order of the indices; copied along an index that the body does not have."""
    names = [index.name for index in node.indices]
    outer = [name for name in body.free if name not in names]
    if outer:
        raise ShapeError(f"the index {outer[0]} of an outer sum cannot stand inside tensor(...)", suggestion=f"tensor({outer[0]}, ...)")
    sizes = {place: index.size for place, index in enumerate(node.indices)}
    # Of columns and matrices an axis of size one is not an axis of the tensor; the sum over its one entry leaves the entry.
    shown = len(axes_of(node.shape))
    kept = [place for place in sizes if len(sizes) > 2 or len(sizes) == shown or sizes[place] != ONE]
    labels = tuple([names.index(name) for name in body.free])
    used = {place: size for place, size in sizes.items() if place in kept or place in labels}
    return Lowered(contract([body.tensor], [labels], tuple(kept), used), 1 if node.shape and not node.is_row else 0)


def _over_common_indices(parts: list[Lowered]) -> tuple[tuple[str, ...], Shape, list[ix.Tensor]]:
    """The parts with one axis for every index that any of them has."""
    sizes: dict[str, Size] = {}
    for part in parts:
        sizes.update({name: size for name, size in zip(part.free, part.tensor.shape) if name not in sizes})
    names = tuple(sizes)
    shape = tuple(sizes.values())
    labels = dict(enumerate(shape))
    spread = [
        contract([part.tensor], [tuple([names.index(name) for name in part.free])], tuple(range(len(names))), labels) for part in parts
    ]
    return names, shape, spread


def axes_of(shape: Shape) -> Shape:
    """The axes of a tensor for an expression of this shape: a row vector has one."""
    return shape[1:] if len(shape) == 2 and shape[0] == ONE else shape


def _row_axes(node: ex.Expr) -> int:
    return 0 if node.is_row or node.is_scalar else 1


def _size_value(size: Size) -> ix.Tensor:
    factors: list[ix.Tensor] = [ix.SizeValue(Size.of(name)) for name in size.names]
    return linear.scale(Fraction(size.factor), elementwise(factors, ()))


def _square(value: Lowered) -> Lowered:
    """The square matrix with the same axes for its rows and for its columns."""
    axes = finer(value.rows, value.cols)
    return with_cols(with_rows(value, axes), axes)


def _inverse(value: Lowered) -> Lowered:
    tensor = plain(value).tensor
    return Lowered(apply("inv", (tensor,), tensor.shape), 1) if tensor.order else Lowered(power(tensor, MINUS), 0)


def _product(factors: list[Lowered]) -> Lowered:
    """Left to right: a scalar (or scalar so far) scales, else the columns so far meet the rows of the next factor."""
    operands: list[ix.Tensor] = []
    indices: list[tuple[int, ...]] = []
    sizes: dict[int, Size] = {}
    rows: tuple[int, ...] = ()
    cols: tuple[int, ...] = ()
    for factor in _meeting(factors):
        order = factor.tensor.order
        fresh = tuple(range(len(sizes), len(sizes) + order))
        sizes.update(zip(fresh, factor.tensor.shape))
        labels = list(fresh)
        if not order or not (rows or cols):
            if order:
                rows, cols = fresh[: factor.split], fresh[factor.split :]
        else:
            labels[: factor.split] = cols
            cols = fresh[factor.split :]
        operands.append(factor.tensor)
        indices.append(tuple(labels))
    used = {label for index in indices for label in index}
    return Lowered(contract(operands, indices, rows + cols, {label: size for label, size in sizes.items() if label in used}), len(rows))


def _meeting(factors: list[Lowered]) -> list[Lowered]:
    """The factors with the same axes where columns meet rows: one pass to the right, and one to the left where an axis was split."""
    met = list(factors)
    shaped = [place for place, factor in enumerate(met) if factor.tensor.order]
    pairs = list(zip(shaped, shaped[1:]))
    for left, right in [*pairs, *reversed(pairs)]:
        # A row times a column is a scalar, and what follows it is scaled: there nothing meets.
        if met[left].cols != met[right].rows and met[left].cols and met[right].rows:
            axes = finer(met[left].cols, met[right].rows)
            met[left], met[right] = with_cols(met[left], axes), with_rows(met[right], axes)
    return met


def _quotient(numerator: Lowered, denominator: Lowered) -> Lowered:
    if numerator.tensor.order and denominator.tensor.order:
        numerator, denominator = aligned([numerator, denominator])
    shaped = denominator if denominator.tensor.order else numerator
    inverse = power(denominator.tensor, MINUS)
    return Lowered(elementwise([numerator.tensor, inverse], shaped.tensor.shape), shaped.split)


def _power(node: ex.Power, base: Lowered, exponent: Lowered) -> Lowered:
    known = linear.value_of(exponent.tensor)
    if known is not None:
        return Lowered(power(base.tensor, known), base.split)
    if exponent.tensor.order:
        base, exponent = aligned([base, exponent])
        return Lowered(symbolic_power(base.tensor, exponent.tensor), base.split)
    return Lowered(symbolic_power(base.tensor, broadcast(exponent.tensor, base.tensor.shape)), base.split)


_LARGEST_POWER = 10_000


def _matrix_power(node: ex.MatrixPower, base: Lowered, upper: Lowered) -> Lowered:
    exponent = node.exponent
    sign = 1
    while isinstance(exponent, ex.Negative):
        exponent, sign = exponent.operand, -sign
    if not isinstance(exponent, ex.Number):
        base = plain(base)
        return Lowered(apply("matrix_power", (base.tensor, upper.tensor), base.tensor.shape), 1)
    if exponent.value.denominator != 1 or abs(exponent.value) > _LARGEST_POWER:
        raise NotDifferentiableError(
            "a numeric matrix power needs an integer exponent",
            expected=f"an integer up to {_LARGEST_POWER}",
            suggestion="sqrtm(A), or expm(c*logm(A)) for the power c" if abs(exponent.value) <= _LARGEST_POWER else None,
        )
    count = sign * exponent.value.numerator
    if count == 0:
        return Lowered(linear.delta(base.rows), base.split)
    factor = base if count > 0 else _inverse(base)
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
            return symbolic_power(contract([raised], [labels], (), sizes), power(upper, MINUS))
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
    arguments = [plain(argument) for argument in arguments]
    first = arguments[0]
    shape = axes_of(node.shape)
    if node.axis == "cols" and first.tensor.order == 2:
        turned = (transposed(first).tensor, *(argument.tensor for argument in arguments[1:]))
        result = apply(node.function, turned, shape if len(shape) < 2 else (shape[1], shape[0]))
        return Lowered(result if result.order < 2 else permuted(result, (1, 0)), _row_axes(node))
    return Lowered(apply(node.function, tuple([argument.tensor for argument in arguments]), shape), _row_axes(node))
